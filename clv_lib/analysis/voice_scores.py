"""NPS, CSAT and effort from counts: as a whole, month by month, and by group, each with its interval.

NPS is 100 times the share of the happy less that of the unhappy; CSAT and CES are the share of the happy. The shares
of one score have a uniform prior: Dirichlet over the three moods for NPS, Beta for the share of the happy; an interval
always holds what was seen, also where all answered alike. Groups are
drawn towards the whole as far as the data say that groups are alike (:mod:`~clv_lib.analysis.group_means`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.answers import HAPPY, INSTRUMENTS, MOOD, MOODS, NPS, UNHAPPY
from clv_lib.analysis.group_means import FEW, group_means
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.names import INSTRUMENT, SCORE, N

DRAWS: Final = 8_000
LEAST: Final = 3  # answers; fewer have no spread to speak of
LEAST_STEPS: Final = 2
LEAST_IN_A_STEP: Final = 15  # answers that a month should hold on average; else the year is cut into quarters


def mood_counts(cells: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Answers by mood: ``by``, happy, neutral, unhappy, n, mean (score on its own scale)."""
    rows = cells.assign(points=cells[SCORE] * cells[N])
    wide = rows.pivot_table(index=by, columns=MOOD, values=N, aggfunc="sum", fill_value=0).reindex(
        columns=list(MOODS), fill_value=0
    )
    sums = rows.groupby(by)[[N, "points"]].sum()
    wide = wide.astype("int64").assign(n=sums[N], mean=sums["points"] / sums[N])
    return wide.rename_axis(columns=None).reset_index()


def measure(instrument: str, happy: np.ndarray, unhappy: np.ndarray) -> np.ndarray:
    """NPS in points from -100 to 100, or the share of the happy, from shares of moods."""
    return 100 * (happy - unhappy) if instrument == NPS else happy


def measure_draws(instrument: str, counts: np.ndarray, *, rng: np.random.Generator, draws: int = DRAWS) -> np.ndarray:
    """Posterior draws of the measure.

    Parameters
    ----------
    instrument : {"nps", "csat", "ces"}
    counts : ndarray, dims (mood,)
        Happy, neutral and unhappy answers.
    """
    happy, neutral, unhappy = (float(each) for each in counts)
    if instrument == NPS:
        shares = rng.dirichlet([happy + 1, neutral + 1, unhappy + 1], size=draws)
        return measure(instrument, shares[:, 0], shares[:, 2])
    return rng.beta(happy + 1, neutral + unhappy + 1, size=draws)


def scores(cells: pd.DataFrame, *, by: tuple[str, ...] = (), seed: int, mass: float = INTERVAL) -> pd.DataFrame:
    """The measure of every instrument with its interval, nothing pooled.

    Returns
    -------
    DataFrame
        instrument, ``by``, happy, neutral, unhappy, n, mean, score, low, high; instruments in their order.
    """
    table = mood_counts(cells, [INSTRUMENT, *by])
    tail = (1 - mass) / 2
    rng = np.random.default_rng(seed)
    ends = [
        np.quantile(measure_draws(row[INSTRUMENT], row[list(MOODS)].to_numpy(), rng=rng), [tail, 1 - tail])
        for _, row in table.iterrows()
    ]
    table["score"] = [
        float(measure(name, happy / n, unhappy / n))
        for name, happy, unhappy, n in zip(table[INSTRUMENT], table[HAPPY], table[UNHAPPY], table[N], strict=True)
    ]
    # where all answered alike the interval ends at what was seen, as for every share of the project
    table["low"] = np.minimum([float(each[0]) for each in ends], table["score"])
    table["high"] = np.maximum([float(each[1]) for each in ends], table["score"])
    order = table[INSTRUMENT].map({name: k for k, name in enumerate(INSTRUMENTS)})
    return table.assign(order=order).sort_values(["order", *by], ignore_index=True).drop(columns="order")


def steps(cells: pd.DataFrame, *, number: str) -> tuple[pd.DataFrame, int]:
    """Cells by month, or by quarter where a month would hold too few answers; and the months of a step."""
    totals = cells.groupby(number)[N].sum()
    months = int(totals.index.max() - totals.index.min() + 1) if len(totals) else 1
    length = 1 if totals.sum() / months >= LEAST_IN_A_STEP else 3
    return cells.assign(**{number: cells[number] // length * length}), length


def scores_by(cells: pd.DataFrame, *, group: str, seed: int, mass: float = INTERVAL) -> pd.DataFrame:
    """The measure of every group, small groups drawn towards the whole.

    Returns
    -------
    DataFrame
        instrument, ``group``, n, raw (as answered), score (after pooling), low, high, p_above (probability that the
        group lies above the whole), few, whole; instruments in their order, highest score first.
    """
    parts = []
    for instrument in INSTRUMENTS:
        own = cells[cells[INSTRUMENT] == instrument]
        if own[N].sum() < LEAST:
            continue
        found = group_means(_moments(own, instrument, group), column="points", group=group, seed=seed, mass=mass)
        bounds = (-100.0, 100.0) if instrument == NPS else (0.0, 1.0)
        table = found.table.rename(columns={"mean": "score"}).sort_values("score", ascending=False, kind="stable")
        table[["score", "low", "high"]] = table[["score", "low", "high"]].clip(*bounds)
        table["few"] = table[N] < FEW
        parts.append(table.assign(instrument=instrument, whole=found.whole.mean))
    columns = [INSTRUMENT, group, N, "raw", "score", "low", "high", "p_above", "few", "whole"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _moments(cells: pd.DataFrame, instrument: str, group: str) -> pd.DataFrame:
    """Count, mean and scatter of what an answer adds to the measure: 100, 0, -100 for NPS; 1 or 0 for the others."""
    counts = mood_counts(cells, [group])
    n = counts[N].to_numpy(dtype=float)
    happy, unhappy = (counts[mood].to_numpy(dtype=float) / n for mood in (HAPPY, UNHAPPY))
    mean = measure(instrument, happy, unhappy)
    squares = 1e4 * (happy + unhappy) if instrument == NPS else happy
    return pd.DataFrame(
        {group: counts[group], N: n, "points": mean, "points_scatter": np.maximum(n * (squares - mean**2), 0.0)}
    )


@dataclass(frozen=True)
class Course:
    """One score in the first and in the last third of the time.

    Attributes
    ----------
    instrument : str
    first, last : float
    difference : Estimate
        Last less first.
    """

    instrument: str
    first: float
    last: float
    difference: Estimate

    @property
    def moved(self) -> int:
        """1: risen, -1: fallen, 0: not beyond chance."""
        return 1 if self.difference.low > 0 else -1 if self.difference.high < 0 else 0


def course(over_time: pd.DataFrame, *, instrument: str, seed: int, mass: float = INTERVAL) -> Course | None:
    """Compare the two ends of the time; None with fewer than two steps.

    Parameters
    ----------
    over_time : DataFrame
        From :func:`scores` by step, in order.
    """
    own = over_time[over_time[INSTRUMENT] == instrument]
    if len(own) < LEAST_STEPS:
        return None
    third = max(1, len(own) // 3)
    rng = np.random.default_rng(seed)
    counts = [own.head(third)[list(MOODS)].sum(), own.tail(third)[list(MOODS)].sum()]
    first, last = (measure_draws(instrument, each.to_numpy(), rng=rng) for each in counts)
    shares = [each / each.sum() for each in counts]
    before, now = (float(measure(instrument, each[HAPPY], each[UNHAPPY])) for each in shares)
    return Course(instrument, before, now, estimate(last - first, mass=mass))
