"""What goes with unhappiness: who falls silent, what is spent, and what customers are worth, by what they answered.

Compared are customers of one stage and one time with us on the day of the answer: nothing that came after the answer
is held equal, for it may be what unhappiness does. It is an association all the same.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.adjusted import adjusted_means, adjusted_shares
from clv_lib.analysis.answers import CES, CSAT, GIVEN_DAY, HAPPY, MOOD, MOODS, NPS, UNHAPPY, latest
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.data.after_answers import GONE, SPENT, TENURE, bought_after, cancelled_after, outcome_cells, standing
from clv_lib.data.customers import Frame, collected
from clv_lib.errors import CannotEstimateError
from clv_lib.names import CUSTOMER_ID, INSTRUMENT, LIFECYCLE_STAGE, RESIDUAL_CLV, N

WITHIN: Final = (LIFECYCLE_STAGE, TENURE)
LEAST_ANSWERS: Final = 60
LEAST_UNHAPPY: Final = 10


@dataclass(frozen=True)
class Outcome:
    """One outcome of the three moods.

    Attributes
    ----------
    name : {"gone", "spent", "residual_clv"}
    table : DataFrame
        mood, n, raw (as it was), mean, low, high (all in the same mix of stage and time with us).
    difference : Estimate
        Of the unhappy less the happy.
    probability : float
        That the unhappy have more of it.
    draws : ndarray, dims (draw, mood)
    """

    name: str
    table: pd.DataFrame
    difference: Estimate
    probability: float
    draws: np.ndarray

    @property
    def n(self) -> int:
        """Customers behind it."""
        return int(self.table[N].sum())


@dataclass(frozen=True)
class Unhappiness:
    """What goes with it.

    Attributes
    ----------
    instrument : {"nps", "csat", "ces"}
        The question that sorts customers into happy, neutral and unhappy.
    horizon : int
        Days after the answer that were watched.
    contractual : bool
        Gone means cancelled, not silent.
    gone : Outcome
    spent : Outcome or None
        Revenue within the horizon, in currency; none under contract.
    value : Outcome or None
        Value to come today of those who answered lately; None where no model knows it or too few answered.
    days : int
        How far back lately reaches.
    """

    instrument: str
    horizon: int
    contractual: bool
    gone: Outcome
    spent: Outcome | None
    value: Outcome | None
    days: int


def unhappiness(
    given: Frame,
    stretches: Frame,
    *,
    people: Frame,
    horizon: int,
    last_day: int,
    days: int,
    seed: int,
    purchase_days: Frame | None = None,
    spells: Frame | None = None,
    mass: float = INTERVAL,
) -> Unhappiness:
    """Compare what came after happy, neutral and unhappy answers.

    Parameters
    ----------
    given : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.answers.answers`.
    stretches : narwhals.LazyFrame
        Stages on every day.
    people : narwhals.LazyFrame
        customer_id, and residual_clv where a model knows it.
    horizon, last_day, days : int
        Days to watch after an answer; day number of the end; days back of the answers that are held against values.
    purchase_days, spells : narwhals.LazyFrame
        What customers did: purchases, or (under contract) spells.

    Raises
    ------
    CannotEstimateError
        Too few customers answered long enough ago, or too few of them were unhappy.
    """
    instrument = _question(given, last_day - horizon)
    asked = given.filter(nw.col(INSTRUMENT) == instrument)
    watched = standing(latest(asked.filter(nw.col(GIVEN_DAY) <= last_day - horizon)), stretches)
    outcomes = (GONE,) if spells is not None else (GONE, SPENT)
    if spells is not None:
        watched = cancelled_after(watched, spells, horizon=horizon)
    elif purchase_days is not None:
        watched = bought_after(watched, purchase_days, horizon=horizon)
    cells = outcome_cells(watched, by=(MOOD, *WITHIN), outcomes=outcomes)
    _require(cells, horizon)
    gone = _outcome(cells, GONE, seed=seed, mass=mass)
    spent = _outcome(cells, SPENT, seed=seed + 1, mass=mass) if SPENT in cells else None
    value = _value(asked, stretches, people, first_day=last_day - days + 1, seed=seed + 2, mass=mass)
    return Unhappiness(instrument, horizon, spells is not None, gone, spent, value, days)


def _question(given: Frame, until: int) -> str:
    """NPS where enough customers answered it, else the question that most answered."""
    counts = collected(
        given.filter(nw.col(GIVEN_DAY) <= until).group_by(INSTRUMENT).agg(nw.col(CUSTOMER_ID).n_unique().alias(N))
    )
    sizes = {name: int(n) for name, n in zip(counts[INSTRUMENT], counts[N], strict=True)}
    if sizes.get(NPS, 0) >= LEAST_ANSWERS or not sizes:
        return NPS
    return max((NPS, CSAT, CES), key=lambda name: sizes.get(name, 0))


def _require(cells: pd.DataFrame, horizon: int) -> None:
    n, unhappy = int(cells[N].sum()), int(cells.loc[cells[MOOD] == UNHAPPY, N].sum())
    happy = int(cells.loc[cells[MOOD] == HAPPY, N].sum())
    if n < LEAST_ANSWERS or min(unhappy, happy) < LEAST_UNHAPPY:
        raise CannotEstimateError(
            "What goes with unhappiness needs at least {least} customers who answered more than {horizon} days ago, "
            "{few} of them happy and {few} unhappy, but there are {n}, {happy} and {unhappy}.",
            least=LEAST_ANSWERS,
            horizon=horizon,
            few=LEAST_UNHAPPY,
            n=n,
            happy=happy,
            unhappy=unhappy,
        )


def _value(asked: Frame, stretches: Frame, people: Frame, *, first_day: int, seed: int, mass: float) -> Outcome | None:
    if RESIDUAL_CLV not in people.collect_schema().names():
        return None
    lately = standing(latest(asked.filter(nw.col(GIVEN_DAY) >= first_day)), stretches)
    valued = lately.join(people.select(CUSTOMER_ID, RESIDUAL_CLV), on=CUSTOMER_ID, how="inner").filter(
        ~nw.col(RESIDUAL_CLV).is_null()
    )
    cells = outcome_cells(valued, by=(MOOD, *WITHIN), outcomes=(RESIDUAL_CLV,))
    sizes = cells.groupby(MOOD)[N].sum()
    if cells[N].sum() < LEAST_ANSWERS or min(sizes.get(HAPPY, 0), sizes.get(UNHAPPY, 0)) < LEAST_UNHAPPY:
        return None
    return _outcome(cells, RESIDUAL_CLV, seed=seed, mass=mass)


def _outcome(cells: pd.DataFrame, name: str, *, seed: int, mass: float) -> Outcome:
    adjust = adjusted_shares if name == GONE else adjusted_means
    draws = adjust(cells, outcome=name, group=MOOD, levels=MOODS, within=WITHIN, seed=seed)
    sums = cells.groupby(MOOD)[[N, name]].sum().reindex(list(MOODS)).fillna(0)
    low, high = np.quantile(draws, [(1 - mass) / 2, (1 + mass) / 2], axis=0)
    table = pd.DataFrame(
        {
            MOOD: list(MOODS),
            N: sums[N].astype(int).to_numpy(),
            "raw": (sums[name] / sums[N].where(sums[N] > 0)).to_numpy(dtype=float),
            "mean": draws.mean(axis=0),
            "low": low,
            "high": high,
        }
    )
    apart = draws[:, MOODS.index(UNHAPPY)] - draws[:, MOODS.index(HAPPY)]
    return Outcome(name, table, estimate(apart, mass=mass), float((apart > 0).mean()), draws)


@dataclass(frozen=True)
class Stake:
    """What hangs on unhappiness, if all that goes with it came from it: the most that mending could keep.

    Attributes
    ----------
    leavers : Estimate
        Customers more who leave within the horizon than if the unhappy left as rarely as the happy.
    value : Estimate or None
        Their profit to come, in currency, at the mean of the unhappy; None where no model knows it.
    """

    leavers: Estimate
    value: Estimate | None


def stake(found: Unhappiness, *, unhappy: int, answered: int, customers: int, seed: int) -> Stake:
    """Extend what goes with unhappiness to all customers.

    Parameters
    ----------
    unhappy, answered : int
        Of those who answered lately; their share stands for all, with the posterior Beta(1 + u, 1 + n - u).
    customers : int
        Customers now.
    """
    mass, at = found.gone.difference.mass, MOODS.index(UNHAPPY)
    gaps = found.gone.draws[:, at] - found.gone.draws[:, MOODS.index(HAPPY)]
    leavers = gaps * np.random.default_rng(seed).beta(1 + unhappy, 1 + answered - unhappy, size=len(gaps)) * customers
    value = None if found.value is None else estimate(leavers * found.value.draws[:, at], mass=mass)
    return Stake(estimate(leavers, mass=mass), value)
