"""Sheets of Excel and OpenDocument workbooks: cells keep the types they have, rows the numbers the sheet shows.

A column may hold typed cells and text side by side (real dates, and one that was typed as words). Typed cells are never
written out as text and read again, which would put them in doubt: such a column comes as two, the text under our name
and the rest under :func:`typed_part`, and :mod:`clv_lib.data.columns` puts them together.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from clv_lib.data.headers import SEARCHED_LINES, trimmed
from clv_lib.data.survey import spoken
from clv_lib.data.tables import Contract
from clv_lib.errors import DataError

EXACT_DIGITS: Final = 15  # Excel keeps no more of a number
_TYPES: Final = {"number": pa.float64(), "whole": pa.float64()} | dict.fromkeys(
    ("day", "moment", "month"), pa.timestamp("us")
)


def typed_part(name: str) -> str:
    """Column that holds the typed cells of a column that has text as well."""
    return f"typed:{name}"


@dataclass(frozen=True)
class Sheet:
    """One sheet as it stands in the file.

    Attributes
    ----------
    name : str
        File and, where it has several, the sheet; for reports.
    columns : list of str
        Names in the header.
    rows : list of (int, list)
        Number in the sheet (from 1) and cells, below the header; rows without any cell are left out.
    blank_rows : int
    """

    name: str
    columns: list[str]
    rows: list[tuple[int, list[Any]]]
    blank_rows: int


def read_sheet(path: Path, *, name: str, table: str, sheet: str | None, wanted: Sequence[str]) -> Sheet:
    """Read one sheet of a workbook.

    The header is the row, among the first, that holds most of the wanted names: a title may stand above it.

    Raises
    ------
    DataError
        Not a workbook, a protected one, no such sheet, several and none stated, or no rows below the header.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(str(path))
        chosen = _choose(book.sheet_names, sheet, name=name, table=table)
        cells = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except DataError:
        raise
    except PasswordError:
        raise DataError(f"{name} must be open to read, but it is protected. Save it without a password.") from None
    except (CalamineError, OSError, ValueError):
        raise DataError(
            f"{name} must be a whole workbook, but reading it failed. Usually it is a web page or text that was given "
            "the ending of Excel; open it and save it as .xlsx or CSV UTF-8."
        ) from None
    shown = f"{name}, sheet {chosen!r}" if len(book.sheet_names) > 1 else name
    filled = [(number, row) for number, row in enumerate(cells, start=1) if any(_filled(cell) for cell in row)]
    if not filled:
        raise DataError(f"{shown} must hold {spoken(table)}, but it is an empty sheet. Export it again.")
    tops = [(number, trimmed([as_text(cell) or "" for cell in row])) for number, row in filled[:SEARCHED_LINES]]
    first, columns = max(tops, key=lambda top: (len(set(top[1]) & set(wanted)), -top[0]))
    while columns and not columns[-1]:
        columns.pop()
    rows = [(number, row) for number, row in filled if number > first]
    if not rows:
        raise DataError(
            f"{shown} must hold {spoken(table)}, but below its header there are no rows. "
            "Usually the export's filter matched nothing; export it again."
        )
    return Sheet(shown, columns, rows, rows[-1][0] - first - len(rows))


def _choose(names: list[str], stated: str | None, *, name: str, table: str) -> str:
    listed = ", ".join(repr(each) for each in names)
    if stated is None:
        if len(names) != 1:
            raise DataError(
                f"{name} must have one sheet, or tables.{table}.sheet must say which one is meant, but it has "
                f"{len(names)}: {listed}. State the sheet."
            )
        return names[0]
    if stated not in names:
        raise DataError(f"{name} must have the sheet {stated!r}, but it has {listed}. Correct tables.{table}.sheet.")
    return stated


def as_text(cell: Any) -> str | None:
    """Text of a cell as a person would write it: whole numbers without a point, days in ISO form; None when empty."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _filled(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def raw_table(sheets: Sequence[Sheet], columns: dict[str, str], contract: Contract) -> pa.Table:
    """Rows of all sheets as raw columns: ``source, line, span, fault, row_key`` and ours, typed where the cells are.

    Raises
    ------
    DataError
        An identifier is a number with more digits than Excel keeps.
    """
    places = [{ours: sheet.columns.index(theirs) for ours, theirs in columns.items()} for sheet in sheets]
    every = [(k, line, row) for k, sheet in enumerate(sheets) for line, row in sheet.rows]
    again = ["repeated_header" if _header_again(row, places[k], columns) else None for k, _, row in every]
    out = {
        "source": pa.array([k for k, _, _ in every], pa.int32()),
        "line": pa.array([line for _, line, _ in every], pa.int64()),
        "span": pa.array([1] * len(every), pa.int32()),
        "fault": pa.array(again, pa.string()),
        "row_key": pa.array([_key(row) for _, _, row in every], pa.string()),
    }
    for ours in columns:
        cells = [row[places[k][ours]] if places[k][ours] < len(row) else "" for k, _, row in every]
        if contract.reads(ours) == "id":
            _refuse_lost_digits(cells, every, sheets, columns[ours])
        out |= _columns(ours, cells, _TYPES.get(contract.reads(ours)))
    return pa.table(out)


def _columns(name: str, cells: list[Any], kind: pa.DataType | None) -> dict[str, pa.Array]:
    """The typed cells and the text of one column, as one array if either is absent."""
    if kind is None:
        return {name: pa.array([as_text(cell) for cell in cells], pa.string())}
    fits = _is_number if kind == pa.float64() else _is_date
    typed = [_plain(cell) if fits(cell) else None for cell in cells]
    texts = [None if fits(cell) else as_text(cell) for cell in cells]
    if not any(texts):
        return {name: pa.array(typed, kind)}
    both = {name: pa.array(texts, pa.string())}
    return both | ({typed_part(name): pa.array(typed, kind)} if any(cell is not None for cell in typed) else {})


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _is_date(cell: Any) -> bool:
    return isinstance(cell, date)


def _plain(cell: Any) -> Any:
    return cell if isinstance(cell, datetime | float | int) else datetime.combine(cell, time())


def _key(row: list[Any]) -> str:
    return hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _header_again(row: list[Any], places: dict[str, int], columns: dict[str, str]) -> bool:
    return all(
        places[ours] < len(row) and (as_text(row[places[ours]]) or "").strip() == theirs
        for ours, theirs in columns.items()
    )


def _refuse_lost_digits(
    cells: list[Any], every: list[tuple[int, int, list[Any]]], sheets: Sequence[Sheet], theirs: str
) -> None:
    for cell, (k, line, _) in zip(cells, every, strict=True):
        if _is_number(cell) and abs(cell) >= 10**EXACT_DIGITS:
            raise DataError(
                f"{sheets[k].name} must hold identifiers as text, but row {line} of column {theirs!r} is a number of "
                f"more than {EXACT_DIGITS} digits, of which Excel keeps only the first {EXACT_DIGITS}. Format the "
                "column as text before the identifiers are entered, or export it as CSV."
            )
