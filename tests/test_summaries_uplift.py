"""What the page says of plays is what was counted, believed or set; changing a setting changes the page."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.plays import PlayCosts, plays_of
from clv_lib.analysis.uplift import believed, measured
from clv_lib.data.campaign_list import LIST_COLUMNS
from clv_lib.data.experiments import Experiments, no_experiments
from clv_lib.models.uplift import Uplift, prior_uplift
from clv_lib.reporting.plays_record import PlayBeliefs
from clv_lib.reporting.summaries import uplift as pages
from clv_lib.reporting.wording import plain
from clv_lib.settings import load_settings

DRAWS = 500


def settings(root, *overrides):
    return load_settings(root / "data" / "demo", overrides=overrides)


def shown(*elements, language="en") -> str:
    html = "".join(str(element.html(language)) for element in elements)
    return plain(re.sub(r"<svg.*?</svg>", "", html, flags=re.S).replace("<", " <"))


def campaign(**changes) -> dict:
    usual = {
        "campaign_id": "A", "name": "Spring", "of_play": "cross_sell", "play": "cross_sell",
        "starts_at": pd.Timestamp("2024-03-01"), "status": "used", "members_treated": 300.0, "members_control": 200.0,
        "buyers_treated": 100.0, "buyers_control": 60.0, "orders_treated": 150.0, "orders_control": 80.0,
        "revenue_treated": 3e6, "revenue_control": 1e6, "discount_treated": 0.0, "discount_control": 0.0,
        "left_out": 0.0, "z": 0.0,
    }  # fmt: skip
    return usual | changes


def found(known_settings, *campaigns: dict, known=frozenset({"products"}), costs=None) -> PlayBeliefs:
    """As the notebook has it, but the draws are made up: cross-sell adds a fifth, give or take a twentieth."""
    every = plays_of(known_settings)
    costs = costs or PlayCosts({"cross_sell": 800.0}, {"cross_sell": 800_000.0}, otherwise=1_450.0)
    plays = plays_of(known_settings, known=known, costs=costs)
    belief = prior_uplift(plays, size=DRAWS, seed=1)
    rows = [
        ("A", "cross_sell", "regular", arm, k, n) for arm, k, n in ((1, 0, 150), (1, 1, 150), (0, 0, 120), (0, 1, 80))
    ]
    counts = pd.DataFrame(rows, columns=["campaign_id", "play", "group", "treated", "orders", "n"])
    experiments = Experiments(
        pd.DataFrame(list(campaigns), columns=list(LIST_COLUMNS)), counts if campaigns else no_experiments().counts,
        no_experiments().spend,
    )  # fmt: skip
    uplift: Uplift = belief
    if campaigns:
        draws = np.log(1.2) + 0.05 * np.random.default_rng(1).standard_normal((3, DRAWS))
        uplift = replace(
            belief, changes={**belief.changes, "cross_sell": draws}, members={"cross_sell": {"regular": 500}}
        )
    out = {name: play for name, play in every.items() if name not in plays}
    return PlayBeliefs(
        plays, out, experiments, costs, uplift, believed(uplift, seed=1), measured(uplift, experiments), None
    )


def test_the_headline_counts_plays_campaigns_and_members(root):
    said = shown(pages.answer(found(settings(root), campaign(), campaign(campaign_id="B"))))
    plays = len(plays_of(settings(root), known={"products"}))
    assert f"There are {plays} plays to choose from. 1 of them has been measured" in said
    assert "against a control group (campaigns: 2, members: 1,000)" in said
    assert "None has been measured" in shown(pages.answer(found(settings(root))))


def test_a_measured_play_shows_what_both_arms_did(root):
    said = shown(*pages.measurements(found(settings(root), campaign())))
    assert "300 0.50 200 0.40 20" in said, "treated, purchase days of each, control, purchase days of each, effect"
    assert "1 measured play clearly does some good; most of all Something new to go with it, 20" in said


def test_without_campaigns_the_page_says_how_to_get_evidence(root):
    nothing = found(settings(root))
    assert "A campaign measures a play if a coin leaves some of the chosen out" in shown(*pages.measurements(nothing))
    assert "nothing to learn from" in shown(*pages.campaigns(nothing))


def test_campaigns_that_prove_nothing_are_shown_with_the_reason(root):
    listed = found(
        settings(root),
        campaign(),
        campaign(campaign_id="B", name="Before", status="observational", members_control=0.0, orders_control=0.0),
        campaign(campaign_id="C", name="Uneven", status="unbalanced", left_out=7.0),
        campaign(campaign_id="D", name="<b>Raffle</b>", of_play="raffle", play=None, status="no_play"),
    )
    said = shown(*pages.campaigns(listed))
    assert "Before" in said
    assert "no: no control group" in said
    assert "1 campaign had no control group. It is shown, and not used" in said
    assert "In 1 campaign the arms bought differently before it began" in said
    assert "7 members do not count" in said
    assert "<b>Raffle" not in "".join(str(element.html("en")) for element in pages.campaigns(listed))
    assert "(campaigns: 1, members: 500)" in shown(pages.answer(listed))


def test_plays_that_need_what_is_not_known_are_named(root):
    said = shown(*pages.beliefs(found(settings(root))))
    assert "Birthday greeting is left out: nobody has recorded dates of birth." in said


@pytest.mark.parametrize(
    ("override", "section", "shows"),
    [
        ("plays.welcome.effect=0.123", pages.reasons, "Welcome and onboarding: 12"),
        ('plays.welcome.reason="Ibu Sari says so."', pages.reasons, "Ibu Sari says so."),
        ('plays.welcome.title="Selamat datang"', pages.reasons, "Selamat datang: 8"),
        ("plays.welcome.enabled=false", pages.reasons, None),
        ("plays.welcome.discount=0.37", pages.terms, "37"),
        ("plays.welcome.effect_days=33", pages.terms, "33"),
        ("plays.welcome.cost_per_contact=4321", pages.terms, "Rp4,321 settings"),
        ("plays.welcome.fixed_cost=98765", pages.terms, "Rp98,765"),
        ('plays.welcome.channel="post"', pages.terms, "post"),
    ],
)
def test_every_setting_of_a_play_changes_the_page(root, override, section, shows):
    def page(*overrides):
        chosen = settings(root, *overrides)
        elements = section(found(chosen), chosen) if section is pages.terms else section(found(chosen))
        return shown(*elements)

    before, after = page(), page(override)
    assert before != after
    if shows is None:
        assert "Welcome" in before
        assert "Welcome" not in after
    else:
        assert shows in after
        assert shows not in before


def test_prices_say_where_they_are_from(root):
    said = shown(*pages.terms(found(settings(root)), settings(root)))
    assert "Something new to go with it e-mail 21 Rp800 campaigns Rp800,000" in said
    assert "Welcome and onboarding e-mail 28 Rp1,450 as for the watch list Rp0" in said
    assert "15" in said
    assert "2 keys of the settings" in said, "loyalty, in the demo's settings"
