"""The same rows and the same cells on every engine; and a sentence where an engine cannot be opened."""

import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clv_lib.data.customer_cells import backtest_cells, cells, spend_cells, split_cells, valuation_cells
from clv_lib.data.customers import activity, attach, collected, customer_summary
from clv_lib.data.engines import IbisEngine, dialect_of, write_parquet
from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.errors import DataError, SettingsError
from clv_lib.periods import observation_window
from clv_lib.settings import DatasetSection, EngineSection, Settings, TableSection, TablesSection
from tests.requirements import require

HARD = Path(__file__).parent / "hard"
COLUMNS = {"ordered_at": "order_date", "order_id": "order_id"}


def settings_for(folder: Path, path: str, engine: EngineSection, **table) -> Settings:
    return Settings(
        folder=folder,
        dataset=DatasetSection(name="hard", currency="IDR", timezone="Asia/Jakarta", as_of=date(2024, 6, 30)),
        tables=TablesSection(transactions=TableSection(path=path, columns=COLUMNS, **table)),
        engine=engine,
    )


def everything(settings: Settings, folder: Path) -> dict[str, pd.DataFrame]:
    """All that leaves the room, fetched; and the customers written and read back."""
    with open_engine(settings.engine) as engine:
        found = ingest(settings, engine)
        window = observation_window(found.report.first_day, found.report.as_of)
        summary = customer_summary(found.transactions, end=window.end)
        cell = valuation_cells(summary)
        write_parquet(attach(summary, cell.assign(clv=cell["T"] * 2), engine=engine), folder / "customers.parquet")
        rows = pd.DataFrame({"rows": [found.report.used.rows, found.report.issue("duplicate").rows]})
        written = pd.read_parquet(folder / "customers.parquet").sort_values("customer_id", ignore_index=True)
        months = collected(activity(found.transactions)).sort_values(["customer_id", "month"], ignore_index=True)
        found.write_quarantine(folder / "quarantine.csv")
        return {
            "rows": rows,
            "cells": cells(summary),
            "spend": spend_cells(summary),
            "valuation": cell,
            "split": split_cells(found.transactions, window=window),
            "backtest": backtest_cells(found.transactions, window=window),
            "customers": written[["customer_id", "frequency", "recency", "T", "total_value", "clv"]],
            "activity": months[["customer_id", "orders", "revenue"]],
            "reasons": pd.read_csv(folder / "quarantine.csv")[["reason"]],
        }


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """DuckDB reading the CSV."""
    settings = settings_for(HARD, "01_exact_duplicates.csv", EngineSection())
    return everything(settings, tmp_path_factory.mktemp("reference"))


@pytest.fixture
def parquet(tmp_path) -> Path:
    """The same rows with types, as a warehouse would hold them."""
    log = pd.read_csv(HARD / "01_exact_duplicates.csv", dtype={"customer_id": "str"}, parse_dates=["order_date"])
    log.to_parquet(tmp_path / "log.parquet")
    return tmp_path / "log.parquet"


def same(found: dict[str, pd.DataFrame], reference: dict[str, pd.DataFrame]) -> None:
    assert reference["rows"]["rows"].tolist() == [596, 37]
    for name, frame in reference.items():
        pd.testing.assert_frame_equal(found[name], frame, check_exact=True, check_dtype=False, obj=name)


def test_parquet_gives_the_same_as_text(reference, parquet, tmp_path):
    same(everything(settings_for(parquet.parent, "*.parquet", EngineSection()), tmp_path), reference)


def test_a_database_behind_ibis_gives_the_same_as_text(reference, parquet, tmp_path, monkeypatch):
    require("ibis")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE orders AS SELECT * FROM read_parquet('{parquet}')")
    monkeypatch.setenv("SHOP_DATABASE", f"duckdb://{tmp_path / 'shop.duckdb'}")
    section = EngineSection(kind="ibis", url_env="SHOP_DATABASE")
    same(everything(settings_for(tmp_path, "orders", section), tmp_path), reference)
    with pytest.raises(DataError, match="the table 'ordres' must exist"):
        everything(settings_for(tmp_path, "ordres", section), tmp_path)


