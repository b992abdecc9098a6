"""The action list: of every planned group the customers whom the play is expected to gain most, each on its day.

Customers are taken best first, each is tossed into an arm, and a group is full once as many are treated as planned;
those left out to measure come on top. Nobody is in more plays at a time than the settings allow, in either arm, and no
two contacts of one customer are nearer than the days of rest: a customer taken for one play is looked at by the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.action_candidates import (
    GAIN,
    LIST_FULL,
    NOT_BEST,
    OK,
    OTHER_PLAY,
    RESTING,
    STATUS,
    TOO_MANY,
    Rules,
    candidates,
)
from clv_lib.analysis.action_people import LANGUAGE_SAID, people_of, rules_of
from clv_lib.analysis.arms import campaign_id, toss
from clv_lib.analysis.budgeting import Plan
from clv_lib.analysis.play_profit import ACCEPTANCE, CONTACT
from clv_lib.analysis.send_dates import DUE, Calendar
from clv_lib.analysis.strategy import PRIOR
from clv_lib.analysis.suppression import (
    CONTACTS,
    RUNNING,
    TROUBLES,
    consent_is_kept,
)
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.data.tables.crm import CONTROL, TREATED
from clv_lib.names import (
    ARM,
    BAND,
    CAMPAIGN_ID,
    CHURN_RISK,
    CUSTOMER_ID,
    EXPECTED_GAIN,
    LAST_DAY,
    LIFECYCLE_STAGE,
    PLAY,
    REGION,
    RESIDUAL_CLV,
    SEGMENT,
)
from clv_lib.settings import Play, Settings

SEND_ON, CONSENT = "send_on", "consent"
PLANNED: Final = (SEGMENT, BAND, PLAY, "customers", "profit", "contact", "trial")
LOOKED_AT: Final = ("customers", "interactions", "refunds", "feedback", "campaign_members")
_MORE, _SPARE = 1.5, 100  # times the customers that a plan needs, and some: a coin falls as it likes
_FACTS: Final = (
    CUSTOMER_ID, SEGMENT, BAND, LIFECYCLE_STAGE, RESIDUAL_CLV, CHURN_RISK, CONSENT, CONTACTS, RUNNING, LAST_DAY, "gap",
    "joined", "expected", "renewal_day", "birthday", "last_birthday", *TROUBLES, REGION, LANGUAGE_SAID, DUE, GAIN,
)  # fmt: skip


@dataclass(frozen=True)
class ActionList:
    """What to do for whom, and who was left out.

    Attributes
    ----------
    rows : DataFrame
        One row per customer and play, best play first, best customers first: ``customer_id, play, segment, band,
        send_on`` (date), ``expected_gain`` (currency), ``arm, campaign_id, consent`` (yes, no, unknown), and the facts
        that the reason is made of.
    left_out : DataFrame
        ``play, segment, reason, customers``: of the groups of the plan, everybody who is not on the list for that play.
    planned : DataFrame
        The plan, with ``listed`` (customers in both arms) and ``treated``.
    calendar : Calendar
    consent_known : bool
        Whether the record says of anybody if they may be written to.
    unknown_listed : bool
        Whether customers were listed of whom it does not.
    looked_at : tuple of str
        Tables that could have kept somebody from being contacted.
    """

    rows: pd.DataFrame
    left_out: pd.DataFrame
    planned: pd.DataFrame
    calendar: Calendar
    consent_known: bool
    unknown_listed: bool
    looked_at: tuple[str, ...] = field(default=())

    @property
    def treated(self) -> pd.DataFrame:
        """Those who are contacted."""
        return self.rows[self.rows[ARM] == TREATED]


@dataclass
class _Taken:
    """Who is already on the list: the days of each customer's contacts."""

    plays_per_customer: int
    rest_days: int
    most_contacts: int
    days: dict[str, list[int]] = field(default_factory=dict)

    def obstacle(self, customer: str, due: int, *, running: int, contacts: int) -> str:
        """Why one more play is too many for a customer; empty if it is not."""
        own = self.days.get(customer, [])
        if not own:
            return OK
        if len(own) + running >= self.plays_per_customer:
            return OTHER_PLAY
        if contacts + len(own) >= self.most_contacts:
            return TOO_MANY
        return RESTING if any(abs(due - day) <= self.rest_days for day in own) else OK

    def take(self, customer: str, due: int) -> None:
        """Put a customer on the list."""
        self.days.setdefault(customer, []).append(due)


