"""How the dates and numbers of a table are written: found as at the door, by one rule for a whole column."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.data.dialects import DUCKDB
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.parsing import (
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
    """

    dates: dict[str, str]
    date_format: str | None
    numbers: NumberForm | None
    fits: dict[str, int]
    questions: tuple[str, ...]


def formats(one: Recognised, engine: DuckDBEngine) -> Formats:
    """Find the date format and the marks of the numbers; a doubt becomes a question, never a guess."""
    questions: list[str] = []
    dates: dict[str, str] = {}
    doubtful, dated, numbered = False, 0, 0
    for theirs in _texts(one, ("day",)):
        found = _or_doubt(_date_form, one, engine, theirs, questions)
        doubtful = doubtful or found is None
        if found and found[1] and found[1].evidence > 0.5 * len(one.export.columns[theirs].values):
            dates[theirs], dated = found[0], dated + found[1].evidence
    marks: dict[NumberForm, str] = {}
    for theirs in _texts(one, ("money", "number", "share")):  # scores are whole numbers
        number = _or_doubt(_number_form, one, engine, theirs, questions)
        if number and number[1] and number[1].evidence > 0.5 * len(one.export.columns[theirs].values):
            marks.setdefault(number[0], theirs)
            numbered += number[1].evidence
    for short in [one for one in marks if not one.thousands]:
        if any(other.thousands and other.decimal == short.decimal for other in marks):
            del marks[short]  # small numbers need no mark between thousands
    if len(marks) > 1:
        said = "; ".join(f"{theirs!r} has {form}" for form, theirs in marks.items())
        questions.append(f"which marks do the numbers have? A table must be written in one way, but {said}")
    forms = {form for form in dates.values() if form.startswith("%")}
    date_format = forms.pop() if len(set(dates.values())) == 1 and forms and not doubtful else None
    form = next(iter(marks)) if len(marks) == 1 else None
    return Formats(dates, date_format, form, {"date_format": dated, "numbers": numbered}, tuple(questions))


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


def _or_doubt[Found](
    find: Callable[[Recognised, DuckDBEngine, str], Found],
    one: Recognised,
    engine: DuckDBEngine,
    theirs: str,
    questions: list[str],
) -> Found | None:
    try:
        return find(one, engine, theirs)
    except DataError as error:
        questions.append(str(error).replace("tables.transactions.", f"tables.{one.table}."))
        return None
