"""What a run reuses, what it refuses, and what it leaves for readers."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.pipeline_support import REPOSITORY, TOY, copy_of, started, toy_in

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    toy = toy_in(tmp_path_factory.mktemp("good"))
    result = toy.run("--set", "mood=noise")
    assert (result.returncode, started(result)) == (0, ["01_rows", "02_value", "00_last"]), result.stderr
    assert result.stdout.splitlines()[-1] == str(toy.reports / "index.html")
    return toy


@pytest.fixture
def toy(good, tmp_path):
    return copy_of(good, tmp_path)


def output(toy, notebook):
    return (toy.folder / toy.latest() / "notebooks" / f"{notebook}.ipynb").read_text()


def test_a_run_leaves_pages_notebooks_artifacts_and_a_record(good):
    run = good.folder / good.latest()
    assert {path.name for path in run.iterdir()} == {
        *("00_last.html", "01_rows.html", "02_value.html", "artifacts", "logs", "notebooks", "run.json")
    }
    record = good.record()
    assert (record["status"], record["exit_code"], record["data"]["rows"]) == ("ok", 0, 3)
    assert record["key_figures"]["02_value"][0]["value"] == pytest.approx(60 * 0.3 * 0.5)
    assert [stage["reused_from"] for stage in record["stages"]] == [None, None, None]
    assert json.loads((good.folder / "latest.json").read_text()) == {"run_id": run.name, "path": run.name}


def test_nothing_that_is_published_names_a_folder_of_this_machine(good):
    for path in good.reports.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert str(good.root) not in text, path
            assert str(REPOSITORY) not in text, path
            assert ".staging" not in text, path
    assert "a warning from toy_moods.py" in (good.folder / good.latest() / "logs" / "01_rows.log").read_text()
    assert "a warning from" not in output(good, "01_rows")


def test_a_run_with_nothing_changed_is_up_to_date(toy):
    before = toy.published()
    result = toy.run("--set", "mood=noise")
    assert (result.returncode, started(result)) == (0, [])
    assert result.stdout.startswith(f"up to date: nothing changed since run {toy.latest()}\n")
    assert toy.published() == before


def test_force_runs_everything_again(toy):
    result = toy.run("--set", "mood=noise", "--force")
    assert (result.returncode, started(result)) == (0, ["01_rows", "02_value", "00_last"])
    assert len(toy.run_ids()) == 2
    assert toy.latest() == toy.run_ids()[-1]


def test_a_changed_assumption_runs_only_what_depends_on_it(toy):
    first = toy.latest()
    changes = ["economics.gross_margin=0.6", "share=0.25", "code=007"]
    result = toy.run("--set", "mood=noise", *(word for change in changes for word in ("--set", change)))
    assert (result.returncode, started(result)) == (0, ["02_value", "00_last"])
    assert toy.record()["stages"][0]["reused_from"] == first
    value = json.loads((toy.folder / toy.latest() / "artifacts" / "value.json").read_text())
    assert value == {"value": pytest.approx(60 * 0.6 * 0.25), "code": "007"}
    second = toy.latest()
    back = toy.run("--set", "mood=noise")
    assert (back.returncode, started(back), len(toy.run_ids())) == (0, ["00_last"], 3)
    assert toy.latest() == toy.run_ids()[-1]
    assert [stage["reused_from"] for stage in toy.record()["stages"]] == [first, first, None]
    assert compared_with(toy) == second  # 00_last looks back: what it said in the first run would be stale


def compared_with(toy, run_id=None):
    """The run that a run says it is compared with, and the notebook that looks back was given."""
    run_id = run_id or toy.latest()
    record = toy.record(run_id)
    given = record["parameters"]["notebooks"]["00_last"]["previous"]
    assert given == (record["compared_with"] or "")
    shown = (toy.folder / run_id / "notebooks" / "00_last.ipynb").read_text()
    assert f"'compared with': '{given}'" in shown
    return record["compared_with"]


def test_however_often_nothing_changes_the_comparison_stays(toy):
    """A repeated run is not compared with its twin, forced or not, and is up to date the second and the third time."""
    first = toy.latest()
    assert compared_with(toy) is None
    changed = ("--set", "mood=noise", "--set", "share=0.25")
    assert started(toy.run(*changed)) == ["02_value", "00_last"]
    second = toy.latest()
    assert compared_with(toy) == first
    for _ in range(2):
        assert started(toy.run(*changed)) == []
        assert toy.latest() == second
    assert started(toy.run(*changed, "--force")) == ["01_rows", "02_value", "00_last"]
    assert toy.latest() != second
    assert compared_with(toy) == first
    again = toy.run(*changed)
    assert again.stdout.startswith(f"up to date: nothing changed since run {toy.latest()}\n")


def test_a_run_is_compared_with_whole_and_trusted_runs_only(toy):
    first = toy.latest()
    assert toy.run("--only", "02_value", "--set", "mood=noise", "--set", "share=0.1").returncode == 0
    assert toy.run("--set", "mood=noise", "--set", "value_mood=doubt").returncode == 4
    assert compared_with(toy, toy.run_ids()[-1]) == first
    assert toy.run("--set", "mood=noise", "--set", "share=0.2").returncode == 0
    assert compared_with(toy) == first


def test_other_languages_and_another_profile_are_no_change_to_compare_with(toy):
    assert toy.run("--set", "mood=noise", "--lang", "id").returncode == 0
    assert compared_with(toy) is None
    assert toy.run("--set", "mood=noise", "--profile", "quick").returncode == 0
    assert compared_with(toy) is None
    assert toy.run("--set", "mood=noise", "--set", "share=0.2").returncode == 0
    assert toy.record(compared_with(toy))["parameters"]["profile"] == "full"  # not the newer quick one


def test_when_the_run_before_is_gone_the_page_that_spoke_of_it_is_made_again(toy):
    first = toy.latest()
    toy.run("--set", "mood=noise", "--set", "share=0.25")
    shutil.rmtree(toy.folder / first)
    result = toy.run("--set", "mood=noise", "--set", "share=0.25")
    assert (result.returncode, started(result)) == (0, ["00_last"])
    assert compared_with(toy) is None


def test_changed_data_run_everything(toy):
    with (toy.dataset / "sales.csv").open("a") as file:
        file.write("004,2024-03-02,40.0\n")
    result = toy.run("--set", "mood=noise")
    assert (result.returncode, started(result)) == (0, ["01_rows", "02_value", "00_last"])
    assert toy.record()["data"]["rows"] == 4


def test_an_artifact_that_was_tampered_with_is_made_again(toy):
    (toy.folder / toy.latest() / "artifacts" / "rows.json").write_text('{"rows": 9, "total": 900.0}')
    result = toy.run("--set", "mood=noise")
    assert (result.returncode, started(result)) == (0, ["01_rows"])
    assert json.loads((toy.folder / toy.latest() / "artifacts" / "rows.json").read_text())["total"] == 60


def test_a_page_that_was_lost_is_made_again_without_running_a_notebook(toy):
    (toy.folder / toy.latest() / "02_value.html").unlink()
    result = toy.run("--set", "mood=noise")
    assert (result.returncode, started(result)) == (0, [])
    assert (toy.folder / toy.latest() / "02_value.html").is_file()


def test_what_cannot_be_estimated_is_said_and_the_run_goes_on(toy):
    result = toy.run("--set", "mood=noise", "--set", "value_mood=cannot")
    assert (result.returncode, started(result)) == (0, ["02_value", "00_last"])
    stage = toy.record()["stages"][1]
    sentence = "nobody bought twice, so repeat buying cannot be estimated"
    assert (stage["status"], stage["sentence"]) == ("cannot_estimate", sentence)
    assert sentence in output(toy, "00_last")
    assert "Traceback" not in output(toy, "02_value")
    assert str(REPOSITORY) not in output(toy, "02_value")


def test_a_model_that_is_not_to_be_trusted_is_published_but_does_not_lead(toy):
    first = toy.latest()
    result = toy.run("--set", "mood=noise", "--set", "value_mood=doubt")
    assert result.returncode == 4
    assert result.stderr == "the model is not to be trusted, and the pages withhold its figures: R-hat is 1.2\n"
    assert toy.latest() == first
    (second,) = set(toy.run_ids()) - {first}
    assert toy.record(second)["status"] == "untrusted"
    assert (toy.folder / second / "02_value.html").read_text() == "02_value untrusted"
    assert second in (toy.reports / "index.html").read_text()
    again = toy.run("--set", "mood=noise", "--set", "value_mood=doubt")
    assert (again.returncode, started(again)) == (4, [])
    assert len(toy.run_ids()) == 2


def test_a_notebook_that_refuses_its_own_model_makes_the_run_untrusted(toy):
    result = toy.run("--set", "mood=noise", "--set", "value_mood=diagnostics")
    assert (result.returncode, started(result)) == (4, ["02_value", "00_last"])
    (second,) = set(toy.run_ids()) - {toy.latest()}
    assert toy.record(second)["diagnostics"]["02_value"]["reasons"] == ["chains must agree, but R-hat is 1.2"]


def test_an_untrusted_run_leads_when_there_is_no_better_one(toy):
    shutil.rmtree(toy.reports)
    assert toy.run("--only", "01_rows", "--set", "mood=doubt").returncode == 4
    assert toy.record()["status"] == "untrusted"
    assert toy.run("--only", "01_rows").returncode == 0
    assert toy.record()["status"] == "partial"


def test_some_notebooks_alone_are_a_partial_run_that_does_not_lead(toy):
    first = toy.latest()
    result = toy.run("--only", "02_value", "--set", "mood=noise", "--set", "share=0.1")
    assert (result.returncode, started(result)) == (0, ["02_value"])
    assert toy.latest() == first
    assert toy.record(toy.run_ids()[-1])["status"] == "partial"


def test_a_publication_that_was_killed_half_way_is_finished_by_the_next_run(toy):
    """Killed after the run had its name and before ``latest.json`` and the index moved."""
    run = toy.latest()
    (toy.folder / "latest.json").unlink()
    (toy.reports / "index.html").unlink()
    result = toy.run("--set", "mood=noise")
    assert (result.returncode, started(result)) == (0, [])
    assert toy.latest() == run
    assert run in (toy.reports / "index.html").read_text()


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--set", "shar=0.1"], "did you mean share?"),
        (["--set", "share=lots"], "share must be float, but it is 'lots'"),
        (["--set", "share"], "--set must read key=value"),
        (["--set", "run_folder=x"], "use --reports instead of --set"),
        (["--set", "previous=x"], "previous is set by the runner; it cannot be chosen"),
        (["--set", "economics.gros_margin=0.4"], "did you mean gross_margin?"),
        (["--only", "02_valeu"], "did you mean 02_value?"),
        (["--lang", "fr"], "--lang must be en or id, but it is fr"),
        (["--profile", "fast"], "--profile must be full or quick"),
        (["--jobs", "0"], "--jobs must be 1 or more"),
        (["--deadline", "0"], "the deadline must be more than 0 minutes"),
        (["--as-of", "yesterday"], "dataset.as_of"),
        (["--set", "tables.transactions.path=gone.csv"], "nothing matches"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_starts(good, arguments, sentence):
    before = good.published()
    result = good.run(*arguments)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert (result.stdout, good.published()) == ("", before)


ALONE = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {notebooks!r})
import toy_moods
from pathlib import Path
from clv_lib.reporting.pipeline import ensure
ensure(Path("lab"), "02_value", dataset="data", suite=toy_moods.suite())
print(Path("lab/artifacts/rows.json").read_text())
"""


