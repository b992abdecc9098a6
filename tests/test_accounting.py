"""From the ledger to profit, payback and unit costs: everything adds up, against sums made by hand in pandas."""

import dataclasses
import inspect
from datetime import date

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis import lifetime, valuation
from clv_lib.analysis.accounting import keep_books
from clv_lib.analysis.acquisition import acquisition_cost, assumed_costs, blended_cost
from clv_lib.analysis.estimates import total_draws
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.ledger import estimated_lines, ledger_lines
from clv_lib.analysis.payback import margin_after, most_to_pay, payback, value_to_cost
from clv_lib.analysis.unit_costs import UnitCosts, from_record, to_record
from clv_lib.analysis.whale import whale_curve
from clv_lib.data.customers import collected
from clv_lib.errors import DataError
from clv_lib.periods import ObservationWindow, month_of_number
from clv_lib.settings import CostsSection, DatasetSection, EconomicsSection, Settings, TableSection, TablesSection
from tests.cost_records import JAN, in_engine, in_memory

MONTHS = 24
START = 2022 * 12
WINDOW = ObservationWindow(date(2022, 1, 1), date(2023, 12, 31))
RATES = {"goods": 0.4, "payment": 0.02}
PER_ORDER, PER_MINUTE, PER_MONTH = 6.0, 0.5, 1.5


def settings_of(**sections) -> Settings:
    return Settings(
        folder=".",
        dataset=DatasetSection(name="shop", currency="USD"),
        tables=TablesSection(transactions=TableSection(path="x.csv")),
        **sections,
    )


