"""Give the raw columns their types: text through the engine's SQL, typed columns as they are."""

from typing import Any

import narwhals as nw

from clv_lib.data.dialects import Dialect
from clv_lib.data.engines import Engine
from clv_lib.data.parsing import (
    NumberForm,
    check_date_format,
    day_sql,
    infer_date_form,
    infer_number_form,
    number_sql,
    present,
    units_sql,
)
from clv_lib.data.quality import Inferred
from clv_lib.data.sources import Loaded
from clv_lib.data.tables import MONEY_UNITS, OPTIONAL_NUMBERS, OPTIONAL_TEXT
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, CUSTOMER_ID, ORDERED_AT
from clv_lib.settings import Settings

Frame = nw.LazyFrame[Any]
_LARGEST = 9e14  # units are 64-bit integers


def typed(loaded: Loaded, settings: Settings, engine: Engine) -> tuple[Frame, list[Inferred]]:
    """Rows with ``customer_id`` (text), ``ordered_at`` (day), ``units`` (ten-thousandths) and the optional columns.

    Beside them stand ``no_date`` and ``no_amount`` (the source said that there is none), ``trimmed_id`` and
    ``rounded_amount`` (what was repaired), and ``shown``, the text of a value that could not be read.
    """
    types = loaded.frame.collect_schema()
    _refuse_types(types, loaded, engine)
    frame = _dates_from_numbers(loaded.frame, types)
    if engine.dialect is None:
        return _typed_columns(frame, loaded), []
    types = frame.collect_schema()
    return _projected(frame, types, loaded, settings, engine, engine.dialect)


def _refuse_types(types: nw.Schema, loaded: Loaded, engine: Engine) -> None:
    name = loaded.sources[0].name
    if types[CUSTOMER_ID].is_float():
        raise DataError(
            f"{name} must have customers as text or whole numbers, but column {loaded.columns[CUSTOMER_ID]!r} is of "
            f"type {types[CUSTOMER_ID]}. A fraction is not an identifier; export the column as text."
        )
    for ours, good in ((ORDERED_AT, types[ORDERED_AT].is_temporal()), (AMOUNT, types[AMOUNT].is_numeric())):
        text_allowed = engine.dialect is not None and (types[ours] == nw.String or types[ours].is_integer())
        if not good and not text_allowed:
            kind = "a date or timestamp" if ours == ORDERED_AT else "a number"
            raise DataError(
                f"{name} must have {ours} as {kind}, but column {loaded.columns[ours]!r} is of type {types[ours]}, "
                f"which the engine {engine.kind} cannot read. Cast it in a view, or export it for engine 'duckdb'."
            )


def _dates_from_numbers(frame: Frame, types: nw.Schema) -> Frame:
    return frame.with_columns(nw.col(ORDERED_AT).cast(nw.String)) if types[ORDERED_AT].is_integer() else frame


