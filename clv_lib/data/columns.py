"""Give the raw columns their types: text through the engine's SQL, typed columns as they are."""

from typing import Any

import narwhals as nw

from clv_lib.data.dialects import Dialect
from clv_lib.data.engines import Engine
from clv_lib.data.parsing import (
    NumberForm,
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
    zone, source = settings.dataset.timezone, loaded.sources[0].name
    well_formed = frame.filter(nw.col("fault").is_null())
    date_text, amount_text = (present(dialect, name) for name in (ORDERED_AT, AMOUNT))

    day = f"CAST({dialect.name(ORDERED_AT)} AS DATE)"
    if types[ORDERED_AT] == nw.String:
        form = section.date_format
        if form is None:
            about = f"column {loaded.columns[ORDERED_AT]!r} of {source}"
            form, fact = infer_date_form(engine, well_formed, ORDERED_AT, about=about, zone=zone)
            facts.append(fact)
        day = day_sql(dialect, date_text, form, zone=zone)
    elif isinstance(types[ORDERED_AT], nw.Datetime) and types[ORDERED_AT].time_zone:
        day = dialect.zoned_day(dialect.name(ORDERED_AT), zone)

    number = f"TRY_CAST({dialect.name(AMOUNT)} AS DECIMAL(38, 8))"
    marks = NumberForm(section.decimal or ".", section.thousands or "")
    if types[AMOUNT] == nw.String:
        about = f"column {loaded.columns[AMOUNT]!r} of {source}"
        marks, fact = infer_number_form(
            engine, well_formed, AMOUNT, about=about, decimal=section.decimal, thousands=section.thousands
        )
        facts.append(fact)
        number = number_sql(dialect, amount_text, marks)

    customer = f"CAST({dialect.name(CUSTOMER_ID)} AS STRING)"
    columns = {
        **{name: dialect.name(name) for name in ("source", "line", "span", "fault", "row_key")},
        CUSTOMER_ID: f"nullif(trim({customer}), '')",
        "trimmed_id": f"coalesce(trim({customer}) <> {customer}, false)",
        ORDERED_AT: day,
        "units": units_sql(number),
        "rounded_amount": f"coalesce({number} * {MONEY_UNITS} <> round({number} * {MONEY_UNITS}), false)",
        "no_date": f"{date_text} IS NULL",
        "no_amount": f"{amount_text} IS NULL",
        "shown": f"CASE WHEN ({day}) IS NULL THEN {date_text} WHEN {units_sql(number)} IS NULL THEN {amount_text} END",
    }
    for name in loaded.columns:
        if name in OPTIONAL_TEXT:
            columns[name] = f"nullif(trim(CAST({dialect.name(name)} AS STRING)), '')"
        elif name in OPTIONAL_NUMBERS and types[name] == nw.String:
            columns[name] = f"CAST({number_sql(dialect, present(dialect, name), marks)} AS DOUBLE)"
        elif name in OPTIONAL_NUMBERS:
            columns[name] = f"CAST({dialect.name(name)} AS DOUBLE)"
    rows = engine.project(frame, [f"{sql} AS {dialect.name(name)}" for name, sql in columns.items()])
    return rows, [fact for fact in facts if fact]


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
