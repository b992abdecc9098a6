"""The PyMC models: those of pymc-marketing, told to read cells instead of customers.

A mixin keeps what a class of pymc-marketing gives (priors as configuration, its checks of the data, and after a fit its
summaries and predictions) and replaces one thing: the likelihood is that of weighted cells.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import pandas as pd
import pymc as pm
from pymc_extras.prior import Prior as Distribution
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel, ModifiedBetaGeoModel, ParetoNBDModel

from clv_lib.models.cells import KERNELS, add_likelihood
from clv_lib.models.priors import DEFAULT_PRIORS, Prior
from clv_lib.models.purchases import FAMILIES, natural


class OnCells:
    """Mixin for a CLV model of pymc-marketing: build it on a table of cells with their counts."""

    family: ClassVar[str]
    model_config: dict[str, Any]

    def build_model(self, data: pd.DataFrame) -> None:
        """Build the graph.

        Parameters
        ----------
        data : DataFrame
            Cells: frequency, recency, T (weeks), n; for spend frequency, monetary_value, mean_log_value (scaled), n.
        """
        self._check(data)
        self.data = data
        with pm.Model() as self.model:
            priors = {name: prior for name, prior in self.model_config.items() if isinstance(prior, Distribution)}
            variables = {name: prior.create_variable(name) for name, prior in priors.items()}
            parameters = natural(self.family, variables) if self.family in FAMILIES else variables
            for name in parameters.keys() - variables.keys():
                parameters[name] = pm.Deterministic(name, parameters[name])
            add_likelihood(self.family, parameters, KERNELS[self.family][1](data))

    @property
    def default_model_config(self) -> dict[str, Any]:
        """Our priors: no default of another release slips in."""
        return {name: _distribution(prior) for name, prior in DEFAULT_PRIORS[self.family].items()}

    def _check(self, data: pd.DataFrame) -> None:
        self._validate_rfm_data(data)  # type: ignore[attr-defined]


class BetaGeoOnCells(OnCells, BetaGeoModel):  # type: ignore[misc]
    """BG/NBD."""

    family = "bg_nbd"


class ModifiedBetaGeoOnCells(OnCells, ModifiedBetaGeoModel):  # type: ignore[misc]
    """MBG/NBD."""

    family = "mbg_nbd"


class ParetoNBDOnCells(OnCells, ParetoNBDModel):  # type: ignore[misc]
    """Pareto/NBD."""

    family = "pareto_nbd"


class GammaGammaOnCells(OnCells, GammaGammaModel):  # type: ignore[misc]
    """Gamma-Gamma."""

    family = "gamma_gamma"

    def _check(self, data: pd.DataFrame) -> None:
        self._validate_frequency(data)


MODELS: Final = {
    model.family: model for model in (BetaGeoOnCells, ModifiedBetaGeoOnCells, ParetoNBDOnCells, GammaGammaOnCells)
}


def cell_model(family: str, cells: pd.DataFrame, priors: Mapping[str, Prior]) -> pm.Model:
    """PyMC model of a purchase family or of spend, on cells.

    Parameters
    ----------
    family : str
        ``"bg_nbd"``, ``"mbg_nbd"``, ``"pareto_nbd"`` or ``"gamma_gamma"``.
    cells : DataFrame
        As for :meth:`OnCells.build_model`.
    priors : mapping
        By the name of the sampled variable.
    """
    model = MODELS[family](model_config={name: _distribution(prior) for name, prior in priors.items()})
    model.build_model(cells)
    return model.model


def _distribution(prior: Prior) -> Distribution:
    return Distribution(prior.dist, **prior.arguments)
