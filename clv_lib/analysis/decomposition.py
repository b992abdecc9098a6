r"""What changed between two stretches of time: customers, how often they buy, how much each time, and the margin.

Revenue = customers x orders per customer x value per order, and contribution = revenue x margin. The change of a
product is shared over its factors by the logarithmic mean (the additive Divisia index LMDI-I of [1]_):

    effect of x = L(V1, V0) ln(x1 / x0),   L(a, b) = (a - b) / (ln a - ln b),   L(a, a) = a.

The logarithms of the factors add up to that of the product, so the effects add up to V1 - V0 exactly: nothing is left
over, and no order of the factors has to be chosen.

How far each factor may have moved by chance alone comes from the customers: had the same number come again at random
from those who did, with all that each of them did in both stretches, each total would vary as its sum of squares says,
and the logarithm of a factor accordingly (delta method).

References
----------
.. [1] Ang (2005), "The LMDI approach to decomposition analysis: a practical guide", Energy Policy 33(7), 867-871.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CONTRIBUTION, ORDERS, REVENUE

CUSTOMERS: Final = "customers"
PER_CUSTOMER: Final = "orders_per_customer"
PER_ORDER: Final = "value_per_order"
MARGIN: Final = "margin"
TOTALS: Final = (CUSTOMERS, ORDERS, REVENUE, CONTRIBUTION)
# each factor is the ratio of a total to the one before it
FACTORS: Final[Mapping[str, tuple[str, str | None]]] = {
    CUSTOMERS: (CUSTOMERS, None),
    PER_CUSTOMER: (ORDERS, CUSTOMERS),
    PER_ORDER: (REVENUE, ORDERS),
    MARGIN: (CONTRIBUTION, REVENUE),
}


@dataclass(frozen=True)
class Decomposition:
    """A change and what it is made of.

    Attributes
    ----------
    table : DataFrame
        factor, before, after, change (after / before - 1) with change_low and change_high, effect (currency; the
        effects add up to the change of the product).
    of : {"revenue", "contribution"}
        The product.
    before, after : float
        The product, in currency.
    """

    table: pd.DataFrame
    of: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """By how much the product rose, in currency."""
        return self.after - self.before

    @property
    def largest(self) -> str:
        """The factor that moved the product most."""
        return str(self.table["factor"].iloc[self.table["effect"].abs().argmax()])

    @property
    def largest_effect(self) -> float:
        """By how much, in currency."""
        return float(self.table["effect"].iloc[self.table["effect"].abs().argmax()])


def log_mean(a: float, b: float) -> float:
    """Logarithmic mean of two positive numbers: between their geometric and their arithmetic mean."""
    if a == b:
        return a
    ratio = np.log(a / b)
    # near equality the quotient of two tiny numbers loses its digits; the series does not
    return float(np.sqrt(a * b) * (1 + ratio**2 / 24)) if abs(ratio) < 1e-4 else float((a - b) / ratio)


def totals_of_both(customers: Frame, *, measured: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sums of both stretches, and the sums of products that say how far they vary.

    Parameters
    ----------
    customers : narwhals.LazyFrame
        A row per customer who bought in either: ``orders_before, orders_after, units_before, units_after`` and, where
        ``measured``, ``contribution_before, contribution_after`` (money in 1/10,000 of the currency).
    measured : bool

    Returns
    -------
    DataFrame
        Indexed by total, columns before and after; money in currency.
    DataFrame
        Sum over customers of the product of two of their columns, indexed by (total, when) both ways.
    """
    keys = [(name, when) for when in ("before", "after") for name in TOTALS if measured or name != CONTRIBUTION]
    columns = {(name, when): f"{name}_{when}" for name, when in keys}
    rows = customers.select(*(_column(name, when).alias(column) for (name, when), column in columns.items()))
    pairs = [(a, b) for i, a in enumerate(columns.values()) for b in list(columns.values())[i:]]
    sums = collected(
        rows.select(
            *(nw.col(column).sum().alias(column) for column in columns.values()),
            *((nw.col(a) * nw.col(b)).sum().alias(f"{a}*{b}") for a, b in pairs),
        )
    ).fillna(0.0)
    row = sums.iloc[0].astype(float)
    index = pd.MultiIndex.from_tuples(keys, names=["total", "when"])
    products = pd.DataFrame(0.0, index=index, columns=index)
    names = {column: key for key, column in columns.items()}
    for a, b in pairs:
        products.loc[names[a], names[b]] = products.loc[names[b], names[a]] = row[f"{a}*{b}"]
    totals = pd.Series({key: row[column] for key, column in columns.items()}).unstack()[["before", "after"]]
    return totals.reindex([name for name in TOTALS if name in totals.index]), products


def _column(name: str, when: str) -> nw.Expr:
    orders = nw.col(f"{ORDERS}_{when}")
    if name == CUSTOMERS:
        return (orders > 0).cast(nw.Float64)
    if name == ORDERS:
        return orders.cast(nw.Float64)
    return (nw.col(f"{'units' if name == REVENUE else name}_{when}") / MONEY_UNITS).cast(nw.Float64)


def decomposition(totals: pd.DataFrame, products: pd.DataFrame, *, mass: float = INTERVAL) -> Decomposition | None:
    """Share the change of revenue, or of contribution where it is known and above nothing, over its factors.

    None where one of the stretches has no revenue: there is no ratio to nothing.
    """
    if not (totals.loc[REVENUE] > 0).all():
        return None
    margin = CONTRIBUTION in totals.index and bool((totals.loc[CONTRIBUTION] > 0).all())
    of = CONTRIBUTION if margin else REVENUE
    before, after = (float(total) for total in totals.loc[of, ["before", "after"]].to_numpy())
    weight, reach = log_mean(after, before), float(stats.norm.ppf((1 + mass) / 2))
    rows = []
    for factor, (over, under) in FACTORS.items():
        if over == CONTRIBUTION and not margin:
            continue
        values = totals.loc[over] if under is None else totals.loc[over] / totals.loc[under]
        first, second = (float(value) for value in values[["before", "after"]].to_numpy())
        ratio = second / first
        deviation = _deviation(totals, products, over, under)
        ends = (ratio * np.exp(sign * reach * deviation) - 1 for sign in (-1, 1))
        rows.append((factor, first, second, ratio - 1, *ends, weight * np.log(ratio)))
    names = ["factor", "before", "after", "change", "change_low", "change_high", "effect"]
    return Decomposition(pd.DataFrame(rows, columns=names), of, before, after)


def _deviation(totals: pd.DataFrame, products: pd.DataFrame, over: str, under: str | None) -> float:
    """Standard deviation of the logarithm of a factor's ratio, after to before."""
    slope = dict.fromkeys(products.index, 0.0)
    for when, sign in (("after", 1.0), ("before", -1.0)):
        for name, way in ((over, sign), (under, -sign)):
            if name is not None:
                total: Any = totals.at[name, when]
                slope[name, when] += way / total
    gradient = np.array(list(slope.values()))
    return float(np.sqrt(max(gradient @ products.to_numpy() @ gradient, 0.0)))
