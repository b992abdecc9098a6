"""Files of text into raw rows.

A clean UTF-8 file is read by DuckDB. Whether it is clean is proved, not hoped: the reader must not complain, and its
rows and the header must be exactly the physical lines. Everything else goes through :mod:`clv_lib.data.records`,
slower and with an account of every line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from clv_lib.data.dialects import literal, quoted
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.headers import read_header
from clv_lib.data.loaded import Loaded, Wanted, raw_name
from clv_lib.data.places import shown_name
from clv_lib.data.quality import Inferred, Source
from clv_lib.data.records import Record, records
from clv_lib.data.survey import Survey, opened, spoken, survey
from clv_lib.errors import DataError

_BATCH: Final = 50_000


def load_text(wanted: Wanted, engine: DuckDBEngine, paths: list[Path]) -> Loaded:
    """Read files of text, with one header each, into a raw table of DuckDB."""
    section, connection, table = wanted.section, engine.connection, raw_name(wanted.table)
    files = []
    for path in paths:
        found = survey(path, name=shown_name(path, wanted.base), encoding=section.encoding, table=wanted.table)
        files.append((found, *read_header(found, wanted.names, stated=section.delimiter, table=wanted.table)))
    columns, unused = wanted.taken([(found.name, names) for found, _, names, _ in files])
    fields = ", ".join(f"{quoted(ours)} VARCHAR" for ours in columns)
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} (source INTEGER, line BIGINT, span INTEGER, fault VARCHAR, "
        f"row_key UBIGINT{', ' * bool(fields)}{fields})"
    )
    sources, surveys, inferred, blank = [], [], [], 0
    for number, (found, header_line, names, delimiter) in enumerate(files):
        if section.delimiter is None and delimiter != ",":
            inferred.append(Inferred("delimiter", found.name, delimiter, 1))
        if found.sniffed:
            inferred.append(Inferred("encoding", found.name, found.encoding, 1))
        layout = _Layout(table, number, names, delimiter, header_line, columns)
        rows = (
            _read_clean(connection, found, layout) if found.plain and header_line == 1 and len(delimiter) == 1 else None
        )
        if rows is None:
            rows, blanks = _read_careful(connection, found, layout)
            blank += blanks
        if not rows:
            raise DataError(
                f"{found.name} must hold {spoken(wanted.table)}, but below its header there are no rows. "
                "Usually the export's filter matched nothing; export it again."
            )
        sources.append(Source(found.name, rows, found.size, found.sha256, found.encoding, delimiter))
        surveys.append(found)
    return Loaded(
        engine.table(table), columns, tuple(sources), tuple(surveys), blank, tuple(inferred), unused, wanted.table
    )


@dataclass(frozen=True)
class _Layout:
    """How one file is laid out, and the table its rows go to."""

    table: str
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
        (rows,) = connection.execute(f"INSERT INTO {layout.table} {select} FROM {reader}").fetchall()[0]
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
                connection.execute(f"INSERT INTO {layout.table} {select} FROM batch")
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
