"""Log-likelihood of a whole table of cells with its gradient, in machine code: what the sampler calls 40,000 times.

The numpy closed forms say what the likelihood is; these loops say the same (tests compare them to 1e-12) in the
fewest operations. A ratio of gamma functions whose arguments differ by a whole number is a product, so no special
function is left; what depends on frequency alone is worked out once per frequency and not once per cell.

Each kernel takes the parameters and the arrays of :mod:`clv_lib.models.cells`, and returns the sum over customers and
its derivatives by the parameters.
"""

# numba reads the types off the arguments; annotations would only slow the eye
# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001, ANN201, ANN202

import math

import numba
import numpy as np

SERIES_PRECISION = 1e-17
LONGEST_ARGUMENT = 0.95  # of the power series; nearer to 1 it needs thousands of terms, and an integral 128 nodes
SHORT_SERIES = 300.0
NODES, WEIGHTS = (np.asarray(part) for part in np.polynomial.legendre.leggauss(64))


@numba.njit(error_model="numpy")
def bg_nbd(parameters, first_chance, x, t_x, T, n):
    """BG/NBD (``first_chance`` 0) and MBG/NBD (1: the first purchase, too, is a chance to leave)."""
    r, alpha, a, b = parameters[0], parameters[1], parameters[2], parameters[3]
    size = int(x.max()) + 1
    table = np.zeros((size, 4))  # by frequency: log of the rising factorials and its derivatives by r, a, b
    log_value = dr = da = db = 0.0
    if first_chance == 1:
        log_value, da, db = math.log(b / (a + b)), -1 / (a + b), 1 / b - 1 / (a + b)
    for k in range(size):
        table[k, 0], table[k, 1], table[k, 2], table[k, 3] = log_value, dr, da, db
        chance = k + first_chance
        log_value += math.log((r + k) * ((b + chance) / (a + b + chance)))
        dr += 1 / (r + k)
        da -= 1 / (a + b + chance)
        db += 1 / (b + chance) - 1 / (a + b + chance)
    log_alpha, log_a = math.log(alpha), math.log(a)
    total, gradient = 0.0, np.zeros(4)
    for i in range(len(x)):
        k = int(x[i])
        R = r + k
        log_here, log_since = math.log(alpha + T[i]), math.log(alpha + t_x[i])
        chances = b + k - 1 + first_chance
        mixture, gone = -R * log_here, 0.0
        if k > 0 or first_chance == 1:
            odds = math.exp(log_a - math.log(chances) + R * (log_here - log_since))
            mixture, gone = mixture + math.log1p(odds), 1 - 1 / (1 + odds)
            if odds == np.inf:
                mixture = log_a - math.log(chances) - R * log_since
        total += n[i] * (table[k, 0] + r * log_alpha + mixture)
        gradient[0] += n[i] * (table[k, 1] + log_alpha - (1 - gone) * log_here - gone * log_since)
        gradient[1] += n[i] * (r / alpha - R * ((1 - gone) / (alpha + T[i]) + gone / (alpha + t_x[i])))
        gradient[2] += n[i] * (table[k, 2] + gone / a)
        gradient[3] += n[i] * (table[k, 3] - (gone / chances if gone > 0 else 0.0))
    return total, gradient


@numba.njit(error_model="numpy")
def _by_series(B, C, z):
    """2F1(1, B; C; z) and its derivatives by B, C and z; no term is negative."""
    term = total = 1.0
    by_B = by_C = by_z = sum_B = sum_C = 0.0
    k = 0
    while term * (k + 1) >= SERIES_PRECISION * total * (1 - z):
        sum_B += 1 / (B + k)
        sum_C -= 1 / (C + k)
        step = (B + k) / (C + k)
        by_z += (k + 1) * term * step
        term *= step * z
        total += term
        by_B += term * sum_B
        by_C += term * sum_C
        k += 1
    return total, by_B, by_C, by_z


