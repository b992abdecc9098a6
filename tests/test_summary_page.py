"""The summary: five numbers and how they moved, what changed and why, what to do; the sentences hold the numbers."""

from dataclasses import replace

import pandas as pd
import pytest

from clv_lib.reporting.elements import Figure
from clv_lib.reporting.headlines import headlines
from clv_lib.reporting.since import since
from clv_lib.reporting.stages import STAGES
from clv_lib.reporting.summaries.changes import what_changed
from clv_lib.reporting.summaries.five import five_cards
from clv_lib.reporting.summaries.page_links import PAGES, links
from clv_lib.reporting.summaries.todo import three_tasks
from clv_lib.reporting.summaries.trusting import of_the_others
from clv_lib.reporting.wording import plain, say
from tests.summary_support import AGAIN, AT_RISK, FIGURES, NOW, two_runs

RISEN = {
    "headline_value": replace(FIGURES["headline_value"], value=960.0, low=940.0, high=980.0),
    "headline_repeat": replace(FIGURES["headline_repeat"], value=0.605, low=0.585, high=0.625),
    "headline_at_risk": replace(FIGURES["headline_at_risk"], value=90.0, low=80.0, high=100.0),
}


def said(elements, language="en"):
    return "\n".join(plain(each.html(language)) for each in elements)


def changed(shop, *overrides, figures=RISEN, **options):
    study = shop.study(*overrides, **options)
    elements = what_changed(since(study, figures), figures, contractual=study.settings.contractual, currency="USD")
    return said(elements), elements


def cards(shop, *overrides, figures=RISEN, contractual=False, **options):
    found = since(shop.study(*overrides, **options), figures)
    return five_cards(figures, found, contractual=contractual, horizon_months=12).cards


def test_a_first_run_has_no_change_and_one_sentence(tmp_path):
    shop = two_runs(tmp_path)
    text, elements = changed(shop, before="")
    assert len(elements) == 1
    assert text.startswith("This is the first report on these data.")
    assert [card.trend for card in cards(shop, before="")] == [None, None, None]


def test_each_number_says_how_it_moved_and_whether_beyond_its_uncertainty(tmp_path):
    """900 ± 20 to 960 ± 20: the change of 60 has a range of hypot(20, 20) = 28.28 either way; 0.5 ± 2.83 is within."""
    value, again, risk = cards(two_runs(tmp_path))
    assert value.trend.sentence.text("en") == "$60.00 more than on 31 December 2025: beyond its uncertainty"
    assert (value.trend.way, value.trend.tone) == ("up", "good")
    assert again.trend.sentence.text("en") == "0.5 points more than on 31 December 2025: within its uncertainty"
    assert (again.trend.way, again.trend.tone) == ("up", "open")
    assert (risk.trend.way, risk.trend.tone) == ("up", "bad"), "more at risk is no good news"
    html = five_cards(RISEN, None, contractual=False, horizon_months=12).html("en")
    assert "clv-trend" not in html


def test_the_table_holds_then_now_and_the_range_of_the_change(tmp_path):
    text, _ = changed(two_runs(tmp_path))
    assert "Compared with the report of 1 January 2026, which knew the data up to 31 December 2025" in text
    assert "2 of 3 numbers have moved by more than their uncertainty" in text
    assert "Value of the customers (+$60.00), Value at risk (+$40.00)." in text
    assert "$900$960+$60.00+$31.72+$88.28beyond its uncertainty" in text
    assert "60.0 %60.5 %+0.5 points−2.3+3.3within its uncertainty" in text


def test_it_says_why(tmp_path):
    text, elements = changed(two_runs(tmp_path))
    assert "The log now ends on 31 January 2026 (then: 31 December 2025) and has 3 rows more." in text
    assert "1 customer more is known." in text
    assert "1 of 3 customers that both reports know are in another segment now; the largest move, of 1" in text
    assert "Settings and method are what they were, so it is the data that make the difference." in text
    (chart,) = [each for each in elements if isinstance(each, Figure)]
    assert chart.title.text("en") == "Whose value made the difference: the largest part is “New customers”, +$110"
    assert chart.alt.text("en") == (
        "Bars from the value then, $800, to the value now, $900: New customers +$110, Bought since +$50.00, Nothing "
        "bought since −$60.00."
    )
    assert chart.draw("en", True) is not None
    assert chart.draw("id", False) is not None


def test_settings_that_changed_are_named_and_a_new_program_too(tmp_path):
    shop = two_runs(tmp_path, "economics.gross_margin=0.4", library="another")
    text, _ = changed(shop, "economics.gross_margin=0.45")
    assert "Settings that are not what they were: economics.gross_margin from 0.4 to 0.45." in text
    assert "The program itself has changed since" in text
    assert "it is the data that make the difference" not in text


