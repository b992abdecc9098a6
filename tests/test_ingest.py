"""Rows in = accepted + repaired + quarantined, whatever the file looks like; and a sentence where it cannot be read."""

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from clv_lib.data.customers import collected
from clv_lib.data.ingest import classify
from clv_lib.data.quality import QualityReport
from clv_lib.data.quarantine import inert
from clv_lib.errors import DataError, SettingsError
from clv_lib.settings import PoliciesSection
from tests.ingest_support import adds_up, reading

HEADER = "order_id,customer_id,order_date,amount\n"
PLAIN = HEADER + "".join(f"O{k},c{k % 40},2024-01-{k % 28 + 1:02d},{k + 1}.50\n" for k in range(300))
CDNOW = Path(__file__).parents[1] / "data" / "cdnow"


def write(folder: Path, text: str, name: str = "log.csv", encoding: str = "utf-8") -> str:
    (folder / name).write_bytes(text.encode(encoding))
    return name


def refused(folder: Path, text: str, **stated) -> str:
    with pytest.raises(DataError) as caught, reading(folder, write(folder, text), **stated):
        pass
    return str(caught.value)


def values_of(folder: Path, *rows: str, **stated) -> pd.DataFrame:
    with reading(folder, write(folder, HEADER + "\n".join(rows) + "\n"), **stated) as found:
        adds_up(found)
        return collected(found.transactions)


def test_the_whole_cdnow_log_is_accepted():
    columns = {"customer_id": "id", "ordered_at": "date", "amount": "dollars"}
    with reading(
        CDNOW,
        "transactions.csv",
        columns=columns,
        as_of=date(1998, 6, 30),
        currency="USD",
        policies=PoliciesSection(zero_amounts="keep"),
    ) as found:
        adds_up(found)
        assert (found.report.accepted.rows, found.report.customers) == (69_659, 23_570)
        cents = sum(
            round(float(line.rsplit(",", 1)[1]) * 100) for line in (CDNOW / "transactions.csv").open().readlines()[1:]
        )
        assert found.report.accepted.money == Decimal(cents) / 100


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("log.csv.gz", gzip.compress),
        ("log.csv.zst", lambda data: pa.compress(data, codec="zstd", asbytes=True)),
        ("log.txt", lambda data: data),
        ("crlf.csv", lambda data: data.replace(b"\n", b"\r\n")),
        ("mac.csv", lambda data: data.replace(b"\n", b"\r")),
        ("no_end.csv", lambda data: data.rstrip(b"\n")),
        ("bom.csv", lambda data: b"\xef\xbb\xbf" + data),
        ("utf16.csv", lambda data: data.decode().encode("utf-16")),
        ("tabs.tsv", lambda data: data.replace(b",", b"\t")),
        ("quoted.csv", lambda data: b'"' + data.replace(b",", b'","').replace(b"\n", b'"\n"')[:-1]),
    ],
)
def test_packing_encoding_and_line_ends_do_not_matter(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(PLAIN.encode()))
    with reading(tmp_path, name) as found:
        adds_up(found)
        assert (found.report.accepted.rows, found.report.accepted.money) == (300, Decimal("45300.00"))
        assert found.report.issues == ()


def test_a_pattern_reads_several_files_whatever_the_order_of_their_columns(tmp_path):
    write(tmp_path, HEADER + "O1,a,2024-01-01,1\nO2,b,2024-01-02,2\n", "log-1.csv")
    write(tmp_path, "amount;customer_id;order_id;order_date\n2;b;O2;2024-01-02\n4;c;O3;2024-01-03\n", "log-2.csv")
    with reading(tmp_path, "log-*.csv") as found:
        adds_up(found)
        assert [source.name for source in found.report.sources] == ["log-1.csv", "log-2.csv"]
        assert found.report.used.rows == 3  # O2 was exported twice
        (place,) = found.report.issue("duplicate").first
        assert (place.source, place.line) == ("log-2.csv", 2)


