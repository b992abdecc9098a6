"""``clv init`` on whole folders: every table of the record is recognised, whatever language and file it comes in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv_lib.data import tables
from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.data.record import collect_record
from clv_lib.data.sniff import Proposal, propose_settings
from clv_lib.data.sniff.contents import TABLES
from clv_lib.settings import Settings, load_settings
from tests.exports import ENGLISH, INDONESIAN, WORDS, as_text, record, spoken

HARD = Path(__file__).parent / "hard"


def proposed(folder: Path) -> tuple[Proposal, Settings]:
    found = propose_settings([folder])
    (folder / "dataset.toml").write_text(found.text, encoding="utf-8")
    return found, load_settings(folder)


def mapped(settings: Settings) -> dict[str, dict[str, str]]:
    return {name: table.columns for name, table in settings.tables.given.items()}


def accepted(settings: Settings) -> int:
    with open_engine(settings.engine) as engine:
        return ingest(settings, engine).report.used.rows


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> None:
    (folder / name).write_bytes(text.encode(encoding))


PURCHASES = "customer_id,order_date,amount\n" + "".join(f"c{k % 7},2024-01-{k % 28 + 1:02d},{k}.5\n" for k in range(60))


# --- every table, in both languages, in every kind of file


@pytest.mark.parametrize(
    ("language", "suffix", "how"),
    [
        (ENGLISH, ".csv", {"days": "%Y-%m-%d"}),
        (ENGLISH, ".csv", {"days": "%m/%d/%Y", "sep": "|"}),
        (ENGLISH, ".csv.gz", {"days": "%d-%b-%Y"}),
        (INDONESIAN, ".csv", {"days": "%d/%m/%Y", "sep": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"}),
        (INDONESIAN, ".txt", {"days": "%d-%m-%Y", "sep": "\t", "encoding": "utf-16"}),
    ],
    ids=["iso", "american", "gzip", "excel-id", "utf-16-tabs"],
)
def test_a_folder_of_text_exports_is_recognised_table_by_table(tmp_path, language, suffix, how):
    frames, mapping = spoken(language)
    for name, frame in frames.items():
        as_text(frame, tmp_path / f"{name}{suffix}", **how)
    found, settings = proposed(tmp_path)
    assert mapped(settings) == mapping
    assert found.unused == {}
    for name, table in settings.tables.given.items():
        assert table.path == f"{language[name][0]}{suffix}"
        assert table.delimiter in (None, how.get("sep", ","))
        dated = {"birth_date", "month", *(column for column in record()[name] if column.endswith("_at"))}
        assert table.date_format == (how["days"] if dated & set(record()[name]) else None), name
    assert settings.tables.transactions.decimal == how.get("decimal", ".")
    assert settings.tables.transactions.thousands == (how.get("thousands") or None)
    assert settings.economics.gross_margin == 0.4  # 1 - 600.25 / 1000.5, to two digits
    assert accepted(settings) == 600


def test_a_workbook_is_recognised_sheet_by_sheet(tmp_path):
    frames, mapping = spoken(INDONESIAN)
    with pd.ExcelWriter(tmp_path / "crm.xlsx") as book:
        pd.DataFrame().to_excel(book, sheet_name="kosong")
        for name, frame in frames.items():
            frame.to_excel(book, sheet_name=name, index=False)
        pd.DataFrame({"catatan": ["dibuat oleh bagian TI"]}).to_excel(book, sheet_name="info", index=False)
    found, settings = proposed(tmp_path)
    assert mapped(settings) == mapping
    assert {name: table.sheet for name, table in settings.tables.given.items()} == {
        table: name for table, (name, _) in INDONESIAN.items()
    }
    assert settings.tables.transactions.date_format is None  # its cells are dates
    assert list(found.unused) == ["crm.xlsx, sheet info"]


def test_parquet_is_recognised_by_its_types(tmp_path):
    frames, mapping = spoken(ENGLISH)
    for name, frame in frames.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    _, settings = proposed(tmp_path)
    assert mapped(settings) == mapping
    assert settings.tables.transactions.date_format is None
    assert accepted(settings) == 600


def test_indonesian_words_are_translated_each_with_ours(tmp_path):
    frames, _ = spoken(INDONESIAN)
    for name, frame in frames.items():
        as_text(frame, tmp_path / f"{name}.csv", days="%Y-%m-%d")
    _, settings = proposed(tmp_path)
    given = settings.tables.given
    pairs = {"costs": "kind", "campaign_members": "arm", "value_survey": "side", "subscriptions": "billing_period",
             "feedback": "instrument", "interactions": "kind"}  # fmt: skip
    for table, column in pairs.items():
        words = {theirs: ours for ours, theirs in WORDS[column].items() if ours in set(record()[table][column])}
        assert given[table].values == {column: words}, table


def test_words_that_nothing_of_ours_is_found_for_are_asked(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES)
    write(tmp_path, "costs.csv", "month,kind,amount\n" + "2024-01,Iklan,5\n2024-02,Zonk,6\n2024-03,Iklan,7\n")
    found, settings = proposed(tmp_path)
    assert settings.tables.given["costs"].values == {"kind": {"Iklan": "marketing"}}
    assert "# ASK: which kind is meant by 'Zonk'? Say it in tables.costs.values" in found.text


# --- what a table lacks, or could be


def test_a_column_is_known_by_its_words_whatever_its_name(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES)
    lines = "".join(f"CMP1,c{k % 7},{'kontrol' if k % 2 else 'perlakuan'}\n" for k in range(20))
    write(tmp_path, "x.csv", "campaign_id,customer_id,xyz\n" + lines)
    _, settings = proposed(tmp_path)
    assert settings.tables.given["campaign_members"].columns["arm"] == "xyz"


@pytest.mark.parametrize(
    ("scores", "instrument"), [(range(11), "nps"), (range(1, 6), "csat"), (range(1, 8), "ces")]
)  # fmt: skip
def test_the_range_of_the_scores_tells_the_instrument_and_is_asked(tmp_path, scores, instrument):
    write(tmp_path, "orders.csv", PURCHASES)
    lines = "".join(f"c{k % 7},2024-02-01,{list(scores)[k % len(scores)]}\n" for k in range(80))
    write(tmp_path, "jawaban.csv", "id pelanggan,tanggal survei,skor\n" + lines)
    found, settings = proposed(tmp_path)
    assert settings.tables.given["feedback"].constants == {"instrument": instrument}
    assert f'instrument = "{instrument}"  # ASK: the scores run from' in found.text


def test_small_whole_numbers_are_scores_and_large_ones_are_amounts(tmp_path):
    """'nilai' is both a mark and a value in Indonesian; only the numbers can tell."""
    head = "id pelanggan,tanggal,nilai\n"
    write(tmp_path, "a.csv", head + "".join(f"c{k % 9},2024-02-01,{k % 11}\n" for k in range(80)))
    write(tmp_path, "b.csv", head + "".join(f"c{k % 9},2024-02-01,{(k % 11 + 3) * 12_500}\n" for k in range(80)))
    _, settings = proposed(tmp_path)
    assert {name: table.path for name, table in settings.tables.given.items()} == {
        "transactions": "b.csv",
        "feedback": "a.csv",
    }


def test_of_two_logs_the_likelier_is_taken_and_the_doubt_asked(tmp_path):
    frames, _ = spoken(ENGLISH)
    as_text(frames["orders"], tmp_path / "orders.csv", days="%Y-%m-%d")
    write(tmp_path, "old_shop.csv", PURCHASES)
    found, settings = proposed(tmp_path)
    assert settings.tables.transactions.path == "orders.csv"
    assert "# ASK: is orders.csv the right one? old_shop.csv also looked like transactions" in found.text
    assert "looks like transactions too" in found.unused["old_shop.csv"]


def test_files_that_fit_nothing_are_listed_with_the_reason(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES)
    write(tmp_path, "weather.csv", "station,rain\nA,3\nB,4\n")
    write(tmp_path, "empty.csv", "")
    write(tmp_path, "header.csv", "customer_id,score\n")
    write(tmp_path, "broken.parquet", "PAR1 no")
    write(tmp_path, "broken.xlsx", "PK no")
    write(tmp_path, "notes.pdf", "%PDF")
    write(tmp_path, ".hidden.csv", PURCHASES)
    write(tmp_path, "~$orders.xlsx", "lock file of Excel")
    found, settings = proposed(tmp_path)
    assert list(settings.tables.given) == ["transactions"]
    reasons = {"weather.csv": "fits no table by its columns (station, rain)", "empty.csv": "empty file",
               "header.csv": "no rows below its header", "broken.parquet": "whole Parquet file",
               "broken.xlsx": "a workbook that opens", "notes.pdf": "not a kind of file"}  # fmt: skip
    assert set(found.unused) == set(reasons)
    for name, why in reasons.items():
        assert why in found.unused[name]
        assert f"# - {name}: " in found.text


def test_attributes_are_columns_whose_words_make_groups_not_names_of_people(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES)
    people = "".join(
        f"c{k},Person {k},p{k}@x.id,{'L' if k % 2 else 'P'},{'emas' if k % 3 else 'perak'}\n" for k in range(30)
    )
    write(tmp_path, "pelanggan.csv", "id pelanggan,nama lengkap,surel,jenis kelamin,Tingkat Loyalitas\n" + people)
    found, settings = proposed(tmp_path)
    assert settings.tables.given["customers"].columns == {
        "customer_id": "id pelanggan",
        "jenis_kelamin": "jenis kelamin",
        "tingkat_loyalitas": "Tingkat Loyalitas",
    }
    assert "# not used: nama lengkap, surel" in found.text


def test_the_price_of_one_piece_is_not_an_amount_and_is_asked(tmp_path):
    lines = "".join(f"i{k},s{k % 5},{k % 4 + 1},2011-01-{k % 28 + 1:02d} 10:15,{k}.95,u{k % 9}\n" for k in range(60))
    write(tmp_path, "retail.csv", "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n" + lines)
    found, _ = proposed(tmp_path)
    assert "# ASK: is 'UnitPrice' the price of one?" in found.text


DAYS = "".join(f"c{k % 7},{k % 28 + 1:02d}/03/2024,{k}.5\n" for k in range(60))


def test_dates_with_two_readings_are_read_as_those_of_the_other_tables_and_asked(tmp_path):
    write(tmp_path, "orders.csv", "customer_id,order_date,amount\n" + DAYS)
    write(tmp_path, "rujukan.csv", "pengajak,diajak,tanggal rujukan\na,b,03/04/2024\nc,d,05/06/2024\n")
    found, settings = proposed(tmp_path)
    assert settings.tables.given["referrals"].date_format == "%d/%m/%Y"
    assert 'date_format = "%d/%m/%Y"  # ASK: is it that of the other tables?' in found.text


def test_months_written_as_days_are_read_so_that_each_is_a_first_day(tmp_path):
    """01/02/2024, 01/03/2024, ... are months in one reading, and the days of one January in the other."""
    write(tmp_path, "orders.csv", PURCHASES)
    lines = "".join(f"01/{k:02d}/2024,goods,5\n" for k in range(1, 13))
    write(tmp_path, "costs.csv", "month,kind,amount\n" + lines)
    found, settings = proposed(tmp_path)
    assert settings.tables.given["costs"].date_format == "%d/%m/%Y"
    assert "have one reading" not in found.text


# --- several files


def test_files_of_one_layout_become_a_pattern(tmp_path):
    head, *rows = PURCHASES.splitlines(keepends=True)
    for month in range(3):
        write(tmp_path, f"orders_2024-0{month + 1}.csv", head + "".join(rows[month * 20 : month * 20 + 20]))
    found, settings = proposed(tmp_path)
    assert settings.tables.transactions.path == "orders_*.csv"
    assert found.lines()[0].split("  ")[-1] == "60 rows in 3 files"
    assert accepted(settings) == 60


def test_a_pattern_never_takes_another_table_along(tmp_path):
    head, *rows = PURCHASES.splitlines(keepends=True)
    write(tmp_path, "shop_1.csv", head + "".join(rows[:30]))
    write(tmp_path, "shop_2.csv", head + "".join(rows[30:]))
    write(tmp_path, "shop_customers.csv", "customer_id,city\n" + "".join(f"c{k},X\n" for k in range(7)))
    _, settings = proposed(tmp_path)
    matched = sorted(path.name for path in tmp_path.glob(settings.tables.transactions.path))
    assert matched == ["shop_1.csv"]  # 'shop_*.csv' would take the customers too, so the two logs stay apart
    assert settings.tables.given["customers"].path == "shop_customers.csv"


def test_an_older_copy_is_not_a_second_part(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES)
    write(tmp_path, "orders_old.csv", PURCHASES[: len(PURCHASES) // 2].rsplit("\n", 1)[0] + "\n")
    found, settings = proposed(tmp_path)
    assert settings.tables.transactions.path == "orders.csv"
    assert "# ASK: is orders.csv the right one? orders_old.csv also looked like transactions" in found.text


def test_folders_in_the_folder_are_looked_into_and_name_their_files(tmp_path):
    (tmp_path / "pesanan").mkdir()
    head, *rows = PURCHASES.splitlines(keepends=True)
    write(tmp_path, "pesanan/jan.csv", head + "".join(rows[:30]))
    write(tmp_path, "pesanan/feb.csv", head + "".join(rows[30:]))
    _, settings = proposed(tmp_path)
    assert settings.tables.transactions.path == "pesanan/*.csv"
    assert accepted(settings) == 60


def test_parts_in_two_encodings_are_asked(tmp_path):
    head = "customer_id,order_date,amount,city\n"
    write(tmp_path, "log_1.csv", head + "a,2024-01-05,5,Bogor\n")
    write(tmp_path, "log_2.csv", head + "b,2024-01-06,5,Orléans\n", "cp1252")
    found, settings = proposed(tmp_path)
    assert (settings.tables.transactions.path, settings.tables.transactions.encoding) == ("log_*.csv", "cp1252")
    assert "# ASK: the files are not all written in one encoding; is cp1252 right for each?" in found.text
    assert accepted(settings) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_an_encoding_is_found_or_stated(tmp_path, encoding):
    write(tmp_path, "a.csv", PURCHASES.replace("c1,", "Zoë,"), encoding)
    _, settings = proposed(tmp_path)
    found_alone = encoding in ("utf-8", "utf-8-sig", "utf-16")
    assert settings.tables.transactions.encoding == (None if found_alone else encoding)
    assert accepted(settings) == 60


def test_bytes_that_have_no_meaning_in_the_usual_encoding_are_read_in_another(tmp_path):
    (tmp_path / "a.csv").write_bytes(PURCHASES.replace("c1,", "\x81\xe9,").encode("latin-1"))
    _, settings = proposed(tmp_path)
    assert settings.tables.transactions.encoding == "latin-1"


# --- the company


def stamps(offset_hours: int, form: str) -> str:
    """A shop open from 8 to 22 o'clock, whose clock is so many hours behind."""
    minutes = np.random.default_rng(3).integers(8 * 60, 22 * 60, 400)
    when = pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(400) // 10, "D") + pd.to_timedelta(minutes, "min")
    texts = (when - pd.Timedelta(hours=offset_hours)).strftime(form)
    return "".join(f"c{k % 50},{text},Rp {k + 10}.000\n" for k, text in enumerate(texts))


