"""Value of members: against sums written out, against simulated lives, and zero for those who left."""

import json
from datetime import date, timedelta

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.contract_backtest import forecast_renewals, plan_tests, survival_seen
from clv_lib.analysis.contract_value import value_members
from clv_lib.analysis.model_survival import expected_survival
from clv_lib.analysis.new_members import members_by_channel, new_member_draws
from clv_lib.analysis.terms import Terms
from clv_lib.data.contract_handover import Membership, hand_over_contracts
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.members import ends_within
from clv_lib.data.tenures import tenures
from clv_lib.models.subscriptions import derl, simulate_lifetimes, survival
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.contracts import _ADAPTER, ContractRehearsal, contract_findings
from tests.members import SURVIVORS, published

GROUPS = pd.DataFrame({"billing_period": ["year"], "plan": ["Regular"], "group": ["year | Regular"]})
THETA = (0.764, 1.296)
DRAWS = 2_000


def draws(alpha: float = THETA[0], beta: float = THETA[1]) -> dict[str, np.ndarray]:
    return {"alpha": np.full((DRAWS, 1), alpha), "beta": np.full((DRAWS, 1), beta)}


def terms(margin: float = 1.0, order: float = 0.0, month: float = 0.0) -> Terms:
    columns = (np.full((DRAWS, 1), value) for value in (margin, order, month, 0.0, 0.0))
    return Terms(*columns, outcomes=np.zeros((DRAWS, 1)))


def cells(**changes: float) -> pd.DataFrame:
    one = {"billing_period": "year", "plan": "Regular", "price": 100.0, "renewals": 1, "renewals_ahead": 5}
    return pd.DataFrame([one | {"wait": 0.0, "n": 1} | changes])


def valued(table: pd.DataFrame, given: Terms | None = None, rate: float = 0.1):
    return value_members(draws(), table, GROUPS, given or terms(), family="sbg", annual_discount_rate=rate, seed=4)


@pytest.mark.parametrize(("made", "value"), [(0, 288.22), (1, 393.94), (4, 568.25)])
def test_without_end_a_member_just_before_the_renewal_is_worth_what_was_published(made, value):
    found = valued(cells(renewals=made)).cells
    assert found["residual_clv_infinite"].iloc[0] == pytest.approx(value, abs=5e-3)


def test_the_value_within_the_horizon_is_the_sum_written_out():
    found = valued(cells(wait=0.25, renewals=2, renewals_ahead=3), terms(0.6, 5.0, 2.0)).cells.iloc[0]
    here = [survival("sbg", THETA, renewals=j, made=2) for j in (1, 2, 3)]
    came = sum(s * (60 - 5) / 1.1 ** (0.25 + j) for j, s in enumerate(here))
    # a month costs 2: three quarters of a year are over, and each payment buys another year, paid in its middle
    cost = 2 * 12 * 0.25 / 1.1**0.125 + sum(s * 24 / 1.1 ** (0.75 + j) for j, s in enumerate(here))
    assert found["residual_contribution"] == pytest.approx(came, rel=1e-9)
    assert found["residual_service_cost"] == pytest.approx(cost, rel=1e-9)
    assert found["residual_clv"] == pytest.approx(came - cost, rel=1e-9)
    assert found["expected_renewals"] == pytest.approx(sum(here), rel=1e-9)
    assert found["renewal_probability"] == pytest.approx(here[0], rel=1e-9)


def test_what_members_bring_in_simulation_is_what_both_intervals_say():
    """With known parameters the expected value is certain, and what 40 members bring is spread as their lives are."""
    found = valued(cells(n=40))
    rng = np.random.default_rng(5)
    lives = simulate_lifetimes(rng, "sbg", THETA, 400_000, longest=30)
    lasting = np.minimum(lives[lives > 1] - 2, 5)
    worth = 100 * np.concatenate([[0.0], np.cumsum(1.1 ** -np.arange(5.0))])[lasting]
    one, total = found.cells.iloc[0], found.total
    assert one["residual_clv_low"] == pytest.approx(one["residual_clv_high"])
    assert one["residual_clv"] == pytest.approx(worth.mean(), abs=4 * worth.std() / np.sqrt(len(worth)))
    share = np.mean((worth >= one["residual_clv_predictive_low"]) & (worth <= one["residual_clv_predictive_high"]))
    assert share >= 0.9
    together = rng.choice(worth, (20_000, 40)).sum(axis=1)
    low, high = np.quantile(together, [0.05, 0.95])
    error = (
        4 * together.std() * np.sqrt(0.05 * 0.95 / DRAWS) / 0.10
    )  # of a quantile: density of a normal there is .10 / sd
    assert total.predictive_low == pytest.approx(low, abs=error)
    assert total.predictive_high == pytest.approx(high, abs=error)


