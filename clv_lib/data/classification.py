"""The one reason for which a row is not used, by tests in a fixed order."""

from datetime import date
from typing import Any

import narwhals as nw

from clv_lib.data.fetching import fetch
from clv_lib.data.identities import is_guest, is_test_account
from clv_lib.data.refunds import PENDING
from clv_lib.data.tables import EARLIEST_DAY
from clv_lib.names import ORDER_ID, ORDERED_AT
from clv_lib.periods import day_number
from clv_lib.settings import PoliciesSection

Frame = nw.LazyFrame[Any]


def classify(
    rows: Frame,
    *,
    policies: PoliciesSection,
    last_day: date,
    stated: bool,
    columns: dict[str, str],
    copies: bool = True,
) -> Frame:
    """Give every row its ``reason``, '' for the rows that are used, and whether it is a ``copy`` of an earlier one.

    The order of the reasons is the order of :data:`~clv_lib.data.reasons.REASONS`: structure, date, amount, time,
    copies, whose row it is, its amount. A row has the first that applies. ``booked`` is what the row counts for, for
    now its ``units``, and ``partly_refunded`` is false: :mod:`~clv_lib.data.refunds` changes both.
    """
    day, units = nw.col(ORDERED_AT), nw.col("units")
    faults = {
        "missing_date": day.is_null() & nw.col("no_date"),
        "bad_date": day.is_null(),
        "implausible_date": day_number(day) < EARLIEST_DAY.toordinal(),
        "missing_amount": units.is_null() & nw.col("no_amount"),
        "bad_amount": units.is_null(),
        "after_as_of" if stated else "future_date": day_number(day) > last_day.toordinal(),
    }
    rows = rows.with_columns(first_reason("fault", faults).alias("reason"))
    rows = rows.with_columns(nw.col("reason").is_null().alias("readable"))
    rows = rows.with_columns((_copy() if copies else nw.lit(False)).alias("copy"))
    by_policy: dict[str, nw.Expr] = {}
    if policies.duplicates == "drop" and ORDER_ID in columns:
        by_policy["duplicate"] = nw.col("copy") & ~nw.col(ORDER_ID).is_null()
    if policies.guests == "exclude":
        by_policy["guest"] = is_guest(policies)
    if policies.test_accounts:
        by_policy["test_account"] = is_test_account(policies)
    by_policy[PENDING] = units < 0
    if policies.zero_amounts == "exclude":
        by_policy["zero_amount"] = units == 0
    return rows.with_columns(
        first_reason("reason", by_policy).fill_null("").alias("reason"),
        units.alias("booked"),
        nw.lit(False).alias("partly_refunded"),
    ).drop("readable")


def first_reason(known: str, tests: dict[str, nw.Expr]) -> nw.Expr:
    """The reason that is known already, or the code of the first test that a row fails."""
    found: nw.Expr = nw.lit(None, nw.String)
    for code, broken in reversed(tests.items()):
        found = nw.when(broken).then(nw.lit(code)).otherwise(found)
    return nw.when(nw.col(known).is_null()).then(found).otherwise(nw.col(known))


def _copy() -> nw.Expr:
    """Whether a readable row equals an earlier one in every column of its source."""
    # not of row_key itself: on pandas, counting a partition's own key forgets the partition
    earlier = nw.col("line").cum_count().over("row_key", "readable", order_by=["source", "line"])
    return nw.col("readable") & (earlier > 1)


def any_copies(rows: Frame) -> bool:
    """Whether any rows are equal at all: the window that tells them apart is costly, and many files need none."""
    counts = rows.select(nw.col("row_key").n_unique().alias("different"), nw.len().alias("rows"))
    return bool(fetch(counts.select((nw.col("different") < nw.col("rows")).alias("any")))[0]["any"])
