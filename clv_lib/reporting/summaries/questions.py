"""For each question of the suite: are these data enough, why or why not, and what stands in where they are not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.evidence import CampaignEvidence, CostEvidence, Evidence, evidence
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Table
from clv_lib.reporting.summaries import data
from clv_lib.reporting.wording import Sentence, count, month, say, say_count

LEAST_MONTHS: Final = 6  # of costs; fewer are a season
LEAST_CUSTOMERS: Final = 50
LEAST_IN_ARM: Final = 100  # members of the smaller arm of a campaign
LEAST_RESPONDENTS: Final = 30
LEAST_REFERRALS: Final = 10


@dataclass(frozen=True)
class Verdict:
    """Whether the data are enough for a question, why, and what stands in where they are not."""

    question: Sentence
    enough: bool
    reason: Sentence
    instead: Sentence


def verdicts(
    record: Mapping[str, nw.LazyFrame[Any]], window: ObservationWindow, cells: pd.DataFrame
) -> tuple[Verdict, ...]:
    """Which of the suite's questions this record can answer.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables by name.
    window : ObservationWindow
    cells : DataFrame
        frequency, n.
    """
    found = evidence(record, window=window)
    nothing = say("nothing is needed")
    of_log = {
        "value": say("the page on value says why it cannot tell"),
        "backtest": say("the forecast stands untested, and the page says so"),
    }
    happened, value, backtest = data.verdicts(cells, window, least_customers=LEAST_CUSTOMERS)[:3]
    return (
        Verdict(happened.question, happened.enough, happened.reason, nothing),
        Verdict(value.question, value.enough, value.reason, nothing if value.enough else of_log["value"]),
        Verdict(
            backtest.question, backtest.enough, backtest.reason, nothing if backtest.enough else of_log["backtest"]
        ),
        *of_other_tables(
            found, reasons_instead=say("who is about to leave is said from purchases alone, without the reasons")
        ),
    )


def of_other_tables(found: Evidence, *, reasons_instead: Sentence) -> tuple[Verdict, ...]:
    """The questions that do not depend on how customers buy; ``reasons_instead`` is what stands in for reasons."""
    return (
        _cost(found.costs),
        _serve(found),
        _win(found),
        _uplift(found.campaigns),
        _leave(found, reasons_instead),
        _voice(found),
        _gains(found),
        _brought(found),
    )


def verdict_table(found: tuple[Verdict, ...]) -> Table:
    """Verdicts as a table."""
    return Table(
        say("What these data are enough for, and what stands in where they are not"),
        (say("Question"), say("Enough?")),
        [[each.question, _answer(each)] for each in found],
    )


def _answer(verdict: Verdict) -> Sentence:
    if verdict.enough:
        return say("Yes: {reason}.", reason=verdict.reason)
    return say("No: {reason}. Instead, {instead}.", reason=verdict.reason, instead=verdict.instead)


def _cost(costs: CostEvidence | None) -> Verdict:
    question = say("What does a customer cost?")
    instead = say("a margin is assumed, and the page on value says so")
    if costs is None:
        return Verdict(question, False, say("there is no cost ledger"), instead)
    reason = say(
        "the ledger has entries in {months} of {all} months; {least} are needed",
        months=count(costs.months),
        all=count(costs.of_months),
        least=count(min(LEAST_MONTHS, costs.of_months)),
    )
    return Verdict(question, costs.months >= min(LEAST_MONTHS, costs.of_months), reason, instead)


def _serve(found: Evidence) -> Verdict:
    question = say("What does it cost to serve each customer?")
    instead = say("service costs are shared by orders, which makes quiet customers look dearer than they are")
    service = found.costs is not None and "service" in found.costs.kinds
    if not service:
        return Verdict(question, False, say("the ledger holds no service costs"), instead)
    if not found.tickets:
        return Verdict(question, False, say("no support tickets say who caused the service costs"), instead)
    reason = say_count(
        "{n} ticket, {timed} of them with the minutes it took",
        "{n} tickets, {timed} of them with the minutes they took",
        n=found.tickets,
        timed=count(found.timed_tickets or 0),
    )
    return Verdict(question, True, reason, instead)


def _win(found: Evidence) -> Verdict:
    question = say("What does winning a customer cost, by channel?")
    instead = say("the most that may be paid is said, not what is paid")
    if found.costs is None or not found.costs.months_to_win:
        return Verdict(question, False, say("no month has spend on winning customers"), instead)
    if not found.acquired:
        return Verdict(question, False, say("no customer has both a day of acquisition and a channel"), instead)
    reason = say(
        "spend in {months} months, and {customers} customers with a day and a channel",
        months=count(found.costs.months_to_win),
        customers=count(found.acquired),
    )
    enough = found.costs.months_to_win >= LEAST_MONTHS and found.acquired >= LEAST_CUSTOMERS
    return Verdict(question, enough, reason, instead)


def _uplift(campaigns: CampaignEvidence | None) -> Verdict:
    question = say("What do campaigns bring that would not have come anyway?")
    instead = say("what happened after a campaign is shown, and not called its effect")
    if campaigns is None or not campaigns.campaigns:
        return Verdict(question, False, say("nobody is recorded as a member of a campaign"), instead)
    if not campaigns.with_control:
        reason = say_count(
            "{n} campaign, and it kept no control group",
            "{n} campaigns, and none kept a control group",
            n=campaigns.campaigns,
        )
        return Verdict(question, False, reason, instead)
    reason = say(
        "{controlled} of {all} campaigns kept a control group, with up to {size} members in the smaller arm; "
        "{least} are "
        "needed",
        controlled=count(campaigns.with_control),
        all=count(campaigns.campaigns),
        size=count(campaigns.smallest_arm),
        least=count(LEAST_IN_ARM),
    )
    late = campaigns.first_control and campaigns.first_member and campaigns.first_control > campaigns.first_member
    if late and campaigns.first_control:
        reason = say("{reason}; no control group before {month}", reason=reason, month=month(campaigns.first_control))
    return Verdict(question, campaigns.smallest_arm >= LEAST_IN_ARM, reason, instead)


def _leave(found: Evidence, instead: Sentence) -> Verdict:
    question = say("Why do customers leave?")
    seen = max(found.ticket_customers or 0, found.feedback_customers or 0)
    reason = say(
        "{tickets} customers with a ticket and {feedback} with feedback; {least} of either are needed",
        tickets=count(found.ticket_customers or 0),
        feedback=count(found.feedback_customers or 0),
        least=count(LEAST_CUSTOMERS),
    )
    return Verdict(question, seen >= LEAST_CUSTOMERS, reason, instead)


def _voice(found: Evidence) -> Verdict:
    question = say("What do customers tell us?")
    instead = say("the page is left out")
    if found.feedback is None:
        return Verdict(question, False, say("there is no table of feedback"), instead)
    reason = say(
        "{answers} answers of {customers} customers, {comments} with a comment",
        answers=count(found.feedback),
        customers=count(found.feedback_customers or 0),
        comments=count(found.comments or 0),
    )
    return Verdict(question, (found.feedback_customers or 0) >= LEAST_CUSTOMERS, reason, instead)


def _gains(found: Evidence) -> Verdict:
    question = say("What do customers gain and give up?")
    instead = say("the page says how many to ask")
    if found.respondents is None:
        return Verdict(question, False, say("nobody has been asked"), instead)
    reason = say_count(
        "{n} customer answered the value survey; {least} are needed",
        "{n} customers answered the value survey; {least} are needed",
        n=found.respondents,
        least=count(LEAST_RESPONDENTS),
    )
    return Verdict(question, found.respondents >= LEAST_RESPONDENTS, reason, instead)


def _brought(found: Evidence) -> Verdict:
    question = say("What are the customers worth whom a customer brings?")
    instead = say("a customer's value holds its own purchases only")
    if found.referrals is None:
        return Verdict(question, False, say("who brought whom is not recorded"), instead)
    reason = say_count(
        "{n} referral; {least} are needed",
        "{n} referrals; {least} are needed",
        n=found.referrals,
        least=count(LEAST_REFERRALS),
    )
    return Verdict(question, found.referrals >= LEAST_REFERRALS, reason, instead)
