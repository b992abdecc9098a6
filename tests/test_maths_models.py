"""Each formula of the models against a path that shares no line with it: sums, quadrature, simulation."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta as beta_law
from scipy.stats import gamma as gamma_law

from clv_lib.models import bg_nbd, gamma_gamma, mbg_nbd, pareto_nbd
from clv_lib.models.purchases import FAMILIES
from tests.models_support import BG, GG, PARETO

MBG = (0.525, 6.183, 0.891, 1.614)
ESTIMATES = {"bg_nbd": BG, "mbg_nbd": MBG, "pareto_nbd": PARETO}
HISTORIES = [(0, 0.0, 0.0), (0, 0.0, 30.0), (3, 12.5, 30.0), (5, 28.0, 30.0), (12, 20.0, 39.0)]
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def _individual_likelihood(name, rate, leaving, x, t_x, T):
    """Density of one customer's purchase times, written down from the story."""
    buying = rate**x
    if name == "pareto_nbd":
        both = rate + leaving
        return buying * (np.exp(-both * T) + leaving / both * (np.exp(-both * t_x) - np.exp(-both * T)))
    chances = x + (1 if name == "mbg_nbd" else 0)
    left = leaving * (1 - leaving) ** (chances - 1) * np.exp(-rate * t_x) if chances > 0 else 0.0
    return buying * ((1 - leaving) ** chances * np.exp(-rate * T) + left)


@EVERY_FAMILY
@pytest.mark.parametrize(("x", "t_x", "T"), [(0, 0.0, 3.0), (2, 2.5, 4.0), (9, 3.0, 11.0)])
def test_log_likelihood_is_the_story_averaged_over_customers(family, x, t_x, T):
    """Gauss-Legendre in two dimensions; shapes above 3 are smooth at 0, what is cut off is below 1e-10."""
    r, alpha, c, d = 3.2, 1.5, 3.7, 4.4
    law = gamma_law(c, scale=1 / d) if family.name == "pareto_nbd" else beta_law(c, d)
    rate_law = gamma_law(r, scale=1 / alpha)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    most = 12.0 if family.name == "pareto_nbd" else 1.0
    rate, leaving = 12.5 * (nodes + 1), most / 2 * (nodes + 1)
    density = _individual_likelihood(family.name, rate[:, None], leaving, x, t_x, T)
    over_rates, over_leaving = 12.5 * weights * rate_law.pdf(rate), most / 2 * weights * law.pdf(leaving)
    found = family.log_likelihood(r, alpha, c, d, frequency=x, recency=t_x, T=T)
    assert np.exp(found) == pytest.approx(over_rates @ density @ over_leaving, rel=1e-7)


@EVERY_FAMILY
@pytest.mark.parametrize(("x", "t_x", "T"), HISTORIES)
def test_forecast_is_p_alive_times_purchases_if_alive(family, x, t_x, T):
    """The closed form and the quadrature behind every value are two formulas for one quantity."""
    theta = ESTIMATES[family.name]
    alive = family.p_alive(*theta, frequency=x, recency=t_x, T=T)
    for horizon in (0.5, 39.0, 520.0):
        direct = family.expected_purchases(*theta, frequency=x, recency=t_x, T=T, horizon=horizon)
        product = alive * family.purchases_if_alive(*theta, frequency=x, T=T, horizon=horizon)
        assert product == pytest.approx(float(direct), rel=1e-9)


EXTREMES = [
    # a or s, b or beta, x, T: ordinary, tiny a, a at the removable 0/0, a large, no drop-out (three), frequent, newborn
    (0.79, 2.4, 2, 38.9), (1e-5, 2.4, 2, 38.9), (1.0, 2.4, 2, 38.9), (6.0, 0.3, 2, 38.9),
    (0.5, 5000.0, 40, 38.9), (0.02, 400.0, 0, 5.0), (40.0, 900.0, 3, 5.0),
    (0.79, 2.4, 250, 60.0), (0.79, 2.4, 0, 0.0), (0.3, 0.2, 0, 0.0),
]  # fmt: skip
FUTURES = [(520.0, 0.0018), (np.inf, 0.0027)]  # undiscounted futures are held against the closed form above