def test_lines_are_counted_as_an_editor_shows_them(tmp_path):
    """Line breaks inside quotes, blank lines and malformed rows before a fault do not shift its line."""
    good = "".join(f"O{k},c{k},2024-01-01,1,note\n" for k in range(900))
    text = (
        "order_id,customer_id,order_date,amount,note\n"
        'A,x,2024-01-01,1,"two\nlines"\n'  # lines 2-3
        "\n"  # 4
        "B,y,2024-01-01\n"  # 5: too short
        'C,"z,2024-01-01,1,open\n'  # 6: unclosed
        "D,w,2024-13-45,1,bad date\n" + good  # 7
    )
    with reading(tmp_path, write(tmp_path, text)) as found:
        adds_up(found)
        lines = {issue.code: [place.line for place in issue.first] for issue in found.report.issues}
        assert lines == {"missing_field": [5], "unclosed_quote": [6], "bad_date": [7], "blank_line": []}
        found.write_quarantine(tmp_path / "q.csv")
    written = pd.read_csv(tmp_path / "q.csv")
    assert written["raw"].tolist() == ["B,y,2024-01-01", 'C,"z,2024-01-01,1,open', "D,w,2024-13-45,1,bad date"]


def test_missing_customers_are_set_aside_and_spaces_around_ids_repaired(tmp_path):
    rows = ["O1, a ,2024-01-01,1", "O2,a,2024-01-02,2", "O3,  ,2024-01-03,4", "O4,NULLA,2024-01-04,8"]
    with reading(tmp_path, write(tmp_path, HEADER + "\n".join(rows))) as found:
        adds_up(found)
        assert sorted(collected(found.transactions)["customer_id"]) == ["NULLA", "a", "a"]
        assert (found.report.repaired.rows, found.report.repaired.money) == (1, Decimal(1))
        assert found.report.issue("guest").money == Decimal(4)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["2024-01-05", "2024-1-6"], [5, 6]),
        (["20240105", "20240106"], [5, 6]),
        (["2024/01/05", "2024/1/6"], [5, 6]),
        (["05/01/2024", "13/01/2024"], [5, 13]),
        (["01/05/2024", "1/13/2024"], [5, 13]),
        (["05-01-2024", "31-01-2024"], [5, 31]),
        (["05.01.2024", "06.01.2024"], [5, 6]),
        (["05 Jan 2024", "6 Jan 2024"], [5, 6]),
        (["2024-01-05 23:59:59", "2024-01-06T00:00"], [5, 6]),
        (["05/01/2024 8:15", "13/01/2024 11:59 PM"], [5, 13]),
        (["2024-01-05T20:00:00Z", "2024-01-05 23:30:00+07:00"], [6, 5]),  # Jakarta is seven hours ahead
        (["2024-01-05 16:59:59.9+00", "2024-01-05 17:00 +0000"], [5, 6]),
    ],
)
def test_dates_are_read_by_the_one_form_that_fits_the_column(tmp_path, written, expected):
    found = values_of(tmp_path, *(f"O{k},a,{text},1" for k, text in enumerate(written)))
    assert [day.day for day in pd.to_datetime(found["ordered_at"])] == expected
    assert (pd.to_datetime(found["ordered_at"]).dt.month == 1).all()


def test_a_stated_date_format_is_followed_time_zone_included(tmp_path):
    found = values_of(tmp_path, "O1,a,05|01|24 23:00 +0000,1", date_format="%d|%m|%y %H:%M %z")
    assert pd.to_datetime(found["ordered_at"]).dt.strftime("%F").tolist() == ["2024-01-06"]
    with pytest.raises(SettingsError, match="%Q means nothing here"):
        values_of(tmp_path, "O1,a,2024-01-01,1", date_format="%Y-%Q")


def test_dates_that_could_be_two_days_are_refused(tmp_path):
    said = refused(tmp_path, HEADER + "O1,a,03/04/2024,1\nO2,a,05/05/2024,1\n")
    assert "%d/%m/%Y and as %m/%d/%Y" in said
    assert "1 of them are then different days (first: '03/04/2024')" in said
    assert "date_format" in said
    assert len(values_of(tmp_path, "O1,a,03/04/2024,1", date_format="%d/%m/%Y")) == 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["29.33", "5", ".5", "1e2"], [29.33, 5, 0.5, 100]),
        (["1,250,000.00", "12"], [1_250_000, 12]),
        (["1.250.000,00", "12"], [1_250_000, 12]),
        (["29,33", "1250"], [29.33, 1250]),
        (["1 250,5", "7"], [1250.5, 7]),
        (["1'250.50", "7"], [1250.5, 7]),
        (["1\u00a0250,5", "7"], [1250.5, 7]),
        (["212.500", "1.212.500"], [212_500, 1_212_500]),
        (["+5", "7"], [5, 7]),
    ],
)
def test_amounts_are_read_by_the_one_form_that_fits_the_column(tmp_path, written, expected):
    found = values_of(tmp_path, *(f'O{k},a,2024-01-01,"{text}"' for k, text in enumerate(written)))
    assert found["amount"].tolist() == expected


