"""From revenue to profit, all customers together, with the ranges of what is estimated."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.analysis.estimates import total_draws
from clv_lib.analysis.intervals import estimate
from clv_lib.analysis.ledger import ONBOARDING
from clv_lib.analysis.profit import STEPS, WINNING
from clv_lib.names import AMOUNT, CONTRIBUTION, KIND, PROFIT, REVENUE

AFTER_ACQUISITION = "after_acquisition"
AFTER_INTANGIBLE = "after_intangible"
_SUMS = {  # what stands after which step
    "payment": CONTRIBUTION,
    "overhead": PROFIT,
    ONBOARDING: AFTER_ACQUISITION,
    "intangible": AFTER_INTANGIBLE,
}
_BEFORE = {ONBOARDING: WINNING, "intangible": ("intangible",)}


@dataclass(frozen=True)
class Waterfall:
    """Revenue, every kind of cost, and what is left after them.

    Attributes
    ----------
    steps : DataFrame
        step (revenue, a kind of cost, contribution, profit, and where there are such costs after_acquisition and
        after_intangible); amount (currency;
        costs are negative); low, high (90 % range, equal to the amount where nothing is estimated); unallocated (the
        part that is on no customer, same sign as the amount); total (whether the row is a sum of those above).
    """

    steps: pd.DataFrame

    def amount(self, step: str) -> float:
        """Amount of a step; 0 where the ledger has none."""
        found = self.steps.loc[self.steps["step"] == step, "amount"]
        return float(found.iloc[0]) if len(found) else 0.0

    @property
    def last(self) -> str:
        """The last step, a sum."""
        return str(self.steps["step"].iloc[-1])

    def range(self, step: str) -> tuple[float, float]:
        """90 % range of a step."""
        row = self.steps.loc[self.steps["step"] == step].iloc[0]
        return float(row["low"]), float(row["high"])


def waterfall(
    revenue: float,
    booked: pd.Series,
    charged: pd.Series,
    estimates: pd.DataFrame,
    *,
    size: int,
    rng: np.random.Generator,
) -> Waterfall:
    """Subtract the costs from the revenue, one after the other.

    Parameters
    ----------
    revenue : float
        Of the covered months, in currency.
    booked, charged : Series
        By kind, in currency, of the covered months: the ledger, and what of it is on customers.
    estimates : DataFrame
        Lines of the covered months that have a range: kind, amount, amount_low, amount_high.
    size : int
        Draws.
    rng : numpy.random.Generator

    Notes
    -----
    The amounts are those booked, so they add up; only the ranges come from draws. Acquisition and the intangible costs
    come after the profit, so that neither hides in it.
    """
    rows = [_row(REVENUE, revenue, np.full(size, revenue), total=True)]
    plain, running = revenue, np.full(size, revenue)
    for kind in (*STEPS, *WINNING, "intangible"):
        if kind in booked.index:
            amount = float(booked[kind])
            cost = total_draws(estimates[estimates[KIND] == kind], amount, size=size, rng=rng)
            plain, running = plain - amount, running - cost
            rows.append(_row(kind, -amount, -cost, unallocated=float(charged.get(kind, 0.0)) - amount))
        # a sum that would only repeat the one before is left out
        if kind in _SUMS and (_SUMS[kind] in (CONTRIBUTION, PROFIT) or any(k in booked.index for k in _BEFORE[kind])):
            rows.append(_row(_SUMS[kind], plain, running, total=True))
    return Waterfall(pd.DataFrame(rows))


def _row(
    step: str, amount: float, draws: np.ndarray, *, unallocated: float = 0.0, total: bool = False
) -> dict[str, object]:
    found = estimate(draws)
    row = {"step": step, AMOUNT: amount, "low": found.low, "high": found.high}
    return row | {"unallocated": unallocated, "total": total}
