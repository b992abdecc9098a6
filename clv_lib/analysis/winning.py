"""What winning a customer costs, from the ledger where it says so, else from the settings, else not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.analysis.accounting import Books
from clv_lib.analysis.acquisition import (
    AcquisitionCost,
    Definition,
    assumed_costs,
    blended_cost,
    costs_by,
    paid_cost,
)
from clv_lib.analysis.driver_counts import WON
from clv_lib.analysis.ledger import NUMBER
from clv_lib.analysis.payback import FEWEST, CohortMargins, Payback, payback
from clv_lib.names import CHANNEL, NEW_CUSTOMERS
from clv_lib.settings import Settings

FULL: Final[Definition] = "onboarded"  # what has to be paid back: won in the right month, and welcomed
QUARTER: Final = 3  # months of a cohort; month numbers of January, April, July and October are multiples of it


@dataclass(frozen=True)
class WinningCosts:
    """Cost of a new customer: together, by channel and by cohort.

    Attributes
    ----------
    source : {"measured", "assumed", "none"}
        The ledger, ``[economics.cac]``, or neither; then there is no figure.
    table : DataFrame or None
        From :func:`~clv_lib.analysis.acquisition.acquisition_spend`.
    stated : dict of str to AcquisitionCost
        What the settings state, by channel.
    won : DataFrame
        Customers won by month and channel.
    """

    source: Literal["measured", "assumed", "none"]
    table: pd.DataFrame | None
    stated: Mapping[object, AcquisitionCost]
    won: pd.DataFrame

    def channels(self, definition: Definition = FULL) -> dict[object, AcquisitionCost]:
        """Cost by channel that won customers or had spend; "" holds what has no channel."""
        if self.table is None:
            return dict(self.stated)
        found = costs_by(self.table, CHANNEL, definition=definition)
        return {name: cost for name, cost in found.items() if cost.spend != 0 or cost.customers > 0}

    def blended(self, definition: Definition = FULL) -> AcquisitionCost | None:
        """All spend over every customer won. Of stated costs, the mean over the customers won by those channels."""
        if self.table is not None:
            return blended_cost(self.table, definition=definition)
        if len(self.stated) == 1:
            return next(iter(self.stated.values()))
        won = self.won[self.won[CHANNEL].isin(list(self.stated))]
        if won.empty:
            return None
        mean = float(np.average([self.stated[name].cac for name in won[CHANNEL]], weights=won[NEW_CUSTOMERS]))
        return assumed_costs({"": mean})[""]

    @property
    def unknown(self) -> tuple[float, float, bool]:
        """Customers without a known channel, as a number and as a part of all; whether the channels share them."""
        none = float(self.won.loc[self.won[CHANNEL] == "", NEW_CUSTOMERS].sum())
        everybody = float(self.won[NEW_CUSTOMERS].sum())
        apart = 0.0 if self.table is None else float(self.table.loc[self.table[CHANNEL] == "", NEW_CUSTOMERS].sum())
        return none, none / everybody if everybody else 0.0, apart < none

    @property
    def by_channel(self) -> dict[object, AcquisitionCost]:
        """Full cost by channel, and under "*" that of all (blended)."""
        together = self.blended()
        return self.channels() | ({} if together is None else {"*": together})

    def paid(self, definition: Definition = FULL) -> AcquisitionCost | None:
        """All spend over the customers of channels with spend; None where nothing is measured."""
        return None if self.table is None else paid_cost(self.table, definition=definition)

    def cohorts(self, definition: Definition = FULL) -> dict[int, AcquisitionCost]:
        """Cost by quarter of being won, under the number of its first month."""
        if self.table is None:
            together = self.blended()
            first = sorted({int(month) // QUARTER * QUARTER for month in self.won[NUMBER]})
            return {} if together is None else dict.fromkeys(first, together)
        marked = self.table.assign(cohort=self.table[NUMBER] // QUARTER * QUARTER)
        return {int(str(cohort)): cost for cohort, cost in costs_by(marked, "cohort", definition=definition).items()}


def winning_costs(books: Books, settings: Settings) -> WinningCosts:
    """Find out what winning a customer costs, and where that is known from.

    Parameters
    ----------
    books : Books
    settings : Settings
        ``[costs.channels]`` for the ledger; ``[economics.cac]`` where it holds no acquisition.
    """
    table = books.acquisition(settings)
    stated = assumed_costs(settings.economics.cac)
    source: Literal["measured", "assumed", "none"] = (
        "measured" if table is not None else "assumed" if stated else "none"
    )
    return WinningCosts(source, table, {} if table is not None else stated, books.won)


def payback_by_cohort(
    margins: CohortMargins, costs: WinningCosts, *, size: int, rng: np.random.Generator
) -> dict[int, Payback]:
    """Payback of the customers won in each quarter, under the number of its first month.

    Quarters with too few customers, without a known cost, or not wholly covered are left out.
    """
    found = {}
    by_cohort = costs.cohorts()
    for first, cohort in margins.sizes.groupby(margins.sizes[WON] // QUARTER * QUARTER):
        start = int(str(first))
        whole = start >= margins.covered.first and start + QUARTER - 1 <= margins.covered.last
        if whole and start in by_cohort:
            judged = payback(margins, cohort, by_cohort[start], size=size, rng=rng)
            if judged is not None:
                found[start] = judged
    return found


def payback_of_all(
    margins: CohortMargins, cost: AcquisitionCost | None, *, months: int, size: int, rng: np.random.Generator
) -> Payback | None:
    """Payback of every customer who could be seen for so many months, or for as long as there are enough of them.

    Without a known cost the curve of the margin is there all the same, and its probability is NaN.
    """
    for reach in range(months, 0, -1):
        old = margins.sizes[margins.sizes[WON] + reach <= margins.covered.last]
        if old[NEW_CUSTOMERS].sum() >= FEWEST:
            if cost is not None and (found := payback(margins, old, cost, size=size, rng=rng)) is not None:
                return found
            unknown = AcquisitionCost(*[float("nan")] * 5)
            curve = margins.curve(old).assign(probability=float("nan"))
            return Payback(int(old[NEW_CUSTOMERS].sum()), unknown, curve)
    return None
