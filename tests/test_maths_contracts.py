"""Contract formulas against independent paths: quadrature over the members, simulation, direct sums; and recovery."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from clv_lib.analysis.simple_clv import residual_value
from clv_lib.errors import CannotEstimateError
from clv_lib.models.contract_fit import check_contracts, fit_contracts, groups_of, prior_contracts
from clv_lib.models.posterior import diagnose, load_posterior
from clv_lib.models.subscriptions import (
    CONTRACTS,
    del_new,
    derl,
    log_likelihood,
    require_members,
    retention_rate,
    simulate_lifetimes,
    survival,
    value_elasticity,
)
from tests.members import all_published, counted, published

SBG, BDW = ("sbg", (0.7, 1.2)), ("bdw", (0.26, 1.72, 1.58))


def by_quadrature(theta: tuple[float, ...], t: float) -> float:
    """Mean over members of the probability to make t renewals; u = p ** a takes away the pole of the density at 0."""
    power = theta[2] if len(theta) > 2 else 1.0
    a, b = theta[:2]

    def stays(u: float, reach: float) -> float:
        return (1 - u ** (1 / a)) ** (reach + b - 1)

    made, _ = quad(stays, 0, 1, args=(t**power if t else 0.0,), epsabs=1e-12, limit=400)
    everybody, _ = quad(stays, 0, 1, args=(0.0,), epsabs=1e-12, limit=400)
    return made / everybody


@pytest.mark.parametrize(("family", "theta"), [SBG, BDW])
@pytest.mark.parametrize("t", [0, 1, 2, 5, 12])
def test_survival_is_the_mean_over_the_members(family, theta, t):
    assert survival(family, theta, renewals=t) == pytest.approx(by_quadrature(theta, t), abs=1e-7)


@pytest.mark.parametrize(("family", "theta"), [SBG, BDW])
def test_leaving_is_what_survival_loses_and_all_shares_sum_to_one(family, theta):
    t = np.arange(1, 400)
    leaving = np.exp(CONTRACTS[family].log_leaving(*theta, renewal=t))
    lost = survival(family, theta, renewals=t - 1) - survival(family, theta, renewals=t)
    assert leaving == pytest.approx(lost, abs=1e-12)
    assert leaving.sum() + survival(family, theta, renewals=399) == pytest.approx(1, abs=1e-12)


def test_with_a_power_of_one_the_two_families_are_the_same():
    t = np.arange(13)
    assert survival("bdw", (0.7, 1.2, 1.0), renewals=t) == pytest.approx(survival("sbg", (0.7, 1.2), renewals=t))
    seen = published("Regular", 7)
    assert log_likelihood("bdw", (0.7, 1.2, 1.0), seen) == pytest.approx(log_likelihood("sbg", (0.7, 1.2), seen))


@pytest.mark.parametrize(("family", "theta"), [SBG, BDW])
def test_simulated_members_leave_as_the_formulas_say_also_given_that_they_are_here(family, theta):
    size = 400_000
    leaves = simulate_lifetimes(np.random.default_rng(3), family, theta, size, longest=60)
    for made in (0, 3):
        here = leaves[leaves > made]
        stays = (here > made + 4).mean()
        tolerance = 4.5 * np.sqrt(stays * (1 - stays) / len(here))
        assert survival(family, theta, renewals=4, made=made) == pytest.approx(stays, abs=tolerance)
        lasting = np.minimum(here - made - 1, 20)  # renewals still made, at most 20
        worth = np.array([np.sum(1.1 ** -np.arange(k, dtype=float)) for k in range(21)])[lasting]
        expected = derl(family, theta, discount_rate=0.1, made=made, periods=20)
        assert expected == pytest.approx(worth.mean(), abs=4.5 * worth.std() / np.sqrt(len(here)))


def test_those_who_left_are_worth_nothing():
    assert derl("sbg", (0.7, 1.2), discount_rate=0.1, made=np.array([0, 3]), active=False).tolist() == [0, 0]


@pytest.mark.parametrize("renewals", [0, 2])
def test_when_all_members_are_alike_the_value_is_that_of_the_one_line_formula(renewals):
    """With a retention rate of .8 for everybody, residual lifetime and elasticity have closed forms."""
    r, d, alike = 0.8, 0.1, 1e6  # what is left of the differences moves the value by a few 1e-6
    theta = ((1 - r) * alike, r * alike)
    found = derl("sbg", theta, discount_rate=d, made=renewals)
    assert found == pytest.approx(residual_value(1, r, d) * (1 + d), rel=2e-5)
    elasticity = value_elasticity("sbg", theta, discount_rate=d, made=renewals)
    assert elasticity == pytest.approx((1 + d) / (1 + d - r), rel=5e-5)  # of m r / (1 + d - r) by r


@pytest.mark.parametrize(("family", "theta"), [SBG, BDW])
def test_the_elasticity_is_the_slope_of_the_value(family, theta):
    d, step, j = 0.1, 1e-6, np.arange(1, 200)
    rates = retention_rate(family, theta, renewal=2 + j)

    def value(factor: float) -> float:
        return float(np.cumprod(rates * factor) @ (1 + d) ** -(j - 1.0))

    slope = (np.log(value(1 + step)) - np.log(value(1 - step))) / (2 * step)
    assert value_elasticity(family, theta, discount_rate=d, made=2, periods=199) == pytest.approx(slope, rel=1e-6)


def test_a_new_member_pays_at_once_and_then_like_everybody():
    total = sum(survival("sbg", (0.7, 1.2), renewals=t) / 1.1**t for t in range(400))
    assert del_new("sbg", (0.7, 1.2), discount_rate=0.1) == pytest.approx(total, rel=1e-7)


def test_more_interest_and_fewer_periods_are_worth_less_and_tenure_is_worth_more():
    theta = (0.7, 1.2)
    assert derl("sbg", theta, discount_rate=0.2) < derl("sbg", theta, discount_rate=0.1)
    assert derl("sbg", theta, discount_rate=0.1, periods=0) == 0
    assert np.all(np.diff(derl("sbg", theta, discount_rate=0.1, made=np.arange(8))) > 0)
    with pytest.raises(ValueError, match="state the number of periods"):
        derl("sbg", theta, discount_rate=0.0)


def test_too_few_members_or_cancellations_are_refused_in_a_sentence():
    few = pd.DataFrame({"renewals": [1, 2], "left": [5, 0], "active": [0, 20]})
    with pytest.raises(CannotEstimateError, match="at least 50 members"):
        require_members(few)
    with pytest.raises(CannotEstimateError, match="at least 10 cancellations"):
        require_members(few.assign(active=[0, 200]))


def test_the_posterior_covers_the_published_parameters_and_survives_the_disk(tmp_path):
    posterior = fit_contracts(all_published(12), by=["plan"], family="bdw", draws=500, tune=600, chains=2, seed=11)
    assert diagnose(posterior).divergences == 0
    draws = posterior.draws()
    published_values = {"gamma": (0.2496, 0.5083), "delta": (1.6542, 0.8688), "c": (1.5968, 1.2094)}
    for name, truth in published_values.items():
        low, high = np.quantile(draws[name], [0.05, 0.95], axis=0)
        assert np.all((low < truth) & (truth < high)), name
    posterior.save(tmp_path / "contracts.nc")
    again = load_posterior(tmp_path / "contracts.nc")
    assert groups_of(again)["plan"].tolist() == ["High End", "Regular"]
    np.testing.assert_array_equal(again.draws(50, 1)["gamma"], posterior.draws(50, 1)["gamma"])
    check = check_contracts(posterior.draws(200, 1), all_published(12), groups_of(again), family="bdw", seed=2)
    assert ((check["low"] <= check["observed"]) & (check["observed"] <= check["high"])).sum() >= 9  # of 12 at 90 %
    believed = prior_contracts(all_published(12), by=["plan"], family="bdw", seed=3)
    wide = check_contracts(believed, all_published(12), groups_of(again), family="bdw", seed=2)
    assert (wide["high"] - wide["low"] > 3 * (check["high"] - check["low"])).all()


@pytest.mark.slow
def test_simulated_groups_are_recovered_and_small_ones_lean_on_the_others():
    rng = np.random.default_rng(8)
    truth = {"a": (0.8, 2.4), "b": (0.8, 1.6), "c": (0.8, 4.0), "d": (0.8, 2.8), "e": (0.8, 2.0)}
    size = dict.fromkeys(truth, 800) | {"e": 25}
    parts = [
        counted(
            simulate_lifetimes(rng, "sbg", theta, size[plan], longest=30), rng.integers(1, 9, size[plan]), plan=plan
        )
        for plan, theta in truth.items()
    ]
    posterior = fit_contracts(
        pd.concat(parts, ignore_index=True), by=["plan"], family="sbg", draws=500, tune=700, chains=2, seed=5
    )
    draws = posterior.draws()
    share = draws["alpha"] / (draws["alpha"] + draws["beta"])
    low, high = np.quantile(share, [0.025, 0.975], axis=0)
    leaving = np.array([a / (a + b) for a, b in truth.values()])
    assert ((low < leaving) & (leaving < high)).sum() >= 4  # of five at 95 %
    assert high[4] - low[4] < 2 * 1.96 * np.sqrt(leaving[4] * (1 - leaving[4]) / 25)  # narrower than alone
