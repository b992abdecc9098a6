"""What the page on gains says and draws: every element in every language, with the figures of the results."""

import dataclasses
import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.perceived_value import perceived_value, response, value_by_group
from clv_lib.analysis.referral_value import referral_rates, referral_value
from clv_lib.analysis.referrals import count_referrals
from clv_lib.analysis.value_and_purchases import next_purchases
from clv_lib.data.customers import customer_summary
from clv_lib.data.opening import open_engine
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Figure
from clv_lib.reporting.summaries import gains, gains_groups, gains_items, referrals
from clv_lib.reporting.summaries import next_purchases as after
from clv_lib.reporting.summaries.gains_page import gather
from clv_lib.reporting.summaries.gains_words import certainty, item_name
from clv_lib.reporting.wording import LANGUAGES, plain
from clv_lib.settings import EngineSection
from tests.value_survey_support import ASKED, drawn_survey

WINDOW = ObservationWindow(date(2023, 1, 1), date(2024, 12, 31))
HOSTILE = "<script>alert(1)</script>{x} $a_b$ " + "long " * 400
CHANNEL = "acquisition_channel"


def shop() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    n = 150
    value = rng.normal(1, 1, n)
    survey = drawn_survey(rng, value)
    survey["item"] = survey["item"].replace({"social": HOSTILE})
    ids = [f"c{i:04d}" for i in range(n + 40)]
    again = [i for i in range(n) if rng.random() < 1 / (1 + np.exp(-value[i]))]
    days = [(ids[i], ASKED - timedelta(days=200), 20.0) for i in range(n + 40)]
    days += [(ids[i], ASKED + timedelta(days=40), 35.0) for i in again]
    channels = np.r_[["friend"] * 70, ["search"] * 75, [HOSTILE] * 5, ["search"] * 40]
    return {
        "survey": survey,
        "log": pd.DataFrame(days, columns=["customer_id", "ordered_at", "amount"]),
        "customers": pd.DataFrame({"customer_id": ids, CHANNEL: channels}),
        "referrals": pd.DataFrame(
            [(ids[i], f"new{i}", ASKED + timedelta(days=3)) for i in range(12)],
            columns=["referrer_id", "referred_id", "referred_at"],
        ),
    }


@pytest.fixture(scope="module")
def results() -> dict:
    with open_engine(EngineSection()) as engine:
        lent = {name: engine.lend(frame) for name, frame in shop().items()}
        rates = referral_rates(count_referrals(lent["referrals"], lent["log"], window=WINDOW), seed=1)
        return {
            "value": perceived_value(lent["survey"], end=WINDOW.end, seed=1),
            "response": response(lent["survey"], customer_summary(lent["log"], end=WINDOW.end), end=WINDOW.end),
            "groups": value_by_group(lent["survey"], lent["customers"], by=CHANNEL, end=WINDOW.end, seed=1),
            "next": next_purchases(lent["survey"], lent["log"], window=WINDOW, seed=1),
            "rates": rates,
            "worth": referral_value(rates, new_customer_value=100.0, reward=10.0),
        }


@pytest.fixture(scope="module")
def elements(results) -> list:
    value, groups, rates = results["value"], results["groups"], results["rates"]
    return [
        gains.answer(value),
        gains.key_cards(value, results["response"]),
        *gains.parts(value).elements,
        gains.who_answered(results["response"], "IDR"),
        gains.meeting(value),
        *gains.nobody_asked(3_000),
        gains_items.effects_figure(value),
        gains_items.importance_figure(value),
        gains_items.items(value),
        gains_items.mend(value),
        *gains_groups.groups(groups, CHANNEL).elements,
        gains_groups.groups_figure(groups, CHANNEL),
        *after.summary(results["next"], "IDR").elements,
        after.thirds_figure(results["next"]),
        *referrals.summary(rates).elements,
        referrals.worth(results["worth"], currency="IDR", reward=10.0, cost_per_referral=0.0),
        referrals.no_referrals(120),
    ]


