"""The page on costs in words: it says what it knows, in both languages, and nothing that it does not know."""

import re

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.accounting import keep_books
from clv_lib.analysis.payback import margin_after, most_to_pay
from clv_lib.analysis.whale import whale_curve
from clv_lib.analysis.winning import payback_by_cohort, payback_of_all, winning_costs
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.costs_record import cost_figures, load_unit_costs, save_unit_costs
from clv_lib.reporting.summaries import acquisition, costs, costs_page, ledger, payback
from clv_lib.reporting.wording import LANGUAGES
from clv_lib.settings import ChannelCosts, CostsSection, EconomicsSection, Settings
from tests.cost_records import in_memory
from tests.test_accounting import WINDOW, settings_of, shop

HOSTILE = '<script>alert("$x$ {n}")</script> ' + "x" * 200


def page(record: dict[str, pd.DataFrame], settings: Settings) -> dict[str, list]:
    """Every element of the notebook, part by part."""
    rng = np.random.default_rng(1)
    books = keep_books(in_memory(record), settings, WINDOW)
    falls, whale = books.waterfall(size=100, rng=rng), whale_curve(books.profits)
    hooks = books.unit_costs(settings, size=100, rng=rng)
    winning, cohorts = winning_costs(books, settings), books.cohorts()
    together = payback_of_all(cohorts, winning.blended(), months=12, size=100, rng=rng)
    quarters = payback_by_cohort(cohorts, winning, size=100, rng=rng)
    limits = most_to_pay(margin_after(cohorts, months=12), winning.by_channel, size=100, rng=rng)
    return {
        "first": [
            costs_page.answer(books, falls, whale, "USD"),
            costs_page.key_cards(books, falls, whale, hooks, winning, "USD"),
            costs_page.meeting(books, falls, whale, "USD"),
        ],
        "ledger": [
            ledger.basis(books, settings.economics),
            ledger.differences(books.disagreements, "USD"),
            *ledger.allocation(books.allocation, settings.costs, "USD"),
        ],
        "profit": [
            costs.waterfall(falls, "USD"),
            *costs.waterfall_table(falls, "USD").elements,
            costs.whale(whale, "USD"),
            costs.tipped(whale, "USD"),
            *costs.largest_losses(books.largest_losses(5), "USD"),
        ],
        "units": [
            *costs.unit_costs(books.causes(settings, size=100, rng=rng), hooks, "USD"),
            *costs.serving_and_keeping(books, hooks, "USD"),
        ],
        "winning": [
            *acquisition.costs(winning, settings.costs, "USD"),
            *acquisition.channels_figure(winning, "USD"),
            *payback.payback_figure(together, "USD"),
            payback.payback_table(quarters, "USD"),
            *payback.most_to_pay(limits, 12, "USD"),
        ],
        "figures": cost_figures(falls, whale, hooks, winning, "USD"),
    }


def html(elements: list, language: str = "en") -> str:
    return " ".join(str(element.html(language)) for element in elements)


def text(elements: list) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", re.sub(r"<svg.*?</svg>", "", html(elements), flags=re.S)))


@pytest.fixture(scope="module")
def record() -> dict[str, pd.DataFrame]:
    found = shop(customers=200)
    campaigns = pd.DataFrame({"campaign_id": ["C1", "C2"], "reported_spend": [40.0, 90.0]})
    extra = pd.DataFrame(
        {
            "month": [found["costs"]["month"].iloc[3]] * 3,
            "kind": ["marketing"] * 3,
            "amount": [50.0, 7.0, 90.0],
            "campaign_id": ["C1", HOSTILE, "C2"],
            "tax": ["incl", "excl", "incl"],
            "pool": ["CS", None, None],
        }
    )
    people = found["customers"].replace({"acquisition_channel": {"friends": HOSTILE}})
    return found | {
        "customers": people,
        "campaigns": campaigns,
        "costs": pd.concat([found["costs"], extra], ignore_index=True),
        "allocations": pd.DataFrame({"pool": ["CS"], "segment": ["A"], "share": [0.9]}),
    }


@pytest.fixture(scope="module")
def measured(record) -> dict[str, list]:
    channels = {"ads": ChannelCosts(spread_months=2), HOSTILE: ChannelCosts(acquisition_share=0.5)}
    return page(record, settings_of(costs=CostsSection(channels=channels)))


@pytest.fixture(scope="module")
def assumed(record) -> dict[str, list]:
    return page({"transactions": record["transactions"]}, settings_of())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_the_page_can_be_said_and_what_comes_from_data_is_inert(measured, language):
    for part, elements in measured.items():
        if part != "figures":
            said = html(elements, language)
            assert said
            assert "<script>alert" not in said


def test_the_differences_of_the_ledger_are_said_each(measured):
    said = text(measured["ledger"])
    assert "which nobody knows" in said
    assert "campaign C1: booked less reported" in said
    assert "campaign C2" not in said, "they agree"
    assert "amounts that include tax" in said
    assert "The shares of pool CS add up to 0.90 and not to 1" in said
    assert "The three agree to the last ten-thousandth" in said


def test_the_table_of_the_waterfall_is_its_figure(measured):
    table = next(element for element in measured["profit"] if hasattr(element, "rows") and len(element.columns) == 6)
    assert [row[0].text("en") for row in table.rows][:3] == ["Revenue", "Goods", "Fulfilment"]
    amounts = {row[0].text("en"): row[1].value for row in table.rows}
    assert amounts["Revenue"] + sum(amounts[k] for k in ("Goods", "Fulfilment", "Payment fees")) == pytest.approx(
        amounts["Contribution"]
    )


def test_costs_by_channel_come_with_four_definitions_blended_and_paid(measured):
    said = text(measured["winning"])
    for part in ("All sales and marketing", "Only acquisition", "In the months it works", "With welcome",
                 "All (blended)", "Paid channels", "Gamma posterior"):  # fmt: skip
        assert part in said


def test_without_a_ledger_nothing_is_said_of_what_is_not_known(assumed):
    first, winning = text(assumed["first"]), text(assumed["winning"])
    assert "at the assumed margin" in first
    assert "at a loss" not in first
    assert "there is no figure for it here" in winning
    assert "is not known, so it is not shown as nothing" in text(assumed["units"])
    assert "No quarter can be judged" in winning
    assert "cost of winning one" not in html(assumed["winning"]), "no line is drawn at a cost that nobody knows"
    assert {figure.name for figure in assumed["figures"]} == {"contribution_to_date", "margin_rate"}


def test_stated_costs_of_winning_stand_in_and_are_called_so(record):
    bare = {"transactions": record["transactions"]}
    found = page(bare, settings_of(economics=EconomicsSection(cac={"everyone": 12.0})))
    said = text(found["winning"])
    assert "What the settings state that a new customer costs" in said
    assert "pays back what winning it cost after" in html(found["winning"])
    assert "$12.00" in said
    assert "as the settings state" in text(found["first"])


def test_unit_costs_wait_in_the_run_folder_for_the_page_on_value(record, tmp_path):
    settings = settings_of()
    books = keep_books(in_memory({"transactions": record["transactions"]}), settings, WINDOW)
    found = books.unit_costs(settings, size=30, rng=np.random.default_rng(1))
    (tmp_path / "artifacts").mkdir()
    folder = RunFolder(tmp_path, "02_cost_accounting")
    save_unit_costs(folder, found)
    again = load_unit_costs(folder)
    np.testing.assert_array_equal(again.margin_rate, found.margin_rate)
    assert (again.source, again.currency) == ("assumed", "USD")