def draw_up(
    tables: Mapping[str, Frame], planned: pd.DataFrame, plays: Mapping[str, Play], *, settings: Settings, as_of: date
) -> ActionList:
    """Choose the customers of every planned group, their days and their arms.

    Parameters
    ----------
    tables : mapping of str to narwhals.LazyFrame
        ``segments`` (``customer_id, segment, band, lifecycle_stage, residual_clv, churn_risk``) and ``summary`` of the
        purchases; of ``values``, ``risks``, ``refunds`` and the tables of the record those that there are.
    planned : DataFrame
        ``segment, band, play, customers`` (to treat), ``profit`` (expected of a contact, currency), ``contact`` (what
        one costs whoever gets it, currency) and ``trial`` (nobody has measured the play).
    plays : mapping of str to Play
    settings : Settings
    as_of : date
        Last day that is known; the list begins on the day after it.
    """
    strategy, rules = settings.strategy, rules_of(tables, settings, as_of=as_of)
    people = kept(people_of(tables, settings, rules.calendar)) if len(planned) else tables["segments"]
    offered = {
        str(name): _offered(people, str(name), plays[str(name)], own, planned, rules)
        for name, own in planned.groupby(PLAY)
    }
    taken = _Taken(strategy.plays_per_customer, strategy.rest_days, strategy.most_contacts)
    rows, left_out, counts = [], [], []
    room = strategy.actions
    for option in planned.sort_values(["profit", PLAY, SEGMENT, BAND], ascending=[False, True, True, True]).to_dict(
        "records"
    ):
        name, group = str(option[PLAY]), (option[SEGMENT], option[BAND])
        waiting, kept_out = offered[name].group(*group)
        chosen, why = _chosen(waiting, option, taken, as_of=as_of, share=strategy.control_share, room=room)
        room -= len(chosen)
        rows.append(chosen)
        counts.append({**option, "listed": len(chosen), TREATED: int((chosen[ARM] == TREATED).sum())})
        reasons = {**{key: n for key, n in kept_out.items() if key != OK}, **_added(kept_out, why)}
        left_out += [
            {PLAY: name, SEGMENT: option[SEGMENT], "reason": key, "customers": n} for key, n in reasons.items()
        ]
    return ActionList(
        rows=_together(rows),
        left_out=_summed(left_out),
        planned=pd.DataFrame(counts, columns=[*PLANNED, "listed", TREATED]),
        calendar=rules.calendar,
        consent_known=consent_is_kept(tables.get("customers")),
        unknown_listed=rules.unknown_consent,
        looked_at=tuple(name for name in LOOKED_AT if name in tables),
    )


@dataclass(frozen=True)
class _Offered:
    """The customers of one play's groups: who may get it, best first, and how many others for each reason."""

    waiting: pd.DataFrame
    counts: pd.DataFrame

    def group(self, segment: object, band: object) -> tuple[pd.DataFrame, dict[str, int]]:
        """Of one group."""
        own, counted = (
            frame[(frame[SEGMENT] == segment) & (frame[BAND] == band)] for frame in (self.waiting, self.counts)
        )
        return own, {str(status): int(n) for status, n in zip(counted[STATUS], counted["n"], strict=True)}


def _offered(
    people: Frame, name: str, play: Play, offers: pd.DataFrame, planned: pd.DataFrame, rules: Rules
) -> _Offered:
    found = kept(candidates(people, name, play, offers, rules))
    counts = collected(found.group_by(SEGMENT, BAND, STATUS).agg(nw.len().alias("n")))
    place = nw.col("one").cum_sum().over(SEGMENT, BAND, order_by=["behind", CUSTOMER_ID])
    ranked = found.filter(nw.col(STATUS) == OK).select(
        *_FACTS, (-nw.col(GAIN)).alias("behind"), nw.lit(1).cast(nw.Int64).alias("one")
    )
    best = ranked.with_columns(place.alias("place")).filter(nw.col("place") <= _most_needed(planned, rules))
    return _Offered(collected(best).sort_values([SEGMENT, BAND, "place"], ignore_index=True)[list(_FACTS)], counts)


