"""What a customer who has just bought for the first time is worth, and what may be paid for one."""

from dataclasses import dataclass

import numpy as np

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws, closed_forms, paired, require_mean_spend
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.analysis.projection import mean_discount
from clv_lib.models import gamma_gamma
from clv_lib.names import PurchaseFamily


@dataclass(frozen=True)
class NewCustomerValue:
    """CLV of one just-acquired customer, first purchase included at full value.

    Attributes
    ----------
    clv : Estimate
        Over the horizon, in currency, before the cost of acquisition.
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
    """

    clv: Estimate
    clv_infinite: Estimate | None
    clv_net_of_cac: Estimate | None
    first_purchase: float
    repeat_purchases: Estimate
    cac: float | None


def value_new_customer(
    purchase_draws: Draws,
    spend_draws: Draws,
    *,
    family: PurchaseFamily,
    economics: Economics,
    seed: int,
    first_value: float | None = None,
    cac: float | None = None,
    mass: float = INTERVAL,
    simulations: int = 10,
) -> NewCustomerValue:
    """CLV of a customer at the moment of the first purchase.

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
    cac : float, optional
        Cost of acquiring one customer, in currency.
    mass : float
        Of both intervals.
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
    horizon, rate = economics.horizon_weeks, economics.discount_rate_per_week
    per_purchase = gamma_gamma.expected_spend(*spend, frequency=0, monetary_value=0.0)
    first = np.broadcast_to(per_purchase if first_value is None else float(first_value), per_purchase.shape)
    plain = forms.expected_purchases_new(*purchase, horizon=horizon)

    def worth(horizon: float) -> np.ndarray:
        discounted = (
            forms.discounted_purchases_new(*purchase, horizon=horizon, discount_rate=rate) if rate > 0 else plain
        )
        return (economics.gross_margin * (first + discounted * per_purchase)).ravel()

    rng = np.random.default_rng(seed)
    newborn = np.zeros(simulations)
    outcome = forms.simulate_purchases(rng, *purchase, frequency=newborn, recency=newborn, T=newborn, horizon=horizon)
    extra = int(first_value is None)  # the first purchase belongs to the same customer: one spend level for all of them
    bought = gamma_gamma.simulate_spend(
        rng, *spend, frequency=newborn, monetary_value=newborn, count=outcome.count + extra
    )
    share_later = np.divide(outcome.count, outcome.count + extra, out=np.zeros(bought.shape), where=outcome.count > 0)
    later = share_later * mean_discount(outcome.mean_time, discount_rate=rate)
    realised = economics.gross_margin * (bought * (later + 1 - share_later) if extra else first + bought * later)
    clv = estimate(worth(horizon), realised.ravel(), mass=mass)
    return NewCustomerValue(
        clv=clv,
        clv_infinite=estimate(worth(np.inf), mass=mass) if economics.discounts else None,
        clv_net_of_cac=None if cac is None else clv.minus(cac),
        first_purchase=float(economics.gross_margin * first.mean()),
        repeat_purchases=estimate(plain.ravel(), outcome.count.ravel(), mass=mass),
        cac=cac,
    )
