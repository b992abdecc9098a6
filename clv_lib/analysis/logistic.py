"""Bayesian logistic regression on a small table of cells, for an association with its uncertainty.

The posterior of two or three coefficients is close to normal, so it is drawn by importance resampling from a
Student t at its mode: no chain, nothing to converge, and the effective number of draws is known.

References
----------
.. [1] Gelman, Jakulin, Pittau & Su (2008), "A Weakly Informative Default Prior Distribution for Logistic and Other
   Regression Models", Annals of Applied Statistics 2(4), 1360-1383: predictors on one scale, priors of a fixed width.
"""

from typing import Final

import numpy as np

SLOPE_SCALE: Final = 1.5  # one standard deviation rarely moves the odds more than tenfold either way
INTERCEPT_SCALE: Final = 5.0
_DEGREES: Final = 5  # heavier tails than the posterior, so that weights stay bounded
_OVERSAMPLE: Final = 10
_STEPS: Final = 50


def logistic_draws(
    design: np.ndarray,
    *,
    successes: np.ndarray,
    trials: np.ndarray,
    seed: int,
    draws: int = 4_000,
    slope_scale: float = SLOPE_SCALE,
    intercept_scale: float = INTERCEPT_SCALE,
) -> np.ndarray:
    """Posterior draws of the coefficients of ``logit P(success) = design @ beta``.

    Parameters
    ----------
    design : ndarray, dims (cell, term)
        The first column is 1; the others are standardised.
    successes, trials : ndarray, dims (cell,)
    seed : int
    draws : int
    slope_scale, intercept_scale : float
        Standard deviations of the normal priors around 0.

    Returns
    -------
    ndarray, dims (draw, term)
    """
    scale = np.array([intercept_scale] + [slope_scale] * (design.shape[1] - 1))
    mode, precision = _mode(design, successes, trials, scale)
    rng = np.random.default_rng(seed)
    size = (draws * _OVERSAMPLE, len(scale))
    root = np.linalg.cholesky(np.linalg.inv(precision))
    z = rng.standard_normal(size) / np.sqrt(rng.chisquare(_DEGREES, size[0]) / _DEGREES)[:, None]
    beta = mode + z @ root.T
    proposal = -0.5 * (_DEGREES + len(scale)) * np.log1p((z**2).sum(axis=1) / _DEGREES)
    log_weight = _log_posterior(beta, design, successes, trials, scale) - proposal
    weight = np.exp(log_weight - log_weight.max())
    return beta[rng.choice(size[0], size=draws, p=weight / weight.sum())]


def _log_posterior(
    beta: np.ndarray, design: np.ndarray, successes: np.ndarray, trials: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Log density of each row of ``beta``, up to a constant."""
    logit = beta @ design.T
    return logit @ successes - np.logaddexp(0.0, logit) @ trials - 0.5 * ((beta / scale) ** 2).sum(axis=1)


def _mode(
    design: np.ndarray, successes: np.ndarray, trials: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method with halved steps; the priors make the posterior strictly concave. Returns mode and precision."""
    beta = np.zeros(len(scale))
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-design @ beta))
        precision = (design * (trials * share * (1 - share))[:, None]).T @ design + np.diag(scale**-2.0)
        step = np.linalg.solve(precision, design.T @ (successes - trials * share) - beta / scale**2)
        here = _log_posterior(beta[None], design, successes, trials, scale)[0]
        while _log_posterior((beta + step)[None], design, successes, trials, scale)[0] < here - 1e-9:
            step = step / 2
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return beta, precision
