"""What was asked for, checked before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from clv_lib.errors import UsageError
from clv_lib.reporting.files import digest
from clv_lib.reporting.fingerprints import content_keys, data_fingerprint, library_digest
from clv_lib.reporting.parameters import resolve, split_overrides
from clv_lib.reporting.processes import relative
from clv_lib.reporting.runs import new_run_id
from clv_lib.reporting.stages import Stage, selected
from clv_lib.reporting.suite import Suite
from clv_lib.settings import Settings, load_settings

PROFILES: Final = ("full", "quick")
LANGUAGES: Final = ("en", "id")


@dataclass(frozen=True)
class Request:
    """What was asked for, and checked; ``notebooks`` are the files that the setting calls for."""

    dataset: Path
    settings: Settings
    stages: tuple[Stage, ...]
    notebooks: dict[str, Path]
    parameters: dict[str, dict[str, Any]]
    keys: dict[str, str]
    pages_key: str
    data: dict[str, Any]
    languages: tuple[str, ...]
    complete: bool
    asked: dict[str, Any]
    jobs: int
    force: bool


def prepare(
    dataset: Path,
    *,
    as_of: str | date | None,
    profile: str,
    languages: Sequence[str],
    only: Sequence[str],
    overrides: Sequence[str],
    jobs: int,
    force: bool,
    suite: Suite,
) -> Request:
    """Check everything that can be checked before anything starts, and compute the content keys.

    Raises
    ------
    UsageError, SettingsError
        With one sentence on what to correct.
    """
    for_settings, for_notebooks = split_overrides(overrides)
    settings = load_settings(Path(dataset), overrides=for_settings, as_of=as_of or None)
    if profile not in PROFILES:
        raise UsageError(f"--profile must be full or quick, but it is {profile!r}")
    if jobs < 1:
        raise UsageError(f"--jobs must be 1 or more, but it is {jobs}")
    spoken = tuple(dict.fromkeys(languages)) or settings.report.languages
    if unknown := set(spoken) - set(LANGUAGES):
        raise UsageError(f"--lang must be en or id, but it is {', '.join(sorted(unknown))}")
    stages = selected(suite.stages, only)
    notebooks = {stage.notebook: suite.source(stage.notebook, contractual=settings.contractual) for stage in stages}
    given = {
        "dataset": relative(settings.folder, suite.notebooks),
        "run_folder": "",  # known when the run has a name
        "as_of": str(as_of or ""),
        "profile": profile,
        "languages": list(spoken),
        "overrides": for_settings,
    }
    parameters = resolve(notebooks, given, for_notebooks)
    data = data_fingerprint(settings, unknown=new_run_id())
    keys = content_keys(
        stages,
        notebooks=notebooks,
        library=suite.library,
        settings=settings,
        parameters=parameters,
        data=data["sha256"],
    )
    titles = {"title": settings.title, "languages": spoken, "library": library_digest(suite.library)}
    return Request(
        dataset=settings.folder,
        settings=settings,
        stages=stages,
        notebooks=notebooks,
        parameters=parameters,
        keys=keys,
        pages_key=digest(titles),
        data=data,
        languages=spoken,
        complete=len(stages) == len(suite.stages),
        asked={
            "as_of": str(as_of or settings.dataset.as_of or ""),
            "profile": profile,
            "languages": list(spoken),
            "only": list(only),
            "overrides": list(overrides),
        },
        jobs=jobs,
        force=force,
    )
