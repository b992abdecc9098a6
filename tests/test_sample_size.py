"""Answers needed for a stated precision."""

import numpy as np
import pytest

from clv_lib.analysis.sample_size import half_width, sample_size
from clv_lib.errors import UsageError


def test_a_share_to_five_points_needs_271_answers_of_very_many_customers():
    """(1.645 * 0.5 / 0.05)^2 = 270.6."""
    found = sample_size(0.05, sd=0.5, population=10**9, response_rate=0.2)
    assert (found.answers, found.asked) == (271, 1355)
    assert found.half_width <= 0.05


@pytest.mark.parametrize(("population", "answers"), [(271, 136), (100, 74), (1, 1)])
def test_few_customers_need_fewer_answers_and_never_more_than_there_are(population, answers):
    assert sample_size(0.05, sd=0.5, population=population).answers == answers


def test_the_precision_is_kept_in_simulated_surveys():
    rng = np.random.default_rng(1)
    everyone = rng.normal(1.0, 2.0, 900)
    size = sample_size(0.3, sd=float(everyone.std()), population=900)
    means = [rng.choice(everyone, size.answers, replace=False).mean() for _ in range(2_000)]
    inside = np.mean(np.abs(np.array(means) - everyone.mean()) <= size.half_width)
    assert abs(inside - 0.9) < 3.3 * np.sqrt(0.09 / 2_000)


def test_asking_everybody_leaves_nothing_to_guess():
    assert half_width(50, sd=2.0, population=50) == 0.0
    assert not sample_size(0.05, sd=2.0, population=1_000, response_rate=0.3).feasible


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(UsageError, match="precision > 0"):
        sample_size(0.0, sd=1.0, population=10)
