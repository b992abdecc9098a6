"""What campaigns cost after their books are closed: orders that were only brought forward, customers driven away.

The plan counts both. What they are worth is seen in two ways: part by part for the plan as it is, and by the plan that
a company would make that looks at the books of the campaign alone, once its later costs come in.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from clv_lib.analysis.budgeting import Plan
from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval, estimate
from clv_lib.analysis.play_profit import BORROWED, DRIVEN_AWAY, GAIN, GIVEN, PARTS
from clv_lib.analysis.programme import allocate, fixed_of, profit_of
from clv_lib.analysis.strategy import PRIOR, Options
from clv_lib.names import PLAY


@dataclass(frozen=True)
class LaterCosts:
    """What the later costs come to.

    Attributes
    ----------
    parts : pandas.DataFrame
        One row per play in use: ``play``, the mean of each part of the profit for all its contacts together, ``fixed``,
        ``profit``; in currency.
    promised : Estimate
        Profit of the plan that overlooks later costs, as its own books would show it.
    kept : Estimate
        Profit of the same plan with later costs.
    gap : Estimate
        Profit of the plan that counts them less that; both without a limit on losses, which would be another for each.
    tempting : int
        Options that earn by the books of the campaign and lose with later costs.
    of : int
        Options that earn by the books of the campaign.
    """

    parts: pd.DataFrame
    promised: Estimate
    kept: Estimate
    gap: Estimate
    tempting: int
    of: int


def later_costs(options: Options, plan: Plan, *, loss_chance: float) -> LaterCosts:
    """Set the plan beside the one that overlooks later costs, under the same limits.

    Parameters
    ----------
    options : Options
        All of them.
    plan : Plan
    loss_chance : float
        Most that an option may have, by the books that each plan looks at.
    """
    blind = seen_short(options)
    tempting = (blind.table["mean"] > 0).to_numpy(dtype=bool)
    sure = (blind.table["loss_chance"] <= loss_chance) | (blind.table["source"] == PRIOR)
    worth = tempting & sure.to_numpy(dtype=bool)
    seen = blind.where(worth)
    limits = replace(plan.limits, downside=np.inf)
    chosen = allocate(seen, limits)
    kept = profit_of(options.where(worth), chosen)
    own = profit_of(plan.options, allocate(plan.options, limits))
    return LaterCosts(
        parts=parts_of(plan),
        promised=estimate(profit_of(seen, chosen)),
        kept=estimate(kept),
        gap=estimate(own - kept),
        tempting=int((tempting & (options.table["mean"] <= 0).to_numpy(dtype=bool)).sum()),
        of=int(tempting.sum()),
    )


def seen_short(options: Options) -> Options:
    """The options as the books of a campaign show them."""
    short = options.short
    low, high = credible_interval(short.T, mass=INTERVAL) if len(short) else (np.empty(0), np.empty(0))
    table = options.table.assign(
        mean=short.mean(axis=1),
        low=low,
        high=high,
        loss_chance=(short < 0).mean(axis=1),
        **{BORROWED: 0.0, DRIVEN_AWAY: 0.0},
    )
    return replace(options, table=table, draws=short)


def parts_of(plan: Plan) -> pd.DataFrame:
    """Parts of the profit of every play in use, in currency; they add up to its profit."""
    options, rows = plan.options, []
    for name in plan.plays[PLAY]:
        mine = np.where((options.table[PLAY] == name).to_numpy(dtype=bool), plan.chosen, 0.0)
        parts = {part: float(mine @ options.table[part].to_numpy(dtype=float)) for part in PARTS}
        fixed = fixed_of(options, mine)
        profit = parts[GAIN] - sum(parts[part] for part in PARTS if part != GAIN) - fixed
        rows.append({PLAY: name, **parts, "fixed": fixed, "profit": profit})
    return pd.DataFrame(rows, columns=[PLAY, *PARTS, "fixed", "profit"])


def given_to_all(plan: Plan) -> float:
    """Discounts of the plan, also on orders that would have come anyway, in currency."""
    return float(plan.chosen @ plan.options.table[GIVEN].to_numpy(dtype=float))
