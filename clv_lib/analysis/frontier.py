"""What more money, or more risk, would bring: the plan made anew for other budgets and other limits on losses."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.budgeting import Plan
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.programme import allocate, profit_of, risk_of, spend_of

BUDGETS: Final = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.25)  # of what all worthwhile plays need, or of the budget
RISKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)  # of what the plan would risk without a limit
NEAR_ENOUGH: Final = 5e-3  # points of a curve are at most this part below the best there is
MORE: Final = 0.05  # of the budget: what the next unit brings is the mean over so much more


@dataclass(frozen=True)
class Marginal:
    """What one more unit of money brings.

    Attributes
    ----------
    value : Estimate
        Expected profit per unit more, after that unit itself has been paid.
    step : float
        Money over which it is a mean, in currency.
    needed : float
        Budget beyond which no play is worthwhile, in currency.
    """

    value: Estimate
    step: float
    needed: float

    @property
    def binding(self) -> bool:
        """Whether more money would bring more."""
        return self.value.mean > 0


def with_limits(
    plan: Plan,
    known: list[np.ndarray],
    *,
    budget: float | None = None,
    downside: float | None = None,
) -> np.ndarray:
    """The same options divided under another budget or another limit on losses: customers by option."""
    limits = replace(
        plan.limits,
        budget=plan.limits.budget if budget is None else budget,
        downside=plan.limits.downside if downside is None else downside,
    )
    return allocate(plan.options, limits, gap=NEAR_ENOUGH, known=known)


def by_budget(plan: Plan, *, steps: tuple[float, ...] = BUDGETS) -> pd.DataFrame:
    """Profit and spend for other budgets; the limit on losses stays what it is.

    Returns
    -------
    pandas.DataFrame
        ``budget, spent, customers, profit, low, high, worst``, from nothing upward.
    """
    known: list[np.ndarray] = []
    free = with_limits(plan, known, budget=np.inf)
    reach = max(spend_of(plan.options, free), plan.limits.budget if np.isfinite(plan.limits.budget) else 0.0)
    budgets = sorted({0.0, plan.limits.budget, *(step * reach for step in steps)})
    return _along([(each, with_limits(plan, known, budget=each)) for each in budgets], plan, "budget")


def by_risk(plan: Plan, *, steps: tuple[float, ...] = RISKS) -> pd.DataFrame:
    """Profit for other limits on losses, within the budget.

    Returns
    -------
    pandas.DataFrame
        ``downside, spent, customers, profit, low, high, worst``; one row where losses do not matter, because even the
        worst outcomes of the best plan earn money.
    """
    known: list[np.ndarray] = []
    free = with_limits(plan, known, downside=np.inf)
    most = risk_of(plan.options, free)
    if most <= 0:
        return _along([(0.0, free)], plan, "downside")
    limits = sorted(
        {*(step * most for step in steps), *([plan.limits.downside] if plan.limits.downside < most else [])}
    )
    return _along([(each, with_limits(plan, known, downside=each)) for each in limits], plan, "downside")


def next_unit(plan: Plan, *, part: float = MORE) -> Marginal:
    """Expected profit of one more unit of budget, draw by draw, as a mean over the next twentieth of the budget."""
    known: list[np.ndarray] = []
    free = with_limits(plan, known, budget=np.inf)
    needed = spend_of(plan.options, free)
    step = part * plan.limits.budget
    if not step > 0:
        nothing = Estimate(0.0, 0.0, 0.0)
        return Marginal(nothing, 0.0, needed)
    more = with_limits(plan, known, budget=plan.limits.budget + step)
    gained = (profit_of(plan.options, more) - plan.profit) / step
    worth = gained.mean() > 0 and spend_of(plan.options, more) > plan.spent
    return Marginal(estimate(gained if worth else np.zeros_like(gained)), step, needed)


def _along(rows: list[tuple[float, np.ndarray]], plan: Plan, name: str) -> pd.DataFrame:
    found = []
    for limit, chosen in rows:
        profit = estimate(profit_of(plan.options, chosen))
        found.append(
            {
                name: limit,
                "spent": spend_of(plan.options, chosen),
                "customers": int(chosen.sum()),
                "profit": profit.mean,
                "low": profit.low,
                "high": profit.high,
                "worst": risk_of(plan.options, chosen),
            }
        )
    return pd.DataFrame(found)
