"""From accepted transactions to one line per customer, and from customers to cells.

1. Purchase occasions are customer-days: everything that one customer buys on a day is one purchase.
2. A customer is the pair (purchases after the first, day of the last one) seen at an age: frequency, recency, T.
3. Customers that share all that a likelihood sees are one *cell* with a count ``n``; weighting by ``n`` is exact.

Each step is one Narwhals expression, so pandas, DuckDB, Spark and Ibis give identical rows. Money is added in whole
ten-thousandths: integers add up to the same sum in any order and on any engine, floats do not.
"""

from datetime import date
from typing import Any, Final, Literal

import narwhals as nw
import pandas as pd

from clv_lib.data.engines import Engine
from clv_lib.data.tables import (
    MONEY_UNITS,
)
from clv_lib.errors import DataError
from clv_lib.names import (
    AMOUNT,
    CUSTOMER_ID,
    FIRST_DAY,
    FIRST_VALUE,
    FREQUENCY,
    LAST_DAY,
    MONETARY_VALUE,
    MONTH,
    ORDERED_AT,
    ORDERS,
    PURCHASE_DAY,
    RECENCY,
    REVENUE,
    SPEND_BIN,
    TOTAL_VALUE,
    N,
    T,
)
from clv_lib.periods import day_number, days_to_weeks

Resolution = Literal["day", "week"]
Frame = nw.LazyFrame[Any]
SPEND_BIN_WIDTH: Final = 0.02  # one step is 2 % of spend, far below what a posterior of spend can tell apart
EXACT_SPEND_LIMIT: Final = 10_000  # customers; below it every distinct mean spend is its own cell
DAY_CELLS_LIMIT: Final = 50_000  # cells; above it `auto` counts in whole weeks
NO_SPEND: Final = -1  # `spend_bin` of a customer without a repeat purchase of value
DAY_VALUE: Final = "value"  # of a purchase day, in money units
REPEAT_VALUE: Final = "repeat_value"  # of the repeat purchase days, in money units


def purchase_days(transactions: Frame) -> Frame:
    """One row per customer and day with a purchase: ``customer_id, purchase_day, value`` (in 1/10,000 of currency)."""
    return (
        transactions.select(
            nw.col(CUSTOMER_ID),
            day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias(PURCHASE_DAY),
            money_units(nw.col(AMOUNT)).alias(DAY_VALUE),
        )
        .group_by(CUSTOMER_ID, PURCHASE_DAY)
        .agg(nw.col(DAY_VALUE).sum())
        .with_columns(nw.col(DAY_VALUE).cast(nw.Int64))
    )


def money_units(amount: nw.Expr) -> nw.Expr:
    """An amount in currency as a whole number of ten-thousandths."""
    return (amount * MONEY_UNITS).round(0).cast(nw.Int64)


def customer_summary(
    transactions: Frame, *, end: date, resolution: Resolution = "day", exact_spend: bool = False
) -> Frame:
    """One row per customer: what the models and the valuation know about them.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
        Accepted rows, with ``customer_id``, ``ordered_at`` and ``amount``. Rows after ``end`` are left out, and with
        them the customers whose first purchase is later.
    end : date
        Last day customers could be seen.
    resolution : {"day", "week"}
        ``recency`` and ``T`` in weeks with fractions, or in whole weeks (rounded down).
    exact_spend : bool
        Give every distinct mean spend its own ``spend_bin`` instead of steps of :data:`SPEND_BIN_WIDTH`.

    Returns
    -------
    narwhals.LazyFrame
        ``customer_id, frequency, recency, T, monetary_value, first_purchase_day, last_purchase_day, first_value,
        total_value, spend_bin``. ``monetary_value`` is null for one-time buyers; ``spend_bin`` is -1 for them and for
        those whose repeat purchases were free.
    """
    last = end.toordinal()
    customers = (
        purchase_days(transactions)
        .filter(nw.col(PURCHASE_DAY) <= last)
        .with_columns(nw.col(PURCHASE_DAY).min().over(CUSTOMER_ID).alias(FIRST_DAY))
        .with_columns(
            nw.when(nw.col(PURCHASE_DAY) == nw.col(FIRST_DAY)).then(nw.col(DAY_VALUE)).otherwise(0).alias(FIRST_VALUE)
        )
        .group_by(CUSTOMER_ID)
        .agg(
            nw.len().alias(N),
            nw.col(FIRST_DAY).min(),
            nw.col(PURCHASE_DAY).max().alias(LAST_DAY),
            nw.col(FIRST_VALUE).sum(),
            nw.col(DAY_VALUE).sum(),
        )
    )
    return _described(customers, last=last, resolution=resolution, exact_spend=exact_spend).select(
        CUSTOMER_ID,
        FREQUENCY,
        RECENCY,
        T,
        MONETARY_VALUE,
        FIRST_DAY,
        LAST_DAY,
        (nw.col(FIRST_VALUE) / MONEY_UNITS).alias(FIRST_VALUE),
        (nw.col(DAY_VALUE) / MONEY_UNITS).alias(TOTAL_VALUE),
        SPEND_BIN,
    )


