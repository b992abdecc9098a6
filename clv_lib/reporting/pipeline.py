"""A run from end to end: check, plan, execute, render, publish; or leave everything as it was and say why."""

import contextlib
import errno
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from clv_lib.errors import ClvError, UsageError
from clv_lib.reporting import publication, reuse
from clv_lib.reporting.execution import Answer
from clv_lib.reporting.interruption import Interrupted, Interruption
from clv_lib.reporting.laboratory import ensure
from clv_lib.reporting.locks import dataset_lock
from clv_lib.reporting.making import Making
from clv_lib.reporting.privacy import make_public
from clv_lib.reporting.processes import Place
from clv_lib.reporting.progress import Echo, Progress, clock, say_line, terminal_or_none
from clv_lib.reporting.record import UNTRUSTED, failed_record, finished_record
from clv_lib.reporting.request import Request, prepare
from clv_lib.reporting.runs import Run, latest_of, new_run_id, runs_of
from clv_lib.reporting.suite import Suite, standard_suite

__all__ = ["ensure", "run"]

_FAILURES: Final = {2: "bad_usage", 3: "bad_data", 137: "killed"}
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED: Final = (errno.EROFS, errno.EACCES, errno.EPERM)


def run(
    dataset: Path,
    *,
    reports: Path = Path("reports"),
    as_of: str | date | None = None,
    profile: str = "full",
    languages: Sequence[str] = (),
    only: Sequence[str] = (),
    overrides: Sequence[str] = (),
    jobs: int = 2,
    force: bool = False,
    deadline_minutes: float | None = None,
    echo: Echo = say_line,
    suite: Suite | None = None,
) -> int:
    """Make the report of a dataset, or find that it is up to date.

    Parameters
    ----------
    dataset : Path
        Folder with ``dataset.toml``, or that file.
    reports : Path
        Where runs are written; made when it is missing.
    as_of : date, optional
        Nothing later is read.
    profile : {"full", "quick"}
        "quick" makes the notebooks draw less.
    languages : sequence of str
        Languages of the pages; the settings' when empty.
    only : sequence of str
        Run these notebooks and what they need; all when empty.
    overrides : sequence of str
        ``section.key=value`` for the settings, ``name=value`` for a notebook's own parameter.
    jobs : int
        Notebooks at once.
    force : bool
        Run everything, whether it changed or not.
    deadline_minutes : float, optional
        Stands for ``report.deadline_minutes``.
    echo : callable
        Gets one line per event.
    suite : Suite, optional
        The notebooks; this package's own by default.

    Returns
    -------
    int
        Exit code: 0 published or up to date; 1 a notebook failed; 2 bad usage, nothing started; 3 bad data; 4 the model
        is not to be trusted; 75 another run holds the lock; 124 deadline; 130 or 143 interrupted; 137 a kernel died.
    """
    try:
        if not Path(dataset).exists():
            raise UsageError(
                f"DATASET must be a folder with a dataset.toml, but there is no {dataset}. Check the path."
            )
        suite = suite or standard_suite()
        request = prepare(
            dataset, as_of=as_of, profile=profile, languages=languages, only=only, overrides=overrides, jobs=jobs,
            force=force, suite=suite,
        )  # fmt: skip
        minutes = request.settings.report.deadline_minutes if deadline_minutes is None else deadline_minutes
        if minutes <= 0:
            raise UsageError(f"the deadline must be more than 0 minutes, but it is {minutes:g}")
        run_id = new_run_id()
        folder = reports / request.settings.dataset.name
        interruption = Interruption(minutes)
        with interruption.listening(), dataset_lock(folder, run_id):
            return _run_locked(request, suite, folder, run_id, interruption, echo)
    except ClvError as error:
        _complain(str(error))
        return error.exit_code
    except OSError as error:
        _complain(_disk_sentence(error))
        return 1


def _run_locked(
    request: Request, suite: Suite, folder: Path, run_id: str, interruption: Interruption, echo: Echo
) -> int:
    publication.sweep(folder)
    publication.heal(folder, suite.render_index)
    index = folder.parent / publication.INDEX_FILE
    earlier = runs_of(folder)
    before = reuse.run_before(earlier, request.substances, profile=str(request.asked["profile"]))
    request = request.since(before.run_id if before else None, library=suite.library)
    seen = [latest_of(folder), *earlier[:1]]  # what readers see, and what came last without becoming that
    if not request.force and (same := reuse.up_to_date(seen, keys=request.keys, pages=request.pages_key)):
        untrusted = same.status == "untrusted"
        echo(f"up to date: nothing changed since run {same.run_id}{', which is not to be trusted' * untrusted}")
        echo(str(index))
        return UNTRUSTED if untrusted else 0
    place = Place(suite.notebooks, publication.staging_folder(folder, run_id), request.notebooks, request.jobs)
    progress = Progress(echo, _weights(request, folder), terminal_or_none())
    making = Making(request, suite, folder, run_id, place, progress, interruption)
    with _kept_when_it_fails(making) as ending:
        place.run_folder.mkdir(parents=True)
        ending.code = _make(making, {} if request.force else reuse.reusable(earlier, request.keys))
        echo(str(index))
    return ending.code


