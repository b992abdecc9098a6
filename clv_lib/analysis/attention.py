"""Whom the figures point at: customers whose value hangs on whether they are still there."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names

UNDECIDED: Final = (0.2, 0.8)  # P(alive) between these says neither here nor gone
REGULAR_FROM: Final = 3  # repeat purchase days; fewer make no rhythm that could break


@dataclass(frozen=True)
class QuietRegulars:
    """Customers who used to come back and of whom nobody can say whether they still will.

    Attributes
    ----------
    customers : int
    expected_value : float
        Residual CLV of them all as it stands, in currency.
    value_if_alive : float
        What it would be if every one of them were still active.
    least_frequency : int
    between : tuple of float
        P(alive) that counts as undecided.
    """

    customers: int
    expected_value: float
    value_if_alive: float
    least_frequency: int = REGULAR_FROM
    between: tuple[float, float] = UNDECIDED

    @property
    def at_stake(self) -> float:
        """Value that is lost already if they are gone, and still there if they are not."""
        return self.value_if_alive - self.expected_value


def quiet_regulars(
    cells: pd.DataFrame, *, least_frequency: int = REGULAR_FROM, between: tuple[float, float] = UNDECIDED
) -> QuietRegulars:
    """Find regular customers with an undecided P(alive).

    Parameters
    ----------
    cells : DataFrame
        frequency, n, p_alive, residual_clv (currency per customer).
    least_frequency : int
        Repeat purchase days that make a regular.
    between : tuple of float
        Bounds of P(alive).
    """
    chosen = cells[(cells[names.FREQUENCY] >= least_frequency) & cells[names.P_ALIVE].between(*between)]
    n = chosen[names.N].to_numpy(dtype=float)
    value = chosen[names.RESIDUAL_CLV].to_numpy(dtype=float)
    return QuietRegulars(
        customers=int(n.sum()),
        expected_value=float(n @ value),
        # value is P(alive) times value if alive, and P(alive) is nearly the same in every draw
        value_if_alive=float(np.sum(n * value / chosen[names.P_ALIVE].to_numpy(dtype=float))),
        least_frequency=least_frequency,
        between=between,
    )
