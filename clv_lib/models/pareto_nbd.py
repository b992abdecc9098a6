r"""Pareto/NBD: customers who buy at their own rate and may leave at any moment, purchase or not.

1. While alive, a customer buys at random times with rate :math:`\lambda` per week.
2. Rates differ between customers: :math:`\lambda \sim \mathrm{Gamma}(r, \alpha)`.
3. Each customer stays for an exponential time with rate :math:`\mu` and is then gone for good.
4. The rates of leaving differ: :math:`\mu \sim \mathrm{Gamma}(s, \beta)`, which makes lifetimes Pareto.
5. :math:`\lambda` and :math:`\mu` are independent.

Time is in weeks throughout; ``frequency`` is x, ``recency`` t_x and ``T`` the age of the customer. All functions
broadcast: parameters of shape (draw, 1) and data of shape (cell,) give (draw, cell).

References
----------
.. [1] Schmittlein, Morrison & Colombo (1987), "Counting your customers: who are they and what will they do next?",
   Management Science 33(1), 1-24.
.. [2] Fader & Hardie (2005), "A note on deriving the Pareto/NBD model and related expressions",
   brucehardie.com/notes/009.
.. [3] Fader, Hardie & Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis",
   J. of Marketing Research 42(4), 415-430.
"""

import numpy as np
from scipy.special import exprel, gammaln, hyp2f1

from clv_lib.models.clock import Array, Numbers, floats
from clv_lib.models.while_alive import Simulated, pareto_purchases, pareto_time_alive

PARAMETERS: tuple[str, ...] = ("r", "alpha", "s", "beta")


def log_likelihood(
    r: Numbers,
    alpha: Numbers,
    s: Numbers,
    beta: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
) -> Array:
    """Log-likelihood of one customer's history (eq. 18 of [2]_)."""
    r, alpha, s, beta, x, t_x, T = floats(r, alpha, s, beta, frequency, recency, T)
    return (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        + _log_mixture(r + x, alpha, s, beta, t_x, T)
    )  # fmt: skip


def p_alive(
    r: Numbers,
    alpha: Numbers,
    s: Numbers,
    beta: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
) -> Array:
    """Probability that the customer is alive at T (eq. 19 of [2]_)."""
    r, alpha, s, beta, x, t_x, T = floats(r, alpha, s, beta, frequency, recency, T)
    still_here = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    return np.exp(np.minimum(still_here - _log_mixture(r + x, alpha, s, beta, t_x, T), 0.0))


def expected_purchases(
    r: Numbers,
    alpha: Numbers,
    s: Numbers,
    beta: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
    horizon: Numbers,
) -> Array:
    """E[Y(t) | x, t_x, T]: expected purchases in the next ``horizon`` weeks (eq. 22 of [2]_)."""
    r, alpha, s, beta, x, t_x, T, horizon = floats(r, alpha, s, beta, frequency, recency, T, horizon)
    alive = p_alive(r, alpha, s, beta, frequency=x, recency=t_x, T=T)
    return alive * (r + x) / (alpha + T) * _expected_time_alive(s, beta + T, horizon)


def expected_purchases_new(r: Numbers, alpha: Numbers, s: Numbers, beta: Numbers, *, horizon: Numbers) -> Array:
    """E[X(t)]: expected repeat purchases of a new customer in the first ``horizon`` weeks (eq. 17 of [1]_)."""
    r, alpha, s, beta, horizon = floats(r, alpha, s, beta, horizon)
    return _expected_time_alive(s, beta, horizon) * (r / alpha)


def purchases_if_alive(
    r: Numbers,
    alpha: Numbers,
    s: Numbers,
    beta: Numbers,
    *,
    frequency: Numbers,
    T: Numbers,
    horizon: float,
    discount_rate: float = 0.0,
) -> Array:
    """Discounted purchases over ``horizon`` weeks of a customer who is alive at T, whatever the recency.

    With an infinite horizon this is DERT / P(alive), in [3]_ written with Tricomi's function.
    ``discount_rate`` is continuous, per week; ``horizon`` may be infinite when it is positive.
    """
    r, alpha, s, beta, x, T = floats(r, alpha, s, beta, frequency, T)
    rate = (r + x) / (alpha + T)
    return pareto_purchases(s, beta, rate=rate, T=T, horizon=horizon, discount_rate=discount_rate)