def _projected(
    frame: Frame, types: nw.Schema, loaded: Loaded, settings: Settings, engine: Engine, dialect: Dialect
) -> tuple[Frame, list[Inferred]]:
    section, facts = settings.tables.transactions, list[Inferred | None]()
    zone, source, name = settings.dataset.timezone, loaded.sources[0].name, dialect.name
    words = {"date_text": present(dialect, ORDERED_AT), "amount_text": present(dialect, AMOUNT)}
    texts = engine.project(frame, ["*", *(f"{sql} AS {word}" for word, sql in words.items())])
    well_formed = texts.filter(nw.col("fault").is_null())

    day = f"CAST({name(ORDERED_AT)} AS DATE)"
    if types[ORDERED_AT] == nw.String:
        form = section.date_format
        if form is None:
            about = f"column {loaded.columns[ORDERED_AT]!r} of {source}"
            form, fact = infer_date_form(engine, well_formed, "date_text", about=about, zone=zone)
            facts.append(fact)
        else:
            check_date_format(form)
        day = day_sql(dialect, "date_text", form, zone=zone)
    elif isinstance(types[ORDERED_AT], nw.Datetime) and types[ORDERED_AT].time_zone:
        day = dialect.zoned_day(name(ORDERED_AT), zone)

    number = f"TRY_CAST({name(AMOUNT)} AS DECIMAL(38, 8))"
    marks = NumberForm(section.decimal or ".", section.thousands or "")
    if types[AMOUNT] == nw.String:
        about = f"column {loaded.columns[AMOUNT]!r} of {source}"
        marks, fact = infer_number_form(
            engine, well_formed, "amount_text", about=about, decimal=section.decimal, thousands=section.thousands
        )
        facts.append(fact)
        number = number_sql(dialect, "amount_text", marks)

    parsed = {name(word): name(word) for word in ("source", "line", "span", "fault", "row_key", *words)}
    parsed |= {"customer_text": f"CAST({name(CUSTOMER_ID)} AS STRING)", "day": day, "number": number}
    for column in loaded.columns:
        if column in OPTIONAL_TEXT:
            parsed[name(column)] = f"nullif(trim(CAST({name(column)} AS STRING)), '')"
        elif column in OPTIONAL_NUMBERS and types[column] == nw.String:
            parsed[name(column)] = f"CAST({number_sql(dialect, present(dialect, column), marks)} AS DOUBLE)"
        elif column in OPTIONAL_NUMBERS:
            parsed[name(column)] = f"CAST({name(column)} AS DOUBLE)"
    rows = engine.project(texts, [f"{sql} AS {word}" for word, sql in parsed.items()])
    units = units_sql("number")
    found = {
        CUSTOMER_ID: "nullif(trim(customer_text), '')",
        "trimmed_id": "coalesce(trim(customer_text) <> customer_text, false)",
        ORDERED_AT: name("day"),
        "units": units,
        "rounded_amount": f"coalesce(number * {MONEY_UNITS} <> round(number * {MONEY_UNITS}), false)",
        "no_date": "date_text IS NULL",
        "no_amount": "amount_text IS NULL",
        "shown": f"CASE WHEN {name('day')} IS NULL THEN date_text WHEN {units} IS NULL THEN amount_text END",
    }
    kept = [name(word) for word in ("source", "line", "span", "fault", "row_key")]
    optional = [name(column) for column in loaded.columns if column in (*OPTIONAL_TEXT, *OPTIONAL_NUMBERS)]
    columns = [*kept, *optional, *(f"{sql} AS {name(word)}" for word, sql in found.items())]
    return engine.project(rows, columns), [fact for fact in facts if fact]


def _typed_columns(frame: Frame, loaded: Loaded) -> Frame:
    """Columns that have types already, without a word of SQL."""
    customer = nw.col(CUSTOMER_ID).cast(nw.String)
    amount = nw.col(AMOUNT).cast(nw.Float64)
    sane = nw.when(amount.abs() < _LARGEST).then(amount)
    units = (sane * MONEY_UNITS).round(0)
    trimmed = customer.str.strip_chars()
    none: nw.Expr = nw.lit(None, nw.String)
    optional = [nw.col(name).cast(nw.String) for name in loaded.columns if name in OPTIONAL_TEXT]
    optional += [nw.col(name).cast(nw.Float64) for name in loaded.columns if name in OPTIONAL_NUMBERS]
    return frame.select(
        "source",
        "line",
        "span",
        "fault",
        "row_key",
        nw.when(trimmed != "").then(trimmed).alias(CUSTOMER_ID),
        (trimmed != customer).fill_null(False).alias("trimmed_id"),
        nw.col(ORDERED_AT).cast(nw.Date),
        units.cast(nw.Int64).alias("units"),
        nw.lit(False).alias("rounded_amount"),
        nw.col(ORDERED_AT).is_null().alias("no_date"),
        nw.col(AMOUNT).is_null().alias("no_amount"),
        none.alias("shown"),
        *optional,
    )
