"""Draws without a sampler: as wide as the likelihood says, seen through the likelihood itself."""

import numpy as np
import pytest

from clv_lib.models.posterior import Posterior
from clv_lib.models.priors import DEFAULT_PRIORS
from clv_lib.models.purchases import FAMILIES
from clv_lib.models.quick import quick_draws, quick_fit

PARAMETERS = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 2.5}


@pytest.fixture(scope="module")
def cells():
    """Two thousand BG/NBD customers, seen for between 40 and 80 weeks."""
    import pandas as pd

    rng = np.random.default_rng(3)
    T = rng.integers(40, 81, 2_000).astype(float)
    rate = rng.gamma(PARAMETERS["r"], 1 / PARAMETERS["alpha"], len(T))
    leave = rng.beta(PARAMETERS["a"], PARAMETERS["b"], len(T))
    rows = []
    for end, pace, chance in zip(T, rate, leave, strict=True):
        when, count, last = rng.exponential(1 / pace), 0, 0.0
        while when < end:
            count, last = count + 1, when
            if rng.random() < chance:
                break
            when += rng.exponential(1 / pace)
        rows.append((count, round(last), end))
    table = pd.DataFrame(rows, columns=["frequency", "recency", "T"])
    return table.groupby(["frequency", "recency", "T"], as_index=False).size().rename(columns={"size": "n"})


def test_the_draws_lose_as_much_density_as_a_normal_posterior_would(cells):
    """Twice the drop of the log density from its top is chi-squared with four degrees of freedom, mean 4.

    The mean of 1,000 draws is known to 0.09 (one standard error); that the posterior is not quite normal may move it
    by a tenth. A curvature that is off by a factor of two would give 2 or 8.
    """
    priors = DEFAULT_PRIORS["bg_nbd"]
    best = quick_fit(cells, family="bg_nbd", priors=priors)
    draws = quick_draws(cells, family="bg_nbd", priors=priors, size=1_000, seed=1)
    top = log_density(cells, {name: np.array([[value]]) for name, value in best.items()})[0]
    drop = 2 * (top - log_density(cells, draws))
    assert abs(drop.mean() - 4) < 0.4 + 3.5 * 0.09
    assert drop.min() > -1e-3, "nothing is above the top"


def test_the_draws_are_around_the_truth_and_follow_the_seed(cells):
    priors = DEFAULT_PRIORS["bg_nbd"]
    one, same, other = (quick_draws(cells, family="bg_nbd", priors=priors, size=400, seed=seed) for seed in (1, 1, 2))
    for name, true in PARAMETERS.items():
        low, high = np.quantile(one[name], [0.001, 0.999])
        assert one[name].shape == (400, 1)
        assert low < true < high
        assert np.array_equal(one[name], same[name])
        assert not np.array_equal(one[name], other[name])


def log_density(cells, draws):
    """Log likelihood plus log prior of the logs and logits, straight from the closed form and the priors."""
    names = ("frequency", "recency", "T")
    forms = FAMILIES["bg_nbd"]
    values = [draws[name] for name in forms.parameters]
    likelihood = forms.log_likelihood(*values, **{name: cells[name].to_numpy(float) for name in names})
    total = likelihood @ cells["n"].to_numpy(float)
    kappa = (draws["a"] + draws["b"])[:, 0]
    variables = {"r": draws["r"][:, 0], "alpha": draws["alpha"][:, 0], "phi_dropout": draws["a"][:, 0] / kappa,
                 "kappa_dropout": kappa}  # fmt: skip
    for name, value in variables.items():
        slope = value * (1 - value) if name == "phi_dropout" else value
        total = total + DEFAULT_PRIORS["bg_nbd"][name].frozen().logpdf(value) + np.log(slope)
    return total


def test_the_family_named_in_a_posterior_takes_such_draws(cells):
    assert (
        tuple(quick_draws(cells, family="bg_nbd", priors=DEFAULT_PRIORS["bg_nbd"], size=2, seed=1))
        == Posterior("bg_nbd", None).parameters
    )