def _described(customers: Frame, *, last: int, resolution: Resolution, exact_spend: bool) -> Frame:
    """Add frequency, recency, T, mean spend and its step to purchase days counted per customer."""
    whole = resolution == "week"
    counted = customers.with_columns(
        (nw.col(N).cast(nw.Int64) - 1).alias(FREQUENCY),
        days_to_weeks(nw.col(LAST_DAY) - nw.col(FIRST_DAY), whole=whole).cast(nw.Float64).alias(RECENCY),
        days_to_weeks(nw.lit(last) - nw.col(FIRST_DAY), whole=whole).cast(nw.Float64).alias(T),
        (nw.col(DAY_VALUE) - nw.col(FIRST_VALUE)).cast(nw.Int64).alias(REPEAT_VALUE),
    )
    mean = nw.col(REPEAT_VALUE) / nw.when(nw.col(FREQUENCY) > 0).then(nw.col(FREQUENCY) * MONEY_UNITS)
    # without repeat spend the logarithm is of 1, so that no engine meets log 0
    positive = nw.when(nw.col(REPEAT_VALUE) > 0).then(nw.col(REPEAT_VALUE) / nw.col(FREQUENCY)).otherwise(nw.lit(1.0))
    step = nw.col(REPEAT_VALUE) if exact_spend else (positive.log() / SPEND_BIN_WIDTH).floor().clip(lower_bound=0)
    spends = (nw.col(FREQUENCY) > 0) & (nw.col(REPEAT_VALUE) > 0)
    return counted.with_columns(
        mean.alias(MONETARY_VALUE),
        nw.when(spends).then(step.cast(nw.Int64)).otherwise(nw.lit(NO_SPEND).cast(nw.Int64)).alias(SPEND_BIN),
    )


def choose_resolution(transactions: Frame, *, end: date, wanted: Literal["auto", "day", "week"]) -> Resolution:
    """Resolution of recency and T; ``auto`` keeps days while the cells are at most :data:`DAY_CELLS_LIMIT`."""
    if wanted != "auto":
        return wanted
    summary = customer_summary(transactions, end=end)
    count = summary.select(FREQUENCY, RECENCY, T).unique().select(nw.len().alias(N))
    return "day" if int(collected(count)[N].iloc[0]) <= DAY_CELLS_LIMIT else "week"


def choose_exact_spend(customers: int) -> bool:
    """Whether a base is small enough for every distinct mean spend to stay its own cell."""
    return customers <= EXACT_SPEND_LIMIT


def activity(transactions: Frame) -> Frame:
    """One row per customer and calendar month with a purchase: ``customer_id, month, orders, revenue``."""
    days = (
        transactions.with_columns(day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias(PURCHASE_DAY))
        .with_columns(
            nw.col(ORDERED_AT).dt.truncate("1mo").cast(nw.Date).alias(MONTH),
            money_units(nw.col(AMOUNT)).alias(DAY_VALUE),
        )
        .group_by(CUSTOMER_ID, MONTH, PURCHASE_DAY)
        .agg(nw.col(DAY_VALUE).sum())
        .group_by(CUSTOMER_ID, MONTH)
        .agg(nw.len().alias(ORDERS), nw.col(DAY_VALUE).sum())
    )
    revenue = (nw.col(DAY_VALUE).cast(nw.Int64) / MONEY_UNITS).alias(REVENUE)
    return days.select(CUSTOMER_ID, MONTH, nw.col(ORDERS).cast(nw.Int64), revenue)


def attach(summary: Frame, values_by_cell: pd.DataFrame, *, engine: Engine) -> Frame:
    """Give every customer the results of its cell, by a join in the engine.

    Parameters
    ----------
    summary : narwhals.LazyFrame
        From :func:`customer_summary`, of the same ``engine``.
    values_by_cell : pandas.DataFrame
        Results beside those of ``frequency, recency, T, spend_bin`` that name a cell. A mean spend of the cell, and
        its count, stay behind: the customer has its own.
    """
    keys = [name for name in (FREQUENCY, RECENCY, T, SPEND_BIN) if name in values_by_cell.columns]
    if values_by_cell.duplicated(keys).any():
        raise DataError(f"results must name each cell once, but some cells of {', '.join(keys)} occur twice")
    known = set(summary.collect_schema().names()) | {N}
    fresh = [name for name in values_by_cell.columns if name not in known]
    return summary.join(engine.lend(values_by_cell[[*keys, *fresh]]), on=keys, how="left")


def collected(frame: Frame) -> pd.DataFrame:
    """Fetch a small lazy frame as pandas."""
    return frame.collect("pandas").to_native()
