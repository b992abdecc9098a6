"""What respondents did next: by hand, and the logistic posterior against quadrature."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.logistic import logistic_draws
from clv_lib.analysis.value_and_purchases import behaviour_cells, next_purchases, thirds_of
from clv_lib.data.opening import open_engine
from clv_lib.errors import CannotEstimateError
from clv_lib.periods import ObservationWindow
from clv_lib.settings import EngineSection
from tests.requirements import require
from tests.value_survey_support import ASKED, SMALL, drawn_survey

WINDOW = ObservationWindow(date(2023, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


def log(*rows: tuple[str, int, float]) -> pd.DataFrame:
    """Rows of customer, days after the survey, amount."""
    return pd.DataFrame(
        [(customer, ASKED + timedelta(days=days), amount) for customer, days, amount in rows],
        columns=["customer_id", "ordered_at", "amount"],
    )


def test_what_three_respondents_did_next_by_hand(engine):
    orders = log(
        ("a", -200, 5.0), ("a", -10, 20.0), ("a", 0, 10.0), ("a", 28, 50.0), ("a", 29, 99.0),
        ("b", -3, 7.0), ("b", 29, 7.0),
        ("c", 1, 4.0),  # had not bought when asked
    )  # fmt: skip
    cells = behaviour_cells(
        engine.lend(SMALL), engine.lend(orders), window=WINDOW, last_asked=date(2024, 6, 1), weeks=4
    )
    assert cells["value"].tolist() == pytest.approx([-2.0, 2.5], abs=2e-4)
    assert cells["before"].tolist() == [1, 2]  # the day of the survey lies before it
    assert cells["bought"].tolist() == [0, 1]  # day 28 is the last of four weeks, day 29 is not
    assert cells["compared"].tolist() == [0, 1]  # b became a customer three days before the survey
    assert (cells["spend_before"].iloc[1], cells["spend_after"].iloc[1]) == (30.0, 50.0)
    assert cells["change2"].iloc[1] == 400.0


def shop(rng: np.random.Generator, n: int, slope: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    value = rng.normal(1, 1.2, n)
    survey = drawn_survey(rng, value, spread=0.0)
    again = rng.random(n) < 1 / (1 + np.exp(-(slope * (value - 1))))
    rows = [(f"c{i:04d}", -300, 10.0) for i in range(n)] + [(f"c{i:04d}", 30, 10.0) for i in range(n) if again[i]]
    return survey, log(*rows)


def test_a_true_association_is_found_and_said_in_odds_per_point(engine):
    survey, orders = shop(np.random.default_rng(1), 800, slope=0.7)
    found = next_purchases(engine.lend(survey), engine.lend(orders), window=WINDOW, seed=1)
    assert (found.respondents, found.too_recent) == (800, 0)
    assert found.odds.low < np.exp(0.7) < found.odds.high
    assert found.odds_alike.low < np.exp(0.7) < found.odds_alike.high
    assert found.p_higher > 0.99
    assert found.thirds["n"].sum() == 800
    assert found.thirds["n"].between(250, 283).all()
    assert found.spend_change.mean == pytest.approx(found.thirds["bought"].sum() * 10 / 800)  # nothing before, 10 after


def test_no_association_is_found_where_there_is_none_about_as_often_as_claimed(engine):
    hits = 0
    for run in range(60):
        survey, orders = shop(np.random.default_rng(100 + run), 90, slope=0.0)
        found = next_purchases(engine.lend(survey), engine.lend(orders), window=WINDOW, seed=run, draws=1_000)
        hits += int(found.odds.low <= 1 <= found.odds.high)
    assert hits >= 60 * 0.9 - 3.3 * np.sqrt(60 * 0.09)


def test_only_fully_watched_respondents_count_and_too_few_are_refused(engine):
    survey, orders = shop(np.random.default_rng(2), 100, slope=0.5)
    short = ObservationWindow(date(2023, 1, 1), ASKED + timedelta(days=26 * 7 - 1))
    with pytest.raises(CannotEstimateError, match=r"26 weeks after the survey needs at least 30 .* there are 0"):
        next_purchases(engine.lend(survey), engine.lend(orders), window=short, seed=1)
    early = survey[survey["customer_id"] < "c0060"].assign(asked_at=ASKED - timedelta(days=1))
    both = pd.concat([early, survey[survey["customer_id"] >= "c0060"]])
    found = next_purchases(engine.lend(both), engine.lend(orders), window=short, seed=1)
    assert (found.respondents, found.too_recent) == (60, 40)


def test_an_earlier_survey_stands_in_while_the_weeks_after_the_latest_are_not_over(engine):
    survey, orders = shop(np.random.default_rng(3), 50, slope=0.5)
    again = survey.assign(asked_at=date(2024, 12, 1), score=1.0)
    one = next_purchases(engine.lend(survey), engine.lend(orders), window=WINDOW, seed=1)
    two = next_purchases(engine.lend(pd.concat([survey, again])), engine.lend(orders), window=WINDOW, seed=1)
    pd.testing.assert_frame_equal(one.thirds, two.thirds)
    assert two.too_recent == 50


def test_equal_values_are_never_divided():
    cells = pd.DataFrame({"step": [1, 2, 2, 3], "n": [10, 40, 40, 10]})
    assert thirds_of(cells).tolist() == [0, 1, 1, 2]


def test_the_logistic_posterior_agrees_with_quadrature():
    x = np.array([-1.5, -0.5, 0.2, 1.0, 1.8])
    trials, successes = np.array([5.0, 8.0, 6.0, 9.0, 4.0]), np.array([0.0, 2.0, 3.0, 7.0, 4.0])
    draws = logistic_draws(np.column_stack([np.ones(5), x]), successes=successes, trials=trials, seed=1, draws=40_000)
    a, b = np.meshgrid(np.linspace(-6, 6, 601), np.linspace(-4, 8, 601), indexing="ij")
    logit = a[..., None] + b[..., None] * x
    log_density = (
        (successes * logit - trials * np.logaddexp(0, logit)).sum(-1) - 0.5 * (a / 5) ** 2 - 0.5 * (b / 1.5) ** 2
    )
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    mean = np.array([(density * a).sum(), (density * b).sum()])
    spread = np.sqrt([(density * (a - mean[0]) ** 2).sum(), (density * (b - mean[1]) ** 2).sum()])
    # 40,000 resampled draws: standard error of a mean 0.005 spreads; the resampling at most triples it
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.015 * spread.max() * 3)
    np.testing.assert_allclose(draws.std(axis=0), spread, rtol=0.03)


def test_a_perfect_separation_leaves_a_finite_posterior():
    x = np.array([-1.0, 1.0])
    draws = logistic_draws(
        np.column_stack([np.ones(2), x]), successes=np.array([0.0, 50.0]), trials=np.array([50.0, 50.0]), seed=1
    )
    assert np.isfinite(draws).all()
    assert 1 < draws[:, 1].mean() < 6


@pytest.mark.spark
def test_spark_gives_the_same_as_duckdb(engine):
    require("pyspark", "java")
    survey, orders = shop(np.random.default_rng(4), 60, slope=0.5)
    arguments = {"window": WINDOW, "last_asked": date(2024, 6, 1), "weeks": 26}
    reference = behaviour_cells(engine.lend(survey), engine.lend(orders), **arguments)
    with open_engine(EngineSection(kind="spark")) as other:
        found = behaviour_cells(other.lend(survey), other.lend(orders), **arguments)
    pd.testing.assert_frame_equal(found, reference, check_exact=True)
