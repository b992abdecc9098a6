"""From the staging folder to the reader, in one step; and everything as it was when that step cannot be made."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from clv_lib.reporting.files import files_below, flush_tree, read_json_or_none, sha256_of, write_json, write_text
from clv_lib.reporting.locks import waiting_lock
from clv_lib.reporting.runs import (
    FAILED_FOLDER,
    LATEST_FILE,
    RANK,
    RUN_FILE,
    STAGING_PREFIX,
    Run,
    latest_of,
    runs_of,
)

FAILED_KEPT: Final = 5
INDEX_FILE: Final = "index.html"
RenderIndex = Callable[[Path], dict[str, str]]


def staging_folder(folder: Path, run_id: str) -> Path:
    """Where a run is made."""
    return folder / f"{STAGING_PREFIX}{run_id}"


def sweep(folder: Path) -> None:
    """Remove what runs that were killed have left; only the holder of the lock may do this."""
    for path in folder.glob(f"{STAGING_PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob(f".{LATEST_FILE.removesuffix('.json')}*"):
        path.unlink(missing_ok=True)


def heal(folder: Path, render_index: RenderIndex) -> None:
    """Finish a publication that was killed between its steps: a run under its own name is complete."""
    latest = latest_of(folder)
    best = max((run for run in runs_of(folder) if run.status in RANK), key=_standing, default=None)
    ahead = best is not None and (latest is None or _standing(best) > _standing(latest))
    stale_index = latest is not None and _older(folder.parent / INDEX_FILE, folder / LATEST_FILE)
    if ahead or stale_index:
        with waiting_lock(folder.parent):
            _lead(folder, best.run_id if best and ahead else None, render_index(folder.parent))


def publish(staging: Path, folder: Path, record: dict[str, Any], render_index: RenderIndex) -> Path:
    """Seal a finished staging folder and make it the report that people see.

    Parameters
    ----------
    staging : Path
        Complete but for ``run.json``.
    folder : Path
        ``reports/<dataset>``.
    record : dict
        What ``run.json`` will hold; ``files`` is added here.
    render_index : callable
        Makes the index pages of the reports folder: file name to HTML.

    Returns
    -------
    Path
        The run's folder.

    Raises
    ------
    OSError
        The disk is full or read-only. The latest report and the index are byte for byte what they were, and the run is
        back in its staging folder.
    """
    final = folder / record["run_id"]
    hashes = {str(path.relative_to(staging)): sha256_of(path) for path in files_below(staging)}
    write_json(staging / RUN_FILE, {**record, "files": hashes})
    flush_tree(staging)
    with waiting_lock(folder.parent):
        leads = _may_lead(Run(final, record), latest_of(folder))
        staging.rename(final)
        try:
            _lead(folder, record["run_id"] if leads else None, render_index(folder.parent))
        except BaseException:
            final.rename(staging)
            raise
    return final


def keep_failed(staging: Path, folder: Path, record: dict[str, Any]) -> Path | None:
    """Move a failed run out of the way, with its notebook and its logs; returns where it is, or None if it is lost."""
    shutil.rmtree(staging / ".scratch", ignore_errors=True)
    for _ in range(2):
        try:
            write_json(staging / RUN_FILE, {**record, "files": {}})
            break
        except OSError:  # the disk is full: what was computed is worth less than the word on why
            shutil.rmtree(staging / "artifacts", ignore_errors=True)
    kept = folder / FAILED_FOLDER / record["run_id"]
    try:
        kept.parent.mkdir(exist_ok=True)
        staging.rename(kept)
    except OSError:
        return staging if staging.exists() else None
    for path in sorted(kept.parent.iterdir(), reverse=True)[FAILED_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
    return kept


def annotate(notebook: Path, sentence: str) -> None:
    """Say at the top of an unfinished notebook why it ends where it ends."""
    found = read_json_or_none(notebook)
    if isinstance(found, dict):
        cell = {"cell_type": "markdown", "id": "stopped", "metadata": {}, "source": f"**Stopped here:** {sentence}"}
        found["cells"].insert(0, cell)
        with contextlib.suppress(OSError):
            write_text(notebook, json.dumps(found, indent=1, ensure_ascii=False))


def _standing(run: Run) -> tuple[int, str]:
    return RANK.get(run.status, 0), run.run_id


def _may_lead(run: Run, latest: Run | None) -> bool:
    return run.status in RANK and (latest is None or RANK[run.status] >= RANK.get(latest.status, 0))


def _lead(folder: Path, run_id: str | None, pages: dict[str, str]) -> None:
    """Move ``latest.json`` to a run, if one is named, and replace the index: all of it or nothing."""
    with contextlib.ExitStack() as stack:
        for path in (folder / LATEST_FILE, *(folder.parent / name for name in pages)):
            stack.enter_context(_unless_it_fails(path))
        if run_id is not None:
            write_json(folder / LATEST_FILE, {"run_id": run_id, "path": run_id})
        for name, page in pages.items():
            write_text(folder.parent / name, page)


@contextlib.contextmanager
def _unless_it_fails(path: Path) -> Iterator[None]:
    """Put a file back as it was when the block fails; the copy is made before, while there is still room for it."""
    copy = path.with_name(f".{path.name}.before")
    existed = path.exists()
    try:
        if existed:
            shutil.copy2(path, copy)
        try:
            yield
        except BaseException:
            if existed:
                copy.replace(path)
            else:
                path.unlink(missing_ok=True)
            raise
    finally:
        copy.unlink(missing_ok=True)


def _older(first: Path, second: Path) -> bool:
    try:
        return first.stat().st_mtime_ns < second.stat().st_mtime_ns
    except FileNotFoundError:
        return True