def shop(seed: int = 4, customers: int = 240) -> dict[str, pd.DataFrame]:
    """A shop whose ledger is caused by known unit costs, exactly."""
    rng = np.random.default_rng(seed)
    rows, contacts = [], []
    born = np.sort(rng.integers(0, MONTHS, customers))
    for number, month in enumerate(born):
        level = rng.gamma(4.0, 12.0)
        for at in range(month, MONTHS):
            if at == month or rng.random() < 0.35:
                day = date((START + at) // 12, (START + at) % 12 + 1, int(rng.integers(1, 28)))
                rows.append((f"c{number:03d}", day, round(level * rng.gamma(5.0) / 5, 2)))
                if rng.random() < 0.2:
                    minutes = round(float(rng.gamma(3.0, 5.0)), 1)
                    contacts.append((f"c{number:03d}", pd.Timestamp(day).to_pydatetime(), "phone", "ticket", minutes))
    log = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    tickets = pd.DataFrame(contacts, columns=["customer_id", "happened_at", "channel", "kind", "handling_minutes"])
    people = pd.DataFrame({"customer_id": log["customer_id"].unique()})
    people["acquisition_channel"] = np.where(np.arange(len(people)) % 3, "ads", "friends")
    return {"transactions": log, "customers": people, "interactions": tickets, "costs": ledger_of(log, tickets)}


def month_of(days) -> np.ndarray:
    days = pd.to_datetime(days)
    return (days.dt.year * 12 + days.dt.month - 1).to_numpy()


def active_by_month(log: pd.DataFrame, reach: int = 6) -> np.ndarray:
    bought = pd.crosstab(log["customer_id"], month_of(log["ordered_at"])).reindex(
        columns=range(START, START + MONTHS), fill_value=0
    )
    seen = bought.to_numpy() > 0
    return sum(seen[:, max(m - reach, 0) : m + 1].any(axis=1).sum() * np.eye(MONTHS)[m] for m in range(MONTHS))


def ledger_of(log: pd.DataFrame, tickets: pd.DataFrame) -> pd.DataFrame:
    months = range(START, START + MONTHS)
    revenue = log.groupby(month_of(log["ordered_at"]))["amount"].sum().reindex(months, fill_value=0.0)
    orders = log.drop_duplicates(["customer_id", "ordered_at"])
    orders = orders.groupby(month_of(orders["ordered_at"])).size().reindex(months, fill_value=0)
    minutes = (
        tickets.groupby(month_of(tickets["happened_at"]))["handling_minutes"].sum().reindex(months, fill_value=0.0)
    )
    parts = {kind: rate * revenue for kind, rate in RATES.items()}
    parts |= {"fulfilment": PER_ORDER * orders, "service": PER_MINUTE * minutes}
    parts["retention"] = pd.Series(PER_MONTH * active_by_month(log), index=months)
    parts["overhead"] = pd.Series(200.0, index=months)
    lines = pd.concat(
        [pd.DataFrame({"month": s.index, "kind": kind, "amount": s.to_numpy()}) for kind, s in parts.items()]
    )
    ads = pd.DataFrame({"month": months, "kind": "acquisition", "amount": 150.0, "channel": "ads"})
    guess = pd.DataFrame(
        {
            "month": [START + 3, START + 9],
            "kind": "intangible",
            "amount": 100.0,
            "amount_low": 50.0,
            "amount_high": 200.0,
        }
    )
    found = pd.concat([lines, ads, guess], ignore_index=True)
    found["month"] = [month_of_number(month) for month in found["month"]]
    return found[found["amount"] != 0].reset_index(drop=True)


@pytest.fixture(scope="module")
def record() -> dict[str, pd.DataFrame]:
    return shop()


@pytest.fixture(scope="module", params=["pandas", "duckdb"])
def books(request, record):
    with in_engine(record, request.param) as frames:
        yield keep_books(frames, settings_of(), WINDOW)


def test_profit_of_the_customers_and_what_is_on_nobody_is_the_profit_of_the_ledger(books, record):
    falls = books.waterfall(size=500, rng=np.random.default_rng(1))
    ledger = record["costs"].groupby("kind")["amount"].sum()
    revenue = record["transactions"]["amount"].sum()
    assert books.basis == "measured"
    assert falls.amount("revenue") == pytest.approx(revenue, abs=0.01)
    contribution = revenue - ledger[["goods", "payment", "fulfilment"]].sum()
    assert falls.amount("contribution") == pytest.approx(contribution, abs=0.01)
    profit = contribution - ledger[["service", "retention", "overhead"]].sum()
    assert falls.amount("profit") == pytest.approx(profit, abs=0.01)
    assert falls.amount("after_acquisition") == pytest.approx(profit - ledger["acquisition"], abs=0.01)
    assert falls.amount("after_intangible") == pytest.approx(profit - ledger["acquisition"] - 200, abs=0.01)
    to_profit = falls.steps[
        falls.steps["step"].isin(["goods", "fulfilment", "payment", "service", "retention", "overhead"])
    ]
    on_customers = float(books.totals["profit"].iloc[0])
    assert on_customers + to_profit["unallocated"].sum() == pytest.approx(profit, abs=0.01)


def test_only_what_is_estimated_has_a_range_and_it_travels_to_the_last_line(books):
    falls = books.waterfall(size=20_000, rng=np.random.default_rng(1))
    steps = falls.steps.set_index("step")
    certain = steps.drop(["intangible", "after_intangible"])
    np.testing.assert_allclose(certain["high"] - certain["low"], 0, atol=1e-6)
    low, high = falls.range("intangible")
    assert (low, high) == pytest.approx((-400, -100), rel=0.02), "two guesses of one hand: their ranges add up"
    assert falls.range("after_intangible")[1] - falls.range("after_intangible")[0] == pytest.approx(300, rel=0.02)


def test_each_customer_bears_what_its_drivers_say(books, record):
    rows = collected(books.profits).set_index("customer_id").sort_index()
    log = record["transactions"]
    revenue = log.groupby("customer_id")["amount"].sum().sort_index()
    np.testing.assert_allclose(rows["revenue"], revenue, atol=1e-6)
    np.testing.assert_allclose(rows["cost_goods"], 0.4 * revenue, atol=0.01)
    orders = log.drop_duplicates(["customer_id", "ordered_at"]).groupby("customer_id").size().sort_index()
    np.testing.assert_allclose(rows["cost_fulfilment"], PER_ORDER * orders, atol=0.01)
    minutes = record["interactions"].groupby("customer_id")["handling_minutes"].sum()
    np.testing.assert_allclose(rows["cost_to_serve"], PER_MINUTE * minutes.reindex(rows.index, fill_value=0), atol=0.01)
    friends = record["customers"].set_index("customer_id")["acquisition_channel"] == "friends"
    assert (rows.loc[friends.reindex(rows.index), "acquisition_cost"] == 0).all(), "nothing was spent on them"
    assert rows["cost_to_keep"].sum() == pytest.approx(PER_MONTH * books.active_months, abs=0.01)


def test_the_whale_is_the_sorted_sum(books):
    whale = whale_curve(books.profits, points=50)
    profit = collected(books.profits)["profit"].sort_values(ascending=False).to_numpy()
    assert whale.total == pytest.approx(profit.sum())
    assert whale.peak == pytest.approx(profit[profit > 0].sum())
    assert (whale.losing, whale.loss) == ((profit < 0).sum(), pytest.approx(profit[profit < 0].sum()))
    at = np.rint(whale.curve["customers"].to_numpy() * len(profit)).astype(int)
    sums = np.concatenate([[0.0], profit.cumsum()])[at]
    np.testing.assert_allclose(whale.curve["profit"], sums, atol=1e-6)
    assert whale.tipped_by["customers"].sum() == whale.losing
    assert whale.tipped_by["loss"].sum() == pytest.approx(whale.loss)


def by_hand(books, record, age: int) -> np.ndarray:
    """Cumulative margin of every customer of the cohorts of 2022 up to an age, from rows of customers and months."""
    charges = collected(books.charges)
    charges = charges[charges["kind"].isin(["goods", "fulfilment", "payment", "service", "retention"])]
    revenue = collected(books.revenue)
    won = collected(books.people).set_index("customer_id")["won_month"]
    won = won[won < START + 12]
    margin = pd.concat(
        [
            revenue.rename(columns={"count": "units"})[["customer_id", "month_number", "units"]],
            charges.assign(units=-charges["units"])[["customer_id", "month_number", "units"]],
        ]
    )
    margin = margin[margin["customer_id"].isin(won.index)]
    inside = margin["month_number"] - margin["customer_id"].map(won) <= age
    return (margin[inside].groupby("customer_id")["units"].sum() / 10_000).reindex(won.index, fill_value=0.0).to_numpy()


def test_margin_curves_are_the_means_and_deviations_of_the_customers(books, record):
    margins = books.cohorts()
    old = margins.sizes[margins.sizes["won_month"] < START + 12]
    curve = margins.curve(old).set_index("age")
    assert curve.index.max() == 12, "the youngest was won in December of the first year"
    for age in (0, 5, 12):
        each = by_hand(books, record, age)
        assert curve.loc[age, "mean"] == pytest.approx(each.mean(), abs=1e-6)
        assert curve.loc[age, "deviation"] == pytest.approx(each.std() / np.sqrt(len(each) + 1), rel=1e-6)


def test_the_normal_curve_is_the_bayesian_bootstrap(books, record):
    """Probability of having paid back, against weights drawn from a Dirichlet distribution over the customers."""
    margins = books.cohorts()
    old = margins.sizes[margins.sizes["won_month"] < START + 12]
    each = by_hand(books, record, 12)
    cost = assumed_costs({"x": float(each.mean() + each.std() / np.sqrt(len(each)) * 0.5)})["x"]
    found = payback(margins, old, cost, size=10, rng=np.random.default_rng(1))
    weights = np.random.default_rng(2).dirichlet(np.ones(len(each)), size=20_000)
    assert found.probability == pytest.approx((weights @ each >= cost.cac).mean(), abs=0.02)


def test_payback_says_the_first_month_that_is_likelier_than_not(books):
    margins = books.cohorts()
    old = margins.sizes[margins.sizes["won_month"] < START + 12]
    curve = margins.curve(old)
    cheap = payback(margins, old, assumed_costs({"x": 1.0})["x"], size=50, rng=np.random.default_rng(1))
    assert (cheap.month, cheap.probability) == (0, pytest.approx(1.0))
    dear = payback(margins, old, assumed_costs({"x": 1e6})["x"], size=50, rng=np.random.default_rng(1))
    assert (dear.month, dear.probability) == (None, pytest.approx(0.0))
    between = float(curve["mean"].iloc[4:6].mean())
    found = payback(margins, old, assumed_costs({"x": between})["x"], size=50, rng=np.random.default_rng(1))
    assert found.month == 5
    assert payback(margins, old.head(1), assumed_costs({"x": 1.0})["x"], size=5, rng=np.random.default_rng(1)) is None


def test_the_most_to_pay_is_what_the_customer_brings(books):
    values = margin_after(books.cohorts(), months=12)
    assert set(values) == {"*", "ads", "friends"}
    table = books.acquisition(settings_of())
    cost = blended_cost(table, definition="acquisition")
    assert cost.cac == pytest.approx(150.0 * MONTHS / 240)
    found = most_to_pay(values, {"*": cost}, size=4000, rng=np.random.default_rng(1))
    assert found["*"].value == values["*"]
    assert found["*"].surely == values["*"].low
    assert found["ads"].ratio is None
    assert found["*"].ratio.low < values["*"].mean / cost.cac < found["*"].ratio.high


def test_value_to_cost_takes_draws_or_an_estimate():
    cost = acquisition_cost(1000.0, 100)
    draws = np.random.default_rng(1).normal(30.0, 3.0, 50_000)
    shape = Estimate(30.0, 30.0 - 3 * 1.645, 30.0 + 3 * 1.645)
    one, two = (value_to_cost(value, cost, size=50_000, rng=np.random.default_rng(2)) for value in (draws, shape))
    assert (one.mean, one.low, one.high) == pytest.approx((two.mean, two.low, two.high), rel=0.02)
    assert one.mean == pytest.approx(3.0, rel=0.01)


def test_unit_costs_are_those_that_made_the_ledger(books):
    found = books.unit_costs(settings_of(), size=800, rng=np.random.default_rng(1)).estimates()
    assert found["margin_rate"].mean == pytest.approx(1 - sum(RATES.values()), rel=0.01)
    assert found["per_order"].mean == pytest.approx(PER_ORDER, rel=0.01)
    minutes_per_month = books.monthly["handling_minutes"].sum() / books.monthly["active_months"].sum()
    expected = PER_MONTH + PER_MINUTE * minutes_per_month
    assert found["per_active_month"].low < expected < found["per_active_month"].high
    causes = books.causes(settings_of(), size=800, rng=np.random.default_rng(1))
    minute = causes["service"].estimate("handling_minutes")
    assert minute.low < PER_MINUTE < minute.high


def test_what_winning_a_customer_cost_never_enters_what_it_is_still_worth(record):
    """No argument takes it, no field holds it, and a ledger with more of it gives the same costs of the future."""
    for function in (valuation.value_customers, lifetime.past_and_future):
        assert not [name for name in inspect.signature(function).parameters if "cac" in name or "acqui" in name]
    for kind in (UnitCosts, valuation.CustomerValues, lifetime.LifetimeValue):
        assert not [each.name for each in dataclasses.fields(kind) if "cac" in each.name or "acqui" in each.name]
    dear = record["costs"].copy()
    won = dear["kind"].isin(["acquisition", "overhead", "intangible"])
    dear.loc[won, ["amount", "amount_low", "amount_high"]] *= 100
    onboarding = pd.DataFrame(
        {"month": [JAN.replace(year=2023)], "kind": ["service"], "amount": [1e6], "pool": ["onboarding"]}
    )
    found = [
        keep_books(in_memory(record | {"costs": costs}), settings_of(), WINDOW).unit_costs(
            settings_of(), size=200, rng=np.random.default_rng(1)
        )
        for costs in (record["costs"], pd.concat([dear, onboarding], ignore_index=True))
    ]
    for name in ("margin_rate", "per_order", "per_active_month"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))


