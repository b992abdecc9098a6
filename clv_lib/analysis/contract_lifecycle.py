"""Where every member is in its life with us, from contracts: stages now, and at the end of every billing period."""

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw
import pandas as pd

from clv_lib.data.contract_stages import ContractRules, contract_rules, contract_stretches
from clv_lib.data.customers import Frame
from clv_lib.data.keeping import kept
from clv_lib.data.month_stages import month_ends, movement_cells, stages_on, stays
from clv_lib.data.stages import NUMBER, SINCE
from clv_lib.data.tenures import tenures
from clv_lib.names import CUSTOMER_ID, LIFECYCLE_STAGE, LIFECYCLE_STAGES, STAGE_SINCE, N
from clv_lib.periods import ObservationWindow, complete_months


@dataclass(frozen=True)
class ContractLifecycle:
    """Stages of every member.

    Attributes
    ----------
    rules : ContractRules
    now : narwhals.LazyFrame
        customer_id, lifecycle_stage, stage_since (day number).
    movements : DataFrame
        From :func:`clv_lib.data.stages.movement_cells`, from the end of one billing period to that of the next.
    month_by_month : DataFrame
        The same from the end of one month to that of the next.
    stays : DataFrame
    monthly : DataFrame
        Members per stage at each month's end.
    """

    rules: ContractRules
    now: Frame
    movements: pd.DataFrame
    month_by_month: pd.DataFrame
    stays: pd.DataFrame
    monthly: pd.DataFrame


def contract_life_stages(record: Mapping[str, Frame], window: ObservationWindow) -> ContractLifecycle:
    """Put every member in a stage, on every day.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        subscriptions.
    window : ObservationWindow
    """
    spells = kept(tenures(record["subscriptions"], end=window.end))
    rules = contract_rules(spells)
    found = contract_stretches(spells, rules=rules, end=window.end)
    months = complete_months(window)
    monthly = movement_cells(month_ends(found, months))
    table = monthly.pivot_table(index=NUMBER, columns=LIFECYCLE_STAGE, values=N, aggfunc="sum", fill_value=0)
    steps = range(months[-1] - (len(months) - 1) // rules.step * rules.step, months[-1] + 1, rules.step)
    moves = monthly if rules.step == 1 else movement_cells(month_ends(found, steps))
    now = stages_on(found, window.end).select(CUSTOMER_ID, LIFECYCLE_STAGE, nw.col(SINCE).alias(STAGE_SINCE))
    return ContractLifecycle(
        rules=rules,
        now=kept(now),
        movements=moves,
        month_by_month=monthly,
        stays=stays(found, end=window.end),
        monthly=table.reindex(columns=list(LIFECYCLE_STAGES), fill_value=0).astype("int64"),
    )
