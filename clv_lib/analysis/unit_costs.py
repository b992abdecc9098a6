"""What one unit of a customer relationship leaves and costs: per revenue, per order, per month alive."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Source = Literal["measured", "goods_assumed", "assumed"]


@dataclass(frozen=True)
class UnitCosts:
    """Draws of the unit costs; all of dims (draw,).

    Attributes
    ----------
    margin_rate : ndarray
        Contribution after what is proportional to revenue, as a share of revenue.
    per_order : ndarray
        Cost of a purchase day, in currency.
    per_active_month : ndarray
        Cost of serving and keeping one customer for one month, in currency.
    currency : str
    source : {"measured", "goods_assumed", "assumed"}
        Learnt from the ledger; learnt but for the goods, for which the margin of the settings stands; or all assumed.
    measured : tuple of str
        Kinds of cost that were learnt from the ledger.
    """

    margin_rate: np.ndarray
    per_order: np.ndarray
    per_active_month: np.ndarray
    currency: str
    source: Source
    measured: tuple[str, ...] = ()
