"""The journey and its points of friction, in words."""

from typing import Any, Final

from clv_lib.analysis.friction import PASSED_BY, PASSING, VALUE_PASSING, Journey
from clv_lib.analysis.touchpoints import ANSWERED, CONTACTS, EVERYONE, ORDERS
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, TOUCHPOINT, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_voice import friction as chart_friction
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import MASS, QUESTIONS, SHORT, labelled, score, wanting
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share, words

PASSERS: Final[dict[str, Sentence]] = {
    ORDERS: say("customers who ordered"),
    CONTACTS: say("customers who turned to us"),
    EVERYONE: say("all who bought"),
    ANSWERED: say("only those who answered"),
}
_MOST: Final = 12  # bars that can be read


def journey(found: Journey | CannotEstimateError, currency: str) -> tuple[Element, ...]:
    """Where the journey hurts most, and what hangs on it."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "journey")
    points = found.points
    shown: list[Element] = []
    if len(points):
        shown += [Paragraph((_worst(found, currency),)), _chart(found, currency)]
    shown += [_table(found, currency), Paragraph(_notes(found), role="note")]
    return tuple(shown)


def point_name(row: Any) -> Sentence:
    """A touchpoint and the question asked about it."""
    return say("{touchpoint} ({question})", touchpoint=words(row.touchpoint), question=SHORT[row.instrument])


def _worst(found: Journey, currency: str) -> Sentence:
    row = next(rows_of(found.points))
    values: dict[str, Quantity | Sentence] = {
        "touchpoint": words(row.touchpoint),
        "share": share(row.share),
        "low": share(row.share_low),
        "high": share(row.share_high),
        "passing": count(row.passing),
        "days": count(found.days),
        "customers": count(row.unhappy_passing),
    }
    if found.valued:
        return say(
            "Most hangs on {touchpoint}: {share} of those asked about it were unhappy ({low} to {high}). If those who "
            "answered speak for the {passing} customers who passed it in the last {days} days, {customers} of them are "
            "unhappy with it, and {value} of profit to come is theirs ({value_low} to {value_high}).",
            value=money(row.friction, currency),
            value_low=money(row.friction_low, currency),
            value_high=money(row.friction_high, currency),
            **values,
        )
    return say(
        "Most are unhappy with {touchpoint}: {share} of those asked about it ({low} to {high}). If those who answered "
        "speak for the {passing} customers who passed it in the last {days} days, that is {customers} of them.",
        **values,
    )


def _chart(found: Journey, currency: str) -> Element:
    points = found.points.head(_MOST).reset_index(drop=True)
    data = labelled(points, [point_name(row) for row in rows_of(points)])
    first = point_name(next(rows_of(points)))
    if found.valued:
        data = data.rename(columns={"friction": "value", "friction_low": "low", "friction_high": "high"})
        title = say("Most profit to come passes unhappily through {point}", point=first)
        x = say("profit to come of those who pass and are unhappy")
        size: Quantity = money(float(data["value"].iloc[0]), currency)
    else:
        data = data.assign(value=data["unhappy_passing"], low=data["unhappy_passing"], high=data["unhappy_passing"])
        title = say("Most customers pass unhappily through {point}", point=first)
        x = say("customers who pass and are unhappy")
        size = count(float(data["value"].iloc[0]))
    return chart_friction(
        data,
        currency=currency if found.valued else None,
        title=title,
        alt=say(
            "A bar for each touchpoint and question, the largest on top: {point} with {size}.", point=first, size=size
        ),
        caption=_caption(found),
        x=x,
        y=say("touchpoint and question"),
    )  # fmt: skip


def _caption(found: Journey) -> Sentence:
    if found.valued:
        return say(
            "Share of the unhappy times all who pass times the profit to come of each; whiskers hold {mass}. Customers "
            "pass several points, so the bars do not add up.",
            mass=MASS,
        )
    return say("Share of the unhappy times all who pass. Customers pass several points, so the bars do not add up.")


def _table(found: Journey, currency: str) -> Table:
    columns = [
        say("Touchpoint"),
        say("Question"),
        say("Customers asked"),
        say("Score"),
        say("Unhappy"),
        say("Who passes"),
        say("How many"),
        say("Of them unhappy"),
    ]
    if found.valued:
        columns += [say("Profit to come that passes"), say("Of it unhappy"), say("From"), say("To")]
    rows = []
    for row in rows_of(found.table):
        cells: list[Quantity | Sentence] = [
            words(getattr(row, TOUCHPOINT)),
            QUESTIONS[getattr(row, INSTRUMENT)],
            count(getattr(row, N)),
            score(row.instrument, row.score),
            share(row.share),
            PASSERS[getattr(row, PASSED_BY)],
            count(getattr(row, PASSING)),
            count(row.unhappy_passing),
        ]
        if found.valued:
            cells += [
                money(amount, currency)
                for amount in (getattr(row, VALUE_PASSING), row.friction, row.friction_low, row.friction_high)
            ]
        rows.append(cells)
    caption = say(
        "Touchpoints of the last {days} days; the relationship as a whole is no point of the journey and stands last",
        days=count(found.days),
    )
    return Table(caption, tuple(columns), rows)


def _notes(found: Journey) -> tuple[Sentence, ...]:
    notes = [
        say(
            "Who passes a touchpoint is read off its name, in English or Indonesian, or stated in the settings under "
            "voice.touchpoints; where neither tells, only those who answered are counted."
        )
    ]
    if found.unnamed:
        notes.append(
            say_count(
                "{n} answer of these days does not say what it is about and is left out here.",
                "{n} answers of these days do not say what they are about and are left out here.",
                n=found.unnamed,
            )
        )
    return tuple(notes)
