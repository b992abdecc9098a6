"""Every way in which a refund can find its order, or none; money only moves, to the ten-thousandth."""

from decimal import Decimal

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clv_lib.data.customers import collected
from clv_lib.data.refunds import match_refunds
from tests.ingest_support import adds_up, reading

HEADER = "order_id,customer_id,order_date,amount,refund_of\n"
COLUMNS = {"order_id": "order_id", "ordered_at": "order_date", "refund_of": "refund_of"}


def refunded(tmp_path, *rows: str):
    """Reason and amount left of each row, in order of line; '' and the amount for rows that are used."""
    (tmp_path / "log.csv").write_text(HEADER + "\n".join(rows) + "\n")
    with reading(tmp_path, "log.csv", columns=COLUMNS) as found:
        adds_up(found)
        table = collected(found.classified.select("line", "reason", "booked")).sort_values("line")
        return list(zip(table["reason"], table["booked"] / 10_000, strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            ["A,x,2024-01-01,10,", "B,x,2024-01-02,20,", "R,x,2024-01-05,-10,A"],
            [("refunded_order", 0), ("", 20), ("refund", 0)],
            id="in full, by reference",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "R,x,2024-01-05,-4,A", "S,x,2024-01-06,-1.25,A"],
            [("", 4.75), ("refund", 0), ("refund", 0)],
            id="several in part",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "B,x,2024-01-01,1,", "R,x,2024-01-05,-7,A", "S,x,2024-01-06,-5,A"],
            [("refunded_order", 0), ("", 1), ("refund", 0), ("excess_refund", -2)],
            id="more than the order",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "A,x,2024-01-01,20,", "R,x,2024-01-05,-7.5,A"],
            [("", 7.5), ("", 15), ("refund", 0)],
            id="over the lines of an order, in proportion",
        ),
        pytest.param(
            ["A,x,2024-01-01,1,"] * 2 + ["A,x,2024-01-01,1,gift", "R,x,2024-01-05,-1,A"],
            [("", 0.5), ("duplicate", 1), ("", 0.5), ("refund", 0)],
            id="copies take no part",
        ),
        pytest.param(
            ["A,x,2024-01-01,1,", "A,x,2024-01-01,1,a", "A,x,2024-01-01,1,b", "R,x,2024-01-05,-1,A"],
            [("", 0.6666), ("", 0.6667), ("", 0.6667), ("refund", 0)],
            id="a third of a unit",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "A,x,2024-01-03,-10,"], [("refunded_order", 0), ("refund", 0)], id="same number"
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "A,x,2024-01-01,-1,"], [("", 9), ("refund", 0)], id="discount line of the same day"
        ),
        pytest.param(
            ["A,x,2024-01-05,10,", "A,x,2024-01-03,-10,"], [("", 10), ("unmatched_refund", -10)], id="before its order"
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "B,x,2024-01-04,10,", "R,x,2024-01-06,-10,"],
            [("", 10), ("refunded_order", 0), ("refund", 0)],
            id="by amount: the nearest earlier",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "B,x,2024-01-04,10,", "R,x,2024-01-06,-10,", "S,x,2024-01-07,-10,-"],
            [("refunded_order", 0), ("refunded_order", 0), ("refund", 0), ("refund", 0)],
            id="by amount: each once",
        ),
        pytest.param(
            ["A,x,2024-01-06,10,", "R,x,2024-01-06,-10,", "S,y,2024-01-08,-10,"],
            [("", 10), ("unmatched_refund", -10), ("unmatched_refund", -10)],
            id="by amount: an earlier day, the same customer",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "R,x,2024-01-02,-3,A", "S,x,2024-01-03,-7,"],
            [("refunded_order", 0), ("refund", 0), ("refund", 0)],
            id="by the amount that is left",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "R,x,2024-01-02,-10,LOST"],
            [("", 10), ("unmatched_refund", -10)],
            id="another order does not pay for one that is not here",
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "R,y,2024-01-02,-10,A"], [("refunded_order", 0), ("refund", 0)], id="another's"
        ),
        pytest.param(
            ["A,x,2024-01-01,10,", "A,x,2024-01-01,5,", "R,x,2024-01-02,-15,"],
            [("refunded_order", 0), ("refunded_order", 0), ("refund", 0)],
            id="a whole order of several lines, by its total",
        ),
        pytest.param(
            ["A,x,2024-01-01,0,", "A,x,2024-01-01,6,", "R,x,2024-01-02,-2,A", "B,guest,2024-01-02,-1,"],
            [("zero_amount", 0), ("", 4), ("refund", 0), ("guest", -1)],
            id="free lines and guests stay as they are",
        ),
    ],
)
def test_a_refund_finds_its_order(tmp_path, rows, expected):
    assert refunded(tmp_path, *rows, "Z,z,2024-01-01,1,")[:-1] == expected