def test_numbers_over_another_span_are_not_compared(tmp_path):
    shop = two_runs(tmp_path, "economics.horizon_months=12")
    value, again, _ = cards(shop, "economics.horizon_months=24")
    assert value.trend.sentence.text("en") == "then counted over another span: not compared"
    assert again.trend.way == "up"
    text, elements = changed(shop, "economics.horizon_months=24")
    assert "economics.horizon_months from 12 to 24" in text
    assert not [each for each in elements if isinstance(each, Figure)], "values over another span have no waterfall"


def test_a_warning_that_looks_farther_ahead_is_not_compared(tmp_path):
    shop = two_runs(tmp_path)
    table = shop.folder().read_table("churn_risk").assign(horizon_days=90)
    shop.folder().write_table("churn_risk", table)
    assert "another span" in cards(shop)[2].trend.sentence.text("en")


def test_another_currency_is_not_compared(tmp_path):
    rupiah = {name: replace(figure, unit="IDR" if figure.unit == "USD" else "share") for name, figure in RISEN.items()}
    value, again, _ = cards(two_runs(tmp_path), figures=rupiah)
    assert "another span" in value.trend.sentence.text("en")
    assert again.trend.way == "up"


def test_when_nothing_but_the_margin_changed_the_log_is_said_to_be_the_same(tmp_path):
    shop = two_runs(tmp_path, data={"rows": 13, "customers": 4, "last_day": "2026-01-31"})
    text, _ = changed(shop, figures=FIGURES)
    assert "The log has not grown" in text
    assert "none of the numbers has moved by more than its uncertainty" in text
    assert cards(shop, figures=FIGURES)[0].trend.sentence.text("en") == "unchanged since the last report"
    moved = cards(shop)[0].trend.sentence.text("en")
    assert moved == "$60.00 more than in the last report: beyond its uncertainty"


def test_an_old_run_without_settings_or_headlines_is_no_error(tmp_path):
    shop = two_runs(tmp_path, settings=None, key_figures={}, library=None)
    text, _ = changed(shop)
    assert "none of the numbers was counted alike" in text
    assert [card.trend for card in cards(shop)] == [None, None, None]


def test_members_stay_leave_and_join(tmp_path):
    shop = two_runs(tmp_path, setting="contractual")
    text, elements = changed(shop)
    (chart,) = [each for each in elements if isinstance(each, Figure)]
    assert chart.alt.text("en").endswith("New customers +$110, Members who stayed +$40.00, Members who left −$50.00.")
    assert "Value of the members" in text
    assert cards(shop, contractual=True)[1].label.text("en") == "Members who stayed"


def test_headlines_are_taken_from_what_the_notebooks_left(tmp_path):
    shop = two_runs(tmp_path)
    churn = replace(AGAIN, name="churn_rate", value=0.04, low=0.03, high=0.06)
    shop.folder(NOW, "03_retention").record_key_figures("03_retention", [churn])
    shop.folder().record_key_figures(
        "05_churn_warning", [AT_RISK, replace(AT_RISK, name="strategy_profit", value=None)]
    )
    found = headlines(shop.study())
    assert list(found) == ["headline_repeat", "headline_at_risk"], "no values, and a plan without a figure is none"
    kept = found["headline_repeat"]
    assert (kept.value, kept.low, kept.high) == pytest.approx((0.96, 0.94, 0.97))


PLAN = pd.DataFrame(
    {
        "segment": ["champions", "slipping"],
        "play": ["vip_access", "win_back"],
        "customers": [30, 70],
        "cost": [60.0, 140.0],
        "profit": [100.0, 400.0],
        "source": ["prior", "measured"],
    }
)
OTHERWISE = [(say("Keep them."), say("Why not.")), (say("Pay less."), say("Because."))]


def with_plan(shop, profit=7.0):
    folder = shop.folder(NOW, "08_segment_strategy")
    folder.write_table("strategy_plan", PLAN)
    figure = replace(AT_RISK, name="strategy_profit", value=profit, low=profit - 1, high=profit + 1)
    folder.record_key_figures("08_segment_strategy", [figure])
    contacts = replace(AT_RISK, name="customers_to_contact", value=2.0, low=None, high=None)
    shop.folder().record_key_figures("05_churn_warning", [AT_RISK, contacts])


@pytest.mark.parametrize(("profit", "first"), [(500.0, "Carry out the plan"), (7.0, "Contact 2 customers")])
def test_three_things_to_do_by_what_they_are_worth(tmp_path, profit, first):
    """The watch list is worth 9 + 5 = 14; what the values ask for comes last."""
    shop = two_runs(tmp_path)
    with_plan(shop, profit)
    tasks = three_tasks(shop.study(), OTHERWISE)
    assert len(tasks.tasks) == 3
    assert tasks.tasks[0][0].text("en").startswith(first)
    text = said([tasks])
    assert "Carry out the plan: 100 customers, for $200." in text
    assert "“Winning back” for “Slipping”" in text
    assert "Contact 2 customers of the watch list, the first of them by 10 February 2026." in text
    assert "$20.00 of value is at risk with them" in text
    assert "expected to gain $14.00 after its cost" in text
    assert text.rstrip().endswith("Keep them.Why not.")


