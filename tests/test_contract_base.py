"""Members and renewals, counted by hand and against the published survival."""

from datetime import date

import duckdb
import narwhals as nw
import pandas as pd
import pytest
from scipy.integrate import quad

from clv_lib.analysis.contract_base import contract_base
from clv_lib.periods import observation_window

WINDOW = observation_window(date(2020, 1, 1), date(2023, 6, 30))


def base_of(rows, window=WINDOW):
    """In DuckDB, as everywhere: the same expressions are tried on pandas with the spells."""
    columns = ["customer_id", "started_at", "ended_at", "plan", "price", "billing_period"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["started_at"], frame["ended_at"] = pd.to_datetime(frame["started_at"]), pd.to_datetime(frame["ended_at"])
    return contract_base(nw.from_native(duckdb.from_df(frame)), window=window)


FIVE = [
    ("a", "2020-01-10", None, "gold", 120.0, "year"),  # due 2021, 22, 23: three made
    ("b", "2020-02-10", "2021-02-09", "gold", 120.0, "year"),  # left at the first
    ("c", "2021-03-10", "2023-03-09", "basic", 10.0, "month"),  # 23 made, left at the 24th
    ("d", "2023-06-01", None, "basic", 10.0, "month"),  # nothing has fallen due
    ("e", "2023-05-15", None, None, None, "month"),  # one made; no plan, no price
]


def test_members_renewals_and_recurring_revenue_are_those_counted_by_hand():
    found = base_of(FIVE)
    assert (found.members, found.active, found.without_price) == (5, 3, 1)
    assert found.recurring == 120.0 + 12 * 10.0
    plans = found.plans.set_index("plan")
    assert plans.loc["gold", ["members", "active", "offered", "made"]].tolist() == [2, 1, 4, 3]
    assert plans.loc["basic", ["members", "active", "offered", "made"]].tolist() == [2, 1, 24, 23]
    assert plans.loc["unknown", ["members", "active", "offered", "made"]].tolist() == [1, 1, 1, 1]
    assert (found.offered, found.made) == (29, 27)
    assert found.cohorts == {"2020": 2, "2021": 1, "2023": 2}
    first = found.renewals.iloc[0]
    assert (first["renewals"], first["offered"], first["made"]) == (1, 4, 3)
    assert found.renewals["offered"].tolist() == [4, 2, 2, *[1] * 21]


def test_whoever_comes_back_after_a_gap_is_one_member_with_two_spells():
    found = base_of([*FIVE, ("b", "2022-01-10", None, "gold", 120.0, "year")])
    assert (found.members, found.active) == (5, 4)
    assert found.plans.set_index("plan").loc["gold", "members"] == 3


def test_nobody_due_is_no_rate():
    found = base_of([FIVE[3]])
    assert found.renewals.empty
    assert pd.isna(found.plans["rate"]).all()


def test_the_interval_holds_nine_tenths_of_the_posterior():
    """Against quadrature of the likelihood p^27 (1 - p)^2 over all rates."""
    low, high = base_of(FIVE).range_of_rate
    whole, _ = quad(lambda p: p**27 * (1 - p) ** 2, 0, 1)
    for end, mass in ((low, 0.05), (high, 0.95)):
        part, _ = quad(lambda p: p**27 * (1 - p) ** 2, 0, end)
        assert part / whole == pytest.approx(mass, abs=1e-6)


def test_the_committed_members_stay_as_published(root):
    table = pd.read_csv(root / "data" / "memberships" / "subscriptions.csv", parse_dates=["started_at", "ended_at"])
    window = observation_window(date(2013, 1, 2), date(2025, 12, 31))
    found = contract_base(nw.from_native(duckdb.from_df(table)), window=window)
    both = [1500, 1211, 1035, 919, 840, 779, 732, 691, 652, 621, 592, 567]  # Regular and High End, added by hand
    assert found.renewals["made"].tolist() == both
    assert found.renewals["staying"].tolist() == pytest.approx([each / 2000 for each in both], abs=1e-12)
    assert found.active == 173 + 394
    assert found.recurring == 173 * 100 + 394 * 250
