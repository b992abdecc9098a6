"""Do the tables agree with each other? Each check counts, names the first offenders, and says what becomes of them.

Nearly all checks only tell: the rows stay, and whoever uses them knows. Rows are set aside where they cannot be true
(a referral by somebody who was no customer yet) or must not count twice; a pool of costs whose shares do not add up to
1 is not shared out at all, since any way to mend it would be a guess.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from clv_lib.data.checks import CHECKS, Check
from clv_lib.data.columns import UNITS
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Place, Source, money
from clv_lib.data.reading import RecordTable, again, shown_value
from clv_lib.data.responses import OUTCOME, OUTCOMES, RESPONSE_WINDOW_DAYS, judge_responses
from clv_lib.data.tables import CONTRACTS, MONEY_UNITS, TICKET
from clv_lib.names import (
    ACQUIRED_AT,
    AMOUNT,
    CAMPAIGN_ID,
    CUSTOMER_ID,
    ENDED_AT,
    GIVEN_AT,
    INSTRUMENT,
    INTERACTION_ID,
    KIND,
    MONTH,
    ORDERED_AT,
    POOL,
    PRODUCT_ID,
    REFERRED_AT,
    REFERRED_ID,
    REFERRER_ID,
    REPORTED_SPEND,
    RESOLVED_AT,
    SHARE,
    STARTED_AT,
    TAX,
)

if TYPE_CHECKING:
    from clv_lib.data.ingest import Ingested

Frame = nw.LazyFrame[Any]
_PLACES: Final = 10
_CAMPAIGN_KINDS: Final = ("acquisition", "marketing", "retention")
_WHOLE: Final = 1e-6  # how far shares that were rounded to six digits may be from 1
_WHO: Final = "who"


@dataclass(frozen=True)
class Tables:
    """The tables as far as they are accepted, and the log they belong to."""

    tables: dict[str, RecordTable]
    log: "Ingested | None"
    engine: Engine

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def used(self, name: str) -> Frame:
        """Rows of a table that are used, with source and line."""
        return self.tables[name].classified.filter(nw.col("reason") == "")

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table is there and has these columns."""
        return table in self.tables and set(columns) <= set(self.tables[table].report.columns)

    @cached_property
    def known(self) -> Frame | None:
        """``customer_id`` of everybody whom the orders or the customers name; None where neither table is there."""
        parts = [self.log.transactions.select(CUSTOMER_ID)] if self.log else []
        parts += [self.used("customers").select(CUSTOMER_ID)] if "customers" in self else []
        if not parts:
            return None
        people = parts[0] if len(parts) == 1 else nw.concat(parts)
        return self.engine.keep(people.unique(), "known_customers")

    @cached_property
    def since(self) -> Frame | None:
        """``who, since``: first day on which somebody was a customer, by sign-up or by order; None where unknown."""
        parts = []
        if self.has("customers", ACQUIRED_AT):
            people = self.used("customers").select(CUSTOMER_ID, nw.col(ACQUIRED_AT).alias("since"))
            parts.append(people.filter(~nw.col("since").is_null()))
        if self.log:
            parts.append(self.log.transactions.group_by(CUSTOMER_ID).agg(nw.col(ORDERED_AT).min().alias("since")))
        if not parts:
            return None
        days = parts[0] if len(parts) == 1 else nw.concat(parts)
        first = days.group_by(CUSTOMER_ID).agg(nw.col("since").min())
        return self.engine.keep(first.select(nw.col(CUSTOMER_ID).alias(_WHO), "since"), "customers_since")

    def check(self, code: str, table: str, rows: Frame, *shown: str, **values: Any) -> Iterator[Check]:
        """Count rows and say where the first stand; nothing where there are none."""
        there = set(rows.collect_schema().names())
        units = [nw.col(UNITS).fill_null(0).sum().alias("money")] if UNITS in there else []
        count = fetch(rows.select(nw.len().alias("rows"), *units))[0]
        if count["rows"]:
            sources = self.tables[table].report.sources
            total = money(count.get("money") or 0)
            first = places(rows, sources, *shown)
            yield Check(code, table, CHECKS[code][0], int(count["rows"]), total, first, values)


def places(rows: Frame, sources: tuple[Source, ...], *shown: str) -> tuple[Place, ...]:
    """Where the first rows stand, with the values of some columns."""
    columns = [nw.col(each).cast(nw.String) for each in shown]
    found = fetch(rows.select("source", "line", *columns).sort("source", "line").head(_PLACES))
    return tuple(
        Place(sources[row["source"]].name, int(row["line"]), shown_value([row[each] for each in shown]))
        for row in found
    )


