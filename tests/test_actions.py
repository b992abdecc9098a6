"""The action list: who is on it and who must not be, each rule counted again by hand."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clv_lib.analysis.action_people import reach
from clv_lib.analysis.actions import draw_up
from clv_lib.analysis.arms import arms, binomial_range, campaign_id, toss
from clv_lib.data.engines import DuckDBEngine
from tests.action_support import AS_OF, company, drawn, opened, plan_for, settings_of, some_plays

PLAYS = (
    "win_back",
    "birthday",
    "replenishment",
    "after_sales",
    "renewal",
    "seasonal",
    "vip_access",
    "service_recovery",
)
FIRST, LAST = AS_OF + timedelta(days=1), AS_OF + timedelta(days=28)


def test_the_coin_leaves_out_its_share_and_knows_nothing_but_customer_play_and_campaign():
    ids = [f"c{k}" for k in range(20_000)]
    campaigns = [campaign_id("win_back", date(2024, 1, 1) + timedelta(days=k)) for k in range(40)]
    outside = 0
    for campaign in campaigns:
        control = int((arms(ids, "win_back", campaign, control_share=0.2) == "control").sum())
        low, high = binomial_range(len(ids), 0.2, mass=0.99)
        outside += not low <= control <= high
    # of 40 fair coins more than 4 miss a 99 % range once in 50,000 times
    assert stats.binom.sf(4, 40, 0.01) < 1 / 20_000
    assert outside <= 4
    first, second = (arms(ids, "win_back", campaign, control_share=0.5) == "control" for campaign in campaigns[:2])
    both = (first & second).mean()
    assert both == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / len(ids))), "campaigns toss apart from each other"
    assert (arms(ids, "win_back", campaigns[0], control_share=0.0) == "treated").all()


def test_the_coin_can_be_tossed_again_by_anybody():
    """SHA-256 of the three texts with a byte 255 between them, first eight bytes, as `sha256sum` gives it."""
    assert toss("C00001", "win_back", "2024-12-31-win_back") == pytest.approx(_by_hand(), abs=1e-15)
    assert toss("a", "bc", "d") != toss("ab", "c", "d")


def _by_hand() -> float:
    import hashlib

    digest = hashlib.sha256(b"C00001\xffwin_back\xff2024-12-31-win_back").hexdigest()
    return int(digest[:16], 16) / 16**16


def in_trouble(tables: dict[str, pd.DataFrame]) -> set[str]:
    """Customers with an open complaint of the last year, or a refund or low score of the last 30 days."""
    end = pd.Timestamp(AS_OF)
    tickets = tables["interactions"]
    still = tickets["resolved_at"].isna() | (tickets["resolved_at"] > end)
    recent = tickets["happened_at"] > end - pd.Timedelta(days=365)
    found = set(tickets[(tickets["kind"].str.lower() == "ticket") & still & recent]["customer_id"])
    refunds = tables["refunds"]
    found |= set(refunds[refunds["ordered_at"] > end - pd.Timedelta(days=30)]["customer_id"])
    scores = tables["feedback"]
    middle = scores["instrument"].map({"nps": 5.0, "csat": 3.0, "ces": 4.0})
    low = (scores["score"] <= middle) & (scores["given_at"] > end - pd.Timedelta(days=30))
    return found | set(scores[low]["customer_id"])


def contacts_before(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every past treatment with its day."""
    sent = tables["campaign_members"].merge(tables["campaigns"], on="campaign_id")
    return sent[sent["arm"] == "treated"]


