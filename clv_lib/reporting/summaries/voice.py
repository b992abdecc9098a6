"""What customers answered, in words: how many did, the scores, their course, and who is happier than others."""

from datetime import date

from clv_lib.analysis.answers import HAPPY, NEUTRAL, UNHAPPY
from clv_lib.analysis.before_after import Change
from clv_lib.analysis.voice_scores import Course
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_voice import over_time as chart_over_time
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import (
    MASS,
    MEASURES,
    QUESTIONS,
    SURE,
    Values,
    between,
    on,
    score,
    wanting,
    writers,
)
from clv_lib.reporting.voice_record import Voice
from clv_lib.reporting.voice_results import Scores
from clv_lib.reporting.wording import Sentence, count, number, say, share


def asked(voice: Voice) -> tuple[Element, ...]:
    """How many answered which question, and how many that is of the customers."""
    if not voice.asked:
        return ()
    table = Table(
        say("Answers so far, by question"),
        (say("Question"), say("Answers"), say("Customers"), say("From"), say("To"), say("With a comment")),
        [
            [
                QUESTIONS[row.instrument],
                count(row.n),
                count(row.customers),
                on(row.first),
                on(row.last),
                share(row.comments / row.n),
            ]
            for row in rows_of(voice.counts)
        ],
    )
    text = say(
        "Of several answers of one customer to the same question the latest counts. Who answers is not who does not: "
        "every figure on this page is about customers like those who answered."
    )
    return Paragraph((text,)), table


def scores(found: Scores | CannotEstimateError, voice: Voice) -> tuple[Element, ...]:
    """The scores now."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "scores")
    table = Table(
        say("Scores of the last {days} days, with their {mass} ranges", days=count(found.days), mass=MASS),
        (
            say("Question"),
            say("Customers"),
            say("Score"),
            say("Range"),
            say("Happy"),
            say("Neutral"),
            say("Unhappy"),
            say("Mean on its scale"),
        ),
        [
            [
                MEASURES[row.instrument],
                count(row.n),
                score(row.instrument, row.score),
                between(row.instrument, row.low, row.high),
                *(share(getattr(row, mood) / row.n) for mood in (HAPPY, NEUTRAL, UNHAPPY)),
                number(row.mean, 1),
            ]
            for row in rows_of(found.now)
        ],
    )
    main = found.main
    text = say(
        "Of the {active} customers who bought in the last {days} days, {n} answered the question on {question}: "
        "{part} of them.",
        active=count(voice.customers),
        days=count(found.days),
        n=count(main[N]),
        question=QUESTIONS[main[INSTRUMENT]],
        part=share(main[N] / voice.customers if voice.customers else float("nan")),
    )
    return Paragraph((text,)), table


def over_time(found: Scores | CannotEstimateError, marked: Change | CannotEstimateError) -> tuple[Element, ...]:
    """The course of the scores, and whether the latest year is better than the one before."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "over_time")
    if found.course is None:
        return (Paragraph((say("All answers are of one month, so there is no course to show yet."),), role="note"),)
    title, step = _course(found.course), say("month") if found.step == 1 else say("quarter")
    day = _marked(found, marked)
    caption = say(
        "Each customer counts once in a {step}; the band holds the score of all customers like those who answered with "
        "{mass} certainty.",
        step=step,
        mass=MASS,
    )
    if day is not None:
        caption = say("{caption} A point marks the month that stands out.", caption=caption)
    chart = chart_over_time(
        found.over_time,
        names=MEASURES,
        writes=writers(),
        marked=day,
        title=title,
        alt=say(
            "A small chart for each question: the score of every {step} as a line in a band that holds it with {mass} "
            "certainty. {finding}.",
            step=step,
            mass=MASS,
            finding=title,
        ),
        caption=caption,
        x=step,
    )
    return (chart,)


def _marked(found: Scores, marked: Change | CannotEstimateError) -> date | None:
    """The month to mark: the one that stands out beyond chance."""
    if isinstance(marked, CannotEstimateError) or marked.stated or found.step > 1:
        return None
    return marked.first_day if marked.surprise < 1 - SURE else None


def _course(moved: Course) -> Sentence:
    """First against last third of the time, by the main question."""
    values: Values = {
        "question": QUESTIONS[moved.instrument],
        "first": score(moved.instrument, moved.first),
        "last": score(moved.instrument, moved.last),
    }
    if moved.moved > 0:
        return say("The score of {question} has risen: from {first} in the first third of the time to {last}", **values)
    if moved.moved < 0:
        return say(
            "The score of {question} has fallen: from {first} in the first third of the time to {last}", **values
        )
    return say(
        "The score of {question} has not moved beyond chance: {first} in the first third of the time, {last} in the "
        "last",
        **values,
    )
