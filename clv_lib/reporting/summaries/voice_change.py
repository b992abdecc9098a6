"""Before and after a change, or around the month that stands out, in words."""

from typing import Final

from clv_lib.analysis.before_after import AFTER, BEFORE, WITHIN, Change
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_voice import sides as chart_sides
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import (
    MASS,
    MEASURES,
    QUESTIONS,
    Values,
    difference,
    score,
    wanting,
    writers,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, day, month, say, share

SIDES: Final[dict[str, Sentence]] = {BEFORE: say("before"), WITHIN: say("that month"), AFTER: say("after")}
SURE: Final = 0.95


def change(found: Change | CannotEstimateError) -> tuple[Element, ...]:
    """Before and after a change, or around the month that stands out."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "change")
    return (Paragraph(_opening(found)), _sides_chart(found), _differences(found))


def _opening(found: Change) -> tuple[Sentence, ...]:
    if found.stated:
        told = [
            say(
                "The settings name a change on {day}. Compared are the {days} days before it and the {days} days from "
                "it on.",
                day=day(found.first_day),
                days=count(found.days),
            )
        ]
    else:
        when, chance = month(found.first_day), share(found.surprise, 1)
        months = count(found.months)
        if found.z < 0 and found.surprise < 1 - SURE:
            text = say(
                "{month} stands out: of {months} months its scores lie furthest below the usual. Chance alone would "
                "bring forth so low a month somewhere among them with a probability of {chance}.",
                month=when, months=months, chance=chance,
            )  # fmt: skip
        elif found.surprise < 1 - SURE:
            text = say(
                "{month} stands out: of {months} months its scores lie furthest above the usual. Chance alone would "
                "bring forth so high a month somewhere among them with a probability of {chance}.",
                month=when, months=months, chance=chance,
            )  # fmt: skip
        else:
            text = say(
                "No month stands out beyond chance: the most marked of {months} is {month}, and one as marked would "
                "appear somewhere among them by chance with a probability of {chance}.",
                month=when, months=months, chance=chance,
            )  # fmt: skip
        told = [
            text,
            say("It is compared with the {days} days before it and the {days} days after it.", days=count(found.days)),
        ]
    return (*told, _recovered(found))


def _recovered(found: Change) -> Sentence:
    """Where after differs from before beyond chance."""
    rows = found.differences[(found.differences["side"] == AFTER) & (found.differences["against"] == BEFORE)]
    apart = [row for row in rows_of(rows) if row.low > 0 or row.high < 0]
    if not apart:
        return say("Afterwards no score differs beyond chance from what it was before.")
    row = apart[0]
    values: Values = {
        "question": QUESTIONS[row.instrument],
        "gap": difference(row.instrument, abs(row.difference)),
        "low": difference(row.instrument, row.low),
        "high": difference(row.instrument, row.high),
        "mass": MASS,
    }
    if row.high < 0:
        return say(
            "Afterwards the score of {question} is {gap} points lower than before (with {mass} certainty {low} to "
            "{high}).",
            **values,
        )
    return say(
        "Afterwards the score of {question} is {gap} points higher than before (with {mass} certainty {low} to "
        "{high}).",
        **values,
    )


def _sides_chart(found: Change) -> Element:
    kinds = [side for side in (BEFORE, WITHIN, AFTER) if (found.scores["side"] == side).any()]
    title = _finding(found)
    return chart_sides(
        found.scores,
        names=MEASURES,
        labels=[(side, SIDES[side]) for side in kinds],
        writes=writers(),
        title=title,
        alt=say("For each question a point with its range for every time that is compared. {finding}.", finding=title),
        caption=say("Each customer counts once per question and time; ranges hold {mass}.", mass=MASS),
        x=say("time"),
    )


def _finding(found: Change) -> Sentence:
    """The first comparison of the first question: the marked month, or after, against before."""
    first = found.differences.iloc[0]
    values: Values = {
        "question": QUESTIONS[first[INSTRUMENT]],
        "gap": difference(first[INSTRUMENT], abs(first["difference"])),
    }
    if found.stated:
        values["day"] = day(found.first_day)
        if first["difference"] < 0:
            return say("From {day} on {question} is {gap} points lower than before", **values)
        return say("From {day} on {question} is {gap} points higher than before", **values)
    values["month"] = month(found.first_day)
    if first["difference"] < 0:
        return say("In {month} {question} was {gap} points lower than before", **values)
    return say("In {month} {question} was {gap} points higher than before", **values)


def _differences(found: Change) -> Table:
    scores = {(row.instrument, row.side): row for row in rows_of(found.scores)}
    rows: list[list[Quantity | Sentence]] = []
    for row in rows_of(found.differences):
        old, new = scores[row.instrument, row.against], scores[row.instrument, row.side]
        rows.append(
            [
                QUESTIONS[row.instrument],
                say("{side} against {other}", side=SIDES[row.side], other=SIDES[row.against]),
                count(getattr(old, N)),
                score(row.instrument, old.score),
                count(getattr(new, N)),
                score(row.instrument, new.score),
                difference(row.instrument, row.difference),
                say(
                    "{low} to {high}",
                    low=difference(row.instrument, row.low),
                    high=difference(row.instrument, row.high),
                ),
                share(row.p_worse),
            ]
        )
    return Table(
        say("Differences in points, with their {mass} ranges", mass=MASS),
        (
            say("Question"),
            say("Compared"),
            say("Answers earlier"),
            say("Score earlier"),
            say("Answers later"),
            say("Score later"),
            say("Difference"),
            say("Range"),
            say("Probability that it is worse"),
        ),
        rows,
    )