@pytest.mark.parametrize(
    ("seed", "strategy"),
    [
        (1, {}),
        (2, {"plays_per_customer": 2, "rest_days": 5}),
        (3, {"plays_per_customer": 3, "rest_days": 0, "most_contacts": 2}),
        (4, {"control_share": 0.0, "most_contacts": 1, "most_contacts_days": 30}),
        (5, {"plays_per_customer": 5, "rest_days": 10, "actions": 37}),
    ],
)
def test_nobody_is_on_the_list_who_must_not_be(seed, strategy):
    tables, plays = company(seed), some_plays(*PLAYS)
    settings = settings_of(strategy=strategy)
    limits = settings.strategy
    found = drawn(tables, plays, settings)
    rows = found.rows
    assert 0 < len(rows) <= limits.actions
    assert not rows.duplicated(["customer_id", "play"]).any()

    people = tables["customers"].set_index("customer_id")
    own = people.loc[rows["customer_id"]]
    assert own["email_consent"].fillna(value=False).all(), "nobody without consent"
    assert (own["do_not_contact"] != "yes").all()

    troubled = in_trouble(tables)
    calm = rows[rows["play"] != "service_recovery"]
    assert not set(calm["customer_id"]) & troubled
    assert set(rows[rows["play"] == "service_recovery"]["customer_id"]) <= troubled

    stage = tables["segments"].set_index("customer_id")["lifecycle_stage"]
    for name, customers in rows.groupby("play")["customer_id"]:
        assert not plays[name].stages or set(stage[customers]) <= set(plays[name].stages)

    running = tables["campaign_members"].merge(tables["campaigns"], on="campaign_id")
    running = Counter(running[running["ends_at"] > pd.Timestamp(AS_OF)]["customer_id"])
    past = contacts_before(tables)
    window = pd.Timestamp(AS_OF) - pd.Timedelta(days=limits.most_contacts_days)
    many = Counter(past[past["starts_at"] > window]["customer_id"])
    last = past.groupby("customer_id")["starts_at"].max()
    for customer, days in rows.groupby("customer_id")["send_on"]:
        assert len(days) + running[customer] <= limits.plays_per_customer, "in no more plays at a time, in either arm"
        assert len(days) + many[customer] <= limits.most_contacts
        before = [last[customer].date()] if customer in last.index else []
        ordered = sorted([*before, *days])
        assert all((b - a).days > limits.rest_days for a, b in pairwise(ordered))


def test_every_customer_of_the_planned_groups_is_accounted_for():
    tables, plays = company(9), some_plays(*PLAYS)
    planned = plan_for(plays, customers=5)
    found = drawn(tables, plays, settings_of(), planned)
    assert (found.planned["treated"] <= found.planned["customers"]).all(), "no more are contacted than planned"
    groups = tables["segments"].groupby(["segment", "band"]).size()
    everybody = sum(groups[row.segment, row.band] for row in planned.itertuples())
    assert found.left_out["customers"].sum() + len(found.rows) == everybody
    assert (found.left_out["customers"] > 0).all()


def test_the_best_of_a_group_are_taken_and_gains_add_up_to_what_the_plan_expects():
    """A group in which nothing stands in the way: the gain of all is the mean profit times their number."""
    tables = company(7)
    tables = {name: tables[name] for name in ("segments", "summary")}
    plays = some_plays("vip_access")
    plays = {"vip_access": plays["vip_access"].model_copy(update={"stages": ()})}
    groups = tables["segments"].groupby(["segment", "band"]).size()
    size = int(groups["loyal_core", 1])
    plan = pd.DataFrame([("loyal_core", 1, "vip_access", size, 500.0, 0.0, False)], columns=plan_for({}).columns)
    everybody = drawn(tables, plays, settings_of(strategy={"control_share": 0.0}), plan).rows
    assert len(everybody) == size
    assert everybody["expected_gain"].sum() == pytest.approx(500.0 * size, rel=1e-9)
    own = tables["segments"].set_index("customer_id").loc[everybody["customer_id"]]
    at_risk = (own["residual_clv"] * own["churn_risk"]).to_numpy()
    assert everybody["expected_gain"].to_numpy() == pytest.approx(at_risk * 500.0 / at_risk.mean(), rel=1e-9)
    few = drawn(tables, plays, settings_of(strategy={"control_share": 0.0}), plan.assign(customers=4)).rows
    assert list(few["customer_id"]) == list(everybody["customer_id"][:4])


