"""Text into days and amounts, by one rule for the whole column: stated, or inferred and reported; never row by row.

A form is taken when it alone fits all values, or, where none does, when it alone fits all but a small share; the rows
it does not fit are then faults. Two forms that both fit and read some value differently are refused: 03/04/2024 may be
April or March, and 1.250 may be one or a thousand, and nobody but the owner of the file can tell.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw

from clv_lib.data.dialects import Dialect
from clv_lib.data.engines import Engine, dialect_of
from clv_lib.data.quality import Inferred
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.errors import DataError, SettingsError

TOLERATED_SHARE: Final = 0.01  # of rows that cannot be read; beyond it the file is refused, not trimmed
MISSING_WORDS: Final = ("", "-", "null", "none", "nan", "nat", "na", "n/a", "#n/a")
SAMPLE_ROWS: Final = 20_000  # enough to see which forms occur at all

_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
_TIME = rf"(?:[ T]+{_CLOCK})?"
_STAMP = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_OFFSET = r"(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)"

DATE_FORMS: Final[dict[str, str]] = {
    "%Y-%m-%d": r"\d{4}-\d{1,2}-\d{1,2}",
    "%Y%m%d": r"\d{8}",
    "%Y/%m/%d": r"\d{4}/\d{1,2}/\d{1,2}",
    "%d/%m/%Y": r"\d{1,2}/\d{1,2}/\d{4}",
    "%m/%d/%Y": r"\d{1,2}/\d{1,2}/\d{4}",
    "%d-%m-%Y": r"\d{1,2}-\d{1,2}-\d{4}",
    "%m-%d-%Y": r"\d{1,2}-\d{1,2}-\d{4}",
    "%d.%m.%Y": r"\d{1,2}\.\d{1,2}\.\d{4}",
    "%d %b %Y": r"\d{1,2} [A-Za-z]{3} \d{4}",
    "%d-%b-%Y": r"\d{1,2}-[A-Za-z]{3}-\d{4}",
    "%d %B %Y": r"\d{1,2} [A-Za-z]{3,9} \d{4}",
}
INSTANT: Final = "ISO 8601 with a time zone"


@dataclass(frozen=True)
class NumberForm:
    """Which marks a number is written with; '' for no thousands mark."""

    decimal: str
    thousands: str

    def __str__(self) -> str:
        """``decimal ',' thousands '.'``."""
        return f"decimal {self.decimal!r}" + (f", thousands {self.thousands!r}" if self.thousands else "")


NUMBER_FORMS: Final = tuple(  # simplest first
    NumberForm(decimal, thousands)
    for thousands in ("", ",", ".", " ", "'")
    for decimal in (".", ",")
    if decimal != thousands
)

Frame = nw.LazyFrame[Any]


def present(dialect: Dialect, column: str) -> str:
    """SQL: the trimmed text of a column, or null where it only says that there is none."""
    return present_text(f"CAST({dialect.name(column)} AS STRING)")


def present_text(text: str) -> str:
    """SQL: a text without the spaces around it, or null where it only says that there is none."""
    words = ", ".join(f"'{word}'" for word in MISSING_WORDS)
    trimmed = f"trim(replace(replace({text}, chr(160), ' '), '\u202f', ' '))"
    return f"CASE WHEN lower({trimmed}) NOT IN ({words}) THEN {trimmed} END"


def day_sql(dialect: Dialect, value: str, form: str, *, zone: str, clock_zone: str | None = None) -> str:
    """SQL: the day that a text names, or null.

    A time of day is allowed. It is ignored, unless the clocks hung in another zone (``clock_zone``): then it may move
    the day to the one in ``zone``, as an offset in the text does. A day without a time is never moved.
    """
    if form == INSTANT:
        return dialect.instant_day(_iso_instant(dialect, value), zone)
    if clock_zone is not None and (form in DATE_FORMS or "%z" not in form):
        return f"CAST({moment_sql(dialect, value, form, zone=zone, clock_zone=clock_zone)} AS DATE)"
    if form in DATE_FORMS:
        return f"CAST({_midnight(dialect, value, form)} AS DATE)"
    stamp = dialect.stamp(value, form)  # stated by the owner, times included
    return dialect.zoned_day(stamp, zone) if "%z" in form else f"CAST({stamp} AS DATE)"


def moment_sql(dialect: Dialect, value: str, form: str, *, zone: str, clock_zone: str | None = None) -> str:
    """SQL: the clock time that a text names, to the second, or null; a day alone is its midnight."""
    if form == INSTANT:
        return dialect.instant(_iso_instant(dialect, value), zone)
    if form not in DATE_FORMS:
        stamp = dialect.stamp(value, form)
        if "%z" in form:
            return dialect.zoned(stamp, zone)
        timed = "%H" in form or "%I" in form
        return dialect.moved(stamp, clock_zone, zone) if clock_zone and timed else stamp
    clock = dialect.extract(value, rf"[ T]+({_CLOCK})$")
    hours = f"TRY_CAST({dialect.extract(clock, r'^(\d{1,2})')} AS INTEGER)"
    minutes = f"TRY_CAST({dialect.extract(clock, r':(\d{2})')} AS INTEGER)"
    seconds = f"coalesce(TRY_CAST({dialect.extract(clock, r':\d{2}:(\d{2})')} AS INTEGER), 0)"
    half = f"CASE WHEN {dialect.matches(clock, '[Pp][Mm]$')} THEN 12 ELSE 0 END"
    hours = f"CASE WHEN {dialect.matches(clock, '[Mm]$')} THEN {hours} % 12 + {half} ELSE {hours} END"
    midnight = _midnight(dialect, value, form)
    moment = dialect.plus_seconds(midnight, f"({hours}) * 3600 + {minutes} * 60 + {seconds}")
    moment = dialect.moved(moment, clock_zone, zone) if clock_zone else moment
    return f"CASE WHEN {clock} <> '' THEN {moment} ELSE {midnight} END"


def month_sql(dialect: Dialect, value: str) -> str:
    """SQL: a month without a day (2024-01, 2024/1, 01/2024, 202401) as its first day; any other text as it is."""
    year_first = dialect.matches(value, r"^\d{4}[-/]\d{1,2}$")
    year_last = dialect.matches(value, r"^\d{1,2}/\d{4}$")
    compact = dialect.matches(value, r"^\d{6}$")
    first, last = dialect.extract(value, r"^(\d+)[-/]"), dialect.extract(value, r"[-/](\d+)$")
    head, tail = dialect.extract(value, r"^(\d{4})"), dialect.extract(value, r"(\d{2})$")
    return (
        f"CASE WHEN {year_first} THEN concat({first}, '-', {last}, '-01') "
        f"WHEN {year_last} THEN concat({last}, '-', {first}, '-01') "
        f"WHEN {compact} THEN concat({head}, '-', {tail}, '-01') ELSE {value} END"
    )


def _midnight(dialect: Dialect, value: str, form: str) -> str:
    return dialect.stamp(dialect.extract(value, rf"^({DATE_FORMS[form]}){_TIME}$"), form)


def _iso_instant(dialect: Dialect, value: str) -> str:
    """Spell an instant in the one way that both engines cast: with seconds, and with minutes in the offset."""
    stamp = dialect.extract(value, rf"^({_STAMP}) ?{_OFFSET}$")
    hours = dialect.extract(value, r"([+-]\d{2}):?(?:\d{2})?$")
    minutes = dialect.extract(value, r"[+-]\d{2}:?(\d{2})$")
    offset = (
        f"CASE WHEN {dialect.matches(value, '(Z|UTC)$')} THEN '+00:00' "
        f"ELSE concat({hours}, ':', CASE WHEN {minutes} = '' THEN '00' ELSE {minutes} END) END"
    )
    full = f"CASE WHEN length({stamp}) = 16 THEN concat({stamp}, ':00') ELSE {stamp} END"
    return f"CASE WHEN {stamp} <> '' THEN concat({full}, {offset}) END"


def check_date_format(form: str, *, table: str = "transactions") -> None:
    """Refuse a stated format that no engine could follow.

    Raises
    ------
    SettingsError
        It has a directive that we do not know, or none of day, month and year.
    """
    directives = re.findall(r"%(.?)", form.replace("%%", ""))
    unknown = [f"%{letter}" for letter in directives if letter not in tuple("YymdbBaAHMSfIpz")]
    if unknown or not directives:
        raise SettingsError(
            f"tables.{table}.date_format must be a strptime pattern such as '%Y-%m-%d', but it is {form!r}"
            + (f", and {', '.join(unknown)} means nothing here" if unknown else "")
            + ". Leave it out to have the format found."
        )


def number_sql(dialect: Dialect, value: str, form: NumberForm) -> str:
    """SQL: the number that a text names, as DECIMAL(38, 8), or null."""
    decimal, thousands = (_escaped(mark) for mark in (form.decimal, form.thousands))
    whole = rf"\d{{1,3}}(?:{thousands}\d{{3}}){{1,4}}|\d{{1,14}}" if thousands else r"\d{1,14}"
    exponent = r"(?:[eE][+-]?\d{1,2})?" if not thousands and form.decimal == "." else ""
    pattern = rf"^[+-]?(?:(?:{whole})(?:{decimal}\d*)?|{decimal}\d+){exponent}$"
    text = value
    for mark, stands in ((form.thousands, ""), (form.decimal, ".")):
        if mark and mark != stands:
            quoted = mark.replace("'", "''")
            text = f"replace({text}, '{quoted}', '{stands}')"
    return f"CASE WHEN {dialect.matches(value, pattern)} THEN TRY_CAST({text} AS DECIMAL(38, 8)) END"


def units_sql(number: str) -> str:
    """SQL: a number as whole ten-thousandths, or null where it is too large for them."""
    return f"TRY_CAST(round({number} * {MONEY_UNITS}) AS BIGINT)"


def infer_date_form(
    engine: Engine, texts: Frame, column: str, *, about: str, zone: str, table: str = "transactions"
) -> tuple[str, Inferred | None]:
    """Find the one form that the dates of a column of :func:`present` texts are written in.

    Raises
    ------
    DataError
        Two forms fit and disagree about some day.
    """
    dialect = dialect_of(engine)
    value = dialect.name(column)

    def sql(form: str) -> str:
        return day_sql(dialect, value, form, zone=zone)

    form, fits, rival = _choose(engine, texts, [*DATE_FORMS, INSTANT], value=value, reading=sql)
    if rival:
        raise DataError(
            f"the dates in {about} must have one reading, but they can be read as {form} and as {rival[0]}, and "
            f"{rival[1]:,} of them are then different days (first: {rival[2]!r}). "
            f"State it: tables.{table}.date_format = '{form}' or '{rival[0]}'."
        )
    return form, Inferred("date_format", about, form, fits) if fits else None


def infer_number_form(
    engine: Engine,
    texts: Frame,
    column: str,
    *,
    about: str,
    decimal: str | None,
    thousands: str | None,
    table: str = "transactions",
) -> tuple[NumberForm, Inferred | None]:
    """Find the decimal and thousands marks of a column, among those that the settings leave open.

    Raises
    ------
    DataError
        Two forms fit and disagree about some amount.
    """
    dialect = dialect_of(engine)
    value = dialect.name(column)
    marks = (".", ",", " ", "'")
    holds = [f"CASE WHEN {dialect.matches(value, _escaped(mark))} THEN 1 END" for mark in marks]
    used = {mark for mark, count in zip(marks, counted(engine, texts, holds), strict=True) if count}
    stated = [form for form in NUMBER_FORMS if decimal in (None, form.decimal) and thousands in (None, form.thousands)]
    # a mark that never occurs decides nothing; without thousands marks, the decimal mark must occur
    forms = [form for form in stated if (form.thousands or form.decimal) in used or form == NumberForm(".", "")]

    def sql(form: NumberForm) -> str:
        return number_sql(dialect, value, form)

    form, fits, rival = _choose(
        engine, texts, forms or [NumberForm(decimal or ".", thousands or "")], value=value, reading=sql
    )
    if rival:
        raise DataError(
            f"the amounts in {about} must have one reading, but they can be read with {form} and with {rival[0]}, and "
            f"{rival[1]:,} of them are then different numbers (first: {rival[2]!r}). State "
            f"tables.{table}.decimal = '.' or ',' (and thousands, where there is such a mark)."
        )
    known = decimal is not None or not used or not fits
    return form, None if known else Inferred("number_format", about, str(form), fits)


def _escaped(mark: str) -> str:
    # a quote inside a raw text constant has no spelling in Spark; its code does
    return {".": r"\.", "'": r"\x27"}.get(mark, mark)


def _choose[Form](
    engine: Engine,
    frame: Frame,
    forms: list[Form],
    *,
    value: str,
    reading: Callable[[Form], str],
) -> tuple[Form, int, tuple[Form, int, str] | None]:
    """Best form, how many values it fits, and a rival that fits as well but reads otherwise."""
    seen = counted(engine, frame.head(SAMPLE_ROWS), [reading(form) for form in forms])
    forms = [form for form, fits in zip(forms, seen, strict=True) if fits] or forms
    total, *counts = counted(engine, frame, [value, *(reading(form) for form in forms)])
    ranked = sorted(zip(forms, counts, strict=True), key=lambda pair: -pair[1])
    form, most = ranked[0]
    enough = total if most == total else (1 - TOLERATED_SHARE) * total
    for other, fits in ranked[1:]:
        if most >= enough and fits >= enough and fits:
            differ = f"CASE WHEN {reading(form)} <> {reading(other)} THEN {value} END"
            found = engine.project(frame, [f"{differ} AS found"]).filter(~nw.col("found").is_null())
            count = int(_first(found.select(nw.len().alias("n"))))
            if count:
                return form, most, (other, count, str(_first(found.head(1))))
    return form, most, None


def counted(engine: Engine, frame: Frame, expressions: list[str]) -> list[int]:
    """Count the non-null values of each expression, in one query."""
    names = [f"c{k}" for k in range(len(expressions))]
    projected = engine.project(frame, [f"{sql} AS {name}" for sql, name in zip(expressions, names, strict=True)])
    row = projected.select(*(nw.col(name).count() for name in names)).collect("pyarrow").to_native().to_pylist()[0]
    return [int(row[name]) for name in names]


def _first(frame: Frame) -> Any:
    return next(iter(frame.collect("pyarrow").to_native().to_pylist()[0].values()))
