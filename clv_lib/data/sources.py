"""Files and tables into one raw table: a line number for every row, and for malformed ones what is wrong.

Text, Parquet, sheets of workbooks, files inside an installed package and tables of the engine all end in the same
columns: ``source, line, span, fault, row_key`` and ours, as text or with the types they have.
"""

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from clv_lib.data import workbooks
from clv_lib.data.dialects import quoted
from clv_lib.data.engines import DuckDBEngine, Engine, SparkEngine
from clv_lib.data.headers import mapping
from clv_lib.data.loaded import MARKS, RAW, Loaded, Wanted, raw_name
from clv_lib.data.places import PARQUET, WORKBOOKS, shown_name
from clv_lib.data.quality import Source
from clv_lib.data.survey import spoken
from clv_lib.data.tables import CONTRACTS, Contract
from clv_lib.data.text_files import load_text
from clv_lib.errors import DataError, SettingsError
from clv_lib.settings import Settings, TableSection


def load(settings: Settings, engine: Engine) -> Loaded:
    """Read the sources of the transactions into the engine; see :func:`load_table`."""
    return load_table("transactions", settings.tables.transactions, folder=settings.folder, engine=engine)


def load_table(table: str, section: TableSection, *, folder: Path, engine: Engine) -> Loaded:
    """Read the sources of one table into the engine, as they are.

    Parameters
    ----------
    table : str
        A key of :data:`~clv_lib.data.tables.CONTRACTS`.
    section : TableSection
        Where it is, and how it is written.
    folder : Path
        The dataset's folder.
    engine : Engine

    Raises
    ------
    DataError
        No file, an empty one, or columns that are missing or cannot be told apart.
    SettingsError
        A mapped column, a constant, a package or a stated encoding that nobody knows.
    """
    contract = CONTRACTS[table]
    wanted = Wanted(contract, section, folder, mapping(section, contract))
    constants = constants_of(section, contract)
    workbook = section.path.lower().endswith(WORKBOOKS)
    if section.sheet and not workbook:
        raise SettingsError(
            f"tables.{table}.sheet must go with a workbook ({', '.join(WORKBOOKS)}), but the path is {section.path!r}."
        )
    if workbook:
        loaded = _load_workbooks(wanted, engine)
    elif not isinstance(engine, DuckDBEngine):
        loaded = _load_table(wanted, engine)
    else:
        loaded = _load_files(wanted, engine)
    if constants:
        frame = loaded.frame.with_columns(*(nw.lit(value).alias(ours) for ours, value in constants.items()))
        stated = {ours: f"(constant) {section.constants[ours]}" for ours in constants}
        loaded = replace(loaded, frame=frame, columns=loaded.columns | stated)
    return loaded


def constants_of(section: TableSection, contract: Contract) -> dict[str, Any]:
    """Values of the constant columns as Python values: text, numbers and days.

    Raises
    ------
    SettingsError
        A constant that its column cannot hold.
    """
    found: dict[str, Any] = {}
    for ours, value in section.constants.items():
        reads, choices = contract.reads(ours), contract.choices(ours)
        plain: Any = None
        if reads in ("number", "whole"):
            plain = value if isinstance(value, float) else None
        elif reads in ("day", "moment", "month"):
            plain = _day_of(str(value))
        elif reads in ("choice", "flag"):
            plain = str(value).strip().lower()
        else:
            plain = str(value)
        if plain is None or (choices and plain not in choices):
            must = f"one of {', '.join(choices)}" if choices else f"a {reads}"
            raise SettingsError(f"tables.{contract.name}.constants.{ours} must be {must}, but it is {value!r}.")
        found[ours] = plain
    return found


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text if len(text) > len("2024-01") else f"{text}-01")
    except ValueError:
        return None


def _load_files(wanted: Wanted, engine: DuckDBEngine) -> Loaded:
    paths = wanted.paths()
    parquet = [path.suffix.lower() in PARQUET for path in paths]
    if all(parquet):
        return _load_parquet(wanted, engine, paths)
    if any(parquet):
        raise DataError(
            f"{wanted.section.path} must match files of one kind, but it matches Parquet and text. "
            "Narrow the pattern to one of them."
        )
    return load_text(wanted, engine, paths)


