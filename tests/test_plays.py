"""The library of plays is whole, sceptical and said in words; settings change it key by key."""

import pandas as pd
import pytest

from clv_lib.analysis.play_library import MEMBERS, PURCHASES, library
from clv_lib.analysis.plays import known_of, own_fields, plays_of
from clv_lib.errors import SettingsError
from clv_lib.names import LIFECYCLE_STAGES
from clv_lib.reporting.catalogue import messages
from clv_lib.reporting.summaries.play_words import offer_of, reason_of, title_of
from clv_lib.settings import load_settings
from tests.signs_support import frames

WANTED = {
    "welcome", "second_purchase", "replenishment", "cross_sell", "upsell", "plan_upgrade", "loyalty", "vip_access",
    "priority_support", "birthday", "after_sales", "service_recovery", "win_back", "renewal", "referral_reward",
    "review_request", "education", "exclusive_content",
}  # fmt: skip


def settings(root, *overrides, dataset="cdnow"):
    return load_settings(root / "data" / dataset, overrides=overrides)


def test_the_library_holds_every_play_with_words_and_a_reason():
    plays = library()
    assert set(plays) >= WANTED
    assert all(play.title and play.offer and play.reason for play in plays.values())
    assert all(set(play.stages) <= set(LIFECYCLE_STAGES) for play in plays.values())
    assert len({play.title for play in plays.values()}) == len(plays)


@pytest.mark.parametrize("contractual", [False, True])
def test_beliefs_are_sceptical(contractual):
    """No play is believed to do much, and none to be sure: each may do nothing or harm within two deviations."""
    for name, play in library(contractual=contractual).items():
        assert 0 < play.effect <= (0.5 if name == "win_back" else 0.15), "of next to nothing, half is little"
        assert abs(play.effect) < 2 * play.effect_sd, name


def test_every_word_of_the_library_is_a_message():
    said = {message for _, message in messages()}
    for fields in (*PURCHASES.values(), *MEMBERS.values()):
        assert {fields[key] for key in ("title", "offer", "reason") if key in fields} <= said


def test_under_contract_nothing_moves_purchases(root):
    plays = plays_of(settings(root, "plays.win_back.discount=0.3", dataset="memberships"))
    assert "welcome" in plays
    assert {play.moves for play in plays.values()} == {"stay", "basket"}


def test_settings_change_a_play_key_by_key_and_leave_the_library_alone(root):
    changed = settings(root, "plays.loyalty.discount=0.15", "plays.loyalty.effect_days=14")
    found, before = plays_of(changed)["loyalty"], library()["loyalty"]
    assert (found.discount, found.effect_days) == (0.15, 14)
    assert found.model_copy(update={"discount": before.discount, "effect_days": before.effect_days}) == before
    assert own_fields(changed, "loyalty") == {"discount", "effect_days"}
    assert library()["loyalty"] == before


def test_a_play_of_the_company_has_its_own_words(root):
    own = plays_of(settings(root, 'plays.tea_party.moves="rate"', 'plays.tea_party.offer="tea for {two}"'))["tea_party"]
    assert title_of(own).text("id") == "tea party"
    assert offer_of(own).text("id") == "tea for {two}"
    assert reason_of(library()["loyalty"]).text("en") == library()["loyalty"].reason


def test_a_misspelt_play_is_not_taken_for_a_new_one(root):
    with pytest.raises(SettingsError, match=r"plays.winback must say what it moves.*win_back"):
        plays_of(settings(root, "plays.winback.discount=0.1"))


def test_a_disabled_play_is_left_out_and_so_is_one_that_needs_what_nobody_knows(root):
    found = plays_of(settings(root, "plays.loyalty.enabled=false"), known=set())
    assert "loyalty" not in found
    assert all(not play.needs for play in found.values())
    assert "birthday" in plays_of(settings(root), known={"birth_date"})


def test_what_is_known_is_read_off_the_tables():
    record = frames(
        {
            "transactions": pd.DataFrame({"customer_id": ["a"], "product_id": ["p"]}),
            "customers": pd.DataFrame({"customer_id": ["a"], "birth_date": ["1990-01-01"]}),
            "referrals": pd.DataFrame({"referrer_id": ["a"]}),
        }
    )
    assert known_of(record) == {"products", "birth_date", "referrals"}
    assert known_of(frames({"transactions": pd.DataFrame({"customer_id": ["a"]})})) == frozenset()
