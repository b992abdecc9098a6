"""One run at a time for a dataset, and one publication at a time for a reports folder."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from clv_lib.errors import RunLockedError, UsageError
from clv_lib.reporting.files import read_json_or_none, write_json

LOCK_FILE: Final = ".lock"
HOLDER_FILE: Final = ".lock-holder.json"


@contextlib.contextmanager
def dataset_lock(folder: Path, run_id: str) -> Iterator[None]:
    """Hold the lock of a dataset's reports. The system frees it when the process ends, however it ends.

    Raises
    ------
    RunLockedError
        Another run holds it; the message says which.
    UsageError
        The folder cannot be written to.
    """
    lock = FileLock(folder / LOCK_FILE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        write_json(folder / HOLDER_FILE, {"pid": os.getpid(), "since": _now(), "run_id": run_id})
    except Timeout:
        raise RunLockedError(_held(folder)) from None
    except OSError as error:
        lock.release()
        raise UsageError(
            f"the folder for reports must be one that can be written to, but {folder} cannot: {error.strerror}. "
            "Free the disk or correct its permissions, or name another folder with --reports."
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / HOLDER_FILE).unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def waiting_lock(folder: Path) -> Iterator[None]:
    """Wait for the lock of a folder, and hold it for a moment."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK_FILE):
        yield


def _held(folder: Path) -> str:
    holder = read_json_or_none(folder / HOLDER_FILE)
    who = f"process {holder['pid']} has held it since {holder['since']}" if isinstance(holder, dict) else "it is held"
    return f"one run at a time may write {folder}, but {who}. Wait for it to end, or end it; then run again."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
