"""Renewals by the month in which they fell due: how many, and how many were made."""

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.names import ACTIVE, BILLING_PERIOD, RENEWALS, RENEWALS_DUE, STARTED_AT, N
from clv_lib.periods import DAYS_PER_WEEK, MONTHS_OF_BILLING, month_number_of

NUMBER = "month_number"


def renewals_by_month(spells: Frame) -> pd.DataFrame:
    """Count the renewals that fell due in each month.

    Parameters
    ----------
    spells : narwhals.LazyFrame
        From :func:`clv_lib.data.tenures.tenures`.

    Returns
    -------
    DataFrame
        month_number, n (made), of (fell due for somebody who was still there).
    """
    keys = [STARTED_AT, BILLING_PERIOD, RENEWALS, RENEWALS_DUE, ACTIVE]
    cells = collected(spells.filter(nw.col(RENEWALS_DUE) > 0).group_by(*keys).agg(nw.len().alias(N)))
    left = ~cells[ACTIVE].to_numpy(bool)
    faced = np.minimum(cells[RENEWALS].to_numpy(int) + left, cells[RENEWALS_DUE].to_numpy(int))
    rows = np.repeat(np.arange(len(cells)), faced)
    k = np.arange(len(rows)) - np.repeat(np.cumsum(faced) - faced, faced) + 1
    own = cells.iloc[rows].reset_index(drop=True)
    counted = pd.DataFrame(
        {
            NUMBER: _due_in(pd.to_datetime(own[STARTED_AT]), own[BILLING_PERIOD], k),
            "n": own[N].where(k <= own[RENEWALS], 0),
            "of": own[N],
        }
    )
    return counted.groupby(NUMBER, as_index=False).sum().astype("int64")


def _due_in(started: pd.Series, billing: pd.Series, k: np.ndarray) -> np.ndarray:
    """Month number of the k-th renewal."""
    first = np.array([month_number_of(day) for day in started], dtype=int)
    weekly = np.array([month_number_of(day) for day in started + pd.to_timedelta(DAYS_PER_WEEK * k, unit="D")], int)
    months = billing.map(MONTHS_OF_BILLING).to_numpy(float)
    return np.where(np.isfinite(months), first + np.nan_to_num(months) * k, weekly).astype(int)
