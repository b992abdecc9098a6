"""What an existing customer is still worth: residual CLV per cell and in total, with both intervals.

Value is what the purchases leave, less what serving costs, plus what referrals bring (see
:mod:`clv_lib.analysis.components`), each given by ``P(alive)`` times its expectation if alive and multiplied draw by
draw; means and quantiles are taken once, at the very end. The cost of acquiring a customer is sunk and never subtracted
here: no argument of this module can carry it. See ``docs/method.md``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.components import realised_of
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.analysis.projection import CELLS_PER_BATCH, project
from clv_lib.analysis.sums import ACTIVE, CELL_COLUMNS, REALISED, TOTALS, per_cell, per_draw, within_reason
from clv_lib.analysis.terms import ReferralGain, terms_of
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.names import PurchaseFamily


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
        without discounting, where it need not exist); and its parts residual_contribution, residual_service_cost and
        referral_value: the first less the second plus the third is residual_clv.
    draws : DataFrame
        Per posterior draw, the totals over all customers: active_customers, expected_purchases, residual_clv and its
        three parts, each as expectation and as simulated outcome (suffix ``_realised``), and residual_clv_infinite.
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
    def contribution(self) -> Estimate:
        """What the purchases of all customers leave over the horizon."""
        return self._total(names.RESIDUAL_CONTRIBUTION)

    @property
    def service_cost(self) -> Estimate:
        """What serving and keeping all customers costs over the horizon; positive."""
        return self._total(names.RESIDUAL_SERVICE_COST)

    @property
    def referral_value(self) -> Estimate:
        """What the newcomers are worth whom all customers bring over the horizon."""
        return self._total(names.REFERRAL_VALUE)

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
    unit_costs: UnitCosts | None = None,
    referrals: ReferralGain | None = None,
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
    unit_costs : UnitCosts, optional
        What a unit of revenue leaves, an order and a month cost; without them ``economics.gross_margin`` stands in, and
        nothing is subtracted beyond it.
    referrals : ReferralGain, optional
        What customers bring by bringing others; nothing without it.
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
    draws = len(next(iter(purchase_draws.values())))
    terms = terms_of(economics, draws, unit_costs=unit_costs, referrals=referrals)
    columns = {name: np.full(len(cells), np.nan) for name in CELL_COLUMNS}
    totals: dict[str, np.ndarray] = {name: np.zeros(draws) for name in TOTALS}
    for part in project(
        purchase_draws,
        spend_draws,
        cells,
        family=family,
        horizon=economics.horizon_weeks,
        discount_rate=economics.discount_rate_per_week,
        infinite=economics.discounts,
        with_time=terms.count_time,
        rng=rng,
        batch=batch,
    ):
        outcome = realised_of(part, terms, rng, discount_rate=economics.discount_rate_per_week)
        for name, values in per_cell(part, terms, outcome, mass).items():
            columns[name][part.rows] = values
        for name, values in per_draw(part, terms, outcome, rng).items():
            totals[name] = totals[name] + values
    index = pd.RangeIndex(draws, name=names.DRAW)
    by_draw = pd.DataFrame(within_reason(totals, terms), index=index)
    return CustomerValues(cells.assign(**columns), by_draw, family, economics, mass)
