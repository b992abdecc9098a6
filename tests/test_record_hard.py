"""Real traps of the CRM tables (tests/hard): the numbers that must come out, and what is said on the way.

Each file stands for a class; its twins (another encoding, order of columns, a workbook) must fare as well.
"""

import csv
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from clv_lib.analysis.feedback import net_promoter_score
from clv_lib.analysis.responses import response_rates
from clv_lib.data.customers import collected, customer_summary
from clv_lib.data.opening import open_engine
from clv_lib.data.record import read_everything
from clv_lib.errors import DataError
from clv_lib.settings import TableSection
from tests.record_support import AS_OF, adds_up, collecting, reading, rows_of, settings_for

HARD = Path(__file__).parent / "hard"
NPS = {"columns": {"given_at": "surveyed_at"}, "constants": {"instrument": "nps"}}
TICKETS = {
    "columns": {"interaction_id": "ticket_id", "happened_at": "opened_at", "resolved_at": "closed_at"},
    "constants": {"channel": "phone", "kind": "ticket"},
}
EXPOSURES = TableSection(path="42_campaign_exposures.csv", columns={"arm": "group", "assigned_at": "sent_at"})
RESPONSES = TableSection(
    path="42_campaign_responses.csv",
    columns={"happened_at": "responded_at"},
    constants={"channel": "email", "kind": "response"},
)
LEDGER = TableSection(path="41_costs_ledger.csv", constants={"kind": "marketing"})
NAMES = {"name": "name", "region": "city"}
LEDGER_TABLES = {"costs": LEDGER, "campaigns": "41_campaigns.csv", "allocations": "41_allocation.csv"}


def as_utf16(source: Path, target: Path) -> dict[str, str]:
    target.write_bytes(source.read_text("utf-8").encode("utf-16"))
    return {}


def as_semicolons_shuffled(source: Path, target: Path) -> dict[str, str]:
    rows = list(csv.reader(source.read_text("utf-8").splitlines(keepends=True)))
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(row[::-1] for row in rows)
    return {}


def as_workbook(source: Path, target: Path) -> dict[str, str]:
    """Numbers and moments as a person would have typed them: real ones where they are, text elsewhere."""
    book = openpyxl.Workbook()
    book.create_sheet("notes")
    for row in csv.reader(source.read_text("utf-8").splitlines(keepends=True)):
        book.worksheets[0].append([cell_of(text) for text in row])
    book.worksheets[0].title = "export"
    for cells in book.worksheets[0].iter_rows():
        for cell in cells:
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type  # a formula is a name here
    book.save(target)
    return {"sheet": "export"}


