"""Sources into checked transactions, and an account of every row.

1. :mod:`~clv_lib.data.sources` reads the rows as they are, each with its line.
2. Days and amounts are read by one rule per column (:mod:`~clv_lib.data.parsing`).
3. Merged accounts get the id in use, and amounts of other currencies the rate of their month.
4. :func:`classify` gives every row the first reason that applies, in one Narwhals expression.
5. Refunds are taken off their orders (:mod:`~clv_lib.data.refunds`).
6. Rows and money are counted by reason: in = accepted + repaired + quarantined (:mod:`~clv_lib.data.account`).
7. Where more than :data:`~clv_lib.data.parsing.TOLERATED_SHARE` of the rows cannot be read, the whole is refused.
8. What is used is looked at as a whole (:mod:`~clv_lib.data.suspicions`, :mod:`~clv_lib.data.screening`).
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw
import pandas as pd

from clv_lib.data import clock, currencies, identities, screening, suspicions
from clv_lib.data.account import account, in_file_order, marked, noted
from clv_lib.data.classification import any_copies, classify
from clv_lib.data.columns import typed
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Finding, Inferred, Issue, QualityReport, Tally
from clv_lib.data.quarantine import write_quarantine
from clv_lib.data.refunds import PENDING, match_refunds
from clv_lib.data.refusing import refuse_currencies, refuse_unreadable
from clv_lib.data.sources import RAW, Loaded, load
from clv_lib.data.spellings import plain_amounts, plain_months
from clv_lib.data.survey import Survey
from clv_lib.data.tables import MONEY_UNITS, OPTIONAL_NUMBERS, OPTIONAL_TEXT, breaches
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, CURRENCY, CUSTOMER_ID, ORDER_ID, ORDERED_AT, REFUND_OF
from clv_lib.settings import PoliciesSection, Settings

Frame = nw.LazyFrame[Any]
TABLE: Final = "transactions"
_CLASSIFIED: Final = "classified_transactions"
_OPTIONAL: Final = frozenset((*OPTIONAL_TEXT, *OPTIONAL_NUMBERS)) - {REFUND_OF}


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

    @property
    def refunds(self) -> Frame:
        """Money that was given back: ``customer_id, ordered_at`` (day of the refund) and ``amount``, positive."""
        given = nw.col("reason").is_in(["refund", "excess_refund", "unmatched_refund", PENDING])
        back = (-nw.col("units") / MONEY_UNITS).alias(AMOUNT)
        found = self.classified.filter(given & ~nw.col(CUSTOMER_ID).is_null())
        return found.select(CUSTOMER_ID, nw.col(ORDERED_AT), back)

    def write_quarantine(self, path: Path) -> int:
        """Write the rows set aside as CSV: source, line, reason, raw text; the number of rows written.

        Cells that a spreadsheet would take for a formula get an apostrophe in front.
        """
        return write_quarantine(self.classified, path, sources=self.report.sources, surveys=self.surveys)


def ingest(
    settings: Settings,
    engine: Engine,
    *,
    merges: Frame | pd.DataFrame | None = None,
    rates: Frame | pd.DataFrame | None = None,
) -> Ingested:
    """Read, check and account for the transactions of a dataset.

    Parameters
    ----------
    settings : Settings
        Where they are, how they are written, and what to do with rows that are neither clean nor broken.
    engine : Engine
        Where they go; see :func:`clv_lib.data.engines.open_engine`.
    merges : LazyFrame or DataFrame, optional
        ``old_id``, ``new_id``: accounts that were merged.
    rates : LazyFrame or DataFrame, optional
        ``month``, ``currency``, ``rate``: units of the dataset's currency for one of the other.

    Raises
    ------
    DataError
        No rows, missing or doubtful columns, doubtful dates or amounts, a currency without a rate, merges in a circle,
        too many rows that cannot be read, or none left to use. Names file, column and lines.
    SettingsError
        The settings name a column or an encoding that nobody knows.
    """
    policies, as_of = settings.policies, settings.dataset.as_of
    loaded = load(settings, engine)
    spelt, spellings = _in_plain_spelling(loaded, settings, engine)
    rows, facts = typed(spelt, settings, engine)
    rows = identities.with_merges(rows, merges, engine)
    rows = identities.guests_apart(rows, policies, loaded.columns)
    rows = currencies.with_currencies(
        rows, rates, base=settings.dataset.currency, columns=loaded.columns, engine=engine
    )
    today = datetime.now(tz=UTC).astimezone(ZoneInfo(settings.dataset.timezone)).date()
    first = classify(
        rows,
        policies=policies,
        last_day=as_of or today,
        stated=as_of is not None,
        columns=loaded.columns,
        copies=any_copies(loaded.frame),
    )
    classified = engine.keep(first, _CLASSIFIED)
    times = clock.screen_clock(spelt, settings, engine)
    engine.drop(RAW)
    refuse_currencies(classified, settings, loaded, rated=rates is not None)
    classified = _settled(classified, policies, loaded, engine)
    issues, tallies = account(classified, loaded)
    refuse_unreadable(issues, tallies["read"], loaded, classified, policies=policies)
    used = classified.filter(nw.col("reason") == "")
    transactions = _accepted(used, loaded.columns)
    days = engine.keep(suspicions.customer_days(used), "customer_days")
    issues += _suspicions(used, days, policies, loaded)
    summary = _summary(transactions, loaded)
    last = _day(summary["last"])
    found = [*screening.screen(days, first=_day(summary["first"]), end=as_of or last), *times]
    found += clock.days_moved(used, settings, order=ORDER_ID if ORDER_ID in loaded.columns else "row_key")
    engine.drop("customer_days")
    broken = breaches(transactions)
    if broken:
        raise DataError(f"the accepted transactions must keep their contract, but {'; '.join(broken)}")
    report = QualityReport(
        table=TABLE,
        currency=settings.dataset.currency,
        sources=loaded.sources,
        customers=int(summary["customers"]),
        first_day=_day(summary["first"]),
        last_day=last,
        as_of=as_of or last,
        columns=loaded.columns,
        missing={name: int(summary[name]) for name in loaded.columns if name in _OPTIONAL},
        inferred=(*loaded.inferred, *spellings, *_without_spelt(facts, spellings)),
        issues=tuple(in_file_order(issues)),
        fingerprint=_fingerprint(loaded, tallies),
        policies=_choices(policies),
        findings=tuple(found),
        converted=currencies.converted_totals(classified) if rates is not None and CURRENCY in loaded.columns else (),
        fully_refunded=_fully_refunded(classified) if any(each.code == "refunded_order" for each in issues) else 0,
        **tallies,
    )
    return Ingested(transactions, report, classified, loaded.surveys)


def _in_plain_spelling(loaded: Loaded, settings: Settings, engine: Engine) -> tuple[Loaded, list[Inferred]]:
    """Amounts without symbols and months in English, where the policy or the whole column says so."""
    frame, about = loaded.frame, f"of {loaded.sources[0].name}"
    facts: list[Inferred] = []
    types = frame.collect_schema()
    if engine.dialect is None:
        return loaded, facts
    if types[ORDERED_AT] == nw.String:
        frame, found = plain_months(
            frame,
            engine,
            form=settings.tables.transactions.date_format,
            about=f"column {loaded.columns[ORDERED_AT]!r} {about}",
        )
        facts += found
    if types[AMOUNT] == nw.String and settings.policies.amount_symbols == "parse":
        frame, found = plain_amounts(
            frame,
            engine,
            settings.tables.transactions,
            currency=settings.dataset.currency,
            about=f"column {loaded.columns[AMOUNT]!r} {about}",
        )
        facts += found
    return replace(loaded, frame=frame), facts


def _without_spelt(facts: list[Inferred], spellings: list[Inferred]) -> list[Inferred]:
    """Facts without the form of the plain amounts, which is ours and not the file's."""
    parsed = any(each.code == "amount_spelling" for each in spellings)
    return [fact for fact in facts if not (parsed and fact.code == "number_format")]


