"""What each play earns in each segment, draw by draw: the options among which a budget is divided.

An *option* is a play offered to one band of customers of a segment. Its profit per contact has one number for every
posterior draw, so that means, ranges and the chance of losing money are taken once, at the end. They are about the
expected profit; the luck of single customers comes on top, and evens out over many.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, credible_interval
from clv_lib.analysis.play_costs import PlayCost
from clv_lib.analysis.play_profit import LATER, PARTS, ContactProfit, contact_profit, under_contract
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.terms import even_rows
from clv_lib.names import CHANNEL, PLAY, SEGMENT
from clv_lib.settings import Play, StrategySection

BAND: Final = "band"
_COLUMNS: Final = (
    SEGMENT, BAND, "evidence", PLAY, CHANNEL, "group", "customers", "spend", "mean", "low", "high", "loss_chance",
    "source", *PARTS,
)  # fmt: skip


class Beliefs(Protocol):
    """What is believed of the plays, as :class:`~clv_lib.models.uplift.Uplift` knows it."""

    def effect(self, play: str, group: str, /) -> np.ndarray:
        """Relative change that the play brings about in an evidence group, shape (draw,)."""
        ...

    def source(self, play: str, /) -> str:
        """Where that is known from: measured, or prior."""
        ...


@dataclass(frozen=True)
class Options:
    """Every play that may be offered to every group of customers.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per option: ``segment``, ``band``, ``evidence``, ``play``, ``channel``, ``group`` (row of ``groups``),
        ``customers`` (how many may be treated: reachable, and not left out as a control), ``spend`` (money for one
        contact), ``mean``, ``low``, ``high`` (expected profit of one contact, in currency), ``loss_chance`` (that it
        is below nothing), ``source`` (measured or prior), and the mean of each part of the profit.
    draws : numpy.ndarray, shape (option, draw)
        Expected profit of one contact, in currency.
    short : numpy.ndarray, shape (option, draw)
        The same without the costs that come later: as the books of the campaign would show it.
    groups : pandas.DataFrame
        Of the :class:`~clv_lib.analysis.segment_base.SegmentBase`, with ``value`` and ``risk`` (means) and ``most``
        (customers that may be treated).
    costs : dict of str to PlayCost
        Prices by play.
    """

    table: pd.DataFrame
    draws: np.ndarray
    short: np.ndarray
    groups: pd.DataFrame
    costs: Mapping[str, PlayCost]

    @property
    def fixed(self) -> dict[str, float]:
        """What each play costs at all, in currency."""
        return {name: cost.fixed for name, cost in self.costs.items()}

    def where(self, keep: np.ndarray) -> Self:
        """Some of the options."""
        table = self.table[keep].reset_index(drop=True)
        return replace(self, table=table, draws=self.draws[keep], short=self.short[keep])

    def worthwhile(self, loss_chance: float) -> Self:
        """Those that are expected to earn, and lose money with no more than that chance."""
        table = self.table
        return self.where(((table["mean"] > 0) & (table["loss_chance"] <= loss_chance)).to_numpy(dtype=bool))


def options(
    base: SegmentBase,
    plays: Mapping[str, Play],
    uplift: Beliefs,
    section: StrategySection,
    costs: Mapping[str, PlayCost],
) -> Options:
    """Work out every play in every group that it suits.

    Parameters
    ----------
    base : SegmentBase
    plays : mapping of str to Play
    uplift : Beliefs
    section : StrategySection
    costs : mapping of str to PlayCost
        From :func:`~clv_lib.analysis.play_costs.play_costs`.
    """
    groups = base.groups.reset_index(drop=True)
    treated = np.floor(groups["reachable"].to_numpy(dtype=float) * (1 - section.control_share) + 1e-9)
    groups = groups.assign(value=base.value.mean(axis=1), risk=base.risk.mean(axis=1), most=treated.astype(int))
    rows, draws, short = [], [], []
    for name, play in plays.items():
        if not play.enabled or (play.moves == "rate" and under_contract(base)):
            continue
        effects = {str(each): _matched(uplift.effect(name, str(each)), base.draws) for each in set(groups["evidence"])}
        effect = np.vstack([effects[str(each)] for each in groups["evidence"]]) if len(groups) else base.value
        found = contact_profit(base, play, effect, cost_per_contact=costs[name].contact, section=section)
        profit, before = found.profit, found.profit + sum(found.parts[part] for part in LATER)
        for number in np.flatnonzero(_suits(play, groups) & (groups["most"] > 0).to_numpy(dtype=bool)):
            rows.append(_row(groups.iloc[number], int(number), name, play, found, uplift.source(name)))
            draws.append(profit[number])
            short.append(before[number])
    shape = (len(rows), base.draws)
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Options(table, np.reshape(draws, shape), np.reshape(short, shape), groups, costs)


def _row(group: pd.Series, number: int, name: str, play: Play, found: ContactProfit, source: str) -> dict[str, object]:
    profit = found.profit[number]
    low, high = credible_interval(profit, mass=INTERVAL)
    return {
        SEGMENT: group[SEGMENT],
        BAND: group[BAND],
        "evidence": group["evidence"],
        PLAY: name,
        CHANNEL: play.channel,
        "group": number,
        "customers": min(int(group["most"]), _in_its_stages(play, group)),
        "spend": float(found.spend[number]),
        "mean": float(profit.mean()),
        "low": float(low),
        "high": float(high),
        "loss_chance": float(np.mean(profit < 0)),
        "source": source,
        **{part: float(found.parts[part][number].mean()) for part in PARTS},
    }


def _suits(play: Play, groups: pd.DataFrame) -> np.ndarray:
    segment = groups[SEGMENT].isin(play.segments).to_numpy() if play.segments else np.ones(len(groups), dtype=bool)
    stage = [not play.stages or not set(play.stages).isdisjoint(stages) for stages in groups["stages"]]
    return segment & np.array(stage, dtype=bool)


def _in_its_stages(play: Play, group: pd.Series) -> int:
    """Customers of the group in a stage that the play suits; all of them where they are not counted by stage."""
    if not play.stages or "by_stage" not in group:
        return int(group["most"])
    part = sum(group["by_stage"].get(stage, 0) for stage in play.stages)
    return int(np.floor(part * group["most"] / max(int(group["reachable"]), 1) + 1e-9))


def _matched(effect: np.ndarray, draws: int) -> np.ndarray:
    """The effect with as many draws as the base: evenly picked, or repeated."""
    return np.asarray(effect, dtype=float)[even_rows(len(effect), draws)]
