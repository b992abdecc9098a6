"""What the action list, and the plan that it carries out, are drawn from."""

from typing import Final

from clv_lib.data.customers import Frame
from clv_lib.data.handover import opened_record
from clv_lib.reporting.segments_record import SEGMENTED
from clv_lib.reporting.study import RECORD_PREFIX, Study

REFUNDS: Final = "refunds"
_FILES: Final = {"summary": "customers", "segments": SEGMENTED, "values": "customer_values", "risks": "churn_risk"}


def action_tables(study: Study) -> dict[str, Frame]:
    """Everything that the list is drawn from, opened in one DuckDB."""
    files = {name: f"{file}.parquet" for name, file in (*_FILES.items(), (REFUNDS, REFUNDS))}
    files |= {name: f"{RECORD_PREFIX}{name}.parquet" for name in type(study.settings.tables).model_fields}
    return opened_record({name: study.folder.where(file) for name, file in files.items() if study.folder.has(file)})
