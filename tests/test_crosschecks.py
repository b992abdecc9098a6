"""Tables that contradict each other: each check counts, names the first, and says what becomes of the rows."""

from decimal import Decimal

import pytest

from clv_lib.data.checks import CHECKS, Check
from clv_lib.data.record import RecordReport
from clv_lib.settings import TableSection
from tests.record_support import adds_up, collecting, rows_of, settings_for, write

LOG = ["customer_id,ordered_at,amount,product_id", "a,2024-01-10,100,p1", "b,2024-02-10,50,p1", "c,2024-03-10,50,p9"]
CUSTOMERS = ["customer_id,acquired_at", "a,2024-01-01", "b,2024-02-20", "d,2024-03-01"]


@pytest.fixture
def record(tmp_path):
    """Write the tables of a record and read it; the log and the customers are always there."""
    open_ = []

    def read(**tables: list[str]):
        for name, lines in {"log": LOG, "customers": CUSTOMERS, **tables}.items():
            write(tmp_path, f"{name}.csv", lines)
        log = TableSection(path="log.csv", columns={"product_id": "product_id"})
        settings = settings_for(
            tmp_path, log=log, customers="customers.csv", **{name: f"{name}.csv" for name in tables}
        )
        block = collecting(settings)
        found = block.__enter__()
        open_.append(block)
        for table in found.tables.values():
            adds_up(table.report)
        assert [RecordReport.from_dict(found.to_dict()).checks] == [found.checks]
        return found

    yield read
    for block in open_:
        block.__exit__(None, None, None)


def places(check: Check) -> list[tuple[int, str]]:
    return [(place.line, place.value) for place in check.first]


def test_customers_without_orders_and_orders_before_the_sign_up(record):
    found = record()
    silent, early = found.check("customers_without_orders"), found.check("orders_before_acquisition")
    assert (places(silent), silent.values["share"]) == ([(4, "d")], 1 / 3)
    assert places(early) == [(3, "b")]
    assert found.tables["customers"].report.used.rows == 3


def test_referrals_that_cannot_be_true_or_count_twice_are_set_aside(record):
    found = record(
        referrals=[
            "referrer_id,referred_id,referred_at",
            "a,c,2024-02-01",
            "b,e,2024-01-05",  # b came in February
            "a,a,2024-02-01",
            "d,c,2024-03-02",  # c was referred by a already
            "a,b,2024-03-15",  # b was a customer already
            "z,f,2024-03-15",  # nobody knows z
            "a,c,2024-02-01",
        ]
    )
    report = found.tables["referrals"].report
    assert {issue.code: [place.line for place in issue.first] for issue in report.issues} == {
        "self_referral": [4],
        "before_acquisition": [3],
        "duplicate": [8],
        "referred_twice": [5],
    }
    assert [row["referred_id"] for row in rows_of(found.tables["referrals"])] == ["c", "b", "f"]
    assert places(found.check("referred_was_customer")) == [(6, "b")]
    unknown = {check.values["column"]: places(check) for check in found.checks if check.code == "unknown_customer"}
    assert unknown == {"referrer_id": [(7, "z")], "referred_id": [(7, "f")]}


def test_responses_are_held_against_the_send_that_the_campaign_states_where_members_do_not(record):
    found = record(
        campaigns=["campaign_id,starts_at", "m1,2024-03-01"],
        campaign_members=["campaign_id,customer_id,arm", "m1,a,treated", "m1,b,treated", "m9,c,treated"],
        interactions=[
            "customer_id,happened_at,channel,kind,campaign_id",
            "a,2024-02-28,web,response,m1",
            "b,2024-04-15,web,Response,m1",
            "b,2024-03-31,web,response,m1",
            "a,2024-03-02,web,visit,m1",
        ],
    )
    assert places(found.check("response_before_send")) == [(2, "a")]
    assert places(found.check("response_after_window")) == [(3, "b")]
    assert places(found.check("unknown_campaign", "campaign_members")) == [(4, "m9")]
    assert found.check("response_duplicate") is None


def test_subscriptions_that_overlap_are_told_and_impossible_ones_set_aside(record):
    found = record(
        subscriptions=[
            "customer_id,started_at,ended_at,price",
            "a,2024-01-01,2024-03-01,10",
            "a,2024-02-01,,10",
            "b,2024-02-01,2024-01-01,10",
            "c,2024-02-01,2024-02-20,10",
            "c,2024-02-20,,10",
        ]
    )
    assert places(found.check("overlapping_subscriptions")) == [(3, "a")]
    report = found.tables["subscriptions"].report
    assert report.issue("ended_before_started").first[0].line == 4
    assert report.quarantined.money == Decimal(10)


