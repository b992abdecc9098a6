"""Recency, frequency and money in fifths, for people who are used to them, and what they miss.

A figure from 1 to 5 says between which fifths of all customers this one stands: 1 plus five times the share of the
customers who are below it, rounded down. Customers who are alike get the same figure, so that the fifths need not be of
one size where half of all customers bought once.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.names import FREQUENCY, HIGH, LAST_DAY, RESIDUAL_CLV, RFM, SEGMENT, SEGMENTS, TOTAL_VALUE, VALUE_TIER, N

SCORES: Final = 5
COLUMNS: Final = ("r", "f", "m")
_MONEY_STEPS: Final = 100.0  # of the logarithm: amounts within 1 % of each other count as equal


def _figures() -> dict[str, nw.Expr]:
    money = nw.col(TOTAL_VALUE).cast(nw.Float64)
    some = nw.when(money > 1e-6).then(money).otherwise(nw.lit(1e-6))
    return {
        "r": nw.col(LAST_DAY).cast(nw.Float64),
        "f": nw.col(FREQUENCY).cast(nw.Float64),
        "m": (some.log() * _MONEY_STEPS).floor(),
    }


def with_rfm(customers: Frame) -> Frame:
    """Add the three figures and ``rfm``, as in 545.

    Parameters
    ----------
    customers : narwhals.LazyFrame
        last_purchase_day, frequency, total_value (revenue so far, currency) of everybody who bought.
    """
    found = customers
    for name, figure in _figures().items():
        shown = customers.with_columns(figure.alias("figure"))
        counted = collected(shown.group_by("figure").agg(nw.len().alias(N)))
        score = nw.lit(1).cast(nw.Int64)
        for line in fifths(counted["figure"].to_numpy(float), counted[N].to_numpy(float)):
            score = score + nw.when(figure >= nw.lit(line)).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
        found = found.with_columns(score.alias(name))
    return found.with_columns(nw.concat_str([nw.col(name).cast(nw.String) for name in COLUMNS]).alias(RFM))


def fifths(figures: np.ndarray, n: np.ndarray) -> list[float]:
    """The lowest figure that gets 2, 3, 4 and 5; fewer where customers are too much alike.

    Parameters
    ----------
    figures, n : ndarray, dims (figure,)
        Distinct figures in any order, and their customers.
    """
    order = np.argsort(figures)
    figures, n = figures[order], n[order]
    if not len(n):
        return []
    below = np.cumsum(n) - n  # counts, so that a fifth is met exactly
    return [float(figures[at[0]]) for k in range(1, SCORES) if len(at := np.flatnonzero(SCORES * below >= k * n.sum()))]


@dataclass(frozen=True)
class RfmBeside:
    """RFM set beside value.

    Attributes
    ----------
    grid : DataFrame
        ``r, f``: customers ``n`` and their mean ``value`` to come (NaN where no model knows).
    taken : int
        Customers of high value: so many are taken by either way.
    by_value, by_rfm : float
        Share of the profit to come that the customers of high value bring, and that as many bring who have the highest
        sum of the three figures; NaN without values.
    """

    grid: pd.DataFrame
    taken: int
    by_value: float
    by_rfm: float


def rfm_beside(people: Frame) -> RfmBeside:
    """Compare the choice by value with the choice by RFM.

    Parameters
    ----------
    people : narwhals.LazyFrame
        r, f, m, value_tier, residual_clv.
    """
    value = nw.col(RESIDUAL_CLV).cast(nw.Float64)
    brings = nw.when(value > 0).then(value).otherwise(nw.lit(0.0))
    high = (nw.col(VALUE_TIER).fill_null("") == HIGH).cast(nw.Int64).alias("high")
    found = collected(
        people.filter(~nw.col("r").is_null())
        .with_columns(brings.alias("profit"), high, value.alias("value"))
        .group_by(*COLUMNS, "high")
        .agg(nw.len().alias(N), nw.col("value", "profit").sum(), nw.col("value").count().alias("known"))
    )
    cells = found.groupby(["r", "f"], as_index=False)[[N, "value", "known"]].sum()
    cells["value"] = (cells["value"] / cells["known"]).where(cells["known"] > 0)
    chosen = found[found["high"] == 1]
    taken, total = int(chosen[N].sum()), float(found["profit"].sum())
    if not total > 0:
        return RfmBeside(cells.drop(columns="known"), taken, float("nan"), float("nan"))
    by_rfm = _of_best(found.assign(sum=found[list(COLUMNS)].sum(axis=1)), taken)
    return RfmBeside(cells.drop(columns="known"), taken, float(chosen["profit"].sum()) / total, by_rfm / total)


def _of_best(found: pd.DataFrame, taken: int) -> float:
    """Profit of as many customers, highest sum first; of the last sum that is reached, their part of its mean."""
    by = found.groupby("sum")[[N, "profit"]].sum().sort_index(ascending=False)
    part = ((taken - (by[N].cumsum() - by[N])) / by[N]).clip(0.0, 1.0)
    return float((part * by["profit"]).sum())


def rfm_by_segment(people: Frame) -> pd.DataFrame:
    """Mean of the three figures, and the commonest ``rfm``, of every segment with customers who bought.

    Parameters
    ----------
    people : narwhals.LazyFrame
        segment, r, f, m, rfm.
    """
    counted = collected(people.filter(~nw.col(RFM).is_null()).group_by(SEGMENT, RFM, *COLUMNS).agg(nw.len().alias(N)))
    counted = counted.sort_values([N, RFM], ascending=[False, True])
    figures = counted[list(COLUMNS)].astype("float64").mul(counted[N], axis=0)
    sums = figures.groupby(counted[SEGMENT]).sum().div(counted.groupby(SEGMENT)[N].sum(), axis=0)
    sums["commonest"] = counted.groupby(SEGMENT)[RFM].first()
    return sums.reindex([each for each in SEGMENTS if each in sums.index]).rename_axis(SEGMENT).reset_index()
