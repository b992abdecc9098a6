"""The books of a dataset: the ledger on the customers, or the margin of the settings where there is no ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.acquisition import acquisition_spend, new_customers
from clv_lib.analysis.allocation import Allocation, allocate_lines
from clv_lib.analysis.driver_counts import COUNT, driver_counts, lives
from clv_lib.analysis.drivers import UnitCostFit, monthly_totals
from clv_lib.analysis.ledger import (
    NUMBER,
    Disagreements,
    disagreements,
    estimated_lines,
    ledger_lines,
    monthly_spend,
)
from clv_lib.analysis.payback import CohortMargins, cohort_margins
from clv_lib.analysis.profit import (
    Covered,
    assumed_charges,
    charged_by_kind,
    covered_months,
    customer_profit,
    totals_of,
)
from clv_lib.analysis.unit_costs import UnitCosts, assumed_unit_costs, fit_causes, unit_costs
from clv_lib.analysis.waterfall import Waterfall, waterfall
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.names import AMOUNT, CUSTOMER_ID, KIND, ORDERED_AT, PROFIT, REVENUE
from clv_lib.periods import ObservationWindow, complete_months, month_number, month_of_number
from clv_lib.settings import Settings

Basis = Literal["measured", "goods_assumed", "assumed"]


@dataclass(frozen=True)
class Books:
    """Revenue, costs and profit of every customer, and what they stand on.

    Attributes
    ----------
    basis : {"measured", "goods_assumed", "assumed"}
        All costs from the ledger; all but the goods, for which the margin of the settings stands; or no ledger at all.
    covered : Covered
        Months that log and ledger both cover; every figure is of these.
    people, revenue, charges, profits : narwhals.LazyFrame
        In the engine: :func:`~clv_lib.analysis.driver_counts.lives`; revenue and charges by customer and month;
        :func:`~clv_lib.analysis.profit.customer_profit`.
    totals : DataFrame
        One row: sums of ``profits``.
    monthly : DataFrame
        Driver totals by month_number, of the complete covered months.
    active_months : float
        Customer-months of being a customer, in the covered months.
    spend, estimates : DataFrame
        The ledger by month, kind and channel, and its estimated lines, of the covered months; empty without one.
    whole_spend : DataFrame
        As ``spend``, of all months.
    won : DataFrame
        Customers won by month and channel.
    allocation : Allocation or None
    disagreements : Disagreements or None
    """

    basis: Basis
    covered: Covered
    people: Frame
    revenue: Frame
    charges: Frame
    profits: Frame
    totals: pd.DataFrame
    monthly: pd.DataFrame
    active_months: float
    spend: pd.DataFrame
    estimates: pd.DataFrame
    whole_spend: pd.DataFrame
    won: pd.DataFrame
    allocation: Allocation | None
    disagreements: Disagreements | None

    @property
    def days(self) -> tuple[date, date]:
        """First days of the first and the last covered month."""
        return month_of_number(self.covered.first), month_of_number(self.covered.last)

    def waterfall(self, *, size: int, rng: np.random.Generator) -> Waterfall:
        """From revenue to profit in the covered months."""
        charged = charged_by_kind(self.charges, self.covered)
        booked = self.spend.groupby(KIND)[AMOUNT].sum()
        if self.basis != "measured":
            booked["goods"] = booked.get("goods", 0.0) + charged["goods"]
        revenue = float(self.totals[REVENUE].iloc[0])
        return waterfall(revenue, booked, charged, self.estimates, size=size, rng=rng)

    def largest_losses(self, many: int) -> pd.DataFrame:
        """Customers with the lowest profit below nothing, worst first."""
        losing = self.profits.filter(nw.col(PROFIT) < 0)
        return collected(losing.sort(PROFIT, CUSTOMER_ID).head(many))

    def cohorts(self) -> CohortMargins:
        """Margins by cohort and age."""
        return cohort_margins(self.revenue, self.charges, self.people, covered=self.covered)

    def acquisition(self, settings: Settings) -> pd.DataFrame | None:
        """Spend on winning customers beside the customers won; None where the ledger holds none."""
        if not (self.whole_spend[KIND] == "acquisition").any():
            return None
        months = range(int(self.whole_spend[NUMBER].min()), int(self.whole_spend[NUMBER].max()) + 1)
        return acquisition_spend(self.whole_spend, self.won, months=months, settings=settings.costs)

    def causes(self, settings: Settings, *, size: int, rng: np.random.Generator) -> dict[str, UnitCostFit]:
        """What one unit of each driver costs; empty without a ledger."""
        return fit_causes(self.spend, self.monthly, settings=settings.costs, size=size, rng=rng)

    def unit_costs(self, settings: Settings, *, size: int, rng: np.random.Generator) -> UnitCosts:
        """The costs that a forecast subtracts."""
        margin, currency = settings.economics.gross_margin, settings.dataset.currency
        if self.basis == "assumed":
            return assumed_unit_costs(gross_margin=margin, currency=currency, size=size)
        return unit_costs(
            self.spend,
            self.monthly,
            settings=settings.costs,
            gross_margin=margin,
            currency=currency,
            size=size,
            rng=rng,
        )


def keep_books(record: Mapping[str, Frame], settings: Settings, window: ObservationWindow) -> Books:
    """Put the costs on the customers and add up, once, in the engine.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables of one engine; only ``transactions`` must be there.
    settings : Settings
    window : ObservationWindow
    """
    end, costs = window.end, settings.costs
    people = kept(lives(record, settings=costs, end=end))
    log = record["transactions"].filter(nw.col(ORDERED_AT) <= nw.lit(end))
    months = log.select(month_number(nw.col(ORDERED_AT)).alias(NUMBER)).unique()
    lines = kept(ledger_lines(record["costs"], settings=costs, end=end)) if "costs" in record else None
    every = months if lines is None else nw.concat([months, lines.select(NUMBER)]).unique()
    counts = driver_counts(record, people, every, settings=costs, end=end)
    counts = {driver: kept(frame) for driver, frame in counts.items() if driver != "equal"} | {"equal": counts["equal"]}
    revenue, log_months = counts["revenue"], collected(months)
    assumed = assumed_charges(revenue, gross_margin=settings.economics.gross_margin)
    allocation, said = None, None
    spend = pd.DataFrame({NUMBER: [], KIND: [], "booked_kind": [], "channel": [], AMOUNT: []})
    estimates = pd.DataFrame({NUMBER: [], KIND: [], AMOUNT: [], "amount_low": [], "amount_high": []})
    basis: Basis = "assumed"
    charges, covered = assumed, Covered(int(log_months[NUMBER].min()), int(log_months[NUMBER].max()))
    if lines is not None:
        spend = monthly_spend(lines)
    if lines is not None and len(spend):
        allocation = allocate_lines(lines, people, counts, record.get("allocations"), settings=costs)
        said = disagreements(lines, record.get("campaigns"))
        estimates, covered = estimated_lines(lines), _whole(covered_months(spend, log_months), window)
        basis = "measured" if (spend[KIND] == "goods").any() else "goods_assumed"
        charges = allocation.charges if basis == "measured" else nw.concat([allocation.charges, assumed])
    profits = kept(customer_profit(revenue, charges, people, covered=covered))
    inside = (nw.col(NUMBER) >= covered.first) & (nw.col(NUMBER) <= covered.last)
    active = collected(counts["active_months"].filter(inside).select(nw.col(COUNT).sum()))[COUNT].iloc[0]
    whole = [month for month in complete_months(window) if month in covered.months]
    return Books(
        basis=basis,
        covered=covered,
        people=people,
        revenue=revenue,
        charges=charges,
        profits=profits,
        totals=totals_of(profits),
        monthly=monthly_totals(counts).reindex(whole).fillna(0.0),
        active_months=0.0 if pd.isna(active) else float(active),
        spend=spend[spend[NUMBER].between(covered.first, covered.last)],
        estimates=estimates[estimates[NUMBER].between(covered.first, covered.last)],
        whole_spend=spend,
        won=new_customers(people),
        allocation=allocation,
        disagreements=said,
    )


def _whole(covered: Covered, window: ObservationWindow) -> Covered:
    """Without a last month that the log has only begun, where another is left: the ledger holds all of it."""
    last = min(covered.last, complete_months(window).stop - 1)
    return Covered(covered.first, last) if last >= covered.first else covered
