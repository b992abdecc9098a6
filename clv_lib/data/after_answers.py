"""What customers did after they answered, and how they stood on the day of the answer: one Narwhals expression each.

Nothing of a later day enters how they stood: stage and time with us are those of the answer's own day.
"""

from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.stages import DAY, FIRST, UNTIL
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CUSTOMER_ID, ENDED_AT, LIFECYCLE_STAGE, PURCHASE_DAY, STARTED_AT, N
from clv_lib.periods import day_number

ANSWER: Final = "given_day"
TENURE: Final = "tenure"
BANDS: Final = (91, 365, 730)  # days with us, where one band of tenure ends and the next begins
GONE: Final = "gone"
SPENT: Final = "spent"
SQUARE: Final = "_square"


def standing(given: Frame, stretches: Frame) -> Frame:
    """Add lifecycle_stage and tenure (number of the band) on the day of the answer; who was no customer drops out.

    Parameters
    ----------
    given : narwhals.LazyFrame
        customer_id, given_day and anything else; one row per customer.
    stretches : narwhals.LazyFrame
        From :func:`clv_lib.data.stages.stretches` or :func:`clv_lib.data.contract_stages.contract_stretches`.
    """
    there = stretches.select(CUSTOMER_ID, DAY, UNTIL, FIRST, LIFECYCLE_STAGE)
    day = nw.col(ANSWER)
    held = (nw.col(DAY) <= day) & (nw.col(UNTIL).is_null() | (nw.col(UNTIL) > day))
    age = day - nw.col(FIRST)
    band = nw.lit(0).cast(nw.Int64)
    for edge in BANDS:
        band = band + (age >= edge).cast(nw.Int64)
    joined = given.join(there, on=CUSTOMER_ID, how="inner").filter(held)
    return joined.with_columns(band.alias(TENURE)).drop(DAY, UNTIL, FIRST)


def bought_after(given: Frame, days: Frame, *, horizon: int) -> Frame:
    """Add ``gone`` (1: no purchase within the horizon after the answer's day) and ``spent`` in it, in currency.

    Parameters
    ----------
    given : narwhals.LazyFrame
        customer_id, given_day; one row per customer.
    days : narwhals.LazyFrame
        customer_id, purchase_day, value in money units: from :func:`clv_lib.data.customers.purchase_days`.
    horizon : int
        Days.
    """
    wait = nw.col(PURCHASE_DAY) - nw.col(ANSWER)
    later = given.select(CUSTOMER_ID, ANSWER).join(days, on=CUSTOMER_ID, how="inner")
    later = later.filter((wait > 0) & (wait <= horizon)).group_by(CUSTOMER_ID).agg(nw.col("value").sum().alias(SPENT))
    spent = nw.col(SPENT).cast(nw.Float64).fill_null(0.0) / MONEY_UNITS
    gone = nw.col(SPENT).is_null().cast(nw.Int64)
    return given.join(later, on=CUSTOMER_ID, how="left").with_columns(gone.alias(GONE), spent.alias(SPENT))


def cancelled_after(given: Frame, spells: Frame, *, horizon: int) -> Frame:
    """Add ``gone`` (1: the contract ended within the horizon); who had no contract on the day drops out.

    Parameters
    ----------
    given : narwhals.LazyFrame
        customer_id, given_day; one row per customer.
    spells : narwhals.LazyFrame
        From :func:`clv_lib.data.tenures.tenures`.
    """
    own = spells.select(
        CUSTOMER_ID,
        day_number(nw.col(STARTED_AT)).cast(nw.Int64).alias("began"),
        day_number(nw.col(ENDED_AT)).cast(nw.Int64).alias("ended"),
    )
    day = nw.col(ANSWER)
    under = (nw.col("began") <= day) & (nw.col("ended").is_null() | (nw.col("ended") >= day))
    gone = ((nw.col("ended") - day) <= horizon).fill_null(False).cast(nw.Int64)
    return (
        given.join(own, on=CUSTOMER_ID, how="inner").filter(under).with_columns(gone.alias(GONE)).drop("began", "ended")
    )


def outcome_cells(given: Frame, *, by: tuple[str, ...], outcomes: tuple[str, ...]) -> pd.DataFrame:
    """Answers and their outcomes by group: ``by``, n, and of each outcome its sum and (``_square``) sum of squares."""
    floats = {name: nw.col(name).cast(nw.Float64) for name in outcomes}
    squares = {f"{name}{SQUARE}": floats[name] * floats[name] for name in outcomes}
    parts = floats | squares
    rows = given.with_columns(*(each.alias(name) for name, each in parts.items()))
    found = collected(rows.group_by(*by).agg(nw.len().alias(N), *(nw.col(name).sum() for name in parts)))
    return found.astype({N: "int64"}).sort_values(list(by), ignore_index=True)
