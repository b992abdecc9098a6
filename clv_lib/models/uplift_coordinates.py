"""Where the sampler stands: coordinates in which the plays' effects are nearly independent with variance 1.

Those of a normal approximation: in each play and evidence group the campaigns say about as much as a log ratio of two
means with its standard error, and the belief is normal too. A change of coordinates alone: the posterior stays what the
model says, and few customers and millions are sampled alike.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.names import EVIDENCE_GROUPS

_USUAL_WIDTH: Final = 0.6  # of the log of what buyers spend at a time


def coordinates(
    counts: pd.DataFrame,
    spend: pd.DataFrame,
    moves: Sequence[str],
    middle: np.ndarray,
    unsure: np.ndarray,
    ratio: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Centre and root of each play: its log changes are ``centre + root @ x`` with x about standard normal.

    Parameters
    ----------
    counts, spend : DataFrame
        As in :class:`~clv_lib.data.experiments.Experiments`, with ``play`` a number.
    moves : sequence of str
        What each play moves.
    middle, unsure : ndarray, dims (play,)
        Its belief.
    ratio : float
        How far groups differ, typically.

    Returns
    -------
    tuple of ndarray, dims (play, group) and (play, group, group)
    """
    groups = len(EVIDENCE_GROUPS)
    centre, root = np.zeros((len(moves), groups)), np.zeros((len(moves), groups, groups))
    for number, kind in enumerate(moves):
        table = spend if kind == "basket" else counts
        said, weight = _said(table[table["play"] == number], kind)
        belief = np.linalg.inv(unsure[number] ** 2 * (np.ones((groups, groups)) + ratio**2 * np.eye(groups)))
        spread = np.linalg.inv(belief + np.diag(weight))
        centre[number] = spread @ (belief @ np.full(groups, middle[number]) + weight * said)
        root[number] = np.linalg.cholesky(spread)
    return centre, root


def _said(table: pd.DataFrame, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Log change and its precision by evidence group, as the arms of the campaigns tell them; 0 and 0 for no data."""
    said, weight = np.zeros(len(EVIDENCE_GROUPS)), np.zeros(len(EVIDENCE_GROUPS))
    for number, group in enumerate(EVIDENCE_GROUPS):
        for _, campaign in table[table["group"] == group].groupby("campaign_id"):
            arms = [_mean(campaign[campaign["treated"] == arm], kind) for arm in (1, 0)]
            if all(np.isfinite(variance) for _, variance in arms):
                precision = 1 / (arms[0][1] + arms[1][1])
                change = arms[0][0] - arms[1][0]
                said[number] += precision * (-change if kind == "stay" else change)
                weight[number] += precision
    return np.divide(said, weight, out=np.zeros_like(said), where=weight > 0), weight


def _mean(arm: pd.DataFrame, kind: str) -> tuple[float, float]:
    """Log of the mean that the play moves, and its variance; infinite where there is nobody."""
    n = float(arm["n"].sum())
    if not n:
        return 0.0, np.inf
    if kind == "basket":
        return float(arm["total"].sum() / n), _USUAL_WIDTH**2 / n
    x = (arm["orders"] == 0).to_numpy(dtype=float) if kind == "stay" else arm["orders"].to_numpy(dtype=float)
    many = arm["n"].to_numpy(dtype=float)
    mean = ((x * many).sum() + 0.5) / (n + 1.0)
    variance = ((x - mean) ** 2 * many).sum() / n
    return float(np.log(mean)), float((variance + mean / n) / n / mean**2)
