"""Files and tables into one raw table: a line number for every row, and for malformed ones what is wrong.

A clean UTF-8 file is read by DuckDB. Whether it is clean is proved, not hoped: the reader must not complain, and its
rows and the header must be exactly the physical lines. Everything else goes through :mod:`clv_lib.data.records`,
slower and with an account of every line. Both end in the same columns: ``source, line, span, fault, row_key`` and ours,
as text.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import duckdb
import narwhals as nw
import pyarrow as pa

from clv_lib.data.dialects import literal, quoted
from clv_lib.data.engines import DuckDBEngine, Engine, SparkEngine
from clv_lib.data.headers import check_columns, mapping, read_header
from clv_lib.data.quality import Inferred, Source
from clv_lib.data.records import Record, records
from clv_lib.data.survey import Survey, opened, survey
from clv_lib.errors import DataError
from clv_lib.settings import Settings

RAW: Final = "raw_transactions"
_BATCH: Final = 50_000
_PARQUET: Final = (".parquet", ".pq")


@dataclass(frozen=True)
class Loaded:
    """The raw table, and what was learned while reading it.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        ``source, line, span, fault, row_key`` and the mapped columns under our names.
    columns : dict
        Our name = the name in the source.
    sources : tuple of Source
    surveys : tuple of Survey
        Of the text files, to find the raw text of a row again; empty for tables and Parquet.
    blank_lines : int
    inferred : tuple of Inferred
    """

    frame: nw.LazyFrame[Any]
    columns: dict[str, str]
    sources: tuple[Source, ...]
    surveys: tuple[Survey, ...] = ()
    blank_lines: int = 0
    inferred: tuple[Inferred, ...] = ()


def load(settings: Settings, engine: Engine) -> Loaded:
    """Read the sources of the transactions table into the engine, as they are.

    Raises
    ------
    DataError
        No file, an empty one, or columns that are missing or cannot be told apart.
    SettingsError
        A mapped column, or a stated encoding, that nobody knows.
    """
    columns = mapping(settings.tables.transactions)
    if not isinstance(engine, DuckDBEngine):
        return _load_table(settings, engine, columns)
    paths = source_files(settings)
    parquet = [path.suffix.lower() in _PARQUET for path in paths]
    if all(parquet):
        return _load_parquet(settings, engine, columns, paths)
    if any(parquet):
        raise DataError(
            f"{settings.tables.transactions.path} must match files of one kind, but it matches Parquet and text. "
            "Narrow the pattern to one of them."
        )
    return _load_text(settings, engine, columns, paths)


def source_files(settings: Settings) -> list[Path]:
    """Files that the path or pattern of the transactions table matches, in order of name.

    Raises
    ------
    DataError
        It matches none.
    """
    pattern = settings.tables.transactions.path
    path = settings.folder / pattern
    if path.is_file():
        return [path]
    base = Path(path.anchor) if Path(pattern).is_absolute() else settings.folder
    relative = str(path.relative_to(base))
    found = sorted(each for each in base.glob(relative) if each.is_file()) if not path.is_dir() else []
    if not found:
        near = sorted(each.name for each in settings.folder.glob("*") if each.suffix not in (".toml", ".md"))
        beside = f"Beside dataset.toml are: {', '.join(near[:8])}. " if near else ""
        raise DataError(
            f"tables.transactions.path must name a file, but there is no {pattern!r} in {settings.folder}. "
            f"{beside}Correct the path."
        )
    return found


def _name(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name


def _load_text(settings: Settings, engine: DuckDBEngine, columns: dict[str, str], paths: list[Path]) -> Loaded:
    section, connection = settings.tables.transactions, engine.connection
    fields = ", ".join(f"{quoted(ours)} VARCHAR" for ours in columns)
    connection.execute(
        f"CREATE OR REPLACE TABLE {RAW} (source INTEGER, line BIGINT, span INTEGER, fault VARCHAR, "
        f"row_key UBIGINT, {fields})"
    )
    sources, surveys, inferred, blank = [], [], [], 0
    for number, path in enumerate(paths):
        found = survey(path, name=_name(path, settings.folder), encoding=section.encoding)
        header_line, names, delimiter = read_header(found, list(columns.values()), stated=section.delimiter)
        check_columns(names, columns, source=found.name)
        if section.delimiter is None and delimiter != ",":
            inferred.append(Inferred("delimiter", found.name, delimiter, 1))
        if found.sniffed:
            inferred.append(Inferred("encoding", found.name, found.encoding, 1))
        layout = _Layout(number, names, delimiter, header_line, columns)
        rows = (
            _read_clean(connection, found, layout) if found.plain and header_line == 1 and len(delimiter) == 1 else None
        )
        if rows is None:
            rows, blanks = _read_careful(connection, found, layout)
            blank += blanks
        if not rows:
            raise DataError(
                f"{found.name} must hold transactions, but below its header there are no rows. "
                "Usually the export's filter matched nothing; export it again."
            )
        sources.append(Source(found.name, rows, found.size, found.sha256, found.encoding, delimiter))
        surveys.append(found)
    return Loaded(engine.table(RAW), columns, tuple(sources), tuple(surveys), blank, tuple(inferred))


@dataclass(frozen=True)
class _Layout:
    """How one file is laid out."""

    number: int
    names: list[str]
    delimiter: str
    header_line: int
    columns: dict[str, str]

    def select(self, *, line: str, span: str, fault: str) -> str:
        """SQL: the raw columns from the fields ``c0, c1, ...``; files with the same columns in any order agree."""
        fields = [f"c{k}" for k in sorted(range(len(self.names)), key=lambda k: (self.names[k], k))]
        ours = [f"c{self.names.index(theirs)}" for theirs in self.columns.values()]
        again = " AND ".join(f"trim(c{self.names.index(t)}) = {literal(t)}" for t in self.columns.values())
        return (
            f"SELECT {self.number}, {line}, {span}, CASE WHEN {again} THEN 'repeated_header' ELSE {fault} END, "
            f"hash({', '.join(fields)}), {', '.join(ours)}"
        )


def _read_clean(connection: duckdb.DuckDBPyConnection, found: Survey, layout: _Layout) -> int | None:
    """Let DuckDB read the file; None, and nothing kept, unless every physical line became a row."""
    names = [f"c{k}" for k in range(len(layout.names))]
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    reader = (
        f"read_csv({literal(str(found.path))}, auto_detect=false, header=true, columns={{{columns}}}, "
        f"delim={literal(layout.delimiter)}, quote='\"', escape='\"', null_padding=false, strict_mode=true, "
        f"force_not_null=[{', '.join(literal(name) for name in names)}], compression={literal(found.compression)})"
    )
    select = layout.select(line="row_number() OVER () + 1", span="1", fault="NULL")
    connection.execute("BEGIN TRANSACTION")
    try:
        (rows,) = connection.execute(f"INSERT INTO {RAW} {select} FROM {reader}").fetchall()[0]
        if rows + 1 == found.lines:
            connection.execute("COMMIT")
            return int(rows)
    except duckdb.Error:
        pass
    connection.execute("ROLLBACK")
    return None


def _read_careful(connection: duckdb.DuckDBPyConnection, found: Survey, layout: _Layout) -> tuple[int, int]:
    """Read a file record by record; how many rows it has, and how many blank lines."""
    width, rows, blank = len(layout.names), 0, 0
    select = layout.select(line="line", span="span", fault="nullif(fault, '')")
    with opened(found) as text:
        for batch in _batches(records(text, delimiter=layout.delimiter, width=width)):
            kept = [one for one in batch if one.fault != "blank_line" and one.line > layout.header_line]
            blank += sum(one.fault == "blank_line" for one in batch)
            rows += len(kept)
            if kept:
                connection.register("batch", _arrow(kept, width))
                connection.execute(f"INSERT INTO {RAW} {select} FROM batch")
                connection.unregister("batch")
    return rows, blank


def _batches(found: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(found, _BATCH)):
        yield batch


def _arrow(batch: list[Record], width: int) -> pa.Table:
    empty = [""] * width
    fields = zip(*(one.fields if not one.fault else empty for one in batch), strict=True)
    table = {
        "line": pa.array([one.line for one in batch], pa.int64()),
        "span": pa.array([one.span for one in batch], pa.int32()),
        "fault": pa.array([one.fault for one in batch], pa.string()),
    }
    return pa.table(table | {f"c{k}": pa.array(values, pa.string()) for k, values in enumerate(fields)})


def _load_parquet(settings: Settings, engine: DuckDBEngine, columns: dict[str, str], paths: list[Path]) -> Loaded:
    sources: list[Source] = []
    parts: duckdb.DuckDBPyRelation | None = None
    for number, path in enumerate(paths):
        name = _name(path, settings.folder)
        try:
            table = engine.connection.read_parquet(str(path), file_row_number=True)
            found = [str(column) for column in table.columns if column != "file_row_number"]
            (rows,) = table.count("*").fetchall()[0]
        except duckdb.Error:
            raise DataError(f"{name} must be a whole Parquet file, but reading it failed. Export it again.") from None
        check_columns(found, columns, source=name)
        if not rows:
            raise DataError(f"{name} must hold transactions, but it has no rows. Export it again.")
        size, sha256 = _fingerprint(path)
        sources.append(Source(name, int(rows), size, sha256))
        part = table.project(
            ", ".join(
                (
                    f"{number} AS source, file_row_number + 1 AS line, 1 AS span, CAST(NULL AS VARCHAR) AS fault",
                    f"hash({', '.join(quoted(column) for column in sorted(found))}) AS row_key",
                    *(f"{quoted(theirs)} AS {quoted(mine)}" for mine, theirs in columns.items()),
                )
            )
        )
        parts = part if parts is None else parts.union(part)
    # the files stay where they are: Parquet is as good as a table
    frame: nw.LazyFrame[Any] = nw.from_native(parts)
    return Loaded(frame, columns, tuple(sources))


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _load_table(settings: Settings, engine: Engine, columns: dict[str, str]) -> Loaded:
    """Open a table of the engine, or files that Spark reads itself; such rows have no line numbers."""
    path = settings.tables.transactions.path
    table = _spark_files(settings, engine) if isinstance(engine, SparkEngine) else None
    table = engine.table(path) if table is None else table
    names = table.collect_schema().names()
    check_columns([name.strip() for name in names], columns, source=path)
    theirs = {name.strip(): name for name in names}
    ours = [nw.col(theirs[name]).alias(mine) for mine, name in columns.items()]
    key = nw.concat_str(
        *(nw.col(name).cast(nw.String).fill_null("\x00") for name in sorted(names)), separator="\x1f"
    ).alias("row_key")
    frame = table.select(
        nw.lit(0).alias("source"),
        nw.lit(0).cast(nw.Int64).alias("line"),
        nw.lit(1).alias("span"),
        nw.lit(None, nw.String).alias("fault"),
        key,
        *ours,
    )
    counted = frame.select(nw.len().alias("rows")).collect("pyarrow").to_native().to_pylist()[0]
    if not counted["rows"]:
        raise DataError(f"{path} must hold transactions, but it has no rows. Check tables.transactions.path.")
    return Loaded(frame, columns, (Source(path, int(counted["rows"])),))


def _spark_files(settings: Settings, engine: SparkEngine) -> nw.LazyFrame[Any] | None:
    section = settings.tables.transactions
    reader = engine.session.read
    path = section.path if "://" in section.path else str(settings.folder / section.path)
    if section.path.lower().endswith(_PARQUET):
        return nw.from_native(reader.parquet(path))
    if ".csv" not in section.path.lower() and ".txt" not in section.path.lower():
        return None
    options = {"header": True, "sep": section.delimiter or ",", "encoding": section.encoding or "UTF-8"}
    # a malformed line stops Spark instead of becoming a row with empty fields
    return nw.from_native(
        reader.options(**options, mode="FAILFAST", quote='"', escape='"', nullValue="\x00", emptyValue="").csv(path)
    )


def with_note(loaded: Loaded, *facts: Inferred | None) -> Loaded:
    """Add what was inferred later."""
    return replace(loaded, inferred=(*loaded.inferred, *(fact for fact in facts if fact)))
