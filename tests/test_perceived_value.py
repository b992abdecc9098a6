"""Perceived value by hand, its invariances, and intervals against independent paths."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from clv_lib.analysis.group_means import group_means, mean_of_sample
from clv_lib.analysis.perceived_value import attributes, perceived_value, response, value_by_group
from clv_lib.analysis.value_answers import answers, moments, respondents
from clv_lib.analysis.value_items import value_items
from clv_lib.data.customers import collected, customer_summary
from clv_lib.data.opening import open_engine
from clv_lib.errors import CannotEstimateError
from clv_lib.settings import EngineSection
from tests.requirements import require
from tests.value_survey_support import ASKED, COLUMNS, END, SMALL, drawn_survey


@pytest.fixture(scope="module")
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


def people_of(engine, survey: pd.DataFrame) -> pd.DataFrame:
    found = collected(respondents(answers(engine.lend(survey), end=END)))
    return found.sort_values("customer_id", ignore_index=True)


def test_three_respondents_by_hand(engine):
    found = people_of(engine, SMALL)
    assert found["customer_id"].tolist() == ["a", "b", "c"]
    # a third is 0.3333 in ten-thousandths, so b's benefits are off by one in the fourth decimal
    assert found["value"].tolist() == pytest.approx([25_000, -20_000, 70_000], abs=2)
    assert found["benefits"].tolist() == pytest.approx([75_000, 50_000, 100_000], abs=2)
    assert found["costs"].tolist() == [50_000, 70_000, 30_000]
    # a: quality 8 * 3/4 less price 4 * 1/2
    assert found["tangible_part"].tolist()[0] == 60_000 - 20_000
    assert (found["tangible_part"] + found["intangible_part"]).tolist() == found["value"].tolist()


def test_the_mean_and_its_interval_are_those_of_the_three_values(engine):
    found = perceived_value(engine.lend(SMALL), end=END, seed=1)
    values = np.array([2.5, -2.0, 7.0])
    low, high = stats.t.interval(0.9, 2, loc=values.mean(), scale=stats.sem(values))
    assert (found.value.mean, found.value.low, found.value.high) == pytest.approx((2.5, low, high), abs=1e-3)
    assert found.positive == pytest.approx(2 / 3)
    assert (found.respondents, found.incomplete) == (3, 0)
    assert found.scale == {"benefit": (3.0, 10.0), "cost": (2.0, 7.0)}


def test_items_add_up_to_the_value_and_say_what_to_mend_first(engine):
    found = perceived_value(engine.lend(SMALL), end=END, seed=1)
    table = found.items.table.set_index("item")
    assert table["effect"].sum() == pytest.approx(found.value.mean, abs=1e-9)
    # quality: (8 * 3/4 + 9 * 1/3 + 10) / 3; price: -(4 * 1/2 + 7 + 2 * 4/5) / 3
    assert table.loc["quality", "effect"] == pytest.approx((6 + 3 + 10) / 3, abs=1e-3)
    assert table.loc["price", "effect"] == pytest.approx(-(2 + 7 + 1.6) / 3, abs=1e-3)
    # gap of quality: 8 - 7, 9 - 6, 10 - 10; of price, whose low score is good: -(4 - 5), -(7 - 7), -(2 - 4.5)
    assert table.loc["quality", "gap"] == pytest.approx((1 + 3 + 0) / 3, abs=1e-3)
    assert table.loc["price", "gap"] == pytest.approx((1 + 0 + 2.5) / 3, abs=1e-3)
    assert table["n"].to_dict() == {"quality": 3, "price": 3, "service": 2, "effort": 2}
    assert bool(table.loc["price", "tangible"]) and not bool(table.loc["effort", "tangible"])


def test_only_the_latest_survey_of_a_customer_counts_and_nothing_after_the_end(engine):
    earlier = SMALL.assign(asked_at=date(2023, 3, 1), score=1.0)
    later = SMALL.assign(asked_at=date(2024, 9, 1), score=10.0)
    found = people_of(engine, pd.concat([later, SMALL, earlier]))
    pd.testing.assert_frame_equal(found, people_of(engine, SMALL))


def test_an_item_answered_twice_on_one_day_counts_once_with_its_mean(engine):
    twice = pd.concat([SMALL, SMALL.iloc[[0]].assign(score=4.0)])
    once = SMALL.copy()
    once.loc[0, "score"] = 6.0
    pd.testing.assert_frame_equal(people_of(engine, twice), people_of(engine, once))


def test_who_answered_on_one_side_only_is_counted_and_left_out(engine):
    survey = pd.concat([SMALL, SMALL[SMALL["side"] == "benefit"].assign(customer_id="d")])
    found = perceived_value(engine.lend(survey), end=END, seed=1)
    assert (found.respondents, found.incomplete) == (3, 1)
    assert found.items.table.set_index("item").loc["quality", "n"] == 3


def test_rows_without_score_or_importance_do_not_count(engine):
    survey = pd.concat([SMALL, SMALL.iloc[[1]].assign(item="reputation", score=None)])
    survey = pd.concat([survey, SMALL.iloc[[1]].assign(item="social", importance=None)])
    pd.testing.assert_frame_equal(people_of(engine, survey), people_of(engine, SMALL))


def test_a_side_without_any_importance_counts_its_items_alike(engine):
    survey = SMALL.assign(importance=SMALL["importance"].where(SMALL["customer_id"] != "a", 0.0))
    assert people_of(engine, survey)["value"].iloc[0] == 20_000  # (8 + 6) / 2 - (4 + 6) / 2


def test_too_few_answers_are_refused_in_words(engine):
    with pytest.raises(CannotEstimateError, match=r"at least 3 customers .* but there are 2"):
        perceived_value(engine.lend(SMALL[SMALL["customer_id"] != "c"]), end=END, seed=1)
    with pytest.raises(CannotEstimateError, match="but there are 0"):
        perceived_value(engine.lend(SMALL), end=date(2020, 1, 1), seed=1)


surveys = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from([("benefit", "quality"), ("benefit", "social"), ("cost", "price"), ("cost", "risk")]),
        st.integers(1, 10),
        st.integers(0, 10),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda row: row[:2],
).map(
    lambda rows: pd.DataFrame(
        [(c, ASKED, side, item, item == "price", float(score), float(w)) for c, (side, item), score, w in rows],
        columns=COLUMNS,
    )
)


@given(surveys, st.sampled_from([2.0, 0.1, 100.0]))
@settings(max_examples=25, deadline=None)
def test_the_scale_of_importance_does_not_matter(survey, factor):
    with open_engine(EngineSection()) as engine:
        plain = people_of(engine, survey)
        scaled = people_of(engine, survey.assign(importance=survey["importance"] * factor))
    pd.testing.assert_frame_equal(plain, scaled)


@given(surveys, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_rows_is_irrelevant_to_the_last_digit(survey, random):
    order = list(range(len(survey)))
    random.shuffle(order)
    with open_engine(EngineSection()) as engine:
        pd.testing.assert_frame_equal(people_of(engine, survey), people_of(engine, survey.iloc[order]))


@given(surveys, st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_all_benefits_up_by_some_points_is_value_up_by_as_many(survey, points):
    better = survey.assign(score=survey["score"] + points * (survey["side"] == "benefit"))
    with open_engine(EngineSection()) as engine:
        before, after = people_of(engine, survey), people_of(engine, better)
    # weights are whole ten-thousandths and may miss 1 by one for each item
    assert (after["value"] - before["value"]).tolist() == pytest.approx([points * 10_000] * len(before), abs=12)


def test_a_mean_has_students_interval():
    values = np.array([3.0, 4.5, 2.0, 8.0])
    found = mean_of_sample(4, values.mean(), ((values - values.mean()) ** 2).sum())
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.9, 3, values.mean(), stats.sem(values)))


def group_table(values: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(
        [(name, len(v), v.mean(), ((v - v.mean()) ** 2).sum()) for name, v in values.items()],
        columns=["group", "n", "value", "value_scatter"],
    )


def gibbs(values: dict[str, np.ndarray], *, draws: int, scale: float, seed: int) -> np.ndarray:
    """The same posterior by a sampler that shares no formula with the closed forms: Gibbs, r by random walk."""
    rng = np.random.default_rng(seed)
    n = np.array([len(v) for v in values.values()], dtype=float)
    mean = np.array([v.mean() for v in values.values()])
    within = sum(((v - v.mean()) ** 2).sum() for v in values.values())
    theta, mu, s2, r = mean.copy(), mean.mean(), 1.0, 0.3

    def log_r(r: float, theta: np.ndarray, mu: float, s2: float) -> float:
        return -0.5 * (r / scale) ** 2 - len(n) * np.log(r) - ((theta - mu) ** 2).sum() / (2 * r**2 * s2)

    kept = []
    for step in range(draws):
        share = n + 1 / r**2
        theta = (n * mean + mu / r**2) / share + np.sqrt(s2 / share) * rng.standard_normal(len(n))
        mu = theta.mean() + np.sqrt(s2 * r**2 / len(n)) * rng.standard_normal()
        rest = within + (n * (theta - mean) ** 2).sum() + ((theta - mu) ** 2).sum() / r**2
        s2 = rest / rng.chisquare(n.sum() + len(n))
        for _ in range(3):
            new = abs(r + 0.3 * rng.standard_normal())
            if np.log(rng.random()) < log_r(new, theta, mu, s2) - log_r(r, theta, mu, s2):
                r = new
        if step >= 1_000:
            kept.append([*theta, r * s2**0.5])
    return np.array(kept)


def test_group_means_agree_with_a_gibbs_sampler():
    rng = np.random.default_rng(5)
    values = {
        "a": rng.normal(1, 2, 40),
        "b": rng.normal(2.5, 2, 12),
        "c": rng.normal(0, 2, 3),
        "d": rng.normal(1, 2, 25),
    }
    found = group_means(group_table(values), column="value", group="group", seed=1, draws=40_000)
    other = gibbs(values, draws=40_000, scale=0.5, seed=2)
    # Monte Carlo error of the chain's quantiles: below 0.03 at an effective size of some 3,000 and a spread of 0.5
    np.testing.assert_allclose(found.table["mean"], other[:, :4].mean(axis=0), atol=0.03)
    np.testing.assert_allclose(found.table["low"], np.quantile(other[:, :4], 0.05, axis=0), atol=0.06)
    np.testing.assert_allclose(found.table["high"], np.quantile(other[:, :4], 0.95, axis=0), atol=0.06)
    assert found.between.mean == pytest.approx(other[:, 4].mean(), abs=0.04)


def test_a_small_group_is_drawn_to_the_whole_and_a_large_one_is_not():
    rng = np.random.default_rng(1)
    values = {"large": rng.normal(5, 1, 400), "other": rng.normal(5.2, 1, 300), "small": np.array([8.0, 9.0])}
    table = group_means(group_table(values), column="value", group="group", seed=1).table.set_index("group")
    assert abs(table.loc["large", "mean"] - table.loc["large", "raw"]) < 0.02
    assert 5.2 < table.loc["small", "mean"] < 8.0
    assert table["few"].tolist() == [False, False, True]


def test_one_group_is_not_pooled():
    values = {"all": np.array([1.0, 2.0, 4.0, 7.0])}
    found = group_means(group_table(values), column="value", group="group", seed=1, draws=200_000)
    low, high = stats.t.interval(0.9, 3, 3.5, stats.sem(values["all"]))
    assert not found.pooled
    assert (found.whole.low, found.whole.high) == pytest.approx((low, high), abs=0.05)
    assert np.isnan(found.table["p_above"].iloc[0])


def test_answers_that_are_all_alike_leave_nothing_uncertain():
    values = {"a": np.full(5, 3.0), "b": np.full(4, 3.0)}
    found = group_means(group_table(values), column="value", group="group", seed=1)
    assert (found.whole.low, found.whole.high) == pytest.approx((3.0, 3.0), abs=1e-12)


def test_rescaling_the_answers_rescales_the_result():
    rng = np.random.default_rng(3)
    values = {name: rng.normal(level, 1, 9) for name, level in (("a", 0), ("b", 1), ("c", 2))}
    plain = group_means(group_table(values), column="value", group="group", seed=1).draws
    moved = group_means(group_table({k: 10 * v + 3 for k, v in values.items()}), column="value", group="group", seed=1)
    np.testing.assert_allclose(moved.draws, 10 * plain + 3, rtol=1e-6, atol=1e-6)


def covered_as_claimed(hits: int, trials: int) -> None:
    """Within 3.3 binomial standard errors of 90 %: once in a thousand a correct one fails; seeds are fixed."""
    assert abs(hits / trials - 0.9) < 3.3 * np.sqrt(0.09 / trials), hits / trials


def test_intervals_of_groups_cover_as_often_as_they_claim():
    """Truth drawn from the prior of the spread, so the claim is exact on average over groups."""
    rng = np.random.default_rng(11)
    hits = trials = 0
    for run in range(200):
        r = abs(rng.normal(0, 0.5))
        truth = rng.normal(2.0, r * 1.5, 5)
        values = {str(j): rng.normal(truth[j], 1.5, n) for j, n in enumerate((4, 8, 15, 30, 60))}
        table = group_means(group_table(values), column="value", group="group", seed=run, draws=1_000).table
        hits += int(((table["low"] <= truth) & (truth <= table["high"])).sum())
        trials += 5
    # the five groups of a run share their parameters, so count runs, not groups, for the error
    assert abs(hits / trials - 0.9) < 3.3 * np.sqrt(0.09 / 400), hits / trials


def test_intervals_of_items_cover_as_often_as_they_claim(engine):
    rng = np.random.default_rng(12)
    hits = {"gap": 0, "weight": 0, "effect": 0}
    for run in range(200):
        n = 25
        frames = []
        for item, level, weight in (("quality", 7.0, 3.0), ("social", 5.0, 1.0), ("price", 5.0, 2.0)):
            w = weight * rng.gamma(8, 1 / 8, n)
            frames.append((item, rng.normal(level, 1, n), w))
        survey = pd.concat(
            pd.DataFrame(
                {
                    "customer_id": [f"c{i}" for i in range(n)],
                    "asked_at": ASKED,
                    "side": "cost" if item == "price" else "benefit",
                    "item": item,
                    "tangible": True,
                    "score": score,
                    "importance": w,
                }
            )
            for item, score, w in frames
        )
        lent = answers(engine.lend(survey), end=END)
        table = value_items(lent, respondents(lent), seed=run, draws=1_000).table.set_index("item")
        share = QUALITY_SHARE
        for name, truth in (("gap", 1.0), ("weight", share), ("effect", 7 * share)):
            low, high = table.loc["quality", [f"{name}_low", f"{name}_high"]]
            hits[name] += int(low <= truth <= high)
    for count in hits.values():
        covered_as_claimed(count, 200)


# mean of 3 G / (3 G + H) for independent Gamma(8)/8, by quadrature of the ratio's Beta form
QUALITY_SHARE = float(
    stats.beta(8, 8).expect(lambda x: 3 * x / (3 * x + (1 - x)))  # G / (G + H) is Beta(8, 8)
)


def test_groups_come_from_the_customers_and_those_without_one_are_kept_apart(engine):
    rng = np.random.default_rng(2)
    survey = drawn_survey(rng, np.r_[np.full(60, 3.0), np.full(60, 0.0), np.full(5, 1.0)])
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(120)],
            "acquisition_channel": ["friend"] * 60 + ["search"] * 60,
            "region": "Jawa",
            "note": [f"text {i}" for i in range(120)],
            "plan": ["a", "b"] * 60,
        }
    )
    lent = engine.lend(customers)
    assert attributes(lent) == ("acquisition_channel", "plan")  # one region is no division, 120 notes are none either
    found = value_by_group(engine.lend(survey), lent, by="acquisition_channel", end=END, seed=1)
    assert found.table["acquisition_channel"].tolist() == ["friend", "", "search"]
    assert found.table["n"].tolist() == [60, 5, 60]
    assert found.table["few"].tolist() == [False, True, False]
    assert found.table["p_above"].iloc[0] > 0.999
    np.testing.assert_allclose(found.table["raw"], found.table["benefits"] - found.table["costs"], atol=1e-3)


def test_who_answered_is_set_beside_who_did_not(engine):
    log = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b", "x", "y"],
            "ordered_at": [date(2024, 1, d) for d in (1, 2, 3, 4, 5, 6)],
            "amount": [10.0, 10.0, 10.0, 20.0, 5.0, 15.0],
        }
    )
    summary = customer_summary(engine.lend(log), end=END)
    found = response(engine.lend(SMALL), summary, end=END)
    assert (found.customers, found.respondents, found.share) == (4, 2, 0.5)  # c has never bought
    assert found.table["frequency"].tolist() == [1.0, 0.0]
    assert found.ratio("total_value") == pytest.approx(25 / 10)


def small_tables(engine) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(4)
    survey = engine.lend(pd.concat([SMALL, drawn_survey(rng, rng.normal(1, 1, 40))]))
    items = answers(survey, end=END)
    people = respondents(items)
    return {
        "moments": moments(people, ["value", "benefits"], by=["asked_at"]).drop(columns="asked_at"),
        "items": value_items(items, people, seed=1).table,
        "people": collected(people).sort_values("customer_id", ignore_index=True).drop(columns="asked_at"),
    }


@pytest.mark.spark
def test_spark_gives_the_same_as_duckdb(engine):
    require("pyspark", "java")
    reference = small_tables(engine)
    with open_engine(EngineSection(kind="spark")) as other:
        for name, frame in small_tables(other).items():
            pd.testing.assert_frame_equal(frame, reference[name], check_exact=True, check_dtype=False, obj=name)


def test_pandas_alone_gives_the_same(engine):
    """The definition in plain pandas, without units or windows."""
    rng = np.random.default_rng(4)
    survey = drawn_survey(rng, rng.normal(1, 1, 40))
    share = survey["importance"] / survey.groupby(["customer_id", "side"])["importance"].transform("sum")
    means = (share * survey["score"]).groupby([survey["customer_id"], survey["side"]]).sum().unstack()
    found = people_of(engine, survey).set_index("customer_id")["value"] / 10_000
    # five products of a score of at most 10 with a weight rounded to 1/10,000
    np.testing.assert_allclose(found, (means["benefit"] - means["cost"]).sort_index(), atol=5 * 10 * 0.5e-4)
