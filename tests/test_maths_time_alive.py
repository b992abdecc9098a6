"""How long customers stay, against paths that share nothing with the formulas: quadrature, whole simulated lives."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.special import betaln, gammaln
from scipy.stats import beta as beta_law

from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.projection import WEEKS_PER_MONTH, months_lived
from tests.lives import FAMILIES, PURCHASE, Lives, simulate_lives

RATE = 0.0027


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("horizon", "d"), [(52.0, RATE), (52.0, 0.0), (np.inf, RATE)])
def test_time_alive_equals_adaptive_quadrature_over_rate_and_dropout(family, horizon, d):
    """E[(1 - exp(-(hazard + d) H)) / (hazard + d)] over the posterior of a living customer, by scipy's dblquad.

    Both axes are log or log-odds, where the densities are smooth and have faded by far more than 1e-6 at the ends.
    """
    x, T = 2, 38.86
    r, alpha, third, fourth = PURCHASE[family].values()
    pareto = family == "pareto_nbd"
    second = fourth + T if pareto else fourth + x + (family == "mbg_nbd")
    mass = third * np.log(second) - gammaln(third) if pareto else -betaln(third, second)

    def stay(z: float, u: float) -> float:
        rate = math.exp(u)
        density = math.exp((r + x) * (u + math.log(alpha + T)) - (alpha + T) * rate - math.lgamma(r + x))
        if pareto:
            hazard = math.exp(z)
            density *= math.exp(mass + third * z - second * hazard)
        else:
            odds = math.exp(z)
            hazard = rate * odds / (1 + odds)
            density *= math.exp(mass + third * z - (third + second) * math.log1p(odds))
        both = hazard + d
        return density * (-math.expm1(-both * horizon) / both if both > 0 else horizon)

    low, high = (-40, 3) if pareto else (-40, 12)
    by_quadrature, _ = integrate.dblquad(stay, -15, 1.5, low, high, epsabs=1e-7, epsrel=1e-7)
    ours = closed_forms(family).time_if_alive(
        r, alpha, third, fourth, frequency=np.array([x]), T=np.array([T]), horizon=horizon, discount_rate=d
    )
    assert ours.item() == pytest.approx(by_quadrature, rel=1e-6)


CASES = [  # x, T, a, b: few leave, many leave, a above 1, long histories, where scipy's own 2F1 overflows
    (0, 10.0, 0.8, 3.0),
    (26, 31.0, 0.8, 2.4),
    (3, 200.0, 2.5, 1.2),
    (1, 0.0, 1.0, 1.0),
    (300, 301.0, 0.05, 40.0),
    (200, 60.0, 5.0, 900.0),
]


@pytest.mark.parametrize("family", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize(("x", "T", "a", "b"), CASES)
@pytest.mark.parametrize("horizon", [52.0, 520.0])
def test_time_alive_equals_the_integral_over_the_chance_to_leave(family, x, T, a, b, horizon):
    """Without discounting the time is known given p, A ((1 + p u)^(1 - R) - 1) / (p (1 - R)); one integral remains.

    On log-odds from -60 to 30, by a trapezoid of steps of 1/100, which is exact to rounding for such densities; 1e-8
    is the accuracy that the nodes of the clock were chosen for.
    """
    r, alpha = 0.6, 6.0
    R, A, B = r + x, alpha + T, b + x + (family == "mbg_nbd")
    z = np.arange(-60.0, 30.0, 0.01)
    p, log_p, log_q = 1 / (1 + np.exp(-z)), -np.logaddexp(0, -z), -np.logaddexp(0, z)
    density = np.exp(a * log_p + B * log_q - betaln(a, B)) * 0.01
    growth = np.log1p(p * horizon / A)
    given = A * np.expm1((1 - R) * growth) / (p * (1 - R))
    # what lies below exp(-60) stays for the whole horizon
    missing = 1 - density.sum()
    ours = closed_forms(family).time_if_alive(r, alpha, a, b, frequency=[float(x)], T=[T], horizon=horizon)
    assert ours.item() == pytest.approx(density @ given + missing * horizon, rel=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
def test_time_alive_is_the_sum_of_the_chances_to_be_here(family):
    """Week by week at the middle of each, which errs by (change of slope over the year) / 24 < 5e-5 of the whole.

    The chance is ((beta + T) / (beta + T + t))^s in Pareto/NBD, and otherwise the average of (1 + p u)^-R over 20,000
    quantiles of p.
    """
    x, T, weeks = 3, 40.0, np.arange(52) + 0.5
    first, second, third, fourth = PURCHASE[family].values()
    if family == "pareto_nbd":
        here = ((fourth + T) / (fourth + T + weeks)) ** third
    else:
        p = beta_law(third, fourth + x + (family == "mbg_nbd")).ppf((np.arange(20_000) + 0.5) / 20_000)
        here = ((1 + p[:, None] * weeks / (second + T)) ** -(first + x)).mean(axis=0)
    ours = closed_forms(family).time_if_alive(
        *PURCHASE[family].values(), frequency=[float(x)], T=[T], horizon=52.0, discount_rate=RATE
    )
    assert ours.item() == pytest.approx(float(here @ np.exp(-RATE * weeks)), rel=5e-5)


@cache
def lives_of(family: str) -> Lives:
    return simulate_lives(family, customers=200_000, age=40.0, horizon=52.0, discount_rate=RATE, seed=17)


@pytest.mark.parametrize("family", FAMILIES)
def test_time_alive_equals_the_mean_of_two_hundred_thousand_simulated_lives(family):
    """In every class of past behaviour, within 4 standard errors of the simulation."""
    lives, forms, theta = lives_of(family), closed_forms(family), tuple(PURCHASE[family].values())
    past = {name: lives.cells[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T")}
    counts, position = np.unique(past["frequency"], return_inverse=True)
    ahead = forms.time_if_alive(*theta, frequency=counts, T=40.0, horizon=52.0, discount_rate=RATE)[position]
    expected = forms.p_alive(*theta, **past) * ahead
    came = months_lived(lives.weeks, discount_rate=RATE) * WEEKS_PER_MONTH
    surprise = pd.Series(came - expected)
    classes = np.minimum(past["frequency"], 6) * 2 + (past["recency"] > 25)
    by = surprise.groupby(classes)
    assert (by.mean() / (by.std() / np.sqrt(by.size()))).abs().max() < 4
    assert surprise.mean() == pytest.approx(0.0, abs=4 * surprise.std() / len(surprise) ** 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_newcomer_stays_as_long_as_simulated_newcomers(family):
    lives = simulate_lives(family, customers=200_000, age=0.0, horizon=104.0, discount_rate=RATE, seed=5)
    came = months_lived(lives.weeks, discount_rate=RATE) * WEEKS_PER_MONTH
    expected = closed_forms(family).time_alive_new(*PURCHASE[family].values(), horizon=104.0, discount_rate=RATE)
    assert float(expected) == pytest.approx(came.mean(), abs=4 * came.std() / len(came) ** 0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_simulated_time_alive_goes_with_the_simulated_purchases_as_in_whole_lives(family):
    """Means of the time, its square, and its product with the count: three moments of the joint law, 4.5 errors each.

    Histories are those of the simulated customers themselves, so both sides share their mix of pasts.
    """
    lives, forms = lives_of(family), closed_forms(family)
    past = {name: lives.cells[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T")}
    drawn = forms.simulate_purchases(
        np.random.default_rng(3), *PURCHASE[family].values(), **past, horizon=52.0, with_time=True
    )
    for ours, theirs in (
        (drawn.time_alive, lives.weeks),
        (drawn.time_alive**2, lives.weeks**2),
        (drawn.time_alive * drawn.count, lives.weeks * lives.count),
    ):
        difference = ours - theirs
        assert difference.mean() == pytest.approx(0.0, abs=4.5 * difference.std() / len(difference) ** 0.5)
    assert ((drawn.time_alive >= 0) & (drawn.time_alive <= 52.0)).all()
    assert (drawn.time_alive[drawn.count > 0] >= drawn.mean_time[drawn.count > 0] * (family == "pareto_nbd")).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_asking_for_the_time_changes_no_simulated_purchase(family):
    past = {"frequency": np.arange(50.0) % 7, "recency": np.where(np.arange(50) % 7 > 0, 20.0, 0.0), "T": 40.0}
    forms, theta = closed_forms(family), tuple(PURCHASE[family].values())
    plain, timed = (
        [forms.simulate_purchases(rng, *theta, **past, horizon=52.0, with_time=wanted) for _ in range(2)]
        for rng, wanted in ((np.random.default_rng(1), False), (np.random.default_rng(1), True))
    )
    for left, right in zip(plain, timed, strict=True):
        np.testing.assert_array_equal(left.count, right.count)
        np.testing.assert_array_equal(left.mean_time, right.mean_time)
        assert left.time_alive is None
    assert not np.array_equal(timed[0].time_alive, timed[1].time_alive)


@pytest.mark.parametrize("family", FAMILIES)
def test_time_without_end_needs_discounting(family):
    with pytest.raises(ValueError, match="infinite horizon needs a positive discount_rate"):
        closed_forms(family).time_if_alive(*PURCHASE[family].values(), frequency=[1.0], T=[9.0], horizon=np.inf)


@pytest.mark.parametrize("family", FAMILIES)
def test_time_alive_lies_between_nothing_and_the_horizon_and_falls_with_interest(family):
    data = {"frequency": np.array([0.0, 1.0, 300.0, 250.0]), "T": np.array([0.0, 500.0, 301.0, 60.0])}
    for theta in (PURCHASE[family].values(), (0.01, 0.1, 1e-6, 1e-3), (8.0, 300.0, 5.0, 900.0)):
        forms = closed_forms(family)
        plain, cheap, dear = (
            forms.time_if_alive(*theta, **data, horizon=104.0, discount_rate=d) for d in (0.0, RATE, 0.1)
        )
        assert ((plain >= 0) & (plain <= 104.0 * (1 + 1e-12))).all()
        assert ((cheap < plain) & (dear < cheap)).all()
        far = forms.time_if_alive(*theta, **data, horizon=np.inf, discount_rate=RATE)
        assert ((far >= cheap * (1 - 1e-12)) & (far <= 1 / RATE * (1 + 1e-12))).all()


def test_months_lived_are_the_integral_of_the_discount():
    weeks = np.array([0.0, 1.0, 52.0])
    by_quadrature = [integrate.quad(lambda t: math.exp(-RATE * t), 0, week)[0] / WEEKS_PER_MONTH for week in weeks]
    np.testing.assert_allclose(months_lived(weeks, discount_rate=RATE), by_quadrature, rtol=1e-12)
    np.testing.assert_allclose(months_lived(weeks, discount_rate=0.0), weeks / WEEKS_PER_MONTH)
