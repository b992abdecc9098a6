"""One CRM table from its sources to accepted rows and an account of every row; the same steps for each."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import narwhals as nw

from clv_lib.data.accounting import Account
from clv_lib.data.column_names import text_of
from clv_lib.data.columns import read_columns
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.judging import PARSED, judge
from clv_lib.data.loaded import Loaded, raw_name
from clv_lib.data.parsing import TOLERATED_SHARE
from clv_lib.data.quality import Inferred
from clv_lib.data.quarantine import write_quarantine
from clv_lib.data.record_reasons import DAMAGE, STRUCTURE, split_reason
from clv_lib.data.sources import load_table
from clv_lib.data.survey import Survey, spoken
from clv_lib.data.table_report import TableIssue, TableReport
from clv_lib.data.tables import CONTRACTS, SCALES, Contract, breaches
from clv_lib.errors import DataError
from clv_lib.names import INSTRUMENT, SCORE
from clv_lib.settings import Settings

Frame = nw.LazyFrame[Any]
_MIXED: Final = 0.5  # of an instrument's scores off its scale: another scale is meant


@dataclass(frozen=True)
class RecordTable:
    """One table of the customer record, as it is used.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        The accepted rows in the columns of the contract, in the engine.
    report : TableReport
    classified : narwhals.LazyFrame
        Every row read, with ``source, line, span`` and its ``reason`` ('' for those that are used).
    surveys : tuple of Survey
        Of the text files, to find the raw text of a row again.
    """

    frame: Frame
    report: TableReport
    classified: Frame
    surveys: tuple[Survey, ...] = ()

    @property
    def name(self) -> str:
        """As in ``tables.<name>``."""
        return self.report.table

    def write_quarantine(self, path: Path) -> int:
        """Write the rows set aside as CSV: source, line, reason, raw text; the number of rows written."""
        contract = CONTRACTS[self.name]
        values = [text_of(each) if contract.reads(each) in PARSED else each for each in self.report.columns]
        return write_quarantine(
            self.classified, path, sources=self.report.sources, surveys=self.surveys, values=tuple(values)
        )


def read_table(
    table: str, settings: Settings, engine: Engine, *, last_day: date, merges: Frame | None = None
) -> RecordTable:
    """Read, check and account for one table.

    Parameters
    ----------
    table : str
        A key of :data:`~clv_lib.data.tables.CONTRACTS` that the dataset has.
    settings : Settings
    engine : Engine
    last_day : date
        Of the observation; nothing after it is read.
    merges : narwhals.LazyFrame, optional
        ``old_id``, ``new_id`` with chains followed to their end.

    Raises
    ------
    DataError
        No rows, missing or doubtful columns, doubtful dates or numbers, or more than one row in a hundred that cannot
        be read. Answers that are no answers do not count: they are set aside and listed.
    SettingsError
        The settings name a column, a word or an encoding that nobody knows.
    """
    section = settings.tables.given[table]
    loaded = load_table(table, section, folder=settings.folder, engine=engine)
    rows, facts = read_columns(loaded, section=section, zone=settings.dataset.timezone, engine=engine)
    classified = judge(rows, loaded, last_day=last_day, merges=merges, engine=engine)
    engine.drop(raw_name(table))
    engine.drop(f"read_{table}")
    return account_for(classified, loaded, facts, currency=settings.dataset.currency)


def account_for(classified: Frame, loaded: Loaded, facts: list[Inferred], *, currency: str) -> RecordTable:
    """Count the rows of a judged table, refuse a damaged one, and hand out what is used. Errors as read_table."""
    contract = CONTRACTS[loaded.table]
    account = Account(classified, loaded.columns, loaded.sources, contract)
    issues = account.issues(loaded.blank_lines)
    _refuse_damage(account, issues, loaded, contract)
    _refuse_other_scale(classified, loaded)
    return _table(account, issues, loaded, (*loaded.inferred, *facts), currency, loaded.surveys)


def again(table: RecordTable, classified: Frame) -> RecordTable:
    """Account for a table anew, after a check has set further rows of it aside."""
    report, contract = table.report, CONTRACTS[table.name]
    account = Account(classified, report.columns, report.sources, contract)
    loaded = Loaded(classified, report.columns, report.sources, unused=report.unused, table=table.name)
    notes = tuple(each for each in report.issues if each.code == "blank_line")
    return _table(account, [*account.issues(0), *notes], loaded, report.inferred, report.currency, table.surveys)


def _refuse_damage(account: Account, issues: list[TableIssue], loaded: Loaded, contract: Contract) -> None:
    """Stop when too much cannot be read, or nothing is left of it; every kind of fault is named at once."""
    read, damage = account.tally(*account.groups).rows, 0
    for group in account.groups:
        code, column = split_reason(group["reason"])
        if contract.survey:
            days = column and contract.reads(column) in ("day", "moment", "month")
            damage += group["rows"] if code in STRUCTURE or (code == "unreadable" and days) else 0
        else:
            emptied = any(group[state] not in (None, "not_yet") for state in account.states)
            damage += group["rows"] if code in DAMAGE or (emptied and not code) else 0
    left = sum(each["rows"] for each in account.groups if not each["reason"])
    by_policy = any(each.kind == "policy" for each in issues)
    if damage <= TOLERATED_SHARE * read and (left or by_policy):
        return
    names = ", ".join(source.name for source in loaded.sources[:3]) + (", ..." if len(loaded.sources) > 3 else "")
    faults = "\n".join(
        f"  - {_named(each, loaded)}" for each in issues if each.kind == "fault" or each.code == "emptied"
    )
    if damage > TOLERATED_SHARE * read:
        raise DataError(
            f"{names} must be readable in all but {TOLERATED_SHARE:.0%} of its rows, but {damage:,} of "
            f"{read:,} ({damage / read:.1%}) are not:\n{faults}\n"
            "Usually the export is damaged, or written differently than assumed; correct these lines, or state "
            f"date_format, decimal, thousands and values in [tables.{loaded.table}]. A column that is of no use can be "
            "left out of its columns."
        )
    raise DataError(
        f"{names} must leave {spoken(loaded.table)} to work with, but all {read:,} rows were set aside:\n{faults}\n"
        f"Check the mapped columns of [tables.{loaded.table}]."
    )


def _named(issue: TableIssue, loaded: Loaded) -> str:
    """An issue with the name that its column has in the file."""
    theirs = [loaded.columns[each] for each in issue.column.split("+") if each in loaded.columns]
    column = f"column {' and '.join(map(repr, theirs))}: " if theirs else ""
    return f"{column}{issue}"


def _refuse_other_scale(classified: Frame, loaded: Loaded) -> None:
    """Scores mostly off the scale of their instrument belong to another scale, and no part of them can be used."""
    if loaded.table != "feedback":
        return
    off = nw.col("reason") == f"off_scale:{SCORE}"
    counts = fetch(
        classified.filter(off | (nw.col("reason") == ""))
        .with_columns(off.cast(nw.Int64).alias("off"))
        .group_by(INSTRUMENT)
        .agg(nw.col("off").sum(), nw.len().alias("rows"), nw.col(SCORE).max().alias("highest"))
    )
    for row in counts:
        if row["off"] > _MIXED * row["rows"]:
            low, high = SCALES[row[INSTRUMENT]]
            raise DataError(
                f"{loaded.sources[0].name} must have {row[INSTRUMENT]} scores from {low} to {high}, but {row['off']:,} "
                f"of {row['rows']:,} are not (the highest is {row['highest']:g}). Usually another scale was used; "
                "convert the scores before the export. Scores of two scales are never mixed."
            )


def _table(
    account: Account,
    issues: list[TableIssue],
    loaded: Loaded,
    facts: tuple[Inferred, ...],
    currency: str,
    surveys: tuple[Survey, ...],
) -> RecordTable:
    contract, columns = account.contract, loaded.columns
    ordered = [name for name in (*contract.known, *columns) if name in columns]
    accepted = account.classified.filter(nw.col("reason") == "").select(*dict.fromkeys(ordered))
    day = contract.day if contract.day in columns else None
    who = next((name for name in contract.customers if name in columns), None)
    optional = [name for name in columns if name not in contract.required]
    facts_of = fetch(
        accepted.select(
            nw.len().alias("rows"),
            *((nw.col(day).min().alias("first day"), nw.col(day).max().alias("last day")) if day else ()),
            *((nw.col(who).n_unique().alias("customers"),) if who else ()),
            *(nw.col(name).is_null().cast(nw.Int64).sum().alias(f"no {name}") for name in optional),
        )
    )[0]
    broken = breaches(accepted, contract.schema) if facts_of["rows"] else []
    if broken:
        raise DataError(f"the accepted {spoken(loaded.table)} must keep their contract, but {'; '.join(broken)}")
    report = TableReport(
        table=loaded.table,
        currency=currency,
        sources=loaded.sources,
        money_column=account.money,
        day_column=day,
        first_day=_day(facts_of.get("first day")),
        last_day=_day(facts_of.get("last day")),
        customers=int(facts_of.get("customers") or 0) if facts_of["rows"] else 0,
        columns=columns,
        unused=loaded.unused,
        missing={name: int(facts_of[f"no {name}"] or 0) for name in optional},
        inferred=facts,
        issues=tuple(issues),
        **account.tallies(),
    )
    return RecordTable(accepted, report, account.classified, surveys)


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value
