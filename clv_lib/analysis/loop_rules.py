"""Who decides in the closed loop: the strategy, and three simple rules with the same money.

Every rule sees the same customers, the same plays with their prices, and pays for a contact what the strategy reckons
that it takes. The simple rules choose *customers*; each customer then gets the play that a sensible company would use
there: of the plays that suit the customer's stage, the one that is believed to earn most in the customer's group, even
where it is believed to earn nothing, for the rule says that this customer is treated. As simple rules are used, they keep
no control group, so that all their money works, and believe what the library says. The same rules *measuring* leave out
a control group as the strategy does, and believe what their own campaigns have shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.analysis.budgeting import Limits, allocate
from clv_lib.analysis.loop_seen import Seen
from clv_lib.analysis.strategy import Options
from clv_lib.analysis.trials import worth_trying
from clv_lib.names import BAND, CHURN_RISK, CUSTOMER_ID, LIFECYCLE_STAGE, PLAY, REACHABLE, RESIDUAL_CLV, SEGMENT
from clv_lib.settings import Play, StrategySection

TESTS: Final = 3  # tests at a time
TRIAL_SHARE: Final = 0.25  # of the budget


@dataclass(frozen=True)
class Situation:
    """What is known before a round.

    Attributes
    ----------
    seen : Seen
    options : Options
        Under the beliefs of whoever decides.
    plays : dict of str to Play
    section : StrategySection
    budget : float
    seed : int
        Of the hash that puts customers into arms.
    """

    seen: Seen
    options: Options
    plays: dict[str, Play]
    section: StrategySection
    budget: float
    seed: int


Rule = Callable[[Situation], pd.DataFrame]  # gives customer_id, play, treated


@dataclass(frozen=True)
class InOrder:
    """Treat customers in an order until the money is spent.

    Attributes
    ----------
    order : {"value", "risk", "none"}
        The highest CLV first, the most likely to fall silent first, or an order that says nothing.
    measures : bool
        Whether a control group is left out.
    """

    order: Literal["value", "risk", "none"]
    measures: bool = False

    def __call__(self, situation: Situation) -> pd.DataFrame:
        """Customers, plays and arms."""
        people, section = situation.seen.people, situation.section
        by = {
            "value": -people[RESIDUAL_CLV].to_numpy(dtype=float),
            "risk": -people[CHURN_RISK].to_numpy(dtype=float),
            "none": np.random.default_rng(situation.seed).random(len(people)),
        }[self.order]
        people = people.iloc[np.argsort(by, kind="stable")]
        people = people[people[REACHABLE].to_numpy(dtype=bool)]
        keys = [SEGMENT, BAND, LIFECYCLE_STAGE]
        chosen = people.merge(_best_play(situation), on=keys, how="inner")
        draw = np.random.default_rng([situation.seed, 1]).random(len(chosen))
        chosen["treated"] = (draw >= section.control_share) if self.measures else True
        paid = (chosen["spend"] * chosen["treated"]).cumsum() <= situation.budget
        return chosen.loc[paid, [CUSTOMER_ID, PLAY, "treated"]]


def _best_play(situation: Situation) -> pd.DataFrame:
    """For every stage in every group, the play that is believed to earn most of those that suit it."""
    stages = situation.options.groups["stages"]
    rows = [
        (row.segment, row.band, stage, row.play, row.spend, row.mean)
        for row in situation.options.table.itertuples()
        for stage in stages.iloc[int(str(row.group))]
    ]
    found = pd.DataFrame(rows, columns=[SEGMENT, BAND, LIFECYCLE_STAGE, PLAY, "spend", "mean"])
    found = found.sort_values(["mean", PLAY], ascending=[False, True])
    return found.drop_duplicates([SEGMENT, BAND, LIFECYCLE_STAGE])


def strategy(situation: Situation) -> pd.DataFrame:
    """Test what is worth knowing, then give the rest of the money to the plays that earn most."""
    section, options = situation.section, situation.options
    tests = _tests(situation)
    spent = float((tests["spend"] * tests["treated"]).sum()) if len(tests) else 0.0
    worthwhile = options.worthwhile(section.loss_chance)
    limits = Limits(budget=situation.budget - spent, downside=situation.budget / 4)
    planned = worthwhile.table.assign(planned=allocate(worthwhile, limits))
    planned = planned[planned["planned"] > 0]
    taken = set(tests[CUSTOMER_ID])
    parts = [tests[[CUSTOMER_ID, PLAY, "treated"]]]
    for row in planned.sort_values("mean", ascending=False).itertuples():
        own = _suited(situation, (SEGMENT, row.segment), (BAND, row.band), play=str(row.play), taken=taken)
        members = own.head(round(row.planned / (1 - section.control_share)))[CUSTOMER_ID]
        taken |= set(members)
        parts.append(_arms(members, str(row.play), section.control_share, situation.seed))
    return pd.concat(parts, ignore_index=True)


def _tests(situation: Situation) -> pd.DataFrame:
    money, parts = TRIAL_SHARE * situation.budget, []
    taken: set[str] = set()
    found = worth_trying(situation.options, size=int(money / TESTS / 1_000)).table.head(TESTS)
    for row in found.itertuples():
        treated = int(money / TESTS / max(row.spend, 1.0))
        own = _suited(situation, ("evidence", row.evidence), play=str(row.play), taken=taken)
        members = own.head(2 * treated)[CUSTOMER_ID]
        taken |= set(members)
        parts.append(_arms(members, str(row.play), 0.5, situation.seed).assign(spend=row.spend))
    return pd.concat(parts, ignore_index=True) if parts else _NOBODY


def _suited(situation: Situation, *where: tuple[str, object], play: str, taken: set[str]) -> pd.DataFrame:
    people = situation.seen.people
    keep = people[REACHABLE].to_numpy(dtype=bool) & ~people[CUSTOMER_ID].isin(taken).to_numpy()
    for column, value in where:
        keep &= (people[column] == value).to_numpy()
    stages = situation.plays[play].stages
    if stages:
        keep &= people[LIFECYCLE_STAGE].isin(stages).to_numpy()
    return people[keep].sort_values([RESIDUAL_CLV, CUSTOMER_ID], ascending=[False, True])


def _arms(members: pd.Series, play: str, control_share: float, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng([seed, sum(map(ord, play))]).random(len(members))
    return pd.DataFrame({CUSTOMER_ID: members.to_numpy(), PLAY: play, "treated": draw >= control_share})


_NOBODY: Final = pd.DataFrame({CUSTOMER_ID: [], PLAY: [], "treated": [], "spend": []}).astype(
    {CUSTOMER_ID: "str", PLAY: "str", "treated": "bool", "spend": "float64"}
)
RULES: Final[dict[str, Rule]] = {
    "strategy": strategy,
    "top_by_value": InOrder("value"),
    "riskiest": InOrder("risk"),
    "everyone": InOrder("none"),
}
MEASURING: Final[dict[str, Rule]] = {
    "top_by_value": InOrder("value", measures=True),
    "riskiest": InOrder("risk", measures=True),
    "everyone": InOrder("none", measures=True),
}
