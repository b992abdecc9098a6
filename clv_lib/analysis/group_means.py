"""Means of groups, small ones drawn towards the whole as far as the data say that groups are alike.

1. Answers in group j are normal around the group's mean: y_ij ~ N(theta_j, sigma^2).
2. The groups' means are normal around a common mean: theta_j ~ N(mu, (r sigma)^2); r = 0 makes all groups alike.
3. Flat priors on mu and log sigma, and a half-normal prior on r, the spread between groups in units of the spread
   within them. Given r everything else is conjugate, so r alone needs a grid and all draws are exact [1]_.

With v_j = 1/n_j + r^2, the group means are N(mu, sigma^2 v_j) once theta is integrated out, and so

    p(r | y) ~ p(r) prod_j v_j^(-1/2) (sum_j 1/v_j)^(-1/2) (W + Q(r))^(-(N-1)/2),

W the scatter within groups, Q(r) = sum_j (ybar_j - mu_r)^2 / v_j around the precision-weighted mean mu_r.

References
----------
.. [1] Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 5.4; Gelman (2006), Bayesian Analysis 1(3),
   515-534, for the half-normal family of priors on the spread.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from scipy.stats import t as student

from clv_lib import names
from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval, estimate
from clv_lib.errors import CannotEstimateError

FEW: Final = 10  # answers; a group with fewer leans on the whole more than on itself
SPREAD_SCALE: Final = 0.5  # prior scale of r: groups rarely differ by more than one person differs from the next
_GRID: Final = 2_000


@dataclass(frozen=True)
class GroupMeans:
    """What the groups' means are, and how far they may be told apart.

    Attributes
    ----------
    table : DataFrame
        group, n, raw (mean of the answers as they are), mean, low, high (credible interval after pooling), p_above
        (probability that the group lies above the mean of all; NaN with one group), few (fewer than ``least`` answers).
    whole : Estimate
        Mean over all who answered.
    between : Estimate or None
        Standard deviation between the groups' means; ``None`` with one group, where nothing is pooled.
    draws : ndarray, dims (draw, group)
    least : int
    """

    table: pd.DataFrame
    whole: Estimate
    between: Estimate | None
    draws: np.ndarray
    least: int = FEW

    @property
    def pooled(self) -> bool:
        """Whether groups were drawn towards the whole."""
        return self.between is not None


def group_means(
    moments: pd.DataFrame,
    *,
    column: str,
    group: str,
    seed: int,
    draws: int = 4_000,
    least: int = FEW,
    spread_scale: float = SPREAD_SCALE,
    mass: float = INTERVAL,
) -> GroupMeans:
    """Posterior of the groups' means from counts, means and scatter.

    Parameters
    ----------
    moments : DataFrame
        A row per group: ``group``, n, ``column`` (mean), ``<column>_scatter`` (sum of squared deviations within).
    column, group : str
    seed : int
    draws : int
    least : int
        A group with fewer answers is marked.
    spread_scale : float
        Scale of the half-normal prior on r.
    mass : float
        Of the intervals.

    Raises
    ------
    CannotEstimateError
        Fewer than three answers: they have no spread to speak of.
    """
    n = moments[names.N].to_numpy(dtype=float)
    mean = moments[column].to_numpy(dtype=float)
    if n.sum() < 3:
        raise CannotEstimateError("A mean with its uncertainty needs at least 3 answers, but there are {n}.", n=n.sum())
    within = float(moments[f"{column}_scatter"].sum())
    rng = np.random.default_rng(seed)
    if len(n) == 1:
        theta = _single(rng, n[0], mean[0], within, draws)[:, None]
        between = None
    else:
        theta, spread = _pooled(rng, n, mean, within, draws, spread_scale)
        between = estimate(spread, mass=mass)
    whole = theta @ n / n.sum()
    low, high = credible_interval(theta, mass=mass)
    above = (theta > whole[:, None]).mean(axis=0) if len(n) > 1 else np.full(1, np.nan)
    table = pd.DataFrame(
        {
            group: moments[group].to_numpy() if group in moments else [""] * len(n),
            names.N: n.astype(int),
            "raw": mean,
            "mean": theta.mean(axis=0),
            "low": low,
            "high": high,
            "p_above": above,
            "few": n < least,
        }
    )
    return GroupMeans(table, estimate(whole, mass=mass), between, theta, least)


def mean_of_sample(n: float, mean: float, scatter: float, *, mass: float = INTERVAL) -> Estimate:
    """Posterior of one mean in closed form: Student's t with n - 1 degrees of freedom, flat priors as above.

    Parameters
    ----------
    n, mean, scatter : float
        Answers, their mean, and the sum of squared deviations from it.
    mass : float
    """
    reach = float(student.ppf((1 + mass) / 2, n - 1) * np.sqrt(scatter / (n * (n - 1))))
    return Estimate(float(mean), float(mean - reach), float(mean + reach), mass=mass)


def _single(rng: np.random.Generator, n: float, mean: float, scatter: float, draws: int) -> np.ndarray:
    """Student's t: the posterior of a normal mean under flat priors on mu and log sigma."""
    return mean + np.sqrt(scatter / (n * (n - 1))) * rng.standard_t(n - 1, size=draws)


def _pooled(
    rng: np.random.Generator, n: np.ndarray, mean: np.ndarray, within: float, draws: int, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the groups' means, dims (draw, group), and of the spread between them."""
    total = n.sum()
    middle = (np.arange(_GRID) + 0.5) / _GRID
    grid = scale * 6 * middle**2  # finer near 0, where the likelihood of r may be steep; 6 scales hold the prior
    v = 1 / n + grid[:, None] ** 2
    precision = (1 / v).sum(axis=1)
    centre = (mean / v).sum(axis=1) / precision
    scatter = within + ((mean - centre[:, None]) ** 2 / v).sum(axis=1)
    if not np.any(scatter > 0):  # every answer is the same: nothing is uncertain, and no logarithm may be taken
        return np.broadcast_to(mean, (draws, len(n))).copy(), np.zeros(draws)
    density = (
        -0.5 * (grid / scale) ** 2
        - 0.5 * np.log(v).sum(axis=1)
        - 0.5 * np.log(precision)
        - 0.5 * (total - 1) * np.log(np.maximum(scatter, 1e-300))
        + np.log(middle)  # width of the cell, up to a constant
    )
    chosen = rng.choice(_GRID, size=draws, p=np.exp(density - logsumexp(density)))
    r = grid[chosen]
    sigma = np.sqrt(scatter[chosen] / rng.chisquare(total - 1, size=draws))
    mu = centre[chosen] + sigma / np.sqrt(precision[chosen]) * rng.standard_normal(draws)
    tie = 1 / r[:, None] ** 2
    share = n + tie
    theta = (n * mean + mu[:, None] * tie) / share
    theta += sigma[:, None] / np.sqrt(share) * rng.standard_normal(theta.shape)
    return theta, r * sigma
