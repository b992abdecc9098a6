"""``run.json``: what a run was, what came out, and what it stood on."""

import contextlib
import platform
from datetime import UTC, datetime
from typing import Any, Final

from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.fingerprints import assumptions, commit, library_digest, package_versions
from clv_lib.reporting.making import Making
from clv_lib.reporting.privacy import without_places
from clv_lib.reporting.runs import SCHEMA_VERSION

UNTRUSTED: Final = 4
_PLACES: Final = ("dataset", "run_folder")


def finished_record(making: Making) -> dict[str, Any]:
    """Record of a run whose notebooks have all been run.

    The status is "ok"; "partial" when only some notebooks were asked for; "untrusted" when a model did not pass its
    checks.
    """
    folder = RunFolder(making.place.run_folder)
    diagnostics = folder.diagnostics()
    trusted = all(record["trusted"] for record in diagnostics.values())
    status = "untrusted" if not trusted else "ok" if making.request.complete else "partial"
    record = _record(making, status, 0 if trusted else UNTRUSTED)
    return {**record, "key_figures": folder.key_figures(), "diagnostics": without_places(diagnostics)}


def failed_record(making: Making, *, status: str, exit_code: int, sentence: str) -> dict[str, Any]:
    """Record of a run that came to nothing, and why."""
    return _record(making, status, exit_code, sentence)


def _record(making: Making, status: str, exit_code: int, sentence: str = "") -> dict[str, Any]:
    request = making.request
    dataset = request.settings.dataset
    own = {
        notebook: {name: value for name, value in values.items() if name not in _PLACES}
        for notebook, values in request.parameters.items()
    }
    record = {
        "schema_version": SCHEMA_VERSION,
        "run_id": making.run_id,
        "dataset": dataset.name,
        "title": request.settings.title,
        "currency": dataset.currency,
        "status": status,
        "exit_code": exit_code,
        "sentence": sentence,
        "started_at": making.started_at.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(making.interruption.seconds, 3),
        "parameters": {**request.asked, "seed": request.settings.model.seed, "notebooks": own},
        "data": {**request.data, **_coverage(making)},
        "compared_with": request.previous,
        "settings": assumptions(request.settings),
        "library": library_digest(making.suite.library),
        "pages_key": request.pages_key,
        "stages": [making.stages[stage.notebook] for stage in request.stages if stage.notebook in making.stages],
        "key_figures": {},
        "diagnostics": {},
        "versions": {"python": platform.python_version(), **package_versions()},
        "commit": commit(),
    }
    return dict(without_places(record))


def _coverage(making: Making) -> dict[str, Any]:
    """Rows, customers and days, as far as a notebook has said so."""
    found: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        for each in RunFolder(making.place.run_folder).data().values():
            found.update(each)
    return found
