"""Unit costs from the ledger: against the closed form of least squares, and by simulated ledgers with known truth."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.drivers import fit_unit_costs
from clv_lib.errors import CannotEstimateError

TRUTH = {"handling_minutes": 1150.0, "contacts": 2800.0}


def simulated(rng: np.random.Generator, *, months: int = 36, noise: float = 0.05) -> tuple[pd.Series, pd.DataFrame]:
    """A growing business: contacts by month, minutes of varying length, and a ledger that is off by a share."""
    contacts = rng.poisson(60 * 1.02 ** np.arange(months) * rng.uniform(0.7, 1.3, months)) + 1
    minutes = contacts * rng.uniform(4.0, 14.0, months)
    totals = pd.DataFrame({"handling_minutes": minutes, "contacts": contacts}).astype(float)
    true = sum(totals[name] * cost for name, cost in TRUTH.items())
    return true * (1 + noise * rng.standard_normal(months)), totals


def fitted(amounts, totals, drivers=tuple(TRUTH), seed=1, size=1000):
    return fit_unit_costs("service", amounts, totals, drivers, size=size, rng=np.random.default_rng(seed))


def test_intervals_of_unit_costs_cover_the_truth_as_often_as_they_claim():
    """200 ledgers, two costs each; 90 % less or more three standard errors of 200 trials (6.4 %)."""
    rng = np.random.default_rng(7)
    covered = dict.fromkeys(TRUTH, 0)
    for seed in range(200):
        fit = fitted(*simulated(rng), seed=seed, size=600)
        for name, true in TRUTH.items():
            found = fit.estimate(name)
            covered[name] += found.low <= true <= found.high
    for name, hits in covered.items():
        assert hits / 200 == pytest.approx(0.9, abs=0.064), name


def test_one_driver_is_the_mean_ratio_of_the_months():
    """Relative errors make least squares the plain mean of amount / driver; the prior moves it by less than 0.1 %."""
    rng = np.random.default_rng(2)
    orders = rng.uniform(100, 300, 24)
    amounts = pd.Series(16_500 * orders * (1 + 0.02 * rng.standard_normal(24)))
    totals = pd.DataFrame({"orders": orders})
    found = fitted(amounts, totals, ("orders",), size=20_000).estimate("orders")
    ratio = amounts / orders
    assert found.mean == pytest.approx(ratio.mean(), rel=1e-3)
    spread = ratio.std() / np.sqrt(24) * 1.711  # Student t with 24 degrees, 95 %
    assert found.high - found.low == pytest.approx(2 * spread, rel=0.25), "the prior's month adds its twentieth"


def test_a_driver_never_saves_money():
    rng = np.random.default_rng(5)
    _, totals = simulated(rng)
    amounts = 1000 * totals["handling_minutes"] * (1 + 0.05 * rng.standard_normal(len(totals)))
    fit = fitted(amounts, totals)
    assert (fit.draws >= 0).all()
    assert not fit.saves_money
    assert fit.estimate("contacts").low < 500


def test_a_ledger_of_credits_is_taken_as_it_is_and_said():
    _, totals = simulated(np.random.default_rng(5))
    fit = fitted(-1000 * totals["contacts"], totals, ("contacts",))
    assert fit.saves_money
    assert fit.estimate("contacts").mean == pytest.approx(-1000, rel=0.05)


def test_the_scale_of_money_and_of_drivers_does_not_matter():
    amounts, totals = simulated(np.random.default_rng(9))
    plain = fitted(amounts, totals).draws
    scaled = fitted(amounts / 1000, totals * [60, 1]).draws
    np.testing.assert_allclose(scaled, plain / 1000 / [60, 1], rtol=1e-6)


def test_too_few_months_are_said():
    amounts, totals = simulated(np.random.default_rng(9), months=2)
    with pytest.raises(CannotEstimateError, match="cannot be learnt from 2"):
        fitted(amounts, totals)
