"""Prior and posterior predictive checks: whether a world like the model's would produce such data.

Both checks simulate the customers anew, with the same ages (or the same numbers of purchases) and draws of the
parameters from the prior or the posterior, and hold the simulated shares beside the observed ones.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.models import gamma_gamma
from clv_lib.models.priors import Prior
from clv_lib.models.purchases import FAMILIES, natural
from clv_lib.models.spend import weighted_quantile

MOST_CUSTOMERS: Final = 100_000  # simulated per draw; of a larger base a random part, so that memory is bounded
COUNTED_PURCHASES: Final = 7  # the last class is "7 or more"
QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)

Draws = Mapping[str, np.ndarray]


def prior_draws(family: str, priors: Mapping[str, Prior], *, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Parameters of the paper drawn from the priors, shape (n, 1); amounts in medians."""
    variables = {name: prior.frozen().rvs(size=(n, 1), random_state=rng) for name, prior in priors.items()}
    return natural(family, variables) if family in FAMILIES else variables


def check_purchases(
    draws: Draws, cells: pd.DataFrame, *, family: str, rng: np.random.Generator, mass: float = 0.9
) -> pd.DataFrame:
    """Hold the shares of customers by number of repeat purchases against the model's.

    Parameters
    ----------
    draws : mapping
        Parameters of shape (draw, 1), from :meth:`Posterior.draws` or :func:`prior_draws`.
    cells : DataFrame
        frequency, recency, T, n.
    mass : float
        Probability of the predictive interval.

    Returns
    -------
    DataFrame
        purchases (0, 1, ... 7, the last standing for 7 or more), observed, low, median, high: shares of customers.
    """
    ages, counts = _part(cells["T"].to_numpy(float), cells["n"].to_numpy(), rng)
    everyone = np.repeat(ages, counts)
    shares = []
    for theta in _rows(draws, FAMILIES[family].parameters):
        born = {"frequency": np.zeros_like(everyone), "recency": 0.0, "T": 0.0}
        count = FAMILIES[family].simulate_purchases(rng, *theta, **born, horizon=everyone).count
        shares.append(_shares(count, np.ones_like(count)))
    observed = _shares(cells["frequency"].to_numpy(), cells["n"].to_numpy())
    return _frame("purchases", np.arange(COUNTED_PURCHASES + 1), observed, np.array(shares), mass)


def check_spend(draws: Draws, cells: pd.DataFrame, *, rng: np.random.Generator, mass: float = 0.9) -> pd.DataFrame:
    """Hold the quantiles of the customers' mean repeat value against the model's.

    Parameters
    ----------
    draws : mapping
        p, q, v of shape (draw, 1), v in the unit of ``cells``: draws from the prior are to be multiplied by the scale.
    cells : DataFrame
        frequency, monetary_value, n; values that are not positive are left out.

    Returns
    -------
    DataFrame
        share (0.1 ... 0.99), observed, low, median, high: amounts below which that share of customers lies.
    """
    cells = cells[(cells["frequency"] > 0) & (cells["monetary_value"] > 0)]
    x, counts = _part(cells["frequency"].to_numpy(float), cells["n"].to_numpy(), rng)
    everyone, shares = np.repeat(x, counts), np.array(QUANTILES)
    simulated = []
    for theta in _rows(draws, gamma_gamma.PARAMETERS):
        new = {"frequency": 0.0, "monetary_value": 0.0}
        total = gamma_gamma.simulate_spend(rng, *theta, **new, count=everyone)
        simulated.append(np.quantile(total / everyone, shares))
    observed = weighted_quantile(cells["monetary_value"].to_numpy(float), cells["n"].to_numpy(float), shares)
    return _frame("share", shares, observed, np.array(simulated), mass)


def _part(values: np.ndarray, n: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values with the number of customers to simulate."""
    distinct, index = np.unique(values, return_inverse=True)
    counts = np.bincount(index, n).astype(np.int64)
    if counts.sum() > MOST_CUSTOMERS:
        counts = rng.multivariate_hypergeometric(counts, MOST_CUSTOMERS, method="marginals")
    return distinct, counts


def _rows(draws: Draws, names: tuple[str, ...]) -> np.ndarray:
    return np.column_stack([np.asarray(draws[name]).reshape(-1) for name in names])


def _shares(count: np.ndarray, weights: np.ndarray) -> np.ndarray:
    classes = np.bincount(np.minimum(count, COUNTED_PURCHASES).astype(int), weights, minlength=COUNTED_PURCHASES + 1)
    return classes / classes.sum()


def _frame(name: str, keys: np.ndarray, observed: np.ndarray, simulated: np.ndarray, mass: float) -> pd.DataFrame:
    low, median, high = np.quantile(simulated, [(1 - mass) / 2, 0.5, (1 + mass) / 2], axis=0)
    return pd.DataFrame({name: keys, "observed": observed, "low": low, "median": median, "high": high})
