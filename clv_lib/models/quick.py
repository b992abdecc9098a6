"""The best parameters without their uncertainty: enough to choose a family, and to check published estimates."""

from collections.abc import Mapping

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
    variables = {name: _bound(name, value) for name, value in zip(names, found.x, strict=True)}
    parameters = _parameters(family, variables)
    if "v" in parameters:
        parameters["v"] *= scale
    return {name: float(value) for name, value in parameters.items()}


def _parameters(family: str, variables: Mapping[str, float]) -> dict[str, float]:
    return natural(family, variables) if family in FAMILIES else dict(variables)


def _free(name: str, value: float) -> float:
    return np.log(value) - np.log1p(-value) if name in UNIT_INTERVAL else np.log(value)


def _bound(name: str, value: float) -> float:
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
