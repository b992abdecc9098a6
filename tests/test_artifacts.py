"""The run folder: what is written is whole, named, hashed, and harmless in a spreadsheet."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from clv_lib.errors import CannotEstimateError, DiagnosticsError, UsageError
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.files import replacing


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path, "01_rows")


def test_tables_and_records_come_back_as_they_were(folder):
    table = pd.DataFrame({"customer_id": ["007", "x"], "clv": [-1.5, np.nan], "n": [1, 2]})
    folder.write_table("customers", table)
    folder.write_json("facts", {"rows": np.int64(2), "last": pd.Timestamp("2024-01-31").date()})
    pd.testing.assert_frame_equal(folder.read_table("customers"), table, check_dtype=False)
    assert folder.read_table("customers", ["n"])["n"].tolist() == [1, 2]
    assert folder.read_json("facts") == {"rows": 2, "last": "2024-01-31"}


def test_the_manifest_knows_each_file_and_verification_finds_a_change(folder):
    folder.write_json("facts", {"rows": 2})
    folder.write_json("more", {})
    assert folder.notebooks() == ["01_rows"]
    assert sorted(folder.manifest("01_rows")) == ["facts.json", "more.json"]
    assert folder.verify() == ()
    path = folder.where("facts.json")
    assert folder.manifest("01_rows")["facts.json"]["bytes"] == path.stat().st_size
    path.write_text(path.read_text().replace("2", "3"))
    folder.where("more.json").unlink()
    assert folder.verify("01_rows") == ("facts.json", "more.json")


def test_a_file_that_fails_half_way_leaves_the_old_one(folder):
    folder.write_json("facts", {"rows": 2})
    with pytest.raises(RuntimeError), folder.file("facts.json") as path:
        path.write_text("half of it")
        raise RuntimeError
    assert folder.read_json("facts") == {"rows": 2}
    assert folder.verify() == ()
    assert sorted(path.name for path in folder.artifacts.iterdir()) == ["facts.json", "manifest.01_rows.json"]


def test_a_block_that_writes_nothing_is_an_error_and_leaves_nothing(folder):
    with pytest.raises(FileNotFoundError), folder.file("posterior.nc"):
        pass
    assert not folder.has("posterior.nc")


@pytest.mark.parametrize("name", ["../up", "a/b", "/etc/x", "..", ".hidden", "a..b", "", "x\0", "manifest.01", "a b"])
def test_a_name_cannot_leave_the_folder(folder, name):
    with pytest.raises(UsageError, match="name of a file"):
        folder.write_json(name, {})


@pytest.mark.parametrize("name", ["model.pkl", "model.pickle", "model.joblib", "model"])
def test_pickles_are_refused(folder, name):
    with pytest.raises(UsageError, match="must end in"), folder.file(name):
        pass


def test_a_file_has_one_writer(folder):
    folder.write_json("facts", {})
    with pytest.raises(UsageError, match="written by 01_rows and now by 02_value"):
        folder.of("02_value").write_json("facts", {})


def test_a_missing_file_is_named_beside_what_is_there(folder):
    folder.write_json("facts", {})
    with pytest.raises(UsageError, match=r"must hold rows\.parquet, but it holds facts\.json"):
        folder.read_table("rows")


@pytest.mark.parametrize("status, error", [("cannot_estimate", CannotEstimateError), ("untrusted", DiagnosticsError)])
def test_a_file_that_an_earlier_notebook_could_not_write_is_missing_for_its_reason(folder, status, error):
    folder.record_outcome("01_rows", status, "nobody bought {twice}")
    with pytest.raises(error, match=r"nobody bought \{twice\}"):
        folder.of("02_value").read_table("rows")


def test_records_of_nan_are_refused(folder):
    with pytest.raises(UsageError, match="what JSON can write"):
        folder.write_json("facts", {"mean": float("nan")})


def test_key_figures_and_diagnostics_are_found_by_notebook(folder):
    figures = [KeyFigure("clv", np.float64(3.5), 3.0, np.inf, unit="USD", mass=0.9, interval="expected")]
    folder.record_key_figures("04_value", figures)
    folder.record_diagnostics(
        "04_value", trusted=False, reasons=["R-hat is 1.2"], values={"rhat_max": np.float32(1.25)}
    )
    (figure,) = folder.key_figures()["04_value"]
    assert (figure["value"], figure["high"], figure["unit"]) == (3.5, None, "USD")
    assert folder.diagnostics() == {
        "04_value": {"trusted": False, "reasons": ["R-hat is 1.2"], "values": {"rhat_max": 1.25}}
    }
    json.dumps([folder.key_figures(), folder.diagnostics()], allow_nan=False)


def test_clearing_a_notebook_leaves_the_files_of_others(folder):
    folder.write_json("facts", {})
    folder.of("02_value").write_json("value", {})
    folder.clear("01_rows")
    assert folder.notebooks() == ["02_value"]
    assert not folder.has("facts.json")


HOSTILE = [
    '=HYPERLINK("http://x","y")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "-5",
]  # fmt: skip


def test_text_that_a_spreadsheet_would_execute_is_neutralised_and_numbers_are_not(folder):
    table = pd.DataFrame({"customer_id": HOSTILE, "=clv": np.linspace(-5.5, 4.5, len(HOSTILE))})
    folder.write_csv("customers", table)
    with folder.where("customers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["customer_id", "'=clv"]
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in HOSTILE]
    assert [float(row[1]) for row in rows[1:]] == table["=clv"].tolist()


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_every_kind_of_text_column_is_neutralised(folder, dtype):
    folder.write_csv("customers", pd.DataFrame({"id": pd.Series(["=1", "007", None], dtype=dtype), "n": [1, -2, 3]}))
    assert folder.where("customers.csv").read_text() == "id,n\n'=1,1\n007,-2\n,3\n"


def test_replacing_a_file_is_all_or_nothing(tmp_path):
    target = tmp_path / "index.html"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(target) as path:
        path.write_text("new")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
