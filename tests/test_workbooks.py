"""Sheets of workbooks: types stay, ids are text, rows have the numbers of the sheet, and doubt is refused."""

from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.errors import DataError
from clv_lib.settings import TableSection
from tests.record_support import adds_up, reading, rows_of, settings_for


def book(folder: Path, rows: list[list[object]], *, name: str = "book.xlsx", more: tuple[str, ...] = ()) -> str:
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    for cells in made.worksheets[0].iter_rows():
        for cell in cells:
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type  # a formula has no value here
    for title in more:
        made.create_sheet(title).append(["something", "else"])
    made.save(folder / name)
    return name


TICKETS = [
    ["interaction_id", "customer_id", "happened_at", "channel", "kind", "handling_minutes"],
    [1, 7, datetime(2024, 1, 5, 10, 30), "phone", "ticket", 12.5],
    [2, "007", datetime(2024, 1, 6, 0, 0), "phone", "ticket", 3],
]


def refused(folder: Path, path: str, table: str = "interactions", **section) -> str:
    with pytest.raises(DataError) as caught, reading(folder, table, path, **section):
        pass
    return str(caught.value)


def test_typed_cells_keep_their_types_and_ids_are_text_again(tmp_path):
    with reading(tmp_path, "interactions", book(tmp_path, TICKETS)) as found:
        assert rows_of(found)[0] == {
            "customer_id": "7",
            "happened_at": datetime(2024, 1, 5, 10, 30),
            "channel": "phone",
            "kind": "ticket",
            "interaction_id": "1",
            "handling_minutes": 12.5,
        }
        assert [row["customer_id"] for row in rows_of(found)] == ["7", "007"]
        assert found.report.inferred == ()


def test_real_dates_and_written_ones_stand_side_by_side_without_doubt(tmp_path):
    """04/03/2024 as text may be April or March; the real dates beside it must not settle that, nor be put in doubt."""
    rows = [
        ["customer_id", "acquired_at"],
        ["c1", date(2024, 2, 1)],
        ["c2", "31/03/2024"],
        ["c3", datetime(2024, 3, 4)],
    ]
    with reading(tmp_path, "customers", book(tmp_path, rows)) as found:
        assert [row["acquired_at"] for row in rows_of(found)] == [
            date(2024, 2, 1),
            date(2024, 3, 31),
            date(2024, 3, 4),
        ]
    doubtful = [*rows[:2], ["c2", "04/03/2024"]]
    assert "tables.customers.date_format" in refused(tmp_path, book(tmp_path, doubtful), "customers")


def test_numbers_and_written_numbers_do_not_disturb_each_other(tmp_path):
    rows = [["product_id", "price"], ["p1", 1.125], ["p2", "2.500,5"], ["p3", 1250], ["p4", "n/a"]]
    with reading(tmp_path, "products", book(tmp_path, rows)) as found:
        assert [row["price"] for row in rows_of(found)] == [1.125, 2500.5, 1250.0, None]


def test_a_title_and_blank_rows_do_not_move_the_numbers_of_the_rows(tmp_path):
    rows = [["Customers of the year"], [], TICKETS[0], [], TICKETS[1], [3, "c9", "no day", "x", "y", None], TICKETS[2]]
    rows += [[k, f"c{k}", datetime(2024, 1, 5), "phone", "ticket", 1] for k in range(10, 200)]
    with reading(tmp_path, "interactions", book(tmp_path, rows)) as found:
        adds_up(found.report)
        assert found.report.issue("unreadable", "happened_at").first[0].line == 6
        assert found.report.issue("blank_line").rows == 1


def test_several_sheets_are_refused_with_their_names_until_one_is_stated(tmp_path):
    path = book(tmp_path, TICKETS, more=("Costs", "Sheet3"))
    assert "but it has 3: 'Sheet', 'Costs', 'Sheet3'" in refused(tmp_path, path)
    assert "must have the sheet 'sheet'" in refused(tmp_path, path, sheet="sheet")
    with reading(tmp_path, "interactions", path, sheet="Sheet") as found:
        assert found.report.used.rows == 2
        assert found.report.sources[0].name == "book.xlsx, sheet 'Sheet'"


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([], "is an empty sheet"),
        (TICKETS[:1], "below its header there are no rows"),
        ([["customer_id", "customer_id "], ["a", "b"]], "'customer_id' in columns 1 and 2"),
        ([TICKETS[0], [1, 3201011212900001, datetime(2024, 1, 1), "x", "y", 1]], "of which Excel keeps only"),
    ],
)
def test_what_a_sheet_cannot_say_is_refused(tmp_path, rows, part):
    assert part in refused(tmp_path, book(tmp_path, rows))


def test_text_with_the_ending_of_excel_is_refused_with_the_usual_cause(tmp_path):
    (tmp_path / "book.xls").write_text("<html><table><tr><td>customer_id</td></tr></table></html>")
    assert "open it and save it as .xlsx" in refused(tmp_path, "book.xls")


def test_the_header_repeated_in_the_sheet_and_times_without_a_day_are_faults(tmp_path):
    rows = [*TICKETS, TICKETS[0], *([k, "c", datetime(2024, 1, 5), "x", "y", 1] for k in range(9, 210))]
    rows.append([300, "c", time(10, 0), "x", "y", 1])
    with reading(tmp_path, "interactions", book(tmp_path, rows)) as found:
        adds_up(found.report)
        assert found.report.issue("repeated_header").first[0].line == 4
        assert found.report.issue("unreadable", "happened_at").first[0].value.startswith("10:00:00")


def test_what_is_set_aside_of_a_sheet_is_written_with_its_values(tmp_path):
    rows = [["customer_id", "given_at", "instrument", "score", "comment"], ["c1", date(2024, 1, 1), "nps", 11, "=1+1"]]
    rows += [["c2", date(2024, 1, 1), "nps", 9, "good"]]
    with reading(tmp_path, "feedback", book(tmp_path, rows)) as found:
        assert found.write_quarantine(tmp_path / "q.csv") == 1
        written = (tmp_path / "q.csv").read_text().splitlines()[1]
        assert written.startswith("book.xlsx,2,off_scale:score,c1 | 2024-01-01")
        assert written.endswith("nps | 11.0 | =1+1")


def test_several_workbooks_are_one_table_and_the_log_may_be_one(tmp_path):
    header = ["customer_id", "ordered_at", "amount"]
    book(tmp_path, [header, [1, date(2024, 1, 1), 10.5], [2, date(2024, 1, 2), 1]], name="log-1.xlsx")
    book(tmp_path, [header[::-1], ["2,25", "2024-01-03", "003"]], name="log-2.xlsx")
    settings = settings_for(tmp_path, log=TableSection(path="log-*.xlsx"))
    with open_engine(settings.engine) as engine:
        log = ingest(settings, engine)
        rows = log.transactions.sort("ordered_at").collect("pyarrow").to_native().to_pylist()
        assert [(row["customer_id"], row["amount"]) for row in rows] == [("1", 10.5), ("2", 1.0), ("003", 2.25)]
        assert [source.name for source in log.report.sources] == ["log-1.xlsx", "log-2.xlsx"]
        assert all(source.sha256 for source in log.report.sources)
