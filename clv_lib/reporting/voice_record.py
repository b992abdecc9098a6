"""What the page on customers' voice reads of the notebooks before it, each of its findings, and what it leaves.

A finding is the result, or the :class:`~clv_lib.errors.CannotEstimateError` that says why there is none: the page says
it in its place and goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.answers import (
    CES,
    CSAT,
    GIVEN_DAY,
    INSTRUMENTS,
    NPS,
    NUMBER,
    UNHAPPY,
    answers,
    latest,
    score_cells,
    since,
)
from clv_lib.analysis.before_after import Change, change
from clv_lib.analysis.call_back import call_backs
from clv_lib.analysis.friction import Journey, journey
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.segments import cut_points, segmented
from clv_lib.analysis.themes import FILED, Themes, themes
from clv_lib.analysis.unhappiness import Stake, Unhappiness, stake, unhappiness
from clv_lib.analysis.voice_scores import Course, course, scores, scores_by, steps
from clv_lib.data.contract_stages import contract_rules, contract_stretches
from clv_lib.data.customers import Frame, collected, purchase_days
from clv_lib.data.keeping import kept
from clv_lib.data.stage_rules import stage_rules
from clv_lib.data.stages import stretches
from clv_lib.data.tables import RESPONSE
from clv_lib.data.tenures import tenures
from clv_lib.errors import CannotEstimateError
from clv_lib.names import (
    ACQUISITION_CHANNEL,
    CHURN_RISK,
    COMMENT,
    CUSTOMER_ID,
    EMAIL_CONSENT,
    HAPPENED_AT,
    INSTRUMENT,
    KIND,
    LIFECYCLE_STAGE,
    ORDERED_AT,
    RESIDUAL_CLV,
    RESIDUAL_CLV_HIGH,
    RESIDUAL_CLV_LOW,
    THEME,
    TOTAL_VALUE,
    TOUCHPOINT,
    VALUE_TIER,
    N,
)
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.lifecycle_record import STAGES
from clv_lib.reporting.members_ahead import beside
from clv_lib.reporting.study import Study
from clv_lib.settings import VoiceSection

CALL_BACKS: Final = "call_backs"
SCORES: Final = "voice_scores"
JOURNEY: Final = "voice_journey"
THEMES: Final = "voice_themes"
GROUPS: Final = (LIFECYCLE_STAGE, VALUE_TIER, ACQUISITION_CHANNEL, TOUCHPOINT)
_USUAL_HORIZON: Final = 90  # days, where no warning has chosen one


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
        return _main(self.now)


def _main(now: pd.DataFrame) -> pd.Series:
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


@dataclass(frozen=True)
class Voice:
    """What customers said, beside everything that is known of them.

    Attributes
    ----------
    study : Study
    record : mapping of str to narwhals.LazyFrame
    window : ObservationWindow
    people : narwhals.LazyFrame
        customer_id and what is known of total_value, lifecycle_stage, residual_clv with its interval, churn_risk,
        value_tier, acquisition_channel, email_consent.
    given : narwhals.LazyFrame or None
        From :func:`~clv_lib.analysis.answers.answers`; None where the company has no table of feedback.
    counts : DataFrame
        instrument, n, customers, first, last (day numbers), named (answers with a touchpoint), comments.
    customers : int
        Who bought within the days that count as now, or is under contract.
    """

    study: Study
    record: Mapping[str, Frame]
    window: ObservationWindow
    people: Frame
    given: Frame | None
    counts: pd.DataFrame
    customers: int

    @property
    def settings(self) -> VoiceSection:
        """``[voice]``."""
        return self.study.settings.voice

    @property
    def last_day(self) -> int:
        """Day number of the end of the observation."""
        return self.window.end.toordinal()

    @property
    def asked(self) -> bool:
        """Whether there is any answer."""
        return self.given is not None and len(self.counts) > 0

    def contacts(self) -> int:
        """Contacts with the company up to the end of the observation; answers to campaigns are none."""
        table = self.record["interactions"].filter(nw.col(KIND).str.to_lowercase() != RESPONSE)
        held = table.filter(nw.col(HAPPENED_AT).cast(nw.Date) <= nw.lit(self.window.end))
        return int(collected(held.select(nw.len().alias(N)))[N].iloc[0])

    def stake(self, cost: "Unhappiness | CannotEstimateError", now: "Scores | CannotEstimateError") -> Stake | None:
        """What hangs on unhappiness if it were all its doing; None where nothing is known of it."""
        if isinstance(cost, CannotEstimateError) or isinstance(now, CannotEstimateError):
            return None
        own = now.now[now.now[INSTRUMENT] == cost.instrument]
        if own.empty:
            return None
        return stake(
            cost,
            unhappy=int(own[UNHAPPY].iloc[0]),
            answered=int(own[N].iloc[0]),
            customers=self.customers,
            seed=self.study.seed,
        )

    def _found[Found](self, find: Callable[[Frame], Found]) -> "Found | CannotEstimateError":
        if self.given is None or not self.asked:
            return NobodyAskedError("there is no answer of any customer to read")
        try:
            return find(self.given)
        except CannotEstimateError as error:
            return error

    def scores(self) -> "Scores | CannotEstimateError":
        """NPS, CSAT and effort."""
        return self._found(self._scores)

    def _scores(self, given: Frame) -> Scores:
        days, seed = self.settings.recent_days, self.study.seed
        recent = since(given, self.last_day - days + 1)
        now = scores(score_cells(latest(recent)), seed=seed)
        if now.empty:
            raise CannotEstimateError("The last {days} days hold no answer; the older ones are too old.", days=days)
        stepped, step = steps(score_cells(latest(given, NUMBER), [NUMBER]), number=NUMBER)
        over_time = scores(stepped, by=(NUMBER,), seed=seed)
        groups: dict[str, pd.DataFrame] = {}
        told = latest(recent).join(self.people, on=CUSTOMER_ID, how="left")
        for name in GROUPS:
            rows = latest(recent, TOUCHPOINT) if name == TOUCHPOINT else told
            if name not in rows.collect_schema().names():
                continue
            cells = score_cells(rows.with_columns(nw.col(name).cast(nw.String).fill_null("")), [name])
            if cells[name].nunique() > 1:
                groups[name] = scores_by(cells, group=name, seed=seed)
        moved = course(over_time, instrument=str(_main(now)[INSTRUMENT]), seed=seed)
        return Scores(now, over_time, step, moved, groups, days)

    def journey(self) -> "Journey | CannotEstimateError":
        """Touchpoints by friction."""
        section = self.settings
        return self._found(
            lambda given: journey(
                given,
                self.record,
                self.people,
                stated=section.touchpoints,
                last_day=self.last_day,
                days=section.recent_days,
                seed=self.study.seed,
            )
        )

    def themes(self) -> "Themes | CannotEstimateError":
        """What comments are about."""
        days = self.settings.recent_days
        return self._found(
            lambda given: themes(given, self.people, last_day=self.last_day, days=days, seed=self.study.seed)
        )

    def unhappiness(self) -> "Unhappiness | CannotEstimateError":
        """What goes with it."""
        return self._found(self._unhappiness)

    def _unhappiness(self, given: Frame) -> Unhappiness:
        settings, record, end = self.study.settings, self.record, self.window.end
        days = spells = None
        if settings.contractual:
            spells = kept(tenures(record["subscriptions"], end=end))
            found = contract_stretches(spells, rules=contract_rules(spells), end=end)
        else:
            days = kept(purchase_days(record["transactions"].filter(nw.col(ORDERED_AT) <= nw.lit(end))))
            found = stretches(
                record["transactions"],
                rules=stage_rules(settings.stages, days),
                end=end,
                customers=record.get("customers"),
                referrals=record.get("referrals"),
            )
        return unhappiness(
            given,
            kept(found),
            people=self.people,
            horizon=self._horizon(),
            last_day=self.last_day,
            days=self.settings.recent_days,
            seed=self.study.seed,
            purchase_days=days,
            spells=spells,
        )

    def _horizon(self) -> int:
        """Days that the warning looks ahead; the same, so that its pages and this one speak of one thing."""
        folder = self.study.folder
        if folder.has("churn_risk.parquet"):
            table = folder.read_table("churn_risk", columns=["horizon_days"])
            if len(table):
                return int(table["horizon_days"].iloc[0])
        return self.study.settings.churn.horizon_days or _USUAL_HORIZON

    def change(self) -> "Change | CannotEstimateError":
        """Before and after."""
        section = self.settings
        return self._found(
            lambda given: change(given, stated=section.change_on, days=section.change_days, seed=self.study.seed)
        )

    def call_backs(self, said: "Themes | CannotEstimateError") -> "CallBacks | CannotEstimateError":
        """Whom to call back, with the theme that a comment was filed under."""
        return self._found(lambda given: self._call_backs(given, said))

    def _call_backs(self, given: Frame, said: "Themes | CannotEstimateError") -> CallBacks:
        section = self.settings
        listed, unhappy = call_backs(
            given, self.people, self.record, last_day=self.last_day, days=section.call_back_days,
            most=section.call_backs,
        )  # fmt: skip
        if not isinstance(said, CannotEstimateError):
            keys = [CUSTOMER_ID, GIVEN_DAY, INSTRUMENT, TOUCHPOINT, COMMENT]
            filed = listed[keys].merge(said.of_comment.drop_duplicates(keys), on=keys, how="left")
            listed[THEME] = listed[THEME].where(listed[THEME] != "", filed[FILED].fillna("").to_numpy())
        return CallBacks(listed, unhappy, section.call_back_days)


def listen(study: Study) -> Voice:
    """Read the answers, and put beside them what the notebooks before have left."""
    record, window = study.record(), study.log().window
    people = kept(_people(study, record))
    last_day, days = window.end.toordinal(), study.settings.voice.recent_days
    given = kept(answers(record["feedback"], end=window.end)) if "feedback" in record else None
    return Voice(study, record, window, people, given, _counts(given), _active(record, window, last_day - days))


def _people(study: Study, record: Mapping[str, Frame]) -> Frame:
    """Everybody, with what is known."""
    log = record["transactions"]
    stages, summary = beside(study, log, STAGES), beside(study, log, "customers")
    values, risks = beside(study, log, "customer_values"), beside(study, log, CHURN_RISK)
    base = stages.select(CUSTOMER_ID, LIFECYCLE_STAGE) if stages is not None else log.select(CUSTOMER_ID).unique()
    parts = [(summary, [TOTAL_VALUE]), (values, [RESIDUAL_CLV, RESIDUAL_CLV_LOW, RESIDUAL_CLV_HIGH])]
    parts += [(risks, [CHURN_RISK]), (record.get("customers"), [ACQUISITION_CHANNEL, EMAIL_CONSENT])]
    for frame, columns in parts:
        there = [] if frame is None else [name for name in columns if name in frame.collect_schema().names()]
        if frame is not None and there:
            base = base.join(frame.select(CUSTOMER_ID, *there), on=CUSTOMER_ID, how="left")
    return _with_tier(study, base)


def _with_tier(study: Study, people: Frame) -> Frame:
    """Add the value tier, by the lines that all pages share, where values and stages are known."""
    there = set(people.collect_schema().names())
    if not {RESIDUAL_CLV, LIFECYCLE_STAGE} <= there:
        return people
    told = people
    if CHURN_RISK not in there:
        told = people.with_columns(nw.lit(None).cast(nw.Float64).alias(CHURN_RISK))
    cuts = cut_points(told, study.settings.segments)
    tiers = segmented(told, cuts).select(CUSTOMER_ID, VALUE_TIER)
    return people.join(tiers, on=CUSTOMER_ID, how="left")


def _active(record: Mapping[str, Frame], window: ObservationWindow, after: int) -> int:
    """Customers who bought within the days that count as now."""
    recent = purchase_days(record["transactions"]).filter(
        (nw.col("purchase_day") > after) & (nw.col("purchase_day") <= window.end.toordinal())
    )
    return int(collected(recent.select(nw.col(CUSTOMER_ID).n_unique().alias(N)))[N].iloc[0])


def _counts(given: Frame | None) -> pd.DataFrame:
    columns = [INSTRUMENT, N, "customers", "first", "last", "named", "comments"]
    if given is None:
        return pd.DataFrame(columns=columns)
    found = collected(
        given.with_columns(
            (nw.col(TOUCHPOINT) != "").cast(nw.Int64).alias("named"),
            (nw.col(COMMENT) != "").cast(nw.Int64).alias("comments"),
        )
        .group_by(INSTRUMENT)
        .agg(
            nw.len().alias(N),
            nw.col(CUSTOMER_ID).n_unique().alias("customers"),
            nw.col(GIVEN_DAY).min().alias("first"),
            nw.col(GIVEN_DAY).max().alias("last"),
            nw.col("named").sum(),
            nw.col("comments").sum(),
        )
    )
    order = {name: k for k, name in enumerate(INSTRUMENTS)}
    return found.sort_values(INSTRUMENT, key=lambda names: names.map(order), ignore_index=True)[columns]


def save_voice(
    voice: Voice,
    found: "Scores | CannotEstimateError",
    way: "Journey | CannotEstimateError",
    said: "Themes | CannotEstimateError",
    listed: "CallBacks | CannotEstimateError",
) -> None:
    """Leave the scores, the journey, the themes and the list, as far as there are any."""
    folder = voice.study.folder
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