@pytest.mark.parametrize(
    ("behind", "form", "says"),
    [
        (0, "%Y-%m-%d %H:%M", 'timezone = "Asia/Jakarta"  # ASK: where does a business day begin?'),
        (0, "%Y-%m-%dT%H:%M:00+07:00", 'timezone = "Asia/Jakarta"  # the stamps are written with +07:00'),
        (7, "%Y-%m-%dT%H:%M:00Z", "# ASK: the stamps are UTC, and the fewest are around"),
        (7, "%Y-%m-%d %H:%M:00", "# ASK: are its clock times UTC? The fewest are around"),
    ],
    ids=["home", "offset", "zulu", "naive-utc"],
)
def test_clock_times_tell_the_time_zone_or_raise_the_question(tmp_path, behind, form, says):
    write(tmp_path, "penjualan.csv", "pelanggan,waktu,total\n" + stamps(behind, form))
    found, settings = proposed(tmp_path)
    assert says in found.text
    assert settings.dataset.currency == "IDR"  # the amounts begin with Rp
    assert settings.dataset.timezone == "Asia/Jakarta"
    assert ("are its clock times UTC?" in found.text) == (form == "%Y-%m-%d %H:%M:00")


@pytest.mark.parametrize(
    ("header", "amount", "code"),
    [("amount_idr", "5000", "IDR"), ("total", "$5.10", "USD"), ("total", "€ 5.10", "EUR"), ("total", "5.10", "XXX")],
)
def test_the_currency_is_read_from_names_and_signs(tmp_path, header, amount, code):
    write(tmp_path, "a.csv", f"customer,date,{header}\n" + f"x,2024-01-05,{amount}\ny,2024-01-06,{amount}\n" * 9)
    _, settings = proposed(tmp_path)
    assert settings.dataset.currency == code