def test_every_element_is_said_in_every_language_and_hostile_names_are_inert(elements):
    for element in elements:
        pages = {language: str(element.html(language)) for language in LANGUAGES}
        values = {language: sorted(re.findall(r'<data value="([^"]+)"', page)) for language, page in pages.items()}
        assert values["en"] == values["id"]
        for page in pages.values():
            assert "<script>alert" not in page
            assert "nan" not in re.findall(r"\w+", plain(re.sub(r"<svg.*?</svg>", "", page, flags=re.S)))


def test_figures_label_their_axes_and_have_alt_text_at_desk_and_phone(elements):
    figures = [element for element in elements if isinstance(element, Figure)]
    assert [each.name for each in figures] == ["effects", "importance", "value-by-acquisition-channel", "bought-again"]
    for each in figures:
        assert len(each.alt.text("en")) > 40
        for narrow in (False, True):
            axes = each.draw("en", narrow).axes[0]
            assert axes.get_xlabel() and axes.get_title(loc="left")


def test_text_and_table_agree(results, elements):
    value = results["value"]
    assert f"{value.value.mean:.2f} points on balance" in elements[0].sentences[0].text("en")
    assert f"{value.respondents} respondents" in gains.parts(value).table.caption.text("en")
    said = referrals.summary(results["rates"]).text[0].sentences[0].text("en")
    assert said.startswith("12 of 190 customers have brought others")


def test_nobody_asked_says_how_many_to_ask():
    text, table = gains.nobody_asked(10_000_000)
    # (1.645 * 2 / 0.3)^2 = 120.3
    assert text.sentences[1].text("en").startswith("121 answers would tell perceived value to within 0.3 points")
    assert [row[2].value for row in table.rows] == [121, 271]


def test_a_sample_makes_nothing_certain():
    assert certainty(1.0).text("en") == "over 99\u00a0%"
    assert certainty(0.0).text("en") == "under 1\u00a0%"
    assert certainty(0.42).text("en") == "42\u00a0%"


def test_items_are_data_and_known_ones_are_translated():
    assert item_name("Bad_Experiences").text("en") == "bad experiences"
    assert item_name("aroma").text("id") == "aroma"


def test_the_page_is_put_together_from_whatever_tables_there_are():
    tables = shop()
    names = {"transactions": "log", "value_survey": "survey", "customers": "customers", "referrals": "referrals"}
    with open_engine(EngineSection()) as engine:
        record = {name: engine.lend(tables[key]) for name, key in names.items()}
        arguments = {"window": WINDOW, "currency": "IDR", "seed": 1}
        full = gather(record, **arguments)
        assert all((full.balance, full.items, full.groups, full.afterwards, full.referrals))
        assert [each.name for each in full.figures] == ["won_by_referral_per_100_active_months", "perceived_value"]
        bare = gather({"transactions": record["transactions"]}, **arguments)
        said = [part.sentences[0].text("en") for part in (bare.first_screen[0], bare.referrals[0])]
        assert said[0].startswith("Nobody has been asked") and said[1].startswith("Who brought whom is not recorded")
        assert (bare.value, bare.rates, bare.figures) == (None, None, ())
        empty = engine.lend(tables["survey"].iloc[:5])
        few = gather({**record, "value_survey": empty}, **arguments)
        assert "needs at least 3 customers" in few.first_screen[0].sentences[0].text("en")
        early = gather(record, window=ObservationWindow(date(2023, 1, 1), date(2024, 4, 1)), currency="IDR", seed=1)
        assert "there are 0" in early.afterwards[0].sentences[0].text("en")


def test_customers_without_a_group_are_never_named_best_or_worst(results):
    found = results["groups"]
    unnamed = found.table.assign(**{CHANNEL: ["", *found.table[CHANNEL][1:]]})
    text = gains_groups.groups(dataclasses.replace(found, table=unnamed), CHANNEL).text[0]
    assert not text.sentences[0].text("en").startswith("Customers of not known")
