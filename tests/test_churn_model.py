"""The hazard: coefficients that are known are found, what is learnt is carried to every customer, with the doubt."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from clv_lib.errors import CannotEstimateError
from clv_lib.models.churn import fit_churn
from clv_lib.models.posterior import diagnose

pytestmark = pytest.mark.slow
BETA = np.array([0.8, -0.5, 0.0])
GROUPS = {"ads": 0.3, "friends": -0.3}


def rows(seed: int, size: int = 4_000, period: float | None = None) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    signs = rng.normal(size=(size, 3)) * [1, 2, 5] + [0, 3, -1]
    table = pd.DataFrame(signs, columns=["slow", "scores", "noise"]).assign(
        acquisition_channel=rng.choice(list(GROUPS), size),
        cutoff=rng.integers(0, 8, size),
        closed_form=rng.uniform(0.1, 0.9, size),
    )
    effect = np.random.default_rng(1).normal(0, 0.3, 8) if period is None else np.full(8, period)
    table["logit"] = (
        logit(table["closed_form"])
        + ((signs - [0, 3, -1]) / [1, 2, 5]) @ BETA
        + table["acquisition_channel"].map(GROUPS).to_numpy(float)
        + effect[table["cutoff"]]
    )
    return table.assign(silent=(rng.random(size) < expit(table["logit"])).astype(int))


@pytest.fixture(scope="module")
def fitted():
    return fit_churn(rows(2), signs=["slow", "scores", "noise"], seed=3)


def test_known_coefficients_are_found(fitted):
    """Within four posterior standard deviations each, and the noise near nothing."""
    draws = fitted.posterior.tree["posterior"].to_dataset()
    beta = draws["beta"].stack(sample=("chain", "draw")).to_numpy()
    assert (np.abs(beta.mean(axis=1) - BETA) < 4 * beta.std(axis=1)).all()
    answer = draws["closed_form"].to_numpy()
    assert abs(answer.mean() - 1) < 4 * answer.std()
    assert beta.std(axis=1).max() < 0.1
    assert diagnose(fitted.posterior).trusted


def test_risks_are_right_on_rows_that_were_never_seen(fitted):
    fresh = rows(9, period=0.0)
    draws = fitted.draws(400, seed=1)
    mean, low, high, total = fitted.summaries(fresh, draws, mass=0.9)
    assert ((low <= mean) & (mean <= high)).all()
    assert np.mean(np.abs(mean - expit(fresh["logit"]))) < 0.03
    assert np.quantile(total, 0.05) < fresh["silent"].sum() < np.quantile(total, 0.95)
    np.testing.assert_allclose(total, fitted.risk(fresh, draws).sum(axis=1))


def test_contributions_are_nothing_for_the_average_and_follow_the_sign(fitted):
    fresh = rows(9)
    everyone = np.ones(len(fresh), dtype=bool)
    parts = fitted.contributions(fresh, everyone)
    np.testing.assert_allclose(parts.mean(), 0, atol=1e-9)
    assert np.corrcoef(parts["slow"], fresh["slow"])[0, 1] > 0.99
    assert np.corrcoef(parts["scores"], fresh["scores"])[0, 1] < -0.99


def test_a_group_that_was_never_seen_is_as_uncertain_as_groups_differ(fitted):
    one = rows(9).head(1)
    draws = fitted.draws(2_000, seed=1)
    known = fitted.risk(one.assign(acquisition_channel="ads"), draws).std()
    new = fitted.risk(one.assign(acquisition_channel="radio"), draws).std()
    assert new > known


def test_too_few_cases_are_refused():
    with pytest.raises(CannotEstimateError, match="at least"):
        fit_churn(rows(1, size=60).assign(silent=0), signs=["slow"])