def test_amounts_that_could_be_two_numbers_are_refused(tmp_path):
    text = HEADER + "O1,a,2024-01-01,1.250\nO2,a,2024-01-02,212.500\n"
    assert "decimal '.' and with decimal ',', thousands '.'" in refused(tmp_path, text)
    for stated, total in (({"decimal": "."}, Decimal("213.75")), ({"decimal": ","}, Decimal(213_750))):
        with reading(tmp_path, write(tmp_path, text), **stated) as found:
            assert found.report.used.money == total


def test_more_than_four_decimals_are_rounded_and_told(tmp_path):
    with reading(tmp_path, write(tmp_path, HEADER + "O1,a,2024-01-01,1.123456\nO2,a,2024-01-02,2.5\n")) as found:
        adds_up(found)
        assert found.report.repaired.money == Decimal("1.1235")


def test_money_is_added_exactly(tmp_path):
    """0.10 a thousand times is 100, which floats miss."""
    rows = "".join(f"O{k},a,2024-01-01,0.10\n" for k in range(1000))
    with reading(tmp_path, write(tmp_path, HEADER + rows)) as found:
        assert found.report.used.money == Decimal(100)


def test_placeholder_dates_and_a_few_unreadable_rows_are_set_aside(tmp_path):
    text = PLAIN + "P1,a,1900-01-01,7\nP2,a,2024-01-01,gratis\n"
    with reading(tmp_path, write(tmp_path, text)) as found:
        adds_up(found)
        assert found.report.issue("implausible_date").rows == 1
        assert str(found.report.issue("bad_amount").first[0]) == "line 303 'gratis'"
        assert found.report.first_day == date(2024, 1, 1)


def test_optional_columns_come_along_and_their_gaps_are_counted(tmp_path):
    text = "customer_id,order_date,amount,qty,shop\na,2024-01-01,1,2,web\nb,2024-01-02,1,,\n"
    columns = {"ordered_at": "order_date", "quantity": "qty", "channel": "shop"}
    with reading(tmp_path, write(tmp_path, text), columns=columns) as found:
        table = collected(found.transactions)
        assert table["quantity"].tolist()[0] == 2.0
        assert found.report.missing == {"quantity": 1, "channel": 1}


def test_a_missing_column_is_refused_with_what_was_found(tmp_path):
    said = refused(tmp_path, "Order,Customer_ID,order_date,total\n1,a,2024-01-01,1\n")
    for part in ("'customer_id' for customer_id (did you mean 'Customer_ID'?)", "'amount'", "Customer_ID, order_date"):
        assert part in said


def test_a_mapped_column_nobody_knows_is_a_fault_of_the_settings(tmp_path):
    write(tmp_path, PLAIN)
    with (
        pytest.raises(SettingsError, match="did you mean customer_id"),
        reading(tmp_path, "log.csv", columns={"custmer_id": "customer_id"}),
    ):
        pass


def test_text_that_is_not_utf8_names_the_line_and_the_remedy(tmp_path):
    text = HEADER + "O1,Zoë,2024-01-01,1\n"
    (tmp_path / "log.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"line 2 is not.*encoding = 'latin-1'"), reading(tmp_path, "log.csv"):
        pass
    with reading(tmp_path, "log.csv", encoding="latin-1") as found:
        assert collected(found.transactions)["customer_id"].tolist() == ["Zoë"]
    with pytest.raises(SettingsError, match="that Python knows"), reading(tmp_path, "log.csv", encoding="klingon"):
        pass


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"PK\x03\x04....", "ZIP archive or an Excel workbook"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-40], "must be a whole gzip file"),
        (b"a\x00b\x00", "zero bytes"),
        (b"\n\n\n", "only blank lines"),
        (b"", "an empty file"),
        (gzip.compress(b"", mtime=0), "an empty file"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path, data, match):
    (tmp_path / "log.csv").write_bytes(data)
    with pytest.raises(DataError, match=match), reading(tmp_path, "log.csv"):
        pass


def test_a_file_that_is_not_there_is_refused_with_what_is(tmp_path):
    write(tmp_path, PLAIN, "sales.csv")
    with (
        pytest.raises(DataError, match=r"no 'log.csv'.*Beside dataset.toml are: sales.csv"),
        reading(tmp_path, "log.csv"),
    ):
        pass


