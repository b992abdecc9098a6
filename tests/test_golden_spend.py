"""Published numbers of the Gamma-Gamma model, and of value by recency and frequency, on the CDNOW 1/10 sample."""

import numpy as np
import pytest
from scipy.special import gammaln, hyperu

from clv_lib.models import gamma_gamma, pareto_nbd
from clv_lib.models.quick import quick_fit
from tests.models_support import GG, LAST_DAY, spend_cells, summary

PARETO_78 = (0.5630, 12.5589, 0.4081, 10.5146)
CONTINUOUS_RATE = 0.0027  # a week; 15 % a year, as printed


@pytest.fixture(scope="module")
def repeaters():
    customers = summary()
    return customers[customers["frequency"] > 0]


def test_the_repeat_customers_have_the_published_spend(repeaters):
    assert len(repeaters) == 946
    assert repeaters["monetary_value"].mean() == pytest.approx(35.08, abs=5e-3)
    assert repeaters["monetary_value"].std() == pytest.approx(30.28, abs=5e-3)
    assert repeaters["frequency"].corr(repeaters["monetary_value"]) == pytest.approx(0.114, abs=5e-4)


def test_gamma_gamma_log_likelihood_and_maximum(repeaters):
    """The likelihood is printed at unrounded parameters, so it is taken at our maximum, which rounds to theirs."""
    found = quick_fit(spend_cells(repeaters), family="gamma_gamma")
    assert list(found.values()) == pytest.approx(GG, abs=5e-3)
    x, m = repeaters["frequency"].to_numpy(), repeaters["monetary_value"].to_numpy()
    total = gamma_gamma.log_likelihood(*found.values(), frequency=x, monetary_value=m).sum()
    assert total == pytest.approx(-4055.9177, abs=5e-5)


def test_gamma_gamma_on_78_weeks():
    """The printed point is .01 off in v along a flat ridge; its likelihood is the printed one to the last digit."""
    cells = spend_cells(summary(end=LAST_DAY))
    found = quick_fit(cells, family="gamma_gamma")
    assert list(found.values()) == pytest.approx((4.6823, 4.1904, 24.4006), rel=5e-4)
    data = {"frequency": cells["frequency"].to_numpy(), "monetary_value": cells["monetary_value"].to_numpy()}
    n = cells["n"].to_numpy()
    at_top = n @ gamma_gamma.log_likelihood(*found.values(), **data)
    assert 0 <= at_top - n @ gamma_gamma.log_likelihood(4.6823, 4.1904, 24.4006, **data) < 5e-5


def test_expected_spend_of_the_published_customers():
    """The printed values carry the rounding of the parameters: p v / (q - 1) is 35.22 and appears as 35.17."""
    x = np.array([2, 1, 0, 0, 0, 7, 1, 0, 2, 0])
    m = np.array([22.35, 11.77, 0, 0, 0, 73.74, 11.77, 0, 25.55, 0])
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert gamma_gamma.expected_spend(*GG, frequency=x, monetary_value=m) == pytest.approx(published, abs=0.05)
    first = summary().iloc[[0, 2, 7, 10]]  # the same customers in our own log
    assert first["frequency"].tolist() == [2, 1, 7, 2]
    assert first["monetary_value"].round(2).tolist() == [22.34, 11.77, 73.74, 25.55]


def test_population_mean_spend():
    assert gamma_gamma.expected_spend(*GG, frequency=0, monetary_value=0) == pytest.approx(35.22, abs=5e-3)


def _dert_by_tricomi(r, alpha, s, beta, *, x, t_x, T, delta):
    """DERT as printed in "RFM and CLV" (2005), eq. 2, with Tricomi's function."""
    log_likelihood = pareto_nbd.log_likelihood(r, alpha, s, beta, frequency=x, recency=t_x, T=T)
    front = r * np.log(alpha) + s * np.log(beta) + (s - 1) * np.log(delta) + gammaln(r + x + 1) - gammaln(r)
    return np.exp(front - (r + x + 1) * np.log(alpha + T) - log_likelihood) * hyperu(s, s, delta * (beta + T))


def _dert(x, t_x, T=78.0):
    history = {"frequency": x, "T": T}
    future = pareto_nbd.purchases_if_alive(*PARETO_78, **history, horizon=np.inf, discount_rate=CONTINUOUS_RATE)
    return pareto_nbd.p_alive(*PARETO_78, recency=t_x, **history) * future


@pytest.mark.parametrize(("x", "t_x"), [(0, 0), (1, 30), (7, 35), (7, 77), (14, 50), (60, 77.8)])
def test_discounted_purchases_without_horizon_equal_the_published_closed_form(x, t_x):
    expected = _dert_by_tricomi(*PARETO_78, x=x, t_x=t_x, T=78.0, delta=CONTINUOUS_RATE)
    assert _dert(x, t_x) == pytest.approx(expected, rel=1e-9)


def test_two_customers_on_the_two_transactions_iso_value_curve():
    """Seven purchases until week 35 are worth fewer future ones than a single one in week 30."""
    assert _dert(7, 35) == pytest.approx(1.84, abs=5e-3)
    assert _dert(1, 30) == pytest.approx(2.19, abs=5e-3)
