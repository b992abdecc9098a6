"""The processes of a run: started when what they need is done, and stopped with everything that they started."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from clv_lib.reporting.execution import KERNEL_DIED, Answer, Spec
from clv_lib.reporting.stages import Stage

POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 3.0
MARK: Final = "CLV_RUN"  # set inside a run, so that a notebook can tell
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Place:
    """Where a notebook is run.

    Attributes
    ----------
    notebooks : Path
        Folder of the source notebooks; the working directory.
    sources : mapping of str to Path
        The file of a notebook, where it is not the one of its name in that folder.
    run_folder : Path
        Where everything is written.
    jobs : int
        How many run at once; the machine's cores are shared among them.
    mark : str
        Stands in the environment of everything that is started here, so that nothing of it can be lost sight of.
    """

    notebooks: Path
    run_folder: Path
    sources: Mapping[str, Path] = field(default_factory=dict)
    jobs: int = 1
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def log(self, notebook: str) -> Path:
        """What a notebook's processes said on standard error."""
        return self.run_folder / "logs" / f"{notebook}.log"

    def executed(self, notebook: str) -> Path:
        """The executed notebook."""
        return self.run_folder / "notebooks" / f"{notebook}.ipynb"

    def source(self, notebook: str) -> Path:
        """The notebook as it is committed."""
        return self.sources.get(notebook, self.notebooks / f"{notebook}.ipynb")

    @property
    def scratch(self) -> Path:
        """Connection files and the like; never published."""
        return self.run_folder / ".scratch"


@dataclass
class Execution:
    """A notebook that is being run."""

    notebook: str
    process: subprocess.Popen[bytes]
    started: float

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self.started

    def answer(self) -> Answer:
        """What the process said, once it has ended."""
        assert self.process.stdout is not None  # noqa: S101
        said = self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.returncode
        try:
            return Answer(**json.loads(said))
        except (ValueError, TypeError):
            died = code == -9
            sentence = "its process was killed" if died else f"its process ended with {code} and no answer"
            return Answer("failed", KERNEL_DIED if died else 1, sentence)


def start(notebook: str, place: Place, parameters: Mapping[str, Any]) -> Execution:
    """Start a notebook in a process of its own."""
    for folder in (place.scratch, place.log(notebook).parent, place.executed(notebook).parent):
        folder.mkdir(parents=True, exist_ok=True)
    spec = Spec(
        notebook=notebook,
        source=relative(place.source(notebook), place.notebooks),
        output=relative(place.executed(notebook), place.notebooks),
        run_folder=relative(place.run_folder, place.notebooks),
        parameters=dict(parameters),
        parent=os.getpid(),
    )
    path = place.scratch / f"{notebook}.json"
    path.write_text(json.dumps(asdict(spec)), encoding="utf-8")
    with place.log(notebook).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "clv_lib.reporting.execution", str(path.absolute())],
            cwd=place.notebooks,
            env=environment(place),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C goes to the runner alone
        )
    return Execution(notebook, process, time.monotonic())


def environment(place: Place) -> dict[str, str]:
    """Environment of a notebook's process: the same from machine to machine where that is possible."""
    threads = str(max(1, (os.cpu_count() or 1) // place.jobs))
    scratch = place.scratch.absolute()
    return {
        **dict.fromkeys(_THREADS, threads),
        **os.environ,
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "IPYTHONDIR": str(scratch / "ipython"),  # nobody's start-up files take part in a run
        MARK: place.mark,
    }


def relative(path: Path, start_at: Path) -> str:
    """Return the way from a folder to a path, with dots; links are followed, as a process in that folder would."""
    return os.path.relpath(path.resolve(), start_at.resolve())


def stop(executions: Sequence[Execution]) -> None:
    """Stop processes with all their descendants; returns when none is left."""
    import psutil

    family: list[psutil.Process] = []
    for execution in executions:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(execution.process.pid)
            family += [*process.children(recursive=True), process]
        with contextlib.suppress(OSError):
            execution.process.terminate()
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=PATIENCE_SECONDS)
    for execution in executions:
        execution.process.wait()
        if execution.process.stdout is not None:
            execution.process.stdout.close()


def kill_marked(mark: str) -> None:
    """Kill what a run has started and what its parents, killed from outside, could not stop any more."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                process.kill()


@dataclass
class Schedule:
    """Runs stages as soon as what they need is done, up to ``place.jobs`` at once.

    Attributes
    ----------
    run : sequence of Stage
        What is to be run; needs outside this list are taken as done.
    tick : callable
        Called ten times a second with what is running; raises to stop everything.
    started, finished : callable
        Told about each start, and about each end with its answer and its seconds.
    """

    run: Sequence[Stage]
    place: Place
    parameters: Mapping[str, Mapping[str, Any]]
    tick: Callable[[Sequence[Execution]], None]
    started: Callable[[str], None]
    finished: Callable[[str, Answer, float], None]
    running: list[Execution] = field(default_factory=list)

    def execute(self) -> Answer:
        """Run them all; the answer is that of the first failure, after which nothing is left running."""
        waiting = {stage.notebook: set(stage.needs) for stage in self.run}
        for needs in waiting.values():
            needs.intersection_update(stage.notebook for stage in self.run)
        done = False
        try:
            while waiting or self.running:
                self._start_what_is_ready(waiting)
                self.tick(self.running)
                for execution in [each for each in self.running if each.process.poll() is not None]:
                    answer = self._end(execution, waiting)
                    if answer.status == "failed":
                        return answer
                time.sleep(POLL_SECONDS)
            done = True
            return Answer("done", 0)
        finally:
            stop(self.running)
            if not done:
                kill_marked(self.place.mark)

    def _start_what_is_ready(self, waiting: dict[str, set[str]]) -> None:
        for notebook in [name for name, needs in waiting.items() if not needs][: self.place.jobs - len(self.running)]:
            del waiting[notebook]
            self.running.append(start(notebook, self.place, self.parameters[notebook]))
            self.started(notebook)

    def _end(self, execution: Execution, waiting: dict[str, set[str]]) -> Answer:
        self.running.remove(execution)
        answer = execution.answer()
        for needs in waiting.values():
            needs.discard(execution.notebook)
        self.finished(execution.notebook, answer, execution.seconds)
        return answer
