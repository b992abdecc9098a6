"""The common engine of valuation and backtest: a batch of cells, looked at forward, draw by draw.

Per draw and cell the expectation is ``P(alive | x, t_x, T) * purchases_if_alive(x, T) * spend(x, m)``: the middle
factor needs an integral but not the recency, so it is computed once per distinct (x, T). Beside it one customer of each
cell is simulated per draw, history given. Only one batch of cells times draws is in memory at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.families import ClosedForms, Draws, closed_forms, paired, require_mean_spend
from clv_lib.models import gamma_gamma
from clv_lib.names import PurchaseFamily
from clv_lib.periods import weeks_in_months

WEEKS_PER_MONTH: Final = weeks_in_months(1)
CELLS_PER_BATCH: Final = 512
PAIRS_PER_BLOCK: Final = 4096  # 13 MB per 400 draws and kind of value


@dataclass(frozen=True)
class Ahead:
    """What is expected of the customers of a batch of cells; arrays have dims (draw, cell).

    Attributes
    ----------
    rows, n : ndarray, dims (cell,)
        Positions in the cells and the customers of each.
    p_alive, purchases, discounted, discounted_infinite : ndarray
        P(alive); expected purchases over the horizon; the same discounted; discounted without end (``None`` where it
        was not asked for).
    spend : ndarray
        Expected value of one purchase, in currency.
    months, months_infinite : ndarray or None
        Discounted months alive over the horizon, and without end; ``None`` where time was not asked for.
    """

    rows: np.ndarray
    n: np.ndarray
    p_alive: np.ndarray
    purchases: np.ndarray
    discounted: np.ndarray
    discounted_infinite: np.ndarray | None
    spend: np.ndarray
    months: np.ndarray | None
    months_infinite: np.ndarray | None


@dataclass(frozen=True)
class Batch(Ahead):
    """The same, and one simulated customer per draw and cell.

    Attributes
    ----------
    count, count_discounted, revenue : ndarray
        Simulated purchases of one customer over the horizon; the same discounted; their discounted value in currency.
    time_alive : ndarray or None
        Weeks of the horizon before the simulated customer leaves.
    """

    count: np.ndarray
    count_discounted: np.ndarray
    revenue: np.ndarray
    time_alive: np.ndarray | None


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
    with_time: bool = False,
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
    with_time : bool
        Also say how long customers stay. Nothing else changes by it, the simulated purchases included.
    batch : int
        Cells per batch. Memory grows with it; means and credible intervals do not depend on it.

    Raises
    ------
    CannotEstimateError
        When some draw leaves the mean spend undefined.
    """
    wanted = _Wanted(horizon, discount_rate, infinite, with_time)
    for expected, forms, purchase, spend, part in _expected(purchase_draws, spend_draws, cells, family, wanted, batch):
        past = {name: part[name] for name in (names.FREQUENCY, names.RECENCY, names.T)}
        outcome = forms.simulate_purchases(rng, *purchase, **past, horizon=horizon, with_time=with_time)
        history = {"frequency": part["spend_frequency"], "monetary_value": part[names.MONETARY_VALUE]}
        bought = gamma_gamma.simulate_spend(rng, *spend, **history, count=outcome.count)
        discount = mean_discount(outcome.mean_time, discount_rate=discount_rate)
        yield Batch(
            **vars(expected),
            count=outcome.count,
            count_discounted=outcome.count * discount,
            revenue=bought * discount,
            time_alive=outcome.time_alive,
        )


def look_ahead(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    *,
    family: PurchaseFamily,
    horizon: float,
    discount_rate: float,
    infinite: bool = False,
    with_time: bool = False,
    batch: int = CELLS_PER_BATCH,
) -> Iterator[Ahead]:
    """As :func:`project`, but only what is expected: several times as fast, and nothing is random."""
    wanted = _Wanted(horizon, discount_rate, infinite, with_time)
    for expected, *_ in _expected(purchase_draws, spend_draws, cells, family, wanted, batch):
        yield expected


