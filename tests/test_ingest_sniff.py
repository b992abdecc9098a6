"""``clv init``: settings from an export load, and read it, when the guesses are right; doubts are asked."""

from pathlib import Path

import pandas as pd
import pytest

from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.data.sniff import propose_settings
from clv_lib.errors import DataError
from clv_lib.settings import Settings, load_settings

HARD = Path(__file__).parent / "hard"


def proposed(folder: Path, *files: str) -> tuple[str, Settings]:
    text = propose_settings([folder / name for name in files]).text
    (folder / "dataset.toml").write_text(text, encoding="utf-8")
    return text, load_settings(folder)


def rows_of(settings: Settings) -> int:
    with open_engine(settings.engine) as engine:
        return ingest(settings, engine).report.used.rows


@pytest.mark.parametrize(
    "file", ["00_clean_base.csv", "07_same_day_split.csv", "10_dates_ddmm.csv", "15_amount_id_locale.csv",
             "33_utf8_bom_semicolon.csv"],
)  # fmt: skip
def test_proposed_settings_read_the_file_they_were_made_from(tmp_path, file):
    (tmp_path / file).write_bytes((HARD / file).read_bytes())
    text, settings = proposed(tmp_path, file)
    columns = settings.tables.transactions.columns
    assert columns == {
        "customer_id": "customer_id",
        "ordered_at": "order_date",
        "amount": "amount",
        "order_id": "order_id",
    }
    assert rows_of(settings) == (656 if "split" in file else 596)
    assert 'currency = "XXX"  # ASK' in text


def test_indonesian_headers_are_understood(tmp_path):
    text = (HARD / "39_headers_id.csv").read_text().replace("Jumlah,Jumlah ", "Jumlah,Qty", 1)
    (tmp_path / "penjualan.csv").write_text(text)
    _, settings = proposed(tmp_path, "penjualan.csv")
    assert settings.dataset.name == "penjualan"
    assert settings.tables.transactions.columns == {
        "order_id": "No Pesanan",
        "customer_id": "ID Pelanggan",
        "ordered_at": "Tanggal",
        "amount": "Jumlah",
        "quantity": "Qty",
    }
    assert rows_of(settings) == 596


def test_a_doubtful_date_is_asked_and_not_decided(tmp_path):
    (tmp_path / "a.csv").write_text("customer,date,total\nx,03/04/2024,5\ny,05/04/2024,6\n")
    text, settings = proposed(tmp_path, "a.csv")
    assert "# ASK: the dates in column 'date' of a.csv must have one reading" in text
    assert settings.tables.transactions.date_format is None


def test_columns_without_telling_names_are_guessed_by_their_values_and_asked(tmp_path):
    lines = "".join(f"k{k},2024-01-{k % 28 + 1:02d},{k}.50\n" for k in range(60))
    (tmp_path / "a.csv").write_text("alpha,beta,gamma\n" + lines)
    text, settings = proposed(tmp_path, "a.csv")
    assert settings.tables.transactions.columns == {"customer_id": "alpha", "ordered_at": "beta", "amount": "gamma"}
    assert "# ASK: is 'gamma' really amount?" in text


def test_several_files_latin_text_and_parquet(tmp_path):
    for name in ("log-1.csv", "log-2.csv"):
        (tmp_path / name).write_bytes("Kunde;date;total;currency\nZoë;2024-01-01;5,50;EUR\n".encode("cp1252"))
    _, settings = proposed(tmp_path, "log-1.csv", "log-2.csv")
    assert settings.tables.transactions.path == "log-*.csv"
    assert (settings.tables.transactions.encoding, settings.dataset.currency) == ("cp1252", "EUR")
    assert rows_of(settings) == 2
    pd.DataFrame({"customer_id": ["a"], "date": [pd.Timestamp("2024-01-01")], "amount": [1.0]}).to_parquet(
        tmp_path / "b.parquet"
    )
    _, settings = proposed(tmp_path, "b.parquet")
    assert rows_of(settings) == 1


def test_a_file_without_a_date_is_refused_with_its_columns(tmp_path):
    (tmp_path / "a.csv").write_text("customer,colour\nx,red\n")
    with pytest.raises(DataError, match=r"no column looks like ordered_at and amount. Its columns: customer, colour"):
        propose_settings([tmp_path / "a.csv"])
    with pytest.raises(DataError, match="these do not"):
        propose_settings([tmp_path / "nowhere.csv"])
