"""What the strategy is told of a group: sums over cells are those over customers, and all groups are all customers."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.cells_ahead import SOON_DAYS, customers_ahead, payments_ahead
from clv_lib.analysis.contract_value import value_members
from clv_lib.analysis.segment_base import RISKS, segment_base
from clv_lib.analysis.terms import Terms
from clv_lib.analysis.valuation import value_customers
from clv_lib.models import bg_nbd, gamma_gamma
from tests.segments_support import valuation_cells, value_model

KEYS = ["frequency", "recency", "T", "spend_bin"]
GROUPS = (("champions", 1), ("champions", 2), ("dormant", 1))


@pytest.fixture(scope="module")
def model():
    return value_model()


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return valuation_cells()


@pytest.fixture(scope="module")
def values(model, cells):
    return value_customers(
        model.purchase_draws, model.spend_draws, cells, family="bg_nbd", economics=model.economics, seed=1,
        unit_costs=model.unit_costs,
    )  # fmt: skip


@pytest.fixture(scope="module")
def customers(values, cells) -> pd.DataFrame:
    """One row per customer, in groups that do not follow the cells, with a risk and what a silence would take."""
    rng = np.random.default_rng(9)
    rows = values.cells.loc[values.cells.index.repeat(cells["n"])].reset_index(drop=True)
    which = rng.integers(0, len(GROUPS), len(rows))
    risk = rng.beta(2, 3, len(rows))
    lost = rng.uniform(0.2, 0.9, len(rows))
    return rows.assign(
        segment=[GROUPS[i][0] for i in which],
        band=[GROUPS[i][1] for i in which],
        reachable=rng.integers(0, 2, len(rows)),
        churn_risk=risk,
        churn_risk_low=0.8 * risk,
        churn_risk_high=np.minimum(1.2 * risk, 0.99),
        value_at_risk=risk * lost * np.maximum(rows["residual_clv"], 0.0),
        n=1,
    )


def counted(customers: pd.DataFrame, keys: list[str] = KEYS) -> pd.DataFrame:
    sums = ["n", "reachable", *RISKS, "value_at_risk"]
    return customers.groupby(["segment", "band", "residual_clv", *keys], as_index=False, dropna=False)[sums].sum()


@pytest.fixture(scope="module")
def base(model, cells, customers):
    stages = pd.DataFrame(
        {"segment": ["champions", "champions", "dormant"], "stage": ["retention", "loyalty", "dormant"]}
    )
    return segment_base(
        counted(customers), stages, cells, customers_ahead(model, cells), keys=KEYS, draws=model.draws,
        horizon_days=60, seed=5,
    )  # fmt: skip


def test_all_groups_are_all_customers(base, values, customers):
    assert base.groups["customers"].sum() == len(customers) == values.customers
    assert base.groups["reachable"].sum() == customers["reachable"].sum()
    total = (base.groups["customers"].to_numpy()[:, None] * base.value).sum(axis=0)
    # the same draws added up in another order: they differ by rounding alone
    np.testing.assert_allclose(total, values.draws["residual_clv"], rtol=1e-10)


def test_groups_are_named_in_the_order_of_the_pages_with_their_stages(base):
    assert list(zip(base.groups["segment"], base.groups["band"], strict=True)) == list(GROUPS)
    assert base.groups["evidence"].tolist() == ["regular", "regular", "quiet"]
    assert base.groups["stages"][0] == ("loyalty", "retention")
    assert base.draws == base.value.shape[1] == len(base.margin)


def test_purchases_orders_and_margin_are_those_of_customers_one_by_one(base, model, customers):
    """Closed forms called for single customers, added up in a loop over groups."""
    for number, (segment, band) in enumerate(GROUPS):
        own = customers[(customers["segment"] == segment) & (customers["band"] == band)]
        past = {name: own[name].to_numpy(float)[None] for name in ("frequency", "recency", "T")}
        theta = [model.purchase_draws[name] for name in bg_nbd.PARAMETERS]
        alive = bg_nbd.p_alive(*theta, **past)
        soon = alive * bg_nbd.purchases_if_alive(*theta, frequency=past["frequency"], T=past["T"], horizon=13.0)
        repeat = own["spend_bin"].to_numpy() >= 0
        spend = gamma_gamma.expected_spend(
            *(model.spend_draws[name] for name in gamma_gamma.PARAMETERS),
            frequency=np.where(repeat, past["frequency"], 0.0),
            monetary_value=np.where(repeat, own["monetary_value"].to_numpy(float), 0.0),
        )
        np.testing.assert_allclose(base.purchases_per_day[number], soon.mean(axis=1) / SOON_DAYS, rtol=1e-9)
        np.testing.assert_allclose(base.order_value[number], (soon * spend).sum(1) / soon.sum(1), rtol=1e-9)
    orders = base.groups["customers"].to_numpy()[:, None] * base.purchases_per_day * SOON_DAYS
    revenue = (orders * base.order_value).sum(axis=0)
    kept = model.unit_costs.margin_rate * revenue - model.unit_costs.per_order * orders.sum(axis=0)
    np.testing.assert_allclose(base.margin, kept / revenue, rtol=1e-9)


def test_risk_and_what_is_at_stake_make_the_value_at_risk(base, customers):
    by = customers.groupby(["segment", "band"])
    np.testing.assert_allclose(base.risk.mean(axis=1), by["churn_risk"].mean(), rtol=1e-9)
    n = base.groups["customers"].to_numpy()
    found = n * base.risk.mean(axis=1) * base.at_stake.mean(axis=1)
    # at_stake is linear in the draws of value, whose means are those of the cells, and risk is drawn apart from it
    np.testing.assert_allclose(found, by["value_at_risk"].sum(), rtol=1e-3)
    assert (base.risk.std(axis=1) > 0).all() and (base.risk < 1).all() and base.horizon_days == 60


def test_customers_without_a_cell_count_and_bring_nothing(model, cells, customers, base):
    stranger = counted(customers).iloc[[0]].assign(
        segment="newcomers", band=1, residual_clv=np.nan, frequency=np.nan, recency=np.nan, T=np.nan, spend_bin=np.nan,
        n=3, reachable=2, value_at_risk=np.nan, churn_risk=np.nan, churn_risk_low=np.nan, churn_risk_high=np.nan,
    )  # fmt: skip
    stages = pd.DataFrame(
        {"segment": ["champions", "dormant", "newcomers"], "stage": ["loyalty", "dormant", "acquisition"]}
    )
    found = segment_base(
        pd.concat([counted(customers), stranger]), stages, cells, customers_ahead(model, cells), keys=KEYS,
        draws=model.draws, horizon_days=60, seed=5,
    )  # fmt: skip
    at = found.groups.index[found.groups["segment"] == "newcomers"][0]
    assert found.groups.loc[at, "customers"] == 3
    for name in ("value", "purchases_per_day", "order_value", "risk", "at_stake"):
        assert (getattr(found, name)[at] == 0).all(), name
    np.testing.assert_allclose(found.value[:2], base.value[:2])


def test_under_contract_the_groups_are_the_members_and_the_order_is_the_price():
    rng = np.random.default_rng(4)
    size = 50
    draws = {
        name: (value * np.exp(0.05 * rng.standard_normal((size, 1))))
        for name, value in {"alpha": 0.7, "beta": 3.8}.items()
    }
    groups = pd.DataFrame({"billing_period": ["year"], "plan": ["Gold"], "group": ["year | Gold"]})
    cells = pd.DataFrame(
        {
            "billing_period": "year", "plan": "Gold", "price": [100.0, 250.0, 250.0], "renewals": [0, 2, 3],
            "renewals_ahead": [2, 3, 3], "wait": [0.5, 0.25, 0.75], "n": [40, 10, 5],
        }
    )  # fmt: skip
    terms = Terms(*(np.full((size, 1), value) for value in (0.6, 5.0, 1.0, 0.0, 0.0)), outcomes=np.zeros((size, 1)))
    one = {"family": "sbg", "annual_discount_rate": 0.1}
    values = value_members(draws, cells, groups, terms, seed=1, **one)
    keys = ["plan", "price", "renewals", "renewals_ahead", "wait"]
    shared = values.cells[[*keys, "residual_clv"]].assign(
        churn_risk=0.1 * cells["n"], churn_risk_low=0.08 * cells["n"], churn_risk_high=0.13 * cells["n"],
        value_at_risk=0.1 * cells["n"] * values.cells["residual_clv"], reachable=cells["n"], n=cells["n"],
        segment=["newcomers", "champions", "champions"], band=1,
    )  # fmt: skip
    stages = pd.DataFrame({"segment": ["newcomers", "champions"], "stage": ["activation", "loyalty"]})
    base = segment_base(
        shared, stages, cells, payments_ahead(draws, cells, groups, terms, **one), keys=keys, draws=size,
        horizon_days=365, seed=2,
    )  # fmt: skip
    total = (base.groups["customers"].to_numpy()[:, None] * base.value).sum(axis=0)
    np.testing.assert_allclose(total, values.expected.sum(axis=1), rtol=1e-10)
    assert (base.purchases_per_day == 0).all()
    assert base.order_value[:, 0].tolist() == pytest.approx([250.0, 100.0])
    # 40 payments of 100 and 15 of 250, of which 60 % less 5 each are left
    assert base.margin == pytest.approx(np.full(size, 0.6 - 5 * 55 / (40 * 100 + 15 * 250)))
    np.testing.assert_allclose(base.at_stake.mean(axis=1), base.value.mean(axis=1), rtol=1e-9)
