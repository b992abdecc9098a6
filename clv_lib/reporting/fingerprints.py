"""Content keys: what a notebook's result depends on, as one hash.

A notebook whose key is that of an earlier run need not run again. The key covers its source, the library, the versions
of the main packages, the settings that it reads, its parameters, the bytes of the data, and the keys of what it needs.
"""

import functools
import glob
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from clv_lib.data.places import base_folder
from clv_lib.errors import SettingsError
from clv_lib.reporting.files import digest, files_below, sha256_of
from clv_lib.reporting.parameters import read_notebook
from clv_lib.reporting.stages import ASSUMPTIONS, Stage
from clv_lib.settings import Settings

LIBRARY: Final = Path(__file__).parents[1]
PACKAGES: Final = (
    "clv-lib", "pymc", "pymc-marketing", "nutpie", "arviz", "xarray", "numpy", "scipy", "duckdb", "narwhals", "pandas",
    "pyarrow", "pandera", "pydantic", "papermill", "nbconvert", "matplotlib", "babel",
)  # fmt: skip
_PLACES: Final = ("run_folder", "dataset")  # where things lie does not change what comes out


@functools.cache
def package_versions() -> dict[str, str]:
    """Installed versions of the packages that numbers depend on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def library_digest(folder: Path = LIBRARY) -> str:
    """Hash of the library's sources, templates and catalogues; notebooks count for themselves."""
    files = [path for path in files_below(folder) if "__pycache__" not in path.parts]
    return digest({str(path.relative_to(folder)): sha256_of(path) for path in files if path.suffix != ".ipynb"})


def data_files(settings: Settings) -> list[Path]:
    """The files that the tables are read from; none when the tables live in an engine.

    Raises
    ------
    SettingsError
        A table's path matches no file, or the package that holds it is not installed.
    """
    if settings.engine.kind != "duckdb":
        return []
    found: set[Path] = set()
    for name, table in settings.tables.given.items():
        base = base_folder(name, table, settings.folder)
        matches = [Path(each) for each in glob.glob(str(base / table.path), recursive=True)]  # noqa: PTH207 - absolute globs too
        files = [path for path in matches if path.is_file()]
        if not files:
            raise SettingsError(
                f"the table {name} must be read from a file, but nothing matches {base / table.path}. "
                f"Correct path in [tables.{name}] of {settings.folder / 'dataset.toml'}."
            )
        found.update(files)
    return sorted(found)


def data_fingerprint(settings: Settings, *, unknown: str) -> dict[str, Any]:
    """Names, sizes and hashes of the data's files.

    Parameters
    ----------
    settings : Settings
        Says where the tables are.
    unknown : str
        Stands for the bytes of tables that live in an engine: they may have changed since, so it must be new each time.
    """
    files = [
        {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in data_files(settings)
    ]
    return {"sha256": digest([each["sha256"] for each in files] or unknown), "files": files}


def assumptions(settings: Settings) -> dict[str, Any]:
    """The settings on which numbers stand, as ``run.json`` keeps them: no path, no address, null for infinity."""
    kept: dict[str, Any] = json.loads(settings.model_dump_json(include=set(ASSUMPTIONS)))
    return kept


def notebook_digest(path: Path) -> str:
    """Hash of a notebook's cells without their outputs: opening and saving it changes nothing."""
    cells = read_notebook(path)["cells"]
    return digest([(cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in cells])


def content_keys(
    stages: Iterable[Stage],
    *,
    notebooks: Mapping[str, Path],
    library: Path,
    settings: Settings,
    parameters: Mapping[str, Mapping[str, Any]],
    data: str,
) -> dict[str, str]:
    """The content key of each stage, in the order of the table."""
    everything = settings.model_dump(mode="json", exclude={"folder"})
    common = {"library": library_digest(library), "packages": package_versions(), "python": platform.python_version()}
    keys: dict[str, str] = {}
    for stage in stages:
        own = {name: value for name, value in parameters[stage.notebook].items() if name not in _PLACES}
        own.pop("overrides", None)  # they are in the settings already, and only those that the stage reads count
        keys[stage.notebook] = digest(
            {
                **common,
                "notebook": notebook_digest(notebooks[stage.notebook]),
                "settings": {section: everything[section] for section in stage.reads},
                "parameters": own,
                "data": data,
                "needs": {need: keys[need] for need in stage.needs},
            }
        )
    return keys


@functools.cache
def commit(folder: Path = LIBRARY) -> str | None:
    """The commit that the library stands at, with "+" when the checkout was changed since; None outside git."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", str(folder))
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changed else "")


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
