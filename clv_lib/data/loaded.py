"""What reading a table gives, and what is looked for while it is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import narwhals as nw

from clv_lib.data.headers import adopted, check_columns
from clv_lib.data.places import base_folder, source_files
from clv_lib.data.quality import Inferred, Source
from clv_lib.data.survey import Survey
from clv_lib.data.tables import Contract
from clv_lib.settings import TableSection

MARKS: Final = ("source", "line", "span", "fault", "row_key")  # of every raw row, beside its columns


def raw_name(table: str) -> str:
    """Name under which the engine holds the raw rows of a table."""
    return f"raw_{table}"


RAW: Final = raw_name("transactions")


@dataclass(frozen=True)
class Loaded:
    """The raw table, and what was learned while reading it.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        ``source, line, span, fault, row_key`` and the columns under our names.
    columns : dict
        Our name = the name in the source.
    sources : tuple of Source
    surveys : tuple of Survey
        Of the text files, to find the raw text of a row again; empty for tables, workbooks and Parquet.
    blank_lines : int
    inferred : tuple of Inferred
    unused : tuple of str
        Names in the source that nothing is read from.
    table : str
    """

    frame: nw.LazyFrame[Any]
    columns: dict[str, str]
    sources: tuple[Source, ...]
    surveys: tuple[Survey, ...] = ()
    blank_lines: int = 0
    inferred: tuple[Inferred, ...] = ()
    unused: tuple[str, ...] = ()
    table: str = "transactions"


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and where."""

    contract: Contract
    section: TableSection
    folder: Path
    columns: dict[str, str]  # those that must be there

    @property
    def table(self) -> str:
        """Its name."""
        return self.contract.name

    @property
    def base(self) -> Path:
        """Folder that its path is relative to."""
        return base_folder(self.table, self.section, self.folder)

    @property
    def names(self) -> list[str]:
        """Names that a header would hold."""
        return list(dict.fromkeys([*self.columns.values(), *self.contract.known]))

    def paths(self) -> list[Path]:
        """Its files."""
        return source_files(self.table, self.section, self.folder)

    def taken(self, sources: list[tuple[str, list[str]]]) -> tuple[dict[str, str], tuple[str, ...]]:
        """Check the names of every source; the columns to read, and the names that are left over."""
        for source, names in sources:
            check_columns(names, self.columns, source=source, table=self.table)
        columns = adopted(self.columns, self.contract, self.section, [names for _, names in sources])
        everything = dict.fromkeys(name for _, names in sources for name in names if name)
        return columns, tuple(name for name in everything if name not in columns.values())
