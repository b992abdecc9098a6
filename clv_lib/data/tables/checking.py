"""Hold a frame against its contract: pandera on pandas frames, one query compiled from the same rules elsewhere."""

from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError

from clv_lib.data.tables.contracts import choices_of, kind_of
from clv_lib.data.tables.log import TRANSACTIONS
from clv_lib.errors import DataError


def checked(frame: pd.DataFrame, schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Return the frame in the contract's columns, order and types.

    Raises
    ------
    DataError
        Names the table, the column, the rule that is broken and the first value that breaks it.
    """
    try:
        return schema.validate(frame)[list(schema.columns)]
    except SchemaError as error:
        raise DataError(f"the {schema.name} must keep their contract, but {error}") from None


def breaches(frame: nw.LazyFrame[Any], schema: pa.DataFrameSchema = TRANSACTIONS) -> list[str]:
    """Every way in which a table of an engine breaks its contract, in words; found by one query.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The table, wherever it lives.
    schema : pandera.DataFrameSchema
        Its contract.
    """
    types = frame.collect_schema()
    found, rules = [], {}
    for name, column in schema.columns.items():
        if name not in types:
            if column.required:
                found.append(f"the column {name} ({column.description}) is missing")
            continue
        if not _fits(types[name], kind_of(column)):
            found.append(f"{name} must be of type {kind_of(column)}, but is {types[name]}")
            continue
        if not column.nullable:
            rules[f"{name} must not be missing"] = nw.col(name).is_null()
        for check in column.checks:
            rules[f"{name} must satisfy {check.error}"] = broken(nw.col(name), check)
        if words := choices_of(column):
            rules[f"{name} must be one of {', '.join(words)}"] = ~nw.col(name).is_in(words)
    if rules:
        flags = [rule.fill_null(False).cast(nw.Int64).alias(f"rule{k}") for k, rule in enumerate(rules.values())]
        sums = [nw.col(f"rule{k}").sum() for k in range(len(rules))]
        counts = frame.select(*flags).select(*sums).collect("pandas").to_native().iloc[0]
        found += [f"{rule}, but {int(n):,} rows break this" for rule, n in zip(rules, counts, strict=True) if n > 0]
    return found


def _fits(dtype: Any, kind: str) -> bool:
    if kind == "str":
        return bool(dtype == nw.String)
    if kind == "date":
        return bool(dtype == nw.Date)
    if kind == "timestamp":
        return isinstance(dtype, nw.Datetime)
    if kind == "bool":
        return bool(dtype == nw.Boolean)
    return bool(dtype.is_numeric())


def broken(column: nw.Expr, check: pa.Check) -> nw.Expr:
    """Whether a value breaks a check, as an expression of any engine."""
    bounds = check.statistics or {}
    if check.name == "str_length":
        return column.str.len_chars() < bounds["min_value"]
    if check.name == "greater_than":
        return column <= _literal(bounds["min_value"])
    if check.name == "less_than_or_equal_to":
        return column > _literal(bounds["max_value"])
    return column < _literal(bounds["min_value"])


def _literal(value: Any) -> Any:
    return nw.lit(value) if isinstance(value, date) else value
