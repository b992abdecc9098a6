"""What a customer who has just bought for the first time is worth, and what may be paid for one."""

from dataclasses import dataclass

import numpy as np

from clv_lib.analysis.components import Components, expected, realised
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import ClosedForms, Draws, closed_forms, paired, require_mean_spend
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.analysis.projection import WEEKS_PER_MONTH, mean_discount
from clv_lib.analysis.terms import ReferralGain, Terms, even_rows, terms_of
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.models import gamma_gamma
from clv_lib.names import PurchaseFamily


@dataclass(frozen=True)
class NewCustomerDraws:
    """Value of one just-acquired customer per posterior draw, before the cost of acquisition, in currency.

    Attributes
    ----------
    value : Components, dims (draw,)
        Expected, over the horizon; the first purchase is in the contribution.
    without_end : Components or None, dims (draw,)
    outcomes : ndarray, dims (draw, simulation)
        What single newcomers bring.
    first_purchase : ndarray, dims (draw,)
        Contribution of the first purchase.
    repeat_purchases : ndarray, dims (draw,)
        Expected over the horizon, not discounted.
    counts : ndarray, dims (draw, simulation)
        Simulated repeat purchases.
    """

    value: Components
    without_end: Components | None
    outcomes: np.ndarray
    first_purchase: np.ndarray
    repeat_purchases: np.ndarray
    counts: np.ndarray

    def referral_gain(self, *, per_active_month: np.ndarray, cost: np.ndarray | float = 0.0) -> ReferralGain:
        """What existing customers bring by bringing such newcomers.

        Parameters
        ----------
        per_active_month : ndarray, dims (draw,)
            New customers brought per month alive.
        cost : float or ndarray of dims (draw,)
            Of winning one by referral, as the reward that is paid.
        """
        costs = np.atleast_1d(np.asarray(cost, dtype=float))
        each = costs[even_rows(len(costs), len(self.outcomes))]
        return ReferralGain(per_active_month, self.value.total - each, self.outcomes - each[:, None])


@dataclass(frozen=True)
class NewCustomerValue:
    """CLV of one just-acquired customer, first purchase included at full value.

    Attributes
    ----------
    clv : Estimate
        Over the horizon, in currency, after the cost of serving and keeping, before the cost of acquisition.
    clv_infinite : Estimate or None
        Without end; ``None`` without discounting. Credible interval only.
    clv_net_of_cac : Estimate or None
        ``clv`` less the cost of acquisition; negative where a customer costs more than it brings. ``None`` when
        no cost was given.
    first_purchase : float
        Contribution of the first purchase within ``clv``; it happens today and is not discounted.
    repeat_purchases : Estimate
        Repeat purchases over the horizon, not discounted.
    cac : float or None
    contribution, service_cost, referral_value : float
        Parts of ``clv``: the first less the second plus the third.
    """

    clv: Estimate
    clv_infinite: Estimate | None
    clv_net_of_cac: Estimate | None
    first_purchase: float
    repeat_purchases: Estimate
    cac: float | None
    contribution: float
    service_cost: float
    referral_value: float


def value_new_customer(
    purchase_draws: Draws,
    spend_draws: Draws,
    *,
    family: PurchaseFamily,
    economics: Economics,
    seed: int,
    first_value: float | None = None,
    unit_costs: UnitCosts | None = None,
    referrals: ReferralGain | None = None,
    cac: float | None = None,
    mass: float = INTERVAL,
    simulations: int = 10,
) -> NewCustomerValue:
    """CLV of a customer at the moment of the first purchase.

    Parameters
    ----------
    purchase_draws, spend_draws, family, economics, seed, first_value, unit_costs, referrals, simulations
        As in :func:`new_customer_draws`.
    cac : float, optional
        Cost of acquiring one customer, in currency.
    mass : float
        Of both intervals.

    Raises
    ------
    CannotEstimateError
        When some posterior draw leaves the mean spend undefined.
    """
    draws = new_customer_draws(
        purchase_draws,
        spend_draws,
        family=family,
        economics=economics,
        seed=seed,
        first_value=first_value,
        unit_costs=unit_costs,
        referrals=referrals,
        simulations=simulations,
    )
    return summarise_new_customer(draws, cac=cac, mass=mass)


def summarise_new_customer(
    draws: NewCustomerDraws, *, cac: float | None = None, mass: float = INTERVAL
) -> NewCustomerValue:
    """Means and intervals of what :func:`new_customer_draws` has made."""
    clv = estimate(draws.value.total, draws.outcomes.ravel(), mass=mass)
    return NewCustomerValue(
        clv=clv,
        clv_infinite=None if draws.without_end is None else estimate(draws.without_end.total, mass=mass),
        clv_net_of_cac=None if cac is None else clv.minus(cac),
        first_purchase=float(draws.first_purchase.mean()),
        repeat_purchases=estimate(draws.repeat_purchases, draws.counts.ravel(), mass=mass),
        cac=cac,
        contribution=float(draws.value.contribution.mean()),
        service_cost=float(draws.value.service_cost.mean()),
        referral_value=float(draws.value.referral_value.mean()),
    )