def test_most_customers_under_contract_raise_the_question_of_the_setting(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES)
    write(tmp_path, "langganan.csv", "id pelanggan,tanggal mulai\n" + "".join(f"c{k},2024-01-05\n" for k in range(6)))
    found, _ = proposed(tmp_path)
    assert "# ASK: 86% of the customers who bought have a subscription" in found.text


def test_the_last_day_is_offered_and_never_lies_in_the_future(tmp_path):
    write(tmp_path, "orders.csv", PURCHASES + "c1,2099-12-31,5.5\nc2,9999-12-31,5.5\n")
    found, settings = proposed(tmp_path)
    assert "# as_of = 2024-01-28  # the last day of the log that is not in the future (2 orders are)" in found.text
    assert settings.dataset.as_of is None


def test_unit_costs_of_the_order_lines_make_the_margin(tmp_path):
    lines = "".join(f"c{k % 5},2024-01-05,{2 * k + 2}.0,2,{(k + 1) * 0.75}\n" for k in range(40))
    write(tmp_path, "orders.csv", "customer_id,order_date,amount,qty,unit_cost\n" + lines)
    _, settings = proposed(tmp_path)
    assert settings.economics.gross_margin == 0.25  # two pieces for (k + 1) * 1.5, sold for (k + 1) * 2


