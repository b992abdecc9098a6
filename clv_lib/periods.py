"""The only place that divides by 7, 30 or 365: calendar, observation window and rates.

Models count in weeks, settings speak of months and years, and the log holds calendar days.
A year is 365.25 days throughout, so twelve months are 52.18 weeks whichever year they fall in.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

import narwhals as nw
import numpy as np

from clv_lib.errors import SettingsError

DAYS_PER_WEEK: Final = 7
DAYS_PER_YEAR: Final = 365.25
MONTHS_PER_YEAR: Final = 12
WEEKS_PER_YEAR: Final = DAYS_PER_YEAR / DAYS_PER_WEEK
SHORTEST_HOLDOUT_WEEKS: Final = 4.0  # less says nothing about a forecast
PeriodName = Literal["month", "quarter", "year"]
PERIOD_NAMES: Final[tuple[PeriodName, ...]] = get_args(PeriodName)  # shortest first
PERIOD_MONTHS: Final[dict[PeriodName, int]] = {"month": 1, "quarter": 3, "year": MONTHS_PER_YEAR}
STRETCHES: Final = (12, 6, 3, 1)  # months that are compared with as many before them; whole years have no season


@dataclass(frozen=True)
class ObservationWindow:
    """First and last day customers could be seen, and the last day of the calibration period.

    Parameters
    ----------
    start, end : date
        Both days belong to the window; ``end`` may be later than the last purchase.
    calibration_end : date, optional
        Last day of the fitting data in a backtest; ``None`` when the window is too short for one.
    """

    start: date
    end: date
    calibration_end: date | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise SettingsError(
                f"the observation must end on or after its first day, but it ends on {self.end} "
                f"and the log begins on {self.start}. Usually dataset.as_of is too early; move it later."
            )
        if self.calibration_end is not None and not self.start <= self.calibration_end < self.end:
            raise SettingsError(
                f"dataset.calibration_end must fall inside the log, before its last day, but it is "
                f"{self.calibration_end} and the log runs from {self.start} to {self.end}. Choose a day in between."
            )

    @property
    def weeks(self) -> float:
        """Length of the window in weeks, last minus first day."""
        return (self.end - self.start).days / DAYS_PER_WEEK

    @property
    def holdout_weeks(self) -> float:
        """Length of the holdout in weeks; 0 without a calibration period."""
        return 0.0 if self.calibration_end is None else (self.end - self.calibration_end).days / DAYS_PER_WEEK


def observation_window(first: date, last: date, *, calibration_end: date | None = None) -> ObservationWindow:
    """Window from the first to the last day; by default two thirds of it calibrate.

    Parameters
    ----------
    first, last : date
        First and last day customers could be seen.
    calibration_end : date, optional
        Stated by the settings. Where it is not, the split falls at two thirds, unless either part would be
        shorter than :data:`SHORTEST_HOLDOUT_WEEKS`; then there is no split.
    """
    if calibration_end is None:
        split = first + timedelta(days=round((last - first).days * 2 / 3))
        if (last - split).days >= SHORTEST_HOLDOUT_WEEKS * DAYS_PER_WEEK:
            calibration_end = split
    return ObservationWindow(first, last, calibration_end)


def weeks_in_months(months: float) -> float:
    """Length of ``months`` average months, in weeks (12 months are 52.18 weeks)."""
    return months * WEEKS_PER_YEAR / MONTHS_PER_YEAR


def rate_per_period(annual_rate: float, *, periods_per_year: float) -> float:
    """Effective rate per period that compounds to ``annual_rate`` over a year."""
    return math.expm1(math.log1p(annual_rate) / periods_per_year)


def continuous_rate(annual_rate: float, *, periods_per_year: float = WEEKS_PER_YEAR) -> float:
    """Force of interest per period: ``exp(-rate * t)`` discounts over ``t`` periods.

    With 15 % a year and 52 weeks it is 0.0027, the delta of Fader, Hardie & Lee (2005), "RFM and CLV", p. 420.
    """
    return math.log1p(annual_rate) / periods_per_year


def days_to_weeks[Days: (nw.Expr, np.ndarray)](days: Days, *, whole: bool = False) -> Days:
    """Days as weeks, with fractions or as whole weeks (rounded down); a column's expression, or an array."""
    return days // DAYS_PER_WEEK * 1.0 if whole else days / DAYS_PER_WEEK


def day_number(when: nw.Expr) -> nw.Expr:
    """Number of the calendar day, 0001-01-01 being 1: equal to ``date.toordinal()``.

    Subtracting dates is not implemented on every Narwhals backend; integers are.
    """
    year = when.dt.year() - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + when.dt.ordinal_day()


def month_number(when: nw.Expr) -> nw.Expr:
    """Number of the calendar month, January of the year 1 being 12; consecutive months differ by 1."""
    return (when.dt.year().cast(nw.Int64) * MONTHS_PER_YEAR) + (when.dt.month().cast(nw.Int64) - 1)


def month_number_of(when: date) -> int:
    """Number of the calendar month of a day, as :func:`month_number` counts."""
    return when.year * MONTHS_PER_YEAR + when.month - 1