def new_customer_draws(
    purchase_draws: Draws,
    spend_draws: Draws,
    *,
    family: PurchaseFamily,
    economics: Economics,
    seed: int,
    first_value: float | None = None,
    unit_costs: UnitCosts | None = None,
    referrals: ReferralGain | None = None,
    simulations: int = 10,
) -> NewCustomerDraws:
    """Value of a customer at the moment of the first purchase, draw by draw.

    Parameters
    ----------
    purchase_draws, spend_draws : mapping of str to ndarray, dims (draw, 1)
        Posterior draws in natural units, paired draw by draw.
    family : PurchaseFamily
    economics : Economics
    seed : int
        Of the simulated outcomes.
    first_value : float, optional
        Mean value of a first purchase, in currency, where the log knows it; otherwise first purchases are taken to be
        like repeat purchases (``p v / (q - 1)``).
    unit_costs : UnitCosts, optional
        Without them ``economics.gross_margin`` stands in, and nothing is subtracted beyond it.
    referrals : ReferralGain, optional
    simulations : int
        Customers simulated per draw for the predictive interval.

    Raises
    ------
    CannotEstimateError
        When some posterior draw leaves the mean spend undefined.
    """
    forms = closed_forms(family)
    purchase, spend = paired(purchase_draws, spend_draws, family)
    require_mean_spend(spend, frequency=np.zeros(1))
    terms = terms_of(economics, len(purchase[0]), unit_costs=unit_costs, referrals=referrals)
    per_purchase = gamma_gamma.expected_spend(*spend, frequency=0, monetary_value=0.0)
    first = np.broadcast_to(per_purchase if first_value is None else float(first_value), per_purchase.shape)
    plain = forms.expected_purchases_new(*purchase, horizon=economics.horizon_weeks)

    def worth(horizon: float) -> Components:
        rate = economics.discount_rate_per_week
        later = forms.discounted_purchases_new(*purchase, horizon=horizon, discount_rate=rate) if rate > 0 else plain
        months = (
            forms.time_alive_new(*purchase, horizon=horizon, discount_rate=rate) / WEEKS_PER_MONTH
            if terms.count_time
            else None
        )
        return _flat(expected(terms, revenue=first + later * per_purchase, purchases=1 + later, months=months))

    outcome, counts = _simulated(
        forms,
        purchase,
        spend,
        terms,
        economics,
        rng=np.random.default_rng(seed),
        first_value=first_value,
        size=simulations,
    )
    return NewCustomerDraws(
        value=worth(economics.horizon_weeks),
        without_end=worth(np.inf) if economics.discounts else None,
        outcomes=outcome.total,
        first_purchase=(terms.margin_rate * first - terms.per_order).ravel(),
        repeat_purchases=plain.ravel(),
        counts=counts,
    )


def _flat(value: Components) -> Components:
    return Components(value.contribution.ravel(), value.service_cost.ravel(), value.referral_value.ravel())


def _simulated(
    forms: ClosedForms,
    purchase: tuple[np.ndarray, ...],
    spend: tuple[np.ndarray, ...],
    terms: Terms,
    economics: Economics,
    *,
    rng: np.random.Generator,
    first_value: float | None,
    size: int,
) -> tuple[Components, np.ndarray]:
    """What newcomers bring, and how often they come back, dims (draw, simulation)."""
    horizon, rate = economics.horizon_weeks, economics.discount_rate_per_week
    born = np.zeros(size)
    lived = forms.simulate_purchases(
        rng, *purchase, frequency=born, recency=born, T=born, horizon=horizon, with_time=terms.count_time
    )
    extra = int(first_value is None)  # the first purchase belongs to the same customer: one spend level for all of them
    bought = gamma_gamma.simulate_spend(rng, *spend, frequency=born, monetary_value=born, count=lived.count + extra)
    share_later = np.divide(lived.count, lived.count + extra, out=np.zeros(bought.shape), where=lived.count > 0)
    discount = mean_discount(lived.mean_time, discount_rate=rate)
    later = share_later * discount
    revenue = bought * (later + 1 - share_later) if first_value is None else first_value + bought * later
    value = realised(
        terms,
        rng,
        revenue=revenue,
        purchases=1 + lived.count * discount,
        time_alive=lived.time_alive,
        discount_rate=rate,
    )
    return value, lived.count