def _make(making: Making, known: dict[str, Run]) -> int:
    request, place, progress = making.request, making.place, making.progress
    progress.line(f"{request.settings.dataset.name}: run {making.run_id}, notebooks: {len(request.stages)}")
    for notebook, earlier in known.items():
        making.stages[notebook] = reuse.copy_stage(earlier, notebook, place.run_folder)
        progress.finish(notebook)
        progress.line(f"{notebook} unchanged, taken from run {making.stages[notebook]['reused_from']}")
    fresh = [stage for stage in request.stages if stage.notebook not in known]
    answer = making.execute(fresh)
    if answer.status == "failed":
        raise _NotebookFailedError(answer)
    public = f"../reports/{request.settings.dataset.name}/{making.run_id}"
    for stage in fresh:
        make_public(place, stage.notebook, dataset=request.dataset, public_folder=public)
    progress.line("pages started")
    record = finished_record(making)
    with making.interruption.at_once():
        making.suite.render_run(place.run_folder, request.languages, record)
    shutil.rmtree(place.scratch, ignore_errors=True)
    making.interruption.check()
    # from here on a signal waits: the report is either wholly the old one or wholly the new one
    publication.publish(place.run_folder, making.folder, record, making.suite.render_index)
    progress.line(f"published as {making.run_id} ({record['status']}) in {clock(making.interruption.seconds)}")
    if record["status"] == "untrusted":
        doubts = [
            reason for each in record["diagnostics"].values() for reason in each["reasons"] if not each["trusted"]
        ]
        _complain(f"the model is not to be trusted, and the pages withhold its figures: {'; '.join(doubts)}")
    return int(record["exit_code"])


class _NotebookFailedError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.sentence)
        self.answer = answer


class _Ending:
    code: int = 1


@contextlib.contextmanager
def _kept_when_it_fails(making: Making) -> Iterator[_Ending]:
    """Turn whatever goes wrong into an exit code and one sentence, and put the unfinished run aside."""
    ending = _Ending()
    try:
        yield ending
    except Interrupted as stopped:
        ending.code = _fail(making, stopped.exit_code, stopped.status, stopped.sentence)
    except _NotebookFailedError as failed:
        code = failed.answer.exit_code
        ending.code = _fail(making, code, _FAILURES.get(code, "failed"), _sentence(making, failed.answer))
    except OSError as error:
        ending.code = _fail(making, 1, "failed", _disk_sentence(error))
    except ClvError as error:
        ending.code = _fail(making, error.exit_code or 1, "failed", str(error))
    except Exception as error:  # of ours or of a template; whoever reads the old report must not notice
        with contextlib.suppress(OSError), (making.place.run_folder / "error.txt").open("w", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        ending.code = _fail(making, 1, "failed", f"the run must end with pages, but {type(error).__name__}: {error}")


def _fail(making: Making, code: int, status: str, sentence: str) -> int:
    if making.failed:
        publication.annotate(making.place.executed(making.failed), sentence)
    record = failed_record(making, status=status, exit_code=code, sentence=sentence)
    kept = publication.keep_failed(making.place.run_folder, making.folder, record)
    _complain(sentence)
    if kept is not None:
        making.progress.line(f"what was done until then, with its logs, is kept in {kept}")
    return code


def _sentence(making: Making, answer: Answer) -> str:
    if "No space left on device" in answer.sentence:
        return _disk_sentence(OSError(errno.ENOSPC, ""))
    return answer.sentence if answer.exit_code in (2, 3) else f"{making.failed} failed: {answer.sentence}"


def _weights(request: Request, folder: Path) -> dict[str, float]:
    """Seconds that each notebook took last time; one where that is not known."""
    latest = latest_of(folder)
    stages = {stage.notebook: latest.stage(stage.notebook) if latest else None for stage in request.stages}
    return {name: stage["seconds"] if stage else 1.0 for name, stage in stages.items()}


def _disk_sentence(error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk must have room for the report, but it is full. Free some space and run again."
    if error.errno in _CLOSED:
        return "the folder for reports must be writable, but it is not. Correct that, or use --reports."
    return f"a file operation failed: {error}"


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