def bracket_by_hand(rows: pd.DataFrame) -> list[str]:
    """Last in, first out, one row after the other."""
    out, stacks = dict.fromkeys(rows.index, ""), {}
    for k, row in rows.sort_values(["ordered_at", "units", "line"]).iterrows():
        stack = stacks.setdefault((row["customer_id"], abs(row["units"])), [])
        if row["units"] > 0:
            stack.append((k, row["ordered_at"]))
        elif stack:
            out[k], out[stack.pop()[0]] = "refund", "refunded_order"
        else:
            out[k] = "unmatched_refund"
    return [out[k] for k in rows.index]


@pytest.mark.parametrize("seed", range(8))
def test_the_pairing_by_windows_is_the_one_by_hand_on_pandas_and_duckdb(seed):
    rng = np.random.default_rng(seed)
    n = 120
    rows = pd.DataFrame(
        {
            "source": 0,
            "line": np.arange(n),
            "row_key": [str(k) for k in range(n)],
            "customer_id": rng.choice(["a", "b", "c"], n),
            "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 25, n), unit="D"),
            "units": rng.choice([100, 200], n) * rng.choice([1, 1, -1], n),
            "partly_refunded": False,
        }
    )
    rows["booked"] = rows["units"]
    rows["reason"] = np.where(rows["units"] < 0, "negative_amount", "")
    rows["reason"] = rows["reason"].astype("str")
    table = (
        duckdb.connect()
        .from_arrow(pa.Table.from_pandas(rows))
        .project("* REPLACE (CAST(ordered_at AS DATE) AS ordered_at)")
    )
    for frame in (nw.from_native(rows).lazy(), nw.from_native(table)):
        found = collected(match_refunds(frame, columns={})).sort_values("line")
        by_hand = pd.Series(bracket_by_hand(rows))
        counts = found.groupby(["customer_id", found["units"].abs(), "reason"]).size()
        expected = rows.groupby(["customer_id", rows["units"].abs(), by_hand]).size()
        assert counts.to_dict() == expected.to_dict()
        assert (found["booked"].sum(), len(found)) == (rows["units"].sum(), n)


@pytest.mark.parametrize("seed", range(4))
def test_orders_of_many_lines_are_refunded_to_the_unit_on_pandas_and_duckdb(seed):
    """Net lines are never negative, add up exactly, and are within a unit or so of their share; huge orders too."""
    rng = np.random.default_rng(seed)
    lines, share = 40, rng.uniform(0.01, 0.99)
    size = 10 ** rng.integers(1, 8 if seed < 3 else 15)
    units = rng.integers(1, size + 1, lines)
    asked = int(units.sum() * share)
    rows = pd.DataFrame(
        {
            "source": 0,
            "line": range(lines + 1),
            "row_key": [str(k) for k in range(lines + 1)],
            "customer_id": "a",
            "order_id": ["O"] * lines + ["R"],
            "refund_of": [None] * lines + ["O"],
            "ordered_at": pd.Timestamp("2024-01-01"),
            "units": [*units.tolist(), -asked],
            "partly_refunded": False,
            "reason": [""] * lines + ["negative_amount"],
        }
    ).astype({"reason": "str", "refund_of": "str"})
    rows["booked"] = rows["units"]
    table = (
        duckdb.connect()
        .from_arrow(pa.Table.from_pandas(rows))
        .project("* REPLACE (CAST(ordered_at AS DATE) AS ordered_at)")
    )
    for frame in (nw.from_native(rows).lazy(), nw.from_native(table)):
        found = collected(match_refunds(frame, columns={"order_id": "o", "refund_of": "r"})).sort_values("line")
        net = found["booked"].to_numpy()[:lines]
        assert found["reason"].iloc[-1] == "refund"
        assert (net >= 0).all()
        assert net.sum() == units.sum() - asked
        if units.sum() < 2**51:
            assert np.abs(net - units * (1 - asked / units.sum())).max() <= lines


def test_a_refund_in_a_currency_is_taken_off_in_it(tmp_path):
    text = (
        "order_id,customer_id,order_date,amount,refund_of,currency\n"
        "A,x,2024-01-01,10,,USD\nR,x,2024-01-20,-4,A,USD\nB,x,2024-01-09,7,,IDR\n"
    )
    (tmp_path / "log.csv").write_text(text)
    rates = pd.DataFrame({"month": ["2024-01-01"], "currency": ["usd"], "rate": [15_000.5]})
    with reading(tmp_path, "log.csv", columns=COLUMNS | {"currency": "currency"}, rates=rates) as found:
        adds_up(found)
        assert found.report.used.money == Decimal("90010.0")
        assert [each.rows for each in found.report.converted] == [1]
