"""Hostile text in any column of any table survives byte for byte, and is inert in what is written for people."""

import csv
import io

import openpyxl
import pytest

from clv_lib.data.formulas import FORMULA_STARTS
from clv_lib.data.tables import CONTRACTS
from tests.record_support import TABLES, adds_up, clean, reading, rows_of

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x","y")',
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "two\nlines, and a comma; and 'quotes' and \"doubles\"",
    "\u202egnirts \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "x" * 10_000,
    "a\u0301 \u00e1 \U0001f680 \\ $x_1$ {0} %s ${y}",
)
TEXTS = {
    table: [name for name in clean(table, 0)[0].split(",") if CONTRACTS[table].reads(name) in ("id", "label", "text")]
    for table in TABLES
}


def poisoned(table: str) -> tuple[list[list[str]], list[str]]:
    """Rows with a hostile text in every column that takes text, all different."""
    header = clean(table, 0)[0].split(",")
    rows = [line.split(",") for line in clean(table, 8 * len(HOSTILE))[1:]]
    for k, row in enumerate(rows):
        for name in TEXTS[table]:
            at = header.index(name)
            row[at] = f"{HOSTILE[k % len(HOSTILE)]} {k} {name}"
    return rows, header


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("table", TABLES)
def test_hostile_text_survives_in_every_column(tmp_path, table, ending):
    rows, header = poisoned(table)
    if ending == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        (tmp_path / "file.csv").write_bytes(text.getvalue().encode())
    else:
        book = openpyxl.Workbook()
        for row in [header, *rows]:
            book.worksheets[0].append(row)
        for cells in book.worksheets[0].iter_rows():
            for cell in cells:
                cell.data_type = "s"
        book.save(tmp_path / "file.xlsx")
    with reading(tmp_path, table, f"file.{ending}") as found:
        adds_up(found.report)
        assert found.report.accepted.rows == len(rows)
        got = rows_of(found)
        for name in TEXTS[table]:
            assert [row[name] for row in got] == [row[header.index(name)] for row in rows]


@pytest.mark.parametrize("table", ["feedback", "referrals", "interactions"])
def test_hostile_text_is_inert_in_the_quarantine(tmp_path, table):
    rows, header = poisoned(table)
    order = sorted(range(len(header)), key=lambda k: header[k] not in TEXTS[table])
    day = next(k for k, name in enumerate(header) if CONTRACTS[table].reads(name) in ("day", "moment"))
    for row in rows:
        row[day] = "2030-01-01"
    text = io.StringIO()
    csv.writer(text).writerows([[row[k] for k in order] for row in [header, *rows]])
    (tmp_path / "=file.csv").write_bytes(text.getvalue().encode())
    with reading(tmp_path, table, "=file.csv") as found:
        assert found.write_quarantine(tmp_path / "q.csv") == len(rows)
    with (tmp_path / "q.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.reader(file))
    assert len(written) == len(rows) + 1
    assert not any(cell.startswith(FORMULA_STARTS) for row in written for cell in row)
    assert "<script>" in written[1][3], "the text itself is kept"
