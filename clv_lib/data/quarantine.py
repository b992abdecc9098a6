"""The rows set aside, as a file: where each stood, why it was not used, and its text as it was."""

import csv
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import narwhals as nw

from clv_lib.data.formulas import FORMULA_STARTS
from clv_lib.data.quality import Source
from clv_lib.data.records import record_text
from clv_lib.data.survey import Survey, opened
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import AMOUNT, CUSTOMER_ID, ORDERED_AT

HEADER: Final = ("source", "line", "reason", "raw")
_BATCH: Final = 100_000


def write_quarantine(
    classified: nw.LazyFrame[Any],
    path: Path,
    *,
    sources: tuple[Source, ...],
    surveys: tuple[Survey, ...],
    values: tuple[str, ...] | None = None,
) -> int:
    """Write the rows with a reason, in order of source and line; text files are read again for their raw text.

    Of other sources the ``values`` stand for it: columns of ``classified``, those of a transaction by default.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    count = 0
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for row in _rows(classified, sources, surveys, values):
                writer.writerow([inert(str(cell)) for cell in row])
                count += 1
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def inert(cell: str) -> str:
    """Text that a spreadsheet shows and does not run."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell


def _rows(
    classified: nw.LazyFrame[Any],
    sources: tuple[Source, ...],
    surveys: tuple[Survey, ...],
    values: tuple[str, ...] | None,
) -> Iterator[tuple[str, int, str, str]]:
    aside = classified.filter(nw.col("reason") != "")
    if values is None:
        aside = aside.with_columns((nw.col("units").cast(nw.Float64) / MONEY_UNITS).alias(AMOUNT))
        values = (CUSTOMER_ID, ORDERED_AT, AMOUNT, "shown")
    found = (
        aside.select("source", "line", "span", "reason", *values).sort("source", "line").collect("pyarrow").to_native()
    )
    rows = (row for batch in found.to_batches(_BATCH) for row in batch.to_pylist())
    for number, group in groupby(rows, key=lambda row: row["source"]):
        name = sources[number].name
        if not surveys:
            for row in group:
                shown = ("" if row[each] is None else str(row[each]) for each in values)
                yield name, row["line"], row["reason"], " | ".join(shown)
            continue
        with opened(surveys[number]) as text:
            for row, raw in _with_text(group, text):
                yield name, row["line"], row["reason"], raw


def _with_text(rows: Iterator[dict[str, Any]], text: Iterable[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Pair rows, in order of line, with their text; neither is held as a whole."""
    waiting: list[dict[str, Any]] = []

    def spans() -> Iterator[tuple[int, int]]:
        for row in rows:
            waiting.append(row)
            yield row["line"], row["span"]

    for raw in record_text(text, spans()):
        yield waiting.pop(), raw
