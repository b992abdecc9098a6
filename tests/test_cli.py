"""The command line answers at once, in one sentence, with the right exit code."""

import json
import subprocess
import sys

import pytest

from clv_lib.reporting.runs import new_run_id


def clv(*arguments, **options):
    command = [sys.executable, "-m", "clv_lib.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["rum"], "No such command 'rum'"),
        (["run"], "Missing argument 'DATASET'"),
        (["run", "nowhere"], "there is no nowhere"),
        (["run", "nowhere", "--foo"], "No such option: --foo"),
        (["run", "nowhere", "--jobs", "many"], "Invalid value for '--jobs'"),
        (["check", "nowhere"], "there is none at nowhere"),
        (["init", "nowhere.csv"], "nowhere.csv is not"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(tmp_path, arguments, sentence):
    result = clv(*arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_setting_is_refused_by_every_command_that_reads_them(tmp_path):
    text = '[dataset]\nname = "x"\ncurrency = "USD"\ntimezon = "UTC"\n[tables.transactions]\npath = "x.csv"\n'
    (tmp_path / "dataset.toml").write_text(text)
    for command in ("run", "check"):
        result = clv(
            command, tmp_path, "--reports" if command == "run" else "--", *([tmp_path] if command == "run" else [])
        )
        assert result.returncode == 2
        assert "line 4: dataset.timezon is not a key we know; did you mean timezone?" in result.stderr


def test_a_table_that_is_not_there_is_named(tmp_path):
    (tmp_path / "dataset.toml").write_text(
        '[dataset]\nname = "x"\ncurrency = "USD"\n[tables.transactions]\npath = "x.csv"\n'
    )
    result = clv("check", tmp_path)
    assert result.returncode == 2
    assert "nothing matches" in result.stderr
    assert "x.csv" in result.stderr


def test_an_existing_description_is_never_overwritten(tmp_path):
    (tmp_path / "dataset.toml").write_text("mine")
    result = clv("init", tmp_path / "purchases.csv")
    assert result.returncode == 2
    assert "must not exist yet" in result.stderr
    assert (tmp_path / "dataset.toml").read_text() == "mine"


def test_help_names_every_command_and_every_exit_code():
    overview, run = clv("--help").stdout, clv("run", "--help").stdout
    for command in ("run", "check", "init", "runs"):
        assert f"\n  {command} " in overview
        assert "Example" in clv(command, "--help").stdout
    for code in ("0", "1", "2", "3", "4", "75", "124", "130", "137"):
        assert f"\n  {code:>5}  " in run
    for option in ("--as-of", "--profile", "--lang", "--only", "--set", "--jobs", "--force", "--reports", "--deadline"):
        assert option in run


def test_help_is_plain_text_in_a_pipe():
    assert "\x1b" not in clv("run", "--help", env={"PATH": "/usr/bin", "FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_the_version_is_told():
    result = clv("--version")
    assert (result.returncode, result.stdout.split()[0]) == (0, "clv")


def test_nothing_heavy_is_imported_to_understand_a_command():
    heavy = (
        "pandas numpy pymc pymc_marketing nutpie arviz duckdb matplotlib papermill nbformat nbconvert narwhals IPython"
    )
    code = f"""
import sys
from clv_lib import cli
try:
    cli.main(["run", "nowhere"])
except SystemExit as end:
    assert end.code == 2
import clv_lib.reporting.pipeline
print(sorted(set(sys.modules) & set({heavy.split()!r})))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


BREAK = """
import sys
from clv_lib import cli
from clv_lib.reporting import runs
def broken(reports): raise KeyError("of ours")
runs.all_runs = broken
cli.main(["runs"])
"""


def test_a_fault_of_ours_is_one_sentence_and_a_log_and_the_traceback_on_request(tmp_path):
    options = {"capture_output": True, "text": True}
    result = subprocess.run([sys.executable, "-c", BREAK], env={"TMPDIR": str(tmp_path)}, **options)
    (log,) = tmp_path.iterdir()
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert str(log) in result.stderr
    assert "Traceback" in log.read_text()
    loud = subprocess.run([sys.executable, "-c", BREAK], env={"CLV_DEBUG": "1"}, **options)
    assert (loud.returncode, "Traceback" in loud.stderr) == (1, True)


def test_runs_are_listed_newest_first_with_the_failed_ones(tmp_path):
    def leave(place, run_id, status, code, sentence=""):
        record = {"schema_version": 1, "run_id": run_id, "dataset": "toy", "status": status, "exit_code": code}
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "run.json").write_text(
            json.dumps({**record, "seconds": 1.5, "sentence": sentence, "stages": []})
        )

    leave("toy/20240101T000000Z-000aaa", "20240101T000000Z-000aaa", "ok", 0)
    leave("toy/failed/20240102T000000Z-000aaa", "20240102T000000Z-000aaa", "bad_data", 3, "a sentence\nand more")
    leave("toy/.staging-20240103T000000Z-000aaa", "20240103T000000Z-000aaa", "ok", 0)
    (tmp_path / "toy" / "latest.json").write_text('{"run_id": "20240101T000000Z-000aaa", "path": ""}')
    lines = clv("runs", "--reports", tmp_path).stdout.splitlines()
    assert lines[1].split()[:4] == ["20240102T000000Z-000aaa", "toy", "bad_data", "3"]
    assert lines[1].endswith("a sentence")
    assert lines[2].split() == ["20240101T000000Z-000aaa", "toy", "ok", "0", "1.5", "latest"]
    assert len(lines) == 3


def test_no_runs_yet_is_said(tmp_path):
    result = clv("runs", "--reports", tmp_path / "none")
    assert (result.returncode, "no runs" in result.stdout) == (0, True)


def test_run_ids_sort_by_time_and_never_repeat():
    ids = [new_run_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert [each[:23] for each in ids] == sorted(each[:23] for each in ids)


def test_init_check_go_together_as_the_readme_says(tmp_path):
    rows = "".join(f"c{number},2024-03-{number % 28 + 1:02d},{number + 10}.50\n" for number in range(60))
    (tmp_path / "orders.csv").write_text("customer,date,dollars\n" + rows)
    written = clv("init", tmp_path / "orders.csv")
    assert written.returncode == 0, written.stderr
    assert (tmp_path / "dataset.toml").is_file(), "beside the export, because its paths are relative"
    checked = clv("check", tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "60 rows" in checked.stdout


def test_exports_of_two_folders_are_not_one_dataset(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").write_text("customer,date,dollars\nc,2024-01-01,3\n")
    result = clv("init", tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv")
    assert result.returncode == 2
    assert "in one folder" in result.stderr
