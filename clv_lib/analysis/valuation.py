"""What an existing customer is still worth: residual CLV per cell and in total, with both intervals.

Value is ``P(alive) * discounted purchases if alive * spend per purchase * margin``, multiplied draw by draw; means and
quantiles are taken once, at the very end. The cost of acquiring a customer is sunk and never subtracted here. See
``docs/method.md``.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws
from clv_lib.analysis.intervals import (
    INTERVAL,
    Estimate,
    credible_interval,
    estimate,
    predictive_interval,
    residuals_of_cells,
)
from clv_lib.analysis.projection import CELLS_PER_BATCH, Batch, project
from clv_lib.names import PurchaseFamily

ACTIVE: Final = "active_customers"
REALISED: Final = "_realised"  # suffix of the simulated side of a total


@dataclass(frozen=True)
class CustomerValues:
    """Future value of every cell, and of all customers together.

    Attributes
    ----------
    cells : DataFrame
        The valuation cells, in their own order and index, with the columns p_alive, expected_purchases (over the
        horizon, not discounted), expected_spend (currency per purchase), residual_clv (posterior mean of the expected
        value of one customer, currency), its credible interval ``residual_clv_low/_high``, the predictive interval of
        what one customer will really bring ``residual_clv_predictive_low/_high``, and ``residual_clv_infinite`` (NaN
        without discounting, where it need not exist).
    draws : DataFrame
        Per posterior draw, the totals over all customers: active_customers, expected_purchases, residual_clv, each as
        expectation and as simulated outcome (suffix ``_realised``), and residual_clv_infinite.
    family : PurchaseFamily
    economics : Economics
    mass : float
        What the intervals claim to hold.
    """

    cells: pd.DataFrame
    draws: pd.DataFrame
    family: PurchaseFamily
    economics: Economics
    mass: float = INTERVAL

    @property
    def customers(self) -> int:
        """How many customers the cells stand for."""
        return int(self.cells[names.N].sum())

    @property
    def active(self) -> Estimate:
        """Customers who are still active at the end of the observation."""
        return self._total(ACTIVE)

    @property
    def purchases(self) -> Estimate:
        """Purchases of all customers over the horizon, not discounted."""
        return self._total(names.EXPECTED_PURCHASES)

    @property
    def total(self) -> Estimate:
        """Residual CLV of all customers over the horizon, in currency."""
        return self._total(names.RESIDUAL_CLV)

    @property
    def total_infinite(self) -> Estimate | None:
        """Residual CLV of all customers without end; ``None`` without discounting. Credible interval only."""
        if not self.economics.discounts:
            return None
        return estimate(self.draws[names.RESIDUAL_CLV_INFINITE].to_numpy(), mass=self.mass)

    def _total(self, name: str) -> Estimate:
        return estimate(self.draws[name].to_numpy(), self.draws[name + REALISED].to_numpy(), mass=self.mass)


def value_customers(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    *,
    family: PurchaseFamily,
    economics: Economics,
    seed: int,
    mass: float = INTERVAL,
    batch: int = CELLS_PER_BATCH,
) -> CustomerValues:
    """Residual CLV of every cell of customers, and of all of them.

    Parameters
    ----------
    purchase_draws, spend_draws : mapping of str to ndarray, dims (draw, 1)
        Posterior draws in natural units, paired draw by draw.
    cells : DataFrame
        Valuation cells: frequency, recency, T (weeks), spend_bin, monetary_value (currency), n.
    family : PurchaseFamily
    economics : Economics
    seed : int
        Of the simulated outcomes; means and credible intervals do not depend on it.
    mass : float
        Of both intervals.
    batch : int
        Cells worked on at a time; bounds the memory.

    Raises
    ------
    CannotEstimateError
        When some posterior draw leaves a customer's mean spend undefined.
    """
    rng = np.random.default_rng(seed)
    columns = {name: np.full(len(cells), np.nan) for name in _CELL_COLUMNS}
    totals: dict[str, np.ndarray | float] = dict.fromkeys(_TOTALS, 0.0)
    for part in project(
        purchase_draws,
        spend_draws,
        cells,
        family=family,
        horizon=economics.horizon_weeks,
        discount_rate=economics.discount_rate_per_week,
        infinite=economics.discounts,
        rng=rng,
        batch=batch,
    ):
        for name, values in _per_cell(part, economics, mass).items():
            columns[name][part.rows] = values
        for name, values in _per_draw(part, economics, rng).items():
            totals[name] = totals[name] + values
    for name in totals:  # the luck of a cell is scaled up from one customer, so that a handful could fall below nothing
        totals[name] = np.maximum(totals[name], 0.0)
    draws = pd.DataFrame(totals, index=pd.RangeIndex(len(next(iter(purchase_draws.values()))), name=names.DRAW))
    return CustomerValues(cells.assign(**columns), draws, family, economics, mass)


_CELL_COLUMNS: Final = (
    names.P_ALIVE,
    names.EXPECTED_PURCHASES,
    names.EXPECTED_SPEND,
    names.RESIDUAL_CLV,
    names.RESIDUAL_CLV_LOW,
    names.RESIDUAL_CLV_HIGH,
    names.RESIDUAL_CLV_PREDICTIVE_LOW,
    names.RESIDUAL_CLV_PREDICTIVE_HIGH,
    names.RESIDUAL_CLV_INFINITE,
)
_TOTALS: Final = (
    ACTIVE,
    ACTIVE + REALISED,
    names.EXPECTED_PURCHASES,
    names.EXPECTED_PURCHASES + REALISED,
    names.RESIDUAL_CLV,
    names.RESIDUAL_CLV + REALISED,
    names.RESIDUAL_CLV_INFINITE,
)


def _per_cell(part: Batch, economics: Economics, mass: float) -> dict[str, np.ndarray]:
    """Summaries over the draws, one number per cell."""
    expected = economics.gross_margin * part.discounted * part.spend
    realised = economics.gross_margin * part.revenue
    low, high = credible_interval(expected, mass=mass)
    predictive_low, predictive_high = predictive_interval(realised, mass=mass)
    summary = {
        names.P_ALIVE: part.p_alive.mean(axis=0),
        names.EXPECTED_PURCHASES: part.purchases.mean(axis=0),
        names.EXPECTED_SPEND: part.spend.mean(axis=0),
        names.RESIDUAL_CLV: expected.mean(axis=0),
        names.RESIDUAL_CLV_LOW: low,
        names.RESIDUAL_CLV_HIGH: high,
        names.RESIDUAL_CLV_PREDICTIVE_LOW: predictive_low,
        names.RESIDUAL_CLV_PREDICTIVE_HIGH: predictive_high,
    }
    if part.discounted_infinite is not None:
        infinite = economics.gross_margin * part.discounted_infinite * part.spend
        summary[names.RESIDUAL_CLV_INFINITE] = infinite.mean(axis=0)
    return summary


def _per_draw(part: Batch, economics: Economics, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Add up over the customers of the batch, per draw: expectations, and outcomes with the luck of the customers."""
    worth = economics.gross_margin * part.spend
    value = part.discounted * worth
    totals = {
        ACTIVE: part.p_alive @ part.n,
        ACTIVE + REALISED: rng.binomial(part.n.astype(np.int64), np.clip(part.p_alive, 0.0, 1.0)).sum(axis=1),
    }
    for name, expected, outcome in (
        (names.EXPECTED_PURCHASES, part.purchases, part.count),
        (names.RESIDUAL_CLV, value, economics.gross_margin * part.revenue),
    ):
        totals[name] = expected @ part.n
        totals[name + REALISED] = totals[name] + residuals_of_cells(rng, outcome - expected, part.n).sum(axis=1)
    if part.discounted_infinite is not None:
        totals[names.RESIDUAL_CLV_INFINITE] = (part.discounted_infinite * worth) @ part.n
    return totals


@dataclass(frozen=True)
class LifetimeValue:
    """Past, future and their sum: three figures, never silently added.

    Attributes
    ----------
    past : float
        Contribution already earned from these customers; a fact, so it has no interval.
    future : Estimate
        Residual CLV over the horizon.
    sum : Estimate
        Both together; past money is not compounded.
    """

    past: float
    future: Estimate
    sum: Estimate


def past_and_future(values: CustomerValues, *, revenue_to_date: float) -> LifetimeValue:
    """Set what the customers have brought beside what they will bring.

    Parameters
    ----------
    values : CustomerValues
    revenue_to_date : float
        Value of all purchases of the same customers up to the end of the observation, in currency.
    """
    past = revenue_to_date * values.economics.gross_margin
    return LifetimeValue(past=past, future=values.total, sum=values.total.minus(-past))
