"""Whether the customers who are there are worth more than before: lifetime value, month by month.

1. At each month's end stands what was known of every customer on that day: purchases, the last of them, spend.
2. Today's model, prices and costs say what such customers are still worth, and how many of them are still here.
3. The metric is the one over the other: value to come per customer who is still here. Those who left long ago
   neither raise nor lower it, and it moves only because customers behave differently or others have come, not because
   a model was fitted anew.

The range holds the uncertain parameters, and the luck of which customers there are (delta method on the ratio). Recent
and earlier months share most customers; their luck is taken as if they did not, so the alarm comes rather late.
"""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.group_value import GroupValues, ValueModel, value_of_groups
from clv_lib.analysis.watch_metrics import BEFORE, FEWEST_BEFORE, RECENT, Watched, compared
from clv_lib.data.month_cells import NUMBER

MONTHS: Final = RECENT + BEFORE
VALUE: Final = "customer_value"
MOST_DRAWS: Final = 100  # a month is one of many, and its luck outweighs the error of so few draws
WORK: Final = 4_000_000  # draws times cells
LOW_HIGH: Final = (0.05, 0.95)


def watched_value(model: ValueModel, cells: pd.DataFrame, *, seed: int) -> Watched:
    """Set the value per customer still here of the last three months against the twelve before.

    Parameters
    ----------
    model : ValueModel
    cells : DataFrame
        From :func:`clv_lib.data.month_cells.cells_of_months`.
    seed : int

    Returns
    -------
    Watched
        Its monthly table: n (value of all customers, currency), of (customers still here), rate (n of one of them).
    """
    model = model.thinned(int(np.clip(WORK // max(len(cells), 1), 20, MOST_DRAWS)))
    found = value_of_groups(model, cells, [str(each) for each in sorted(cells[NUMBER].unique())], by=NUMBER)
    each, luck = found.value / found.active, _luck(found)
    monthly = pd.DataFrame(
        {
            NUMBER: [int(name) for name in found.groups],
            "n": found.value.mean(axis=1),
            "of": found.active.mean(axis=1),
            "rate": each.mean(axis=1),
        }
    )
    rng = np.random.default_rng(seed)
    now, then = (_draws(rng, each[part], luck[part]) for part in compared(len(each), RECENT, BEFORE))
    known = len(each) >= RECENT + FEWEST_BEFORE
    p_worse = float((now < then).mean()) if known else float("nan")
    return Watched(VALUE, monthly, _told(now), _told(then), p_worse, unit="money")


def _luck(found: GroupValues) -> np.ndarray:
    """Standard error of a ratio of sums over customers, dims (group,)."""
    rows = found.cells
    ratio = pd.Series(found.value.mean(axis=1) / found.active.mean(axis=1), index=list(found.groups))
    beyond = rows[names.RESIDUAL_CLV] - rows[NUMBER].astype(str).map(ratio) * rows[names.P_ALIVE]
    squares = (rows[names.N] * beyond**2).groupby(rows[NUMBER].astype(str)).sum().reindex(list(found.groups))
    return np.sqrt(squares.to_numpy(float)) / found.active.mean(axis=1)


def _draws(rng: np.random.Generator, each: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Mean of some months with its luck, which is one for them all; several futures per draw."""
    if not len(each):
        return np.full(1, np.nan)
    mean = np.repeat(each.mean(axis=0), 40)
    return mean + luck.mean() * rng.standard_normal(len(mean))


def _told(draws: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(draws, LOW_HIGH)
    return float(draws.mean()), float(low), float(high)
