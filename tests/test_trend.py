"""The line on the list of reports: which runs it joins, where its points lie, and what it says."""

import re

from clv_lib.reporting.trend import HEIGHT, MARGIN, trend


def run(value, day="2026-01-31", status="ok", unit="USD", name="headline_value"):
    figure = {"name": name, "value": value, "low": value - 10, "high": value + 10, "unit": unit}
    return {"status": status, "key_figures": {"00_summary": [figure]}, "data": {"last_day": day}}


def test_it_joins_the_runs_from_the_oldest_to_the_newest():
    """Lowest low 90 at the bottom, highest high 130 at the top: 100 lies a quarter of the way up, 120 three."""
    html = trend([run(120.0, "2026-02-28"), run(100.0)], "en")
    assert "Value of the customers: from $100 on 31 January 2026 to $120 on 28 February 2026, 2 reports" in html
    (line,) = re.findall(r'polyline points="([^"]+)"', html)
    first, last = (float(point.split(",")[1]) for point in line.split())
    room = HEIGHT - 2 * MARGIN
    assert (first, last) == (HEIGHT - MARGIN - room / 4, HEIGHT - MARGIN - 3 * room / 4)
    assert 'role="img"' in html


def test_one_run_is_no_trend_and_repeated_ones_count_once():
    assert trend([run(100.0)], "en") == ""
    assert trend([run(100.0), run(100.0)], "en") == ""
    assert "3 reports" in trend([run(1e2), run(9e1), run(9e1), run(1e2, "2025-12-31")], "en")


def test_runs_that_cannot_be_compared_are_passed_over():
    odd = [run(9.0, status="untrusted"), run(9.0, status="partial"), run(9.0, unit="IDR"), run(9.0, name="other")]
    html = trend([run(120.0), *odd, run(100.0)], "en")
    assert "over the last 2 reports: from $100 to $120" in html
    assert trend([{"status": "ok"}, {"status": "ok", "key_figures": {}}], "en") == ""
