"""How customers buy: how often, how long apart, how much at once, and through which channel."""

from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customers import collected, money_units, purchase_days
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import AMOUNT, CHANNEL, CUSTOMER_ID, FIRST_DAY, ORDERED_AT, ORDERS, PURCHASE_DAY, REVENUE, N
from clv_lib.periods import ObservationWindow, day_number

Frame = nw.LazyFrame[Any]
MOST_ORDERS: Final = 10  # purchase days of a customer that are told apart
GAPS: Final = (7, 14, 30, 60, 90, 180, 365)  # upper ends of classes of days between purchases
BASKET_STEP: Final = 0.02  # width of a class of log basket value; a median is then known to 1 %


@dataclass(frozen=True)
class PurchaseProfile:
    """How customers buy.

    Attributes
    ----------
    orders : DataFrame
        orders (purchase days of a customer; the last row is that many or more), n (customers).
    gaps : DataFrame
        upto (days; infinite in the last row), n (pairs of purchases of one customer, one after the other).
    median_gap : float
        Days between one purchase and the next; NaN when nobody came back. Those who have not come back yet are not in
        it, so it is shorter than the time that a customer takes.
    baskets : dict of float to float
        Value of a purchase day in currency at quantiles .1, .5 and .9, to about 1 %.
    free_days : int
        Purchase days of value 0, which the baskets leave out.
    """

    orders: pd.DataFrame
    gaps: pd.DataFrame
    median_gap: float
    baskets: dict[float, float]
    free_days: int

    @property
    def customers(self) -> int:
        """Customers who bought."""
        return int(self.orders[N].sum())


def purchase_profile(transactions: Frame, *, window: ObservationWindow) -> PurchaseProfile:
    """Describe the purchases of the observation.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
    window : ObservationWindow
    """
    days = purchase_days(transactions.filter(nw.col(ORDERED_AT) <= nw.lit(window.end)))
    gaps = _gaps(days)
    baskets = _baskets(days)
    priced = baskets[baskets["step"].notna()]
    return PurchaseProfile(
        orders=_orders(days),
        gaps=_classes(gaps),
        median_gap=_quantile(gaps["gap"].to_numpy(dtype=float), gaps[N].to_numpy(dtype=float), 0.5),
        baskets={
            q: float(
                np.exp(
                    (_quantile(priced["step"].to_numpy(dtype=float), priced[N].to_numpy(dtype=float), q) + 0.5)
                    * BASKET_STEP
                )
            )
            / MONEY_UNITS
            for q in (0.1, 0.5, 0.9)
        },
        free_days=int(baskets.loc[baskets["step"].isna(), N].sum()),
    )


def _orders(days: Frame) -> pd.DataFrame:
    per_customer = days.group_by(CUSTOMER_ID).agg(nw.len().alias(ORDERS)).with_columns(nw.col(ORDERS).cast(nw.Int64))
    counted = collected(per_customer.group_by(ORDERS).agg(nw.len().alias(N)))
    return (
        counted.assign(orders=counted[ORDERS].clip(upper=MOST_ORDERS))
        .groupby(ORDERS, as_index=False)[[N]]
        .sum()
        .astype("int64")
    )


def _gaps(days: Frame) -> pd.DataFrame:
    """Days from each purchase to the same customer's next one, counted."""
    following = nw.col(PURCHASE_DAY).shift(-1).over(CUSTOMER_ID, order_by=PURCHASE_DAY)
    gaps = days.select(CUSTOMER_ID, PURCHASE_DAY).with_columns((following - nw.col(PURCHASE_DAY)).alias("gap"))
    counted = gaps.filter(~nw.col("gap").is_null()).group_by("gap").agg(nw.len().alias(N))
    return collected(counted).astype("int64").sort_values("gap", ignore_index=True)


def _classes(gaps: pd.DataFrame) -> pd.DataFrame:
    ends = np.array([*GAPS, np.inf])
    places = np.searchsorted(ends, gaps["gap"].to_numpy(dtype=float))
    return pd.DataFrame({"upto": ends, N: np.bincount(places, weights=gaps[N], minlength=len(ends)).astype(int)})


def _baskets(days: Frame) -> pd.DataFrame:
    """Purchase days counted by step of log value; no step for free ones."""
    value = nw.col("value")
    # without value the logarithm is of 1, so that no engine meets log 0
    positive = nw.when(value > 0).then(value.cast(nw.Float64)).otherwise(nw.lit(1.0))
    step = (positive.log() / BASKET_STEP).floor().cast(nw.Int64)
    steps = days.select(nw.when(value > 0).then(step).alias("step"))
    return collected(steps.group_by("step").agg(nw.len().alias(N))).sort_values("step", ignore_index=True)


def _quantile(values: np.ndarray, n: np.ndarray, q: float) -> float:
    """Smallest of the sorted values that at least a share q does not exceed; NaN without any."""
    return float(values[np.searchsorted(np.cumsum(n), q * n.sum())]) if n.sum() else float("nan")


def channel_behaviour(transactions: Frame, *, window: ObservationWindow) -> pd.DataFrame | None:
    """What each channel of purchase brings, and whether those who began there came back.

    Returns
    -------
    DataFrame or None
        channel ("" where none is given), orders (customer-days with a purchase through it), revenue (currency),
        customers (who ever bought through it), first_customers (whose first purchase was through it; of several on
        that day the one that sorts first), came_back (of those, customers with a later purchase day through any
        channel); most revenue first. ``None`` where the log names no channel.
    """
    if CHANNEL not in transactions.collect_schema().names():
        return None
    rows = transactions.filter(nw.col(ORDERED_AT) <= nw.lit(window.end)).select(
        CUSTOMER_ID,
        nw.col(CHANNEL).fill_null("").alias(CHANNEL),
        day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias(PURCHASE_DAY),
        money_units(nw.col(AMOUNT)).alias("value"),
    )
    days = rows.group_by(CUSTOMER_ID, CHANNEL, PURCHASE_DAY).agg(nw.col("value").sum())
    volume = days.group_by(CHANNEL).agg(
        nw.len().alias(ORDERS), nw.col("value").sum().alias(REVENUE), nw.col(CUSTOMER_ID).n_unique().alias("customers")
    )
    ends = days.group_by(CUSTOMER_ID).agg(
        nw.col(PURCHASE_DAY).min().alias(FIRST_DAY), nw.col(PURCHASE_DAY).max().alias("last")
    )
    began = (
        days.join(ends, on=CUSTOMER_ID, how="inner")
        .filter(nw.col(PURCHASE_DAY) == nw.col(FIRST_DAY))
        .group_by(CUSTOMER_ID)
        .agg(nw.col(CHANNEL).min(), (nw.col("last") > nw.col(FIRST_DAY)).cast(nw.Int64).max().alias("came_back"))
        .group_by(CHANNEL)
        .agg(nw.len().alias("first_customers"), nw.col("came_back").sum())
    )
    table = collected(volume.join(began, on=CHANNEL, how="left"))
    counts = [ORDERS, "customers", "first_customers", "came_back"]
    table[counts] = table[counts].fillna(0).astype("int64")
    table[REVENUE] = table[REVENUE].astype("float64") / MONEY_UNITS
    return table.sort_values([REVENUE, CHANNEL], ascending=[False, True], ignore_index=True)
