"""How the questions, moods and groups of the page on customers' voice are called, and how a score is written."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Final

import pandas as pd

from clv_lib.analysis.answers import CES, CSAT, HAPPY, NEUTRAL, NPS, UNHAPPY
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.errors import CannotEstimateError
from clv_lib.names import ACQUISITION_CHANNEL, HIGH, LIFECYCLE_STAGE, LOW, MIDDLE, TOUCHPOINT, VALUE_TIER
from clv_lib.reporting.elements import Paragraph
from clv_lib.reporting.summaries.lifecycle_words import STAGES
from clv_lib.reporting.voice_record import NobodyAskedError
from clv_lib.reporting.wording import Quantity, Sentence, day, number, refusal_sentence, say, share, words

Values = dict[str, Quantity | Sentence]
MASS: Final = share(INTERVAL)
QUESTIONS: Final[dict[str, Sentence]] = {
    NPS: say("recommendation (NPS)"),
    CSAT: say("satisfaction (CSAT)"),
    CES: say("ease (CES)"),
}
SHORT: Final[dict[str, Quantity]] = {NPS: words("NPS"), CSAT: words("CSAT"), CES: words("CES")}
CARDS: Final[dict[str, Sentence]] = {
    NPS: say("Net promoter score"),
    CSAT: say("Satisfied customers"),
    CES: say("Customers for whom it was easy"),
}
MEASURES: Final[dict[str, Sentence]] = {
    NPS: say("NPS: promoters less detractors, in points"),
    CSAT: say("CSAT: share who are satisfied"),
    CES: say("CES: share for whom it was easy"),
}
_BETWEEN: Final = say("customers in between")
MOODS_OF: Final[dict[str, dict[str, Sentence]]] = {
    NPS: {HAPPY: say("promoters"), NEUTRAL: say("passives"), UNHAPPY: say("detractors")},
    CSAT: {HAPPY: say("satisfied customers"), NEUTRAL: _BETWEEN, UNHAPPY: say("dissatisfied customers")},
    CES: {HAPPY: say("customers who had it easy"), NEUTRAL: _BETWEEN, UNHAPPY: say("customers who had it hard")},
}
MOODS: Final[dict[str, Sentence]] = {HAPPY: say("happy"), NEUTRAL: say("neutral"), UNHAPPY: say("unhappy")}
TIERS: Final[dict[str, Sentence]] = {HIGH: say("high value"), MIDDLE: say("middle value"), LOW: say("low value")}
GROUPS: Final[dict[str, Sentence]] = {
    LIFECYCLE_STAGE: say("Stage"),
    VALUE_TIER: say("Value"),
    ACQUISITION_CHANNEL: say("Channel that won them"),
    TOUCHPOINT: say("Touchpoint"),
}
_NAMES: Final = {LIFECYCLE_STAGE: STAGES, VALUE_TIER: TIERS}
_UNKNOWN: Final = say("not known")
NEEDS: Final[dict[str, Sentence]] = {
    "scores": say(
        "Needed is a table of feedback with a row per answer: who, when, which question, which score. It may come from "
        "any survey tool."
    ),
    "over_time": say("Needed are answers of at least some months, each with its day."),
    "groups": say("What customers buy is known already; the answers to lay beside it are not."),
    "journey": say(
        "Needed is the column touchpoint: what the question was about, as in checkout, delivery or support. How many "
        "pass a touchpoint is known from the orders already."
    ),
    "themes": say("Needed is the column comment: one open question beside the score, in the customer's own words."),
    "cost": say(
        "Needed are answers that are old enough to see what came after them. The purchases to hold against them are "
        "there already."
    ),
    "change": say("Needed are answers from before and after a change; whoever starts to ask today will have them."),
    "calls": say("There is nobody to call back as long as nobody is asked."),
}


def score(instrument: str, value: float) -> Quantity:
    """A score as it is written: NPS in points, the others as a share."""
    return number(value) if instrument == NPS else share(value)


def difference(instrument: str, value: float) -> Quantity:
    """A difference of two scores, in points: of NPS, or of percent."""
    return number(value) if instrument == NPS else number(100 * value)


def between(instrument: str, low: float, high: float) -> Sentence:
    """A range."""
    return say("{low} to {high}", low=score(instrument, low), high=score(instrument, high))


def group_name(by: str, group: str) -> Quantity | Sentence:
    """A group as it is called on the pages."""
    if not group:
        return _UNKNOWN
    named = _NAMES.get(by, {})
    return named[group] if group in named else words(group)


def labelled(table: pd.DataFrame, labels: Iterable[Quantity | Sentence]) -> pd.DataFrame:
    """The table with a column of labels, as charts take it."""
    column = pd.DataFrame({"label": pd.Series(list(labels), dtype=object)})
    return column.join(table.reset_index(drop=True))


def writers() -> dict[str, Callable[[float], Quantity]]:
    """How a chart writes the scores of each question."""
    return {name: partial(score, name) for name in MEASURES}


def on(day_number: float) -> Quantity:
    """A day, by its number."""
    return day(date.fromordinal(int(day_number)))


def wanting(found: CannotEstimateError, section: str) -> tuple[Paragraph, ...]:
    """What stands in place of a finding: what to collect, or why it cannot be told."""
    text = NEEDS[section] if isinstance(found, NobodyAskedError) else refusal_sentence(found.message, found.values)
    return (Paragraph((text,), role="note"),)
