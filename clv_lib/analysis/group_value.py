"""What groups of customers are worth together: stages, segments, months; exact by counts of cells, draw by draw.

A group is any share-out of customers; of each group only how many of its customers lie in which cell is needed. So the
cost grows with the cells that a group touches and not with its customers, and nothing of customers times draws is made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.components import Components, expected_of, realised_of
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws
from clv_lib.analysis.intervals import luck_of_cells
from clv_lib.analysis.projection import CELLS_PER_BATCH, Ahead, Batch, look_ahead, project
from clv_lib.analysis.terms import ReferralGain, Terms, terms_of
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.names import PurchaseFamily


@dataclass(frozen=True)
class ValueModel:
    """All that the value of a customer rests on, as the page on value used it.

    Attributes
    ----------
    purchase_draws, spend_draws : mapping of str to ndarray, dims (draw, 1)
        Paired draw by draw.
    family : PurchaseFamily
    economics : Economics
    unit_costs : UnitCosts or None
    referrals : ReferralGain or None
    """

    purchase_draws: Draws
    spend_draws: Draws
    family: PurchaseFamily
    economics: Economics
    unit_costs: UnitCosts | None = None
    referrals: ReferralGain | None = None

    @property
    def draws(self) -> int:
        """Posterior draws."""
        return len(next(iter(self.purchase_draws.values())))

    def thinned(self, draws: int) -> "ValueModel":
        """The same with every so many of its draws, for what is looked at often."""
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        some = [{name: each[kept] for name, each in own.items()} for own in (self.purchase_draws, self.spend_draws)]
        return ValueModel(some[0], some[1], self.family, self.economics, self.unit_costs, self.referrals)


@dataclass(frozen=True)
class GroupValues:
    """Sums over the customers of each group; arrays have dims (group, draw).

    Attributes
    ----------
    groups : tuple of str
        Their names, in the order that was asked for.
    customers : ndarray, dims (group,)
    active : ndarray
        Customers expected to be still here.
    purchases, revenue : ndarray
        Expected over the horizon, not discounted; revenue in currency.
    value : ndarray
        Residual CLV over the horizon, in currency; see :mod:`clv_lib.analysis.components`.
    outcome : ndarray or None
        The same with the luck of the customers; ``None`` where no luck was asked for.
    cells : DataFrame
        The rows that were given, with p_alive and residual_clv: posterior means of one customer.
    """

    groups: tuple[str, ...]
    customers: np.ndarray
    active: np.ndarray
    purchases: np.ndarray
    revenue: np.ndarray
    value: np.ndarray
    outcome: np.ndarray | None
    cells: pd.DataFrame


def value_of_groups(
    model: ValueModel,
    cells: pd.DataFrame,
    groups: Sequence[str],
    *,
    by: str,
    seed: int | None = None,
    batch: int = CELLS_PER_BATCH,
) -> GroupValues:
    """Add up what the customers of each group will bring.

    Parameters
    ----------
    model : ValueModel
    cells : DataFrame
        ``by``, frequency, recency, T (weeks), spend_bin, monetary_value (currency), n: customers of a group in a cell.
    groups : sequence of str
        Which groups, in which order; one without cells has sums of 0.
    by : str
        Column that names the group.
    seed : int, optional
        Of simulated outcomes; without it none are made, which is several times as fast.
    batch : int
        Rows worked on at a time; bounds the memory.
    """
    economics, draws = model.economics, model.draws
    terms = terms_of(economics, draws, unit_costs=model.unit_costs, referrals=model.referrals)
    place = pd.Index(list(groups)).get_indexer(pd.Index(cells[by].astype(str)))
    sums = {name: np.zeros((len(groups), draws)) for name in ("active", "purchases", "revenue", "value", "outcome")}
    means = {name: np.full(len(cells), np.nan) for name in (names.P_ALIVE, names.RESIDUAL_CLV)}
    rng = np.random.default_rng(seed)
    for part in _parts(model, cells, terms.count_time, rng if seed is not None else None, batch):
        weights = np.zeros((len(part.rows), len(groups)))
        inside = place[part.rows] >= 0
        weights[inside, place[part.rows][inside]] = part.n[inside]
        value = expected_of(part, terms).total
        added = {
            "active": part.p_alive,
            "purchases": part.purchases,
            "revenue": part.purchases * part.spend,
            "value": value,
        }
        for name, each in added.items():
            sums[name] += (each @ weights).T
        if isinstance(part, Batch):
            came = realised_of(part, terms, rng, discount_rate=economics.discount_rate_per_week)
            sums["outcome"] += ((value @ weights) + _luck(rng, came, value, part.n) @ (weights > 0)).T
        means[names.P_ALIVE][part.rows] = part.p_alive.mean(axis=0)
        means[names.RESIDUAL_CLV][part.rows] = value.mean(axis=0)
    counted = cells.groupby(cells[by].astype(str))[names.N].sum().reindex(list(groups)).fillna(0)
    outcome = sums.pop("outcome")
    outcome = np.where(_never_lost(terms), np.maximum(outcome, 0.0), outcome)
    return GroupValues(
        groups=tuple(groups),
        customers=counted.to_numpy(float),
        outcome=outcome if seed is not None else None,
        cells=cells.assign(**means),
        **sums,
    )


def _parts(
    model: ValueModel, cells: pd.DataFrame, with_time: bool, rng: np.random.Generator | None, batch: int
) -> Iterator[Ahead | Batch]:
    one: dict[str, Any] = {
        "family": model.family,
        "horizon": model.economics.horizon_weeks,
        "discount_rate": model.economics.discount_rate_per_week,
        "with_time": with_time,
        "batch": batch,
    }
    if rng is None:
        return look_ahead(model.purchase_draws, model.spend_draws, cells, **one)
    return project(model.purchase_draws, model.spend_draws, cells, rng=rng, **one)


def _never_lost(terms: Terms) -> np.ndarray:
    """Draws in which no customer can be worth less than nothing, dims (draw,): luck scaled up must not say so."""
    free = (terms.margin_rate >= 0) & (terms.per_order <= 0) & (terms.per_active_month <= 0)
    return free[:, 0] & (terms.outcomes.min(axis=1) >= 0)


def _luck(rng: np.random.Generator, came: Components, value: np.ndarray, n: np.ndarray) -> np.ndarray:
    """What n like customers bring beyond what is expected of them, dims (draw, cell)."""
    return luck_of_cells(rng, len(value), n) * (came.total - value)
