"""What the page on the lifecycle reads of the notebooks before it, and what it leaves."""

from typing import Any

import narwhals as nw
import pandas as pd

from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.lifecycle import Lifecycle, stage_table, with_values
from clv_lib.analysis.movement import Movement
from clv_lib.data.customers import Frame
from clv_lib.data.engines import write_parquet
from clv_lib.data.keeping import write_customer_csv
from clv_lib.data.past import PROFIT
from clv_lib.reporting.costs_record import UNIT_COSTS
from clv_lib.reporting.study import Study

STAGES = "lifecycle_stages"
MOVEMENTS = "stage_movements"


class StageSizes:
    """Everybody with a stage and what it is worth, and the table of stages.

    Attributes
    ----------
    people : narwhals.LazyFrame
        customer_id, lifecycle_stage, stage_since, stage_probability, residual_clv.
    table : DataFrame
        See :func:`clv_lib.analysis.lifecycle.stage_table`.
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
        self.table = stage_table(self.people, profit, margin=margin, revenue=revenue)


def beside(study: Study, frame: Frame, name: str) -> Frame | None:
    """A file of the run folder, opened where the frame lives."""
    if not study.folder.has(f"{name}.parquet"):
        return None
    native: Any = frame.to_native()
    path = str(study.folder.where(f"{name}.parquet")).replace("'", "''")
    return nw.from_native(native.query("made", f"SELECT * FROM read_parquet('{path}')"))  # noqa: S608 (own path)


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
