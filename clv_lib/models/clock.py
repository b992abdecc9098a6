"""Integrals over the logarithmic clock ``w = log(1 + t / A)``, for all draws and cells at once.

On that clock the intensities of buying and the chances of being still here are analytic in a strip of half-width pi, so
Gauss-Legendre and Chebyshev rules converge geometrically and the number of nodes follows from the length of the
interval. What is integrated does not depend on T there, and the discount does not depend on the shapes of the rate and
the drop-out chance; so one Chebyshev series per (draw, frequency) and one set of moments per (draw, T) give every pair
by a product.
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

NEGLIGIBLE_DISCOUNT = 40.0  # exp(-40): what comes later than 40 / discount_rate is not counted
CHUNK_FLOATS = 4_000_000  # largest temporary array, 32 MB


def floats(*values: Numbers) -> tuple[Any, ...]:
    """Float arrays of the arguments."""
    return tuple(np.asarray(value, dtype=float) for value in values)


def on_the_clock(
    of: Callable[..., Array],
    a: Numbers,
    B: Numbers,
    R: Numbers,
    alpha: Numbers,
    *,
    T: Numbers,
    horizon: float,
    discount_rate: float,
) -> Array:
    """Integrate ``exp(-d t)`` times a function of the clock alone over ``u = t / A``, for every (draw, cell)."""
    reach = reach_of(horizon, discount_rate)
    grid = _Grid.of(np.asarray(a, float), np.asarray(alpha, float), B, R, np.asarray(T, float))
    span = float(np.log1p(reach / (grid.alpha.min() + grid.T.min()))) if grid.alpha.size and grid.T.size else 0.0
    order = int(16 + 5 * span)
    result = np.empty((len(grid.a), grid.n_pairs))
    for rows in grid.chunks(order * (order + 24)):
        coefficients = _series(of, *grid.shapes(rows), span=span, order=order)
        moments = _discounted_moments(
            grid.alpha[rows, None] + grid.T_of(rows), reach, discount_rate, span=span, order=order
        )
        result[rows] = grid.combine(coefficients, moments, rows)
    return result.reshape(grid.shape)


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


def _lost_share(p: Array, power: Array, u: Array) -> Array:
    """Share that is gone at ``u = t / A``, given the chance to leave: of customers (power R), of purchases (R + 1)."""
    return -np.expm1(-power * np.log1p(p * u))


def reach_of(horizon: float, discount_rate: float) -> float:
    """Last time that counts."""
    if not horizon >= 0 or discount_rate < 0:
        raise ValueError(f"horizon and discount_rate must not be negative, but they are {horizon} and {discount_rate}")
    if np.isinf(horizon) and discount_rate == 0:
        raise ValueError("an infinite horizon needs a positive discount_rate, but it is 0; state a finite horizon")
    return min(horizon, NEGLIGIBLE_DISCOUNT / discount_rate) if discount_rate > 0 else horizon


def legendre(order: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    nodes, weights = leggauss(order)
    return (nodes + 1) / 2, weights / 2


def purchase_intensity(a: Array, B: Array, R: Array, w: Array) -> Array:
    """Purchases per clock time at ``w = log(1 + u)``: ``R * 2F1(R + 1, a; a + B; -u)``."""
    # after Euler's transformation: in the printed form the value grows without bound with R
    with np.errstate(all="ignore"):
        values = R * np.exp(-a * w) * hyp2f1(a + B - R - 1, a, a + B, -np.expm1(-w))
    return _mended(values, a, B, R + 1, w, factor=R)


def survival(a: Array, B: Array, R: Array, w: Array) -> Array:
    """Share of customers still here at ``w = log(1 + u)``: ``2F1(R, a; a + B; -u)``, transformed alike."""
    with np.errstate(all="ignore"):
        values = np.exp(-a * w) * hyp2f1(a + B - R, a, a + B, -np.expm1(-w))
    return _mended(values, a, B, R, w, factor=1.0)


def _mended(values: Array, a: Array, B: Array, power: Array, w: Array, *, factor: Numbers) -> Array:
    """Where scipy's 2F1 failed, ``factor`` times the average of ``(1 + p u) ** -power`` by quadrature over p."""
    failed = ~np.isfinite(values)
    if failed.any():
        at = [np.broadcast_to(value, values.shape)[failed] for value in (a, B, power, np.expm1(w))]
        rest = 1 - average_over_chance(_lost_share, *at)
        values[failed] = np.broadcast_to(factor, values.shape)[failed] * rest
    return values


def _series(of: Callable[..., Array], a: Array, B: Array, R: Array, *, span: float, order: int) -> Array:
    """Chebyshev coefficients of ``of(a, B, R, w)`` in w on [0, span], last axis."""
    angle = np.pi * (np.arange(order) + 0.5) / order
    w = span * (np.cos(angle) + 1) / 2
    values = of(a[..., None], B[..., None], R[..., None], w)
    basis = np.cos(np.outer(angle, np.arange(order))) * (2 / order)
    basis[:, 0] /= 2
    return values @ basis


def _discounted_moments(A: Array, reach: float, discount_rate: float, *, span: float, order: int) -> Array:
    """Integrals over (0, reach) of ``exp(-d t)`` times each Chebyshev polynomial, in ``u = t / A``, last axis."""
    nodes, weights = legendre(order + 24)
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
