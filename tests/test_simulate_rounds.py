"""The company that plays rounds: what its truth says is what happens to it, on average."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.data.simulate.rounds import Company, world
from clv_lib.data.simulate.treatment import expected, tiredness, treat
from clv_lib.data.simulate.true_plays import GROUPS, TruePlay, true_plays
from clv_lib.settings import Play

PLAYS = {
    "discounted": Play(title="discounted", moves="rate", effect=0.6, discount=0.1, cost_per_contact=1_000),
    "annoying": Play(title="annoying", moves="rate", effect=-0.3, cost_per_contact=1_000),
    "larger": Play(title="larger", moves="basket", effect=0.3, discount=0.05, cost_per_contact=1_000),
    "keeping": Play(title="keeping", moves="stay", effect=0.5, cost_per_contact=1_000, effect_days=56),
    "idle": Play(title="idle", moves="rate", effect=0.0, cost_per_contact=1_000),
}
TRUE = {name: TruePlay(play, dict.fromkeys(GROUPS, play.effect)) for name, play in PLAYS.items()}
SEEDS = range(12)


@pytest.fixture(scope="module")
def worlds():
    return [world(2_000, seed=seed) for seed in SEEDS]


def everyone(company: Company, name: str, number: int = 0) -> pd.DataFrame:
    chosen = company.reachable(company.world.calendar.begins(number))
    return pd.DataFrame({"person": chosen, "play": name, "treated": True})


@pytest.mark.parametrize("name", list(PLAYS))
def test_what_is_expected_of_a_round_is_what_it_brings_on_average(worlds, name):
    """The profit of the world with a round less that of the same world without, against the formulas.

    Twelve worlds give the spread of the difference, so the mean must be within four standard errors of nothing: with
    eleven degrees of freedom a right formula misses that in one of five hundred tries. The seeds are fixed.
    """
    off, told = [], []
    for origin in worlds:
        company = Company(origin)
        before = company.profit()
        found = treat(company, 0, everyone(company, name), TRUE).iloc[0]
        off.append(company.profit() - before - found["cost"] - found["profit"])
        told.append(abs(found["gain"]) + found["kept"] + found["given_away"])
    error = np.std(off, ddof=1) / np.sqrt(len(off))
    assert abs(np.mean(off)) < 4 * error
    if name != "idle":
        assert error < 0.2 * np.mean(told), "or the test would let anything pass"


def test_who_is_left_alone_lives_as_in_the_world_without_plays(worlds):
    company = Company(worlds[0])
    members = everyone(company, "discounted").assign(treated=lambda table: np.arange(len(table)) % 2 == 0)
    treat(company, 0, members, TRUE)
    control = members.loc[~members["treated"], "person"]
    ours, theirs = (
        orders[orders["person"].isin(control)].sort_values(["at", "person"], ignore_index=True)
        for orders in (company.orders, worlds[0].orders.assign(discount=0.0))
    )
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_contact_tires_more_the_more_there_were_lately(worlds):
    company = Company(worlds[0])
    first = tiredness(company, 0)
    members = everyone(company, "idle")
    treat(company, 0, members, TRUE)
    again = tiredness(company, 1)
    assert np.allclose(again[members["person"]], 2 * first[members["person"]])
    left = np.setdiff1d(np.arange(len(first)), members["person"])
    assert np.allclose(again[left], first[left])
    assert (expected(company, 1, TRUE["idle"])["profit"].iloc[members["person"]] <= -1_000).all()


def test_a_discount_is_paid_on_what_would_have_come_anyway(worlds):
    """By hand from the orders: those of the days while it works, times what is taken off."""
    company = Company(worlds[0])
    starts = company.world.calendar.begins(0)
    free = {
        "free": TruePlay(
            PLAYS["idle"].model_copy(update={"discount": 0.2, "title": "free"}), dict.fromkeys(GROUPS, 0.0)
        )
    }
    before = company.orders
    treat(company, 0, everyone(company, "idle").assign(play="free"), free)
    after = company.orders
    taken = (after["value"] * after["discount"]).sum()
    inside = before[(before["at"] >= starts) & (before["at"] < starts + 28) & (before["source"] != 1)]
    kept = inside[inside["person"].isin(everyone(company, "idle")["person"])]
    assert taken == pytest.approx(0.2 * kept["value"].sum(), rel=0.05), "but for the few who were driven away"
    assert set(after["discount"].unique()) == {0.0, 0.2}


def test_the_truth_of_a_play_does_not_depend_on_the_others_and_a_third_do_nothing():
    drawn = [true_plays(PLAYS, seed=seed) for seed in range(300)]
    alone = [true_plays({"larger": PLAYS["larger"]}, seed=seed) for seed in range(300)]
    assert all(one["larger"].effect == all_["larger"].effect for one, all_ in zip(alone, drawn, strict=True))
    idle = np.mean([not any(each["annoying"].effect.values()) for each in drawn])
    assert abs(idle - 1 / 3) < 3.5 * np.sqrt(2 / 9 / 300)
    works = [np.log1p(each["annoying"].effect["new"]) for each in drawn if any(each["annoying"].effect.values())]
    spread = np.hypot(PLAYS["annoying"].effect_sd, 0.1)
    assert abs(np.mean(works) - np.log(0.7)) < 3.5 * spread / np.sqrt(len(works))


def test_the_log_shows_what_was_paid_and_nothing_of_the_future(worlds):
    company = Company(worlds[0])
    treat(company, 0, everyone(company, "discounted"), TRUE)
    moment = company.world.calendar.begins(1)
    log = company.transactions(moment)
    assert log["ordered_at"].max().date() < company.world.calendar.day(moment)
    seen = company.seen(moment)
    assert log["amount"].sum() == pytest.approx((seen["value"] * (1 - seen["discount"])).sum(), rel=1e-5)