def test_more_interest_is_worth_less_price_scales_and_no_renewal_ahead_is_worth_nothing():
    assert valued(cells(), rate=0.2).total.mean < valued(cells()).total.mean
    assert valued(cells(price=300.0)).total.mean == pytest.approx(3 * valued(cells()).total.mean)
    assert valued(cells(renewals_ahead=0)).total.mean == 0
    assert np.isnan(valued(cells(), rate=0.0).cells["residual_clv_infinite"].iloc[0])


def test_the_elasticity_of_a_plan_is_the_slope_of_its_value():
    step = 1e-5
    rates = np.array([survival("sbg", THETA, renewals=1, made=1 + j) for j in range(5)])
    value = [np.cumprod(rates * factor) @ 1.1 ** -np.arange(5.0) for factor in (1 - step, 1 + step)]
    slope = np.log(value[1] / value[0]) / (2 * step)
    assert valued(cells()).elasticity["Regular"].mean == pytest.approx(slope, rel=1e-6)


def test_a_new_member_pays_at_once():
    sizes = pd.DataFrame({"billing_period": ["year"], "plan": ["Regular"], "price": [100.0], "n": [10]})
    (drawn,) = new_member_draws(
        draws(), sizes, GROUPS, terms(), family="sbg", annual_discount_rate=0.1, horizon_months=60, seed=1
    )
    new = drawn.summary()
    assert new.clv.mean == pytest.approx(100 * (1 + derl("sbg", THETA, discount_rate=0.1, periods=4) / 1.1))


def test_what_is_left_of_a_new_member_is_its_value_less_what_the_channel_asks():
    sizes = pd.DataFrame({"billing_period": ["year"], "plan": ["Regular"], "price": [100.0], "n": [10]})
    new = new_member_draws(
        draws(), sizes, GROUPS, terms(), family="sbg", annual_discount_rate=0.1, horizon_months=60, seed=1
    )
    worth = new[0].summary().clv.mean
    found = members_by_channel(new, {"dear": np.full(5, 400.0), "cheap": np.full(5, 30.0)})
    assert [each.won.channel for each in found] == ["cheap", "dear"]
    assert [each.won.net.mean for each in found] == pytest.approx([worth - 30, worth - 400])
    assert [each.won.pays_back for each in found] == [1.0, 0.0]
    assert found[0].won.net.predictive_low < found[0].won.net.low, "one member may leave at the first renewal"


def test_who_is_here_in_mid_period_has_survived_a_part_of_it_where_contracts_end_on_any_day():
    """Lives with an own even chance each, cut off anywhere: of those here at 1.75 periods so many reach the second."""
    table = cells(wait=0.25)
    at_end, any_day = (valued(table.assign(ends_within=w)).cells.iloc[0] for w in (0.0, 1.0))
    rng = np.random.default_rng(6)
    leaves = np.log(rng.random(2_000_000)) / np.log1p(-rng.beta(*THETA, 2_000_000))
    here = leaves > 1.75
    share = (leaves[here] > 2).mean()
    error = np.sqrt(share * (1 - share) / here.sum())
    assert any_day["renewal_probability"] == pytest.approx(share, abs=4 * error)
    assert at_end["renewal_probability"] == valued(table).cells["renewal_probability"].iloc[0]
    assert any_day["residual_clv"] > at_end["residual_clv"]


def test_whether_contracts_end_with_their_period_is_seen_in_the_last_days():
    """Ten monthly contracts that end with a month, thirty on days spread over it; yearly ones end with their year."""
    start = date(2024, 1, 1)
    rows = [(f"e{n}", start, date(2024, 4, 30), "month") for n in range(10)]
    rows += [(f"m{n}", start, date(2024, 3, 1) + timedelta(days=n), "month") for n in range(30)]
    rows += [(f"y{n}", date(2022, 1, 1), date(2023, 12, 31), "year") for n in range(5)] + [("on", start, None, "year")]
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at", "billing_period"])
    frame[["started_at", "ended_at"]] = frame[["started_at", "ended_at"]].apply(pd.to_datetime)
    with DuckDBEngine() as engine:
        lent = engine.lend(frame).with_columns(nw.col("started_at", "ended_at").cast(nw.Date))
        found = ends_within(tenures(lent, end=date(2024, 12, 31)))
    assert found["year"] == 0
    assert found["month"] == pytest.approx(30 / 40, abs=3 / 40), "a day or two at either end counts as the end"


def test_survival_seen_counts_only_those_who_came_to_a_renewal():
    counts = pd.DataFrame({"renewals": [1, 1, 2, 3], "left": [20, 0, 16, 0], "active": [0, 20, 0, 24]})
    found = survival_seen(counts)
    assert found["at_risk"].tolist() == [80, 80, 40, 24]
    assert found["survival"].tolist() == pytest.approx([1, 0.75, 0.75 * 0.6, 0.75 * 0.6])


# ---- from tables of members to their values