def test_without_a_ledger_the_settings_stand_in_and_nothing_is_invented(record):
    bare = {"transactions": record["transactions"]}
    settings = settings_of(economics=EconomicsSection(gross_margin=0.25))
    books = keep_books(in_memory(bare), settings, WINDOW)
    assert (books.basis, books.allocation, books.acquisition(settings)) == ("assumed", None, None)
    revenue = record["transactions"]["amount"].sum()
    assert books.totals["profit"].iloc[0] == pytest.approx(0.25 * revenue, rel=1e-6)
    falls = books.waterfall(size=50, rng=np.random.default_rng(1))
    assert list(falls.steps["step"]) == ["revenue", "goods", "contribution", "profit"]
    found = books.unit_costs(settings, size=50, rng=np.random.default_rng(1))
    assert (found.source, set(found.margin_rate), set(found.per_order)) == ("assumed", {0.25}, {0.0})
    assert books.causes(settings, size=50, rng=np.random.default_rng(1)) == {}


def test_a_ledger_without_goods_takes_the_margin_for_them_and_says_so(record):
    costs = record["costs"][record["costs"]["kind"] != "goods"]
    books = keep_books(in_memory(record | {"costs": costs}), settings_of(), WINDOW)
    assert books.basis == "goods_assumed"
    found = books.unit_costs(settings_of(), size=200, rng=np.random.default_rng(1))
    assert found.source == "goods_assumed"
    assert found.margin_rate.mean() == pytest.approx(0.3 - RATES["payment"], abs=0.002)
    assert books.waterfall(size=50, rng=np.random.default_rng(1)).amount("goods") == pytest.approx(
        -0.7 * record["transactions"]["amount"].sum(), rel=1e-4
    )


