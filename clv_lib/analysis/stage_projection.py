"""How many customers will be in each stage, month by month: simulated futures, not an average one.

1. A customer's chances to move depend on its stage and on how far the stay has come: a long silence rarely ends, and
   who has nearly the purchases of a loyal customer soon is one.
2. The chances are uncertain: given stage and level they are Dirichlet, drawn towards those of the stage as a whole.
3. Months differ beyond that luck (seasons, campaigns). How much is read off the past, and a month to come turns the
   chances of everybody in a stage as a month of its season did, drawn towards the mean as far as months are alike.
4. New customers come as Gamma-Poisson counts around a level that goes on half as fast as it did from the year before
   last to the last, give or take as much.
5. Given all that, customers move independently: multinomial counts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, predictive_interval
from clv_lib.data.stages import LEVEL, NEW, PREVIOUS_LEVEL, STAYS, TOP
from clv_lib.data.stages import NUMBER as MONTH
from clv_lib.names import LIFECYCLE_STAGE, LIFECYCLE_STAGES, PREVIOUS_STAGE, N
from clv_lib.periods import MONTHS_PER_YEAR

POOLING: Final = 5.0  # customers whose worth of movements a stage as a whole lends to each of its levels
LOOK_BACK: Final = 24  # months that the chances are learnt from
LEAST_DRIFT: Final = 0.25  # of the log of the number of new customers, per year
SEASON: Final = 1  # months of the past count as like one to come if they are so near to its place in the year
_STEPS: Final = 4  # levels by which a stay that goes on may rise in a month: 0 to 3
_STAGES: Final = {name: place for place, name in enumerate(LIFECYCLE_STAGES)}
_K: Final = len(LIFECYCLE_STAGES)
_L: Final = TOP + 1
_STAY: Final = _K * _L  # outcomes are a stage entered on a level, or the stay that goes on by some levels


@dataclass(frozen=True)
class Projection:
    """Sizes of the stages to come.

    Attributes
    ----------
    table : DataFrame
        ahead (months, from 0, which is now and known), lifecycle_stage, mean, low, high: predictive interval.
    draws : ndarray, dims (draw, month, stage)
        Months from 1 on.
    arrivals : ndarray, dims (draw, month)
    mass : float
    """

    table: pd.DataFrame
    draws: np.ndarray
    arrivals: np.ndarray
    mass: float = INTERVAL

    def at(self, stage: str, ahead: int) -> pd.Series:
        """One size with its interval."""
        own = (self.table[LIFECYCLE_STAGE] == stage) & (self.table["ahead"] == ahead)
        return self.table[own].iloc[0]


def project_stages(
    cells: pd.DataFrame, *, months: int = 12, draws: int = 400, seed: int, mass: float = INTERVAL
) -> Projection:
    """Simulate the sizes of the stages.

    Parameters
    ----------
    cells : DataFrame
        From :func:`clv_lib.data.stages.movement_cells`; the last month is where the futures begin.
    months : int
    draws : int
        Futures.
    """
    rng = np.random.default_rng(seed)
    numbers = sorted(cells[MONTH].unique())
    recent = cells[cells[MONTH].isin(numbers[1:][-LOOK_BACK:])]
    chances, outcomes = _chances(rng, recent, draws)
    scatter = _Scatter.of(recent)
    coming = arrivals_to_come(rng, cells[cells[MONTH] > numbers[0]], months, draws)
    now = np.zeros((draws, _K, _L), dtype=np.int64)
    last = cells[cells[MONTH] == numbers[-1]]
    start = np.zeros((_K, _L), dtype=np.int64)
    np.add.at(start, (_places(last[LIFECYCLE_STAGE]), last[LEVEL].to_numpy()), last[N].to_numpy())
    now += start
    sizes = [now.sum(axis=2)]
    for month in range(months):
        now = _moved(rng, now, chances, outcomes, scatter.shocks(rng, numbers[-1] + month + 1, draws))
        now += _entering(rng, recent, coming[:, month])
        sizes.append(now.sum(axis=2))
    paths = np.stack(sizes, axis=1)
    return projection_of(paths, coming, mass=mass)


def projection_of(paths: np.ndarray, arrivals: np.ndarray, *, mass: float = INTERVAL) -> Projection:
    """Summarise simulated sizes, dims (draw, month, stage), of which the first month is now."""
    return Projection(_table(paths, mass), paths[:, 1:], arrivals, mass)


def _table(paths: np.ndarray, mass: float) -> pd.DataFrame:
    low, high = predictive_interval(paths, mass=mass)
    mean = paths.mean(axis=0)
    rows = [
        (ahead, stage, mean[ahead, k], low[ahead, k], high[ahead, k])
        for ahead in range(paths.shape[1])
        for stage, k in _STAGES.items()
    ]
    return pd.DataFrame(rows, columns=["ahead", LIFECYCLE_STAGE, "mean", "low", "high"])


def _places(stages: pd.Series) -> np.ndarray:
    return stages.map(_STAGES).to_numpy(dtype=np.int64)


def _chances(rng: np.random.Generator, cells: pd.DataFrame, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Chances to move, dims (draw, stage, level, outcome), and which outcomes these are: those that occurred."""
    table = np.zeros((_K, _L, _STAY + _STEPS))
    own = cells[cells[PREVIOUS_STAGE] != NEW]
    rise = (own[LEVEL] - own[PREVIOUS_LEVEL]).clip(0, _STEPS - 1)
    entered = _places(own[LIFECYCLE_STAGE]) * _L + own[LEVEL]
    outcome = np.where(own[STAYS] == 1, _STAY + rise, entered)
    where = (_places(own[PREVIOUS_STAGE]), own[PREVIOUS_LEVEL].to_numpy(), outcome)
    np.add.at(table, where, own[N].to_numpy(float))
    table[..., _STAY] += 1e-6  # a stage that nobody has left yet, or that nobody was in: all stay
    outcomes = np.flatnonzero(table.sum(axis=(0, 1)))
    table = table[..., outcomes]
    whole = table.sum(axis=1, keepdims=True)
    whole = whole / np.maximum(whole.sum(axis=2, keepdims=True), 1.0)
    weights = rng.standard_gamma(np.broadcast_to(table + POOLING * whole, (draws, *table.shape)))
    return weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300), outcomes


