"""Segments: everybody in exactly one, lines by profit as stated or from the data, bands, and staying put."""

from itertools import product
from math import inf

import numpy as np
import pandas as pd
import pytest

from clv_lib.analysis.segments import (
    BANDS,
    FEWEST_IN_BAND,
    Cuts,
    band_lines,
    cut_points,
    rounded_down,
    segmented,
)
from clv_lib.data.engines import DuckDBEngine
from clv_lib.names import EVIDENCE_OF_SEGMENT, EVIDENCE_OF_STAGE, LIFECYCLE_STAGES, SEGMENTS
from clv_lib.settings import SegmentsSection
from tests.segments_support import SECTION, collected, lazy, people

LINES = Cuts(100.0, 10.0, 0.5)


def placed(table: pd.DataFrame, cuts: Cuts = LINES) -> pd.DataFrame:
    return collected(segmented(lazy(table), cuts)).sort_values("customer_id", ignore_index=True)


def one(stage: str, value: float | None, risk: float | None) -> str:
    row = {"customer_id": ["a"], "lifecycle_stage": [stage], "residual_clv": [value], "churn_risk": [risk]}
    return str(placed(pd.DataFrame(row).astype({"residual_clv": float, "churn_risk": float}))["segment"][0])


def expected(stage: str, value: float, risk: float) -> str:
    """The same rules, written as a manager would tell them."""
    high, middle, risky = value >= 100, 10 <= value < 100, risk >= 0.5
    if stage == "dormant":
        return "dormant_valuable" if high or middle else "dormant"
    if stage == "at_risk":
        return "high_value_at_risk" if high else "overdue"
    if stage in ("acquisition", "activation"):
        return "promising" if high or middle else "newcomers"
    if high:
        return "slipping" if risky else "champions"
    if stage == "reactivated":
        return "returned"
    if not middle:
        return "small_regulars"
    return "slipping" if risky else "loyal_core"


@pytest.mark.parametrize("stage", LIFECYCLE_STAGES)
def test_every_stage_value_and_risk_has_its_segment(stage):
    for value, risk in product((-5.0, 0.0, 9.99, 10.0, 99.99, 100.0, 1e9), (0.0, 0.4999, 0.5, 1.0)):
        assert one(stage, value, risk) == expected(stage, value, risk), (value, risk)


def test_everybody_is_in_exactly_one_segment_and_it_lies_in_the_evidence_group_of_the_stage():
    table = people()
    found = placed(table, cut_points(lazy(table), SECTION))
    assert sorted(found["customer_id"]) == sorted(table["customer_id"])
    assert set(found["segment"]) <= set(SEGMENTS)
    assert (found["evidence"] == found["segment"].map(EVIDENCE_OF_SEGMENT)).all()
    assert (found["evidence"] == found["lifecycle_stage"].map(EVIDENCE_OF_STAGE)).all()


def test_the_lines_hold_the_stated_shares_of_the_profit():
    """By adding up customers one by one, dormant ones left out; rounded down, so at least that share."""
    table = people(3_000)
    cuts = cut_points(lazy(table), SECTION)
    here = table[table["lifecycle_stage"] != "dormant"]
    total = here["residual_clv"].sum()
    raw = here.sort_values("residual_clv", ascending=False)
    exact = raw["residual_clv"][raw["residual_clv"].cumsum() >= 0.5 * total].iloc[0]
    assert cuts.high_value == rounded_down(exact) <= exact
    part = here.loc[here["residual_clv"] >= cuts.high_value, "residual_clv"].sum() / total
    assert 0.5 <= part < 0.56  # two digits: at most a tenth of the figure lower
    assert here.loc[here["residual_clv"] < cuts.low_value, "residual_clv"].sum() / total <= 0.1
    risky = here.loc[here["churn_risk"] >= cuts.high_risk, "residual_clv"].sum() / total
    assert 0.25 <= risky < 0.25 + 0.05


def test_what_the_settings_state_counts_and_is_remembered_as_stated():
    section = SegmentsSection(high_value=70.0, high_risk=0.9)
    cuts = cut_points(lazy(people()), section)
    assert (cuts.high_value, cuts.high_risk) == (70.0, 0.9)
    assert cuts.stated == {"high_value", "high_risk"}
    assert cuts.low_value is not None and cuts.low_value < 70.0


def test_a_changed_line_changes_who_is_a_champion():
    table = people()
    few, many = (
        (placed(table, cut_points(lazy(table), SegmentsSection(high_value=value)))["segment"] == "champions").sum()
        for value in (500.0, 20.0)
    )
    assert few < many


def test_a_derived_low_line_is_never_above_a_stated_high_one():
    cuts = cut_points(lazy(people()), SegmentsSection(high_value=0.5))
    assert cuts.low_value == 0.5


def test_where_nobody_brings_anything_nobody_is_of_high_value():
    table = people().assign(residual_clv=-1.0)
    cuts = cut_points(lazy(table), SECTION)
    assert cuts.high_value == inf
    assert set(placed(table, cuts)["value_tier"]) == {"low"}


