"""Published numbers on acquisition: the four costs of "Younger Eats", and the short formulas for a contract's value.

Younger Eats is the worked example of Dan McCarthy's lectures on customer acquisition cost. Spend is in thousand
dollars, customers in thousands. Each figure must be met to half a unit of its last printed digit.
"""

import io

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.acquisition import (
    DEFINITIONS,
    acquisition_cost,
    acquisition_spend,
    blended_cost,
    costs_by,
    paid_cost,
)
from clv_lib.analysis.ledger import ledger_lines, monthly_spend
from clv_lib.analysis.simple_clv import annuity, residual_value, value_paying_at_the_end, value_paying_now
from clv_lib.periods import month_of_number
from clv_lib.settings import ChannelCosts, CostsSection
from tests.cost_records import in_memory

YOUNGER_EATS = """
1 5 60 5 10 40 80 40 80 50 100 40 4.95
2 5.15 62.4 5.15 13 42 83.2 42 83.2 55 104 52 5.3055
3 5.3045 64.896 5.3045 16 44.1 86.528 44.1 86.528 60.5 108.16 64 5.680645
4 5.46364 67.4918 5.46364 19 46.305 89.9891 46.305 89.9891 66.55 112.486 76 6.077019
5 5.62754 70.1915 5.62754 22 48.6202 93.5887 48.6202 93.5887 73.205 116.986 88 6.337898
6 5.79637 72.9992 5.79637 25 51.0513 97.3322 51.0513 97.3322 80.5255 121.665 100 6.610003
7 5.97026 75.9191 5.97026 28 53.6038 101.226 53.6038 101.226 88.5781 126.532 112 7.058608
8 6.14937 78.9559 6.14937 31 56.284 105.275 56.284 105.275 97.4359 131.593 124 7.534937
9 6.33385 82.1141 6.33385 34 59.0982 109.486 59.0982 109.486 107.179 136.857 136 7.8543
10 6.52387 85.3987 6.52387 37 62.0531 113.865 62.0531 113.865 117.897 142.331 148 8.380706
11 6.71958 88.8147 6.71958 40 65.1558 118.42 65.1558 118.42 129.687 148.024 160 8.941618
12 6.92117 92.3672 6.92117 43 68.4136 123.156 68.4136 123.156 142.656 153.945 172 9.323162
13 - - - - - - - - - - 178.88 -
14 - - - - - - - - - - 186.035 -
"""
PUBLISHED = {  # dollars per customer, months 4 and 12
    "all": (90.35, 88.91),
    "acquisition": (39.82, 43.85),
    "lagged": (36.58, 39.58),
    "onboarded": (53.03, 59.54),
}
CHANNELS = (
    "referral", "tv", "out_of_home", "promotions", "facebook_acq", "facebook_repeat", "google_acq", "google_repeat",
    "prospecting", "account_mgmt", "onboarding", "new_customers",
)  # fmt: skip
KINDS = {"facebook_repeat": "marketing", "google_repeat": "marketing", "account_mgmt": "retention",
         "tv": "marketing", "out_of_home": "marketing", "onboarding": "service"}  # fmt: skip
RULES = CostsSection(
    channels={
        "tv": ChannelCosts(acquisition_share=0.8, spread_months=4),
        "out_of_home": ChannelCosts(acquisition_share=0.8, spread_months=3),
        "prospecting": ChannelCosts(delay_months=3),
    },
    onboarding_delay_months=2,
)
BEFORE = 2024 * 12 - 1  # month 1 is January 2024


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    given = pd.read_csv(io.StringIO(YOUNGER_EATS), sep=" ", na_values="-", names=["month", *CHANNELS])
    long = given.melt("month", var_name="channel", value_name="amount").dropna()
    won = long[long["channel"] == "new_customers"]
    costs = long[long["channel"] != "new_customers"].copy()
    costs["kind"] = costs["channel"].map(KINDS).fillna("acquisition")
    costs["month"] = [month_of_number(BEFORE + int(month)) for month in costs["month"]]
    lines = ledger_lines(in_memory({"costs": costs})["costs"], settings=RULES, end=costs["month"].max())
    arrived = pd.DataFrame(
        {"month_number": BEFORE + won["month"].astype(int), "channel": "", "new_customers": won["amount"]}
    )
    months = range(BEFORE + 1, BEFORE + 15)
    return acquisition_spend(monthly_spend(lines), arrived, months=months, settings=RULES)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_the_four_costs_of_younger_eats(table, definition):
    costs = costs_by(table, "month_number", definition=definition)
    # the ledger is kept in whole ten-thousandths: of a thousand dollars that is ten cents a month
    for month, printed in zip((4, 12), PUBLISHED[definition], strict=True):
        assert costs[BEFORE + month].cac == pytest.approx(printed, abs=0.005)


