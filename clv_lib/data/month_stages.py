"""Stages on a day and at the ends of months, counted: movements, purchases and stays.

What happens at a month's end is a join of the stretches of :mod:`clv_lib.data.stages` with a calendar.
"""

from datetime import date

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import lent_to
from clv_lib.data.stages import (
    BOUGHT_BEFORE,
    BUYS,
    DAY,
    LEVEL,
    MONTH_END,
    NEW,
    NUMBER,
    PREVIOUS_LEVEL,
    SINCE,
    STAYS,
    TOP,
    UNTIL,
    WAY,
)
from clv_lib.names import (
    AT_RISK,
    CUSTOMER_ID,
    LIFECYCLE_STAGE,
    PREVIOUS_STAGE,
    RETENTION,
    N,
)
from clv_lib.periods import month_of_number


def stages_on(found: Frame, day: date) -> Frame:
    """The stretch of every customer on one day: those who came later are not there."""
    number = day.toordinal()
    return found.filter((nw.col(DAY) <= number) & (nw.col(UNTIL).is_null() | (nw.col(UNTIL) > number)))


def month_ends(found: Frame, months: range) -> Frame:
    """The stage of every customer at the end of every month, with the one at the end of the month before.

    Parameters
    ----------
    found : narwhals.LazyFrame
        From :func:`stretches`.
    months : range
        Month numbers, consecutive; the first has no month before it, and whoever is there counts as new.

    Returns
    -------
    narwhals.LazyFrame
        As ``found``, and month_number; month_end; level, how far the stay has come, 0 to :data:`TOP`: in retention the
        way to loyalty, elsewhere the month ends of this stay before this one (at risk: to half of it, and half more for
        who would be loyal); previous_stage (``new`` for who was not yet a customer), previous_level and
        previous_purchases (null for them); stays, whether the stay is the same as a month before.
    """
    calendar = lent_to(found, calendar_of(months))
    here = (nw.col(DAY) <= nw.col(MONTH_END)) & (nw.col(UNTIL).is_null() | (nw.col(UNTIL) > nw.col(MONTH_END)))
    by_month = {"order_by": NUMBER}
    age = nw.col("one").cum_sum().over(CUSTOMER_ID, SINCE, **by_month) - 1
    half = TOP // 2
    long = nw.when(nw.col("one") < half).then(nw.col("one")).otherwise(nw.lit(half - 1))
    silent = long + nw.when(nw.col(WAY) == TOP).then(nw.lit(half)).otherwise(nw.lit(0))
    lapsed = nw.col(LIFECYCLE_STAGE) == AT_RISK
    return (
        found.join(calendar, how="cross")
        .filter(here)
        .with_columns(nw.lit(1).cast(nw.Int64).alias("one"))
        .with_columns(age.alias("one"))
        .with_columns(
            nw.when(nw.col(LIFECYCLE_STAGE) == RETENTION)
            .then(nw.col(WAY))
            .otherwise(nw.when(lapsed).then(silent).otherwise(nw.col("one").clip(upper_bound=TOP)))
            .alias(LEVEL)
        )
        .with_columns(
            nw.col(LIFECYCLE_STAGE).shift(1).over(CUSTOMER_ID, **by_month).fill_null(NEW).alias(PREVIOUS_STAGE),
            nw.col(LEVEL).shift(1).over(CUSTOMER_ID, **by_month).alias(PREVIOUS_LEVEL),
            nw.col(BUYS).shift(1).over(CUSTOMER_ID, **by_month).alias(BOUGHT_BEFORE),
            (nw.col(SINCE).shift(1).over(CUSTOMER_ID, **by_month) == nw.col(SINCE)).fill_null(False).alias(STAYS),
        )
        .drop("one")
    )


def movement_cells(ends: Frame) -> pd.DataFrame:
    """Customers by month, stage and level before and now (level -1: new), and whether the stay went on."""
    keys = [NUMBER, PREVIOUS_STAGE, PREVIOUS_LEVEL, LIFECYCLE_STAGE, LEVEL, STAYS]
    cells = ends.with_columns(
        nw.col(PREVIOUS_LEVEL).fill_null(-1).cast(nw.Int64), nw.col(LEVEL).cast(nw.Int64), nw.col(STAYS).cast(nw.Int64)
    )
    return _sorted(cells.group_by(*keys).agg(nw.len().alias(N)), keys)


def buying_cells(ends: Frame) -> pd.DataFrame:
    """Customers by month, stage before and now, whether they had bought before, and whether they did in the month."""
    before = nw.col(BOUGHT_BEFORE).fill_null(0)
    keys = [NUMBER, PREVIOUS_STAGE, LIFECYCLE_STAGE, "had_bought", "bought"]
    cells = ends.with_columns(
        (before > 0).cast(nw.Int64).alias("had_bought"), (nw.col(BUYS) > before).cast(nw.Int64).alias("bought")
    )
    return _sorted(cells.group_by(*keys).agg(nw.len().alias(N)), keys)


def stays(found: Frame, *, end: date) -> pd.DataFrame:
    """Unbroken stays counted by stage, length in days, and whether they ended: ``lifecycle_stage, days, ended, n``."""
    ends = nw.col(UNTIL).fill_null(end.toordinal() + 1)
    each = (
        found.with_columns(ends.alias("ends"), nw.col(UNTIL).is_null().cast(nw.Int64).alias("open"))
        .group_by(CUSTOMER_ID, LIFECYCLE_STAGE, SINCE)
        .agg(nw.col("ends").max(), nw.col("open").max())
        .select(
            nw.col(LIFECYCLE_STAGE),
            (nw.col("ends") - nw.col(SINCE)).alias("days"),
            (1 - nw.col("open")).alias("ended"),
        )
    )
    keys = [LIFECYCLE_STAGE, "days", "ended"]
    return _sorted(each.group_by(*keys).agg(nw.len().alias(N)), keys)


def calendar_of(months: range) -> pd.DataFrame:
    """Number and last day of each month."""
    ends = [month_of_number(each + 1).toordinal() - 1 for each in months]
    return pd.DataFrame({NUMBER: list(months), MONTH_END: ends}).astype("int64")


def _sorted(frame: Frame, keys: list[str]) -> pd.DataFrame:
    return collected(frame).astype({N: "int64"}).sort_values(keys, ignore_index=True)
