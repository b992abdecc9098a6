"""How many of each cohort are still with us, as the purchase model sees it: never observed, hence with an interval.

The probability of being alive depends on a customer's cell alone, so it is computed once per cell and draw and added up
with the number of each cohort's customers in the cell.
"""

from collections.abc import Mapping

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.families import closed_forms, in_order
from clv_lib.analysis.intervals import INTERVAL, credible_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.names import COHORT, CUSTOMER_ID, FREQUENCY, RECENCY, N, PurchaseFamily, T


def cohort_cells(summary: Frame, activity: Frame) -> pd.DataFrame:
    """Customers of each cohort by cell: ``cohort, frequency, recency, T, n``.

    Parameters
    ----------
    summary : narwhals.LazyFrame
        From :func:`~clv_lib.data.customers.customer_summary`.
    activity : narwhals.LazyFrame
        ``customer_id, cohort`` of the same engine, any number of rows per customer.
    """
    born = activity.select(CUSTOMER_ID, COHORT).unique()
    both = summary.select(CUSTOMER_ID, FREQUENCY, RECENCY, T).join(born, on=CUSTOMER_ID, how="inner")
    keys = [COHORT, FREQUENCY, RECENCY, T]
    found = collected(both.group_by(*keys).agg(nw.len().alias(N)))
    return found.astype({COHORT: "int64", N: "int64"}).sort_values(keys, ignore_index=True)


def alive_by_cohort(
    cells: pd.DataFrame, draws: Mapping[str, np.ndarray], *, family: PurchaseFamily, mass: float = INTERVAL
) -> pd.DataFrame:
    """Share of each cohort that is still alive, with the interval of the parameters.

    Parameters
    ----------
    cells : DataFrame
        From :func:`cohort_cells`.
    draws : mapping of str to ndarray of dims (draw, 1)
        Posterior of the purchase model.
    family : str
    mass : float

    Returns
    -------
    DataFrame
        cohort, n, alive, low, high; the last row, with a missing cohort, is of all.
    """
    forms = closed_forms(family)
    parameters = in_order(draws, forms.PARAMETERS)
    rows: list[tuple[int | None, np.ndarray, int]] = []
    sums = np.zeros(len(parameters[0]))
    for cohort in np.unique(cells[COHORT]):
        mine = cells[cells[COHORT] == cohort]
        x, t_x, age = (mine[name].to_numpy(dtype=float) for name in (FREQUENCY, RECENCY, T))
        there = forms.p_alive(*parameters, frequency=x, recency=t_x, T=age) @ mine[N].to_numpy(dtype=float)
        rows.append((int(cohort), there, int(mine[N].sum())))
        sums = sums + there
    rows.append((None, sums, int(cells[N].sum())))
    table = []
    for cohort, there, n in rows:
        low, high = credible_interval(there / n, mass=mass)
        table.append((cohort, n, float((there / n).mean()), float(low), float(high)))
    found = pd.DataFrame(table, columns=[COHORT, N, "alive", "low", "high"])
    return found.astype({COHORT: "Int64"})
