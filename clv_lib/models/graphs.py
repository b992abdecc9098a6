"""The PyMC models: priors, the parameters of the paper, and the likelihood of the cells."""

from collections.abc import Mapping

import pandas as pd
import pymc as pm

from clv_lib.models.cells import KERNELS, add_likelihood
from clv_lib.models.priors import Prior
from clv_lib.models.purchases import natural


def purchase_model(family: str, cells: pd.DataFrame, priors: Mapping[str, Prior]) -> pm.Model:
    """PyMC model of a purchase family on cells (columns frequency, recency, T, n; weeks)."""
    with pm.Model() as model:
        variables = {name: _variable(name, prior) for name, prior in priors.items()}
        parameters = natural(family, variables)
        for name in parameters.keys() - variables.keys():
            parameters[name] = pm.Deterministic(name, parameters[name])
        add_likelihood(family, parameters, KERNELS[family][1](cells))
    return model


def spend_model(cells: pd.DataFrame, priors: Mapping[str, Prior]) -> pm.Model:
    """PyMC model of spend on cells (columns frequency, monetary_value, mean_log_value, n), amounts scaled."""
    with pm.Model() as model:
        parameters = {name: _variable(name, priors[name]) for name in ("p", "q", "v")}
        add_likelihood("gamma_gamma", parameters, KERNELS["gamma_gamma"][1](cells))
    return model


def _variable(name: str, prior: Prior) -> object:
    return getattr(pm, prior.dist)(name, **prior.arguments)
