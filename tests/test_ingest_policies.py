"""Each policy does what its description says, in rows and in money, and leaves what it does not concern alone."""

from decimal import Decimal

import pandas as pd
import pytest

from clv_lib.data.customers import collected
from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.data.quality import QualityReport
from clv_lib.errors import DataError
from clv_lib.settings import EngineSection, PoliciesSection
from tests.ingest_support import adds_up, reading, settings_for
from tests.requirements import require

HEADER = "order_id,customer_id,order_date,amount"
MANY = [f"O{k},c{k % 40},2024-01-{k % 28 + 1:02d},{k + 1}.50" for k in range(300)]


def log(tmp_path, *rows: str, header: str = HEADER) -> str:
    (tmp_path / "log.csv").write_text("\n".join([header, *rows]) + "\n")
    return "log.csv"


def aside(found) -> dict[str, tuple[int, Decimal]]:
    return {issue.code: (issue.rows, issue.money) for issue in found.report.issues}


@pytest.mark.parametrize("id_", ["guest", "GUEST", " Anonymous ", "n/a", "NaN", "0", "-1", "-", "", "NULL", "<NA>"])
def test_a_placeholder_is_nobody(tmp_path, id_):
    with reading(tmp_path, log(tmp_path, *MANY, f"X,{id_},2024-01-09,7")) as found:
        adds_up(found)
        assert aside(found) == {"guest": (1, 7)}


def test_placeholders_can_be_added_and_other_ids_are_left_alone(tmp_path):
    rows = ["X,Walk-In,2024-01-09,7", "Y,00,2024-01-09,7", "Z,guestavo,2024-01-09,7", "Q,1,2024-01-09,7"]
    with reading(tmp_path, log(tmp_path, *MANY, *rows), policies=PoliciesSection(guest_ids=("walk-in",))) as found:
        assert aside(found) == {"guest": (1, 7)}


def test_test_accounts_are_left_out_and_can_be_named_or_allowed(tmp_path):
    rows = [f"X{k},{id_},2024-01-09,7" for k, id_ in enumerate(["test", "Demo-7", "contest", "bob@example.com", "qa9"])]
    with reading(tmp_path, log(tmp_path, *MANY, *rows)) as found:
        adds_up(found)
        assert aside(found) == {"test_account": (3, 21)}
        assert [place.value for place in found.report.issue("test_account").first] == [
            "test",
            "Demo-7",
            "bob@example.com",
        ]
    with reading(tmp_path, "log.csv", policies=PoliciesSection(test_accounts=("qa", "c7"))) as found:
        assert found.report.issue("test_account").rows == 1 + sum(",c7," in row for row in MANY)
    with reading(tmp_path, "log.csv", policies=PoliciesSection(test_accounts=())) as found:
        assert aside(found) == {}


def test_robots_are_noted_and_left_out_only_when_asked(tmp_path):
    rows = [f"R{k},bot,2024-01-09,1" for k in range(51)] + ["R99,bot,2024-01-20,1"]
    lines = [f"BIG,lines,2024-01-09,{k + 1}" for k in range(80)]  # one order of many lines is no robot
    with reading(tmp_path, log(tmp_path, *MANY, *rows, *lines)) as found:
        assert aside(found)["suspected_bot"] == (52, 52)
        assert found.report.quarantined.rows == 0
    with reading(tmp_path, "log.csv", policies=PoliciesSection(bots="exclude")) as found:
        adds_up(found)
        assert aside(found)["bot"] == (52, 52)
        assert found.report.used.rows == 380
    with reading(tmp_path, "log.csv", policies=PoliciesSection(bot_orders_per_day=60)) as found:
        assert "suspected_bot" not in aside(found)


def test_an_order_of_two_customers_or_days_is_noted_and_left_out_only_when_asked(tmp_path):
    rows = ["A,x,2024-01-01,1", "A,y,2024-01-01,2", "B,x,2024-01-01,4", "B,x,2024-01-02,8"]
    fine = ["C,x,2024-01-01,16", "C,x,2024-01-01,32", "D,x,2024-01-03,5", "D,x,2024-01-09,-5", ",x,2024-01-04,1"]
    with reading(tmp_path, log(tmp_path, *rows, *fine)) as found:
        adds_up(found)
        assert aside(found)["conflicting_order"] == (4, 15)
        assert found.report.used.rows == 7
    with reading(tmp_path, "log.csv", policies=PoliciesSection(conflicting_orders="exclude")) as found:
        adds_up(found)
        assert aside(found)["excluded_conflict"] == (4, 15)
        assert found.report.used.money == 49


def test_an_id_shared_by_many_is_suspected_and_named(tmp_path):
    rows = [f"S{k},Toko,2024-01-{k % 28 + 1:02d},1" for k in range(900)]
    with reading(tmp_path, log(tmp_path, *MANY, *rows)) as found:
        (issue,) = found.report.issues
        assert (issue.code, issue.kind, issue.rows, issue.first[0].value) == ("suspected_guest", "note", 900, "Toko")


def test_outliers_are_noted_with_count_money_and_lines_and_stay(tmp_path):
    with reading(tmp_path, log(tmp_path, *MANY, "X,c3,2024-02-09,9000000")) as found:
        assert aside(found) == {"outlier": (1, 9_000_000)}
        assert found.report.issue("outlier").first[0].line == 302
        assert found.report.accepted.rows == 301