def test_days_are_those_that_the_plays_ask_for():
    tables, plays = company(11, customers=900), some_plays(*PLAYS)
    free = settings_of(strategy={"plays_per_customer": 5, "rest_days": 0, "most_contacts": 100})
    rows = drawn(tables, plays, free, plan_for(plays, customers=60)).rows
    assert rows["send_on"].min() >= FIRST
    assert rows["send_on"].max() <= LAST
    summary = tables["summary"].set_index("customer_id")
    people = tables["customers"].set_index("customer_id")
    everybody = summary["last_purchase_day"] - summary["first_purchase_day"]
    rhythm = everybody.sum() / summary["frequency"].sum()
    seen = set()
    for row in rows.itertuples():
        own, play = summary.loc[row.customer_id], plays[row.play]
        bought = date.fromordinal(int(own["last_purchase_day"]))
        if play.anchor == "birthday":
            born = people.at[row.customer_id, "birth_date"]
            day = (2, 28) if (born.month, born.day) == (2, 29) and row.send_on.year % 4 else (born.month, born.day)
            birthday = next(FIRST + timedelta(days=k) for k in range(40) if is_day(FIRST + timedelta(days=k), day))
            assert row.send_on == max(birthday + timedelta(days=play.days), FIRST)
        elif play.anchor == "purchase":
            asked = bought + timedelta(days=play.days)
            assert row.send_on == max(asked, FIRST)
            assert (row.send_on - asked).days <= 7
        elif play.anchor == "expected_purchase":
            gap = (own["last_purchase_day"] - own["first_purchase_day"] + rhythm) / (own["frequency"] + 1)
            asked = bought + timedelta(days=int(np.rint(gap)) + play.days)
            assert abs((row.send_on - max(asked, FIRST)).days) <= int(abs(gap % 1 - 0.5) < 1e-9), (
                "halves may go either way"
            )
        elif play.anchor == "today":
            assert row.send_on == FIRST
        seen.add(play.anchor)
    assert seen >= {"birthday", "purchase", "expected_purchase", "today", "renewal"}


def is_day(day: date, own: tuple[int, int]) -> bool:
    return (day.month, day.day) == own


@pytest.mark.parametrize(
    ("as_of", "born", "days", "wanted"),
    [
        (date(2024, 2, 20), date(1996, 2, 29), -3, date(2024, 2, 26)),  # a leap year has the day itself
        (date(2025, 2, 20), date(1996, 2, 29), -3, date(2025, 2, 25)),  # three days before 28 February
        (date(2025, 2, 27), date(1996, 2, 29), -3, date(2025, 2, 28)),  # late, but not after the day
        (date(2100, 2, 20), date(2096, 2, 29), 0, date(2100, 2, 28)),  # no leap year, though divisible by four
        (date(2024, 12, 30), date(1990, 1, 1), -3, date(2024, 12, 31)),  # over the end of the year
        (date(2024, 2, 28), date(1990, 2, 28), 2, date(2024, 3, 1)),  # two days after it, over 29 February
    ],
)
def test_birthdays_over_leap_days_and_years(as_of, born, days, wanted):
    tables = {
        "segments": company(1)["segments"].head(1).assign(customer_id="a", segment="champions", band=1),
        "summary": company(1)["summary"].head(1).assign(customer_id="a"),
        "customers": pd.DataFrame({"customer_id": ["a"], "birth_date": [pd.Timestamp(born)]}),
    }
    plays = {"birthday": some_plays("birthday")["birthday"].model_copy(update={"days": days, "stages": ()})}
    plan = pd.DataFrame([("champions", 1, "birthday", 1, 500.0, 0.0, False)], columns=plan_for({}).columns)
    with DuckDBEngine() as engine:
        settings = settings_of(strategy={"control_share": 0.0})
        found = draw_up(opened(tables, engine), plan, plays, settings=settings, as_of=as_of)
    assert list(found.rows["send_on"]) == [wanted]