def test_unit_costs_come_back_from_the_run_folder_as_they_were(books):
    found = books.unit_costs(settings_of(), size=50, rng=np.random.default_rng(1))
    again = from_record(*to_record(found))
    np.testing.assert_array_equal(again.margin_rate, found.margin_rate)
    assert (again.source, again.currency, again.measured) == (found.source, found.currency, found.measured)


def test_a_ledger_of_one_year_is_set_against_that_year_of_the_log(record):
    late = record["costs"][[month >= date(2023, 1, 1) for month in record["costs"]["month"]]]
    books = keep_books(in_memory(record | {"costs": late}), settings_of(), WINDOW)
    log = record["transactions"]
    assert books.days == (date(2023, 1, 1), date(2023, 12, 1))
    assert books.totals["revenue"].iloc[0] == pytest.approx(
        log.loc[[day >= date(2023, 1, 1) for day in log["ordered_at"]], "amount"].sum()
    )


def test_a_range_above_nothing_is_lognormal_and_any_other_normal():
    """Ends of the draws against the ends that were stated."""
    lines = pd.DataFrame(
        {"kind": ["intangible"] * 2, "amount": [20.0, 0.0], "amount_low": [10.0, -30.0], "amount_high": [40.0, 30.0]}
    )
    rng = np.random.default_rng(1)
    for each, low, high in ((lines[:1], 15.0, 45.0), (lines[1:], -25.0, 35.0)):
        draws = total_draws(each, 5.0 + float(each["amount"].sum()), size=100_000, rng=rng)
        assert np.quantile(draws, [0.05, 0.95]) == pytest.approx([low, high], abs=0.4)
    assert set(total_draws(lines[:0], 7.0, size=3, rng=rng)) == {7.0}


def test_an_estimate_outside_its_own_range_is_refused():
    costs = pd.DataFrame(
        {"month": [JAN], "kind": ["intangible"], "amount": [9.0], "amount_low": [1.0], "amount_high": [5.0]}
    )
    lines = ledger_lines(
        in_memory({"costs": costs})["costs"], settings=CostsSection(), end=WINDOW.end.replace(year=2024)
    )
    with pytest.raises(DataError, match="must lie inside its own range, but 1 of 1"):
        estimated_lines(lines)
