"""Spend cells made ready for the Gamma-Gamma model: what can be used, and in which unit."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.errors import CannotEstimateError

FEWEST_REPEAT_CUSTOMERS: Final = 20  # customers with a mean repeat value; three parameters describe them


@dataclass(frozen=True)
class ScaledSpend:
    """Usable spend cells in multiples of the median.

    Attributes
    ----------
    cells : DataFrame
        frequency, monetary_value, mean_log_value (both of the scaled amounts), n.
    scale : float
        Amount of the currency that counts as 1: the median mean value, over customers.
    customers, left_out : int
        Customers in the cells, and customers whose mean value is not positive.
    """

    cells: pd.DataFrame
    scale: float
    customers: int
    left_out: int


def scaled_spend(cells: pd.DataFrame) -> ScaledSpend:
    """Leave out what is not positive, and divide by the median.

    Raises
    ------
    CannotEstimateError
        Fewer than :data:`FEWEST_REPEAT_CUSTOMERS` customers have a positive mean repeat value.
    """
    usable = (cells["frequency"] > 0) & (cells["monetary_value"] > 0)
    kept, left_out = cells[usable], int(cells.loc[~usable, "n"].sum())
    customers = int(kept["n"].sum())
    if customers < FEWEST_REPEAT_CUSTOMERS:
        raise CannotEstimateError(
            "A spend model needs at least {least} customers with a repeat purchase of positive value, but there are "
            "{customers} ({left_out} were left out). Usually the window is short or amounts are missing; read a longer "
            "log, or check the amount column.",
            least=FEWEST_REPEAT_CUSTOMERS,
            customers=customers,
            left_out=left_out,
        )
    scale = weighted_quantile(kept["monetary_value"].to_numpy(float), kept["n"].to_numpy(float), np.array([0.5]))[0]
    log_mean = kept["mean_log_value"] if "mean_log_value" in kept else np.log(kept["monetary_value"])
    scaled = kept.assign(monetary_value=kept["monetary_value"] / scale, mean_log_value=log_mean - np.log(scale))
    return ScaledSpend(scaled.reset_index(drop=True), float(scale), customers, left_out)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Smallest values below or at which each share of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return values[order][np.minimum(np.searchsorted(below, shares * below[-1]), len(values) - 1)]
