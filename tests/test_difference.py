"""A change and its interval, against draws of both posteriors; and who makes the difference, against a loop."""

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.between_runs import GROUPS, moves, value_changes
from clv_lib.analysis.difference import Change, change
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.data.handover import opened_record

DRAWS = 200_000


def test_the_interval_of_a_change_of_two_normal_posteriors_is_that_of_their_difference():
    """Exact: half-widths add by their squares. 1.6449 is the normal's 95 % point."""
    now, before = Estimate(10.0, 10 - 1.6449 * 3, 10 + 1.6449 * 3), Estimate(4.0, 4 - 1.6449 * 4, 4 + 1.6449 * 4)
    found = change(now, before)
    assert (found.difference, found.mass) == (6.0, 0.9)
    assert found.low == pytest.approx(6 - 1.6449 * 5)
    assert found.high == pytest.approx(6 + 1.6449 * 5)
    assert found.beyond is False


@pytest.mark.parametrize(("shape_now", "shape_before"), [(40.0, 25.0), (25.0, 300.0), (12.0, 12.0)])
def test_skewed_posteriors_keep_their_skewness(shape_now, shape_before):
    """Against 200,000 paired draws of two gammas; the method is an approximation, and errs by less than a twentieth.

    The error of a simulated 5 % point is about 0.3 % of the width, so the tolerance is the method's, not chance.
    """
    rng = np.random.default_rng(8451)
    now, before = rng.gamma(shape_now, 1.0, DRAWS), rng.gamma(shape_before, 1.0, DRAWS)
    found = change(estimate(now), estimate(before))
    low, high = np.quantile(now - before, [0.05, 0.95])
    width = high - low
    assert found.low == pytest.approx(low, abs=0.05 * width)
    assert found.high == pytest.approx(high, abs=0.05 * width)
    plain = np.hypot(now.std(), before.std()) * 1.6449
    skewed = (found.high - found.difference) - (found.difference - found.low)
    assert np.sign(skewed) == np.sign((high + low) / 2 - (now.mean() - before.mean())) or abs(skewed) < 0.02 * plain


def test_a_change_is_called_beyond_its_uncertainty_about_as_seldom_as_it_claims():
    """The same truth twice, seen through independent noise: one in ten is called a change, and fewer where data are
    shared. 2,000 pairs; the binomial 99.9 % limits around 200 are 156 and 246."""
    rng = np.random.default_rng(1)
    a, b, common = (rng.normal(size=2_000) for _ in range(3))
    half = 1.6449

    def called(first, second):
        pairs = zip(first, second, strict=True)
        return sum(
            bool(change(Estimate(x, x - half, x + half), Estimate(y, y - half, y + half)).beyond) for x, y in pairs
        )

    assert 156 <= called(a, b) <= 246
    shared = np.sqrt(0.7) * common
    assert called(shared + np.sqrt(0.3) * a, shared + np.sqrt(0.3) * b) < 60


def test_a_figure_without_an_interval_has_a_change_and_no_verdict():
    nan = float("nan")
    found = change(Estimate(5.0, nan, nan), Estimate(3.0, 2.0, 4.0))
    assert (found.difference, found.low, found.beyond) == (2.0, None, None)
    assert change(Estimate(5.0, 4.0, 6.0, mass=0.5), Estimate(3.0, 2.0, 4.0)).beyond is None
    assert Change(3.0, 5.0, -0.1, 4.1).beyond is False
    assert Change(3.0, 5.0, 0.1, 3.9).beyond is True
    assert Change(5.0, 3.0, -3.9, -0.1).beyond is True


def opened(tmp_path, **tables):
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
    return opened_record({name: tmp_path / f"{name}.parquet" for name in tables})


def values(rows, *traces):
    return pd.DataFrame(rows, columns=["customer_id", "residual_clv", *traces])


def test_value_is_moved_by_what_customers_have_done_since(tmp_path):
    traces = ("frequency", "last_purchase_day")
    before = values([("a", 10.0, 1, 100), ("b", 20.0, 0, 90), ("c", 5.0, 2, 95), ("old", 7.0, 0, 50)], *traces)
    now = values([("a", 16.0, 2, 130), ("b", 12.0, 0, 90), ("c", 6.0, 1, 95), ("n", 9.0, 0, 125)], *traces)
    both = opened(tmp_path, now=now, before=before)
    found = value_changes(both["now"], both["before"])
    assert found.to_dict("records") == [
        {"group": "new", "customers": 1, "before": 0.0, "now": 9.0},
        {"group": "bought", "customers": 2, "before": 15.0, "now": 22.0},  # c: a purchase was corrected away
        {"group": "silent", "customers": 1, "before": 20.0, "now": 12.0},
        {"group": "gone", "customers": 1, "before": 7.0, "now": 0.0},
    ]


def test_under_contract_it_is_who_stayed_left_and_joined(tmp_path):
    before = values([("a", 10.0, True), ("b", 20.0, True), ("c", 0.0, False), ("d", 0.0, False)], "active")
    now = values(
        [("a", 9.0, True), ("b", 0.0, False), ("c", 8.0, True), ("d", 0.0, False), ("e", 11.0, True)], "active"
    )
    both = opened(tmp_path, now=now, before=before)
    found = value_changes(both["now"], both["before"]).set_index("group")
    assert list(found.index) == ["new", "joined", "stayed", "left", "former"]
    assert list(found["now"] - found["before"]) == [11.0, 8.0, -1.0, -20.0, 0.0]


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_add_up_to_the_whole(tmp_path, seed):
    """Random customers on either side: each is counted once, and no value is lost."""
    rng = np.random.default_rng(seed)

    def some():
        ids = rng.choice(60, size=40, replace=False)
        return pd.DataFrame(
            {
                "customer_id": [f"c{n}" for n in ids],
                "residual_clv": rng.normal(10, 20, 40),
                "frequency": rng.integers(0, 3, 40),
                "last_purchase_day": rng.integers(100, 103, 40),
            }
        )

    now, before = some(), some()
    both = opened(tmp_path, now=now, before=before)
    found = value_changes(both["now"], both["before"])
    assert found["customers"].sum() == len({*now["customer_id"], *before["customer_id"]})
    assert found["now"].sum() == pytest.approx(now["residual_clv"].sum())
    assert found["before"].sum() == pytest.approx(before["residual_clv"].sum())
    assert list(found["group"]) == [name for name in GROUPS if name in set(found["group"])]


def test_moves_count_those_whom_both_know(tmp_path):
    before = pd.DataFrame({"customer_id": list("abcde"), "segment": ["x", "x", "y", "y", None]})
    now = pd.DataFrame({"customer_id": list("abcfe"), "segment": ["y", "y", "y", "x", "x"]})
    both = opened(tmp_path, now=now, before=before)
    found = moves(both["now"], both["before"], "segment")
    assert found.to_dict("records") == [
        {"before": "x", "now": "y", "customers": 2},
        {"before": "y", "now": "y", "customers": 1},
    ]
