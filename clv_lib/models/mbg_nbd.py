r"""MBG/NBD: the BG/NBD in which a customer may also leave right after the first purchase.

1. While alive, a customer buys at random times with rate :math:`\lambda` per week.
2. Rates differ between customers: :math:`\lambda \sim \mathrm{Gamma}(r, \alpha)`.
3. After **every** purchase, the first included, the customer leaves for good with probability :math:`p`; so a customer
   without a repeat purchase may be gone.
4. The chances differ between customers: :math:`p \sim \mathrm{Beta}(a, b)`.
5. :math:`\lambda` and :math:`p` are independent.

Time is in weeks throughout; ``frequency`` is x, ``recency`` t_x and ``T`` the age of the customer. All functions
broadcast: parameters of shape (draw, 1) and data of shape (cell,) give (draw, cell).

References
----------
.. [1] Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of models for customer base
   analysis", Int. J. of Research in Marketing 24(3), 201-209.
.. [2] Wagner & Hoppe (2008), "Erratum on the MBG/NBD model", Int. J. of Research in Marketing 25(3), 225-226.
"""

import numpy as np
from scipy.special import betaln, expit, gammaln

from clv_lib.models.bg_nbd import simulate_geometric
from clv_lib.models.clock import Array, Numbers, floats
from clv_lib.models.while_alive import (
    Simulated,
    closed_form_purchases,
    geometric_purchases,
    geometric_time_alive,
)

PARAMETERS: tuple[str, ...] = ("r", "alpha", "a", "b")


def log_likelihood(
    r: Numbers,
    alpha: Numbers,
    a: Numbers,
    b: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
) -> Array:
    """Log-likelihood of one customer's history (eq. 1 of [2]_)."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    survived = betaln(a, b + x + 1) - betaln(a, b)
    still_here = -(r + x) * np.log(alpha + T)
    gone = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + t_x)
    return rate + survived + np.logaddexp(still_here, gone)  # eq. (1)


def p_alive(
    r: Numbers,
    alpha: Numbers,
    a: Numbers,
    b: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
) -> Array:
    """Probability that the customer is alive at T: odds of the two terms of eq. (1) of [2]_."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    silence = np.log(alpha + T) - np.log(alpha + t_x)
    return expit(np.log(b + x) - np.log(a) - (r + x) * silence)


def expected_purchases(
    r: Numbers,
    alpha: Numbers,
    a: Numbers,
    b: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
    horizon: Numbers,
) -> Array:
    """E[Y(t) | x, t_x, T]: expected purchases in the next ``horizon`` weeks (eq. 6 of [2]_)."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    alive = p_alive(r, alpha, a, b, frequency=x, recency=t_x, T=T)
    return alive * closed_form_purchases(a, b + x + 1, r + x, alpha + T, horizon)


def expected_purchases_new(r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, horizon: Numbers) -> Array:
    """E[X(t)]: expected repeat purchases of a new customer in the first ``horizon`` weeks (eq. 3 of [2]_)."""
    r, alpha, a, b = floats(r, alpha, a, b)
    stays = b / (a + b)
    return stays * closed_form_purchases(a, b + 1, r, alpha, horizon)


def purchases_if_alive(
    r: Numbers,
    alpha: Numbers,
    a: Numbers,
    b: Numbers,
    *,
    frequency: Numbers,
    T: Numbers,
    horizon: float,
    discount_rate: float = 0.0,
) -> Array:
    """Discounted purchases over ``horizon`` weeks of a customer who is alive at T, whatever the recency.

    Alive after x repeat purchases means x + 1 chances to leave survived: p is Beta(a, b + x + 1), and the rate
    Gamma(r + x, alpha + T).
    ``discount_rate`` is continuous, per week; ``horizon`` may be infinite when it is positive.
    """
    r, alpha, a, b, x, T = floats(r, alpha, a, b, frequency, T)
    return geometric_purchases(a, b + x + 1, r + x, alpha, T=T, horizon=horizon, discount_rate=discount_rate)


def discounted_purchases_new(
    r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, horizon: float, discount_rate: float
) -> Array:
    """Discounted repeat purchases of a new customer; the first purchase, at time 0, is not counted."""
    r, alpha, a, b = floats(r, alpha, a, b)
    stays = b / (a + b)
    return stays * purchases_if_alive(
        r, alpha, a, b, frequency=0.0, T=0.0, horizon=horizon, discount_rate=discount_rate
    )


def time_if_alive(
    r: Numbers,
    alpha: Numbers,
    a: Numbers,
    b: Numbers,
    *,
    frequency: Numbers,
    T: Numbers,
    horizon: float,
    discount_rate: float = 0.0,
) -> Array:
    """Discounted weeks, of the next ``horizon`` weeks, that a customer who is alive at T stays, whatever the recency.

    A customer who leaves does so at a purchase; arguments as in :func:`purchases_if_alive`.
    """
    r, alpha, a, b, x, T = floats(r, alpha, a, b, frequency, T)
    return geometric_time_alive(a, b + x + 1, r + x, alpha, T=T, horizon=horizon, discount_rate=discount_rate)


def time_alive_new(
    r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, horizon: float, discount_rate: float
) -> Array:
    """Discounted weeks that a new customer stays; one who leaves at the first purchase stays none."""
    r, alpha, a, b = floats(r, alpha, a, b)
    stays = b / (a + b)
    return stays * time_if_alive(r, alpha, a, b, frequency=0.0, T=0.0, horizon=horizon, discount_rate=discount_rate)


def simulate_purchases(
    rng: np.random.Generator,
    r: Numbers,
    alpha: Numbers,
    a: Numbers,
    b: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
    horizon: float,
    with_time: bool = False,
) -> Simulated:
    """One draw of the future of each customer, given the history; ``with_time``: the time alive as well."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    alive = p_alive(r, alpha, a, b, frequency=x, recency=t_x, T=T)
    return simulate_geometric(rng, alive, a, b + x + 1, r + x, alpha + T, horizon, with_time=with_time)
