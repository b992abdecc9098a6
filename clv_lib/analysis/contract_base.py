"""Who is under contract, and how the renewals that fell due went: counts, rates with their n, and nothing modelled."""

from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tenures import UNKNOWN, tenure_counts, tenures
from clv_lib.names import ACTIVE, BILLING_PERIOD, COHORT, CUSTOMER_ID, LEFT, PLAN, PRICE, RENEWALS, N
from clv_lib.periods import ObservationWindow, billing_periods_per_year


@dataclass(frozen=True)
class ContractBase:
    """The members and their renewals.

    Attributes
    ----------
    members, active : int
        Customers who ever had a contract, and those whose contract runs on the last day.
    recurring : float
        Price of a year of the running contracts that name a price, in the dataset's currency.
    without_price : int
        Running contracts that name none.
    renewals : DataFrame
        One row per renewal 1, 2, ...: ``renewals, offered`` (members for whom it fell due), ``made, rate, low, high``
        (90 % interval of the rate), ``staying`` (share of those who join that makes it: the product of the rates so
        far).
    plans : DataFrame
        One row per plan, the largest first: ``plan, members`` (spells), ``active, offered, made, rate, low, high``.
    cohorts : dict of str to int
        Spells by the calendar year in which they began.
    """

    members: int
    active: int
    recurring: float
    without_price: int
    renewals: pd.DataFrame
    plans: pd.DataFrame
    cohorts: dict[str, int]

    @property
    def offered(self) -> int:
        """Renewals that fell due."""
        return int(self.plans["offered"].sum())

    @property
    def made(self) -> int:
        """Renewals that were made."""
        return int(self.plans["made"].sum())

    @property
    def range_of_rate(self) -> tuple[float, float]:
        """90 % interval of the share of due renewals that are made."""
        low, high = _interval(np.array([self.made]), np.array([self.offered]))
        return float(low[0]), float(high[0])


def contract_base(subscriptions: Frame, *, window: ObservationWindow) -> ContractBase:
    """Count members, contracts and renewals up to the end of the observation.

    Parameters
    ----------
    subscriptions : narwhals.LazyFrame
    window : ObservationWindow
    """
    spells = tenures(subscriptions, end=window.end)
    counts = tenure_counts(spells, by=(PLAN,))
    running = _by_price(spells.filter(nw.col(ACTIVE)))
    cohorts = tenure_counts(spells, by=(COHORT,)).groupby(COHORT)[[LEFT, ACTIVE]].sum().sum(axis=1)
    return ContractBase(
        members=_people(spells),
        active=_people(spells.filter(nw.col(ACTIVE))),
        recurring=float((running[PRICE] * running["per_year"] * running[N]).sum()),
        without_price=int(running.loc[running[PRICE].isna(), N].sum()),
        renewals=_by_renewal(counts),
        plans=_by_plan(counts, _running_by_plan(spells)),
        cohorts={str(year): int(n) for year, n in cohorts.items()},
    )


def _by_renewal(counts: pd.DataFrame) -> pd.DataFrame:
    """Each renewal: for how many it fell due, and how many made it."""
    by = counts.groupby(RENEWALS)[[LEFT, ACTIVE]].sum()
    by = by.reindex(range(int(by.index.max() if len(by) else 0) + 1), fill_value=0)
    reached = (by[LEFT] + by[ACTIVE])[::-1].cumsum()[::-1]
    table = pd.DataFrame({RENEWALS: by.index, "offered": reached, "made": reached - by[LEFT]})
    table = _rated(table[(table[RENEWALS] > 0) & (table["offered"] > 0)].reset_index(drop=True))
    return table.assign(staying=table["rate"].cumprod())


def _by_plan(counts: pd.DataFrame, active: pd.Series) -> pd.DataFrame:
    """Each plan: members, who is still there, and how its renewals went."""
    left, there, t = counts[LEFT], counts[ACTIVE], counts[RENEWALS]
    parts = pd.DataFrame(
        {PLAN: counts[PLAN], "members": left + there, "offered": t * (left + there), "made": t * there + (t - 1) * left}
    )
    table = parts.groupby(PLAN, as_index=False).sum()
    table.insert(2, ACTIVE, table[PLAN].map(active).fillna(0).astype("int64"))
    return _rated(table.sort_values(["members", PLAN], ascending=[False, True], ignore_index=True))


def _rated(table: pd.DataFrame) -> pd.DataFrame:
    low, high = _interval(table["made"].to_numpy(), table["offered"].to_numpy())
    return table.assign(rate=table["made"] / table["offered"].where(table["offered"] > 0), low=low, high=high)


def _interval(made: np.ndarray, offered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equal-tailed interval of a rate: Beta(1 + made, 1 + not made), every rate equally likely before the data."""
    tail = (1 - INTERVAL) / 2
    low, high = (stats.beta.ppf(at, 1 + made, 1 + offered - made) for at in (tail, 1 - tail))
    return np.where(offered > 0, low, np.nan), np.where(offered > 0, high, np.nan)


def _by_price(running: Frame) -> pd.DataFrame:
    """Running contracts by price and billing period: few rows, whatever the number of members."""
    found = collected(running.group_by(PRICE, BILLING_PERIOD).agg(nw.len().alias(N)))
    per_year = [billing_periods_per_year(str(period)) for period in found[BILLING_PERIOD]]
    return found.assign(per_year=np.array(per_year, dtype=float)).astype({PRICE: "float64", N: "int64"})


def _running_by_plan(spells: Frame) -> pd.Series:
    named = spells.filter(nw.col(ACTIVE)).select(nw.col(PLAN).fill_null(UNKNOWN))
    return collected(named.group_by(PLAN).agg(nw.len().alias(N))).set_index(PLAN)[N]


def _people(spells: Frame) -> int:
    return int(collected(spells.select(CUSTOMER_ID).unique().select(nw.len().alias(N)))[N].iloc[0])
