"""What goes with what: products that the same customers buy, and what is used up and bought again.

The likeness of two products is the cosine of their buyers: of the customers who bought either, how many bought both,
measured against how many there would be at most. It was chosen over lift, which names the rarest products first: two
buyers of the same oddity have the highest lift of all. Pairs with few common buyers are left out for the same reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.names import AMOUNT, CATEGORY, CUSTOMER_ID, NAME, ORDERED_AT, PRODUCT_ID
from clv_lib.periods import day_number

FEWEST_TOGETHER: Final = 5  # customers who bought both
MOST_PRODUCTS: Final = 500  # the most bought; pairs grow with their square
_BUYERS, _DAYS = "buyers", "days"


@dataclass(frozen=True)
class CoPurchase:
    """Products, how alike they are, and how they are bought again.

    Attributes
    ----------
    baskets : narwhals.LazyFrame
        One row per customer and product: ``customer_id, product, last`` (day number), ``days`` (of purchase).
    products : DataFrame
        ``product, buyers, again`` (share of the buyers who bought it on another day too), ``gap`` (days between).
    pairs : DataFrame
        ``product, other, together`` (customers), ``cosine``.
    names : mapping of str to str
        For people, where the record has them.
    used_up : float
        ``again`` from which a product counts as used up, to be replaced.
    """

    baskets: Frame
    products: pd.DataFrame
    pairs: pd.DataFrame
    names: Mapping[str, str]
    used_up: float

    @property
    def replenished(self) -> frozenset[str]:
        """Products that are used up and bought again."""
        return frozenset(self.products.loc[self.products["again"] >= self.used_up, "product"])


def co_purchase(
    transactions: Frame, products: Frame | None, *, as_of: int, used_up: float, fewest: int = FEWEST_TOGETHER
) -> CoPurchase | None:
    """Learn what goes with what; None where no purchase says what was bought.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
        With ``product_id``; else categories stand in for products.
    products : narwhals.LazyFrame, optional
        For their names.
    as_of : int
        Day number; later purchases are not known yet.
    used_up : float
    fewest : int
        Customers who bought both products of a pair.
    """
    there = transactions.collect_schema().names()
    key = next((name for name in (PRODUCT_ID, CATEGORY) if name in there), None)
    if key is None:
        return None
    day = day_number(nw.col(ORDERED_AT)).cast(nw.Int64)
    sold = transactions.filter(~nw.col(key).is_null() & (nw.col(AMOUNT) > 0) & (day <= as_of))
    days = sold.select(CUSTOMER_ID, nw.col(key).cast(nw.String).alias("product"), day.alias("day")).unique()
    baskets = kept(
        days.group_by(CUSTOMER_ID, "product").agg(
            nw.col("day").max().alias("last"), nw.col("day").min().alias("first"), nw.len().alias(_DAYS)
        )
    )
    counted = _products(baskets)
    if counted.empty:
        return None
    names = _names(products) if key == PRODUCT_ID and products is not None else {}
    return CoPurchase(baskets, counted, _pairs(baskets, counted, fewest=fewest), names, used_up)


def _products(baskets: Frame) -> pd.DataFrame:
    again = (nw.col(_DAYS) > 1).cast(nw.Int64)
    span = (nw.col("last") - nw.col("first")).cast(nw.Int64)
    sums = baskets.with_columns(again.alias("again"), span.alias("span"), (nw.col(_DAYS) - 1).alias("times"))
    found = collected(
        sums.group_by("product").agg(
            nw.len().alias(_BUYERS), nw.col("again").sum(), nw.col("span").sum(), nw.col("times").sum()
        )
    )
    found = found.sort_values([_BUYERS, "product"], ascending=[False, True], ignore_index=True).head(MOST_PRODUCTS)
    gap = found["span"].astype(float) / found["times"].where(found["times"] > 0).astype(float)
    again_share = found["again"].astype(float) / found[_BUYERS].astype(float)
    return pd.DataFrame({"product": found["product"], _BUYERS: found[_BUYERS], "again": again_share, "gap": gap})


def _pairs(baskets: Frame, products: pd.DataFrame, *, fewest: int) -> pd.DataFrame:
    """Customers who bought both of two products, counted in the engine."""
    own = baskets.filter(nw.col("product").is_in(list(products["product"]))).select(CUSTOMER_ID, "product")
    other = own.select(CUSTOMER_ID, nw.col("product").alias("other"))
    both = own.join(other, on=CUSTOMER_ID, how="inner").filter(nw.col("product") != nw.col("other"))
    found = collected(
        both.group_by("product", "other").agg(nw.len().alias("together")).filter(nw.col("together") >= fewest)
    )
    buyers = products.set_index("product")[_BUYERS].astype("float64")
    of, others = (found[name].map(buyers).astype("float64") for name in ("product", "other"))
    cosine = found["together"].astype("float64") / (of * others) ** 0.5
    return found.assign(cosine=cosine).sort_values(["product", "other"], ignore_index=True)


def _names(products: Frame) -> dict[str, str]:
    if NAME not in products.collect_schema().names():
        return {}
    rows = collected(products.select(nw.col(PRODUCT_ID).cast(nw.String), nw.col(NAME).cast(nw.String)))
    return {
        str(key): str(name) for key, name in zip(rows[PRODUCT_ID], rows[NAME], strict=True) if name == name and name
    }


def recommended(
    found: CoPurchase, listed: pd.DataFrame, *, most: int, bought_days: int, replenish: Sequence[bool]
) -> list[tuple[str, ...]]:
    """Products for each customer of a list.

    What was bought within ``bought_days`` is recommended only if it is used up and has run out: if the usual days
    between two purchases of it have passed by the day on which the message is sent. What goes with the purchases of
    the customer follows, likest first.

    Parameters
    ----------
    found : CoPurchase
    listed : DataFrame
        ``customer_id`` and ``send_on`` (day number), one row per action.
    most : int
    bought_days : int
    replenish : sequence of bool
        Per row: whether what has run out comes first, or what is new.
    """
    if not most or listed.empty:
        return [() for _ in range(len(listed))]
    ids = listed[CUSTOMER_ID].drop_duplicates()
    bought = [
        collected(found.baskets.filter(nw.col(CUSTOMER_ID).is_in(list(ids.iloc[at : at + 2_000]))))
        for at in range(0, len(ids), 2_000)
    ]
    baskets = {str(key): own for key, own in pd.concat(bought, ignore_index=True).groupby(CUSTOMER_ID)}
    likes = {str(key): own for key, own in found.pairs.groupby("product")}
    gaps = {str(name): float(gap) for name, gap in found.products.set_index("product")["gap"].items()}
    results = []
    for customer, day, first in zip(listed[CUSTOMER_ID], listed["send_on"], replenish, strict=True):
        own = baskets.get(str(customer))
        last = {} if own is None else dict(zip(own["product"], own["last"].astype(int), strict=True))
        again = _run_out(last, gaps, found.replenished, int(day))
        new = [name for name in _alike(last, likes) if _is_new(name, last, int(day), bought_days)]
        order = [*again, *new] if first else [*new, *again]
        results.append(tuple(dict.fromkeys(order))[:most])
    return results


def _run_out(last: Mapping[str, int], gaps: Mapping[str, float], replenished: frozenset[str], day: int) -> list[str]:
    """Products of the customer that are used up, the longest overdue in their own measure first."""
    waited = {name: (day - at) / gaps[name] for name, at in last.items() if name in replenished and gaps[name] > 0}
    due = [name for name, part in waited.items() if part >= 1]
    return sorted(due, key=lambda name: (-waited[name], name))


def _alike(last: Mapping[str, int], likes: Mapping[str, pd.DataFrame]) -> list[str]:
    """Products by how alike they are, added up, to all that the customer has bought."""
    sums: dict[str, float] = {}
    for name in sorted(last):
        if name in likes:
            for other, cosine in zip(likes[name]["other"], likes[name]["cosine"], strict=True):
                sums[other] = sums.get(other, 0.0) + float(cosine)
    return sorted(sums, key=lambda name: (-round(sums[name], 12), name))


def _is_new(name: str, last: Mapping[str, int], day: int, bought_days: int) -> bool:
    return name not in last or day - last[name] > bought_days
