"""What the customers of each cell are expected to bring, draw by draw: what groups of customers are added up from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.components import expected
from clv_lib.analysis.contract_value import members_ahead
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws
from clv_lib.analysis.projection import expect
from clv_lib.analysis.terms import ReferralGain, Terms, terms_of
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.names import PurchaseFamily

SOON_WEEKS: Final = 13.0  # three months
SOON_DAYS: Final = 91.0


@dataclass(frozen=True)
class CellsAhead:
    """Some cells, one customer of each; arrays have dims (draw, cell).

    Attributes
    ----------
    rows : ndarray, dims (cell,)
        Positions in the table of cells.
    value : ndarray
        Profit to come over the horizon, discounted: residual CLV, in currency.
    purchases : ndarray
        Expected within the next three months; 0 under contract.
    orders : ndarray
        What revenue is counted over: those purchases; under contract one payment.
    revenue, contribution : ndarray
        Of those orders, in currency.
    """

    rows: np.ndarray
    value: np.ndarray
    purchases: np.ndarray
    orders: np.ndarray
    revenue: np.ndarray
    contribution: np.ndarray


def customers_ahead(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    *,
    family: PurchaseFamily,
    economics: Economics,
    unit_costs: UnitCosts | None = None,
    referrals: ReferralGain | None = None,
) -> Iterator[CellsAhead]:
    """The expectations behind :func:`clv_lib.analysis.valuation.value_customers`, of the same arguments."""
    terms = terms_of(economics, len(next(iter(purchase_draws.values()))), unit_costs=unit_costs, referrals=referrals)
    for part in expect(
        purchase_draws,
        spend_draws,
        cells,
        family=family,
        horizon=economics.horizon_weeks,
        discount_rate=economics.discount_rate_per_week,
        soon=SOON_WEEKS,
        with_time=terms.count_time,
    ):
        value = expected(terms, revenue=part.discounted * part.spend, purchases=part.discounted, months=part.months)
        revenue = part.soon * part.spend
        contribution = terms.margin_rate * revenue - terms.per_order * part.soon
        yield CellsAhead(part.rows, value.total, part.soon, part.soon, revenue, contribution)


def payments_ahead(
    draws: Mapping[str, np.ndarray],
    cells: pd.DataFrame,
    groups: pd.DataFrame,
    terms: Terms,
    *,
    family: str,
    annual_discount_rate: float,
) -> Iterator[CellsAhead]:
    """The expectations behind :func:`clv_lib.analysis.contract_value.value_members`, of the same arguments."""
    price = cells[names.PRICE].to_numpy(float)
    per_order, margin = terms.per_order[:, 0], terms.margin_rate[:, 0]
    for each in members_ahead(draws, cells, groups, terms, family, annual_discount_rate):
        one = np.ones(len(each.value))
        paid = one * price[each.row]
        columns = (each.value, 0 * one, one, paid, margin * paid - per_order)
        yield CellsAhead(np.array([each.row]), *(column[:, None] for column in columns))
