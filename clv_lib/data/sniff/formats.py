"""How the dates and numbers of a table are written: found as at the door, by one rule for a whole column."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.data.dialects import DUCKDB
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.parsing import (
    DATE_FORMS,
    NumberForm,
    day_sql,
    infer_date_form,
    infer_number_form,
    number_sql,
    present,
)
from clv_lib.data.quality import Inferred
from clv_lib.data.sniff.contents import TABLES
from clv_lib.data.sniff.recognition import Recognised
from clv_lib.errors import DataError

_PLAIN: Final = NumberForm(".", "")


@dataclass(frozen=True)
class Formats:
    """How one table is written.

    Attributes
    ----------
    dates : dict
        Column of theirs = its form, for text columns.
    date_format : str or None
        The form that all of them share, to be stated.
    numbers : NumberForm or None
        None where no mark occurs that could be misread.
    fits : dict
        ``date_format`` and ``numbers`` = how many values they fit.
    questions : tuple of str
    borrowed : bool
        Whether the date format is that of the other tables, since the dates here have two readings.
    """

    dates: dict[str, str]
    date_format: str | None
    numbers: NumberForm | None
    fits: dict[str, int]
    questions: tuple[str, ...]
    borrowed: bool = False


def formats(tables: dict[str, Recognised], engine: DuckDBEngine) -> dict[str, Formats]:
    """Find the date format and the marks of the numbers of every table.

    Dates that can be read in two ways are read as the other dates of their table, or else as those of the other tables,
    and that is asked; a doubt that nothing settles is a question and no guess.
    """
    found = {name: _dates(one, engine) for name, one in tables.items()}
    known = Counter(form for dates, _ in found.values() for form in set(dates.values()))
    written = {}
    for name, one in tables.items():
        dates, doubts = found[name]
        own = Counter(dates.values())
        settled = {t: form for t in doubts for form in _most_common(own or known) if _fits_all(one, engine, t, form)}
        marks, fits, questions = _numbers(one, engine)
        forms = {*dates.values(), *settled.values()}
        stated = len(forms) == 1 and all(form.startswith("%") for form in forms) and settled.keys() == doubts.keys()
        count = sum(_readable(one, engine, theirs, form) for theirs, form in (dates | settled).items())
        written[name] = Formats(
            dates | settled,
            forms.pop() if stated else None,
            marks,
            {"date_format": count, "numbers": fits},
            (*(why for theirs, why in doubts.items() if theirs not in settled), *questions),
            borrowed=bool(settled) and not own,
        )
    return written


def _dates(one: Recognised, engine: DuckDBEngine) -> tuple[dict[str, str], dict[str, str]]:
    """Form of each column of days, and for those with two readings, the sentence that says so."""
    dates: dict[str, str] = {}
    doubts: dict[str, str] = {}
    for theirs in _texts(one, ("day", "month")):
        column = one.export.columns[theirs]
        if not column.could_be("day"):
            continue  # months without a day need no format
        try:
            form, fact = _date_form(one, engine, theirs)
        except DataError as error:
            months = theirs in _texts(one, ("month",))
            first = [form for form in DATE_FORMS if _fits_all(one, engine, theirs, form, first=True)] if months else []
            if len(first) == 1:  # in the other reading each month would be January
                dates[theirs] = first[0]
            else:
                doubts[theirs] = str(error).replace("tables.transactions.", f"tables.{one.table}.")
        else:
            if fact and fact.evidence > 0.5 * len(column.values):
                dates[theirs] = form
    return dates, doubts


def _numbers(one: Recognised, engine: DuckDBEngine) -> tuple[NumberForm | None, int, list[str]]:
    """The marks of a table's numbers, how many they fit, and what is doubtful about them."""
    marks: dict[NumberForm, str] = {}
    fits, questions = 0, []
    for theirs in _texts(one, ("money", "number", "share")):  # scores are whole numbers
        try:
            form, fact = _number_form(one, engine, theirs)
        except DataError as error:
            questions.append(str(error).replace("tables.transactions.", f"tables.{one.table}."))
        else:
            if fact and fact.evidence > 0.5 * len(one.export.columns[theirs].values):
                marks.setdefault(form, theirs)
                fits += fact.evidence
    for short in [form for form in marks if not form.thousands]:
        if any(other.thousands and other.decimal == short.decimal for other in marks):
            del marks[short]  # small numbers need no mark between thousands
    if len(marks) > 1:
        said = "; ".join(f"{theirs!r} has {form}" for form, theirs in marks.items())
        questions.append(f"which marks do the numbers have? A table must be written in one way, but {said}")
    return (next(iter(marks)) if len(marks) == 1 else None), fits, questions


