"""The contract of each table: columns, types, ranges, keys. One source for every check.

:data:`TRANSACTIONS` describes the accepted log, wherever it lives; :func:`breaches` compiles it into one query. The
small frames that leave the room are checked by pandera itself, on the way out.
"""

from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError

from clv_lib.errors import DataError
from clv_lib.names import (
    AMOUNT,
    CATEGORY,
    CHANNEL,
    CURRENCY,
    CUSTOMER_ID,
    DISCOUNT,
    FREQUENCY,
    FREQUENCY_CAL,
    FREQUENCY_HOLDOUT,
    LAST_PERIOD,
    MEAN_LOG_VALUE,
    MEANINGS,
    MONETARY_VALUE,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    RECENCY,
    RECENCY_CAL,
    REFUND_OF,
    REVENUE_HOLDOUT,
    SPEND_BIN,
    T_CAL,
    UNIT_COST,
    N,
    T,
)

MONEY_UNITS: Final = 10_000  # money is added in ten-thousandths of the currency, as integers
EARLIEST_DAY: Final = date(1970, 1, 2)  # 1900-01-01 and 1970-01-01 are how systems write "no date"

_TEXT, _DAY, _NUMBER = "str", "date", "float64"


def _column(name: str, kind: Any, *checks: pa.Check, nullable: bool = False, required: bool = True) -> pa.Column:
    return pa.Column(
        kind,
        list(checks),
        name=name,
        nullable=nullable,
        required=required,
        description=MEANINGS[name],
        metadata={"kind": kind},  # pandera turns the type into pandas' own; engines need the plain word
        coerce=True,
    )


def _kind(column: pa.Column) -> str:
    return str((column.metadata or {})["kind"])


def _schema(name: str, *columns: pa.Column, key: list[str] | None = None) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {column.name: column for column in columns}, name=name, unique=key, strict="filter", ordered=False
    )


def _optional(name: str, kind: Any) -> pa.Column:
    return _column(name, kind, nullable=True, required=False)


TRANSACTIONS: Final = _schema(
    "transactions",
    _column(CUSTOMER_ID, _TEXT, pa.Check.str_length(min_value=1)),
    _column(ORDERED_AT, _DAY, pa.Check.ge(EARLIEST_DAY)),
    _column(AMOUNT, _NUMBER, pa.Check.ge(0)),
    *(_optional(name, _TEXT) for name in (ORDER_ID, PRODUCT_ID, CATEGORY, CHANNEL, CURRENCY, REFUND_OF)),
    *(_optional(name, _NUMBER) for name in (QUANTITY, UNIT_COST, DISCOUNT)),
)
REQUIRED: Final = tuple(name for name, column in TRANSACTIONS.columns.items() if column.required)
OPTIONAL_TEXT: Final = tuple(
    name for name, column in TRANSACTIONS.columns.items() if not column.required and _kind(column) == _TEXT
)
OPTIONAL_NUMBERS: Final = tuple(
    name for name, column in TRANSACTIONS.columns.items() if not column.required and _kind(column) == _NUMBER
)

_COUNT = pa.Check.ge(0)
_WEEKS = pa.Check.ge(0)
_CELL = (_column(FREQUENCY, "int64", _COUNT), _column(RECENCY, "float64", _WEEKS), _column(T, "float64", _WEEKS))
_CALIBRATION = (
    _column(FREQUENCY_CAL, "int64", _COUNT),
    _column(RECENCY_CAL, "float64", _WEEKS),
    _column(T_CAL, "float64", _WEEKS),
)
_SPEND_STEP = _column(SPEND_BIN, "int64", pa.Check.ge(-1))
_SPEND = _column(MONETARY_VALUE, "float64", pa.Check.gt(0), nullable=True)
_SIZE = _column(N, "int64", pa.Check.ge(1))

CELLS: Final = _schema("cells", *_CELL, _SIZE, key=[FREQUENCY, RECENCY, T])
SPEND_CELLS: Final = _schema(
    "spend cells",
    _column(FREQUENCY, "int64", pa.Check.ge(1)),
    _column(MONETARY_VALUE, "float64", pa.Check.gt(0)),
    _SIZE,
    _column(MEAN_LOG_VALUE, "float64"),
)
VALUATION_CELLS: Final = _schema(
    "valuation cells", *_CELL, _SPEND_STEP, _SPEND, _SIZE, key=[FREQUENCY, RECENCY, T, SPEND_BIN]
)
SPLIT_CELLS: Final = _schema(
    "split cells", *_CALIBRATION, *_CELL, _SIZE, key=[FREQUENCY_CAL, RECENCY_CAL, T_CAL, FREQUENCY, RECENCY, T]
)
BACKTEST_CELLS: Final = _schema(
    "backtest cells",
    *_CALIBRATION,
    _SPEND_STEP,
    _SPEND,
    _column(FREQUENCY_HOLDOUT, "int64", _COUNT),
    _column(LAST_PERIOD, "int64", _COUNT),
    _column(REVENUE_HOLDOUT, "float64", pa.Check.ge(0)),
    _SIZE,
    key=[FREQUENCY_CAL, RECENCY_CAL, T_CAL, SPEND_BIN, FREQUENCY_HOLDOUT, LAST_PERIOD],
)


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
        if not _fits(types[name], _kind(column)):
            found.append(f"{name} must be of type {_kind(column)}, but is {types[name]}")
            continue
        if not column.nullable:
            rules[f"{name} must not be missing"] = nw.col(name).is_null()
        for check in column.checks:
            rules[f"{name} must satisfy {check.error}"] = _broken(nw.col(name), check)
    if rules:
        flags = [broken.fill_null(False).cast(nw.Int64).alias(f"rule{k}") for k, broken in enumerate(rules.values())]
        sums = [nw.col(f"rule{k}").sum() for k in range(len(rules))]
        counts = frame.select(*flags).select(*sums).collect("pandas").to_native().iloc[0]
        found += [f"{rule}, but {int(n):,} rows break this" for rule, n in zip(rules, counts, strict=True) if n > 0]
    return found


def _fits(dtype: Any, kind: str) -> bool:
    if kind == _TEXT:
        return dtype == nw.String
    if kind == _DAY:
        return dtype == nw.Date
    return dtype.is_numeric()


def _broken(column: nw.Expr, check: pa.Check) -> nw.Expr:
    least = (check.statistics or {})["min_value"]
    if check.name == "str_length":
        return column.str.len_chars() < least
    return column <= least if check.name == "greater_than" else column < least
