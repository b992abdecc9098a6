r"""How the last round did, play by play, and what it cost to have guessed.

The *last round* is the last campaign with a control group of each play. What a contact earned in it is worked out as
the plan works out what one will earn (:mod:`clv_lib.analysis.play_profit`), with what is known now: the effect after
all campaigns, and, for what customers do when they are left alone, the control group of those very campaigns.

The *regret* of having guessed is what the round lost against the best that is known afterwards: with :math:`n_i` the
customers treated by option i (a play in a group), :math:`\pi_{id}` the profit of one contact in draw d and :math:`n^*`
the plan that earns most on average for the same customers and no more money, among the same plays and doing nothing,

.. math:: R_d = \sum_i (n^*_i - n_i) \, \pi_{id} - \sum_j (z^*_j - z_j) F_j

Its mean is never below nothing; its interval may reach below, where it is still not certain that :math:`n^*` is better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.programme import Limits, allocate, profit_of, spend_of
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.strategy import Beliefs, Options, options
from clv_lib.data.experiments import Experiments
from clv_lib.names import CAMPAIGN_ID, EVIDENCE, EVIDENCE_GROUPS, EVIDENCE_OF_STAGE, ORDERS, PLAY, STARTS_AT, N
from clv_lib.settings import Play, StrategySection

Verdict = Literal["keep", "stop", "again"]
KEEP: Final = "keep"
STOP: Final = "stop"
AGAIN: Final = "again"
PLAYED: Final = (PLAY, STARTS_AT, "treated", "control", "did_treated", "did_control", "mean", "low", "high",
                 "loss_chance", "total", "total_low", "total_high", "verdict")  # fmt: skip


@dataclass(frozen=True)
class LastRound:
    """What was done, what it earned, and what would have earned most.

    Attributes
    ----------
    plays : pandas.DataFrame
        One row per play: ``play, starts_at, treated, control`` (members), ``did_treated, did_control`` (purchase days
        of a member while it worked), ``mean, low, high`` (profit of one contact, in currency), ``loss_chance``,
        ``total, total_low, total_high`` (of all of them, after what the play costs at all), ``verdict``.
    moves : pandas.DataFrame
        One row per play and group of customers: ``evidence, play, treated`` and ``best`` (treated in the best plan).
    earned, best, regret : Estimate
        Profit of the round, of the best plan, and the difference, in currency.
    """

    plays: pd.DataFrame
    moves: pd.DataFrame
    earned: Estimate
    best: Estimate
    regret: Estimate


def last_round(
    found: Experiments, plays: Mapping[str, Play], uplift: Beliefs, base: SegmentBase, section: StrategySection
) -> LastRound | None:
    """Judge the last campaign of every play; None where none had a control group.

    Parameters
    ----------
    found : Experiments
    plays : mapping of str to Play
        With their prices.
    uplift : Beliefs
        As updated by these campaigns.
    base : SegmentBase
        Of today: for the margin and for what a contact that drives away, or keeps, a customer moves.
    section : StrategySection
    """
    campaigns = latest(found, plays)
    counts = found.counts.merge(campaigns[[CAMPAIGN_ID]], on=CAMPAIGN_ID, how="inner")
    if not len(counts):
        return None
    done = counts[counts["treated"] == 1].groupby(["group", PLAY])[N].sum()
    then = base_then(found, counts, plays, base, done)
    # what was done is an option wherever it was done, whoever the play would suit today
    free = {name: plays[name].model_copy(update={"stages": (), "segments": ()}) for name in campaigns[PLAY]}
    every = options(then, free, uplift, section.model_copy(update={"control_share": 0.0}))
    keys = zip(every.table[EVIDENCE], every.table[PLAY], strict=True)
    treated = np.array([float(done.get(key, 0.0)) for key in keys])
    best = best_known(every, treated, section)
    earned, could = profit_of(every, treated), profit_of(every, best)
    moves = every.table[[EVIDENCE, PLAY]].assign(treated=treated.astype(int), best=best.astype(int))
    return LastRound(
        plays=_judged(every, treated, counts, campaigns, section.loss_chance),
        moves=moves[(moves["treated"] > 0) | (moves["best"] > 0)].reset_index(drop=True),
        earned=estimate(earned),
        best=estimate(could),
        regret=estimate(could - earned),
    )


def latest(found: Experiments, plays: Mapping[str, Play]) -> pd.DataFrame:
    """The last campaign of each play that is evidence: ``campaign_id, play, starts_at``."""
    used = found.campaigns[found.campaigns[CAMPAIGN_ID].isin(found.counts[CAMPAIGN_ID])]
    used = used[used[PLAY].isin(list(plays))].sort_values([STARTS_AT, CAMPAIGN_ID])
    return used.drop_duplicates(PLAY, keep="last")[[CAMPAIGN_ID, PLAY, STARTS_AT]].reset_index(drop=True)


def best_known(every: Options, treated: np.ndarray, section: StrategySection) -> np.ndarray:
    """The plan that is now expected to earn most, for the same customers and no more money; shape (option,)."""
    earns = (every.table["mean"] > 0).to_numpy(dtype=bool)
    limits = Limits(
        budget=spend_of(every, treated),
        contacts={str(name): most for name, most in section.contacts.items()},
        plays_per_customer=1,
    )
    best = np.zeros(len(treated))
    best[earns] = allocate(every.where(earns), limits)
    # where rounding leaves it behind what was done, what was done is the best that is known
    return best if profit_of(every, best).mean() >= profit_of(every, treated).mean() else treated


def base_then(
    found: Experiments, counts: pd.DataFrame, plays: Mapping[str, Play], base: SegmentBase, done: pd.Series
) -> SegmentBase:
    """What the customers of the round would have done, group by group, from its control arms."""
    rows = []
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("value", "purchases_per_day", "order_value", "risk", "at_stake")
    }
    rng = np.random.default_rng(len(counts))
    weights = base.groups["customers"].to_numpy(dtype=float)
    for group in EVIDENCE_GROUPS:
        many = int(done.loc[group].sum()) if group in done.index.get_level_values(0) else 0
        today = weights * (base.groups[EVIDENCE] == group).to_numpy(dtype=float)
        if not many or not today.sum():
            continue
        stages = tuple(stage for stage, its in EVIDENCE_OF_STAGE.items() if its == group)
        rows.append((group, 1, group, many, many, stages))
        for name in ("value", "order_value", "risk", "at_stake"):
            columns[name].append(today @ getattr(base, name) / today.sum())
        columns["purchases_per_day"].append(_rate(found, counts, plays, group, base.draws, rng))
        worth = _order_value(found, counts, group)
        if np.isfinite(worth):
            columns["order_value"][-1] = np.full(base.draws, worth)
    groups = pd.DataFrame(rows, columns=["segment", "band", EVIDENCE, "customers", "reachable", "stages"])
    stacked = {name: np.reshape(values, (len(rows), base.draws)) for name, values in columns.items()}
    return SegmentBase(groups=groups, margin=base.margin, horizon_days=base.horizon_days, **stacked)


def _rate(
    found: Experiments,
    counts: pd.DataFrame,
    plays: Mapping[str, Play],
    group: str,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Purchase days per day of a member who was left alone, dims (draw,): a Gamma with the spread that members show."""
    left = counts[(counts["group"] == group) & (counts["treated"] == 0)]
    if found.contractual or not left[N].sum():
        return np.zeros(draws)
    n, orders = left[N].to_numpy(dtype=float), left[ORDERS].to_numpy(dtype=float)
    days = left[PLAY].map({name: float(play.effect_days) for name, play in plays.items()}).to_numpy()
    mean = (n @ orders + 0.5) / n.sum()
    variance = max(n @ (orders - mean) ** 2 / n.sum(), mean) / n.sum()
    return rng.gamma(mean**2 / variance, variance / mean, draws) * n.sum() / (n @ days)


