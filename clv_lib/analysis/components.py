"""A customer's value, taken apart: what purchases leave, what serving costs, what referrals bring.

    value = (margin rate * spend - cost per order) * discounted purchases
            - cost per month * discounted months alive
            + referrals per month * worth of a newcomer * discounted months alive

The first line is the contribution, and it rises with purchases; the other two rise with time, whether the customer buys
or not. So a customer who stays and does not buy is worth less than nothing, and the sum is left negative.
"""

from dataclasses import dataclass

import numpy as np

from clv_lib.analysis.projection import WEEKS_PER_MONTH, Ahead, Batch, months_lived
from clv_lib.analysis.terms import Terms


@dataclass(frozen=True)
class Components:
    """Parts of a value, in currency, of like dims.

    Attributes
    ----------
    contribution : ndarray
        Of purchases, after the costs that purchases cause.
    service_cost : ndarray
        Of serving and keeping while alive; positive, and subtracted.
    referral_value : ndarray
        Of the newcomers brought, net of what it costs to win them so.
    """

    contribution: np.ndarray
    service_cost: np.ndarray
    referral_value: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Value of the customer."""
        return self.contribution - self.service_cost + self.referral_value

    def minus(self, other: "Components") -> "Components":
        """Part by part."""
        return Components(
            self.contribution - other.contribution,
            self.service_cost - other.service_cost,
            self.referral_value - other.referral_value,
        )

    def added(self, weights: np.ndarray) -> "Components":
        """Sum over the last axis, weighted: dims (draw,)."""
        parts = (self.contribution, self.service_cost, self.referral_value)
        return Components(*((part * weights).sum(axis=-1) for part in parts))


def expected(terms: Terms, *, revenue: np.ndarray, purchases: np.ndarray, months: np.ndarray | None) -> Components:
    """Value per draw, dims (draw, cell).

    Parameters
    ----------
    terms : Terms
    revenue, purchases, months : ndarray
        Expected and discounted; ``months`` is ``None`` where time was not asked for because nothing depends on it.
    """
    contribution = terms.margin_rate * revenue - terms.per_order * purchases
    if months is None:
        return Components(contribution, np.zeros_like(contribution), np.zeros_like(contribution))
    return Components(contribution, terms.per_active_month * months, terms.referrals * terms.newcomer * months)


def realised(
    terms: Terms,
    rng: np.random.Generator,
    *,
    revenue: np.ndarray,
    purchases: np.ndarray,
    time_alive: np.ndarray | None,
    discount_rate: float,
) -> Components:
    """Value of one simulated customer per draw and cell, of its own purchases and its own time alive.

    Newcomers arrive at random over that time, and each brings what one newcomer brings. They have a random
    stream of their own, so asking for them changes nothing else.

    Parameters
    ----------
    terms : Terms
    rng : numpy.random.Generator
    revenue, purchases : ndarray
        Simulated and discounted.
    time_alive : ndarray or None
        Weeks.
    discount_rate : float
        Continuous, per week.
    """
    contribution = terms.margin_rate * revenue - terms.per_order * purchases
    if time_alive is None:
        return Components(contribution, np.zeros_like(contribution), np.zeros_like(contribution))
    months = months_lived(time_alive, discount_rate=discount_rate)
    brought = np.zeros_like(contribution)
    if terms.referrals.any():
        plain = time_alive / WEEKS_PER_MONTH
        discount = np.divide(months, plain, out=np.ones_like(months), where=plain > 0)
        brought = discount * _newcomers(rng.spawn(1)[0], terms.referrals * plain, terms.outcomes)
    return Components(contribution, terms.per_active_month * months, brought)


def _newcomers(rng: np.random.Generator, expected: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Worth of a Poisson number of newcomers, each drawn from the outcomes of the same posterior draw."""
    number = rng.poisson(expected)
    if outcomes.shape[1] == 1:
        return number * outcomes
    draw_of = np.repeat(np.arange(len(number)), number.sum(axis=1))
    cell_of = np.repeat(np.arange(number.size), number.ravel())
    picked = outcomes[draw_of, rng.integers(outcomes.shape[1], size=len(draw_of))]
    return np.bincount(cell_of, picked, number.size).reshape(number.shape)


def expected_of(part: Ahead, terms: Terms) -> Components:
    """Expected value of one customer of each cell of a batch."""
    return expected(terms, revenue=part.discounted * part.spend, purchases=part.discounted, months=part.months)


def expected_without_end(part: Ahead, terms: Terms) -> Components | None:
    """The same without end; ``None`` where that need not exist."""
    if part.discounted_infinite is None:
        return None
    purchases = part.discounted_infinite
    return expected(terms, revenue=purchases * part.spend, purchases=purchases, months=part.months_infinite)


def realised_of(part: Batch, terms: Terms, rng: np.random.Generator, *, discount_rate: float) -> Components:
    """Value of the simulated customer of each cell of a batch."""
    return realised(
        terms,
        rng,
        revenue=part.revenue,
        purchases=part.count_discounted,
        time_alive=part.time_alive,
        discount_rate=discount_rate,
    )
