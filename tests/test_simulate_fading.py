"""Before they leave, customers fade: the signs are in the tables, and the truth stays right about everything else."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.data.simulate import Crm, simulate_crm
from clv_lib.data.simulate.fading import kept_of_rate, own_moments, own_weeks, with_fading
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.season import Season
from clv_lib.data.simulate.window import Window
from tests.simulated import account_in_use, kept_orders

ERRORS = 4  # standard errors: one false alarm in 16,000


@pytest.fixture(scope="module")
def large() -> Crm:
    return simulate_crm(12_000, seed=11)


@pytest.fixture(scope="module")
def drifted(large) -> pd.DataFrame:
    """Customers who faded a full eight weeks inside the window before they left."""
    people = large.truth_customers[large.truth_customers["cause"] == "drifted away"].set_index("customer_id")
    return people[(people["left_at"] - people["fading_from"]).dt.days >= 56]


def phases(rows: pd.DataFrame, day: str, drifted: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What these customers did in the eight weeks from fading on, and in the eight weeks before."""
    own = rows[rows["customer_id"].isin(drifted.index)]
    since = (own[day].dt.normalize() - own["customer_id"].map(drifted["fading_from"])).dt.days
    return own[since.between(1, 56)], own[since.between(-56, -1)]


def test_fading_begins_before_the_end_and_after_the_first_order(large):
    people = large.truth_customers
    faded = people[people["fading_from"].notna()]
    ends = faded["left_at"].dropna()
    assert (faded.loc[ends.index, "fading_from"] <= ends).all()
    form = large.tables["customers"].set_index("customer_id")["acquired_at"]
    assert (faded["fading_from"].to_numpy() >= form.loc[faded["customer_id"]].to_numpy()).all()


def test_as_many_fade_as_the_process_says(large):
    people = large.truth_customers[large.truth_customers["cause"] == "drifted away"]
    share = PROCESS.fades
    error = np.sqrt(share * (1 - share) / len(people))
    # an unhappy ticket takes some of the faders away first, so that slightly fewer of the drifted have faded
    assert share - 0.05 < people["fading_from"].notna().mean() < share + ERRORS * error


def test_the_signs_are_in_the_tables(large, drifted):
    """Orders, baskets, tickets and scores of the same customers, eight weeks of fading against the eight before."""
    long_before = drifted[drifted["lifetime_weeks"] > 40]
    orders = kept_orders(large)
    shop = orders[~orders["customer_id"].isin(set(large.tables["subscriptions"]["customer_id"]))]
    after, before = phases(shop, "ordered_at", long_before)
    assert len(before) > 300
    error = np.sqrt(1 / len(after) + 1 / len(before))
    assert abs(np.log(len(after) / len(before)) - np.log(PROCESS.fading_rate)) < ERRORS * error
    values = [np.log(part["value"]) for part in (after, before)]
    spread = np.sqrt(sum(part.var() / len(part) for part in values))
    assert values[0].mean() < values[1].mean() - ERRORS * spread
    talks = large.tables["interactions"].query("kind == 'ticket'")
    talks = talks.assign(customer_id=account_in_use(large, talks["customer_id"]))
    late, early = phases(talks, "happened_at", drifted)
    all_after, all_before = phases(orders, "ordered_at", drifted)
    assert len(late) / len(all_after) > 1.4 * len(early) / len(all_before)
    assert late["resolved_at"].isna().mean() > 2 * early["resolved_at"].isna().mean()
    nps = large.tables["feedback"].query("instrument == 'nps'")
    nps = nps.assign(customer_id=account_in_use(large, nps["customer_id"]))
    low, high = phases(nps, "given_at", drifted)
    assert low["score"].mean() < high["score"].mean() - 0.5


def test_the_own_clock_runs_back_to_where_it_came_from():
    season = Season(Window(pd.Timestamp("2022-01-01").date(), pd.Timestamp("2022-12-31").date()))
    people = pd.DataFrame({"fades": [40.0, 200.0, np.inf, 1e6]})
    person, at = np.arange(4), np.array([100.0, 100.0, 100.0, 300.0])
    weeks = own_weeks(people, person, at, season=season)
    np.testing.assert_allclose(own_moments(people, person, weeks, season=season), at, rtol=1e-9)
    turn, now = season.weeks(40.0), season.weeks(100.0)
    assert weeks[0] == pytest.approx(turn + PROCESS.fading_rate * (now - turn), rel=1e-12)
    np.testing.assert_allclose(weeks[1:], season.weeks(at[1:]), rtol=1e-12)


@pytest.mark.parametrize("dropout", [0.003, 0.02, 0.2])
def test_the_orders_ahead_count_what_fading_takes_away(dropout):
    """Brute force: lives with fading, those still there after 30 weeks, their time in the next 52 at either pace."""
    rng = np.random.default_rng(5)
    n, now, ahead = 400_000, 30.0, 52.0
    people = pd.DataFrame({"first": 0.0, "ends": 7 * rng.exponential(1 / dropout, n)})
    people = with_fading(people, rng=rng)
    ends, fades = people["ends"].to_numpy() / 7, np.minimum(people["fades"], people["ends"]).to_numpy() / 7
    here = ends > now
    span = np.minimum(ends, now + ahead)[here] - now
    slow = np.clip(span - (np.maximum(fades[here], now) - now), 0, None)
    weeks = span - (1 - PROCESS.fading_rate) * slow
    expected = kept_of_rate(dropout) * -np.expm1(-dropout * ahead) / dropout
    assert abs(weeks.mean() - expected) < ERRORS * weeks.std() / np.sqrt(here.sum())
