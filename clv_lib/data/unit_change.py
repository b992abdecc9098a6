"""The day on which amounts change their unit: a redenomination, a new system that books in thousands, or in cents.

Prices change by a few per cent, units by a power of ten. A break in the level of log value is looked for by binary
segmentation on sums by day; it is a change of unit if the levels on its sides differ by nearly a power of ten.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

_LEAST_ORDERS: Final = 20  # on each side of a break
_LEAST_T: Final = 8.0  # of the difference in level; a search over a thousand days reaches 5 by chance
_NEAR: Final = 0.2  # in powers of ten: a change of 6.3 to 15.8 times is near 10
_DEPTH: Final = 3


@dataclass(frozen=True)
class Change:
    """Where the unit changes, and the stretches before and after it (half open).

    Attributes
    ----------
    since, at : int
        Position of the day after the last order in the old unit, and of the first order in the new one.
    before, after : tuple of int
    """

    since: int
    at: int
    before: tuple[int, int]
    after: tuple[int, int]


def unit_changes(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> list[Change]:
    """Find changes of unit.

    Parameters
    ----------
    counts, sums, squares : ndarray
        By day: number of values, sum of their logs, sum of the squares of their logs.
    """
    totals = [np.concatenate([[0.0], np.cumsum(each)]) for each in (counts, sums, squares)]
    breaks = sorted(_breaks(totals, 0, len(counts), _DEPTH))
    ends = [0, *breaks, len(counts)]
    found = []
    for low, at, high in zip(ends, ends[1:], ends[2:], strict=False):
        decades = (_level(totals, at, high) - _level(totals, low, at)) / np.log(10)
        if round(decades) != 0 and abs(decades - round(decades)) <= _NEAR:
            since = int(np.flatnonzero(counts[:at]).max()) + 1
            found.append(Change(since, at, (low, at), (at, high)))
    return found


def _level(totals: list[np.ndarray], low: int, high: int) -> float:
    count, total = (each[high] - each[low] for each in totals[:2])
    return float(total / count)


def _breaks(totals: list[np.ndarray], low: int, high: int, depth: int) -> list[int]:
    """Days at which the level changes beyond chance, by halving again and again."""
    counts, sums, squares = (each[low : high + 1] - each[low] for each in totals)
    n, total = counts[-1], sums[-1]
    inner = np.flatnonzero((counts >= _LEAST_ORDERS) & (n - counts >= _LEAST_ORDERS))
    if depth == 0 or not len(inner):
        return []
    left, right = counts[inner], n - counts[inner]
    difference = (total - sums[inner]) / right - sums[inner] / left
    between = difference**2 * left * right / n
    best = int(between.argmax())
    # several days without an order give the same split: the new level begins on the last of them at the latest
    at = int(inner[np.flatnonzero(np.isclose(between, between[best], rtol=1e-12))].max())
    within = max(squares[-1] - total**2 / n - between[best], 1e-9) / max(n - 2, 1)
    if np.sqrt(between[best] / within) < _LEAST_T:
        return []
    return [*_breaks(totals, low, low + at, depth - 1), low + at, *_breaks(totals, low + at, high, depth - 1)]
