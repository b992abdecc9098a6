"""Which pasts are worth the same? Purchases still to come, on a grid of frequencies and recencies.

References
----------
.. [1] Fader, Hardie & Lee (2005), "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis",
   J. Marketing Research 42(4), 415-430.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws, closed_forms, in_order, require_mean_spend
from clv_lib.analysis.terms import terms_of
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.models import gamma_gamma
from clv_lib.names import PurchaseFamily

STEPS: Final = 40  # of the grid along recency
MOST_PURCHASES: Final = 14  # beyond it the lines bunch up and there is nobody there


def iso_value(
    purchase_draws: Draws,
    *,
    family: PurchaseFamily,
    economics: Economics,
    T: float,
    frequencies: Sequence[int],
    recencies: Sequence[float] | np.ndarray,
    worth: np.ndarray | float = 1.0,
) -> pd.DataFrame:
    """Discounted purchases still to come, on a grid of histories.

    Parameters
    ----------
    purchase_draws : mapping of str to ndarray, dims (draw, 1)
    family : PurchaseFamily
    economics : Economics
        Without discounting the horizon is the finite one, with it there is no end (DERT, [1]_ eq. 2).
    T : float
        Age of the customer, weeks.
    frequencies, recencies : sequences
        The grid; a frequency of 0 counts at recency 0 only, a positive one at recencies above 0.
    worth : ndarray of dims (draw, 1), or float
        Contribution of one purchase, multiplied draw by draw.

    Returns
    -------
    DataFrame
        frequency, recency, p_alive, discounted_purchases and value (posterior means), for the possible histories.
    """
    forms = closed_forms(family)
    purchase = in_order(purchase_draws, forms.PARAMETERS)
    x, t_x = (grid.ravel() for grid in np.meshgrid(np.asarray(frequencies), np.asarray(recencies, dtype=float)))
    possible = (t_x <= T) & np.where(x > 0, t_x > 0, t_x == 0)
    x, t_x = x[possible], t_x[possible]
    counts, position = np.unique(x, return_inverse=True)
    ahead = forms.purchases_if_alive(
        *purchase,
        frequency=counts,
        T=T,
        horizon=np.inf if economics.discounts else economics.horizon_weeks,
        discount_rate=economics.discount_rate_per_week,
    )[:, position]
    alive = forms.p_alive(*purchase, frequency=x, recency=t_x, T=T)
    return pd.DataFrame(
        {
            names.FREQUENCY: x,
            names.RECENCY: t_x,
            names.P_ALIVE: alive.mean(axis=0),
            "discounted_purchases": (alive * ahead).mean(axis=0),
            "value": (alive * ahead * worth).mean(axis=0),
        }
    ).sort_values([names.FREQUENCY, names.RECENCY], ignore_index=True)


def iso_value_grid(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    *,
    family: PurchaseFamily,
    economics: Economics,
    unit_costs: UnitCosts | None = None,
) -> pd.DataFrame:
    """Contribution still to come on a grid of histories, for customers of the age most common in the base.

    Spend per purchase is the mean of all customers, so that only the purchase history speaks. What time costs is left
    out: it would move all lines alike.

    Parameters
    ----------
    purchase_draws, spend_draws : mapping of str to ndarray, dims (draw, 1)
    cells : DataFrame
        frequency, recency, T (weeks), n.
    family : PurchaseFamily
    economics : Economics
    unit_costs : UnitCosts, optional
        Without them ``economics.gross_margin`` stands in.

    Returns
    -------
    DataFrame
        frequency, recency (weeks), T (weeks), value (currency).
    """
    spend = in_order(spend_draws, gamma_gamma.PARAMETERS)
    require_mean_spend(spend, frequency=np.zeros(1))
    ages = cells.groupby(names.T)[names.N].sum()
    age = float(ages.index.to_numpy()[ages.to_numpy().argmax()])
    most = int(min(max(cells[names.FREQUENCY].max(), 2), MOST_PURCHASES))
    terms = terms_of(economics, len(spend[0]), unit_costs=unit_costs)
    per_purchase = gamma_gamma.expected_spend(*spend, frequency=0, monetary_value=0.0)
    grid = iso_value(
        purchase_draws,
        family=family,
        economics=economics,
        T=age,
        frequencies=range(1, most + 1),
        recencies=np.linspace(age / STEPS, age, STEPS),
        worth=terms.margin_rate * per_purchase - terms.per_order,
    )
    return grid.assign(T=age)