def tables(folder, gap: int = 0) -> dict:
    """The published members of one plan, a hundredth of them, all joined on one day."""
    left = -np.diff([1000, *SURVIVORS["Regular"]])
    years = np.repeat(np.arange(1, 13), left)
    ends = [date(2000 + int(y), 3, 1) - timedelta(days=1) for y in years]
    ends += [None] * SURVIVORS["Regular"][-1]
    rows = pd.DataFrame({"customer_id": [f"m{k:04d}" for k in range(1000)], "ended_at": ends})
    rows["started_at"], rows["plan"], rows["price"], rows["billing_period"] = date(2000, 3, 1), "Regular", 100.0, "year"
    rows.to_parquet(folder / "subscriptions.parquet")
    paid = pd.DataFrame({"customer_id": [*rows["customer_id"], "guest"], "total_value": 100.0})
    paid.to_parquet(folder / "summary.parquet")
    return {name: folder / f"{name}.parquet" for name in ("subscriptions", "summary")}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Membership:
    window = ObservationWindow(date(2000, 3, 1), date(2012, 6, 1), date(2007, 6, 1))
    return hand_over_contracts(tables(tmp_path_factory.mktemp("members")), window=window, horizon_months=60)


def test_counts_of_the_table_are_those_that_were_published(found):
    expected = published("Regular", 12)
    pd.testing.assert_frame_equal(
        found.counts[["renewals", "left", "active"]], expected[["renewals", "left", "active"]], check_dtype=False
    )
    assert found.by == ("billing_period", "plan")
    assert found.before["left"].tolist() == published("Regular", 7)["left"].tolist()
    assert found.at_cut[["renewals", "renewals_ahead", "n"]].to_numpy().tolist() == [[7, 5, 241]]
    assert found.at_cut["made"].iloc[0] == sum(SURVIVORS["Regular"][7:])
    assert found.cells[["renewals", "renewals_ahead", "n"]].to_numpy().tolist() == [[12, 5, 173]]


def test_values_reach_every_customer_and_those_who_left_have_none(found):
    values = valued(found.cells)
    table = found.customers(values.cells, gross_margin=0.6).frame.collect("pandas").to_native()
    table = table.set_index("customer_id")
    assert len(table) == 1001
    assert table["residual_clv"].sum() == pytest.approx(values.total.mean)
    here = table["p_alive"] == 1
    assert here.sum() == 173
    assert (table.loc[~here, ["residual_clv", "residual_clv_high", "expected_renewals"]] == 0).all(axis=None)
    assert table.loc[~here, "renewal_probability"].isna().all()
    assert table["lifetime_value"].tolist() == pytest.approx(
        (table["realised_margin"] + table["residual_clv"]).tolist()
    )
    assert table.loc["guest", "p_alive"] == 0


def test_the_forecast_from_seven_renewals_is_near_what_came_and_the_constant_rate_is_not(found):
    given = draws(0.7041, 1.1820)
    expected, constant, actual = forecast_renewals(given, found.at_cut, found.before, GROUPS, family="sbg", seed=2)
    assert actual == sum(SURVIVORS["Regular"][7:])
    assert expected.predictive_low < actual < expected.predictive_high
    assert abs(constant / actual - 1) > 3 * abs(expected.mean / actual - 1)
    (test,) = plan_tests(given, found.before, found.counts, GROUPS, family="sbg")
    assert test.fitted == 7
    assert test.missed_by("expected") == pytest.approx(-0.017, abs=5e-4)
    assert test.missed_by("exponential") == pytest.approx(-0.54, abs=5e-3)


def test_findings_survive_the_disk(found):
    values = valued(found.cells)
    new = new_member_draws(
        draws(), found.sizes, GROUPS, terms(), family="sbg", annual_discount_rate=0.1, horizon_months=60, seed=1
    )
    findings = contract_findings(found, values, new, ContractRehearsal(), family="sbg")
    assert _ADAPTER.validate_python(json.loads(_ADAPTER.dump_json(findings))) == findings
    assert [figure.name for figure in findings.key_figures("USD")] == [
        "expected_value_of_members",
        "members",
        "next_renewal",
        "new_member_clv",
    ]


def test_the_models_curve_is_the_groups_by_their_members_and_goes_beyond_what_was_seen():
    """Two groups of 30 and 10 members: three quarters of the one curve and one of the other."""
    groups = pd.DataFrame({"billing_period": "year", "plan": ["a", "b"], "group": ["year | a", "year | b"]})
    sizes = groups[["billing_period", "plan"]].assign(price=1.0, n=[30, 10])
    given = {"alpha": np.array([[0.7, 0.6]] * 3), "beta": np.array([[1.2, 3.8]] * 3)}
    seen = pd.DataFrame({"renewal": [1, 2], "survival": [0.7, 0.5]})
    found = expected_survival(given, sizes, groups, seen, family="sbg")
    after = [survival("sbg", theta, renewals=3) for theta in ((0.7, 1.2), (0.6, 3.8))]
    assert found["expected"].iloc[3] == pytest.approx(0.75 * after[0] + 0.25 * after[1])
    assert found["seen"].tolist()[:3] == [1.0, 0.7, 0.5]
    assert found["seen"].isna().tolist() == [False, False, False, True]
