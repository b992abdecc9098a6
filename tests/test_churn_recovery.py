"""On the demo, whose truth is known: the warning is right, and its list finds leaving customers before simple rules do.

Everything is computed once, as the notebook does it; what is asserted is printed as well.
"""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib import fit_purchases, learn_to_warn, read_everything, start_engine, window_of
from clv_lib.analysis.churn_tests import FORMULA, GONE, MODEL, RULE, TREES
from clv_lib.data.customer_cells import cells
from clv_lib.data.customers import collected, customer_summary
from clv_lib.models.no_purchase import alive_after_silence
from clv_lib.settings import load_settings

pytestmark = pytest.mark.slow
LISTED = 100  # customers on each list
LOOKS = 8  # month ends at which a list is drawn up


@pytest.fixture(scope="module")
def warning(root):
    settings = load_settings(root / "data" / "demo")
    engine = start_engine(settings.engine)
    log, record = read_everything(settings, engine)
    window = window_of(log.report, settings)
    frames = dict(record.ordered_frames)
    purchases = fit_purchases(
        cells(customer_summary(frames["transactions"], end=window.end)),
        family="pareto_nbd", settings=settings.model, draws=400, tune=400,
    )  # fmt: skip
    yield learn_to_warn(frames, purchases, window=window, section=settings.churn, size=400, seed=8451)
    engine.close()


@pytest.fixture(scope="module")
def truth(root) -> pd.DataFrame:
    table = pd.read_csv(root / "data" / "demo" / "truth_customers.csv", parse_dates=["left_at", "fading_from"])
    return table.set_index("customer_id")


def test_the_sampler_is_to_be_trusted(warning):
    check = warning.checks[0]
    assert check.trusted, check


def test_the_warning_is_calibrated_and_its_ranges_hold(warning):
    test = warning.test
    print(test.scores.round(3).to_string(), test.shares.round(3).to_string(), sep="\n")
    assert test.of(MODEL, "calibration_error") <= 0.03
    for _, rows in test.shares.iterrows():
        assert rows["low"] <= rows["silent"] <= rows["high"], rows["cutoff"]


def test_it_beats_both_rules_on_the_same_customers(warning):
    """The standard error of an AUC of 0.75 on 3,600 recent buyers, 900 of them different, is about 0.015."""
    test = warning.test
    assert test.of(MODEL, "auc") > test.of(GONE, "auc") + 0.03
    assert test.of(MODEL, "auc") > test.of(RULE, "auc") + 0.05
    assert test.of(MODEL, "auc_recent") > test.of(GONE, "auc_recent") + 0.02
    assert test.of(MODEL, "auc_recent") > test.of(RULE, "auc_recent") + 0.15
    assert test.of(MODEL, "auc_recent") > test.of(FORMULA, "auc_recent") + 0.01
    for rule in (GONE, RULE):
        assert test.of(MODEL, "lift_recent") > test.of(rule, "lift_recent") + 0.2
    assert test.of(MODEL, "auc_recent") > test.of(TREES, "auc_recent") - 0.02


def lists(warning) -> dict[str, dict[date, pd.DataFrame]]:
    """At several month ends of the time that the model has not learnt from, one list of equal size per method."""
    first = warning.days.fitting[-1] + timedelta(days=warning.horizon)
    days = [each.date() for each in pd.date_range(first, warning.days.last, freq="ME")][-LOOKS:]
    found: dict[str, dict[date, pd.DataFrame]] = {"warning": {}, "p_alive": {}, "rule": {}}
    for day in days:
        table = warning.history.at(day)
        parameters = warning.history.parameters(day)
        past = {name: table[name].to_numpy() for name in ("frequency", "recency", "T")}
        left = alive_after_silence(warning.history.family, parameters, horizon=warning.horizon / 7, **past)
        risk = warning.risk_of(table).mean(axis=0)
        ahead = (
            np.exp(table["basket"]) * table["p_alive"] * (table["frequency"] + 1) / (table["T"] + 8)
        )  # a pace times a basket
        table = table.assign(gain=risk * (1 - left) * ahead, gone=1 - table["p_alive"])
        found["warning"][day] = table.nlargest(LISTED, "gain")
        # each rule in the order that suits it best: who has crossed its line last
        found["p_alive"][day] = table[table["p_alive"] < 0.5].nlargest(LISTED, "p_alive")
        found["rule"][day] = table[table["quiet_days"] > 90].nsmallest(LISTED, "quiet_days")
    return found


def test_the_list_finds_leaving_customers_earlier_and_saves_more(warning, truth, root):
    """As many contacts a month by each method; one can keep whom it reaches in the horizon before the true end."""
    made = lists(warning)
    first_day = pd.Timestamp(min(made["warning"]))
    leaving = truth[truth["left_at"] >= first_day]
    facts = json.loads((root / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))
    keeps = warning.horizon
    lead, reached, saved = {}, {}, {}
    for method, each in made.items():
        looks = pd.concat(
            [pd.DataFrame({"customer_id": rows["customer_id"], "day": pd.Timestamp(day)}) for day, rows in each.items()]
        )
        first = looks.groupby("customer_id")["day"].min().reindex(leaving.index).dropna()
        lead[method] = float((leaving.loc[first.index, "left_at"] - first).dt.days.median())
        looks = looks[looks["customer_id"].isin(leaving.index)]
        ahead = (leaving.loc[looks["customer_id"], "left_at"].to_numpy() - looks["day"].to_numpy()) / np.timedelta64(
            1, "D"
        )
        helped = looks[(ahead > 0) & (ahead <= keeps)]["customer_id"].unique()
        reached[method] = len(helped)
        yearly = leaving.loc[helped, "rate"] * leaving.loc[helped, "basket"] * 52  # orders times the size of a basket
        saved[method] = float(yearly.sum()) * facts["result"]["revenue_per_order"] * warning_rate()
    print(
        "days before the true end", lead, "reached in time", reached, "of", len(leaving), "revenue kept a year", saved
    )
    for rule in ("p_alive", "rule"):
        assert lead["warning"] > lead[rule]
        assert saved["warning"] > saved[rule]


def warning_rate() -> float:
    """Part of those reached whom a contact keeps; the same for every method."""
    return 0.1


def test_every_customer_gets_a_probability_with_an_interval(warning):
    found = warning.customers(None)
    table = found.customers
    known = collected(customer_summary(warning.history.record["transactions"], end=warning.days.last))
    assert set(table["customer_id"]) == set(known["customer_id"])
    low, mean, high = (table[f"churn_risk{end}"] for end in ("_low", "", "_high"))
    assert ((low > 0) & (low <= mean) & (mean <= high) & (high < 1)).all()
    assert found.silent.predictive_low < found.silent.mean < found.silent.predictive_high