def test_all_sales_and_marketing_of_the_first_month(table):
    assert costs_by(table, "month_number", definition="all")[BEFORE + 1].cac == pytest.approx(94.949495, abs=5e-7)


def test_a_month_that_the_ledger_does_not_reach_has_no_figure(table):
    lagged = costs_by(table, "month_number", definition="lagged")
    assert min(lagged) == BEFORE + 4, "television of three months before the ledger still works in the third"
    assert max(costs_by(table, "month_number", definition="onboarded")) == BEFORE + 12


def test_blended_flatters_where_customers_come_by_themselves():
    table = pd.DataFrame(
        {"month_number": [0, 0, 0], "channel": ["", "ads", "friends"], "new_customers": [10.0, 20.0, 30.0],
         **{name: [0.0, 600.0, 0.0] for name in DEFINITIONS}}
    )  # fmt: skip
    assert blended_cost(table, definition="acquisition").cac == 10
    assert paid_cost(table, definition="acquisition").cac == 30
    by_channel = costs_by(table, "channel", definition="acquisition")
    assert (by_channel["ads"].cac, by_channel["friends"].cac) == (30, 0)


@pytest.mark.parametrize(("unknown", "ads", "none"), [(10.0, 22.0, 0.0), (40.0, 20.0, 40.0)])
def test_few_customers_without_a_channel_are_counted_with_the_channels_and_many_are_not(unknown, ads, none):
    won = pd.DataFrame(
        {"month_number": 24288, "channel": ["", "ads", "friends"], "new_customers": [unknown, 20.0, 80.0]}
    )
    spend = pd.DataFrame(
        {
            "month_number": [24288],
            "kind": "acquisition",
            "booked_kind": "acquisition",
            "channel": "ads",
            "amount": 440.0,
        }
    )
    table = acquisition_spend(spend, won, months=range(24288, 24289), settings=CostsSection()).set_index("channel")
    assert table.loc["ads", "new_customers"] == pytest.approx(ads)
    assert table.loc["", "new_customers"] == none
    assert table["new_customers"].sum() == pytest.approx(100 + unknown)


def test_the_interval_is_that_of_a_poisson_count():
    """Against draws; and its mean is the inverse Gamma's, spend / (n - 1/2)."""
    cost = acquisition_cost(1000.0, 25)
    draws = cost.draws(np.random.default_rng(1), 400_000)
    assert np.quantile(draws, [0.05, 0.95]) == pytest.approx([cost.low, cost.high], rel=0.005)
    assert draws.mean() == pytest.approx(1000 / 24.5, rel=0.002)
    assert np.isnan(acquisition_cost(1000.0, 0).cac)


def test_the_interval_covers_as_often_as_it_claims():
    rng = np.random.default_rng(3)
    won = rng.poisson(12.0, size=4000)
    covered = [cost.low <= 1000 / 12.0 <= cost.high for cost in (acquisition_cost(1000.0, n) for n in won)]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.03), "counts are whole, so coverage moves in steps"


def test_the_three_cases_of_note_024_differ_by_the_first_payment():
    """Against the sums that they stand for."""
    m, r, d = 100.0, 0.8, 0.12
    t = np.arange(0, 2000)
    assert value_paying_now(m, r, d) == pytest.approx((m * r**t / (1 + d) ** t).sum(), rel=1e-12)
    assert residual_value(m, r, d) == pytest.approx((m * r ** (t + 1) / (1 + d) ** (t + 1)).sum(), rel=1e-12)
    assert value_paying_at_the_end(m, r, d) == pytest.approx((m * r**t / (1 + d) ** (t + 1)).sum(), rel=1e-12)
    assert value_paying_now(m, r, d) == pytest.approx(m + residual_value(m, r, d), rel=1e-12)


def test_the_example_of_gupta_and_lehmann():
    assert residual_value(100, 0.8, 0.12) == pytest.approx(250, abs=0.5)
    five_years = annuity(100, 5, 0.12)
    assert five_years == pytest.approx(360, abs=0.5)
    assert five_years / 250 - 1 == pytest.approx(0.44, abs=0.005)
    assert annuity(100, 5, 0) == 500
