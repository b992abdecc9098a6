"""Scores from counts: moods by the book, each customer once, and intervals against independent paths."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clv_lib.analysis.answers import FROM, answers, latest, mood_of, score_cells
from clv_lib.analysis.feedback import net_promoter_score
from clv_lib.analysis.group_means import group_means
from clv_lib.analysis.voice_scores import course, scores, scores_by, steps
from clv_lib.data.customers import collected
from clv_lib.data.opening import open_engine
from clv_lib.data.tables.crm import SCALES
from clv_lib.settings import EngineSection
from tests.requirements import require
from tests.voice_support import END, SMALL, lazy, shop


def given(table: pd.DataFrame):
    return answers(lazy(table), end=END)


def test_moods_are_those_of_the_questions_inventors():
    """NPS after Reichheld, CSAT by the two tops of five, CES by the three tops of seven."""
    promoters = {score for score in range(11) if mood_of("nps", score) == "happy"}
    detractors = {score for score in range(11) if mood_of("nps", score) == "unhappy"}
    assert (promoters, detractors) == ({9, 10}, {0, 1, 2, 3, 4, 5, 6})
    assert [mood_of("csat", score) for score in range(1, 6)] == ["unhappy", "unhappy", "neutral", "happy", "happy"]
    assert [mood_of("ces", score) for score in range(1, 8)] == ["unhappy"] * 3 + ["neutral"] + ["happy"] * 3
    every = [(name, score) for name, (low, high) in SCALES.items() for score in range(low, high + 1)]
    table = pd.DataFrame(every, columns=["instrument", "score"]).assign(customer_id="a", given_at=date(2024, 1, 1))
    found = collected(given(table))
    assert [mood_of(n, s) for n, s in zip(found["instrument"], found["score"], strict=True)] == list(found["mood"])
    assert set(FROM) == set(SCALES)


def test_the_latest_answer_of_each_customer_counts_and_nothing_after_the_end():
    kept = collected(latest(given(SMALL))).set_index(["customer_id", "instrument"])["score"]
    assert kept.to_dict() == {("a", "nps"): 9, ("b", "nps"): 8, ("b", "csat"): 2, ("c", "nps"): 6, ("d", "ces"): 7}
    by_month = collected(latest(given(SMALL), "month_number"))
    assert len(by_month[by_month["customer_id"] == "a"]) == 2, "one answer in May, one in June"


def test_nps_and_its_interval_are_those_of_the_score_itself():
    cells = score_cells(latest(given(SMALL)))
    own = scores(cells, seed=4).set_index("instrument").loc["nps"]
    whole = net_promoter_score(SMALL[SMALL["given_at"] <= END], seed=9)
    assert (own["score"], own["n"]) == (whole.score, whole.n) == (0.0, 3)
    # 8,000 and 20,000 draws of a score with a standard deviation of 40: ends differ by some points
    assert (own["low"], own["high"]) == pytest.approx((whole.low, whole.high), abs=4)


def test_the_interval_of_a_share_is_the_betas():
    cells = pd.DataFrame({"instrument": "csat", "score": [5, 3, 1], "mood": ["happy", "neutral", "unhappy"]})
    found = scores(cells.assign(n=[40, 30, 30]), seed=1).iloc[0]
    exact = stats.beta(41, 61).ppf([0.05, 0.95])
    # an end of 8,000 draws has a standard error of sqrt(.05 * .95 / 8000) / density(end) = .002
    assert (found["low"], found["high"]) == pytest.approx(tuple(exact), abs=0.008)
    assert (found["score"], found["mean"]) == (0.4, 3.2)


def test_an_interval_holds_what_was_seen_where_all_answered_alike():
    cells = pd.DataFrame({"instrument": ["ces"], "score": [7], "mood": ["happy"], "n": [3]})
    found = scores(cells, seed=1).iloc[0]
    assert found["score"] == found["high"] == 1.0
    assert found["low"] == pytest.approx(0.05 ** (1 / 4), abs=0.02), "Beta(4, 1): the 5 % quantile of the maximum"


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """200 surveys of 120 answers: 90 % intervals miss 20 times, give or take 4.2; 4 standard errors are allowed."""
    rng = np.random.default_rng(8)
    truth = 100 * (0.45 - 0.25)
    held = 0
    for k, counts in enumerate(rng.multinomial(120, [0.45, 0.30, 0.25], size=200)):
        cells = pd.DataFrame({"instrument": "nps", "score": [9, 7, 3], "mood": ["happy", "neutral", "unhappy"]})
        row = scores(cells.assign(n=counts), seed=k).iloc[0]
        held += row["low"] <= truth <= row["high"]
    assert abs(held - 180) <= 4 * np.sqrt(200 * 0.9 * 0.1)


def test_groups_are_pooled_as_their_answers_row_by_row_would_be():
    table = shop()["feedback"].assign(group=lambda t: t["customer_id"].str[-1])
    cells = table.assign(mood=[mood_of("nps", each) for each in table["score"]])
    cells = cells.groupby(["instrument", "score", "mood", "group"]).size().rename("n").reset_index()
    found = scores_by(cells, group="group", seed=5).set_index("group")
    points = table.assign(points=np.select([table["score"] >= 9, table["score"] <= 6], [100.0, -100.0], 0.0))
    by = points.groupby("group")["points"]
    moments = pd.DataFrame({"n": by.size(), "points": by.mean(), "points_scatter": by.var(ddof=0) * by.size()})
    rows = group_means(moments.reset_index(), column="points", group="group", seed=5).table.set_index("group")
    assert found["raw"].sort_index().tolist() == pytest.approx(rows["raw"].sort_index().tolist(), abs=1e-9)
    assert found["score"].sort_index().tolist() == pytest.approx(rows["mean"].sort_index().tolist(), abs=1e-6)
    spread = rows["raw"].max() - rows["raw"].min()
    assert found["score"].max() - found["score"].min() < spread, "groups of one truth are drawn together"


def test_months_become_quarters_where_they_would_hold_too_few():
    cells = pd.DataFrame({"month_number": [24288, 24290, 24291], "n": [20, 20, 20]})
    stepped, length = steps(cells, number="month_number")
    assert (length, list(stepped["month_number"])) == (1, [24288, 24290, 24291])
    stepped, length = steps(cells.assign(n=[5, 5, 5]), number="month_number")
    assert (length, list(stepped["month_number"])) == (3, [24288, 24288, 24291]), "24288 is January 2024"


def test_a_course_is_called_one_only_beyond_chance():
    months = pd.DataFrame({"instrument": "nps", "month_number": range(9), "neutral": 10})
    flat = months.assign(happy=10, unhappy=10, n=30)
    assert course(flat, instrument="nps", seed=1).moved == 0
    risen = flat.assign(happy=[0] * 3 + [10] * 3 + [40] * 3)
    found = course(risen, instrument="nps", seed=1)
    assert (found.moved, found.first, found.last) == (1, -50.0, pytest.approx(50.0))
    # (10 - 0) / 20 and (40 - 10) / 60 in the thirds; their posteriors' means are shrunk by three pseudo-answers
    assert found.difference.mean == pytest.approx(100 * ((121 - 31) / 183 - (1 - 31) / 63), abs=1.5)
    assert course(flat.head(1), instrument="nps", seed=1) is None


@pytest.mark.spark
def test_spark_counts_the_same():
    require("pyspark", "java")
    table = shop()["feedback"]
    with open_engine(EngineSection(kind="spark")) as other:
        found = score_cells(latest(answers(other.lend(table), end=END), "touchpoint"), ["touchpoint"])
    with open_engine(EngineSection()) as own:
        same = score_cells(latest(answers(own.lend(table), end=END), "touchpoint"), ["touchpoint"])
    pd.testing.assert_frame_equal(found, same, check_dtype=False)
