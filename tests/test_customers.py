"""Customers and cells, against a table made by hand and against the published CDNOW sample."""

from datetime import date, datetime
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.data.customer_cells import backtest_cells, cells, spend_cells, split_cells, valuation_cells
from clv_lib.data.customers import (
    activity,
    attach,
    choose_exact_spend,
    choose_resolution,
    collected,
    customer_summary,
    purchase_days,
)
from clv_lib.data.engines import write_parquet
from clv_lib.data.opening import open_engine
from clv_lib.errors import DataError
from clv_lib.periods import observation_window
from clv_lib.settings import EngineSection
from tests.six_customers import END, LOG, SUMMARY

CDNOW = Path(__file__).parents[1] / "data" / "cdnow"


@pytest.fixture
def engine():
    with open_engine(EngineSection()) as opened:
        yield opened


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    log = pd.read_csv(CDNOW / "transactions.csv", dtype={"id": "str", "date": "str"})
    chosen = pd.read_csv(CDNOW / "customers.csv", dtype={"id": "str"}).query("in_sample == 1")["id"]
    log = log[log["id"].isin(chosen)]
    days = pd.to_datetime(log["date"], format="%Y%m%d").dt.date
    return pd.DataFrame({"customer_id": log["id"], "ordered_at": days, "amount": log["dollars"]})


