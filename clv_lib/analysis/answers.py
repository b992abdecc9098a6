"""Answers to NPS, CSAT and effort questions, one row each, and how many there are of every kind.

1. Every score is happy, neutral or unhappy by its instrument (:data:`FROM`); nothing else of the scale is compared.
2. Of several answers of one customer in the same group the latest counts, so that nobody votes twice.
3. All that is computed from scores needs only counts of (group, instrument, score): the *cells*.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.names import COMMENT, CUSTOMER_ID, GIVEN_AT, INSTRUMENT, SCORE, THEME, TOUCHPOINT, N
from clv_lib.periods import day_number, month_number

NPS: Final = "nps"
CSAT: Final = "csat"
CES: Final = "ces"
INSTRUMENTS: Final = (NPS, CSAT, CES)
HAPPY: Final = "happy"
NEUTRAL: Final = "neutral"
UNHAPPY: Final = "unhappy"
MOODS: Final = (HAPPY, NEUTRAL, UNHAPPY)
FROM: Final = {NPS: (7, 9), CSAT: (3, 4), CES: (4, 5)}  # lowest score that is neutral, and that is happy
MOOD: Final = "mood"
GIVEN_DAY: Final = "given_day"  # day number of the answer
NUMBER: Final = "month_number"
UNNAMED: Final = ""  # touchpoint or theme that the table does not say
_OPTIONAL: Final = (TOUCHPOINT, THEME, COMMENT)


def answers(feedback: Frame, *, end: date) -> Frame:
    """Every answer up to a day.

    Parameters
    ----------
    feedback : narwhals.LazyFrame
        ``customer_id, given_at, instrument, score`` and, where known, ``touchpoint, theme, comment``, as accepted.
    end : date
        Later answers are left out.

    Returns
    -------
    narwhals.LazyFrame
        customer_id, given_day, month_number, instrument, score, mood, touchpoint, theme, comment; what is missing of
        the last three is "".
    """
    there = feedback.collect_schema().names()
    given = nw.col(GIVEN_AT).cast(nw.Date)
    texts = [
        nw.col(name).cast(nw.String).fill_null(UNNAMED) if name in there else nw.lit(UNNAMED).alias(name)
        for name in _OPTIONAL
    ]
    found = feedback.select(
        nw.col(CUSTOMER_ID),
        day_number(given).cast(nw.Int64).alias(GIVEN_DAY),
        month_number(given).cast(nw.Int64).alias(NUMBER),
        nw.col(INSTRUMENT),
        nw.col(SCORE).cast(nw.Int64),
        *texts,
    )
    return found.filter(nw.col(GIVEN_DAY) <= end.toordinal()).with_columns(mood().alias(MOOD))


def mood() -> nw.Expr:
    """Happy, neutral or unhappy, from instrument and score."""
    found = nw.lit(UNHAPPY)
    for instrument, (neutral, happy) in FROM.items():
        own = nw.col(INSTRUMENT) == instrument
        found = nw.when(own & (nw.col(SCORE) >= neutral)).then(nw.lit(NEUTRAL)).otherwise(found)
        found = nw.when(own & (nw.col(SCORE) >= happy)).then(nw.lit(HAPPY)).otherwise(found)
    return found


def mood_of(instrument: str, score: float) -> str:
    """The same for one score."""
    neutral, happy = FROM[instrument]
    return HAPPY if score >= happy else NEUTRAL if score >= neutral else UNHAPPY


def latest(given: Frame, *by: str) -> Frame:
    """The latest answer of every customer to each instrument, within each group of ``by``.

    Of two on one day the higher score counts, which is no more right than the lower but the same every time.
    """
    order = [GIVEN_DAY, SCORE, TOUCHPOINT, THEME, COMMENT]
    later = nw.col(SCORE).cum_count(reverse=True).over(CUSTOMER_ID, INSTRUMENT, *by, order_by=order)
    return given.with_columns(later.alias("later")).filter(nw.col("later") == 1).drop("later")


def since(given: Frame, first_day: int) -> Frame:
    """Answers of that day and later."""
    return given.filter(nw.col(GIVEN_DAY) >= first_day)


def score_cells(given: Frame, by: Sequence[str] = ()) -> pd.DataFrame:
    """How many answers there are of every score: ``by``, instrument, score, mood, n; in a fixed order."""
    keys = [*by, INSTRUMENT, SCORE, MOOD]
    found = collected(given.group_by(*keys).agg(nw.len().alias(N)))
    return found.astype({N: "int64"}).sort_values(keys, ignore_index=True)
