"""Where everyone is in their life with us: stages now and month by month, made from the log and the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.watch_metrics import busy_customers, rates_of_buying
from clv_lib.data.customers import Frame, collected, purchase_days
from clv_lib.data.keeping import kept
from clv_lib.data.month_stages import buying_cells, month_ends, movement_cells, stages_on, stays
from clv_lib.data.stage_rules import BEFORE, GAP, StageRules, gaps_of, stage_rules
from clv_lib.data.stages import NUMBER, SINCE, stretches
from clv_lib.errors import CannotEstimateError
from clv_lib.names import (
    CUSTOMER_ID,
    LIFECYCLE_STAGE,
    LIFECYCLE_STAGES,
    ORDERED_AT,
    P_ALIVE,
    PROFIT,
    PURCHASE_DAY,
    REFERRED_AT,
    RESIDUAL_CLV,
    STAGE_PROBABILITY,
    STAGE_SINCE,
    N,
)
from clv_lib.periods import ObservationWindow, complete_months, month_number, month_number_of
from clv_lib.settings import StagesSection

REACH: Final = 1.645  # standard errors to either side of a mean: 90 %
FEWEST_MONTHS: Final = 3  # two ends of months make a movement, and one movement is not a habit


@dataclass(frozen=True)
class Lifecycle:
    """Stages of everybody.

    Attributes
    ----------
    rules : StageRules
    now : narwhals.LazyFrame
        customer_id, lifecycle_stage, stage_since (day number) on the last day of the observation.
    movements : DataFrame
        From :func:`clv_lib.data.stages.movement_cells`.
    stays : DataFrame
        From :func:`clv_lib.data.stages.stays`.
    rates : dict of DataFrame
        Metrics by month: month_number, n, of.
    activation_days : float
        Median days to the second purchase of those who made it in time; NaN without any.
    within_days : int
        What in time means.
    referrals_known : bool
    """

    rules: StageRules
    now: Frame
    movements: pd.DataFrame
    stays: pd.DataFrame
    rates: dict[str, pd.DataFrame]
    activation_days: float
    within_days: int
    referrals_known: bool

    @property
    def monthly(self) -> pd.DataFrame:
        """Customers per stage at each month's end: rows are month numbers, columns all stages."""
        table = self.movements.pivot_table(index=NUMBER, columns=LIFECYCLE_STAGE, values=N, aggfunc="sum", fill_value=0)
        return table.reindex(columns=list(LIFECYCLE_STAGES), fill_value=0).astype("int64")


def life_stages(record: Mapping[str, Frame], section: StagesSection, window: ObservationWindow) -> Lifecycle:
    """Put everybody in a stage, on every day.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        transactions, and customers and referrals where there are any.
    section : StagesSection
    window : ObservationWindow

    Raises
    ------
    CannotEstimateError
        The window holds too few complete months to see anybody move.
    """
    months = complete_months(window)
    if len(months) < FEWEST_MONTHS:
        raise CannotEstimateError(
            "Movement between stages needs at least {least} complete months, but the log covers {months}. Read a "
            "longer log.",
            least=FEWEST_MONTHS,
            months=len(months),
        )
    log = record["transactions"].filter(nw.col(ORDERED_AT) <= nw.lit(window.end))
    days = kept(purchase_days(log))
    rules = stage_rules(section, days)
    referrals = record.get("referrals")
    found = kept(stretches(log, rules=rules, end=window.end, customers=record.get("customers"), referrals=referrals))
    ends = kept(month_ends(found, months))
    buying = buying_cells(ends)
    within = max(int(rules.rhythm_days * rules.at_risk_after), rules.least_silence_days)
    activation, median = _activation(days, within, window)
    rates = {**rates_of_buying(buying), "activation": activation}
    if referrals is not None:
        rates["referral"] = _referring(referrals, buying, months)
    now = stages_on(found, window.end).select(CUSTOMER_ID, LIFECYCLE_STAGE, nw.col(SINCE).alias(STAGE_SINCE))
    return Lifecycle(
        rules=rules,
        now=kept(now),
        movements=movement_cells(ends),
        stays=stays(found, end=window.end),
        rates=rates,
        activation_days=median,
        within_days=within,
        referrals_known=referrals is not None,
    )


