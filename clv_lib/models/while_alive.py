"""Purchases of a customer who is known to be alive: the part of every forecast that recency cannot change.

The three purchase families differ in how customers leave; given that a customer is alive now, each says
"the purchase rate t weeks from now is expected to be ...". These functions turn that into purchases over a
horizon, discounted where asked. Everything is an integral over a logarithmic clock ``w = log(1 + t / A)``: on that
clock the intensities are analytic in a strip of half-width pi, so Gauss-Legendre and Chebyshev rules converge
geometrically and the number of nodes follows from the length of the interval.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray
from scipy.special import betaln, hyp2f1

Array = NDArray[np.float64]
Numbers = float | Array  # whatever broadcasts; lists are taken too

NEGLIGIBLE_DISCOUNT = 40.0  # exp(-40): what is bought later than 40 / discount_rate is not counted
CHUNK_FLOATS = 4_000_000  # largest temporary array, 32 MB
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
    """

    count: NDArray[np.int64]
    mean_time: Array


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
    reach = _reach(horizon, discount_rate)
    grid = _Grid.of(np.asarray(a, float), np.asarray(alpha, float), B, R, np.asarray(T, float))
    span = float(np.log1p(reach / (grid.alpha.min() + grid.T.min()))) if grid.alpha.size and grid.T.size else 0.0
    order = int(16 + 5 * span)
    result = np.empty((len(grid.a), grid.n_pairs))
    for rows in grid.chunks(order * (order + 24)):
        coefficients = _intensity_series(*grid.shapes(rows), span=span, order=order)
        moments = _discounted_moments(
            grid.alpha[rows, None] + grid.T_of(rows), reach, discount_rate, span=span, order=order
        )
        result[rows] = grid.combine(coefficients, moments, rows)
    return result.reshape(grid.shape)


def pareto_purchases(
    s: Numbers, beta: Numbers, *, rate: Numbers, T: Numbers, horizon: float, discount_rate: float
) -> Array:
    """Discounted purchases of a living customer with a Pareto lifetime: ``rate`` times discounted time alive.

    The survival function of the residual lifetime is ``((beta + T) / (beta + T + t)) ** s``
    (Schmittlein, Morrison & Colombo 1987, eq. 10).
    """
    reach = _reach(horizon, discount_rate)
    s, scale = np.broadcast_arrays(np.asarray(s, float), np.asarray(beta, float) + np.asarray(T, float))
    span = np.log1p(reach / scale)
    nodes, weights = _legendre(int(24 + 6 * span.max(initial=0.0)))
    alive = np.zeros(scale.shape)
    for node, weight in zip(nodes, weights, strict=True):
        w = span * node
        alive += weight * np.exp((1 - s) * w - discount_rate * scale * np.expm1(w))
    return np.asarray(rate, float) * alive * span * scale


