"""What a purchase model would have seen of the customers at the end of earlier months."""

from collections.abc import Iterable
from datetime import timedelta

import pandas as pd

from clv_lib.data.customer_cells import valuation_cells
from clv_lib.data.customers import NO_SPEND, Frame, customer_summary
from clv_lib.names import FREQUENCY, MONETARY_VALUE, RECENCY, SPEND_BIN, N, T
from clv_lib.periods import month_of_number

NUMBER = "month_number"


def cells_of_months(transactions: Frame, months: Iterable[int]) -> pd.DataFrame:
    """Customers counted by what was known of them at a month's end, in whole weeks.

    Customers who differ only in how much they spend share a cell: the expected spend is linear in the mean spend so
    far, so the sum over them needs its mean alone.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
        Accepted rows.
    months : iterable of int
        Month numbers, covered to their last day.

    Returns
    -------
    DataFrame
        month_number, frequency, recency, T (weeks), spend_bin (-1 without a repeat purchase of value, else 0),
        monetary_value (currency), n.
    """
    found = [_at_end(transactions, number).assign(**{NUMBER: number}) for number in months]
    columns = [NUMBER, FREQUENCY, RECENCY, T, SPEND_BIN, MONETARY_VALUE, N]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _at_end(transactions: Frame, number: int) -> pd.DataFrame:
    end = month_of_number(number + 1) - timedelta(days=1)
    cells = valuation_cells(customer_summary(transactions, end=end, resolution="week"))
    weighed = cells.assign(
        **{SPEND_BIN: cells[SPEND_BIN].clip(upper=0), MONETARY_VALUE: cells[MONETARY_VALUE] * cells[N]}
    )
    keys = [FREQUENCY, RECENCY, T, SPEND_BIN]
    summed = weighed.groupby(keys, as_index=False)[[MONETARY_VALUE, N]].sum()
    mean = (summed[MONETARY_VALUE] / summed[N]).where(summed[SPEND_BIN] != NO_SPEND)
    return summed.assign(**{MONETARY_VALUE: mean})
