"""Who is happier, and who is not, in words: by stage, value, channel and touchpoint."""

from collections.abc import Iterable
from functools import partial

import pandas as pd

from clv_lib.analysis.answers import NPS
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, LIFECYCLE_STAGE, LIFECYCLE_STAGES, VALUE_TIER, VALUE_TIERS
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_gains import group_intervals
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import (
    GROUPS,
    MASS,
    MEASURES,
    QUESTIONS,
    SHORT,
    SURE,
    Values,
    between,
    group_name,
    labelled,
    score,
    wanting,
)
from clv_lib.reporting.voice_results import MOST_GROUPS, Scores
from clv_lib.reporting.wording import Quantity, Sentence, count, say, words

_ORDER: dict[str, list[str]] = {LIFECYCLE_STAGE: list(LIFECYCLE_STAGES), VALUE_TIER: list(VALUE_TIERS)}


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
    notes = [
        say(
            "Small groups are drawn towards the whole as far as groups are alike; a score that stands on fewer than "
            "ten answers leans on the whole more than on itself."
        )
    ]
    if any(table[by].nunique() >= MOST_GROUPS for by, table in found.by.items()):
        text = say("Where there are many groups, the {most} with most answers are shown.", most=count(MOST_GROUPS))
        notes.append(text)
    return (*shown, Paragraph(tuple(notes), role="note"))


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
            title=_happiest(own, values),
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
    ]


def _happiest(own: pd.DataFrame, values: Values) -> Sentence:
    apart = (own["p_above"] >= SURE) | (own["p_above"] <= 1 - SURE)
    if not apart.any():
        return say("No stage is happier or less happy than the whole beyond chance")
    named = {name: values[name] for name in ("best", "high", "worst", "low")}
    return say("Happiest are customers in the stage {best} ({high}), least happy in {worst} ({low})", **named)


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
