"""Birthdays and renewals to come, as day numbers: calendar days have no time zone, and so none can move them.

One Narwhals expression each, so pandas, DuckDB and Spark give identical days. A day that a month does not have is the
month's last: who was born on 29 February has a birthday on the 28th in a common year, and a contract of 31 January is
renewed on 28 or 29 February.
"""

from datetime import date

import narwhals as nw

from clv_lib.data.customers import Frame
from clv_lib.names import BILLING_PERIOD, STARTED_AT
from clv_lib.periods import (
    BILLING_MONTHS,
    DAYS_PER_WEEK,
    MONTHS_PER_YEAR,
    billing_periods_between,
    day_number,
    is_leap,
    month_length,
    month_number,
)



def day_in_month(month: nw.Expr, day: nw.Expr) -> nw.Expr:
    """Day number of a day of a month; of the month's last day where it has no such day.

    Parameters
    ----------
    month : narwhals.Expr
        As :func:`~clv_lib.periods.month_number` counts.
    day : narwhals.Expr
        1 to 31.
    """
    year, place = month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1
    past = year - 1
    # Dershowitz and Reingold's fixed date of a Gregorian day: February taken as 30 days long, and then corrected
    short = nw.when(place <= 2).then(nw.lit(0)).otherwise(2 - is_leap(year).cast(nw.Int64))
    first = 365 * past + past // 4 - past // 100 + past // 400 + (367 * place - 362) // 12 - short
    return (first + nw.min_horizontal(day.cast(nw.Int64), month_length(year, place))).cast(nw.Int64)


def next_birthday(born: nw.Expr, *, earliest: int) -> nw.Expr:
    """Day number of the first birthday on or after a day.

    Parameters
    ----------
    born : narwhals.Expr
        Days of birth.
    earliest : int
        Day number.
    """
    year = date.fromordinal(earliest).year
    month, day = born.dt.month().cast(nw.Int64) - 1, born.dt.day().cast(nw.Int64)
    this, following = (day_in_month(each * MONTHS_PER_YEAR + month, day) for each in (year, year + 1))
    return nw.when(this >= earliest).then(this).otherwise(following)


def with_next_renewal(contracts: Frame, *, after: date, name: str) -> Frame:
    """Add the day number of the first renewal that is later than a day.

    Parameters
    ----------
    contracts : narwhals.LazyFrame
        ``started_at``, not later than ``after``, and ``billing_period``.
    after : date
    name : str
        Of the new column.
    """
    start, billing, made = nw.col(STARTED_AT), nw.col(BILLING_PERIOD), nw.col("made")
    length = nw.lit(0).cast(nw.Int64)
    for period, months in BILLING_MONTHS.items():
        length = nw.when(billing == period).then(nw.lit(months)).otherwise(length)
    kept = contracts.collect_schema().names()
    # step by step: one expression of all would be written out many times over
    counted = contracts.with_columns(nw.lit(after).cast(nw.Date).alias("after"))
    counted = counted.with_columns(billing_periods_between(start, nw.col("after"), billing).alias("made"))
    weekly = day_number(start).cast(nw.Int64) + (made + 1) * DAYS_PER_WEEK
    dated = counted.with_columns(
        (month_number(start) + (made + 1) * length).alias("due month"),
        start.dt.day().cast(nw.Int64).alias("due day"),
        weekly.alias("weekly"),
    )
    due = day_in_month(nw.col("due month"), nw.col("due day"))
    found = nw.when(billing.is_in(list(BILLING_MONTHS))).then(due).otherwise(nw.col("weekly"))
    return dated.with_columns(found.cast(nw.Int64).alias(name)).select(*kept, name)
