"""The audit of a customer base in five views.

How customers differ in one stretch of time, what changed from the one before, how one cohort develops, how cohorts
compare, and how healthy the base is [1]_.

References
----------
.. [1] Fader, Hardie & Ross (2022), The Customer-Base Audit, Wharton School Press.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw
import numpy as np

from clv_lib.analysis.accounting import keep_books
from clv_lib.analysis.bridge import RETURNING, Bridge, bridge
from clv_lib.analysis.cohorts import Cohorts, cohorts
from clv_lib.analysis.deciles import Deciles, deciles
from clv_lib.analysis.decomposition import Decomposition, decomposition, totals_of_both
from clv_lib.analysis.overlap import Overlap, both_stretches, overlap
from clv_lib.analysis.period_choice import choose_periods
from clv_lib.analysis.profit import Covered, customer_profit
from clv_lib.analysis.purchase_profile import purchase_profile
from clv_lib.analysis.second_purchase import SecondPurchase, choose_horizon, second_purchase
from clv_lib.analysis.shares import Trend, trend
from clv_lib.data.customers import Frame, money_units
from clv_lib.data.keeping import kept
from clv_lib.data.purchase_periods import UNITS, purchase_months, purchase_periods, waits
from clv_lib.names import COHORT, CONTRIBUTION, CUSTOMER_ID, ORDERS, PERIOD, PROFIT, REVENUE, N
from clv_lib.periods import ObservationWindow, Periods, Stretch, latest_stretches, month_number_of
from clv_lib.settings import Settings


@dataclass(frozen=True)
class Audit:
    """Five views of a customer base.

    Attributes
    ----------
    window : ObservationWindow
    periods : Periods
        How the calendar is cut.
    stretches : tuple of Stretch or None
        The two that are compared, the earlier first; None where the log does not cover two months.
    deciles : Deciles or None
        Of the later one; and of all months where there are not two.
    changed : Decomposition or None
    overlap : Overlap or None
    bridge : Bridge
    cohorts : Cohorts
    second : SecondPurchase
    cohort_trend, period_trend : Trend
        Of the share of a cohort that is back within the horizon; of the share of a period's buyers who buy in the next.
    median_gap : float
        Days between purchases.
    marked : int or None
        The first cohort, where most of its first purchases cannot be first ones.
    costs : {"measured", "goods_assumed", "assumed"}
        What the profit of the first two views stands on.
    """

    window: ObservationWindow
    periods: Periods
    stretches: tuple[Stretch, Stretch] | None
    deciles: Deciles
    changed: Decomposition | None
    overlap: Overlap | None
    bridge: Bridge
    cohorts: Cohorts
    second: SecondPurchase
    cohort_trend: Trend
    period_trend: Trend
    median_gap: float
    marked: int | None
    costs: str

    @property
    def latest(self) -> Stretch:
        """The stretch of the first view: the later of two, or every month of the log."""
        return self.stretches[1] if self.stretches else _whole(self.window)


def audit_customers(
    record: Mapping[str, Frame], settings: Settings, window: ObservationWindow, *, left_censored: bool, seed: int
) -> Audit:
    """Add up the log once per view, in the engine.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables of one engine; only ``transactions`` must be there, and ``costs`` give profit.
    settings : Settings
    window : ObservationWindow
    left_censored : bool
        Whether most first purchases at the beginning of the log cannot be first ones.
    seed : int
    """
    log = record["transactions"]
    gap = purchase_profile(log, window=window).median_gap
    periods = choose_periods(window, median_gap=gap, wanted=settings.retention.period)
    months = kept(purchase_months(log, end=window.end))
    activity = kept(purchase_periods(months, length=periods.months))
    marked = periods.seen.start if left_censored else None
    stretches = latest_stretches(window)
    before, after = stretches or (Stretch(0, 0), _whole(window))
    both, costs = _with_profit(both_stretches(months, before, after), record, settings, window, (before, after))
    both, measured = kept(both), costs != "assumed"
    buyers = both.filter(nw.col(f"{ORDERS}_after") > 0)
    ranked = buyers.select(
        CUSTOMER_ID,
        nw.col(f"{ORDERS}_after").alias(ORDERS),
        nw.col(f"{UNITS}_after").alias(UNITS),
        *([nw.col(f"{PROFIT}_after").alias(PROFIT)] if measured else []),
    )
    second = second_purchase(
        waits(log, end=window.end, length=periods.months),
        horizon=choose_horizon(gap, (window.end - window.start).days),
        without=marked,
    )
    steps = bridge(activity, periods)
    return Audit(
        window=window,
        periods=periods,
        stretches=stretches,
        deciles=deciles(ranked, by=PROFIT if measured else REVENUE),
        changed=decomposition(*totals_of_both(both, measured=measured)) if stretches else None,
        overlap=overlap(both, after) if stretches else None,
        bridge=steps,
        cohorts=cohorts(activity, periods),
        second=second,
        cohort_trend=_cohort_trend(second, marked, seed),
        period_trend=_period_trend(steps, seed),
        median_gap=gap,
        marked=marked,
        costs=costs,
    )


def _whole(window: ObservationWindow) -> Stretch:
    return Stretch(month_number_of(window.start), month_number_of(window.end))


def _with_profit(
    both: Frame, record: Mapping[str, Frame], settings: Settings, window: ObservationWindow, spans: tuple[Stretch, ...]
) -> tuple[Frame, str]:
    """Join profit and contribution of either stretch, where the ledger covers all that is compared."""
    if "costs" not in record:
        return both, "assumed"
    books = keep_books(record, settings, window)
    compared = [span for span in spans if span.first]
    covered = all(books.covered.first <= span.first and span.last <= books.covered.last for span in compared)
    if books.basis == "assumed" or not covered:
        return both, "assumed"
    for when, span in zip(("before", "after"), spans, strict=True):
        profits = customer_profit(books.revenue, books.charges, books.people, covered=Covered(span.first, span.last))
        names = {name: f"{name}_{when}" for name in (CONTRIBUTION, PROFIT)}
        mine = kept(profits.select(CUSTOMER_ID, *(money_units(nw.col(name)).alias(to) for name, to in names.items())))
        both = both.join(mine, on=CUSTOMER_ID, how="left").with_columns(
            *(nw.col(name).fill_null(0) for name in names.values())
        )
    return both, books.basis


def _cohort_trend(second: SecondPurchase, marked: int | None, seed: int) -> Trend:
    table = second.cohorts[(second.cohorts[COHORT] != marked) & second.cohorts["back"].notna()]
    n = table["effective"].to_numpy(dtype=float)
    return trend(table["back"].to_numpy(dtype=float) * n, n, table[COHORT].to_numpy(dtype=float), seed=seed)


def _period_trend(steps: Bridge, seed: int) -> Trend:
    table = steps.returning
    columns: list[np.ndarray] = [table[name].to_numpy(dtype=float) for name in (RETURNING, N, PERIOD)]
    return trend(*columns, seed=seed)
