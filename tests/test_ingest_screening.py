"""Each bend of a log is found and named; a clean log, whatever its rhythm, raises nothing."""

from datetime import date, timedelta
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.data.clock import hours_in_doubt
from clv_lib.data.screening import screen
from clv_lib.data.suspicions import crowds, log_values, outlier_bin
from tests.ingest_support import reading
from tests.shops import simulated_log

START = date(2023, 1, 1)
CDNOW = Path(__file__).parents[1] / "data" / "cdnow"


def log_of(seed: int, *, per_day: float = 12.0, days: int = 540, weekly: bool = True) -> pd.DataFrame:
    """Customer-days of a steady shop with a weekly rhythm, a season, and customers who come and go."""
    rng = np.random.default_rng(seed)
    k = np.arange(days)
    rhythm = 1 + 0.5 * np.sin(2 * np.pi * k / 7) * weekly + 0.3 * np.sin(2 * np.pi * k / 365)
    day = np.repeat(k, rng.poisson(per_day * rhythm * rng.gamma(10, 0.1, days)))
    born = (day / 1.7).astype(int)  # customers arrive all the time and stay for a while
    customer = np.maximum(born - rng.exponential(25, len(day)).astype(int), -rng.integers(0, 4, len(day)))
    customer = customer * 20 + rng.integers(0, 20, len(day))
    value = np.exp(rng.normal(12.5, 0.7, len(day)) + 0.0003 * day)
    frame = pd.DataFrame({"customer_id": customer.astype(str), "day": day, "value": (value * 1e4).astype("int64")})
    return frame.drop_duplicates(["customer_id", "day"])


def found(frame: pd.DataFrame, *, days: int = 540) -> dict[str, dict]:
    rows = pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "purchase_day": frame["day"].to_numpy() + START.toordinal(),
            "value": frame["value"],
            "n": 1,
        }
    )
    lazy = nw.from_native(rows).lazy()
    end = START + timedelta(days=days - 1)
    return {each.code: each.values for each in screen(lazy, first=START, end=end)}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("per_day", [1.0, 12.0, 150.0])
def test_a_clean_log_raises_nothing(seed, per_day):
    assert found(log_of(seed, per_day=per_day)) == {}


@pytest.mark.parametrize("seed", range(8))
def test_simulated_shops_raise_nothing(seed):
    log = simulated_log(customers=600, seed=seed)
    day = (pd.to_datetime(log["day"]) - pd.Timestamp(START)).dt.days
    frame = pd.DataFrame({"customer_id": log["customer"], "day": day, "value": (log["paid"] * 1e4).astype("int64")})
    frame = frame.groupby(["customer_id", "day"], as_index=False)["value"].sum()
    assert found(frame) == {}


def test_the_cdnow_cohort_raises_nothing():
    columns = {"customer_id": "id", "ordered_at": "date", "amount": "dollars"}
    with reading(CDNOW, "transactions.csv", columns=columns, as_of=date(1998, 6, 30), currency="USD") as log:
        assert log.report.findings == ()


@pytest.mark.parametrize(("per_day", "length"), [(12.0, 7), (150.0, 3), (1.0, 45)])
def test_a_gap_far_beyond_chance_is_named_with_its_days(per_day, length):
    frame = log_of(3, per_day=per_day)
    frame = frame[~frame["day"].between(200, 200 + length - 1)]
    gap = found(frame)["gap"]
    assert date.fromisoformat(gap["first"]) <= START + timedelta(days=200)
    assert date.fromisoformat(gap["last"]) >= START + timedelta(days=200 + length - 1)
    assert gap["expected"] > length * per_day / 2


def test_a_week_without_an_order_is_no_gap_where_orders_are_rare():
    frame = log_of(3, per_day=0.7)
    assert "gap" not in found(frame[~frame["day"].between(200, 206)])


def test_an_observation_that_ends_long_after_the_last_order_is_named():
    assert found(log_of(1), days=580)["end_gap"]["days"] == 40
    assert "end_gap" not in found(log_of(1), days=541)


