"""Running ``clv`` on the toy notebooks, and looking at what it leaves behind."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psutil

TOY = Path(__file__).parent / "toy"
REPOSITORY = Path(__file__).parents[1]
PATIENCE = 60  # seconds; only a hang reaches it


@dataclass(frozen=True)
class Toy:
    """A reports folder and a copy of the toy dataset, both of one test."""

    root: Path
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def reports(self):
        return self.root / "reports"

    @property
    def folder(self):
        return self.reports / "toy"

    @property
    def dataset(self):
        return self.root / "data"

    def command(self, *arguments):
        runner = [sys.executable, str(TOY / "runner.py"), "run", str(self.dataset), "--reports", str(self.reports)]
        return [*runner, *map(str, arguments)]

    def environment(self, **extra):
        return {**os.environ, "TOY_TOKEN": self.token, **extra}

    def run(self, *arguments, preexec_fn=None, **extra):
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(**extra),
            cwd=self.root,
            preexec_fn=preexec_fn,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
        )

    def start(self, *arguments, until):
        """Start a run, and return when it has printed a line with this text."""
        process = subprocess.Popen(
            self.command(*arguments),
            env=self.environment(),
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_interrupts,
        )
        for line in process.stdout:
            if until in line:
                return process
        raise AssertionError(f"the run ended before {until!r}: {process.stderr.read()}")

    def wait_for_nanny(self):
        """Wait until a kernel of this toy is in the middle of its notebook, with a child of its own."""
        wait_until(lambda: any(_command(each)[:1] == ["sleep"] for each in self.processes()))

    def kill_the_notebook_process_of(self, runner):
        (child,) = psutil.Process(runner.pid).children()
        child.kill()

    def processes(self):
        """Everything that this toy has started and that still lives."""
        return [each for each in psutil.process_iter() if _token(each) == self.token]

    def nobody_is_left(self):
        wait_until(lambda: not self.processes())

    def published(self):
        """What readers see: every file but the locks and what failed, by its hash."""
        hidden = {".lock", ".lock-holder.json"}
        files = [path for path in self.reports.rglob("*") if path.is_file() and path.name not in hidden]
        kept = [
            path for path in files if "failed" not in path.parts and not any(".staging" in part for part in path.parts)
        ]
        return {str(path.relative_to(self.reports)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}

    def latest(self):
        return json.loads((self.folder / "latest.json").read_text())["run_id"]

    def record(self, run_id=None):
        return json.loads((self.folder / (run_id or self.latest()) / "run.json").read_text())

    def run_ids(self):
        return sorted(path.parent.name for path in self.folder.glob("2*/run.json"))

    def failed(self):
        """The folder of the one run that failed."""
        (found,) = (self.folder / "failed").iterdir()
        return found


def _heed_interrupts():
    """Undo what a shell does to its background jobs: they ignore Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def toy_in(root):
    """A toy with its own copy of the dataset and no report yet."""
    shutil.copytree(TOY / "data", root / "data")
    return Toy(root)


def copy_of(toy, root):
    """The same reports and dataset somewhere else: a run knows nothing of where it lies."""
    shutil.copytree(toy.root, root, dirs_exist_ok=True)
    return Toy(root)


def wait_until(true, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def started(result):
    """Notebooks that were really run."""
    lines = [line.split("] ")[1] for line in result.stdout.splitlines() if line.endswith(" started")]
    return [line.split()[0] for line in lines if not line.startswith("pages")]


def _token(process):
    try:
        return process.environ().get("TOY_TOKEN") if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []
