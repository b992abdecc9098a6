"""Five views of a customer base, against eight customers worked out by hand."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clv_lib.analysis.bridge import bridge
from clv_lib.analysis.cohorts import cohorts
from clv_lib.analysis.deciles import deciles
from clv_lib.analysis.decomposition import decomposition, log_mean, totals_of_both
from clv_lib.analysis.overlap import both_stretches, overlap
from clv_lib.analysis.period_choice import choose_periods
from clv_lib.analysis.retention import audit_customers
from clv_lib.analysis.second_purchase import LEAST_WATCHED, choose_horizon, kaplan_meier, second_purchase
from clv_lib.analysis.shares import probability_above, share_interval, trend
from clv_lib.data.customers import collected
from clv_lib.data.purchase_periods import purchase_months, purchase_periods, waits
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.periods import ObservationWindow, Stretch, latest_stretches, periods_of
from clv_lib.settings import load_settings
from tests.eight_customers import APRIL, CUSTOMERS, END, FEBRUARY, JANUARY, LOG, MARCH, PURCHASE_DAYS, REVENUE
from tests.retention_support import MONTHS, WINDOW, activity_of, lent

NAN = float("nan")


@pytest.fixture(scope="module")
def views():
    with lent() as log:
        activity = activity_of(log)
        both = both_stretches(purchase_months(log, end=END), Stretch(FEBRUARY, FEBRUARY), Stretch(MARCH, MARCH))
        yield {
            "activity": collected(activity),
            "bridge": bridge(activity, MONTHS),
            "cohorts": cohorts(activity, MONTHS),
            "overlap": overlap(both, Stretch(MARCH, MARCH)),
            "totals": totals_of_both(both, measured=False),
            "both": collected(both),
            "second": second_purchase(waits(log, end=END, length=1), horizon=30),
        }


def test_april_is_seen_but_not_complete():
    assert MONTHS.seen == range(JANUARY, APRIL + 1)
    assert MONTHS.complete == range(JANUARY, MARCH + 1)
    assert latest_stretches(WINDOW) == (Stretch(FEBRUARY, FEBRUARY), Stretch(MARCH, MARCH))


def test_the_bridge_of_customers_is_the_one_made_by_hand(views):
    found = views["bridge"].customers
    columns = ["before", "new", "reactivated", "lapsed", "after", "returning"]
    assert found.loc[FEBRUARY, columns].tolist() == [3, 2, 0, 2, 3, 1]
    assert found.loc[MARCH, columns].tolist() == [3, 2, 1, 1, 5, 2]
    assert found.index.tolist() == [FEBRUARY, MARCH], "April is not over, so nobody has lapsed in it"


def test_the_bridge_of_money_is_the_one_made_by_hand(views):
    found = views["bridge"].money / MONEY_UNITS
    columns = ["before", "new", "reactivated", "more", "less", "lapsed", "after"]
    assert found.loc[FEBRUARY, columns].tolist() == [65, 112, 0, 0, 0, 45, 132]
    assert found.loc[MARCH, columns].tolist() == [132, 30, 15, 10, 4, 100, 83]


def test_shares_of_a_bridge_carry_their_number_and_beta_interval(views):
    row = views["bridge"].returning.set_index("period").loc[MARCH]
    assert (row["n"], row["rate"]) == (3, pytest.approx(2 / 3))
    assert [row["rate_low"], row["rate_high"]] == pytest.approx(stats.beta(3, 2).ppf([0.05, 0.95]))
    fresh = views["bridge"].new_share.loc[MARCH]
    assert (fresh["n"], fresh["share"]) == (5, pytest.approx(30 / 83))
    # flo 9 and gus 21 are new, ana 30, cy 15 and di 8 are not: the residuals of the ratio, customer by customer
    share = 30 / 83
    residuals = [9 * (1 - share), 21 * (1 - share), 30 * share, 15 * share, 8 * share]
    reach = stats.norm.ppf(0.95) * np.sqrt(np.square(residuals).sum()) / 83
    assert fresh["high"] == pytest.approx(share + reach)


def test_the_triangles_are_those_made_by_hand(views):
    found = views["cohorts"]
    assert found.sizes.to_dict() == {JANUARY: 3, FEBRUARY: 2, MARCH: 2, APRIL: 1}
    expected = [[3, 1, 2], [2, 1, NAN], [2, NAN, NAN], [NAN, NAN, NAN]]
    np.testing.assert_array_equal(found.triangle("customers").to_numpy(dtype=float), expected)
    rates = [[1, 1 / 3, 2 / 3], [1, 1 / 2, NAN], [1, NAN, NAN], [NAN] * 3]
    np.testing.assert_allclose(found.triangle("rate").to_numpy(dtype=float), rates)
    so_far = [[65 / 3, 85 / 3, 130 / 3], [56, 60, NAN], [15, NAN, NAN], [NAN] * 3]
    np.testing.assert_allclose(found.triangle("revenue_so_far").to_numpy(dtype=float), so_far)


def test_a_cohort_that_bought_nothing_has_nothing_and_one_not_observed_is_missing(views):
    """Bo's friends of January: nobody of a cohort buying is 0, a month that is not over is not."""
    log = pd.concat([LOG[LOG["customer_id"] == "bo"], LOG[LOG["customer_id"] == "flo"]])
    with lent(log) as rows:
        found = cohorts(activity_of(rows), MONTHS).triangle("customers")
    np.testing.assert_array_equal(found.to_numpy(dtype=float), [[1, 0, 0], [1, NAN, NAN]])


