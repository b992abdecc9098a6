"""Who decides in the closed loop: the strategy, and three simple rules with the same money.

Every rule sees the same customers, the same plays with their prices, and pays for a contact what the strategy reckons
that it takes. The simple rules choose *customers*; each customer then gets the play that a sensible company would use
there: of the plays that suit the customer's stage, the one that is believed to earn most in the customer's group, even
where it is believed to earn nothing, for the rule says that this customer is treated. As simple rules are used, they
keep no control group, so that all their money works, and believe what the library says. The same rules *measuring*
leave out a control group as the strategy does, and believe what their own campaigns have shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.analysis.arms import arms
from clv_lib.analysis.budgeting import choose
from clv_lib.analysis.loop_seen import Seen
from clv_lib.analysis.strategy import Options
from clv_lib.data.tables.crm import TREATED
from clv_lib.names import BAND, CHURN_RISK, CUSTOMER_ID, LIFECYCLE_STAGE, PLAY, REACHABLE, RESIDUAL_CLV, SEGMENT
from clv_lib.settings import Play, StrategySection


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
    campaign : str
        Name of the round, for the hash that puts customers into arms.
    seed : int
        Of an order that says nothing.
    """

    seen: Seen
    options: Options
    plays: dict[str, Play]
    section: StrategySection
    budget: float
    campaign: str
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
        chosen["treated"] = True
        if self.measures:
            ids, share = list(chosen[CUSTOMER_ID]), section.control_share
            chosen["treated"] = arms(ids, "", situation.campaign, control_share=share) == TREATED
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
    """The plan of the suite: the best customers of every planned group, some of them left out by the hash."""
    section = situation.section.model_copy(update={"budget": situation.budget})
    plan = choose(situation.options, section)
    people = situation.seen.people
    people = people[people[REACHABLE].to_numpy(dtype=bool)].sort_values(
        [RESIDUAL_CLV, CUSTOMER_ID], ascending=[False, True]
    )
    taken: set[str] = set()
    parts = []
    for row in plan.table.sort_values("profit", ascending=False).to_dict("records"):
        here = (people[SEGMENT] == row[SEGMENT]) & (people[BAND] == row[BAND])
        stages = situation.plays[row[PLAY]].stages
        here &= people[LIFECYCLE_STAGE].isin(stages) if stages else True
        members = people.loc[here & ~people[CUSTOMER_ID].isin(taken), CUSTOMER_ID].head(
            row["customers"] + row["control"]
        )
        taken |= set(members)
        arm = arms(list(members), row[PLAY], situation.campaign, control_share=section.control_share)
        parts.append(pd.DataFrame({CUSTOMER_ID: members, PLAY: row[PLAY], "treated": arm == TREATED}))
    return pd.concat(parts, ignore_index=True) if parts else _NOBODY


_NOBODY: Final = pd.DataFrame({CUSTOMER_ID: [], PLAY: [], "treated": []}).astype(
    {CUSTOMER_ID: "str", PLAY: "str", "treated": "bool"}
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
