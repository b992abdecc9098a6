"""Taking over from earlier runs what has not changed since."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.files import sha256_of
from clv_lib.reporting.runs import Run

SEARCHED: Final = 10  # how many runs back a notebook is looked for


def up_to_date(runs: Iterable[Run | None], *, keys: Mapping[str, str], pages: str) -> Run | None:
    """Return the first of the runs that is exactly what a new one would be, if every file of it is unharmed."""
    for run in runs:
        if run is None:
            continue
        found = {stage["notebook"]: stage["key"] for stage in run.record["stages"]}
        if found == dict(keys) and run.record["pages_key"] == pages:
            return None if run.faults() else run
    return None


def run_before(runs: Sequence[Run], substances: Mapping[str, str], *, profile: str) -> Run | None:
    """The run that a new one is compared with: the newest whole and trusted one that differs from it.

    A run that was repeated says nothing about change, so equal ones are passed over: however often nothing changes, the
    answer, and with it every content key, stays what it was. A run of the same profile is preferred: beside a full one,
    a quick one differs by its Monte Carlo error too.

    Parameters
    ----------
    runs : sequence of Run
        Published runs of the dataset, newest first.
    substances : mapping of str to str
        Of the new run; see :class:`~clv_lib.reporting.request.Request`.
    profile : {"full", "quick"}
        Of the new run.
    """
    different = [run for run in runs if run.status == "ok" and _differs(run, substances)]
    alike = [run for run in different if (run.record.get("parameters") or {}).get("profile") == profile]
    return next(iter([*alike, *different]), None)


def _differs(run: Run, substances: Mapping[str, str]) -> bool:
    stages = {notebook: run.stage(notebook) or {} for notebook in substances}
    return any(stages[notebook].get("substance") != substance for notebook, substance in substances.items())


def reusable(runs: Sequence[Run], keys: Mapping[str, str]) -> dict[str, Run]:
    """For each notebook, the newest run that holds it with the same content key and unharmed files."""
    found: dict[str, Run] = {}
    for notebook, key in keys.items():
        for run in runs[:SEARCHED]:
            stage = run.stage(notebook)
            if stage and stage["key"] == key and _unharmed(run, notebook):
                found[notebook] = run
                break
    return found


def copy_stage(run: Run, notebook: str, target: Path) -> dict[str, Any]:
    """Copy a notebook, its artifacts and its log into a new run; returns the stage's record."""
    for name in _files(run, notebook):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(run.path / name, target / name)
    stage = run.stage(notebook)
    assert stage is not None  # noqa: S101
    return {**stage, "reused_from": stage["reused_from"] or run.run_id}


def _files(run: Run, notebook: str) -> list[str]:
    written = RunFolder(run.path).manifest(notebook)
    names = [f"artifacts/{name}" for name in written]
    optional = [f"artifacts/manifest.{notebook}.json", f"logs/{notebook}.log"]
    return [f"notebooks/{notebook}.ipynb", *names, *(name for name in optional if name in run.record["files"])]


def _unharmed(run: Run, notebook: str) -> bool:
    recorded = run.record["files"]
    return all(
        name in recorded and (run.path / name).is_file() and sha256_of(run.path / name) == recorded[name]
        for name in _files(run, notebook)
    )