def _order_value(found: Experiments, counts: pd.DataFrame, group: str) -> float:
    """Mean value of a purchase day of buyers who were left alone: log-normal between buyers."""
    here = found.spend[found.spend[CAMPAIGN_ID].isin(counts[CAMPAIGN_ID])]
    left = here[(here["group"] == group) & (here["treated"] == 0)]
    n = float(left[N].sum())
    if found.contractual or n < 2:
        return float("nan")
    mean = float(left["total"].sum()) / n
    return float(np.exp(mean + max(float(left["squares"].sum()) / n - mean**2, 0.0) / 2))


def _judged(
    every: Options, treated: np.ndarray, counts: pd.DataFrame, campaigns: pd.DataFrame, loss_chance: float
) -> pd.DataFrame:
    rows = []
    for _, campaign in campaigns.iterrows():
        name = str(campaign[PLAY])
        mine = np.where((every.table[PLAY] == name).to_numpy(), treated, 0.0)
        if not mine.sum():
            continue
        own = counts[counts[PLAY] == name]
        arms = [own[own["treated"] == arm] for arm in (1, 0)]
        members = [int(arm[N].sum()) for arm in arms]
        did = [float((arm[N] * arm[ORDERS]).sum() / max(arm[N].sum(), 1)) for arm in arms]
        total = profit_of(every, mine)
        each, whole, chance = estimate(total / mine.sum()), estimate(total), float(np.mean(total < 0))
        rows.append((name, campaign[STARTS_AT], *members, *did, each.mean, each.low, each.high, chance, whole.mean,
                     whole.low, whole.high, verdict(chance, loss_chance)))  # fmt: skip
    return pd.DataFrame(rows, columns=list(PLAYED)).sort_values(
        ["total", PLAY], ascending=[False, True], ignore_index=True
    )


def verdict(chance: float, loss_chance: float) -> Verdict:
    """Keep what is unlikely to lose money, stop what is likely to, and measure the rest again."""
    if chance <= loss_chance:
        return KEEP
    return STOP if chance >= 1 - loss_chance else AGAIN
