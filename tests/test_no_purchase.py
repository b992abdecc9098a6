"""The probability of silence in closed form, against integrals over the individual rates and simulated lives."""

import numpy as np
import pytest
from scipy import integrate, stats

from clv_lib.models.no_purchase import alive_after_silence, no_purchase
from clv_lib.models.purchases import FAMILIES

PARAMETERS = {
    "bg_nbd": {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.4},
    "mbg_nbd": {"r": 0.7, "alpha": 6.0, "a": 0.5, "b": 2.0},
    "pareto_nbd": {"r": 0.9, "alpha": 8.0, "s": 0.6, "beta": 12.0},
}
CUSTOMERS = [(0, 0.0, 30.0), (2, 20.0, 30.0), (9, 29.0, 30.0), (4, 6.0, 60.0)]
H = 10.0


@pytest.mark.parametrize("family", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize(("x", "t_x", "T"), CUSTOMERS)
def test_who_leaves_at_a_purchase_is_silent_if_gone_or_if_no_purchase_comes(family, x, t_x, T):
    """Given alive the rate is Gamma(r + x, alpha + T): average exp(-rate h) over it by quadrature. Exact to 1e-9."""
    given = PARAMETERS[family]
    forms = FAMILIES[family]
    alive = float(forms.p_alive(*given.values(), frequency=x, recency=t_x, T=T))
    rate = stats.gamma(given["r"] + x, scale=1 / (given["alpha"] + T))
    none = integrate.quad(lambda p: np.exp(-H * rate.ppf(p)), 0, 1, epsabs=1e-11, limit=200)[0]
    found = float(no_purchase(family, given, frequency=x, recency=t_x, T=T, horizon=H))
    assert found == pytest.approx(1 - alive + alive * none, abs=1e-8)


@pytest.mark.parametrize(("x", "t_x", "T"), CUSTOMERS)
def test_who_leaves_at_any_time_is_silent_if_gone_before_the_next_purchase(x, t_x, T):
    """Pareto/NBD: the first purchase comes before the end of life with density R A^R/(A+t)^(R+1) (B/(B+t))^s."""
    given = PARAMETERS["pareto_nbd"]
    alive = float(FAMILIES["pareto_nbd"].p_alive(*given.values(), frequency=x, recency=t_x, T=T))
    R, A, s, B = given["r"] + x, given["alpha"] + T, given["s"], given["beta"] + T
    buys = integrate.quad(lambda t: R * A**R / (A + t) ** (R + 1) * (B / (B + t)) ** s, 0, H, epsabs=1e-13)[0]
    found = float(no_purchase("pareto_nbd", given, frequency=x, recency=t_x, T=T, horizon=H))
    assert found == pytest.approx(1 - alive * buys, abs=1e-9)


@pytest.mark.parametrize("family", list(PARAMETERS))
def test_simulated_customers_are_silent_as_often(family):
    """Four standard errors of a binomial share in 200,000 futures."""
    rng, size = np.random.default_rng(2), 200_000
    given = {name: np.full((size, 1), value) for name, value in PARAMETERS[family].items()}
    for x, t_x, T in CUSTOMERS:
        past = {"frequency": float(x), "recency": t_x, "T": T}
        future = FAMILIES[family].simulate_purchases(rng, *given.values(), **past, horizon=H)
        expected = float(no_purchase(family, PARAMETERS[family], horizon=H, **past))
        error = np.sqrt(expected * (1 - expected) / size)
        assert abs((future.count == 0).mean() - expected) < 4 * error


@pytest.mark.parametrize("family", list(PARAMETERS))
def test_silence_grows_with_the_days_and_takes_from_who_may_be_alive(family):
    given = PARAMETERS[family]
    past = {"frequency": 4.0, "recency": 20.0, "T": 25.0}
    likely = no_purchase(family, given, horizon=np.array([0.0, 1.0, 10.0, 1000.0]), **past)
    assert likely[0] == pytest.approx(1.0)
    assert (np.diff(likely) < 0).all()
    left = alive_after_silence(family, given, horizon=np.array([0.0, 1.0, 10.0, 1000.0]), **past)
    assert left[0] == pytest.approx(1.0)
    assert (np.diff(left) < 0).all()
    # Bayes: alive after a silence = alive now and silent, over silent
    forms = FAMILIES[family]
    alive = float(forms.p_alive(*given.values(), **past))
    later = float(forms.p_alive(*given.values(), **{**past, "T": 35.0}))
    assert left[2] == pytest.approx(later / alive)