def _intensity(name, t, r, alpha, c, d, x, T):
    """Expected purchase rate at time t after T of a customer alive at T; p averaged by quadrature in log p."""
    R, A = r + x, alpha + T
    if name == "pareto_nbd":
        return R / A * ((d + T) / (d + T + t)) ** c
    B = d + x + (1 if name == "mbg_nbd" else 0)
    density = beta_law(c, B)
    low = max(density.ppf(1e-13), 1e-300)

    def integrand(z):
        p = np.exp(z)
        return p * density.pdf(p) * R / A * (1 + p * t / A) ** -(R + 1)

    inside = quad(integrand, np.log(low), 0, epsabs=0, epsrel=1e-10, limit=500)[0]
    return inside + density.cdf(low) * R / A  # below `low`, p is as good as 0


@EVERY_FAMILY
@pytest.mark.parametrize(("c", "d", "x", "T"), EXTREMES)
def test_purchases_if_alive_equal_quadrature_in_extreme_corners(family, c, d, x, T):
    r, alpha = 0.24, 4.4
    for horizon, rate in FUTURES:
        end = min(horizon, 40 / rate) if rate else horizon
        nodes, weights = np.polynomial.legendre.leggauss(40)
        w = np.log1p(end / (alpha + T)) * (nodes + 1) / 2
        t = (alpha + T) * np.expm1(w)
        values = [_intensity(family.name, at, r, alpha, c, d, x, T) for at in t]
        expected = np.log1p(end / (alpha + T)) / 2 * weights @ (np.exp(-rate * t) * values * (alpha + T + t))
        found = family.purchases_if_alive(r, alpha, c, d, frequency=x, T=T, horizon=horizon, discount_rate=rate)
        assert found == pytest.approx(expected, rel=1e-6), (horizon, rate)


@EVERY_FAMILY
def test_purchases_if_alive_of_many_draws_and_cells_equal_one_at_a_time(family):
    rng = np.random.default_rng(3)
    draws = [rng.uniform(0.3, 2.5, (7, 1)) for _ in range(4)]
    x, T = rng.integers(0, 40, 30), rng.integers(0, 90, 30) / 7
    table = family.purchases_if_alive(*draws, frequency=x, T=T, horizon=np.inf, discount_rate=0.002)
    assert table.shape == (7, 30)
    for i, j in [(0, 0), (3, 17), (6, 29)]:
        one = family.purchases_if_alive(
            *(d[i, 0] for d in draws), frequency=x[j], T=T[j], horizon=np.inf, discount_rate=0.002
        )
        assert table[i, j] == pytest.approx(float(one), rel=1e-10)
    elementwise = family.purchases_if_alive(
        *(d[:, 0] for d in draws), frequency=x[:7], T=T[:7], horizon=52.0, discount_rate=0.002
    )
    pairs = family.purchases_if_alive(*draws, frequency=x[:7], T=T[:7], horizon=52.0, discount_rate=0.002)
    assert elementwise == pytest.approx(np.diag(pairs), rel=1e-10)


@EVERY_FAMILY
def test_a_new_customer_is_a_living_one_without_history_who_stayed_past_the_first_purchase(family):
    theta = ESTIMATES[family.name]
    found = family.discounted_purchases_new(*theta, horizon=78.0, discount_rate=0.0)
    assert found == pytest.approx(float(family.expected_purchases_new(*theta, horizon=78.0)), rel=1e-10)


@EVERY_FAMILY
def test_an_infinite_horizon_without_discount_is_refused(family):
    with pytest.raises(ValueError, match="infinite horizon needs a positive discount_rate"):
        family.purchases_if_alive(*ESTIMATES[family.name], frequency=1, T=10.0, horizon=np.inf)