def test_revenue_so_far_varies_as_customers_do(views):
    """The sum of squares that grows only when somebody buys, against every customer's own sum."""
    cells = views["cohorts"].cells
    row = cells[(cells["cohort"] == JANUARY) & (cells["period"] == MARCH)].iloc[0]
    own = np.array([70.0, 40.0, 20.0])  # ana, bo, cy up to the end of March
    reach = stats.t.ppf(0.95, 2) * own.std(ddof=1) / np.sqrt(3)
    assert row["revenue_so_far_high"] - row["revenue_so_far"] == pytest.approx(reach)


def test_the_triangles_sum_to_the_log(views):
    cells = views["cohorts"].cells
    assert views["cohorts"].sizes.sum() == CUSTOMERS
    assert cells["orders"].sum() == PURCHASE_DAYS
    assert cells["units"].sum() == REVENUE * MONEY_UNITS


def test_the_overlap_is_the_one_made_by_hand(views):
    found = views["overlap"]
    assert found.table["customers"].to_dict() == {"both": 2, "only_first": 1, "new_in_second": 2, "back_in_second": 1}
    assert found.table["before"].tolist() == [32, 100, 0, 0]
    assert found.table["after"].tolist() == [38, 0, 30, 15]
    assert (found.before, found.after) == (3, 5)
    assert found.back_again[0] == pytest.approx(2 / 3)


def test_the_factors_multiply_to_the_revenue_and_their_effects_add_up_to_its_change(views):
    totals, products = views["totals"]
    found = decomposition(totals, products)
    before, after = [3, 4 / 3, 33.0], [5, 1.0, 16.6]
    assert found.table["before"].tolist() == pytest.approx(before)
    assert found.table["after"].tolist() == pytest.approx(after)
    weight = (83 - 132) / np.log(83 / 132)
    assert found.table["effect"].tolist() == pytest.approx(list(weight * np.log(np.divide(after, before))))
    assert found.table["effect"].sum() == pytest.approx(83 - 132, rel=1e-12)  # a handful of roundings of doubles
    assert found.of == "revenue"
    assert found.largest == "value_per_order"


def test_the_interval_of_a_factor_is_that_of_customers_drawn_again(views):
    """Against the simulation that the formula stands for: each customer comes a Poisson number of times."""
    rng = np.random.default_rng(5)
    base = pd.DataFrame(rng.poisson(3, size=(400, 2)), columns=["orders_before", "orders_after"])
    base = base.assign(
        units_before=base["orders_before"] * rng.gamma(2, 10, 400) * MONEY_UNITS,
        units_after=base["orders_after"] * rng.gamma(2, 11, 400) * MONEY_UNITS,
    ).astype("int64")
    base = base[(base[["orders_before", "orders_after"]] > 0).any(axis=1)].assign(
        customer_id=lambda t: t.index.astype(str)
    )
    with lent(base) as rows:
        found = decomposition(*totals_of_both(rows, measured=False)).table.set_index("factor")
    times = rng.poisson(1, size=(4_000, len(base)))
    spent = times @ (base[["units_before", "units_after"]].to_numpy() / MONEY_UNITS)
    orders = times @ base[["orders_before", "orders_after"]].to_numpy()
    ratio = (spent / orders)[:, 1] / (spent / orders)[:, 0] - 1
    low, high = np.quantile(ratio, [0.05, 0.95])
    # 4,000 draws know a tail quantile of a normal to about 4 % of its distance from the middle
    width = high - low
    assert found.at["value_per_order", "change_low"] == pytest.approx(low, abs=0.06 * width)
    assert found.at["value_per_order", "change_high"] == pytest.approx(high, abs=0.06 * width)


