"""The last round of one run: what its campaigns and members say of the plays, left for the pages after it."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from clv_lib.analysis.regret import LastRound, last_round
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.trials import worth_trying
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.plays_record import PlayBeliefs
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.study import Study
from clv_lib.settings import Play

LAST_ROUND: Final = "last_round"
MOVES: Final = "last_round_groups"
TRIALS: Final = "worth_trying"
_EMPTY: Final = pd.DataFrame(columns=["evidence", "play"])


@dataclass(frozen=True)
class LookBack:
    """How the last round did, and what is worth trying.

    Attributes
    ----------
    plays : dict of str to Play
    round : LastRound or None
        None where no campaign had a control group, or nobody knows what customers are worth.
    trials : pandas.DataFrame
        Plays that nobody has measured, in the groups in which knowing would be worth most; see
        :class:`~clv_lib.analysis.trials.Trials`.
    valued : bool
        Whether values are known.
    """

    plays: dict[str, Play]
    round: LastRound | None
    trials: pd.DataFrame
    valued: bool


def look_back(study: Study, known: PlayBeliefs, base: SegmentBase | None, found: Strategy | None) -> LookBack:
    """Judge the last campaign of every play, and find what to try next."""
    if base is None or found is None:
        return LookBack(known.plays, None, _EMPTY, valued=False)
    section = study.settings.strategy
    judged = last_round(known.campaigns, found.plays, known.uplift, base, section)
    trials = worth_trying(found.options, size=section.test_contacts).table
    untried = trials[~trials["play"].isin(list(known.uplift.members))].drop_duplicates("play")
    return LookBack(found.plays, judged, untried.head(section.test_plays).reset_index(drop=True), valued=True)


def save_look_back(study: Study, found: LookBack) -> None:
    """Leave the verdicts, what would have been best, and what to try."""
    if found.round is not None:
        plays = found.round.plays
        study.folder.write_table(LAST_ROUND, plays.assign(starts_at=pd.to_datetime(plays["starts_at"])))
        study.folder.write_table(MOVES, found.round.moves)
    if len(found.trials):
        study.folder.write_table(TRIALS, found.trials)


def look_back_figures(found: LookBack, currency: str) -> list[KeyFigure]:
    """What the last round earned, and what it cost to have guessed."""
    if found.round is None:
        return []
    told = {"last_round_profit": found.round.earned, "last_round_regret": found.round.regret}
    return [
        KeyFigure(name, each.mean, low=each.low, high=each.high, unit=currency, mass=each.mass, interval="expected")
        for name, each in told.items()
    ]