@EVERY_FAMILY
def test_everything_stays_finite_where_histories_are_extreme(family):
    for theta in (ESTIMATES[family.name], (0.01, 0.1, 1e-6, 1e-3), (8.0, 300.0, 5.0, 900.0)):
        data = {"frequency": np.array([0, 0, 300, 250]), "T": np.array([0.0, 500.0, 301.0, 60.0])}
        recency = np.array([0.0, 0.0, 300.0, 2.0])
        assert np.isfinite(family.log_likelihood(*theta, recency=recency, **data)).all()
        alive = family.p_alive(*theta, recency=recency, **data)
        assert ((alive >= 0) & (alive <= 1)).all()
        assert np.isfinite(family.expected_purchases(*theta, recency=recency, **data, horizon=52.0)).all()
        future = family.purchases_if_alive(*theta, **data, horizon=np.inf, discount_rate=0.002)
        assert (np.isfinite(future) & (future >= 0)).all()


@EVERY_FAMILY
@pytest.mark.parametrize(("x", "t_x", "T"), HISTORIES[:4])
def test_simulated_futures_have_the_expected_number_of_purchases(family, x, t_x, T):
    """Five standard errors of a mean over 200,000 customers: a right formula fails once in two million."""
    theta, size = ESTIMATES[family.name], 200_000
    history = {"frequency": np.full(size, x), "recency": t_x, "T": T}
    drawn = family.simulate_purchases(np.random.default_rng(8), *theta, **history, horizon=52.0)
    expected = family.expected_purchases(*theta, frequency=x, recency=t_x, T=T, horizon=52.0)
    assert drawn.count.mean() == pytest.approx(float(expected), abs=5 * drawn.count.std() / np.sqrt(size))
    assert (drawn.mean_time[drawn.count == 0] == 0).all()
    assert (drawn.mean_time <= 52.0).all()
    # sum of exp(-d t) is 1 - d t + (d t)^2 / 2: at d = 1e-4 the square is below 2e-5 of the whole
    rate = 1e-4
    discounted = drawn.count * (1 - rate * drawn.mean_time)
    future = family.purchases_if_alive(*theta, frequency=x, T=T, horizon=52.0, discount_rate=rate)
    alive = family.p_alive(*theta, frequency=x, recency=t_x, T=T)
    lost, error = drawn.count - discounted, np.sqrt(size)
    undiscounted = family.purchases_if_alive(*theta, frequency=x, T=T, horizon=52.0)
    expected_loss = float(alive * (undiscounted - future))
    assert lost.mean() == pytest.approx(expected_loss, abs=5 * lost.std() / error + 0.01 * expected_loss)


def _forward(name, rng, size, T, horizon, theta):
    """Customers from birth, purchase by purchase: frequency and recency at T, purchases in the horizon after it."""
    r, alpha, c, d = theta
    rate = rng.gamma(r, 1 / alpha, size)
    end = np.full(size, np.inf)
    if name == "pareto_nbd":
        end = rng.standard_exponential(size) / rng.gamma(c, 1 / d, size)
    leave = rng.beta(c, d, size) if name != "pareto_nbd" else np.zeros(size)
    active = rng.random(size) >= leave if name == "mbg_nbd" else np.ones(size, bool)
    clock, x, t_x, later = np.zeros(size), np.zeros(size, int), np.zeros(size), np.zeros(size, int)
    while active.any():
        clock = np.where(active, clock + rng.standard_exponential(size) / np.maximum(rate, 1e-300), clock)
        active &= (clock <= T + horizon) & (clock <= end)
        seen = active & (clock <= T)
        x, t_x, later = x + seen, np.where(seen, clock, t_x), later + (active & ~seen)
        active &= rng.random(size) >= leave
    return x, t_x, later


