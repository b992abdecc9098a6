"""Real traps, one file each (tests/hard): the result equals the clean base after the reported repair, or a sentence."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from clv_lib.data.customers import collected, customer_summary, spend_cells
from clv_lib.errors import DataError
from clv_lib.settings import PoliciesSection
from tests.ingest_support import adds_up, reading

HARD = Path(__file__).parent / "hard"
NO_ORDER = {"ordered_at": "order_date"}


def equals_base(found) -> None:
    adds_up(found)
    summary = collected(customer_summary(found.transactions, end=found.report.as_of))
    assert len(summary) == 120
    assert ((summary["frequency"] + 1).sum(), summary["frequency"].sum()) == (596, 476)
    assert (summary["frequency"] == 0).sum() == 41
    assert found.report.used.money == Decimal(222_461_000)
    assert (found.report.first_day, found.report.last_day) == (date(2023, 1, 5), date(2024, 6, 30))


def facts(found) -> dict[str, str]:
    return {fact.code: fact.value for fact in found.report.inferred}


def test_the_clean_base_loads_without_an_issue():
    with reading(HARD, "00_clean_base.csv") as found:
        equals_base(found)
        assert found.report.issues == ()
        assert found.report.accepted.rows == found.report.read.rows == 596
        assert facts(found) == {"date_format": "%Y-%m-%d"}


def test_rows_exported_twice_are_dropped_and_listed(tmp_path):
    with reading(HARD, "01_exact_duplicates.csv") as found:
        equals_base(found)
        assert found.report.issue("duplicate").rows == 37
        assert found.report.read.money == Decimal(231_554_500)
        assert found.write_quarantine(tmp_path / "q.csv") == 37
        lines = (tmp_path / "q.csv").read_text().splitlines()
        assert lines[1] == '01_exact_duplicates.csv,161,duplicate,"ORD00335,10009,2023-10-04,162000"'
    with reading(HARD, "01_exact_duplicates.csv", policies=PoliciesSection(duplicates="keep")) as kept:
        assert kept.report.used.rows == 633
        assert kept.report.issue("kept_duplicate").rows == 37


def test_equal_rows_without_an_order_id_are_kept_and_told():
    with reading(HARD, "03_no_order_id_repeats.csv", columns=NO_ORDER) as found:
        adds_up(found)
        assert found.report.issue("possible_duplicate").rows == 22
        assert found.report.used.money == Decimal(230_144_000)
        assert (collected(customer_summary(found.transactions, end=date(2024, 6, 30)))["frequency"] + 1).sum() == 596


def test_refunds_are_never_purchases_and_their_sum_is_reported():
    with reading(HARD, "04_refunds.csv") as found:
        adds_up(found)
        assert found.report.issue("negative_amount").rows == 40
        assert found.report.read.money == Decimal(210_849_500)
        assert found.report.used.money == Decimal(222_461_000)


def test_free_orders_are_excluded_by_default_and_protect_the_spend_model_when_kept():
    with reading(HARD, "06_zero_amounts.csv") as found:
        equals_base(found)
        assert found.report.issue("zero_amount").rows == 20
    with reading(HARD, "06_zero_amounts.csv", policies=PoliciesSection(zero_amounts="keep")) as kept:
        assert kept.report.used.rows == 616
        assert (spend_cells(customer_summary(kept.transactions, end=date(2024, 6, 30)))["monetary_value"] > 0).all()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("07_same_day_split.csv", {"date_format": "%Y-%m-%d"}),
        ("10_dates_ddmm.csv", {"date_format": "%d/%m/%Y"}),
        (
            "15_amount_id_locale.csv",
            {"delimiter": ";", "date_format": "%Y-%m-%d", "number_format": "decimal ',', thousands '.'"},
        ),
        ("29_ids_leading_zero.csv", {"date_format": "%Y-%m-%d"}),
        ("33_utf8_bom_semicolon.csv", {"delimiter": ";", "encoding": "utf-8-sig", "date_format": "%Y-%m-%d"}),
    ],
)
def test_other_ways_to_write_the_same_are_found_out_and_stated(file, expected):
    with reading(HARD, file) as found:
        equals_base(found)
        assert found.report.quarantined.rows == 0
        assert facts(found) == expected


def test_leading_zeros_of_customers_survive():
    with reading(HARD, "29_ids_leading_zero.csv") as found:
        ids = collected(found.transactions)["customer_id"]
        assert (ids.str.len() == 5).all()
        assert {"00039", "00120"} <= set(ids)


def test_orders_after_the_export_do_not_move_the_end():
    with reading(HARD, "23_future_dates.csv") as found:
        adds_up(found)
        issue = found.report.issue("after_as_of")
        assert [place.line for place in issue.first] == [28, 106, 273, 331, 579]
        assert found.report.last_day == date(2024, 6, 30)
    with reading(HARD, "23_future_dates.csv", as_of=None) as unstated:
        assert unstated.report.last_day <= date.today()
        assert unstated.report.issue("future_date").rows >= 3


def refused(file: str, **stated) -> str:
    with pytest.raises(DataError) as caught, reading(HARD, file, **stated):
        pass
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_impossible_dates_are_named_with_file_column_and_lines():
    said = refused("14_dates_invalid.csv")
    assert said.startswith("14_dates_invalid.csv must be readable in all but 1% of its rows, but 7 of 596 (1.2%)")
    assert "'order_date'" in said
    for line in (12, 52, 92, 132, 172, 212, 252):
        assert f"line {line}" in said
    assert "line 12 '2023-02-30'" in said


def test_a_broken_file_is_refused_with_every_line_at_fault():
    said = refused("38_broken_csv.csv")
    for part in (
        "repeat the header inside the file (line 41",
        "more fields than the header (line 61)",
        "fewer fields than the header (line 81, line 124)",
        "a quote that is not closed or not followed by a delimiter (line 91)",
        "no date (line 123)",
        "6 of 123 (4.9%)",
    ):
        assert part in said


def test_mixed_date_formats_are_refused_with_count_and_lines():
    said = refused("12_dates_mixed.csv")
    assert "100 of 596" in said
    assert "line 2 '05-Jan-23', line 4 '10 Januari 2023'" in said


def test_currency_symbols_are_refused_with_lines_and_values():
    said = refused("17_amount_symbols.csv")
    assert "column 'amount': 448 rows" in said
    for part in ("line 2 'Rp 212.500'", "line 7 '(250000)'", "line 8 '250000-'", "line 9 'gratis'"):
        assert part in said


def test_currencies_are_never_added():
    said = refused("18_mixed_currencies.csv", columns=NO_ORDER | {"currency": "currency"})
    assert "IDR in 476 rows, USD in 61 rows, SGD in 47 rows, blank in 12 rows" in said


def test_empty_files_are_named():
    assert "27_zero_bytes.csv must hold transactions, but it is an empty file" in refused("27_zero_bytes.csv")
    assert "27_header_only.csv must hold transactions, but below its header there are no rows" in refused(
        "27_header_only.csv"
    )


def test_columns_that_are_called_the_same_after_trimming_are_refused():
    indonesian = {"customer_id": "ID Pelanggan", "ordered_at": "Tanggal", "amount": "Jumlah"}
    assert "'Jumlah' in columns 4 and 5" in refused("39_headers_id.csv", columns=indonesian)
    assert "'amount' in columns 4 and 5" in refused("39_headers_duplicate.csv")
    said = refused("39_headers_id.csv", columns={"customer_id": "Pelanggan"})
    assert "'Jumlah' in columns 4 and 5" in said