@dataclass(frozen=True)
class _Scatter:
    """How months differ: counts of each by stage and where it led (a stage entered, or last the stay that went on)."""

    numbers: np.ndarray
    counts: np.ndarray  # dims (month, stage, outcome)
    means: np.ndarray  # dims (stage, outcome)
    concentration: np.ndarray  # dims (stage,); infinite where months are alike

    @classmethod
    def of(cls, cells: pd.DataFrame) -> "_Scatter":
        numbers = np.array(sorted(cells[MONTH].unique()))
        own = cells[cells[PREVIOUS_STAGE] != NEW]
        counts = np.zeros((len(numbers), _K, _K + 1))
        led = np.where(own[STAYS] == 0, _places(own[LIFECYCLE_STAGE]), _K)
        month = np.searchsorted(numbers, own[MONTH].to_numpy())
        np.add.at(counts, (month, _places(own[PREVIOUS_STAGE]), led), own[N].to_numpy())
        total = counts.sum(axis=0)
        means = (total + 1e-6) / (total + 1e-6).sum(axis=1, keepdims=True)
        return cls(numbers, counts, means, np.array([_concentration(counts[:, k]) for k in range(_K)]))

    def shocks(self, rng: np.random.Generator, number: int, draws: int) -> np.ndarray:
        """How a month to come turns the chances, dims (draw, stage, outcome): as one of its season did."""
        apart = np.abs((self.numbers - number + 6) % MONTHS_PER_YEAR - 6)
        alike = np.flatnonzero(apart <= SEASON) if (apart <= SEASON).any() else np.arange(len(apart))
        chosen = rng.choice(alike, draws)
        told = np.isfinite(self.concentration)
        weight = np.where(told, self.concentration, 1.0)[:, None] * self.means
        share = rng.standard_gamma(np.maximum(weight + self.counts[chosen], 1e-9))
        share = share / np.maximum(share.sum(axis=-1, keepdims=True), 1e-300)
        return np.where(told[:, None], share / self.means, 1.0)


