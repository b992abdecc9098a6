"""What is found in customers' answers, ready to be said, and what a run keeps of it."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from clv_lib.analysis.answers import CES, CSAT, GIVEN_DAY, NPS
from clv_lib.analysis.friction import Journey
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.themes import Themes
from clv_lib.analysis.unhappiness import Unhappiness
from clv_lib.analysis.voice_scores import Course
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, THEME, N
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure

MOST_GROUPS: Final = 20  # of one division that a page can show: the largest
CALL_BACKS: Final = "call_backs"
SCORES: Final = "voice_scores"
JOURNEY: Final = "voice_journey"
THEMES: Final = "voice_themes"


@dataclass(frozen=True)
class Scores:
    """NPS, CSAT and effort: now, step by step, and by group.

    Attributes
    ----------
    now : DataFrame
        See :func:`~clv_lib.analysis.voice_scores.scores`; the latest answer of every customer in the days that are now.
    over_time : DataFrame
        The same by month_number, of all days.
    step : int
        Months of a step.
    course : Course or None
        Of the main question, from the first third of the time to the last.
    by : dict of str to DataFrame
        See :func:`~clv_lib.analysis.voice_scores.scores_by`, by stage, value tier, channel and touchpoint; those that
        are known and hold two groups.
    days : int
        How far back now reaches.
    """

    now: pd.DataFrame
    over_time: pd.DataFrame
    step: int
    course: Course | None
    by: dict[str, pd.DataFrame]
    days: int

    @property
    def main(self) -> pd.Series:
        """NPS, or where nobody was asked that, the question with most answers."""
        return main_question(self.now)


def main_question(now: pd.DataFrame) -> pd.Series:
    """NPS, or where nobody was asked that, the question with most answers: its row of the scores."""
    nps = now[now[INSTRUMENT] == NPS]
    return nps.iloc[0] if len(nps) else now.sort_values(N, ascending=False, kind="stable").iloc[0]


class NobodyAskedError(CannotEstimateError):
    """There is no answer to read: the page says what to collect instead."""


@dataclass(frozen=True)
class CallBacks:
    """Whom to call back: the list, how many there would be without an end to it, and the days it reaches back."""

    listed: pd.DataFrame
    unhappy: int
    days: int


def save_voice(
    folder: RunFolder,
    found: "Scores | CannotEstimateError",
    way: "Journey | CannotEstimateError",
    said: "Themes | CannotEstimateError",
    listed: "CallBacks | CannotEstimateError",
) -> None:
    """Leave the scores, the journey, the themes and the list, as far as there are any."""
    if not isinstance(found, CannotEstimateError):
        folder.write_table(SCORES, found.over_time)
    if not isinstance(way, CannotEstimateError):
        folder.write_table(JOURNEY, way.table)
    if not isinstance(said, CannotEstimateError):
        folder.write_table(THEMES, said.shown.drop(columns=["words", "quote"], errors="ignore").astype({THEME: str}))
    if not isinstance(listed, CannotEstimateError):
        table = listed.listed.copy()
        table[GIVEN_DAY] = pd.to_datetime([pd.Timestamp.fromordinal(int(day)) for day in table[GIVEN_DAY]])
        folder.write_csv(CALL_BACKS, table.rename(columns={GIVEN_DAY: "given_at"}))


def voice_figures(
    found: "Scores | CannotEstimateError",
    cost: "Unhappiness | CannotEstimateError",
    listed: "CallBacks | CannotEstimateError",
) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    figures = []
    if not isinstance(found, CannotEstimateError):
        units = {NPS: "points", CSAT: "share", CES: "share"}
        for name, *ends in found.now[[INSTRUMENT, "score", "low", "high"]].itertuples(index=False):
            value, low, high = (float(each) for each in ends)
            figures.append(KeyFigure(str(name), value, low, high, units[str(name)], INTERVAL, "expected"))
    if not isinstance(cost, CannotEstimateError):
        gap = cost.gone.difference
        figures.append(
            KeyFigure("unhappy_leave_more_often_by", gap.mean, gap.low, gap.high, "share", gap.mass, "expected")
        )
    if not isinstance(listed, CannotEstimateError):
        figures.append(KeyFigure("customers_to_call_back", float(listed.unhappy), unit="customers"))
    return figures
