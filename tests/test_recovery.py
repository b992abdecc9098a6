"""Shops with a known truth: fit them, value them, and count how often the intervals hold what they claim to hold."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.valuation import value_customers
from clv_lib.models import bg_nbd, gamma_gamma, mbg_nbd
from tests.lives import PURCHASE, SPEND, constant_draws, simulate_lives

YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.0027, horizon_weeks=52.0)
SHOPS, CUSTOMERS, DRAWS = 30, 1_200, 199


def normal_posterior(
    module, start: dict[str, float], data: dict[str, np.ndarray], *, seed: int
) -> dict[str, np.ndarray]:
    """Draws from the normal approximation, on the log scale, around the maximum of our likelihood under flat priors."""

    def loss(log_parameters: np.ndarray) -> float:
        return -float(np.sum(module.log_likelihood(*np.exp(log_parameters), **data)))

    best = minimize(loss, np.log(list(start.values())), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4}).x
    step, k = 1e-3, len(best)
    unit = step * np.eye(k)
    curvature = np.array(
        [
            [loss(best + i + j) - loss(best + i - j) - loss(best - i + j) + loss(best - i - j) for j in unit]
            for i in unit
        ]
    ) / (4 * step**2)
    draws = np.random.default_rng(seed).multivariate_normal(best, np.linalg.inv(curvature), DRAWS)
    return {name: np.exp(draws[:, [i]]) for i, name in enumerate(start)}


def fitted(
    module, family: str, cells: pd.DataFrame, *, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    repeat = cells[cells["frequency"] > 0]
    history = {name: cells[name].to_numpy() for name in ("frequency", "recency", "T")}
    spend = {name: repeat[name].to_numpy() for name in ("frequency", "monetary_value")}
    return (
        normal_posterior(module, PURCHASE[family], history, seed=seed),
        normal_posterior(gamma_gamma, SPEND, spend, seed=seed + 1_000),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("family", "module"), [("bg_nbd", bg_nbd), ("mbg_nbd", mbg_nbd)])
def test_intervals_of_fitted_shops_hold_the_truth_about_nine_times_in_ten(family, module):
    """30 shops of 1,200 customers, parameters estimated from each; 3 binomial standard errors of 90 % are 5 shops.

    The credible interval is held to the value at the true parameters, the predictive one to what the customers really
    brought; the credible one is too narrow for the latter.
    """
    credible = predictive = confused = 0
    for shop in range(SHOPS):
        lives = simulate_lives(
            family, customers=CUSTOMERS, age=40.0, horizon=52.0, discount_rate=0.0027, seed=1_000 + shop
        )
        options = {"family": family, "economics": YEAR, "seed": shop}
        known = value_customers(constant_draws(PURCHASE[family]), constant_draws(SPEND), lives.cells, **options)
        total = value_customers(*fitted(module, family, lives.cells, seed=shop), lives.cells, **options).total
        came = YEAR.gross_margin * lives.value.sum()
        credible += total.low <= known.total.mean <= total.high
        predictive += total.predictive_low <= came <= total.predictive_high
        confused += total.low <= came <= total.high
    assert credible >= 22
    assert predictive >= 22
    assert confused < predictive
