"""Purchases and time of a customer who is known to be alive: the part of every forecast that recency cannot change.

The three purchase families differ in how customers leave; given that a customer is alive now, each says
"the purchase rate t weeks from now is expected to be ..." and "the chance of being still here is ...". These
functions turn that into purchases, and into weeks alive, over a horizon, discounted where asked; the integrals are
those of :mod:`clv_lib.models.clock`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import hyp2f1

from clv_lib.models.clock import (
    Array,
    Numbers,
    average_over_chance,
    floats,
    legendre,
    on_the_clock,
    purchase_intensity,
    reach_of,
    survival,
)

NEAR_ONE = 1e-7  # the closed form at a = 1 is a removable 0/0; stepping aside costs 1e-7 of the value


@dataclass(frozen=True)
class Simulated:
    """Future purchases of simulated customers.

    Attributes
    ----------
    count : integer array
        Purchases within the horizon.
    mean_time : float array
        Expected mean time of those purchases, weeks from now, given their number; 0 where there are none.
    time_alive : float array or None
        Weeks within the horizon before the customer leaves, where asked for; the same life that made ``count``.
    """

    count: NDArray[np.int64]
    mean_time: Array
    time_alive: Array | None = None


def closed_form_purchases(a: Numbers, B: Numbers, R: Numbers, A: Numbers, horizon: Numbers) -> Array:
    """Count the expected purchases of a living customer: drop-out chance Beta(a, B), rate Gamma(R, A).

    Fader, Hardie & Lee (2005), eq. (10), the numerator, after Euler's transformation of 2F1: in the printed form its
    value grows without bound with ``R`` while the factor before it vanishes.
    """
    a, B, R, A, horizon = floats(a, B, R, A, horizon)
    a = np.where(np.abs(a - 1) < NEAR_ONE, 1 + NEAR_ONE, a)
    c = a + B - 1
    c = np.where(np.abs(c) < NEAR_ONE, NEAR_ONE, c)
    u = horizon / A
    with np.errstate(all="ignore"):  # what scipy cannot do is done below
        shrinking = np.exp((1 - a) * np.log1p(u)) * hyp2f1(c - R, a - 1, c, u / (1 + u))
        result = np.asarray(c / (a - 1) * (1 - shrinking))
    failed = ~np.isfinite(result)
    if failed.any():
        at = [np.broadcast_to(value, result.shape)[failed] for value in (a, B, R, u)]
        result[failed] = at[2] * at[3] - average_over_chance(_lost_purchases, *at)
    return result


def geometric_purchases(
    a: Numbers, B: Numbers, R: Numbers, alpha: Numbers, *, T: Numbers, horizon: float, discount_rate: float
) -> Array:
    """Discounted purchases of a living customer who may leave after each purchase (BG/NBD and MBG/NBD).

    The purchase intensity at time t is ``R / A * 2F1(R + 1, a; a + B; -t / A)`` with ``A = alpha + T``: the rate is
    Gamma(R, A), the drop-out chance Beta(a, B), and both are averaged out. Seen on the clock ``t / A`` it does not
    depend on T, and the discount does not depend on ``R`` or ``B``; so one Chebyshev series per (draw, frequency) and
    one set of moments per (draw, T) give every pair by a product.

    Parameters
    ----------
    a, alpha : array_like
        Parameters, constant along the last axis of the result or elementwise.
    B, R : array_like
        Beta and Gamma shapes of the living customer; broadcast against the parameters.
    T : array_like
        Age in weeks.
    horizon : float
        Weeks; infinite only with a positive ``discount_rate``.
    discount_rate : float
        Continuous rate per week.
    """
    return on_the_clock(purchase_intensity, a, B, R, alpha, T=T, horizon=horizon, discount_rate=discount_rate)


def geometric_time_alive(
    a: Numbers, B: Numbers, R: Numbers, alpha: Numbers, *, T: Numbers, horizon: float, discount_rate: float
) -> Array:
    """Discounted weeks alive of a living customer who may leave after each purchase (BG/NBD and MBG/NBD).

    Given the rate and the chance p to leave, customers leave at the constant hazard ``rate * p``. Averaged over the
    rate, a share ``(1 + p t / A) ** -R`` is still here at time t; averaged over p, ``2F1(R, a; a + B; -t / A)``: the
    purchase intensity with R in the place of R + 1. So the two share their clock, their nodes and their moments.
    Arguments as in :func:`geometric_purchases`.
    """
    per_clock = on_the_clock(survival, a, B, R, alpha, T=T, horizon=horizon, discount_rate=discount_rate)
    return per_clock * (np.asarray(alpha, float) + np.asarray(T, float))


def pareto_purchases(
    s: Numbers, beta: Numbers, *, rate: Numbers, T: Numbers, horizon: float, discount_rate: float
) -> Array:
    """Discounted purchases of a living customer with a Pareto lifetime: ``rate`` times discounted time alive.

    The survival function of the residual lifetime is ``((beta + T) / (beta + T + t)) ** s``
    (Schmittlein, Morrison & Colombo 1987, eq. 10).
    """
    return np.asarray(rate, float) * pareto_time_alive(s, beta, T=T, horizon=horizon, discount_rate=discount_rate)


def pareto_time_alive(s: Numbers, beta: Numbers, *, T: Numbers, horizon: float, discount_rate: float) -> Array:
    """Discounted weeks alive of a living customer with a Pareto lifetime: its survival function, integrated."""
    reach = reach_of(horizon, discount_rate)
    s, scale = np.broadcast_arrays(np.asarray(s, float), np.asarray(beta, float) + np.asarray(T, float))
    span = np.log1p(reach / scale)
    nodes, weights = legendre(int(24 + 6 * span.max(initial=0.0)))
    alive = np.zeros(scale.shape)
    for node, weight in zip(nodes, weights, strict=True):
        w = span * node
        alive += weight * np.exp((1 - s) * w - discount_rate * scale * np.expm1(w))
    return alive * span * scale


def _lost_purchases(p: Array, R: Array, u: Array) -> Array:
    """Purchases up to ``u = t / A`` that are lost to leaving, given the chance to leave."""
    return R * u + np.expm1(-R * np.log1p(p * u)) / p
