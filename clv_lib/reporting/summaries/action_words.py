"""What the action list says of each row: what to do, what is offered, and why, each in one sentence."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from clv_lib.analysis.suppression import LOW_SCORE, OPEN_COMPLAINT, REFUNDED, TROUBLES
from clv_lib.data.tables.crm import CONTROL
from clv_lib.names import EVIDENCE_OF_SEGMENT, QUIET
from clv_lib.reporting.summaries.play_words import CHANNELS, title_of
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, say, share
from clv_lib.settings import Play

LEFT_OUT: Final = {
    "stage": say("Not in a stage that the play suits"),
    "blocked": say("Never to be contacted, as their own record says"),
    "no_consent": say("May not be written to"),
    "unknown_consent": say("Nobody knows whether they may be written to"),
    OPEN_COMPLAINT: say("A complaint is open"),
    REFUNDED: say("Had a refund lately"),
    LOW_SCORE: say("Gave a low score lately"),
    "no_trouble": say("Have nothing to be made good"),
    "in_campaign": say("Still in an earlier campaign"),
    "too_many_contacts": say("Have been contacted often enough"),
    "no_day": say("The day on which it would hang is not known"),
    "resting": say("Were contacted too lately"),
    "not_due": say("It is not the time"),
    "no_gain": say("A contact would cost more than it brings"),
    "other_play": say("Are listed for another play"),
    "not_best": say("The plan has room for fewer, and others gain more"),
    "list_full": say("The list is full"),
}
TROUBLE: Final = {
    OPEN_COMPLAINT: say("Has a complaint that nobody has closed."),
    REFUNDED: say("Had a refund lately."),
    LOW_SCORE: say("Gave a low score lately."),
}
LANGUAGE_FROM: Final = {
    "customer": say("the customer's own record"),
    "region": say("the customer's region"),
    "report": say("the first language of the report, as nothing is known of the customer's"),
}
CONSENT: Final = {"yes": say("yes"), "no": say("no"), "unknown": say("unknown")}


def action_of(play: Play, arm: str) -> Sentence:
    """What to do; for a control, that nothing is to be done."""
    if arm == CONTROL:
        return say("Do nothing: left out to measure “{play}”", play=title_of(play))
    return say("By {channel}: {play}", channel=CHANNELS[play.channel], play=title_of(play))


def why_now(
    row: Mapping[str, Any], name: str, play: Play, *, segment: Sentence, currency: str, after: bool
) -> Sentence:
    """Why this customer, and why on this day.

    Parameters
    ----------
    row : mapping
        Of the rows of :class:`~clv_lib.analysis.actions.ActionList`.
    name : str
    play : Play
    segment : Sentence
        Name of the customer's segment.
    currency : str
    after : bool
        Whether the play is for customers in trouble alone.
    """
    if after:
        return next(TROUBLE[each] for each in TROUBLES if row[each])
    if play.anchor == "joining":
        return say("Joined on {when}.", when=_day(row["joined"]))
    if play.anchor == "purchase":
        return say("Last bought on {when}.", when=_day(row["last_purchase_day"]))
    if play.anchor == "expected_purchase":
        return say(
            "Last bought on {last} and usually waits about {gap} days, so the next purchase is expected around {when}.",
            last=_day(row["last_purchase_day"]),
            gap=count(row["gap"]),
            when=_day(row["expected"]),
        )
    if play.anchor == "birthday":
        return say("Has a birthday on {when}.", when=_day(row["birthday" if play.days <= 0 else "last_birthday"]))
    if play.anchor == "renewal":
        return say("The contract is renewed on {when}, unless it is cancelled before.", when=_day(row["renewal_day"]))
    return _at_any_time(row, play, segment=segment, currency=currency)


def _at_any_time(row: Mapping[str, Any], play: Play, *, segment: Sentence, currency: str) -> Sentence:
    """A play that hangs on no day: what the customer is worth, and what may be lost."""
    said: dict[str, Quantity | Sentence] = {"segment": segment, "value": money(row["residual_clv"], currency)}
    if row["residual_clv"] != row["residual_clv"]:
        return say("In the segment “{segment}”.", segment=segment)
    quiet = EVIDENCE_OF_SEGMENT.get(str(row["segment"])) == QUIET
    if quiet and row["last_purchase_day"] == row["last_purchase_day"] and play.moves != "stay":
        return say(
            "In the segment “{segment}”: has bought nothing since {last}, and {value} of profit may still come.",
            last=_day(row["last_purchase_day"]),
            **said,
        )
    if play.moves == "stay" and row["churn_risk"] == row["churn_risk"]:
        return say(
            "In the segment “{segment}”: the chance of leaving is {risk}, with {value} of profit to come.",
            risk=share(row["churn_risk"]),
            **said,
        )
    return say("In the segment “{segment}”, with {value} of profit to come.", **said)


def _day(number: float) -> Any:
    return day(date.fromordinal(int(number)))
