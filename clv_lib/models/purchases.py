"""The purchase families, simplest first: one name for the story, the closed forms, the priors and the PyMC model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clv_lib.errors import CannotEstimateError
from clv_lib.models import bg_nbd, mbg_nbd, pareto_nbd
from clv_lib.models.priors import DEFAULT_PRIORS, Prior

if TYPE_CHECKING:  # PyMC takes seconds to load, and a forecast from saved draws does not need it
    import pymc as pm

FEWEST_CUSTOMERS: Final = 50  # four parameters of two distributions between customers; fewer and the priors speak
FEWEST_REPEAT_CUSTOMERS: Final = 10


@dataclass(frozen=True)
class PurchaseFamily:
    """A purchase model.

    Attributes
    ----------
    name, title : str
        As in the settings, and as people write it.
    parameters : tuple of str
        In the order of the closed forms' positional arguments.
    priors : mapping
        Default priors, by the name of the sampled variable.
    log_likelihood, p_alive, expected_purchases, ... : callables
        The closed forms of the family's module.
    """

    name: str
    title: str
    module: ModuleType
    parameters: tuple[str, ...]
    priors: Mapping[str, Prior]
    log_likelihood: Callable[..., Any]
    p_alive: Callable[..., Any]
    expected_purchases: Callable[..., Any]
    expected_purchases_new: Callable[..., Any]
    purchases_if_alive: Callable[..., Any]
    discounted_purchases_new: Callable[..., Any]
    time_if_alive: Callable[..., Any]
    time_alive_new: Callable[..., Any]
    simulate_purchases: Callable[..., Any]

    def build(self, cells: pd.DataFrame, priors: Mapping[str, Prior] | None = None) -> "pm.Model":
        """PyMC model of the cells; ``priors`` stand for the defaults."""
        from clv_lib.models.graphs import cell_model

        return cell_model(self.name, cells, self.priors if priors is None else priors)


def _family(title: str, module: ModuleType) -> PurchaseFamily:
    name = module.__name__.rpartition(".")[2]
    return PurchaseFamily(
        name=name,
        title=title,
        module=module,
        parameters=module.PARAMETERS,
        priors=DEFAULT_PRIORS[name],
        log_likelihood=module.log_likelihood,
        p_alive=module.p_alive,
        expected_purchases=module.expected_purchases,
        expected_purchases_new=module.expected_purchases_new,
        purchases_if_alive=module.purchases_if_alive,
        discounted_purchases_new=module.discounted_purchases_new,
        time_if_alive=module.time_if_alive,
        time_alive_new=module.time_alive_new,
        simulate_purchases=module.simulate_purchases,
    )


FAMILIES: Final[dict[str, PurchaseFamily]] = {
    family.name: family
    for family in (_family("BG/NBD", bg_nbd), _family("MBG/NBD", mbg_nbd), _family("Pareto/NBD", pareto_nbd))
}


def natural(family: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the paper from the sampled variables: a and b from their ratio and their sum."""
    if "phi_dropout" in variables:
        phi, kappa = variables["phi_dropout"], variables["kappa_dropout"]
        variables = {**variables, "a": phi * kappa, "b": (1 - phi) * kappa}
    return {name: variables[name] for name in FAMILIES[family].parameters}


def require_estimable(cells: pd.DataFrame) -> None:
    """Refuse cells that cannot tell buying from leaving.

    Raises
    ------
    CannotEstimateError
        Too few customers, nobody observed for any time, or too few who came back.
    """
    customers = int(cells["n"].sum())
    if customers < FEWEST_CUSTOMERS:
        raise CannotEstimateError(
            "A purchase model needs at least {least} customers, but the log holds "
            "{customers}. Usually the log is a short "
            "extract; read a longer one.",
            least=FEWEST_CUSTOMERS,
            customers=customers,
        )
    if not (cells["T"] > 0).any():
        raise CannotEstimateError(
            "A purchase model needs customers observed after their first purchase, but "
            "all {customers} made theirs on the "
            "last day of the observation. Usually dataset.as_of is too early, or the log covers a single day.",
            customers=customers,
        )
    returned = int(cells.loc[cells["frequency"] > 0, "n"].sum())
    if returned < FEWEST_REPEAT_CUSTOMERS:
        raise CannotEstimateError(
            "A purchase model needs at least {least} customers who bought on more than one day, but {returned} of "
            "{customers} did. Usually the window is short or customer_id names orders, "
            "not people; read a longer log, or "
            "check the column.",
            least=FEWEST_REPEAT_CUSTOMERS,
            returned=returned,
            customers=customers,
        )
