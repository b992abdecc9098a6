"""Months, quarters or years? What a log is long enough for, and what its customers' rhythm asks for."""

from typing import Final, Literal

from clv_lib.periods import PERIOD_NAMES, ObservationWindow, PeriodName, Periods, periods_of

MOST: Final = 18  # periods that can be read side by side
FEWEST: Final = 8  # periods that a comparison from one to the next needs
DAYS: Final[dict[PeriodName, int]] = {"month": 31, "quarter": 92, "year": 366}


def choose_periods(
    window: ObservationWindow, *, median_gap: float, wanted: Literal["auto", "month", "quarter", "year"] = "auto"
) -> Periods:
    """Cut the calendar.

    Parameters
    ----------
    window : ObservationWindow
    median_gap : float
        Days between one purchase of a customer and the next; NaN where nobody came back.
    wanted : {"auto", "month", "quarter", "year"}
        ``auto`` takes the shortest period of which there are at most :data:`MOST` complete ones and which is as long
        as the usual gap, so that half of those who return do so in the next period; but none of which there are fewer
        than :data:`FEWEST`, and months where that cannot be had.
    """
    if wanted != "auto":
        return periods_of(window, wanted)
    choices = [periods_of(window, name) for name in PERIOD_NAMES]
    enough = [each for each in choices if len(each.complete) >= FEWEST] or choices[:1]
    fits = [each for each in enough if len(each.complete) <= MOST and not median_gap > DAYS[each.name]]
    return fits[0] if fits else enough[-1]
