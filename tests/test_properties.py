"""What must hold for value whatever the parameters: order, scale, limits, and that cells are only bookkeeping."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.valuation import CustomerValues, value_customers
from clv_lib.analysis.weighted import concentration_index, correlation, cut_by_rank, gini
from clv_lib.models import gamma_gamma
from tests.lives import FAMILIES, PURCHASE, SPEND

YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.0027, horizon_weeks=52.0)
DRAWS = 25


def posterior(parameters: dict[str, float], seed: int, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """Draws that differ by a few percent, as from a fit."""
    noise = np.random.default_rng(seed).normal(0, 0.05, (len(parameters), draws, 1))
    return {name: value * np.exp(noise[i]) for i, (name, value) in enumerate(parameters.items())}


def value(
    family: str, cells: pd.DataFrame, economics: Economics = YEAR, *, draws: int = DRAWS, **options
) -> CustomerValues:
    pair = posterior(PURCHASE[family], 1, draws), posterior(SPEND, 2, draws)
    return value_customers(*pair, cells, family=family, economics=economics, seed=7, **options)


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """Some two hundred kinds of customers, one-time buyers among them, in no order."""
    rng = np.random.default_rng(3)
    x = rng.poisson(2.0, 200)
    age = rng.choice([20.0, 30.5, 39.0], 200)
    table = pd.DataFrame(
        {
            "frequency": x,
            "recency": np.where(x > 0, age * rng.uniform(0.05, 1.0, 200), 0.0),
            "T": age,
            "spend_bin": np.where(x > 0, rng.integers(0, 9, 200), -1),
            "monetary_value": np.where(x > 0, rng.lognormal(3.3, 0.5, 200), np.nan),
            "n": rng.integers(1, 40, 200),
        }
    )
    return table.drop_duplicates(["frequency", "recency", "T", "spend_bin"], ignore_index=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_dearer_money_is_the_less_the_future_is_worth(family, cells):
    rates = [0.0, 0.0005, 0.0027, 0.02, 0.5]
    worth = [value(family, cells, YEAR.replacing(discount_rate_per_week=rate)) for rate in rates]
    for cheaper, dearer in pairwise(worth):
        assert (dearer.cells["residual_clv"] < cheaper.cells["residual_clv"]).all()
    for with_end in worth[1:]:
        assert (with_end.cells["residual_clv_infinite"] > 0.999999 * with_end.cells["residual_clv"]).all()
    infinite = [values.total_infinite.mean for values in worth[1:]]
    assert infinite == sorted(infinite, reverse=True)
    assert worth[0].total_infinite is None
    assert worth[0].cells["residual_clv_infinite"].isna().all()


@pytest.mark.parametrize("family", FAMILIES)
def test_no_horizon_no_value(family, cells):
    values = value(family, cells, YEAR.replacing(horizon_weeks=0.0))
    for column in ("residual_clv", "residual_clv_high", "residual_clv_predictive_high", "expected_purchases"):
        assert (values.cells[column] == 0).all()
    assert values.total.predictive_high == 0
    assert values.active.mean > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_value_grows_with_the_horizon_up_to_the_infinite_one(family, cells):
    year, decade, century = (value(family, cells, YEAR.replacing(horizon_weeks=h)) for h in (52.0, 520.0, 15_000.0))
    assert (year.cells["residual_clv"] < decade.cells["residual_clv"]).all()
    assert (decade.cells["residual_clv"] < century.cells["residual_clv"]).all()
    # what comes after 15,000 weeks is discounted by exp(-40)
    np.testing.assert_allclose(century.cells["residual_clv"], year.cells["residual_clv_infinite"], rtol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_value_is_proportional_to_the_margin(family, cells):
    thirty, sixty = value(family, cells), value(family, cells, YEAR.replacing(gross_margin=0.6))
    for column in ("residual_clv", "residual_clv_low", "residual_clv_predictive_high", "residual_clv_infinite"):
        np.testing.assert_allclose(sixty.cells[column], 2 * thirty.cells[column], rtol=1e-12)
    assert sixty.total.predictive_low == pytest.approx(2 * thirty.total.predictive_low)
    assert sixty.purchases == thirty.purchases


@pytest.mark.parametrize("family", FAMILIES)
def test_without_discounting_value_is_the_plain_forecast_times_spend_and_margin_draw_by_draw(family, cells):
    """Against the closed form of the conditional expectation; not the product of the two posterior means."""
    values = value(family, cells, YEAR.replacing(discount_rate_per_week=0.0)).cells
    columns = {name: cells[name].to_numpy() for name in ("frequency", "recency", "T")}
    forecast = closed_forms(family).expected_purchases(
        *posterior(PURCHASE[family], 1).values(), **columns, horizon=YEAR.horizon_weeks
    )
    spend = gamma_gamma.expected_spend(
        *posterior(SPEND, 2).values(),
        frequency=columns["frequency"],
        monetary_value=cells["monetary_value"].fillna(0.0).to_numpy(),
    )
    np.testing.assert_allclose(values["expected_purchases"], forecast.mean(axis=0), rtol=1e-8)
    np.testing.assert_allclose(values["residual_clv"], 0.3 * (forecast * spend).mean(axis=0), rtol=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lapsed_customer_is_worth_less_than_a_recent_one(family, cells):
    base = cells[(cells["frequency"] > 0)].head(20)
    worth = [value(family, base.assign(recency=share * base["T"])).cells for share in (0.2, 0.6, 1.0)]
    for column in ("p_alive", "residual_clv", "residual_clv_infinite"):
        assert (worth[0][column] < worth[1][column]).all()
        assert (worth[1][column] < worth[2][column]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_who_spent_more_is_expected_to_spend_more(family, cells):
    base = cells[cells["frequency"] > 0]
    cheap, dear = (value(family, base.assign(monetary_value=amount)).cells for amount in (10.0, 100.0))
    assert (cheap["residual_clv"] < dear["residual_clv"]).all()
    np.testing.assert_array_equal(cheap["p_alive"], dear["p_alive"])


@pytest.mark.parametrize("family", FAMILIES)
def test_neither_order_nor_batch_changes_a_value(family, cells):
    """Rows are sorted inside, so even the simulated outcomes follow their history; a batch changes only those."""
    once, shuffled = value(family, cells), value(family, cells.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled.cells.loc[cells.index], once.cells)
    pd.testing.assert_frame_equal(shuffled.draws, once.draws)
    batched = value(family, cells, batch=17)
    known = [c for c in once.cells if "predictive" not in c]
    pd.testing.assert_frame_equal(batched.cells[known], once.cells[known], rtol=1e-12)
    assert batched.total.mean == pytest.approx(once.total.mean, rel=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_splitting_a_cell_in_two_changes_no_expectation(family, cells):
    large = cells[cells["n"] > 1]
    split = pd.concat([cells.assign(n=cells["n"] - (cells["n"] > 1)), large.assign(n=1)], ignore_index=True)
    whole, parts = value(family, cells), value(family, split)
    assert parts.customers == whole.customers
    for name in ("active_customers", "expected_purchases", "residual_clv", "residual_clv_infinite"):
        np.testing.assert_allclose(parts.draws[name], whole.draws[name], rtol=1e-12)
    expectations = ["p_alive", "residual_clv", "residual_clv_low", "residual_clv_high"]
    np.testing.assert_allclose(parts.cells[expectations][: len(cells)], whole.cells[expectations], rtol=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_intervals_are_ordered_and_the_predictive_one_is_the_wider(family, cells):
    values = value(family, cells, draws=1_000)
    table = values.cells
    assert (table["residual_clv_low"] <= table["residual_clv"]).all()
    assert (table["residual_clv"] <= table["residual_clv_high"]).all()
    assert (table["residual_clv_predictive_low"] <= table["residual_clv_low"]).mean() > 0.99
    wider = table["residual_clv_predictive_high"] > table["residual_clv_high"]
    assert wider[table["p_alive"] > 0.5].mean() > 0.95
    for total in (values.total, values.purchases, values.active):
        assert total.low <= total.mean <= total.high
        assert total.predictive_high - total.predictive_low > total.high - total.low


@pytest.mark.parametrize("family", FAMILIES)
def test_extreme_customers_stay_finite(family):
    """Daily buyers, customers of today, and the very old."""
    cells = pd.DataFrame(
        {
            "frequency": [0, 0, 400, 1, 250],
            "recency": [0.0, 0.0, 57.0, 0.14, 10.0],
            "T": [0.0, 500.0, 57.14, 500.0, 500.0],
            "spend_bin": [-1, -1, 3, 4, 5],
            "monetary_value": [np.nan, np.nan, 1e-2, 5e6, 30.0],
            "n": [1, 1_000_000, 1, 1, 1],
        }
    )
    values = value(family, cells)
    assert np.isfinite(values.cells.drop(columns="monetary_value").to_numpy(dtype=float)).all()
    assert np.isfinite(values.draws.to_numpy()).all()
    assert values.cells["p_alive"].between(0, 1).all()
    assert values.cells.loc[4, "residual_clv"] == pytest.approx(
        0.0, abs=1e-6
    )  # 490 weeks of silence after 250 purchases


amounts = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9)), min_size=2, max_size=12
).filter(lambda rows: sum(value for value, _, _ in rows) > 0)


@settings(max_examples=60, deadline=None)
@given(amounts)
def test_statistics_do_not_see_how_customers_are_gathered_into_cells(rows):
    values, by, n = (np.array(column) for column in zip(*rows, strict=True))
    each = np.repeat(values, n), np.repeat(by, n)
    ones = np.ones(len(each[0]))
    assert concentration_index(values, n, by=by) == pytest.approx(concentration_index(each[0], ones, by=each[1]))
    assert correlation(values, by, n) == pytest.approx(correlation(*each, ones), nan_ok=True)
    assert -1e-12 <= gini(values, n) < 1
    assert abs(concentration_index(values, n, by=by)) <= gini(values, n) + 1e-12  # no order beats the true one
    members = cut_by_rank(n, [0.2, 0.3, 0.5])
    np.testing.assert_allclose(members.sum(axis=0), n)
    np.testing.assert_allclose(members.sum(axis=1), np.array([0.2, 0.3, 0.5]) * n.sum())
