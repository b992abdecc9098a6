"""A fitted model: its draws, whether to trust them, and its life on disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import arviz as az
import numpy as np
import xarray as xr

from clv_lib.errors import DataError
from clv_lib.models import gamma_gamma
from clv_lib.models.purchases import FAMILIES
from clv_lib.models.subscriptions import CONTRACTS

RHAT_LIMIT: Final = 1.01
ESS_LIMIT: Final = 400.0
SAMPLE_STATS: Final = ("diverging", "n_steps", "depth", "energy", "logp", "step_size", "step_size_bar")


@dataclass(frozen=True)
class Posterior:
    """Draws of a fitted model.

    Attributes
    ----------
    family : str
        ``"bg_nbd"``, ``"mbg_nbd"``, ``"pareto_nbd"``, ``"gamma_gamma"``, ``"sbg"``, ``"bdw"``, or any other model,
        whose draws speak for themselves.
    tree : xarray.DataTree
        Groups ``posterior`` (dims chain, draw; for contracts also group) and ``sample_stats``; time in weeks (for
        contracts in billing periods), amounts divided by ``scale``.
    scale : float
        Amount of the currency that counts as 1 in ``tree``; 1 for purchases.
    customers, left_out : int
        Customers behind the cells, and customers without a usable value.
    """

    family: str
    tree: xr.DataTree
    scale: float = 1.0
    customers: int = 0
    left_out: int = 0

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the paper's parameters, in the order of the closed forms."""
        if self.family == "gamma_gamma":
            return gamma_gamma.PARAMETERS
        found = FAMILIES.get(self.family) or CONTRACTS.get(self.family)
        return found.parameters if found else tuple(str(name) for name in self.tree["posterior"].data_vars)

    def draws(self, n: int | None = None, seed: int = 0) -> dict[str, np.ndarray]:
        """Return ``n`` draws without replacement (all when None or too many), shape (n, 1), in weeks and currency.

        Of a contract model the shape is (n, group), and time is in billing periods.

        The same ``n`` and ``seed`` take the same draws of every parameter, so the parameters stay together.
        """
        values = {name: self.tree["posterior"][name].to_numpy() for name in self.parameters}
        values = {name: value.reshape(value.shape[0] * value.shape[1], -1) for name, value in values.items()}
        total = len(next(iter(values.values())))
        taken = np.arange(total)
        if n is not None and n < total:
            taken = np.sort(np.random.default_rng(seed).choice(total, size=n, replace=False))
        if "v" in values:
            values["v"] = values["v"] * self.scale
        return {name: value[taken] for name, value in values.items()}

    def share_without_mean(self) -> float:
        """Posterior probability that mean spend does not exist (q <= 1); 0 for purchases."""
        return float((self.tree["posterior"]["q"] <= 1).mean()) if self.family == "gamma_gamma" else 0.0

    def save(self, path: Path) -> None:
        """Write NetCDF; :func:`load_posterior` reads it back."""
        tree = self.tree.copy()
        tree.attrs = {
            "family": self.family,
            "scale": self.scale,
            "customers": self.customers,
            "left_out": self.left_out,
        }
        tree.to_netcdf(path, engine="h5netcdf")


def load_posterior(path: Path) -> Posterior:
    """Read a posterior written by :meth:`Posterior.save`.

    Raises
    ------
    DataError
        The file is not one.
    """
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            loaded, attrs = tree.load(), dict(tree.attrs)
        return Posterior(
            str(attrs["family"]), loaded, float(attrs["scale"]), int(attrs["customers"]), int(attrs["left_out"])
        )
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{path} must be a posterior saved by this suite, but reading it failed: {error}. "
            "Usually the file is cut short or another program's; delete it and run again."
        ) from error


@dataclass(frozen=True)
class Diagnostics:
    """Whether the sampler's draws may be used.

    Attributes
    ----------
    rhat_max, ess_bulk_min, ess_tail_min : float
        Worst over the parameters.
    divergences : int
        Of all chains, after tuning.
    trusted : bool
        No reason speaks against it.
    reasons : tuple of str
        ``"rhat"``, ``"ess_bulk"``, ``"ess_tail"``, ``"divergences"``: the limits that are broken.
    """

    rhat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    trusted: bool
    reasons: tuple[str, ...]


def diagnose(posterior: Posterior) -> Diagnostics:
    """Hold the draws against the usual limits (Vehtari et al. 2021): R-hat 1.01, 400 effective draws, no divergence."""
    draws = posterior.tree["posterior"].to_dataset()[list(posterior.parameters)]
    rhat = _extreme(az.rhat(draws), max)
    bulk = _extreme(az.ess(draws, method="bulk"), min)
    tail = _extreme(az.ess(draws, method="tail"), min)
    divergences = int(posterior.tree["sample_stats"]["diverging"].sum())
    broken = {
        "rhat": not rhat <= RHAT_LIMIT,  # "not <=": NaN, from chains that never moved, must fail
        "ess_bulk": not bulk >= ESS_LIMIT,
        "ess_tail": not tail >= ESS_LIMIT,
        "divergences": divergences > 0,
    }
    reasons = tuple(name for name, fails in broken.items() if fails)
    return Diagnostics(rhat, bulk, tail, divergences, not reasons, reasons)


def _extreme(dataset: xr.Dataset, worst: Callable[[list[float]], float]) -> float:
    values = [float(value) for name in dataset.data_vars for value in np.ravel(dataset[name].to_numpy())]
    return float("nan") if any(np.isnan(values)) else worst(values)
