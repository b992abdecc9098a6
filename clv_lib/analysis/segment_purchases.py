"""What the customers of each segment bought in the last year: how often, for how much, at which discount, and what."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customers import Frame, collected, money_units
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import (
    AMOUNT,
    CATEGORY,
    CUSTOMER_ID,
    DISCOUNT,
    NAME,
    ORDERED_AT,
    PRODUCT_ID,
    SEGMENT,
    SEGMENTS,
)
from clv_lib.periods import ObservationWindow

DAYS: Final = 365
FEWEST_BUYERS: Final = 10  # of a segment, before its favourites are named
_DAYS, _BUYERS, _REVENUE, _DISCOUNT = "days", "buyers", "revenue", "discount"


@dataclass(frozen=True)
class SegmentPurchases:
    """Purchases by segment.

    Attributes
    ----------
    table : DataFrame
        A row per segment: segment, buyers, days (purchase days), revenue, discount (given on that revenue, NaN where
        the log does not say).
    goods : DataFrame
        segment, item, revenue, share (of the segment's revenue), lift (that share over the one of all customers); empty
        where the log does not say what was bought.
    by : {"category", "product", ""}
        What an item is.
    days : int
        How far back.
    """

    table: pd.DataFrame
    goods: pd.DataFrame
    by: str
    days: int

    def favourites(self, segment: str, most: int = 2) -> pd.DataFrame:
        """What a segment buys more of than others: items of at least a twentieth of its revenue, highest lift first."""
        own = self.goods[(self.goods[SEGMENT] == segment) & (self.goods["share"] >= 0.05)]
        buyers = self.table.set_index(SEGMENT)[_BUYERS].get(segment, 0)
        return own.sort_values("lift", ascending=False).head(most if buyers >= FEWEST_BUYERS else 0)


def segment_purchases(
    people: Frame, transactions: Frame, products: Frame | None, *, window: ObservationWindow
) -> SegmentPurchases:
    """Add up the last year's purchases of every segment.

    Parameters
    ----------
    people : narwhals.LazyFrame
        customer_id, segment.
    transactions : narwhals.LazyFrame
    products : narwhals.LazyFrame or None
        product_id, name and category, where the log names products alone; all of one engine.
    window : ObservationWindow
    """
    days = min(DAYS, (window.end - window.start).days + 1)
    since, until = window.end - timedelta(days=days), window.end
    day = nw.col(ORDERED_AT).cast(nw.Date)
    recent = transactions.filter((day > nw.lit(since)) & (day <= nw.lit(until)))
    lines = recent.join(people.select(CUSTOMER_ID, SEGMENT), on=CUSTOMER_ID, how="inner")
    lines = lines.with_columns(money_units(nw.col(AMOUNT)).alias(_REVENUE))
    item, by = _item(lines, products)
    goods = pd.DataFrame(columns=[SEGMENT, "item", _REVENUE, "share", "lift"]) if item is None else _goods(item)
    return SegmentPurchases(_table(lines), goods, by, days)


def _table(lines: Frame) -> pd.DataFrame:
    names = lines.collect_schema().names()
    per_day = lines.select(SEGMENT, CUSTOMER_ID, ORDERED_AT).unique()
    orders = collected(
        per_day.group_by(SEGMENT).agg(nw.len().alias(_DAYS), nw.col(CUSTOMER_ID).n_unique().alias(_BUYERS))
    )
    discount = money_units(nw.col(DISCOUNT).fill_null(0.0)) if DISCOUNT in names else nw.lit(0).cast(nw.Int64)
    money = collected(
        lines.with_columns(discount.alias("off"))
        .group_by(SEGMENT)
        .agg(nw.col(_REVENUE).sum(), nw.col("off").sum().alias(_DISCOUNT))
    )
    found = orders.merge(money, on=SEGMENT).set_index(SEGMENT).reindex(list(SEGMENTS)).fillna(0.0).astype("float64")
    found[[_REVENUE, _DISCOUNT]] /= MONEY_UNITS
    if DISCOUNT not in names:
        found[_DISCOUNT] = np.nan
    return found.astype({_DAYS: int, _BUYERS: int}).rename_axis(SEGMENT).reset_index()


def _item(lines: Frame, products: Frame | None) -> tuple[Frame | None, str]:
    """Lines with what was bought, and what that is: a category if known, else a product by its name or its id."""
    names = lines.collect_schema().names()
    if CATEGORY in names:
        return lines.with_columns(nw.col(CATEGORY).alias("item")), "category"
    if PRODUCT_ID not in names:
        return None, ""
    known = [] if products is None else products.collect_schema().names()
    for column, by in ((CATEGORY, "category"), (NAME, "product")):
        if products is not None and column in known:
            named = products.select(PRODUCT_ID, nw.col(column).alias("item")).unique(PRODUCT_ID)
            return lines.join(named, on=PRODUCT_ID, how="left"), by
    return lines.with_columns(nw.col(PRODUCT_ID).alias("item")), "product"


def _goods(lines: Frame) -> pd.DataFrame:
    found = collected(lines.filter(~nw.col("item").is_null()).group_by(SEGMENT, "item").agg(nw.col(_REVENUE).sum()))
    found = found.astype({_REVENUE: "float64"})
    found = found[found[_REVENUE] > 0].assign(**{_REVENUE: lambda table: table[_REVENUE] / MONEY_UNITS})
    of_all = found.groupby("item")[_REVENUE].sum() / found[_REVENUE].sum()
    share = found[_REVENUE] / found.groupby(SEGMENT)[_REVENUE].transform("sum")
    return found.assign(share=share, lift=share / found["item"].map(of_all)).sort_values(
        [SEGMENT, _REVENUE], ascending=[True, False], ignore_index=True
    )
