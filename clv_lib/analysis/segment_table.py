"""Each segment in a row: how many, worth what, earned what so far, at which risk, and since the last run."""

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, credible_interval
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.data.customers import Frame, collected
from clv_lib.names import (
    CHURN_RISK,
    CUSTOMER_ID,
    PROFIT,
    REACHABLE,
    RESIDUAL_CLV,
    SEGMENT,
    SEGMENTS,
    TOTAL_VALUE,
    VALUE_AT_RISK,
    N,
)


def segment_table(
    people: Frame, *, revenue: Frame, profit: Frame | None, margin: float, base: SegmentBase | None
) -> pd.DataFrame:
    """Size, value, profit and risk of every segment.

    Parameters
    ----------
    people : narwhals.LazyFrame
        customer_id, segment, residual_clv, churn_risk, value_at_risk, reachable.
    revenue : narwhals.LazyFrame
        customer_id, total_value (so far, in currency).
    profit : narwhals.LazyFrame or None
        customer_id, profit: measured. Without it ``margin`` times revenue stands in.
    margin : float
    base : SegmentBase or None
        For the interval of the value.

    Returns
    -------
    DataFrame
        A row per segment, in their order, those without customers too: segment, n, reachable, value, low, high (profit
        to come of all its customers, with the 90 % credible interval; NaN where no model knows), profit (so far), risk
        (mean; NaN where no customer has one), value_at_risk.
    """
    if profit is None:
        own = revenue.select(CUSTOMER_ID, (nw.col(TOTAL_VALUE).cast(nw.Float64) * margin).alias(PROFIT))
    else:
        own = profit.select(CUSTOMER_ID, nw.col(PROFIT).cast(nw.Float64))
    joined = people.with_columns(nw.col(REACHABLE).cast(nw.Int64)).join(own, on=CUSTOMER_ID, how="left")
    sums = [nw.col(name).sum() for name in (REACHABLE, PROFIT, VALUE_AT_RISK)]
    found = collected(
        joined.group_by(SEGMENT).agg(
            nw.len().alias(N),
            nw.col(RESIDUAL_CLV).sum().alias("value"),
            nw.col(RESIDUAL_CLV).count().alias("valued"),
            nw.col(CHURN_RISK).mean().alias("risk"),
            *sums,
        )
    ).set_index(SEGMENT)
    found = found.reindex(list(SEGMENTS)).astype("float64")
    found["risk"] = found["risk"].where(found[N] > 0)
    found[[N, REACHABLE, PROFIT]] = found[[N, REACHABLE, PROFIT]].fillna(0.0)
    known = found["valued"].fillna(0.0).sum() > 0
    found[["value", VALUE_AT_RISK]] = found[["value", VALUE_AT_RISK]].fillna(0.0) if known else float("nan")
    found = _with_interval(found.drop(columns="valued"), base)
    return found.rename_axis(SEGMENT).reset_index()


def _with_interval(found: pd.DataFrame, base: SegmentBase | None) -> pd.DataFrame:
    if base is None:
        return found.assign(low=np.nan, high=np.nan)
    totals = base.value * base.groups["customers"].to_numpy(float)[:, None]
    by = pd.DataFrame(totals).groupby(base.groups[SEGMENT].to_numpy()).sum()
    low, high = credible_interval(by.to_numpy().T, mass=INTERVAL)
    ends = pd.DataFrame({"low": low, "high": high}, index=by.index).reindex(found.index).fillna(0.0)
    return found.join(ends)


@dataclass(frozen=True)
class SegmentMoves:
    """Who was where in the run before, and is where now.

    Attributes
    ----------
    flows : DataFrame
        before, segment, n: customers by their segments then and now; ``before`` is empty for who was not there, and
        ``segment`` is empty for who is not there any more.
    before : Mapping of str to int
        Customers of each segment in the run before.
    """

    flows: pd.DataFrame
    before: Mapping[str, int]

    @property
    def known(self) -> int:
        """Customers who were there then and are now."""
        return int(self._both[N].sum())

    @property
    def moved(self) -> int:
        """Those of them who have changed segment."""
        both = self._both
        return int(both.loc[both["before"] != both[SEGMENT], N].sum())

    @property
    def new(self) -> int:
        """Customers who were not there then."""
        return int(self.flows.loc[self.flows["before"] == "", N].sum())

    @property
    def _both(self) -> pd.DataFrame:
        return self.flows[(self.flows["before"] != "") & (self.flows[SEGMENT] != "")]

    def table(self) -> pd.DataFrame:
        """Per segment: before, came, left, new, now."""
        both = self._both
        changed = both[both["before"] != both[SEGMENT]]
        columns = {
            "before": pd.Series(self.before),
            "came": changed.groupby(SEGMENT)[N].sum(),
            "left": changed.groupby("before")[N].sum(),
            "new": self.flows[self.flows["before"] == ""].groupby(SEGMENT)[N].sum(),
            "gone": self.flows[self.flows[SEGMENT] == ""].groupby("before")[N].sum(),
        }
        found = pd.DataFrame({name: each.reindex(list(SEGMENTS)).fillna(0) for name, each in columns.items()})
        found["now"] = found["before"] + found["came"] - found["left"] + found["new"] - found["gone"]
        return found.astype(int).rename_axis(SEGMENT).reset_index()


def segment_moves(now: Frame, before: Frame) -> SegmentMoves:
    """Set two runs beside each other.

    Parameters
    ----------
    now, before : narwhals.LazyFrame
        customer_id, segment; of one engine.
    """
    then = before.select(CUSTOMER_ID, nw.col(SEGMENT).alias("before"))
    both = now.select(CUSTOMER_ID, SEGMENT).join(then, on=CUSTOMER_ID, how="full", suffix="_then")
    named = both.with_columns(nw.col(name).fill_null("").alias(name) for name in (SEGMENT, "before"))
    flows = collected(named.group_by("before", SEGMENT).agg(nw.len().alias(N)))
    flows = flows.sort_values(["before", SEGMENT], ignore_index=True)
    sizes = flows[flows["before"] != ""].groupby("before")[N].sum()
    return SegmentMoves(flows, {str(name): int(n) for name, n in sizes.items()})
