"""What customers answered, in words: how many did, the scores, their course, and who is happier than others."""

from collections.abc import Iterable
from functools import partial

import pandas as pd

from clv_lib.analysis.answers import HAPPY, NEUTRAL, NPS, UNHAPPY
from clv_lib.analysis.before_after import Change
from clv_lib.analysis.voice_scores import Course
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, LIFECYCLE_STAGE, LIFECYCLE_STAGES, VALUE_TIER, VALUE_TIERS, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_gains import group_intervals
from clv_lib.reporting.plots_voice import over_time as chart_over_time
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import (
    GROUPS,
    MASS,
    MEASURES,
    QUESTIONS,
    SHORT,
    Values,
    between,
    group_name,
    labelled,
    on,
    score,
    wanting,
    writers,
)
from clv_lib.reporting.voice_record import Scores, Voice
from clv_lib.reporting.wording import Quantity, Sentence, count, number, say, share, words

SURE = 0.95  # a group as probably above or below the whole is called so
_ORDER: dict[str, list[str]] = {LIFECYCLE_STAGE: list(LIFECYCLE_STAGES), VALUE_TIER: list(VALUE_TIERS)}


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
    change = None if isinstance(marked, CannotEstimateError) else marked
    title = _course(found.course)
    step = say("month") if found.step == 1 else say("quarter")
    chart = chart_over_time(
        found.over_time,
        names=MEASURES,
        writes=writers(),
        marked=None if change is None or change.stated or found.step > 1 else change.first_day,
        title=title,
        alt=say(
            "A small chart for each question: the score of every {step} as a line in a band that holds it with {mass} "
            "certainty. {finding}.",
            step=step,
            mass=MASS,
            finding=title,
        ),
        caption=say(
            "Each customer counts once in a {step}; the band holds the score of all customers like those who answered "
            "with {mass} certainty. A point marks the month that stands out most.",
            step=step,
            mass=MASS,
        ),
        x=step,
    )
    return (chart,)


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


def groups(found: Scores | CannotEstimateError) -> tuple[Element, ...]:
    """Who is happier, and who is not: by stage, value, channel and touchpoint."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "groups")
    shown: list[Element] = []
    for by, table in found.by.items():
        ordered = _in_order(by, table)
        if by == LIFECYCLE_STAGE:
            shown += _chart(by, ordered)
        shown += [Paragraph((_standing_out(by, table),)), _table(by, ordered)]
    shown.append(
        Paragraph(
            (
                say(
                    "Small groups are drawn towards the whole as far as groups are alike; a score that stands on fewer "
                    "than ten answers leans on the whole more than on itself."
                ),
            ),
            role="note",
        )
    )
    return tuple(shown)


def _in_order(by: str, table: pd.DataFrame) -> pd.DataFrame:
    """Groups that have an order of their own in it, the others by their scores."""
    if by not in _ORDER:
        return table
    order = _ORDER[by]
    place = table[by].map({name: k for k, name in enumerate(order)}).fillna(len(order))
    return table.assign(place=place).sort_values([INSTRUMENT, "place"], kind="stable").drop(columns="place")


def _chart(by: str, table: pd.DataFrame) -> list[Element]:
    name = NPS if (table[INSTRUMENT] == NPS).any() else str(table[INSTRUMENT].iloc[0])
    own = table[table[INSTRUMENT] == name].reset_index(drop=True)
    if len(own) < 2:
        return []
    ranked = own.sort_values("score", ascending=False, kind="stable")
    best, worst = ranked.iloc[0], ranked.iloc[-1]
    values: Values = {
        "best": group_name(by, best[by]),
        "high": score(name, best["score"]),
        "worst": group_name(by, worst[by]),
        "low": score(name, worst["score"]),
        "question": QUESTIONS[name],
    }
    data = labelled(own.assign(mean=own["score"]), [group_name(by, str(each)) for each in own[by]])
    return [
        group_intervals(
            data,
            name=f"voice-{by}",
            whole=float(own["whole"].iloc[0]),
            title=say("Happiest are customers in the stage {best} ({high}), least happy in {worst} ({low})", **{
                each: values[each] for each in ("best", "high", "worst", "low")
            }),
            alt=say(
                "A point with its range for each stage: the score of {question} is highest in {best} with {high} and "
                "lowest in {worst} with {low}.",
                **values,
            ),
            caption=say(
                "Score of {question} by stage today, with {mass} ranges; the broken line is the mean of all, hollow "
                "points stand on fewer than ten answers.",
                question=QUESTIONS[name],
                mass=MASS,
            ),
            x=MEASURES[name],
            y=say("stage today"),
            write=partial(score, name),
        )
    ]  # fmt: skip


def _standing_out(by: str, table: pd.DataFrame) -> Sentence:
    """The groups that lie above or below the whole beyond doubt."""
    sure = table[table["p_above"].notna() & (table[by] != "")]
    apart = sure[(sure["p_above"] >= SURE) | (sure["p_above"] <= 1 - SURE)]
    if apart.empty:
        return say("{by}: no group differs from the whole by more than chance would explain.", by=GROUPS[by])
    told = [
        say("{group} ({question}: {score})", group=group_name(by, getattr(row, by)),
            question=SHORT[row.instrument], score=score(row.instrument, row.score))
        for row in rows_of(apart.head(6))
    ]  # fmt: skip
    high = [text for text, p in zip(told, apart["p_above"].head(6), strict=True) if p >= SURE]
    low = [text for text, p in zip(told, apart["p_above"].head(6), strict=True) if p < SURE]
    if high and low:
        return say(
            "{by}: above the whole lies {high}; below it lies {low}.", by=GROUPS[by], high=_list(high), low=_list(low)
        )
    if high:
        return say("{by}: above the whole lies {high}.", by=GROUPS[by], high=_list(high))
    return say("{by}: below the whole lies {low}.", by=GROUPS[by], low=_list(low))


def _list(told: Iterable[Sentence]) -> Sentence:
    parts = list(told)
    found = parts[0]
    for each in parts[1:]:
        found = say("{first}; {second}", first=found, second=each)
    return found


def _table(by: str, table: pd.DataFrame) -> Table:
    """A row per group, the questions side by side."""
    names = [name for name in QUESTIONS if (table[INSTRUMENT] == name).any()]
    columns: list[Sentence] = [GROUPS[by]]
    for name in names:
        columns += [say("{question}: customers", question=SHORT[name]), say("Score"), say("Range")]
    cells = {(row.instrument, getattr(row, by)): row for row in rows_of(table)}
    rows = []
    for group in dict.fromkeys(table[by]):
        row: list[Quantity | Sentence] = [group_name(by, group)]
        for name in names:
            own = cells.get((name, group))
            if own is None:
                row += [words("–"), words("–"), words("–")]
            else:
                row += [count(own.n), score(name, own.score), between(name, own.low, own.high)]
        rows.append(row)
    return Table(say("Scores by {by}, with {mass} ranges", by=_lower(by), mass=MASS), tuple(columns), rows)


def _lower(by: str) -> Sentence:
    return {
        LIFECYCLE_STAGE: say("stage today"),
        VALUE_TIER: say("value to come"),
        "acquisition_channel": say("the channel that won the customer"),
        "touchpoint": say("touchpoint"),
    }[by]