def test_a_last_day_that_is_cut_is_named():
    frame = log_of(2, per_day=150)
    last = frame[frame["day"] == 539].head(9)
    cut = found(pd.concat([frame[frame["day"] < 539], last]))["thin_last_day"]
    assert (cut["orders"], cut["last"]) == (9, (START + timedelta(days=539)).isoformat())


@pytest.mark.parametrize("factor", [0.001, 0.01, 100, 1000])
def test_a_change_of_unit_is_found_to_the_day(factor):
    frame = log_of(5)
    before = (frame["day"] < 365) | (factor > 1)
    frame["value"] = np.where(before, frame["value"], (frame["value"] * factor)).astype("int64")
    if factor > 1:
        frame["value"] = np.where(frame["day"] < 365, frame["value"], frame["value"] * factor).astype("int64")
    change = found(frame)["unit_change"]
    assert change["day"] == "2024-01-01"
    assert change["ratio"] == pytest.approx(factor, rel=0.2)
    assert change["after"] / change["before"] == pytest.approx(change["ratio"])


def test_a_unit_that_changes_and_changes_back_is_found_twice():
    frame = log_of(6)
    wrong = frame["day"].between(100, 160)
    frame["value"] = np.where(wrong, frame["value"] // 1000, frame["value"])
    rows = pd.DataFrame({"customer_id": frame["customer_id"], "purchase_day": frame["day"] + START.toordinal()})
    lazy = nw.from_native(rows.assign(value=frame["value"], n=1)).lazy()
    changes = [
        each for each in screen(lazy, first=START, end=START + timedelta(days=539)) if each.code == "unit_change"
    ]
    days = [(date.fromisoformat(str(each.values["day"])) - START).days for each in changes]
    assert days == [100, 161]


@pytest.mark.parametrize("factor", [2, 3, 30])
def test_a_change_of_prices_is_no_change_of_unit(factor):
    frame = log_of(7)
    frame["value"] = np.where(frame["day"] < 365, frame["value"], frame["value"] * factor)
    assert "unit_change" not in found(frame)


def test_old_customers_taken_for_new_ones_are_noticed():
    frame = log_of(8, days=540)
    late = frame[frame["day"] >= 180].assign(day=frame["day"] - 180)
    rng = np.random.default_rng(1)
    old = pd.DataFrame(
        {"customer_id": [f"old{k}" for k in range(900)], "day": rng.integers(0, 10, 900), "value": 10**9}
    )
    censored = found(pd.concat([late, old]), days=360)["left_censored"]
    assert censored["days"] == 7
    assert censored["share"] > 0.15
    assert censored["ratio"] > 3


def test_a_month_in_which_accounts_were_imported_is_named():
    frame = log_of(9)
    fresh = pd.DataFrame({"customer_id": [f"new{k}" for k in range(1500)], "day": 190, "value": 10**9})
    month = found(pd.concat([frame, fresh]))["import_month"]
    assert (month["month"], month["new"] > 3 * month["beside"]) == ("2023-07", True)


def test_dates_rounded_to_the_first_of_the_month_are_noticed():
    frame = log_of(10)
    when = pd.Timestamp(START) + pd.to_timedelta(frame["day"], unit="D")
    rounded = (when.dt.to_period("M").dt.to_timestamp() - pd.Timestamp(START)).dt.days
    frame["day"] = np.where((np.arange(len(frame)) % 3 == 0) & (rounded >= 0), rounded, frame["day"])
    assert found(frame.drop_duplicates(["customer_id", "day"]))["first_of_month"]["share"] > 0.2


def test_days_of_the_week_without_orders_are_named():
    frame = log_of(11)
    sunday = (frame["day"] + START.toordinal()) % 7 == 0
    assert found(frame[~sunday])["weekday_hole"]["weekdays"] == "7"
    assert "gap" not in found(frame[~sunday])


def hours(shift: int, *, offset: float = np.nan, n: int = 5000) -> pd.DataFrame:
    """Orders from eight in the morning to ten at night, written some hours off."""
    rng = np.random.default_rng(shift % 24)
    minute = (rng.normal(15 * 60, 200, n).astype(int) + shift * 60) % (24 * 60)
    times = pd.DataFrame({"hour": minute // 60, "minute": minute % 60, "offset": offset, "n": 1})
    return times.groupby(["hour", "minute", "offset"], as_index=False, dropna=False).sum()


def test_a_night_that_falls_by_day_is_noticed():
    zone = "Asia/Jakarta"
    assert hours_in_doubt(hours(0), zone=zone) == []
    assert hours_in_doubt(hours(2), zone=zone) == []
    assert [each.code for each in hours_in_doubt(hours(9), zone=zone)] == ["night_by_day"]
    # the same hours in UTC are right once moved to Jakarta, seven hours ahead
    assert hours_in_doubt(hours(-7, offset=0), zone=zone) == []
    assert hours_in_doubt(hours(9, n=100), zone=zone) == []  # too few


def test_one_clock_time_with_an_offset_is_noticed_and_plain_midnight_is_not():
    midnight = pd.DataFrame({"hour": [0], "minute": [0], "offset": [0.0], "n": [900]})
    (finding,) = hours_in_doubt(midnight, zone="Asia/Jakarta")
    assert finding.values["time"] == "07:00"
    assert hours_in_doubt(midnight.assign(offset=np.nan), zone="Asia/Jakarta") == []
    assert hours_in_doubt(midnight, zone="UTC") == []


@pytest.mark.parametrize("form", ["{:%Y-%m-%d %H:%M:%S}", "{:%d/%m/%Y %I:%M %p}", "{:%Y-%m-%dT%H:%M:%S}+07:00"])
def test_the_clock_is_read_from_text_in_every_form(tmp_path, form):
    rng = np.random.default_rng(0)
    minutes = (rng.normal(15 * 60, 200, 900).astype(int) + 10 * 60) % (24 * 60)
    stamps = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=k % 28, minutes=int(m)) for k, m in enumerate(minutes)]
    rows = [f"O{k},c{k % 90},{form.format(stamp)},5.25" for k, stamp in enumerate(stamps)]
    (tmp_path / "log.csv").write_text("\n".join(["order_id,customer_id,order_date,amount", *rows]))
    with reading(tmp_path, "log.csv", as_of=None) as log:
        assert "night_by_day" in [each.code for each in log.report.findings]


def crowd(sizes: list[int]) -> list[str]:
    rows = pd.DataFrame(
        {"customer_id": [f"c{k}" for k in range(len(sizes))], "purchase_day": 1, "value": 1, "n": sizes}
    )
    return crowds(nw.from_native(rows).lazy())


def test_an_id_that_many_people_share_is_suspected_and_a_good_customer_is_not():
    rng = np.random.default_rng(0)
    people = (1 + rng.geometric(0.3, 2000)).tolist()
    assert crowd([*people, 3000]) == ["c2000"]
    assert crowd([*people, 3000, 9000]) == ["c2001", "c2000"]
    assert crowd([*people, 200]) == []
    assert crowd([25]) == []
    assert crowd([3, 40]) == []


def test_outliers_are_far_beyond_what_spends_of_shops_reach():
    def limit(values):
        rows = pd.DataFrame({"customer_id": "a", "purchase_day": range(len(values)), "value": values, "n": 1})
        return outlier_bin(log_values(nw.from_native(rows).lazy()))

    rng = np.random.default_rng(2)
    gamma_gamma = (rng.gamma(6, 1, 20_000) / rng.gamma(4, 1, 20_000) * 1e6).astype("int64") + 1
    assert limit(gamma_gamma) is None
    assert limit([*gamma_gamma, int(gamma_gamma.mean() * 1e4)]) is not None
    assert limit([500_000] * 300) is None  # all the same price
    assert limit([500_000] * 300 + [3_000_000]) is None  # six times it
    assert limit([500_000] * 300 + [30_000_000]) is not None
