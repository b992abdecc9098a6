"""Recurring revenue against five members followed by eye, and renewals against published survival."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clv_lib.analysis.contract_audit import audit_contracts
from clv_lib.analysis.recurring_revenue import follow_revenue
from clv_lib.analysis.renewal_rates import renewal_rates
from clv_lib.data.opening import open_engine
from clv_lib.data.simulate.memberships import SURVIVORS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.data.tenures import tenures
from clv_lib.periods import ObservationWindow, periods_of
from clv_lib.settings import EngineSection, load_settings
from tests.examples import examples
from tests.five_members import END, JANUARY, START, SUBSCRIPTIONS

MEMBERSHIPS = Path(__file__).parents[1] / "data" / "memberships"
WINDOW = ObservationWindow(START, END)
MONTHS = periods_of(WINDOW, "month")
FEBRUARY, MARCH, APRIL, MAY, JUNE = range(JANUARY + 1, JANUARY + 6)


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request):
    with open_engine(EngineSection(kind=request.param)) as opened:
        yield opened


@pytest.fixture(scope="module")
def memberships():
    table = pd.read_csv(MEMBERSHIPS / "subscriptions.csv", dtype={"customer_id": str})
    for name in ("started_at", "ended_at"):
        table[name] = pd.to_datetime(table[name]).dt.date
    return table


def test_the_bridge_of_recurring_revenue_is_the_one_made_by_hand(engine):
    found = follow_revenue(engine.lend(SUBSCRIPTIONS), MONTHS)
    columns = ["before", "new", "reactivated", "more", "less", "lapsed", "after"]
    expected = {
        FEBRUARY: [110, 40, 0, 0, 0, 0, 150],
        MARCH: [150, 0, 0, 0, 0, 20, 130],
        APRIL: [130, 0, 0, 15, 0, 40, 105],
        MAY: [105, 0, 0, 0, 38, 0, 67],
        JUNE: [67, 0, 50, 0, 0, 0, 117],
    }
    money = found.bridge.money / MONEY_UNITS
    assert {number: money.loc[number, columns].tolist() for number in money.index} == expected


def test_gross_and_net_retention_are_those_made_by_hand(engine):
    kept = follow_revenue(engine.lend(SUBSCRIPTIONS), MONTHS).kept.set_index("period")
    assert kept["gross"].tolist() == pytest.approx([1, 130 / 150, 90 / 130, 67 / 105, 1])
    assert kept["net"].tolist() == pytest.approx([1, 130 / 150, 105 / 130, 67 / 105, 1])
    assert kept["n"].tolist() == [4, 5, 4, 3, 3]
    before, after = np.array([10, 30, 40, 50.0]), np.array([10, 45, 0, 50.0])  # from March to April
    ratio = after.sum() / before.sum()
    reach = stats.norm.ppf(0.95) * np.sqrt(np.square(after - ratio * before).sum()) / before.sum()
    assert kept.at[APRIL, "net_high"] - kept.at[APRIL, "net"] == pytest.approx(reach)


def test_churn_of_customers_carries_its_number_and_beta_interval(engine):
    churn = follow_revenue(engine.lend(SUBSCRIPTIONS), MONTHS).churn.set_index("period")
    assert churn.loc[APRIL, ["n", "lapsed", "rate"]].tolist() == [4, 1, 0.25]
    assert churn.loc[APRIL, ["rate_low", "rate_high"]].tolist() == pytest.approx(stats.beta(2, 4).ppf([0.05, 0.95]))


def test_renewal_rates_reproduce_the_published_survival(memberships):
    with open_engine(EngineSection()) as engine:
        spells = tenures(engine.lend(memberships), end=date(2025, 12, 31))
        by_plan = renewal_rates(spells, by=["plan"])
        together = renewal_rates(spells)
    for plan, survivors in SURVIVORS.items():
        mine = by_plan[by_plan["plan"] == plan]
        assert mine["kept"].tolist() == list(survivors)
        assert mine["n"].tolist() == [1000, *survivors[:-1]]
        assert mine["survival"].tolist() == pytest.approx(np.divide(survivors, 1000))
    assert together["left"].sum() == 2000 - sum(each[-1] for each in SURVIVORS.values())
    assert (together["churn"] + together["rate"]).tolist() == pytest.approx([1] * 12)
    assert (together["churn_low"] <= together["churn"]).all()


def test_a_renewal_that_is_not_due_yet_is_in_no_rate():
    """Ann has made her renewals up to June 1; that of July 1 lies after the end."""
    with open_engine(EngineSection()) as engine:
        spells = tenures(engine.lend(SUBSCRIPTIONS[SUBSCRIPTIONS["customer_id"] == "ann"]), end=END)
        found = renewal_rates(spells)
    assert found["renewal"].tolist() == [1, 2, 3, 4, 5]
    assert found["n"].tolist() == [1] * 5


def test_the_audit_of_the_memberships(memberships):
    settings = load_settings(MEMBERSHIPS)
    window = ObservationWindow(date(2013, 1, 2), date(2025, 12, 31))
    with open_engine(EngineSection()) as engine:
        found = audit_contracts({"subscriptions": engine.lend(memberships)}, settings, window, seed=1)
    assert found.periods.name == "year"
    assert (found.spells, found.returned, found.active) == (2000, 0, 567)
    assert found.monthly == pytest.approx((173 * 100 + 394 * 250) / 12, abs=567 * 0.5 / MONEY_UNITS)
    assert found.revenue.bridge.customers["after"].tolist()[:2] == [1500, 1211]
    assert found.trend.verdict == "unknown", "one year of joining is no trend"


contracts = st.lists(
    st.tuples(
        st.sampled_from("abcde"), st.integers(-60, 300), st.one_of(st.none(), st.integers(0, 200)),
        st.integers(0, 5_000), st.sampled_from(["week", "month", "quarter", "year"]),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@examples(25, thorough=300)
@given(contracts)
def test_recurring_revenue_always_leads_from_start_to_end(rows):
    table = pd.DataFrame(
        [
            (who, START + timedelta(at), None if lasts is None else START + timedelta(at + lasts), paid / 100, each)
            for who, at, lasts, paid, each in rows
        ],
        columns=["customer_id", "started_at", "ended_at", "price", "billing_period"],
    )  # fmt: skip
    table["ended_at"] = table["ended_at"].astype(object).where(table["ended_at"].notna(), None)
    with open_engine(EngineSection()) as engine:
        found = follow_revenue(engine.lend(table), MONTHS)
    money, people = found.bridge.money, found.bridge.customers
    moved = money["new"] + money["reactivated"] + money["more"] - money["less"] - money["lapsed"]
    assert (money["before"] + moved == money["after"]).all()
    assert (money["before"].iloc[1:].to_numpy() == money["after"].iloc[:-1].to_numpy()).all()
    assert (people["before"] + people["new"] + people["reactivated"] - people["lapsed"] == people["after"]).all()
    shown = found.kept.dropna()
    assert (shown["gross"] <= shown["net"] + 1e-12).all(), "nothing is added to gross retention"
