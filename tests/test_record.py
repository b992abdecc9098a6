"""Each table through the door: kinds of columns, keys, time zones, constants and words; one fault, one sentence."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from clv_lib.data.opening import open_engine
from clv_lib.data.record import read_everything
from clv_lib.data.table_report import TableReport
from clv_lib.errors import DataError, SettingsError
from clv_lib.settings import DatasetSection, Settings, TableSection, TablesSection
from tests.record_support import (
    MONEY,
    TABLES,
    adds_up,
    clean,
    collecting,
    money_in,
    reading,
    rows_of,
    settings_for,
    write,
)

HARD = Path(__file__).parent / "hard"


def refused(folder, table: str, lines, kind=DataError, **section) -> str:
    with pytest.raises(kind) as caught, reading(folder, table, write(folder, "file.csv", lines), **section):
        pass
    return str(caught.value)


@pytest.mark.parametrize("table", TABLES)
def test_a_clean_table_is_accepted_whole_and_its_report_survives_json(tmp_path, table):
    lines = clean(table)
    with reading(tmp_path, table, write(tmp_path, "file.csv", lines)) as found:
        report = found.report
        adds_up(report)
        assert report.accepted.rows == report.read.rows == 200
        assert report.issues == ()
        assert report.money_column == MONEY.get(table)
        assert report.used.money == money_in(table, lines)
        assert len(report.sources[0].sha256) == 64
        assert TableReport.from_dict(report.to_dict()) == report
        assert all(isinstance(line, str) for line in report.lines())


def test_months_come_as_days_months_or_dates_and_become_the_first(tmp_path):
    months = ("2024-01", "2024-1", "2024/01", "01/2024", "202401", "2024-01-15")
    lines = ["month,kind,amount", *(f"{month},goods,1" for month in months)]
    with reading(tmp_path, "costs", write(tmp_path, "file.csv", lines)) as found:
        assert {row["month"] for row in rows_of(found)} == {date(2024, 1, 1)}
        assert found.report.used.rows == 6
    frame = pd.DataFrame({"month": pd.to_datetime(["2024-02-29"]), "kind": ["goods"], "amount": [1.0]})
    frame.to_parquet(tmp_path / "costs.parquet")
    with reading(tmp_path, "costs", "costs.parquet") as found:
        assert rows_of(found)[0]["month"] == date(2024, 2, 1)


def consents(words: list[str]) -> list[str]:
    return ["customer_id,email_consent", *(f"c{k},{word}" for k, word in enumerate(words))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["true", "FALSE", "Yes", "no", "", "n/a"], [True, False, True, False, None, None]),
        (["Ya", "Tidak", "y", "n", "1", "0"], [True, False, True, False, True, False]),
        (["t", "f"], [True, False]),
        (["Y", "T"], [True, False]),
    ],
)
def test_flags_are_read_in_both_languages(tmp_path, words, expected):
    with reading(tmp_path, "customers", write(tmp_path, "file.csv", consents(words))) as found:
        assert [row["email_consent"] for row in rows_of(found)] == expected


@pytest.mark.parametrize("words", [["T", "1"], ["T", "F", "Y"]])
def test_a_letter_that_means_true_or_tidak_is_refused_until_it_is_stated(tmp_path, words):
    said = refused(tmp_path, "customers", consents(words))
    assert "'T' occurs 1 times and may be true or tidak" in said
    assert "tables.customers.values.email_consent" in said
    stated = {"values": {"email_consent": {"T": "tidak"}}}
    with reading(tmp_path, "customers", "file.csv", **stated) as found:
        assert rows_of(found)[0]["email_consent"] is False


def test_words_of_a_closed_list_are_translated_first_and_unknown_ones_are_named_with_the_nearest(tmp_path):
    lines = ["campaign_id,customer_id,arm", "m1,c1,Treated", "m1,c2,KONTROL", "m1,c3,contrl", "m1,c4,x"]
    words = {"values": {"arm": {"kontrol": "control"}}}
    with reading(tmp_path, "campaign_members", write(tmp_path, "file.csv", lines), **words) as found:
        assert [row["arm"] for row in rows_of(found)] == ["treated", "control"]
        (issue,) = found.report.issues
        assert issue.code == "unknown_word"
        assert "line 4 'contrl' (did you mean control?), line 5 'x' (known: treated, control)" in str(issue)


def test_constants_fill_what_the_file_does_not_have(tmp_path):
    lines = ["month,amount", "2024-01,5"]
    constants = {"kind": "Service", "channel": "web", "amount_low": 4.0, "amount_high": 6.0}
    with reading(tmp_path, "costs", write(tmp_path, "file.csv", lines), constants=constants) as found:
        (row,) = rows_of(found)
        assert (row["kind"], row["channel"], row["amount_low"], row["amount_high"]) == ("service", "web", 4.0, 6.0)


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ({"constants": {"kind": "servis"}}, "constants.kind must be one of acquisition"),
        ({"constants": {"kind": "goods", "amount_low": "4"}}, "constants.amount_low must be a number, but it is '4'"),
        ({"constants": {"kind": "goods", "month": "Jan"}}, "constants.month must be a month, but it is 'Jan'"),
        ({"constants": {"kid": "goods"}}, "fills kid, which is not a column we know; did you mean kind?"),
        ({"columns": {"knd": "x"}}, "tables.costs.columns maps knd, which is not a column we know; did you mean kind?"),
        ({"values": {"knd": {"a": "b"}}}, "tables.costs.values translates knd"),
        ({"columns": {"kind": "x"}, "constants": {"kind": "goods"}}, "stands in columns and in constants"),
        ({"date_format": "%Q"}, "tables.costs.date_format must be a strptime pattern"),
        ({"encoding": "utf-99"}, "tables.costs.encoding must be an encoding that Python knows"),
        ({"sheet": "one"}, "tables.costs.sheet must go with a workbook"),
    ],
)
def test_settings_that_cannot_be_meant_name_table_and_key(tmp_path, section, part):
    assert part in refused(tmp_path, "costs", ["month,kind,amount", "2024-01,goods,1"], SettingsError, **section)


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["month,amount", "2024-01,1"], "lacks 'kind' for kind"),
        (["month,kind,amount"], "must hold costs, but below its header there are no rows"),
        ("", "must hold costs, but it is an empty file (0 bytes)"),
        (["month,kind,amount,amount ", "2024-01,goods,1,2"], "'amount' in columns 3 and 4"),
        (["month,kind,amount", "2024-01,goods,1.250", "2024-01,goods,2.500"], "tables.costs.decimal"),
        (["month,kind,amount", "03/04/2024,goods,1", "05/06/2024,goods,1"], "tables.costs.date_format = '%d/%m/%Y'"),
        (["month,kind,amount", "2024-01,gods,1"], "column 'kind': 1 rows have a kind that is none of its words"),
        (["month,kind,amount", "TOTAL,,1"], "column 'month': 1 rows have a month that cannot be read: line 2 'TOTAL'"),
    ],
)
def test_a_damaged_ledger_is_refused_in_one_sentence_that_names_it(tmp_path, lines, part):
    said = refused(tmp_path, "costs", lines)
    assert part in said
    assert "file.csv" in said


def test_one_column_settles_the_marks_of_another_in_the_same_table(tmp_path):
    lines = ["product_id;unit_cost;price", "p1;1.250;12.500,50", "p2;2.500;3,25"]
    with reading(tmp_path, "products", write(tmp_path, "file.csv", lines)) as found:
        assert [row["unit_cost"] for row in rows_of(found)] == [1250, 2500]
        assert "decimal ',', thousands '.'" in [fact.value for fact in found.report.inferred]


def test_keys_twice_are_dropped_when_equal_and_refused_when_they_differ(tmp_path):
    lines = ["product_id,price,note", *(f"p{k},5,a" for k in range(300)), "p7,5.0,b", "p8,6,a", "p9,5,a"]
    with reading(tmp_path, "products", write(tmp_path, "file.csv", lines)) as found:
        adds_up(found.report)
        again, conflict = found.report.issue("duplicate"), found.report.issue("conflicting_key")
        assert [(place.line, place.value) for place in again.first] == [(302, "p7"), (304, "p9")]
        assert [place.line for place in conflict.first] == [10, 303]
        assert found.report.used.rows == 299
    few = refused(tmp_path, "products", ["product_id,price", "p1,5", "p1,6"])
    assert "share their product_id with a row that says otherwise: line 2 'p1', line 3 'p1'" in few


def test_rows_that_are_equal_without_a_key_are_kept_and_told(tmp_path):
    lines = ["month,kind,amount", "2024-01,goods,1", "2024-01,goods,1"]
    with reading(tmp_path, "costs", write(tmp_path, "file.csv", lines)) as found:
        assert found.report.used.money == 2
        assert found.report.issue("possible_duplicate").rows == 1


def test_what_cannot_be_meant_in_an_optional_column_is_emptied_and_the_row_used(tmp_path):
    lines = ["customer_id,acquired_at,birth_date", *(f"c{k},2024-01-01,1990-01-0{k % 9 + 1}" for k in range(400))]
    lines[3] = " c2,2024-13-01,1850-01-01"
    with reading(tmp_path, "customers", write(tmp_path, "file.csv", lines)) as found:
        adds_up(found.report)
        assert (found.report.repaired.rows, found.report.quarantined.rows) == (1, 0)
        assert found.report.issue("emptied", "acquired_at").first[0].value == "2024-13-01 | c2"
        assert found.report.issue("emptied", "birth_date").first[0].value == "1850-01-01 | c2"
        assert found.report.issue("trimmed_id").rows == 1
        assert rows_of(found)[2] == {"customer_id": "c2", "acquired_at": None, "birth_date": None}


def test_nothing_after_the_end_is_read_and_what_is_not_over_is_still_open(tmp_path):
    lines = [
        "customer_id,started_at,ended_at",
        "c1,2024-01-01,2024-12-31",
        "c2,2024-08-01,",
        "c3,2024-01-01,2024-02-01",
    ]
    with reading(tmp_path, "subscriptions", write(tmp_path, "file.csv", lines)) as found:
        adds_up(found.report)
        assert found.report.issue("after_as_of").first[0].line == 3
        assert found.report.issue("not_yet", "ended_at").rows == 1
        assert [row["ended_at"] for row in rows_of(found)] == [None, date(2024, 2, 1)]


def test_a_table_that_lies_wholly_after_the_end_is_empty_and_not_refused(tmp_path):
    lines = ["campaign_id,starts_at", "m1,2024-05-01"]
    with reading(tmp_path, "campaigns", write(tmp_path, "file.csv", lines), last_day=date(2024, 1, 1)) as found:
        assert found.report.used.rows == 0
        assert found.report.issue("after_as_of").rows == 1


@pytest.mark.parametrize("typed", [False, True])
def test_clock_times_of_another_zone_move_to_the_business_and_plain_days_stay(tmp_path, typed):
    """20:30 UTC is half past three the next morning in Jakarta."""
    moments = ["2024-03-10 20:30:00", "2024-03-10 01:00:00"]
    frame = pd.DataFrame({"interaction_id": ["a", "b"], "customer_id": "c1", "happened_at": moments})
    frame = frame.assign(channel="web", kind="visit", day="2024-03-10")
    if typed:
        frame = frame.assign(happened_at=pd.to_datetime(frame["happened_at"]), day=pd.to_datetime(frame["day"]))
        frame.to_parquet(tmp_path / "file.parquet")
    else:
        frame.to_csv(tmp_path / "file.csv", index=False)
    path = "file.parquet" if typed else "file.csv"
    with reading(tmp_path, "interactions", path) as found:
        assert rows_of(found)[0]["happened_at"] == datetime(2024, 3, 10, 20, 30)
    with reading(tmp_path, "interactions", path, clock="UTC") as found:
        assert [row["happened_at"] for row in rows_of(found)] == [
            datetime(2024, 3, 11, 3, 30),
            datetime(2024, 3, 10, 8, 0),
        ]
    columns = {"campaign_id": "interaction_id", "starts_at": "happened_at", "ends_at": "day"}
    with reading(tmp_path, "campaigns", path, columns=columns, clock="UTC") as found:
        assert [(row["starts_at"].day, row["ends_at"].day) for row in rows_of(found) if row["ends_at"]] == [(10, 10)]
        assert found.report.issue("ended_before_started").first[0].value.endswith("a")


def test_an_offset_in_the_text_goes_before_the_zone_of_the_table(tmp_path):
    lines = ["customer_id,happened_at,channel,kind", "c1,2024-03-10T20:30:00+02:00,web,visit"]
    with reading(tmp_path, "interactions", write(tmp_path, "file.csv", lines), clock="UTC") as found:
        assert rows_of(found)[0]["happened_at"] == datetime(2024, 3, 11, 1, 30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("05/03/2024 9:05 PM", (21, 5, 0)), ("15/03/2024 12:00 AM", (0, 0, 0)), ("15/03/2024 08:07:09", (8, 7, 9))],
)
def test_moments_keep_their_clock_time(tmp_path, text, expected):
    lines = ["customer_id,happened_at,channel,kind", f"c1,{text},web,visit", "c2,31/01/2024,web,visit"]
    with reading(tmp_path, "interactions", write(tmp_path, "file.csv", lines)) as found:
        when = rows_of(found)[0]["happened_at"]
        assert (when.hour, when.minute, when.second) == expected
        assert rows_of(found)[1]["happened_at"] == datetime(2024, 1, 31)


def test_naive_utc_of_the_log_falls_on_the_business_day(tmp_path):
    """The days of The Complete Journey: clock times are UTC, the shops are in New York."""
    pd.DataFrame(
        {"customer_id": "c1", "ordered_at": pd.to_datetime(["2017-01-02 03:00", "2017-01-02 06:00"]), "amount": 1.0}
    ).to_parquet(tmp_path / "log.parquet")
    settings = Settings(
        folder=tmp_path,
        dataset=DatasetSection(name="x", currency="USD", timezone="America/New_York"),
        tables=TablesSection(transactions=TableSection(path="log.parquet", timezone="UTC")),
    )
    with open_engine(settings.engine) as engine:
        log, record = read_everything(settings, engine)
        assert sorted(log.transactions.collect("pyarrow").to_native().to_pydict()["ordered_at"]) == [
            date(2017, 1, 1),
            date(2017, 1, 2),
        ]
        assert (record.tables, record.lines()) == ({}, [])


def test_the_faults_of_all_tables_are_told_at_once(tmp_path):
    write(tmp_path, "a.csv", ["month,kind,amount", "x,goods,1"])
    write(tmp_path, "b.csv", ["product_id,price", "p1,x"])
    with (
        pytest.raises(DataError) as caught,
        collecting(settings_for(tmp_path, costs="a.csv", products="b.csv"), log=False),
    ):
        pass
    assert "a.csv must be readable" in str(caught.value)
    assert "b.csv must be readable" in str(caught.value)


def test_a_package_that_is_not_there_is_answered_with_the_extra(tmp_path):
    said = refused(tmp_path, "products", "", SettingsError, package="no_such_package_of_ours")
    assert "tables.products.package must be an installed package" in said
    assert "clv-lib[examples]" in said


def test_columns_that_nothing_is_read_from_are_told(tmp_path):
    lines = ["product_id,prise", "p1,5"]
    with reading(tmp_path, "products", write(tmp_path, "file.csv", lines)) as found:
        assert found.report.unused == ("prise",)
        assert "prise" in found.report.lines()[-1]


def test_further_mapped_columns_of_customers_are_kept_as_text(tmp_path):
    lines = ["customer_id,Kota,age", "c1, Solo ,040"]
    with reading(
        tmp_path, "customers", write(tmp_path, "file.csv", lines), columns={"city": "Kota", "age": "age"}
    ) as found:
        assert rows_of(found) == [{"customer_id": "c1", "city": " Solo ", "age": "040"}]


def test_several_files_of_one_table_are_one(tmp_path):
    write(tmp_path, "p1.csv", ["product_id,price", "p1,5"])
    write(tmp_path, "p2.csv", ["price;product_id", "6;p2", "7;p1"])
    said = refused_glob(tmp_path)
    assert "p1.csv, p2.csv must be readable" in said
    write(tmp_path, "p2.csv", ["price;product_id", "6;p2"])
    with reading(tmp_path, "products", "p*.csv") as found:
        assert [(row["product_id"], row["price"]) for row in rows_of(found)] == [("p1", 5), ("p2", 6)]


def refused_glob(folder) -> str:
    with pytest.raises(DataError) as caught, reading(folder, "products", "p*.csv"):
        pass
    return str(caught.value)