def by_hand(found: pd.DataFrame, resolution: str = "day") -> None:
    found = found.sort_values("customer_id", ignore_index=True)
    assert found["customer_id"].tolist() == SUMMARY["customer_id"].tolist()
    assert found["frequency"].tolist() == SUMMARY["frequency"].tolist()
    scale = (lambda days: days / 7) if resolution == "day" else (lambda days: days // 7)
    assert found["recency"].tolist() == scale(SUMMARY["recency_days"]).tolist()
    assert found["T"].tolist() == scale(SUMMARY["T_days"]).tolist()
    for name in ("monetary_value", "first_value", "total_value"):
        np.testing.assert_array_equal(found[name].astype(float), SUMMARY[name].astype(float))


@pytest.mark.parametrize("resolution", ["day", "week"])
def test_the_summary_of_six_customers_is_the_one_worked_out_by_hand(engine, resolution):
    by_hand(collected(customer_summary(engine.lend(LOG), end=END, resolution=resolution)), resolution)


def test_pandas_gives_the_same_summary_as_the_engine():
    frame = LOG.assign(ordered_at=pd.to_datetime(LOG["ordered_at"]))
    by_hand(collected(customer_summary(nw.from_native(frame).lazy(), end=END)))


def test_the_order_of_the_rows_does_not_matter(engine):
    for seed in range(5):
        by_hand(collected(customer_summary(engine.lend(LOG.sample(frac=1, random_state=seed)), end=END)))


def test_timestamps_count_as_their_day(engine):
    stamps = LOG.assign(ordered_at=[datetime(d.year, d.month, d.day, 23, 59, 59) for d in LOG["ordered_at"]])
    by_hand(collected(customer_summary(engine.lend(stamps), end=END)))


def test_purchases_of_one_day_are_one_occasion(engine):
    days = collected(purchase_days(engine.lend(LOG)))
    assert len(days) == len(LOG) - 1
    ben = days[(days["customer_id"] == "ben") & (days["purchase_day"] == date(2024, 1, 29).toordinal())]
    assert ben["value"].tolist() == [400_000]


def test_nothing_after_the_end_is_seen(engine):
    early = collected(customer_summary(engine.lend(LOG), end=date(2024, 1, 8)))
    assert sorted(early["customer_id"]) == ["NULL", "ada", "ben"]
    assert early.set_index("customer_id").loc["ben", ["frequency", "recency", "T"]].tolist() == [1, 1.0, 1.0]


def test_cells_count_every_customer_once_and_have_no_twins(engine):
    twice = pd.concat([LOG, LOG.assign(customer_id=LOG["customer_id"] + "'")])
    found = cells(customer_summary(engine.lend(twice), end=END))
    assert found["n"].sum() == 12
    assert (found["n"] == 2).all()
    assert not found.duplicated(["frequency", "recency", "T"]).any()


def test_spend_steps_are_two_per_cent_wide_and_leave_out_free_repeats(engine):
    found = collected(customer_summary(engine.lend(LOG), end=END)).set_index("customer_id")
    assert found.loc[["ada", "007", "eve"], "spend_bin"].tolist() == [-1, -1, -1]
    for name, mean in (("ben", 35.0), ("NULL", 3.3), ("cleo", 6.5)):
        assert found.loc[name, "spend_bin"] == np.floor(np.log(mean * 10_000) / 0.02)
    spent = spend_cells(customer_summary(engine.lend(LOG), end=END))
    assert spent["n"].sum() == 3
    assert sorted(spent["monetary_value"]) == [3.3, 6.5, 35.0]
    np.testing.assert_allclose(spent["mean_log_value"], np.log(spent["monetary_value"]), rtol=0, atol=1e-9)


def test_exact_spend_keeps_every_distinct_mean_apart(engine):
    near = pd.DataFrame(
        [(f"c{k}", date(2024, 1, day), 10 + k / 100) for k in range(9) for day in (1, 2)],
        columns=["customer_id", "ordered_at", "amount"],
    )
    binned = spend_cells(customer_summary(engine.lend(near), end=END))
    exact = spend_cells(customer_summary(engine.lend(near), end=END, exact_spend=True))
    assert len(binned) < 9
    assert exact["monetary_value"].tolist() == [10 + k / 100 for k in range(9)]
    # the bins keep both sums that the spend model needs
    assert (binned["monetary_value"] * binned["n"]).sum() == pytest.approx(exact["monetary_value"].sum(), rel=1e-12)
    assert (binned["mean_log_value"] * binned["n"]).sum() == pytest.approx(
        np.log(exact["monetary_value"]).sum(), abs=1e-7
    )
    assert choose_exact_spend(2_357)
    assert not choose_exact_spend(1_000_000)


def test_results_by_cell_come_back_to_every_customer(engine, tmp_path):
    summary = customer_summary(engine.lend(LOG), end=END)
    found = valuation_cells(summary).assign(clv=lambda each: each["frequency"] * 10.0)
    joined = attach(summary, found, engine=engine)
    write_parquet(joined, tmp_path / "customers.parquet")
    written = pd.read_parquet(tmp_path / "customers.parquet")
    assert len(written) == 6
    assert (written["clv"] == written["frequency"] * 10.0).all()
    assert "n" not in written
    assert [path.name for path in tmp_path.iterdir()] == ["customers.parquet"]
    with pytest.raises(DataError, match="name each cell once"):
        attach(summary, pd.concat([found, found]), engine=engine)


def test_activity_counts_purchase_days_by_calendar_month(engine):
    found = collected(activity(engine.lend(LOG)))
    found["month"] = pd.to_datetime(found["month"]).dt.date
    table = found.set_index(["customer_id", "month"]).sort_index()
    assert table.loc[("ben", date(2024, 1, 1))].tolist() == [3, 90.0]
    assert table.loc[("NULL", date(2023, 12, 1))].tolist() == [1, 1.1]
    assert table.loc[("NULL", date(2024, 1, 1))].tolist() == [3, 9.9]
    assert found["revenue"].sum() == pytest.approx(LOG["amount"].sum(), abs=1e-9)


def test_resolution_auto_takes_days_while_the_cells_are_few(engine):
    log = engine.lend(LOG)
    assert choose_resolution(log, end=END, wanted="auto") == "day"
    assert choose_resolution(log, end=END, wanted="week") == "week"


def test_the_cdnow_sample_is_the_published_one(engine, sample):
    """Fader, Hardie & Lee (2005): 2,357 customers, 2,457 repeats, 1,411 without, 946 with mean 35.08 and sd 30.28."""
    summary = collected(customer_summary(engine.lend(sample), end=date(1997, 9, 30)))
    repeaters = summary[summary["frequency"] > 0]["monetary_value"]
    assert (len(summary), summary["frequency"].sum(), (summary["frequency"] == 0).sum()) == (2_357, 2_457, 1_411)
    assert (len(repeaters), round(repeaters.mean(), 2), round(repeaters.std(), 2)) == (946, 35.08, 30.28)


def test_the_cdnow_holdout_is_the_published_one(engine, sample):
    """BTYD walkthrough: customers and mean holdout purchases by calibration frequency 0 to 6 and 7 or more."""
    window = observation_window(date(1997, 1, 1), date(1998, 6, 30), calibration_end=date(1997, 9, 30))
    found = backtest_cells(engine.lend(sample), window=window)
    group = found["frequency_cal"].clip(upper=7)
    customers = found["n"].groupby(group).sum()
    bought = (found["frequency_holdout"] * found["n"]).groupby(group).sum()
    assert customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    expected = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    np.testing.assert_allclose(bought / customers, expected, rtol=0, atol=0.0005)
    after = sample[sample["ordered_at"] > date(1997, 9, 30)]
    assert found["revenue_holdout"].sum() == pytest.approx(after["amount"].sum(), abs=0.005)


def test_split_cells_hold_the_same_customers_twice(engine, sample):
    window = observation_window(date(1997, 1, 1), date(1998, 6, 30), calibration_end=date(1997, 9, 30))
    found = split_cells(engine.lend(sample), window=window)
    assert found["n"].sum() == 2_357
    np.testing.assert_allclose(found["T"] - found["T_cal"], window.holdout_weeks, rtol=0, atol=1e-9)
    assert (found["frequency"] >= found["frequency_cal"]).all()


def test_the_last_period_counts_repeat_days_of_the_stretch_before_the_split(engine):
    """Window Dec 31 to Jan 31, split on Jan 15: the stretch of 16 days before it holds Dec 31 to Jan 15."""
    window = observation_window(date(2023, 12, 31), date(2024, 1, 31), calibration_end=date(2024, 1, 15))
    found = backtest_cells(engine.lend(LOG), window=window, exact_spend=True)
    ben = found[(found["frequency_cal"] == 1) & (found["frequency_holdout"] == 1)].iloc[0]
    assert (ben["last_period"], ben["revenue_holdout"], ben["monetary_value"]) == (1, 40.0, 30.0)
    null = found[found["frequency_cal"] == 2].iloc[0]
    assert (null["last_period"], null["frequency_holdout"], null["revenue_holdout"]) == (2, 1, 4.4)
    assert found["n"].sum() == 4  # cleo and 007 were born in the holdout


def test_a_window_without_a_split_has_no_backtest(engine):
    window = observation_window(date(2024, 1, 1), date(2024, 2, 1))
    with pytest.raises(DataError, match="too short for both"):
        backtest_cells(engine.lend(LOG), window=window)
