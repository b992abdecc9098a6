"""The runs of a reports folder: who they are, how they ended, and whether they are still what they were."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from clv_lib.reporting.files import files_below, read_json_or_none, sha256_of

SCHEMA_VERSION: Final = 1
RUN_FILE: Final = "run.json"
LATEST_FILE: Final = "latest.json"
FAILED_FOLDER: Final = "failed"
STAGING_PREFIX: Final = ".staging-"
RANK: Final = {"ok": 2, "partial": 1, "untrusted": 0}  # latest never moves to a lower rank


@dataclass(frozen=True)
class Run:
    """A run that has ended, as its ``run.json`` tells it."""

    path: Path
    record: dict[str, Any]

    @property
    def run_id(self) -> str:
        """Identity; later runs sort after earlier ones."""
        return str(self.record["run_id"])

    @property
    def status(self) -> str:
        """One of "ok", "partial", "untrusted"; or, in ``failed/``, why it failed."""
        return str(self.record["status"])

    def stage(self, notebook: str) -> dict[str, Any] | None:
        """The record of one notebook."""
        return next((stage for stage in self.record["stages"] if stage["notebook"] == notebook), None)

    def faults(self) -> list[str]:
        """Files that are missing, changed or new since the run was published."""
        recorded: dict[str, str] = self.record["files"]
        there = {str(path.relative_to(self.path)): path for path in files_below(self.path)}
        there.pop(RUN_FILE, None)
        changed = [name for name, path in there.items() if name in recorded and sha256_of(path) != recorded[name]]
        return sorted({*changed, *(recorded.keys() ^ there.keys())})


def new_run_id(now: datetime | None = None) -> str:
    """A name that sorts by time: UTC to the microsecond, and two letters of chance."""
    moment = now or datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{moment.microsecond:06d}{secrets.token_hex(1)}"


def runs_of(folder: Path) -> list[Run]:
    """Published runs of one dataset, newest first."""
    return sorted(_read(folder), key=lambda run: run.run_id, reverse=True)


def failed_runs_of(folder: Path) -> list[Run]:
    """Failed runs of one dataset that were kept, newest first."""
    return sorted(_read(folder / FAILED_FOLDER), key=lambda run: run.run_id, reverse=True)


def all_runs(reports: Path) -> list[Run]:
    """Every run of every dataset, failed ones too, newest first."""
    folders = [folder for folder in reports.iterdir() if folder.is_dir()] if reports.is_dir() else []
    found = [run for folder in folders for run in [*_read(folder), *_read(folder / FAILED_FOLDER)]]
    return sorted(found, key=lambda run: run.run_id, reverse=True)


def latest_of(folder: Path) -> Run | None:
    """The run that ``latest.json`` points to."""
    pointer = read_json_or_none(folder / LATEST_FILE)
    if not isinstance(pointer, dict):
        return None
    return next((run for run in _read(folder) if run.run_id == pointer.get("run_id")), None)


def _read(folder: Path) -> Iterator[Run]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        record = None if path.name.startswith(".") else read_json_or_none(path / RUN_FILE)
        if isinstance(record, dict) and record.get("schema_version") == SCHEMA_VERSION:
            yield Run(path, record)
