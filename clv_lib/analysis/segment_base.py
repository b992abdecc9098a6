"""What the strategy knows of each group of customers that may be treated, draw by draw."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class SegmentBase:
    """Groups of customers, each a band of value within a segment, and what they will do if nothing is done.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group: ``segment``, ``band`` (1 holds the most valuable), ``evidence`` (``new``, ``regular`` or
        ``quiet``: the group in which past campaigns are compared), ``customers``, ``reachable`` (those who may be
        written to), ``stages`` (tuple of the lifecycle stages in it).
    value : numpy.ndarray, shape (group, draw)
        Mean profit to come of a customer, residual CLV before acquisition, in currency.
    purchases_per_day : numpy.ndarray, shape (group, draw)
        Mean expected purchase days of a customer per day of the next three months; 0 under contract.
    order_value : numpy.ndarray, shape (group, draw)
        Mean revenue of a purchase day, in currency.
    margin : numpy.ndarray, shape (draw,)
        Contribution as a share of revenue.
    risk : numpy.ndarray, shape (group, draw)
        Mean chance of falling silent, or of cancelling, within ``horizon_days``.
    at_stake : numpy.ndarray, shape (group, draw)
        Mean profit to come that such a silence or cancellation would take from a customer, in currency, so that
        ``risk * at_stake`` is the value at risk.
    horizon_days : int
        Of the risk.
    """

    groups: pd.DataFrame
    value: np.ndarray
    purchases_per_day: np.ndarray
    order_value: np.ndarray
    margin: np.ndarray
    risk: np.ndarray
    at_stake: np.ndarray
    horizon_days: int

    @property
    def draws(self) -> int:
        """Posterior draws that every figure is carried through."""
        return int(self.value.shape[1])
