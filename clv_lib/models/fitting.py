"""Sampling: cells in, a posterior out.

A model is compiled once per family and set of priors and then fitted to any cells: compiling takes several seconds,
and a run fits the same family to the calibration period and to the whole log.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import nutpie
import pandas as pd
import pymc as pm
import xarray as xr

from clv_lib.models.cells import KERNELS
from clv_lib.models.graphs import cell_model
from clv_lib.models.posterior import SAMPLE_STATS, Diagnostics, Posterior, diagnose, load_posterior
from clv_lib.models.priors import Prior, priors_of
from clv_lib.models.purchases import require_estimable
from clv_lib.models.spend import scaled_spend
from clv_lib.settings import ModelSection

TARGET_ACCEPT: Final = 0.95  # at nutpie's 0.8, data without drop-out diverge now and then at the edge of the ridge

__all__ = [
    "Diagnostics",
    "Posterior",
    "diagnose",
    "fit_purchases",
    "fit_spend",
    "load_posterior",
    "sample",
]


def sample(
    model: pm.Model,
    *,
    family: str,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    seed: int = 8451,
    cores: int | None = None,
    target_accept: float = TARGET_ACCEPT,
) -> Posterior:
    """Sample a PyMC model by NUTS (nutpie); the same seed gives the same draws, on any number of cores."""
    compiled = nutpie.compile_pymc_model(model)
    tree = _nuts(compiled, draws=draws, tune=tune, chains=chains, seed=seed, cores=cores, target_accept=target_accept)
    return Posterior(family, tree)


def fit_purchases(
    cells: pd.DataFrame,
    *,
    family: str,
    settings: ModelSection | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    cores: int | None = None,
) -> Posterior:
    """Posterior of a purchase family given cells (frequency, recency, T, n; weeks).

    Parameters
    ----------
    cells : DataFrame
        Distinct triples with their counts.
    family : str
        ``"bg_nbd"``, ``"mbg_nbd"`` or ``"pareto_nbd"``.
    settings : ModelSection, optional
        Priors, draws, tune, chains and seed; the arguments below stand for its values.

    Raises
    ------
    CannotEstimateError
        Too few customers, none observed after the first purchase, or too few who came back.
    SettingsError
        A prior in the settings that cannot be meant.
    """
    settings = settings or ModelSection()
    priors = priors_of(family, settings.priors)
    require_estimable(cells)
    compiled = _compiled(family, cells, priors)
    tree = _nuts(compiled, cores=cores, **_sampling(settings, draws, tune, chains, seed))
    return Posterior(family, tree, customers=int(cells["n"].sum()))


def fit_spend(
    spend_cells: pd.DataFrame,
    *,
    settings: ModelSection | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    cores: int | None = None,
) -> Posterior:
    """Posterior of the Gamma-Gamma model given spend cells (frequency, monetary_value, mean_log_value, n).

    Amounts are divided by their median for the fit, so that the priors mean the same in every currency. Customers
    whose mean value is not positive are left out and counted in ``left_out``.

    Raises
    ------
    CannotEstimateError
        Too few customers with a repeat purchase of positive value.
    SettingsError
        A prior in the settings that cannot be meant.
    """
    settings = settings or ModelSection()
    priors = priors_of("gamma_gamma", settings.priors)
    spend = scaled_spend(spend_cells)
    compiled = _compiled("gamma_gamma", spend.cells, priors)
    tree = _nuts(compiled, cores=cores, **_sampling(settings, draws, tune, chains, seed))
    return Posterior("gamma_gamma", tree, spend.scale, spend.customers, spend.left_out)


def _sampling(
    settings: ModelSection, draws: int | None, tune: int | None, chains: int | None, seed: int | None
) -> dict[str, int]:
    stated = {"draws": draws, "tune": tune, "chains": chains, "seed": seed}
    return {name: getattr(settings, name) if value is None else value for name, value in stated.items()}


def _compiled(family: str, cells: pd.DataFrame, priors: Mapping[str, Prior]) -> Any:
    """Return the compiled model of the family with these cells as its data."""
    key = tuple((name, prior.dist, tuple(prior.arguments.items())) for name, prior in priors.items())
    return _compiled_once(family, key).with_data(**KERNELS[family][1](cells))


@lru_cache(maxsize=8)
def _compiled_once(family: str, key: tuple[tuple[str, str, tuple[tuple[str, float], ...]], ...]) -> Any:
    priors = {name: Prior(dist, dict(arguments)) for name, dist, arguments in key}
    example = pd.DataFrame(
        {"frequency": [0, 1], "recency": [0.0, 1.0], "T": [2.0, 2.0], "monetary_value": [1.0, 1.0], "n": [1, 1]}
    ).assign(mean_log_value=0.0)
    cells = example.iloc[1:] if family == "gamma_gamma" else example
    return nutpie.compile_pymc_model(cell_model(family, cells, priors))


def _nuts(
    compiled: Any,
    *,
    draws: int,
    tune: int,
    chains: int,
    seed: int,
    cores: int | None,
    target_accept: float = TARGET_ACCEPT,
) -> xr.DataTree:
    """Sample; the low-rank mass matrix follows the ridge between shape and scale: three times the effective draws."""
    tree = nutpie.sample(
        compiled,
        draws=draws,
        tune=tune,
        chains=chains,
        cores=cores,
        seed=seed,
        adaptation="low_rank",
        target_accept=target_accept,
        save_warmup=False,
        progress_bar=False,
    )
    stats = tree["sample_stats"].to_dataset()
    kept = stats[[name for name in SAMPLE_STATS if name in stats]]
    # without the attributes, which hold the time of day: the same fit must make the same file
    return xr.DataTree.from_dict(
        {"posterior": tree["posterior"].to_dataset().drop_attrs(), "sample_stats": kept.drop_attrs()}
    )
