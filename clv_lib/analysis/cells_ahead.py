"""What the customers of each cell are expected to bring, draw by draw: what groups of customers are added up from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.components import expected_of
from clv_lib.analysis.contract_flow import members_ahead
from clv_lib.analysis.group_value import ValueModel
from clv_lib.analysis.projection import look_ahead
from clv_lib.analysis.terms import Terms, terms_of

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


def customers_ahead(model: ValueModel, cells: pd.DataFrame) -> Iterator[CellsAhead]:
    """The expectations behind the page on value, with the draws and terms that it used."""
    economics = model.economics
    terms = terms_of(economics, model.draws, unit_costs=model.unit_costs, referrals=model.referrals)
    one: dict[str, Any] = {"family": model.family, "discount_rate": economics.discount_rate_per_week}
    far = look_ahead(
        *(model.purchase_draws, model.spend_draws, cells),
        horizon=economics.horizon_weeks,
        with_time=terms.count_time,
        **one,
    )
    near = look_ahead(model.purchase_draws, model.spend_draws, cells, horizon=SOON_WEEKS, **one)
    for life, soon in zip(far, near, strict=True):  # in the same order: it hangs on the cells alone
        revenue = soon.purchases * soon.spend
        contribution = terms.margin_rate * revenue - terms.per_order * soon.purchases
        yield CellsAhead(
            life.rows, expected_of(life, terms).total, soon.purchases, soon.purchases, revenue, contribution
        )


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
