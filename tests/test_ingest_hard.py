"""Real traps, one file each (tests/hard): the result equals the clean base after the reported repair, or a sentence."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from clv_lib.data.customer_cells import spend_cells
from clv_lib.data.customers import collected, customer_summary
from clv_lib.data.handover import by_month, hand_over
from clv_lib.errors import DataError
from clv_lib.periods import observation_window
from clv_lib.settings import ModelSection, PoliciesSection
from tests.ingest_support import adds_up, reading

HARD = Path(__file__).parent / "hard"
NO_ORDER = {"ordered_at": "order_date"}
ORDERS = NO_ORDER | {"order_id": "order_id"}
REFUNDS = ORDERS | {"refund_of": "refund_of"}
MONEY = ORDERS | {"currency": "currency"}


def equals_base(found) -> None:
    adds_up(found)
    summary = collected(customer_summary(found.transactions, end=found.report.as_of))
    assert len(summary) == 120
    assert ((summary["frequency"] + 1).sum(), summary["frequency"].sum()) == (596, 476)
    assert (summary["frequency"] == 0).sum() == 41
    assert found.report.used.money == Decimal(222_461_000)
    assert (found.report.first_day, found.report.last_day) == (date(2023, 1, 5), date(2024, 6, 30))
    assert found.report.findings == ()


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


NET = {"rows": 571, "customers": 118, "repeats": 453, "once": 39, "money": Decimal(210_849_500)}


def totals(found) -> dict:
    summary = collected(customer_summary(found.transactions, end=found.report.as_of))
    return {
        "rows": found.report.used.rows,
        "customers": len(summary),
        "repeats": summary["frequency"].sum(),
        "once": (summary["frequency"] == 0).sum(),
        "money": found.report.used.money,
    }


def test_refunds_are_taken_off_their_orders_and_the_revenue_is_net():
    with reading(HARD, "04_refunds.csv", columns=REFUNDS) as found:
        adds_up(found)
        assert totals(found) == NET
        report = found.report
        assert report.read.money == NET["money"]
        assert {issue.code: issue.rows for issue in report.issues} == {
            "refund": 40,
            "refunded_order": 25,
            "partly_refunded": 15,
        }
        full, part = report.issue("refunded_order"), report.issue("partly_refunded")
        assert (full.counted, report.issue("refund").counted, report.quarantined.money) == (0, 0, 0)
        assert report.repaired.money == part.counted < part.money
        assert full.money + part.money - part.counted == -report.issue("refund").money
        assert report.fully_refunded == 2
        assert (spend_cells(customer_summary(found.transactions, end=report.as_of))["monetary_value"] > 0).all()


def test_without_references_full_refunds_find_their_order_by_amount_and_the_others_are_told():
    with reading(HARD, "04_refunds.csv") as found:
        adds_up(found)
        assert {issue.code: issue.rows for issue in found.report.issues} == {
            "refund": 25,
            "refunded_order": 25,
            "unmatched_refund": 15,
        }
        assert found.report.used.money - NET["money"] == -found.report.issue("unmatched_refund").money


def test_refunds_can_be_set_aside_as_before():
    with reading(HARD, "04_refunds.csv", policies=PoliciesSection(refunds="exclude")) as found:
        adds_up(found)
        assert found.report.issue("negative_amount").rows == 40
        assert found.report.read.money == Decimal(210_849_500)
        assert found.report.used.money == Decimal(222_461_000)


def test_guests_leave_the_customer_models_and_their_share_is_told():
    with reading(HARD, "20_guests.csv") as found:
        equals_base(found)
        guests = found.report.issue("guest")
        assert (guests.rows, guests.money) == (60, Decimal(24_958_500))
        assert found.report.quarantined.money / found.report.read.money == guests.money / Decimal(247_419_500)


def test_guests_that_are_kept_are_never_one_customer():
    with reading(HARD, "20_guests.csv", policies=PoliciesSection(guests="keep")) as found:
        adds_up(found)
        assert (found.report.used.rows, found.report.customers) == (656, 180)
        assert found.report.issue("guest_apart").rows == 60


def test_merged_accounts_are_one_customer_and_a_circle_is_printed():
    with reading(HARD, "21_merged_customers.csv", merges=pd.read_csv(HARD / "21_merge_map.csv", dtype="str")) as found:
        equals_base(found)
        merged = found.report.issue("merged_id")
        old = pd.read_csv(HARD / "21_merged_customers.csv", dtype="str")["customer_id"].str.startswith(("OLD", "MID"))
        assert merged.rows == found.report.repaired.rows == old.sum()
    circle = pd.read_csv(HARD / "21_merge_map_cycle.csv", dtype="str")
    said = refused("21_merged_customers.csv", merges=circle)
    assert "10039 -> OLD00 -> MID00 -> 10039" in said or "OLD00 -> MID00 -> 10039 -> OLD00" in said


def test_a_change_of_unit_is_found_with_its_day():
    with reading(HARD, "36_units_in_thousands.csv") as found:
        adds_up(found)
        (change,) = [each for each in found.report.findings if each.code == "unit_change"]
        assert change.values["day"] == "2024-01-01"
        assert change.bends == "looks_like_prices"
        paid = pd.read_csv(HARD / "36_units_in_thousands.csv", parse_dates=["order_date"])
        late = paid["order_date"] >= "2024-01-01"
        assert late.sum() == 121
        assert change.values["before"] == pytest.approx(paid.loc[~late, "amount"].median())
        assert change.values["after"] == pytest.approx(paid.loc[late, "amount"].median())


@pytest.mark.parametrize(
    ("file", "customers", "rows"), [("25_all_one_time.csv", 120, 120), ("26_single_customer.csv", 1, 25)]
)
def test_logs_too_poor_for_a_model_are_still_described(file, customers, rows):
    with reading(HARD, file) as found:
        adds_up(found)
        window = observation_window(found.report.first_day, found.report.as_of)
        handover = hand_over(found.transactions, window=window, model=ModelSection())
        assert (found.report.customers, found.report.used.rows) == (customers, rows)
        assert handover.tables["cells"]["n"].sum() == customers
        assert handover.facts.revenue_to_date == float(found.report.used.money)
        assert len(by_month(found.transactions, end=window.end))


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


def test_impossible_dates_are_left_out_and_told_when_asked():
    with reading(HARD, "14_dates_invalid.csv", policies=PoliciesSection(unreadable="set_aside")) as found:
        adds_up(found)
        aside = [issue for issue in found.report.issues if issue.kind == "fault"]
        lines = sorted(place.line for issue in aside for place in issue.first)
        assert lines == [12, 52, 92, 132, 172, 212, 252]
        assert found.report.used.rows == 589


def test_mixed_date_formats_are_refused_with_count_and_lines():
    said = refused("12_dates_mixed.csv")
    assert "100 of 596" in said
    assert "line 2 '05-Jan-23', line 4 '10 Januari 2023'" in said


def test_currency_symbols_are_refused_with_lines_and_values():
    said = refused("17_amount_symbols.csv")
    assert "column 'amount': 448 rows" in said
    for part in ("line 2 'Rp 212.500'", "line 7 '(250000)'", "line 8 '250000-'", "line 9 'gratis'"):
        assert part in said
    for part in (
        "brackets, which mean a negative amount, in 1 rows (line 7",
        "a minus at the end",
        "a currency symbol",
    ):
        assert part in said


def test_currency_symbols_are_read_when_asked_and_every_way_of_writing_is_counted():
    with reading(HARD, "17_amount_symbols.csv", policies=PoliciesSection(amount_symbols="parse")) as found:
        adds_up(found)
        base = pd.read_csv(HARD / "00_clean_base.csv")["amount"]
        given = pd.read_csv(HARD / "17_amount_symbols.csv")["amount"]
        spelt = {fact.value: fact.evidence for fact in found.report.inferred if fact.code == "amount_spelling"}
        assert (spelt["brackets"], spelt["minus at the end"], spelt["free"]) == (1, 1, 1)
        assert spelt["rp"] == given.str.startswith("Rp").sum()
        assert spelt["idr"] == given.str.startswith("IDR").sum()
        assert spelt["no cents"] == given.str.endswith(",-").sum()
        special = base.iloc[5:8].sum()  # lines 7 to 9 hold other amounts than the base
        assert found.report.read.money == Decimal(int(base.sum() - special)) - 500_000
        assert found.report.issue("zero_amount").rows == 1
        assert found.report.issue("unmatched_refund").rows == 2


def rates() -> pd.DataFrame:
    table = pd.read_csv(HARD / "18_fx_rates.csv")
    return table.rename(columns={"rate_to_idr": "rate"}).assign(month=pd.to_datetime(table["month"]))


def test_currencies_are_never_added():
    said = refused("18_mixed_currencies.csv", columns=NO_ORDER | {"currency": "currency"})
    assert "IDR in 476 rows, USD in 61 rows, SGD in 47 rows, blank in 12 rows" in said


def test_a_missing_rate_and_a_blank_currency_are_named_with_month_count_and_lines():
    log = pd.read_csv(HARD / "18_mixed_currencies.csv")
    said = refused("18_mixed_currencies.csv", columns=MONEY, rates=rates())
    lacking = log.index[(log["currency"] == "SGD") & log["order_date"].str.startswith("2024-01")] + 2
    assert f"no rate for SGD in 2024-01: {len(lacking)} rows (line {lacking[0]}" in said
    assert f"no currency: 12 rows (line {log.index[log['currency'].isna()][0] + 2}" in said


def test_with_all_rates_amounts_are_converted_and_counted_by_currency(tmp_path):
    log = pd.read_csv(HARD / "18_mixed_currencies.csv").dropna(subset="currency")
    log.to_csv(tmp_path / "log.csv", index=False)
    table = pd.concat(
        [rates(), pd.DataFrame({"month": [pd.Timestamp("2024-01-01")], "currency": ["SGD"], "rate": [11_500]})]
    )
    with reading(tmp_path, "log.csv", columns=MONEY, rates=table) as found:
        adds_up(found)
        counts = {each.currency: (each.rows, float(each.amount)) for each in found.report.converted}
        dollars = log[log["currency"] == "USD"]["amount"].sum()
        assert counts["USD"] == (61, pytest.approx(dollars))
        assert counts["SGD"][0] == found.report.issue("converted").rows - 61 == 47
        month = pd.to_datetime(log["order_date"]).dt.to_period("M").dt.to_timestamp()
        key = pd.MultiIndex.from_arrays([month, log["currency"]])
        rate = table.set_index(["month", "currency"])["rate"].reindex(key).fillna(1).to_numpy()
        assert float(found.report.used.money) == pytest.approx((log["amount"] * rate).sum(), abs=0.01)
        assert set(collected(found.transactions)["currency"]) == {"IDR"}


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


def french(amount: float) -> str:
    """1 250,50: as a French export writes it, with a no-break space."""
    return f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")


def twin(tmp_path: Path, table: pd.DataFrame, way: str) -> tuple[str, dict]:
    """Write a table in another way; its name, and what must be stated."""
    if way == "french, latin-1, semicolons, gzip":
        table = table[table.columns[::-1]].assign(amount=table["amount"].map(french))
        table.to_csv(tmp_path / "twin.csv.gz", index=False, sep=";", encoding="latin-1")
        return "twin.csv.gz", {"encoding": "latin-1"}
    if way == "american dates, tabs, utf-16":
        day = pd.to_datetime(table["order_date"]).dt.strftime("%m/%d/%Y")
        table.assign(order_date=day).to_csv(tmp_path / "twin.tsv", index=False, sep="\t", encoding="utf-16")
        return "twin.tsv", {}
    if way == "indonesian months, pipes":
        day = pd.to_datetime(table["order_date"])
        told = (
            day.dt.day.astype("str")
            + " "
            + day.dt.month.map(dict(enumerate(MONTHS, start=1)))
            + " "
            + day.dt.year.astype("str")
        )
        table.assign(order_date=told).to_csv(tmp_path / "twin.txt", index=False, sep="|", lineterminator="\r\n")
        return "twin.txt", {}
    typed = table.assign(order_date=pd.to_datetime(table["order_date"]))
    typed.to_parquet(tmp_path / "twin.parquet", index=False)
    return "twin.parquet", {}


MONTHS = ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober"]
MONTHS += ["November", "Desember"]
WAYS = ["french, latin-1, semicolons, gzip", "american dates, tabs, utf-16", "indonesian months, pipes", "parquet"]


def table_of(file: str) -> pd.DataFrame:
    return pd.read_csv(HARD / file, dtype={"customer_id": "str"}, keep_default_na=False)


@pytest.mark.parametrize("way", WAYS)
def test_refunds_fare_the_same_however_they_are_written(tmp_path, way):
    name, stated = twin(tmp_path, table_of("04_refunds.csv"), way)
    with reading(tmp_path, name, columns=REFUNDS, **stated) as found:
        adds_up(found)
        assert totals(found) == NET


@pytest.mark.parametrize("way", WAYS)
def test_guests_fare_the_same_however_they_are_written(tmp_path, way):
    name, stated = twin(tmp_path, table_of("20_guests.csv"), way)
    with reading(tmp_path, name, **stated) as found:
        equals_base(found)
        assert found.report.issue("guest").money == Decimal(24_958_500)


@pytest.mark.parametrize("way", WAYS)
def test_copies_and_free_orders_fare_the_same_however_they_are_written(tmp_path, way):
    table = pd.concat([table_of("01_exact_duplicates.csv"), table_of("06_zero_amounts.csv").query("amount == 0")])
    name, stated = twin(tmp_path, table, way)
    with reading(tmp_path, name, **stated) as found:
        equals_base(found)
        assert (found.report.issue("duplicate").rows, found.report.issue("zero_amount").rows) == (37, 20)


@pytest.mark.parametrize("way", WAYS)
def test_units_and_currencies_fare_the_same_however_they_are_written(tmp_path, way):
    name, stated = twin(tmp_path, table_of("36_units_in_thousands.csv"), way)
    with reading(tmp_path, name, **stated) as found:
        (change,) = found.report.findings
        assert (change.code, change.values["day"]) == ("unit_change", "2024-01-01")
    name, stated = twin(tmp_path, table_of("18_mixed_currencies.csv"), way)
    with (
        pytest.raises(DataError, match="IDR in 476 rows, USD in 61 rows, SGD in 47 rows, blank in 12 rows"),
        reading(tmp_path, name, columns=MONEY, **stated),
    ):
        pass
    with (
        pytest.raises(DataError, match="no rate for SGD in 2024-01: "),
        reading(tmp_path, name, columns=MONEY, rates=rates(), **stated),
    ):
        pass


def test_all_months_in_indonesian_are_one_form_and_one_english_row_among_them_is_not(tmp_path):
    name, _ = twin(tmp_path, table_of("00_clean_base.csv"), "indonesian months, pipes")
    with reading(tmp_path, name) as found:
        equals_base(found)
        assert facts(found)["month_names"] == "Indonesian"
        assert facts(found)["date_format"] == "%d %B %Y"
    text = (tmp_path / name).read_text().replace("5 Januari 2023", "2023-01-05", 1)
    (tmp_path / name).write_text(text)
    with reading(tmp_path, name) as found:
        assert [str(place) for place in found.report.issue("bad_date").first] == ["line 2 '2023-01-05'"]


@pytest.mark.parametrize(
    ("written", "form"),
    [("05-Agu-2023", None), ("5 Agt 2023", None), ("5 agustus 2023 08:15", None), ("Agustus 5, 2023", "%B %d, %Y")],
)
def test_short_months_and_stated_forms_are_read_in_indonesian_too(tmp_path, written, form):
    (tmp_path / "log.csv").write_text(f'customer_id,order_date,amount\na,"{written}",1\nb,"{written}",1\n')
    with reading(tmp_path, "log.csv", columns=NO_ORDER, **({"date_format": form} if form else {})) as found:
        assert found.report.first_day == date(2023, 8, 5)


@pytest.mark.parametrize(
    ("currency", "written", "expected"),
    [
        ("USD", ["$1,250.00", "(5.00)", "US$ 7.25", "free", "-$3", "3.50-", "USD 2"], [1250, -5, 7.25, 0, -3, -3.5, 2]),
        ("EUR", ["1.250,00 €", "€ 5,50", "EUR 7", "-2,00 €", "(3,00 €)"], [1250, 5.5, 7, -2, -3]),
        (
            "IDR",
            ["Rp1.250.000,-", "Rp. 2.000", "rp 15.000,00", "(250000)", "Cuma-cuma"],
            [1_250_000, 2000, 15_000, -250_000, 0],
        ),
        ("CHF", ["CHF 1'250.50", "CHF 3.-"], [1250.5, 3]),
    ],
)
def test_amounts_with_symbols_of_other_countries_are_read_when_asked(tmp_path, currency, written, expected):
    rows = "".join(f'c{k},2024-01-0{k + 1},"{text}"\n' for k, text in enumerate(written))
    (tmp_path / "log.csv").write_text("customer_id,order_date,amount\n" + rows)
    parse = PoliciesSection(amount_symbols="parse", refunds="exclude", unreadable="set_aside")
    with reading(tmp_path, "log.csv", columns=NO_ORDER, currency=currency, policies=parse) as found:
        adds_up(found)
        table = collected(found.classified.select("line", "units")).sort_values("line")
        assert (table["units"] / 10_000).tolist() == expected


def test_the_symbol_of_another_currency_is_never_read_as_ours(tmp_path):
    (tmp_path / "log.csv").write_text("customer_id,order_date,amount\na,2024-01-01,Rp 5.000\nb,2024-01-01,$ 5\n")
    parse = PoliciesSection(amount_symbols="parse", unreadable="set_aside")
    with (
        pytest.raises(DataError, match="with 'rp' in column 'amount'"),  # 5 or 5,000?
        reading(tmp_path, "log.csv", columns=NO_ORDER, policies=parse),
    ):
        pass
    with reading(tmp_path, "log.csv", columns=NO_ORDER, policies=parse, decimal=",", thousands=".") as found:
        assert [str(place) for place in found.report.issue("bad_amount").first] == ["line 3 '$ 5'"]
        assert found.report.used.money == 5000
