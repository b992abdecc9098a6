"""The run folder: what notebooks hand to each other, as typed files with their hashes.

Parquet for tables, JSON for records, NetCDF for posteriors, CSV for people; never a pickle: reading one runs it.
Each notebook keeps its own manifest, so two of them may write at once.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clv_lib.errors import CannotEstimateError, DiagnosticsError, UsageError
from clv_lib.reporting.figures import DiagnosticsRecord, KeyFigure
from clv_lib.reporting.files import read_json, read_json_or_none, replacing, sha256_of, write_json
from clv_lib.reporting.spreadsheets import write_csv

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES: Final = (".parquet", ".json", ".jsonl", ".nc", ".csv", ".svg", ".txt")
INTERACTIVE: Final = "interactive"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*")


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, as seen by one notebook.

    Attributes
    ----------
    path : Path
        The run's folder; the files are in ``artifacts/`` below it.
    notebook : str
        Who writes; every file belongs to one notebook.
    """

    path: Path
    notebook: str = INTERACTIVE

    @property
    def artifacts(self) -> Path:
        """Where the files are."""
        return Path(self.path) / "artifacts"

    # writing

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Yield a path to write to; the file is published, with its hash, when the block ends well.

        Raises
        ------
        UsageError
            The name could leave the folder, has an unknown suffix, or belongs to another notebook.
        """
        target = self.artifacts / _checked(name)
        self._refuse_foreign(name)
        with replacing(target) as temporary:
            yield temporary
            entry = {"sha256": sha256_of(temporary), "bytes": temporary.stat().st_size}
        files = {**self.manifest(self.notebook), name: entry}
        write_json(
            self._manifest_path(self.notebook), {"notebook": self.notebook, "files": dict(sorted(files.items()))}
        )

    def write_table(self, name: str, frame: "pd.DataFrame") -> None:
        """Write a table as Parquet; the index is not kept."""
        with self.file(f"{name}.parquet") as path:
            frame.to_parquet(path, index=False)

    def write_csv(self, name: str, frame: "pd.DataFrame") -> None:
        """Write a table as CSV that is safe to open in a spreadsheet."""
        with self.file(f"{name}.csv") as path:
            write_csv(frame, path)

    def write_json(self, name: str, value: Any) -> None:
        """Write a record as JSON; NaN and infinity are refused."""
        with self.file(f"{name}.json") as path:
            try:
                write_json(path, value)
            except ValueError as error:
                raise UsageError(f"the record {name} must hold what JSON can write, but {error}") from error

    # reading

    def read_table(self, name: str, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """Read a table that was written by :meth:`write_table`."""
        import pandas as pd

        return pd.read_parquet(self.where(f"{name}.parquet"), columns=None if columns is None else list(columns))

    def read_json(self, name: str) -> Any:
        """Read a record that was written by :meth:`write_json`."""
        return read_json(self.where(f"{name}.json"))

    def has(self, name: str) -> bool:
        """Whether the file, with its suffix, is there."""
        return (self.artifacts / _checked(name)).is_file()

    def where(self, name: str) -> Path:
        """Path of a file that is there.

        Raises
        ------
        CannotEstimateError, DiagnosticsError
            The file is missing because an earlier notebook ended early; the message says why it did.
        UsageError
            The file is missing otherwise; the message lists what is there.
        """
        path = self.artifacts / _checked(name)
        if not path.is_file():
            self._raise_what_stopped_the_writer()
            there = ", ".join(sorted(file for notebook in self.notebooks() for file in self.manifest(notebook)))
            raise UsageError(
                f"the run folder must hold {name}, but it holds {there or 'nothing'}. "
                "Run the notebook that writes it first; 'clv run' keeps the order."
            )
        return path

    # what was written, and by whom

    def manifest(self, notebook: str) -> dict[str, dict[str, Any]]:
        """Files of a notebook, each with ``sha256`` and ``bytes``; empty when it wrote none."""
        found = read_json_or_none(self._manifest_path(notebook))
        return found["files"] if isinstance(found, dict) else {}

    def notebooks(self) -> list[str]:
        """Notebooks that have written here."""
        names = (path.name for path in self.artifacts.glob("manifest.*.json"))
        return sorted(name.removeprefix("manifest.").removesuffix(".json") for name in names)

    def verify(self, notebook: str | None = None) -> tuple[str, ...]:
        """Names of files that are missing or not what their manifest says; all notebooks unless one is named."""
        broken = []
        for each in [notebook] if notebook else self.notebooks():
            for name, entry in self.manifest(each).items():
                path = self.artifacts / _checked(name)
                if not path.is_file() or sha256_of(path) != entry["sha256"]:
                    broken.append(name)
        return tuple(broken)

    def clear(self, notebook: str) -> None:
        """Remove what a notebook has written, before it is run again."""
        for name in self.manifest(notebook):
            (self.artifacts / _checked(name)).unlink(missing_ok=True)
        self._manifest_path(notebook).unlink(missing_ok=True)

    # records that the runner reads

    def record_key_figures(self, notebook: str, figures: Iterable[KeyFigure]) -> None:
        """Leave a notebook's key figures for ``run.json``."""
        self.of(notebook).write_json(f"figures.{notebook}", [figure.record() for figure in figures])

    def record_diagnostics(
        self,
        notebook: str,
        *,
        trusted: bool,
        reasons: Iterable[str] = (),
        values: Mapping[str, float | None] | None = None,
    ) -> None:
        """Leave word whether a notebook's model is to be trusted; if not, the run ends with exit code 4."""
        record = DiagnosticsRecord(trusted, tuple(reasons), tuple((values or {}).items()))
        self.of(notebook).write_json(f"diagnostics.{notebook}", record.record())

    def record_data(self, notebook: str, *, rows: int, customers: int, first_day: date, last_day: date) -> None:
        """Leave what the data cover, for the fingerprint in ``run.json``."""
        record = {"rows": rows, "customers": customers, "first_day": first_day, "last_day": last_day}
        self.of(notebook).write_json(f"data.{notebook}", record)

    def record_outcome(self, notebook: str, status: str, sentence: str) -> None:
        """Leave word that a notebook ended early and why, for the notebooks that come after."""
        self.of(notebook).write_json(f"outcome.{notebook}", {"status": status, "sentence": sentence})

    def key_figures(self) -> dict[str, list[dict[str, Any]]]:
        """Key figures by notebook."""
        return self._records("figures")

    def diagnostics(self) -> dict[str, dict[str, Any]]:
        """Diagnostics by notebook."""
        return self._records("diagnostics")

    def data(self) -> dict[str, dict[str, Any]]:
        """What the data cover, by notebook."""
        return self._records("data")

    def outcomes(self) -> dict[str, dict[str, str]]:
        """Notebooks that ended early: status "cannot_estimate" or "untrusted", and the sentence."""
        return self._records("outcome")

    def of(self, notebook: str) -> "RunFolder":
        """The same folder, written to by another notebook."""
        return RunFolder(self.path, notebook)

    def _records(self, kind: str) -> dict[str, Any]:
        found = sorted(self.artifacts.glob(f"{kind}.*.json"))
        return {path.name.removeprefix(f"{kind}.").removesuffix(".json"): read_json(path) for path in found}

    def _raise_what_stopped_the_writer(self) -> None:
        for outcome in self.outcomes().values():
            if outcome["status"] == "untrusted":
                raise DiagnosticsError(outcome["sentence"])
            raise CannotEstimateError("{sentence}", sentence=outcome["sentence"])

    def _manifest_path(self, notebook: str) -> Path:
        return self.artifacts / f"manifest.{_checked(f'{notebook}.json')}"

    def _refuse_foreign(self, name: str) -> None:
        for other in self.notebooks():
            if other != self.notebook and name in self.manifest(other):
                raise UsageError(
                    f"each file of a run must have one writer, but {name} was written by {other} and now by "
                    f"{self.notebook}. Give one of the two another name."
                )


def _checked(name: str) -> str:
    suffix = Path(name).suffix
    if not _NAME.fullmatch(name) or name.startswith("manifest."):
        raise UsageError(
            f"the name of a file in the run folder must be letters, digits, '_', '-' and dots, but it is {name!r}"
        )
    if suffix not in SUFFIXES:
        raise UsageError(f"a file in the run folder must end in {', '.join(SUFFIXES)}, but {name!r} does not")
    return name