def test_a_notebook_that_is_opened_alone_gets_what_it_needs(tmp_path):
    toy = toy_in(tmp_path)
    command = [sys.executable, "-c", ALONE.format(notebooks=str(TOY / "notebooks"))]

    def alone():
        return subprocess.run(
            command, cwd=tmp_path, env=toy.environment(), capture_output=True, text=True, check=True
        ).stdout

    assert "01_rows is needed first" in alone()
    assert "is needed first" not in alone()
    with (toy.dataset / "sales.csv").open("a") as file:
        file.write("004,2024-03-02,40.0\n")
    assert '"rows": 4' in alone()
    toy.nobody_is_left()


def test_a_kernel_that_finds_its_port_taken_is_started_again(monkeypatch):
    """Two kernels that start at once may be given one port; nothing has run by then."""
    import papermill

    from clv_lib.reporting import execution

    tries, taken = [], execution.KERNEL_STARTS - 1

    def execute(*_, **__):
        tries.append(1)
        if len(tries) <= taken:
            raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(papermill, "execute_notebook", execute)
    spec = SimpleNamespace(source="a.ipynb", output="b.ipynb", parameters={})
    execution._papermill(spec)
    assert len(tries) == execution.KERNEL_STARTS
    tries.clear()
    taken = execution.KERNEL_STARTS
    with pytest.raises(RuntimeError, match="before replying"):
        execution._papermill(spec)
    assert len(tries) == execution.KERNEL_STARTS
