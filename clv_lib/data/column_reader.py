"""Columns of text as SQL of one dialect: how they are written is stated, or found out for the whole column at once."""

from dataclasses import dataclass, replace

import narwhals as nw

from clv_lib.data.column_names import (
    DAYS,
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
from clv_lib.data.dialects import Dialect, literal
from clv_lib.data.engines import Engine
from clv_lib.data.loaded import MARKS, Loaded
from clv_lib.data.parsing import (
    NumberForm,
    check_date_format,
    counted,
    day_sql,
    infer_date_form,
    infer_number_form,
    moment_sql,
    month_sql,
    number_sql,
    present_text,
    units_sql,
)
from clv_lib.data.quality import Inferred
from clv_lib.data.tables import LOG, MONEY_UNITS, Contract
from clv_lib.data.workbooks import typed_part
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, ORDERED_AT
from clv_lib.settings import TableSection


@dataclass(frozen=True)
class Reader:
    """Columns as SQL of one dialect."""

    loaded: Loaded
    contract: Contract
    section: TableSection
    zone: str
    engine: Engine
    dialect: Dialect
    types: nw.Schema

    def read(self) -> tuple[Frame, list[Inferred]]:
        """Columns with their text beside them, and what was found out about their writing."""
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
            if reads in DAYS:
                values[ours], fact = self._days(ours, well_formed)
                facts.append(fact)
            elif reads in NUMBERS:
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
