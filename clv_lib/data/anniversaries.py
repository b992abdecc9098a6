"""Birthdays and renewals to come, as day numbers: calendar days have no time zone, and so none can move them.

Narwhals expressions, so pandas, DuckDB and Spark give identical days. A day that a month does not have is the month's
last: who was born on 29 February has a birthday on the 28th in a common year, and a contract of 31 January is renewed
on 28 or 29 February. Each step is a column of its own: one expression of all would be written out many times over.
"""

from datetime import date

import narwhals as nw

from clv_lib.data.customers import Frame
from clv_lib.names import BILLING_PERIOD, STARTED_AT
from clv_lib.periods import (
    MONTHS_OF_BILLING,
    DAYS_PER_WEEK,
    MONTHS_PER_YEAR,
    billing_periods_between,
    day_number,
    is_leap,
    month_length,
    month_number,
)

_MONTH, _DAY, _YEAR, _PLACE, _LEAP = "the month", "the day", "the year", "month of the year", "leap"


def with_day_in_month(frame: Frame, *, month: nw.Expr, day: nw.Expr, name: str) -> Frame:
    """Add the day number of a day of a month; of the month's last day where it has no such day.

    Parameters
    ----------
    frame : narwhals.LazyFrame
    month : narwhals.Expr
        As :func:`~clv_lib.periods.month_number` counts.
    day : narwhals.Expr
        1 to 31.
    name : str
        Of the new column.
    """
    kept = frame.collect_schema().names()
    whole, year, place = nw.col(_MONTH), nw.col(_YEAR), nw.col(_PLACE)
    frame = frame.with_columns(month.cast(nw.Int64).alias(_MONTH), day.cast(nw.Int64).alias(_DAY))
    frame = frame.with_columns((whole // MONTHS_PER_YEAR).alias(_YEAR), (whole % MONTHS_PER_YEAR + 1).alias(_PLACE))
    frame = frame.with_columns(is_leap(year).cast(nw.Int64).alias(_LEAP), month_length(year, place).alias("length"))
    past = year - 1
    # Reingold and Dershowitz, Calendrical Calculations: February is taken to have 30 days, and then corrected
    short = nw.when(place <= 2).then(nw.lit(0)).otherwise(2 - nw.col(_LEAP))
    before = 365 * past + past // 4 - past // 100 + past // 400 + (367 * place - 362) // 12 - short
    found = (before + nw.min_horizontal(nw.col(_DAY), nw.col("length"))).cast(nw.Int64)
    return frame.with_columns(found.alias(name)).select(*(each for each in kept if each != name), name)


def with_birthdays(people: Frame, born: str, *, first: date, before: str, following: str) -> Frame:
    """Add the last birthday before a day, and the first one on or after it; missing where nobody knows.

    Parameters
    ----------
    people : narwhals.LazyFrame
    born : str
        Column of the day of birth.
    first : date
    before, following : str
        Names of the new columns, day numbers.
    """
    month, day = nw.col(born).dt.month().cast(nw.Int64) - 1, nw.col(born).dt.day()
    years = {"last year": first.year - 1, "this year": first.year, "next year": first.year + 1}
    for name, year in years.items():
        people = with_day_in_month(people, month=year * MONTHS_PER_YEAR + month, day=day, name=name)
    last, this, following_year = (nw.col(name) for name in years)
    known, coming = ~nw.col(born).is_null(), this >= first.toordinal()
    found = people.with_columns(
        nw.when(known).then(nw.when(coming).then(last).otherwise(this)).cast(nw.Float64).alias(before),
        nw.when(known).then(nw.when(coming).then(this).otherwise(following_year)).cast(nw.Float64).alias(following),
    )
    return found.drop(*years)


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
    for period, months in MONTHS_OF_BILLING.items():
        length = nw.when(billing == period).then(nw.lit(months)).otherwise(length)
    kept = contracts.collect_schema().names()
    found = contracts.with_columns(nw.lit(after).cast(nw.Date).alias("after"), month_number(start).alias("from month"))
    found = found.with_columns(billing_periods_between(start, nw.col("after"), billing).alias("made"))
    found = found.with_columns((day_number(start).cast(nw.Int64) + (made + 1) * DAYS_PER_WEEK).alias("weekly"))
    due_month = nw.col("from month") + (made + 1) * length
    found = with_day_in_month(found, month=due_month, day=start.dt.day(), name="monthly")
    due = nw.when(length > 0).then(nw.col("monthly")).otherwise(nw.col("weekly"))
    return found.with_columns(due.cast(nw.Int64).alias(name)).select(*kept, name)