def cross_checks(
    tables: Tables, *, first_day: date | None, last_day: date
) -> tuple[dict[str, RecordTable], list[Check]]:
    """Hold the tables of a record against each other.

    Parameters
    ----------
    tables : Tables
    first_day, last_day : date
        Of the observation; the first is None where there is no log.

    Returns
    -------
    dict of RecordTable
        The tables, accounted for anew where a check has set rows aside.
    list of Check
        In the order of :data:`~clv_lib.data.checks.CHECKS`.
    """
    found = [*_setting_aside(tables)]
    found += [*_customers(tables), *_referrals(tables), *_responses(tables)]
    found += [*_costs(tables, first_day, last_day), *_service(tables), *_products(tables)]
    order = list(CHECKS)
    return tables.tables, sorted(found, key=lambda check: order.index(check.code))


def _setting_aside(tables: Tables) -> Iterator[Check]:
    """Checks that set rows aside; they come first, so that the others see what is used."""
    if "referrals" in tables:
        if tables.since is not None:
            rows = tables.tables["referrals"].classified
            rows = rows.join(tables.since, left_on=REFERRER_ID, right_on=_WHO, how="left")
            early = (nw.col(REFERRED_AT) < nw.col("since")).fill_null(False)
            yield from _aside(tables, "referrals", rows, early, "before_acquisition", REFERRED_AT, REFERRER_ID)
        rows = tables.tables["referrals"].classified.with_columns((nw.col("reason") == "").alias("open"))
        order = nw.col("line").cum_count().over(REFERRED_ID, "open", order_by=[REFERRED_AT, "source", "line"])
        yield from _aside(tables, "referrals", rows, order > 1, "referred_twice", REFERRED_ID, REFERRED_ID)
    if "allocations" in tables:
        yield from _unwhole_pools(tables)


def _unwhole_pools(tables: Tables) -> Iterator[Check]:
    used = tables.used("allocations")
    sums = {row[POOL]: row[SHARE] for row in fetch(used.group_by(POOL).agg(nw.col(SHARE).sum()).sort(POOL))}
    bad = {pool: total for pool, total in sums.items() if abs(total - 1) > _WHOLE}
    for pool, total in bad.items():
        rows = used.filter(nw.col(POOL) == pool)
        yield from tables.check("pool_not_whole", "allocations", rows, POOL, pool=pool, sum=total)
    if bad:  # all at once: what is kept under a name cannot be read while it is made anew
        rows, test = tables.tables["allocations"].classified, nw.col(POOL).is_in(list(bad))
        list(_aside(tables, "allocations", rows, test, "pool_not_whole", SHARE, POOL))


def _aside(
    tables: Tables, name: str, rows: Frame, test: nw.Expr, code: str, column: str, shown: str
) -> Iterator[Check]:
    """Set rows aside that are used so far, and account for their table anew."""
    found = rows.with_columns(((nw.col("reason") == "") & test).alias("against"))
    checks = list(tables.check(code, name, found.filter(nw.col("against")), shown))
    if checks:
        label = nw.when(nw.col("against")).then(nw.lit(f"{code}:{column}")).otherwise(nw.col("reason"))
        kept = rows_of(tables.tables[name].classified)
        judged = tables.engine.keep(found.with_columns(label.alias("reason")).select(*kept), f"{code}_{name}")
        tables.tables[name] = again(tables.tables[name], judged)
    yield from checks


def rows_of(frame: Frame) -> list[str]:
    """Columns of a frame."""
    return list(frame.collect_schema().names())


def _customers(tables: Tables) -> Iterator[Check]:
    """Ids that nobody knows, and orders before the sign-up."""
    known = tables.known
    if known is None:
        return
    people = known.select(nw.col(CUSTOMER_ID).alias(_WHO))
    for name in tables.tables:
        for column in CONTRACTS[name].customers:
            if name != "customers" and tables.has(name, column):
                named = tables.used(name).filter(~nw.col(column).is_null())
                unknown = named.join(people, left_on=column, right_on=_WHO, how="anti")
                yield from tables.check("unknown_customer", name, unknown, column, column=column)
    if "customers" not in tables or tables.log is None:
        return
    everybody = tables.tables["customers"].report.used.rows
    buyers = tables.log.transactions.group_by(CUSTOMER_ID).agg(nw.col(ORDERED_AT).min().alias("first order"))
    buyers = buyers.select(nw.col(CUSTOMER_ID).alias(_WHO), "first order")
    joined = tables.used("customers").join(buyers, left_on=CUSTOMER_ID, right_on=_WHO, how="left")
    silent = joined.filter(nw.col("first order").is_null())
    for check in tables.check("customers_without_orders", "customers", silent, CUSTOMER_ID):
        yield _with(check, share=check.rows / everybody)
    if tables.has("customers", ACQUIRED_AT):
        early = joined.filter(nw.col("first order") < nw.col(ACQUIRED_AT))
        for check in tables.check("orders_before_acquisition", "customers", early, CUSTOMER_ID):
            yield _with(check, share=check.rows / everybody)


