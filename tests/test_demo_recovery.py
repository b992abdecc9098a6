"""On the demo, whose truth is written down, the true costs are found; on CDNOW everything is assumed and says so."""

import json
from dataclasses import replace
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib import keep_books, read_everything, start_engine, window_of, winning_costs
from clv_lib.data.customers import collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.settings import load_settings

SIZE = 4000


def opened(folder: Path):
    settings = load_settings(folder)
    engine = start_engine(settings.engine)
    log, record = read_everything(settings, engine)
    return engine, settings, keep_books(record.ordered_frames, settings, window_of(log.report, settings))


@pytest.fixture(scope="module")
def truth(root) -> dict:
    return json.loads((root / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo(root):
    engine, settings, books = opened(root / "data" / "demo")
    yield settings, books
    engine.close()


@pytest.fixture(scope="module")
def ledger(root) -> pd.DataFrame:
    return pd.read_csv(root / "data" / "demo" / "costs.csv")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20241231)


@pytest.mark.parametrize(
    ("kind", "driver", "path"),
    [
        ("service", "handling_minutes", ("service", "per_handling_minute")),
        ("service", "contacts", ("service", "per_contact")),
        ("fulfilment", "orders", ("fulfilment", "per_order")),
        ("payment", "revenue", ("payment", "share_of_revenue")),
        ("retention", "active_months", ("retention", "per_active_month")),
    ],
)
def test_each_true_driver_cost_lies_in_its_interval(demo, truth, rng, kind, driver, path):
    """36 months with 2 % of noise; an interval of 90 % that also is narrow: within 25 % of the truth on either side."""
    settings, books = demo
    true = truth["cost_drivers"]["rates"][path[0]][path[1]]
    found = books.causes(settings, size=SIZE, rng=rng)[kind].estimate(driver)
    assert found.low <= true <= found.high
    assert found.high - found.low < 0.5 * true, "an interval that holds everything says nothing"


def test_the_goods_are_the_true_share_of_revenue(demo, truth, rng):
    """Goods are booked exactly and their share drifts with prices: what is found is the mean of the months."""
    settings, books = demo
    known = truth["cost_drivers"]
    true = np.mean(np.array(known["drivers"]["goods"]) / known["drivers"]["revenue"])
    found = books.causes(settings, size=SIZE, rng=rng)["goods"].estimate("revenue")
    assert found.low <= true <= found.high
    assert found.high - found.low < 0.02


def test_the_lag_adjusted_cost_of_every_channel_covers_the_truth(demo, truth):
    settings, books = demo
    winning = winning_costs(books, settings)
    found = winning.channels("lagged")
    assert winning.source == "measured"
    assert set(found) == {channel["name"] for channel in truth["channels"]}
    for channel in truth["channels"]:
        cost = found[channel["name"]]
        assert cost.low <= channel["cac"] <= cost.high, channel["name"]
        assert cost.high <= 1.3 * channel["cac"], "a narrow interval"


def test_counting_a_slow_channel_in_the_month_of_its_spend_would_mislead(demo, truth):
    """Television is booked as marketing and works over four months: without its lag and share the figure is wrong."""
    settings, books = demo
    winning = winning_costs(books, settings)
    true = next(channel["cac"] for channel in truth["channels"] if channel["name"] == "tv")
    naive = winning.channels("all")["tv"]
    assert not naive.low <= true <= naive.high


def test_welcoming_a_customer_costs_what_it_truly_costs(demo, truth):
    """Organic customers cost nothing to win, so all that is left is the welcome parcel a month later."""
    settings, books = demo
    found = winning_costs(books, settings).channels("onboarded")["organic"]
    true = truth["cost_drivers"]["rates"]["onboarding"]["per_new_customer"]
    assert found.low <= true <= found.high


def test_the_whole_ledger_reconciles_to_the_last_ten_thousandth(demo, ledger):
    _, books = demo
    found = books.allocation
    booked = sum(round(amount * MONEY_UNITS) for amount in ledger["amount"])
    assert found.booked_units == booked
    assert found.reconciled
    assert found.allocated_units + found.unallocated_units == booked
    charged = collected(found.charges.select(nw.col("units").sum()))["units"].iloc[0]
    assert int(charged) == found.allocated_units, "the customers bear what was allocated, and nothing else"
    assert round((found.statement["booked"].sum()) * MONEY_UNITS) == booked


def test_only_the_estimated_costs_have_a_range_and_it_stays_apart(demo, truth, ledger, rng):
    _, books = demo
    guessed = ledger[ledger["amount_low"].notna()]
    assert set(guessed["kind"]) == {"intangible"}
    assert set(books.estimates["kind"]) == {"intangible"}
    steps = books.waterfall(size=SIZE, rng=rng).steps.set_index("step")
    width = steps["high"] - steps["low"]
    assert width.drop(["intangible", "after_intangible"]).abs().max() < 1e-6
    assert steps.loc["after_intangible", "low"] < steps.loc["after_intangible", "high"]
    after = steps.loc["after_acquisition", "amount"] + steps.loc["intangible", "amount"]
    assert steps.loc["after_intangible", "amount"] == pytest.approx(after, rel=1e-9)
    true = -truth["result"]["costs"]["intangible"]
    assert steps.loc["intangible", "low"] <= true <= steps.loc["intangible", "high"]


def test_winning_a_customer_is_on_no_hook_of_residual_value(demo, rng):
    """Twice the acquisition budget changes what winning costs, and not one draw of what a forecast subtracts."""
    settings, books = demo
    first = books.unit_costs(settings, size=200, rng=np.random.default_rng(1))
    spend = books.spend.copy()
    sunk = spend["kind"].isin(["acquisition", "onboarding"])
    assert sunk.any()
    spend.loc[sunk, "amount"] *= 2

    second = replace(books, spend=spend).unit_costs(settings, size=200, rng=np.random.default_rng(1))
    for hook in ("margin_rate", "per_order", "per_active_month"):
        np.testing.assert_array_equal(getattr(first, hook), getattr(second, hook))


def test_cdnow_runs_on_assumptions_and_says_so(root, rng):
    engine, settings, books = opened(root / "data" / "cdnow")
    try:
        hooks = books.unit_costs(settings, size=100, rng=rng)
        winning = winning_costs(books, settings)
        assert (books.basis, hooks.source, winning.source) == ("assumed", "assumed", "none")
        assert winning.blended() is None
        assert winning.channels() == {}
        assert books.allocation is None
        np.testing.assert_array_equal(hooks.margin_rate, settings.economics.gross_margin)
        assert not hooks.per_order.any()
        assert not hooks.per_active_month.any()
        assert books.causes(settings, size=100, rng=rng) == {}
    finally:
        engine.close()
