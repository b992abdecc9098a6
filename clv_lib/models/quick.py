"""The best parameters without their uncertainty: enough to choose a family, and to check published estimates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from clv_lib.errors import CannotEstimateError
from clv_lib.models.cells import KERNELS, Arrays, evaluate
from clv_lib.models.priors import DEFAULT_PRIORS, UNIT_INTERVAL, Prior
from clv_lib.models.purchases import FAMILIES, natural, require_estimable
from clv_lib.models.spend import scaled_spend

FARTHEST = 15.0  # bound of each log or logit: where the likelihood has no maximum, the search stops there


def quick_fit(cells: pd.DataFrame, *, family: str, priors: Mapping[str, Prior] | None = None) -> dict[str, float]:
    """Most probable parameters given the cells; without ``priors``, those of maximum likelihood.

    Parameters
    ----------
    cells : DataFrame
        Purchase cells (frequency, recency, T, n) or, for ``"gamma_gamma"``, spend cells.
    family : str
        A purchase family or ``"gamma_gamma"``.
    priors : mapping, optional
        With them the posterior density of the logs (and logits) is maximised, which always has a maximum.

    Returns
    -------
    dict
        Parameters of the paper, in the units of the cells.

    Raises
    ------
    CannotEstimateError
        The cells cannot identify the model.
    """
    best = _best(cells, family=family, priors=priors)
    return {name: float(value[0]) for name, value in best.told(best.position[None, :]).items()}


def quick_draws(
    cells: pd.DataFrame, *, family: str, priors: Mapping[str, Prior], size: int, seed: int
) -> dict[str, np.ndarray]:
    """Draws around the most probable parameters: normal in their logs and logits, with the curvature found there.

    With thousands of customers this is near the posterior and takes no sampler. Where the curvature says nothing of a
    direction, its standard deviation is bounded by 1.

    Returns
    -------
    dict of str to ndarray, dims (draw, 1)
        As :meth:`~clv_lib.models.posterior.Posterior.draws` gives them.
    """
    best = _best(cells, family=family, priors=priors)
    values, axes = np.linalg.eigh(best.curvature(priors))
    spread = np.minimum(1 / np.sqrt(np.maximum(values, 1e-12)), 1.0)
    normal = np.random.default_rng(seed).standard_normal((size, len(values)))
    told = best.told(best.position + (normal * spread) @ axes.T)
    return {name: value[:, None] for name, value in told.items()}


@dataclass(frozen=True)
class _Best:
    """Where the search ended, in logs and logits."""

    family: str
    names: list[str]
    position: np.ndarray
    arrays: Arrays
    scale: float

    def told(self, positions: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters of the paper at some positions, dims (position, parameter)."""
        variables = {name: _bound(name, positions[:, i]) for i, name in enumerate(self.names)}
        parameters = {name: np.asarray(value) for name, value in _parameters(self.family, variables).items()}
        if "v" in parameters:
            parameters["v"] = parameters["v"] * self.scale
        return parameters

    def curvature(self, priors: Mapping[str, Prior]) -> np.ndarray:
        """Second derivatives of minus the log density of all customers, from differences of its gradient."""
        customers, step, rows = self.arrays["n"].sum(), 1e-4, []
        for i in range(len(self.position)):
            ends = []
            for sign in (-1, 1):
                moved = self.position.copy()
                moved[i] += sign * step
                ends.append(_minus_log_density(moved, self.family, self.names, self.arrays, priors)[1])
            rows.append((ends[1] - ends[0]) / (2 * step) * customers)
        found = np.array(rows)
        return (found + found.T) / 2


def _best(cells: pd.DataFrame, *, family: str, priors: Mapping[str, Prior] | None) -> _Best:
    scale = 1.0
    if family in FAMILIES:
        require_estimable(cells)
    else:
        spend = scaled_spend(cells)
        cells, scale = spend.cells, spend.scale
    names = list(DEFAULT_PRIORS[family])
    arrays = KERNELS[family][1](cells)
    start = [float(_free(name, DEFAULT_PRIORS[family][name].frozen().median())) for name in names]
    found = minimize(
        _minus_log_density,
        np.array(start),
        args=(family, names, arrays, priors),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-FARTHEST, FARTHEST)] * len(names),
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10},
    )
    if not np.isfinite(found.fun):
        raise CannotEstimateError(
            "The likelihood of {family} must be finite somewhere near ordinary shops, but it is not for these {cells} "
            "distinct histories. Usually times or amounts are not in the units stated; check them.",
            family=family,
            cells=len(cells),
        )
    return _Best(family, names, found.x, arrays, scale)


def _parameters(family: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    return natural(family, variables) if family in FAMILIES else dict(variables)


def _free(name: str, value: float) -> float:
    return np.log(value) - np.log1p(-value) if name in UNIT_INTERVAL else np.log(value)


def _bound(name: str, value: Any) -> Any:
    return 1 / (1 + np.exp(-value)) if name in UNIT_INTERVAL else np.exp(value)


def _minus_log_density(
    position: np.ndarray, family: str, names: list[str], arrays: Arrays, priors: Mapping[str, Prior] | None
) -> tuple[float, np.ndarray]:
    """Minus the average log density per customer, with its gradient by the logs and logits."""
    variables = {name: _bound(name, value) for name, value in zip(names, position, strict=True)}
    parameters = _parameters(family, variables)
    value, gradient = evaluate(family, parameters, arrays)
    by = dict(zip(parameters, gradient, strict=True))
    if "phi_dropout" in variables:
        phi, kappa = variables["phi_dropout"], variables["kappa_dropout"]
        by |= {"phi_dropout": kappa * (by["a"] - by["b"]), "kappa_dropout": phi * by["a"] + (1 - phi) * by["b"]}
    slope = {n: v * (1 - v) if n in UNIT_INTERVAL else v for n, v in variables.items()}
    total = np.array([by[name] * slope[name] for name in names])
    for i, name in enumerate(names if priors else []):
        log_density = [_log_prior(name, position[i] + step, priors) for step in (-1e-4, 0.0, 1e-4)]  # type: ignore[arg-type]
        value += log_density[1]
        total[i] += (log_density[2] - log_density[0]) / 2e-4
    customers = arrays["n"].sum()
    return -value / customers, -total / customers


def _log_prior(name: str, position: float, priors: Mapping[str, Prior]) -> float:
    """Log density of the log or logit of one variable."""
    value = _bound(name, position)
    slope = value * (1 - value) if name in UNIT_INTERVAL else value
    return float(priors[name].frozen().logpdf(value) + np.log(slope))
