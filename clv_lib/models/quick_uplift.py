r"""The model of :mod:`clv_lib.models.uplift` without a sampler: normal in the logs, exact given how far groups differ.

A campaign says of a play in a group: the log of the treated's mean over that of the control's, with the variance that
its counts leave. Given the ratio :math:`\rho` of the spread between groups to the play's own ``effect_sd``, what is
believed is normal and so is what the campaigns say, and the posterior is a line of algebra; :math:`\rho` itself is
weighed on a grid by how probable it makes all campaigns together. Near the sampler's answer wherever arms hold dozens
of orders, in a thousandth of the time: for playing many rounds, not for a page.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.data.experiments import Experiments
from clv_lib.models.uplift import BETWEEN, Uplift, prior_change, prior_middle, prior_uplift
from clv_lib.names import EVIDENCE_GROUPS as GROUPS
from clv_lib.settings import Play

GRID: Final = np.linspace(0.01, 3.0, 60)
HALF: Final = 0.5  # of an order or a leaving, added to both arms: nothing has no logarithm


def quick_uplift(evidence: Experiments, plays: Mapping[str, Play], *, size: int, seed: int) -> Uplift:
    """Posterior of every play's effect, by normal approximation; arguments as of ``fit_uplift``."""
    counts = evidence.counts[evidence.counts["play"].isin(list(plays))]
    if not len(counts):
        return prior_uplift(plays, size=size, seed=seed)
    rng = np.random.default_rng(seed)
    said = {name: _said(evidence, name, play) for name, play in plays.items() if (counts["play"] == name).any()}
    fits = {name: [_posterior(plays[name], said[name], ratio) for ratio in GRID] for name in said}
    weight = stats.lognorm(BETWEEN[1], scale=np.exp(BETWEEN[0])).logpdf(GRID)
    weight = weight + sum(np.array([each[2] for each in own]) for own in fits.values())
    chance = np.exp(weight - weight.max())
    at = rng.choice(len(GRID), size, p=chance / chance.sum())
    changes = {}
    for name, play in plays.items():
        if name in fits:
            normal = rng.standard_normal((size, len(GROUPS)))
            changes[name] = np.stack(
                [fits[name][k][0] + fits[name][k][1] @ z for k, z in zip(at, normal, strict=True)]
            ).T
        else:
            changes[name] = prior_change(play, GRID[at], rng=rng)
    behind = counts.groupby(["play", "group"])["n"].sum()
    return Uplift(plays, changes, {}, {name: {str(g): int(n) for g, n in behind[name].items()} for name in said})


def _said(evidence: Experiments, name: str, play: Play) -> pd.DataFrame:
    """What each campaign says of the play in each group: ``group, change, variance``."""
    table = evidence.spend if play.moves == "basket" else evidence.counts
    rows = []
    for (_, group), own in table[table["play"] == name].groupby(["campaign_id", "group"]):
        arms = [_arm(own[own["treated"] == treated], play.moves) for treated in (1, 0)]
        if all(arm is not None for arm in arms):
            (treated, of_treated), (control, of_control) = arms  # type: ignore[misc]
            change = control - treated if play.moves == "stay" else treated - control
            rows.append((GROUPS.index(str(group)), change, of_treated + of_control))
    return pd.DataFrame(rows, columns=["group", "change", "variance"])


def _arm(own: pd.DataFrame, moves: str) -> tuple[float, float] | None:
    """Log mean of an arm and its variance; None where the arm is too small to say."""
    n = own["n"].to_numpy(dtype=float)
    total = n.sum()
    if total < 2:
        return None
    if moves == "basket":
        mean = float(own["total"].sum()) / total
        return mean, max(float(own["squares"].sum()) / total - mean**2, 1e-6) / (total - 1)
    orders = own["orders"].to_numpy(dtype=float)
    if moves == "stay":
        left = (n[orders == 0].sum() + HALF) / (total + 2 * HALF)
        return float(np.log(left)), float((1 - left) / left / total)
    mean = (n @ orders + HALF) / total
    variance = max(n @ (orders - mean) ** 2 / total, mean)  # never less than chance alone would make it
    return float(np.log(mean)), float(variance / mean**2 / total)


def _posterior(play: Play, said: pd.DataFrame, ratio: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean of the change by group, root of its covariance, and the log probability of what was said."""
    here = np.zeros((len(said), len(GROUPS)))
    here[np.arange(len(said)), said["group"].to_numpy(dtype=int)] = 1.0
    believed = play.effect_sd**2 * (1.0 + ratio**2 * np.eye(len(GROUPS)))
    middle = prior_middle(play)
    spread = here @ believed @ here.T + np.diag(said["variance"].to_numpy(dtype=float))
    gain = believed @ here.T @ np.linalg.inv(spread)
    off = said["change"].to_numpy(dtype=float) - middle
    covariance = believed - gain @ here @ believed
    values, axes = np.linalg.eigh((covariance + covariance.T) / 2)
    log = float(stats.multivariate_normal(cov=spread).logpdf(off)) if len(said) else 0.0
    return middle + gain @ off, axes * np.sqrt(np.maximum(values, 0.0)), log
