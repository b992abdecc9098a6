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
from clv_lib.data.engines import Engine
from clv_lib.data.quality import Inferred
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.errors import DataError, SettingsError

TOLERATED_SHARE: Final = 0.01  # of rows that cannot be read; beyond it the file is refused, not trimmed
MISSING_WORDS: Final = ("", "-", "null", "none", "nan", "nat", "na", "n/a", "#n/a")
SAMPLE_ROWS: Final = 20_000  # enough to see which forms occur at all

_TIME = r"(?:[ T]+(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?)?"
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
    "%d %B %Y": r"\d{1,2} [A-Za-z]{4,9} \d{4}",
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
    words = ", ".join(f"'{word}'" for word in MISSING_WORDS)
    trimmed = f"trim(replace(replace(CAST({dialect.name(column)} AS STRING), chr(160), ' '), '\u202f', ' '))"
    return f"CASE WHEN lower({trimmed}) NOT IN ({words}) THEN {trimmed} END"


def day_sql(dialect: Dialect, value: str, form: str, *, zone: str) -> str:
    """SQL: the day that a text names, or null. A time of day is allowed and ignored; an offset moves it to ``zone``."""
    if form == INSTANT:
        stamp = dialect.extract(value, rf"^({_STAMP}) ?{_OFFSET}$")
        hours = dialect.extract(value, r"([+-]\d{2}):?(?:\d{2})?$")
        minutes = dialect.extract(value, r"[+-]\d{2}:?(\d{2})$")
        offset = (
            f"CASE WHEN {dialect.matches(value, '(Z|UTC)$')} THEN '+00:00' "
            f"ELSE concat({hours}, ':', CASE WHEN {minutes} = '' THEN '00' ELSE {minutes} END) END"
        )
        full = f"CASE WHEN length({stamp}) = 16 THEN concat({stamp}, ':00') ELSE {stamp} END"
        instant = f"CASE WHEN {stamp} <> '' THEN concat({full}, {offset}) END"
        return dialect.instant_day(instant, zone)
    pattern = DATE_FORMS.get(form)
    if pattern is not None:
        return f"CAST({dialect.stamp(dialect.extract(value, rf'^({pattern}){_TIME}$'), form)} AS DATE)"
    stamp = dialect.stamp(value, form)  # stated by the owner, times included
    return dialect.zoned_day(stamp, zone) if "%z" in form else f"CAST({stamp} AS DATE)"


def check_date_format(form: str) -> None:
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
            f"tables.transactions.date_format must be a strptime pattern such as '%Y-%m-%d', but it is {form!r}"
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


def infer_date_form(engine: Engine, texts: Frame, column: str, *, about: str, zone: str) -> tuple[str, Inferred | None]:
    """Find the one form that the dates of a column of :func:`present` texts are written in.

    Raises
    ------
    DataError
        Two forms fit and disagree about some day.
    """
    dialect = _dialect(engine)
    value = dialect.name(column)

    def sql(form: str) -> str:
        return day_sql(dialect, value, form, zone=zone)

    form, fits, rival = _choose(engine, texts, [*DATE_FORMS, INSTANT], value=value, reading=sql)
    if rival:
        raise DataError(
            f"the dates in {about} must have one reading, but they can be read as {form} and as {rival[0]}, and "
            f"{rival[1]:,} of them are then different days (first: {rival[2]!r}). "
            f"State it: tables.transactions.date_format = '{form}' or '{rival[0]}'."
        )
    return form, Inferred("date_format", about, form, fits) if fits else None


def infer_number_form(
    engine: Engine, texts: Frame, column: str, *, about: str, decimal: str | None, thousands: str | None
) -> tuple[NumberForm, Inferred | None]:
    """Find the decimal and thousands marks of a column, among those that the settings leave open.

    Raises
    ------
    DataError
        Two forms fit and disagree about some amount.
    """
    dialect = _dialect(engine)
    value = dialect.name(column)
    marks = (".", ",", " ", "'")
    holds = [f"CASE WHEN {dialect.matches(value, _escaped(mark))} THEN 1 END" for mark in marks]
    used = {mark for mark, count in zip(marks, _count(engine, texts, holds), strict=True) if count}
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
            "tables.transactions.decimal = '.' or ',' (and thousands, where there is such a mark)."
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
    seen = _count(engine, frame.head(SAMPLE_ROWS), [reading(form) for form in forms])
    forms = [form for form, fits in zip(forms, seen, strict=True) if fits] or forms
    total, *counts = _count(engine, frame, [value, *(reading(form) for form in forms)])
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


def _count(engine: Engine, frame: Frame, expressions: list[str]) -> list[int]:
    """Count the non-null values of each expression, in one query."""
    names = [f"c{k}" for k in range(len(expressions))]
    projected = engine.project(frame, [f"{sql} AS {name}" for sql, name in zip(expressions, names, strict=True)])
    row = projected.select(*(nw.col(name).count() for name in names)).collect("pyarrow").to_native().to_pylist()[0]
    return [int(row[name]) for name in names]


def _first(frame: Frame) -> Any:
    return next(iter(frame.collect("pyarrow").to_native().to_pylist()[0].values()))


def _dialect(engine: Engine) -> Dialect:
    if engine.dialect is None:
        raise NotImplementedError(engine.kind)
    return engine.dialect
