r"""How to divide money between winning customers and keeping them: by what the next unit of it brings.

A channel that has won n customers for S is taken to win :math:`n (s / S)^{\eta}` for s, with :math:`\eta` below 1: the
cheap customers come first, so the next one costs :math:`1 / \eta` times the mean, and more the more is spent. Money
goes to a channel as long as the next customer costs less than the most to pay for one, the cautious end of its value.

What keeping brings for other budgets is the frontier of the plan. Both are cut into small steps, each with what a unit
of money brings in it; the best division takes the steps in that order, because what a step brings falls along each way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.names import CHANNEL

KEEP: Final = "*"  # in place of a channel's name: contacts and offers to customers we have
STEPS: Final = 40


@dataclass(frozen=True)
class Split:
    """Money by way of spending it, now and at best.

    Attributes
    ----------
    table : pandas.DataFrame
        ``channel`` (:data:`KEEP` for keeping), ``now``, ``best`` (currency for the months of a plan), ``cost`` (of a
        new customer so far), ``next`` (of the next one, now), ``most`` (to pay for one), ``brings`` (profit of the next
        unit of money, now), ``profit_now``, ``profit_best`` (expected, after the money itself).
    money : float
        In all, in currency.
    """

    table: pd.DataFrame
    money: float

    @property
    def gain(self) -> float:
        """Expected profit of the best division over that of today's, in currency."""
        return float(self.table["profit_best"].sum() - self.table["profit_now"].sum())

    def part(self, column: str) -> float:
        """Share of the money that goes to keeping, ``now`` or ``best``."""
        total = float(self.table[column].sum())
        kept = float(self.table.loc[self.table[CHANNEL] == KEEP, column].sum())
        return kept / total if total else float("nan")


@dataclass(frozen=True)
class Way:
    """One way of spending money, step by step.

    Attributes
    ----------
    name : str
    widths, slopes : ndarray, dims (step,)
        Money of each step, and the profit that a unit of it brings; slopes never rise.
    now : float
        What is spent this way now.
    """

    name: str
    widths: np.ndarray
    slopes: np.ndarray
    now: float

    def profit(self, money: float) -> float:
        """Expected profit of spending so much, after the money itself."""
        used = np.clip(money - np.concatenate([[0.0], np.cumsum(self.widths)[:-1]]), 0.0, self.widths)
        return float(used @ self.slopes)

    def brings(self, money: float) -> float:
        """What the next unit brings after so much; 0 where nothing more can be spent this way."""
        ends = np.cumsum(self.widths)
        at = int(np.searchsorted(ends, money * (1 + 1e-9), side="right"))
        return float(self.slopes[at]) if at < len(self.slopes) else 0.0


def channel_way(name: str, *, spend: float, cost: float, value: float, returns: float, most: float) -> Way:
    """A channel's steps, up to ``most`` times what it gets now.

    Parameters
    ----------
    spend : float
        Now, in currency for the months of a plan.
    cost : float
        Of a new customer so far, in currency.
    value : float
        Of a new customer, before that cost, in currency.
    returns : float
        The exponent of the customers won.
    """
    edges = np.linspace(0.0, most * spend, STEPS + 1)
    won = spend / cost * (edges / spend) ** returns
    return Way(name, np.diff(edges), value * np.diff(won) / np.diff(edges) - 1, spend)


def keeping_way(frontier: pd.DataFrame, now: float) -> Way:
    """The frontier of the plan, made concave: between two plans lie those that do part of either.

    Parameters
    ----------
    frontier : DataFrame
        ``spent, profit``.
    now : float
        What the plan spends.
    """
    points = frontier.sort_values(["spent", "profit"]).drop_duplicates("spent", keep="last")
    hull: list[tuple[float, float]] = [(0.0, 0.0)]
    for x, y in zip(points["spent"].astype(float), points["profit"].astype(float), strict=True):
        if x <= 0 or y <= hull[-1][1]:
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    widths = np.array([b[0] - a[0] for a, b in pairwise(hull)])
    slopes = np.array([_slope(a, b) for a, b in pairwise(hull)])
    return Way(KEEP, widths, slopes, now)


def _slope(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (b[1] - a[1]) / (b[0] - a[0])


def divided(ways: Sequence[Way], money: float, *, floors: dict[str, float]) -> dict[str, float]:
    """The best division: the steps that bring most first, as long as they bring more than ``floors`` (0 if not named).

    Returns
    -------
    dict of str to float
        Money by way.
    """
    steps = sorted(
        (-slope, number, place, float(width))
        for number, way in enumerate(ways)
        for place, (width, slope) in enumerate(zip(way.widths, way.slopes, strict=True))
        if slope > floors.get(way.name, 0.0)
    )
    found = {way.name: 0.0 for way in ways}
    for _, number, _, width in steps:
        taken = min(width, money)
        found[ways[number].name] += taken
        money -= taken
    return found


def acquire_or_keep(
    channels: pd.DataFrame, frontier: pd.DataFrame, *, spent: float, months: float, plan_months: int, returns: float,
    most: float,
) -> Split | None:  # fmt: skip
    """Divide what is spent now on winning customers and on the plan together.

    Parameters
    ----------
    channels : DataFrame
        What the page on value has left: ``channel, customers, cac, clv_net_of_cac, most``.
    frontier : DataFrame
        From :func:`~clv_lib.analysis.frontier.by_budget`.
    spent : float
        What the plan spends, in currency.
    months : float
        In which those customers were won.
    plan_months : int
        That a plan is for.
    returns, most : float
        As in the settings.

    Returns
    -------
    Split or None
        None where nobody knows what channels spend.
    """
    known = channels[(channels["cac"] > 0) & (channels["customers"] > 0)] if "customers" in channels else channels[:0]
    if known.empty or not months > 0:
        return None
    ways, floors, rows = [keeping_way(frontier, spent)], {}, []
    for row in known.to_dict("records"):
        spend = row["cac"] * row["customers"] * plan_months / months
        value = row["clv_net_of_cac"] + row["cac"]
        ways.append(
            channel_way(str(row["channel"]), spend=spend, cost=row["cac"], value=value, returns=returns, most=most)
        )
        # the next customer may cost `most`: a unit of money wins 1 / most of one
        floors[str(row["channel"])] = value / row["most"] - 1 if row["most"] > 0 else np.inf
    money = sum(way.now for way in ways)
    best = divided(ways, money, floors=floors)
    facts = {str(row["channel"]): row for row in known.to_dict("records")}
    for way in ways:
        own = facts.get(way.name)
        rows.append(
            {
                CHANNEL: way.name,
                "now": way.now,
                "best": best[way.name],
                "cost": float("nan") if own is None else float(own["cac"]),
                "next": float("nan") if own is None else float(own["cac"]) / returns,
                "most": float("nan") if own is None else float(own["most"]),
                "brings": way.brings(way.now),
                "profit_now": way.profit(way.now),
                "profit_best": way.profit(best[way.name]),
            }
        )
    return Split(pd.DataFrame(rows), money)
