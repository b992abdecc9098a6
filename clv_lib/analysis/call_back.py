"""Whom to call back: customers whose last word was unhappy and is not old, the most valuable first."""

from collections.abc import Mapping
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.answers import GIVEN_DAY, MOOD, UNHAPPY
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import RESPONSE
from clv_lib.names import (
    CHURN_RISK,
    COMMENT,
    CUSTOMER_ID,
    EMAIL_CONSENT,
    HAPPENED_AT,
    INSTRUMENT,
    KIND,
    LIFECYCLE_STAGE,
    RESIDUAL_CLV,
    SCORE,
    THEME,
    TOTAL_VALUE,
    TOUCHPOINT,
)
from clv_lib.periods import day_number

SPOKEN: Final = "spoken_since"  # whether anybody has been in touch since the answer
_ANSWER: Final = (CUSTOMER_ID, GIVEN_DAY, INSTRUMENT, SCORE, TOUCHPOINT, THEME, COMMENT)
_KNOWN: Final = (RESIDUAL_CLV, TOTAL_VALUE, CHURN_RISK, LIFECYCLE_STAGE, EMAIL_CONSENT)


def unhappy_now(given: Frame, *, last_day: int, days: int) -> Frame:
    """Customers whose last answer of all is unhappy and at most so many days old: that answer, one row each."""
    order = [GIVEN_DAY, INSTRUMENT, SCORE, TOUCHPOINT, THEME, COMMENT]
    later = nw.col(SCORE).cum_count(reverse=True).over(CUSTOMER_ID, order_by=order)
    last = given.with_columns(later.alias("later")).filter(nw.col("later") == 1)
    recent = (nw.col(GIVEN_DAY) > last_day - days) & (nw.col(MOOD) == UNHAPPY)
    return last.filter(recent).select(*_ANSWER)


def call_backs(
    given: Frame, people: Frame, record: Mapping[str, Frame], *, last_day: int, days: int, most: int
) -> tuple[pd.DataFrame, int]:
    """The list, and how many customers would be on it if it had no end.

    Parameters
    ----------
    given : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.answers.answers`.
    people : narwhals.LazyFrame
        customer_id and what is known of residual_clv, total_value, churn_risk, lifecycle_stage, email_consent.
    record : mapping of str to narwhals.LazyFrame
        interactions where there are any: who was spoken to after the day of the answer is marked, not left out.
    last_day, days, most : int

    Returns
    -------
    DataFrame
        rank, customer_id, given_day, instrument, score, touchpoint, theme, comment and what is known; by
        ``residual_clv``, or by ``total_value`` where no model knows what is to come.
    """
    unhappy = unhappy_now(given, last_day=last_day, days=days)
    there = [name for name in _KNOWN if name in people.collect_schema().names()]
    rows = unhappy.join(people.select(CUSTOMER_ID, *there), on=CUSTOMER_ID, how="left")
    if "interactions" in record:
        rows = rows.join(_spoken(unhappy, record["interactions"]), on=CUSTOMER_ID, how="left")
        rows = rows.with_columns(nw.col(SPOKEN).fill_null(False))
    count = int(collected(unhappy.select(nw.len().alias("n")))["n"].iloc[0])
    value = next((name for name in (RESIDUAL_CLV, TOTAL_VALUE) if name in there), None)
    keys = [CUSTOMER_ID] if value is None else ["order", CUSTOMER_ID]
    if value is not None:  # who has no value yet comes last on every engine
        rows = rows.with_columns((-nw.col(value).cast(nw.Float64)).fill_null(float("inf")).alias("order"))
    listed = collected(rows.sort(*keys).head(most)).drop(columns="order", errors="ignore")
    listed = listed.sort_values([CUSTOMER_ID]) if value is None else listed
    listed.insert(0, "rank", range(1, len(listed) + 1))
    return listed.reset_index(drop=True), count


def _spoken(unhappy: Frame, interactions: Frame) -> Frame:
    """Who was in touch with the company on a later day than that of the answer."""
    day = day_number(nw.col(HAPPENED_AT).cast(nw.Date)).cast(nw.Int64)
    talks = interactions.filter(nw.col(KIND).str.to_lowercase() != RESPONSE).select(CUSTOMER_ID, day.alias("day"))
    later = unhappy.select(CUSTOMER_ID, GIVEN_DAY).join(talks, on=CUSTOMER_ID, how="inner")
    later = later.filter(nw.col("day") > nw.col(GIVEN_DAY)).select(CUSTOMER_ID).unique()
    return later.with_columns(nw.lit(True).alias(SPOKEN))
