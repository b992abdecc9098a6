"""What the tables hold that the suite's questions need: counts only; whether they are enough is said elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.coverage import first_of_month, month_number
from clv_lib.data.customers import collected
from clv_lib.names import (
    ACQUIRED_AT,
    ACQUISITION_CHANNEL,
    ARM,
    ASKED_AT,
    ASSIGNED_AT,
    CAMPAIGN_ID,
    COMMENT,
    CUSTOMER_ID,
    ENDED_AT,
    GIVEN_AT,
    HANDLING_MINUTES,
    HAPPENED_AT,
    KIND,
    MONTH,
    REFERRED_AT,
    STARTED_AT,
    N,
)
from clv_lib.periods import MONTHS_PER_YEAR, ObservationWindow

Frame = nw.LazyFrame[Any]
Record = Mapping[str, Frame]
TO_WIN: Final = ("acquisition", "marketing")
TICKET: Final = "ticket"


@dataclass(frozen=True)
class CostEvidence:
    """The ledger: months of the window with at least one entry, of all; and months with spend on winning customers."""

    months: int
    of_months: int
    months_to_win: int
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class CampaignEvidence:
    """Who was treated and who was kept as a control.

    Attributes
    ----------
    campaigns, with_control : int
        Campaigns with members, and those of them with members in both arms.
    smallest_arm : int
        Members of the smaller arm, in the campaign where that is largest.
    first_control, first_member : date or None
        First day of the month in which a control was first assigned, and of the first member at all; ``None`` where
        none has a day.
    """

    campaigns: int
    with_control: int
    smallest_arm: int
    first_control: date | None
    first_member: date | None


@dataclass(frozen=True)
class Evidence:
    """Counts by table; ``None`` where a table is missing.

    Attributes
    ----------
    costs : CostEvidence or None
    campaigns : CampaignEvidence or None
    acquired : int or None
        Customers with a day of acquisition and a channel.
    tickets, timed_tickets, ticket_customers : int or None
        Support tickets, those with handling minutes, and customers who opened one.
    feedback, feedback_customers, comments : int or None
    respondents : int or None
        Customers in the value survey.
    referrals : int or None
    subscriptions, ended : int or None
        Subscriptions, and those that ended inside the window.
    """

    costs: CostEvidence | None = None
    campaigns: CampaignEvidence | None = None
    acquired: int | None = None
    tickets: int | None = None
    timed_tickets: int | None = None
    ticket_customers: int | None = None
    feedback: int | None = None
    feedback_customers: int | None = None
    comments: int | None = None
    respondents: int | None = None
    referrals: int | None = None
    subscriptions: int | None = None
    ended: int | None = None


def evidence(record: Record, *, window: ObservationWindow) -> Evidence:
    """Count what the questions need, up to the end of the observation.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
    window : ObservationWindow
    """
    found: dict[str, Any] = {}
    if "costs" in record:
        found["costs"] = _costs(record["costs"], window)
    if "campaign_members" in record:
        found["campaigns"] = _campaigns(_until(record["campaign_members"], ASSIGNED_AT, window.end))
    if "customers" in record:
        found["acquired"] = _acquired(record["customers"])
    if "interactions" in record:
        tickets = _until(record["interactions"], HAPPENED_AT, window.end).filter(nw.col(KIND) == TICKET)
        found["tickets"], found["ticket_customers"] = _rows(tickets), _people(tickets)
        timed = HANDLING_MINUTES in _columns(tickets)
        found["timed_tickets"] = _rows(tickets.filter(~nw.col(HANDLING_MINUTES).is_null())) if timed else 0
    if "feedback" in record:
        answers = _until(record["feedback"], GIVEN_AT, window.end)
        found["feedback"], found["feedback_customers"] = _rows(answers), _people(answers)
        said = answers.filter(nw.col(COMMENT).str.len_chars() > 0) if COMMENT in _columns(answers) else None
        found["comments"] = 0 if said is None else _rows(said)
    if "value_survey" in record:
        found["respondents"] = _people(_until(record["value_survey"], ASKED_AT, window.end))
    if "referrals" in record:
        found["referrals"] = _rows(_until(record["referrals"], REFERRED_AT, window.end))
    if "subscriptions" in record:
        contracts = _until(record["subscriptions"], STARTED_AT, window.end)
        found["subscriptions"] = _rows(contracts)
        ended = ENDED_AT in _columns(contracts)
        found["ended"] = _rows(contracts.filter(nw.col(ENDED_AT) <= nw.lit(window.end))) if ended else 0
    return Evidence(**found)


def _columns(frame: Frame) -> list[str]:
    return frame.collect_schema().names()


def _until(frame: Frame, column: str, end: date) -> Frame:
    """Rows up to the end; a row whose day is unknown stays."""
    if column not in _columns(frame):
        return frame
    day = nw.col(column).cast(nw.Date)
    return frame.filter(day.is_null() | (day <= nw.lit(end)))


def _rows(frame: Frame) -> int:
    return int(collected(frame.select(nw.len().alias(N)))[N].iloc[0])


def _people(frame: Frame) -> int:
    return _rows(frame.select(CUSTOMER_ID).unique())


def _acquired(customers: Frame) -> int:
    if not {ACQUIRED_AT, ACQUISITION_CHANNEL} <= set(_columns(customers)):
        return 0
    return _rows(customers.filter(~nw.col(ACQUIRED_AT).is_null(), ~nw.col(ACQUISITION_CHANNEL).is_null()))


def _costs(ledger: Frame, window: ObservationWindow) -> CostEvidence:
    first, last = (day.year * MONTHS_PER_YEAR + day.month - 1 for day in (window.start, window.end))
    months = ledger.select(month_number(nw.col(MONTH)).alias("number"), KIND).unique()
    found = collected(months.filter(nw.col("number") >= first, nw.col("number") <= last))
    return CostEvidence(
        months=int(found["number"].nunique()),
        of_months=last - first + 1,
        months_to_win=int(found.loc[found[KIND].isin(TO_WIN), "number"].nunique()),
        kinds=tuple(sorted(found[KIND].unique())),
    )


def _campaigns(members: Frame) -> CampaignEvidence:
    day = month_number(nw.col(ASSIGNED_AT)) if ASSIGNED_AT in _columns(members) else nw.lit(None, nw.Int64)
    keyed = members.select(CAMPAIGN_ID, ARM, day.alias("number"))
    found = collected(keyed.group_by(CAMPAIGN_ID, ARM).agg(nw.len().alias(N), nw.col("number").min().alias("first")))
    arms = found.pivot_table(index=CAMPAIGN_ID, columns=ARM, values=N, aggfunc="sum", fill_value=0)
    smaller = arms.reindex(columns=["treated", "control"], fill_value=0).min(axis=1)
    return CampaignEvidence(
        campaigns=len(arms),
        with_control=int((smaller > 0).sum()),
        smallest_arm=int(smaller.max()) if len(smaller) else 0,
        first_control=_month(found.loc[found[ARM] == "control", "first"]),
        first_member=_month(found["first"]),
    )


def _month(numbers: pd.Series) -> date | None:
    known = numbers.dropna()
    return first_of_month(int(known.min())).date() if len(known) else None
