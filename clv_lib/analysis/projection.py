"""The common engine of valuation and backtest: a batch of cells, looked at forward, draw by draw.

Per draw and cell the expectation is ``P(alive | x, t_x, T) * purchases_if_alive(x, T) * spend(x, m)``: the middle
factor needs an integral but not the recency, so it is computed once per distinct (x, T). Beside it one customer of each
cell is simulated per draw, history given. Only one batch of cells times draws is in memory at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.families import ClosedForms, Draws, closed_forms, paired, require_mean_spend
from clv_lib.models import gamma_gamma
from clv_lib.names import PurchaseFamily

CELLS_PER_BATCH: Final = 512
PAIRS_PER_BLOCK: Final = 4096  # 13 MB per 400 draws and kind of value


@dataclass(frozen=True)
class Batch:
    """Expectations and one simulated customer per draw and cell; arrays have dims (draw, cell).

    Attributes
    ----------
    rows, n : ndarray, dims (cell,)
        Positions in the cells and the customers of each.
    p_alive, purchases, discounted, discounted_infinite : ndarray
        P(alive); expected purchases over the horizon; the same discounted; discounted without end (``None`` where it
        was not asked for).
    spend : ndarray
        Expected value of one purchase, in currency.
    count, revenue : ndarray
        Simulated purchases of one customer over the horizon, and their discounted value in currency.
    """

    rows: np.ndarray
    n: np.ndarray
    p_alive: np.ndarray
    purchases: np.ndarray
    discounted: np.ndarray
    discounted_infinite: np.ndarray | None
    spend: np.ndarray
    count: np.ndarray
    revenue: np.ndarray


def project(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    *,
    family: PurchaseFamily,
    horizon: float,
    discount_rate: float,
    rng: np.random.Generator,
    infinite: bool = False,
    batch: int = CELLS_PER_BATCH,
) -> Iterator[Batch]:
    """Look ``horizon`` weeks ahead, one batch of cells after the other.

    Parameters
    ----------
    purchase_draws, spend_draws : mapping of str to ndarray, dims (draw, 1)
        Posterior draws, paired draw by draw.
    cells : DataFrame
        frequency, recency, T (weeks), spend_bin, monetary_value, n.
    family : PurchaseFamily
    horizon : float
        Weeks ahead, finite.
    discount_rate : float
        Continuous, per week.
    rng : numpy.random.Generator
    infinite : bool
        Also discount without end; needs ``discount_rate > 0``.
    batch : int
        Cells per batch. Memory grows with it; means and credible intervals do not depend on it.

    Raises
    ------
    CannotEstimateError
        When some draw leaves the mean spend undefined.
    """
    forms = closed_forms(family)
    purchase, spend = paired(purchase_draws, spend_draws, family)
    table = _sorted_arrays(cells)
    require_mean_spend(spend, frequency=table["spend_frequency"])
    for part, ahead in _batches(table, forms, purchase, horizon, discount_rate, infinite, batch):
        alive = forms.p_alive(*purchase, frequency=part[names.FREQUENCY], recency=part[names.RECENCY], T=part[names.T])
        outcome = forms.simulate_purchases(
            rng,
            *purchase,
            frequency=part[names.FREQUENCY],
            recency=part[names.RECENCY],
            T=part[names.T],
            horizon=horizon,
        )
        history = {"frequency": part["spend_frequency"], "monetary_value": part[names.MONETARY_VALUE]}
        bought = gamma_gamma.simulate_spend(rng, *spend, **history, count=outcome.count)
        yield Batch(
            rows=part["rows"],
            n=part[names.N],
            p_alive=alive,
            purchases=alive * ahead[0],
            discounted=alive * ahead[1],
            discounted_infinite=alive * ahead[2] if infinite else None,
            spend=gamma_gamma.expected_spend(*spend, **history),
            count=outcome.count,
            revenue=bought * mean_discount(outcome.mean_time, discount_rate=discount_rate),
        )


def mean_discount(mean_time: np.ndarray, *, discount_rate: float) -> np.ndarray:
    """Average discount of a simulated customer's purchases, known by their expected mean time m alone.

    The purchases are taken to be spread evenly over (0, 2 m), which gives ``(1 - exp(-2 d m)) / (2 d m)``. On average
    it is exact for a customer who stays to the horizon (the times of a Poisson process are uniform, given their
    number) and, in Pareto/NBD, for one who leaves before; elsewhere the error is of second order in d times the spread.

    Parameters
    ----------
    mean_time : ndarray
        Weeks from now.
    discount_rate : float
        Continuous, per week.
    """
    twice = 2 * discount_rate * mean_time
    return np.divide(-np.expm1(-twice), twice, out=np.ones_like(twice), where=twice > 0)


def _sorted_arrays(cells: pd.DataFrame) -> dict[str, np.ndarray]:
    """Columns as arrays, ordered so that equal (x, T) meet in one batch and the order of the rows does not matter."""
    table = {
        name: cells[name].to_numpy(dtype=float)
        for name in (names.FREQUENCY, names.T, names.RECENCY, names.MONETARY_VALUE, names.N)
    }
    valued = (
        cells[names.SPEND_BIN].to_numpy() >= 0
    )  # a repeat purchase may be worth nothing; the spend model never saw it
    table["spend_frequency"] = np.where(valued, table[names.FREQUENCY], 0.0)
    table[names.MONETARY_VALUE] = np.where(valued, table[names.MONETARY_VALUE], 0.0)
    order = np.lexsort(tuple(reversed(list(table.values()))))
    return {"rows": order, **{name: column[order] for name, column in table.items()}}


def _batches(
    table: dict[str, np.ndarray],
    forms: ClosedForms,
    purchase: tuple[np.ndarray, ...],
    horizon: float,
    rate: float,
    infinite: bool,
    batch: int,
) -> Iterator[tuple[dict[str, np.ndarray], list[np.ndarray]]]:
    """Cut the sorted cells into batches, each with its purchases if alive: plain, discounted, discounted without end.

    The integrals are made for a block of distinct (x, T) at a time, larger than a batch, because pairs of one block
    share the work for their common x or T.
    """
    pairs, pair_of = np.unique(np.stack([table[names.FREQUENCY], table[names.T]]), axis=1, return_inverse=True)
    settings = [(horizon, 0.0)] + [(horizon, rate)] * (rate > 0) + [(np.inf, rate)] * infinite
    for first in range(0, pairs.shape[1], PAIRS_PER_BLOCK):
        x, T = pairs[:, first : first + PAIRS_PER_BLOCK]
        block = [
            forms.purchases_if_alive(*purchase, frequency=x, T=T, horizon=weeks, discount_rate=force)
            for weeks, force in settings
        ]
        begin, end = np.searchsorted(pair_of, [first, first + PAIRS_PER_BLOCK])
        for start in range(begin, end, batch):
            rows = slice(start, min(start + batch, end))
            ahead = [values[:, pair_of[rows] - first] for values in block]
            if rate == 0:
                ahead.insert(1, ahead[0])
            yield {name: column[rows] for name, column in table.items()}, ahead
