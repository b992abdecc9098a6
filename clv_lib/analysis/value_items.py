"""Which items make the perceived value, and which ones matter and disappoint.

Importance is an item's share in the importance of its side; performance is how much better it does than the mean of
its side *for the same respondent*, so that people who score everything high do not blur the comparison. A high score
is good on the side of benefits and bad on the side of costs; the gap has one direction: below 0 the item disappoints.
Moving an item to the mean of its side would add importance x shortfall to perceived value: that orders the repairs.

References
----------
.. [1] Martilla & James (1977), "Importance-Performance Analysis", J. Marketing 41(1), 77-79.
"""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.group_means import FEW, mean_of_sample
from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval
from clv_lib.analysis.value_answers import EFFECT, GAP, POINT_UNITS, WEIGHT, Frame
from clv_lib.data.customers import collected
from clv_lib.names import CUSTOMER_ID, ITEM, SCORE, SIDE, TANGIBLE, N

_KEYS = [SIDE, ITEM, TANGIBLE]


@dataclass(frozen=True)
class ValueItems:
    """Every item of the survey with what it does.

    Attributes
    ----------
    table : DataFrame
        One row per side and item, the most urgent repair first: side, item, tangible (bool), n (who answered it),
        score (mean), effect, effect_low, effect_high (points it adds to the mean perceived value of all respondents;
        negative on the cost side; they add up to it), weight, weight_low, weight_high (mean share in the importance
        of its side), gap, gap_low, gap_high (points better than the mean of its side), p_below (probability that the
        mean gap is below 0), p_matters (that its weight is above an even share), gain, gain_low, gain_high (points of
        perceived value if the item came up to the mean of its side; 0 where it is above already), p_first (that no
        other item would gain more), few (fewer than ``least`` answers).
    least : int
    """

    table: pd.DataFrame
    least: int = FEW

    @property
    def mend(self) -> pd.DataFrame:
        """Items that more probably than not both matter and disappoint, the largest gain first."""
        return self.table[(self.table["p_below"] > 0.5) & (self.table["p_matters"] > 0.5)]


def value_items(
    items: Frame, people: Frame, *, seed: int, draws: int = 4_000, least: int = FEW, mass: float = INTERVAL
) -> ValueItems:
    """Take the survey apart by item.

    Parameters
    ----------
    items, people : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.value_answers.answers` and ``respondents``; only items of ``people`` count.
    seed : int
    draws : int
    least : int
    mass : float
    """
    total = int(collected(people.select(nw.len().alias(N)))[N].iloc[0])
    sums = _sums(items.join(people.select(CUSTOMER_ID), on=CUSTOMER_ID, how="inner"))
    rng = np.random.default_rng(seed)
    n = sums[N].to_numpy(dtype=float)
    weight, gap = _weight_and_gap(rng, sums, n, draws)
    even = 1 / sums.groupby(SIDE)[ITEM].transform("count").to_numpy()
    gain = np.clip(weight, 0, None) * np.clip(-gap, 0, None)
    effects = [_effect(total, *row, mass=mass) for row in zip(sums[EFFECT], sums["effect2"], strict=True)]
    table = sums[_KEYS].assign(n=sums[N], score=sums[SCORE] / n)
    table[TANGIBLE] = table[TANGIBLE].astype(bool)
    for name, values, middle in (
        (WEIGHT, weight, sums[WEIGHT] / n),
        (GAP, gap, sums[GAP] / n),
        ("gain", gain, gain.mean(axis=0)),
    ):
        low, high = credible_interval(values, mass=mass)
        table = table.assign(**{name: middle, f"{name}_low": low, f"{name}_high": high})
    for name, end in ((EFFECT, "mean"), (f"{EFFECT}_low", "low"), (f"{EFFECT}_high", "high")):
        table[name] = [getattr(each, end) for each in effects]
    best = np.where(gain.max(axis=1) > 0, gain.argmax(axis=1), -1)
    table = table.assign(
        p_below=(gap < 0).mean(axis=0),
        p_matters=(weight > even).mean(axis=0),
        p_first=[(best == number).mean() for number in range(len(sums))],
        few=n < least,
    )
    return ValueItems(table.sort_values(["gain", SIDE, ITEM], ascending=[False, True, True], ignore_index=True), least)


def _sums(items: Frame) -> pd.DataFrame:
    """Sums over respondents by item: first and second moments in points, exact until the last division."""
    products = {
        SCORE: nw.col(SCORE),
        WEIGHT: nw.col(WEIGHT),
        EFFECT: nw.col(EFFECT),
        GAP: nw.col(GAP),
        "effect2": nw.col(EFFECT) * nw.col(EFFECT),
        "weight2": nw.col(WEIGHT) * nw.col(WEIGHT),
        "gap2": nw.col(GAP) * nw.col(GAP),
        "weight_gap": nw.col(WEIGHT) * nw.col(GAP),
    }
    summed = (
        items.select(*_KEYS, *(each.alias(name) for name, each in products.items()))
        .group_by(SIDE, ITEM)
        .agg(nw.len().alias(N), nw.col(TANGIBLE).max(), *(nw.col(name).sum() for name in products))
        .select(*_KEYS, nw.col(N).cast(nw.Int64), *(nw.col(name).cast(nw.Int64) for name in products))
    )
    found = collected(summed).sort_values([SIDE, ITEM], ignore_index=True)
    for name in products:
        found[name] = found[name] / POINT_UNITS ** (1 if name in (SCORE, WEIGHT, EFFECT, GAP) else 2)
    return found


def _weight_and_gap(
    rng: np.random.Generator, sums: pd.DataFrame, n: np.ndarray, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws of an item's mean weight and gap together, dims (draw, item).

    A bivariate normal under the prior |S|^(-3/2): the means are bivariate t with n - 2 degrees of freedom. Items
    with fewer than three answers have no such posterior and are NaN.
    """
    mean = np.column_stack([sums[WEIGHT] / n, sums[GAP] / n])
    a, c = sums["weight2"] - n * mean[:, 0] ** 2, sums["gap2"] - n * mean[:, 1] ** 2
    b = (sums["weight_gap"] - n * mean[:, 0] * mean[:, 1]).to_numpy()
    first = np.sqrt(np.clip(a.to_numpy(), 0, None))
    slope = np.divide(b, first, out=np.zeros_like(b), where=first > 1e-9)  # Cholesky of a 2 x 2 matrix
    second = np.sqrt(np.clip(c.to_numpy() - slope**2, 0, None))
    degrees = np.where(n > 2, n - 2, np.nan)
    z = rng.standard_normal((2, draws, len(n)))
    scale = 1 / np.sqrt(n * rng.chisquare(np.where(n > 2, n - 2, 1), size=(draws, len(n)))) * (degrees / degrees)
    return mean[:, 0] + first * z[0] * scale, mean[:, 1] + (slope * z[0] + second * z[1]) * scale


def _effect(total: int, added: float, squares: float, *, mass: float) -> Estimate:
    """Mean effect over all respondents; whoever was not asked for the item has no effect of it."""
    return mean_of_sample(total, added / total, max(squares - added**2 / total, 0.0), mass=mass)
