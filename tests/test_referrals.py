"""Referrals counted by hand, and their rates against independent paths."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import gammaln

from clv_lib.analysis.referral_value import (
    ReferralRates,
    attach_referral_value,
    log_likelihood,
    referral_rates,
    referral_value,
)
from clv_lib.analysis.referrals import ReferralCounts, active_months, count_referrals, counted_referrals
from clv_lib.data.customers import collected
from clv_lib.data.opening import open_engine
from clv_lib.errors import CannotEstimateError, UsageError
from clv_lib.periods import ObservationWindow
from clv_lib.settings import EngineSection
from tests.requirements import require

WINDOW = ObservationWindow(date(2023, 1, 1), date(2023, 12, 31))


@pytest.fixture(scope="module")
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


def orders(*rows: tuple[str, date]) -> pd.DataFrame:
    return pd.DataFrame([(*row, 10.0) for row in rows], columns=["customer_id", "ordered_at", "amount"])


def links(*rows: tuple[str, str, date]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["referrer_id", "referred_id", "referred_at"])


ORDERS = orders(
    ("ann", date(2023, 1, 5)), ("ann", date(2023, 3, 5)), ("ann", date(2023, 3, 9)),  # months 1, 3
    ("bob", date(2023, 11, 1)),
    ("cid", date(2023, 4, 20)),
    ("dan", date(2023, 2, 1)),
    ("late", date(2024, 2, 1)),  # after the end
)  # fmt: skip
LINKS = links(
    ("ann", "cid", date(2023, 4, 1)),  # buys in week 2
    ("ann", "eve", date(2023, 5, 1)),  # never buys
    ("bob", "cid", date(2023, 4, 2)),  # bob has not bought yet: a stranger
    ("dan", "eve", date(2023, 5, 2)),  # a day later than ann
    ("dan", "bob", date(2023, 11, 1)),  # buys on the day; its weeks are not over
    ("ann", "dan", date(2023, 6, 1)),  # dan had bought before
    ("ann", "ann", date(2023, 6, 1)),
    ("nobody", "fay", date(2023, 6, 1)),
    ("ann", "gus", date(2024, 1, 1)),  # after the end
    ("ann", "eve", date(2023, 5, 1)),  # a copy
)


def test_referrals_by_hand(engine):
    found = count_referrals(engine.lend(LINKS), engine.lend(ORDERS), window=WINDOW, active_after=0)
    assert found.referred == 9
    assert found.counted == 3  # ann: cid, eve; dan: bob
    assert found.unknown_referrer == 3  # bob's, ann's of herself, nobody's
    assert found.known_before == 1
    assert found.later_than_another == 2  # dan's of eve, and the copy
    assert found.too_recent == 1
    assert found.weeks.to_dict("list") == {"week": [-1, 2], "n": [1, 1]}
    assert found.classes.to_dict("list") == {"referrals": [0, 1, 2], "active_months": [1, 1, 2], "n": [2, 1, 1]}
    assert (found.customers, found.referrers) == (4, 2)
    assert found.share_of_most_active(0.5) == pytest.approx(2 / 3)


def test_a_referral_by_a_stranger_does_not_take_the_place_of_a_valid_one(engine):
    pair = links(("nobody", "cid", date(2023, 3, 1)), ("ann", "cid", date(2023, 4, 1)))
    found = count_referrals(engine.lend(pair), engine.lend(ORDERS), window=WINDOW)
    assert (found.counted, found.unknown_referrer) == (1, 1)


def test_one_day_two_referrers_gives_one_referral(engine):
    pair = links(("dan", "eve", date(2023, 5, 1)), ("ann", "eve", date(2023, 5, 1)))
    frame = collected(counted_referrals(engine.lend(pair), engine.lend(ORDERS), window=WINDOW))
    assert frame["referrer_id"].tolist() == ["ann"]


@pytest.mark.parametrize(
    ("after", "months"),
    [(0, {"ann": 2, "bob": 1}), (1, {"ann": 4, "bob": 2}), (6, {"ann": 9, "bob": 2}), (99, {"ann": 12, "bob": 2})],
)
def test_active_months_by_hand(engine, after, months):
    """ann bought in January and March, bob in November; the observation ends with December."""
    found = collected(active_months(engine.lend(ORDERS), end=WINDOW.end, after=after)).set_index("customer_id")
    assert found.loc[["ann", "bob"], "active_months"].to_dict() == months
    assert "late" not in found.index


def counts_of(classes: pd.DataFrame, *, bought: int = 0, over: int = 0) -> ReferralCounts:
    weeks = pd.DataFrame({"week": [-1, 0, 3], "n": [over - bought, bought // 2, bought - bought // 2]})
    total = int((classes["referrals"] * classes["n"]).sum())
    return ReferralCounts(classes, weeks, total, total, 0, 0, 0, 0, 13, 6)


CLASSES = pd.DataFrame(
    {"referrals": [0, 0, 1, 2, 6], "active_months": [3, 12, 8, 10, 14], "n": [60, 40, 12, 5, 1]},
)


def test_the_likelihood_is_the_negative_binomial_of_scipy():
    rate, shape = np.array([0.02, 0.05]), np.array([0.4, 2.0])
    k, m, n = (CLASSES[name].to_numpy() for name in ("referrals", "active_months", "n"))
    for r, a, found in zip(rate, shape, log_likelihood(rate, shape, CLASSES), strict=True):
        other = stats.nbinom(a, a / (a + r * m)).logpmf(k) + gammaln(k + 1)  # without the term in k!
        assert found == pytest.approx(float(other @ n), rel=1e-10)


def test_the_draws_agree_with_a_plain_random_walk():
    draws = referral_rates(counts_of(CLASSES), seed=1, draws=40_000)
    rng = np.random.default_rng(2)
    place, kept = np.log([0.03, 0.5]), []

    def density(place: np.ndarray) -> float:
        prior = -0.5 * (((place - np.log([0.02, 0.5])) / 1.5) ** 2).sum()
        return float(log_likelihood(np.exp(place[:1]), np.exp(place[1:]), CLASSES)[0] + prior)

    here = density(place)
    for _ in range(40_000):
        new = place + rng.standard_normal(2) * (0.3, 0.7)
        there = density(new)
        if np.log(rng.random()) < there - here:
            place, here = new, there
        kept.append(place)
    chain = np.exp(np.array(kept[2_000:]))
    # some 4,000 independent draws in the chain: quantiles to within a tenth of the spread
    for values, other in ((draws.rate, chain[:, 0]), (draws.shape, chain[:, 1])):
        np.testing.assert_allclose(
            np.quantile(np.log(values), [0.05, 0.5, 0.95]), np.quantile(np.log(other), [0.05, 0.5, 0.95]),
            atol=0.15 * np.log(other).std(),
        )  # fmt: skip


def test_many_customers_narrow_the_rate_down_and_nobody_makes_it_low():
    many = referral_rates(counts_of(CLASSES.assign(n=CLASSES["n"] * 1_000)), seed=1)
    truth = float((CLASSES["referrals"] * CLASSES["n"]).sum() / (CLASSES["active_months"] * CLASSES["n"]).sum())
    assert many.rate.mean() == pytest.approx(truth, rel=0.1)  # the mean of the rates is near the ratio of the sums
    assert many.rate.std() / many.rate.mean() < 0.03
    none = referral_rates(counts_of(CLASSES.assign(referrals=0)), seed=1)
    assert np.median(none.rate) < 0.002
    assert np.quantile(none.rate, 0.95) < 0.01


def test_rates_cover_as_often_as_they_claim():
    """Truth drawn from the priors, customers from the model."""
    rng = np.random.default_rng(3)
    hits = dict.fromkeys(("rate", "shape", "conversion"), 0)
    for run in range(200):
        rate, shape, conversion = (
            np.exp(rng.normal(np.log(0.02), 1.5)),
            np.exp(rng.normal(np.log(0.5), 1.5)),
            rng.random(),
        )
        m = rng.integers(1, 25, 300)
        k = rng.poisson(rng.gamma(shape, rate / shape, 300) * m)
        classes = pd.DataFrame({"referrals": k, "active_months": m}).value_counts().rename("n").reset_index()
        over = int(min(k.sum(), 1_000))
        counts = counts_of(classes, bought=int(rng.binomial(over, conversion)), over=over)
        found = referral_rates(counts, seed=run, draws=1_000)
        for name, truth in (("rate", rate), ("shape", shape), ("conversion", conversion)):
            low, high = np.quantile(getattr(found, name), [0.05, 0.95])
            hits[name] += int(low <= truth <= high)
    for name, number in hits.items():
        assert abs(number / 200 - 0.9) < 3.3 * np.sqrt(0.09 / 200), (name, number)


def known_rates() -> ReferralRates:
    return ReferralRates(np.full(10, 0.05), np.full(10, 0.5), np.full(10, 0.4), counts_of(CLASSES, bought=4, over=10))


def test_value_is_rate_times_conversion_times_worth_less_cost():
    found = referral_value(known_rates(), new_customer_value=100.0, reward=20.0, cost_per_referral=5.0)
    assert found.per_referral.mean == pytest.approx(0.4 * 80 - 5)
    assert found.per_active_month.mean == pytest.approx(0.05 * 27)
    row = found.classes.set_index(["referrals", "active_months"]).loc[(6, 14)]
    assert row["referral_rate"] == pytest.approx((0.5 + 6) / (0.5 / 0.05 + 14))
    assert row["referral_value_per_month"] == pytest.approx((0.5 + 6) / 24 * 27)
    assert known_rates().weeks_to_buy() == 1.0
    assert known_rates().weeks_to_buy(0.9) == 4.0


def test_draws_of_worth_are_paired_and_a_wrong_shape_is_refused():
    worth = np.linspace(0, 90, 10)
    found = referral_value(known_rates(), new_customer_value=worth)
    assert found.per_referral.mean == pytest.approx(0.4 * 45)
    assert found.per_referral.low < found.per_referral.high
    with pytest.raises(UsageError, match="finite numbers of dims"):
        referral_value(known_rates(), new_customer_value=np.array([1.0, np.nan]))


def test_without_customers_there_is_no_rate():
    with pytest.raises(CannotEstimateError, match="need customers who have bought"):
        referral_rates(counts_of(CLASSES.iloc[:0]), seed=1)


def test_every_customer_gets_the_value_of_its_class(engine):
    log, pairs = engine.lend(ORDERS), engine.lend(LINKS)
    found = count_referrals(pairs, log, window=WINDOW)
    rates = referral_rates(found, seed=1, draws=100)
    value = referral_value(rates, new_customer_value=50.0)
    months = active_months(log, end=WINDOW.end)
    each = collected(
        attach_referral_value(
            months.select("customer_id"), counted_referrals(pairs, log, window=WINDOW), months, value, engine=engine
        )
    ).set_index("customer_id")
    assert each["referrals"].to_dict() == {"ann": 2, "bob": 0, "cid": 0, "dan": 1}
    assert each["referral_value_per_month"].notna().all()
    assert each.loc["ann", "referral_value_per_month"] == each["referral_value_per_month"].max()


@pytest.mark.spark
def test_spark_gives_the_same_as_duckdb(engine):
    require("pyspark", "java")
    rng = np.random.default_rng(6)
    log = orders(*((f"c{rng.integers(40):02d}", WINDOW.start + timedelta(int(rng.integers(400)))) for _ in range(200)))
    pairs = links(
        *(
            (f"c{rng.integers(45):02d}", f"c{rng.integers(80):02d}", WINDOW.start + timedelta(int(rng.integers(380))))
            for _ in range(120)
        )
    )
    reference = count_referrals(engine.lend(pairs), engine.lend(log), window=WINDOW)
    with open_engine(EngineSection(kind="spark")) as other:
        found = count_referrals(other.lend(pairs), other.lend(log), window=WINDOW)
    pd.testing.assert_frame_equal(found.classes, reference.classes)
    pd.testing.assert_frame_equal(found.weeks, reference.weeks)
    assert {k: v for k, v in vars(found).items() if isinstance(v, int)} == {
        k: v for k, v in vars(reference).items() if isinstance(v, int)
    }