def _settled(classified: Frame, policies: PoliciesSection, loaded: Loaded, engine: Engine) -> Frame:
    """Exclude conflicts and robots where the policy says so, and match refunds; nothing costly where there are none."""
    before = classified
    used = classified.filter(nw.col("reason") == "")
    if policies.conflicting_orders == "exclude" and ORDER_ID in loaded.columns:
        orders = suspicions.conflicting_orders(used)
        if orders is not None:
            classified = marked(classified, orders, "excluded_conflict", on=ORDER_ID)
    if policies.bots == "exclude":
        days = suspicions.customer_days(used)
        bots = suspicions.busy_customers(used, days, limit=policies.bot_orders_per_day, columns=loaded.columns)
        if bots is not None:
            classified = marked(classified, bots, "bot", on=CUSTOMER_ID)
    refunds = fetch(classified.filter(nw.col("reason") == PENDING).select(nw.len().alias("n")))[0]["n"]
    if refunds and policies.refunds == "match":
        classified = match_refunds(classified, columns=loaded.columns, hold=engine.keep)
    if classified is before:
        return classified
    settled = engine.keep(classified, f"settled_{TABLE}")
    for name in (_CLASSIFIED, "refunds_by_order", "refunds_by_amount", "refunds_by_total"):
        engine.drop(name)
    return settled