def days(one: Recognised, engine: DuckDBEngine, ours: str, written: Formats) -> list[date]:
    """Days of a column, in order; without those that cannot be read."""
    theirs = one.fit.matches[ours].theirs
    sql = day_sql(DUCKDB, "value", written.dates.get(theirs, "%Y-%m-%d"), zone="UTC")
    found = engine.project(_present(one, engine, theirs), [f"{sql} AS day"]).filter(~nw.col("day").is_null())
    return sorted(found.collect("pyarrow").to_native()["day"].to_pylist())


def amounts(one: Recognised, engine: DuckDBEngine, ours: str, written: Formats) -> pd.Series:
    """Numbers of a column, row by row; missing where there is none."""
    theirs = one.fit.matches[ours].theirs
    sql = number_sql(DUCKDB, "value", written.numbers if written.numbers and theirs not in one.export.typed else _PLAIN)
    found = engine.project(_present(one, engine, theirs), [f"CAST({sql} AS DOUBLE) AS number"])
    return pd.Series(found.collect("pyarrow").to_native()["number"].to_pylist(), dtype="float64")


def _texts(one: Recognised, shapes: tuple[str, ...]) -> list[str]:
    """Columns of theirs that are text, and should have one of the shapes."""
    words = TABLES[one.table]
    wanted = {ours for ours, shape in {**words.required, **words.optional}.items() if shape in shapes}
    matches = one.fit.matches
    return [matches[ours].theirs for ours in matches if ours in wanted and matches[ours].theirs not in one.export.typed]


def _date_form(one: Recognised, engine: DuckDBEngine, theirs: str) -> tuple[str, Inferred | None]:
    about = f"column {theirs!r} of {one.export.name}"
    return infer_date_form(engine, _present(one, engine, theirs), "value", about=about, zone="UTC")


def _number_form(one: Recognised, engine: DuckDBEngine, theirs: str) -> tuple[NumberForm, Inferred | None]:
    about = f"column {theirs!r} of {one.export.name}"
    return infer_number_form(engine, _present(one, engine, theirs), "value", about=about, decimal=None, thousands=None)


def _present(one: Recognised, engine: DuckDBEngine, theirs: str) -> nw.LazyFrame[Any]:
    lent = engine.lend(pd.DataFrame({"value": one.export.frame[theirs].astype("str")}))
    return engine.project(lent, [f"{present(DUCKDB, 'value')} AS value"])


def _most_common(forms: Counter[str]) -> list[str]:
    return [form for form, _ in forms.most_common(1)]


def _fits_all(one: Recognised, engine: DuckDBEngine, theirs: str, form: str, *, first: bool = False) -> bool:
    values = len(one.export.columns[theirs].values)
    return 0 < values == _readable(one, engine, theirs, form, first=first)


def _readable(one: Recognised, engine: DuckDBEngine, theirs: str, form: str, *, first: bool = False) -> int:
    """How many values a form can read; with ``first``, as the first day of a month."""
    day = day_sql(DUCKDB, "value", form, zone="UTC")
    fits = f"CASE WHEN extract(day FROM {day}) = 1 THEN 1 END" if first else day
    counted = engine.project(_present(one, engine, theirs), [f"{fits} AS found"]).select(nw.col("found").count())
    return int(counted.collect("pyarrow").to_native()["found"][0].as_py())