def test_the_list_is_the_same_whatever_the_order_of_the_rows():
    tables, plays = company(5), some_plays(*PLAYS)
    shuffled = {name: table.sample(frac=1, random_state=3) for name, table in tables.items()}
    first, second = drawn(tables, plays, settings_of()), drawn(shuffled, plays, settings_of())
    pd.testing.assert_frame_equal(first.rows, second.rows)
    pd.testing.assert_frame_equal(first.left_out, second.left_out)


@pytest.mark.parametrize(("stated", "listed"), [(None, True), (True, True), (False, False)])
def test_without_a_table_of_consent_the_settings_decide(stated, listed):
    tables = {name: company(3)[name] for name in ("segments", "summary")}
    found = drawn(tables, some_plays("seasonal"), settings_of(actions={"unknown_consent": stated}))
    assert not found.consent_known
    assert bool(len(found.rows)) is listed
    assert set(found.rows["consent"]) <= {"unknown"}
    if not listed:
        assert set(found.left_out["reason"]) <= {"unknown_consent", "stage"}


def test_who_was_not_asked_is_left_out_where_others_were():
    tables = company(3)
    unknown = set(tables["customers"].loc[tables["customers"]["email_consent"].isna(), "customer_id"])
    plays = some_plays("seasonal")
    assert not unknown & set(drawn(tables, plays, settings_of(), plan_for(plays, customers=90)).rows["customer_id"])
    stated = settings_of(actions={"unknown_consent": True})
    assert unknown & set(drawn(tables, plays, stated, plan_for(plays, customers=90)).rows["customer_id"])


def test_a_plan_that_treats_nobody_is_an_empty_list():
    plays = some_plays("seasonal")
    found = drawn(company(3), plays, settings_of(), plan_for(plays).head(0))
    assert found.rows.empty
    assert found.left_out.empty
    assert "send_on" in found.rows


def test_a_play_that_nobody_has_measured_is_tried_on_those_who_promise_little_too():
    tables = {name: company(7)[name] for name in ("segments", "summary")}
    plays = {"vip_access": some_plays("vip_access")["vip_access"].model_copy(update={"stages": ()})}
    size = int(tables["segments"].groupby(["segment", "band"]).size()["champions", 2])
    row = ("champions", 2, "vip_access", size, 1.0, 100.0)
    free = settings_of(strategy={"control_share": 0.0})
    known, tried = (
        drawn(tables, plays, free, pd.DataFrame([(*row, trial)], columns=plan_for({}).columns)).rows
        for trial in (False, True)
    )
    assert (known["expected_gain"] > 0).all()
    assert len(known) < len(tried) == size
    assert (tried["expected_gain"].iloc[len(known) :] <= 0).all(), "the best come first all the same"


@pytest.mark.parametrize("name", ["win_back", "birthday", "service_recovery"])
def test_a_play_reaches_as_many_as_its_list_would_hold_without_an_end(name):
    """The plan counts on those whom the list can give a day: a list of one play for everybody holds them all."""
    tables, plays = company(7), some_plays(name)
    settings = settings_of(strategy={"control_share": 0.0, "plays_per_customer": 1, "actions": 100_000})
    everybody = plan_for(plays).assign(customers=100_000, trial=True)
    with DuckDBEngine() as engine:
        frames = opened(tables, engine)
        able = reach(frames, plays, settings=settings, as_of=AS_OF)
        listed = draw_up(frames, everybody, plays, settings=settings, as_of=AS_OF).rows
    assert able["n"].sum() > 0
    told = able.set_index(["segment", "band", "lifecycle_stage"])["n"].sort_index()
    counted = listed.groupby(["segment", "band", "lifecycle_stage"]).size()
    assert told.to_dict() == counted.to_dict()
