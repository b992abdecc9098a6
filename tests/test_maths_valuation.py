"""Each formula of the valuation against a path that shares nothing with it: sums, quadrature, whole simulated lives."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.special import betaln, gammaln

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.intervals import residuals_of_cells
from clv_lib.analysis.new_customers import value_new_customer
from clv_lib.analysis.projection import mean_discount
from clv_lib.analysis.valuation import CustomerValues, value_customers
from tests.lives import FAMILIES, PURCHASE, SPEND, Lives, constant_draws, simulate_lives

YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.0027, horizon_weeks=52.0)
HISTORIES = pd.DataFrame(
    {
        "frequency": [0, 1, 2, 7, 26],
        "recency": [0.0, 30.0, 30.43, 35.0, 30.86],
        "T": [39.0, 39.0, 38.86, 39.0, 31.0],
        "spend_bin": [-1, 3, 4, 5, 6],
        "monetary_value": [np.nan, 20.0, 35.0, 50.0, 28.0],
        "n": 1,
    }
)


def value_known(
    family: str, cells: pd.DataFrame, economics: Economics, *, draws: int = 1, seed: int = 3
) -> CustomerValues:
    """Value with the parameters known."""
    purchase, spend = constant_draws(PURCHASE[family], draws), constant_draws(SPEND, draws)
    return value_customers(purchase, spend, cells, family=family, economics=economics, seed=seed)


def mean_spend(cells: pd.DataFrame) -> np.ndarray:
    """Gamma-Gamma conditional mean as a weighted average of the population's mean and the customer's own."""
    p, q, v = SPEND.values()
    own = p * cells["frequency"] / (p * cells["frequency"] + q - 1)
    return (own * cells["monetary_value"].fillna(0.0) + (1 - own) * p * v / (q - 1)).to_numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_residual_clv_is_the_sum_of_weekly_forecasts_discounted_at_mid_week(family):
    """Mid-week discounting errs by (rate * week)**2 / 24 = 3e-7 plus rate * week**2 * (relative slope) / 12 < 2e-5."""
    weeks = np.arange(53.0)
    to_date = closed_forms(family).expected_purchases(
        *PURCHASE[family].values(),
        **{name: HISTORIES[name].to_numpy()[:, None] for name in ("frequency", "recency", "T")},
        horizon=weeks,
    )
    factors = np.exp(-YEAR.discount_rate_per_week * (weeks[1:] - 0.5))
    by_sum = YEAR.gross_margin * mean_spend(HISTORIES) * (np.diff(to_date, axis=1) @ factors)
    values = value_known(family, HISTORIES, YEAR).cells
    np.testing.assert_allclose(values["residual_clv"], by_sum, rtol=2e-5)
    np.testing.assert_allclose(values["expected_purchases"], to_date[:, -1], rtol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("horizon", [52.0, np.inf])
def test_discounted_purchases_equal_adaptive_quadrature_over_rate_and_dropout(family, horizon):
    """E[rate * (1 - exp(-(hazard + d) H)) / (hazard + d)] over the posterior of a living customer, by scipy's dblquad.

    Both axes are log or log-odds, where the densities are smooth and have faded by far more than 1e-6 at the ends.
    """
    d, x, T = 0.0027, 2, 38.86
    r, alpha, third, fourth = PURCHASE[family].values()
    pareto = family == "pareto_nbd"
    second = fourth + T if pareto else fourth + x + (family == "mbg_nbd")
    mass = third * np.log(second) - gammaln(third) if pareto else -betaln(third, second)

    def discounted(z: float, u: float) -> float:
        rate = math.exp(u)
        density = math.exp((r + x) * (u + math.log(alpha + T)) - (alpha + T) * rate - math.lgamma(r + x))
        if pareto:
            hazard = math.exp(z)
            density *= math.exp(mass + third * z - second * hazard)
        else:
            odds = math.exp(z)
            hazard = rate * odds / (1 + odds)
            density *= math.exp(mass + third * z - (third + second) * math.log1p(odds))
        return density * rate * -math.expm1(-(hazard + d) * horizon) / (hazard + d)

    low, high = (-40, 3) if pareto else (-40, 12)
    by_quadrature, _ = integrate.dblquad(discounted, -15, 1.5, low, high, epsabs=1e-7, epsrel=1e-7)
    ours = closed_forms(family).purchases_if_alive(
        r, alpha, third, fourth, frequency=np.array([x]), T=np.array([T]), horizon=horizon, discount_rate=d
    )
    assert ours.item() == pytest.approx(by_quadrature, rel=1e-6)


@cache
def lives_and_values(family: str) -> tuple[Lives, pd.DataFrame]:
    lives = simulate_lives(
        family, customers=200_000, age=40.0, horizon=52.0, discount_rate=YEAR.discount_rate_per_week, seed=11
    )
    return lives, value_known(family, lives.cells, YEAR).cells


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("what", ["alive", "count", "value"])
def test_forecasts_equal_the_means_of_two_hundred_thousand_simulated_lives(family, what):
    """In every class of past behaviour; 4 standard errors of the simulation, 0.5 % of the mean over all."""
    lives, values = lives_and_values(family)
    column, truth = {
        "alive": ("p_alive", lives.alive.astype(float)),
        "count": ("expected_purchases", lives.count),
        "value": ("residual_clv", YEAR.gross_margin * lives.value),
    }[what]
    surprise = truth - values[column]
    x, recent = np.minimum(values["frequency"], 6), values["recency"] > 25
    expensive = values["monetary_value"] > 20
    for label, classes in {"all": x * 0, "pasts": x * 2 + recent, "spend": expensive}.items():
        by = surprise.groupby(classes)
        errors = by.mean() / (by.std() / np.sqrt(by.size()))
        if family == "bg_nbd" and what == "alive":
            errors = errors.dropna()  # everybody without a repeat purchase is alive for certain
        assert errors.abs().max() < 4, label


@pytest.mark.parametrize("family", FAMILIES)
def test_predictive_intervals_hold_as_many_simulated_customers_as_they_claim(family):
    """With 399 draws the 20th and 380th outcome cut off exactly one twentieth on either side; 4 binomial errors."""
    lives, known = lives_and_values(family)
    # chosen by their histories, so that some purchase is likelier than one in twenty and the upper end is not nothing
    some = np.flatnonzero(known["expected_purchases"] > 0.5)[:6_000]
    values = value_known(family, lives.cells.iloc[some], YEAR, draws=399).cells
    came = YEAR.gross_margin * lives.value[some]
    sure = 4 * np.sqrt(0.05 * 0.95 / len(some))
    assert np.mean(came > values["residual_clv_predictive_high"]) == pytest.approx(0.05, abs=sure)
    assert np.mean(came < values["residual_clv_predictive_low"]) < 0.05 + sure  # less where nothing is an outcome


def test_predictive_intervals_of_steady_buyers_leave_a_twentieth_on_either_side():
    """Two purchases a week and nobody leaves: no lump at nothing, both ends are exact; 4 binomial errors are 0.014."""
    steady = {"r": 20.0, "alpha": 10.0, "s": 0.6, "beta": 1e6}
    lives = simulate_lives(
        "pareto_nbd", purchase=steady, customers=4_000, age=4, horizon=52, discount_rate=0.0027, seed=6
    )
    values = value_customers(
        constant_draws(steady, 399),
        constant_draws(SPEND, 399),
        lives.cells,
        family="pareto_nbd",
        economics=YEAR,
        seed=2,
    ).cells
    came = YEAR.gross_margin * lives.value
    assert np.mean(came < values["residual_clv_predictive_low"]) == pytest.approx(0.05, abs=0.014)
    assert np.mean(came > values["residual_clv_predictive_high"]) == pytest.approx(0.05, abs=0.014)


def test_intervals_of_totals_hold_nine_in_ten_of_a_hundred_populations():
    """100 populations of 300 customers, parameters known; 4 binomial standard errors are 0.12."""
    lives, _ = lives_and_values("pareto_nbd")
    inside = {"value": 0, "count": 0, "alive": 0}
    for part in range(100):
        some = slice(300 * part, 300 * (part + 1))
        values = value_known("pareto_nbd", lives.cells[some], YEAR, draws=199, seed=part)
        for what, estimate, came in (
            ("value", values.total, YEAR.gross_margin * lives.value[some].sum()),
            ("count", values.purchases, lives.count[some].sum()),
            ("alive", values.active, lives.alive[some].sum()),
        ):
            inside[what] += estimate.predictive_low <= came <= estimate.predictive_high
    for what, hits in inside.items():
        assert 78 <= hits <= 100, what
    assert sum(inside.values()) < 295  # three totals that were never missed would be too wide


def test_total_of_cells_varies_like_the_total_of_their_customers_simulated_one_by_one():
    """Same mean, spread and skewness of the total: one simulation per cell, scaled, against 3,450 customers in full."""
    draws = 4_000
    cells = HISTORIES.assign(n=[2_500, 600, 250, 75, 25])
    one_by_one = cells.loc[cells.index.repeat(cells["n"])].assign(n=1)
    scaled = value_known("pareto_nbd", cells, YEAR, draws=draws, seed=1).draws
    in_full = pd.concat([value_known("pareto_nbd", one_by_one, YEAR, draws=200, seed=seed).draws for seed in range(10)])
    for name in ("residual_clv", "expected_purchases", "active_customers"):
        left, right = scaled[name + "_realised"], in_full[name + "_realised"]
        expected = scaled[name].iloc[0]
        assert in_full[name].iloc[0] == pytest.approx(expected, rel=1e-10)
        assert left.mean() == pytest.approx(expected, abs=4 * left.std() / draws**0.5)
        assert right.mean() == pytest.approx(expected, abs=4 * right.std() / len(right) ** 0.5)
        # the deviation of a near-normal sample errs by 1 / sqrt(2 m); doubled for the tails of scaled outcomes
        assert left.std() == pytest.approx(right.std(), rel=8 * np.hypot((2 * draws) ** -0.5, (2 * len(right)) ** -0.5))


def test_scaled_residuals_keep_the_first_three_moments():
    """Exact for a residual of two values, by enumeration over residual and sign, against n * moment."""
    e, chance, n = np.array([-1.0, 3.0]), np.array([0.75, 0.25]), 40.0
    m = 400_000
    rng = np.random.default_rng(5)
    drawn = residuals_of_cells(rng, rng.choice(e, p=chance, size=(m, 1)), np.array([n]))
    for power in (1, 2, 3):
        moments = drawn**power
        assert moments.mean() == pytest.approx(n ** (power > 1) * (e**power @ chance), abs=4 * moments.std() / m**0.5)
    single = rng.choice(e, p=chance, size=(100, 1))
    np.testing.assert_array_equal(residuals_of_cells(rng, single, np.array([1.0])), single)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("horizon", "rate", "bias"), [(52.0, 0.0027, 0.0), (521.8, 0.0027, 0.005)])
def test_discounting_at_the_mean_time_of_simulated_purchases_is_unbiased(family, horizon, rate, bias):
    """Within 4 standard errors over a year; over ten years at 15 % those who leave early add at most 0.5 %."""
    forms, parameters = closed_forms(family), tuple(PURCHASE[family].values())
    many = np.full(400_000, 3.0)
    outcome = forms.simulate_purchases(
        np.random.default_rng(9), *parameters, frequency=many, recency=0 * many + 38, T=0 * many + 40, horizon=horizon
    )
    discounted = outcome.count * mean_discount(outcome.mean_time, discount_rate=rate)
    alive = forms.p_alive(*parameters, frequency=3, recency=38.0, T=40.0)
    exact = alive * forms.purchases_if_alive(
        *parameters, frequency=np.array([3.0]), T=np.array([40.0]), horizon=horizon, discount_rate=rate
    )
    tolerance = 4 * discounted.std() / len(many) ** 0.5 + bias * exact.item()
    assert discounted.mean() == pytest.approx(exact.item(), abs=tolerance)
    assert discounted.mean() < 0.99 * outcome.count.mean()  # it does discount


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_customer_brings_what_simulated_newcomers_bring(family):
    """First purchase at full value; mean within 4 standard errors, interval ends where a twentieth lies beyond them."""
    lives = simulate_lives(family, customers=100_000, age=0.0, horizon=52.0, discount_rate=0.0027, seed=21)
    value = value_new_customer(
        constant_draws(PURCHASE[family], 2_000),
        constant_draws(SPEND, 2_000),
        family=family,
        economics=YEAR,
        seed=4,
        first_value=25.0,
        cac=12.0,
    )
    came = YEAR.gross_margin * (25.0 + lives.value)
    assert value.clv.mean == pytest.approx(came.mean(), abs=4 * came.std() / len(came) ** 0.5)
    assert value.first_purchase == pytest.approx(7.5)
    assert value.clv.low == pytest.approx(value.clv.high)  # the parameters are known
    # 20,000 simulated outcomes place the end within 4 * sqrt(.05 * .95 / 20,000) of its share
    assert np.mean(came > value.clv.predictive_high) == pytest.approx(0.05, abs=0.007)
    assert value.clv.predictive_low == pytest.approx(7.5)  # most newcomers never come back
    assert value.clv_net_of_cac.mean == pytest.approx(value.clv.mean - 12.0)
    assert value.clv_infinite.mean > value.clv.mean


def test_a_newcomer_whose_first_purchase_is_unknown_spends_like_the_population():
    """The first purchase then shares the customer's spend level: its spread is that of p v / (q - 1) at T = 0."""
    value = value_new_customer(
        constant_draws(PURCHASE["bg_nbd"], 4_000),
        constant_draws(SPEND, 4_000),
        family="bg_nbd",
        economics=YEAR.replacing(horizon_weeks=0.0),
        seed=4,
    )
    rng = np.random.default_rng(1)
    first = YEAR.gross_margin * rng.gamma(SPEND["p"], size=400_000) / rng.gamma(SPEND["q"], 1 / SPEND["v"], 400_000)
    assert value.clv.mean == pytest.approx(0.3 * 30.0)
    # 40,000 simulated first purchases place either end within 4 * sqrt(.05 * .95 / 40,000)
    assert np.mean(first < value.clv.predictive_low) == pytest.approx(0.05, abs=0.005)
    assert np.mean(first > value.clv.predictive_high) == pytest.approx(0.05, abs=0.005)