@numba.njit(error_model="numpy")
def _by_integral(B, C, z):
    """2F1(1, B; C; z) for z near 1, with its derivatives: Euler's integral in t = 1 - exp(-w).

    The integrand ``(C - 1) exp(-(C - 1) w) (1 - z + z exp(-w)) ** -B`` falls off like exp(-(C - 1 - B) w) up to the
    bend where exp(-w) is (1 - z) / z, and like exp(-(C - 1) w) after it. One Gauss rule for each side; far beyond
    the bend, the power is constant and the rest of the integral known.
    """
    m = C - 1
    bend = math.log(z / (1 - z))
    first = bend if m <= B else min(bend, 40 / (m - B))
    second = min(40.0, 80 / m)
    total = by_B = by_m = by_z = 0.0
    for panel in range(2):
        start, length = (0.0, first) if panel == 0 else (first, second)
        if panel == 1 and first < bend:
            return total, by_B, by_m + total / m, by_z
        for i in range(len(NODES)):
            w = start + length * (NODES[i] + 1) / 2
            kept = math.exp(-w)
            base = 1 - z + z * kept
            log_base = math.log(base)
            value = WEIGHTS[i] * length / 2 * m * math.exp(-m * w - B * log_base)
            total += value
            by_B -= value * log_base
            by_m -= value * w
            by_z += value * B * (1 - kept) / base
    rest = math.exp(-m * (first + second) - B * math.log1p(-z))
    by_B -= rest * math.log1p(-z)
    by_m += total / m - rest * (first + second)
    return total + rest, by_B, by_m, by_z + rest * B / (1 - z)


@numba.njit(error_model="numpy")
def _log_hypergeometric(B, C, z):
    """Log of 2F1(1, B; C; z) for 0 <= z < 1 < C, and its derivatives by B, C and z."""
    # term k of the series is about z ** k * (1 + k / B) ** (B - C): a large C - B ends it early whatever z is
    if z < LONGEST_ARGUMENT or (B + 1) * 10 ** min(17 / (C - B), 300.0) < SHORT_SERIES:
        total, by_B, by_C, by_z = _by_series(B, C, z)
    else:
        total, by_B, by_C, by_z = _by_integral(B, C, z)
    return math.log(total), by_B / total, by_C / total, by_z / total


@numba.njit(error_model="numpy")
def _end_of_life(R, s, alpha, beta, t, until):
    """One of the two terms of :func:`clv_lib.models.pareto_nbd._log_mixture`, with derivatives by R, s, alpha, beta.

    The larger of alpha and beta is put first, which keeps the argument of the series in [0, 1).
    """
    swap = alpha < beta
    first, second, scale, other = (s, R, beta, alpha) if swap else (R, s, alpha, beta)
    extra = 1.0 if until != swap else 0.0
    z = (scale - other) / (scale + t)
    log_f, by_B, by_C, by_z = _log_hypergeometric(first + extra, first + second + 1, z)
    log_scale, log_other = math.log(scale + t), math.log(other + t)
    value = log_f - (first + extra) * log_scale - (second - extra) * log_other
    by_first = by_B + by_C - log_scale
    by_second = by_C - log_other
    by_scale = by_z * (other + t) / (scale + t) ** 2 - (first + extra) / (scale + t)
    by_other = -by_z / (scale + t) - (second - extra) / (other + t)
    if swap:
        by_first, by_second, by_scale, by_other = by_second, by_first, by_other, by_scale
    if until:
        return value + math.log(R), by_first + 1 / R, by_second, by_scale, by_other
    return value + math.log(s), by_first, by_second + 1 / s, by_scale, by_other