@EVERY_FAMILY
def test_forecasts_equal_customers_simulated_from_birth(family):
    """By class of frequency, within five standard errors: neither P(alive) nor the forecast share code with this."""
    theta, size, T, horizon = ESTIMATES[family.name], 200_000, 30.0, 26.0
    x, t_x, later = _forward(family.name, np.random.default_rng(4), size, T, horizon, theta)
    expected = family.expected_purchases(*theta, frequency=x, recency=t_x, T=T, horizon=horizon)
    for least, most in ((0, 0), (1, 1), (2, 4), (5, 10_000)):
        group = (x >= least) & (x <= most)
        error = (later - expected)[group].std() / np.sqrt(group.sum())
        assert later[group].mean() == pytest.approx(expected[group].mean(), abs=5 * error), (least, most)


def test_purchase_counts_of_bg_nbd_sum_to_one_and_to_the_expectation():
    counts = np.arange(3000)
    chances = bg_nbd.purchase_count_probability(*BG, count=counts, horizon=39.0)
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert counts @ chances == pytest.approx(float(bg_nbd.expected_purchases_new(*BG, horizon=39.0)), rel=1e-6)


def test_everybody_without_repeat_purchase_is_alive_in_bg_nbd_only():
    history = {"frequency": 0, "recency": 0.0, "T": 200.0}
    assert bg_nbd.p_alive(*BG, **history) == 1
    assert mbg_nbd.p_alive(*MBG, **history) < 0.9
    assert pareto_nbd.p_alive(*PARETO, **history) < 0.9


def test_expected_spend_is_the_posterior_mean_of_the_customers_level():
    """E[p / nu] with nu of density nu^(px + q - 1) exp(-nu (v + x m)), by quadrature."""
    p, q, v = GG
    for x, m in ((1, 11.77), (7, 73.74), (40, 5.0)):
        level = gamma_law(p * x + q, scale=1 / (v + x * m))
        expected = quad(lambda nu, law=level: p / nu * law.pdf(nu), 0, level.ppf(1 - 1e-13), limit=200)[0]
        assert gamma_gamma.expected_spend(*GG, frequency=x, monetary_value=m) == pytest.approx(expected, rel=1e-7)


def test_gamma_gamma_likelihood_is_a_density():
    for x in (1, 6):
        mass, _ = quad(
            lambda z, x=x: np.exp(gamma_gamma.log_likelihood(*GG, frequency=x, monetary_value=np.exp(z)) + z), -12, 14
        )
        assert mass == pytest.approx(1, abs=1e-6)


def test_mean_spend_that_does_not_exist_is_infinite_and_never_negative():
    spend = gamma_gamma.expected_spend(4.0, np.array([0.5, 1.0, 1.5]), 10.0, frequency=0, monetary_value=np.nan)
    assert np.isposinf(spend[:2]).all()
    assert spend[2] == pytest.approx(80)
    assert 0 < gamma_gamma.expected_spend(4.0, 0.5, 10.0, frequency=2, monetary_value=20.0) < np.inf


def test_simulated_spend_has_the_expected_mean():
    size = 200_000
    for x, m in ((0, np.nan), (3, 50.0)):
        count = np.arange(size) % 4
        total = gamma_gamma.simulate_spend(
            np.random.default_rng(2), *GG, frequency=np.full(size, x), monetary_value=m, count=count
        )
        mean = gamma_gamma.expected_spend(*GG, frequency=x, monetary_value=m)
        assert (total[count == 0] == 0).all()
        error = 5 * total[count == 3].std() / np.sqrt(size / 4)
        assert total[count == 3].mean() == pytest.approx(3 * float(mean), abs=error)


def test_a_bin_of_customers_counts_almost_as_its_members():
    """The error is of third order: halving the width divides it by about eight, and at 10 % it is below 1e-6."""
    errors = []
    for width in (0.4, 0.2, 0.1):
        members = np.exp(np.linspace(3.0, 3.0 + width, 9))
        exact = gamma_gamma.log_likelihood(*GG, frequency=3, monetary_value=members).mean()
        binned = gamma_gamma.log_likelihood(
            *GG, frequency=3, monetary_value=members.mean(), mean_log_value=np.log(members).mean()
        )
        errors.append(abs(exact - binned))
    assert errors[0] / errors[1] > 6
    assert errors[1] / errors[2] > 6
    assert errors[2] < 2e-5
