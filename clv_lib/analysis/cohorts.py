"""Cohorts: the customers of one period of first purchase, followed from period to period.

A cell is a cohort in one of its periods. What lies after the last complete period has not been observed and is missing,
never 0; a cohort that bought nothing in an observed period has 0. The last period, where the log ends inside it, is
kept apart: it belongs to the totals and to no rate.
"""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.shares import with_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import COHORT, COHORT_AGE, CUSTOMER_ID, ORDERS, PERIOD
from clv_lib.periods import Periods

CUSTOMERS = "customers"
SIZE = "size"  # customers whom the cohort won
REVENUE_SO_FAR = "revenue_so_far"  # per customer won, currency


@dataclass(frozen=True)
class Cohorts:
    """What every cohort did in every period.

    Attributes
    ----------
    cells : DataFrame
        cohort, period, cohort_age, size, customers (who bought), orders, units (1/10,000 of the currency), complete;
        rate, rate_low, rate_high (share of the cohort that bought); revenue_so_far and its interval (currency per
        customer won, up to and with the period). Rates are missing where the period is not complete.
    periods : Periods
    """

    cells: pd.DataFrame
    periods: Periods

    @property
    def sizes(self) -> pd.Series:
        """Customers won, by cohort."""
        return self.cells.drop_duplicates(COHORT).set_index(COHORT)[SIZE]

    @property
    def numbers(self) -> list[int]:
        """The cohorts, oldest first."""
        return [int(number) for number in self.sizes.index]

    def triangle(self, column: str) -> pd.DataFrame:
        """A row per cohort, a column per age; missing where nothing complete was observed."""
        seen = self.cells[self.cells["complete"]]
        wide = seen.pivot(index=COHORT, columns=COHORT_AGE, values=column)
        return wide.reindex(self.sizes.index)

    def of(self, cohort: int) -> pd.DataFrame:
        """The observed life of one cohort, by age."""
        mine = self.cells[(self.cells[COHORT] == cohort) & self.cells["complete"]]
        return mine.reset_index(drop=True)

    def typical(self, marked: int | None = None) -> int | None:
        """The oldest cohort that was won in a complete period and is not ``marked``; None where there is none."""
        whole = [n for n in self.numbers if n in self.periods.complete and n != marked]
        return whole[0] if whole else None


def cohorts(activity: Frame, periods: Periods) -> Cohorts:
    """Add up every cohort in every period.

    Parameters
    ----------
    activity : narwhals.LazyFrame
        From :func:`~clv_lib.data.purchase_periods.purchase_periods`.
    periods : Periods
    """
    spent = nw.col(UNITS) / MONEY_UNITS
    # the square of what a customer has spent so far grows by (2 before + now) now, and only when the customer buys:
    # summed over customers and periods this gives the spread of revenue so far without a row for every quiet period
    rows = activity.with_columns(nw.col(UNITS).cum_sum().over(CUSTOMER_ID, order_by=PERIOD).alias("so_far"))
    growth = (2 * nw.col("so_far") / MONEY_UNITS - spent) * spent
    sums = rows.with_columns(growth.alias("square")).group_by(COHORT, PERIOD)
    found = collected(
        sums.agg(nw.len().alias(CUSTOMERS), nw.col(ORDERS).sum(), nw.col(UNITS).sum(), nw.col("square").sum())
    )
    keys = found[[COHORT, PERIOD]].astype("int64")
    found[[COHORT, PERIOD]] = keys
    born = found[found[COHORT] == found[PERIOD]].set_index(COHORT)[CUSTOMERS]
    grid = pd.DataFrame(
        [(cohort, period) for cohort in sorted(born.index) for period in range(cohort, periods.seen.stop)],
        columns=[COHORT, PERIOD],
        dtype="int64",
    )
    cells = grid.merge(found, on=[COHORT, PERIOD], how="left").fillna(dict.fromkeys((*_COUNTS, "square"), 0))
    cells = cells.astype(dict.fromkeys(_COUNTS, "int64")).assign(square=lambda table: table["square"].astype(float))
    cells[COHORT_AGE] = cells[PERIOD] - cells[COHORT]
    cells[SIZE] = cells[COHORT].map(born).astype("int64")
    # the first period is complete enough for its own cohort: who was won in it is followed from then on
    cells["complete"] = cells[PERIOD] < periods.complete.stop
    return Cohorts(_rated(cells), periods)


_COUNTS = (CUSTOMERS, ORDERS, UNITS)


def _rated(cells: pd.DataFrame) -> pd.DataFrame:
    """Add the rates and the revenue so far, with their intervals."""
    cells = with_interval(cells, part=CUSTOMERS, whole=SIZE)
    by_cohort = cells.groupby(COHORT)
    so_far = by_cohort[UNITS].cumsum() / MONEY_UNITS
    size = cells[SIZE].astype(float)
    mean = so_far / size
    scatter = (by_cohort["square"].cumsum() / size - mean**2).clip(lower=0)
    error = np.sqrt(scatter / (size - 1).where(size > 1))
    reach = error * stats.t.ppf((1 + INTERVAL) / 2, (size - 1).clip(lower=1))
    cells = cells.drop(columns="square").assign(
        **{REVENUE_SO_FAR: mean, f"{REVENUE_SO_FAR}_low": mean - reach, f"{REVENUE_SO_FAR}_high": mean + reach}
    )
    rates = [name for name in cells.columns if name.startswith(("rate", REVENUE_SO_FAR))]
    cells[rates] = cells[rates].where(cells["complete"])
    return cells
