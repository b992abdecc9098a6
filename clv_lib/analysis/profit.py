"""What each customer has brought and cost so far: revenue, every kind of cost, contribution and profit.

The steps run from revenue to profit in one order, the same for a customer as for all together: goods, fulfilment and
payment leave the *contribution*; service, retention, marketing and overhead leave the *profit*. Acquisition and welcome
stand apart, since they are sunk once the customer is there; intangible costs stand apart, since they are estimates.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.driver_counts import COUNT, FIRST
from clv_lib.analysis.ledger import NUMBER, ONBOARDING, UNITS
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import (
    ACQUISITION_COST,
    CONTRIBUTION,
    COST_TO_KEEP,
    COST_TO_SERVE,
    CUSTOMER_ID,
    KIND,
    PROFIT,
    REVENUE,
)

DIRECT: Final = ("goods", "fulfilment", "payment")
SERVING: Final = ("service",)
KEEPING: Final = ("retention", "marketing")
STEPS: Final = (*DIRECT, *SERVING, *KEEPING, "overhead")  # from revenue down to profit, in this order
WINNING: Final = ("acquisition", ONBOARDING)
VARIABLE: Final = (*DIRECT, *SERVING, *KEEPING)  # what the margin of a payback is after
COST: Final = "cost_"  # prefix of the columns with one kind of cost


@dataclass(frozen=True)
class Covered:
    """Months that the ledger and the log both cover; nothing outside them is set against each other.

    Attributes
    ----------
    first, last : int
        Month numbers, both covered.
    """

    first: int
    last: int

    @property
    def months(self) -> range:
        """Numbers of the months."""
        return range(self.first, self.last + 1)


def covered_months(ledger: pd.DataFrame, log: pd.DataFrame) -> Covered:
    """Months from the later beginning to the earlier end of two tables with a ``month_number``.

    A ledger and a log without a month in common have nothing to say about each other: ``first`` is then after ``last``.
    """
    return Covered(int(max(ledger[NUMBER].min(), log[NUMBER].min())), int(min(ledger[NUMBER].max(), log[NUMBER].max())))


def assumed_charges(revenue: Frame, *, gross_margin: float) -> Frame:
    """Charges where there is no ledger: what the margin of the settings leaves out, as goods.

    Parameters
    ----------
    revenue : narwhals.LazyFrame
        ``customer_id, month_number, count`` with the count in 1/10,000 of the currency.
    gross_margin : float
        Contribution as a share of revenue.
    """
    cost = (nw.col(COUNT) * (1 - gross_margin)).round(0).cast(nw.Int64)
    return revenue.select(
        CUSTOMER_ID, NUMBER, nw.lit("goods").alias(KIND), nw.lit("assumed").alias("driver"), cost.alias(UNITS)
    )


def customer_profit(revenue: Frame, charges: Frame, people: Frame, *, covered: Covered) -> Frame:
    """One row per customer: what it has brought and cost in the covered months, in currency.

    Parameters
    ----------
    revenue : narwhals.LazyFrame
        ``customer_id, month_number, count`` (1/10,000 of the currency).
    charges : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.allocation.allocate`, or :func:`assumed_charges`.
    people : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.driver_counts.lives`.
    covered : Covered
        Months to count.

    Returns
    -------
    narwhals.LazyFrame
        ``customer_id, revenue, cost_goods, …, cost_intangible, contribution, cost_to_serve, cost_to_keep, profit,
        acquisition_cost``. Customers who had left before those months, and cost nothing in them, are not there.
    """
    brought = revenue.select(CUSTOMER_ID, NUMBER, nw.lit(REVENUE).alias(KIND), nw.col(COUNT).alias(UNITS))
    nothing = nw.lit(0).cast(nw.Int64)
    there = people.select(CUSTOMER_ID, nw.col(FIRST).alias(NUMBER), nw.lit(REVENUE).alias(KIND), nothing.alias(UNITS))
    rows = nw.concat([brought, there, charges.select(CUSTOMER_ID, NUMBER, KIND, UNITS)]).filter(
        (nw.col(NUMBER) >= covered.first) & (nw.col(NUMBER) <= covered.last)
    )
    kinds = (REVENUE, *STEPS, *WINNING, "intangible")
    wide = rows.select(
        CUSTOMER_ID,
        *(nw.when(nw.col(KIND) == kind).then(nw.col(UNITS)).otherwise(nothing).alias(kind) for kind in kinds),
    )
    sums = wide.group_by(CUSTOMER_ID).agg(*(nw.col(kind).sum() for kind in kinds))
    parts = {kind: nw.col(kind).cast(nw.Int64) for kind in kinds}
    contribution = parts[REVENUE] - _total(parts, DIRECT)
    serving, keeping = _total(parts, SERVING), _total(parts, KEEPING)
    results = {
        REVENUE: parts[REVENUE],
        **{f"{COST}{kind}": parts[kind] for kind in (*STEPS, "intangible")},
        CONTRIBUTION: contribution,
        COST_TO_SERVE: serving,
        COST_TO_KEEP: keeping,
        PROFIT: contribution - serving - keeping - parts["overhead"],
        ACQUISITION_COST: _total(parts, WINNING),
    }
    return sums.select(CUSTOMER_ID, *((units / MONEY_UNITS).alias(name) for name, units in results.items()))


def _total(parts: dict[str, nw.Expr], kinds: tuple[str, ...]) -> nw.Expr:
    first, *others = (parts[kind] for kind in kinds)
    for other in others:
        first = first + other
    return first


def totals_of(profits: Frame) -> pd.DataFrame:
    """Sums over the customers of :func:`customer_profit`, and how many there are (``customers``): one row."""
    columns = [name for name in profits.collect_schema().names() if name != CUSTOMER_ID]
    return collected(profits.select(nw.len().alias("customers"), *(nw.col(name).sum() for name in columns)))


def charged_by_kind(charges: Frame, covered: Covered) -> pd.Series:
    """What is on customers, by kind, in the covered months, in currency."""
    here = charges.filter((nw.col(NUMBER) >= covered.first) & (nw.col(NUMBER) <= covered.last))
    found = collected(here.group_by(KIND).agg(nw.col(UNITS).sum())).set_index(KIND)[UNITS]
    return found.astype("int64").sort_index() / MONEY_UNITS
