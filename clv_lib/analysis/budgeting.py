"""The plan: which plays for whom under the budget, what it should earn, and what it may lose.

Only options that are expected to earn, and that lose money with no more than the stated chance, come into the plan.
What a play costs at all is shared by all who get it, so the chance is looked at again for the play as a whole: a play
that fails is left out and the budget divided anew.

Of a play that no campaign with a control group has measured, nobody can be so sure, and it would never be: so a few of
them are tried at a time, with few customers, if they are expected to earn.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.programme import Limits, allocate, fixed_of, profit_of, risk_of, spend_of
from clv_lib.analysis.strategy import PRIOR, Options
from clv_lib.names import BAND, CHANNEL, PLAY, SEGMENT
from clv_lib.settings import StrategySection

Reason = Literal[
    "", "nobody", "no_plays", "unprofitable", "unsure", "no_budget", "small_budget", "no_contacts", "fixed_costs",
    "downside",
]  # fmt: skip
LEAST_TESTED: Final = 30  # customers treated, or the play is not worth trying in this round
DOWNSIDE_SHARE: Final = 0.01  # of the profit to come of all customers, where nobody says what may be lost


@dataclass(frozen=True)
class Plan:
    """Whom to treat with which play.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per segment, band and play in use: with ``evidence``, ``channel``, ``source``, ``customers`` (to
        treat), ``control`` (to choose as well, and to leave out so that the next run can measure), ``cost`` (expected,
        currency), ``profit``, ``low``, ``high`` (expected, currency, before what the play costs at all),
        ``loss_chance``.
    plays : pandas.DataFrame
        One row per play in use: ``play``, ``channel``, ``customers``, ``fixed``, ``cost`` (with it), ``profit``,
        ``low``, ``high`` (after it), ``loss_chance``, ``source``.
    chosen : numpy.ndarray, shape (option,)
        Customers to treat by each of ``options``.
    options : Options
        Those among which the plan was chosen.
    profit : numpy.ndarray, shape (draw,)
        Expected profit of the whole plan, in currency.
    limits : Limits
        As they were applied.
    budget_is, downside_is : {"stated", "derived"}
    empty_because : str
        Why nobody is treated; empty where somebody is.
    left_out : tuple of str
        Plays left out since they lose money too often once what they cost at all is counted, or since a test would
        reach too few customers to learn anything.
    """

    table: pd.DataFrame
    plays: pd.DataFrame
    chosen: np.ndarray
    options: Options
    profit: np.ndarray
    limits: Limits
    budget_is: Literal["stated", "derived"]
    downside_is: Literal["stated", "derived"]
    empty_because: Reason
    left_out: tuple[str, ...]

    @property
    def customers(self) -> int:
        """Contacts in all: a customer in two plays counts twice."""
        return int(self.chosen.sum())

    @property
    def spent(self) -> float:
        """Expected money for contacts, offers and what the plays cost at all."""
        return spend_of(self.options, self.chosen)

    @property
    def is_trial(self) -> bool:
        """Whether no play in use has been measured: what it expects is belief, and it is carried out to learn."""
        return len(self.plays) > 0 and bool((self.plays["source"] == PRIOR).all())

    @property
    def expected(self) -> Estimate:
        """Expected profit with its interval."""
        return estimate(self.profit)

    @property
    def loss_chance(self) -> float:
        """That the expected profit is below nothing."""
        return float(np.mean(self.profit < 0))

    @property
    def worst(self) -> float:
        """Mean loss of the worst twentieth of outcomes, in currency; negative: even those earn money."""
        return risk_of(self.options, self.chosen)

    @property
    def contacts(self) -> dict[str, int]:
        """Contacts by channel."""
        return {str(name): int(many) for name, many in self.table.groupby(CHANNEL)["customers"].sum().items()}


def limits_of(
    section: StrategySection, untried: frozenset[str], *, budget: float = np.inf, downside: float = np.inf
) -> Limits:
    """The limits of the settings, with this budget and this downside."""
    return Limits(
        untried=untried,
        test_contacts=section.test_contacts,
        test_plays=section.test_plays,
        budget=budget,
        downside=downside,
        contacts={str(name): most for name, most in section.contacts.items()},
        plays_per_customer=section.plays_per_customer,
        most=float(np.floor(section.actions * (1 - section.control_share) + 1e-9)),
    )


def choose(options: Options, section: StrategySection) -> Plan:
    """Divide the budget of the settings, or what all worthwhile plays need where they state none.

    Parameters
    ----------
    options : Options
        All of them.
    section : StrategySection
    """
    worth = options.admitted(section.loss_chance)
    downside = DOWNSIDE_SHARE * max(options.to_come, 0.0) if section.downside is None else section.downside
    budget = np.inf if section.budget is None else section.budget
    limits = limits_of(section, worth.untried, budget=budget, downside=downside)
    chosen, used, left_out = _divided(worth, limits, section.loss_chance)
    if section.budget is None:
        limits = replace(limits, budget=spend_of(used, chosen))
    return Plan(
        table=_table(used, chosen, section.control_share),
        plays=_plays(used, chosen),
        chosen=chosen,
        options=used,
        profit=profit_of(used, chosen),
        limits=limits,
        budget_is="derived" if section.budget is None else "stated",
        downside_is="derived" if section.downside is None else "stated",
        empty_because="" if chosen.any() else _why_empty(options, worth, section),
        left_out=left_out,
    )


def play_profit(options: Options, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Profit of each play in use, after what it costs at all; each of dims (draw,)."""
    found = {}
    for name in sorted(set(options.table.loc[chosen > 0, PLAY])):
        mine = (options.table[PLAY] == name).to_numpy(dtype=bool)
        found[name] = chosen[mine] @ options.draws[mine] - options.fixed[name]
    return found


