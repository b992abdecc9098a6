"""Cut-offs lie apart as they must, the horizon fits the shop, and what follows a look is counted right."""

from datetime import date, timedelta

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.churn_contracts import ContractHistory, billing_days
from clv_lib.analysis.churn_history import History, cut_offs, default_horizon, sign_names
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.simulate import simulate_crm
from clv_lib.models.subscriptions import survival
from clv_lib.periods import ObservationWindow
from tests.signs_support import frames


@pytest.fixture(scope="module")
def record():
    crm = simulate_crm(400, seed=5)
    return frames({"transactions": crm.tables["transactions"], "interactions": crm.tables["interactions"]})


@pytest.mark.parametrize("horizon", [30, 60, 90, 200])
def test_nothing_that_is_fitted_reaches_into_a_test(horizon):
    window = ObservationWindow(date(2022, 1, 1), date(2024, 12, 31))
    days = cut_offs(window, horizon)
    assert len(days.tests) == 4
    assert days.tests[-1] + timedelta(days=horizon) == window.end, "its outcome is known, and only just"
    assert days.fitting[-1] + timedelta(days=horizon) <= days.tests[0]
    gaps = {(later - early).days for early, later in zip(days.fitting, days.fitting[1:], strict=False)}
    assert gaps <= {horizon}
    assert days.fitting[0] > window.start


def test_a_log_that_is_too_short_has_no_cut_offs():
    days = cut_offs(ObservationWindow(date(2024, 1, 1), date(2024, 3, 31)), 60)
    assert (days.fitting, days.tests) == ((), ())


def test_the_horizon_covers_four_of_five_gaps_in_whole_months():
    """Gaps of 10, 20, 30, 40 and 100 days: four of five are at most 40, which is two months."""
    start, log = pd.Timestamp("2020-01-01"), []
    for who, gap in enumerate([10, 20, 30, 40, 100]):
        log += [(f"c{who}", start), (f"c{who}", start + pd.Timedelta(days=gap))]
    table = pd.DataFrame(log, columns=["customer_id", "ordered_at"]).assign(amount=1.0)
    found = nw.from_native(table).lazy()
    window = ObservationWindow(date(2020, 1, 1), date(2023, 12, 31))
    assert default_horizon(found, window=window) == 60
    assert default_horizon(found, window=ObservationWindow(date(2020, 1, 1), date(2020, 6, 30))) == 30


def test_who_buys_after_a_look_was_not_silent(record):
    horizon, cutoff = 60, date(2024, 3, 31)
    history = History(record, "pareto_nbd", horizon, date(2024, 12, 31))
    table = history.at(cutoff).set_index("customer_id")
    log = record["transactions"].collect("pandas").to_native()
    first, last = pd.Timestamp(cutoff), pd.Timestamp(cutoff) + pd.Timedelta(days=horizon)
    buyers = set(log.loc[(log["ordered_at"] > first) & (log["ordered_at"] <= last), "customer_id"])
    assert set(table.index[table["silent"] == 0]) == buyers & set(table.index)
    assert set(table.index) == set(log.loc[log["ordered_at"] <= first, "customer_id"])
    assert table["closed_form"].between(0, 1).all()
    assert "silent" not in sign_names(table.reset_index())
    assert "silent" not in history.at(date(2024, 12, 1)), "its end has not come"


def test_a_sample_takes_no_more_than_asked_for(record):
    history = History(record, "pareto_nbd", 60, date(2024, 12, 31))
    some = history.at(date(2024, 3, 31), most=50)
    assert 0 < len(some) <= 50
    whole = history.at(date(2024, 3, 31)).set_index("customer_id").loc[some["customer_id"]]
    np.testing.assert_allclose(some["closed_form"], whole["closed_form"])


def members() -> dict[str, pd.DataFrame]:
    """Yearly members since 2015: a fifth of those left cancels at each renewal."""
    rng = np.random.default_rng(3)
    start, rows = pd.Timestamp("2015-03-01"), []
    for k in range(600):
        years = int(rng.geometric(0.2))
        end = start + pd.DateOffset(years=years) - pd.Timedelta(days=1)
        rows.append((f"m{k:03d}", start, end if end <= pd.Timestamp("2022-12-31") else pd.NaT))
    plans = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    paid = plans[["customer_id", "started_at"]].rename(columns={"started_at": "ordered_at"}).assign(amount=100.0)
    return {"transactions": paid, "subscriptions": plans.assign(plan="gold", price=100.0, billing_period="year")}


def test_members_are_looked_at_while_they_are_members():
    tables = members()
    with DuckDBEngine() as engine:
        record = {name: engine.lend(with_days(table)) for name, table in tables.items()}
        assert billing_days(record["subscriptions"]) == 365
        history = ContractHistory(record, "bdw", 365, date(2022, 12, 31))
        cutoff = date(2018, 12, 31)
        table = history.at(cutoff).set_index("customer_id")
        theta = history.parameters(cutoff)["gold"]
    plans = tables["subscriptions"].set_index("customer_id")
    here = plans["ended_at"].isna() | (plans["ended_at"] > pd.Timestamp(cutoff))
    assert set(table.index) == set(plans.index[here])
    cancels = plans["ended_at"].between("2019-01-01", "2019-12-31")
    assert set(table.index[table["silent"] == 1]) == set(plans.index[here & cancels])
    assert (table["renewals"] == 3).all()
    assert (pd.to_datetime(table["next_renewal"]) == pd.Timestamp("2019-03-01")).all()
    assert table["closed_form"].iloc[0] == pytest.approx(1 - float(survival("bdw", theta, renewals=1, made=3)))
    # a fifth cancels; the standard error of a share of some 300 members over four renewals is about 0.02
    assert abs(table["closed_form"].iloc[0] - 0.2) < 0.08


def with_days(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: table[name].dt.date for name in table.select_dtypes("datetime")})
