"""What the pages on value say: which costs are measured, which assumed, and why somebody is worth less than nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.backtest import TotalForecast
from clv_lib.analysis.channels import value_by_channel
from clv_lib.analysis.concentration import concentration, value_tiers
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.lifetime import past_and_future
from clv_lib.analysis.new_customers import new_customer_draws, summarise_new_customer
from clv_lib.analysis.rehearsal import NoRehearsal
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.analysis.valuation import value_customers
from clv_lib.data.past import Past
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.findings import Findings, findings_of
from clv_lib.reporting.known import KnownCosts, known_costs
from clv_lib.reporting.study import Study
from clv_lib.reporting.summaries import advice, lifetime, terms, value, value_page
from clv_lib.reporting.wording import plain
from clv_lib.settings import EconomicsSection
from tests.lives import PURCHASE, SPEND, constant_draws

STATED = EconomicsSection()
YEAR = Economics(gross_margin=0.3, discount_rate_per_week=0.0027, horizon_weeks=52.18)
MEASURED = ("USD", "measured", ("goods", "fulfilment", "service"))
NOTHING = KnownCosts(None, None, None, {}, {}, 0.3)
CELLS = pd.DataFrame(
    {
        "frequency": [0, 2, 9],
        "recency": [0.0, 30.0, 38.0],
        "T": [39.0, 39.0, 40.0],
        "spend_bin": [-1, 0, 1],
        "monetary_value": [np.nan, 20.0, 35.0],
        "n": [500, 20, 10],
    }
)


def measured(per_month: float) -> KnownCosts:
    rng = np.random.default_rng(1)
    return KnownCosts(
        unit_costs=UnitCosts(
            rng.normal(0.4, 0.01, 60), rng.normal(1.5, 0.1, 60), rng.normal(per_month, 0.05, 60), *MEASURED
        ),
        referrals_per_month=np.full(60, 0.002),
        cost_per_referral=np.full(60, 5.0),
        cac={"friends": np.full(9, 2.0), "tv": np.full(9, 90.0)},
        cac_customers={"friends": 300.0, "tv": 200.0},
        gross_margin=0.3,
    )


def found(known: KnownCosts, past: Past, family: str = "bg_nbd") -> tuple[Findings, pd.DataFrame]:
    pair = constant_draws(PURCHASE[family], 50), constant_draws(SPEND, 50)
    one = {"family": family, "economics": YEAR, "seed": 1, "unit_costs": known.unit_costs}
    referrals = known.referrals(new_customer_draws(*pair, first_value=25.0, **one))
    values = value_customers(*pair, CELLS, referrals=referrals, **one)
    new = new_customer_draws(*pair, first_value=25.0, referrals=referrals, **one)
    findings = findings_of(
        family,
        values,
        past_and_future(values, past),
        concentration(values.cells),
        summarise_new_customer(new),
        NoRehearsal("too short", {}),
        basis=known.basis,
        channels=value_by_channel(new, known.cac, customers=known.cac_customers),
    )
    return findings, values.cells


ASSUMED_PAST = Past(contribution=3_000.0, revenue=10_000.0, assumed_revenue=10_000.0)
MEASURED_PAST = Past(
    contribution=3_000.0, service_cost=900.0, acquisition_cost=700.0, revenue=10_000.0, assumed_revenue=500.0
)


def page(findings: Findings, cells: pd.DataFrame, past: Past, language: str) -> str:
    """Everything that is said on value, as plain text."""
    basis, spread = findings.basis, concentration(cells)
    elements = [
        value_page.answer(findings, STATED, "USD"),
        value_page.key_cards(findings, STATED, "USD"),
        *lifetime.past_future(findings.lifetime, findings.total, basis, STATED, "USD").elements,
        terms.basis_table(basis, past, "USD"),
        lifetime.losses(findings.losses, basis, findings.family, STATED, "USD"),
        value.tenths_figure(spread.tenths, spread.share_of_top_tenth, findings.customers, basis),
        value.tiers(value_tiers(cells), "USD", basis, STATED),
        value.new_customer(findings.new, basis, STATED, "USD"),
        *terms.channels(findings.channels, STATED, "USD"),
        advice.value_tasks(findings, STATED, "USD"),
        advice.meeting(findings, STATED, "USD"),
        terms.costs_limit(basis),
    ]
    return "\n".join(plain(element.html(language)) for element in elements)


def test_without_cost_tables_the_page_says_which_assumption_stands_in():
    text = page(*found(NOTHING, ASSUMED_PAST), ASSUMED_PAST, "en")
    assert "no cost table: the margin of the settings" in text
    assert "no cost table: taken to be within the margin" in text
    assert "no referral table: counted as none" in text
    assert "no cost table: revenue times the margin of the settings" in text
    assert "No value here is negative" in text
    assert "of contribution in the next 12 months" in text
    assert "profit" not in text
    assert "measured:" not in text


def test_with_cost_tables_the_page_says_what_was_measured_and_why_some_are_a_loss():
    findings, cells = found(measured(0.7), MEASURED_PAST)
    text = page(findings, cells, MEASURED_PAST, "en")
    assert "of profit in the next 12 months" in text
    assert "measured: cost tables" in text
    assert "measured before overhead; for 5.0 % of revenue" in text
    assert "500 customers (94 %) are expected to cost more than they bring" in text
    assert "100 % of them have bought on one day only" in text
    assert "BG/NBD takes every one-time buyer for still here" in text
    assert "Paid once to win them; sunk −$700" in text.replace("sunk−", "sunk −")
    assert "1 channel costs more than its customers bring" in text
    assert "dearest channel, tv, asks $90.00" in text


def test_a_base_that_costs_more_than_it_brings_has_no_half_and_still_has_a_page():
    findings, cells = found(measured(9.0), MEASURED_PAST)
    assert findings.total.mean < 0
    text = page(findings, cells, MEASURED_PAST, "en")
    assert "as things stand, they cost more than they bring" in text
    assert "Pay nothing for a new customer" in text
    assert "hold half" not in text
    assert "nan" not in text.lower().split()


@pytest.mark.parametrize("known", [NOTHING, measured(0.7), measured(9.0)])
def test_findings_come_back_from_the_run_folder_as_they_were(tmp_path, known):
    findings, _ = found(known, MEASURED_PAST)
    findings = replace(
        findings, revenue_test=TotalForecast(Estimate(1.0, 0.5, 2.0, 0.1, 3.0), actual=0.0, missed_by=float("nan"))
    )
    folder = RunFolder(tmp_path, "04_lifetime_value")
    findings.save(folder)
    assert repr(Findings.load(folder)) == repr(findings)  # NaN is not equal to itself, its name is


def test_key_figures_tell_contribution_from_profit():
    plain_names = [figure.name for figure in found(NOTHING, ASSUMED_PAST)[0].key_figures("USD")]
    assert plain_names == ["expected_contribution", "active_customers", "new_customer_clv", "share_of_top_tenth"]
    findings, _ = found(measured(0.7), MEASURED_PAST)
    figures = {figure.name: figure.value for figure in findings.key_figures("USD")}
    assert figures["expected_profit"] == pytest.approx(findings.total.mean)
    assert figures["expected_contribution"] > figures["expected_profit"]


class _Study:
    """As much of a study as the reading of known costs needs."""

    def __init__(self, folder: RunFolder, cac: dict[str, float]):
        self.folder, self.seed = folder, 4
        self.settings = type("Settings", (), {"economics": EconomicsSection(cac=cac)})()


def known_in(folder: RunFolder, cac: dict[str, float] | None = None) -> KnownCosts:
    study: Study = _Study(folder, cac or {})  # type: ignore[assignment]
    return known_costs(study)


def test_what_the_notebook_on_costs_has_left_is_read_and_what_is_missing_is_assumed(tmp_path):
    folder = RunFolder(tmp_path, "02_cost_accounting")
    nothing = known_in(folder)
    assert nothing.unit_costs is None
    assert nothing.basis.acquisition_is_measured is None
    stated = known_in(folder, {"ads": 12.0})
    assert stated.cac["ads"].tolist() == [12.0]
    assert stated.basis.acquisition_is_measured is False

    names = ("margin_rate", "per_order", "per_active_month")
    folder.write_table("unit_costs", pd.DataFrame(dict(zip(names, ([0.4, 0.5], [1.0, 2.0], [3.0, 4.0]), strict=True))))
    folder.write_json("unit_costs", {"currency": "USD", "source": "goods_assumed", "measured": ["fulfilment"]})
    folder.write_table("referral_rates", pd.DataFrame({"new_customers": [0.01, 0.02], "cost": [5.0, 5.0]}))
    spent = {"channel": ["ads", "", "unused"], "spend": [900.0, 5.0, 0.0], "new_customers": [100.0, 3.0, 0.0]}
    folder.write_table("acquisition_costs", pd.DataFrame(spent))
    known = known_in(folder, {"ads": 12.0})
    assert known.unit_costs.per_active_month.tolist() == [3.0, 4.0]
    assert known.basis.per_order.mean == 1.5
    assert known.basis.per_month is None  # nothing that time causes was learnt
    assert known.basis.source == "goods_assumed"
    assert known.basis.referrals.mean == pytest.approx(0.015)
    assert list(known.cac) == ["ads"]  # measured before stated; channels without money or customers have no cost
    # spend / Gamma(100.5) has mean 900 / 99.5; four standard errors of 4,000 draws with a deviation of a tenth
    assert known.cac["ads"].mean() == pytest.approx(900 / 99.5, rel=4 * 0.1 / 4_000**0.5)
    assert known.cac_customers == {"ads": 100.0}
    assert known.basis.acquisition_is_measured is True
