"""Do the tables agree with each other? Each check counts, names the first offenders, and says what becomes of them.

Nearly all checks only tell: the rows stay, and whoever uses them knows. Rows are set aside where they cannot be true
(a referral by somebody who was no customer yet) or must not count twice; a pool of costs whose shares do not add up to
1 is not shared out at all, since any way to mend it would be a guess.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from clv_lib.data.checks import CHECKS, Check
from clv_lib.data.column_names import UNITS
from clv_lib.data.cost_checks import cost_checks, unknown_campaigns
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import money
from clv_lib.data.reading import RecordTable, again
from clv_lib.data.record_tables import WHO, Tables, places
from clv_lib.data.responses import OUTCOME, OUTCOMES, RESPONSE_WINDOW_DAYS, judge_responses
from clv_lib.data.tables import CONTRACTS, TICKET
from clv_lib.names import (
    ACQUIRED_AT,
    CAMPAIGN_ID,
    CUSTOMER_ID,
    ENDED_AT,
    GIVEN_AT,
    INSTRUMENT,
    INTERACTION_ID,
    KIND,
    ORDERED_AT,
    POOL,
    PRODUCT_ID,
    REFERRED_AT,
    REFERRED_ID,
    REFERRER_ID,
    RESOLVED_AT,
    SHARE,
    STARTED_AT,
)
from clv_lib.periods import day_number

if TYPE_CHECKING:
    pass

Frame = nw.LazyFrame[Any]
WHOLE: Final = 1e-6  # how far shares that were rounded to six digits may be from 1


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
    found += [*cost_checks(tables, first_day, last_day), *_service(tables), *_products(tables)]
    order = list(CHECKS)
    return tables.tables, sorted(found, key=lambda check: order.index(check.code))


def _setting_aside(tables: Tables) -> Iterator[Check]:
    """Checks that set rows aside; they come first, so that the others see what is used."""
    if "referrals" in tables:
        if tables.since is not None:
            rows = tables.tables["referrals"].classified
            rows = rows.join(tables.since, left_on=REFERRER_ID, right_on=WHO, how="left")
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
    bad = {pool: total for pool, total in sums.items() if abs(total - 1) > WHOLE}
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
    people = known.select(nw.col(CUSTOMER_ID).alias(WHO))
    for name in tables.tables:
        for column in CONTRACTS[name].customers:
            if name != "customers" and tables.has(name, column):
                named = tables.used(name).filter(~nw.col(column).is_null())
                unknown = named.join(people, left_on=column, right_on=WHO, how="anti")
                yield from tables.check("unknown_customer", name, unknown, column, column=column)
    if "customers" not in tables or tables.log is None:
        return
    everybody = tables.tables["customers"].report.used.rows
    buyers = tables.log.transactions.group_by(CUSTOMER_ID).agg(nw.col(ORDERED_AT).min().alias("first order"))
    buyers = buyers.select(nw.col(CUSTOMER_ID).alias(WHO), "first order")
    joined = tables.used("customers").join(buyers, left_on=CUSTOMER_ID, right_on=WHO, how="left")
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
        rows = tables.used("referrals").join(tables.since, left_on=REFERRED_ID, right_on=WHO, how="left")
        already = rows.filter(nw.col("since") < nw.col(REFERRED_AT))
        yield from tables.check("referred_was_customer", "referrals", already, REFERRED_ID)


def _responses(tables: Tables) -> Iterator[Check]:
    """Responses that cannot be counted as such, and campaigns that nobody knows."""
    for name in ("interactions", "campaign_members"):
        if tables.has(name, CAMPAIGN_ID) and "campaigns" in tables:
            yield from unknown_campaigns(tables, name)
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


def _service(tables: Tables) -> Iterator[Check]:
    """Tickets, subscriptions and answers."""
    if tables.has("interactions", RESOLVED_AT):
        tickets = tables.used("interactions").filter(nw.col(KIND).str.to_lowercase() == TICKET)
        shown = INTERACTION_ID if tables.has("interactions", INTERACTION_ID) else CUSTOMER_ID
        yield from tables.check("open_tickets", "interactions", tickets.filter(nw.col(RESOLVED_AT).is_null()), shown)
    if "subscriptions" in tables:
        yield from _subscriptions(tables)
    if "feedback" in tables:
        rows = tables.used("feedback")
        later = (
            nw.col("line").cum_count(reverse=True).over(CUSTOMER_ID, INSTRUMENT, order_by=[GIVEN_AT, "source", "line"])
        )
        again_ = rows.with_columns(later.alias("later")).filter(nw.col("later") > 1)
        yield from tables.check("repeated_answer", "feedback", again_, CUSTOMER_ID)


def _subscriptions(tables: Tables) -> Iterator[Check]:
    """Contracts of one customer that run at the same time, and contracts from before the customer signed up."""
    rows = tables.used("subscriptions")
    ended = nw.col(ENDED_AT) if tables.has("subscriptions", ENDED_AT) else nw.lit(None, nw.Date)
    rows = rows.with_columns(day_number(ended.fill_null(nw.lit(date.max))).cast(nw.Int64).alias("end"))
    order = [STARTED_AT, "source", "line"]
    longest = rows.with_columns(nw.col("end").cum_max().over(CUSTOMER_ID, order_by=order).alias("longest"))
    before = longest.with_columns(nw.col("longest").shift(1).over(CUSTOMER_ID, order_by=order).alias("end before"))
    overlap = before.filter(day_number(nw.col(STARTED_AT)).cast(nw.Int64) < nw.col("end before"))
    yield from tables.check("overlapping_subscriptions", "subscriptions", overlap, CUSTOMER_ID)
    if tables.has("customers", ACQUIRED_AT):
        joined = tables.used("customers").select(nw.col(CUSTOMER_ID).alias(WHO), nw.col(ACQUIRED_AT).alias("joined"))
        early = tables.used("subscriptions").join(joined, left_on=CUSTOMER_ID, right_on=WHO, how="left")
        early = early.filter(nw.col(STARTED_AT) < nw.col("joined"))
        yield from tables.check("subscribed_before_acquisition", "subscriptions", early, CUSTOMER_ID)


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
