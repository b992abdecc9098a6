"""What goes with unhappiness, and before and after a change, in words. Associations, and said as such."""

from typing import Final

from clv_lib.analysis.answers import HAPPY, UNHAPPY
from clv_lib.analysis.before_after import AFTER, BEFORE, WITHIN, Change
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.unhappiness import Outcome, Unhappiness
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_gains import shares_with_ranges
from clv_lib.reporting.plots_voice import sides as chart_sides
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import (
    MASS,
    MEASURES,
    MOODS_OF,
    QUESTIONS,
    difference,
    score,
    wanting,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, month, number, say, share

SIDES: Final[dict[str, Sentence]] = {BEFORE: say("before"), WITHIN: say("that month"), AFTER: say("after")}
_SURE: Final = 0.95


def unhappiness(found: Unhappiness | CannotEstimateError, extra: Estimate | None, currency: str) -> tuple[Element, ...]:
    """Who leaves, what is spent, and what customers are worth, by what they answered."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "cost")
    shown: list[Element] = [Paragraph((_gone(found),)), _chart(found), _table(found, currency)]
    money_said = [each for each in (_spent(found, currency), _value(found, currency)) if each is not None]
    if money_said:
        shown.append(Paragraph(tuple(money_said)))
    if extra is not None:
        shown.append(Paragraph((_extra(found, extra),)))
    note = say(
        "This is an association and no effect: customers of the same stage and the same time with us are compared, as "
        "they stood on the day of their answer, but the unhappy may differ in what no table holds. What making them "
        "happy would change, only a test with a control group tells."
    )
    shown.append(Paragraph((note,), role="note"))
    return tuple(shown)


def verb_gone(found: Unhappiness) -> Sentence:
    """What leaving is called here."""
    return say("cancelled") if found.contractual else say("bought nothing")


def _gone(found: Unhappiness) -> Sentence:
    names, gap = MOODS_OF[found.instrument], found.gone.difference
    table = found.gone.table.set_index("mood")
    values = {
        "unhappy": names[UNHAPPY],
        "happy": names[HAPPY],
        "gone": verb_gone(found),
        "days": count(found.horizon),
        "theirs": share(float(table["mean"][UNHAPPY])),
        "others": share(float(table["mean"][HAPPY])),
        "gap": number(100 * gap.mean),
        "low": number(100 * gap.low),
        "high": number(100 * gap.high),
    }
    if gap.low > 0:
        return say(
            "In the {days} days after their answer {theirs} of {unhappy} {gone}, against {others} of {happy} of the "
            "same stage and time with us: {gap} percentage points more, with {mass} certainty {low} to {high}.",
            mass=MASS,
            **values,
        )
    if gap.high < 0:
        return say(
            "In the {days} days after their answer {theirs} of {unhappy} {gone}, against {others} of {happy} of the "
            "same stage and time with us. That is fewer, not more: {gap} percentage points, with {mass} certainty "
            "{low} to {high}.",
            mass=MASS,
            **values,
        )
    return say(
        "In the {days} days after their answer {theirs} of {unhappy} {gone}, against {others} of {happy} of the same "
        "stage and time with us. The difference of {gap} percentage points may be chance: with {mass} certainty it "
        "lies from {low} to {high}.",
        mass=MASS,
        **values,
    )


def _chart(found: Unhappiness) -> Element:
    names = MOODS_OF[found.instrument]
    table = found.gone.table
    data = table.assign(label=[names[mood] for mood in table["mood"]], share=table["mean"])
    by = table.set_index("mood")["mean"]
    values = {
        "unhappy": names[UNHAPPY],
        "happy": names[HAPPY],
        "theirs": share(float(by[UNHAPPY])),
        "others": share(float(by[HAPPY])),
        "gone": verb_gone(found),
        "days": count(found.horizon),
    }
    return shares_with_ranges(
        data,
        name="unhappiness",
        title=say("{theirs} of {unhappy} {gone} in the next {days} days, {others} of {happy}", **values),
        alt=say(
            "A bar with its range for each kind of answer: {others} of {happy} and {theirs} of {unhappy} {gone} in the "
            "{days} days after the answer.",
            **values,
        ),
        caption=say(
            "As if all three were of the same stages and the same time with us; whiskers hold {mass}. Question: "
            "{question}.",
            mass=MASS,
            question=QUESTIONS[found.instrument],
        ),
        x=say("what they answered"),
        y=say("share that cancelled") if found.contractual else say("share that bought nothing"),
    )


def _table(found: Unhappiness, currency: str) -> Table:
    names = MOODS_OF[found.instrument]
    columns = [
        say("Answer"),
        say("Customers watched"),
        say("Cancelled") if found.contractual else say("Bought nothing"),
        say("Made alike"),
        say("Range"),
    ]
    gone, spent, value = found.gone.table, found.spent, found.value
    if spent is not None:
        columns += [say("Spent in those days, made alike"), say("Range")]
    if value is not None:
        columns += [say("Profit to come, made alike"), say("Range")]
    rows = []
    for k, row in enumerate(rows_of(gone)):
        cells: list[Quantity | Sentence] = [
            names[row.mood],
            count(row.n),
            share(row.raw, 1),
            share(row.mean, 1),
            say("{low} to {high}", low=share(row.low, 1), high=share(row.high, 1)),
        ]
        for outcome in (spent, value):
            if outcome is not None:
                own = outcome.table.iloc[k]
                cells += [
                    money(float(own["mean"]), currency),
                    say(
                        "{low} to {high}",
                        low=money(float(own["low"]), currency),
                        high=money(float(own["high"]), currency),
                    ),
                ]
        rows.append(cells)
    return Table(
        say(
            "What came within {days} days after the answer, as it was and as if all were of the same stages and time "
            "with us; ranges hold {mass}",
            days=count(found.horizon),
            mass=MASS,
        ),
        tuple(columns),
        rows,
    )


def _apart(outcome: Outcome, currency: str) -> dict[str, Quantity | Sentence]:
    gap = outcome.difference
    return {
        "gap": money(abs(gap.mean), currency),
        "low": money(gap.low, currency),
        "high": money(gap.high, currency),
        "mass": MASS,
    }


def _spent(found: Unhappiness, currency: str) -> Sentence | None:
    if found.spent is None:
        return None
    names, gap, values = MOODS_OF[found.instrument], found.spent.difference, _apart(found.spent, currency)
    who = {"unhappy": names[UNHAPPY], "happy": names[HAPPY], "days": count(found.horizon)}
    if gap.high < 0:
        return say(
            "In those {days} days {unhappy} spent {gap} less than {happy} (difference {low} to {high}, {mass} "
            "certainty).",
            **who,
            **values,
        )
    if gap.low > 0:
        return say(
            "In those {days} days {unhappy} spent {gap} more than {happy} (difference {low} to {high}, {mass} "
            "certainty).",
            **who,
            **values,
        )
    return say(
        "What {unhappy} and {happy} spent in those {days} days does not differ beyond chance (difference {low} to "
        "{high}, {mass} certainty).",
        **who,
        **{name: values[name] for name in ("low", "high", "mass")},
    )


def _value(found: Unhappiness, currency: str) -> Sentence | None:
    if found.value is None:
        return None
    names, gap, values = MOODS_OF[found.instrument], found.value.difference, _apart(found.value, currency)
    who = {"unhappy": names[UNHAPPY], "happy": names[HAPPY], "days": count(found.days)}
    if gap.high < 0:
        return say(
            "Of those who answered in the last {days} days, {unhappy} have {gap} less of profit to come today than "
            "{happy} (difference {low} to {high}, {mass} certainty).",
            **who,
            **values,
        )
    if gap.low > 0:
        return say(
            "Of those who answered in the last {days} days, {unhappy} have {gap} more of profit to come today than "
            "{happy} (difference {low} to {high}, {mass} certainty): those who buy much are asked and disappointed "
            "more often.",
            **who,
            **values,
        )
    return say(
        "Of those who answered in the last {days} days, {unhappy} and {happy} do not differ beyond chance in the profit "
        "to come today (difference {low} to {high}, {mass} certainty).",
        **who,
        **{name: values[name] for name in ("low", "high", "mass")},
    )


def _extra(found: Unhappiness, extra: Estimate) -> Sentence:
    values = {
        "unhappy": MOODS_OF[found.instrument][UNHAPPY],
        "happy": MOODS_OF[found.instrument][HAPPY],
        "days": count(found.horizon),
        "n": count(max(extra.mean, 0.0)),
        "low": count(max(extra.low, 0.0)),
        "high": count(max(extra.high, 0.0)),
        "mass": MASS,
    }
    if found.contractual:
        return say(
            "If all of that came from unhappiness, {n} customers more cancel within {days} days than if {unhappy} left "
            "as rarely as {happy} (with {mass} certainty {low} to {high}): the most that making them happy could keep.",
            **values,
        )
    return say(
        "If all of that came from unhappiness, {n} customers more fall silent within {days} days than if {unhappy} left "
        "as rarely as {happy} (with {mass} certainty {low} to {high}): the most that making them happy could keep.",
        **values,
    )


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
        if found.z < 0 and found.surprise < 1 - _SURE:
            text = say(
                "{month} stands out: no other of {months} months had so low scores, and chance alone would bring forth "
                "so low a month somewhere among them with a probability of {chance}.",
                month=when, months=months, chance=chance,
            )  # fmt: skip
        elif found.surprise < 1 - _SURE:
            text = say(
                "{month} stands out: no other of {months} months had so high scores, and chance alone would bring "
                "forth so high a month somewhere among them with a probability of {chance}.",
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
    values = {
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
        "Afterwards the score of {question} is {gap} points higher than before (with {mass} certainty {low} to {high}).",
        **values,
    )


def _sides_chart(found: Change) -> Element:
    kinds = [side for side in (BEFORE, WITHIN, AFTER) if (found.scores["side"] == side).any()]
    title = _finding(found)
    return chart_sides(
        found.scores,
        names=MEASURES,
        labels=[(side, SIDES[side]) for side in kinds],
        writes={name: (lambda value, name=name: score(name, value)) for name in MEASURES},
        title=title,
        alt=say("For each question a point with its range for every time that is compared. {finding}.", finding=title),
        caption=say("Each customer counts once per question and time; ranges hold {mass}.", mass=MASS),
        x=say("time"),
    )


def _finding(found: Change) -> Sentence:
    """The first comparison of the first question: the marked month, or after, against before."""
    first = found.differences.iloc[0]
    values = {
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
    rows = []
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
