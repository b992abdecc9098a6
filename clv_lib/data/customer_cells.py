"""Customers that share all that a likelihood sees, counted: cells, exact and small.

Logarithms are added as integers too, so that the sums are the same on every engine.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import (
    DAY_VALUE,
    NO_SPEND,
    REPEAT_VALUE,
    Frame,
    Resolution,
    collected,
    customer_summary,
    money_units,
    purchase_days,
)
from clv_lib.data.tables import (
    BACKTEST_CELLS,
    CELLS,
    MONEY_UNITS,
    SPEND_CELLS,
    SPLIT_CELLS,
    VALUATION_CELLS,
    checked,
)
from clv_lib.errors import DataError
from clv_lib.names import (
    CUSTOMER_ID,
    FIRST_DAY,
    FIRST_VALUE,
    FREQUENCY,
    FREQUENCY_CAL,
    FREQUENCY_HOLDOUT,
    LAST_PERIOD,
    MEAN_LOG_VALUE,
    MONETARY_VALUE,
    PURCHASE_DAY,
    RECENCY,
    RECENCY_CAL,
    REVENUE_HOLDOUT,
    SPEND_BIN,
    T_CAL,
    TOTAL_VALUE,
    N,
    T,
)
from clv_lib.periods import ObservationWindow

_LOG_STEPS: Final = 1e9  # logarithms are added as integers too, at this precision


def cells(summary: Frame) -> pd.DataFrame:
    """Distinct ``frequency, recency, T`` with the number ``n`` of customers that share them."""
    return checked(_counted(summary, [FREQUENCY, RECENCY, T]), CELLS)


def spend_cells(summary: Frame) -> pd.DataFrame:
    """Distinct ``frequency, spend_bin`` of customers with repeat spend: mean spend, mean log spend and ``n``."""
    log = (nw.col(MONETARY_VALUE).log() * _LOG_STEPS).round(0).cast(nw.Int64).alias(MEAN_LOG_VALUE)
    spenders = _with_repeat_value(summary.filter(nw.col(SPEND_BIN) != NO_SPEND)).with_columns(log)
    found = _with_mean_spend(_counted(spenders, [FREQUENCY, SPEND_BIN], sums=[REPEAT_VALUE, MEAN_LOG_VALUE]))
    found[MEAN_LOG_VALUE] = found[MEAN_LOG_VALUE] / _LOG_STEPS / found[N]
    return checked(found, SPEND_CELLS)


def valuation_cells(summary: Frame) -> pd.DataFrame:
    """Distinct ``frequency, recency, T, spend_bin``: all that the value of a customer depends on."""
    found = _counted(_with_repeat_value(summary), [FREQUENCY, RECENCY, T, SPEND_BIN], sums=[REPEAT_VALUE])
    return checked(_with_mean_spend(found), VALUATION_CELLS)


def split_cells(transactions: Frame, *, window: ObservationWindow, resolution: Resolution = "day") -> pd.DataFrame:
    """The same customers seen at the end of the calibration period and at the end of the window.

    Customers who bought first in the holdout leave both.
    """
    calibration_end = _calibration_end(window)
    before = customer_summary(transactions, end=calibration_end, resolution=resolution).select(
        CUSTOMER_ID,
        nw.col(FREQUENCY).alias(FREQUENCY_CAL),
        nw.col(RECENCY).alias(RECENCY_CAL),
        nw.col(T).alias(T_CAL),
    )
    after = customer_summary(transactions, end=window.end, resolution=resolution)
    both = before.join(after.select(CUSTOMER_ID, FREQUENCY, RECENCY, T), on=CUSTOMER_ID, how="inner")
    return checked(_counted(both, [FREQUENCY_CAL, RECENCY_CAL, T_CAL, FREQUENCY, RECENCY, T]), SPLIT_CELLS)


def backtest_cells(
    transactions: Frame, *, window: ObservationWindow, resolution: Resolution = "day", exact_spend: bool = False
) -> pd.DataFrame:
    """Calibration cells beside what the same customers did in the holdout.

    Returns
    -------
    pandas.DataFrame
        ``frequency_cal, recency_cal, T_cal, spend_bin, monetary_value`` at the end of the calibration period;
        ``frequency_holdout``, purchase days in the holdout; ``last_period``, purchase days (the first one excepted)
        in the stretch of equal length just before it; ``revenue_holdout``, summed over the cell; ``n``.
    """
    calibration_end = _calibration_end(window)
    split, length = calibration_end.toordinal(), (window.end - calibration_end).days
    summary = customer_summary(transactions, end=calibration_end, resolution=resolution, exact_spend=exact_spend)
    day = nw.col(PURCHASE_DAY)
    held = (
        purchase_days(transactions)
        .filter(day <= window.end.toordinal())
        .with_columns(
            (day > split).cast(nw.Int64).alias(FREQUENCY_HOLDOUT),
            ((day > split - length) & (day <= split)).cast(nw.Int64).alias(LAST_PERIOD),
            nw.when(day > split).then(nw.col(DAY_VALUE)).otherwise(nw.lit(0)).cast(nw.Int64).alias(REVENUE_HOLDOUT),
        )
        .group_by(CUSTOMER_ID)
        .agg(nw.col(FREQUENCY_HOLDOUT).sum(), nw.col(LAST_PERIOD).sum(), nw.col(REVENUE_HOLDOUT).sum())
    )
    born_late = (nw.col(FIRST_DAY) > split - length).cast(nw.Int64)
    both = _with_repeat_value(summary.join(held, on=CUSTOMER_ID, how="inner")).with_columns(
        nw.col(FREQUENCY).alias(FREQUENCY_CAL),
        nw.col(RECENCY).alias(RECENCY_CAL),
        nw.col(T).alias(T_CAL),
        nw.col(FREQUENCY_HOLDOUT).cast(nw.Int64),
        (nw.col(LAST_PERIOD).cast(nw.Int64) - born_late).alias(LAST_PERIOD),
    )
    keys = [FREQUENCY_CAL, RECENCY_CAL, T_CAL, SPEND_BIN, FREQUENCY_HOLDOUT, LAST_PERIOD]
    found = _with_mean_spend(_counted(both, keys, sums=[REPEAT_VALUE, REVENUE_HOLDOUT]), frequency=FREQUENCY_CAL)
    found[REVENUE_HOLDOUT] = found[REVENUE_HOLDOUT] / MONEY_UNITS
    return checked(found, BACKTEST_CELLS)


def _calibration_end(window: ObservationWindow) -> date:
    if window.calibration_end is None:
        raise DataError(
            f"a backtest must have a calibration period and a holdout, but the log from {window.start} to "
            f"{window.end} is too short for both. State dataset.calibration_end to choose the day yourself."
        )
    return window.calibration_end


def _with_repeat_value(summary: Frame) -> Frame:
    return summary.with_columns(
        (money_units(nw.col(TOTAL_VALUE)) - money_units(nw.col(FIRST_VALUE))).alias(REPEAT_VALUE)
    )


def _with_mean_spend(found: pd.DataFrame, *, frequency: str = FREQUENCY) -> pd.DataFrame:
    """Mean spend of a cell from its summed repeat value; NaN where nothing was spent again."""
    occasions = (found[frequency] * found[N]).where(found[SPEND_BIN] != NO_SPEND)
    found[MONETARY_VALUE] = found.pop(REPEAT_VALUE) / (occasions * MONEY_UNITS)  # one rounding
    return found


def _counted(frame: Frame, keys: Sequence[str], *, sums: Sequence[str] = ()) -> pd.DataFrame:
    """Group by the keys, in their order: count ``n`` and sums of integer columns, exact in any order of rows."""
    found = collected(frame.group_by(*keys).agg(nw.len().alias(N), *(nw.col(column).sum() for column in sums)))
    return found.astype({N: "int64", **dict.fromkeys(sums, "float64")}).sort_values(list(keys), ignore_index=True)