def _concentration(counts: np.ndarray) -> float:
    """Of a Dirichlet-multinomial, by the ratio of Pearson's chi-squared to its degrees of freedom."""
    counts = counts[counts.sum(axis=1) > 0]
    if len(counts) < 2:
        return float("inf")
    n, share = counts.sum(axis=1, keepdims=True), counts.sum(axis=0) / counts.sum()
    expected = n * share
    enough = expected.mean(axis=0) >= 1
    freedom = (len(counts) - 1) * (enough.sum() - 1)
    if freedom < 1:
        return float("inf")
    ratio = float(((counts - expected)[:, enough] ** 2 / expected[:, enough]).sum() / freedom)
    return float("inf") if ratio <= 1 else max((float(n.mean()) - ratio) / (ratio - 1), 1.0)


def _moved(
    rng: np.random.Generator, now: np.ndarray, chances: np.ndarray, outcomes: np.ndarray, shock: np.ndarray
) -> np.ndarray:
    """One month on: dims (draw, stage, level)."""
    led = np.minimum(outcomes // _L, _K)
    p = chances * shock[:, :, led][:, :, None, :]
    p[..., outcomes == _STAY] += 1e-12
    went = rng.multinomial(now, p / p.sum(axis=-1, keepdims=True))
    entered = outcomes < _STAY
    after = np.zeros_like(now).reshape(len(now), -1)
    after[:, outcomes[entered]] = went[..., entered].sum(axis=(1, 2))
    moved = after.reshape(now.shape)
    for place, rise in zip(np.flatnonzero(~entered), outcomes[~entered] - _STAY, strict=True):
        for level in range(_L):
            moved[:, :, min(level + rise, TOP)] += went[:, :, level, place]
    return moved


def arrivals_to_come(rng: np.random.Generator, cells: pd.DataFrame, months: int, draws: int) -> np.ndarray:
    """New customers, dims (draw, month)."""
    numbers = range(int(cells[MONTH].min()), int(cells[MONTH].max()) + 1)
    new = cells[cells[PREVIOUS_STAGE] == NEW].groupby(MONTH)[N].sum().reindex(numbers, fill_value=0)
    year = new.to_numpy(float)[-MONTHS_PER_YEAR:]
    before = new.to_numpy(float)[: -len(year)][-MONTHS_PER_YEAR:]
    if len(before) < MONTHS_PER_YEAR / 2:  # a short log: whoever was a customer before it looks new in its first months
        year = year[len(year) // 2 :]
    level = rng.gamma(year.sum() + 0.5, 1 / len(year), draws)
    apart = (len(year) + len(before)) / 2 / MONTHS_PER_YEAR
    known = len(before) >= MONTHS_PER_YEAR / 2 and before.sum() > 0 and year.sum() > 0
    change = float(np.log(year.mean() / before.mean())) / apart if known else 0.0
    drift = rng.normal(change / 2, max(abs(change) / 2, LEAST_DRIFT), draws)
    spread = float(year.var(ddof=1) / year.mean()) if len(year) > 1 and year.mean() > 0 else 1.0
    ahead = (np.arange(months) + 1 + len(year) / 2) / MONTHS_PER_YEAR
    mean = level[:, None] * np.exp(drift[:, None] * ahead)
    lumps = max(spread - 1, 0.0)
    rate = mean if lumps == 0 else rng.gamma(np.maximum(mean / lumps, 1e-9), lumps)
    return rng.poisson(rate)


def _entering(rng: np.random.Generator, cells: pd.DataFrame, arriving: np.ndarray) -> np.ndarray:
    """Where the new customers of a month stand at its end, dims (draw, stage, level)."""
    new = cells[cells[PREVIOUS_STAGE] == NEW]
    table = np.zeros((_K, _L))
    np.add.at(table, (_places(new[LIFECYCLE_STAGE]), new[LEVEL].to_numpy()), new[N].to_numpy(float))
    table[0, 0] += 0.5
    weights = rng.standard_gamma(np.broadcast_to(table.reshape(-1), (len(arriving), _K * _L)))
    return rng.multinomial(arriving, weights / weights.sum(axis=1, keepdims=True)).reshape(-1, _K, _L)
