"""What the page on the lifecycle reads of the notebooks before it, and what it leaves."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.group_value import GroupValues, value_of_groups
from clv_lib.analysis.lifecycle import Lifecycle, stage_table, with_values
from clv_lib.analysis.movement import Movement
from clv_lib.analysis.value_watch import LOW_HIGH, MONTHS, watched_value
from clv_lib.analysis.watch_metrics import Watched
from clv_lib.data.customers import Frame
from clv_lib.data.engines import write_parquet
from clv_lib.data.keeping import write_customer_csv
from clv_lib.data.month_cells import cells_of_months
from clv_lib.data.past import PROFIT
from clv_lib.names import LIFECYCLE_STAGE, LIFECYCLE_STAGES
from clv_lib.periods import complete_months
from clv_lib.reporting.costs_record import UNIT_COSTS
from clv_lib.reporting.members_ahead import beside, worth_of_members
from clv_lib.reporting.study import Study
from clv_lib.reporting.value_model import cells_of, value_model

STAGES = "lifecycle_stages"
MOVEMENTS = "stage_movements"


class StageSizes:
    """Everybody with a stage and what it is worth, and the table of stages.

    Attributes
    ----------
    people : narwhals.LazyFrame
        customer_id, lifecycle_stage, stage_since, stage_probability, residual_clv.
    table : DataFrame
        See :func:`clv_lib.analysis.lifecycle.stage_table`; and value_low, value_high (of the expected value) and
        value_predictive_low, value_predictive_high (of what the customers will really bring), NaN where no model knows.
    modelled, measured : bool
        Whether a purchase model knows who is here, and a ledger what they cost.
    """

    def __init__(self, study: Study, found: Lifecycle | ContractLifecycle) -> None:
        values = beside(study, found.now, "customer_values")
        costs = study.folder.read_json(UNIT_COSTS) if study.folder.has(f"{UNIT_COSTS}.json") else {}
        self.measured = costs.get("source", "assumed") != "assumed" and study.folder.has(f"{PROFIT}.parquet")
        profit = beside(study, found.now, PROFIT) if self.measured else None
        revenue = beside(study, found.now, "customers")
        self.modelled = values is not None
        self.people = with_values(found.now, values)
        margin = study.settings.economics.gross_margin
        assert revenue is not None  # noqa: S101 (the notebook on data always leaves it)
        table = stage_table(self.people, profit, margin=margin, revenue=revenue)
        self.table = with_intervals(table, self._worth(study, revenue))

    def _worth(self, study: Study, customers: Frame) -> GroupValues | None:
        """Value of each stage, draw by draw; None where no model knows."""
        if study.settings.contractual:
            return worth_of_members(study, self.people)
        model = value_model(study)
        if model is None:
            return None
        cells = cells_of(self.people, customers, study.tables()["valuation_cells"], by=[LIFECYCLE_STAGE])
        return value_of_groups(model, cells, LIFECYCLE_STAGES, by=LIFECYCLE_STAGE, seed=study.seed)


def with_intervals(table: pd.DataFrame, worth: GroupValues | None) -> pd.DataFrame:
    """Give the value of each stage its two intervals."""
    columns = ["value_low", "value_high", "value_predictive_low", "value_predictive_high"]
    if worth is None or worth.outcome is None:
        return table.assign(**dict.fromkeys(columns, float("nan")))
    ends = np.hstack([np.quantile(each, LOW_HIGH, axis=1).T for each in (worth.value, worth.outcome)])
    known = pd.DataFrame(ends, index=list(worth.groups), columns=columns)[worth.customers > 0]
    return table.join(known, on=LIFECYCLE_STAGE)


def value_by_month(study: Study) -> Watched | None:
    """Value per customer still here, month by month; None where no purchase model knows."""
    model = value_model(study)
    if model is None:
        return None
    months = list(complete_months(study.log().window))[-MONTHS:]
    return watched_value(model, cells_of_months(study.record()["transactions"], months), seed=study.seed)


def save_stages(study: Study, sizes: StageSizes, moves: Movement) -> None:
    """Leave the stage of everybody and the movements."""
    people = sizes.people.drop("residual_clv")
    epoch = 719_163  # day number of 1970-01-01
    native: Any = people.to_native()
    dated = nw.from_native(
        native.project(
            "customer_id, lifecycle_stage, (DATE '1970-01-01' + CAST(stage_since - "
            f"{epoch} AS INTEGER)) AS stage_since, stage_probability"
        )
    )
    with study.folder.file(f"{STAGES}.parquet") as path:
        write_parquet(dated, path)
    with study.folder.file(f"{STAGES}.csv") as path:
        write_customer_csv(dated, path)
    study.folder.write_table(MOVEMENTS, pd.DataFrame(moves.chances))
