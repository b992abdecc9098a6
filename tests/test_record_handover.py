"""The record goes to later notebooks as it was accepted, and ``clv check`` tells all of it."""

from pathlib import Path

import pytest

from clv_lib import cli
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.study import Study
from clv_lib.settings import TableSection
from tests.record_support import clean, collecting, settings_for, write

HARD = Path(__file__).parent / "hard"


def test_later_notebooks_find_the_accepted_tables_and_their_reports(tmp_path):
    customers = TableSection(path="31_unicode_names.csv", columns={"name": "name"})
    settings = settings_for(HARD, customers=customers, merges="21_merge_map.csv")
    writer = Study("01_data_collection", settings, RunFolder(tmp_path, "01_data_collection"), ("en",), "quick")
    with collecting(settings) as record:
        writer.record_tables(record)
        said = record.reports, record.checks
    reader = Study("02_cost_accounting", settings, RunFolder(tmp_path, "02_cost_accounting"), ("en",), "quick")
    found = reader.record()
    assert set(found) == {"transactions", "customers", "merges"}
    names = found["customers"].collect("pandas").to_native()
    assert names["name"].iloc[13] == "NULL"
    assert names["customer_id"].iloc[0] == "10039"
    joined = found["transactions"].join(found["customers"], on="customer_id", how="semi")
    assert joined.select("customer_id").unique().collect("pandas").to_native().shape[0] == 14
    assert (reader.record_report().tables, reader.record_report().checks) == said


SETTINGS = """
[dataset]
name = "shop"
currency = "IDR"
as_of = 2024-06-30
[tables.transactions]
path = "log.csv"
columns = {{ ordered_at = "order_date" }}
[tables.feedback]
path = "{feedback}"
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "log.csv").write_bytes((HARD / "00_clean_base.csv").read_bytes())
    write(tmp_path, "answers.csv", [*clean("feedback", 30), "c1,2024-03-02,nps,12,hm"])
    write(tmp_path, "broken.csv", [*clean("feedback", 30), "c1,2024-03-02,nps"])

    def settings(feedback: str) -> str:
        (tmp_path / "dataset.toml").write_text(SETTINGS.format(feedback=feedback))
        return str(tmp_path)

    return settings


def code_of(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return int(ended.value.code or 0)


def test_check_prints_every_table_and_the_checks_across_them(shop, capsys):
    assert code_of(["check", shop("answers.csv")]) == 0
    said = capsys.readouterr().out
    assert "feedback from answers.csv: 31 rows" in said
    assert "fault: 1 rows have a score that is not on the scale of their instrument: line 32 '12'" in said
    assert "note: feedback: 30 rows name a customer_id that neither the orders nor the customers know" in said


def test_check_ends_with_three_where_a_table_is_damaged(shop, capsys):
    assert code_of(["check", shop("broken.csv")]) == 3
    assert "broken.csv must be readable in all but 1% of its rows, but 1 of 31" in capsys.readouterr().err


def test_check_ends_with_two_where_a_file_is_not_there(shop, capsys):
    assert code_of(["check", shop("gone.csv")]) == 2
    assert "the table feedback must be read from a file" in capsys.readouterr().err
