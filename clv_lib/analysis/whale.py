"""The whale curve: profit summed from the most to the least profitable customer.

It climbs as long as customers earn money and falls with those who cost more than they bring; how far its back rises
above where it ends is what the losing customers take away again.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.profit import COST, STEPS
from clv_lib.data.customers import Frame, collected
from clv_lib.names import CUSTOMER_ID, PROFIT, REVENUE

POINTS: Final = 200
NO_REVENUE: Final = "no_revenue"  # the customer bought nothing in these months: any cost is a loss


@dataclass(frozen=True)
class Whale:
    """Who earns the profit, and who takes it away.

    Attributes
    ----------
    curve : DataFrame
        customers (share, 0 to 1, most profitable first), profit (cumulative, currency).
    customers : int
    total, peak : float
        Profit of all, and of those who earn any; currency.
    peak_at : float
        Share of the customers who earn any.
    losing : int
        Customers whose profit is below nothing.
    loss : float
        Their profit together, currency, 0 or less.
    tipped_by : DataFrame
        kind, customers, loss: the losing customers by the kind of cost at which the sum from revenue downward first
        falls below nothing; ``no_revenue`` for those who bought nothing in these months. Largest loss first.
    """

    curve: pd.DataFrame
    customers: int
    total: float
    peak: float
    peak_at: float
    losing: int
    loss: float
    tipped_by: pd.DataFrame

    @property
    def peak_share(self) -> float:
        """Peak as a share of the total; NaN where there is no profit to share."""
        return self.peak / self.total if self.total > 0 else float("nan")


def whale_curve(profits: Frame, *, points: int = POINTS) -> Whale:
    """Order the customers by profit and add up.

    Parameters
    ----------
    profits : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.profit.customer_profit`.
    points : int
        Steps of the curve; customers are ranked in the engine and added up per step.
    """
    profit = nw.col(PROFIT)
    earned = nw.when(profit > 0).then(profit).otherwise(nw.lit(0.0))
    facts = collected(
        profits.select(
            nw.len().alias("customers"),
            profit.sum().alias("total"),
            earned.sum().alias("peak"),
            (profit > 0).cast(nw.Int64).sum().alias("earning"),
            (profit < 0).cast(nw.Int64).sum().alias("losing"),
        )
    ).iloc[0]
    n = int(facts["customers"])
    ranked = profits.select(CUSTOMER_ID, profit, (-profit).alias("order"), nw.lit(1).cast(nw.Int64).alias("one"))
    ranked = ranked.with_columns(nw.col("one").cum_sum().over(order_by=["order", CUSTOMER_ID]).alias("rank"))
    step = ((nw.col("rank") - 1) * points // max(n, 1)).cast(nw.Int64).alias("step")
    steps = collected(ranked.with_columns(step).group_by("step").agg(profit.sum(), nw.len().alias("n")))
    steps = steps.sort_values("step", ignore_index=True)
    curve = pd.DataFrame(
        {
            "customers": [0.0, *(steps["n"].cumsum() / max(n, 1))],
            "profit": [0.0, *steps[PROFIT].astype("float64").cumsum()],
        }
    )
    total, peak = float(facts["total"]), float(facts["peak"])
    return Whale(
        curve=curve,
        customers=n,
        total=total,
        peak=peak,
        peak_at=float(facts["earning"]) / n if n else float("nan"),
        losing=int(facts["losing"]),
        loss=total - peak,
        tipped_by=_tipped_by(profits),
    )


def _tipped_by(profits: Frame) -> pd.DataFrame:
    """Losing customers by the cost at which they fall below nothing."""
    running = nw.col(REVENUE)
    conditions = [(NO_REVENUE, running <= 0)]
    for kind in STEPS:
        running = running - nw.col(f"{COST}{kind}")
        conditions.append((kind, running < 0))
    cause = nw.lit(STEPS[-1])  # rounding alone: the last step is where profit stands
    for kind, below in reversed(conditions):
        cause = nw.when(below).then(nw.lit(kind)).otherwise(cause)
    losing = profits.filter(nw.col(PROFIT) < 0).select(cause.alias("kind"), nw.col(PROFIT).alias("loss"))
    found = collected(losing.group_by("kind").agg(nw.len().alias("customers"), nw.col("loss").sum()))
    return found.sort_values(["loss", "kind"], ignore_index=True)
