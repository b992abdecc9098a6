"""Whatever ends a run, the last good report is byte for byte what it was, and the exit code says what happened."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess

import pytest

from tests.pipeline_support import copy_of, started, toy_in

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    toy = toy_in(tmp_path_factory.mktemp("good"))
    result = toy.run()
    assert result.returncode == 0, result.stderr
    return toy


@pytest.fixture
def toy(good, tmp_path):
    toy = copy_of(good, tmp_path)
    yield toy
    for process in toy.processes():
        process.kill()


@contextlib.contextmanager
def the_report_stays(toy):
    before = toy.published()
    assert "index.html" in before
    yield
    toy.nobody_is_left()
    assert toy.published() == before


def kept_notebook(toy, name):
    return (toy.failed() / "notebooks" / f"{name}.ipynb").read_text()


def test_a_run_that_is_killed_harms_nothing_and_the_next_one_sweeps_up(toy):
    with the_report_stays(toy):
        process = toy.start("--set", "value_mood=nanny:300", until="02_value started")
        toy.wait_for_nanny()
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert list(toy.folder.glob(".staging-*"))
    result = toy.run()
    assert (result.returncode, started(result)) == (0, [])
    assert not list(toy.folder.glob(".staging-*"))


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_stop_takes_kernels_and_their_children_with_it(toy, number, code):
    with the_report_stays(toy):
        process = toy.start("--set", "value_mood=nanny:300", until="02_value started")
        toy.wait_for_nanny()
        process.send_signal(number)
        _, said = process.communicate()
        assert process.returncode == code
        assert not toy.processes()
    assert said == f"the run was stopped by {number.name}\n"
    assert json.loads((toy.failed() / "run.json").read_text())["status"] == "stopped"


def test_a_notebook_that_fails_is_kept_with_its_error(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "value_mood=fail")
    assert (result.returncode, started(result)) == (1, ["02_value"])
    assert result.stderr == "02_value failed: ValueError: the toy is broken\n"
    assert "ValueError" in kept_notebook(toy, "02_value")
    assert str(toy.failed()) in result.stdout
    record = json.loads((toy.failed() / "run.json").read_text())
    assert (record["status"], record["exit_code"], record["stages"][1]["status"]) == ("failed", 1, "failed")


def test_data_that_break_their_contract_end_the_run_with_exactly_the_sentence(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "mood=data")
    assert result.returncode == 3
    assert result.stderr == "sales.csv must have an amount in every row, but line 3 has none. Correct the export.\n"
    assert "Traceback" not in result.stdout


def test_a_run_that_passes_its_deadline_is_stopped(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "value_mood=sleep:300", "--deadline", "0.1")
        assert result.returncode == 124
    assert "within 0.1 minutes" in result.stderr
    assert "Stopped here" in kept_notebook(toy, "02_value")


def test_pages_that_take_too_long_are_stopped_by_the_deadline_too(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "last_mood=new", "--deadline", "0.3", TOY_PAGES_SLEEP="300")
    assert result.returncode == 124


def test_a_kernel_that_is_killed_gives_137(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "value_mood=die")
    assert result.returncode == 137
    assert "kernel died" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_notebook_process_that_is_killed_alone_leaves_no_kernel_behind(toy):
    with the_report_stays(toy):
        process = toy.start("--set", "value_mood=nanny:300", until="02_value started")
        toy.wait_for_nanny()
        toy.kill_the_notebook_process_of(process)
        _, said = process.communicate()
    assert process.returncode == 137
    assert said == "02_value failed: its process was killed\n"


def test_a_second_run_at_the_same_time_is_refused_and_says_who_is_at_work(toy):
    process = toy.start("--set", "value_mood=sleep:300", until="02_value started")
    second = toy.run()
    process.terminate()
    process.communicate()
    assert second.returncode == 75
    assert f"process {process.pid} has held it since" in second.stderr
    assert process.returncode == 143


def test_broken_pages_keep_the_old_report(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "last_mood=new", TOY_PAGES_FAIL="1")
    assert result.returncode == 1
    assert "the template is broken" in result.stderr
    assert "Traceback" in (toy.failed() / "error.txt").read_text()


def test_an_index_that_cannot_be_made_keeps_the_old_report(toy):
    with the_report_stays(toy):
        result = toy.run("--set", "last_mood=new", TOY_INDEX_FAILS="1")
    assert result.returncode == 1


@contextlib.contextmanager
def tiny_disk(folder):
    """A file system of 4 MB in place of a folder, with what the folder held."""
    held = folder.with_name("held")
    folder.rename(held)
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a file system")
    try:
        shutil.copytree(held, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_ends_the_run_with_one_sentence(toy):
    with tiny_disk(toy.reports), the_report_stays(toy):
        result = toy.run("--set", "value_mood=fill:50")
        assert result.returncode == 1
        assert (
            result.stderr == "the disk must have room for the report, but it is full. Free some space and run again.\n"
        )
        assert json.loads((toy.failed() / "run.json").read_text())["exit_code"] == 1
        assert "No space left on device" in kept_notebook(toy, "02_value")


def no_file_above(size):
    """Make every write beyond a size fail, for this process and what it starts."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_an_index_that_does_not_fit_on_the_disk_moves_nothing(toy):
    """``latest.json`` has moved by then, and must move back."""
    with the_report_stays(toy):
        result = toy.run("--set", "last_mood=new", preexec_fn=no_file_above(400_000), TOY_INDEX_BYTES="500000")
    assert result.returncode == 1
    assert "it is full" in result.stderr
    assert result.stderr.count("\n") == 1


def without_the_right_to_write_anywhere():
    """Give up root's right to ignore permissions (CAP_DAC_OVERRIDE); others do not have it."""
    if os.geteuid() == 0:
        ctypes.CDLL(None, use_errno=True).prctl(24, 1, 0, 0, 0)


def test_a_read_only_reports_folder_is_known_before_anything_starts(toy):
    for path in [toy.reports, *toy.reports.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with the_report_stays(toy):
        result = toy.run("--set", "value_mood=fail", preexec_fn=without_the_right_to_write_anywhere)
    assert (result.returncode, started(result)) == (2, [])
    assert "must be one that can be written to" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_in_place_of_the_reports_folder_is_known_before_anything_starts(tmp_path):
    toy = toy_in(tmp_path)
    toy.reports.write_text("not a folder")
    result = toy.run()
    assert (result.returncode, started(result)) == (2, [])
    assert toy.reports.read_text() == "not a folder"
