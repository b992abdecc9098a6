"""Two intervals that must never be confused.

The *credible* interval is about the expected value: how far the parameters are uncertain. The *predictive* interval is
about what will really happen: the same, plus the luck of the individual customers. For one customer the second is much
the wider; for a hundred thousand the two nearly meet.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

INTERVAL: Final = 0.9


@dataclass(frozen=True)
class Estimate:
    """A figure with its two equal-tailed intervals.

    Attributes
    ----------
    mean : float
        Posterior mean of the expected value.
    low, high : float
        Credible interval of the expected value.
    predictive_low, predictive_high : float or None
        Predictive interval of the realised value; ``None`` where only the expected value was asked for.
    mass : float
        What either interval claims to hold.
    """

    mean: float
    low: float
    high: float
    predictive_low: float | None = None
    predictive_high: float | None = None
    mass: float = INTERVAL

    def minus(self, cost: float) -> Self:
        """Return the estimate after a known cost, which moves every number alike."""
        return type(self)(
            self.mean - cost,
            self.low - cost,
            self.high - cost,
            None if self.predictive_low is None else self.predictive_low - cost,
            None if self.predictive_high is None else self.predictive_high - cost,
            self.mass,
        )


def credible_interval(expected: np.ndarray, *, mass: float = INTERVAL) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval over the first axis (draws) of an expected value."""
    tail = (1 - mass) / 2
    low, high = np.quantile(expected, [tail, 1 - tail], axis=0)
    return low, high


def predictive_interval(realised: np.ndarray, *, mass: float = INTERVAL) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval over the first axis of simulated outcomes, ending on outcomes that occurred.

    Outcomes have lumps (nothing at all is the commonest), so the interval holds *at least* its mass: where nothing is
    more likely than one tail, the interval begins at nothing and only its upper end can miss.
    """
    tail = (1 - mass) / 2
    low, high = np.quantile(realised, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return low, high


def estimate(expected: np.ndarray, realised: np.ndarray | None = None, *, mass: float = INTERVAL) -> Estimate:
    """Summarise draws of an expected value and, where given, of the realised one; both of dims (draw,)."""
    low, high = credible_interval(expected, mass=mass)
    if realised is None:
        return Estimate(float(np.mean(expected)), float(low), float(high), mass=mass)
    below, above = predictive_interval(realised, mass=mass)
    return Estimate(float(np.mean(expected)), float(low), float(high), float(below), float(above), mass)


def residuals_of_cells(rng: np.random.Generator, residuals: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Luck of n like customers together, from the luck of one of them.

    A cell stands for n customers of whom only one is simulated. Its residual e (outcome minus expectation, mean 0)
    is multiplied by ``sqrt(n) * s``, where s is +1 with probability ``(1 + 1 / sqrt(n)) / 2`` and -1 otherwise,
    independent of e. Then mean, variance and third moment are those of n independent customers: 0, n Var(e) and
    ``n**1.5 * E[s] * E[e**3] = n E[e**3]``. Without s the skewness of a large cell would not average out.

    Parameters
    ----------
    rng : numpy.random.Generator
    residuals : ndarray, dims (draw, cell)
        Simulated minus expected outcome of one customer.
    n : ndarray, dims (cell,)
        Customers of the cell.

    Returns
    -------
    ndarray, dims (draw, cell)
        Add over cells for the residual of a total.
    """
    return luck_of_cells(rng, len(residuals), n) * residuals


def luck_of_cells(rng: np.random.Generator, draws: int, n: np.ndarray) -> np.ndarray:
    """The factor ``sqrt(n) * s`` of :func:`residuals_of_cells`, for several residuals of the same simulated customer.

    What one life brings and what it costs go up and down together; multiplied by one and the same factor, they do so
    in the total as well.
    """
    root = np.sqrt(n)
    positive = rng.random((draws, len(n))) < (1 + 1 / root) / 2
    return np.where(positive, root, -root)
