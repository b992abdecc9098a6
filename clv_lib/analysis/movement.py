"""From stage to stage in a month: counts, and the chances behind them with their uncertainty.

Of the customers who begin a month in stage i, the number in each stage at its end is multinomial with chances p_i.
Under a Dirichlet prior of half a customer per stage the posterior of p_i is Dirichlet(n_i + 1/2), and each chance alone
is Beta(n_ij + 1/2, n_i - n_ij + (K - 1) / 2).
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd
from scipy.stats import beta

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.stages import NEW
from clv_lib.names import AT_RISK, DORMANT, LIFECYCLE_STAGE, LIFECYCLE_STAGES, PREVIOUS_STAGE, N

PRIOR: Final = 0.5  # customers per stage
LOST: Final = (AT_RISK, DORMANT)
RECENT: Final = 12  # months that count as now


@dataclass(frozen=True)
class Movement:
    """Who moved where.

    Attributes
    ----------
    counts : DataFrame
        Stages now as columns, stages before as rows, ``new`` first: customer-months of the months counted.
    chances : DataFrame
        previous_stage, lifecycle_stage, n, of (customer-months that began there), mean, low, high.
    months : int
        How many months are counted.
    mass : float
    """

    counts: pd.DataFrame
    chances: pd.DataFrame
    months: int
    mass: float = INTERVAL

    def chance(self, before: str, after: str) -> pd.Series:
        """One chance with its interval."""
        found = self.chances.set_index([PREVIOUS_STAGE, LIFECYCLE_STAGE]).loc[(before, after)]
        return pd.Series(found)

    @property
    def leaks(self) -> pd.DataFrame:
        """Flows out of the stages of those who buy into being at risk or dormant, largest first."""
        into = self.chances[self.chances[LIFECYCLE_STAGE].isin(LOST) & ~self.chances[PREVIOUS_STAGE].isin([*LOST, NEW])]
        summed = into.groupby(PREVIOUS_STAGE, sort=False).agg(n=(N, "sum"), of=("of", "first")).reset_index()
        summed = summed[summed["of"] > 0]
        a, b = summed["n"] + 2 * PRIOR, summed["of"] - summed["n"] + (len(LIFECYCLE_STAGES) - 2) * PRIOR
        tail = (1 - self.mass) / 2
        summed = summed.assign(mean=a / (a + b), low=beta.ppf(tail, a, b), high=beta.ppf(1 - tail, a, b))
        return summed.sort_values("n", ascending=False, ignore_index=True)


def counts_of(cells: pd.DataFrame) -> pd.DataFrame:
    """Movements as a table of all stages: rows before, ``new`` first, columns now."""
    table = cells.pivot_table(index=PREVIOUS_STAGE, columns=LIFECYCLE_STAGE, values=N, aggfunc="sum", fill_value=0)
    return table.reindex(index=[NEW, *LIFECYCLE_STAGES], columns=list(LIFECYCLE_STAGES), fill_value=0).astype("int64")


def movement(cells: pd.DataFrame, *, months: int = RECENT, mass: float = INTERVAL) -> Movement:
    """Movements of the last months together.

    Parameters
    ----------
    cells : DataFrame
        From :func:`clv_lib.data.stages.movement_cells`.
    months : int
        The first month of the observation, in which all are new, is never among them.
    """
    numbers = sorted(cells["month_number"].unique())[1:][-months:]
    table = counts_of(cells[cells["month_number"].isin(numbers)])
    rows = []
    tail = (1 - mass) / 2
    for before in LIFECYCLE_STAGES:
        own = table.loc[[before]].to_numpy()[0].tolist()
        total = sum(own)
        for after, n in zip(table.columns, own, strict=True):
            a, b = n + PRIOR, total - n + (len(LIFECYCLE_STAGES) - 1) * PRIOR
            low, high = (float(beta.ppf(level, a, b)) for level in (tail, 1 - tail))
            rows.append((before, after, n, total, a / (a + b), low, high))
    columns = [PREVIOUS_STAGE, LIFECYCLE_STAGE, N, "of", "mean", "low", "high"]
    return Movement(table, pd.DataFrame(rows, columns=columns), len(numbers), mass)
