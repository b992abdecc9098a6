"""From a batch of cells to numbers that fit on a page: one per cell over the draws, one per draw over the customers."""

from typing import Final

import numpy as np

from clv_lib import names
from clv_lib.analysis.components import Components, expected_of, expected_without_end
from clv_lib.analysis.intervals import credible_interval, luck_of_cells, predictive_interval, residuals_of_cells
from clv_lib.analysis.projection import Batch
from clv_lib.analysis.terms import Terms

ACTIVE: Final = "active_customers"
REALISED: Final = "_realised"  # suffix of the simulated side of a total
_PARTS: Final = (names.RESIDUAL_CONTRIBUTION, names.RESIDUAL_SERVICE_COST, names.REFERRAL_VALUE)
CELL_COLUMNS: Final = (
    names.P_ALIVE,
    names.EXPECTED_PURCHASES,
    names.EXPECTED_SPEND,
    names.RESIDUAL_CLV,
    names.RESIDUAL_CLV_LOW,
    names.RESIDUAL_CLV_HIGH,
    names.RESIDUAL_CLV_PREDICTIVE_LOW,
    names.RESIDUAL_CLV_PREDICTIVE_HIGH,
    names.RESIDUAL_CLV_INFINITE,
    *_PARTS,
)
TOTALS: Final = (
    *(
        name + side
        for name in (ACTIVE, names.EXPECTED_PURCHASES, names.RESIDUAL_CLV, *_PARTS)
        for side in ("", REALISED)
    ),
    names.RESIDUAL_CLV_INFINITE,
)


def _parts(value: Components) -> tuple[np.ndarray, ...]:
    return value.contribution, value.service_cost, value.referral_value


def per_cell(part: Batch, terms: Terms, outcome: Components, mass: float) -> dict[str, np.ndarray]:
    """Summaries over the draws, one number per cell."""
    value = expected_of(part, terms)
    low, high = credible_interval(value.total, mass=mass)
    predictive_low, predictive_high = predictive_interval(outcome.total, mass=mass)
    summary = {
        names.P_ALIVE: part.p_alive.mean(axis=0),
        names.EXPECTED_PURCHASES: part.purchases.mean(axis=0),
        names.EXPECTED_SPEND: part.spend.mean(axis=0),
        names.RESIDUAL_CLV: value.total.mean(axis=0),
        names.RESIDUAL_CLV_LOW: low,
        names.RESIDUAL_CLV_HIGH: high,
        names.RESIDUAL_CLV_PREDICTIVE_LOW: predictive_low,
        names.RESIDUAL_CLV_PREDICTIVE_HIGH: predictive_high,
        **{name: each.mean(axis=0) for name, each in zip(_PARTS, _parts(value), strict=True)},
    }
    without_end = expected_without_end(part, terms)
    if without_end is not None:
        summary[names.RESIDUAL_CLV_INFINITE] = without_end.total.mean(axis=0)
    return summary


def per_draw(part: Batch, terms: Terms, outcome: Components, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Add up over the customers of the batch, per draw: expectations, and outcomes with the luck of the customers."""
    value = expected_of(part, terms)
    here = rng.binomial(part.n.astype(np.int64), np.clip(part.p_alive, 0.0, 1.0)).sum(axis=1)
    purchases, luck = part.purchases @ part.n, residuals_of_cells(rng, part.count - part.purchases, part.n)
    totals = {
        ACTIVE: part.p_alive @ part.n,
        ACTIVE + REALISED: here,
        names.EXPECTED_PURCHASES: purchases,
        names.EXPECTED_PURCHASES + REALISED: purchases + luck.sum(axis=1),
        names.RESIDUAL_CLV: value.total @ part.n,
    }
    luck = luck_of_cells(rng, len(part.p_alive), part.n)  # one for all parts: it is one life that brings and costs
    for name, each, came in zip(_PARTS, _parts(value), _parts(outcome), strict=True):
        totals[name] = each @ part.n
        totals[name + REALISED] = totals[name] + (luck * (came - each)).sum(axis=1)
    without_end = expected_without_end(part, terms)
    if without_end is not None:
        totals[names.RESIDUAL_CLV_INFINITE] = without_end.total @ part.n
    return totals


def within_reason(totals: dict[str, np.ndarray], terms: Terms) -> dict[str, np.ndarray]:
    """Cut simulated totals where nothing is the least that can come, and add up the parts of the value.

    The luck of a cell is scaled up from one customer, so that a total of a handful could fall below nothing. Numbers of
    customers and of purchases, and the cost of months, cannot, so they are cut there. What purchases leave is cut only
    in draws where no purchase can cost more than it leaves, and what newcomers bring only where none of them can be
    worth less than nothing. A value, being a difference, is not cut: less than nothing is a possible outcome of it.
    """
    never_lost = (terms.margin_rate >= 0) & (terms.per_order <= 0)
    least = {
        ACTIVE: True,
        names.EXPECTED_PURCHASES: True,
        names.RESIDUAL_CONTRIBUTION: never_lost[:, 0],
        names.RESIDUAL_SERVICE_COST: terms.per_active_month[:, 0] >= 0,
        names.REFERRAL_VALUE: terms.outcomes.min(axis=1) >= 0,
    }
    cut = dict(totals)
    for name, at_nothing in least.items():
        came = totals[name + REALISED]
        cut[name + REALISED] = np.where(at_nothing, np.maximum(came, 0.0), came)
    contribution, cost, brought = (cut[name + REALISED] for name in _PARTS)
    cut[names.RESIDUAL_CLV + REALISED] = contribution - cost + brought
    return cut
