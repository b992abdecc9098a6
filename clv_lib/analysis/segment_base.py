"""What the strategy knows of each group of customers that may be treated, draw by draw.

A group is a band of a segment. Its figures are sums over its cells: how many of the group's customers are in a cell,
times what the cell is expected to bring in that draw. That is exact, and never as large as customers times draws.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse, special

from clv_lib.analysis.cells_ahead import SOON_DAYS, CellsAhead
from clv_lib.names import (
    BAND,
    CHURN_RISK,
    EVIDENCE_OF_SEGMENT,
    REACHABLE,
    RESIDUAL_CLV,
    SEGMENT,
    SEGMENTS,
    VALUE_AT_RISK,
    N,
)

_NORMAL_TAIL: Final = special.ndtri(0.95)  # standard deviations to either end of a 90 % interval
_SMALLEST: Final = 1e-9
RISKS: Final = (CHURN_RISK, f"{CHURN_RISK}_low", f"{CHURN_RISK}_high")


@dataclass(frozen=True)
class SegmentBase:
    """Groups of customers, each a band of value within a segment, and what they will do if nothing is done.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group: ``segment``, ``band`` (1 holds the most valuable), ``evidence`` (``new``, ``regular`` or
        ``quiet``: the group in which past campaigns are compared), ``customers``, ``reachable`` (those who may be
        written to), ``stages`` (tuple of the lifecycle stages in it).
    value : numpy.ndarray, shape (group, draw)
        Mean profit to come of a customer, residual CLV before acquisition, in currency.
    purchases_per_day : numpy.ndarray, shape (group, draw)
        Mean expected purchase days of a customer per day of the next three months; 0 under contract.
    order_value : numpy.ndarray, shape (group, draw)
        Mean revenue of a purchase day, in currency.
    margin : numpy.ndarray, shape (draw,)
        Contribution as a share of revenue.
    risk : numpy.ndarray, shape (group, draw)
        Mean chance of falling silent, or of cancelling, within ``horizon_days``.
    at_stake : numpy.ndarray, shape (group, draw)
        Mean profit to come that such a silence or cancellation would take from a customer, in currency, so that
        ``risk * at_stake`` is the value at risk.
    horizon_days : int
        Of the risk.
    """

    groups: pd.DataFrame
    value: np.ndarray
    purchases_per_day: np.ndarray
    order_value: np.ndarray
    margin: np.ndarray
    risk: np.ndarray
    at_stake: np.ndarray
    horizon_days: int

    @property
    def draws(self) -> int:
        """Posterior draws that every figure is carried through."""
        return int(self.value.shape[1])


def segment_base(
    counted: pd.DataFrame,
    stages: pd.DataFrame,
    cells: pd.DataFrame,
    ahead: Iterable[CellsAhead],
    *,
    keys: Sequence[str],
    draws: int,
    horizon_days: int,
    seed: int,
) -> SegmentBase:
    """Add up the cells of every group.

    Parameters
    ----------
    counted : DataFrame
        Customers by ``segment``, ``band`` and the keys of their cell: ``n``, ``reachable``, ``residual_clv`` (of one),
        and the sums of ``churn_risk`` with its interval, and of ``value_at_risk``. Customers without a cell count in
        the group and bring nothing.
    stages : DataFrame
        ``segment, lifecycle_stage``: which there are.
    cells : DataFrame
        With the keys, in the order that ``ahead`` counts in.
    ahead : iterable of CellsAhead
    keys : sequence of str
        Columns that name a cell.
    draws : int
    horizon_days : int
        Of the risk.
    seed : int
        The uncertainty of the risk is that of its parameters, so one draw moves every customer alike.
    """
    groups = _groups(counted, stages)
    place = counted[[SEGMENT, BAND]].merge(groups.reset_index(), on=[SEGMENT, BAND], how="left")["index"].to_numpy()
    named = cells[list(keys)].assign(cell=np.arange(len(cells)))
    cell = counted[list(keys)].merge(named, on=list(keys), how="left")["cell"].to_numpy(float)
    known = np.isfinite(cell)
    at = (place[known], cell[known].astype(int))
    n = counted[N].to_numpy(float)

    def spread(weights: np.ndarray) -> sparse.csc_matrix:
        return sparse.csc_matrix((weights[known], at), shape=(len(groups), len(cells)))

    customers = groups["customers"].to_numpy(float)[:, None]
    risk = _risk(counted, place, customers[:, 0], draws, seed)
    sums = _sums(ahead, spread(n), spread(_taken(counted)), draws)
    taken = np.bincount(place, counted[CHURN_RISK].fillna(0.0).to_numpy(float), len(groups))[:, None]
    return SegmentBase(
        groups=groups,
        value=sums["value"] / customers,
        purchases_per_day=sums["purchases"] / customers / SOON_DAYS,
        order_value=_ratio(sums["revenue"], sums["orders"]),
        margin=_ratio(sums["contribution"].sum(axis=0), sums["revenue"].sum(axis=0)),
        risk=risk,
        at_stake=_ratio(sums["stake"], np.broadcast_to(taken, sums["stake"].shape)),
        horizon_days=horizon_days,
    )


def _groups(counted: pd.DataFrame, stages: pd.DataFrame) -> pd.DataFrame:
    found = counted.groupby([SEGMENT, BAND], as_index=False)[[N, REACHABLE]].sum()
    found = found.rename(columns={N: "customers"}).astype({"customers": int, REACHABLE: int})
    of = {str(segment): tuple(sorted(own.iloc[:, 1])) for segment, own in stages.groupby(SEGMENT)}
    found["evidence"] = found[SEGMENT].map(EVIDENCE_OF_SEGMENT)
    found["stages"] = [of[str(segment)] for segment in found[SEGMENT]]
    order = found[SEGMENT].map({segment: number for number, segment in enumerate(SEGMENTS)})
    return found.assign(order=order).sort_values(["order", BAND], ignore_index=True).drop(columns="order")


def _taken(counted: pd.DataFrame) -> np.ndarray:
    """Customers times the chance of silence times the part of the value it takes: value at risk per unit of value."""
    n, value = counted[N].to_numpy(float), counted[RESIDUAL_CLV].fillna(0.0).to_numpy(float)
    at_risk = counted[VALUE_AT_RISK].fillna(0.0).to_numpy(float)
    return np.clip(np.divide(at_risk, value, out=np.zeros_like(n), where=value > 0), 0.0, n)


def _risk(counted: pd.DataFrame, place: np.ndarray, customers: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Mean risk of a group, dims (group, draw): logit-normal with its 90 % interval, and exactly its mean."""
    mean, low, high = (
        special.logit(
            np.clip(
                np.bincount(place, counted[name].fillna(0.0).to_numpy(float), len(customers)) / customers,
                _SMALLEST,
                1 - _SMALLEST,
            )
        )
        for name in RISKS
    )
    shift = np.random.default_rng(seed).standard_normal(draws)
    found = special.expit(mean[:, None] + ((high - low) / (2 * _NORMAL_TAIL))[:, None] * shift)
    found = found * (special.expit(mean) / found.mean(axis=1))[:, None]
    return np.where(found > 2 * _SMALLEST, np.minimum(found, 1.0), 0.0)


def _sums(
    ahead: Iterable[CellsAhead], n: sparse.csc_matrix, taken: sparse.csc_matrix, draws: int
) -> dict[str, np.ndarray]:
    """Per group and draw, over the customers of the group."""
    names = ("value", "purchases", "orders", "revenue", "contribution")
    sums = {name: np.zeros((n.shape[0], draws)) for name in (*names, "stake")}
    for part in ahead:
        of, lost = n[:, part.rows], taken[:, part.rows]
        for name in names:
            sums[name] += of @ getattr(part, name).T
        sums["stake"] += lost @ np.maximum(part.value, 0.0).T
    return sums


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)
