r"""Gamma-Gamma: what a purchase is worth, for customers whose spending has a level of its own.

1. The value of each purchase of a customer varies at random around the customer's level: Gamma with shape :math:`p` and
   rate :math:`\nu`, mean :math:`p / \nu`.
2. Levels differ between customers but not over time: :math:`\nu \sim \mathrm{Gamma}(q, v)` (v is gamma in the papers).
3. The level is independent of how often the customer buys and of how long the customer stays.

The mean of the population is :math:`p v / (q - 1)`. For :math:`q \le 1` it does not exist (the integral diverges):
:func:`expected_spend` then returns infinity for customers without a repeat purchase, never a negative amount.
Amounts are in the currency of the data; ``v`` scales with them, ``p`` and ``q`` do not.

References
----------
.. [1] Fader & Hardie (2013), "The Gamma-Gamma model of monetary value", brucehardie.com/notes/025.
.. [2] Fader, Hardie & Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis",
   J. of Marketing Research 42(4), 415-430.
"""

from typing import Any

import numpy as np
from scipy.special import gammaln

from clv_lib.models.clock import Array, Numbers, floats

PARAMETERS: tuple[str, ...] = ("p", "q", "v")


def log_likelihood(
    p: Numbers,
    q: Numbers,
    v: Numbers,
    *,
    frequency: Numbers,
    monetary_value: Numbers,
    mean_log_value: Numbers | None = None,
) -> Array:
    """Log-likelihood of the mean value of a customer's repeat purchases (eq. 1a of [1]_).

    Parameters
    ----------
    p, q, v : array_like
        Parameters.
    frequency : array_like
        Repeat purchases behind the mean, at least 1.
    monetary_value : array_like
        Mean value, positive. For a cell of several customers, their mean.
    mean_log_value : array_like, optional
        Mean of log ``monetary_value`` over the cell. With it the value returned is the cell's average
        log-likelihood up to terms of third order in the cell's width: the curvature of log(x m + v) is multiplied by
        half the variance of log m, which is log ``monetary_value`` - ``mean_log_value`` to that order.
    """
    p, q, v, x, m = floats(p, q, v, frequency, monetary_value)
    log_m = np.log(m) if mean_log_value is None else np.asarray(mean_log_value, dtype=float)
    total = x * np.exp(log_m)
    spread = (np.log(m) - log_m) * total * v / (total + v) ** 2
    return (
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        + (p * x - 1) * log_m + p * x * np.log(x)
        - (p * x + q) * (np.log(total + v) + spread)
    )  # fmt: skip


def expected_spend(p: Numbers, q: Numbers, v: Numbers, *, frequency: Numbers, monetary_value: Numbers) -> Array:
    """Return the expected value of one future purchase, given the history (eq. 5 of [1]_).

    Customers without repeat purchase (frequency 0), or without a positive mean value, get the mean of the population;
    where the mean does not exist, infinity.
    """
    p, q, v, x, value = _history(p, q, v, frequency, monetary_value)
    excess = p * x + q - 1
    return np.where(excess > 0, p * (v + value) / np.where(excess > 0, excess, 1.0), np.inf)


def simulate_spend(
    rng: np.random.Generator,
    p: Numbers,
    q: Numbers,
    v: Numbers,
    *,
    frequency: Numbers,
    monetary_value: Numbers,
    count: Numbers,
) -> Array:
    """One draw of the total value of ``count`` future purchases of each customer; 0 where there are none."""
    p, q, v, x, value = _history(p, q, v, frequency, monetary_value)
    (count,) = floats(count)
    shape = np.broadcast(p, q, v, x, count).shape
    level = rng.gamma(np.broadcast_to(p * x + q, shape)) / (v + value)  # nu given the history, [1]_ p. 4
    return rng.gamma(np.broadcast_to(p * count, shape)) / np.maximum(level, np.finfo(float).tiny)


def _history(p: Numbers, q: Numbers, v: Numbers, frequency: Numbers, monetary_value: Numbers) -> tuple[Any, ...]:
    """Parameters, number of informative purchases and their total value."""
    p, q, v, x, m = floats(p, q, v, frequency, monetary_value)
    informative = (x > 0) & (m > 0)
    return p, q, v, np.where(informative, x, 0.0), np.where(informative, x * np.where(informative, m, 0.0), 0.0)
