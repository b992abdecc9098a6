"""From subscriptions to spells under contract, and from spells to counts.

1. A spell is an unbroken time under contract: a subscription that begins at the latest on the day after the last day of
   an earlier one goes on with it, whatever the plan. After a gap a new spell begins.
2. A renewal is an anniversary of the spell's first day, by billing period in calendar months; a member who left has
   made those before the last day. A cancellation between two anniversaries is one at the next of them.
3. What a model sees of a spell is how many renewals it made and whether it ended: members who share both, and their
   group, are counted together, so that the cost of a fit does not grow with the number of members.

Each step is one Narwhals expression, so pandas, DuckDB and Spark give identical rows.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.names import (
    ACTIVE,
    BILLING_PERIOD,
    COHORT,
    CUSTOMER_ID,
    ENDED_AT,
    LEFT,
    MONTHS,
    PLAN,
    PRICE,
    RENEWALS,
    RENEWALS_DUE,
    SPELL,
    STARTED_AT,
    N,
)
from clv_lib.periods import billing_periods_between, day_number, months_between

ASSUMED_BILLING: Final = "month"  # where the table does not say
UNKNOWN: Final = "unknown"  # group of a member whose attribute is missing
_OPEN: Final = 9_999_999  # day number of a last day that has not come; after the year 9999
_FROM, _TO, _PRICE = "from_day", "to_day", "price_or_zero"
_ORDER: Final = [_FROM, _TO, PLAN, _PRICE]  # of the subscriptions of one customer


def tenures(subscriptions: Frame, *, end: date) -> Frame:
    """One row per customer and unbroken spell under contract, as known on a day.

    Parameters
    ----------
    subscriptions : narwhals.LazyFrame
        ``customer_id, started_at`` and, where there are, ``ended_at, plan, price, billing_period``.
    end : date
        Last day customers could be seen. Subscriptions that begin later are left out, and an end that is announced
        for a later day has not happened yet.

    Returns
    -------
    narwhals.LazyFrame
        ``customer_id, spell`` (1, 2, ...), ``started_at, ended_at`` (missing while it runs), ``active`` (at ``end``),
        ``plan, price, billing_period`` (of the latest subscription in the spell; a missing billing period is
        :data:`ASSUMED_BILLING`), ``renewals`` (made), ``renewals_due`` (anniversaries up to ``end``, whether or not
        the member was still there), ``months`` (complete calendar months under contract).
    """
    latest = nw.col(SPELL).shift(-1).over(CUSTOMER_ID, order_by=_ORDER)
    spell = [CUSTOMER_ID, SPELL]
    found = (
        _numbered(_complete(subscriptions), end)
        .with_columns(
            (latest.is_null() | (latest != nw.col(SPELL))).alias("latest"),
            nw.col(STARTED_AT).min().over(spell),
            nw.col(ENDED_AT).max().over(spell),
            nw.col(_TO).max().over(spell),
        )
        .filter(nw.col("latest"))
        .with_columns(
            (nw.col(_TO) == _OPEN).alias(ACTIVE),
            nw.when(nw.col(_TO) != _OPEN).then(nw.col(ENDED_AT)).alias(ENDED_AT),
            nw.lit(end).cast(nw.Date).alias("as_of"),
        )
        .with_columns(nw.when(nw.col(ACTIVE)).then(nw.col("as_of")).otherwise(nw.col(ENDED_AT)).alias("seen"))
    )
    start, seen, billing = nw.col(STARTED_AT), nw.col("seen"), nw.col(BILLING_PERIOD)
    running = billing_periods_between(start, seen, billing)
    left = billing_periods_between(start, seen, billing, strictly=True)
    return found.with_columns(
        nw.when(nw.col(ACTIVE)).then(running).otherwise(left).alias(RENEWALS),
        billing_periods_between(start, nw.col("as_of"), billing).alias(RENEWALS_DUE),
        months_between(start, seen).alias(MONTHS),
    ).select(
        *(CUSTOMER_ID, SPELL, STARTED_AT, ENDED_AT, ACTIVE, PLAN, PRICE, BILLING_PERIOD),
        *(RENEWALS, RENEWALS_DUE, MONTHS),
    )


def tenure_counts(
    spells: Frame, *, by: Sequence[str] = (PLAN,), attributes: Frame | None = None, until: int | None = None
) -> pd.DataFrame:
    """Members who left at each renewal, and members still active, by group: all that the models see.

    A member whose cancellation belongs to a renewal that has not fallen due counts as active up to the one before:
    those who have not cancelled yet can still do so until that day, and counting only one side would overstate churn.

    Parameters
    ----------
    spells : narwhals.LazyFrame
        From :func:`tenures`.
    by : sequence of str
        Columns of the spells or of ``attributes``; ``cohort`` is the calendar year in which the spell began.
        Missing values are the group :data:`UNKNOWN`.
    attributes : narwhals.LazyFrame, optional
        One row per customer: ``customer_id`` and columns to group by.
    until : int, optional
        Look at no renewal after this one: who made it counts as active with it.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, then ``renewals`` (t = 0, 1, ...), ``left`` (did not make renewal t, having made all
        before) and ``active`` (made t renewals, and what comes next is not known). The two sum to the spells.
    """
    frame = spells.with_columns(nw.col(STARTED_AT).dt.year().cast(nw.String).alias(COHORT))
    if attributes is not None:
        frame = frame.join(attributes, on=CUSTOMER_ID, how="left")
    decided = ~nw.col(ACTIVE) & (nw.col(RENEWALS_DUE) > nw.col(RENEWALS))
    renewal = nw.col(RENEWALS) + decided.cast(nw.Int64)
    if until is not None:
        decided = decided & (renewal <= until)
        renewal = nw.min_horizontal(renewal, nw.lit(until).cast(nw.Int64))
    keys = [nw.col(name).cast(nw.String).fill_null(UNKNOWN).alias(name) for name in by]
    cells = (
        frame.select(*keys, renewal.alias("renewal"), decided.cast(nw.Int64).alias(LEFT))
        .group_by(*by, "renewal")
        .agg(nw.len().alias(N), nw.col(LEFT).sum())
    )
    found = collected(cells).rename(columns={"renewal": RENEWALS}).astype({LEFT: "int64", N: "int64"})
    found[ACTIVE] = found.pop(N) - found[LEFT]
    return found.sort_values([*by, RENEWALS], ignore_index=True)[[*by, RENEWALS, LEFT, ACTIVE]]


def _complete(subscriptions: Frame) -> Frame:
    """Fill in the columns that a table may lack."""
    types: dict[str, Any] = {ENDED_AT: nw.Date, PLAN: nw.String, PRICE: nw.Float64, BILLING_PERIOD: nw.String}
    there = subscriptions.collect_schema().names()
    return subscriptions.select(
        CUSTOMER_ID,
        nw.col(STARTED_AT).cast(nw.Date),
        *((nw.col(name) if name in there else nw.lit(None)).cast(kind).alias(name) for name, kind in types.items()),
    ).with_columns(nw.col(BILLING_PERIOD).fill_null(ASSUMED_BILLING))


def _numbered(subscriptions: Frame, end: date) -> Frame:
    """Number the spells of each customer: a new one begins where a gap is left after all earlier last days."""
    last = end.toordinal()
    to = day_number(nw.col(ENDED_AT)).cast(nw.Int64)
    rows = (
        subscriptions.with_columns(day_number(nw.col(STARTED_AT)).cast(nw.Int64).alias(_FROM))
        .filter(nw.col(_FROM) <= last)
        .with_columns(nw.when(to <= last).then(to).otherwise(nw.lit(_OPEN)).cast(nw.Int64).alias(_TO))
        .with_columns(nw.col(PRICE).fill_null(0.0).alias(_PRICE))
    )
    so_far = rows.with_columns(nw.col(_TO).cum_max().over(CUSTOMER_ID, order_by=_ORDER).alias("so_far"))
    before = so_far.with_columns(nw.col("so_far").shift(1).over(CUSTOMER_ID, order_by=_ORDER).alias("before"))
    opens = before.with_columns(
        (nw.col("before").is_null() | (nw.col(_FROM) > nw.col("before") + 1)).cast(nw.Int64).alias("opens")
    )
    return opens.with_columns(nw.col("opens").cum_sum().over(CUSTOMER_ID, order_by=_ORDER).cast(nw.Int64).alias(SPELL))
