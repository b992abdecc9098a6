"""Where customers are under contract: which questions the contracts and the other tables can answer."""

from collections.abc import Mapping
from typing import Any, Final

import narwhals as nw

from clv_lib.analysis.contract_base import ContractBase
from clv_lib.analysis.evidence import Evidence, evidence
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.summaries.questions import LEAST_CUSTOMERS, Verdict, of_other_tables
from clv_lib.reporting.wording import count, say, say_count

LEAST_RENEWALS: Final = 50  # that fell due; fewer cannot tell a renewal rate
LEAST_LOOKED_BACK: Final = 5  # renewals of the longest membership; one less than this to learn from, the rest to test


def verdicts(
    record: Mapping[str, nw.LazyFrame[Any]], window: ObservationWindow, base: ContractBase
) -> tuple[Verdict, ...]:
    """Which of the suite's questions this record can answer, in words of contracts.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables by name.
    window : ObservationWindow
    base : ContractBase
        Members and renewals.
    """
    found = evidence(record, window=window)
    return (
        Verdict(
            say("What happened so far?"),
            True,
            say("the contracts and the payments answer it"),
            say("nothing is needed"),
        ),
        _cancellations(found),
        _worth(base),
        _cohorts(base),
        _backtest(base),
        *of_other_tables(
            found, reasons_instead=say("who is about to leave is said from the contracts alone, without the reasons")
        ),
    )


def _cancellations(found: Evidence) -> Verdict:
    ended, all_of_them = found.ended or 0, found.subscriptions or 0
    reason = say_count(
        "{ended} of {n} contract has a last day",
        "{ended} of {n} contracts have a last day",
        n=all_of_them,
        ended=count(ended),
    )
    instead = say("nobody is known to have left, so no renewal rate is more than a guess")
    return Verdict(say("Is it recorded who has left, and when?"), ended > 0, reason, instead)


def _worth(base: ContractBase) -> Verdict:
    reason = say(
        "{made} of {offered} renewals that fell due were made, by {members} members; {least} renewals are needed",
        made=count(base.made),
        offered=count(base.offered),
        members=count(base.members),
        least=count(LEAST_RENEWALS),
    )
    enough = base.offered >= LEAST_RENEWALS and base.members >= LEAST_CUSTOMERS and 0 < base.made < base.offered
    return Verdict(say("What is each member worth?"), enough, reason, say("the page on value says why it cannot tell"))


def _cohorts(base: ContractBase) -> Verdict:
    large = sum(n >= LEAST_CUSTOMERS for n in base.cohorts.values())
    reason = say_count(
        "members joined in {all} years, and {n} of these has {least} of them or more",
        "members joined in {all} years, and {n} of these have {least} of them or more",
        n=large,
        all=count(len(base.cohorts)),
        least=count(LEAST_CUSTOMERS),
    )
    return Verdict(
        say("Do members who join later stay longer or shorter?"), large > 1, reason, say("all are taken together")
    )


def _backtest(base: ContractBase) -> Verdict:
    faced = int(base.renewals["renewals"].max()) if len(base.renewals) else 0
    reason = say_count(
        "the longest membership has faced {n} renewal; {least} are needed",
        "the longest membership has faced {n} renewals; {least} are needed",
        n=faced,
        least=count(LEAST_LOOKED_BACK),
    )
    instead = say("the forecast stands untested, and the page says so")
    return Verdict(
        say("How wrong would an earlier forecast of renewals have been?"), faced >= LEAST_LOOKED_BACK, reason, instead
    )