def month_of_number(number: int) -> date:
    """First day of a month given by its number."""
    return date(int(number) // MONTHS_PER_YEAR, int(number) % MONTHS_PER_YEAR + 1, 1)


def complete_months(window: ObservationWindow) -> range:
    """Numbers of the months that the window covers from their first to their last day."""
    first = month_number_of(window.start) + (window.start.day > 1)
    last = month_number_of(window.end + timedelta(days=1)) - 1
    return range(first, last + 1)


@dataclass(frozen=True)
class Periods:
    """Months, quarters or years of the calendar, counted, and which of them the log covers.

    The number of a period is that of its first month divided by its length, so consecutive periods differ by 1.

    Attributes
    ----------
    name : {"month", "quarter", "year"}
    seen : range
        Numbers of all periods with a day inside the window.
    complete : range
        Those that the window covers from their first to their last day; empty where there is none.
    """

    name: PeriodName
    seen: range
    complete: range

    @property
    def months(self) -> int:
        """Months that one period lasts."""
        return PERIOD_MONTHS[self.name]

    @property
    def per_year(self) -> int:
        """Periods in a year."""
        return MONTHS_PER_YEAR // self.months

    def start(self, number: int) -> date:
        """First day of a period."""
        return month_of_number(int(number) * self.months)


def periods_of(window: ObservationWindow, name: PeriodName) -> Periods:
    """Months, quarters or years of a window."""
    length, whole = PERIOD_MONTHS[name], complete_months(window)
    seen = range(month_number_of(window.start) // length, month_number_of(window.end) // length + 1)
    return Periods(name, seen, range(-(-whole.start // length), whole.stop // length))


@dataclass(frozen=True)
class Stretch:
    """Consecutive months of the calendar.

    Attributes
    ----------
    first, last : int
        Month numbers, both included.
    """

    first: int
    last: int

    @property
    def months(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def days(self) -> tuple[date, date]:
        """First days of the first and the last month."""
        return month_of_number(self.first), month_of_number(self.last)


def latest_stretches(window: ObservationWindow) -> tuple[Stretch, Stretch] | None:
    """The longest of :data:`STRETCHES` that fits twice into the complete months: the one before, and the latest.

    None where the window does not cover two months.
    """
    whole = complete_months(window)
    for length in STRETCHES:
        if 2 * length <= len(whole):
            last = whole.stop - 1
            return Stretch(last - 2 * length + 1, last - length), Stretch(last - length + 1, last)
    return None


MONTHS_OF_BILLING: Final = {
    "month": 1,
    "quarter": 3,
    "year": MONTHS_PER_YEAR,
}  # of a billing period; a week is not made of months


def months_between(start: nw.Expr, end: nw.Expr, *, strictly: bool = False) -> nw.Expr:
    """Complete calendar months from one day to another: monthly anniversaries of ``start`` up to ``end``.

    Where a month has no such day, its last day is the anniversary: 31 January, 28 (or 29) February, 31 March.

    Parameters
    ----------
    start, end : narwhals.Expr
        Days; ``end`` not before ``start``.
    strictly : bool
        Count only anniversaries before ``end``, not the one on that very day.
    """
    turns = nw.min_horizontal(start.dt.day().cast(nw.Int64), _days_in_month(end))
    day = end.dt.day().cast(nw.Int64)
    short = day <= turns if strictly else day < turns
    return month_number(end) - month_number(start) - short.cast(nw.Int64)


def billing_periods_between(
    start: nw.Expr, end: nw.Expr, billing_period: nw.Expr, *, strictly: bool = False
) -> nw.Expr:
    """Anniversaries of ``start`` up to ``end`` by billing period (week, month, quarter, year): renewals fallen due.

    Calendar months make months, quarters and years; weeks are seven days. Never negative.
    """
    months = months_between(start, end, strictly=strictly)
    days = (day_number(end) - day_number(start)).cast(nw.Int64) - int(strictly)
    found = days // DAYS_PER_WEEK
    for name, length in MONTHS_OF_BILLING.items():
        found = nw.when(billing_period == name).then(months // length).otherwise(found)
    return nw.max_horizontal(found.cast(nw.Int64), nw.lit(0).cast(nw.Int64))


def billing_periods_per_year(billing_period: str) -> float:
    """Billing periods in an average year."""
    return WEEKS_PER_YEAR if billing_period == "week" else MONTHS_PER_YEAR / MONTHS_OF_BILLING[billing_period]


def _days_in_month(when: nw.Expr) -> nw.Expr:
    return month_length(when.dt.year().cast(nw.Int64), when.dt.month().cast(nw.Int64))


def is_leap(year: nw.Expr) -> nw.Expr:
    """Whether a year of the Gregorian calendar has a 29 February."""
    return ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)


def month_length(year: nw.Expr, month: nw.Expr) -> nw.Expr:
    """Days of a month, 1 to 12, of a year."""
    february = nw.when(is_leap(year)).then(nw.lit(29)).otherwise(nw.lit(28))
    thirty = month.is_in([4, 6, 9, 11])
    days = nw.when(month == 2).then(february).otherwise(nw.when(thirty).then(nw.lit(30)).otherwise(nw.lit(31)))
    return days.cast(nw.Int64)


def months_after(when: date, months: int) -> date:
    """The day some calendar months later; the last one of its month where the month has no such day."""
    first = month_of_number(month_number_of(when) + months)
    after = month_of_number(month_number_of(when) + months + 1)
    return first + timedelta(days=min(when.day, (after - first).days) - 1)


def months_per_billing_period(billing_period: str) -> float:
    """Average length of a billing period in months."""
    return MONTHS_PER_YEAR / billing_periods_per_year(billing_period)


def periods_since(start: nw.Expr, end: nw.Expr, billing_period: nw.Expr) -> nw.Expr:
    """Billing periods from one day to another with fractions, by their average length."""
    length = nw.lit(float(DAYS_PER_WEEK))
    for name, months in MONTHS_OF_BILLING.items():
        length = (
            nw.when(billing_period == name).then(nw.lit(months * DAYS_PER_YEAR / MONTHS_PER_YEAR)).otherwise(length)
        )
    return (day_number(end) - day_number(start)).cast(nw.Float64) / length
