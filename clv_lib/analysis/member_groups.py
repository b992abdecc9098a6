"""What groups of members are worth together, under contract: the counterpart of :mod:`clv_lib.analysis.group_value`."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.contract_flow import members_ahead, outcome_of_many
from clv_lib.analysis.group_value import GroupValues
from clv_lib.analysis.terms import Terms


def value_of_member_groups(
    draws: Mapping[str, np.ndarray],
    cells: pd.DataFrame,
    groups: pd.DataFrame,
    terms: Terms,
    wanted: Sequence[str],
    *,
    by: str,
    family: str,
    annual_discount_rate: float,
    seed: int,
) -> GroupValues:
    """Add up what the members of each group will bring.

    Parameters
    ----------
    draws, groups, terms, family, annual_discount_rate
        As for :func:`~clv_lib.analysis.contract_value.value_members`.
    cells : DataFrame
        Cells of active members with the column ``by``.
    wanted : sequence of str
        Which groups, in which order; one without members has sums of 0.
    by : str
    seed : int
        Of the simulated outcomes.
    """
    rng, size = np.random.default_rng(seed), len(next(iter(draws.values())))
    place = {name: number for number, name in enumerate(wanted)}
    sums = {name: np.zeros((len(wanted), size)) for name in ("active", "purchases", "revenue", "value", "outcome")}
    means = {name: np.full(len(cells), np.nan) for name in (names.P_ALIVE, names.RESIDUAL_CLV)}
    for ahead in members_ahead(draws, cells, groups, terms, family, annual_discount_rate):
        cell = cells.iloc[ahead.row]
        group, n = place[str(cell[by])], int(cell[names.N])
        kept = ahead.kept[:, : ahead.renewals]
        made = kept.sum(axis=1)
        sums["active"][group] += n
        sums["purchases"][group] += n * made
        sums["revenue"][group] += n * float(cell[names.PRICE]) * made
        sums["value"][group] += n * ahead.value
        sums["outcome"][group] += outcome_of_many(rng, n, kept, ahead.flow)
        means[names.P_ALIVE][ahead.row], means[names.RESIDUAL_CLV][ahead.row] = 1.0, ahead.value.mean()
    counted = cells.groupby(cells[by].astype(str))[names.N].sum().reindex(list(wanted)).fillna(0)
    return GroupValues(groups=tuple(wanted), customers=counted.to_numpy(float), cells=cells.assign(**means), **sums)
