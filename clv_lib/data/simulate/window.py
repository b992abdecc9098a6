"""The days of the simulation: moments are days since the first midnight, months are counted from 0."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_lib.errors import UsageError

Floats = npt.NDArray[Any]  # of float64; the stubs of NumPy take weighted counts for whole numbers
Ints = npt.NDArray[Any]  # of int64
Flags = npt.NDArray[np.bool_]

SHORTEST_DAYS = 90  # below it no campaign fits and no cost has a month to compare with


@dataclass(frozen=True)
class Window:
    """First and last simulated day; both belong to it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.days < SHORTEST_DAYS:
            raise UsageError(
                f"a simulation must cover {SHORTEST_DAYS} days at least, but from {self.start} to {self.end} "
                f"there are {max(self.days, 0)}. Start earlier or end later."
            )

    @property
    def days(self) -> int:
        """Number of days; also the moment at which the window closes."""
        return (self.end - self.start).days + 1

    @cached_property
    def months(self) -> tuple[date, ...]:
        """First days of the calendar months that the window touches."""
        count = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        return tuple(
            date(self.start.year + (self.start.month - 1 + k) // 12, (self.start.month - 1 + k) % 12 + 1, 1)
            for k in range(count)
        )

    @cached_property
    def month_begins(self) -> Floats:
        """Moment at which each month begins inside the window, and the window's close as the last entry."""
        begins = [max((month - self.start).days, 0) for month in self.months]
        return np.array([*begins, self.days], dtype=np.float64)

    def month_of(self, moments: Floats) -> Ints:
        """Month in which each moment lies, from 0; moments past the close count into the last month."""
        found = np.searchsorted(self.month_begins[1:], moments, side="right")
        return np.minimum(found, len(self.months) - 1).astype(np.int64)

    def fraction(self, share: float) -> int:
        """Month at a share of the window; with 36 months, 0.25 is month 9."""
        return min(int(share * len(self.months)), len(self.months) - 1)

    def position(self, day: date) -> int:
        """Days from the first day to this one."""
        return (day - self.start).days

    def day(self, moment: float) -> date:
        """Calendar day of one moment."""
        return self.start + timedelta(days=int(np.floor(moment)))

    def dates(self, moments: Any) -> pd.Series:
        """Calendar days of many moments; missing where the moment is."""
        days = np.floor(np.asarray(moments, dtype=np.float64))
        return pd.Series(pd.Timestamp(self.start) + pd.to_timedelta(days, unit="D")).astype("datetime64[s]")

    def minutes(self, moments: Any) -> pd.Series:
        """Moments to the minute; missing where the moment is."""
        minutes = np.floor(np.asarray(moments, dtype=np.float64) * 1440)
        return pd.Series(pd.Timestamp(self.start) + pd.to_timedelta(minutes, unit="min")).astype("datetime64[s]")

    def month_dates(self, months: Any) -> pd.Series:
        """First days of months given by their number."""
        firsts = np.array(self.months, dtype="datetime64[s]")
        return pd.Series(firsts[np.asarray(months, dtype=np.int64)])
