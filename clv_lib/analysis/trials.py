r"""What is worth trying: plays of which too little is known to use or to drop them.

A play of which nobody knows whether it earns is not used, and so nobody learns. Knowing it would be worth the mean of
what one would then earn, less what one earns now: for one contact in a group, with profit :math:`\pi` of the play and
:math:`b` of the best that is done without it (another play, or nothing),

.. math:: E[\max(\pi, b)] - \max(E[\pi], b)

which is nothing for a play that is known to earn more than :math:`b`, or known to earn less: the value of knowing, before
what finding out costs. It is counted once over the customers of the group; the play may be repeated, so it is modest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.strategy import Options
from clv_lib.names import PLAY

EVIDENCE: Final = "evidence"
COLUMNS: Final = (EVIDENCE, PLAY, "customers", "spend", "mean", "loss_chance", "knowing", "cost")


@dataclass(frozen=True)
class Trials:
    """Plays that are worth a test, best first.

    Attributes
    ----------
    table : pandas.DataFrame
        ``evidence, play, customers`` (whom it could be for), ``spend`` (money for one contact), ``mean`` (profit of one
        contact as believed now), ``loss_chance``, ``knowing`` (what knowing would be worth, over all customers) and
        ``cost`` (what the test is expected to lose against the best that could be done instead).
    """

    table: pd.DataFrame


def value_of_knowing(profit: np.ndarray, best: float) -> float:
    """What knowing the profit of one contact would be worth, in currency.

    Parameters
    ----------
    profit : ndarray, dims (draw,)
        As believed now.
    best : float
        What is earned without it.
    """
    return float(np.maximum(profit, best).mean() - max(float(profit.mean()), best))


def worth_trying(options: Options, *, size: int) -> Trials:
    """Rank plays by what knowing them would be worth, less what the test costs.

    Parameters
    ----------
    options : Options
        All of them, the unprofitable too.
    size : int
        Contacts of a test.
    """
    table, mean = options.table, options.draws.mean(axis=1)
    rows = []
    for (evidence, play), own in table.groupby([EVIDENCE, PLAY], sort=True):
        n = own["customers"].to_numpy(float)
        best = np.array([_best_without(table, mean, int(group), str(play)) for group in own["group"]])
        at = own.index.to_numpy()
        known = sum(k * value_of_knowing(options.draws[i], b) for k, i, b in zip(n, at, best, strict=True))
        profit = n @ options.draws[at] / max(n.sum(), 1.0)
        given_up = max(float(n @ (best - mean[at])) / max(n.sum(), 1.0), 0.0)
        spend = float(n @ own["spend"]) / max(n.sum(), 1.0)
        contacts = min(size, int(n.sum()))
        rows.append(
            (evidence, play, int(n.sum()), spend, profit.mean(), np.mean(profit < 0), known, contacts * given_up)
        )
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found = found[found["knowing"] > found["cost"]].assign(net=lambda each: each["knowing"] - each["cost"])
    return Trials(found.sort_values(["net", PLAY], ascending=[False, True], ignore_index=True).drop(columns="net"))


def _best_without(table: pd.DataFrame, mean: np.ndarray, group: int, play: str) -> float:
    """Profit of the best other play in the group, or of doing nothing."""
    others = ((table["group"] == group) & (table[PLAY] != play)).to_numpy(dtype=bool)
    return max(float(mean[others].max()) if others.any() else 0.0, 0.0)
