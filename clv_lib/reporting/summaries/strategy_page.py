"""The strategy on the first screen: answer, key figures, how far to trust it, and the sentence for the meeting."""

from clv_lib.analysis.strategy import PRIOR
from clv_lib.names import PLAY, SEGMENT
from clv_lib.reporting.elements import Card, Cards, Element, Paragraph
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.summaries.segments_words import segment_words
from clv_lib.reporting.summaries.strategy import MASS, NO_VALUES, play_title, why_nobody
from clv_lib.reporting.wording import Sentence, count, money, number, say, say_count, share


def answer(found: Strategy | None, currency: str) -> Paragraph:
    """The headline."""
    if found is None:
        return Paragraph((NO_VALUES,), role="answer")
    made = found.plan
    if made.empty_because:
        return Paragraph((why_nobody(made),), role="answer")
    if made.is_trial:
        text = say_count(
            "No play has been measured yet: try {plays} on {n} customer, for {spent}, to learn what it does",
            "No play has been measured yet: try {plays} on {n} customers, for {spent}, to learn what it does",
            n=made.customers,
            plays=_plays(len(made.plays)),
            spent=money(made.spent, currency),
        )
        return Paragraph((text,), role="answer")
    text = say_count(
        "Treat {n} customer with {plays}, for {spent}: that is expected to earn {profit}",
        "Treat {n} customers with {plays}, for {spent}: that is expected to earn {profit}",
        n=made.customers,
        plays=_plays(len(made.plays)),
        spent=money(made.spent, currency),
        profit=money(made.expected.mean, currency),
    )
    return Paragraph((text,), role="answer")


def _plays(number_of: int) -> Sentence:
    return say_count("{n} play", "{n} plays", n=number_of)


def key_cards(found: Strategy | None, currency: str) -> Cards | None:
    """Budget, expected profit, and what the next unit brings; None where nobody knows."""
    if found is None:
        return None
    made, profit, next_unit = found.plan, found.plan.expected, found.marginal
    cards = (
        Card(
            say("Expected profit of the plan"),
            money(profit.mean, currency),
            say(
                "on average, with {mass} certainty {low} to {high}",
                mass=MASS,
                low=money(profit.low, currency),
                high=money(profit.high, currency),
            ),
            profit.low,
            profit.high,
            note=say("after the money it spends; chance of a loss {chance}", chance=share(made.loss_chance)),
        ),
        Card(
            say("Budget"),
            money(made.limits.budget, currency),
            say("of which spent: {spent}", spent=money(made.spent, currency)),
            note=say("stated in the settings")
            if made.budget_is == "stated"
            else say("what all worthwhile plays need; the settings state none"),
        ),
        Card(
            say("Next unit of budget brings"),
            number(next_unit.value.mean, 2),
            say(
                "on top of itself, with {mass} certainty {low} to {high}",
                mass=MASS,
                low=number(next_unit.value.low, 2),
                high=number(next_unit.value.high, 2),
            )
            if next_unit.binding
            else say("all that is worthwhile is in the plan"),
            next_unit.value.low if next_unit.binding else None,
            next_unit.value.high if next_unit.binding else None,
        ),
    )
    return Cards(cards)


def first_screen(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """Answer and key figures."""
    cards = key_cards(found, currency)
    return (answer(found, currency),) if cards is None else (answer(found, currency), cards)


def meeting_of(found: Strategy | None, currency: str, *, contractual: bool = False) -> tuple[Element, ...]:
    """The sentence for the meeting, where there is a plan."""
    said = meeting(found, currency, contractual=contractual)
    return () if said is None else (said,)


def trust_chips(found: Strategy | None) -> list[tuple[Sentence, bool]]:
    """Whether the plays of the plan have been measured."""
    if found is None or found.plan.empty_because:
        return []
    plays = found.plan.plays
    measured = int((plays["source"] != PRIOR).sum())
    text = say("Plays measured: {n} of {all} in the plan", n=count(measured), all=count(len(plays)))
    return [(text, measured < len(plays))]


def meeting(found: Strategy | None, currency: str, *, contractual: bool = False) -> Paragraph | None:
    """One sentence to say aloud; None where there is no plan."""
    if found is None or found.plan.empty_because:
        return None
    made = found.plan
    best = made.table.groupby([SEGMENT, PLAY])["profit"].sum().idxmax()
    segment, play = (str(each) for each in best) if isinstance(best, tuple) else ("", "")
    if made.is_trial:
        text = say(
            "No play has been measured yet. With {spent} we try it out on {customers} customers, most of them with "
            "“{play}” for {segment}, and leave {control} out: then we know what it earns.",
            spent=money(made.spent, currency),
            customers=count(made.customers),
            play=play_title(found, play),
            segment=segment_words(contractual=contractual)[segment],
            control=count(made.table["control"].sum()),
        )
        return Paragraph((text,), role="meeting")
    text = say(
        "With {spent} we treat {customers} customers and expect {profit} more profit; most of it comes from “{play}” "
        "for {segment}, and {control} customers are left out so that next time we know.",
        spent=money(made.spent, currency),
        customers=count(made.customers),
        profit=money(made.expected.mean, currency),
        play=play_title(found, play),
        segment=segment_words(contractual=contractual)[segment],
        control=count(made.table["control"].sum()),
    )
    return Paragraph((text,), role="meeting")
