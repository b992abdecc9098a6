"""Read text given in a test as a dataset's export."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import narwhals as nw

from clv_lib.data.customers import collected
from clv_lib.data.ingest import Ingested, ingest
from clv_lib.data.opening import open_engine
from clv_lib.data.quality import money
from clv_lib.settings import DatasetSection, EngineSection, PoliciesSection, Settings, TableSection, TablesSection

COLUMNS = {"order_id": "order_id", "ordered_at": "order_date"}
AS_OF = date(2024, 6, 30)


def settings_for(
    folder: Path,
    path: str,
    *,
    columns: dict[str, str] | None = None,
    as_of: date | None = AS_OF,
    currency: str = "IDR",
    timezone: str = "Asia/Jakarta",
    policies: PoliciesSection | None = None,
    **table: str,
) -> Settings:
    mapped = COLUMNS if columns is None else columns
    return Settings(
        folder=folder,
        dataset=DatasetSection(name="shop", currency=currency, timezone=timezone, as_of=as_of),
        tables=TablesSection(transactions=TableSection(path=path, columns=mapped, **table)),
        policies=policies or PoliciesSection(),
    )


@contextmanager
def reading(folder: Path, path: str, *, merges=None, rates=None, **stated) -> Iterator[Ingested]:
    """Ingest a file; the engine stays open inside the block."""
    with open_engine(EngineSection()) as engine:
        yield ingest(settings_for(folder, path, **stated), engine, merges=merges, rates=rates)


def adds_up(found: Ingested) -> None:
    """Rows and money in are accepted + repaired + quarantined, exactly; taking off refunds moves money, no more."""
    report = found.report
    assert report.accepted + report.repaired + report.quarantined == report.read
    aside = [issue for issue in report.issues if issue.kind in ("fault", "policy")]
    assert sum(issue.rows for issue in aside) == report.quarantined.rows
    assert sum(issue.counted for issue in aside) == report.quarantined.money
    assert sum(source.rows for source in report.sources) == report.read.rows
    sums = collected(found.classified.select(nw.col("units").sum(), nw.col("booked").sum())).iloc[0].fillna(0)
    assert money(sums["units"]) == money(sums["booked"]) == report.read.money
    used = collected(found.transactions.select((nw.col("amount") * 10_000).round(0).cast(nw.Int64).sum()))["amount"]
    assert money(used.fillna(0).iloc[0]) == report.used.money
    assert not collected(found.transactions.filter(nw.col("amount") < 0)).shape[0]
