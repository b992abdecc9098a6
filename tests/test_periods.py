"""Calendar and rates, each against the standard library or plain compounding."""

from datetime import date, timedelta

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from clv_lib.errors import SettingsError
from clv_lib.periods import (
    WEEKS_PER_YEAR,
    ObservationWindow,
    continuous_rate,
    day_number,
    days_to_weeks,
    observation_window,
    rate_per_period,
    weeks_in_months,
)

CENTURIES = [date(1600, 1, 1) + timedelta(days=k) for k in range(0, 500 * 366, 13)]
EDGES = [date(y, m, d) for y in (1, 4, 100, 400, 1900, 1999, 2000, 2024, 9999) for m, d in ((1, 1), (2, 28), (12, 31))]


def test_day_numbers_equal_the_proleptic_ordinal_over_five_centuries():
    frame = nw.from_native(pd.DataFrame({"day": pd.to_datetime(pd.Series(CENTURIES))}))
    found = frame.select(day_number(nw.col("day")).alias("n")).to_native()["n"]
    assert found.tolist() == [day.toordinal() for day in CENTURIES]


def test_day_numbers_agree_in_duckdb_from_year_one_to_9999():
    values = ", ".join(f"(DATE '{day:%Y-%m-%d}')" for day in EDGES if day.year >= 1000)
    values += ", " + ", ".join(f"(DATE '{day.isoformat()}')" for day in EDGES if day.year < 1000)
    relation = duckdb.connect().sql(f"SELECT * FROM (VALUES {values}) t(day)")
    found = nw.from_native(relation).select(nw.col("day"), day_number(nw.col("day")).alias("n")).collect("pyarrow")
    rows = found.to_native().to_pylist()
    assert len(rows) == len(EDGES)
    assert all(row["n"] == row["day"].toordinal() for row in rows)


def test_rates_per_period_compound_to_the_annual_rate():
    for annual in (-0.2, 0.0, 0.03, 0.15, 1.5):
        weekly = rate_per_period(annual, periods_per_year=WEEKS_PER_YEAR)
        assert (1 + weekly) ** WEEKS_PER_YEAR == pytest.approx(1 + annual, rel=1e-12)


def test_the_continuous_rate_is_the_one_of_the_iso_value_paper():
    """Fader, Hardie & Lee (2005), p. 420: 15 % a year is delta = .0027 a week; half a unit of the last digit."""
    assert continuous_rate(0.15, periods_per_year=52) == pytest.approx(0.0027, abs=0.00005)


def test_twelve_months_are_a_year_and_whole_weeks_round_down():
    assert weeks_in_months(12) == pytest.approx(365.25 / 7, rel=1e-15)
    frame = nw.from_native(pd.DataFrame({"d": [0, 6, 7, 13, 14]}))
    assert frame.select(days_to_weeks(nw.col("d"), whole=True)).to_native()["d"].tolist() == [0, 0, 1, 1, 2]
    assert frame.select(days_to_weeks(nw.col("d"))).to_native()["d"].tolist() == [0, 6 / 7, 1, 13 / 7, 2]


def test_two_thirds_calibrate_unless_either_part_is_too_short():
    window = observation_window(date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=300))
    assert window.calibration_end == date(2023, 1, 1) + timedelta(days=200)
    assert window.holdout_weeks == pytest.approx(100 / 7)
    assert observation_window(date(2023, 1, 1), date(2023, 2, 1)).calibration_end is None


def test_a_window_that_ends_before_it_begins_is_refused_with_both_days():
    with pytest.raises(SettingsError, match=r"ends on 2023-01-01 and the log begins on 2023-01-02"):
        ObservationWindow(date(2023, 1, 2), date(2023, 1, 1))
    with pytest.raises(SettingsError, match=r"calibration_end must fall inside the log"):
        ObservationWindow(date(2023, 1, 1), date(2023, 3, 1), date(2023, 3, 1))
