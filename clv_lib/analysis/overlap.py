"""Who bought in two stretches of time: in both, only in the first, only in the second; with their money, exactly."""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.shares import share_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.data.purchase_periods import MONTH_NUMBER, UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CUSTOMER_ID, ORDERS
from clv_lib.periods import Stretch

BOTH: Final = "both"
ONLY_FIRST: Final = "only_first"
NEW: Final = "new_in_second"
BACK: Final = "back_in_second"  # bought before the first stretch, not in it, and again in the second
PARTS: Final = (BOTH, ONLY_FIRST, NEW, BACK)


@dataclass(frozen=True)
class Overlap:
    """Customers of two stretches.

    Attributes
    ----------
    table : DataFrame
        Indexed by part (:data:`PARTS`): customers, before, after (revenue in currency).
    """

    table: pd.DataFrame

    @property
    def before(self) -> int:
        """Customers of the first stretch."""
        return int(self.table.loc[[BOTH, ONLY_FIRST], "customers"].sum())

    @property
    def after(self) -> int:
        """Customers of the second stretch."""
        return int(self.table.loc[[BOTH, NEW, BACK], "customers"].sum())

    @property
    def back_again(self) -> tuple[float, float, float]:
        """Share of the first stretch's customers who bought in the second as well, with its interval."""
        both = int(self.table["customers"].loc[[BOTH]].sum())
        low, high = share_interval(both, self.before)
        return both / self.before if self.before else float("nan"), float(low), float(high)


def both_stretches(months: Frame, before: Stretch, after: Stretch) -> Frame:
    """One row per customer who bought in either stretch: what each bought in both, and before them.

    Parameters
    ----------
    months : narwhals.LazyFrame
        From :func:`~clv_lib.data.purchase_periods.purchase_months`.
    before, after : Stretch

    Returns
    -------
    narwhals.LazyFrame
        ``customer_id, orders_before, units_before, orders_after, units_after, first_month``.
    """
    number, nothing = nw.col(MONTH_NUMBER), nw.lit(0).cast(nw.Int64)
    inside = {
        "before": (number >= before.first) & (number <= before.last),
        "after": (number >= after.first) & (number <= after.last),
    }
    parts = {
        f"{column}_{when}": nw.when(there).then(nw.col(column)).otherwise(nothing)
        for when, there in inside.items()
        for column in (ORDERS, UNITS)
    }
    rows = months.select(CUSTOMER_ID, number.alias("first_month"), *(part.alias(name) for name, part in parts.items()))
    sums = rows.group_by(CUSTOMER_ID).agg(nw.col("first_month").min(), *(nw.col(name).sum() for name in parts))
    whole = sums.with_columns(*(nw.col(name).cast(nw.Int64) for name in parts))
    return whole.filter((nw.col("orders_before") > 0) | (nw.col("orders_after") > 0))


def overlap(customers: Frame, after: Stretch) -> Overlap:
    """Count the customers of :func:`both_stretches` by where they bought.

    Parameters
    ----------
    customers : narwhals.LazyFrame
    after : Stretch
        The second; who first bought in it is new.
    """
    first, second = nw.col("orders_before") > 0, nw.col("orders_after") > 0
    part = nw.when(nw.col("first_month") >= after.first).then(nw.lit(NEW)).otherwise(nw.lit(BACK))
    part = nw.when(first & ~second).then(nw.lit(ONLY_FIRST)).otherwise(part)
    part = nw.when(first & second).then(nw.lit(BOTH)).otherwise(part)
    rows = customers.select(part.alias("part"), "units_before", "units_after").group_by("part")
    found = collected(rows.agg(nw.len().alias("customers"), nw.col("units_before").sum(), nw.col("units_after").sum()))
    table = found.set_index("part").reindex(list(PARTS)).fillna(0).astype("int64")
    money = {when: table.pop(f"units_{when}") / MONEY_UNITS for when in ("before", "after")}
    return Overlap(table.assign(**money))