def test_text_columns_of_a_database_are_refused_with_a_remedy(tmp_path, monkeypatch):
    require("ibis")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            f"CREATE TABLE orders AS SELECT * FROM read_csv('{HARD}/00_clean_base.csv', all_varchar=true)"
        )
    monkeypatch.setenv("SHOP_DATABASE", f"duckdb://{tmp_path / 'shop.duckdb'}")
    section = EngineSection(kind="ibis", url_env="SHOP_DATABASE")
    with pytest.raises(DataError, match=r"'order_date' is of type String.*Cast it in a view"):
        everything(settings_for(tmp_path, "orders", section), tmp_path)


@pytest.mark.spark
@pytest.mark.parametrize("kind", ["csv", "parquet", "catalog"])
def test_spark_gives_the_same_as_duckdb(reference, parquet, tmp_path, kind):
    require("pyspark", "java")
    section = EngineSection(kind="spark")
    if kind == "csv":
        settings = settings_for(HARD, "01_exact_duplicates.csv", section)
    elif kind == "parquet":
        settings = settings_for(parquet.parent, "log.parquet", section)
    else:
        from pyspark.sql import SparkSession

        session = SparkSession.builder.master("local[2]").config("spark.sql.shuffle.partitions", "4").getOrCreate()
        session.read.parquet(str(parquet)).createOrReplaceTempView("orders")
        settings = settings_for(tmp_path, "orders", section)
    same(everything(settings, tmp_path), reference)


@pytest.mark.spark
def test_spark_reads_local_numbers_and_dates_as_duckdb_does(tmp_path):
    require("pyspark", "java")
    for name, table in (("15_amount_id_locale.csv", {"delimiter": ";"}), ("10_dates_ddmm.csv", {})):
        with open_engine(EngineSection(kind="spark")) as engine:
            report = ingest(settings_for(HARD, name, EngineSection(kind="spark"), **table), engine).report
        assert (report.used.rows, int(report.used.money), report.customers) == (596, 222_461_000, 120)


def test_a_missing_extra_is_named(monkeypatch):
    for kind, module, extra in (("spark", "pyspark.sql", "spark"), ("ibis", "ibis", "sql")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(SettingsError, match=rf"clv-lib\[{extra}\]"), open_engine(EngineSection(kind=kind)):
            pass


def test_the_address_is_named_by_its_variable_and_never_shown(monkeypatch):
    require("ibis")
    monkeypatch.delenv("SHOP_DATABASE", raising=False)
    section = EngineSection(kind="ibis", url_env="SHOP_DATABASE")
    with pytest.raises(SettingsError, match="SHOP_DATABASE, but it is not set"), open_engine(section):
        pass
    with pytest.raises(SettingsError, match=r"engine\.url_env is not set"), open_engine(EngineSection(kind="ibis")):
        pass
    monkeypatch.setenv("SHOP_DATABASE", "nosuch://user:hunter2@host/db")
    with pytest.raises(SettingsError, match="connecting failed") as caught, open_engine(section):
        pass
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_duckdb_is_bounded_offline_and_leaves_no_scratch_behind():
    with open_engine(EngineSection()) as engine:
        known = dict(engine.connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
        scratch = known["temp_directory"]
        assert known["memory_limit"] == "1.8 GiB"
        assert known["TimeZone"] == "UTC"
        assert known["autoinstall_known_extensions"] in ("false", "0")
        assert Path(scratch).is_dir()
    assert not Path(scratch).exists()


def test_a_failed_write_keeps_the_old_file(tmp_path):
    target = tmp_path / "out.parquet"
    with open_engine(EngineSection()) as engine:
        write_parquet(engine.lend(pd.DataFrame({"a": [1]})), target)
        before = target.read_bytes()
        broken = engine.lend(pd.DataFrame({"a": ["x"]})).to_native().project("CAST(a AS INTEGER) AS a")
        import narwhals as nw

        with pytest.raises(duckdb.Error):
            write_parquet(nw.from_native(broken), target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


@pytest.mark.parametrize("ask", [dialect_of, lambda engine: engine.project(None, ["amount"])])
def test_an_engine_without_a_dialect_says_that_columns_need_types(ask):
    with pytest.raises(DataError, match=r"must have types already where engine.kind is 'ibis'"):
        ask(IbisEngine(None))