def _divided(options: Options, limits: Limits, loss_chance: float) -> tuple[np.ndarray, Options, tuple[str, ...]]:
    left_out: list[str] = []
    while True:
        chosen = allocate(options, limits)
        chances = {
            name: float(np.mean(profit < 0))
            for name, profit in play_profit(options, chosen).items()
            if name not in limits.untried or profit.mean() <= 0
        }
        bad = {name: chance for name, chance in chances.items() if chance > loss_chance}
        bad |= {name: 2.0 for name in _too_few(options, chosen) if name in limits.untried}
        failing = max(bad, key=lambda name: (bad[name], name), default="")
        if not failing:
            return chosen, options, tuple(left_out)
        left_out.append(failing)
        options = options.where((options.table[PLAY] != failing).to_numpy(dtype=bool))


def _too_few(options: Options, chosen: np.ndarray) -> list[str]:
    """Plays in use with so few customers that nothing would be learned."""
    many = pd.Series(chosen).groupby(options.table[PLAY].to_numpy()).sum()
    return [str(name) for name, count in many.items() if 0 < count < LEAST_TESTED]


def _why_empty(options: Options, worth: Options, section: StrategySection) -> Reason:
    """The first limit in the way, from the customers to the money."""
    if not len(options.groups):
        return "nobody"
    if not len(options.table):
        return "no_plays"
    if not (options.table["mean"] > 0).any():
        return "unprofitable"
    if not len(worth.table):
        return "unsure"
    budget = np.inf if section.budget is None else section.budget
    if budget <= 0:
        return "no_budget"
    if not (worth.table[CHANNEL].map(lambda name: section.contacts.get(name, 1)) > 0).any():
        return "no_contacts"
    if not _divided(worth, limits_of(section, worth.untried), section.loss_chance)[0].any():
        return "fixed_costs"
    cheapest = worth.table["spend"] + worth.table[PLAY].map(worth.fixed)
    if budget < cheapest.min():
        return "small_budget"
    without = _divided(worth, limits_of(section, worth.untried, budget=budget), section.loss_chance)[0]
    return "downside" if without.any() else "small_budget"


def _table(options: Options, chosen: np.ndarray, control_share: float) -> pd.DataFrame:
    keys = [SEGMENT, BAND, "evidence", PLAY, CHANNEL, "source"]
    rows = []
    for key, part in options.table[chosen > 0].groupby(keys, sort=False):
        many = chosen[part.index]
        profit = many @ options.draws[part.index]
        found = estimate(profit)
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                "customers": int(many.sum()),
                "control": round(many.sum() * control_share / (1 - control_share)),
                "cost": float(many @ part["spend"].to_numpy(dtype=float)),
                "profit": found.mean,
                "low": found.low,
                "high": found.high,
                "loss_chance": float(np.mean(profit < 0)),
            }
        )
    columns = [*keys, "customers", "control", "cost", "profit", "low", "high", "loss_chance"]
    return pd.DataFrame(rows, columns=columns)


def _plays(options: Options, chosen: np.ndarray) -> pd.DataFrame:
    rows = []
    for name, profit in play_profit(options, chosen).items():
        mine = (options.table[PLAY] == name).to_numpy(dtype=bool)
        only = np.where(mine, chosen, 0.0)
        first = options.table[mine].iloc[0]
        found = estimate(profit)
        rows.append(
            {
                PLAY: name,
                CHANNEL: first[CHANNEL],
                "customers": int(only.sum()),
                "fixed": fixed_of(options, only),
                "cost": spend_of(options, only),
                "profit": found.mean,
                "low": found.low,
                "high": found.high,
                "loss_chance": float(np.mean(profit < 0)),
                "source": first["source"],
            }
        )
    columns = [PLAY, CHANNEL, "customers", "fixed", "cost", "profit", "low", "high", "loss_chance", "source"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["profit", PLAY], ascending=[False, True], ignore_index=True)
