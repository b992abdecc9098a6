"""Give the raw columns of any table their types: text through the engine's SQL, typed columns as they are.

Beside each column stands its text (:func:`text_of`: null where the source says that there is none), so that a value
that is missing and one that cannot be read are told apart; beside identifiers and labels, whether spaces were taken
off (:func:`trim_of`).
"""

from collections.abc import Callable

import narwhals as nw

from clv_lib.data.column_names import (
    DAYS,
    LARGEST,
    NO,
    NUMBERS,
    OTHER_DAY,
    ROUNDED,
    UNITS,
    YES,
    Frame,
    money_of,
    text_of,
    trim_of,
)
from clv_lib.data.column_reader import Reader
from clv_lib.data.engines import Engine
from clv_lib.data.parsing import MISSING_WORDS
from clv_lib.data.quality import Inferred
from clv_lib.data.sources import MARKS, Loaded
from clv_lib.data.tables import CONTRACTS, MONEY_UNITS, OPTIONAL_NUMBERS, OPTIONAL_TEXT, Contract
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, CUSTOMER_ID, ORDERED_AT
from clv_lib.settings import Settings, TableSection


def typed(loaded: Loaded, settings: Settings, engine: Engine) -> tuple[Frame, list[Inferred]]:
    """Transactions with ``customer_id`` (text), ``ordered_at`` (day), ``units`` (ten-thousandths) and optional columns.

    Beside them stand ``no_date`` and ``no_amount`` (the source said that there is none), ``trimmed_id`` and
    ``rounded_amount`` (what was repaired), and ``shown``, the text of a value that could not be read; where
    ``tables.transactions.timezone`` says that the clocks hung elsewhere, ``other_day``: whether the day there differs.
    """
    section, zone = settings.tables.transactions, settings.dataset.timezone
    frame, facts = read_columns(loaded, section=section, zone=zone, engine=engine)
    day, amount = nw.col(text_of(ORDERED_AT)), nw.col(text_of(AMOUNT))
    shown = nw.when(nw.col(ORDERED_AT).is_null()).then(day)
    # a typed day can be read wherever it is there; to write all of them out as text would only cost time
    stated = nw.col(ORDERED_AT) if loaded.frame.collect_schema()[ORDERED_AT].is_temporal() else day
    rows = frame.select(
        *MARKS,
        *(name for name in loaded.columns if name in (*OPTIONAL_TEXT, *OPTIONAL_NUMBERS)),
        CUSTOMER_ID,
        nw.col(trim_of(CUSTOMER_ID)).alias("trimmed_id"),
        ORDERED_AT,
        UNITS,
        ROUNDED,
        stated.is_null().alias("no_date"),
        amount.is_null().alias("no_amount"),
        shown.otherwise(nw.when(nw.col(UNITS).is_null()).then(amount)).alias("shown"),
        *(name for name in frame.collect_schema().names() if name == OTHER_DAY),
    )
    return rows, facts


def read_columns(loaded: Loaded, *, section: TableSection, zone: str, engine: Engine) -> tuple[Frame, list[Inferred]]:
    """Read every column of a table as its contract says.

    Parameters
    ----------
    loaded : Loaded
        The raw rows.
    section : TableSection
        What the owner states about their writing.
    zone : str
        Time zone of the business.
    engine : Engine

    Returns
    -------
    narwhals.LazyFrame
        ``source, line, span, fault, row_key``; each column, with its text and trim columns; and ``units`` and
        ``rounded_amount`` where the table has money.
    list of Inferred
        What was found out about the writing of dates and numbers.

    Raises
    ------
    DataError
        A column of a type that cannot be meant, or values with two readings that disagree.
    """
    contract, types = CONTRACTS[loaded.table], loaded.frame.collect_schema()
    _refuse_types(types, loaded, contract, engine)
    if engine.dialect is None:
        return _typed_columns(loaded, contract, section=section, zone=zone, types=types), []
    return Reader(loaded, contract, section, zone, engine, engine.dialect, types).read()


