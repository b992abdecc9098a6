"""Customers that share all that a likelihood sees, with their count: the frames that models read."""

from typing import Final

import pandera.pandas as pa

from clv_lib.data.tables.contracts import column, schema
from clv_lib.names import (
    FREQUENCY,
    FREQUENCY_CAL,
    FREQUENCY_HOLDOUT,
    LAST_PERIOD,
    MEAN_LOG_VALUE,
    MONETARY_VALUE,
    RECENCY,
    RECENCY_CAL,
    REVENUE_HOLDOUT,
    SPEND_BIN,
    T_CAL,
    N,
    T,
)

_COUNT = pa.Check.ge(0)
_WEEKS = pa.Check.ge(0)
_CELL = (column(FREQUENCY, "int64", _COUNT), column(RECENCY, "float64", _WEEKS), column(T, "float64", _WEEKS))
_CALIBRATION = (
    column(FREQUENCY_CAL, "int64", _COUNT),
    column(RECENCY_CAL, "float64", _WEEKS),
    column(T_CAL, "float64", _WEEKS),
)
_SPEND_STEP = column(SPEND_BIN, "int64", pa.Check.ge(-1))
_SPEND = column(MONETARY_VALUE, "float64", pa.Check.gt(0), nullable=True)
_SIZE = column(N, "int64", pa.Check.ge(1))

CELLS: Final = schema("cells", *_CELL, _SIZE, key=[FREQUENCY, RECENCY, T])
SPEND_CELLS: Final = schema(
    "spend cells",
    column(FREQUENCY, "int64", pa.Check.ge(1)),
    column(MONETARY_VALUE, "float64", pa.Check.gt(0)),
    _SIZE,
    column(MEAN_LOG_VALUE, "float64"),
)
VALUATION_CELLS: Final = schema(
    "valuation cells", *_CELL, _SPEND_STEP, _SPEND, _SIZE, key=[FREQUENCY, RECENCY, T, SPEND_BIN]
)
SPLIT_CELLS: Final = schema(
    "split cells", *_CALIBRATION, *_CELL, _SIZE, key=[FREQUENCY_CAL, RECENCY_CAL, T_CAL, FREQUENCY, RECENCY, T]
)
BACKTEST_CELLS: Final = schema(
    "backtest cells",
    *_CALIBRATION,
    _SPEND_STEP,
    _SPEND,
    column(FREQUENCY_HOLDOUT, "int64", _COUNT),
    column(LAST_PERIOD, "int64", _COUNT),
    column(REVENUE_HOLDOUT, "float64", pa.Check.ge(0)),
    _SIZE,
    key=[FREQUENCY_CAL, RECENCY_CAL, T_CAL, SPEND_BIN, FREQUENCY_HOLDOUT, LAST_PERIOD],
)
