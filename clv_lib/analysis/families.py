"""The closed forms of the purchase families, by name, and the draws that go into them."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import numpy as np

from clv_lib.errors import CannotEstimateError, UsageError
from clv_lib.models import bg_nbd, gamma_gamma, mbg_nbd, pareto_nbd
from clv_lib.names import PurchaseFamily

Draws = Mapping[str, np.ndarray]  # parameter -> array of dims (draw, 1)


class ClosedForms(Protocol):
    """What a module of a purchase family offers to the analysis; see :mod:`clv_lib.models.bg_nbd`."""

    PARAMETERS: tuple[str, ...]

    def p_alive(self, *parameters: Any, frequency: Any, recency: Any, T: Any) -> np.ndarray: ...  # noqa: D102
    def purchases_if_alive(  # noqa: D102
        self, *parameters: Any, frequency: Any, T: Any, horizon: Any, discount_rate: float = 0.0
    ) -> np.ndarray: ...
    def expected_purchases_new(self, *parameters: Any, horizon: Any) -> np.ndarray: ...  # noqa: D102
    def discounted_purchases_new(self, *parameters: Any, horizon: Any, discount_rate: float) -> np.ndarray: ...  # noqa: D102
    def time_if_alive(  # noqa: D102
        self, *parameters: Any, frequency: Any, T: Any, horizon: Any, discount_rate: float = 0.0
    ) -> np.ndarray: ...
    def time_alive_new(self, *parameters: Any, horizon: Any, discount_rate: float) -> np.ndarray: ...  # noqa: D102
    def simulate_purchases(  # noqa: D102
        self,
        rng: np.random.Generator,
        *parameters: Any,
        frequency: Any,
        recency: Any,
        T: Any,
        horizon: Any,
        with_time: bool = False,
    ) -> Any: ...


_MODULES: Final = {"bg_nbd": bg_nbd, "mbg_nbd": mbg_nbd, "pareto_nbd": pareto_nbd}


def closed_forms(family: PurchaseFamily) -> ClosedForms:
    """Return the closed forms of a purchase family.

    Raises
    ------
    UsageError
        For a name that is no family of ours.
    """
    if family not in _MODULES:
        raise UsageError(f"the purchase family must be one of {', '.join(_MODULES)}, but it is {family!r}.")
    return cast(ClosedForms, _MODULES[family])


def in_order(draws: Draws, parameters: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """Draws in the order of the papers, each as dims (draw, 1).

    Raises
    ------
    UsageError
        When a parameter is missing or the parameters disagree about the number of draws.
    """
    missing = [name for name in parameters if name not in draws]
    if missing:
        raise UsageError(f"the draws must hold {', '.join(parameters)}, but {', '.join(missing)} is missing.")
    columns = tuple(np.asarray(draws[name], dtype=float).reshape(-1, 1) for name in parameters)
    sizes = {len(column) for column in columns}
    if len(sizes) != 1:
        raise UsageError(f"every parameter must have the same number of draws, but they have {sorted(sizes)}.")
    return columns


def paired(purchase_draws: Draws, spend_draws: Draws, family: PurchaseFamily) -> tuple[tuple[np.ndarray, ...], ...]:
    """Purchase and spend parameters, draw by draw.

    The two models are fitted apart; pairing their draws assumes that spend does not depend on frequency
    (:func:`clv_lib.analysis.assumptions.spend_independence`).
    """
    purchase = in_order(purchase_draws, closed_forms(family).PARAMETERS)
    spend = in_order(spend_draws, gamma_gamma.PARAMETERS)
    if len(purchase[0]) != len(spend[0]):
        raise UsageError(
            f"purchase and spend draws must pair one to one, but there are {len(purchase[0])} and {len(spend[0])}. "
            "Thin both posteriors to the same number of draws."
        )
    return purchase, spend


def require_mean_spend(spend: tuple[np.ndarray, ...], *, frequency: np.ndarray) -> None:
    """Refuse spend draws under which some customer's mean spend does not exist.

    The mean of the Gamma-Gamma model is ``p (v + x m) / (p x + q - 1)``. Where ``p x + q <= 1`` it is infinite, and the
    formula turns negative. One such draw is enough to make the posterior mean infinite, so none is tolerated.

    Parameters
    ----------
    spend : tuple of ndarray, dims (draw, 1)
        p, q, v.
    frequency : ndarray
        Repeat purchases with value of every customer valued; 0 asks for the population mean.

    Raises
    ------
    CannotEstimateError
        With the number of such draws.
    """
    p, q, _ = spend
    infinite = int(np.sum(p * np.min(frequency, initial=np.inf) + q <= 1))
    if infinite:
        raise CannotEstimateError(
            "The mean spend of a customer must exist, but in {infinite} of {draws} posterior draws it is infinite "
            "(Gamma-Gamma q of 1 or less). Usually a few purchases are hundreds of times larger than the rest, or too "
            "few customers bought twice. Look at the largest amounts, or give [model.priors.gamma_gamma] q a prior "
            "that stays above 1.",
            infinite=infinite,
            draws=len(q),
        )
