r"""BG/NBD: customers who buy at their own rate and may leave right after any purchase.

1. While alive, a customer buys at random times with rate :math:`\lambda` per week.
2. Rates differ between customers: :math:`\lambda \sim \mathrm{Gamma}(r, \alpha)`.
3. After each repeat purchase the customer leaves for good with probability :math:`p`; nobody leaves before the first
   one, so everybody without a repeat purchase is alive.
4. The chances differ between customers: :math:`p \sim \mathrm{Beta}(a, b)`.
5. :math:`\lambda` and :math:`p` are independent.

Time is in weeks throughout; ``frequency`` is x, ``recency`` t_x and ``T`` the age of the customer. All functions
broadcast: parameters of shape (draw, 1) and data of shape (cell,) give (draw, cell).

References
----------
.. [1] Fader, Hardie & Lee (2005), "Counting your customers the easy way: an alternative to the Pareto/NBD model",
   Marketing Science 24(2), 275-284.
.. [2] Fader, Hardie & Lee (2008), "Computing P(alive) using the BG/NBD model", brucehardie.com/notes/021.
"""

import numpy as np
from scipy.special import betainc, betaln, expit, gammaln

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
    """Log-likelihood of one customer's history (eq. 6 of [1]_)."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    survived = betaln(a, b + x) - betaln(a, b)
    still_here = -(r + x) * np.log(alpha + T)
    gone = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    return rate + survived + np.logaddexp(still_here, gone)  # eq. (6)


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
    """Probability that the customer is alive at T (p. 2 of [2]_); 1 for every customer without a repeat purchase."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    silence = np.log(alpha + T) - np.log(alpha + t_x)
    log_odds_gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * silence
    return np.where(x > 0, expit(-log_odds_gone), np.ones_like(log_odds_gone))


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
    """E[Y(t) | x, t_x, T]: expected purchases in the next ``horizon`` weeks (eq. 10 of [1]_)."""
    r, alpha, a, b, x, t_x, T = floats(r, alpha, a, b, frequency, recency, T)
    alive = p_alive(r, alpha, a, b, frequency=x, recency=t_x, T=T)
    return alive * closed_form_purchases(a, b + x, r + x, alpha + T, horizon)


def expected_purchases_new(r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, horizon: Numbers) -> Array:
    """E[X(t)]: expected repeat purchases of a new customer in the first ``horizon`` weeks (eq. 9 of [1]_)."""
    r, alpha, a, b = floats(r, alpha, a, b)
    return closed_form_purchases(a, b, r, alpha, horizon)


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

    Alive after x repeat purchases means x chances to leave survived: p is Beta(a, b + x), and the rate
    Gamma(r + x, alpha + T).
    ``discount_rate`` is continuous, per week; ``horizon`` may be infinite when it is positive.
    """
    r, alpha, a, b, x, T = floats(r, alpha, a, b, frequency, T)
    return geometric_purchases(a, b + x, r + x, alpha, T=T, horizon=horizon, discount_rate=discount_rate)


def discounted_purchases_new(
    r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, horizon: float, discount_rate: float
) -> Array:
    """Discounted repeat purchases of a new customer; the first purchase, at time 0, is not counted."""
    return purchases_if_alive(r, alpha, a, b, frequency=0.0, T=0.0, horizon=horizon, discount_rate=discount_rate)


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
    return geometric_time_alive(a, b + x, r + x, alpha, T=T, horizon=horizon, discount_rate=discount_rate)


def time_alive_new(
    r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, horizon: float, discount_rate: float
) -> Array:
    """Discounted weeks that a new customer stays; nobody leaves at the first purchase."""
    return time_if_alive(r, alpha, a, b, frequency=0.0, T=0.0, horizon=horizon, discount_rate=discount_rate)


def purchase_count_probability(
    r: Numbers, alpha: Numbers, a: Numbers, b: Numbers, *, count: Numbers, horizon: Numbers
) -> Array:
    """P(X(t) = x) for a new customer (eq. 8 of [1]_); ``horizon`` > 0."""
    r, alpha, a, b, x, t = floats(r, alpha, a, b, count, horizon)
    z = t / (alpha + t)
    nbd = gammaln(r + x) - gammaln(r) - gammaln(x + 1) + r * np.log1p(-z) + x * np.log(z)
    still_here = np.exp(betaln(a, b + x) - betaln(a, b) + nbd)
    some = np.maximum(x, 1)
    # the tail of the NBD, 1 - sum over j < x, is a regularised incomplete beta function
    gone = np.exp(betaln(a + 1, b + some - 1) - betaln(a, b)) * betainc(some, r, z)
    return still_here + np.where(x > 0, gone, 0.0)


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
    return simulate_geometric(rng, alive, a, b + x, r + x, alpha + T, horizon, with_time=with_time)


def simulate_geometric(
    rng: np.random.Generator,
    alive: Array,
    a: Numbers,
    B: Numbers,
    R: Numbers,
    A: Numbers,
    horizon: Numbers,
    *,
    with_time: bool = False,
) -> Simulated:
    """Future of customers who are alive with probability ``alive`` and then leave after each purchase with chance p.

    The purchases are the first K of N: N Poisson over the horizon, K geometric. Given K and N their times are
    the smallest of N uniform ones, whose mean is expected at ``horizon * (min(K, N) + 1) / (2 * (N + 1))``. The
    customer leaves at the K-th of them, which is ``horizon`` times a Beta(K, N - K + 1), or stays where K > N. That
    time has a random stream of its own, so asking for it changes nothing else.
    """
    shape = np.broadcast(alive, a, B, R, A).shape
    rate = rng.gamma(np.broadcast_to(R, shape)) / A
    leave = np.maximum(rng.beta(np.broadcast_to(a, shape), B), 1e-15)  # tiny a makes exact zeros, and 1 / p overflow
    possible = rng.poisson(rate * horizon)
    last = rng.geometric(leave)
    here = rng.random(shape) < alive
    count = np.where(here, np.minimum(last, possible), 0)
    mean_time = np.where(count > 0, horizon * (count + 1) / (2 * (possible + 1)), 0.0)
    if not with_time:
        return Simulated(count, mean_time)
    stays = last > possible
    order = np.where(stays, 1, last)
    share = rng.spawn(1)[0].beta(order, np.where(stays, 1, possible - order + 1))
    return Simulated(count, mean_time, np.where(here, horizon * np.where(stays, 1.0, share), 0.0))