def cell_of(text: str) -> object:
    for read in (int, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return text or None


TWINS = {"utf16.csv": as_utf16, "shuffled.csv": as_semicolons_shuffled, "book.xlsx": as_workbook}


@pytest.fixture(params=["as it is", *TWINS])
def twin(request, tmp_path):
    """Write a hard file in another way; the folder, its name there, and what must be stated."""

    def write(name: str) -> tuple[Path, str, dict[str, str]]:
        if request.param == "as it is":
            return HARD, name, {}
        stated = TWINS[request.param](HARD / name, tmp_path / request.param)
        return tmp_path, request.param, stated

    return write


def test_21_with_the_merge_map_the_log_equals_the_base():
    settings = settings_for(HARD, log="21_merged_customers.csv", merges="21_merge_map.csv")
    with open_engine(settings.engine) as engine:
        log, record = read_everything(settings, engine)
        summary = collected(customer_summary(log.transactions, end=AS_OF))
        assert (len(summary), summary["frequency"].sum(), (summary["frequency"] == 0).sum()) == (120, 476, 41)
        chains = record.check("merge_chains")
        assert (chains.rows, chains.values["merges"]) == (4, 16)
        assert record.check("merged_into_unknown") is None


def test_21_a_cycle_is_printed():
    settings = settings_for(HARD, log="21_merged_customers.csv", merges="21_merge_map_cycle.csv")
    with pytest.raises(DataError, match="10039 -> OLD00 -> MID00 -> 10039") as caught, collecting(settings, log=False):
        pass
    assert "21_merge_map_cycle.csv" in str(caught.value)


def test_21_merged_ids_mean_the_same_customer_in_every_table(tmp_path):
    (tmp_path / "log.csv").write_text((HARD / "00_clean_base.csv").read_text())
    (tmp_path / "merges.csv").write_text((HARD / "21_merge_map.csv").read_text())
    (tmp_path / "customers.csv").write_text("customer_id,city\nOLD00,Solo\n10039,Yogya\nMID00,Bali\nOLD01,Medan\n")
    (tmp_path / "answers.csv").write_text("customer_id,given_at,instrument,score\nOLD00,2024-01-01,nps,9\n")
    settings = settings_for(
        tmp_path,
        log="log.csv",
        merges="merges.csv",
        customers=TableSection(path="customers.csv", columns={"region": "city"}),
        feedback="answers.csv",
    )
    with collecting(settings) as record:
        assert rows_of(record.tables["feedback"])[0]["customer_id"] == "10039"
        assert record.check("unknown_customer") is None
        people = {row["customer_id"]: row["region"] for row in rows_of(record.tables["customers"])}
        assert people == {"10039": "Yogya", "10120": "Medan"}
        adds_up(record.tables["customers"].report)
        assert record.tables["customers"].report.issue("merged_customer").rows == 2


def test_29_ids_keep_their_zeros_in_both_files_and_every_customer_is_found():
    customers = TableSection(path="29_customers.csv", columns={"name": "name"})
    settings = settings_for(HARD, log="29_ids_leading_zero.csv", customers=customers)
    with collecting(settings) as record:
        ids = {row["customer_id"] for row in rows_of(record.tables["customers"])}
        assert len(ids) == 120
        assert {"00001", "00120"} <= ids
        bought = set(collected(record.transactions)["customer_id"])
        assert ids == bought
        assert record.check("customers_without_orders") is None


def test_31_names_survive_in_every_way_of_writing_them(twin):
    folder, path, stated = twin("31_unicode_names.csv")
    names = [row["name"] for row in csv.DictReader((HARD / "31_unicode_names.csv").open(encoding="utf-8", newline=""))]
    with reading(folder, "customers", path, columns=NAMES, **stated) as found:
        adds_up(found.report)
        assert found.report.accepted.rows == found.report.read.rows == 14
        rows = rows_of(found)
        assert [row["name"] for row in rows] == names
        assert "NULL" in names
        assert rows[1]["name"] != rows[2]["name"], "composed and decomposed letters are two spellings"
        assert [row["customer_id"] for row in rows][:2] == ["10039", "10120"]


def test_41_each_difference_of_the_ledger_is_told_and_the_doubtful_pool_is_not_shared_out():
    with collecting(settings_for(HARD, **LEDGER_TABLES)) as record:
        for table in record.tables.values():
            adds_up(table.report)
        assert record.tables["costs"].report.used.money == 9_450_000
        unknown, without = record.check("unknown_campaign", "costs"), record.check("without_campaign")
        assert (unknown.rows, unknown.money, unknown.first[0].value) == (1, 990_000, "CMPX")
        assert (without.rows, without.money) == (1, 2_000_000)
        assert record.check("negative_cost").money == -150_000
        differ = [check for check in record.checks if check.code == "spend_differs"]
        assert [(check.values["campaign"], check.money, check.values["reported"]) for check in differ] == [
            ("CMP2", 2_410_000, 2_500_000)
        ]
        assert "excl 5 rows" in record.check("mixed_tax").values["marks"]
        pool = record.check("pool_not_whole")
        assert (pool.values["pool"], round(pool.values["sum"], 9), pool.rows) == ("CS", 1.1, 3)
        assert {row["pool"] for row in rows_of(record.tables["allocations"])} == {"IT"}


def test_42_the_response_rate_counts_valid_responders_among_the_treated():
    settings = settings_for(HARD, campaign_members=EXPOSURES, interactions=RESPONSES)
    with collecting(settings) as record:
        assert record.tables["interactions"].report.issue("after_as_of").rows == 1
        counts = {check.code: check.rows for check in record.checks if check.code.startswith("response_")}
        assert counts == {f"response_{why}": 1 for why in EXCLUDED - {"after_as_of"}}
        (rate,) = response_rates(
            record.frames["interactions"], record.frames["campaign_members"], known=record.transactions
        ).to_dict("records")
        assert (rate["responders"], rate["treated"], rate["rate"]) == (3, 20, 0.15)
        assert {why for why in EXCLUDED if rate[why]} == EXCLUDED - {"after_as_of"}
        assert rate["rate_low"] < 0.15 < rate["rate_high"]


EXCLUDED = {"duplicate", "before_send", "control", "not_targeted", "unknown_customer", "after_as_of"}


def test_42_each_exclusion_is_counted_once_when_nothing_was_set_aside_before():
    """As of a later day the response after the export is in the table; the end of the observation excludes it."""
    later = settings_for(HARD, as_of=AS_OF.replace(year=2025), campaign_members=EXPOSURES, interactions=RESPONSES)
    with collecting(later) as record:
        members, known = record.frames["campaign_members"], record.transactions
        (rate,) = response_rates(record.frames["interactions"], members, known=known, last_day=AS_OF).to_dict("records")
        assert {why: rate[why] for why in EXCLUDED} == dict.fromkeys(EXCLUDED, 1)
        assert (rate["responders"], rate["treated"]) == (3, 20)


def test_43_invalid_scores_are_listed_by_line_and_the_rest_counts(twin):
    folder, path, stated = twin("43_nps.csv")
    with reading(folder, "feedback", path, **NPS, **stated) as found:
        adds_up(found.report)
        aside = [place.line for issue in found.report.issues if issue.kind == "fault" for place in issue.first]
        assert sorted(aside) == [8, 9, 10, 11, 12, 13]
        assert found.report.used.rows == 12
        everything = net_promoter_score(found.frame, repeats="all")
        assert round(everything.score, 2) == 8.33
        latest = net_promoter_score(found.frame)
        assert (latest.n, latest.repeats, latest.score) == (11, 1, 0.0)
        assert latest.low < latest.score < latest.high


def test_43_scores_on_another_scale_are_refused(tmp_path):
    lines = ["customer_id,surveyed_at,score", *(f"c{k},2024-01-10,{k * 10}" for k in range(11))]
    (tmp_path / "f.csv").write_text("\n".join(lines))
    with (
        pytest.raises(DataError, match=r"nps scores from 0 to 10, but 9 of 11 are not \(the highest is 100\)"),
        reading(tmp_path, "feedback", "f.csv", **NPS),
    ):
        pass


def test_45_tickets_closed_before_they_were_opened_are_named_and_open_ones_are_not_zero_hours(twin):
    folder, path, stated = twin("45_support_tickets.csv")
    with reading(folder, "interactions", path, **TICKETS, **stated) as found:
        report = found.report
        adds_up(report)
        negative = report.issue("resolved_before_opened")
        assert (negative.rows, negative.first[0].line) == (1, 2)
        assert negative.first[0].value.endswith("T1")
        assert report.issue("duplicate").first[0].value.startswith("T2")
        assert [place.line for place in report.issue("missing_value", "customer_id").first] == [5]
        tickets = {row["interaction_id"]: row for row in rows_of(found)}
        assert set(tickets) == {"T2", "T4", "T5", "T6"}
        assert tickets["T4"]["resolved_at"] is None
        assert tickets["T5"]["happened_at"] == datetime(2024, 3, 10, 1, 30)


def test_45_open_tickets_and_unknown_customers_are_told():
    tickets = TableSection(path="45_support_tickets.csv", **TICKETS)
    with collecting(settings_for(HARD, interactions=tickets)) as record:
        assert [place.value for place in record.check("open_tickets").first] == ["T4"]
        assert [place.value for place in record.check("unknown_customer").first] == ["55555"]
