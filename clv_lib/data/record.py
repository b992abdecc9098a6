"""Everything that a company knows about its customers: all tables but the log, checked one by one and together.

1. Merges are read first and followed to their end: they say who is who in every other table.
2. Each table is read by the same steps (:mod:`~clv_lib.data.reading`); the faults of all tables are told at once.
3. The tables are held against each other and against the log (:mod:`~clv_lib.data.crosschecks`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw
import pandas as pd

from clv_lib.data.checks import Check
from clv_lib.data.crosschecks import cross_checks
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.merging import resolve_merges
from clv_lib.data.reading import RecordTable, read_table
from clv_lib.data.record_tables import Tables
from clv_lib.data.table_report import TableReport
from clv_lib.data.tables import CONTRACTS
from clv_lib.errors import DataError
from clv_lib.names import CUSTOMER_ID, NEW_ID, OLD_ID
from clv_lib.settings import Settings

if TYPE_CHECKING:
    from clv_lib.data.ingest import Ingested

Frame = nw.LazyFrame[Any]
LOG_TABLE: Final = "transactions"


@dataclass(frozen=True)
class CustomerRecord:
    """The tables of a dataset beside its log.

    Attributes
    ----------
    tables : dict of RecordTable
        By name; those that the dataset has.
    checks : tuple of Check
        What the tables say about each other.
    merges : DataFrame or None
        ``old_id``, ``new_id`` with chains followed to their end.
    transactions : narwhals.LazyFrame or None
        The accepted log.
    """

    tables: dict[str, RecordTable]
    checks: tuple[Check, ...]
    merges: pd.DataFrame | None = None
    transactions: Frame | None = None

    @property
    def frames(self) -> dict[str, Frame]:
        """Accepted rows of every table, the log included, by name."""
        log = {} if self.transactions is None else {LOG_TABLE: self.transactions}
        return log | {name: table.frame for name, table in self.tables.items()}

    @property
    def ordered_frames(self) -> dict[str, Frame]:
        """The same, the rows of each table but the log in the order in which they stood in their sources."""
        tables = {
            name: table.classified.filter(nw.col("reason") == "")
            .sort("source", "line")
            .select(*table.frame.collect_schema().names())
            for name, table in self.tables.items()
        }
        return self.frames | tables

    @property
    def reports(self) -> dict[str, TableReport]:
        """The account of every table, by name."""
        return {name: table.report for name, table in self.tables.items()}

    @property
    def with_rows_aside(self) -> dict[str, RecordTable]:
        """Tables of which rows were set aside, by name."""
        return {name: table for name, table in self.tables.items() if table.report.quarantined.rows}

    def check(self, code: str, table: str | None = None) -> Check | None:
        """The first finding of a code; None where there is none."""
        return next((each for each in self.checks if each.code == code and table in (None, each.table)), None)

    def write_quarantine(self, folder: Path) -> dict[str, int]:
        """Write ``quarantine_<table>.csv`` for every table with rows set aside; how many rows each has."""
        aside = self.with_rows_aside.items()
        return {name: table.write_quarantine(folder / f"quarantine_{name}.csv") for name, table in aside}

    def to_dict(self) -> dict[str, Any]:
        """Plain values of the reports and checks, for JSON."""
        reports = {name: report.to_dict() for name, report in self.reports.items()}
        return {"tables": reports, "checks": [check.to_dict() for check in self.checks]}

    def lines(self) -> list[str]:
        """The reports and checks in plain English, for a terminal."""
        lines = [line for table in self.tables.values() for line in table.report.lines()]
        checks = [f"  {check.kind}: {check}" for check in self.checks]
        return lines + (["checks across tables"] if self.tables else []) + (checks or ["  none"] * bool(self.tables))


@dataclass(frozen=True)
class RecordReport:
    """What a record has left to read for the notebooks after it: the account of each table, and the checks."""

    tables: dict[str, TableReport]
    checks: tuple[Check, ...]

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "RecordReport":
        """Read back what :meth:`CustomerRecord.to_dict` wrote."""
        tables = {name: TableReport.from_dict(report) for name, report in plain["tables"].items()}
        return cls(tables, tuple(Check.from_dict(check) for check in plain["checks"]))


def end_of_observation(settings: Settings, log: "Ingested | None" = None) -> date:
    """Last day that is read in any table: as stated, or the last day of the log, or today."""
    if settings.dataset.as_of is not None:
        return settings.dataset.as_of
    return log.report.as_of if log else datetime.now(tz=UTC).astimezone(ZoneInfo(settings.dataset.timezone)).date()


def read_merges(settings: Settings, engine: Engine) -> pd.DataFrame | None:
    """``old_id``, ``new_id`` with chains followed to their end; None where the dataset has no merges.

    Raises
    ------
    DataError
        The table is damaged, or merges run in a circle.
    """
    found = _merges(settings, engine)
    return found[1] if found else None


def read_rates(settings: Settings, engine: Engine) -> Frame | None:
    """``month``, ``currency``, ``rate``; None where the dataset has no rates. Errors as :func:`collect_record`."""
    if settings.tables.fx_rates is None:
        return None
    return read_table("fx_rates", settings, engine, last_day=end_of_observation(settings)).frame


def _merges(settings: Settings, engine: Engine) -> tuple[RecordTable, pd.DataFrame] | None:
    if settings.tables.merges is None:
        return None
    table = read_table("merges", settings, engine, last_day=end_of_observation(settings))
    names = ", ".join(source.name for source in table.report.sources[:3])
    return table, resolve_merges(table.frame, source=names)


def read_everything(settings: Settings, engine: Engine) -> "tuple[Ingested, CustomerRecord]":
    """Read the log and all other tables; errors as :func:`~clv_lib.data.ingest.ingest` and :func:`collect_record`.

    Where both have faults, both are told.
    """
    from clv_lib.data.ingest import ingest

    merges, rates = read_merges(settings, engine), read_rates(settings, engine)
    try:
        log = ingest(settings, engine, merges=merges, rates=rates)
    except DataError as error:
        try:
            collect_record(settings, engine)
        except DataError as further:
            raise DataError(f"{error}\n{further}") from None
        raise
    return log, collect_record(settings, engine, transactions=log)


def collect_record(settings: Settings, engine: Engine, *, transactions: "Ingested | None" = None) -> CustomerRecord:
    """Read and check every table of a dataset but the log.

    Parameters
    ----------
    settings : Settings
    engine : Engine
        The one that holds the log.
    transactions : Ingested, optional
        The log, for the checks between it and the tables, and for the last day of the observation.

    Raises
    ------
    DataError
        A table is damaged or cannot be read without a guess; the faults of all tables are told at once.
    SettingsError
        The settings name a column, a word, a package or an encoding that nobody knows.
    """
    last_day = end_of_observation(settings, transactions)
    merged = _merges(settings, engine)
    lent = engine.lend(merged[1]) if merged and len(merged[1]) else None
    tables: dict[str, RecordTable] = {"merges": merged[0]} if merged else {}
    faults: list[DataError] = []
    for name in CONTRACTS:
        if name in settings.tables.given and name not in (LOG_TABLE, "merges"):
            try:
                tables[name] = read_table(name, settings, engine, last_day=last_day, merges=lent)
            except DataError as error:
                faults.append(error)
    if faults:
        raise faults[0] if len(faults) == 1 else DataError("\n".join(str(fault) for fault in faults))
    found = Tables(tables, transactions, engine)
    first_day = transactions.report.first_day if transactions else None
    tables, checks = cross_checks(found, first_day=first_day, last_day=last_day)
    if merged:
        checks = [*_merge_checks(merged, found), *checks]
    log = transactions.transactions if transactions else None
    return CustomerRecord(tables, tuple(checks), merged[1] if merged else None, log)


def _merge_checks(merged: tuple[RecordTable, pd.DataFrame], tables: Tables) -> list[Check]:
    table, final = merged
    pairs = table.frame.select(OLD_ID, NEW_ID).collect("pandas").to_native()
    direct = pairs.merge(final, on=OLD_ID, suffixes=("", "_final"))
    over = int((direct[NEW_ID] != direct[f"{NEW_ID}_final"]).sum())
    found = [Check("merge_chains", "merges", "note", over, values={"merges": len(final)})]
    if tables.known is not None and len(final):
        ends = tables.engine.lend(final[[NEW_ID]].drop_duplicates())
        lost = ends.join(tables.known, left_on=NEW_ID, right_on=CUSTOMER_ID, how="anti")
        count = int(fetch(lost.select(nw.len().alias("rows")))[0]["rows"])
        found += [Check("merged_into_unknown", "merges", "note", count)] if count else []
    return found
