"""Shares of people with their interval, and whether they rise or fall beyond chance.

A share k of n has the posterior Beta(1 + k, 1 + n - k): every share was equally likely before the data. Where some of
the n could not be watched to the end, an effective n with the same standard error stands for them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import digamma, expit, polygamma

from clv_lib.analysis.intervals import INTERVAL

SURE: Final = 0.95  # a change as probable as this is called one
QUANTILES: Final = 1_000  # of a posterior; a probability is then off by less than its thousandth
LEAST_POINTS: Final = 4  # below it scatter and slope cannot be told apart


def share_interval(
    part: np.ndarray | pd.Series | float, whole: np.ndarray | pd.Series | float, *, mass: float = INTERVAL
) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval of the share that ``part`` of ``whole`` stands for; both may be fractions of people.

    Where nobody did it the interval begins at 0, and where all did it ends at 1, so that it holds what was seen; its
    mass is then larger by up to one tail.
    """
    k, n = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    tail = (1 - mass) / 2
    low, high = (np.asarray(stats.beta.ppf(at, 1 + k, 1 + n - k)) for at in (tail, 1 - tail))
    low, high = np.where(k > 0, low, 0.0), np.where(k < n, high, 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def with_interval(table: pd.DataFrame, *, part: str, whole: str, name: str = "rate") -> pd.DataFrame:
    """Add ``name``, ``name_low`` and ``name_high`` to a table with the two counts; missing where nobody is counted."""
    low, high = share_interval(table[part], table[whole])
    rate = table[part].astype(float) / table[whole].where(table[whole] > 0)
    found = table.copy()
    found[name], found[f"{name}_low"], found[f"{name}_high"] = rate, low, high
    return found


def probability_above(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Posterior probability that each share is higher than the one before it; missing for the first.

    Both are Beta variables, independent: P(A > B) is the mean of B's distribution function over A's quantiles.

    Parameters
    ----------
    part, whole : ndarray
        Counts, in order; a share without people is skipped over.
    """
    found = np.full(len(whole), np.nan)
    steps = (np.arange(QUANTILES) + 0.5) / QUANTILES
    before: tuple[float, float] | None = None
    for place, (k, n) in enumerate(zip(part, whole, strict=True)):
        if not n > 0:
            continue
        if before is not None:
            own = stats.beta.ppf(steps, 1 + k, 1 + n - k)
            found[place] = float(stats.beta.cdf(own, 1 + before[0], 1 + before[1] - before[0]).mean())
        before = (float(k), float(n))
    return found


@dataclass(frozen=True)
class Trend:
    """Whether shares rise or fall from one to the next.

    Attributes
    ----------
    up : float
        Posterior probability that they rise; NaN with too few of them.
    first, last : float
        The fitted line at its ends, as shares.
    low, high : float
        Interval of the change from first to last, as a difference of shares.
    points : int
        How many shares.
    scatter : float
        By how much they scatter around the line more than chance alone would, as a factor; at least 1.
    """

    up: float
    first: float
    last: float
    low: float
    high: float
    points: int
    scatter: float

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``unclear``, or ``unknown`` with too few points."""
        if not np.isfinite(self.up):
            return "unknown"
        return "better" if self.up >= SURE else "worse" if self.up <= 1 - SURE else "unclear"


def trend(
    part: np.ndarray, whole: np.ndarray, at: np.ndarray, *, seed: int, draws: int = 4_000, mass: float = INTERVAL
) -> Trend:
    """Posterior of a straight line through the logits of shares.

    Each logit has the standard deviation of its Beta posterior. Where the points scatter around the line more than
    that, the line's uncertainty is widened by the same factor (and has Student's tails), so that groups that merely
    differ from each other are not taken for a trend.

    Parameters
    ----------
    part, whole : ndarray
        Counts, in order of time; those with an empty ``whole`` are left out.
    at : ndarray
        Where each stands in time.
    seed : int
    draws : int
    mass : float
        Of the interval of the change.
    """
    there = np.asarray(whole, dtype=float) > 0
    k, n, x = (np.asarray(values, dtype=float)[there] for values in (part, whole, at))
    if len(x) < LEAST_POINTS:
        nan = float("nan")
        return Trend(nan, nan, nan, nan, nan, len(x), nan)
    a, b = 1 + k, 1 + n - k
    logit = digamma(a) - digamma(b)  # mean and variance of the logit of a Beta variable, exactly
    weight = 1 / (polygamma(1, a) + polygamma(1, b))
    design = np.column_stack([np.ones_like(x), x])
    spread = np.linalg.inv(design.T @ (weight[:, None] * design))
    middle = spread @ (design.T @ (weight * logit))
    free = len(x) - 2
    scatter = max(1.0, float((weight * (logit - design @ middle) ** 2).sum()) / free)
    rng = np.random.default_rng(seed)
    tails = np.sqrt(free / rng.chisquare(free, size=draws)) if scatter > 1 else np.ones(draws)
    noise = rng.multivariate_normal(np.zeros(2), spread * scatter, size=draws, method="cholesky")
    lines = middle + tails[:, None] * noise
    ends = expit(lines @ np.array([[1, 1], [x[0], x[-1]]]))
    change = ends[:, 1] - ends[:, 0]
    low, high = np.quantile(change, [(1 - mass) / 2, (1 + mass) / 2])
    deviation = np.sqrt(spread[1, 1] * scatter)
    up = float(stats.t.cdf(middle[1] / deviation, free) if scatter > 1 else stats.norm.cdf(middle[1] / deviation))
    first, last = expit(middle[0] + middle[1] * x[[0, -1]])
    return Trend(up, float(first), float(last), float(low), float(high), len(x), float(np.sqrt(scatter)))