def test_a_plan_of_beliefs_is_a_trial_and_promises_nothing(tmp_path):
    shop = two_runs(tmp_path)
    with_plan(shop, 500.0)
    shop.folder(NOW, "08_segment_strategy").write_table("strategy_plan", PLAN.assign(source="prior"))
    text = said([three_tasks(shop.study(), OTHERWISE)])
    assert "Try the plan out on 100 customers, for $200." in text
    assert "expected to earn" not in text
    shop.folder(NOW, "08_segment_strategy").write_table("strategy_plan", PLAN.assign(customers=0, source="prior"))
    assert "plan" not in said([three_tasks(shop.study(), OTHERWISE)]), "a plan for nobody is none"


JOURNEY = pd.DataFrame(
    {
        "touchpoint": ["delivery", "support", "the shop"],
        "share": [0.4, 0.2, 0.5],
        "unhappy": [40, 10, 50],
        "passing": [300, 50, 400],
        "friction": [120.0, 10.0, 200.0],
        "whole": [False, False, True],
    }
)


def test_what_customers_say_comes_after_what_is_known_to_gain(tmp_path):
    """Of the points of the journey the first, not the relationship as a whole; a call to whoever was unhappy last."""
    shop = two_runs(tmp_path)
    voice = shop.folder(NOW, "07_customer_voice")
    voice.write_table("voice_journey", JOURNEY)
    assert said([three_tasks(shop.study(), OTHERWISE)]).startswith("Mend “delivery” first.")
    calls = replace(AT_RISK, name="customers_to_call_back", value=12.0)
    voice.record_key_figures("07_customer_voice", [calls])
    with_plan(shop)
    what, why = three_tasks(shop.study(), OTHERWISE).tasks[2]
    assert what.text("en") == "Mend “delivery” first, and call back the 12 customers whose last word was unhappy."
    assert why.text("en") == (
        "40\u00a0% of those asked about it are unhappy; 300 customers pass it, and $120 of value lies with the unhappy "
        "among them."
    )
    voice.write_table("voice_journey", JOURNEY.drop(columns="friction"))
    assert "lies with" not in said([three_tasks(shop.study(), OTHERWISE)])
    voice.write_table("voice_journey", JOURNEY.assign(unhappy=0))
    assert "Mend" not in said([three_tasks(shop.study(), OTHERWISE)])


def test_without_plan_and_list_the_values_speak(tmp_path):
    tasks = three_tasks(two_runs(tmp_path).study(), OTHERWISE)
    assert [what.text("en") for what, _ in tasks.tasks] == ["Keep them.", "Pay less."]


@pytest.mark.parametrize(("high", "stops"), [(-5.0, True), (5.0, False)])
def test_a_channel_is_stopped_only_when_it_loses_at_the_kind_end_too(tmp_path, high, stops):
    shop = two_runs(tmp_path)
    channels = pd.DataFrame(
        {
            "channel": ["tv", "organic"],
            "customers": [10.0, 50.0],
            "cac": [100.0, 5.0],
            "clv_net_of_cac": [-20.0, 75.0],
            "clv_net_of_cac_high": [high, 80.0],
        }
    )
    shop.folder(NOW, "04_lifetime_value").write_table("value_by_channel", channels)
    text = said([three_tasks(shop.study(), OTHERWISE)])
    assert ("Stop winning customers through tv at its price." in text) is stops
    assert ("One costs $100 there and brings $80.00" in text) is stops
    assert ("the 10 won so far have lost $200" in text) is stops


def test_trust_says_what_the_plan_stands_on_and_which_page_has_no_answer(tmp_path):
    shop = two_runs(tmp_path)
    with_plan(shop)
    shop.folder(NOW, "03_retention").record_outcome("03_retention", "cannot_estimate", "nobody bought twice")
    text = said(of_the_others(shop.study(profile="quick")))
    assert "70 % of the customers in the plan get a play whose effect was measured" in text
    assert "The page “Retention” has no answer: nobody bought twice." in text
    assert "This is a quick look" in text
    shop.folder(NOW, "08_segment_strategy").write_table("strategy_plan", PLAN.assign(source="prior"))
    assert "belief, not measurement" in said(of_the_others(shop.study()))


def test_every_page_has_a_link_and_a_question():
    assert {stage.notebook for stage in STAGES} - {"00_summary"} <= set(PAGES)
    html = links(("04_lifetime_value", "99_other"), contractual=False).html("en")
    assert html.count("<a ") == 1
    assert 'href="04_lifetime_value.html"' in html
    assert "Do they renew" in links(("03_retention",), contractual=True).html("en")