def _activation(days: Frame, within: int, window: ObservationWindow) -> tuple[pd.DataFrame, float]:
    """Second purchases in time, by the month of the first purchase; only months that could be seen long enough."""
    first = days.group_by(CUSTOMER_ID).agg(nw.col(PURCHASE_DAY).min().alias("first"))
    second = gaps_of(days).filter(nw.col(BEFORE) == 0).select(CUSTOMER_ID, GAP)
    cells = collected(first.join(second, on=CUSTOMER_ID, how="left").group_by("first", GAP).agg(nw.len().alias(N)))
    last = window.end.toordinal() - within
    cells[NUMBER] = [month_number_of(date.fromordinal(int(day))) for day in cells["first"]]
    late = set(cells.loc[cells["first"] > last, NUMBER])
    cells = cells[~cells[NUMBER].isin(late)]
    soon = cells[GAP].fillna(within + 1) <= within
    counted = pd.DataFrame({NUMBER: cells[NUMBER], "n": cells[N].where(soon, 0), "of": cells[N]})
    came = cells[soon].sort_values(GAP)
    half = came[N].cumsum() >= came[N].sum() / 2
    median = float(came.loc[half, GAP].iloc[0]) if len(came) else float("nan")
    return counted.groupby(NUMBER, as_index=False).sum(), median


def _referring(referrals: Frame, buying: pd.DataFrame, months: range) -> pd.DataFrame:
    """Referrals per customer who was neither silent nor new, by month."""
    each = referrals.select(month_number(nw.col(REFERRED_AT)).alias(NUMBER))
    counts = collected(each.group_by(NUMBER).agg(nw.len().alias("n"))).set_index(NUMBER)["n"]
    of = busy_customers(buying)
    of = of[of.index.isin(months)]
    made = counts.reindex(of.index, fill_value=0).astype("float64")
    return pd.DataFrame({NUMBER: of.index, "n": made.to_numpy(), "of": of.to_numpy(float)})


def with_values(now: Frame, values: Frame | None) -> Frame:
    """Give every customer the probability of being here still, and what is to come, where a model knows."""
    if values is None:
        missing = nw.lit(None).cast(nw.Float64)
        return now.with_columns(missing.alias(STAGE_PROBABILITY), missing.alias(RESIDUAL_CLV))
    known = values.select(CUSTOMER_ID, nw.col(P_ALIVE).alias(STAGE_PROBABILITY), RESIDUAL_CLV)
    return now.join(known, on=CUSTOMER_ID, how="left")


def stage_table(now: Frame, profit: Frame | None, *, margin: float, revenue: Frame) -> pd.DataFrame:
    """Size, probability of being here, value to come and profit so far of each stage.

    Parameters
    ----------
    now : narwhals.LazyFrame
        From :func:`with_values`.
    profit : narwhals.LazyFrame or None
        customer_id, profit: measured. Without it ``margin`` times revenue stands in.
    margin : float
    revenue : narwhals.LazyFrame
        customer_id, total_value.

    Returns
    -------
    DataFrame
        A row per stage, in their order: lifecycle_stage, n, here (expected number still here; NaN where no model
        knows), variance (of that number, if customers are independent), value, profit; and profit_mean, profit_low,
        profit_high: of one customer, with the interval of a mean of so many (NaN for fewer than two).
    """
    if profit is None:
        own = revenue.select(CUSTOMER_ID, (nw.col("total_value") * margin).alias(PROFIT))
    else:
        own = profit.select(CUSTOMER_ID, nw.col(PROFIT).cast(nw.Float64))
    p = nw.col(STAGE_PROBABILITY)
    joined = now.join(own, on=CUSTOMER_ID, how="left").with_columns((p * (1 - p)).alias("variance"))
    found = collected(
        joined.group_by(LIFECYCLE_STAGE).agg(
            nw.len().alias(N),
            p.count().alias("known"),
            p.sum().alias("here"),
            nw.col("variance").sum(),
            nw.col(RESIDUAL_CLV).sum().alias("value"),
            nw.col(PROFIT).sum().alias("profit"),
            nw.col(PROFIT).count().alias("billed"),
            nw.col(PROFIT).mean().alias("profit_mean"),
            nw.col(PROFIT).std().alias("spread"),
        )
    ).set_index(LIFECYCLE_STAGE)
    found = found.reindex(list(LIFECYCLE_STAGES)).astype("float64")
    found[[N, "profit"]] = found[[N, "profit"]].fillna(0.0)
    unknown = found["known"].fillna(0) == 0
    found.loc[unknown, ["here", "variance", "value"]] = float("nan")
    reach = REACH * found.pop("spread") / found.pop("billed").pow(0.5)
    found = found.assign(profit_low=found["profit_mean"] - reach, profit_high=found["profit_mean"] + reach)
    return found.drop(columns="known").rename_axis(LIFECYCLE_STAGE).reset_index()
