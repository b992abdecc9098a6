"""What members under contract have ahead, cell by cell: the chance of every further renewal, and the money.

Whether somebody is a member is known, so survival is conditional on it; draws travel to the last step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.terms import Terms
from clv_lib.models.subscriptions import CONTRACTS, Parameters, parameters_of, periods_that_count
from clv_lib.periods import billing_periods_per_year, months_per_billing_period, rate_per_period


@dataclass(frozen=True)
class Flow:
    """Money of one member: what a payment leaves and its period costs, per draw, and what it is worth today."""

    contribution: np.ndarray  # of one payment, dims (draw,)
    service: np.ndarray  # of one period
    rest: np.ndarray  # cost of the rest of the period already paid
    worth: np.ndarray  # of a unit paid at the j-th renewal, dims (renewal,)
    half: float  # discount from the beginning to the middle of a period

    @property
    def net(self) -> np.ndarray:
        """What a payment leaves after its period was served."""
        return self.contribution - self.service * self.half

    def expected(self, kept: np.ndarray) -> np.ndarray:
        """Value given the chances to be here at each renewal, dims (draw, renewal)."""
        return self.net * (kept @ self.worth[: kept.shape[1]]) - self.rest

    def outcome(self, renewals: np.ndarray) -> np.ndarray:
        """Value of members who make so many renewals."""
        return self.net * np.concatenate([[0.0], np.cumsum(self.worth)])[renewals] - self.rest


def flow_of(terms: Terms, price: float, wait: float, rate: float, months: float, periods: int) -> Flow:
    """Money of a member who pays a price, and whose next payment lies a part ``wait`` of a period ahead."""
    margin, order, month = terms.margin_rate[:, 0], terms.per_order[:, 0], terms.per_active_month[:, 0]
    worth = (1 + rate) ** -(wait + np.arange(periods))
    rest = month * months * wait * (1 + rate) ** (-wait / 2)
    return Flow(price * margin - order, month * months, rest, worth, (1 + rate) ** -0.5)


def outcome_of_many(rng: np.random.Generator, n: int, kept: np.ndarray, flow: Flow) -> np.ndarray:
    """What n like members bring together: at every renewal some of those still here leave."""
    here, total = np.full(len(kept), n), np.zeros(len(kept))
    before = np.ones(len(kept))
    for j in range(kept.shape[1]):
        rate = np.clip(kept[:, j] / np.maximum(before, 1e-300), 0.0, 1.0)
        here, before = rng.binomial(here, rate), kept[:, j]
        total += here * flow.worth[j]
    return flow.net * total - n * flow.rest


def by_group(
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


def log_survival(family: str, theta: Parameters, last: int) -> np.ndarray:
    """Log of the chance to make the first 0, 1, ..., ``last`` renewals, dims (draw, renewal)."""
    return CONTRACTS[family].log_survival(*theta, renewals=np.arange(last + 1))


@dataclass(frozen=True)
class MemberAhead:
    """One cell of members: chances still to be here at each further renewal, dims (draw, renewal), and the money."""

    row: int
    kept: np.ndarray
    renewals: int  # within the horizon
    far: int  # that count without end; 0 where nothing is discounted
    flow: Flow

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
    """Look at the cells one by one, with the arguments of :func:`clv_lib.analysis.contract_value.value_members`.

    Who is here in the middle of a period has survived a part of it, as far as contracts end there: with a share w of
    the cancellations spread over the period (``ends_within`` of the cell, 0 where it is missing) and a part f of the
    period over, S(k + w f), which both families know between renewals, stands where S(k) would.
    """
    within = cells[names.ENDS_WITHIN].to_numpy(float) if names.ENDS_WITHIN in cells else np.zeros(len(cells))
    for theta, rows in by_group(draws, cells, groups, family):
        billing = str(cells[names.BILLING_PERIOD].iloc[rows[0]])
        rate = rate_per_period(annual_discount_rate, periods_per_year=billing_periods_per_year(billing))
        months = months_per_billing_period(billing)
        far = periods_that_count(rate) if rate > 0 else 0
        made = cells[names.RENEWALS].to_numpy(int)[rows]
        ahead = cells[names.RENEWALS_AHEAD].to_numpy(int)[rows]
        logs = log_survival(family, theta, int(made.max() + max(far, ahead.max(), 1)))
        for row, k, m in zip(rows, made, ahead, strict=True):
            price, wait = float(cells[names.PRICE].iloc[row]), float(cells[names.WAIT].iloc[row])
            flow = flow_of(terms, price, wait, rate, months, max(far, int(m), 1))
            here = CONTRACTS[family].log_survival(*theta, renewals=np.array([k + within[row] * (1 - wait)]))
            yield MemberAhead(int(row), np.exp(logs[:, k + 1 :] - here), int(m), far, flow)
