"""What customers under contract pay per month, as it stood at the end of each period.

A subscription runs from its first to its last day, both included. Its price per billing period becomes one per month
(a week is a fifty-two-and-a-bit of a year), in whole ten-thousandths, so that sums are the same on every engine.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import narwhals as nw

from clv_lib.data.customers import Frame
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import BILLING_PERIOD, COHORT, CUSTOMER_ID, ENDED_AT, PERIOD, PRICE, STARTED_AT
from clv_lib.periods import MONTHS_PER_YEAR, Periods, billing_periods_per_year

BILLING = ("week", "month", "quarter", "year")


def period_ends(periods: Periods) -> dict[int, date]:
    """Last day of every period that lies inside the observation, also of one that had begun before it."""
    numbers = range(periods.seen.start, max(periods.complete.stop, periods.seen.start))
    return {number: periods.start(number + 1) - timedelta(days=1) for number in numbers}


def recurring_revenue(subscriptions: Frame, days: Mapping[int, date]) -> Frame:
    """One row per customer and day on which it is under contract: ``customer_id, period, units, cohort``.

    Parameters
    ----------
    subscriptions : narwhals.LazyFrame
        ``customer_id, started_at`` and, where there are, ``ended_at, price, billing_period``; a missing price is 0, a
        missing billing period a month.
    days : mapping of int to date
        When to look, by the number under which it stands; see :func:`period_ends`.

    Returns
    -------
    narwhals.LazyFrame
        ``units`` is what the customer pays per month for all subscriptions that run on that day; ``cohort`` is the
        first number under which the customer stands.
    """
    there = subscriptions.collect_schema().names()
    ended = nw.col(ENDED_AT).cast(nw.Date) if ENDED_AT in there else nw.lit(None).cast(nw.Date)
    price = nw.col(PRICE).cast(nw.Float64).fill_null(0.0) if PRICE in there else nw.lit(0.0)
    billing = nw.col(BILLING_PERIOD).fill_null("month") if BILLING_PERIOD in there else nw.lit("month")
    rows = subscriptions.select(
        nw.col(CUSTOMER_ID),
        nw.col(STARTED_AT).cast(nw.Date).alias("from"),
        ended.alias("to"),
        price.alias("paid"),
        billing.alias("billed"),
    )
    monthly = nw.col("paid")
    for name in BILLING:
        each = billing_periods_per_year(name) / MONTHS_PER_YEAR
        monthly = nw.when(nw.col("billed") == name).then(nw.col("paid") * each).otherwise(monthly)
    rows = rows.with_columns((monthly * MONEY_UNITS).round(0).cast(nw.Int64).alias(UNITS))
    running = [
        rows.filter(
            (nw.col("from") <= nw.lit(day)) & ((nw.col("to").is_null()) | (nw.col("to") >= nw.lit(day)))
        ).select(CUSTOMER_ID, nw.lit(number).cast(nw.Int64).alias(PERIOD), UNITS)
        for number, day in days.items()
    ]
    sums = nw.concat(running).group_by(CUSTOMER_ID, PERIOD).agg(nw.col(UNITS).sum())
    return sums.with_columns(
        nw.col(UNITS).cast(nw.Int64), nw.col(PERIOD).min().over(CUSTOMER_ID).cast(nw.Int64).alias(COHORT)
    )