def _load_parquet(wanted: Wanted, engine: DuckDBEngine, paths: list[Path]) -> Loaded:
    opened_files: list[tuple[Path, duckdb.DuckDBPyRelation, list[str], int]] = []
    for path in paths:
        name = shown_name(path, wanted.base)
        try:
            table = engine.connection.read_parquet(str(path), file_row_number=True)
            found = [str(column) for column in table.columns if column != "file_row_number"]
            (rows,) = table.count("*").fetchall()[0]
        except duckdb.Error:
            raise DataError(f"{name} must be a whole Parquet file, but reading it failed. Export it again.") from None
        if not rows:
            raise DataError(f"{name} must hold {spoken(wanted.table)}, but it has no rows. Export it again.")
        opened_files.append((path, table, found, int(rows)))
    columns, unused = wanted.taken([(shown_name(path, wanted.base), found) for path, _, found, _ in opened_files])
    sources: list[Source] = []
    parts: duckdb.DuckDBPyRelation | None = None
    for number, (path, table, found, rows) in enumerate(opened_files):
        sources.append(Source(shown_name(path, wanted.base), rows, *_fingerprint(path)))
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
    return Loaded(frame, columns, tuple(sources), unused=unused, table=wanted.table)


def _load_workbooks(wanted: Wanted, engine: Engine) -> Loaded:
    """Read sheets row by row, and bring them into whichever engine as one table."""
    paths, sheets = wanted.paths(), []
    for path in paths:
        name = shown_name(path, wanted.base)
        sheet = workbooks.read_sheet(
            path, name=name, table=wanted.table, sheet=wanted.section.sheet, wanted=wanted.names
        )
        sheets.append(sheet)
    columns, unused = wanted.taken([(sheet.name, sheet.columns) for sheet in sheets])
    arrow = workbooks.raw_table(sheets, columns, wanted.contract)
    frame: nw.LazyFrame[Any]
    if isinstance(engine, DuckDBEngine):
        engine.drop(raw_name(wanted.table))
        engine.connection.from_arrow(arrow).create(raw_name(wanted.table))
        frame = engine.table(raw_name(wanted.table))
    else:
        frame = engine.lend(arrow.to_pandas())
    sources = tuple(
        Source(sheet.name, len(sheet.rows), *_fingerprint(path)) for path, sheet in zip(paths, sheets, strict=True)
    )
    blank = sum(sheet.blank_rows for sheet in sheets)
    return Loaded(frame, columns, sources, blank_lines=blank, unused=unused, table=wanted.table)


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _load_table(wanted: Wanted, engine: Engine) -> Loaded:
    """Open a table of the engine, or files that Spark reads itself; such rows have no line numbers."""
    path = wanted.section.path
    table = _spark_files(wanted, engine) if isinstance(engine, SparkEngine) else None
    table = engine.table(path) if table is None else table
    names = table.collect_schema().names()
    columns, unused = wanted.taken([(path, [name.strip() for name in names])])
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
        raise DataError(
            f"{path} must hold {spoken(wanted.table)}, but it has no rows. Check tables.{wanted.table}.path."
        )
    return Loaded(frame, columns, (Source(path, int(counted["rows"])),), unused=unused, table=wanted.table)


def _spark_files(wanted: Wanted, engine: SparkEngine) -> nw.LazyFrame[Any] | None:
    section, reader = wanted.section, engine.session.read
    path = section.path if "://" in section.path else str(wanted.base / section.path)
    if section.path.lower().endswith(PARQUET):
        return nw.from_native(reader.parquet(path))
    if ".csv" not in section.path.lower() and ".txt" not in section.path.lower():
        return None
    options = {"header": True, "sep": section.delimiter or ",", "encoding": section.encoding or "UTF-8"}
    # a malformed line stops Spark instead of becoming a row with empty fields
    return nw.from_native(
        reader.options(**options, mode="FAILFAST", quote='"', escape='"', nullValue="\x00", emptyValue="").csv(path)
    )


__all__ = ["MARKS", "RAW", "Loaded", "constants_of", "load", "load_table", "raw_name"]
