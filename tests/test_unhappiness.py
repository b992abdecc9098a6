"""What goes with unhappiness: what came after by plain loops, and the adjustment against rows and against the truth."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from clv_lib.analysis.adjusted import adjusted_means, adjusted_shares, least_squares
from clv_lib.analysis.answers import MOODS, answers, latest
from clv_lib.analysis.unhappiness import stake, unhappiness
from clv_lib.data.after_answers import bought_after, cancelled_after, outcome_cells, standing
from clv_lib.data.customers import collected, purchase_days
from clv_lib.data.opening import open_engine
from clv_lib.data.tenures import tenures
from clv_lib.errors import CannotEstimateError
from clv_lib.settings import EngineSection
from tests import five_members
from tests.requirements import require
from tests.voice_support import END, lazy, shop

HORIZON = 45
LEVELS = ("happy", "neutral", "unhappy")


def stretches_of(log: pd.DataFrame) -> pd.DataFrame:
    """Two stages: new for 60 days from the first order, regular from then on."""
    first = log.groupby("customer_id")["ordered_at"].min()
    begin = first.map(date.toordinal).to_numpy()
    parts = [
        pd.DataFrame({"customer_id": first.index, "day": begin, "until": begin + 60.0, "lifecycle_stage": "new"}),
        pd.DataFrame({"customer_id": first.index, "day": begin + 60, "until": np.nan, "lifecycle_stage": "regular"}),
    ]
    return pd.concat(parts, ignore_index=True).assign(first=np.tile(begin, 2))


def watched(tables: dict[str, pd.DataFrame], lend=lazy) -> pd.DataFrame:
    log, answer = tables["transactions"], latest(answers(lend(tables["feedback"]), end=END - timedelta(days=HORIZON)))
    stretches = stretches_of(log)
    stretches["until"] = stretches["until"].astype("Int64")
    stood = standing(answer, lend(stretches))
    found = collected(bought_after(stood, purchase_days(lend(log)), horizon=HORIZON))
    return found.sort_values("customer_id", ignore_index=True)


@pytest.fixture(scope="module")
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


@pytest.fixture(scope="module")
def tables():
    return shop()


def test_what_came_after_is_what_plain_loops_find(tables, engine):
    found = watched(tables, engine.lend).set_index("customer_id")
    last = END - timedelta(days=HORIZON)
    told = tables["feedback"][tables["feedback"]["given_at"] <= last]
    assert set(found.index) == set(told["customer_id"])
    for who, own in told.groupby("customer_id"):
        day = own["given_at"].max()
        log = tables["transactions"][tables["transactions"]["customer_id"] == who]
        later = log[(log["ordered_at"] > day) & (log["ordered_at"] <= day + timedelta(days=HORIZON))]
        age = (day - log["ordered_at"].min()).days
        row = found.loc[who]
        assert (row["gone"], row["spent"]) == (int(later.empty), pytest.approx(later["amount"].sum()))
        assert row["lifecycle_stage"] == ("new" if age < 60 else "regular")
        assert row["tenure"] == (age >= 91) + (age >= 365) + (age >= 730)


def test_under_contract_gone_is_cancelled_while_one_was_a_member(engine):
    """Ben's last day is March 15, Dan's first spell ends on April 29."""
    given = pd.DataFrame({"customer_id": ["ann", "ben", "dan", "eve"], "given_day": date(2024, 3, 10).toordinal()})
    spells = tenures(engine.lend(five_members.SUBSCRIPTIONS), end=five_members.END)
    short, long = (
        collected(cancelled_after(engine.lend(given), spells, horizon=days)).set_index("customer_id")["gone"]
        for days in (30, 50)
    )
    assert short.to_dict() == {"ann": 0, "ben": 1, "dan": 0, "eve": 0}
    assert long.to_dict() == {"ann": 0, "ben": 1, "dan": 1, "eve": 0}
    late = engine.lend(given.assign(given_day=date(2024, 3, 20).toordinal()))
    assert "ben" not in set(collected(cancelled_after(late, spells, horizon=30))["customer_id"])


def test_least_squares_on_cells_is_that_on_rows_with_its_robust_variance():
    rng = np.random.default_rng(2)
    kinds = rng.integers(0, 6, 400)
    rows = np.column_stack([np.ones(400), kinds % 2, kinds // 2 == 1])
    y = 3 + rows @ [0.0, 2.0, -1.0] + rng.normal(0, 1 + kinds, 400)
    inverse = np.linalg.inv(rows.T @ rows)
    beta = inverse @ rows.T @ y
    rest = y - rows @ beta
    variance = inverse @ (rows.T @ (rest[:, None] ** 2 * rows)) @ inverse * 400 / 397
    design, places = np.unique(rows, axis=0, return_inverse=True)
    sums = [np.bincount(places, weights=each) for each in (np.ones(400), y, y**2)]
    found = least_squares(design, sums[0], total=sums[1], square=sums[2])
    np.testing.assert_allclose(found[0], beta, rtol=1e-9)
    np.testing.assert_allclose(found[1], variance, rtol=1e-8)
    assert found[2] == 397


def confounded(rng: np.random.Generator, n: int, effect: float) -> pd.DataFrame:
    """In stage b people are unhappier, leave more often and spend less, whatever they feel."""
    stage = rng.choice(["a", "b"], n)
    chance = {"a": [0.6, 0.3, 0.1], "b": [0.2, 0.3, 0.5]}
    mood = np.array([rng.choice(LEVELS, p=chance[each]) for each in stage])
    unhappy = (mood == "unhappy").astype(float)
    gone = rng.random(n) < expit(-1.5 + 2.0 * (stage == "b") + effect * unhappy)
    spent = 100 - 40 * (stage == "b") - 10 * effect * unhappy + rng.normal(0, 15, n)
    return pd.DataFrame({"mood": mood, "stage": stage, "gone": gone.astype(float), "spent": spent})


def cells_of(rows: pd.DataFrame) -> pd.DataFrame:
    return outcome_cells(lazy(rows), by=("mood", "stage"), outcomes=("gone", "spent"))


def test_the_adjustment_takes_away_what_the_stage_did():
    """No effect at all: the raw gap is large, the adjusted one is 0 within four standard errors."""
    rows = confounded(np.random.default_rng(5), 6_000, 0.0)
    cells = cells_of(rows)
    common = {"group": "mood", "levels": LEVELS, "within": ["stage"], "seed": 1}
    by = rows.groupby("mood")[["gone", "spent"]].mean()
    for outcome, adjust in (("gone", adjusted_shares), ("spent", adjusted_means)):
        draws = adjust(cells, outcome=outcome, **common)
        gap = draws[:, 2] - draws[:, 0]
        assert abs(by[outcome]["unhappy"] - by[outcome]["happy"]) > 8 * gap.std()
        assert abs(gap.mean()) < 4 * gap.std()


def test_the_adjustment_finds_the_effect_that_is_there():
    rows = confounded(np.random.default_rng(6), 6_000, 0.8)
    common = {"group": "mood", "levels": LEVELS, "within": ["stage"], "seed": 1}
    part = (rows["stage"] == "b").mean()
    truth = (1 - part) * (expit(-0.7) - expit(-1.5)) + part * (expit(1.3) - expit(0.5))
    shares = adjusted_shares(cells_of(rows), outcome="gone", **common)
    means = adjusted_means(cells_of(rows), outcome="spent", **common)
    for draws, exact in ((shares, truth), (means, -8.0)):
        gap = draws[:, 2] - draws[:, 0]
        assert abs(gap.mean() - exact) < 4 * gap.std()
        assert gap.std() < 0.3 * abs(exact), "and the test could have failed"


def compared(engine, **shape):
    tables = shop(customers=500, **shape)
    stretches = stretches_of(tables["transactions"])
    stretches["until"] = stretches["until"].astype("Int64")
    return unhappiness(
        answers(engine.lend(tables["feedback"]), end=END),
        engine.lend(stretches),
        people=engine.lend(tables["customers"].assign(residual_clv=50.0)),
        horizon=HORIZON,
        last_day=END.toordinal(),
        days=365,
        seed=1,
        purchase_days=purchase_days(engine.lend(tables["transactions"])),
    )


def test_a_shop_whose_unhappy_leave_shows_it(engine):
    """Half of the unhappy leave at once."""
    found = compared(engine, seed=7, leaves=0.5)
    gap = found.gone.difference
    assert gap.low > 0.2
    assert found.spent.difference.high < 0
    assert found.value.difference.mean == pytest.approx(0.0, abs=1e-6), "all are worth the same"
    hanging = stake(found, unhappy=40, answered=100, customers=1_000, seed=3)
    # a product of independent draws: mean gap times mean share (41 of 102) times customers
    assert hanging.leavers.mean == pytest.approx(gap.mean * 41 / 102 * 1_000, rel=0.02)
    assert hanging.value.mean == pytest.approx(hanging.leavers.mean * 50.0, rel=1e-6)


def test_shops_whose_unhappy_stay_show_nothing(engine):
    """Three shops together: no gap beyond four standard errors of their mean."""
    gaps = [compared(engine, seed=seed, leaves=0.0).gone.draws for seed in (10, 11, 12)]
    apart = [draws[:, 2] - draws[:, 0] for draws in gaps]
    error = np.sqrt(sum(each.var() for each in apart)) / len(apart)
    assert abs(np.mean([each.mean() for each in apart])) < 4 * error
    assert error < 0.02, "and a gap of a tenth would have been seen"


def test_too_few_answers_are_said():
    tables = shop(customers=20)
    with pytest.raises(CannotEstimateError, match="at least 60 customers"):
        unhappiness(
            answers(lazy(tables["feedback"]), end=END),
            lazy(stretches_of(tables["transactions"])),
            people=lazy(tables["customers"]),
            horizon=HORIZON,
            last_day=END.toordinal(),
            days=365,
            seed=1,
            purchase_days=purchase_days(lazy(tables["transactions"])),
        )
    assert MOODS == LEVELS


@pytest.mark.spark
def test_spark_finds_the_same(tables, engine):
    require("pyspark", "java")
    small = {name: table[table["customer_id"] < "c060"] for name, table in tables.items()}
    with open_engine(EngineSection(kind="spark")) as other:
        found = watched(small, other.lend)
    pd.testing.assert_frame_equal(
        found.drop(columns=["theme", "comment"]),
        watched(small, engine.lend).drop(columns=["theme", "comment"]),
        check_dtype=False,
    )