# --- hard inputs


def test_the_hard_inputs_of_the_record_are_recognised(tmp_path):
    for name in ("00_clean_base.csv", "18_fx_rates.csv", "21_merge_map.csv", "29_customers.csv", "41_allocation.csv",
                 "41_campaigns.csv", "41_costs_ledger.csv", "42_campaign_exposures.csv", "43_nps.csv",
                 "45_support_tickets.csv"):  # fmt: skip
        (tmp_path / name).write_bytes((HARD / name).read_bytes())
    found, settings = proposed(tmp_path)
    given = settings.tables.given
    assert {name: table.path for name, table in given.items()} == {
        "transactions": "00_clean_base.csv",
        "customers": "29_customers.csv",
        "merges": "21_merge_map.csv",
        "fx_rates": "18_fx_rates.csv",
        "costs": "41_costs_ledger.csv",
        "allocations": "41_allocation.csv",
        "interactions": "45_support_tickets.csv",
        "campaigns": "41_campaigns.csv",
        "campaign_members": "42_campaign_exposures.csv",
        "feedback": "43_nps.csv",
    }
    assert given["fx_rates"].columns["rate"] == "rate_to_idr"
    assert settings.dataset.currency == "IDR"  # since the rates lead to it
    assert given["costs"].columns == {name: name for name in ("month", "amount", "cost_id", "campaign_id", "tax")}
    assert given["costs"].constants == {"kind": "marketing"}
    assert 'kind = "marketing"  # ASK: the rows name campaigns' in found.text
    assert given["interactions"].columns == {"customer_id": "customer_id", "happened_at": "opened_at",
                                             "interaction_id": "ticket_id", "resolved_at": "closed_at"}  # fmt: skip
    assert given["interactions"].constants == {"channel": "unknown", "kind": "ticket"}
    assert given["campaign_members"].columns == {"campaign_id": "campaign_id", "customer_id": "customer_id",
                                                 "arm": "group", "assigned_at": "sent_at"}  # fmt: skip
    assert given["feedback"].columns == {"customer_id": "customer_id", "given_at": "surveyed_at", "score": "score"}
    assert given["feedback"].constants == {"instrument": "nps"}
    assert found.unused == {}


