"""What a notebook may know of the run before, read from a run folder made by hand."""

import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from clv_lib.errors import UsageError
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.files import files_below, sha256_of
from clv_lib.reporting.fingerprints import assumptions
from clv_lib.reporting.previous import previous_run
from clv_lib.reporting.reuse import run_before
from clv_lib.reporting.runs import Run
from clv_lib.settings import load_settings

FIGURE = KeyFigure("value_at_risk", 80.0, 70.0, 95.0, "IDR", 0.9, "expected")


@pytest.fixture
def dataset(tmp_path):
    """``reports/shop`` with one published run, ``20260101T000000Z-000000aa``, of two customers."""
    run = tmp_path / "reports" / "shop" / "20260101T000000Z-000000aa"
    folder = RunFolder(run, "01_data")
    folder.write_table("customers", pd.DataFrame({"customer_id": ["a", "b"], "frequency": [0, 3]}))
    folder.write_json("note", {"family": "bg_nbd"})
    record = {
        "schema_version": 1,
        "run_id": run.name,
        "status": "ok",
        "finished_at": "2026-01-01T00:05:00+00:00",
        "data": {"rows": 5, "customers": 2, "last_day": "2025-12-31"},
        "key_figures": {"05_churn": [FIGURE.record()], "04_value": [KeyFigure("clv", None, unit="IDR").record()]},
        "files": {str(path.relative_to(run)): sha256_of(path) for path in files_below(run)},
    }
    (run / "run.json").write_text(json.dumps(record))
    return run.parent


def of(dataset, where=".staging-20260201T000000Z-000000bb"):
    return previous_run(dataset / where, "shop", "20260101T000000Z-000000aa")


def test_it_says_what_it_was_and_hands_out_what_it_left(dataset):
    before = of(dataset)
    assert (before.as_of, before.rows, before.customers) == (date(2025, 12, 31), 5, 2)
    assert before.finished == datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
    assert before.figures() == {"value_at_risk": FIGURE, "clv": KeyFigure("clv", None, unit="IDR")}
    assert before.has("customers.parquet")
    assert list(before.read_table("customers", ["customer_id"])["customer_id"]) == ["a", "b"]
    assert before.read_json("note") == {"family": "bg_nbd"}
    assert not before.has("customer_segments.parquet")


def test_a_file_that_was_changed_since_it_was_published_is_not_there(dataset):
    path = dataset / "20260101T000000Z-000000aa" / "artifacts" / "customers.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    assert not of(dataset).has("customers.parquet")


def test_it_is_found_from_the_folder_of_a_notebook_that_is_run_by_hand(dataset):
    assert of(dataset, "../lab/shop").run_id == "20260101T000000Z-000000aa"


def test_a_first_run_has_none_and_a_wrong_name_is_refused(dataset):
    assert previous_run(dataset / "x", "shop", "") is None
    with pytest.raises(UsageError, match="there is no run 'gone'"):
        previous_run(dataset / "x", "shop", "gone")


def test_settings_that_json_cannot_write_are_kept_as_none(tmp_path):
    """A budget without end is a sensible setting; it must not be the last file of a long run that cannot be written."""
    (tmp_path / "dataset.toml").write_text(
        '[dataset]\nname = "x"\ncurrency = "USD"\n[tables.transactions]\npath = "/secret/x.csv"\n'
        "[strategy]\nbudget = inf\n",
        encoding="utf-8",
    )
    kept = assumptions(load_settings(tmp_path))
    assert kept["strategy"]["budget"] is None
    assert "secret" not in json.dumps(kept, allow_nan=False)
    assert not {"tables", "engine"} & set(kept)


def run(name, substance, status="ok", profile="full"):
    stage = {"notebook": "01_data"} | ({"substance": substance} if substance else {})
    record = {"run_id": name, "status": status, "stages": [stage], "parameters": {"profile": profile}}
    return Run(None, record)


@pytest.mark.parametrize(
    "runs, expected",
    [
        ([], None),
        ([run("2", "now"), run("1", "now")], None),
        ([run("2", "now"), run("1", "then")], "1"),
        ([run("3", "then"), run("2", "now"), run("1", "long ago")], "3"),
        ([run("3", "odd", "untrusted"), run("2", "odd", "partial"), run("1", "then")], "1"),
        ([run("2", "odd", profile="quick"), run("1", "then")], "1"),
        ([run("2", "odd", profile="quick")], "2"),
        ([run("1", None)], "1"),  # made before runs had a substance: by another library, so by another method
    ],
)
def test_the_run_before_is_the_last_whole_and_trusted_one_that_differs(runs, expected):
    found = run_before(runs, {"01_data": "now"}, profile="full")
    assert (found.run_id if found else None) == expected