def test_merged_ids_are_replaced_before_anything_else(tmp_path):
    """A guest that was merged into a customer is that customer, and copies, refunds and robots see the id in use."""
    merges = pd.DataFrame({"old_id": ["guest", "b"], "new_id": ["a", "a"]})
    rows = ["A,guest,2024-01-01,5", "B,b,2024-01-02,7", "R,a,2024-01-09,-7"]
    with reading(tmp_path, log(tmp_path, *rows), merges=merges) as found:
        adds_up(found)
        assert collected(found.transactions)["customer_id"].tolist() == ["a"]
        assert aside(found) == {"refund": (1, -7), "refunded_order": (1, 7), "merged_id": (1, 5)}


@pytest.mark.parametrize(
    ("rates", "match"),
    [
        ({"month": ["2024-01-01"] * 2, "currency": ["USD"] * 2, "rate": [1.0, 2.0]}, "one positive rate"),
        ({"month": ["2024-01-01"], "currency": ["USD"], "rate": [0.0]}, r"USD in 2024-01, rate 0"),
        (
            {"month": ["2023-12-01"], "currency": ["USD"], "rate": [2.0]},
            r"no rate for USD in 2024-01: 1 rows \(line 3\)",
        ),
    ],
)
def test_rates_that_cannot_be_true_or_are_missing_are_refused(tmp_path, rates, match):
    rows = ["A,a,2024-01-01,5,IDR", "B,a,2024-01-01,5,usd"]
    name = log(tmp_path, *rows, header=HEADER + ",currency")
    columns = {"order_id": "order_id", "ordered_at": "order_date", "currency": "currency"}
    with pytest.raises(DataError, match=match), reading(tmp_path, name, columns=columns, rates=pd.DataFrame(rates)):
        pass


def test_costs_are_converted_with_the_amount_and_late_rows_need_no_rate(tmp_path):
    rows = ["A,a,2024-01-01,5,usd,2", "B,a,2024-01-01,5,IDR,2", "C,a,2024-07-01,5,USD,2"]
    name = log(tmp_path, *rows, header=HEADER + ",currency,cost")
    columns = {"order_id": "order_id", "ordered_at": "order_date", "currency": "currency", "unit_cost": "cost"}
    rates = pd.DataFrame({"month": [pd.Timestamp("2024-01-01")], "currency": ["USD"], "rate": [3.0]})
    with reading(tmp_path, name, columns=columns, rates=rates) as found:
        adds_up(found)
        table = collected(found.transactions).sort_values("amount")
        assert table["amount"].tolist() == [5, 15]
        assert table["unit_cost"].tolist() == [2, 6]
        assert found.report.issue("after_as_of").money == 0  # in dollars, for which there is no rate
        assert QualityReport.from_dict(found.report.to_dict()) == found.report
        assert any("USD: 1 rows of 5.00 are 15.00 IDR" in line for line in found.report.lines())


def test_the_policies_that_were_applied_stand_in_the_report(tmp_path):
    with reading(tmp_path, log(tmp_path, *MANY)) as found:
        assert found.report.policies["refunds"] == "match"
        assert found.report.policies["test_accounts"] == "test, demo, dummy, internal, @example."


@pytest.mark.spark
def test_policies_give_the_same_on_spark_and_duckdb(tmp_path):
    require("pyspark", "java")
    rows = [
        *MANY,
        *(
            "R1,c7,2024-01-28,-8.50",
            "O9,c9,2024-01-12,-1",
            "R2,c1,2024-01-29,-999",
            "T,c5,2024-01-02,3",
            "T,c5,2024-01-02,4",
        ),
        *(
            "R3,c5,2024-01-28,-7",
            "G,guest,2024-01-02,5",
            "X,test,2024-01-02,5",
            "T,c6,2024-01-02,3",
            "T,c6,2024-01-02,3",
        ),
        *("K,c2,2024-01-02,3", "K,c3,2024-01-02,9"),
    ]
    name = log(tmp_path, *rows)
    merges = pd.DataFrame({"old_id": ["c39"], "new_id": ["c1"]})
    tables = {}
    for kind in ("duckdb", "spark"):
        settings = settings_for(tmp_path, name).replacing(engine=EngineSection(kind=kind))
        with open_engine(settings.engine) as engine:
            found = ingest(settings, engine, merges=merges)
            adds_up(found)
            report = found.report
            tables[kind] = collected(found.transactions).sort_values(["customer_id", "ordered_at", "amount"])
            tables[kind + " issues"] = [(each.code, each.rows, each.money, each.counted) for each in report.issues]
            tables[kind + " findings"] = report.findings
    assert [code for code, *_ in tables["duckdb issues"]] == [
        *("duplicate", "guest", "test_account", "refund", "refunded_order", "unmatched_refund"),
        *("merged_id", "partly_refunded", "conflicting_order"),
    ]
    assert tables["spark issues"] == tables["duckdb issues"]
    assert tables["spark findings"] == tables["duckdb findings"]
    assert tables["spark"]["amount"].tolist() == tables["duckdb"]["amount"].tolist()
    assert tables["spark"]["customer_id"].tolist() == tables["duckdb"]["customer_id"].tolist()
