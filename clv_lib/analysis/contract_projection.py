"""How many members will be in each stage, month by month: the renewals ahead are known, who makes them is not.

1. Every member's next renewals fall on days that are known; it makes one with S(k) / S(k - 1), by the contract model,
   draw by draw. Until then nobody leaves.
2. Who is here stands in the stage that the rules tell of its tenure; who is not, is dormant.
3. New members come as :func:`~clv_lib.analysis.stage_projection.arrivals_to_come` says, in the middle of a month, to
   the groups in proportion to their members; of the dormant as many sign again, per month, as did so far.
4. Given the chances, members decide independently of each other: binomial counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.stage_projection import LOOK_BACK, Projection, arrivals_to_come, projection_of
from clv_lib.data.contract_stages import PERIOD_DAYS, ContractRules
from clv_lib.data.stages import NUMBER
from clv_lib.models.subscriptions import CONTRACTS, Parameters, parameters_of
from clv_lib.names import (
    ACQUISITION,
    ACTIVATION,
    AT_RISK,
    BILLING_PERIOD,
    COHORT,
    DORMANT,
    ENDS_WITHIN,
    GROUP,
    LIFECYCLE_STAGE,
    LIFECYCLE_STAGES,
    LOYALTY,
    PREVIOUS_STAGE,
    REACTIVATED,
    RENEWALS,
    RETENTION,
    N,
)
from clv_lib.periods import months_after

MIDDLE: Final = 15  # days after a month's end, when new members are taken to sign
_PLACE: Final[dict[str, int]] = {name: place for place, name in enumerate(LIFECYCLE_STAGES)}


@dataclass(frozen=True)
class Holding:
    """Members alike: of one group, who signed on one day.

    Attributes
    ----------
    group : int
    period : float
        Days between renewals.
    started : int
        Day number.
    again : bool
        Not the first spell.
    renewals : int
        Made so far.
    survived : float
        Periods that are known to be behind them: the renewals, and of the period that runs the part in which
        contracts do end (see :func:`~clv_lib.analysis.contract_flow.members_ahead`).
    here : ndarray, dims (draw,)
    """

    group: int
    period: float
    started: int
    again: bool
    renewals: int
    survived: float
    here: np.ndarray

    def due_by(self, day: int) -> int:
        """Renewals that have fallen due by a day, and no fewer than were made."""
        return max(int(np.ceil((day - self.started + 1) / self.period)) - 1, self.renewals)

    def stage(self, day: int, rules: ContractRules) -> str:
        """Stage of those who are still here; the rules of :mod:`clv_lib.data.contract_stages`, in their order."""
        k = self.renewals
        last, following = (self.started + int(self.period * each) for each in (k, k + 1))
        if k + 1 in rules.risky and day >= following - int(self.period / 12):
            return AT_RISK
        if k == 0 and self.again:
            return REACTIVATED
        if k == 0:
            return ACQUISITION if day < last + int(self.period / 4) else ACTIVATION
        return LOYALTY if k >= rules.loyal_from else RETENTION


def project_members(
    draws: Mapping[str, np.ndarray],
    cells: pd.DataFrame,
    groups: pd.DataFrame,
    movements: pd.DataFrame,
    rules: ContractRules,
    *,
    family: str,
    dormant: int,
    end: date,
    seed: int,
    months: int = 12,
) -> Projection:
    """Simulate the sizes of the stages, month by month.

    Parameters
    ----------
    draws : mapping of str to ndarray, dims (draw, group)
        Of the contract model.
    cells : DataFrame
        From :func:`clv_lib.data.members.starting_cells`.
    groups : DataFrame
        From :func:`~clv_lib.models.contract_fit.groups_of`.
    movements : DataFrame
        From :func:`clv_lib.data.stages.movement_cells`, month by month.
    rules : ContractRules
    family : {"sbg", "bdw"}
    dormant : int
        Former members today.
    end : date
        Today.
    seed : int
    months : int
    """
    rng = np.random.default_rng(seed)
    theta = parameters_of(family, draws)
    size = len(theta[0])
    coming = arrivals_to_come(rng, movements[movements[NUMBER] > movements[NUMBER].min()], months, size)
    back = _signing_again(rng, movements, size)
    mix = _mix(cells, groups)
    holdings = _held(cells, groups, size, end.toordinal())
    gone = np.full(size, dormant)
    paths = [_sizes(holdings, gone, end.toordinal(), rules)]
    for month in range(1, months + 1):
        day, before = months_after(end, month).toordinal(), months_after(end, month - 1).toordinal()
        returning = rng.binomial(gone, back)
        kept = [_moved(rng, each, day, family, theta) for each in holdings]
        gone = gone - returning + sum((old.here - new.here for old, new in zip(holdings, kept, strict=True)), 0)
        signed = [(coming[:, month - 1], False), (returning, True)]
        fresh = [_signing(rng, each, again, before + MIDDLE, mix, groups) for each, again in signed]
        holdings = kept + [each for some in fresh for each in some]
        paths.append(_sizes(holdings, gone, day, rules))
    return projection_of(np.stack(paths, axis=1), coming)


def _held(cells: pd.DataFrame, groups: pd.DataFrame, size: int, today: int) -> list[Holding]:
    keys = [name for name in groups.columns if name != GROUP]
    rows = cells.astype(dict.fromkeys(keys, str)).merge(groups[keys].reset_index(), on=keys, how="inner")
    rows = rows.assign(period=rows[BILLING_PERIOD].astype(str).map(PERIOD_DAYS))
    over = ((today - rows["started"] + 1) / rows["period"] - rows[RENEWALS]).clip(0, 1)
    rows["survived"] = rows[RENEWALS] + over * rows.get(ENDS_WITHIN, 0.0)
    columns = (rows[name] for name in ("index", "period", "started", "again", RENEWALS, "survived", N))
    return [
        Holding(int(group), period, int(started), bool(again), int(made), survived, np.full(size, int(n)))
        for group, period, started, again, made, survived, n in zip(*columns, strict=True)
    ]


def _mix(cells: pd.DataFrame, groups: pd.DataFrame) -> np.ndarray:
    """Part of the new members who come to each group: of the latest year of joining, where that tells groups apart."""
    keys = [name for name in groups.columns if name != GROUP]
    own = cells.astype(dict.fromkeys(keys, str))
    if COHORT in keys:
        own = own[own[COHORT] == own[COHORT].max()]
    counted = own.merge(groups[keys].reset_index(), on=keys, how="inner").groupby("index")[N].sum()
    found = counted.reindex(range(len(groups)), fill_value=0).to_numpy(float)
    return found / found.sum() if found.sum() else np.full(len(groups), 1 / len(groups))


def _signing_again(rng: np.random.Generator, movements: pd.DataFrame, size: int) -> np.ndarray:
    """Part of the dormant who sign again in a month, dims (draw,): Beta given the months so far."""
    numbers = sorted(movements[NUMBER].unique())[1:][-LOOK_BACK:]
    own = movements[movements[NUMBER].isin(numbers) & (movements[PREVIOUS_STAGE] == DORMANT)]
    came, of = float(own.loc[own[LIFECYCLE_STAGE] != DORMANT, N].sum()), float(own[N].sum())
    return rng.beta(came + 0.5, of - came + 0.5, size) if came else np.zeros(size)


def _moved(rng: np.random.Generator, held: Holding, day: int, family: str, theta: Parameters) -> Holding:
    """The same members on a later day: those who made every renewal until then."""
    made, due = held.renewals, held.due_by(day)
    if due == made:
        return held
    own = [value[:, held.group : held.group + 1] for value in theta]
    logs = CONTRACTS[family].log_survival(*own, renewals=np.array([held.survived, due]))
    chance = np.clip(np.exp(logs[:, 1] - logs[:, 0]), 0.0, 1.0)
    return replace(held, renewals=due, survived=due, here=rng.binomial(held.here, chance))


def _signing(
    rng: np.random.Generator, coming: np.ndarray, again: bool, day: int, mix: np.ndarray, groups: pd.DataFrame
) -> list[Holding]:
    shared: np.ndarray = rng.multinomial(coming, mix)
    return [
        Holding(number, PERIOD_DAYS[str(billing)], day, again, 0, 0.0, shared[:, number])
        for number, billing in enumerate(groups[BILLING_PERIOD])
        if shared[:, number].any()
    ]


def _sizes(holdings: list[Holding], gone: np.ndarray, day: int, rules: ContractRules) -> np.ndarray:
    """Members per stage, dims (draw, stage)."""
    found = np.zeros((len(gone), len(LIFECYCLE_STAGES)), dtype=np.int64)
    for each in holdings:
        found[:, _PLACE[each.stage(day, rules)]] += each.here
    found[:, _PLACE[DORMANT]] += gone
    return found
