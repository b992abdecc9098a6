"""The mean of the worst outcomes: conditional value at risk of a loss, from draws."""

from typing import Final

import numpy as np

WORST: Final = 0.05  # the worst twentieth


def weights_of_the_worst(profit: np.ndarray, *, part: float = WORST) -> np.ndarray:
    """What each draw counts in the mean of the worst ones: they add up to 1, dims (draw,).

    The draw at the border counts with the fraction that is still missing, so that the mean is the conditional value at
    risk of Rockafellar and Uryasev whatever the number of draws.

    Parameters
    ----------
    profit : ndarray, dims (draw,)
    """
    many = part * len(profit)
    counts = np.clip(many - np.arange(len(profit)), 0.0, 1.0)
    weights = np.empty(len(profit))
    weights[np.argsort(profit, kind="stable")] = counts / many
    return weights


def mean_of_the_worst(profit: np.ndarray, *, part: float = WORST) -> float:
    """Mean loss in the worst ``part`` of the draws, in currency; negative where even those earn money."""
    return float(-weights_of_the_worst(profit, part=part) @ profit)
