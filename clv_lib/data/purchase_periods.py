"""Who bought in which month, quarter or year, and how long a first-time buyer took to buy again.

Every table of the pages on coming back is a sum over these rows: customers, purchase days and money in whole
ten-thousandths, so that the sums are those of the log whichever engine adds them up.
"""

from datetime import date
from typing import Final

import narwhals as nw

from clv_lib.data.customers import Frame, activity, money_units, purchase_days
from clv_lib.names import COHORT, CUSTOMER_ID, MONTH, ORDERED_AT, ORDERS, PERIOD, PURCHASE_DAY, REVENUE
from clv_lib.periods import day_number, month_number

MONTH_NUMBER: Final = "month_number"
UNITS: Final = "units"  # money in 1/10,000 of the currency
WAIT: Final = "wait"  # days from the first purchase to the second, or to the end of the observation
CAME_BACK: Final = "came_back"  # 1 where there is a second purchase, else 0


def purchase_months(transactions: Frame, *, end: date) -> Frame:
    """One row per customer and month with a purchase: ``customer_id, month_number, orders, units``.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
        Accepted rows.
    end : date
        Last day customers could be seen.
    """
    return activity(transactions.filter(nw.col(ORDERED_AT) <= nw.lit(end))).select(
        nw.col(CUSTOMER_ID),
        month_number(nw.col(MONTH)).alias(MONTH_NUMBER),
        nw.col(ORDERS),
        money_units(nw.col(REVENUE)).alias(UNITS),
    )


def purchase_periods(months: Frame, *, length: int) -> Frame:
    """One row per customer and period with a purchase: ``customer_id, period, orders, units, cohort``.

    Parameters
    ----------
    months : narwhals.LazyFrame
        From :func:`purchase_months`.
    length : int
        Months that a period lasts.

    Returns
    -------
    narwhals.LazyFrame
        ``cohort`` is the period of the customer's first purchase.
    """
    whole = nw.col(ORDERS).cast(nw.Int64), nw.col(UNITS).cast(nw.Int64)
    period = (nw.col(MONTH_NUMBER) // length).cast(nw.Int64)
    return (
        months.with_columns(period.alias(PERIOD))
        .group_by(CUSTOMER_ID, PERIOD)
        .agg(nw.col(ORDERS).sum(), nw.col(UNITS).sum())
        .with_columns(*whole, nw.col(PERIOD).min().over(CUSTOMER_ID).alias(COHORT))
    )


def waits(transactions: Frame, *, end: date, length: int) -> Frame:
    """How long first-time buyers took to buy again: ``customer_id, cohort, wait, came_back``, one row per customer.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
    end : date
        Last day customers could be seen; who has not come back by then is counted as not yet back after that time.
    length : int
        Months that a period lasts.
    """
    log = transactions.filter(nw.col(ORDERED_AT) <= nw.lit(end))
    born = log.group_by(CUSTOMER_ID).agg(nw.col(ORDERED_AT).min().alias(ORDERED_AT))
    born = born.select(
        CUSTOMER_ID,
        day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias("first"),
        (month_number(nw.col(ORDERED_AT)) // length).cast(nw.Int64).alias(COHORT),
    )
    later = purchase_days(log).join(born.select(CUSTOMER_ID, "first"), on=CUSTOMER_ID, how="inner")
    second = later.filter(nw.col(PURCHASE_DAY) > nw.col("first")).group_by(CUSTOMER_ID)
    both = born.join(second.agg(nw.col(PURCHASE_DAY).min().alias("second")), on=CUSTOMER_ID, how="left")
    back = ~nw.col("second").is_null()
    until = nw.when(back).then(nw.col("second")).otherwise(nw.lit(end.toordinal()))
    return both.select(
        CUSTOMER_ID,
        COHORT,
        (until - nw.col("first")).cast(nw.Int64).alias(WAIT),
        back.cast(nw.Int64).alias(CAME_BACK),
    )
