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
from clv_lib.analysis.play_profit import LATER, PARTS, ContactProfit, contact_profit, under_contract
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.terms import even_rows
from clv_lib.names import BAND, CHANNEL, LIFECYCLE_STAGE, PLAY, SEGMENT, N
from clv_lib.settings import Play, StrategySection

_COLUMNS: Final = (
    SEGMENT, BAND, "evidence", PLAY, CHANNEL, "group", "customers", "spend", "mean", "low", "high", "loss_chance",
    "source", *PARTS,
)  # fmt: skip


PRIOR: Final = "prior"


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
        ``segment``, ``band``, ``evidence``, ``stages``, ``most`` (customers that may be treated), ``value`` and
        ``risk`` (means of a customer): the groups of the :class:`~clv_lib.analysis.segment_base.SegmentBase`, parted
        where a play suits only some of their stages.
    fixed : dict of str to float
        What each play costs at all, in currency.
    to_come : float
        Profit that all customers together have still to bring if nothing is done, in currency.
    """

    table: pd.DataFrame
    draws: np.ndarray
    short: np.ndarray
    groups: pd.DataFrame
    fixed: Mapping[str, float]
    to_come: float = 0.0

    def where(self, keep: np.ndarray) -> Self:
        """Some of the options."""
        table = self.table[keep].reset_index(drop=True)
        return replace(self, table=table, draws=self.draws[keep], short=self.short[keep])

    def worthwhile(self, loss_chance: float) -> Self:
        """Those that are expected to earn, and lose money with no more than that chance."""
        table = self.table
        return self.where(((table["mean"] > 0) & (table["loss_chance"] <= loss_chance)).to_numpy(dtype=bool))

    def admitted(self, loss_chance: float) -> Self:
        """The worthwhile ones, and of plays that nobody has measured those that are expected to earn: to be tried."""
        table = self.table
        sure = (table["loss_chance"] <= loss_chance) | (table["source"] == PRIOR)
        return self.where(((table["mean"] > 0) & sure).to_numpy(dtype=bool))

    @property
    def untried(self) -> frozenset[str]:
        """Plays that are only believed in: no campaign with a control group has measured them."""
        return frozenset(self.table.loc[self.table["source"] == PRIOR, PLAY])


def options(
    base: SegmentBase,
    plays: Mapping[str, Play],
    uplift: Beliefs,
    section: StrategySection,
    reach: pd.DataFrame | None = None,
) -> Options:
    """Work out every play in every group that it suits.

    Parameters
    ----------
    base : SegmentBase
        Its groups may have a column ``by_stage``: reachable customers by stage, so that a play is offered to those in
        its stages alone. Without it a play is offered to a whole group if it suits any of its stages.
    plays : mapping of str to Play
        With the costs of a contact filled in; a contact whose cost nobody knows counts as free.
    uplift : Beliefs
    section : StrategySection
    reach : pandas.DataFrame, optional
        ``play, segment, band, lifecycle_stage, n``: customers whom the action list can give a day; without it whoever
        may be written to counts. See :func:`clv_lib.analysis.action_people.reach`.
    """
    useful = {
        name: play
        for name, play in plays.items()
        if play.enabled and not (play.moves == "rate" and under_contract(base))
    }
    groups = _parted(base, useful, section.control_share)
    rows, draws, short = [], [], []
    for name, play in useful.items():
        found = contact_profit(base, play, _effects(base, name, uplift), section=section)
        profit, before = found.profit, found.profit + sum(found.parts[part] for part in LATER)
        for number in np.flatnonzero(_suits(play, groups)):
            group = groups.iloc[number]
            base_row, most = int(group["base_row"]), _reached(name, group, reach, section.control_share)
            if not most:
                continue
            rows.append(_row(group, int(number), name, play, found, uplift.source(name)) | {"customers": most})
            draws.append(profit[base_row])
            short.append(before[base_row])
    shape = (len(rows), base.draws)
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    fixed = {name: play.fixed_cost for name, play in useful.items()}
    return Options(table, np.reshape(draws, shape), np.reshape(short, shape), groups, fixed, _to_come(base))


def _to_come(base: SegmentBase) -> float:
    return float(base.groups["customers"].to_numpy(dtype=float) @ base.value.mean(axis=1))


def _effects(base: SegmentBase, name: str, uplift: Beliefs) -> np.ndarray:
    """Effect in the evidence group of every group, with as many draws as the base; dims (group, draw)."""
    found = np.empty((len(base.groups), base.draws))
    for row, group in enumerate(base.groups["evidence"]):
        effect = np.asarray(uplift.effect(name, str(group)), dtype=float)
        found[row] = effect[even_rows(len(effect), base.draws)]
    return found


def _parted(base: SegmentBase, plays: Mapping[str, Play], control_share: float) -> pd.DataFrame:
    """Groups whose customers suit the same plays, without those in which nobody may be treated."""
    rows = []
    value, risk = base.value.mean(axis=1), base.risk.mean(axis=1)
    for number, group in enumerate(base.groups.to_dict("records")):
        lots: dict[frozenset[str], tuple[tuple[str, ...], int]] = {}
        if "by_stage" in group:
            for stage, reachable in sorted(group["by_stage"].items()):
                suited = frozenset(name for name, play in plays.items() if not play.stages or stage in play.stages)
                stages, there = lots.get(suited, ((), 0))
                lots[suited] = ((*stages, stage), there + int(reachable))
        else:
            lots[frozenset()] = (tuple(group["stages"]), int(group["reachable"]))
        for stages, reachable in lots.values():
            most = int(np.floor(reachable * (1 - control_share) + 1e-9))
            told = {name: group[name] for name in (SEGMENT, BAND, "evidence")}
            more = {"stages": stages, "most": most, "value": value[number], "risk": risk[number], "base_row": number}
            rows += [{**told, **more}] if most else []
    return pd.DataFrame(rows, columns=[SEGMENT, BAND, "evidence", "stages", "most", "value", "risk", "base_row"])


def _reached(name: str, group: pd.Series, reach: pd.DataFrame | None, control_share: float) -> int:
    """Customers of a group who may be treated with a play: never more than the group has."""
    if reach is None:
        return int(group["most"])
    here = (reach[PLAY] == name) & (reach[SEGMENT] == group[SEGMENT]) & (reach[BAND] == group[BAND])
    able = int(reach.loc[here & reach[LIFECYCLE_STAGE].isin(group["stages"]), N].sum())
    return min(int(group["most"]), int(np.floor(able * (1 - control_share) + 1e-9)))


def _row(group: pd.Series, number: int, name: str, play: Play, found: ContactProfit, source: str) -> dict[str, object]:
    at = int(group["base_row"])
    profit = found.profit[at]
    low, high = credible_interval(profit, mass=INTERVAL)
    return {
        SEGMENT: group[SEGMENT],
        BAND: group[BAND],
        "evidence": group["evidence"],
        PLAY: name,
        CHANNEL: play.channel,
        "group": number,
        "customers": int(group["most"]),
        "spend": float(found.spend[at]),
        "mean": float(profit.mean()),
        "low": float(low),
        "high": float(high),
        "loss_chance": float(np.mean(profit < 0)),
        "source": source,
        **{part: float(found.parts[part][at].mean()) for part in PARTS},
    }


def _suits(play: Play, groups: pd.DataFrame) -> np.ndarray:
    segment = groups[SEGMENT].isin(play.segments).to_numpy() if play.segments else np.ones(len(groups), dtype=bool)
    stage = [not play.stages or not set(play.stages).isdisjoint(stages) for stages in groups["stages"]]
    return segment & np.array(stage, dtype=bool)
