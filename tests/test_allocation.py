"""Every unit of the ledger goes to one customer or is shown with a reason; what disagrees is said."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_lib.analysis.allocation import allocate
from clv_lib.analysis.ledger import disagreements, ledger_lines, monthly_spend
from clv_lib.data.customers import collected
from clv_lib.settings import ChannelCosts, CostsSection
from tests.cost_records import ALLOCATIONS, COSTS, END, FEB, JAN, MAR, RECORD, in_engine, in_memory
from tests.examples import examples

HERE = ["pandas", "duckdb"]
EVERYWHERE = [*HERE, pytest.param("spark", marks=pytest.mark.spark)]  # Spark plans one allocation for ten seconds
JANUARY = 2024 * 12


@pytest.fixture(params=HERE)
def engine(request) -> str:
    return request.param


def charges_of(record, engine, **costs) -> tuple[pd.DataFrame, object]:
    with in_engine(record, engine) as frames:
        found = allocate(frames, settings=CostsSection(**costs), end=END)
        rows = collected(found.charges).sort_values(
            ["kind", "month_number", "customer_id", "driver"], ignore_index=True
        )
        return rows, found


def charged(rows: pd.DataFrame, kind: str, month: int = 0) -> dict[str, float]:
    here = rows[(rows["kind"] == kind) & (rows["month_number"] == JANUARY + month)]
    return (here.groupby("customer_id")["units"].sum() / 10_000).to_dict()


@pytest.mark.parametrize("engine", EVERYWHERE)
def test_costs_follow_their_drivers_month_by_month(engine):
    rows, found = charges_of(RECORD, engine)
    assert charged(rows, "goods") == {"ada": 40.0, "ben": 40.0}, "by revenue"
    assert charged(rows, "fulfilment") == {"ada": 3.0, "ben": 6.0}, "by orders, after the correction"
    assert charged(rows, "service") == {"ada": 18.0, "ben": 5.0}, "by minutes of customers, and ada's own line"
    assert charged(rows, "acquisition", 1) == {"cleo": 35.0}, "search's and the agency's; dora never bought"
    assert charged(rows, "retention", 2) == {"ada": 3.0, "ben": 3.0, "cleo": 3.0}, "by being active"
    assert found.reconciled
    lost = found.statement[found.statement["reason"] != ""].set_index(["kind", "reason"])["booked"].to_dict()
    assert lost == {("acquisition", "nobody"): 7.0, ("service", "unknown_customer"): 4.0}


def test_a_unit_that_cannot_be_split_goes_to_the_largest_remainder_then_by_customer(engine):
    costs = pd.DataFrame({"month": [MAR, JAN], "kind": ["retention", "goods"], "amount": [0.0002, 0.0003]})
    rows, found = charges_of(RECORD | {"costs": costs}, engine)
    assert charged(rows, "retention", 2) == {"ada": 0.0001, "ben": 0.0001}
    assert charged(rows, "goods") == {"ada": 0.0002, "ben": 0.0001}
    assert found.reconciled


def test_pools_go_to_segments_by_their_shares_and_a_segment_of_nobody_stays_unallocated(engine):
    costs = COSTS[COSTS["pool"].notna()].assign(amount=100.0)
    rows, found = charges_of(RECORD | {"costs": costs, "allocations": ALLOCATIONS[:3]}, engine)
    assert charged(rows, "overhead", 2) == {"ada": 50.0, "ben": 15.0, "cleo": 15.0}
    assert (found.unallocated_units, found.refused_pools) == (200_000, ())


def test_a_pool_whose_shares_do_not_add_up_is_refused_whole_and_named(engine):
    costs = pd.DataFrame({"month": [MAR, MAR], "kind": ["overhead"] * 2, "amount": [100.0, 10.0], "pool": ["IT", "CS"]})
    _, found = charges_of(RECORD | {"costs": costs, "allocations": ALLOCATIONS}, engine)
    assert [(pool, round(total, 9)) for pool, total in found.refused_pools] == [("IT", 1.2)]
    assert found.statement.set_index("reason")["booked"]["bad_shares"] == 100.0
    assert found.reconciled


def test_without_a_table_that_counts_the_driver_the_next_one_is_taken_or_nothing(engine):
    bare = {"transactions": RECORD["transactions"][["customer_id", "ordered_at", "amount"]], "costs": COSTS}
    _, found = charges_of(bare, engine, drivers={"goods": "units"})
    assert found.drivers["service"] == "orders"
    assert "goods" not in found.drivers
    assert found.statement.set_index("reason")["booked"]["no_table"] == 80.0
    assert found.reconciled


def test_active_means_a_purchase_within_the_stated_months(engine):
    rows, _ = charges_of(RECORD, engine, active_months_after_purchase=1)
    assert charged(rows, "retention", 2) == {"ada": 4.5, "cleo": 4.5}, "ben bought last in January"


def test_marketing_of_a_channel_is_split_without_losing_a_unit(engine):
    costs = pd.DataFrame({"month": [FEB], "kind": ["marketing"], "amount": [0.0005], "channel": ["tv"]})
    rows, found = charges_of(RECORD | {"costs": costs}, engine, channels={"tv": ChannelCosts(acquisition_share=0.5)})
    assert rows.groupby("kind")["units"].sum().sum() == 5
    assert set(rows["kind"]) == {"acquisition", "marketing"}
    assert found.reconciled


@pytest.mark.parametrize(
    ("engine", "sign"),
    [*((each, 1) for each in HERE), *((each, -1) for each in HERE), pytest.param("spark", -1, marks=pytest.mark.spark)],
)
def test_a_pot_beyond_floating_point_adds_up_all_the_same(engine, sign):
    """Weights without a common measure: the parts are off by units, the sum is not."""
    orders = pd.DataFrame(
        {
            "customer_id": [f"c{k:02d}" for k in range(37)],
            "ordered_at": [JAN] * 37,
            "amount": [round(1 + 0.37 * k**1.7, 4) for k in range(37)],
        }
    )
    costs = pd.DataFrame({"month": [JAN], "kind": ["goods"], "amount": [sign * 98_765_432_109_876.5]})
    rows, found = charges_of({"transactions": orders, "costs": costs}, engine)
    assert found.booked_units > 2**53 if sign > 0 else found.booked_units < -(2**53)
    assert int(rows["units"].sum()) == found.booked_units
    parts = rows.set_index("customer_id")["units"] / found.booked_units
    expected = orders.set_index("customer_id")["amount"] / orders["amount"].sum()
    np.testing.assert_allclose(parts, expected, rtol=1e-12)


KINDS = ["acquisition", "marketing", "retention", "service", "goods", "fulfilment", "payment", "overhead", "intangible"]
LINES = st.lists(
    st.tuples(
        st.sampled_from([JAN, FEB, MAR, date(2023, 5, 1), date(2024, 4, 1)]),
        st.sampled_from(KINDS),
        st.floats(-1e9, 1e9).map(lambda value: round(value, 4)),
        st.sampled_from([None, "search", "tv", "onboarding"]),
        st.sampled_from([None, None, None, "ada", "dora", "nobody"]),
        st.sampled_from([None, "CS", "IT", "free"]),
    ),
    min_size=1,
    max_size=25,
)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "ben", "cleo", "dora", "é", "007"]),
        st.dates(date(2023, 11, 1), END),
        st.floats(0, 1e7).map(lambda value: round(value, 2)),
        st.floats(0, 50).map(lambda value: round(value, 3)),
    ),
    min_size=1,
    max_size=30,
)


@examples(12, thorough=30, derandomize=True)
@given(lines=LINES, orders=ORDERS, share=st.sampled_from([0.0, 0.37, 1.0]), kind=st.sampled_from(["pandas", "duckdb"]))
def test_any_ledger_and_any_drivers_reconcile_exactly(lines, orders, share, kind):
    """Counted apart from the function: the sum of the ledger as it stands, and of the charges as they came out."""
    costs = pd.DataFrame(lines, columns=["month", "kind", "amount", "channel", "customer_id", "pool"])
    transactions = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "amount", "quantity"])
    record = RECORD | {"costs": costs, "transactions": transactions, "allocations": ALLOCATIONS}
    rows, found = charges_of(
        record,
        kind,
        channels={"tv": ChannelCosts(acquisition_share=share)},
        drivers={"goods": "units", "overhead": "equal"},
    )
    booked = sum(round(line[2] * 10_000) for line in lines if line[0] <= END)
    assert found.booked_units == booked
    assert int(rows["units"].sum()) + found.unallocated_units == booked
    assert set(rows["customer_id"]) <= set(transactions["customer_id"])


@examples(5, thorough=10, derandomize=True)
@given(lines=LINES, orders=ORDERS)
def test_engines_charge_everybody_alike(lines, orders):
    costs = pd.DataFrame(lines, columns=["month", "kind", "amount", "channel", "customer_id", "pool"])
    transactions = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "amount", "quantity"])
    record = RECORD | {"costs": costs, "transactions": transactions, "allocations": ALLOCATIONS}
    memory, duck = (charges_of(record, kind)[0] for kind in ("pandas", "duckdb"))
    pd.testing.assert_frame_equal(memory, duck, check_dtype=False)


def hard_41(root) -> dict[str, pd.DataFrame]:
    """Case 41: a ledger of marketing lines, each on a pool of its own choosing here."""
    folder = root / "tests" / "hard"
    ledger = pd.read_csv(folder / "41_costs_ledger.csv", dtype={"campaign_id": "str"})
    ledger["month"] = pd.to_datetime(ledger["month"]).dt.date
    ledger["kind"] = "marketing"
    ledger["pool"] = ["CS"] * 3 + ["IT"] * 2 + [None] * 5
    start = date(2024, 1, 1)
    orders = pd.DataFrame({"customer_id": ["a", "b"], "ordered_at": [start, start], "amount": [1.0, 3.0]})
    people = pd.DataFrame({"customer_id": ["a", "b"], "segment": ["A", "B"]})
    return {
        "transactions": orders,
        "customers": people,
        "costs": ledger.drop(columns="cost_id"),
        "campaigns": pd.read_csv(folder / "41_campaigns.csv").astype({"budget": float, "reported_spend": float}),
        "allocations": pd.read_csv(folder / "41_allocation.csv"),
    }


def test_the_hard_ledger_says_each_difference_and_refuses_the_pool(root):
    record = in_memory(hard_41(root))
    end = date(2024, 6, 30)
    found = allocate(record, settings=CostsSection(), end=end)
    assert [pool for pool, _ in found.refused_pools] == ["CS"]
    assert found.refused_pools[0][1] == pytest.approx(1.1)
    lost = found.statement.set_index("reason")["booked"]
    assert lost["bad_shares"] == 1_200_000 + 800_000 + 450_000
    assert found.allocated_units == found.booked_units - 2_450_000 * 10_000, "the rest is allocated to the cent"
    said = disagreements(ledger_lines(record["costs"], settings=CostsSection(), end=end), record["campaigns"])
    assert said.unknown_campaigns.to_dict("records") == [{"campaign_id": "CMPX", "amount": 990_000.0}]
    assert said.without_campaign == 2_000_000
    assert said.corrections == -150_000
    assert said.mixed_tax
    assert set(said.tax["tax"]) == {"incl", "excl"}
    second = said.campaigns.set_index("campaign_id").loc["CMP2"]
    assert (second["booked"], second["reported"], second["difference"]) == (2_410_000, 2_500_000, -90_000)
    assert "CMP1" not in set(said.campaigns["campaign_id"]), "3,750,000 in both"


def test_spend_by_month_adds_up_to_the_ledger():
    spend = monthly_spend(ledger_lines(in_memory({"costs": COSTS})["costs"], settings=CostsSection(), end=END))
    assert spend["amount"].sum() == pytest.approx(COSTS["amount"].sum())
