"""Before and after a change, or around the month that stands out most, with the interval of every difference.

1. The most marked month: every answer is put in standard deviations from the mean of its own question and touchpoint;
   month m with n answers has z_m = mean * sqrt(n). The largest |z| of M months is surprising with probability
   1 - (2 Phi(|z|) - 1)^M, which allows for having looked at all of them.
2. Before, within and after are compared by the measure of each instrument; the posterior of a difference is that of
   two independent measures.

A difference between two times is not the effect of what happened between them: everything else changed too.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.stats import norm

from clv_lib.analysis.answers import GIVEN_DAY, INSTRUMENTS, MOODS, NUMBER, latest, score_cells
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.voice_scores import DRAWS, measure_draws, mood_counts
from clv_lib.data.customers import Frame
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, SCORE, TOUCHPOINT, N
from clv_lib.periods import month_of_number

LEAST_IN_A_MONTH: Final = 10
LEAST_MONTHS: Final = 6
LEAST: Final = 5  # answers on either side
BEFORE, WITHIN, AFTER = "before", "within", "after"


@dataclass(frozen=True)
class Change:
    """What was before, and what came after.

    Attributes
    ----------
    first_day : date
        Of the change, or of the marked month.
    stated : bool
        The settings name the day; else it is the month that stands out most.
    days : int
        Looked at on either side.
    z, surprise : float
        Of the marked month: its mean in standard errors, and the probability of so marked a month by chance among all
        months; NaN for a stated change.
    months : int
        That were looked at.
    scores : DataFrame
        instrument, side (before, within, after), n, score, low, high.
    differences : DataFrame
        instrument, side (within or after), against (before or within), difference, low, high, p_worse.
    """

    first_day: date
    stated: bool
    days: int
    z: float
    surprise: float
    months: int
    scores: pd.DataFrame
    differences: pd.DataFrame


def marked_months(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean of every month in standard deviations of its own kind of answer: month_number, n, mean, z.

    Parameters
    ----------
    cells : DataFrame
        instrument, touchpoint, month_number, score, n.
    """
    kinds = [cells[name] for name in (INSTRUMENT, TOUCHPOINT) if name in cells]
    n, score = cells[N].astype(float), cells[SCORE].astype(float)
    weights = n.groupby(kinds).transform("sum")
    mean = (n * score).groupby(kinds).transform("sum") / weights
    variance = (n * (score - mean) ** 2).groupby(kinds).transform("sum") / (weights - 1).clip(lower=1)
    deviation = ((score - mean) / variance.where(variance > 0) ** 0.5).fillna(0.0)
    sums = pd.DataFrame({NUMBER: cells[NUMBER], N: n, "sum": n * deviation}).groupby(NUMBER).sum()
    sums["mean"] = sums["sum"] / sums[N]
    sums["z"] = sums["mean"] * np.sqrt(sums[N])
    return sums.drop(columns="sum").reset_index().astype({N: "int64"})


def surprise(z: float, months: int) -> float:
    """Probability that the largest of so many |z| would be at least this large by chance."""
    return float(-np.expm1(months * np.log1p(-2 * norm.sf(abs(z)))))


def change(given: Frame, *, stated: date | None, days: int, seed: int, mass: float = INTERVAL) -> Change:
    """Before and after.

    Parameters
    ----------
    given : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.answers.answers`.
    stated : date or None
        Day of the change; None for the most marked month.
    days : int
        On either side.

    Raises
    ------
    CannotEstimateError
        There are too few months with enough answers, or too few answers on one side.
    """
    if stated is not None:
        day = stated.toordinal()
        sides = {BEFORE: (day - days, day), AFTER: (day, day + days)}
        return _compared(given, sides, first_day=stated, stated=True, days=days, seed=seed, mass=mass)
    months = marked_months(score_cells(latest(given, NUMBER, TOUCHPOINT), [NUMBER, TOUCHPOINT]))
    enough = months[months[N] >= LEAST_IN_A_MONTH]
    if len(enough) < LEAST_MONTHS:
        raise CannotEstimateError(
            "A marked month can be told apart among at least {least} months with {answers} answers each, but there "
            "are {months}. Name the day of a change in voice.change_on to compare before and after it.",
            least=LEAST_MONTHS,
            answers=LEAST_IN_A_MONTH,
            months=len(enough),
        )
    row = enough.sort_values("z", key=lambda z: -z.abs(), kind="stable").iloc[0]
    first = month_of_number(int(row[NUMBER]))
    begin, end = first.toordinal(), month_of_number(int(row[NUMBER]) + 1).toordinal()
    sides = {BEFORE: (begin - days, begin), WITHIN: (begin, end), AFTER: (end, end + days)}
    z = float(row["z"])
    return _compared(
        given, sides, first_day=first, stated=False, days=days, seed=seed, mass=mass, z=z,
        surprised=surprise(z, len(enough)), months=len(enough),
    )  # fmt: skip


def _compared(
    given: Frame,
    sides: dict[str, tuple[int, int]],
    *,
    first_day: date,
    stated: bool,
    days: int,
    seed: int,
    mass: float,
    z: float = float("nan"),
    surprised: float = float("nan"),
    months: int = 0,
) -> Change:
    rng = np.random.default_rng(seed)
    tail = (1 - mass) / 2
    counts = {side: _counts(given, *ends) for side, ends in sides.items()}
    rows, drawn = [], {}
    for instrument in INSTRUMENTS:
        for side, table in counts.items():
            own = table[table[INSTRUMENT] == instrument]
            if own.empty or own[N].iloc[0] < LEAST:
                continue
            draws = measure_draws(instrument, own[list(MOODS)].iloc[0].to_numpy(), rng=rng, draws=DRAWS)
            drawn[instrument, side] = draws
            rows.append(
                (instrument, side, int(own[N].iloc[0]), float(draws.mean()), *np.quantile(draws, [tail, 1 - tail]))
            )
    pairs = [(side, against) for side, against in ((WITHIN, BEFORE), (AFTER, WITHIN), (AFTER, BEFORE))]
    apart = []
    for instrument in INSTRUMENTS:
        for side, against in pairs:
            if (instrument, side) in drawn and (instrument, against) in drawn:
                gap = drawn[instrument, side] - drawn[instrument, against]
                ends = np.quantile(gap, [tail, 1 - tail])
                apart.append((instrument, side, against, float(gap.mean()), *ends, float((gap < 0).mean())))
    if not apart:
        raise CannotEstimateError(
            "Before and after need at least {least} answers to one question on either side of {day}, but there are "
            "fewer within {days} days.",
            least=LEAST,
            day=first_day.isoformat(),
            days=days,
        )
    scores = pd.DataFrame(rows, columns=[INSTRUMENT, "side", N, "score", "low", "high"])
    columns = [INSTRUMENT, "side", "against", "difference", "low", "high", "p_worse"]
    return Change(first_day, stated, days, z, surprised, months, scores, pd.DataFrame(apart, columns=columns))


def _counts(given: Frame, begin: int, end: int) -> pd.DataFrame:
    """Moods from one day up to the day before another, each customer once per question."""
    within = given.filter((nw.col(GIVEN_DAY) >= begin) & (nw.col(GIVEN_DAY) < end))
    cells = score_cells(latest(within))
    return mood_counts(cells, [INSTRUMENT]) if len(cells) else pd.DataFrame(columns=[INSTRUMENT, *MOODS, N])
