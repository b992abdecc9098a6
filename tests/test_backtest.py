"""The holdout of the CDNOW sample as published, a hand-made holdout, and the claims of the intervals."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.backtest import Backtest, backtest
from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.tracking import cumulative_tracking
from clv_lib.errors import CannotEstimateError
from tests.cdnow_log import CALIBRATION_END, LAST_DAY, backtest_cells, purchase_days
from tests.lives import FAMILIES, PURCHASE, SPEND, constant_draws, simulate_lives

# BTYD walkthrough (CRAN), maximum likelihood on the CDNOW sample, calibration to 1997-09-30
BG = {"r": 0.2425967, "alpha": 4.413659, "a": 0.7929869, "b": 2.426164}
PARETO = {"r": 0.5533, "alpha": 10.578, "s": 0.6063, "beta": 11.67}
CDNOW_SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}
PUBLISHED = {
    "customers": [1411, 439, 214, 100, 62, 38, 29, 64],
    "actual": [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359],
    "pareto_nbd": [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403],
    "bg_nbd": [0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570],
}


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return purchase_days(sample=True)


@pytest.fixture(scope="module")
def cells(sample) -> pd.DataFrame:
    return backtest_cells(sample)


def score(cells: pd.DataFrame, family: str, *, seed: int = 1) -> Backtest:
    parameters = {"bg_nbd": BG, "pareto_nbd": PARETO}[family]
    draws = constant_draws(parameters, 400), constant_draws(CDNOW_SPEND, 400)
    return backtest(*draws, cells, family=family, holdout_weeks=39.0, seed=seed)


@pytest.fixture(scope="module")
def scored(cells) -> dict[str, Backtest]:
    return {family: score(cells, family) for family in ("bg_nbd", "pareto_nbd")}


@pytest.mark.parametrize("family", ["bg_nbd", "pareto_nbd"])
def test_holdout_by_calibration_frequency_is_the_published_table(scored, family):
    """Half a unit of the last digit; Pareto/NBD up to one unit, its parameters being printed to four digits."""
    table = scored[family].by_frequency
    assert table["frequency"].tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert table["customers"].tolist() == PUBLISHED["customers"]
    np.testing.assert_allclose(table["actual"], PUBLISHED["actual"], atol=0.0005)
    np.testing.assert_allclose(table["forecast"], PUBLISHED[family], atol=0.001 if family == "pareto_nbd" else 6e-5)


def test_scores_are_the_published_ones(scored):
    """Correlations .626 and .630 ([1] table 3); MAE .7855 of BG/NBD against .7985 of predicting nothing."""
    bg, pareto = scored["bg_nbd"].scores, scored["pareto_nbd"].scores
    assert bg.loc["bg_nbd", "correlation"] == pytest.approx(0.626, abs=0.0005)
    assert pareto.loc["pareto_nbd", "correlation"] == pytest.approx(0.630, abs=0.0005)
    assert bg.loc["bg_nbd", "mae"] == pytest.approx(0.7855, abs=0.00005)
    assert bg.loc["zero", "mae"] == pytest.approx(0.7985, abs=0.00005)
    pd.testing.assert_frame_equal(bg.drop("bg_nbd"), pareto.drop("pareto_nbd"))  # baselines know nothing of a model
    forecasts = [test.cells["forecast"].repeat(test.cells["n"]) for test in scored.values()]
    assert forecasts[0].corr(forecasts[1]) == pytest.approx(0.996, abs=0.0005)


def test_the_last_period_repeated_is_every_repeat_purchase_of_the_calibration(scored):
    """Calibration and holdout are 39 weeks each, so the last period is the whole calibration: 2,457 purchases."""
    assert scored["bg_nbd"].scores.loc["last_period", "total"] == 2_457


def test_totals_tenths_and_classes_add_up_to_the_same_holdout(scored):
    test = scored["pareto_nbd"]
    assert test.purchases.actual == 1_882
    for table in (test.tenths, test.by_frequency):
        assert table["customers"].sum() == pytest.approx(2_357)
        assert table["customers"] @ table["actual"] == pytest.approx(1_882)
        assert table["customers"] @ table["forecast"] == pytest.approx(test.purchases.forecast.mean)
    assert test.tenths["forecast"].is_monotonic_decreasing
    classes = test.by_frequency
    assert (classes["predictive_low"] < classes["forecast"]).all()
    assert (classes["forecast"] < classes["predictive_high"]).all()
    for total in (test.purchases.forecast, test.revenue.forecast):
        assert total.predictive_low < total.mean < total.predictive_high
    assert test.purchases.missed_by == pytest.approx(test.scores.loc["pareto_nbd", "missed_by"])
    assert test.revenue.actual == pytest.approx(test.cells["revenue_holdout"].sum())


@pytest.mark.parametrize("family", ["bg_nbd", "pareto_nbd"])
def test_the_sample_bought_more_than_either_model_foresaw(scored, family):
    """The limits stated in docs/method.md: 12 % too few, outside the predictive interval of the total."""
    test = scored[family]
    assert test.purchases.missed_by == pytest.approx(-0.12, abs=0.005)
    assert test.purchases.actual > test.purchases.forecast.predictive_high
    coverage = test.coverage.set_index(["what", "mass"])["covered"]
    assert coverage["purchases", 0.9] == 0
    assert 0.9 < coverage["customer", 0.9] < 1


def test_a_hand_made_holdout_is_scored_as_on_paper():
    """Six customers; forecasts of the baselines and their errors are counted by hand."""
    cells = pd.DataFrame(
        {
            "frequency_cal": [0, 2, 4],
            "recency_cal": [0.0, 8.0, 10.0],
            "T_cal": [10.0, 10.0, 10.0],
            "spend_bin": [-1, 0, 0],
            "monetary_value": [np.nan, 10.0, 10.0],
            "frequency_holdout": [0, 1, 3],
            "last_period": [0, 2, 1],
            "revenue_holdout": [0.0, 20.0, 30.0],
            "n": [3, 2, 1],
        }
    )
    draws = constant_draws(PURCHASE["bg_nbd"], 50), constant_draws(SPEND, 50)
    scores = backtest(*draws, cells, family="bg_nbd", holdout_weeks=5.0, seed=1).scores
    assert scores.loc["same_rate", ["mae", "bias"]].tolist() == pytest.approx([1 / 6, -1 / 6])  # 0, 1, 2
    assert scores.loc["same_rate", "gini"] == pytest.approx(1.0)
    assert scores.loc["zero", ["mae", "rmse", "total"]].tolist() == pytest.approx([5 / 6, (11 / 6) ** 0.5, 0.0])
    assert scores.loc["last_period", ["mae", "bias"]].tolist() == pytest.approx([4 / 6, 0.0])  # 0, 2, 1
    assert scores.loc["last_period", "missed_by"] == pytest.approx(0.0)
    assert scores.loc["zero", "missed_by"] == -1.0
    assert np.isnan(scores.loc["zero", "rank_correlation"])
    assert scores.loc["zero", "gini"] == pytest.approx(0.0)


def test_splitting_a_cell_and_shuffling_rows_change_no_score(cells, scored):
    large = cells["n"] > 1
    halves = cells.assign(n=cells["n"] // 2, revenue_holdout=0.0)[large]
    rest = cells.assign(n=cells["n"] - np.where(large, cells["n"] // 2, 0))
    shuffled = pd.concat([halves, rest]).sample(frac=1, random_state=3)
    again, first = score(shuffled, "bg_nbd"), scored["bg_nbd"]
    pd.testing.assert_frame_equal(again.scores, first.scores)
    pd.testing.assert_frame_equal(again.by_frequency, first.by_frequency)
    pd.testing.assert_frame_equal(again.tenths, first.tenths)
    pd.testing.assert_frame_equal(again.coverage, first.coverage)


@pytest.mark.parametrize("family", FAMILIES)
def test_intervals_cover_as_many_simulated_customers_as_they_claim(family):
    """20,000 lives, parameters known: covered equals claimed within 4 binomial errors, plus the optimism of 400 draws.

    An interval that ends on an outcome of its own draws claims at most 1 / 400 per end too much.
    """
    lives = simulate_lives(family, customers=20_000, age=40.0, horizon=39.0, discount_rate=0.0, seed=8)
    history = {name: lives.cells[name] for name in ("spend_bin", "monetary_value", "n")}
    cells = pd.DataFrame(
        {f"{name}_cal": lives.cells[name] for name in ("frequency", "recency", "T")}
        | history
        | {"frequency_holdout": lives.count, "last_period": 0, "revenue_holdout": lives.revenue}
    )
    draws = constant_draws(PURCHASE[family], 400), constant_draws(SPEND, 400)
    test = backtest(*draws, cells, family=family, holdout_weeks=39.0, seed=2)
    by_customer = test.coverage[test.coverage["what"] == "customer"]
    for row in by_customer.itertuples():
        assert row.claimed >= row.mass
        assert row.covered == pytest.approx(row.claimed, abs=4 * (0.05 / 20_000) ** 0.5 + 2 / 400)
    # totals of 20,000 customers with known parameters are missed by less than 4 of their standard deviations
    for total in (test.purchases, test.revenue):
        deviation = (total.forecast.predictive_high - total.forecast.predictive_low) / (2 * 1.645)
        assert total.actual == pytest.approx(total.forecast.mean, abs=4 * deviation)
    classes = test.by_frequency
    inside = (classes["actual"] >= classes["predictive_low"]) & (classes["actual"] <= classes["predictive_high"])
    assert inside.sum() >= 5  # of 8 classes at 90 %: fewer has a chance of 1 in 200


def test_a_holdout_without_customers_says_so(cells):
    with pytest.raises(CannotEstimateError, match=r"Move dataset\.calibration_end"):
        score(cells.iloc[:0], "bg_nbd")


def track(sample: pd.DataFrame, family: str) -> pd.DataFrame:
    first, repeats = sample[~sample["repeat"]], sample[sample["repeat"]]
    return cumulative_tracking(
        constant_draws({"bg_nbd": BG, "pareto_nbd": PARETO}[family], 400),
        first.groupby("day").size().rename_axis("first_purchase_day").reset_index(name="n"),
        repeats.groupby("day").size().rename_axis("purchase_day").reset_index(name="n"),
        family=family,
        last_day=LAST_DAY,
        calibration_day=CALIBRATION_END,
        seed=1,
    ).set_index("week")


@pytest.mark.parametrize(
    ("family", "published"),
    [
        ("bg_nbd", [1312.5, 1387.3, 1460.4, 1531.7, 1601.4, 1669.6]),
        ("pareto_nbd", [1308.9, 1385.3, 1459.9, 1532.9, 1604.3, 1674.3]),
    ],
)
def test_tracking_is_the_published_one(sample, family, published):
    """Weeks 20-25 (BTYD walkthrough); parameters of four printed digits move the last digit by one."""
    table = track(sample, family)
    np.testing.assert_allclose(table.loc[20:25, "cumulative_expected"], published, atol=0.15)
    assert table["in_calibration"].sum() == 38  # 272 days are 38 whole weeks
    assert table["expected"].cumsum().to_numpy() == pytest.approx(table["cumulative_expected"].to_numpy())
    assert table["actual"].cumsum().to_numpy() == pytest.approx(table["cumulative_actual"].to_numpy())


def test_actual_tracking_counts_the_day_that_the_expectation_counts(sample):
    """Published weeks end on the 6th day after their first, ours on the 7th: age 7 w days, as in recency and T."""
    published = [1359, 1414, 1484, 1517, 1573, 1672]
    repeats = sample[sample["repeat"]]
    elapsed = repeats["day"] - sample["day"].min()
    assert [int((elapsed < 7 * week).sum()) for week in range(20, 26)] == published
    ours = track(sample, "bg_nbd")
    assert ours.loc[20:25, "cumulative_actual"].tolist() == [(elapsed <= 7 * week).sum() for week in range(20, 26)]


def test_tracking_intervals_hold_simulated_cohorts():
    """Predictive interval of the cumulative purchases of 400 newcomers against 300 cohorts simulated life by life."""
    lives = simulate_lives("mbg_nbd", customers=120_000, age=0.0, horizon=20.0, discount_rate=0.0, seed=5)
    cohorts = lives.count.reshape(300, 400).sum(axis=1)
    table = cumulative_tracking(
        constant_draws(PURCHASE["mbg_nbd"], 2_000),
        pd.DataFrame({"first_purchase_day": [100], "n": [400]}),
        pd.DataFrame({"purchase_day": [105, 140], "n": [3, 1]}),
        family="mbg_nbd",
        last_day=240,
        seed=2,
    )
    last = table.iloc[-1]
    assert table["cumulative_actual"].tolist() == [3.0] * 5 + [4.0] * 15
    assert last["cumulative_expected"] == pytest.approx(
        400 * closed_forms("mbg_nbd").expected_purchases_new(*PURCHASE["mbg_nbd"].values(), horizon=20.0)
    )
    assert last["cumulative_expected"] == pytest.approx(cohorts.mean(), abs=4 * cohorts.std() / 300**0.5)
    # scaled from one customer the total is lumpy, so its ends are held to the width and not to the share beyond each
    spread = np.quantile(cohorts, 0.95) - np.quantile(cohorts, 0.05)
    assert last["cumulative_predictive_high"] - last["cumulative_predictive_low"] == pytest.approx(spread, rel=0.25)
