"""Assumptions of the valuation that the data themselves can speak to."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from clv_lib import names
from clv_lib.analysis.weighted import correlation, rank_correlation

STRAINED_AT: Final = 0.3  # a tenth of the variance of spend explained by frequency


@dataclass(frozen=True)
class SpendIndependence:
    """Whether customers who buy often also spend more, or less, per purchase.

    Attributes
    ----------
    correlation, rank_correlation : float
        Pearson and Spearman correlation of frequency and mean spend over repeat customers; NaN where one does not vary.
    customers : int
        Repeat customers with spend.
    strained : bool
        Whether either correlation passes 0.3 in size: value as a product of two models is then biased.
    """

    correlation: float
    rank_correlation: float
    customers: int
    strained: bool


def spend_independence(spend_cells: pd.DataFrame) -> SpendIndependence:
    """Check the assumption that joins the two models: spend per purchase does not depend on frequency.

    Parameters
    ----------
    spend_cells : DataFrame
        frequency, monetary_value, n of repeat customers with spend.
    """
    columns = [spend_cells[name].to_numpy(dtype=float) for name in (names.FREQUENCY, names.MONETARY_VALUE, names.N)]
    if not len(spend_cells):
        return SpendIndependence(float("nan"), float("nan"), 0, strained=False)
    plain, ranks = correlation(*columns), rank_correlation(*columns)
    strained = any(abs(value) > STRAINED_AT for value in (plain, ranks))  # NaN is not above anything
    return SpendIndependence(plain, ranks, int(columns[-1].sum()), strained)
