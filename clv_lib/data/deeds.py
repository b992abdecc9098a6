"""What members of a campaign did before and in the days that count, and who was under contract on a day."""

import narwhals as nw

from clv_lib.data.customers import Frame, money_units
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import AMOUNT, CAMPAIGN_ID, CUSTOMER_ID, DISCOUNT, ENDED_AT, ORDERED_AT, ORDERS, STARTED_AT
from clv_lib.periods import day_number

_KEYS = (CAMPAIGN_ID, CUSTOMER_ID)


def days_of_purchase(transactions: Frame) -> Frame:
    """One row per customer and day: ``customer_id, bought, value, reduction`` in money units."""
    there = transactions.collect_schema().names()
    off = money_units(nw.col(DISCOUNT).fill_null(0.0)) if DISCOUNT in there else nw.lit(0)
    return (
        transactions.select(
            nw.col(CUSTOMER_ID),
            day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias("bought"),
            money_units(nw.col(AMOUNT)).alias("value"),
            off.cast(nw.Int64).alias("reduction"),
        )
        .group_by(CUSTOMER_ID, "bought")
        .agg(nw.col("value").sum(), nw.col("reduction").sum())
        .with_columns(nw.col("value").cast(nw.Int64), nw.col("reduction").cast(nw.Int64))
    )


def deeds(own: Frame, days: Frame, *, before_days: int, log_units: int) -> Frame:
    """Give each member its purchase days in ``begin`` to ``until`` and what they were worth.

    Returns
    -------
    narwhals.LazyFrame
        As ``own``, with orders, value and reduction (money units), valued (purchase days of positive value) and
        log_value (sum over them of the log of value before reductions, in ``log_units``), and before (purchase days in
        the ``before_days`` before ``begin``).
    """
    bought = nw.col("bought")
    inside = ((bought >= nw.col("begin")) & (bought < nw.col("until"))).fill_null(False)
    earlier = ((bought < nw.col("begin")) & (bought >= nw.col("begin") - before_days)).fill_null(False)
    full = (nw.col("value") + nw.col("reduction")).cast(nw.Float64) / MONEY_UNITS
    valued = inside & (full > 0).fill_null(False)
    log = nw.when(valued).then(full).otherwise(nw.lit(1.0)).log()
    each = own.select(*_KEYS, "begin", "until").join(days, on=CUSTOMER_ID, how="left")
    marked = each.select(
        *_KEYS,
        inside.cast(nw.Int64).alias(ORDERS),
        earlier.cast(nw.Int64).alias("before"),
        valued.cast(nw.Int64).alias("valued"),
        (log * log_units).round(0).cast(nw.Int64).alias("log_value"),
        nw.when(inside).then(nw.col("value")).otherwise(nw.lit(0)).alias("value"),
        nw.when(inside).then(nw.col("reduction")).otherwise(nw.lit(0)).alias("reduction"),
    )
    names = (ORDERS, "before", "valued", "log_value", "value", "reduction")
    summed = marked.group_by(*_KEYS).agg(*(nw.col(name).sum() for name in names))
    whole = summed.with_columns(*(nw.col(name).cast(nw.Int64) for name in names))
    return own.join(whole, on=list(_KEYS), how="inner")


def still_members(own: Frame, subscriptions: Frame, *, on: nw.Expr, name: str) -> Frame:
    """Add whether each member had a subscription on a day: 1 or 0, as ``name``; its last day counts."""
    there = subscriptions.collect_schema().names()
    ended = day_number(nw.col(ENDED_AT)).cast(nw.Int64) if ENDED_AT in there else nw.lit(None).cast(nw.Int64)
    spells = subscriptions.select(
        nw.col(CUSTOMER_ID),
        day_number(nw.col(STARTED_AT)).cast(nw.Int64).alias("spell_from"),
        ended.alias("spell_to"),
    )
    running = (nw.col("spell_from") <= nw.col("on_day")) & (
        nw.col("spell_to").is_null() | (nw.col("spell_to") >= nw.col("on_day"))
    )
    dated = own.select(*(nw.col(key) for key in _KEYS), on.alias("on_day"))
    there_ = dated.join(spells, on=CUSTOMER_ID, how="inner").filter(running).select(*_KEYS).unique()
    return own.join(there_.with_columns(nw.lit(1).cast(nw.Int64).alias(name)), on=list(_KEYS), how="left").with_columns(
        nw.col(name).fill_null(0)
    )
