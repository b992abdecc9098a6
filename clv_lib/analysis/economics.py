"""What a future purchase is worth today: margin, horizon and discounting.

One convention holds everywhere: interest is continuous, ``exp(-rate * t)`` with t in weeks from the end of the
observation, and the rate is the settings' effective annual rate turned by :mod:`clv_lib.periods`. A purchase is
discounted from the moment it happens, not from the end of its month.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

from clv_lib.errors import UsageError
from clv_lib.periods import continuous_rate, weeks_in_months
from clv_lib.settings import EconomicsSection


@dataclass(frozen=True)
class Economics:
    """Margin, force of interest and horizon, in the models' own unit (weeks).

    Parameters
    ----------
    gross_margin : float
        Contribution as a share of revenue, 0 < margin <= 1.
    discount_rate_per_week : float
        Continuous rate per week; 0 counts a later purchase like an early one.
    horizon_weeks : float
        How far ahead value is counted, in weeks; finite.
    """

    gross_margin: float
    discount_rate_per_week: float
    horizon_weeks: float

    def __post_init__(self) -> None:
        if not 0 < self.gross_margin <= 1:
            raise UsageError(f"gross_margin must lie above 0 and at most at 1, but it is {self.gross_margin}.")
        if not (self.discount_rate_per_week >= 0 and math.isfinite(self.discount_rate_per_week)):
            raise UsageError(
                f"the weekly discount rate must be 0 or more, but it is {self.discount_rate_per_week}. "
                "Usually economics.annual_discount_rate is negative."
            )
        if not (self.horizon_weeks >= 0 and math.isfinite(self.horizon_weeks)):
            raise UsageError(
                f"the horizon must be a finite number of weeks, but it is {self.horizon_weeks}. "
                "The value over an infinite horizon is reported beside the finite one."
            )

    @property
    def discounts(self) -> bool:
        """Whether value over an infinite horizon exists."""
        return self.discount_rate_per_week > 0

    def replacing(self, **changes: float) -> Self:
        """Return a copy with some of the numbers replaced."""
        return replace(self, **changes)


def economics_from(section: EconomicsSection) -> Economics:
    """Build :class:`Economics` from the settings' annual rate and months.

    Parameters
    ----------
    section : EconomicsSection
        The ``[economics]`` section of ``dataset.toml``.
    """
    return Economics(
        gross_margin=section.gross_margin,
        discount_rate_per_week=continuous_rate(section.annual_discount_rate),
        horizon_weeks=weeks_in_months(section.horizon_months),
    )
