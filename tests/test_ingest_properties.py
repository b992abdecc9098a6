"""Whatever happens to a file, no row and no money is lost silently, and only our own errors come out."""

import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from clv_lib.data.customers import collected
from clv_lib.errors import DataError, SettingsError
from clv_lib.settings import PoliciesSection
from tests.examples import examples
from tests.ingest_support import adds_up, reading

LONG = "order_id,customer_id,order_date,amount,refund_of,currency"
HEADER = "order_id,customer_id,order_date,amount"
ROWS = [f"O{k},c{k % 9},2024-0{k % 6 + 1}-{k % 27 + 1:02d},{k + 1}.25" for k in range(400)]
MONEY = sum((Decimal(row.rsplit(",", 1)[1]) for row in ROWS), Decimal(0))

CHANGES = ("drop field", "extra field", "garble date", "garble amount", "blank line", "twice", "break", "stray quote")


def changed(rows: list[str], kind: str, at: int) -> list[str]:
    """Rows after one change."""
    rows, row = list(rows), rows[at]
    fields = row.split(",")
    if kind == "drop field":
        rows[at] = ",".join(fields[:-1])
    elif kind == "extra field":
        rows[at] = row + ",x"
    elif kind == "garble date" and len(fields) > 3:
        rows[at] = ",".join([*fields[:2], "2024-02-31", *fields[3:]])
    elif kind == "garble amount" and len(fields) > 3:
        rows[at] = ",".join([*fields[:3], "n.a"])
    elif kind == "blank line":
        rows.insert(at, "  ")
    elif kind == "twice":
        rows.insert(at, row)
    elif kind == "break" and '"' not in row and len(fields) > 1:
        rows[at] = ",".join([f'"{fields[0]}\nagain"', *fields[1:]])
    elif kind == "stray quote" and '"' not in row and row.strip():
        rows[at] = row + ',"open'
    return rows


def rows_in_file(row: str) -> int:
    """How many rows must be accounted for: none for a blank line, and one for any other.

    A quoted line break belongs to its row; where the row has the wrong number of fields besides, nobody can say whether
    the quote was meant, so each of its lines is a row of its own, and none can swallow a neighbour.
    """
    if not row.strip():
        return 0
    return row.count("\n") + 1 if row.count(",") + 1 != HEADER.count(",") + 1 else 1


@example(changes=[("drop field", 0), ("break", 0)], ending="\n")
@examples(12, thorough=40)
@given(
    changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, len(ROWS) - 1)), max_size=7),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_damaged_files_lose_no_row_and_no_money(changes, ending):
    rows = ROWS
    for kind, at in changes:
        rows = changed(rows, kind, at)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "log.csv").write_bytes((ending.join([HEADER, *rows]) + ending).encode())
        try:
            with reading(Path(folder), "log.csv") as found:
                adds_up(found)
                report = found.report
                assert report.read.rows == sum(rows_in_file(row) for row in rows)
                assert len(collected(found.transactions)) == report.used.rows
                assert found.write_quarantine(Path(folder) / "q.csv") == report.quarantined.rows
                if not changes:
                    assert report.read.money == MONEY
        except DataError as error:
            assert "log.csv" in str(error)


@examples(12, thorough=40)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)), with_header=st.booleans())
def test_arbitrary_bytes_end_in_a_sentence_or_in_rows_that_add_up(data, with_header):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "log.csv").write_bytes((HEADER.encode() + b"\n" if with_header else b"") + data)
        try:
            with reading(Path(folder), "log.csv") as found:
                adds_up(found)
        except (DataError, SettingsError) as error:
            assert len(str(error)) > 40


COLUMNS = {"order_id": "order_id", "ordered_at": "order_date", "refund_of": "refund_of", "currency": "currency"}
RATES = pd.DataFrame(
    {"month": ["2024-01-01", "2024-02-01"] * 2, "currency": ["USD"] * 2 + ["SGD"] * 2, "rate": [3.3, 3.5, 2, 7.25]}
)
MERGES = pd.DataFrame({"old_id": ["c1", "c2"], "new_id": ["c2", "c3"]})
ORDER = st.integers(0, 5).map("O{}".format)
MONEY_TEXT = st.one_of(st.integers(-60, 60).map(str), st.decimals(-900, 900, places=4).map(str), st.just("0"))
ROW = st.builds(
    lambda order, who, day, month, paid, back, currency: (
        f"{order},{who},2024-{month:02d}-{day:02d},{paid},{back},{currency}"
    ),
    st.one_of(ORDER, st.just("")),
    st.sampled_from(["c1", "c2", "c3", "c4", "guest", "", "TEST", " c3 ", "n/a"]),
    st.integers(1, 9),
    st.integers(1, 2),
    MONEY_TEXT,
    st.one_of(st.just(""), ORDER),
    st.sampled_from(["IDR", "idr", "USD", "SGD"]),
)


@examples(12, thorough=40)
@given(
    rows=st.lists(ROW, min_size=1, max_size=25),
    copies=st.integers(0, 3),
    refunds=st.sampled_from(["match", "exclude"]),
    guests=st.sampled_from(["exclude", "keep"]),
    bots=st.sampled_from(["report", "exclude"]),
    conflicts=st.sampled_from(["report", "exclude"]),
    zero=st.sampled_from(["keep", "exclude"]),
    names=st.sampled_from([COLUMNS, {k: v for k, v in COLUMNS.items() if k not in ("order_id", "refund_of")}]),
)
def test_policies_in_any_mixture_lose_no_row_and_no_money(rows, copies, refunds, guests, bots, conflicts, zero, names):
    rows = [*rows, *rows[:copies]]
    policies = PoliciesSection(
        refunds=refunds, guests=guests, bots=bots, conflicting_orders=conflicts, zero_amounts=zero, bot_orders_per_day=3
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "log.csv").write_text("\n".join([LONG, *rows]) + "\n")
        try:
            with reading(
                Path(folder), "log.csv", columns=names, policies=policies, rates=RATES, merges=MERGES, decimal="."
            ) as found:
                adds_up(found)
                assert found.report.read.rows == len(rows)
                table = collected(found.transactions)
                assert len(table) == found.report.used.rows
                assert not set(table["customer_id"]) & {"guest", "TEST", "n/a", "c1", "c2"}
                if zero == "exclude":
                    assert (table["amount"] > 0).all()
                assert found.write_quarantine(Path(folder) / "q.csv") == found.report.quarantined.rows
        except DataError as error:
            assert "all" in str(error) and "set aside" in str(error)
