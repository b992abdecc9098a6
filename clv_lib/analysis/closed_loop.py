"""The closed loop: round after round a rule decides, the world answers, and who measures believes something new.

The world knows what each play truly does (:mod:`clv_lib.data.simulate.treatment`), so the *true* incremental profit of
a round is known: what the treated are expected to bring because of it, less all that it costs, now and later. Neither
rule nor strategy sees it; they see the log, the campaigns and their arms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.group_value import ValueModel
from clv_lib.analysis.loop_rules import Rule, Situation
from clv_lib.analysis.loop_seen import Seen, fit, look
from clv_lib.analysis.strategy import Beliefs, options
from clv_lib.data.simulate.rounds import MARGIN, Company, World
from clv_lib.data.simulate.treatment import PARTS, treat
from clv_lib.data.simulate.true_plays import TruePlay
from clv_lib.names import CUSTOMER_ID
from clv_lib.periods import continuous_rate, weeks_in_months
from clv_lib.settings import Play, StrategySection

Learner = Callable[[Company, int], Beliefs]  # what is believed before a round, from all that was seen until then
ECONOMICS: Final = Economics(MARGIN, continuous_rate(0.12), weeks_in_months(12))
DRAWS: Final = 100


@dataclass(frozen=True)
class Contest:
    """What is the same for everybody who decides.

    Attributes
    ----------
    world : World
    truth : mapping of str to TruePlay
    plays : dict of str to Play
        With their prices; what they do is believed, not known.
    section : StrategySection
    budget : float
        For each round, in Rp.
    model : ValueModel
        Fitted before the first round.
    """

    world: World
    truth: Mapping[str, TruePlay]
    plays: dict[str, Play]
    section: StrategySection
    budget: float
    model: ValueModel


def contest(
    world: World,
    truth: Mapping[str, TruePlay],
    plays: dict[str, Play],
    section: StrategySection,
    *,
    budget: float,
    draws: int = DRAWS,
) -> Contest:
    """Let a company that has never run a play read its history.

    Parameters
    ----------
    budget : float
        For each round, per customer who may be written to before the first, in Rp.
    draws : int
        Posterior draws that every figure is carried through.
    """
    company, moment = Company(world), world.calendar.begins(0)
    end = world.calendar.day(moment - 1)
    model = fit(company.transactions(moment), end=end, economics=ECONOMICS, draws=draws, seed=world.seed)
    return Contest(world, truth, plays, section, budget * len(company.reachable(moment)), model)


def play_rounds(contest: Contest, rule: Rule, learner: Learner) -> pd.DataFrame:
    """Let a rule decide in every round.

    Returns
    -------
    pandas.DataFrame
        One row per round and play: ``round, play, members, treated``, the parts of the true profit, and ``profit``.
    """
    company, rows = Company(contest.world), []
    for number in range(contest.world.calendar.rounds):
        members = decide(contest, rule, learner(company, number), company, number)
        rows.append(treat(company, number, members, contest.truth).assign(round=number))
    return pd.concat(rows, ignore_index=True)[["round", "play", "members", "treated", *PARTS, "profit"]]


def decide(contest: Contest, rule: Rule, beliefs: Beliefs, company: Company, number: int) -> pd.DataFrame:
    """Whom a rule treats with what in a round: ``person, play, treated``."""
    seen = seen_before(contest, company, number)
    found = options(seen.base, contest.plays, beliefs, contest.section)
    seed = contest.world.seed * 1_000 + number
    chosen = rule(Situation(seen, found, contest.plays, contest.section, contest.budget, seed))
    person = pd.Series(np.arange(len(contest.world.ids)), index=contest.world.ids)
    return chosen.assign(person=person[chosen[CUSTOMER_ID]].to_numpy())[["person", "play", "treated"]]


def seen_before(contest: Contest, company: Company, number: int) -> Seen:
    """What the company knows of its customers on the evening before a round."""
    calendar = contest.world.calendar
    moment = calendar.begins(number)
    return look(
        company.transactions(moment),
        set(contest.world.ids[company.reachable(moment)]),
        contest.model,
        end=calendar.day(moment - 1),
        seed=contest.world.seed * 1_000 + number,
    )
