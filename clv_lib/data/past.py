"""What each customer has brought so far: measured where costs are known, revenue times the stated margin elsewhere."""

from dataclasses import dataclass
from typing import Final

import narwhals as nw

from clv_lib.data.customers import Frame, collected, money_units
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import (
    ACQUISITION_COST,
    ASSUMED_REVENUE,
    CUSTOMER_ID,
    REALISED_CONTRIBUTION,
    REALISED_MARGIN,
    REALISED_SERVICE_COST,
    REVENUE,
    TOTAL_VALUE,
)

PROFIT: Final = "customer_costs"  # left in the run folder by the notebook on costs
_SUMS: Final = (REALISED_CONTRIBUTION, REALISED_SERVICE_COST, ACQUISITION_COST, TOTAL_VALUE, ASSUMED_REVENUE)
_KNOWN: Final = "known"
_COVERED: Final = "covered_revenue"
CONTRIBUTION: Final = "contribution"
SERVING_AND_KEEPING: Final = ("cost_to_serve", "cost_to_keep")  # as a forecast counts them: without overhead


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
    revenue : float
    assumed_revenue : float
        Part of the revenue whose costs are not known, so that the stated margin stands for them.
    """

    contribution: float
    service_cost: float = 0.0
    acquisition_cost: float | None = None
    revenue: float = 0.0
    assumed_revenue: float = 0.0

    @property
    def margin(self) -> float:
        """Contribution less the cost of serving and keeping."""
        return self.contribution - self.service_cost

    @property
    def share_assumed(self) -> float:
        """Share of the revenue whose costs are not known; 0 without revenue."""
        return self.assumed_revenue / self.revenue if self.revenue else 0.0

    @property
    def measured(self) -> bool:
        """Whether the costs of at least some revenue are known."""
        return self.assumed_revenue != self.revenue


def with_past(summary: Frame, profit: Frame | None, *, gross_margin: float) -> Frame:
    """Give every customer what it has brought so far.

    Parameters
    ----------
    summary : narwhals.LazyFrame
        customer_id, total_value.
    profit : narwhals.LazyFrame or None
        customer_id, revenue, contribution, and cost_to_serve, cost_to_keep and acquisition_cost where known, per
        customer, of the same engine. It may cover fewer months than the log: revenue beyond its own counts at the
        stated margin. A profit is not read, so that no definition of it can smuggle in acquisition.
    gross_margin : float
        Contribution as a share of revenue, for customers and months without measured costs.

    Returns
    -------
    narwhals.LazyFrame
        With realised_contribution, realised_service_cost (0 where not known), realised_margin (the first less the
        second), assumed_revenue (the part of the revenue to which the stated margin was applied), and
        acquisition_cost (missing where not known), which no other column contains.
    """
    stated = nw.col(TOTAL_VALUE) * gross_margin
    if profit is None:
        return summary.with_columns(
            stated.alias(REALISED_CONTRIBUTION),
            nw.lit(0.0).alias(REALISED_SERVICE_COST),
            stated.alias(REALISED_MARGIN),
            nw.lit(None).cast(nw.Float64).alias(ACQUISITION_COST),
            nw.col(TOTAL_VALUE).alias(ASSUMED_REVENUE),
        )
    there = profit.collect_schema().names()
    kept = [nw.col(name).cast(nw.Float64).fill_null(0.0) for name in SERVING_AND_KEEPING if name in there]
    won = nw.col(ACQUISITION_COST) if ACQUISITION_COST in there else nw.lit(None)
    measured = profit.select(
        nw.col(CUSTOMER_ID),
        nw.col(REVENUE).cast(nw.Float64).alias(_COVERED),
        nw.col(CONTRIBUTION).cast(nw.Float64).alias(REALISED_CONTRIBUTION),
        sum(kept, start=nw.lit(0.0)).alias(REALISED_SERVICE_COST),
        won.cast(nw.Float64).alias(ACQUISITION_COST),
    )
    elsewhere = nw.col(TOTAL_VALUE) - nw.col(_COVERED).fill_null(0.0)
    contribution = nw.col(REALISED_CONTRIBUTION).fill_null(0.0) + elsewhere * gross_margin
    return (
        summary.join(measured, on=CUSTOMER_ID, how="left")
        .with_columns(
            elsewhere.alias(ASSUMED_REVENUE),
            contribution.alias(REALISED_CONTRIBUTION),
            nw.col(REALISED_SERVICE_COST).fill_null(0.0),
        )
        .drop(_COVERED)
        .with_columns((nw.col(REALISED_CONTRIBUTION) - nw.col(REALISED_SERVICE_COST)).alias(REALISED_MARGIN))
    )


def past_of(frame: Frame) -> Past:
    """Add up what :func:`with_past` has given the customers."""
    row = collected(
        frame.select(
            *(money_units(nw.col(name)).sum().alias(name) for name in _SUMS),
            nw.col(ACQUISITION_COST).count().alias(_KNOWN),
        )
    ).iloc[0]
    return Past(
        contribution=float(row[REALISED_CONTRIBUTION]) / MONEY_UNITS,
        service_cost=float(row[REALISED_SERVICE_COST]) / MONEY_UNITS,
        acquisition_cost=float(row[ACQUISITION_COST]) / MONEY_UNITS if row[_KNOWN] else None,
        revenue=float(row[TOTAL_VALUE]) / MONEY_UNITS,
        assumed_revenue=float(row[ASSUMED_REVENUE]) / MONEY_UNITS,
    )
