"""The run before: the published one that a run is compared with, and what can be read of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clv_lib.errors import UsageError
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.files import read_json_or_none, sha256_of
from clv_lib.reporting.runs import RUN_FILE, SCHEMA_VERSION, Run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PreviousRun:
    """A published run, read only.

    Attributes
    ----------
    run : Run
        Its folder and its ``run.json``.
    """

    run: Run

    @property
    def run_id(self) -> str:
        """Identity; later runs sort after earlier ones."""
        return self.run.run_id

    @property
    def record(self) -> Mapping[str, Any]:
        """What ``run.json`` says: settings, data, versions and more. A field may be missing: the run may be old."""
        return self.run.record

    @property
    def as_of(self) -> date | None:
        """Last day that it knew."""
        last = self._data.get("last_day")
        return date.fromisoformat(last) if last else None

    @property
    def rows(self) -> int | None:
        """Rows of the log that it used."""
        return self._data.get("rows")

    @property
    def customers(self) -> int | None:
        """Customers that it knew."""
        return self._data.get("customers")

    @property
    def finished(self) -> datetime:
        """When it was published; in UTC."""
        return datetime.fromisoformat(str(self.record["finished_at"]))

    def has(self, name: str) -> bool:
        """Whether an artifact, with its suffix, is there and is what it was when it was published."""
        recorded: Mapping[str, str] = self.record["files"]
        path = self._folder.artifacts / name
        return path.is_file() and recorded.get(f"artifacts/{name}") == sha256_of(path)

    def where(self, name: str) -> Path:
        """Path of an artifact that :meth:`has` knows."""
        return self._folder.where(name)

    def read_table(self, name: str, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """Read a table; ask :meth:`has` for ``<name>.parquet`` first."""
        return self._folder.read_table(name, columns)

    def read_json(self, name: str) -> Any:
        """Read a record; ask :meth:`has` for ``<name>.json`` first."""
        return self._folder.read_json(name)

    def figures(self) -> dict[str, KeyFigure]:
        """Its key figures by name, of all notebooks."""
        stages: Mapping[str, list[dict[str, Any]]] = self.record["key_figures"]
        return {each["name"]: KeyFigure(**each) for figures in stages.values() for each in figures}

    @property
    def _data(self) -> Mapping[str, Any]:
        return self.record.get("data") or {}

    @property
    def _folder(self) -> RunFolder:
        return RunFolder(self.run.path)


def previous_run(run_folder: Path, dataset: str, run_id: str) -> PreviousRun | None:
    """Open the run before; None where there is none, as in a first run.

    Parameters
    ----------
    run_folder : Path
        Of the notebook that asks: the runs of its dataset lie beside it, or, in JupyterLab, in the dataset's own
        folder.
    dataset : str
        Its name.
    run_id : str
        Which run; empty for none.

    Raises
    ------
    UsageError
        There is no such run.
    """
    if not run_id:
        return None
    for folder in published(run_folder, dataset):
        record = read_json_or_none(folder / run_id / RUN_FILE)
        if isinstance(record, dict) and record.get("schema_version") == SCHEMA_VERSION:
            return PreviousRun(Run(folder / run_id, record))
    raise UsageError(
        f"previous must be the name of a published run of {dataset}, but there is no run {run_id!r}. "
        "'clv runs' lists them; leave it empty for none."
    )


def published(run_folder: Path, dataset: str) -> tuple[Path, ...]:
    """Where the published runs of a dataset may lie, as seen from a run folder."""
    here = Path(run_folder)
    return (here.parent, here.parent.parent / dataset)