def _most_needed(planned: pd.DataFrame, rules: Rules) -> int:
    """Customers of a group who can be needed at most: all its plays, both arms, and more luck than there is."""
    both = planned.groupby([SEGMENT, BAND])["customers"].sum().max() / (1 - rules.strategy.control_share)
    return int(_MORE * both) + _SPARE


def planned_of(plan: Plan | None) -> pd.DataFrame:
    """What :func:`draw_up` reads of a plan: whom to treat, what a contact earns and costs; no row without a plan."""
    if plan is None or plan.table.empty:
        return pd.DataFrame(columns=list(PLANNED))
    fixed = plan.options.table.groupby([SEGMENT, BAND, PLAY], as_index=False)[[CONTACT, ACCEPTANCE]].mean()
    table = plan.table.merge(fixed, on=[SEGMENT, BAND, PLAY], how="left", validate="one_to_one")
    found = table.assign(
        profit=table["profit"] / table["customers"],
        contact=table[CONTACT] + table[ACCEPTANCE],
        trial=table["source"] == PRIOR,
    )
    return found[list(PLANNED)]


def _chosen(
    waiting: pd.DataFrame, option: Mapping[Any, Any], taken: _Taken, *, as_of: date, share: float, room: int
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The best customers of an option until as many are treated as planned, and why others were passed over."""
    play, wanted = str(option[PLAY]), int(str(option["customers"]))
    campaign = campaign_id(play, as_of)
    picked, arms, why = list[int](), list[str](), dict[str, int]()
    treated = 0
    for place, (customer, due, running, contacts) in enumerate(
        zip(waiting[CUSTOMER_ID], waiting[DUE].astype(int), waiting[RUNNING], waiting[CONTACTS], strict=True)
    ):
        if treated >= wanted or len(picked) >= room:
            break
        obstacle = taken.obstacle(customer, due, running=int(running), contacts=int(contacts))
        if obstacle:
            why[obstacle] = why.get(obstacle, 0) + 1
            continue
        taken.take(customer, due)
        picked.append(place)
        arms.append(CONTROL if toss(customer, play, campaign) < share else TREATED)
        treated += arms[-1] == TREATED
    chosen = waiting.iloc[picked].assign(**{PLAY: play, CAMPAIGN_ID: campaign, ARM: arms})
    rest = len(picked) >= room and treated < wanted
    return chosen, {**why, "chosen": len(picked), "rest": int(rest)}


def _added(kept_out: Mapping[str, int], why: Mapping[str, int]) -> dict[str, int]:
    """Reasons that only the list as a whole knows, and those who were not among the best."""
    passed = {key: n for key, n in why.items() if key not in ("chosen", "rest")}
    left = kept_out.get(OK, 0) - why["chosen"] - sum(passed.values())
    found = {key: kept_out.get(key, 0) + n for key, n in passed.items()}
    return {**found, (LIST_FULL if why["rest"] else NOT_BEST): left} if left else found


def _together(rows: list[pd.DataFrame]) -> pd.DataFrame:
    columns = [*_FACTS, PLAY, CAMPAIGN_ID, ARM]
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
    days = [date.fromordinal(int(day)) for day in found[DUE]]
    return found.assign(**{SEND_ON: pd.Series(days, index=found.index, dtype=object)}).rename(
        columns={GAIN: EXPECTED_GAIN}
    )


def _summed(left_out: list[dict[str, object]]) -> pd.DataFrame:
    found = pd.DataFrame(left_out, columns=[PLAY, SEGMENT, "reason", "customers"])
    return found.groupby([PLAY, SEGMENT, "reason"], sort=True)["customers"].sum().reset_index()
