"""The first rows of one file or sheet, as text, whatever it is kept in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
from python_calamine import CalamineWorkbook

from clv_lib.data.dialects import quoted
from clv_lib.data.headers import read_header, trimmed
from clv_lib.data.records import records
from clv_lib.data.survey import Survey, opened, survey
from clv_lib.errors import DataError

SAMPLE_ROWS: Final = 50_000
PARQUET: Final = (".parquet", ".pq")
WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TEXTS: Final = (".csv", ".tsv", ".tab", ".txt", ".dat", ".psv", ".gz", ".zst", ".bz2")


@dataclass(frozen=True, eq=False)
class Sample:
    """What is seen of a file or sheet.

    Attributes
    ----------
    path : Path
    sheet : str or None
        Of a workbook.
    frame : DataFrame
        Texts, under the trimmed names of the columns; a name that occurs again has its number behind it.
    typed : frozenset of str
        Columns that are dates or numbers in the source already.
    complete : bool
        Whether these are all the rows.
    delimiter, encoding : str or None
        Of a text file; None for an encoding that is found without being stated.
    doubts : tuple of str
        What the owner should look at.
    """

    path: Path
    sheet: str | None
    frame: pd.DataFrame
    typed: frozenset[str] = frozenset()
    complete: bool = True
    delimiter: str | None = None
    encoding: str | None = None
    doubts: tuple[str, ...] = field(default=())


def look(path: Path) -> list[Sample]:
    """Open a file and take the first rows of what it holds: one sample, or one for each sheet that is not blank.

    Raises
    ------
    DataError
        The file is empty, damaged, of a kind that is not read, or has no rows below its header.
    """
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return [_parquet(path)]
    return _workbook(path) if suffix in WORKBOOKS else [_text(path)]


def _text(path: Path) -> Sample:
    found, encoding = _surveyed(path)
    line, names, delimiter = read_header(found, [], stated=None)
    with opened(found) as text:
        body = (one for one in records(text, delimiter=delimiter, width=len(names)) if not one.fault)
        rows = [one.fields for one in islice(body, SAMPLE_ROWS + 2) if one.line > line]
    frame, doubts = _framed(path.name, names, rows)
    if encoding:
        doubts = (*doubts, f"are the accented letters right? The file is not UTF-8, so {encoding} was taken")
    return Sample(
        path, None, frame, complete=len(rows) <= SAMPLE_ROWS, delimiter=delimiter, encoding=encoding, doubts=doubts
    )


def _surveyed(path: Path) -> tuple[Survey, str | None]:
    """Survey under the encoding that the file says or shows, or under the first usual one in which it is text."""
    try:
        return survey(path, name=path.name, encoding=None), None
    except DataError as error:
        fault = error
    for encoding in _usual_encodings(path):
        try:
            return survey(path, name=path.name, encoding=encoding), encoding
        except DataError:
            continue
    raise fault


def _usual_encodings(path: Path) -> tuple[str, ...]:
    head = path.read_bytes()[:4096] if path.is_file() else b""
    if b"\0" in head:  # every second byte of Latin text in UTF-16
        return ("utf-16-le",) if head[1::2].count(0) > head[::2].count(0) else ("utf-16-be",)
    return ("cp1252", "latin-1")  # what Excel writes in the West; it leaves five bytes without a meaning


def _parquet(path: Path) -> Sample:
    try:
        with duckdb.connect() as connection:
            table = connection.read_parquet(str(path)).limit(SAMPLE_ROWS + 1)
            typed = [str(kind) not in ("VARCHAR", "BLOB") for kind in table.types]
            names = [str(name) for name in table.columns]
            rows = table.project(", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in names)).fetchall()
    except duckdb.Error:
        raise DataError(f"{path.name} must be a whole Parquet file, but reading it failed. Export it again.") from None
    frame, doubts = _framed(path.name, trimmed(names), rows)
    kept = frozenset(name for name, known in zip(frame.columns, typed, strict=True) if known)
    return Sample(path, None, frame, typed=kept, complete=len(rows) <= SAMPLE_ROWS, doubts=doubts)


def _workbook(path: Path) -> list[Sample]:
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = list(book.sheet_names)
            sheets = [(name, book.get_sheet_by_name(name).to_python(nrows=SAMPLE_ROWS + 20)) for name in names]
    except Exception:  # each format has errors of its own, and none of them says more than this
        raise DataError(
            f"{path.name} must be a workbook that opens without a password, but reading it failed. Save it again as "
            ".xlsx, or save its sheets as CSV UTF-8."
        ) from None
    found = [_sheet(path, name if len(names) > 1 else None, rows) for name, rows in sheets if any(map(_filled, rows))]
    if not found:
        raise DataError(f"{path.name} must hold a table, but all its sheets are blank. Export it again.")
    return [sample for sample in found if len(sample.frame)] or found[:1]


def _sheet(path: Path, name: str | None, rows: list[list[Any]]) -> Sample:
    start = next(k for k, row in enumerate(rows) if _filled(row))
    header, body = rows[start], [row for row in rows[start + 1 :] if _filled(row)]
    frame, doubts = _framed(path.name, trimmed([_cell(each) for each in header]), [list(map(_cell, r)) for r in body])
    kinds = [{type(row[k]) for row in body if row[k] != ""} for k in range(len(header))]
    typed = frozenset(str(n) for n, kind in zip(frame.columns, kinds, strict=True) if kind and str not in kind)
    return Sample(path, name, frame.head(SAMPLE_ROWS), typed=typed, complete=len(body) <= SAMPLE_ROWS, doubts=doubts)


def _filled(row: list[Any]) -> bool:
    return any(str(cell).strip() for cell in row)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _framed(source: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    twice = [name for name, count in seen.items() if count > 1 and name]
    doubts = tuple(f"which of the columns called {name!r} is meant? Rename the others in the export" for name in twice)
    return pd.DataFrame(rows, columns=pd.Index(distinct, dtype="str"), dtype="str").head(SAMPLE_ROWS), doubts
