"""What members under contract are still worth: payments to come times what they leave, if they renew.

For a member with k renewals and a next one after w periods, and for every draw of the parameters,

    value = (price * margin - cost per payment) * sum over j = 1 ... m of S(k + j) / S(k) / (1 + d) ** (w + j - 1)

less the cost of serving the member for the rest of the period already paid and for every further one, where a table
knows that cost. Whether somebody is a member is known, so survival is conditional on it, and who left is worth nothing.
What winning the member has cost is sunk. Means and quantiles are taken at the very end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.contract_flow import members_ahead, outcome_of_many
from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval, estimate, predictive_interval
from clv_lib.analysis.terms import Terms

COLUMNS: Final = (
    names.RENEWAL_PROBABILITY,
    names.EXPECTED_RENEWALS,
    names.RESIDUAL_CLV,
    names.RESIDUAL_CLV_LOW,
    names.RESIDUAL_CLV_HIGH,
    names.RESIDUAL_CLV_PREDICTIVE_LOW,
    names.RESIDUAL_CLV_PREDICTIVE_HIGH,
    names.RESIDUAL_CLV_INFINITE,
    names.RESIDUAL_CONTRIBUTION,
    names.RESIDUAL_SERVICE_COST,
)


@dataclass(frozen=True)
class ContractValues:
    """Residual value of every cell of members, and of groups and all of them together.

    Attributes
    ----------
    cells : DataFrame
        The cells with the columns of :data:`COLUMNS`: the chance to make the next renewal, renewals expected within the
        horizon, and the value of one member with both its intervals and its two parts.
    expected, realised : DataFrame, dims (draw, plan)
        Sum over the members of a plan, as expectation and as simulated outcome.
    elasticity : mapping of str to Estimate
        By plan: percent of value per percent of retention.
    mass : float
    """

    cells: pd.DataFrame
    expected: pd.DataFrame
    realised: pd.DataFrame
    elasticity: Mapping[str, Estimate]
    mass: float = INTERVAL

    @property
    def members(self) -> int:
        """Members under contract."""
        return int(self.cells[names.N].sum())

    @property
    def total(self) -> Estimate:
        """Residual value of all members."""
        return estimate(self.expected.sum(axis=1).to_numpy(), self.realised.sum(axis=1).to_numpy(), mass=self.mass)

    def of_plan(self, plan: str) -> Estimate:
        """Residual value of the members of one plan."""
        return estimate(self.expected[plan].to_numpy(), self.realised[plan].to_numpy(), mass=self.mass)


def value_members(
    draws: Mapping[str, np.ndarray],
    cells: pd.DataFrame,
    groups: pd.DataFrame,
    terms: Terms,
    *,
    family: str,
    annual_discount_rate: float,
    seed: int,
    mass: float = INTERVAL,
) -> ContractValues:
    """Residual value of every cell of active members.

    Parameters
    ----------
    draws : mapping of str to ndarray, dims (draw, group)
    cells : DataFrame
        From :func:`~clv_lib.data.members.member_cells`.
    groups : DataFrame
        From :func:`~clv_lib.models.contract_fit.groups_of`.
    terms : Terms
        What a unit of revenue leaves, a payment and a month cost, one number per draw.
    annual_discount_rate : float
    seed : int
        Of the simulated outcomes.
    """
    rng = np.random.default_rng(seed)
    size = len(next(iter(draws.values())))
    plans = sorted(cells[names.PLAN].unique())
    expected = {plan: np.zeros(size) for plan in plans}
    realised = {plan: np.zeros(size) for plan in plans}
    weights = {plan: (np.zeros(size), np.zeros(size)) for plan in plans}
    columns = {name: np.full(len(cells), np.nan) for name in COLUMNS}
    for ahead in members_ahead(draws, cells, groups, terms, family, annual_discount_rate):
        row, kept, m, far, flow = ahead.row, ahead.kept, ahead.renewals, ahead.far, ahead.flow
        cell = cells.iloc[row]
        plan, n = str(cell[names.PLAN]), int(cell[names.N])
        value = ahead.value
        outcome = flow.outcome((rng.random((size, 1)) < kept[:, :m]).sum(axis=1))
        low, high = credible_interval(value, mass=mass)
        below, above = predictive_interval(outcome, mass=mass)
        without_end = flow.expected(kept[:, :far]).mean() if far else np.nan
        part = flow.contribution * (kept[:, :m] @ flow.worth[:m])
        found = (
            *(kept[:, 0].mean(), kept[:, :m].sum(axis=1).mean()),
            *(value.mean(), low, high, below, above, without_end),
            *(part.mean(), (part - value).mean()),
        )
        for name, number in zip(COLUMNS, found, strict=True):
            columns[name][row] = number
        expected[plan] += n * value
        realised[plan] += outcome_of_many(rng, n, kept[:, :m], flow)
        j = np.arange(1, m + 1)
        weights[plan][0][:] += n * float(cell[names.PRICE]) * (kept[:, :m] @ (j * flow.worth[:m]))
        weights[plan][1][:] += n * float(cell[names.PRICE]) * (kept[:, :m] @ flow.worth[:m])
    elasticity = {p: estimate(up / down, mass=mass) for p, (up, down) in weights.items() if (down > 0).all()}
    return ContractValues(cells.assign(**columns), pd.DataFrame(expected), pd.DataFrame(realised), elasticity, mass)
