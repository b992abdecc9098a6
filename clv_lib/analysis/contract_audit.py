"""The audit of a base under contract: who renewed, what revenue was kept, and whether it is getting better."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import narwhals as nw
import pandas as pd

from clv_lib.analysis.period_choice import choose_periods
from clv_lib.analysis.recurring_revenue import RecurringRevenue, follow_revenue
from clv_lib.analysis.renewal_rates import renewal_rates
from clv_lib.analysis.shares import Trend, trend
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.data.recurring import recurring_revenue
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.data.tenures import tenures
from clv_lib.names import BILLING_PERIOD, COHORT, PLAN, N
from clv_lib.periods import DAYS_PER_YEAR, ObservationWindow, Periods, billing_periods_per_year
from clv_lib.settings import Settings


@dataclass(frozen=True)
class ContractAudit:
    """What became of the customers under contract.

    Attributes
    ----------
    window : ObservationWindow
    periods : Periods
    revenue : RecurringRevenue
    renewals, by_plan, by_cohort : DataFrame
        From :func:`~clv_lib.analysis.renewal_rates.renewal_rates`: all together, by plan, by year of joining.
    spells, returned : int
        Spells under contract, and those that are not a customer's first.
    active : int
        Customers under contract on the last day.
    monthly : float
        What they pay per month on that day, in currency.
    trend : Trend
        Of the share who take the first renewal, by year of joining: like is compared with like, while the share of all
        who stay rises by itself as those who were likely to leave are gone.
    """

    window: ObservationWindow
    periods: Periods
    revenue: RecurringRevenue
    renewals: pd.DataFrame
    by_plan: pd.DataFrame
    by_cohort: pd.DataFrame
    spells: int
    returned: int
    active: int
    monthly: float
    trend: Trend


def audit_contracts(
    record: Mapping[str, Frame], settings: Settings, window: ObservationWindow, *, seed: int
) -> ContractAudit:
    """Follow every contract.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables of one engine, with ``subscriptions``.
    settings : Settings
    window : ObservationWindow
    seed : int
    """
    contracts = record["subscriptions"]
    spells = kept(tenures(contracts, end=window.end))
    facts = collected(spells.select(nw.len().alias(N), (nw.col("spell") > 1).cast(nw.Int64).sum().alias("again"))).iloc[
        0
    ]
    periods = _chosen(spells, settings, window)
    revenue = follow_revenue(contracts, periods)
    today = collected(
        recurring_revenue(contracts, {0: window.end}).select(nw.len().alias(N), nw.col("units").sum())
    ).fillna(0)
    by_cohort = renewal_rates(spells, by=[COHORT])
    first = by_cohort[by_cohort["renewal"] == 1]
    kept_first, came, year = (first[name].to_numpy(dtype=float) for name in ("kept", N, COHORT))
    return ContractAudit(
        window=window,
        periods=periods,
        revenue=revenue,
        renewals=renewal_rates(spells),
        by_plan=renewal_rates(spells, by=[PLAN]),
        by_cohort=by_cohort,
        spells=int(facts[N]),
        returned=int(facts["again"]),
        active=int(today[N].iloc[0]),
        monthly=float(today["units"].iloc[0]) / MONEY_UNITS,
        trend=trend(kept_first, came, year, seed=seed),
    )


def _chosen(spells: Frame, settings: Settings, window: ObservationWindow) -> Periods:
    """Periods as long as the usual billing period at the least, from the first contract on."""
    counted = collected(spells.group_by(BILLING_PERIOD).agg(nw.len().alias(N)))
    usual = str(counted.sort_values([N, BILLING_PERIOD])[BILLING_PERIOD].iloc[-1]) if len(counted) else "month"
    first = collected(spells.select(nw.col("started_at").min()))["started_at"].iloc[0]
    begun = min(window.start, pd.Timestamp(first).date()) if pd.notna(first) else window.start
    gap = DAYS_PER_YEAR / billing_periods_per_year(usual)
    whole = replace(window, start=begun, calibration_end=None)
    return choose_periods(whole, median_gap=gap, wanted=settings.retention.period)