@numba.njit(error_model="numpy")
def pareto_nbd(parameters, x, n, since_x, since_t, since, until_x, until_t, until):
    """Pareto/NBD; the series is summed once for each distinct (x, t_x) and (x, T)."""
    r, alpha, s, beta = parameters[0], parameters[1], parameters[2], parameters[3]
    left, here = np.empty((len(since_x), 5)), np.empty((len(until_x), 5))
    for i in range(len(since_x)):
        left[i, 0], left[i, 1], left[i, 2], left[i, 3], left[i, 4] = _end_of_life(
            r + since_x[i], s, alpha, beta, since_t[i], False
        )
    for i in range(len(until_x)):
        here[i, 0], here[i, 1], here[i, 2], here[i, 3], here[i, 4] = _end_of_life(
            r + until_x[i], s, alpha, beta, until_t[i], True
        )
    size = int(x.max()) + 1
    table = np.zeros((size, 2))
    for k in range(1, size):
        table[k, 0] = table[k - 1, 0] + math.log(r + k - 1)
        table[k, 1] = table[k - 1, 1] + 1 / (r + k - 1)
    log_alpha, log_beta = math.log(alpha), math.log(beta)
    total, gradient = 0.0, np.zeros(4)
    for i in range(len(x)):
        k = int(x[i])
        gone, stays = left[since[i]], here[until[i]]
        high, low = max(gone[0], stays[0]), min(gone[0], stays[0])
        ratio = math.exp(low - high)
        share = 1 / (1 + ratio) if gone[0] >= stays[0] else ratio / (1 + ratio)
        mixture = high + math.log1p(ratio) - math.log(r + k + s)
        total += n[i] * (table[k, 0] + r * log_alpha + s * log_beta + mixture)
        by_both = 1 / (r + k + s)
        gradient[0] += n[i] * (table[k, 1] + log_alpha + share * gone[1] + (1 - share) * stays[1] - by_both)
        gradient[1] += n[i] * (r / alpha + share * gone[3] + (1 - share) * stays[3])
        gradient[2] += n[i] * (log_beta + share * gone[2] + (1 - share) * stays[2] - by_both)
        gradient[3] += n[i] * (s / beta + share * gone[4] + (1 - share) * stays[4])
    return total, gradient


@numba.njit(error_model="numpy")
def _digamma(value):
    """Derivative of lgamma: recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 6.3.18)."""
    result = 0.0
    while value < 10:
        result -= 1 / value
        value += 1
    square = 1 / (value * value)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    return result + math.log(value) - 0.5 / value - series


@numba.njit(error_model="numpy")
def gamma_gamma(parameters, x, customers, sum_log, of_x, mean_log, half_variance, n):
    """Gamma-Gamma: what depends on frequency alone once per distinct ``x``, log(x m + v) once per cell."""
    p, q, v = parameters[0], parameters[1], parameters[2]
    total, gradient = 0.0, np.zeros(3)
    log_v, lgamma_q, digamma_q = math.log(v), math.lgamma(q), _digamma(q)
    for i in range(len(x)):
        shape = p * x[i]
        both, own, log_x = _digamma(shape + q), _digamma(shape), math.log(x[i])
        total += (
            customers[i] * (math.lgamma(shape + q) - math.lgamma(shape) - lgamma_q + q * log_v + shape * log_x)
            + (shape - 1) * sum_log[i]
        )
        gradient[0] += customers[i] * x[i] * (both - own + log_x) + x[i] * sum_log[i]
        gradient[1] += customers[i] * (both - digamma_q + log_v)
        gradient[2] += customers[i] * q / v
    for i in range(len(n)):
        value = x[of_x[i]] * math.exp(mean_log[i])
        sum_ = value + v
        curvature = half_variance[i] * value / (sum_ * sum_)
        log_sum = math.log(sum_) + curvature * v
        shape = p * x[of_x[i]] + q
        total -= n[i] * shape * log_sum
        gradient[0] -= n[i] * x[of_x[i]] * log_sum
        gradient[1] -= n[i] * log_sum
        gradient[2] -= n[i] * shape * (1 / sum_ + curvature * (1 - 2 * v / sum_))
    return total, gradient
