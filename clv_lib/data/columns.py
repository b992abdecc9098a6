"""Give the raw columns of any table their types: text through the engine's SQL, typed columns as they are.

Beside each column stands its text (:func:`text_of`: null where the source says that there is none), so that a value
that is missing and one that cannot be read are told apart; beside identifiers and labels, whether spaces were taken
off (:func:`trim_of`).
"""

from collections.abc import Callable
<<<<<<< HEAD
from dataclasses import dataclass, replace
from typing import Any, Final
=======
>>>>>>> door

import narwhals as nw

from clv_lib.data.column_names import (
    DAYS,
    LARGEST,
    NO,
    NUMBERS,
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

<<<<<<< HEAD
Frame = nw.LazyFrame[Any]
YES: Final = ("true", "yes", "ya", "y", "1", "1.0")
NO: Final = ("false", "no", "tidak", "n", "f", "0", "0.0")
UNITS: Final = "units"  # the table's money in ten-thousandths
ROUNDED: Final = "rounded_amount"
OTHER_DAY: Final = "other_day"  # of a log whose clocks hung elsewhere: the day there was another one
_LARGEST: Final = 9e14  # units are 64-bit integers
_DAYS: Final = ("day", "moment", "month")
_NUMBERS: Final = ("number", "whole")


def text_of(name: str) -> str:
    """Column that holds the text of a column, or null where there is no value."""
    return f"text:{name}"


def trim_of(name: str) -> str:
    """Column that says whether spaces were taken off."""
    return f"trim:{name}"


def money_of(contract: Contract, columns: dict[str, str]) -> str | None:
    """The amount that is added up, among the columns that are there."""
    return next((name for name in contract.money if name in columns), None)

=======
>>>>>>> door

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


<<<<<<< HEAD
@dataclass(frozen=True)
class _Reader:
    """Columns as SQL of one dialect."""

    loaded: Loaded
    contract: Contract
    section: TableSection
    zone: str
    engine: Engine
    dialect: Dialect
    types: nw.Schema

    def read(self) -> tuple[Frame, list[Inferred]]:
        quote = self.dialect.name
        texts = self.engine.project(
            self.loaded.frame, ["*", *(f"{self._text(ours)} AS {quote(text_of(ours))}" for ours in self.loaded.columns)]
        )
        well_formed, facts = texts.filter(nw.col("fault").is_null()), list[Inferred | None]()
        marks, fact = self._marks(well_formed)
        facts.append(fact)
        money, values = money_of(self.contract, self.loaded.columns), dict[str, str]()
        for ours in self.loaded.columns:
            reads, text = self.contract.reads(ours), quote(text_of(ours))
            if reads in _DAYS:
                values[ours], fact = self._days(ours, well_formed)
                facts.append(fact)
            elif reads in _NUMBERS:
                values[ours] = self._number(ours, marks, exact=False)
            elif reads == "flag":
                values[ours] = self._flag(ours, well_formed)
            elif reads == "choice":
                words = ", ".join(literal(word) for word in self.contract.choices(ours))
                values[ours] = f"CASE WHEN lower({text}) IN ({words}) THEN lower({text}) END"
            else:
                values[ours] = text
        columns = [quote(mark) for mark in MARKS]
        for ours, sql in values.items():
            columns += [f"{sql} AS {quote(ours)}", quote(text_of(ours))]
            if self.contract.reads(ours) in ("id", "label"):
                raw = self._raw(ours)
                columns.append(f"coalesce(trim({raw}) <> {raw}, false) AS {quote(trim_of(ours))}")
        if self.contract is LOG and self._clock_zone:
            there = replace(self, section=self.section.model_copy(update={"timezone": None}))
            unmoved, _ = there._days(ORDERED_AT, well_formed)
            columns.append(f"coalesce({values[ORDERED_AT]} <> {unmoved}, false) AS {OTHER_DAY}")
        if money:
            columns.append(f"{self._number(money, marks, exact=True)} AS number")
        frame = self.engine.project(texts, columns)
        if money:
            rounded = f"coalesce(number * {MONEY_UNITS} <> round(number * {MONEY_UNITS}), false)"
            kept = [quote(name) for name in frame.collect_schema().names() if name != "number"]
            frame = self.engine.project(frame, [*kept, f"{units_sql('number')} AS {UNITS}", f"{rounded} AS {ROUNDED}"])
        return frame, [fact for fact in facts if fact]

    @property
    def _clock_zone(self) -> str | None:
        """Where the clocks hung, if elsewhere."""
        return self.section.timezone if self.section.timezone != self.zone else None

    def _about(self, *ours: str) -> str:
        names = " and ".join(repr(self.loaded.columns[each]) for each in ours)
        return f"column{'s' * (len(ours) > 1)} {names} of {self.loaded.sources[0].name}"

    def _raw(self, ours: str) -> str:
        """The text as it came, with the owner's words put in place of those of the source."""
        text = f"CAST({self.dialect.name(ours)} AS STRING)"
        words = self.section.values.get(ours)
        if not words:
            return text
        cases = " ".join(
            f"WHEN {literal(theirs.strip().lower())} THEN {literal(mine)}" for theirs, mine in words.items()
        )
        return f"CASE lower(trim({text})) {cases} ELSE {text} END"

    def _text(self, ours: str) -> str:
        """The text of a value that is there."""
        reads, raw = self.contract.reads(ours), self._raw(ours)
        if reads == "text":
            return f"CASE WHEN trim({raw}) <> '' THEN {raw} END"
        if reads == "label" or (reads == "id" and ours in self.contract.required):
            return f"nullif(trim({raw}), '')"
        if self.types[ours].is_temporal() or self.types[ours].is_integer():
            return raw  # no word for "missing" can hide in it
        if self.types[ours].is_float():
            return f"CASE WHEN NOT isnan({self.dialect.name(ours)}) THEN {raw} END"
        if typed_part(ours) in self.types:
            return f"coalesce({present_text(raw)}, CAST({self.dialect.name(typed_part(ours))} AS STRING))"
        return present_text(raw)

    def _marks(self, rows: Frame) -> tuple[NumberForm, Inferred | None]:
        """How the table writes numbers: one way for all of its columns. Of a log, the amounts decide."""
        section = self.section
        pool = [ours for ours in self.loaded.columns if self.contract.reads(ours) == "number"]
        pool = [ours for ours in pool if self.types[ours] == nw.String and (self.contract is not LOG or ours == AMOUNT)]
        if not pool:
            return NumberForm(section.decimal or ".", section.thousands or ""), None
        parts = [self._written(ours, rows).select(nw.col(text_of(ours)).alias("number")) for ours in pool]
        return infer_number_form(
            self.engine,
            parts[0] if len(parts) == 1 else nw.concat(parts),
            "number",
            about=self._about(*pool),
            decimal=section.decimal,
            thousands=section.thousands,
            table=self.loaded.table,
        )

    def _number(self, ours: str, marks: NumberForm, *, exact: bool) -> str:
        """A number: as DECIMAL for sums, or as DOUBLE."""
        if self.types[ours] != nw.String:
            return self._plain_number(ours, exact=exact)
        whole = self.contract.reads(ours) == "whole" and self.section.decimal is None
        number = number_sql(self.dialect, self.dialect.name(text_of(ours)), NumberForm(".", "") if whole else marks)
        number = number if exact else f"CAST({number} AS DOUBLE)"
        other = typed_part(ours)
        return f"coalesce({self._plain_number(other, exact=exact)}, {number})" if other in self.types else number

    def _plain_number(self, name: str, *, exact: bool) -> str:
        column = self.dialect.name(name)
        if exact:
            return f"TRY_CAST({column} AS DECIMAL(38, 8))"
        number = f"CAST({column} AS DOUBLE)"
        return f"CASE WHEN isnan({number}) THEN NULL ELSE {number} END" if self.types[name].is_float() else number

    def _written(self, ours: str, rows: Frame) -> Frame:
        """Rows whose value is text: typed cells of the same column say nothing about how it is written."""
        other = typed_part(ours)
        return rows.filter(nw.col(other).is_null()) if other in self.types else rows

    def _days(self, ours: str, well_formed: Frame) -> tuple[str, Inferred | None]:
        """A day, month or moment of the business."""
        reads, fact, section, clock_zone = self.contract.reads(ours), None, self.section, self._clock_zone
        if self.types[ours].is_temporal():
            return self._as(reads, self._plain_moment(ours, well_formed, clock_zone)), None
        text, rows = self.dialect.name(text_of(ours)), self._written(ours, well_formed)
        if reads == "month":
            rows = self.engine.project(rows, [f"{month_sql(self.dialect, text)} AS {text}"])
            text = month_sql(self.dialect, text)
        form = section.date_format
        if form is None:
            form, fact = infer_date_form(
                self.engine, rows, text_of(ours), about=self._about(ours), zone=self.zone, table=self.loaded.table
            )
        else:
            check_date_format(form, table=self.loaded.table)
        value = (moment_sql if reads == "moment" else day_sql)(
            self.dialect, text, form, zone=self.zone, clock_zone=clock_zone
        )
        if reads == "month" and section.date_format not in (None, "%Y-%m-%d"):  # 2024-01 needs no format
            value = f"coalesce({day_sql(self.dialect, text, '%Y-%m-%d', zone=self.zone)}, {value})"
        other = typed_part(ours)
        if other in self.types:
            value = f"coalesce({self._as(reads, self._plain_moment(other, well_formed, clock_zone))}, {value})"
        return self._as(reads, value), fact

    def _plain_moment(self, name: str, rows: Frame, clock_zone: str | None) -> str:
        """A typed column; naive clock times are moved to the business's zone, plain dates never."""
        column, dtype = self.dialect.name(name), self.types[name]
        if isinstance(dtype, nw.Datetime) and dtype.time_zone:
            return self.dialect.zoned(column, self.zone)
        if clock_zone and isinstance(dtype, nw.Datetime):
            timed = f"CASE WHEN {column} <> date_trunc('day', {column}) THEN 1 END"
            if counted(self.engine, rows, [timed])[0]:
                return self.dialect.moved(column, clock_zone, self.zone)
        return column

    def _as(self, reads: str, value: str) -> str:
        if reads == "moment":
            return f"CAST({value} AS TIMESTAMP)"
        day = f"CAST({value} AS DATE)"
        return f"CAST(date_trunc('month', {day}) AS DATE)" if reads == "month" else day

    def _flag(self, ours: str, rows: Frame) -> str:
        column, text = self.dialect.name(ours), self.dialect.name(text_of(ours))
        if self.types[ours] == nw.Boolean:
            return column
        yes = [*YES, "t"] if self._t_is_true(ours, rows) else list(YES)
        no = [*NO, "t"] if "t" not in yes else list(NO)

        def listed(words: list[str]) -> str:
            return ", ".join(literal(word) for word in words)

        return (
            f"CASE WHEN lower({text}) IN ({listed(yes)}) THEN true WHEN lower({text}) IN ({listed(no)}) THEN false END"
        )

    def _t_is_true(self, ours: str, rows: Frame) -> bool:
        """Whether T stands for true (beside F) or for tidak (beside Y)."""
        text = self.dialect.name(text_of(ours))
        words = [("t",), ("f", "false"), ("y", "ya")]
        holds = [
            f"CASE WHEN lower({text}) IN ({', '.join(literal(word) for word in each)}) THEN 1 END" for each in words
        ]
        t, false, ya = counted(self.engine, rows, holds)
        if t and bool(false) == bool(ya):
            raise DataError(
                f"{self._about(ours)} must have one reading, but 'T' occurs {t:,} times and may be true or tidak (no); "
                f"it stands beside {'both F and Y' if false else 'neither F nor Y'}. State it: "
                f"tables.{self.loaded.table}.values.{ours} = {{ T = 'true' }} or {{ T = 'tidak' }}."
            )
        return not ya


=======
>>>>>>> door
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
