"""What members under contract are still worth: payments to come times what they leave, if they renew.

For a member with k renewals and a next one after w periods, and for every draw of the parameters,

    value = (price * margin - cost per payment) * sum over j = 1 ... m of S(k + j) / S(k) / (1 + d) ** (w + j - 1)

less the cost of serving the member for the rest of the period already paid and for every further one, where a table
knows that cost. Whether somebody is a member is known, so survival is conditional on it, and who left is worth nothing.
What winning the member has cost is sunk. Means and quantiles are taken at the very end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval, estimate, predictive_interval
from clv_lib.analysis.terms import Terms
from clv_lib.models.subscriptions import CONTRACTS, Parameters, parameters_of, periods_that_count
from clv_lib.periods import billing_periods_per_year, months_per_billing_period, rate_per_period

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
        realised[plan] += _outcome_of_many(rng, n, kept[:, :m], flow)
        j = np.arange(1, m + 1)
        weights[plan][0][:] += n * float(cell[names.PRICE]) * (kept[:, :m] @ (j * flow.worth[:m]))
        weights[plan][1][:] += n * float(cell[names.PRICE]) * (kept[:, :m] @ flow.worth[:m])
    elasticity = {p: estimate(up / down, mass=mass) for p, (up, down) in weights.items() if (down > 0).all()}
    return ContractValues(cells.assign(**columns), pd.DataFrame(expected), pd.DataFrame(realised), elasticity, mass)


@dataclass(frozen=True)
class MemberAhead:
    """One cell of members: chances still to be here at each further renewal, dims (draw, renewal), and the money."""

    row: int
    kept: np.ndarray
    renewals: int  # within the horizon
    far: int  # that count without end; 0 where nothing is discounted
    flow: "_Flow"

    @property
    def value(self) -> np.ndarray:
        """Expected residual value of one member, dims (draw,)."""
        return self.flow.expected(self.kept[:, : self.renewals])


def members_ahead(
    draws: Mapping[str, np.ndarray],
    cells: pd.DataFrame,
    groups: pd.DataFrame,
    terms: Terms,
    family: str,
    annual_discount_rate: float,
) -> Iterator[MemberAhead]:
    """Look at the cells one by one, with the arguments of :func:`value_members`."""
    for theta, rows in _by_group(draws, cells, groups, family):
        billing = str(cells[names.BILLING_PERIOD].iloc[rows[0]])
        rate = rate_per_period(annual_discount_rate, periods_per_year=billing_periods_per_year(billing))
        months = months_per_billing_period(billing)
        far = periods_that_count(rate) if rate > 0 else 0
        made = cells[names.RENEWALS].to_numpy(int)[rows]
        ahead = cells[names.RENEWALS_AHEAD].to_numpy(int)[rows]
        logs = _log_survival(family, theta, int(made.max() + max(far, ahead.max(), 1)))
        for row, k, m in zip(rows, made, ahead, strict=True):
            price, wait = float(cells[names.PRICE].iloc[row]), float(cells[names.WAIT].iloc[row])
            flow = _flow(terms, price, wait, rate, months, max(far, int(m), 1))
            yield MemberAhead(int(row), np.exp(logs[:, k + 1 :] - logs[:, [k]]), int(m), far, flow)


@dataclass(frozen=True)
class NewMember:
    """What a new member of a plan is worth before anything was paid to win it; the first payment is included.

    Attributes
    ----------
    plan : str
    price : float
        Per billing period, in currency.
    billing_period : str
    clv : Estimate
        Over the horizon, with the predictive interval of one member.
    renewals : float
        Expected over the horizon.
    """

    plan: str
    price: float
    billing_period: str
    clv: Estimate
    renewals: float


def value_new_members(
    draws: Mapping[str, np.ndarray],
    sizes: pd.DataFrame,
    groups: pd.DataFrame,
    terms: Terms,
    *,
    family: str,
    annual_discount_rate: float,
    horizon_months: int,
    seed: int,
    mass: float = INTERVAL,
) -> list[NewMember]:
    """Value of a new member by plan, as members came: each group counts by its size.

    Parameters
    ----------
    sizes : DataFrame
        One row per group: its columns, ``price`` (mean) and ``n`` (members ever).
    """
    rng = np.random.default_rng(seed)
    found = []
    for (plan, billing), part in sizes.groupby([names.PLAN, names.BILLING_PERIOD]):
        rate = rate_per_period(annual_discount_rate, periods_per_year=billing_periods_per_year(str(billing)))
        months = months_per_billing_period(str(billing))
        periods = int(np.ceil(horizon_months / months)) - 1  # the payment at the very end is beyond the horizon
        share = part[names.N].to_numpy(float) / part[names.N].sum()
        price = float(share @ part[names.PRICE].to_numpy(float))
        values, outcomes, renewals = [], [], []
        for theta, _ in _by_group(draws, part, groups, family):
            kept = np.exp(_log_survival(family, theta, max(periods, 1))[:, 1 : periods + 1])
            flow = _flow(terms, price, 1.0, rate, months, max(periods, 1))
            first = flow.contribution - flow.service * (1 + rate) ** -0.5
            lasting = (rng.random((len(kept), 1)) < kept).sum(axis=1)
            no_rest = flow.rest
            values.append(first + flow.expected(kept) + no_rest)
            outcomes.append(first + flow.outcome(lasting) + no_rest)
            renewals.append(kept.sum(axis=1).mean())
        chosen = rng.choice(len(share), size=len(values[0]), p=share)
        mixed = np.array(outcomes)[chosen, np.arange(len(chosen))]
        clv = estimate(share @ np.array(values), mixed, mass=mass)
        found.append(NewMember(str(plan), price, str(billing), clv, float(share @ np.array(renewals))))
    return found


@dataclass(frozen=True)
class _Flow:
    """Money of one member: what a payment leaves and its period costs, per draw, and what it is worth today."""

    contribution: np.ndarray  # of one payment, dims (draw,)
    service: np.ndarray  # of one period
    rest: np.ndarray  # cost of the rest of the period already paid
    worth: np.ndarray  # of a unit paid at the j-th renewal, dims (renewal,)
    half: float  # discount from the beginning to the middle of a period

    @property
    def net(self) -> np.ndarray:
        return self.contribution - self.service * self.half

    def expected(self, kept: np.ndarray) -> np.ndarray:
        return self.net * (kept @ self.worth[: kept.shape[1]]) - self.rest

    def outcome(self, renewals: np.ndarray) -> np.ndarray:
        return self.net * np.concatenate([[0.0], np.cumsum(self.worth)])[renewals] - self.rest


def _flow(terms: Terms, price: float, wait: float, rate: float, months: float, periods: int) -> _Flow:
    margin, order, month = terms.margin_rate[:, 0], terms.per_order[:, 0], terms.per_active_month[:, 0]
    worth = (1 + rate) ** -(wait + np.arange(periods))
    rest = month * months * wait * (1 + rate) ** (-wait / 2)
    return _Flow(price * margin - order, month * months, rest, worth, (1 + rate) ** -0.5)


def _outcome_of_many(rng: np.random.Generator, n: int, kept: np.ndarray, flow: _Flow) -> np.ndarray:
    """What n like members bring together: at every renewal some of those still here leave."""
    here, total = np.full(len(kept), n), np.zeros(len(kept))
    before = np.ones(len(kept))
    for j in range(kept.shape[1]):
        rate = np.clip(kept[:, j] / np.maximum(before, 1e-300), 0.0, 1.0)
        here, before = rng.binomial(here, rate), kept[:, j]
        total += here * flow.worth[j]
    return flow.net * total - n * flow.rest


def _by_group(
    draws: Mapping[str, np.ndarray], cells: pd.DataFrame, groups: pd.DataFrame, family: str
) -> Iterator[tuple[Parameters, np.ndarray]]:
    """Parameters of dims (draw, 1), and the rows of the cells of that group."""
    keys = [name for name in groups.columns if name != names.GROUP]
    theta = parameters_of(family, draws)
    labels = cells[keys].astype(str).merge(groups.reset_index(), on=keys, how="left")["index"].to_numpy()
    for number in range(len(groups)):
        rows = np.flatnonzero(labels == number)
        if len(rows):
            yield [value[:, number : number + 1] for value in theta], rows


def _log_survival(family: str, theta: Parameters, last: int) -> np.ndarray:
    return CONTRACTS[family].log_survival(*theta, renewals=np.arange(last + 1))
