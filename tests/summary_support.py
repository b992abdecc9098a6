"""Two runs of a small shop made by hand: what the other notebooks would have left, in numbers checked by eye."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.files import files_below, sha256_of
from clv_lib.reporting.fingerprints import library_digest
from clv_lib.reporting.stages import ASSUMPTIONS
from clv_lib.reporting.study import Study
from clv_lib.settings import load_settings

TOML = """
[dataset]
name = "shop"
currency = "USD"
setting = "{setting}"

[tables.transactions]
path = "x.csv"

[tables.subscriptions]
path = "y.csv"
"""
BEFORE, NOW = "20260101T000000Z-000000aa", "20260201T000000Z-000000bb"
AT_RISK = KeyFigure("value_at_risk", 50.0, 40.0, 60.0, "USD", 0.9, "expected")
AGAIN = KeyFigure("bought_again", 0.6, 0.58, 0.62, "share", 0.9, "expected")
FIGURES = {
    "headline_value": KeyFigure("headline_value", 900.0, 880.0, 920.0, "USD", 0.9, "expected"),
    "headline_repeat": replace(AGAIN, name="headline_repeat"),
    "headline_at_risk": replace(AT_RISK, name="headline_at_risk"),
}
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "residual_clv": [400.0, 300.0, 100.0],
        "frequency": [3, 2, 0],
        "last_purchase_day": [700, 690, 600],
        "active": [True, True, True],
    }
)
SEGMENTS = pd.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["champions", "loyal_core", "dormant"]})


@dataclass
class Shop:
    """``reports/shop`` with a run before and one in the making."""

    root: Path
    setting: str = "noncontractual"

    def settings(self, *overrides: str):
        self.root.mkdir(exist_ok=True)
        (self.root / "dataset.toml").write_text(TOML.format(setting=self.setting), encoding="utf-8")
        return load_settings(self.root, overrides=overrides)

    def folder(self, run: str = NOW, notebook: str = "05_churn_warning") -> RunFolder:
        return RunFolder(self.root / "reports" / "shop" / run, notebook)

    def study(self, *overrides: str, before: str = BEFORE, profile: str = "full") -> Study:
        folder = self.folder(NOW, "00_summary")
        return Study("00_summary", self.settings(*overrides), folder, ("en", "id"), profile, before)

    def leave(
        self,
        run: str,
        *,
        last_day: date,
        rows: int,
        customers: pd.DataFrame = CUSTOMERS,
        segments: pd.DataFrame | None = SEGMENTS,
        horizon_days: int = 60,
    ) -> None:
        """What the notebooks before the summary leave."""
        data = self.folder(run, "01_data_collection")
        data.record_data(
            "01_data_collection", rows=rows, customers=len(customers), first_day=last_day, last_day=last_day
        )
        values = customers if self.setting == "contractual" else customers.drop(columns="active")
        self.folder(run, "04_lifetime_value").write_table("customer_values", values)
        risks = customers[["customer_id"]].assign(
            horizon_days=horizon_days,
            expected_gain=[9.0, 5.0, -1.0, *[-1.0] * (len(customers) - 3)],
            value_at_risk=10.0,
            act_by=pd.Timestamp("2026-02-10"),
        )
        self.folder(run).write_table("churn_risk", risks)
        if segments is not None:
            self.folder(run, "08_segment_strategy").write_table("customer_segments", segments)

    def publish_the_one_before(self, figures=FIGURES, *overrides: str, **changes) -> None:
        """Seal the run before with its ``run.json``; ``changes`` replace fields of it."""
        run = self.folder(BEFORE).path
        (known,) = RunFolder(run).data().values()
        record = {
            "schema_version": 1,
            "run_id": BEFORE,
            "status": "ok",
            "finished_at": "2026-01-01T00:05:00+00:00",
            "data": known,
            "settings": self.settings(*overrides).model_dump(mode="json", include=set(ASSUMPTIONS)),
            "library": library_digest(),
            "key_figures": {"00_summary": [each.record() for each in figures.values()]},
            "files": {str(path.relative_to(run)): sha256_of(path) for path in files_below(run)},
        }
        (run / "run.json").write_text(json.dumps(record | changes))


def two_runs(root: Path, *overrides: str, setting: str = "noncontractual", **changes) -> Shop:
    """A run of 31 December and one of 31 January: customer d is new, a has bought, b has moved to another segment."""
    shop = Shop(root, setting)
    shop.leave(BEFORE, last_day=date(2025, 12, 31), rows=10)
    now = CUSTOMERS.assign(residual_clv=[450.0, 250.0, 90.0], frequency=[4, 2, 0], active=[True, False, True])
    fresh = pd.DataFrame([("d", 110.0, 0, 730, True)], columns=CUSTOMERS.columns)
    moved = SEGMENTS.assign(segment=["champions", "slipping", "dormant"])
    shop.leave(
        NOW, last_day=date(2026, 1, 31), rows=13, customers=pd.concat([now, fresh], ignore_index=True), segments=moved
    )
    shop.publish_the_one_before(FIGURES, *overrides, **changes)
    return shop
