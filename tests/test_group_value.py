"""Groups of customers: their sums are those of all customers, and luck and counts are told."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.group_value import ValueModel, value_of_groups
from clv_lib.analysis.terms import ReferralGain
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.analysis.valuation import value_customers
from tests.lives import PURCHASE, SPEND

YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.002, horizon_weeks=52.0)
DRAWS = 40


def draws(parameters: dict[str, float], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: value * np.exp(0.05 * rng.standard_normal((DRAWS, 1))) for name, value in parameters.items()}


@pytest.fixture(scope="module")
def model() -> ValueModel:
    costs = UnitCosts(np.full(DRAWS, 0.4), np.full(DRAWS, 0.5), np.full(DRAWS, 0.1))
    gain = ReferralGain(np.full(DRAWS, 0.01), np.full(DRAWS, 12.0))
    return ValueModel(draws(PURCHASE["bg_nbd"], 1), draws(SPEND, 2), "bg_nbd", YEAR, costs, gain)


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "frequency": [0, 1, 4, 4],
            "recency": [0.0, 10.0, 30.0, 30.0],
            "T": [40.0, 40.0, 35.0, 35.0],
            "spend_bin": [-1, 3, 5, 6],
            "monetary_value": [np.nan, 20.0, 35.0, 40.0],
            "n": [50, 20, 10, 4],
        }
    )


def test_groups_add_up_to_all_customers_draw_by_draw(model, cells):
    """The same posterior, cut in three ways that do not follow the cells, against the valuation of everybody."""
    stages = pd.concat([cells.assign(stage="a", n=[30, 0, 9, 1]), cells.assign(stage="b", n=[20, 20, 1, 3])])
    stages = stages[stages["n"] > 0]
    found = value_of_groups(model, stages, ["a", "b", "empty"], by="stage")
    all_of_them = value_customers(
        model.purchase_draws,
        model.spend_draws,
        cells,
        family="bg_nbd",
        economics=YEAR,
        seed=1,
        unit_costs=model.unit_costs,
        referrals=model.referrals,
    )
    np.testing.assert_allclose(found.value.sum(axis=0), all_of_them.draws["residual_clv"], rtol=1e-10)
    np.testing.assert_allclose(found.active.sum(axis=0), all_of_them.draws["active_customers"], rtol=1e-10)
    np.testing.assert_allclose(found.purchases.sum(axis=0), all_of_them.draws["expected_purchases"], rtol=1e-10)
    assert found.customers.tolist() == [40, 44, 0]
    assert not found.value[2].any()
    assert found.outcome is None


def test_the_luck_of_a_group_is_wide_and_without_bias(model, cells):
    """Mean of outcome and expectation agree within four standard errors; the outcome scatters more."""
    one = cells.assign(stage="a")
    many = ValueModel(
        *(
            {name: np.repeat(each[:1], 3000, axis=0) for name, each in own.items()}
            for own in (model.purchase_draws, model.spend_draws)
        ),
        "bg_nbd",
        YEAR,
    )
    found = value_of_groups(many, one, ["a"], by="stage", seed=3)
    luck = found.outcome[0] - found.value[0]
    assert abs(luck.mean()) < 4 * luck.std() / np.sqrt(3000)
    assert luck.std() > 0.05 * found.value[0].mean()


def test_fewer_draws_are_some_of_the_draws(model):
    few = model.thinned(5)
    assert few.draws == 5
    assert np.isin(few.purchase_draws["r"], model.purchase_draws["r"]).all()
