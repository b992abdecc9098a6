"""The five numbers of the summary as cards, each with how it has moved since the run before."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from clv_lib.analysis.difference import Change
from clv_lib.analysis.intervals import Estimate
from clv_lib.reporting.elements import Card, Cards, Trend
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.headlines import AT_RISK, HEADLINES, NEWCOMER, PLAN, REPEAT, VALUE, estimate_of
from clv_lib.reporting.since import Since
from clv_lib.reporting.summaries.retention_words import signed_money
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, number, say, share

SHARE: Final = "share"
LABELS: Final[dict[str, Sentence]] = {  # short, as in a table; the cards say more
    VALUE: say("Value of the customers"),
    NEWCOMER: say("Worth of a new customer"),
    REPEAT: say("Bought again"),
    AT_RISK: say("Value at risk"),
    PLAN: say("Expected profit of the plan"),
}
MEMBER_LABELS: Final = {
    **LABELS,
    VALUE: say("Value of the members"),
    NEWCOMER: say("Worth of a new member"),
    REPEAT: say("Members who stayed"),
}
_RISING_IS_GOOD: Final = {AT_RISK: False}  # of all others more is better


def labels(*, contractual: bool) -> Mapping[str, Sentence]:
    """The five by name."""
    return MEMBER_LABELS if contractual else LABELS


def five_cards(
    figures: Mapping[str, KeyFigure],
    since: Since | None,
    *,
    contractual: bool,
    horizon_months: int,
    predicted: Estimate | None = None,
    winning: KeyFigure | None = None,
) -> Cards:
    """The figures that the summary opens with.

    Parameters
    ----------
    figures : mapping of str to KeyFigure
        From :func:`clv_lib.reporting.headlines.headlines`.
    since : Since or None
    contractual : bool
    horizon_months : int
        Over which the values are counted.
    predicted : Estimate, optional
        Value of the customers with its predictive interval.
    winning : KeyFigure, optional
        What winning a customer costs on average.
    """
    named = labels(contractual=contractual)
    notes = _notes(figures, horizon_months, winning, contractual=contractual)
    cards = []
    for name in (each for each in HEADLINES if each in figures):
        figure = figures[name]
        write, found = writer(figure), estimate_of(figure)
        low, high, held = found.low, found.high, certain_range(figure)
        if name == VALUE and predicted is not None and predicted.predictive_low is not None:
            low, high = predicted.predictive_low, predicted.predictive_high or low
            held = say("{mass} of futures: {low} to {high}", mass=share(found.mass), low=write(low), high=write(high))
        cards.append(
            Card(named[name], write(found.mean), held, low, high, note=notes.get(name), trend=trend(name, since, write))
        )
    return Cards(tuple(cards))


def certain_range(figure: KeyFigure) -> Sentence:
    """The interval of a mean, in words."""
    if figure.low is None or figure.high is None or figure.mass is None:
        return say("known, not estimated")
    write = writer(figure)
    return say(
        "on average, with {mass} certainty {low} to {high}",
        mass=share(figure.mass),
        low=write(figure.low),
        high=write(figure.high),
    )


def writer(figure: KeyFigure) -> Callable[[float], Quantity]:
    """How a figure of that unit is written."""
    if figure.unit == SHARE:
        return lambda value: share(value, 1)
    return lambda value: money(value, figure.unit)


def by_how_much(change: Change, figure: KeyFigure) -> Quantity | Sentence:
    """A difference with its sign: in money, or in points of a percentage."""
    if figure.unit != SHARE:
        return signed_money(change.difference, figure.unit)
    return say("{points} points", points=signed(100 * change.difference))


def signed(value: float, digits: int = 1) -> Quantity:
    """A number with its sign."""
    plus = "+" if round(value, digits) > 0 else ""
    return Quantity(value, lambda language: f"{plus}{number(value, digits).text(language)}")


def trend(name: str, since: Since | None, write: Callable[[float], Quantity]) -> Trend | None:
    """How a figure has moved since the run before; None in a first run and for a figure that it did not have."""
    if since is None:
        return None
    if name in since.unlike:
        return Trend(say("then counted over another span: not compared"), "same")
    if name not in since.changes:
        return None
    found = since.changes[name]
    size, when = write(abs(found.difference)), _when(since)
    if size.text("en") == write(0.0).text("en"):
        return Trend(_unchanged(since), "same")
    way: Literal["up", "down"] = "up" if found.difference > 0 else "down"
    more = say("{size} more {when}", size=_points(name, found, size), when=when)
    less = say("{size} less {when}", size=_points(name, found, size), when=when)
    moved = more if way == "up" else less
    if found.beyond is None:
        return Trend(moved, way)
    if not found.beyond:
        return Trend(say("{moved}: within its uncertainty", moved=moved), way)
    welcome = (found.difference > 0) == _RISING_IS_GOOD.get(name, True)
    return Trend(say("{moved}: beyond its uncertainty", moved=moved), way, "good" if welcome else "bad")


def _points(name: str, change: Change, size: Quantity) -> Quantity | Sentence:
    return say("{points} points", points=number(100 * abs(change.difference), 1)) if name == REPEAT else size


def _when(since: Since) -> Sentence:
    if since.data.last_day_before in (None, since.data.last_day):
        return say("than in the last report")
    return say("than on {day}", day=day(since.data.last_day_before))


def _unchanged(since: Since) -> Sentence:
    if since.data.last_day_before in (None, since.data.last_day):
        return say("unchanged since the last report")
    return say("unchanged since {day}", day=day(since.data.last_day_before))


def _notes(
    figures: Mapping[str, KeyFigure], months: int, winning: KeyFigure | None, *, contractual: bool
) -> dict[str, Sentence]:
    over = say("in the next {months} months", months=count(months))
    notes = {VALUE: over, NEWCOMER: say("in {months} months, first payment included", months=count(months))}
    if not contractual:
        notes[NEWCOMER] = say("in {months} months, first purchase included", months=count(months))
    newcomer = figures.get(NEWCOMER)
    if newcomer is not None and winning is not None and winning.value and newcomer.value:
        notes[NEWCOMER] = say(
            "in {months} months; winning one cost {cost}, so {ratio} times its cost",
            months=count(months),
            cost=money(winning.value, winning.unit),
            ratio=number(newcomer.value / winning.value, 1),
        )
    notes[REPEAT] = (
        say("in the latest whole period, of those under contract when it began")
        if contractual
        else say("in the latest whole period, of those who bought in the one before")
    )
    notes[AT_RISK] = (
        say("chance of cancelling times what it would take, all members")
        if contractual
        else say("probability of silence times what it would take, all customers")
    )
    notes[PLAN] = say("beyond what would come without it, costs taken off")
    return notes