def _refuse_types(types: nw.Schema, loaded: Loaded, contract: Contract, engine: Engine) -> None:
    name, parsed = loaded.sources[0].name, engine.dialect is not None
    for ours, theirs in loaded.columns.items():
        reads, dtype = contract.reads(ours), types[ours]
        if reads == "id" and dtype.is_float():
            whose = "customers" if "customer" in ours else ours
            raise DataError(
                f"{name} must have {whose} as text or whole numbers, but column {theirs!r} is of "
                f"type {dtype}. A fraction is not an identifier; export the column as text."
            )
        good, kind = True, ""
        if reads in DAYS:
            good, kind = dtype.is_temporal() or (parsed and dtype.is_integer()), "a date or timestamp"
        elif reads in NUMBERS:
            good, kind = dtype.is_numeric(), "a number"
        if not good and not (parsed and dtype == nw.String):
            raise DataError(
                f"{name} must have {ours} as {kind}, but column {theirs!r} is of type {dtype}, "
                f"which the engine {engine.kind} cannot read. Cast it in a view, or export it for engine 'duckdb'."
            )


def _typed_columns(loaded: Loaded, contract: Contract, *, section: TableSection, zone: str, types: nw.Schema) -> Frame:
    """Columns that have types already, without a word of SQL."""
    read: dict[str, Callable[[nw.Expr, str], nw.Expr]] = {
        "day": lambda column, ours: column.cast(nw.Date),
        "month": lambda column, ours: column.cast(nw.Date).dt.truncate("1mo"),
        "moment": lambda column, ours: column.cast(nw.Datetime("us")),
        "number": lambda column, ours: column.cast(nw.Float64),
        "whole": lambda column, ours: column.cast(nw.Float64),
        "flag": lambda column, ours: column if types[ours] == nw.Boolean else _flag_of(column),
        "choice": lambda column, ours: _one_of(column.str.to_lowercase(), contract.choices(ours)),
        "text": lambda column, ours: column,
        "id": lambda column, ours: column,
        "label": lambda column, ours: column,
    }
    out: list[nw.Expr] = []
    for ours in loaded.columns:
        reads, column = contract.reads(ours), nw.col(ours)
        if reads in DAYS and section.timezone not in (None, zone) and isinstance(types[ours], nw.Datetime):
            raise DataError(
                f"{loaded.sources[0].name} must have clock times of {zone}, but tables.{loaded.table}.timezone is "
                f"{section.timezone} and this engine cannot move them. Convert {loaded.columns[ours]!r} in a view."
            )
        if reads in DAYS or reads in NUMBERS or types[ours] == nw.Boolean:
            out += [read[reads](column, ours).alias(ours), column.cast(nw.String).alias(text_of(ours))]
            continue
        raw = _translated(column.cast(nw.String), section.values.get(ours, {}))
        trimmed = raw.str.strip_chars()
        missing = trimmed == ""
        if reads == "choice" or reads == "flag" or (reads == "id" and ours not in contract.required):
            missing = trimmed.str.to_lowercase().is_in(MISSING_WORDS)
        text = nw.when(~missing).then(raw if reads == "text" else trimmed)
        out += [read[reads](text, ours).alias(ours), text.alias(text_of(ours))]
        if reads in ("id", "label"):
            out.append((trimmed != raw).fill_null(False).alias(trim_of(ours)))
    if money := money_of(contract, loaded.columns):
        amount = nw.col(money).cast(nw.Float64)
        units = (nw.when(amount.abs() < LARGEST).then(amount) * MONEY_UNITS).round(0).cast(nw.Int64)
        out += [units.alias(UNITS), nw.lit(False).alias(ROUNDED)]
    return loaded.frame.select(*MARKS, *out)


def _translated(text: nw.Expr, words: dict[str, str]) -> nw.Expr:
    found = text
    for theirs, mine in words.items():
        found = (
            nw.when(text.str.strip_chars().str.to_lowercase() == theirs.strip().lower())
            .then(nw.lit(mine))
            .otherwise(found)
        )
    return found


def _one_of(text: nw.Expr, words: tuple[str, ...]) -> nw.Expr:
    return nw.when(text.is_in(words)).then(text)


def _flag_of(text: nw.Expr) -> nw.Expr:
    lower = text.str.to_lowercase()
    return nw.when(lower.is_in(YES)).then(nw.lit(True)).otherwise(nw.when(lower.is_in(NO)).then(nw.lit(False)))
