"""Sources into checked transactions, and an account of every row.

1. :mod:`~clv_lib.data.sources` reads the rows as they are, each with its line.
2. Days and amounts are read by one rule per column (:mod:`~clv_lib.data.parsing`).
3. :func:`classify` gives every row the first reason that applies, in one Narwhals expression.
4. Rows and money are counted by reason: in = accepted + repaired + quarantined.
5. Where more than :data:`~clv_lib.data.parsing.TOLERATED_SHARE` of the rows cannot be read, the whole is refused.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw

from clv_lib.data.columns import typed
from clv_lib.data.engines import Engine
from clv_lib.data.parsing import TOLERATED_SHARE
from clv_lib.data.quality import (
    REASONS,
    UNREADABLE,
    Inferred,
    Issue,
    Place,
    QualityReport,
    Source,
    Tally,
    money,
)
from clv_lib.data.quarantine import write_quarantine
from clv_lib.data.sources import RAW, Loaded, load
from clv_lib.data.survey import Survey
from clv_lib.data.tables import EARLIEST_DAY, MONEY_UNITS, OPTIONAL_NUMBERS, OPTIONAL_TEXT, breaches
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, CURRENCY, CUSTOMER_ID, ORDER_ID, ORDERED_AT
from clv_lib.periods import day_number
from clv_lib.settings import PoliciesSection, Settings

Frame = nw.LazyFrame[Any]
TABLE: Final = "transactions"
_CLASSIFIED: Final = "classified_transactions"
_PLACES: Final = 10  # of each kind of fault, in the report
_REPAIRS: Final = ("trimmed_id", "rounded_amount")


@dataclass(frozen=True)
class Ingested:
    """Accepted transactions in the engine, and the report on all rows.

    Attributes
    ----------
    transactions : narwhals.LazyFrame
        ``customer_id, ordered_at, amount`` and the optional columns that were mapped.
    report : QualityReport
    classified : narwhals.LazyFrame
        Every row read, with ``source, line, span`` and its ``reason`` ('' for those that are used).
    """

    transactions: Frame
    report: QualityReport
    classified: Frame
    surveys: tuple[Survey, ...] = ()

    def write_quarantine(self, path: Path) -> int:
        """Write the rows set aside as CSV: source, line, reason, raw text; the number of rows written.

        Cells that a spreadsheet would take for a formula get an apostrophe in front.
        """
        return write_quarantine(self.classified, path, sources=self.report.sources, surveys=self.surveys)


def ingest(settings: Settings, engine: Engine) -> Ingested:
    """Read, check and account for the transactions of a dataset.

    Parameters
    ----------
    settings : Settings
        Where they are, how they are written, and what to do with rows that are neither clean nor broken.
    engine : Engine
        Where they go; see :func:`clv_lib.data.engines.open_engine`.

    Raises
    ------
    DataError
        No rows, missing or doubtful columns, doubtful dates or amounts, more than one currency, too many rows that
        cannot be read, or none left to use. Names file, column and lines.
    SettingsError
        The settings name a column or an encoding that nobody knows.
    """
    loaded = load(settings, engine)
    rows, facts = typed(loaded, settings, engine)
    as_of = settings.dataset.as_of
    today = datetime.now(tz=UTC).astimezone(ZoneInfo(settings.dataset.timezone)).date()
    marked = classify(
        rows,
        policies=settings.policies,
        last_day=as_of or today,
        stated=as_of is not None,
        columns=loaded.columns,
        copies=_any_copies(loaded.frame),
    )
    classified = engine.keep(marked, _CLASSIFIED)
    engine.drop(RAW)
    issues, tallies = _account(classified, loaded)
    _refuse_unreadable(issues, tallies["read"], loaded)
    transactions = _accepted(classified, loaded.columns)
    _refuse_currencies(transactions, settings, loaded)
    days = _fetch(
        transactions.select(
            nw.col(CUSTOMER_ID).n_unique().alias("customers"),
            nw.col(ORDERED_AT).min().alias("first"),
            nw.col(ORDERED_AT).max().alias("last"),
            *(nw.col(name).is_null().cast(nw.Int64).sum().alias(name) for name in loaded.columns if name in _OPTIONAL),
        )
    )[0]
    broken = breaches(transactions)
    if broken:
        raise DataError(f"the accepted transactions must keep their contract, but {'; '.join(broken)}")
    report = QualityReport(
        table=TABLE,
        currency=settings.dataset.currency,
        sources=loaded.sources,
        customers=int(days["customers"]),
        first_day=_day(days["first"]),
        last_day=_day(days["last"]),
        as_of=as_of or _day(days["last"]),
        columns=loaded.columns,
        missing={name: int(days[name]) for name in loaded.columns if name in _OPTIONAL},
        inferred=(*loaded.inferred, *facts),
        issues=tuple(issues),
        fingerprint=_fingerprint(loaded, tallies),
        **tallies,
    )
    return Ingested(transactions, report, classified, loaded.surveys)


_OPTIONAL: Final = frozenset((*OPTIONAL_TEXT, *OPTIONAL_NUMBERS))


def classify(
    rows: Frame,
    *,
    policies: PoliciesSection,
    last_day: date,
    stated: bool,
    columns: dict[str, str],
    copies: bool = True,
) -> Frame:
    """Give every row its ``reason``, '' for the rows that are used, and whether it is a ``copy`` of an earlier one.

    The order of the reasons is the order of :data:`~clv_lib.data.quality.REASONS`: structure, date, amount, customer,
    time, policies. A row has the first that applies.
    """
    day, units = nw.col(ORDERED_AT), nw.col("units")
    faults = {
        "missing_date": day.is_null() & nw.col("no_date"),
        "bad_date": day.is_null(),
        "implausible_date": day_number(day) < EARLIEST_DAY.toordinal(),
        "missing_amount": units.is_null() & nw.col("no_amount"),
        "bad_amount": units.is_null(),
        "missing_customer": nw.col(CUSTOMER_ID).is_null(),
        "after_as_of" if stated else "future_date": day_number(day) > last_day.toordinal(),
    }
    rows = rows.with_columns(_first_reason("fault", faults).alias("reason"))
    rows = rows.with_columns(nw.col("reason").is_null().alias("readable"))
    rows = rows.with_columns((_copy() if copies else nw.lit(False)).alias("copy"))
    by_policy: dict[str, nw.Expr] = {}
    if policies.duplicates == "drop" and ORDER_ID in columns:
        by_policy["duplicate"] = nw.col("copy") & ~nw.col(ORDER_ID).is_null()
    by_policy["negative_amount"] = units < 0
    if policies.zero_amounts == "exclude":
        by_policy["zero_amount"] = units == 0
    return rows.with_columns(_first_reason("reason", by_policy).fill_null("").alias("reason")).drop("readable")


def _first_reason(known: str, tests: dict[str, nw.Expr]) -> nw.Expr:
    """The reason that is known already, or the code of the first test that a row fails."""
    found: nw.Expr = nw.lit(None, nw.String)
    for code, broken in reversed(tests.items()):
        found = nw.when(broken).then(nw.lit(code)).otherwise(found)
    return nw.when(nw.col(known).is_null()).then(found).otherwise(nw.col(known))


def _copy() -> nw.Expr:
    """Whether a readable row equals an earlier one in every column of its source."""
    # not of row_key itself: on pandas, counting a partition's own key forgets the partition
    earlier = nw.col("line").cum_count().over("row_key", "readable", order_by=["source", "line"])
    return nw.col("readable") & (earlier > 1)


def _any_copies(rows: Frame) -> bool:
    """Whether any rows are equal at all: the window that tells them apart is costly, and many files need none."""
    counts = rows.select(nw.col("row_key").n_unique().alias("different"), nw.len().alias("rows"))
    return bool(_fetch(counts.select((nw.col("different") < nw.col("rows")).alias("any")))[0]["any"])


def _accepted(classified: Frame, columns: dict[str, str]) -> Frame:
    optional = [name for name in columns if name in _OPTIONAL]
    return classified.filter(nw.col("reason") == "").select(
        CUSTOMER_ID, ORDERED_AT, (nw.col("units") / MONEY_UNITS).alias(AMOUNT), *optional
    )


def _account(classified: Frame, loaded: Loaded) -> tuple[list[Issue], dict[str, Tally]]:
    """Count rows and money by reason and repair, and look up where the first ones stand."""
    groups = _fetch(
        classified.with_columns(nw.col("units").fill_null(0))
        .group_by("reason", "copy", *_REPAIRS)
        .agg(nw.len().alias("rows"), nw.col("units").sum().alias("units"))
    )

    def tally(*, keep: Callable[..., Any]) -> Tally:
        kept = [group for group in groups if keep(group)]
        return Tally(sum(int(group["rows"]) for group in kept), money(sum(int(group["units"]) for group in kept)))

    tallies = {
        "read": tally(keep=lambda group: True),
        "accepted": tally(keep=lambda group: not group["reason"] and not any(group[name] for name in _REPAIRS)),
        "repaired": tally(keep=lambda group: not group["reason"] and any(group[name] for name in _REPAIRS)),
        "quarantined": tally(keep=lambda group: group["reason"]),
    }
    used = nw.col("reason") == ""
    tests: dict[str, tuple[nw.Expr, Callable[..., bool]]] = {}
    for code, (kind, _) in REASONS.items():
        if kind in ("fault", "policy"):
            tests[code] = (nw.col("reason") == code, lambda group, code=code: group["reason"] == code)
    for code in _REPAIRS:
        tests[code] = (used & nw.col(code), lambda group, code=code: not group["reason"] and group[code])
    copies = "kept_duplicate" if ORDER_ID in loaded.columns else "possible_duplicate"
    tests[copies] = (used & nw.col("copy"), lambda group: not group["reason"] and bool(group["copy"]))
    issues = []
    for code, (rows, keep) in tests.items():
        total = tally(keep=keep)
        if total.rows:
            places = _places(classified.filter(rows), loaded.sources)
            issues.append(Issue(code, REASONS[code][0], total.rows, total.money, places))
    if loaded.blank_lines:
        issues.append(Issue("blank_line", "note", loaded.blank_lines, money(0)))
    return issues, tallies


def _places(rows: Frame, sources: tuple[Source, ...]) -> tuple[Place, ...]:
    found = _fetch(rows.select("source", "line", "shown").sort("source", "line").head(_PLACES))
    return tuple(Place(sources[row["source"]].name, int(row["line"]), row["shown"] or "") for row in found)


def _refuse_unreadable(issues: list[Issue], read: Tally, loaded: Loaded) -> None:
    """Stop when too much cannot be read, or nothing is left; every kind of fault is named at once."""
    unreadable = [issue for issue in issues if issue.code in UNREADABLE]
    count = sum(issue.rows for issue in unreadable)
    left = read.rows - sum(issue.rows for issue in issues if issue.kind in ("fault", "policy"))
    if count <= TOLERATED_SHARE * read.rows and left:
        return
    names = ", ".join(source.name for source in loaded.sources[:3]) + (", ..." if len(loaded.sources) > 3 else "")
    faults = "\n".join(f"  - {_sentence(issue, loaded)}" for issue in (unreadable or issues))
    if count > TOLERATED_SHARE * read.rows:
        raise DataError(
            f"{names} must be readable in all but {TOLERATED_SHARE:.0%} of its rows, but {count:,} of "
            f"{read.rows:,} ({count / read.rows:.1%}) are not:\n{faults}\n"
            "Usually the export is damaged, or written differently than assumed; correct these lines, or state "
            "date_format, decimal and thousands in [tables.transactions]."
        )
    raise DataError(
        f"{names} must leave transactions to work with, but all {read.rows:,} rows were set aside:\n{faults}\n"
        "Check dataset.as_of, the mapped columns and [policies]."
    )


def _sentence(issue: Issue, loaded: Loaded) -> str:
    ours = {"date": ORDERED_AT, "amount": AMOUNT, "customer": CUSTOMER_ID}.get(issue.code.rpartition("_")[2])
    column = f"column {loaded.columns[ours]!r}: " if ours else ""
    several = len(loaded.sources) > 1
    where = ", ".join(f"{place.source} {place}" if several else str(place) for place in issue.first if place.line)
    more = ", ..." if issue.rows > len(issue.first) else ""
    return f"{column}{issue.rows:,} rows {REASONS[issue.code][1]}" + (f" ({where}{more})" if where else "")


def _refuse_currencies(transactions: Frame, settings: Settings, loaded: Loaded) -> None:
    """Amounts of several currencies cannot be added."""
    if CURRENCY not in loaded.columns:
        return
    counts = {
        row[CURRENCY] or "blank": int(row["n"])
        for row in _fetch(transactions.group_by(CURRENCY).agg(nw.len().alias("n")))
    }
    if set(counts) != {settings.dataset.currency}:
        found = ", ".join(f"{code} in {n:,} rows" for code, n in sorted(counts.items(), key=lambda item: -item[1]))
        raise DataError(
            f"every amount must be in {settings.dataset.currency}, but column {loaded.columns[CURRENCY]!r} of "
            f"{loaded.sources[0].name} has {found}. Convert the amounts before the export, or correct "
            "dataset.currency; amounts of different currencies are never added."
        )


def _fingerprint(loaded: Loaded, tallies: dict[str, Tally]) -> str:
    facts = {
        "sources": [[source.name, source.rows, source.sha256] for source in loaded.sources],
        "columns": loaded.columns,
        "tallies": {name: [tally.rows, str(tally.money)] for name, tally in tallies.items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _fetch(frame: Frame) -> list[dict[str, Any]]:
    return frame.collect("pyarrow").to_native().to_pylist()


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


__all__ = ["Inferred", "Ingested", "classify", "ingest"]
