"""When a customer has paid back what winning it cost, and what the next one may cost at most.

The margin of a customer is revenue after every cost that it causes: goods, fulfilment, payment, service, retention and
marketing to those we have. Overhead is not caused by it, and acquisition is what is to be paid back.

What a cohort has brought is a fact; whether customers *like these* pay back is uncertain, because a few more or fewer
good ones could have been among them. The posterior of a cohort's mean margin is that of the Bayesian bootstrap, taken
to be normal: mean and variance are exactly the bootstrap's (the mean, and the variance over ``n + 1``), both follow
from two sums that the engine adds up, and a mean over dozens of customers is close to normal by the central limit
theorem. Cohorts of fewer than :data:`FEWEST` customers are not judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.acquisition import AcquisitionCost
from clv_lib.analysis.driver_counts import COUNT, WON
from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.analysis.ledger import NUMBER, UNITS
from clv_lib.analysis.profit import VARIABLE, Covered
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import ACQUISITION_CHANNEL, CHANNEL, CUSTOMER_ID, KIND, NEW_CUSTOMERS

FEWEST: Final = 30  # customers of a cohort
LIKELY: Final = 0.5  # a cohort has paid back in the first month in which that is likelier than not
AGE: Final = "age"
_TOTAL, _SQUARE = "total", "square"


@dataclass(frozen=True)
class CohortMargins:
    """Margins of customers by when and through whom they were won, added up in the engine.

    Attributes
    ----------
    sums : DataFrame
        won_month, channel, age (months since the month of being won), total, square: by how much the sum of the
        cumulative margins, and of their squares, grows in that month of age. Currency, and currency squared.
    sizes : DataFrame
        won_month, channel, new_customers.
    covered : Covered
    """

    sums: pd.DataFrame
    sizes: pd.DataFrame
    covered: Covered

    def curve(self, cohorts: pd.DataFrame) -> pd.DataFrame:
        """Cumulative margin per customer of some cohorts together, as long as all of them could be seen.

        Parameters
        ----------
        cohorts : DataFrame
            Rows of ``sizes``.

        Returns
        -------
        DataFrame
            age, mean, deviation (posterior standard deviation of the mean), low, high (90 %), in currency; customers.
        """
        n = float(cohorts[NEW_CUSTOMERS].sum())
        ages = pd.RangeIndex(self.covered.last - int(cohorts[WON].max()) + 1, name=AGE)
        here = self.sums.merge(cohorts[[WON, CHANNEL]], on=[WON, CHANNEL])
        grown = here.groupby(AGE)[[_TOTAL, _SQUARE]].sum().reindex(ages, fill_value=0.0).cumsum()
        mean = grown[_TOTAL] / n
        variance = (grown[_SQUARE] / n - mean**2).clip(lower=0.0)
        deviation = np.sqrt(variance / (n + 1))
        reach = stats.norm.ppf((1 + INTERVAL) / 2) * deviation
        found = {"mean": mean, "deviation": deviation, "low": mean - reach, "high": mean + reach, "customers": n}
        return pd.DataFrame(found).reset_index()


def cohort_margins(revenue: Frame, charges: Frame, people: Frame, *, covered: Covered) -> CohortMargins:
    """Add up margins by cohort and age.

    Parameters
    ----------
    revenue : narwhals.LazyFrame
        ``customer_id, month_number, count`` (1/10,000 of the currency).
    charges : narwhals.LazyFrame
        ``customer_id, month_number, kind, units``.
    people : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.driver_counts.lives`.
    covered : Covered
        Cohorts won before it are left out: what they brought and cost at first is not known.

    Notes
    -----
    The sum of squares of a cumulative margin changes only in months in which a customer's margin does, by
    ``c**2 - (c - x)**2`` with c the new cumulative and x the month's margin. So one pass over the rows there are
    gives the squares for every age, without a row for every customer and month.
    """
    cost = charges.filter(nw.col(KIND).is_in(VARIABLE))
    rows = nw.concat(
        [
            revenue.select(CUSTOMER_ID, NUMBER, nw.col(COUNT).alias(UNITS)),
            cost.select(CUSTOMER_ID, NUMBER, (nw.lit(0).cast(nw.Int64) - nw.col(UNITS)).alias(UNITS)),
        ]
    ).filter(nw.col(NUMBER) <= covered.last)
    cohort = people.filter((nw.col(WON) >= covered.first) & (nw.col(WON) <= covered.last))
    age = nw.col(NUMBER) - nw.col(WON)
    months = (
        rows.join(cohort.select(CUSTOMER_ID, WON, ACQUISITION_CHANNEL), on=CUSTOMER_ID, how="inner")
        .with_columns(nw.when(age > 0).then(age).otherwise(nw.lit(0)).cast(nw.Int64).alias(AGE))
        .group_by(CUSTOMER_ID, WON, ACQUISITION_CHANNEL, AGE)
        .agg(nw.col(UNITS).sum())
        .with_columns((nw.col(UNITS).cast(nw.Int64) / MONEY_UNITS).alias("margin"))
        .with_columns(nw.col("margin").cum_sum().over(CUSTOMER_ID, order_by=AGE).alias("sum_so_far"))
    )
    before = nw.col("sum_so_far") - nw.col("margin")
    grown = months.with_columns((nw.col("sum_so_far") ** 2 - before**2).alias(_SQUARE))
    keys = [WON, ACQUISITION_CHANNEL]
    sums = collected(
        grown.group_by(*keys, AGE).agg(nw.col("margin").sum().alias(_TOTAL), nw.col(_SQUARE).sum())
    ).sort_values([*keys, AGE], ignore_index=True)
    sizes = collected(cohort.group_by(*keys).agg(nw.len().alias(NEW_CUSTOMERS))).sort_values(keys, ignore_index=True)
    renamed = {ACQUISITION_CHANNEL: CHANNEL}
    return CohortMargins(sums.rename(columns=renamed), sizes.rename(columns=renamed), covered)


@dataclass(frozen=True)
class Payback:
    """Whether and when one group of customers has paid back.

    Attributes
    ----------
    customers : int
    cost : AcquisitionCost
        Of one of them.
    curve : DataFrame
        age, mean, low, high (currency per customer), probability (that customers like these have paid back by then).
    """

    customers: int
    cost: AcquisitionCost
    curve: pd.DataFrame

    @property
    def month(self) -> int | None:
        """Months after being won in which paying back is first likelier than not; None while it is not."""
        likely = self.curve.loc[self.curve["probability"] >= LIKELY, AGE]
        return int(likely.iloc[0]) if len(likely) else None

    @property
    def age(self) -> int:
        """Months over which all of them could be seen."""
        return int(self.curve[AGE].iloc[-1])

    @property
    def probability(self) -> float:
        """That customers like these have paid back by that age."""
        return float(self.curve["probability"].iloc[-1])


def payback(
    margins: CohortMargins, cohorts: pd.DataFrame, cost: AcquisitionCost, *, size: int, rng: np.random.Generator
) -> Payback | None:
    """Set the margin of some cohorts against what winning one of their customers cost.

    Parameters
    ----------
    margins : CohortMargins
    cohorts : DataFrame
        Rows of ``margins.sizes``.
    cost : AcquisitionCost
        Of the same cohorts.
    size : int
        Draws of the cost.
    rng : numpy.random.Generator

    Returns
    -------
    Payback or None
        None where there are fewer than :data:`FEWEST` customers, or no cost.
    """
    n = int(cohorts[NEW_CUSTOMERS].sum())
    if n < FEWEST or not np.isfinite(cost.cac):
        return None
    curve = margins.curve(cohorts)
    costs = cost.draws(rng, size) if np.isfinite(cost.spend) else np.full(1, cost.cac)
    spread = curve["deviation"].to_numpy()[:, None]
    ahead = curve["mean"].to_numpy()[:, None] - costs
    reached = stats.norm.cdf(np.divide(ahead, spread, out=np.sign(ahead) * np.inf, where=spread > 0))
    return Payback(n, cost, curve.assign(probability=reached.mean(axis=1)))


def margin_after(margins: CohortMargins, *, months: int) -> dict[str, Estimate]:
    """Margin that a customer of each channel has brought in its first months, by the channel that won it.

    Only cohorts that could be seen so long count, and channels that won at least :data:`FEWEST` such customers.
    The key "" holds the customers of whom no channel is known; "*" holds all.

    Parameters
    ----------
    margins : CohortMargins
    months : int
        After the month of being won.
    """
    old = margins.sizes[margins.sizes[WON] + months <= margins.covered.last]
    groups = {"*": old, **{str(channel): group for channel, group in old.groupby(CHANNEL)}}
    found = {}
    for channel, group in groups.items():
        if len(group) and group[NEW_CUSTOMERS].sum() >= FEWEST:
            row = margins.curve(group).iloc[months]  # ages count from 0
            found[channel] = Estimate(float(row["mean"]), float(row["low"]), float(row["high"]))
    return found


def value_draws(value: Estimate | np.ndarray, *, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of a value per customer: those given, or normal ones with the mean and interval of an estimate."""
    if isinstance(value, Estimate):
        deviation = (value.high - value.low) / (2 * stats.norm.ppf((1 + value.mass) / 2))
        return value.mean + deviation * rng.standard_normal(size)
    return rng.choice(value, size)


def value_to_cost(
    value: Estimate | np.ndarray, cost: AcquisitionCost, *, size: int, rng: np.random.Generator
) -> Estimate:
    """LTV:CAC, value of a new customer per unit of what winning one costs, with the uncertainty of both.

    Parameters
    ----------
    value : Estimate or ndarray, dims (draw,)
        Of a new customer, first purchase included, before acquisition; draws of a forecast or an observed margin.
    cost : AcquisitionCost
    size : int
    rng : numpy.random.Generator

    Notes
    -----
    The middle is the ratio of the two means. The mean of the ratios is drawn up by costs near nothing.
    """
    worth = value_draws(value, size=size, rng=rng)
    costs = cost.draws(rng, size) if np.isfinite(cost.spend) else np.full(size, cost.cac)
    found = estimate(worth / costs)
    return Estimate(float(worth.mean() / cost.cac), found.low, found.high)


@dataclass(frozen=True)
class MostToPay:
    """The most that the next customer of a channel may cost.

    Attributes
    ----------
    value : Estimate
        What such a customer brings; its mean is the most to pay to break even on average.
    cost : AcquisitionCost or None
        What one has cost so far.
    ratio : Estimate or None
        Value to cost.
    """

    value: Estimate
    cost: AcquisitionCost | None
    ratio: Estimate | None

    @property
    def surely(self) -> float:
        """The most to pay to break even with 95 % certainty: the lower end of the value, never below nothing."""
        return max(self.value.low, 0.0)


def most_to_pay(
    values: Mapping[str, Estimate | np.ndarray],
    costs: Mapping[object, AcquisitionCost],
    *,
    size: int,
    rng: np.random.Generator,
) -> dict[str, MostToPay]:
    """For each channel, what the next customer may cost at most, beside what one has cost.

    Parameters
    ----------
    values : mapping of str to Estimate or ndarray
        Value of a new customer by channel, as for :func:`value_to_cost`.
    costs : mapping of str to AcquisitionCost
    size : int
    rng : numpy.random.Generator
    """
    found = {}
    for channel, value in values.items():
        cost = costs.get(channel)
        known = cost is not None and np.isfinite(cost.cac) and cost.cac > 0
        ratio = value_to_cost(value, cost, size=size, rng=rng) if cost is not None and known else None
        middle = value if isinstance(value, Estimate) else estimate(value)
        found[channel] = MostToPay(middle, cost if known else None, ratio)
    return found
