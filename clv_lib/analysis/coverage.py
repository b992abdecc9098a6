"""What is held per source and month, and of how many customers: counted where the tables lie, small when they leave."""

from collections.abc import Mapping
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import collected
from clv_lib.names import (
    ACQUIRED_AT,
    ASKED_AT,
    ASSIGNED_AT,
    CUSTOMER_ID,
    GIVEN_AT,
    HAPPENED_AT,
    MONTH,
    ORDERED_AT,
    REFERRED_AT,
    REFERRED_ID,
    REFERRER_ID,
    STARTED_AT,
    STARTS_AT,
    N,
)
from clv_lib.periods import MONTHS_PER_YEAR, ObservationWindow

Frame = nw.LazyFrame[Any]
Record = Mapping[str, Frame]
DATED: Final = {
    "transactions": ORDERED_AT,
    "customers": ACQUIRED_AT,
    "subscriptions": STARTED_AT,
    "interactions": HAPPENED_AT,
    "campaigns": STARTS_AT,
    "campaign_members": ASSIGNED_AT,
    "feedback": GIVEN_AT,
    "value_survey": ASKED_AT,
    "referrals": REFERRED_AT,
    "costs": MONTH,
    "fx_rates": MONTH,
}  # the day by which a table's rows are placed in a month
OF_CUSTOMERS: Final = (
    ("customers", CUSTOMER_ID),
    ("subscriptions", CUSTOMER_ID),
    ("interactions", CUSTOMER_ID),
    ("campaign_members", CUSTOMER_ID),
    ("feedback", CUSTOMER_ID),
    ("value_survey", CUSTOMER_ID),
    ("referrals", REFERRER_ID),
    ("referrals", REFERRED_ID),
    ("costs", CUSTOMER_ID),
)  # where a customer is named


def month_number(day: nw.Expr) -> nw.Expr:
    """Months since year 0: whole numbers, which every engine can subtract."""
    return day.dt.year().cast(nw.Int64) * MONTHS_PER_YEAR + day.dt.month().cast(nw.Int64) - 1


def first_of_month(number: int) -> pd.Timestamp:
    """First day of a month from its number."""
    return pd.Timestamp(year=number // MONTHS_PER_YEAR, month=number % MONTHS_PER_YEAR + 1, day=1)


def coverage_matrix(record: Record, *, window: ObservationWindow) -> pd.DataFrame:
    """Rows per table and month of the observation.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
    window : ObservationWindow

    Returns
    -------
    DataFrame
        table, month (first day), rows; a row for every month of the window, 0 where a table holds nothing. Tables
        without a date, and rows without one or outside the window, are left out: see :func:`table_sizes`.
    """
    first, last = (day.year * MONTHS_PER_YEAR + day.month - 1 for day in (window.start, window.end))
    parts = []
    for table, column in DATED.items():
        if table not in record or column not in record[table].collect_schema().names():
            continue
        number = record[table].filter(~nw.col(column).is_null()).select(month_number(nw.col(column)).alias("number"))
        counted = collected(number.group_by("number").agg(nw.len().alias("rows"))).set_index("number")["rows"]
        rows = counted.reindex(range(first, last + 1), fill_value=0).astype("int64")
        parts.append(
            pd.DataFrame({"table": table, MONTH: [first_of_month(n) for n in rows.index], "rows": rows.to_numpy()})
        )
    return pd.concat(parts, ignore_index=True)


def table_sizes(record: Record, *, window: ObservationWindow) -> pd.DataFrame:
    """Rows per table, and how many of them can be placed in the observation.

    Returns
    -------
    DataFrame
        table, rows, undated (no day, or no column for one), outside (before the first or after the last day),
        first, last (day; NaT without any).
    """
    return pd.DataFrame([_size(table, frame, window) for table, frame in record.items()])


def _size(table: str, frame: Frame, window: ObservationWindow) -> dict[str, Any]:
    column = DATED.get(table)
    if column is None or column not in frame.collect_schema().names():
        rows = int(collected(frame.select(nw.len().alias(N)))[N].iloc[0])
        return {"table": table, "rows": rows, "undated": rows, "outside": 0, "first": pd.NaT, "last": pd.NaT}
    day = nw.col(column).cast(nw.Date)
    start, end = window.start, window.end
    if column == MONTH:  # a month belongs to the window when any of its days does
        start = start.replace(day=1)
    flags = frame.select(
        day.alias("day"),
        day.is_null().cast(nw.Int64).alias("undated"),
        ((day < nw.lit(start)) | (day > nw.lit(end))).fill_null(False).cast(nw.Int64).alias("outside"),
    )
    found = collected(
        flags.select(
            nw.len().alias("rows"),
            nw.col("undated").sum(),
            nw.col("outside").sum(),
            nw.col("day").min().alias("first"),
            nw.col("day").max().alias("last"),
        )
    ).iloc[0]
    counts = {name: 0 if pd.isna(found[name]) else int(found[name]) for name in ("rows", "undated", "outside")}
    return {"table": table, **counts, "first": pd.Timestamp(found["first"]), "last": pd.Timestamp(found["last"])}


def customers_with(record: Record, *, window: ObservationWindow) -> pd.DataFrame:
    """How many of the customers who bought each table knows, and how many it names who never bought.

    Returns
    -------
    DataFrame
        table, column, customers (who bought and are named), share (of all who bought), strangers (named, never
        bought). In the order of :data:`OF_CUSTOMERS`.
    """
    log = record["transactions"].filter(nw.col(ORDERED_AT) <= nw.lit(window.end))
    buyers = log.select(CUSTOMER_ID).unique().with_columns(nw.lit(1).cast(nw.Int64).alias("bought"))
    total = int(collected(buyers.select(nw.len().alias(N)))[N].iloc[0])
    rows = []
    for table, column in OF_CUSTOMERS:
        if table not in record or column not in record[table].collect_schema().names():
            continue
        named = record[table].select(nw.col(column).alias(CUSTOMER_ID)).filter(~nw.col(CUSTOMER_ID).is_null()).unique()
        both = named.join(buyers, on=CUSTOMER_ID, how="left").select(nw.col("bought").fill_null(0))
        found = collected(both.select(nw.len().alias(N), nw.col("bought").sum())).iloc[0]
        known = 0 if pd.isna(found["bought"]) else int(found["bought"])
        rows.append(
            {
                "table": table,
                "column": column,
                "customers": known,
                "share": known / total if total else float("nan"),
                "strangers": int(found[N]) - known,
            }
        )
    return pd.DataFrame(rows, columns=["table", "column", "customers", "share", "strangers"])
