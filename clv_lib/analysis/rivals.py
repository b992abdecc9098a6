"""The plan against the rules that need none: treat the most valuable, treat the riskiest, treat everyone.

A rule says in which order customers are treated and asks nothing else. It knows the same of the plays, and has the same
money, caps on contacts and control groups, so that what differs is the choice of customers. It goes on while there is
money, whether or not that earns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.budgeting import Plan
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.programme import Limits, profit_of, spend_of
from clv_lib.analysis.strategy import Options
from clv_lib.names import CHANNEL, PLAY

PLAN: Final = "plan"
TOP: Final = "top_by_value"
RISKIEST: Final = "riskiest"
EVERYONE: Final = "everyone"
RULES: Final = (TOP, RISKIEST, EVERYONE)


@dataclass(frozen=True)
class Rival:
    """What a rule would do with the same money.

    Attributes
    ----------
    rule : str
    customers : int
    spent : float
        In currency.
    profit : Estimate
        Expected, in currency.
    ahead : Estimate
        Profit of the plan less that of the rule, draw by draw.
    loss_chance : float
    """

    rule: str
    customers: int
    spent: float
    profit: Estimate
    ahead: Estimate
    loss_chance: float


def rivals(options: Options, plan: Plan) -> tuple[Rival, ...]:
    """The plan, then each rule, with the money that the plan spends.

    Parameters
    ----------
    options : Options
        All of them, also those that are not worthwhile: a rule does not ask.
    plan : Plan
    """
    limits = Limits(
        budget=plan.spent,
        contacts=plan.limits.contacts,
        plays_per_customer=plan.limits.plays_per_customer,
        most=plan.limits.most,
    )
    own = Rival(PLAN, plan.customers, plan.spent, plan.expected, Estimate(0.0, 0.0, 0.0), plan.loss_chance)
    return own, *(_judged(rule, options, by_rule(options, rule, limits), plan) for rule in RULES)


def by_rule(options: Options, rule: str, limits: Limits) -> np.ndarray:
    """Customers that a rule treats by each option, shape (option,).

    A rule may give every group its best play, or all the same; of these ways it takes the one that is expected to earn
    most, so that it is beaten by the choice of customers and not by a bad choice of plays.
    """
    table = options.table
    order = table.assign(row=np.arange(len(table))).sort_values(["mean", PLAY], ascending=[False, True])
    ways = [order.drop_duplicates("group"), *(own for _, own in order.groupby(PLAY, sort=True))]
    found = [_in_order(options, way.set_index("group")["row"], rule, limits) for way in ways if len(way)]
    found = [chosen for chosen in found if chosen.any()]  # a rule treats somebody if it can
    earned = [float(profit_of(options, chosen).mean()) for chosen in found]
    return found[int(np.argmax(earned))] if found else np.zeros(len(table))


def _in_order(options: Options, rows: pd.Series, rule: str, limits: Limits) -> np.ndarray:
    """Treat group after group in the order of the rule, each by its row, until the money is spent."""
    if rule == EVERYONE:
        return _equally(options, rows.to_numpy(), limits)
    chosen = np.zeros(len(options.table))
    groups = options.groups.loc[rows.index]
    for group in groups.sort_values({TOP: "value", RISKIEST: "risk"}[rule], ascending=False, kind="stable").index:
        row = int(rows[group])
        chosen[row] = _room(options, chosen, row, limits)
    return chosen


def _equally(options: Options, rows: np.ndarray, limits: Limits) -> np.ndarray:
    """The same part of every group, as large as the money and the caps allow."""
    many = options.table["customers"].to_numpy(dtype=float)
    low, high = 0.0, 1.0
    chosen = np.zeros(len(many))
    for _ in range(40):
        part = (low + high) / 2 if high - low > 1e-9 else high
        trial = np.zeros(len(many))
        trial[rows] = np.floor(part * many[rows])
        capped = _capped(options, trial, limits)
        if spend_of(options, capped) <= limits.budget and capped.sum() <= limits.most:
            low, chosen = part, capped
        else:
            high = part
    return chosen


def _capped(options: Options, chosen: np.ndarray, limits: Limits) -> np.ndarray:
    """Every channel's contacts scaled down to its cap."""
    chosen = chosen.copy()
    for channel, cap in limits.contacts.items():
        mine = (options.table[CHANNEL] == channel).to_numpy(dtype=bool)
        if chosen[mine].sum() > cap:
            chosen[mine] = np.floor(chosen[mine] * cap / chosen[mine].sum())
    return chosen


def _room(options: Options, chosen: np.ndarray, row: int, limits: Limits) -> float:
    """How many more customers an option may get within money and caps."""
    table = options.table
    play, channel = str(table[PLAY].iloc[row]), str(table[CHANNEL].iloc[row])
    new = 0.0 if (chosen[(table[PLAY] == play).to_numpy()] > 0).any() else options.fixed[play]
    left = limits.budget - spend_of(options, chosen) - new
    spend = float(table["spend"].iloc[row])
    paid = np.inf if spend <= 0 else left * (1 + 1e-9) / spend
    used = chosen[(table[CHANNEL] == channel).to_numpy()].sum()
    cap = limits.contacts.get(channel, np.inf) - used
    top = min(float(table["customers"].iloc[row]), paid, cap, limits.most - chosen.sum())
    return max(float(np.floor(top)), 0.0) if left >= 0 else 0.0


def _judged(rule: str, options: Options, chosen: np.ndarray, plan: Plan) -> Rival:
    profit = profit_of(options, chosen)
    return Rival(
        rule,
        int(chosen.sum()),
        spend_of(options, chosen),
        estimate(profit),
        estimate(plan.profit - profit),
        float(np.mean(profit < 0)),
    )


def as_table(found: tuple[Rival, ...]) -> pd.DataFrame:
    """One row per rule: rule, customers, spent, profit, low, high, ahead, loss_chance."""
    rows = [
        {
            "rule": each.rule,
            "customers": each.customers,
            "spent": each.spent,
            "profit": each.profit.mean,
            "low": each.profit.low,
            "high": each.profit.high,
            "ahead": each.ahead.mean,
            "loss_chance": each.loss_chance,
        }
        for each in found
    ]
    return pd.DataFrame(rows)