def test_the_logarithmic_mean_lies_between_its_neighbours_and_is_smooth_at_equality():
    assert log_mean(5.0, 5.0) == 5.0
    assert log_mean(100.0, 1.0) == pytest.approx(99 / np.log(100))
    near = log_mean(1.0, 1.0 + 1e-7)
    assert near == pytest.approx(1.0 + 5e-8, rel=1e-12)  # the arithmetic mean, to second order in the difference


def test_coming_back_is_counted_as_far_as_each_was_watched(views):
    """Hal is lost from sight after 5 days, before anybody is back: 7 are left, of whom 4 are back by day 30."""
    curve = views["second"].curve.set_index("day")
    assert curve.loc[[14, 15, 17, 30, 31], "back"].tolist() == pytest.approx([1 / 7, 2 / 7, 3 / 7, 4 / 7, 5 / 7])
    assert views["second"].within(30)[0] == pytest.approx(4 / 7)
    assert views["second"].median_day == 30
    assert curve.at[14, "watched"] == 7


def test_with_everybody_watched_the_interval_is_the_plain_beta_one():
    counts = pd.DataFrame({"wait": [3, 10, 40], "came_back": [1, 1, 0], "n": [20, 10, 70]})
    row = kaplan_meier(counts).set_index("day").loc[10]
    low, high = share_interval(30, 100)
    assert row["effective"] == pytest.approx(100)
    assert (row["low"], row["high"]) == (pytest.approx(float(low)), pytest.approx(float(high)))


def test_an_interval_holds_the_share_that_was_seen():
    low, high = share_interval(np.array([0, 3, 10]), np.array([10, 10, 10]))
    assert (low <= [0, 0.3, 1]).all()
    assert (high >= [0, 0.3, 1]).all()
    assert high[0] == pytest.approx(stats.beta(1, 11).ppf(0.95))
    assert np.isnan(share_interval(0, 0)).all()


def test_a_cohort_of_whom_few_were_watched_long_enough_has_no_share(views):
    assert LEAST_WATCHED > 3
    assert views["second"].cohorts["back"].isna().all()
    assert views["second"].cohorts["n"].tolist() == [3, 2, 2, 1]


def test_tenths_are_cut_by_rank_and_add_up(views):
    both = views["both"]
    buyers = both[both["orders_after"] > 0].rename(columns={"orders_after": "orders", "units_after": "units"})
    with lent(buyers[["customer_id", "orders", "units"]]) as rows:
        found = deciles(rows, by="revenue")
    assert found.table["decile"].tolist() == [1, 3, 5, 7, 9]
    assert found.table["revenue"].tolist() == [30, 21, 15, 9, 8]
    assert (found.customers, found.total) == (5, 83)
    assert found.top_share == pytest.approx(30 / 83)


@pytest.mark.parametrize(
    ("years", "gap", "name"),
    [(1.5, 10.0, "month"), (1.5, 60.0, "month"), (3, 20.0, "quarter"), (3, 200.0, "quarter"), (9, 400.0, "year")],
)
def test_periods_follow_length_and_rhythm(years, gap, name):
    days = pd.Timestamp("2010-01-01") + pd.DateOffset(months=int(12 * years)) - pd.Timedelta(days=1)
    window = ObservationWindow(pd.Timestamp("2010-01-01").date(), days.date())
    assert choose_periods(window, median_gap=gap).name == name
    assert choose_periods(window, median_gap=gap, wanted="month").name == "month"