def discounted_purchases_new(
    r: Numbers, alpha: Numbers, s: Numbers, beta: Numbers, *, horizon: float, discount_rate: float
) -> Array:
    """Discounted repeat purchases of a new customer; the first purchase, at time 0, is not counted."""
    return purchases_if_alive(r, alpha, s, beta, frequency=0.0, T=0.0, horizon=horizon, discount_rate=discount_rate)


def time_if_alive(
    r: Numbers,
    alpha: Numbers,
    s: Numbers,
    beta: Numbers,
    *,
    frequency: Numbers,
    T: Numbers,
    horizon: float,
    discount_rate: float = 0.0,
) -> Array:
    """Discounted weeks, of the next ``horizon`` weeks, that a customer who is alive at T stays, whatever the past.

    Leaving does not depend on buying, so neither ``r`` and ``alpha`` nor the frequency matter, but for the shape.
    """
    r, alpha, s, beta, x, T = floats(r, alpha, s, beta, frequency, T)
    time = pareto_time_alive(s, beta, T=T, horizon=horizon, discount_rate=discount_rate)
    return np.asarray(np.broadcast_arrays(time, r, alpha, x)[0])


def time_alive_new(
    r: Numbers, alpha: Numbers, s: Numbers, beta: Numbers, *, horizon: float, discount_rate: float
) -> Array:
    """Discounted weeks that a new customer stays."""
    return time_if_alive(r, alpha, s, beta, frequency=0.0, T=0.0, horizon=horizon, discount_rate=discount_rate)


def simulate_purchases(
    rng: np.random.Generator,
    r: Numbers,
    alpha: Numbers,
    s: Numbers,
    beta: Numbers,
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
    horizon: float,
    with_time: bool = False,
) -> Simulated:
    """One draw of the future of each customer, given the history: purchases until the end of life or the horizon.

    ``with_time``: the time alive as well.
    """
    r, alpha, s, beta, x, t_x, T = floats(r, alpha, s, beta, frequency, recency, T)
    alive = p_alive(r, alpha, s, beta, frequency=x, recency=t_x, T=T)
    rate = rng.gamma(np.broadcast_to(r + x, alive.shape)) / (alpha + T)
    leaving = np.maximum(rng.gamma(np.broadcast_to(s, alive.shape)) / (beta + T), 1e-300)
    active = np.minimum(rng.standard_exponential(alive.shape) / leaving, horizon)
    here = rng.random(alive.shape) < alive
    count = np.where(here, rng.poisson(rate * active), 0)
    return Simulated(count, np.where(count > 0, active / 2, 0.0), np.where(here, active, 0.0) if with_time else None)


def _expected_time_alive(s: Numbers, scale: Numbers, horizon: Numbers) -> Array:
    """Integral of the survival function of a Pareto(s, scale) lifetime; smooth through s = 1."""
    stretch = np.log1p(horizon / scale)
    return scale * stretch * exprel((1 - s) * stretch)


def _log_mixture(R: Numbers, alpha: Numbers, s: Numbers, beta: Numbers, t_x: Numbers, T: Numbers) -> Array:
    """Log of the braces of eq. (18) of [2]_: the customer is still here, or left at some time since t_x.

    The printed difference of two 2F1 loses every digit for frequent buyers. Integrating it by parts once makes it a
    sum of two positive terms, and Euler's transformation turns each into ``2F1(1, .; R + s + 1; z)`` with
    powers of (alpha + .) and (beta + .) in front, which are taken in logs.
    """
    swap = alpha < beta
    low, high = np.minimum(alpha, beta), np.maximum(alpha, beta)
    c = R + s + 1
    left = hyp2f1(1.0, np.where(swap, s + 1, R), c, (high - low) / (high + t_x))
    here = hyp2f1(1.0, np.where(swap, s, R + 1), c, (high - low) / (high + T))
    since = (
        np.log(s) + np.log(left)
        - np.where(swap, R - 1, R) * np.log(alpha + t_x) - np.where(swap, s + 1, s) * np.log(beta + t_x)
    )  # fmt: skip
    until = (
        np.log(R) + np.log(here)
        - np.where(swap, R, R + 1) * np.log(alpha + T) - np.where(swap, s, s - 1) * np.log(beta + T)
    )  # fmt: skip
    return np.logaddexp(since, until) - np.log(R + s)