def test_nothing_left_to_use_is_refused_with_the_reasons(tmp_path):
    said = refused(tmp_path, PLAIN, as_of=date(2020, 1, 1))
    assert "all 300 rows were set aside" in said
    assert "300 rows are later than dataset.as_of" in said


def test_parquet_with_fractions_for_customers_is_refused(tmp_path):
    pd.DataFrame({"customer_id": [1.0], "order_date": ["2024-01-01"], "amount": [1.0]}).to_parquet(
        tmp_path / "a.parquet"
    )
    with (
        pytest.raises(DataError, match="A fraction is not an identifier"),
        reading(tmp_path, "a.parquet", columns={"ordered_at": "order_date"}),
    ):
        pass


def test_the_report_survives_json(tmp_path):
    with reading(tmp_path, write(tmp_path, PLAIN + "X,,2024-01-01,1\n")) as found:
        plain = json.loads(json.dumps(found.report.to_dict()))
        assert QualityReport.from_dict(plain) == found.report
        assert any("name no customer" in line and "line 302" in line for line in found.report.lines())


def test_the_fingerprint_changes_with_the_bytes(tmp_path):
    prints = set()
    for text in (PLAIN, PLAIN, PLAIN.replace("c1,", "c9,", 1)):
        with reading(tmp_path, write(tmp_path, text)) as found:
            prints.add(found.report.fingerprint)
    assert len(prints) == 2


def test_quarantined_cells_are_inert_in_a_spreadsheet(tmp_path):
    hostile = '=HYPERLINK("http://x"),,2024-01-01,1\n'
    with reading(tmp_path, write(tmp_path, PLAIN + hostile.replace('"', ""))) as found:
        found.write_quarantine(tmp_path / "q.csv")
    assert (tmp_path / "q.csv").read_text().splitlines()[1].split(",")[3].strip('"').startswith("'=HYPERLINK")
    assert [inert(cell)[0] for cell in ("=1", "+1", "-1", "@x", "\tx")] == ["'"] * 5
    assert inert("plain") == "plain"


def test_the_classification_is_the_same_on_pandas_and_duckdb():
    """One row for each reason, in the order in which the reasons are tried."""
    day = pd.to_datetime("2024-01-01")
    good = {
        **{"source": 0, "line": 1, "fault": None, "row_key": "k", "customer_id": "a", "order_id": "O"},
        **{"ordered_at": day, "units": 10_000, "no_date": False, "no_amount": False},
    }
    changes = [
        ({}, ""),
        ({"fault": "extra_field", "ordered_at": None}, "extra_field"),
        ({"ordered_at": None, "no_date": True}, "missing_date"),
        ({"ordered_at": None, "units": None}, "bad_date"),
        ({"ordered_at": pd.to_datetime("1900-01-01")}, "implausible_date"),
        ({"units": None, "no_amount": True}, "missing_amount"),
        ({"units": None}, "bad_amount"),
        ({"ordered_at": pd.to_datetime("2024-02-02"), "customer_id": None}, "after_as_of"),
        ({"customer_id": None, "units": -1}, "guest"),
        ({"customer_id": "Guest"}, "guest"),
        ({"customer_id": "qa_TEST-01"}, "test_account"),
        ({"customer_id": "contestant"}, ""),
        ({"customer_id": "zoë@example.org"}, "test_account"),
        ({"units": -5}, "negative_amount"),
        ({"units": 0}, "zero_amount"),
        ({"row_key": 0}, "duplicate"),
        ({"row_key": 0, "order_id": None}, ""),
    ]
    rows = pd.DataFrame([{**good, "line": k, "row_key": str(k), **change} for k, (change, _) in enumerate(changes)])
    rows["row_key"] = rows["row_key"].astype("str")
    rows["units"] = rows["units"].astype("Int64")
    rows["fault"], rows["customer_id"] = rows["fault"].astype("str"), rows["customer_id"].astype("str")
    connection = duckdb.connect()
    connection.register("rows", pa.Table.from_pandas(rows))
    typed = connection.sql("SELECT * REPLACE (CAST(ordered_at AS DATE) AS ordered_at) FROM rows")
    for frame in (nw.from_native(rows).lazy(), nw.from_native(typed)):
        marked = classify(
            frame, policies=PoliciesSection(), last_day=date(2024, 2, 1), stated=True, columns={"order_id": "order_id"}
        )
        found = collected(marked).sort_values("line")["reason"].tolist()
        assert found == [expected for _, expected in changes]
