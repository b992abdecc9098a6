"""What each customer has brought so far: measured where costs are known, revenue times the stated margin elsewhere."""

from dataclasses import dataclass
from typing import Final

import narwhals as nw

from clv_lib.data.customers import Frame, collected, money_units
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import (
    ACQUISITION_COST,
    CUSTOMER_ID,
    MARGIN_IS_ASSUMED,
    REALISED_CONTRIBUTION,
    REALISED_MARGIN,
    REALISED_SERVICE_COST,
    TOTAL_VALUE,
    N,
)

PROFIT: Final = "customer_profit"  # left in the run folder by the notebook on costs
_SUMS: Final = (REALISED_CONTRIBUTION, REALISED_SERVICE_COST, ACQUISITION_COST)
_KNOWN: Final = "known"
CONTRIBUTION: Final = "contribution"
SERVING_AND_KEEPING: Final = ("cost_to_serve", "cost_to_keep", "overhead")  # those that are there are added up


@dataclass(frozen=True)
class Past:
    """What all customers have brought up to the end of the observation, in currency, not compounded.

    Attributes
    ----------
    contribution : float
        What their purchases left.
    service_cost : float
        What serving and keeping them has cost; 0 where it is not known.
    acquisition_cost : float or None
        What winning them has cost; sunk, and in no other figure. ``None`` where it is not known.
    customers : int
    assumed : int
        Customers without measured costs, whose contribution is revenue times the stated margin.
    """

    contribution: float
    service_cost: float = 0.0
    acquisition_cost: float | None = None
    customers: int = 0
    assumed: int = 0

    @property
    def margin(self) -> float:
        """Contribution less the cost of serving and keeping."""
        return self.contribution - self.service_cost

    @property
    def measured(self) -> bool:
        """Whether the costs of at least some customers are known."""
        return self.assumed < self.customers


def with_past(summary: Frame, profit: Frame | None, *, gross_margin: float) -> Frame:
    """Give every customer what it has brought so far.

    Parameters
    ----------
    summary : narwhals.LazyFrame
        customer_id, total_value.
    profit : narwhals.LazyFrame or None
        customer_id, contribution, and cost_to_serve, cost_to_keep, overhead and acquisition_cost where known, per
        customer, of the same engine. A profit is not read, so that no definition of it can smuggle in acquisition.
    gross_margin : float
        Contribution as a share of revenue, for customers without measured costs.

    Returns
    -------
    narwhals.LazyFrame
        With realised_contribution, realised_service_cost (0 where not known), realised_margin (the first less the
        second), and acquisition_cost (missing where not known), which no other column contains.
    """
    stated = nw.col(TOTAL_VALUE) * gross_margin
    if profit is None:
        return summary.with_columns(
            stated.alias(REALISED_CONTRIBUTION),
            nw.lit(0.0).alias(REALISED_SERVICE_COST),
            stated.alias(REALISED_MARGIN),
            nw.lit(None).cast(nw.Float64).alias(ACQUISITION_COST),
            nw.lit(1).alias(MARGIN_IS_ASSUMED),
        )
    there = profit.collect_schema().names()
    kept = [nw.col(name).cast(nw.Float64).fill_null(0.0) for name in SERVING_AND_KEEPING if name in there]
    won = nw.col(ACQUISITION_COST) if ACQUISITION_COST in there else nw.lit(None)
    measured = profit.select(
        nw.col(CUSTOMER_ID),
        nw.col(CONTRIBUTION).cast(nw.Float64).alias(REALISED_CONTRIBUTION),
        sum(kept, start=nw.lit(0.0)).alias(REALISED_SERVICE_COST),
        won.cast(nw.Float64).alias(ACQUISITION_COST),
    )
    unknown = nw.col(REALISED_CONTRIBUTION).is_null()
    return (
        summary.join(measured, on=CUSTOMER_ID, how="left")
        .with_columns(
            nw.when(unknown).then(1).otherwise(0).alias(MARGIN_IS_ASSUMED),
            nw.when(unknown).then(stated).otherwise(nw.col(REALISED_CONTRIBUTION)).alias(REALISED_CONTRIBUTION),
            nw.col(REALISED_SERVICE_COST).fill_null(0.0),
        )
        .with_columns((nw.col(REALISED_CONTRIBUTION) - nw.col(REALISED_SERVICE_COST)).alias(REALISED_MARGIN))
    )


def past_of(frame: Frame) -> Past:
    """Add up what :func:`with_past` has given the customers."""
    row = collected(
        frame.select(
            *(money_units(nw.col(name)).sum().alias(name) for name in _SUMS),
            nw.col(ACQUISITION_COST).count().alias(_KNOWN),
            nw.col(MARGIN_IS_ASSUMED).sum(),
            nw.len().alias(N),
        )
    ).iloc[0]
    return Past(
        contribution=float(row[REALISED_CONTRIBUTION]) / MONEY_UNITS,
        service_cost=float(row[REALISED_SERVICE_COST]) / MONEY_UNITS,
        acquisition_cost=float(row[ACQUISITION_COST]) / MONEY_UNITS if row[_KNOWN] else None,
        customers=int(row[N]),
        assumed=int(row[MARGIN_IS_ASSUMED]),
    )