def test_without_values_and_risks_the_stage_alone_decides():
    table = people().assign(residual_clv=np.nan, churn_risk=np.nan)
    table["residual_clv"], table["churn_risk"] = None, None
    table = table.astype({"residual_clv": "float64[pyarrow]", "churn_risk": "float64[pyarrow]"})
    cuts = cut_points(lazy(table), SECTION)
    assert (cuts.high_value, cuts.low_value, cuts.high_risk) == (None, None, None)
    found = placed(table, cuts)
    assert set(found["segment"]) == {"loyal_core", "returned", "newcomers", "overdue", "dormant"}
    assert found["value_tier"].isna().all() and (found["band"] == 1).all()
    assert set(found.loc[found["evidence"] == "quiet", "risk_tier"]) == {"high"}


def test_a_customer_whom_the_model_does_not_know_brings_nothing():
    table = people().astype({"residual_clv": "float64[pyarrow]"})
    table.loc[0, ["residual_clv", "lifecycle_stage"]] = [None, "acquisition"]
    assert placed(table).loc[0, ["value_tier", "segment"]].tolist() == ["low", "newcomers"]


@pytest.mark.parametrize(
    ("value", "down"), [(657_818.68, 650_000.0), (0.033082, 0.033), (10.0, 10.0), (9.99, 9.9), (99.9, 99.0), (0.0, 0.0)]
)
def test_lines_are_rounded_down_to_two_digits(value, down):
    assert rounded_down(value) == down


def test_bands_bring_about_the_same_and_hold_enough_customers():
    rng = np.random.default_rng(2)
    values = np.sort(rng.lognormal(3, 1, 5_000))[::-1]
    lines = band_lines(values, np.ones(len(values), dtype=int))
    band = 1 + (values[:, None] < np.array(lines)).sum(axis=1)
    profit = np.bincount(band, values)[1:]
    assert len(profit) == BANDS
    assert profit / profit.sum() == pytest.approx(np.full(BANDS, 1 / BANDS), abs=0.002)  # one customer is less
    assert (np.bincount(band)[1:] >= FEWEST_IN_BAND).all()
    assert (np.diff(np.bincount(band)[1:]) > 0).all(), "the most valuable are the fewest"


@pytest.mark.parametrize("n", [1, 19, 39, 40, 60, 100])
def test_small_segments_have_fewer_bands_of_enough_customers(n):
    values = np.arange(n, 0, -1.0)
    lines = band_lines(values, np.ones(n, dtype=int))
    sizes = np.bincount(1 + (values[:, None] < np.array(lines).reshape(1, -1)).sum(axis=1))[1:]
    assert sizes.sum() == n and (len(sizes) == 1 or sizes.min() >= FEWEST_IN_BAND)


def test_equal_values_share_a_band_and_worthless_segments_have_one():
    assert band_lines(np.array([5.0]), np.array([500])) == []
    assert band_lines(np.array([0.0, -3.0]), np.array([300, 300])) == []
    table = people(1_000).assign(residual_clv=lambda frame: (frame["residual_clv"] // 10) * 10.0)
    found = placed(table, cut_points(lazy(table), SECTION))
    assert (found.groupby(["segment", "residual_clv"])["band"].nunique() == 1).all()


def test_few_customers_change_segment_when_the_figures_move_a_little():
    """Another posterior moves every figure by about 1 %: who changes must be about those within 1 % of a line.

    With figures spread over a factor of ten around a line, about 1 in 100 lies within 2 % of one; three lines, and a
    step of rounding (up to 10 % of a line, when it is crossed) leave room for 6 in 100.
    """
    table = people(4_000)
    rng = np.random.default_rng(11)
    again = table.assign(
        residual_clv=table["residual_clv"] * np.exp(0.01 * rng.standard_normal(len(table))),
        churn_risk=(table["churn_risk"] + 0.005 * rng.standard_normal(len(table))).clip(0, 1),
    )
    before, after = (placed(each, cut_points(lazy(each), SECTION))["segment"] for each in (table, again))
    assert (before != after).mean() < 0.06
    assert (
        before != placed(table.sample(frac=1.0, random_state=1), cut_points(lazy(table), SECTION))["segment"]
    ).sum() == 0


def test_duckdb_draws_the_same_lines_and_the_same_segments():
    table = people()
    with DuckDBEngine() as engine:
        lent = engine.lend(table)
        cuts = cut_points(lent, SECTION)
        found = collected(segmented(lent, cuts)).sort_values("customer_id", ignore_index=True)
    assert cuts == cut_points(lazy(table), SECTION)
    pd.testing.assert_frame_equal(found, placed(table, cuts), check_dtype=False)


@pytest.mark.spark
def test_spark_draws_the_same_lines_and_the_same_segments():
    from clv_lib.data.opening import open_engine
    from clv_lib.settings import EngineSection

    table = people(80)
    with open_engine(EngineSection(kind="spark")) as engine:
        lent = engine.lend(table)
        cuts = cut_points(lent, SECTION)
        found = collected(segmented(lent, cuts)).sort_values("customer_id", ignore_index=True)
    assert cuts == cut_points(lazy(table), SECTION)
    assert found["segment"].tolist() == placed(table, cuts)["segment"].tolist()
    assert found["band"].tolist() == placed(table, cuts)["band"].tolist()
