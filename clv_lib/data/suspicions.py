"""Rows that may not be what they seem: orders of several customers, robots, ids that many share, outliers.

They are noted, and used all the same unless a policy says otherwise: nobody can tell from the log alone. Everything is
read off two small groupings, orders and customer-days, so that rows are looked up only where something is found.
"""

import math
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.fetching import fetch
from clv_lib.names import CUSTOMER_ID, ORDER_ID, ORDERED_AT, PURCHASE_DAY, N
from clv_lib.periods import day_number

Frame = nw.LazyFrame[Any]
VALUE: Final = "value"  # of a customer-day, in money units
LOG_BIN: Final = 0.01  # step of the log value in the histogram that medians are read off

CROWD_FACTOR: Final = 50  # times the 99.9th percentile of the other customers' rows,
CROWD_QUANTILE: Final = 0.999
CROWD_ROWS: Final = 20  # more than so many rows,
CROWD_SHARE: Final = 0.01  # and more than this share of all rows: no person buys so much
OUTLIER_DEVIATIONS: Final = 8  # robust standard deviations (1.4826 MAD) of log value above the median
OUTLIER_FACTOR: Final = 20  # and at least so many times the median, where all orders cost nearly the same
_MAD_TO_SD: Final = 1.4826
_PERSON_SHARE: Final = 0.05  # of all rows
_SHOWN: Final = 10


def customer_days(used: Frame) -> Frame:
    """One row per customer and day of the rows in use: ``customer_id, purchase_day, value`` (money units), ``n``."""
    day = day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias(PURCHASE_DAY)
    return (
        used.select(CUSTOMER_ID, day, nw.col("booked").alias(VALUE))
        .group_by(CUSTOMER_ID, PURCHASE_DAY)
        .agg(nw.col(VALUE).sum(), nw.len().alias(N))
        .with_columns(nw.col(VALUE).cast(nw.Int64), nw.col(N).cast(nw.Int64))
    )


def conflicting_orders(used: Frame) -> Frame | None:
    """Order ids whose lines name different customers or days: ``suspect``; None where there are none."""
    ends = {"who": CUSTOMER_ID, "when": ORDERED_AT}
    found = (
        used.filter(~nw.col(ORDER_ID).is_null() & (nw.col("units") > 0))
        .group_by(ORDER_ID)
        .agg(
            *(nw.col(column).min().alias(f"{name}_low") for name, column in ends.items()),
            *(nw.col(column).max().alias(f"{name}_high") for name, column in ends.items()),
        )
        .filter((nw.col("who_low") != nw.col("who_high")) | (nw.col("when_low") != nw.col("when_high")))
        .select(nw.col(ORDER_ID).alias("suspect"))
    )
    return found if _any(found) else None


def busy_customers(used: Frame, days: Frame, *, limit: int, columns: dict[str, str]) -> Frame | None:
    """Customers with more than ``limit`` orders on one day: ``suspect``; rows count where there are no order ids."""
    busy = days.filter(nw.col(N) > limit).select(
        nw.col(CUSTOMER_ID).alias("suspect"), nw.col(PURCHASE_DAY).alias("suspect_day")
    )
    if _any(busy) and ORDER_ID in columns:  # many lines may be few orders
        busy = (
            rows_of_days(used, busy)
            .select(CUSTOMER_ID, ORDERED_AT, nw.col(ORDER_ID).fill_null(""))
            .unique()
            .group_by(CUSTOMER_ID, ORDERED_AT)
            .agg(nw.len().alias(N))
            .filter(nw.col(N) > limit)
            .select(nw.col(CUSTOMER_ID).alias("suspect"))
        )
    return busy.select("suspect").unique() if _any(busy) else None


def crowds(days: Frame) -> list[str]:
    """Ids with an implausible share of the rows: more likely a placeholder than a person."""
    each = days.group_by(CUSTOMER_ID).agg(nw.col(N).sum().alias("rows"))
    sizes = pd.DataFrame(fetch(each.group_by("rows").agg(nw.len().alias(N)))).sort_values("rows", ignore_index=True)
    total = int((sizes["rows"] * sizes[N]).sum())
    people = sizes[sizes["rows"] <= _PERSON_SHARE * total]  # what is usual is not read off those who are suspected
    if people.empty:
        return []
    usual = int(people.loc[people[N].cumsum() >= CROWD_QUANTILE * people[N].sum(), "rows"].iloc[0])
    least = max(CROWD_FACTOR * usual, CROWD_ROWS, CROWD_SHARE * total)
    if sizes["rows"].iloc[-1] <= least:
        return []
    found = fetch(each.filter(nw.col("rows") > least).sort("rows", descending=True).head(_SHOWN))
    return [str(row[CUSTOMER_ID]) for row in found]


def log_values(days: Frame) -> pd.DataFrame:
    """Histogram of the log value of customer-days: ``bin`` (steps of :data:`LOG_BIN`), ``n``; without free days."""
    logs = days.filter(nw.col(VALUE) > 0).select(log_bin().alias("bin"))
    found = fetch(logs.group_by("bin").agg(nw.len().alias(N)))
    return pd.DataFrame(found, columns=["bin", N]).sort_values("bin", ignore_index=True)


def log_bin() -> nw.Expr:
    """Step of a customer-day's log value."""
    return (nw.col(VALUE).log() / LOG_BIN).floor().cast(nw.Int64)


def outlier_bin(histogram: pd.DataFrame) -> int | None:
    """Step of log value beyond which a customer-day is an outlier; None where no day lies there.

    The threshold lies :data:`OUTLIER_DEVIATIONS` robust standard deviations above the median of log value, and at
    least at :data:`OUTLIER_FACTOR` times the median. Log-normal spend reaches it once in 10**15 days; Gamma-Gamma spend
    of real shops, whose upper tail is no heavier, hardly ever.
    """
    if histogram.empty:
        return None
    middle = _median(histogram["bin"].to_numpy(), histogram[N].to_numpy())
    away = np.abs(histogram["bin"].to_numpy() - middle)
    order = np.argsort(away)
    spread = _MAD_TO_SD * _median(away[order], histogram[N].to_numpy()[order])
    limit = math.ceil(middle + max(OUTLIER_DEVIATIONS * spread, math.log(OUTLIER_FACTOR) / LOG_BIN))
    return limit if histogram["bin"].iloc[-1] > limit else None


def outlying_days(days: Frame, limit: int) -> Frame:
    """Customer-days beyond the limit: ``suspect``, ``suspect_day``."""
    beyond = days.filter((nw.col(VALUE) > 0) & (log_bin() > limit))
    return beyond.select(nw.col(CUSTOMER_ID).alias("suspect"), nw.col(PURCHASE_DAY).alias("suspect_day"))


def rows_of_days(used: Frame, outlying: Frame) -> Frame:
    """Rows in use of those customer-days."""
    dated = used.with_columns(day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias(PURCHASE_DAY))
    return dated.join(outlying, left_on=[CUSTOMER_ID, PURCHASE_DAY], right_on=["suspect", "suspect_day"], how="semi")


def _median(values: np.ndarray, counts: np.ndarray) -> float:
    """Median of sorted values that occur so many times."""
    return float(values[np.searchsorted(np.cumsum(counts), counts.sum() / 2)])


def _any(frame: Frame) -> bool:
    return bool(fetch(frame.select(nw.len().alias("n")))[0]["n"])
