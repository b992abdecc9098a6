"""The rhythm of the year: how much more or less people buy on each day than on an average one."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from clv_lib.data.simulate.window import Floats, Window
from clv_lib.periods import DAYS_PER_WEEK

WEEKDAY = (0.97, 0.94, 0.95, 0.98, 1.03, 1.10, 1.03)  # from Monday
PAYDAY, PAYDAY_FROM, PAYDAY_TO = 1.12, 25, 3  # from the 25th to the 3rd
RAMADAN, LEBARAN = 1.40, 0.50  # gifts in the four weeks before the feast; then couriers rest for a week
YEAR_END, SALES_DAY = 1.28, 1.60  # from 10 December; 11.11 and 12.12
BEFORE_FEAST, AFTER_FEAST = 28, 7  # days


def feast(year_of_hijra: int) -> date:
    """First day of Shawwal (Idul Fitri) by the arithmetic calendar; announced days may differ by one."""
    year = year_of_hijra
    julian_day = (11 * year + 3) // 30 + 354 * year + 30 * 10 - (10 - 1) // 2 + 1 + 1948440 - 385
    return date.fromordinal(julian_day - 1721425)


def feasts(window: Window) -> list[date]:
    """Every Idul Fitri whose season touches the window."""
    first = int((window.start.year - 622) * 33 / 32) - 2
    years = range(first, first + 6 + 2 * (window.end.year - window.start.year + 1))
    near = timedelta(days=BEFORE_FEAST + AFTER_FEAST)
    return [day for year in years if window.start - near <= (day := feast(year)) <= window.end + near]


@dataclass(frozen=True)
class Season:
    """Purchases run on operational time: an hour before Lebaran counts for more than one after it."""

    window: Window

    @cached_property
    def daily(self) -> Floats:
        """Factor of each day; the mean over the window is 1."""
        days = [self.window.start + timedelta(days=k) for k in range(self.window.days)]
        factors = np.array([_ordinary(day) for day in days])
        for day in feasts(self.window):
            at = self.window.position(day)
            factors[max(at - BEFORE_FEAST, 0) : max(at, 0)] *= RAMADAN
            factors[max(at, 0) : max(at + AFTER_FEAST, 0)] *= LEBARAN
        return factors / factors.mean()

    @cached_property
    def _elapsed(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self.daily)]) / DAYS_PER_WEEK

    def weeks(self, moments: Any) -> Floats:
        """Operational weeks from the start to each moment; moments past the close count as the close."""
        return np.interp(moments, np.arange(self.window.days + 1.0), self._elapsed)

    def moments(self, weeks: Any) -> Floats:
        """Moments at which so many operational weeks have passed."""
        return np.interp(weeks, self._elapsed, np.arange(self.window.days + 1.0))


def _ordinary(day: date) -> float:
    factor = WEEKDAY[day.weekday()]
    if day.day >= PAYDAY_FROM or day.day <= PAYDAY_TO:
        factor *= PAYDAY
    if (day.month, day.day) >= (12, 10):
        factor *= YEAR_END
    if day.month == day.day and day.month in (11, 12):
        factor *= SALES_DAY
    return factor
