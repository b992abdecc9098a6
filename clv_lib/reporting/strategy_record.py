"""The strategy of one run: what the notebooks before have left goes in, the plan and what it stands on comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.acquire_or_keep import Split, acquire_or_keep
from clv_lib.analysis.action_people import reach
from clv_lib.analysis.budgeting import Plan, choose
from clv_lib.analysis.frontier import Marginal, by_budget, by_risk, next_unit
from clv_lib.analysis.later_costs import LaterCosts, later_costs
from clv_lib.analysis.rivals import Rival, as_table, rivals
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.strategy import Options, options
from clv_lib.data.customers import Frame, collected
from clv_lib.names import BAND, LIFECYCLE_STAGE, MONTH, REACHABLE, SEGMENT
from clv_lib.reporting.action_tables import action_tables
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.plays_record import PlayBeliefs
from clv_lib.reporting.segments_record import Segmented, save_segments
from clv_lib.reporting.study import Study
from clv_lib.settings import Play, StrategySection

OPTIONS: Final = "strategy_options"
PLAN: Final = "strategy_plan"
PLAYS: Final = "strategy_plays"
FRONTIER: Final = "strategy_frontier"
RIVALS: Final = "strategy_rivals"
SPLIT: Final = "strategy_split"


@dataclass(frozen=True)
class Strategy:
    """The plan, and what it is to be judged by.

    Attributes
    ----------
    section : StrategySection
    plays : dict of str to Play
        With their prices.
    options : Options
    plan : Plan
    budgets, risks : pandas.DataFrame
        The plan for other budgets, and for other limits on losses.
    marginal : Marginal
    rivals : tuple of Rival
    later : LaterCosts
    split : Split or None
        None where nobody knows what winning customers costs by channel.
    """

    section: StrategySection
    plays: dict[str, Play]
    options: Options
    plan: Plan
    budgets: pd.DataFrame
    risks: pd.DataFrame
    marginal: Marginal
    rivals: tuple[Rival, ...]
    later: LaterCosts
    split: Split | None


def strategy(
    study: Study, found: Segmented, base: SegmentBase | None, known: PlayBeliefs, record: Mapping[str, Frame]
) -> Strategy | None:
    """Make the plan; None where nobody knows what customers are worth.

    Parameters
    ----------
    study : Study
    found : Segmented
    base : SegmentBase, optional
    known : PlayBeliefs
    record : mapping of str to narwhals.LazyFrame
        The customer record; ``costs`` say in how many months customers were won.
    """
    if base is None:
        return None
    section = study.settings.strategy
    save_segments(study, found)
    reached = reach(action_tables(study), known.plays, settings=study.settings, as_of=study.log().window.end)
    every = options(with_stages(base, found), known.plays, known.uplift, section, reached)
    plan = choose(every, section)
    budgets = by_budget(plan)
    return Strategy(
        section=section,
        plays=known.plays,
        options=every,
        plan=plan,
        budgets=budgets,
        risks=by_risk(plan),
        marginal=next_unit(plan),
        rivals=rivals(every, plan),
        later=later_costs(every, plan, loss_chance=section.loss_chance),
        split=_split(study, plan, budgets, record),
    )


def with_stages(base: SegmentBase, found: Segmented) -> SegmentBase:
    """The base with ``by_stage``: how many of each group may be written to in each stage."""
    counted = collected(
        found.people.select(SEGMENT, BAND, LIFECYCLE_STAGE, nw.col(REACHABLE).cast(nw.Int64))
        .group_by(SEGMENT, BAND, LIFECYCLE_STAGE)
        .agg(nw.col(REACHABLE).sum())
    )
    by = {
        key: dict(zip(part[LIFECYCLE_STAGE], part[REACHABLE].astype(int), strict=True))
        for key, part in counted.sort_values(LIFECYCLE_STAGE).groupby([SEGMENT, BAND])
    }
    keys = zip(base.groups[SEGMENT], base.groups[BAND], strict=True)
    groups = base.groups.assign(by_stage=pd.Series([by.get(key, {}) for key in keys], index=base.groups.index))
    return SegmentBase(**{**{name: getattr(base, name) for name in base.__dataclass_fields__}, "groups": groups})


def _split(study: Study, plan: Plan, budgets: pd.DataFrame, record: Mapping[str, Frame]) -> Split | None:
    if not study.folder.has("value_by_channel.parquet") or "costs" not in record:
        return None
    months = len(collected(record["costs"].select(MONTH).unique()))
    section = study.settings.strategy
    return acquire_or_keep(
        study.folder.read_table("value_by_channel"),
        budgets,
        spent=plan.spent,
        months=months,
        plan_months=section.round_months,
        returns=section.winning_returns,
        most=section.winning_most,
    )


def save_strategy(study: Study, found: Strategy | None) -> None:
    """Leave the options, the plan, and what it was compared with."""
    if found is None:
        return
    study.folder.write_table(OPTIONS, found.options.table)
    study.folder.write_table(PLAN, found.plan.table)
    study.folder.write_csv(PLAN, found.plan.table)
    study.folder.write_table(PLAYS, found.plan.plays)
    study.folder.write_table(FRONTIER, found.budgets)
    study.folder.write_table(RIVALS, as_table(found.rivals))
    if found.split is not None:
        study.folder.write_table(SPLIT, found.split.table)


def strategy_figures(found: Strategy | None, currency: str) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    if found is None:
        return []
    profit, marginal = found.plan.expected, found.marginal.value
    return [
        KeyFigure("strategy_budget", found.plan.limits.budget, unit=currency),
        KeyFigure("strategy_spent", found.plan.spent, unit=currency),
        KeyFigure("strategy_contacts", float(found.plan.customers), unit="customers"),
        KeyFigure("strategy_profit", profit.mean, profit.low, profit.high, currency, profit.mass, "expected"),
        KeyFigure(
            "marginal_value_of_budget",
            marginal.mean,
            marginal.low,
            marginal.high,
            "per unit",
            marginal.mass,
            "expected",
        ),
    ]
