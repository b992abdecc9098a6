"""What each stage is worth, and what it has brought, in words."""

import numpy as np
import pandas as pd

from clv_lib.names import N
from clv_lib.reporting.elements import Paragraph, Table
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.lifecycle_words import MASS, NOTHING, STAGES
from clv_lib.reporting.wording import Quantity, Sentence, money, say


def worth(table: pd.DataFrame, *, measured: bool, currency: str, members: bool = False) -> tuple[Table, Paragraph]:
    """Value to come and profit so far of each stage, each with its range.

    Parameters
    ----------
    table : DataFrame
        The table of :class:`clv_lib.reporting.lifecycle_record.StageSizes`.
    measured : bool
        Whether a ledger knows the profit.
    currency : str
    members : bool
        Whether they are under contract.
    """
    each = say("Per member") if members else say("Per customer")
    ranged = say("Per member, {mass} range", mass=MASS) if members else say("Per customer, {mass} range", mass=MASS)
    rows: list[list[Quantity | Sentence]] = [
        [
            STAGES[row.lifecycle_stage],
            _money(row.value, currency),
            _between(row.value_low, row.value_high, currency),
            _between(row.value_predictive_low, row.value_predictive_high, currency),
            _money(row.profit, currency),
            _money(row.profit_mean, currency),
            _between(row.profit_low, row.profit_high, currency),
        ]
        for row in rows_of(table[table[N] > 0])
    ]
    head = (
        say("Stage"),
        say("Value to come"),
        say("Expected, {mass} range", mass=MASS),
        say("What will come, {mass} range", mass=MASS),
        say("Profit so far"),
        each,
        ranged,
    )
    return Table(say("What each stage is worth, and what it has brought"), head, rows, bar=1), _explained(
        measured, members
    )


def _explained(measured: bool, members: bool) -> Paragraph:
    source = (
        say("Profit so far is counted from the ledger, so the sum has no range.")
        if measured
        else say("Profit so far is revenue times the stated margin: nothing else is known of costs.")
    )
    if members:
        return Paragraph(
            (
                say(
                    "Value to come is that of the payments ahead: the first range says how well the mean is known, the "
                    "second adds the luck of the members who are there. Who has cancelled has none."
                ),
                source,
            )
        )
    return Paragraph(
        (
            say(
                "Value to come is residual CLV: the first range says how well the mean is known, the second adds the "
                "luck of the customers who are there."
            ),
            source,
            say("The range per customer is that of a mean of so many: what the next customers like these may average."),
        )
    )


def _money(amount: float, currency: str) -> Quantity | Sentence:
    return money(amount, currency) if np.isfinite(amount) else NOTHING


def _between(low: float, high: float, currency: str) -> Quantity | Sentence:
    if not (np.isfinite(low) and np.isfinite(high)):
        return NOTHING
    return say("{low} to {high}", low=money(low, currency), high=money(high, currency))
