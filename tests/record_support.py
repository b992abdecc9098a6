"""A small clean customer record, one export per table, and how it is read in tests."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals as nw

from clv_lib.data.engines import Engine
from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.data.reading import RecordTable, read_table
from clv_lib.data.record import CustomerRecord, collect_record
from clv_lib.data.table_report import TableReport
from clv_lib.settings import DatasetSection, EngineSection, Settings, TableSection, TablesSection

AS_OF = date(2024, 6, 30)
LOG_COLUMNS = {"ordered_at": "order_date", "order_id": "order_id"}

# header, one row per k; what is written where nothing is wrong
_ROWS: dict[str, tuple[str, Any]] = {
    "merges": ("old_id,new_id", lambda k: f"old{k},c{k}"),
    "fx_rates": ("month,currency,rate", lambda k: f"{2020 + k // 12}-{k % 12 + 1:02d},USD,{15000 + k}.5"),
    "customers": (
        "customer_id,acquired_at,acquisition_channel,region,email_consent",
        lambda k: f"c{k},2023-{k % 12 + 1:02d}-{k % 27 + 1:02d},ads,north,{'yes' if k % 2 else 'no'}",
    ),
    "products": ("product_id,name,category,unit_cost,price", lambda k: f"p{k},thing {k},tea,{k}.25,{k + 10}.50"),
    "costs": (
        "cost_id,month,kind,amount,campaign_id",
        lambda k: f"k{k},2024-{k % 6 + 1:02d},{('marketing', 'service', 'goods')[k % 3]},{k + 1}.25,m{k % 5}",
    ),
    "allocations": ("pool,segment,share", lambda k: f"pool{k // 4},s{k % 4},0.25"),
    "interactions": (
        "interaction_id,customer_id,happened_at,channel,kind,resolved_at",
        lambda k: f"t{k},c{k},2024-01-03 08:{k % 60:02d},phone,ticket,2024-01-{k % 20 + 4:02d} 17:00",
    ),
    "campaigns": (
        "campaign_id,name,starts_at,reported_spend",
        lambda k: f"m{k},sale {k},2024-01-{k % 28 + 1:02d},{k}.75",
    ),
    "campaign_members": (
        "campaign_id,customer_id,arm,assigned_at",
        lambda k: f"m{k % 7},c{k},{'treated' if k % 3 else 'control'},2024-02-{k % 28 + 1:02d}",
    ),
    "feedback": (
        "customer_id,given_at,instrument,score,comment",
        lambda k: f"c{k},2024-03-{k % 28 + 1:02d},nps,{k % 11},fine {k}",
    ),
    "value_survey": (
        "customer_id,asked_at,side,item,tangible,score,importance",
        lambda k: f"c{k},2024-03-{k % 28 + 1:02d},{'benefit' if k % 2 else 'cost'},price,true,{k % 7},{k % 5}.5",
    ),
    "referrals": ("referrer_id,referred_id,referred_at", lambda k: f"c{k},c{k + 500},2024-04-{k % 28 + 1:02d}"),
    "subscriptions": (
        "customer_id,started_at,ended_at,plan,price,billing_period",
        lambda k: f"c{k},2023-05-{k % 28 + 1:02d},2024-05-{k % 28 + 1:02d},basic,{k + 20}.00,month",
    ),
}  # fmt: skip
TABLES = tuple(_ROWS)
MONEY = {"costs": "amount", "products": "price", "subscriptions": "price", "campaigns": "reported_spend"}


def clean(table: str, rows: int = 200) -> list[str]:
    """A clean export, header first, without line ends."""
    header, row = _ROWS[table]
    return [header, *(row(k) for k in range(rows))]


def money_in(table: str, lines: list[str]) -> Decimal:
    """Sum of the column that the report adds up, counted by hand."""
    if table not in MONEY:
        return Decimal(0)
    return sum((Decimal(row[MONEY[table]]) for row in csv.DictReader(io.StringIO("\n".join(lines)))), Decimal(0))


def settings_for(
    folder: Path,
    *,
    as_of: date | None = AS_OF,
    timezone: str = "Asia/Jakarta",
    engine: EngineSection | None = None,
    log: str | TableSection = "00_clean_base.csv",
    **tables: TableSection | str | None,
) -> Settings:
    """A dataset of the given tables; a name stands for a file as it is."""
    given = {name: TableSection(path=each) if isinstance(each, str) else each for name, each in tables.items()}
    transactions = TableSection(path=log, columns=LOG_COLUMNS) if isinstance(log, str) else log
    return Settings(
        folder=folder,
        dataset=DatasetSection(name="shop", currency="IDR", timezone=timezone, as_of=as_of),
        tables=TablesSection(transactions=transactions, **given),
        engine=engine or EngineSection(),
    )


@contextmanager
def reading(
    folder: Path, table: str, path: str, *, last_day: date = AS_OF, clock: str | None = None, **section: Any
) -> Iterator[RecordTable]:
    """Read one table alone, its clocks hung in ``clock``; the engine stays open inside the block."""
    settings = settings_for(folder, **{table: TableSection(path=path, timezone=clock, **section)})
    with open_engine(settings.engine) as engine:
        yield read_table(table, settings, engine, last_day=last_day)


@contextmanager
def collecting(settings: Settings, *, log: bool = True) -> Iterator[CustomerRecord]:
    """Read a whole record."""
    with open_engine(settings.engine) as engine:
        yield collect(settings, engine, log=log)


def collect(settings: Settings, engine: Engine, *, log: bool = True) -> CustomerRecord:
    """The record, with its log or without."""
    return collect_record(settings, engine, transactions=ingest(settings, engine) if log else None)


def rows_of(table: RecordTable) -> list[dict[str, Any]]:
    """Accepted rows in the order of the source."""
    used = table.classified.filter(nw.col("reason") == "").sort("source", "line")
    return used.select(*table.frame.collect_schema().names()).collect("pyarrow").to_native().to_pylist()


def write(folder: Path, name: str, lines: list[str] | str, *, encoding: str = "utf-8") -> str:
    """Write lines as a file and return its name."""
    text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
    (folder / name).write_bytes(text.encode(encoding))
    return name


def adds_up(report: TableReport) -> None:
    """Rows and money in are accepted + repaired + quarantined, and every row set aside has its reason."""
    assert report.accepted + report.repaired + report.quarantined == report.read
    aside = [issue for issue in report.issues if issue.kind in ("fault", "policy")]
    assert sum(issue.rows for issue in aside) == report.quarantined.rows
    assert sum(issue.money for issue in aside) == report.quarantined.money
    assert sum(source.rows for source in report.sources) == report.read.rows