def _suspicions(used: Frame, days: Frame, policies: PoliciesSection, loaded: Loaded) -> list[Issue]:
    """What is noted of the rows in use."""
    found: dict[str, Frame] = {}
    if ORDER_ID in loaded.columns:
        orders = suspicions.conflicting_orders(used)
        if orders is not None:
            found["conflicting_order"] = used.join(orders, left_on=ORDER_ID, right_on="suspect", how="semi")
    bots = suspicions.busy_customers(used, days, limit=policies.bot_orders_per_day, columns=loaded.columns)
    if bots is not None:
        found["suspected_bot"] = used.join(bots, left_on=CUSTOMER_ID, right_on="suspect", how="semi")
    crowds = suspicions.crowds(days)
    if crowds:
        found["suspected_guest"] = used.filter(nw.col(CUSTOMER_ID).is_in(crowds))
    limit = suspicions.outlier_bin(suspicions.log_values(days))
    if limit is not None:
        found["outlier"] = suspicions.rows_of_days(used, suspicions.outlying_days(days, limit))
    return [noted(code, rows, loaded.sources) for code, rows in found.items()]


def _accepted(used: Frame, columns: dict[str, str]) -> Frame:
    optional = [name for name in columns if name in _OPTIONAL]
    return used.select(CUSTOMER_ID, ORDERED_AT, (nw.col("booked") / MONEY_UNITS).alias(AMOUNT), *optional)


def _summary(transactions: Frame, loaded: Loaded) -> dict[str, Any]:
    return fetch(
        transactions.select(
            nw.col(CUSTOMER_ID).n_unique().alias("customers"),
            nw.col(ORDERED_AT).min().alias("first"),
            nw.col(ORDERED_AT).max().alias("last"),
            *(nw.col(name).is_null().cast(nw.Int64).sum().alias(name) for name in loaded.columns if name in _OPTIONAL),
        )
    )[0]


def _fully_refunded(classified: Frame) -> int:
    """Customers who have returned everything."""
    gone = classified.filter(nw.col("reason") == "refunded_order").select(CUSTOMER_ID).unique()
    left = classified.filter(nw.col("reason") == "").select(CUSTOMER_ID).unique()
    return int(fetch(gone.join(left, on=CUSTOMER_ID, how="anti").select(nw.len().alias("n")))[0]["n"])


def _choices(policies: PoliciesSection) -> dict[str, str]:
    """The policies in words: name = choice."""
    plain = policies.model_dump()
    return {
        name: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value) for name, value in plain.items()
    }


def _fingerprint(loaded: Loaded, tallies: dict[str, Tally]) -> str:
    facts = {
        "sources": [[source.name, source.rows, source.sha256] for source in loaded.sources],
        "columns": loaded.columns,
        "tallies": {name: [tally.rows, str(tally.money)] for name, tally in tallies.items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


__all__ = ["Finding", "Inferred", "Ingested", "classify", "ingest"]
