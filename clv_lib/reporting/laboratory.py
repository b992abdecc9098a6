"""One notebook alone, as in JupyterLab: what it needs is made first, without a window."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from clv_lib.errors import ClvError
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.execution import Answer
from clv_lib.reporting.files import read_json_or_none, write_json
from clv_lib.reporting.locks import waiting_lock
from clv_lib.reporting.previous import published
from clv_lib.reporting.processes import MARK, Place, Schedule, relative
from clv_lib.reporting.progress import Echo, clock, say_line
from clv_lib.reporting.request import Request, prepare
from clv_lib.reporting.reuse import run_before
from clv_lib.reporting.runs import runs_of
from clv_lib.reporting.stages import Stage
from clv_lib.reporting.suite import Suite, standard_suite

KEYS_FILE: Final = "stages.json"


def ensure(
    run_folder: Path,
    notebook: str,
    *,
    dataset: str | Path,
    as_of: str = "",
    profile: str = "full",
    languages: Sequence[str] = ("en",),
    overrides: Sequence[str] = (),
    echo: Echo = say_line,
    suite: Suite | None = None,
) -> str | None:
    """Make sure that what a notebook reads is in its run folder, and is what its parameters ask for.

    Inside ``clv run`` this does nothing: the runner keeps the order. So it does for a notebook that is not in the table
    of stages.

    Parameters
    ----------
    run_folder : Path
        Where the notebook reads and writes.
    notebook : str
        The notebook that is about to be run by hand.
    dataset, as_of, profile, languages, overrides
        Its parameters.

    Returns
    -------
    str or None
        The published run that a notebook which is run by hand is compared with; None inside ``clv run``, which passes
        it as a parameter, and where there is none.

    Raises
    ------
    ClvError
        A notebook that it needs failed; the message says which and why.
    """
    if os.environ.get(MARK):
        return None
    suite = suite or standard_suite()
    if not any(stage.notebook == notebook and stage.needs for stage in suite.stages):
        return None
    request = prepare(
        Path(dataset), as_of=as_of, profile=profile, languages=languages, only=[notebook], overrides=overrides, jobs=1,
        force=False, suite=suite,
    )  # fmt: skip
    request = request.since(_before(run_folder, request), library=suite.library)
    with waiting_lock(run_folder):
        missing = [
            stage for stage in request.stages if stage.notebook != notebook and not _there(run_folder, stage, request)
        ]
        if missing:
            _make(run_folder, missing, request, suite, echo)
    return request.previous


def _before(run_folder: Path, request: Request) -> str | None:
    runs = [run for folder in published(run_folder, request.settings.dataset.name) for run in runs_of(folder)]
    of_this = [run for run in runs if run.record.get("dataset") == request.settings.dataset.name]
    before = run_before(of_this, request.substances, profile=str(request.asked["profile"]))
    return before.run_id if before else None


def _there(run_folder: Path, stage: Stage, request: Request) -> bool:
    known = read_json_or_none(run_folder / KEYS_FILE) or {}
    same = known.get(stage.notebook) == request.keys[stage.notebook]
    return same and not RunFolder(run_folder).verify(stage.notebook)


def _make(run_folder: Path, missing: Sequence[Stage], request: Request, suite: Suite, echo: Echo) -> None:
    place = Place(suite.notebooks, run_folder, request.notebooks, jobs=1)
    way = relative(run_folder, suite.notebooks)

    def finished(notebook: str, answer: Answer, seconds: float) -> None:
        if answer.status == "failed":
            raise ClvError(
                f"{notebook}, which this notebook needs, failed: {answer.sentence}. "
                f"See {place.executed(notebook)} and {place.log(notebook)}."
            )
        echo(f"{notebook} finished after {clock(seconds)}")
        keys = read_json_or_none(run_folder / KEYS_FILE) or {}
        write_json(run_folder / KEYS_FILE, {**keys, notebook: request.keys[notebook]})

    for stage in missing:
        RunFolder(run_folder).clear(stage.notebook)
    schedule = Schedule(
        run=missing,
        place=place,
        parameters={stage.notebook: {**request.parameters[stage.notebook], "run_folder": way} for stage in missing},
        tick=lambda running: None,
        started=lambda notebook: echo(f"{notebook} is needed first, and is being run"),
        finished=finished,
    )
    try:
        schedule.execute()
    finally:
        shutil.rmtree(place.scratch, ignore_errors=True)