def test_a_contract_inside_a_longer_one_is_an_overlap_even_after_a_short_one_between(record):
    found = record(
        subscriptions=[
            "customer_id,started_at,ended_at",
            "a,2024-01-02,2024-12-31",
            "a,2024-02-01,2024-02-28",
            "a,2024-03-05,2024-03-20",  # after the short one has ended, and while the long one runs
            "c,2024-01-01,",
            "c,2024-02-01,",  # open, and written twice with another first day
        ]
    )
    assert places(found.check("overlapping_subscriptions")) == [(3, "a"), (4, "a"), (6, "c")]


def test_contracts_from_before_the_sign_up_are_told_and_stay(record):
    found = record(
        subscriptions=[
            "customer_id,started_at,ended_at",
            "a,2024-01-01,",  # on the day itself
            "b,2024-02-10,2024-02-15",  # b signed up on the 20th
            "c,2024-01-01,",  # nobody knows when c signed up
        ]
    )
    assert places(found.check("subscribed_before_acquisition")) == [(3, "b")]
    assert found.tables["subscriptions"].report.used.rows == 3


def test_an_end_that_is_announced_has_not_happened_and_an_open_copy_is_an_overlap(record):
    """Spells take the copy for the same time under contract, so it is told and stays."""
    found = record(
        subscriptions=["customer_id,started_at,ended_at", "a,2024-01-01,2031-01-01", "b,2024-02-20,", "b,2024-02-20,"]
    )
    rows = rows_of(found.tables["subscriptions"])
    assert [(row["customer_id"], row["ended_at"]) for row in rows] == [("a", None), ("b", None), ("b", None)]
    assert places(found.check("overlapping_subscriptions")) == [(4, "b")]


def test_costs_outside_the_log_and_pools_without_shares_are_told_with_their_money(record):
    found = record(
        costs=["month,kind,amount,pool,campaign_id", "2023-12,service,7,it,", "2024-01,marketing,5,,m1"],
        campaigns=["campaign_id,reported_spend", "m1,5", "m2,3"],
        allocations=["pool,segment,share", "hr,x,0.333333", "hr,y,0.666667"],
    )
    assert found.check("outside_log").money == Decimal(7)
    assert (found.check("pool_without_shares").values["pool"], found.check("pool_without_shares").rows) == ("it", 1)
    assert found.check("pool_not_whole") is None
    differ = found.check("spend_differs")
    assert (differ.values["campaign"], differ.money, differ.values["difference"]) == ("m2", 0, -3.0)


def test_products_that_nobody_lists_are_told_with_their_share_of_revenue(record):
    check = record(products=["product_id,price", "p1,5"]).check("unknown_product")
    assert (check.rows, check.money, check.values) == (1, 50, {"share": 0.25, "products": 1})
    assert places(check) == [(4, "p9")]


def test_the_latest_answer_of_a_customer_counts(record):
    found = record(
        feedback=[
            "customer_id,given_at,instrument,score",
            "a,2024-03-01,nps,3",
            "a,2024-02-01,nps,9",
            "a,2024-01-01,ces,5",
        ]
    )
    assert places(found.check("repeated_answer")) == [(3, "a")]


def test_every_check_has_a_sentence(record):
    values = {
        **{"merges": 1, "column": "customer_id", "share": 0.1, "days": 30, "campaign": "m", "reported": 1.0},
        **{"difference": 1.0, "marks": "incl", "first": "a", "last": "b", "pool": "p", "sum": 1.1, "products": 2},
    }
    for code, (kind, _) in CHECKS.items():
        assert str(Check(code, "costs", kind, 3, values=values)).startswith("costs: ")


def test_several_pools_whose_shares_are_not_whole_are_set_aside_together(record):
    """The second such pool once read a table of the engine while it was made anew."""
    found = record(allocations=["pool,segment,share", "hr,x,0.4", "hr,y,0.4", "it,x,0.5", "it,y,0.5", "rent,x,0.9"])
    told = [check for check in found.checks if check.code == "pool_not_whole"]
    assert [(check.values["pool"], check.rows) for check in told] == [("hr", 2), ("rent", 1)]
    assert [check.values["sum"] for check in told] == pytest.approx([0.8, 0.9])
    report = found.reports["allocations"]
    assert (report.accepted.rows, report.quarantined.rows) == (2, 3)
