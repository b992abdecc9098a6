"""What was asked for, checked before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
_FORM: Final = ("languages", "profile", "previous")  # the words, the patience and the mirror of a run: no new knowledge


@dataclass(frozen=True)
class Request:
    """What was asked for, and checked.

    Attributes
    ----------
    notebooks : dict of str to Path
        The files that the setting calls for.
    keys, substances : dict of str to str
        By notebook: what its result depends on; and the same without what changes no number by itself, by which two
        runs are told apart.
    previous : str or None
        The run that this one is compared with; see :meth:`since`.
    """

    dataset: Path
    settings: Settings
    stages: tuple[Stage, ...]
    notebooks: dict[str, Path]
    parameters: dict[str, dict[str, Any]]
    keys: dict[str, str]
    substances: dict[str, str]
    pages_key: str
    data: dict[str, Any]
    languages: tuple[str, ...]
    complete: bool
    asked: dict[str, Any]
    jobs: int
    force: bool
    previous: str | None = None

    def since(self, previous: str | None, *, library: Path) -> "Request":
        """The same request, compared with a run of the past.

        Only notebooks that declare the parameter ``previous`` look at that run, so only their content keys, and those
        of what needs them, depend on it.
        """
        parameters = {
            notebook: {**values, "previous": previous or ""} if "previous" in values else values
            for notebook, values in self.parameters.items()
        }
        keys = content_keys(
            self.stages,
            notebooks=self.notebooks,
            library=library,
            settings=self.settings,
            parameters=parameters,
            data=self.data["sha256"],
        )
        return replace(self, parameters=parameters, keys=keys, previous=previous)


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
        "previous": "",  # known when the published runs are
    }
    parameters = resolve(notebooks, given, for_notebooks)
    data = data_fingerprint(settings, unknown=new_run_id())
    keys, substances = (
        content_keys(
            stages,
            notebooks=notebooks,
            library=suite.library,
            settings=settings,
            parameters=values,
            data=data["sha256"],
        )
        for values in (parameters, _substance(parameters))
    )
    titles = {"title": settings.title, "languages": spoken, "library": library_digest(suite.library)}
    return Request(
        dataset=settings.folder,
        settings=settings,
        stages=stages,
        notebooks=notebooks,
        parameters=parameters,
        keys=keys,
        substances=substances,
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


def _substance(parameters: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        notebook: {name: value for name, value in values.items() if name not in _FORM}
        for notebook, values in parameters.items()
    }
