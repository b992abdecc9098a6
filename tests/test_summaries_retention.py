"""The pages on coming back and on staying: sentences say what the tables hold, on any log that passes the door."""

import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.alive_by_cohort import alive_by_cohort, cohort_cells
from clv_lib.analysis.contract_audit import audit_contracts
from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.retention import audit_customers
from clv_lib.data.customers import customer_summary
from clv_lib.data.opening import open_engine
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Figure
from clv_lib.reporting.summaries import (
    retention_change,
    retention_cohorts,
    retention_contracts,
    retention_contracts_page,
    retention_health,
    retention_moves,
    retention_page,
)
from clv_lib.reporting.wording import LANGUAGES, plain
from clv_lib.settings import EngineSection, load_settings
from tests import eight_customers, five_members
from tests.retention_support import WINDOW, activity_of, lent

USD = "USD"
ONE_TIME = pd.DataFrame(
    [(f"c{n}", date(2024, 1, 1) + timedelta(days=7 * n), 10.0) for n in range(30)],
    columns=["customer_id", "ordered_at", "amount"],
)
LOGS = {
    "eight customers": (eight_customers.LOG, WINDOW),
    "one customer, one day": (eight_customers.LOG.head(1), ObservationWindow(date(2024, 1, 5), date(2024, 1, 5))),
    "one-time buyers": (ONE_TIME, ObservationWindow(date(2024, 1, 1), date(2024, 8, 1))),
    "free samples": (
        eight_customers.LOG.assign(amount=0.0),
        WINDOW,
    ),
    "inside one month": (
        eight_customers.LOG[eight_customers.LOG["ordered_at"] < date(2024, 2, 1)],
        ObservationWindow(date(2024, 1, 5), date(2024, 1, 31)),
    ),
}


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "dataset.toml").write_text(
        '[dataset]\nname = "x"\ncurrency = "USD"\n[tables.transactions]\npath = "x.csv"\n', encoding="utf-8"
    )
    return load_settings(tmp_path)


def everything(found, alive=None):
    return [
        retention_page.answer(found),
        retention_page.key_cards(found, USD),
        retention_page.basis(found),
        retention_page.meeting(found, USD),
        *retention_change.deciles(found, USD),
        *retention_change.changed(found, USD),
        *retention_moves.shared_customers(found, USD),
        *retention_moves.bridge(found, USD),
        *retention_cohorts.one_cohort(found, USD),
        *retention_cohorts.compared(found, USD),
        *retention_health.revenue_by_cohort(found, USD),
        *retention_health.second_purchase(found),
        *retention_health.next_period(found),
        *retention_health.still_here(found, alive),
    ]


def said(elements, language="en"):
    """What stands on the page; charts are drawn in one language, since what they draw is the same in all."""
    parts = []
    for element in elements:
        if isinstance(element, Figure) and language != "en":
            parts += [each.html(language) for each in (element.title, element.alt, element.caption)]
        else:
            parts.append(element.html(language))
    return plain(re.sub(r"<svg.*?</svg>", "", " ".join(map(str, parts)), flags=re.S))


@pytest.mark.parametrize("name", LOGS)
def test_any_log_makes_a_page_in_every_language(settings, name):
    log, window = LOGS[name]
    with lent(log) as rows:
        found = audit_customers(
            {"transactions": rows}, settings, window, left_censored=name == "inside one month", seed=1
        )
        elements = everything(found)
        for language in LANGUAGES:
            text = said(elements, language)
            assert not re.search(r"\bnan\b|\binf\b|NaN|None", text), name
    figures = retention_page.key_figures(found, USD)
    assert len({figure.name for figure in figures}) == len(figures)
    assert all(figure.record() for figure in figures)


def test_the_page_says_what_the_tables_hold(settings):
    with lent() as rows:
        found = audit_customers({"transactions": rows}, settings, WINDOW, left_censored=False, seed=1)
        text = said(everything(found))
    assert "In Mar 2024 3 customers came or came back and 1 lapsed: the base grew" in text
    assert "Revenue went from $132 to $83.00: −$49.00" in text
    assert "The largest part of it is that of one factor, Value per purchase day" in text
    assert "its 3 buyers and $111 are counted in the totals only" in text
    assert "No churn rate is printed" in text
    assert "33 % (" in text, "every rate carries its interval"


def test_a_first_cohort_that_is_none_is_marked_and_in_no_trend(settings):
    with lent() as rows:
        found = audit_customers({"transactions": rows}, settings, WINDOW, left_censored=True, seed=1)
        text = said(retention_cohorts.compared(found, USD))
    assert "Jan 2024 *" in text
    assert "The first cohort is no cohort" in text


def test_who_is_still_here_adds_up_over_cohorts():
    """Each cohort's share against the closed form, customer by customer."""
    draws = {name: np.full((3, 1), value) for name, value in {"r": 0.5, "alpha": 4.0, "a": 0.8, "b": 2.4}.items()}
    with lent() as rows:
        summary = customer_summary(rows, end=eight_customers.END)
        cells = cohort_cells(summary, activity_of(rows))
        people = summary.collect("pandas").to_native().sort_values("customer_id")
    found = alive_by_cohort(cells, draws, family="bg_nbd")
    alive = closed_forms("bg_nbd").p_alive(
        *(np.array([[value]]) for value in (0.5, 4.0, 0.8, 2.4)),
        **{name: people[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T")},
    )[0]
    assert found["n"].tolist() == [3, 2, 2, 1, 8]
    assert found["alive"].iloc[-1] == pytest.approx(alive.mean())
    january = people["customer_id"].isin(["ana", "bo", "cy"]).to_numpy()
    assert found["alive"].iloc[0] == pytest.approx(alive[january].mean())


def test_the_page_under_contract_says_what_its_tables_hold(settings):
    window = ObservationWindow(five_members.START, five_members.END)
    with open_engine(EngineSection()) as engine:
        record = {"subscriptions": engine.lend(five_members.SUBSCRIPTIONS)}
        found = audit_contracts(record, settings, window, seed=1)
        elements = [
            retention_contracts_page.answer(found),
            retention_contracts_page.key_cards(found, USD),
            retention_contracts_page.basis(found),
            retention_contracts_page.meeting(found, USD),
            *retention_contracts.renewals(found),
            *retention_contracts.by_cohort(found),
            *retention_contracts.revenue_bridge(found, USD),
            *retention_contracts.kept_revenue(found),
        ]
        text = {language: said(elements, language) for language in LANGUAGES}
    assert "100.0 % of 3 customers stayed through Jun 2024" in text["en"]
    assert "In Jun 2024 $50.00 a month was won and $0.00 a month was lost" in text["en"]
    assert "1 spell is that of a customer who had left before" in text["en"]
    assert "$117" in text["en"]
    assert not re.search(r"\bnan\b", text["id"])


def test_contracts_that_have_just_begun_make_a_page(settings):
    window = ObservationWindow(date(2024, 1, 1), date(2024, 1, 10))
    with open_engine(EngineSection()) as engine:
        record = {"subscriptions": engine.lend(five_members.SUBSCRIPTIONS)}
        found = audit_contracts(record, settings, window, seed=1)
        elements = [
            retention_contracts_page.answer(found),
            retention_contracts_page.key_cards(found, USD),
            retention_contracts_page.meeting(found, USD),
            *retention_contracts.renewals(found),
            *retention_contracts.by_cohort(found),
            *retention_contracts.revenue_bridge(found, USD),
            *retention_contracts.kept_revenue(found),
        ]
        text = said(elements)
    assert "4 customers are under contract; it is too early to say who stays" in text
    assert "No contract has come to its first renewal yet" in text
