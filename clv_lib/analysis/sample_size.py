"""How many customers to ask for a stated precision, and what an answer from so many would tell.

The half width of an equal-tailed interval of a mean is ``z * sd * sqrt((1 - n / N) / n)``, N all customers: whoever
asks them all has nothing left to guess. Solved for n it gives the answers needed [1]_.

References
----------
.. [1] Cochran (1977), Sampling Techniques, 3rd ed., section 4.7.
"""

import math
from dataclasses import dataclass

from scipy.stats import norm

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.errors import UsageError


@dataclass(frozen=True)
class SampleSize:
    """A survey that would be large enough.

    Attributes
    ----------
    answers : int
        Answers needed.
    asked : int
        Customers to ask at ``response_rate``; never more than there are.
    half_width : float
        Half of the interval's width that this many answers give, in the unit of ``sd``.
    sd : float
        Standard deviation of one answer that was assumed.
    population : int
    response_rate : float
    mass : float
    """

    answers: int
    asked: int
    half_width: float
    sd: float
    population: int
    response_rate: float
    mass: float

    @property
    def feasible(self) -> bool:
        """Whether asking every customer would bring in enough answers."""
        return self.answers <= self.population * self.response_rate


def half_width(answers: int, *, sd: float, population: int, mass: float = INTERVAL) -> float:
    """Half the width of the interval of a mean from so many answers of ``population`` customers."""
    return _z(mass) * sd * math.sqrt(max(1 - answers / population, 0.0) / answers)


def sample_size(
    precision: float, *, sd: float, population: int, response_rate: float = 1.0, mass: float = INTERVAL
) -> SampleSize:
    """Answers needed for an interval of ``precision`` either way.

    Parameters
    ----------
    precision : float
        Half of the interval's width, in the unit of ``sd``.
    sd : float
        Standard deviation of one answer. Of a share it is at most 0.5.
    population : int
        Customers there are.
    response_rate : float
        Share of those asked who answer.
    mass : float
        Of the interval.
    """
    if not (precision > 0 and sd > 0 and population >= 1 and 0 < response_rate <= 1):
        raise UsageError(
            "a sample size needs precision > 0, sd > 0, population >= 1 and response_rate in (0, 1], but they are "
            f"{precision}, {sd}, {population} and {response_rate}"
        )
    unbounded = (_z(mass) * sd / precision) ** 2
    answers = min(max(math.ceil(unbounded / (1 + unbounded / population) - 1e-9), 1), population)
    return SampleSize(
        answers=answers,
        asked=min(math.ceil(answers / response_rate - 1e-9), population),
        half_width=half_width(answers, sd=sd, population=population, mass=mass),
        sd=sd,
        population=population,
        response_rate=response_rate,
        mass=mass,
    )


def _z(mass: float) -> float:
    return float(norm.ppf((1 + mass) / 2))
