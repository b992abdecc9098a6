"""A run while it is being made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clv_lib.reporting.execution import Answer
from clv_lib.reporting.interruption import Interruption
from clv_lib.reporting.processes import Execution, Place, Schedule, relative
from clv_lib.reporting.progress import Progress, clock
from clv_lib.reporting.request import Request
from clv_lib.reporting.stages import Stage
from clv_lib.reporting.suite import Suite


@dataclass
class Making:
    """A run that is being made.

    Attributes
    ----------
    request : Request
        What was asked for.
    suite : Suite
        The notebooks.
    folder : Path
        ``reports/<dataset>``.
    place : Place
        The staging folder.
    stages : dict
        How each notebook went, for ``run.json``.
    failed : str
        The notebook that a failure is about.
    """

    request: Request
    suite: Suite
    folder: Path
    run_id: str
    place: Place
    progress: Progress
    interruption: Interruption
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: str = ""

    def execute(self, stages: Sequence[Stage]) -> Answer:
        """Run notebooks, and remember how each went; the answer is that of the first failure."""
        way = relative(self.place.run_folder, self.place.notebooks)
        parameters = {
            notebook: {name: way if name == "run_folder" else value for name, value in values.items()}
            for notebook, values in self.request.parameters.items()
        }
        schedule = Schedule(
            run=stages,
            place=self.place,
            parameters=parameters,
            tick=self._tick,
            started=lambda notebook: self.progress.line(f"{notebook} started"),
            finished=self._finished,
        )
        return schedule.execute()

    def _tick(self, running: Sequence[Execution]) -> None:
        self.failed = running[0].notebook if running else ""
        self.interruption.check()
        self.progress.waiting((each.notebook, each.seconds) for each in running)
        self.failed = ""

    def _finished(self, notebook: str, answer: Answer, seconds: float) -> None:
        self.stages[notebook] = {
            "notebook": notebook,
            "status": answer.status,
            "sentence": answer.sentence,
            "seconds": round(seconds, 3),
            "key": self.request.keys[notebook],
            "substance": self.request.substances[notebook],
            "reused_from": None,
        }
        if answer.status == "failed":
            self.failed = notebook
            self.progress.line(f"{notebook} failed after {clock(seconds)}")
            return
        self.progress.finish(notebook)
        how = {"done": "finished", "cannot_estimate": "could not estimate", "untrusted": "is not to be trusted"}
        why = f": {answer.sentence}" if answer.sentence else ""
        self.progress.line(f"{notebook} {how[answer.status]} after {clock(seconds)}{why}")
