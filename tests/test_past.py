"""What customers have brought so far: measured where costs are known, and acquisition cost in a column of its own."""

from pathlib import Path

import pandas as pd
import pytest

from clv_lib.data.handover import ValuedCustomers, valued_customers

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["007", "ada", "ben"],
        "frequency": [0, 0, 1],
        "recency": [0.0, 0.0, 4.0],
        "T": [9.0, 9.0, 9.0],
        "spend_bin": [-1, -1, 3],
        "total_value": [10.0, 20.0, 50.1],
    }
)
CELLS = pd.DataFrame(
    {
        "frequency": [0, 1],
        "recency": [0.0, 4.0],
        "T": [9.0, 9.0],
        "spend_bin": [-1, 3],
        "n": [2, 1],
        "residual_clv": [-1.5, 7.0],
    }
)
PROFIT = pd.DataFrame(
    {
        "customer_id": ["ben", "ada", "a stranger"],
        "revenue": [40.1, 20.0, 1.0],
        "contribution": [15.25, -2.0, 1.0],
        "cost_to_serve": [4.0, 0.5, 1.0],
        "cost_to_keep": [1.0, 0.25, 1.0],
        "acquisition_cost": [6.0, 8.0, 1.0],
        "profit": [-99.0, -99.0, -99.0],
    }
)


def valued(folder: Path, profit: pd.DataFrame | None = None) -> ValuedCustomers:
    CUSTOMERS.to_parquet(folder / "customers.parquet", index=False)
    path = None
    if profit is not None:
        path = folder / "customer_costs.parquet"
        profit.to_parquet(path, index=False)
    return valued_customers(folder / "customers.parquet", CELLS, gross_margin=0.3, profit=path)


def by_customer(values: ValuedCustomers) -> pd.DataFrame:
    return values.frame.collect("pandas").to_native().set_index("customer_id").sort_index()


def test_without_a_cost_table_the_past_is_revenue_times_the_stated_margin(tmp_path):
    values = valued(tmp_path)
    table = by_customer(values)
    assert table["realised_margin"].tolist() == pytest.approx([3.0, 6.0, 15.03])
    assert table["realised_service_cost"].tolist() == [0.0, 0.0, 0.0]
    assert table["acquisition_cost"].isna().all()
    assert table["assumed_revenue"].tolist() == [10.0, 20.0, 50.1]
    past = values.past()
    assert past.margin == past.contribution == pytest.approx(24.03)
    assert past.acquisition_cost is None
    assert not past.measured


def test_measured_costs_stand_where_they_are_known_and_the_margin_elsewhere(tmp_path):
    values = valued(tmp_path, PROFIT)
    table = by_customer(values)
    assert table["realised_contribution"].tolist() == pytest.approx([3.0, -2.0, 18.25])
    assert table["realised_service_cost"].tolist() == pytest.approx([0.0, 0.75, 5.0])
    assert table["realised_margin"].tolist() == pytest.approx([3.0, -2.75, 13.25])
    assert table["lifetime_value"].tolist() == pytest.approx([1.5, -4.25, 20.25])
    assert table["assumed_revenue"].tolist() == pytest.approx([10.0, 0.0, 10.0])  # ben bought beyond the ledger
    past = values.past()
    assert past.measured
    assert past.share_assumed == pytest.approx(20.0 / 80.1)  # the stranger is no customer of ours
    assert past.contribution == pytest.approx(19.25)
    assert past.service_cost == pytest.approx(5.75)
    assert past.acquisition_cost == pytest.approx(14.0)


def test_what_winning_a_customer_has_cost_moves_no_other_column(tmp_path):
    cheap = by_customer(valued(tmp_path, PROFIT))
    dear = by_customer(valued(tmp_path, PROFIT.assign(acquisition_cost=1e6, profit=-1e6)))
    free = by_customer(valued(tmp_path, PROFIT.drop(columns=["acquisition_cost", "profit"])))
    others = [name for name in cheap if name != "acquisition_cost"]
    pd.testing.assert_frame_equal(dear[others], cheap[others], check_exact=True)
    pd.testing.assert_frame_equal(free[others], cheap[others], check_exact=True)
    assert dear["acquisition_cost"].dropna().tolist() == [1e6, 1e6]
    assert free["acquisition_cost"].isna().all()


def test_a_table_of_profit_may_know_only_some_costs(tmp_path):
    values = valued(tmp_path, PROFIT[["customer_id", "revenue", "contribution"]])
    assert by_customer(values)["realised_margin"].tolist() == pytest.approx([3.0, -2.0, 18.25])


def test_files_for_people_hold_past_and_future_apart(tmp_path):
    values = valued(tmp_path, PROFIT)
    values.write_csv(tmp_path / "values.csv")
    values.write_parquet(tmp_path / "values.parquet")
    written = pd.read_csv(tmp_path / "values.csv", dtype={"customer_id": str})
    assert written["customer_id"].tolist() == ["007", "ada", "ben"]
    for column in ("realised_margin", "residual_clv", "lifetime_value", "acquisition_cost", "assumed_revenue"):
        assert column in written
        assert column in pd.read_parquet(tmp_path / "values.parquet")