def average_over_chance(
    function: Callable[[Array, Array, Array], Array], a: Array, B: Array, R: Array, u: Array
) -> Array:
    """Average ``function(p, R, u)`` over p ~ Beta(a, B), for functions that vanish with p; for B above 100.

    scipy's 2F1 overflows where B exceeds 160 and its argument 0.9: few leave, and the horizon is long. On the scale
    of log-odds the integrand is analytic and falls off at both ends, so the trapezoidal rule is exact to
    rounding once the step is a fraction of the Beta's width.
    """
    step = 0.125 / max(1.0, float(np.sqrt(a.max() / 20)))
    log_odds = np.arange(-60.0, 3.0, step)
    log_p, log_q = -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)
    p, result = np.exp(log_p), np.empty(len(a))
    rows = max(1, CHUNK_FLOATS // len(p))
    for start in range(0, len(a), rows):
        a_, B_, R_, u_ = (value[start : start + rows, None] for value in (a, B, R, u))
        weights = np.exp(a_ * log_p + B_ * log_q - betaln(a_, B_)) * step
        result[start : start + rows] = (weights * function(p, R_, u_)).sum(axis=1)
    return result


def _lost_intensity(p: Array, R: Array, u: Array) -> Array:
    """Share of the purchase intensity that is gone at ``u = t / A``, given the chance to leave."""
    return -np.expm1(-(R + 1) * np.log1p(p * u))


def _lost_purchases(p: Array, R: Array, u: Array) -> Array:
    """Purchases up to ``u = t / A`` that are lost to leaving, given the chance to leave."""
    return R * u + np.expm1(-R * np.log1p(p * u)) / p


def _reach(horizon: float, discount_rate: float) -> float:
    """Last time that counts."""
    if not horizon >= 0 or discount_rate < 0:
        raise ValueError(f"horizon and discount_rate must not be negative, but they are {horizon} and {discount_rate}")
    if np.isinf(horizon) and discount_rate == 0:
        raise ValueError("an infinite horizon needs a positive discount_rate, but it is 0; state a finite horizon")
    return min(horizon, NEGLIGIBLE_DISCOUNT / discount_rate) if discount_rate > 0 else horizon


def _legendre(order: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    nodes, weights = leggauss(order)
    return (nodes + 1) / 2, weights / 2


def _intensity_series(a: Array, B: Array, R: Array, *, span: float, order: int) -> Array:
    """Chebyshev coefficients of ``R * 2F1(R + 1, a; a + B; -u)`` in ``w = log(1 + u)`` on [0, span], last axis."""
    angle = np.pi * (np.arange(order) + 0.5) / order
    w = span * (np.cos(angle) + 1) / 2
    a, B, R = a[..., None], B[..., None], R[..., None]
    # Euler's transformation again, for the same reason as above
    with np.errstate(all="ignore"):
        values = R * np.exp(-a * w) * hyp2f1(a + B - R - 1, a, a + B, -np.expm1(-w))
    failed = ~np.isfinite(values)
    if failed.any():
        at = [np.broadcast_to(value, values.shape)[failed] for value in (a, B, R, np.expm1(w))]
        values[failed] = at[2] * (1 - average_over_chance(_lost_intensity, *at))
    basis = np.cos(np.outer(angle, np.arange(order))) * (2 / order)
    basis[:, 0] /= 2
    return values @ basis


def _discounted_moments(A: Array, reach: float, discount_rate: float, *, span: float, order: int) -> Array:
    """Integrals over (0, reach) of ``exp(-d t)`` times each Chebyshev polynomial, in ``u = t / A``, last axis."""
    nodes, weights = _legendre(order + 24)
    w = np.log1p(reach / A)[..., None] * nodes
    measure = np.log1p(reach / A)[..., None] * weights * np.exp(w - discount_rate * A[..., None] * np.expm1(w))
    position = np.clip(2 * w / max(span, np.finfo(float).tiny) - 1, -1, 1)
    moments = np.empty((*A.shape, order))
    before, now = np.ones_like(position), position
    for k in range(order):
        moments[..., k] = np.einsum("...i,...i->...", measure, before)
        before, now = now, 2 * position * now - before
    return moments


@dataclass(frozen=True)
class _Grid:
    """Draws against data, folded so that each distinct frequency and each distinct T is worked on once per draw."""

    shape: tuple[int, ...]
    a: Array
    alpha: Array
    B: Array
    R: Array
    T: Array
    series_of: NDArray[np.intp]
    moments_of: NDArray[np.intp]

    @classmethod
    def of(cls, a: Array, alpha: Array, B: Numbers, R: Numbers, T: Array) -> "_Grid":
        """Fold parameters of shape (draw, 1) against data of shape (cell,); anything else is taken elementwise."""
        B, R = np.broadcast_arrays(np.asarray(B, float), np.asarray(R, float))
        shape = np.broadcast_shapes(a.shape, alpha.shape, B.shape, T.shape)
        parameters = np.broadcast_shapes(a.shape, alpha.shape)
        if shape and T.ndim <= 1 and (not parameters or parameters[-1] == 1):
            draws = int(np.prod(shape[:-1]))
            column = (*shape[:-1], 1)
            B = np.broadcast_to(B, shape).reshape(draws, shape[-1])
            R = np.broadcast_to(R, shape).reshape(draws, shape[-1])
            # R and B rise with frequency in step, so the first draw tells which columns share a frequency
            _, first, series_of = np.unique(R[0], return_index=True, return_inverse=True)
            ages, moments_of = np.unique(np.broadcast_to(T, shape[-1:]), return_inverse=True)
            a, alpha = (np.broadcast_to(value, column).reshape(draws) for value in (a, alpha))
            return cls(shape, a, alpha, B[:, first], R[:, first], ages[None, :], series_of.ravel(), moments_of.ravel())
        flat = [np.broadcast_to(value, shape).reshape(-1) for value in (a, alpha, B, R, T)]
        one = np.zeros(1, dtype=np.intp)
        return cls(shape, flat[0], flat[1], flat[2][:, None], flat[3][:, None], flat[4][:, None], one, one)

    @property
    def n_pairs(self) -> int:
        return len(self.series_of)

    def T_of(self, rows: slice) -> Array:  # noqa: N802
        return self.T if len(self.T) == 1 else self.T[rows]

    def shapes(self, rows: slice) -> tuple[Array, Array, Array]:
        B = self.B[rows]
        return np.broadcast_to(self.a[rows, None], B.shape), B, self.R[rows]

    def chunks(self, floats_per_item: int) -> Iterator[slice]:
        """Slices of draws whose temporaries stay within :data:`CHUNK_FLOATS`."""
        widest = max(self.T.shape[1] * 64, self.B.shape[1] * 64, self.n_pairs, floats_per_item // 64)
        step = max(1, CHUNK_FLOATS // widest)
        return (slice(start, start + step) for start in range(0, len(self.a), step))

    def combine(self, coefficients: Array, moments: Array, rows: slice) -> Array:
        """Sum over the polynomials for every (frequency, T) pair that occurs."""
        total = np.zeros((len(coefficients), self.n_pairs))
        for k in range(coefficients.shape[-1]):
            total += coefficients[:, self.series_of, k] * moments[:, self.moments_of, k]
        return total


def floats(*values: Numbers) -> tuple[Any, ...]:
    """Float arrays of the arguments."""
    return tuple(np.asarray(value, dtype=float) for value in values)
