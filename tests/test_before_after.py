"""Before and after: a planted month is found, chance is not taken for one, and differences have the right width."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clv_lib.analysis.answers import answers
from clv_lib.analysis.before_after import change, marked_months, surprise
from clv_lib.errors import CannotEstimateError
from tests.voice_support import lazy

END = date(2024, 12, 31)


def told(*, bad: str | None = None, per_month: int = 40, seed: int = 1, drop: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for month in pd.period_range("2023-01", "2024-12", freq="M"):
        for k in range(per_month):
            day = month.start_time.date() + timedelta(days=int(rng.integers(0, 28)))
            score = int(np.clip(round(rng.normal(7.5, 1.8)), 0, 10))
            score = max(score - drop, 0) if str(month) == bad else score
            rows.append((f"{month}-{k}", day, "nps", score))
    return pd.DataFrame(rows, columns=["customer_id", "given_at", "instrument", "score"])


def changed(table: pd.DataFrame, **more):
    return change(answers(lazy(table), end=END), **{"stated": None, "days": 120, "seed": 3, **more})


def test_the_planted_month_is_found_and_is_no_chance():
    found = changed(told(bad="2023-09"))
    assert found.first_day == date(2023, 9, 1)
    assert found.z < -5
    assert found.surprise < 1e-4
    rows = found.differences.set_index(["side", "against"])
    assert rows.loc[("within", "before"), "high"] < 0
    assert rows.loc[("after", "within"), "low"] > 0
    assert rows.loc[("after", "before"), "low"] < 0 < rows.loc[("after", "before"), "high"]


def test_months_of_chance_are_surprising_as_often_as_they_claim():
    """Of 60 histories without a marked month one in ten has a surprise below 0.1: 6, give or take 2.3; 4 are allowed."""
    low = sum(changed(told(seed=seed, per_month=25)).surprise < 0.1 for seed in range(60))
    assert low <= 6 + 4 * np.sqrt(60 * 0.1 * 0.9)
    assert low >= 1


def test_the_surprise_allows_for_having_looked_at_every_month():
    """Against many draws of the largest of 24 normal values."""
    rng = np.random.default_rng(0)
    largest = np.abs(rng.standard_normal((200_000, 24))).max(axis=1)
    for z in (2.0, 2.8, 3.4):
        # a share of 200,000 draws is good to 0.0011
        assert surprise(-z, 24) == pytest.approx((largest > z).mean(), abs=0.005)
    assert surprise(9.0, 24) == pytest.approx(24 * 2 * stats.norm.sf(9.0), rel=1e-6), "tiny, and not rounded to nothing"


def test_a_months_mean_is_that_of_its_rows_in_standard_deviations():
    table = told(per_month=10).assign(touchpoint=["shop", "web"] * 120)
    cells = table.assign(month_number=[d.year * 12 + d.month - 1 for d in table["given_at"]])
    cells = cells.groupby(["instrument", "touchpoint", "month_number", "score"]).size().rename("n").reset_index()
    found = marked_months(cells).set_index("month_number")
    by = table.groupby("touchpoint")["score"]
    z = (table["score"] - by.transform("mean")) / by.transform("std")
    month = pd.Series([d.year * 12 + d.month - 1 for d in table["given_at"]])
    np.testing.assert_allclose(found["mean"], z.groupby(month).mean(), atol=1e-12)
    np.testing.assert_allclose(found["z"], z.groupby(month).mean() * np.sqrt(10), atol=1e-12)


def test_a_stated_day_divides_before_from_after():
    table = told(per_month=60)
    day = date(2024, 3, 15)
    late = table["given_at"] >= day
    table.loc[late, "score"] = np.minimum(table.loc[late, "score"] + 2, 10)
    found = changed(table, stated=day)
    assert found.stated
    row = found.differences.iloc[0]
    sides = {
        "before": table[(table["given_at"] >= day - timedelta(days=120)) & (table["given_at"] < day)]["score"],
        "after": table[(table["given_at"] >= day) & (table["given_at"] < day + timedelta(days=120))]["score"],
    }
    n = found.scores.set_index("side")["n"]
    assert n.to_dict() == {side: len(scores) for side, scores in sides.items()}
    points = {side: 100.0 * (s >= 9) - 100.0 * (s <= 6) for side, s in sides.items()}
    gap = points["after"].mean() - points["before"].mean()
    error = np.sqrt(sum(p.var() / len(p) for p in points.values()))
    # the posterior of 200 answers and more is near normal; a uniform prior moves it by a hundredth
    assert row["difference"] == pytest.approx(gap, abs=1.5)
    assert row["high"] - row["low"] == pytest.approx(2 * stats.norm.ppf(0.95) * error, rel=0.06)
    assert row["p_worse"] < 0.001


def test_too_short_a_past_is_said_and_so_is_an_empty_side():
    with pytest.raises(CannotEstimateError, match="at least 6 months"):
        changed(told().loc[lambda t: t["given_at"] < date(2023, 4, 1)])
    with pytest.raises(CannotEstimateError, match="either side of 2020-01-01"):
        changed(told(), stated=date(2020, 1, 1))
