"""Cells: the same posterior from a small table.

The likelihood sees a customer only through a few numbers; customers who share them are one cell with a count, and the
sum of count times log-likelihood over cells is the sum over customers. A cell likelihood is one node of the PyMC graph
that returns the value and the gradient together, from :mod:`clv_lib.models.kernels`; the data are ``pm.Data``, so a
compiled model is fitted again to other cells without compiling again.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch import basic as numba_basic

from clv_lib.models import kernels

Arrays = dict[str, np.ndarray]
LOG_LIKELIHOOD: Final = "log_likelihood"


def geometric_arrays(cells: pd.DataFrame, *, first_chance: int) -> Arrays:
    """Arguments of :func:`kernels.bg_nbd` after the parameters."""
    columns = {"x": "frequency", "t_x": "recency", "T": "T", "n": "n"}
    arrays = {name: cells[column].to_numpy(float) for name, column in columns.items()}
    return {"first_chance": np.asarray(first_chance), **arrays}


def pareto_arrays(cells: pd.DataFrame) -> Arrays:
    """Arguments of :func:`kernels.pareto_nbd` after the parameters."""
    x = cells["frequency"].to_numpy(float)
    arrays = {"x": x, "n": cells["n"].to_numpy(float)}
    for name, column in (("since", "recency"), ("until", "T")):
        pairs, index = np.unique(np.column_stack([x, cells[column].to_numpy(float)]), axis=0, return_inverse=True)
        arrays |= {f"{name}_x": pairs[:, 0].copy(), f"{name}_t": pairs[:, 1].copy(), name: index.ravel()}
    return arrays


def spend_arrays(cells: pd.DataFrame) -> Arrays:
    """Arguments of :func:`kernels.gamma_gamma` after the parameters; amounts as they are in ``cells``."""
    n, mean_log = cells["n"].to_numpy(float), cells["mean_log_value"].to_numpy(float)
    x, of_x = np.unique(cells["frequency"].to_numpy(float), return_inverse=True)
    return {
        "x": x,
        "customers": np.bincount(of_x, n),
        "sum_log": np.bincount(of_x, n * mean_log),
        "of_x": of_x,
        "mean_log": mean_log,
        "half_variance": np.maximum(np.log(cells["monetary_value"].to_numpy(float)) - mean_log, 0.0),
        "n": n,
    }


KERNELS: Final[dict[str, tuple[Callable[..., Any], Callable[[pd.DataFrame], Arrays]]]] = {
    "bg_nbd": (kernels.bg_nbd, lambda cells: geometric_arrays(cells, first_chance=0)),
    "mbg_nbd": (kernels.bg_nbd, lambda cells: geometric_arrays(cells, first_chance=1)),
    "pareto_nbd": (kernels.pareto_nbd, pareto_arrays),
    "gamma_gamma": (kernels.gamma_gamma, spend_arrays),
}


class CellLikelihood(Op):
    """Log-likelihood of a table of cells, and its gradient by the parameters, as one node."""

    __props__ = ("family",)

    def __init__(self, family: str) -> None:
        self.family = family

    def make_node(self, *inputs: Any) -> Apply:
        """Parameters as a vector, then the arrays of the family."""
        return Apply(self, [pt.as_tensor_variable(value) for value in inputs], [pt.dscalar(), pt.dvector()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Evaluate outside numba, with the same kernel."""
        value, gradient = KERNELS[self.family][0](*inputs)
        outputs[0][0], outputs[1][0] = np.asarray(value), gradient

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> list[Any]:
        """Use the second output of this very node; the data have no gradient."""
        return [cotangents[0] * outputs[1], *(DisconnectedType()() for _ in inputs[1:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Only the value depends, differentiably, on the parameters."""
        return [[True, False], *([False, False] for _ in node.inputs[1:])]


@numba_basic.register_funcify_and_cache_key(CellLikelihood)
def _in_numba(op: CellLikelihood, node: Apply, **kwargs: Any) -> tuple[Callable[..., Any], str]:
    kernel = KERNELS[op.family][0]
    source = inspect.getsource(kernels)  # the cache on disk must not outlive an edit

    @numba_basic.numba_njit
    def cell_likelihood(parameters, *data):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        value, gradient = kernel(parameters, *data)
        return np.asarray(value), gradient

    return cell_likelihood, hashlib.sha256(f"{op.family}{source}".encode()).hexdigest()


def evaluate(family: str, parameters: Mapping[str, float], arrays: Arrays) -> tuple[float, np.ndarray]:
    """Log-likelihood and gradient at one point, without PyMC."""
    return KERNELS[family][0](np.array(list(parameters.values()), dtype=float), *arrays.values())


def add_likelihood(family: str, parameters: Mapping[str, Any], arrays: Arrays) -> None:
    """Add the likelihood of the cells to the PyMC model in whose context it is called."""
    data = [pm.Data(name, array) for name, array in arrays.items()]
    node = CellLikelihood(family).make_node(pt.stack(list(parameters.values())), *data)
    pm.Potential(LOG_LIKELIHOOD, node.outputs[0])
