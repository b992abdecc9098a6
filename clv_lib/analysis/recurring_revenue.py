"""Recurring revenue from one period's end to the next, and how much of it was kept.

Start + new + reactivated + expansion - contraction - churned = end, to the last unit: the bridge of
:mod:`~clv_lib.analysis.bridge`, over what customers pay per month instead of what they bought. Gross revenue retention
is what is left of the start without anything added; net revenue retention counts what the same customers pay more.
"""

from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.bridge import LAPSED, Bridge, bridge
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.shares import with_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.recurring import period_ends, recurring_revenue
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CUSTOMER_ID, PERIOD, N
from clv_lib.periods import Periods


@dataclass(frozen=True)
class RecurringRevenue:
    """Recurring revenue per month, period by period.

    Attributes
    ----------
    bridge : Bridge
        Customers and money per month (1/10,000 of the currency): new, reactivated, more (expansion), less
        (contraction), lapsed (churned).
    kept : DataFrame
        period, n (customers at the start), gross, gross_low, gross_high, net, net_low, net_high: revenue retention.
    periods : Periods
        The periods between whose ends is compared.
    """

    bridge: Bridge
    kept: pd.DataFrame
    periods: Periods

    @property
    def churn(self) -> pd.DataFrame:
        """Share of the customers at the start who had left at the end: period, n, lapsed, rate and its interval."""
        people = self.bridge.customers[["before", LAPSED]].rename(columns={"before": N})
        return with_interval(people, part=LAPSED, whole=N).reset_index()


def follow_revenue(subscriptions: Frame, periods: Periods) -> RecurringRevenue:
    """Compare the ends of the periods.

    Parameters
    ----------
    subscriptions : narwhals.LazyFrame
    periods : Periods
        The end of a period that began before the observation is as good as any other.
    """
    days = period_ends(periods)
    over = replace(periods, complete=range(periods.seen.start, periods.seen.start + len(days)))
    first = periods.seen.start  # where no period has ended yet, its beginning gives an empty bridge its shape
    stock = kept(recurring_revenue(subscriptions, days or {first: periods.start(first)}))
    return RecurringRevenue(bridge(stock, over), _kept(stock, over), over)


def _kept(stock: Frame, periods: Periods) -> pd.DataFrame:
    """Gross and net revenue retention with their intervals: ratios of sums over the customers at the start."""
    later = nw.col(PERIOD).shift(-1).over(CUSTOMER_ID, order_by=PERIOD)
    rows = stock.with_columns(
        later.alias("later"), nw.col(UNITS).shift(-1).over(CUSTOMER_ID, order_by=PERIOD).alias("paid_later")
    )
    stays = (nw.col("later") == nw.col(PERIOD) + 1).fill_null(False)
    start = (nw.col(UNITS) / MONEY_UNITS).alias("start")
    end = nw.when(stays).then(nw.col("paid_later") / MONEY_UNITS).otherwise(nw.lit(0.0)).alias("net")
    pairs = rows.select((nw.col(PERIOD) + 1).alias(PERIOD), start, end).with_columns(
        nw.when(nw.col("net") < nw.col("start")).then(nw.col("net")).otherwise(nw.col("start")).alias("gross")
    )
    products = [(a, b) for a in ("start", "net", "gross") for b in ("start", "net", "gross") if a <= b]
    pairs = pairs.with_columns(*((nw.col(a) * nw.col(b)).alias(f"{a}*{b}") for a, b in products))
    names = ["start", "net", "gross", *(f"{a}*{b}" for a, b in products)]
    sums = collected(pairs.group_by(PERIOD).agg(nw.len().alias(N), *(nw.col(name).sum() for name in names)))
    found = sums.set_index(PERIOD).reindex(periods.complete[1:]).rename_axis(PERIOD).reset_index()
    reach = stats.norm.ppf((1 + INTERVAL) / 2)
    table = pd.DataFrame({PERIOD: found[PERIOD], N: found[N].fillna(0).astype("int64")})
    base = found["start"].where(found["start"] > 0)
    for name in ("gross", "net"):
        rate = found[name] / base
        mixed = found["*".join(sorted((name, "start")))]
        spread = found[f"{name}*{name}"] - 2 * rate * mixed + rate**2 * found["start*start"]
        error = reach * np.sqrt(spread.clip(lower=0)) / base
        table[name], table[f"{name}_low"] = rate, (rate - error).clip(lower=0)
        table[f"{name}_high"] = (rate + error).clip(upper=1) if name == "gross" else rate + error
    return table
