"""What a new member of a plan is worth, and what is left of it after winning it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.channels import ChannelValue, value_by_channel
from clv_lib.analysis.components import Components
from clv_lib.analysis.contract_flow import by_group, flow_of, log_survival
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.analysis.new_customers import NewCustomerDraws
from clv_lib.analysis.terms import Terms
from clv_lib.periods import billing_periods_per_year, months_per_billing_period, rate_per_period


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


@dataclass(frozen=True)
class NewMemberDraws:
    """A new member of a plan, draw by draw, in currency.

    Attributes
    ----------
    plan, price, billing_period
        As of :class:`NewMember`.
    members : float
        Who ever came to the plan.
    value, outcome : ndarray, dims (draw,)
        Expected, and what one such member brings.
    first_payment : ndarray, dims (draw,)
        What the first payment leaves.
    renewals : ndarray, dims (draw,)
        Expected within the horizon.
    """

    plan: str
    price: float
    billing_period: str
    members: float
    value: np.ndarray
    outcome: np.ndarray
    first_payment: np.ndarray
    renewals: np.ndarray

    def summary(self, mass: float = INTERVAL) -> NewMember:
        """Means and intervals."""
        clv = estimate(self.value, self.outcome, mass=mass)
        return NewMember(self.plan, self.price, self.billing_period, clv, float(self.renewals.mean()))

    def as_customer(self) -> NewCustomerDraws:
        """The same as any new customer, to be set against what it costs to win one."""
        nothing = np.zeros_like(self.value)
        return NewCustomerDraws(
            value=Components(self.value, nothing, nothing),
            without_end=None,
            outcomes=self.outcome[:, None],
            first_purchase=self.first_payment,
            repeat_purchases=self.renewals,
            counts=self.renewals[:, None],
        )


def new_member_draws(
    draws: Mapping[str, np.ndarray],
    sizes: pd.DataFrame,
    groups: pd.DataFrame,
    terms: Terms,
    *,
    family: str,
    annual_discount_rate: float,
    horizon_months: int,
    seed: int,
) -> list[NewMemberDraws]:
    """Value of a new member by plan, as members came: each group counts by its size.

    Parameters
    ----------
    draws, groups, terms, family, annual_discount_rate
        As for :func:`~clv_lib.analysis.contract_value.value_members`.
    sizes : DataFrame
        One row per group: its columns, ``price`` (mean) and ``n`` (members ever).
    horizon_months : int
    seed : int
        Of the simulated outcomes.
    """
    rng = np.random.default_rng(seed)
    found = []
    for (plan, billing), part in sizes.groupby([names.PLAN, names.BILLING_PERIOD]):
        rate = rate_per_period(annual_discount_rate, periods_per_year=billing_periods_per_year(str(billing)))
        months = months_per_billing_period(str(billing))
        periods = int(np.ceil(horizon_months / months)) - 1  # the payment at the very end is beyond the horizon
        share = part[names.N].to_numpy(float) / part[names.N].sum()
        price = float(share @ part[names.PRICE].to_numpy(float))
        values, outcomes, firsts, renewals = [], [], [], []
        for theta, _ in by_group(draws, part, groups, family):
            kept = np.exp(log_survival(family, theta, max(periods, 1))[:, 1 : periods + 1])
            flow = flow_of(terms, price, 1.0, rate, months, max(periods, 1))
            first = flow.contribution - flow.service * (1 + rate) ** -0.5
            lasting = (rng.random((len(kept), 1)) < kept).sum(axis=1)
            no_rest = flow.rest
            values.append(first + flow.expected(kept) + no_rest)
            outcomes.append(first + flow.outcome(lasting) + no_rest)
            firsts.append(flow.contribution)
            renewals.append(kept.sum(axis=1))
        chosen = rng.choice(len(share), size=len(values[0]), p=share)
        mixed = np.array(outcomes)[chosen, np.arange(len(chosen))]
        mixed_means = (share @ np.array(each) for each in (values, firsts, renewals))
        value, first_payment, made = mixed_means
        members = float(part[names.N].sum())
        found.append(NewMemberDraws(str(plan), price, str(billing), members, value, mixed, first_payment, made))
    return found


@dataclass(frozen=True)
class MemberOfChannel:
    """A new member of a plan, won through a channel.

    Attributes
    ----------
    plan : str
    won : ChannelValue
        What the channel asks for one, and what is left.
    """

    plan: str
    won: ChannelValue


def members_by_channel(
    new: Sequence[NewMemberDraws],
    cac: Mapping[str, np.ndarray],
    *,
    customers: Mapping[str, float] | None = None,
    mass: float = INTERVAL,
) -> tuple[MemberOfChannel, ...]:
    """Set the value of a new member of each plan against what each channel asks for one.

    Parameters
    ----------
    new : sequence of NewMemberDraws
    cac : mapping of str to ndarray, dims (draw,)
        Cost of winning one, by channel; one for all plans, since nobody says which plan the money was spent for.
    customers : mapping of str to float, optional
        How many each cost was measured on.

    Returns
    -------
    tuple of MemberOfChannel
        By plan, the most valuable first; within a plan the cheapest channel first.
    """
    ordered = sorted(new, key=lambda each: -float(each.value.mean()))
    return tuple(
        MemberOfChannel(each.plan, won)
        for each in ordered
        for won in value_by_channel(each.as_customer(), cac, customers=customers, mass=mass)
    )
