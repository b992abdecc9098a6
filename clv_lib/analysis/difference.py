"""How far a figure has moved from one run to the next, and whether that is more than its uncertainty."""

from dataclasses import dataclass
from math import hypot, isfinite

from clv_lib.analysis.intervals import INTERVAL, Estimate


@dataclass(frozen=True)
class Change:
    """A figure then and now.

    Attributes
    ----------
    before, now : float
    low, high : float or None
        Interval of the difference; None where one of the two figures has no interval of its own.
    mass : float
        What the interval claims to hold, at least.
    """

    before: float
    now: float
    low: float | None = None
    high: float | None = None
    mass: float = INTERVAL

    @property
    def difference(self) -> float:
        """Now less before."""
        return self.now - self.before

    @property
    def beyond(self) -> bool | None:
        """Whether the difference is more than the uncertainty of the two figures; None where that is not known."""
        if self.low is None or self.high is None:
            return None
        return self.low > 0 or self.high < 0


def change(now: Estimate, before: Estimate) -> Change:
    """Set a figure beside what it was, with the interval of the difference made from the two intervals.

    The method of variance estimates recovery [1]_ with correlation nought: with the figures a (now) and b (before) and
    their limits, ``low = a - b - hypot(a - a_low, b_high - b)`` and ``high = a - b + hypot(a_high - a, b - b_low)``.
    For normal posteriors that is exact; skewed ones keep their skewness, because each side of the difference is built
    from the sides that it comes from.

    Two runs share most of their data, so their errors go together rather than apart and the difference is surer than
    this says: a change that is called beyond its uncertainty is so, and some that are, are not called so.

    Parameters
    ----------
    now, before : Estimate
        The intervals of the *expected* value are used, of equal mass.

    References
    ----------
    .. [1] Zou & Donner (2008), "Construction of confidence limits about effect measures: a general approach",
       Statistics in Medicine 27(10), 1693-1702.
    """
    numbers = (now.low, now.high, before.low, before.high)
    if now.mass != before.mass or not all(isfinite(each) for each in numbers):
        return Change(before.mean, now.mean, mass=now.mass)
    by = now.mean - before.mean
    return Change(
        before.mean,
        now.mean,
        by - hypot(now.mean - now.low, before.high - before.mean),
        by + hypot(now.high - now.mean, before.mean - before.low),
        now.mass,
    )