def _expected(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    family: PurchaseFamily,
    wanted: "_Wanted",
    batch: int,
) -> Iterator[tuple[Ahead, ClosedForms, tuple[np.ndarray, ...], tuple[np.ndarray, ...], dict[str, np.ndarray]]]:
    """Expectations batch by batch, with what a simulation of the same customers needs."""
    forms = closed_forms(family)
    purchase, spend = paired(purchase_draws, spend_draws, family)
    table = _sorted_arrays(cells)
    require_mean_spend(spend, frequency=table["spend_frequency"])
    for part, ahead in _batches(table, forms, purchase, wanted, batch):
        past = {name: part[name] for name in (names.FREQUENCY, names.RECENCY, names.T)}
        alive = forms.p_alive(*purchase, **past)
        history = {"frequency": part["spend_frequency"], "monetary_value": part[names.MONETARY_VALUE]}
        scaled = {name: alive * values for name, values in ahead.items()}
        expected = Ahead(
            rows=part["rows"],
            n=part[names.N],
            p_alive=alive,
            purchases=scaled["purchases"],
            discounted=scaled["discounted"],
            discounted_infinite=scaled.get("discounted_infinite"),
            spend=gamma_gamma.expected_spend(*spend, **history),
            months=scaled.get("months"),
            months_infinite=scaled.get("months_infinite"),
        )
        yield expected, forms, purchase, spend, part


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


def months_lived(time_alive: np.ndarray, *, discount_rate: float) -> np.ndarray:
    """Discounted months of a simulated customer who stays for so many weeks: each month counted when it is lived."""
    if discount_rate == 0:
        return time_alive / WEEKS_PER_MONTH
    return -np.expm1(-discount_rate * time_alive) / (discount_rate * WEEKS_PER_MONTH)


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


@dataclass(frozen=True)
class _Wanted:
    """What is looked at, given that a customer is alive."""

    horizon: float
    rate: float
    infinite: bool
    with_time: bool

    def if_alive(
        self, forms: ClosedForms, purchase: tuple[np.ndarray, ...], x: np.ndarray, T: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Purchases plain, discounted and discounted without end, and months alive likewise, dims (draw, pair)."""
        pair: dict[str, Any] = {"frequency": x, "T": T}
        near = {**pair, "horizon": self.horizon, "discount_rate": self.rate}
        far = {**near, "horizon": np.inf}
        found = {"purchases": forms.purchases_if_alive(*purchase, **pair, horizon=self.horizon)}
        found["discounted"] = forms.purchases_if_alive(*purchase, **near) if self.rate > 0 else found["purchases"]
        if self.infinite:
            found["discounted_infinite"] = forms.purchases_if_alive(*purchase, **far)
        if self.with_time:
            found["months"] = forms.time_if_alive(*purchase, **near) / WEEKS_PER_MONTH
        if self.with_time and self.infinite:
            found["months_infinite"] = forms.time_if_alive(*purchase, **far) / WEEKS_PER_MONTH
        return found


def _batches(
    table: dict[str, np.ndarray],
    forms: ClosedForms,
    purchase: tuple[np.ndarray, ...],
    wanted: _Wanted,
    batch: int,
) -> Iterator[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Cut the sorted cells into batches, each with what is expected of its customers if alive.

    The integrals are made for a block of distinct (x, T) at a time, larger than a batch, because pairs of one block
    share the work for their common x or T.
    """
    pairs, pair_of = np.unique(np.stack([table[names.FREQUENCY], table[names.T]]), axis=1, return_inverse=True)
    for first in range(0, pairs.shape[1], PAIRS_PER_BLOCK):
        block = wanted.if_alive(forms, purchase, *pairs[:, first : first + PAIRS_PER_BLOCK])
        begin, end = np.searchsorted(pair_of, [first, first + PAIRS_PER_BLOCK])
        for start in range(begin, end, batch):
            rows = slice(start, min(start + batch, end))
            ahead = {name: values[:, pair_of[rows] - first] for name, values in block.items()}
            yield {name: column[rows] for name, column in table.items()}, ahead
