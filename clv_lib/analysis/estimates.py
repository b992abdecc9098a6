"""Costs that are estimated: a 90 % range becomes a distribution, and the range travels into every total.

A range above nothing is taken for a lognormal one (estimates of this sort are off by a factor), any other for a normal
one. Either is fitted to the two ends, which are what the estimator has thought about; the best guess between them is
what is booked. Estimates of one kind of cost come from one hand and one method, so their errors are taken to be the
same: if one is too low, all are, and the range of a sum is the sum of the ranges. Taking them for independent would let
many vague guesses add up to a sure figure.
"""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.names import AMOUNT, AMOUNT_HIGH, AMOUNT_LOW, KIND

_END: Final = float(stats.norm.ppf(0.95))  # standard deviations to either end of a 90 % range


def total_draws(estimates: pd.DataFrame, booked: float, *, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of the total of one kind of cost, some of whose lines are estimates.

    Parameters
    ----------
    estimates : DataFrame
        Lines with a range: kind, amount, amount_low, amount_high, in currency.
    booked : float
        Total of all lines of the kind, the best guesses included, in currency.
    size : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, dims (draw,)
        ``booked`` in every draw where nothing is estimated.
    """
    total = np.full(size, booked - float(estimates[AMOUNT].sum()))
    for _, lines in estimates.groupby(KIND, sort=True):
        error = rng.standard_normal(size)[:, None]  # one for the kind
        low, high = (lines[name].to_numpy(dtype="float64") for name in (AMOUNT_LOW, AMOUNT_HIGH))
        factor = low > 0
        middle, spread = (low + high) / 2, (high - low) / (2 * _END)
        total += (middle + spread * error)[:, ~factor].sum(axis=1)
        low, high = np.log(low[factor]), np.log(high[factor])
        total += np.exp((low + high) / 2 + (high - low) / (2 * _END) * error).sum(axis=1)
    return total
