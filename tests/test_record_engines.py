"""The same rows, reports and checks of the customer record on every engine."""

from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clv_lib.data.opening import open_engine
from clv_lib.data.reading import RecordTable, read_table
from clv_lib.data.record import read_everything
from clv_lib.settings import EngineSection, Settings, TableSection
from tests.record_support import AS_OF, adds_up, clean, reading, settings_for, write
from tests.requirements import require

# one of each kind of column and check: Spark plans every query anew, and that takes its time
SOME = ("merges", "customers", "costs", "campaign_members", "interactions", "feedback", "referrals", "subscriptions")
DIRT = {
    "interactions": [
        "t3,c3,2024-01-03 08:03,phone,ticket,2024-01-07 17:00",
        "t900,c9,2024-01-09 10:00,web,ticket,2024-01-08 10:00",
    ],
    "campaign_members": ["m1,c1,trated,2024-02-02", "m1,c901, Control ,2024-02-02"],
    "feedback": ["c1,2024-03-02,nps,12,hm", "c1,2024-03-20,nps,2,again", "c2,2024-12-01,csat,2,late"],
    "referrals": ["c1,c1,2024-04-02", "c0,c505,2024-04-28"],
    "subscriptions": ["c1,2024-01-01,2024-12-31, basic,20,month"],
}


@pytest.fixture(scope="module")
def typed(tmp_path_factory) -> Path:
    """Every table with types, as a warehouse would hold it; faults are among the rows."""
    folder = tmp_path_factory.mktemp("typed")
    for table in SOME:
        lines = [*clean(table, 120), *DIRT.get(table, [])]
        write(folder, "raw.csv", lines)
        month = " REPLACE (CAST(month || '-01' AS DATE) AS month)" if "month" in lines[0].split(",") else ""
        duckdb.sql(f"COPY (SELECT *{month} FROM read_csv('{folder / 'raw.csv'}')) TO '{folder / table}.parquet'")
    log = pd.DataFrame({"customer_id": [f"c{k % 150}" for k in range(600)], "amount": 2.5})
    log["ordered_at"] = pd.to_datetime("2024-01-01") + pd.to_timedelta([k % 170 for k in range(600)], unit="D")
    log.to_parquet(folder / "transactions.parquet")
    return folder


def rows_of(table: RecordTable) -> list[dict[str, object]]:
    """Accepted rows as plain values, in an order that no engine chooses."""
    rows = table.frame.collect("pyarrow").to_native().to_pylist()
    plain = [
        {name: each.replace(tzinfo=None) if isinstance(each, datetime) else each for name, each in row.items()}
        for row in rows
    ]
    return sorted(plain, key=repr)


def everything(settings: Settings) -> dict[str, object]:
    """All that leaves the room."""
    with open_engine(settings.engine) as engine:
        _, record = read_everything(settings, engine)
        found: dict[str, object] = {}
        for name, table in record.tables.items():
            adds_up(table.report)
            found[name] = rows_of(table)
            issues = sorted((each.code, each.column, each.rows, each.money) for each in table.report.issues)
            found[f"{name} report"] = (table.report.used, table.report.missing, issues)
        found["checks"] = sorted((each.code, each.table, each.rows, each.money) for each in record.checks)
        return found


def same(found: dict[str, object], reference: dict[str, object]) -> None:
    assert found.keys() == reference.keys()
    for name, value in reference.items():
        assert found[name] == value, name


@pytest.fixture(scope="module")
def reference(typed) -> dict[str, object]:
    """DuckDB on Parquet."""
    tables = {table: f"{table}.parquet" for table in SOME}
    return everything(settings_for(typed, log=TableSection(path="transactions.parquet"), **tables))


def test_the_faults_are_found_in_typed_tables(reference):
    codes = {code for name, value in reference.items() if name.endswith("report") for code, *_ in value[2]}
    assert {"duplicate", "unknown_word", "off_scale", "after_as_of", "self_referral", "resolved_before_opened"} <= codes
    assert {"not_yet", "trimmed_id"} & codes
    assert {code for code, *_ in reference["checks"]} >= {"unknown_customer", "repeated_answer", "referred_twice"}


def test_a_database_behind_ibis_gives_the_same(typed, reference, tmp_path, monkeypatch):
    require("ibis")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        for table in (*SOME, "transactions"):
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{typed / table}.parquet')")
    monkeypatch.setenv("SHOP_DATABASE", f"duckdb://{tmp_path / 'shop.duckdb'}")
    section = EngineSection(kind="ibis", url_env="SHOP_DATABASE")
    tables = {table: table for table in SOME}
    same(everything(settings_for(typed, engine=section, log=TableSection(path="transactions"), **tables)), reference)


@pytest.mark.spark
def test_spark_gives_the_same(typed, reference):
    require("pyspark", "java")
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.sql.shuffle.partitions", "2").getOrCreate()
    for table in (*SOME, "transactions"):
        session.read.parquet(f"{typed / table}.parquet").createOrReplaceTempView(table)
    tables = {table: table for table in SOME}
    log = TableSection(path="transactions")
    same(everything(settings_for(typed, engine=EngineSection(kind="spark"), log=log, **tables)), reference)


@pytest.mark.spark
def test_spark_reads_text_of_a_table_as_duckdb_does(tmp_path):
    require("pyspark", "java")
    lines = [
        "interaction_id,customer_id,happened_at,channel,kind,handling_minutes,resolved_at",
        't1,c1,13/01/2024 9:05 PM,web,ticket,"1,5",14/01/2024 08:00',
        't2,c2,03/01/2024 12:30 AM,web,ticket,"2,25",',
        "t3,c3,04/01/2024,web,visit,,",
    ]
    write(tmp_path, "file.csv", lines)
    with reading(tmp_path, "interactions", "file.csv", clock="UTC") as found:
        expected = rows_of(found)
    section = EngineSection(kind="spark")
    tables = {"interactions": TableSection(path="file.csv", timezone="UTC")}
    with open_engine(section) as engine:
        table = read_table("interactions", settings_for(tmp_path, engine=section, **tables), engine, last_day=AS_OF)
        assert rows_of(table) == expected
