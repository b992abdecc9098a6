"""What one unit of a customer relationship leaves and costs: per revenue, per order, per month alive."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class UnitCosts:
    """Draws of the unit costs; all of dims (draw,), in the currency of the dataset.

    Attributes
    ----------
    margin_rate : ndarray
        What is left of one unit of revenue after the costs that rise with revenue.
    per_order : ndarray
        Cost of one purchase day.
    per_active_month : ndarray
        Cost of serving and keeping one customer for one month.
    """

    margin_rate: np.ndarray
    per_order: np.ndarray
    per_active_month: np.ndarray