def _with(check: Check, **values: Any) -> Check:
    return Check(check.code, check.table, check.kind, check.rows, check.money, check.first, check.values | values)


def _referrals(tables: Tables) -> Iterator[Check]:
    if "referrals" in tables and tables.since is not None:
        rows = tables.used("referrals").join(tables.since, left_on=REFERRED_ID, right_on=_WHO, how="left")
        already = rows.filter(nw.col("since") < nw.col(REFERRED_AT))
        yield from tables.check("referred_was_customer", "referrals", already, REFERRED_ID)


def _responses(tables: Tables) -> Iterator[Check]:
    """Responses that cannot be counted as such, and campaigns that nobody knows."""
    for name in ("interactions", "campaign_members"):
        if tables.has(name, CAMPAIGN_ID) and "campaigns" in tables:
            yield from _unknown_campaigns(tables, name)
    if not tables.has("interactions", CAMPAIGN_ID) or "campaign_members" not in tables:
        return
    judged = judge_responses(
        tables.used("interactions"),
        tables.used("campaign_members"),
        campaigns=tables.used("campaigns") if "campaigns" in tables else None,
        known=tables.known,
    )
    judged = tables.engine.keep(judged, "judged_responses")
    for code in OUTCOMES:
        rows = judged.filter(nw.col(OUTCOME) == code)
        yield from tables.check(f"response_{code}", "interactions", rows, CUSTOMER_ID, days=RESPONSE_WINDOW_DAYS)


def _unknown_campaigns(tables: Tables, name: str) -> Iterator[Check]:
    campaigns = tables.used("campaigns").select(nw.col(CAMPAIGN_ID).alias("known campaign"))
    named = tables.used(name).filter(~nw.col(CAMPAIGN_ID).is_null())
    unknown = named.join(campaigns, left_on=CAMPAIGN_ID, right_on="known campaign", how="anti")
    yield from tables.check("unknown_campaign", name, unknown, CAMPAIGN_ID)


def _costs(tables: Tables, first_day: date | None, last_day: date) -> Iterator[Check]:
    """The ledger against the campaigns, the pools and the calendar."""
    if "costs" not in tables:
        return
    costs = tables.used("costs")
    if tables.has("costs", CAMPAIGN_ID):
        if "campaigns" in tables:
            yield from _unknown_campaigns(tables, "costs")
        without = costs.filter(nw.col(CAMPAIGN_ID).is_null() & nw.col(KIND).is_in(_CAMPAIGN_KINDS))
        yield from tables.check("without_campaign", "costs", without, KIND)
        if tables.has("campaigns", REPORTED_SPEND):
            yield from _spend(tables, costs)
    yield from tables.check("negative_cost", "costs", costs.filter(nw.col(AMOUNT) < 0), AMOUNT)
    if tables.has("costs", TAX):
        yield from _taxes(tables, costs)
    if first_day is not None:
        inside = (nw.col(MONTH) >= nw.lit(first_day.replace(day=1))) & (nw.col(MONTH) <= nw.lit(last_day))
        outside = costs.filter(~inside)
        yield from tables.check("outside_log", "costs", outside, MONTH, first=str(first_day), last=str(last_day))
    if tables.has("costs", POOL):
        yield from _pools(tables, costs)


def _spend(tables: Tables, costs: Frame) -> Iterator[Check]:
    """Each campaign whose own account of its spend is not that of the ledger."""
    booked = costs.filter(~nw.col(CAMPAIGN_ID).is_null()).group_by(CAMPAIGN_ID).agg(nw.col(UNITS).sum().alias("booked"))
    booked = booked.select(nw.col(CAMPAIGN_ID).alias("booked campaign"), "booked")
    said = tables.used("campaigns").filter(~nw.col(REPORTED_SPEND).is_null())
    both = said.join(booked, left_on=CAMPAIGN_ID, right_on="booked campaign", how="left")
    for row in fetch(both.select(CAMPAIGN_ID, REPORTED_SPEND, "booked", "source", "line").sort(CAMPAIGN_ID)):
        ledger = money(row["booked"] or 0)
        reported = Decimal(round(row[REPORTED_SPEND] * MONEY_UNITS)) / MONEY_UNITS
        if ledger != reported:
            place = Place(tables.tables["campaigns"].report.sources[row["source"]].name, int(row["line"]))
            values = {
                "campaign": row[CAMPAIGN_ID],
                "reported": float(reported),
                "difference": float(ledger - reported),
            }
            yield Check("spend_differs", "campaigns", "note", 1, ledger, (place,), values)


