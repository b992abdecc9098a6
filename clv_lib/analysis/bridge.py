"""From the buyers of one period to those of the next: new, reactivated, lapsed, and those who bought in both.

Customers: buyers before + new + reactivated - lapsed = buyers now. Money: revenue before + from new + from reactivated
+ what returning customers spent more - what they spent less - what lapsed customers had spent = revenue now. Both hold
to the last unit, since every row of the log is in exactly one part.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.shares import probability_above, with_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import COHORT, CUSTOMER_ID, PERIOD, N
from clv_lib.periods import Periods

NEW: Final = "new"  # the first purchase ever
RETURNING: Final = "returning"  # bought in the period before as well
REACTIVATED: Final = "reactivated"  # bought before, but not in the period before
LAPSED: Final = "lapsed"  # bought in the period before, and not in this one


@dataclass(frozen=True)
class Bridge:
    """How the buyers of each complete period came from those of the period before.

    Attributes
    ----------
    customers : DataFrame
        Indexed by period: before, new, reactivated, lapsed, after (= before + new + reactivated - lapsed), and
        returning.
    money : DataFrame
        Indexed by period, in whole ten-thousandths: before, new, reactivated, more, less, lapsed, after (= before +
        new + reactivated + more - less - lapsed).
    squares : DataFrame
        Indexed by period: new, others; the sums of squared revenue per customer, in currency.
    """

    customers: pd.DataFrame
    money: pd.DataFrame
    squares: pd.DataFrame

    @property
    def returning(self) -> pd.DataFrame:
        """Share of a period's buyers who bought in the next one as well.

        Returns
        -------
        DataFrame
            period, n, returning, rate with rate_low and rate_high, above (probability that the rate is higher than
            that of the period before).
        """
        table = self.customers[["before", RETURNING]].rename(columns={"before": N})
        table["above"] = probability_above(table[RETURNING].to_numpy(), table[N].to_numpy())
        return with_interval(table, part=RETURNING, whole=N).reset_index()

    @property
    def new_share(self) -> pd.DataFrame:
        """Share of a period's revenue from customers who bought for the first time in it.

        Returns
        -------
        DataFrame
            Indexed by period: n (buyers), share, low, high: how far the share may vary had as many customers come at
            random from such as came (delta method for a ratio of sums).
        """
        revenue = (self.money["after"] / MONEY_UNITS).where(self.money["after"] > 0)
        share = self.money[NEW] / MONEY_UNITS / revenue
        spread = (1 - share) ** 2 * self.squares["new"] + share**2 * self.squares["others"]
        reach = stats.norm.ppf((1 + INTERVAL) / 2) * np.sqrt(spread) / revenue
        low, high = (share - reach).clip(lower=0), (share + reach).clip(upper=1)
        return pd.DataFrame({N: self.customers["after"], "share": share, "low": low, "high": high})


def bridge(activity: Frame, periods: Periods) -> Bridge:
    """Split the buyers of every complete period by what they did in the one before.

    Parameters
    ----------
    activity : narwhals.LazyFrame
        From :func:`~clv_lib.data.purchase_periods.purchase_periods`.
    periods : Periods
        Only complete periods after a complete one are told apart: to lapse takes a whole period.
    """
    units, period = nw.col(UNITS), nw.col(PERIOD)
    by_customer = {"order_by": PERIOD}
    rows = activity.with_columns(
        period.shift(1).over(CUSTOMER_ID, **by_customer).alias("before"),
        units.shift(1).over(CUSTOMER_ID, **by_customer).alias("units_before"),
        period.shift(-1).over(CUSTOMER_ID, **by_customer).alias("next"),
    )
    returned = (nw.col("before") == period - 1).fill_null(False)
    kind = nw.when(nw.col(COHORT) == period).then(nw.lit(NEW)).otherwise(nw.lit(REACTIVATED))
    kind = nw.when(returned).then(nw.lit(RETURNING)).otherwise(kind)
    change = nw.when(returned).then(units - nw.col("units_before")).otherwise(nw.lit(0))
    bought = rows.select(
        PERIOD,
        kind.alias("kind"),
        UNITS,
        nw.when(change > 0).then(change).otherwise(nw.lit(0)).alias("more"),
        nw.when(change < 0).then(-change).otherwise(nw.lit(0)).alias("less"),
        (units / MONEY_UNITS * units / MONEY_UNITS).alias("square"),
    )
    gone = rows.filter((nw.col("next").is_null()) | (nw.col("next") > period + 1)).select(
        (period + 1).alias(PERIOD), UNITS
    )
    counted = collected(
        bought.group_by(PERIOD, "kind").agg(
            nw.len().alias(N),
            nw.col(UNITS).sum(),
            nw.col("more").sum(),
            nw.col("less").sum(),
            nw.col("square").sum(),
        )
    )
    lapsed = collected(gone.group_by(PERIOD).agg(nw.len().alias(N), nw.col(UNITS).sum())).set_index(PERIOD)
    return _assembled(counted, lapsed, periods)


def _assembled(counted: pd.DataFrame, lapsed: pd.DataFrame, periods: Periods) -> Bridge:
    index = pd.Index(periods.complete[1:], name=PERIOD, dtype="int64")
    both = pd.Index(periods.complete, name=PERIOD, dtype="int64")

    def by_kind(column: str) -> pd.DataFrame:
        wide = counted.pivot(index=PERIOD, columns="kind", values=column)
        return wide.reindex(index=both, columns=[NEW, RETURNING, REACTIVATED]).fillna(0)

    people, money = by_kind(N).astype("int64"), by_kind(UNITS).astype("int64")
    square = by_kind("square").astype(float)
    sums = counted.groupby(PERIOD)[["more", "less"]].sum().reindex(both).fillna(0).astype("int64")
    left = lapsed.reindex(both).fillna(0).astype("int64")

    def told(parts: pd.DataFrame, lost: pd.Series, **others: pd.Series) -> pd.DataFrame:
        after = parts.sum(axis=1)
        table = pd.DataFrame(
            {
                "before": after.shift(1, fill_value=0),
                NEW: parts[NEW],
                REACTIVATED: parts[REACTIVATED],
                **others,
                LAPSED: lost,
                "after": after,
            }
        )
        return table.reindex(index)

    return Bridge(
        customers=told(people, left[N]).assign(**{RETURNING: people[RETURNING].reindex(index)}),
        squares=pd.DataFrame({"new": square[NEW], "others": square[RETURNING] + square[REACTIVATED]}).reindex(index),
        money=told(money, left[UNITS], more=sums["more"], less=sums["less"]),
    )
