"""How customers differ in one stretch of time: ranked by what they brought, and cut into tenths."""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CUSTOMER_ID, ORDERS, PROFIT, REVENUE

TENTHS: Final = 10
DECILE: Final = "decile"


@dataclass(frozen=True)
class Deciles:
    """Customers by what they brought, best tenth first.

    Attributes
    ----------
    by : {"profit", "revenue"}
        What they are ranked by.
    table : DataFrame
        decile (1 is the best), customers, orders, revenue, profit (currency; missing without costs), share (of what
        they are ranked by), orders_per_customer, value_per_order. With fewer than ten customers some tenths are empty
        and left out.
    total : float
        Of what they are ranked by, currency.
    """

    by: str
    table: pd.DataFrame
    total: float

    @property
    def customers(self) -> int:
        """How many are ranked."""
        return int(self.table["customers"].sum())

    @property
    def top_share(self) -> float:
        """Share that the best tenth brings; NaN where there is nothing to share."""
        return float(self.table["share"].iloc[0]) if len(self.table) and self.total > 0 else float("nan")


def deciles(customers: Frame, *, by: str) -> Deciles:
    """Rank customers and add up by tenths.

    Parameters
    ----------
    customers : narwhals.LazyFrame
        One row per customer: ``customer_id, orders, units`` and, to rank by profit, ``profit`` (1/10,000 of currency).
    by : {"profit", "revenue"}
        Equal customers are ranked by their id, so that any engine cuts the same tenths.
    """
    measured = PROFIT in customers.collect_schema().names()
    key = nw.col(PROFIT) if by == PROFIT else nw.col(UNITS)
    profit = nw.col(PROFIT) if measured else nw.lit(0).cast(nw.Int64)
    one = nw.lit(1).cast(nw.Int64)
    rows = customers.select(CUSTOMER_ID, ORDERS, UNITS, profit.alias(PROFIT), (-key).alias("order"), one.alias("one"))
    rows = rows.with_columns(
        nw.col("one").cum_sum().over(order_by=["order", CUSTOMER_ID]).alias("rank"),
        nw.len().over("one").alias("all"),
    )
    tenth = ((nw.col("rank") - 1) * TENTHS // nw.col("all") + 1).cast(nw.Int64)
    sums = rows.with_columns(tenth.alias(DECILE)).group_by(DECILE)
    found = collected(
        sums.agg(nw.len().alias("customers"), nw.col(ORDERS).sum(), nw.col(UNITS).sum(), nw.col(PROFIT).sum())
    ).sort_values(DECILE, ignore_index=True)
    found = found.astype("int64")
    table = found.assign(
        **{
            REVENUE: found[UNITS] / MONEY_UNITS,
            PROFIT: found[PROFIT] / MONEY_UNITS if measured else float("nan"),
            "orders_per_customer": found[ORDERS] / found["customers"],
        }
    ).drop(columns=UNITS)
    table["value_per_order"] = table[REVENUE] / table[ORDERS].where(table[ORDERS] > 0)
    total = float(table[by].sum())
    table["share"] = table[by] / total if total > 0 else float("nan")
    return Deciles(by, table, total)
