"""What the next purchase and the next month of a customer will cost: the costs that a forecast of value subtracts.

Everything that a customer will cause is put on three hooks:

- ``margin_rate``: what is left of a unit of revenue after goods, payment and everything else proportional to revenue;
- ``per_order``: fulfilment, and service where the ledger says that orders cause it;
- ``per_active_month``: service and retention, per month of being a customer.

Only kinds of cost whose causes are stated (``[costs] causes``, with defaults) are on a hook: marketing and overhead are
decided on and not caused by one customer more, intangible costs are guesses. Acquisition and onboarding are on none of
them whatever is stated: what winning a customer has cost is sunk and cannot enter what the customer is still worth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.analysis.drivers import UnitCostFit, fit_unit_costs
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.ledger import NUMBER
from clv_lib.errors import CannotEstimateError
from clv_lib.names import AMOUNT, KIND
from clv_lib.settings import CostsSection
from clv_lib.settings.costs import CostKind

Source = Literal["measured", "goods_assumed", "assumed"]
HOOKS: Final = ("margin_rate", "per_order", "per_active_month")
PROPORTIONAL: Final[tuple[CostKind, ...]] = ("goods", "payment")
CAUSED: Final[tuple[CostKind, ...]] = (*PROPORTIONAL, "fulfilment", "service", "retention", "marketing", "overhead")


@dataclass(frozen=True)
class UnitCosts:
    """Costs per hook, as posterior draws.

    Attributes
    ----------
    margin_rate : ndarray, dims (draw,)
        Contribution after goods, payment and what else is proportional to revenue, as a share of revenue.
    per_order : ndarray, dims (draw,)
        Fulfilment and service caused by a purchase day, in currency.
    per_active_month : ndarray, dims (draw,)
        Service and retention per month of being a customer, in currency.
    currency : str
    source : {"measured", "goods_assumed", "assumed"}
        Learnt from the ledger; learnt but for the goods, which the ledger does not hold, so that
        ``[economics] gross_margin`` stands for them; or all of it assumed: the margin of the settings and no cost.
    measured : tuple of str
        Kinds of cost that were learnt from the ledger.
    """

    margin_rate: np.ndarray
    per_order: np.ndarray
    per_active_month: np.ndarray
    currency: str = ""
    source: Source = "assumed"
    measured: tuple[str, ...] = ()

    def estimates(self) -> dict[str, Estimate]:
        """Mean and credible interval of each hook."""
        return {hook: estimate(getattr(self, hook)) for hook in HOOKS}


def assumed_unit_costs(*, gross_margin: float, currency: str, size: int) -> UnitCosts:
    """Costs where there is no ledger: the margin of the settings, and nothing else."""
    nothing = np.zeros(size)
    return UnitCosts(np.full(size, gross_margin), nothing, nothing, currency, "assumed")


def fit_causes(
    spend: pd.DataFrame, totals: pd.DataFrame, *, settings: CostsSection, size: int, rng: np.random.Generator
) -> dict[str, UnitCostFit]:
    """What one unit of each driver costs, for every kind whose causes are stated and counted.

    Parameters
    ----------
    spend : DataFrame
        From :func:`~clv_lib.analysis.ledger.monthly_spend`.
    totals : DataFrame
        From :func:`~clv_lib.analysis.drivers.monthly_totals`, of the months to compare.
    settings : CostsSection
    size : int
        Draws.
    rng : numpy.random.Generator
    """
    fits: dict[str, UnitCostFit] = {}
    for kind in CAUSED:
        causes = [driver for driver in settings.causes_of(kind) if driver in totals]
        fit = _fit(kind, spend, totals, causes, size, rng)
        if fit is not None:
            fits[kind] = fit
    return fits


def unit_costs(
    spend: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    settings: CostsSection,
    gross_margin: float,
    currency: str,
    size: int,
    rng: np.random.Generator,
) -> UnitCosts:
    """Estimate the three hooks from the ledger.

    Parameters
    ----------
    spend, totals, settings, size, rng
        As for :func:`fit_causes`.
    gross_margin : float
        Contribution as a share of revenue, for the goods where the ledger holds none.
    currency : str

    Notes
    -----
    Each kind is compared with its hook directly: service with active months although minutes cause it, since a forecast
    knows months and not minutes. A kind whose only cause is orders goes to ``per_order``, one whose only cause is
    revenue to ``margin_rate``.
    """
    hooks = {
        "revenue": np.zeros(size),
        "orders": np.zeros(size),
        "active_months": np.zeros(size),
    }
    measured = []
    for kind in CAUSED:
        hook = _hook(kind, settings)
        fit = _fit(kind, spend, totals, [hook] if settings.causes_of(kind) and hook in totals else [], size, rng)
        if fit is not None:
            hooks[hook] = hooks[hook] + fit.draws[:, 0]
            measured.append(kind)
    if not measured:
        return assumed_unit_costs(gross_margin=gross_margin, currency=currency, size=size)
    goods_known = "goods" in measured
    margin = 1 - hooks["revenue"] - (0.0 if goods_known else 1 - gross_margin)
    source: Source = "measured" if goods_known else "goods_assumed"
    return UnitCosts(margin, hooks["orders"], hooks["active_months"], currency, source, tuple(measured))


def _hook(kind: CostKind, settings: CostsSection) -> str:
    causes = settings.causes_of(kind)
    if kind in PROPORTIONAL or causes == ("revenue",):
        return "revenue"
    return "orders" if kind == "fulfilment" or causes == ("orders",) else "active_months"


def _fit(
    kind: str, spend: pd.DataFrame, totals: pd.DataFrame, causes: Sequence[str], size: int, rng: np.random.Generator
) -> UnitCostFit | None:
    """The fit of a kind that the ledger holds; None where there is nothing to learn from."""
    booked = spend.loc[spend[KIND] == kind].groupby(NUMBER)[AMOUNT].sum().reindex(totals.index).fillna(0.0)
    if not causes or not (booked != 0).any():
        return None
    try:
        return fit_unit_costs(kind, booked, totals, causes, size=size, rng=rng)
    except CannotEstimateError:
        return None


def to_record(found: UnitCosts) -> tuple[pd.DataFrame, dict[str, object]]:
    """Draws as a table and the rest as a record, for the run folder."""
    draws = pd.DataFrame({hook: getattr(found, hook) for hook in HOOKS})
    return draws, {"currency": found.currency, "source": found.source, "measured": list(found.measured)}


def from_record(draws: pd.DataFrame, record: Mapping[str, object]) -> UnitCosts:
    """Unit costs as they were before :func:`to_record`."""
    hooks = {name: draws[name].to_numpy(dtype="float64") for name in draws.columns}
    measured = tuple(str(kind) for kind in list(record["measured"]))  # type: ignore[call-overload]
    return UnitCosts(**hooks, currency=str(record["currency"]), source=record["source"], measured=measured)  # type: ignore[arg-type]
