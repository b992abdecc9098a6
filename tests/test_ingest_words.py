"""Every reason and finding has words on the pages, in both languages' form, and none drops a value."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clv_lib.data.quality import Converted, Finding
from clv_lib.data.reasons import BENDS, FINDINGS, REASONS
from clv_lib.reporting.summaries import data, record, screening
from tests.ingest_support import reading
from tests.test_ingest_hard import HARD, REFUNDS

VALUES = {
    **{"gap": {"first": "2024-01-03", "last": "2024-01-09", "days": 7, "expected": 80.2}},
    **{"end_gap": {"first": "2024-01-03", "last": "2024-01-09", "days": 7, "expected": 80.2}},
    **{"thin_last_day": {"last": "2024-01-09", "orders": 9, "expected": 150.0}},
    **{"unit_change": {"day": "2024-01-01", "before": 250_000.0, "after": 250.0, "ratio": 0.001}},
    **{"left_censored": {"share": 0.52, "days": 7, "ratio": 32.9}},
    **{"import_month": {"month": "2023-07", "new": 1500, "beside": 300}, "first_of_month": {"share": 0.3}},
    **{"weekday_hole": {"weekdays": "6, 7"}, "same_clock_time": {"time": "07:00"}},
    **{"night_by_day": {"first": 11, "last": 17, "share": 0.2}},
    **{"days_moved": {"orders": 28_485, "share": 0.183, "clock": "UTC", "zone": "America/New_York"}},
}


def test_every_reason_finding_and_effect_has_words():
    assert set(REASONS) <= set(data.ISSUES)
    assert set(FINDINGS) == set(screening.FINDINGS) == set(VALUES)
    assert set(BENDS) == set(screening.BENDS)


@pytest.mark.parametrize("code", list(VALUES))
def test_a_finding_is_said_on_the_page_and_in_the_terminal(code):
    finding = Finding(code, "days_shifted", VALUES[code])
    said = screening.found_sentence(finding, "IDR").text("en")
    assert "{" not in said + str(finding)
    assert any(str(value)[:4] in said for value in VALUES[code].values()) or "%" in said


def test_the_page_of_a_log_says_what_stands_out_and_what_does_not():
    with reading(HARD, "04_refunds.csv", columns=REFUNDS) as found:
        report = found.report
    assert "no gap" in str(screening.findings(report).sentences[0].text("en"))
    assert screening.converted(report) is None
    assert "2" in screening.fully_refunded(report).sentences[0].text("en")
    assert len(record.log_issues(report).rows) == 3
    odd = replace(
        report,
        findings=(Finding("first_of_month", "days_rounded", {"share": 0.3}),),
        converted=(Converted("USD", 3, Decimal("9.5"), Decimal(142_500)),),
    )
    assert len(screening.findings(odd).rows) == len(screening.converted(odd).rows) == 1
