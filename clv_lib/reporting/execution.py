"""One notebook in one process: ``python -m clv_lib.reporting.execution spec.json``.

The process works in the folder of the notebooks, so that every path that it is given, and that could end up in what is
published, is a relative one. It answers with one line of JSON on standard output; the exit code says the same.
Whether the notebook succeeded is decided by the exception that Papermill raises here, never by a notebook's metadata.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from clv_lib import errors
from clv_lib.reporting.artifacts import RunFolder

KERNEL_DIED: Final = 137
STOPPED: Final = 143
KERNEL_STARTS: Final = 3
STILLBORN: Final = "Kernel died before replying"  # jupyter_client's words
PARENT_CHECK_SECONDS: Final = 0.5
ENDED_EARLY: Final = {"CannotEstimateError": "cannot_estimate", "DiagnosticsError": "untrusted"}


@dataclass(frozen=True)
class Spec:
    """What the process is to do.

    Attributes
    ----------
    notebook : str
        Name without ``.ipynb``.
    source, output : str
        The notebook and where the executed one goes, relative to the folder of the notebooks.
    run_folder : str
        The run's folder, relative to the same.
    parameters : dict
        Values for the ``parameters`` cell, already checked.
    parent : int
        Process id of the runner; when it is gone, this process ends itself and its kernel.
    """

    notebook: str
    source: str
    output: str
    run_folder: str
    parameters: dict[str, Any]
    parent: int


@dataclass(frozen=True)
class Answer:
    """How it went: ``status`` is "done", "cannot_estimate", "untrusted" or "failed"."""

    status: str
    exit_code: int
    sentence: str = ""
    error: str = ""


def execute(spec: Spec) -> Answer:
    """Run the notebook and tidy what was written."""
    import_nbformat_fast()
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        _papermill(spec)
    except PapermillExecutionError as error:
        answer = _judge(error.ename, error.evalue)
    except DeadKernelError:
        answer = Answer(
            "failed", KERNEL_DIED, "its kernel died; most often the machine ran out of memory", "DeadKernelError"
        )
    except OSError as error:
        answer = Answer("failed", 1, f"{type(error).__name__}: {error.strerror or error}", type(error).__name__)
    else:
        answer = Answer("done", 0)
    folder = RunFolder(Path(spec.run_folder), spec.notebook)
    if answer.status in ENDED_EARLY.values():
        _record_early_end(folder, answer)
    _tidy(Path(spec.output), answer)
    return answer


def import_nbformat_fast() -> None:
    """Spare nbformat a grammar that jsonschema would compile for 1.5 s, and that no notebook makes use of."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _papermill(spec: Spec) -> None:
    import papermill
    from traitlets.config import Config

    config = Config()
    config.KernelManager.transport_encryption = "auto"  # else ipykernel warns that its sockets are open to all
    for start in range(1, KERNEL_STARTS + 1):
        try:
            papermill.execute_notebook(
                spec.source,
                spec.output,
                parameters=spec.parameters,
                kernel_name="python3",  # the kernel of this very interpreter, whatever the notebook was saved with
                language="python",
                progress_bar=False,
                stderr_file=sys.stderr,
                start_timeout=120,
                config=config,
            )
            return
        except RuntimeError as error:
            # two kernels that start at once may be given the same port; no cell has run yet, so it is safe to try again
            if STILLBORN not in str(error) or start == KERNEL_STARTS:
                raise


def _judge(name: str, message: str) -> Answer:
    if name in ENDED_EARLY:
        return Answer(ENDED_EARLY[name], 0, message, name)
    ours = {error.__name__: error for error in _family(errors.ClvError)}
    if name in ours:
        return Answer("failed", ours[name].exit_code, message, name)
    return Answer("failed", 1, f"{name}: {message}", name)


def _family(parent: type[errors.ClvError]) -> list[type[errors.ClvError]]:
    return [parent, *(each for child in parent.__subclasses__() for each in _family(child))]


def _record_early_end(folder: RunFolder, answer: Answer) -> None:
    folder.record_outcome(folder.notebook, answer.status, answer.sentence)
    if answer.status == "untrusted" and folder.notebook not in folder.diagnostics():
        folder.record_diagnostics(folder.notebook, trusted=False, reasons=[answer.sentence])


def _tidy(path: Path, answer: Answer) -> None:
    """Leave in the executed notebook what a reader should see: the rest is in the log."""
    with contextlib.suppress(OSError, ValueError):  # the answer matters more than the tidiness of a failed notebook
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if answer.status in ENDED_EARLY.values():
            _soften(notebook, answer)
        if answer.status != "failed":
            for cell in notebook["cells"]:
                if "outputs" in cell:
                    cell["outputs"] = [out for out in cell["outputs"] if out.get("name") != "stderr"]
        for key in ("input_path", "output_path", "environment_variables"):
            notebook["metadata"].get("papermill", {}).pop(key, None)
        notebook["metadata"]["clv"] = {"status": answer.status, "sentence": answer.sentence}
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _soften(notebook: dict[str, Any], answer: Answer) -> None:
    """Put the sentence in place of the traceback, and take away Papermill's red marks."""
    marked = "papermill-error-cell-tag"
    notebook["cells"] = [cell for cell in notebook["cells"] if marked not in cell["metadata"].get("tags", [])]
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                output["traceback"] = [answer.sentence]


def end_with_descendants(code: int) -> None:
    """End this process and, before it, everything that it has started."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()
    os._exit(code)


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    end_with_descendants(1)


def main(arguments: list[str]) -> int:
    """Read the spec, run the notebook, print the answer."""
    spec = Spec(**json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    # what anything below prints goes to the log; only the answer goes to the real standard output
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, lambda *_: end_with_descendants(STOPPED))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the runner, which stops us in order
    threading.Thread(target=_watch_parent, args=(spec.parent,), daemon=True).start()
    answer = execute(spec)
    answers.write(json.dumps(asdict(answer)) + "\n")
    answers.flush()
    return answer.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