def test_the_horizon_of_coming_back_gives_twice_the_usual_gap_where_the_log_is_long_enough():
    assert choose_horizon(18, 1095) == 60
    assert choose_horizon(200, 1095) == 365
    assert choose_horizon(200, 200) == 60
    assert choose_horizon(NAN, 40) == 30


def test_the_probability_of_a_higher_share_is_that_of_draws_of_both():
    found = probability_above(np.array([30.0, 0.0, 45.0]), np.array([100.0, 0.0, 110.0]))
    assert np.isnan(found[:2]).all(), "nothing stands before the first, and nobody in the second"
    rng = np.random.default_rng(3)
    drawn = (rng.beta(46, 66, 200_000) > rng.beta(31, 71, 200_000)).mean()
    assert found[2] == pytest.approx(drawn, abs=0.004)  # four standard errors of 200,000 draws


def test_a_true_trend_is_seen_and_scatter_is_not_taken_for_one():
    n, at = np.full(12, 500.0), np.arange(12.0)
    rising = trend(n * np.linspace(0.4, 0.55, 12), n, at, seed=1)
    assert (rising.verdict, rising.scatter) == ("better", 1.0)
    assert rising.low <= 0.15 <= rising.high
    rough = n * np.array([0.3, 0.6] * 6)
    found = trend(rough, n, at, seed=1)
    assert found.verdict == "unclear"
    assert found.scatter > 5
    assert trend(n[:3], n[:3], at[:3], seed=1).verdict == "unknown"


def test_shares_without_a_trend_are_called_one_as_often_as_stated():
    """Of 400 bases that do not change, one in ten lies beyond the two limits of 5 %; 400 draws know that to 1.5 %."""
    rng = np.random.default_rng(7)
    n, at = np.full(10, 200.0), np.arange(10.0)
    verdicts = [trend(rng.binomial(200, 0.6, 10).astype(float), n, at, seed=1, draws=10).verdict for _ in range(400)]
    wrong = np.mean([verdict in {"better", "worse"} for verdict in verdicts])
    assert 0.04 <= wrong <= 0.145


def test_the_audit_puts_the_views_together(tmp_path):
    (tmp_path / "dataset.toml").write_text(
        '[dataset]\nname = "eight"\ncurrency = "USD"\n[tables.transactions]\npath = "x.csv"\n', encoding="utf-8"
    )
    settings = load_settings(tmp_path)
    with lent() as log:
        found = audit_customers({"transactions": log}, settings, WINDOW, left_censored=True, seed=1)
    assert (found.periods.name, found.costs, found.marked) == ("month", "assumed", JANUARY)
    assert found.changed.change == -49
    assert found.deciles.total == 83
    assert found.cohorts.typical(found.marked) == FEBRUARY
    assert found.second.curve["watched"].iloc[0] == 5, "January's first purchases are not taken for first ones"


def test_quarters_and_months_hold_the_same_purchases(views):
    with lent() as log:
        quarters = cohorts(activity_of(log, length=3), periods_of(WINDOW, "quarter"))
    assert quarters.cells["units"].sum() == REVENUE * MONEY_UNITS
    assert quarters.sizes.tolist() == [7, 1]


@pytest.mark.parametrize("kind", ["pandas", pytest.param("spark", marks=pytest.mark.spark)])
def test_another_engine_gives_the_same(views, kind):
    with lent(kind=kind) as log:
        months = purchase_months(log, end=END)
        activity = purchase_periods(months, length=1)
        both = both_stretches(months, Stretch(FEBRUARY, FEBRUARY), Stretch(MARCH, MARCH))
        pd.testing.assert_frame_equal(cohorts(activity, MONTHS).cells, views["cohorts"].cells)
        found = bridge(activity, MONTHS)
        pd.testing.assert_frame_equal(found.customers, views["bridge"].customers)
        pd.testing.assert_frame_equal(found.money, views["bridge"].money)
        pd.testing.assert_frame_equal(overlap(both, Stretch(MARCH, MARCH)).table, views["overlap"].table)
        second = second_purchase(waits(log, end=END, length=1), horizon=30)
        pd.testing.assert_frame_equal(second.curve, views["second"].curve)
        ranked = both.rename({"orders_after": "orders", "units_after": "units"})
        assert deciles(ranked.filter(nw.col("orders") > 0), by="revenue").total == 83
