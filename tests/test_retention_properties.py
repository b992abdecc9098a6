"""What holds of the five views whatever customers do: nothing is lost, nothing is counted twice."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from clv_lib.analysis.bridge import bridge
from clv_lib.analysis.cohorts import cohorts
from clv_lib.analysis.decomposition import decomposition
from clv_lib.analysis.overlap import both_stretches, overlap
from clv_lib.data.purchase_periods import purchase_months, purchase_periods
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.periods import ObservationWindow, Stretch, complete_months, month_number_of, periods_of
from tests.examples import examples
from tests.retention_support import lent

START = date(2023, 11, 20)
purchases = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 400), st.integers(0, 99_999)), min_size=1, max_size=60
)
periods = st.sampled_from(["month", "quarter", "year"])


def log_of(rows) -> pd.DataFrame:
    return pd.DataFrame(
        [(who, START + timedelta(days=day), cents / 100) for who, day, cents in rows],
        columns=["customer_id", "ordered_at", "amount"],
    )


def window_of(log: pd.DataFrame) -> ObservationWindow:
    return ObservationWindow(log["ordered_at"].min(), log["ordered_at"].max())


def by_hand(log: pd.DataFrame, length: int) -> pd.DataFrame:
    """Customers by period, in pandas and whole units."""
    numbers = [month_number_of(day) // length for day in log["ordered_at"]]
    units = (log["amount"] * MONEY_UNITS).round().astype("int64")
    return log.assign(period=numbers, units=units).groupby(["customer_id", "period"])["units"].sum().unstack()


@examples(25, thorough=300)
@given(purchases, periods)
def test_every_bridge_leads_from_one_period_to_the_next(rows, name):
    log = log_of(rows)
    window = window_of(log)
    cut = periods_of(window, name)
    with lent(log) as frame:
        found = bridge(purchase_periods(purchase_months(frame, end=window.end), length=cut.months), cut)
    people, money = found.customers, found.money
    pd.testing.assert_series_equal(
        people["before"] + people["new"] + people["reactivated"] - people["lapsed"], people["after"], check_names=False
    )
    parts = money["before"] + money["new"] + money["reactivated"] + money["more"] - money["less"] - money["lapsed"]
    pd.testing.assert_series_equal(parts, money["after"], check_names=False)
    hand = by_hand(log, cut.months)
    for period in people.index:
        now = hand.get(period, pd.Series(dtype=float))
        assert people.at[period, "after"] == now.notna().sum()
        assert money.at[period, "after"] == now.sum()


@examples(25, thorough=300)
@given(purchases, periods)
def test_triangles_add_up_to_the_log(rows, name):
    log = log_of(rows)
    window = window_of(log)
    cut = periods_of(window, name)
    with lent(log) as frame:
        found = cohorts(purchase_periods(purchase_months(frame, end=window.end), length=cut.months), cut)
    cells = found.cells
    assert found.sizes.sum() == log["customer_id"].nunique()
    assert cells["units"].sum() == (log["amount"] * MONEY_UNITS).round().astype("int64").sum()
    assert cells["orders"].sum() == len(log.drop_duplicates(["customer_id", "ordered_at"]))
    assert (cells["customers"] <= cells["size"]).all()
    for cohort, row in found.triangle("customers").iterrows():
        observed = [age for age in row.index if cohort + age < cut.complete.stop]
        assert row.notna().sum() == len(observed), "what was observed is a number, and nothing else is"


@examples(25, thorough=300)
@given(purchases)
def test_two_stretches_share_out_their_customers_and_money(rows):
    log = log_of(rows)
    window = window_of(log)
    first = month_number_of(window.start)
    before, after = Stretch(first, first + 3), Stretch(first + 4, first + 7)
    with lent(log) as frame:
        found = overlap(both_stretches(purchase_months(frame, end=window.end), before, after), after)
    hand = by_hand(log, 1)
    for stretch, column, count in ((before, "before", found.before), (after, "after", found.after)):
        inside = hand[[number for number in hand.columns if stretch.first <= number <= stretch.last]]
        assert count == inside.notna().any(axis=1).sum()
        assert round(found.table[column].sum() * MONEY_UNITS) == inside.sum().sum()


positive = st.floats(0.01, 1e6)


@examples(200, thorough=2_000)
@given(*[st.tuples(positive, positive) for _ in range(4)])
def test_the_effects_add_up_to_the_change_whatever_the_factors(customers, each, value, margin):
    """A sum of four numbers of either sign: each carries its rounding, and they may cancel."""
    totals = pd.DataFrame(
        {
            "before": np.cumprod([customers[0], each[0], value[0], margin[0]]),
            "after": np.cumprod([customers[1], each[1], value[1], margin[1]]),
        },
        index=["customers", "orders", "revenue", "contribution"],
    )
    index = pd.MultiIndex.from_product([totals.index, totals.columns])
    found = decomposition(totals, pd.DataFrame(0.0, index=index, columns=index))
    scale = max(found.table["effect"].abs().sum(), found.before, found.after)
    assert abs(found.table["effect"].sum() - found.change) <= 1e-9 * scale


def test_complete_months_and_periods_agree():
    window = ObservationWindow(date(2023, 11, 20), date(2024, 12, 31))
    assert list(complete_months(window)) == list(periods_of(window, "month").complete)
    assert list(periods_of(window, "quarter").complete) == [2024 * 4 + quarter for quarter in range(4)]
    assert list(periods_of(window, "year").complete) == [2024]
    assert list(periods_of(window, "year").seen) == [2023, 2024]