def test_responses_are_interactions_of_that_kind(tmp_path):
    for name in ("00_clean_base.csv", "42_campaign_responses.csv"):
        (tmp_path / name).write_bytes((HARD / name).read_bytes())
    _, settings = proposed(tmp_path)
    responses = settings.tables.given["interactions"]
    assert responses.columns == {
        "customer_id": "customer_id",
        "happened_at": "responded_at",
        "campaign_id": "campaign_id",
    }
    assert responses.constants["kind"] == "response"


HOSTILE = ['"quoted"', "back\\slash", "a\tb", "<script>alert(1)</script>", "=1+1", "# ASK: no", "[x]", "'''", '"""',
           "\u202eevil", "\x7fdel", "\u2028line", "emoji 🙂", "x" * 3000, "${}", "ключ", "\x1b[31m"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_columns_and_files_stay_text(tmp_path, name):
    frame = pd.read_csv(HARD / "00_clean_base.csv", dtype="str").rename(columns={"customer_id": f"customer {name}"})
    frame["extra " + name] = name
    frame.to_csv(tmp_path / "a.csv", index=False)
    _, settings = proposed(tmp_path)
    column = settings.tables.transactions.columns["customer_id"]
    assert column == f"customer {name}"
    assert accepted(settings) == 596


def test_a_pattern_is_not_fooled_by_marks_in_the_name_of_a_file(tmp_path):
    write(tmp_path, 'orders [new] "a" #1.csv', PURCHASES)
    _, settings = proposed(tmp_path)
    assert settings.tables.transactions.path == 'orders [new] "a" #1.csv'
    assert accepted(settings) == 60


def test_a_record_that_uses_our_names_is_mapped_to_itself(tmp_path):
    for name, frame in record().items():
        as_text(frame, tmp_path / f"{name}.csv", days="%Y-%m-%d")
    _, settings = proposed(tmp_path)
    assert mapped(settings) == {name: {column: column for column in frame} for name, frame in record().items()}


def test_the_demo_is_described_as_its_authors_described_it(tmp_path):
    """Their dataset.toml is hidden; what is found in the first rows must be what it says."""
    demo = Path(__file__).parents[1] / "data" / "demo"
    described = load_settings(demo).tables.given
    for table in described.values():
        head = (demo / table.path).read_text(encoding="utf-8").splitlines(keepends=True)[:400]
        write(tmp_path, table.path, "".join(head))
    _, settings = proposed(tmp_path)
    found = settings.tables.given
    assert {name: table.path for name, table in found.items()} == {name: each.path for name, each in described.items()}
    for name, table in described.items():
        required = {column: column for column in TABLES[name].required}
        aside = {"customers": {"name"}}.get(name, set())  # people's names make no groups, so they are not proposed
        theirs, ours = required | table.columns, found[name].columns
        assert {k: v for k, v in ours.items() if k not in aside} == {k: v for k, v in theirs.items() if k not in aside}


def test_what_we_look_for_is_what_the_contracts_hold():
    for name, contract in tables.CONTRACTS.items():
        words = TABLES[name]
        assert set(words.required) == set(contract.required), name
        assert {*words.required, *words.optional} == set(contract.known), name


@pytest.mark.parametrize("kind", ["text", "workbook", "parquet"])
def test_what_is_proposed_for_a_clean_record_is_accepted_to_the_last_row(tmp_path, kind):
    frames, _ = spoken(INDONESIAN)
    if kind == "workbook":
        with pd.ExcelWriter(tmp_path / "crm.xlsx") as book:
            for name, frame in frames.items():
                frame.to_excel(book, sheet_name=name, index=False)
    for name, frame in frames.items() if kind != "workbook" else ():
        if kind == "parquet":
            frame.to_parquet(tmp_path / f"{name}.parquet")
        else:
            how = {"sep": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"}
            as_text(frame, tmp_path / f"{name}.csv", days="%d/%m/%Y", **how)
    _, settings = proposed(tmp_path)
    with open_engine(settings.engine) as engine:
        log = ingest(settings, engine)
        found = collect_record(settings, engine, transactions=log)
        assert log.report.used.rows == 600
        assert {name: (report.used.rows, report.quarantined.rows) for name, report in found.reports.items()} == {
            name: (len(frame), 0) for name, frame in record().items() if name != "transactions"
        }
