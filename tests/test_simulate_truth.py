"""What truth.json claims is in the tables, and a careful analysis of them finds it again."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.data.simulate import Crm, simulate_crm
from tests.simulated import account_in_use, booked, contacts, kept_orders, months, unit_costs

ERRORS = 4  # standard errors within which an estimate must lie: one false alarm in 16,000


@pytest.fixture(scope="module")
def demo() -> Crm:
    return simulate_crm(3_000, seed=2024)


@pytest.fixture(scope="module")
def large() -> Crm:
    return simulate_crm(12_000, seed=11)


def by_month(crm: Crm, name: str) -> np.ndarray:
    return np.array(crm.truth["cost_drivers"]["drivers"][name])


def test_the_drivers_of_truth_are_those_of_the_tables(demo):
    """Orders and revenue lack the gap and nothing else; contacts and minutes are complete."""
    orders, span = kept_orders(demo), months(demo)
    lost = demo.truth["incident"]["lost"]
    count = orders.groupby("month").size().reindex(span, fill_value=0).to_numpy()
    missing = by_month(demo, "orders") - count
    assert missing.sum() == lost["orders_of_known_customers"] - lost["cancellations"]
    assert (missing[span != "2023-08"] == 0).all()
    talks = contacts(demo)
    assert (talks.groupby("month").size().reindex(span, fill_value=0).to_numpy() == by_month(demo, "contacts")).all()
    minutes = talks.groupby("month")["handling_minutes"].sum().reindex(span, fill_value=0)
    np.testing.assert_allclose(minutes, by_month(demo, "handling_minutes"), rtol=1e-5)  # truth has six digits


def test_the_ledger_is_what_the_drivers_cost_within_its_noise(demo):
    """Each month within five standard deviations of 2 %, and rounding to whole Rp."""
    truth = demo.truth["cost_drivers"]["expected"]
    for kind in ("service", "fulfilment", "payment", "retention"):
        amounts = booked(demo, kind=kind)
        expected = np.array(truth[kind])
        assert (np.abs(amounts - expected) <= 5 * 0.02 * expected + 1).all(), kind
    np.testing.assert_allclose(booked(demo, pool="onboarding"), np.array(truth["onboarding"]), rtol=5 * 0.02, atol=1)


def test_goods_in_the_ledger_are_units_times_unit_cost_except_in_the_gap(demo):
    log = demo.tables["transactions"]
    sold = log[(log["amount"] != 0) & log["product_id"].notna()]
    cancelled = set(sold.loc[sold["amount"] < 0, "refund_of"])
    kept = sold[(sold["amount"] > 0) & ~sold["order_id"].isin(cancelled)]
    goods = (kept["quantity"] * kept["unit_cost"]).groupby(kept["ordered_at"].dt.to_period("M")).sum()
    missing = booked(demo, kind="goods") - goods.reindex(months(demo), fill_value=0).to_numpy(float)
    gap = months(demo) == "2023-08"
    assert (missing[~gap] == 0).all()
    lost = demo.truth["incident"]["lost"]
    assert missing[gap] == lost["goods"] - lost["cancelled_goods"] > 0


def test_a_regression_of_the_ledger_on_its_drivers_finds_the_unit_costs(demo):
    truth = demo.truth["process"]
    orders, span, talks = kept_orders(demo), months(demo), contacts(demo)
    count = orders.groupby("month").size().reindex(span).to_numpy(float)
    revenue = orders.groupby("month")["value"].sum().reindex(span).to_numpy(float)
    active = {
        (who, month + step)
        for who, month in zip(orders["customer_id"], orders["month"], strict=True)
        for step in range(7)
    }
    months_active = pd.Series([month for _, month in active]).value_counts().reindex(span).to_numpy(float)
    minutes = talks.groupby("month")["handling_minutes"].sum().reindex(span).to_numpy(float)
    served = talks.groupby("month").size().reindex(span).to_numpy(float)
    for kind, drivers, rates in (
        ("service", (minutes, served), ("service_per_minute", "service_per_contact")),
        ("fulfilment", (count,), ("fulfilment_per_order",)),
        ("payment", (revenue,), ("payment_share",)),
        ("retention", (months_active,), ("retention_per_active_month",)),
    ):
        found, error = unit_costs(booked(demo, kind=kind), *drivers)
        true = np.array([truth[name] for name in rates])
        assert (np.abs(found - true) < 2 * error).all(), (kind, found, error)


def test_spend_at_work_over_customers_won_finds_the_true_cac(demo):
    """Customers are Poisson draws around spend / CAC: within three standard errors for each of six channels."""
    form = demo.tables["customers"]
    form = form[~form["customer_id"].isin(demo.tables["merges"]["old_id"])]
    known = form["acquisition_channel"].notna().mean()
    quiet = {}
    for channel in demo.truth["channels"]:
        if not channel["cac"]:
            continue
        spend = booked(demo, channel=channel["name"], kind=channel["kind"]) * channel["acquisition_share"]
        spread = np.full(channel["spread_months"], 1 / channel["spread_months"])
        at_work = np.convolve(spend, spread)[: len(spend)].sum()
        won = (form["acquisition_channel"] == channel["name"]).sum() / known  # forms without a channel shared out
        assert abs(at_work / channel["cac"] - won) < 3 * np.sqrt(won), channel["name"]
        arrived = form.loc[form["acquisition_channel"] == channel["name"], "acquired_at"].dt.to_period("M")
        quiet[channel["name"]] = arrived.isin(months(demo)[spend == 0]).mean()
        assert channel["customers"] == (demo.truth_customers["channel"] == channel["name"]).sum()
    assert quiet["tv"] > 0.2, (
        "many come in months without a broadcast, so spend over customers of a month means nothing"
    )
    assert quiet["social_ads"] == 0


def test_arms_are_drawn_by_a_coin(large):
    """Four standard errors of a binomial share, and nobody differs before the start."""
    joined = large.tables["campaign_members"].merge(
        large.tables["customers"][["customer_id", "acquired_at"]], on="customer_id"
    )
    for campaign in large.truth["campaigns"]:
        own = joined[joined["campaign_id"] == campaign["campaign_id"]]
        treated, share = own["arm"] == "treated", campaign["treated_share"]
        assert abs(treated.mean() - share) <= ERRORS * np.sqrt(share * (1 - share) / len(own))
        if share == 1:
            continue
        age = own["acquired_at"].astype("int64")
        error = np.sqrt(age[treated].var() / treated.sum() + age[~treated].var() / (~treated).sum())
        assert abs(age[treated].mean() - age[~treated].mean()) < ERRORS * error
    assert [campaign["treated_share"] == 1 for campaign in large.truth["campaigns"]].index(True) == 0


def test_the_difference_between_arms_is_the_true_uplift(large):
    orders, members = kept_orders(large), large.tables["campaign_members"]
    seen = {}
    for campaign in large.truth["campaigns"]:
        own = members[members["campaign_id"] == campaign["campaign_id"]]
        if (own["arm"] == "treated").all():
            continue
        inside = orders[orders["ordered_at"].between(campaign["starts_at"], campaign["ends_at"])]
        bought = own["customer_id"].map(inside.groupby("customer_id").size()).fillna(0)
        treated = own["arm"] == "treated"
        error = np.sqrt(bought[treated].var() / treated.sum() + bought[~treated].var() / (~treated).sum())
        gain = bought[treated].mean() - bought[~treated].mean()
        assert abs(gain - campaign["extra_orders_per_treated"]) < ERRORS * error, campaign["campaign_id"]
        seen.setdefault(campaign["play"], []).append(gain / error)
    assert sum(seen["seasonal"]) / np.sqrt(len(seen["seasonal"])) > ERRORS, "seen without knowing the truth"
    assert {campaign["uplift"] for campaign in large.truth["campaigns"] if campaign["play"] == "loyalty"} == {0}


def test_the_incident_stands_out_and_the_ledger_shows_that_it_is_one_of_the_export(demo):
    """The only days without an order once the brand is established; Poisson days of 15 and more are never empty."""
    incident = demo.truth["incident"]
    log = demo.tables["transactions"]
    daily = log.groupby("ordered_at").size().reindex(pd.date_range("2022-07-01", "2024-12-31"), fill_value=0)
    empty = daily.index[daily == 0]
    assert list(empty) == list(pd.date_range(incident["first_day"], incident["last_day"]))
    assert len(empty) == 4
    talks = demo.tables["interactions"]["happened_at"].dt.normalize()
    assert talks.isin(empty).any(), "the business was open"


def test_people_buy_more_before_the_feast_and_less_after_it(large):
    orders = kept_orders(large)
    daily = orders.groupby("ordered_at").size().reindex(pd.date_range("2022-01-01", "2024-12-31"), fill_value=0)
    for day in large.truth["seasonality"]["feasts"][1:]:
        near = pd.Timestamp(day)
        before = daily[near - pd.Timedelta(days=28) : near - pd.Timedelta(days=1)].mean()
        after = daily[near : near + pd.Timedelta(days=6)].mean()
        usual = daily[near + pd.Timedelta(days=14) : near + pd.Timedelta(days=42)].mean()
        assert before > 1.2 * usual
        assert after < 0.7 * usual


def test_the_unhappy_month_shows_in_tickets_scores_and_early_leavers(large):
    month = pd.Period(large.truth["unhappy_month"], freq="M")
    orders, talks = kept_orders(large), contacts(large)
    tickets = talks[talks["kind"] == "ticket"].groupby("month").size() / orders.groupby("month").size()
    assert tickets.idxmax() == month
    assert tickets[month] > 1.8 * tickets.median()
    people = large.truth_customers.merge(large.tables["customers"][["customer_id", "acquired_at"]], on="customer_id")
    cohort = people["acquired_at"].dt.to_period("M")
    assert people.groupby(cohort)["perceived_value"].mean().idxmin() == month
    nps = large.tables["feedback"].query("instrument == 'nps'")
    won = account_in_use(large, nps["customer_id"]).map(dict(zip(people["customer_id"], cohort, strict=True)))
    assert nps["score"][won == month].mean() < nps["score"][won != month].mean() - 0.5
    stays = people.groupby(cohort)["lifetime_weeks"].median()
    assert stays[month] < 0.75 * stays.median()


def test_what_drives_what_can_be_seen(large):
    """Perceived value lengthens lives; unhappy tickets end some; trouble does not follow the channel."""
    people = large.truth_customers
    top = people["perceived_value"] > people["perceived_value"].median()
    lifetime = people["lifetime_weeks"]
    assert lifetime[top].median() > 1.4 * lifetime[~top].median()
    gone = people[people["left_at"].notna()]
    assert 0.05 < (gone["cause"] == "unhappy ticket").mean() < 0.35
    assert people["left_at"].isna().sum() == people["cause"].isna().sum()
    assert (people.loc[people["left_at"].notna(), "expected_orders_12m"] == 0).all()


def test_nobody_orders_after_leaving(demo):
    left = demo.truth_customers.set_index("customer_id")["left_at"].dropna()
    orders = kept_orders(demo)
    ends = orders["customer_id"].map(left)
    assert (orders["ordered_at"] <= ends)[ends.notna()].all()


def test_rates_and_lifetimes_have_the_moments_of_the_process(large):
    """Over all channels the shifts are known, so scaled rates have the mean of a Gamma: four standard errors."""
    people = large.truth_customers
    channel = {each["name"]: each["rate"] for each in large.truth["channels"]}
    persona = {each["name"]: each["rate"] for each in large.truth["personas"]}
    scaled = people["rate"] / people["channel"].map(channel) / people["persona"].map(persona)
    process = large.truth["process"]
    mean, shape = process["r"] / process["alpha"], process["r"]
    assert abs(scaled.mean() - mean) < ERRORS * mean / np.sqrt(shape * len(people))


def test_the_value_survey_says_on_average_what_the_truth_says(large):
    survey = large.tables["value_survey"]
    persona = survey["customer_id"].map(large.truth_customers.set_index("customer_id")["persona"])
    checked = 0
    for row in large.truth["value_survey"]:
        own = survey[(persona == row["persona"]) & (survey["item"] == row["item"])]
        for column in ("score", "importance"):
            error = own[column].std() / np.sqrt(len(own))
            assert abs(own[column].mean() - row[column]) < ERRORS * error + 5e-6 * row[column], row
            checked += 1
    assert checked == 90
    assert survey["score"].between(1, 10).all()
    assert survey["importance"].between(1, 5).all()


def test_answers_stay_on_their_scale(demo):
    answers = demo.tables["feedback"]
    for instrument, low, high in (("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7)):
        score = answers.loc[answers["instrument"] == instrument, "score"]
        assert score.between(low, high).all()
        assert len(score) > 200
    comments = answers["comment"].dropna()
    assert 0.3 < len(comments) / len(answers) < 0.45


def test_an_estimated_cost_lies_in_its_range_and_the_range_holds_the_truth_about_as_often_as_it_says(large):
    costs = large.tables["costs"]
    guesses = costs[costs["kind"] == "intangible"]
    assert guesses[["amount_low", "amount_high"]].notna().all(axis=None)
    assert ((guesses["amount_low"] <= guesses["amount"]) & (guesses["amount"] <= guesses["amount_high"])).all()
    assert costs.loc[costs["kind"] != "intangible", "amount_low"].isna().all()
    reputation = guesses[guesses["pool"] == "reputation"]
    true = large.truth["process"]["reputation_per_unhappy_ticket"] * by_month(large, "unhappy_tickets")
    held = (reputation["amount_low"].to_numpy() <= true) & (true <= reputation["amount_high"].to_numpy())
    assert held.mean() > 0.9 - 3 * np.sqrt(0.09 / len(held))
