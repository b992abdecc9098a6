"""Finished reports for the tests that read them: made once, through the same command that a user runs."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Report:
    """A published run and where it lies."""

    reports: Path
    dataset: str
    output: str

    @property
    def run_folder(self) -> Path:
        """Folder of the newest run."""
        return max(path.parent for path in (self.reports / self.dataset).glob("*/run.json"))


def make_report(dataset: Path, name: str, reports: Path, *arguments: str) -> Report:
    """Run ``clv run`` on a dataset and return what it published."""
    command = [sys.executable, "-m", "clv_lib.cli", "run", str(dataset), "--reports", str(reports), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Report(reports, name, done.stdout)