def _taxes(tables: Tables, costs: Frame) -> Iterator[Check]:
    mark = nw.col(TAX).str.to_lowercase().fill_null("unmarked").alias("mark")
    found = fetch(
        costs.select(mark, UNITS).group_by("mark").agg(nw.len().alias("rows"), nw.col(UNITS).sum()).sort("mark")
    )
    if len(found) > 1:
        marks = ", ".join(f"{row['mark']} {row['rows']:,} rows ({money(row[UNITS]):,.2f})" for row in found)
        rows, total = sum(int(row["rows"]) for row in found), sum(int(row[UNITS]) for row in found)
        yield Check("mixed_tax", "costs", "note", rows, money(total), values={"marks": marks})


def _pools(tables: Tables, costs: Frame) -> Iterator[Check]:
    shared = costs.filter(~nw.col(POOL).is_null())
    if "allocations" in tables:
        pools = tables.used("allocations").select(nw.col(POOL).alias("known pool")).unique()
        shared = shared.join(pools, left_on=POOL, right_on="known pool", how="anti")
    for pool in fetch(shared.select(POOL).unique().sort(POOL)):
        rows = shared.filter(nw.col(POOL) == pool[POOL])
        yield from tables.check("pool_without_shares", "costs", rows, POOL, pool=pool[POOL])


def _service(tables: Tables) -> Iterator[Check]:
    """Tickets, subscriptions and answers."""
    if tables.has("interactions", RESOLVED_AT):
        tickets = tables.used("interactions").filter(nw.col(KIND).str.to_lowercase() == TICKET)
        shown = INTERACTION_ID if tables.has("interactions", INTERACTION_ID) else CUSTOMER_ID
        yield from tables.check("open_tickets", "interactions", tickets.filter(nw.col(RESOLVED_AT).is_null()), shown)
    if "subscriptions" in tables:
        rows = tables.used("subscriptions")
        ended = nw.col(ENDED_AT) if tables.has("subscriptions", ENDED_AT) else nw.lit(None, nw.Date)
        rows = rows.with_columns(ended.fill_null(nw.lit(date.max)).alias("end"))
        before = nw.col("end").shift(1).over(CUSTOMER_ID, order_by=[STARTED_AT, "source", "line"])
        overlap = rows.with_columns(before.alias("end before")).filter(nw.col(STARTED_AT) < nw.col("end before"))
        yield from tables.check("overlapping_subscriptions", "subscriptions", overlap, CUSTOMER_ID)
    if "feedback" in tables:
        rows = tables.used("feedback")
        later = (
            nw.col("line").cum_count(reverse=True).over(CUSTOMER_ID, INSTRUMENT, order_by=[GIVEN_AT, "source", "line"])
        )
        again_ = rows.with_columns(later.alias("later")).filter(nw.col("later") > 1)
        yield from tables.check("repeated_answer", "feedback", again_, CUSTOMER_ID)


def _products(tables: Tables) -> Iterator[Check]:
    """Order lines of products that the table of products does not have; free lines and refunds count as lines, too."""
    log = tables.log
    if log is None or "products" not in tables or PRODUCT_ID not in log.report.columns:
        return
    products = tables.used("products").select(nw.col(PRODUCT_ID).alias("known product"))
    lines = log.classified.filter(nw.col("fault").is_null() & ~nw.col(PRODUCT_ID).is_null())
    unknown = lines.join(products, left_on=PRODUCT_ID, right_on="known product", how="anti")
    used = nw.when(nw.col("reason") == "").then(nw.col(UNITS)).otherwise(0)
    count = fetch(
        unknown.select(
            nw.len().alias("rows"), used.sum().alias("money"), nw.col(PRODUCT_ID).n_unique().alias("products")
        )
    )[0]
    if count["rows"]:
        whole, total = log.report.used.money, money(count["money"] or 0)
        values = {"share": float(total / whole) if whole else 0.0, "products": int(count["products"])}
        first = places(unknown, log.report.sources, PRODUCT_ID)
        yield Check("unknown_product", "transactions", "note", int(count["rows"]), total, first, values)
