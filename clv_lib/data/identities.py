"""Whose row it is: merged accounts under one id, guests under none, and accounts that belong to nobody.

A placeholder such as *guest* or *n/a* is shared by many people. As one customer it would be the best of all, so its
rows never become one: they are left out of the customer models, or every order becomes a customer of its own.
"""

from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.data.engines import Engine
from clv_lib.data.merging import resolve_merges
from clv_lib.names import CUSTOMER_ID, NEW_ID, OLD_ID, ORDER_ID
from clv_lib.settings import PoliciesSection

Frame = nw.LazyFrame[Any]
PLACEHOLDERS: Final = (
    *("guest", "anonymous", "unknown", "null", "none", "n/a", "na", "nan", "-", "0", "-1", ""),
    *("<na>", "#n/a", "nil", "undefined"),
)
_LETTER: Final = "a-zà-ɏ"


def with_merges(rows: Frame, merges: Frame | pd.DataFrame | None, engine: Engine) -> Frame:
    """Replace merged ids by those in use; ``merged_id`` says where."""
    pairs = None if merges is None else resolve_merges(merges)
    if pairs is None or pairs.empty:
        return rows.with_columns(nw.lit(False).alias("merged_id"))
    names = rows.collect_schema().names()
    joined = rows.join(engine.lend(pairs), left_on=CUSTOMER_ID, right_on=OLD_ID, how="left")
    merged = ~nw.col(NEW_ID).is_null()
    in_use = nw.when(merged).then(nw.col(NEW_ID)).otherwise(nw.col(CUSTOMER_ID))
    return joined.with_columns(merged.alias("merged_id"), in_use.alias(CUSTOMER_ID)).select(*names, "merged_id")


def is_guest(policies: PoliciesSection) -> nw.Expr:
    """Whether a row names no customer: the id is missing, or a placeholder in any case."""
    known = sorted({*PLACEHOLDERS, *(each.strip().lower() for each in policies.guest_ids)})
    return nw.col(CUSTOMER_ID).is_null() | nw.col(CUSTOMER_ID).str.to_lowercase().is_in(known)


def guests_apart(rows: Frame, policies: PoliciesSection, columns: dict[str, str]) -> Frame:
    """Make every order of a guest a customer of its own (``guest_apart``), if the policy is to keep them."""
    if policies.guests != "keep":
        return rows.with_columns(nw.lit(False).alias("guest_apart"))
    text = nw.String
    by_line = nw.concat_str([nw.lit("guest "), nw.col("source").cast(text), nw.lit(":"), nw.col("line").cast(text)])
    by_row = nw.concat_str([nw.lit("guest "), nw.col("row_key").cast(text)])  # tables of an engine have no lines
    alone = nw.when(nw.col("line") > 0).then(by_line).otherwise(by_row)
    if ORDER_ID in columns:
        by_order = nw.concat_str([nw.lit("guest "), nw.col(ORDER_ID)])
        alone = nw.when(~nw.col(ORDER_ID).is_null()).then(by_order).otherwise(alone)
    rows = rows.with_columns(is_guest(policies).fill_null(False).alias("guest_apart"))
    return rows.with_columns(
        nw.when(nw.col("guest_apart")).then(alone).otherwise(nw.col(CUSTOMER_ID)).alias(CUSTOMER_ID)
    )


def is_test_account(policies: PoliciesSection) -> nw.Expr:
    """Whether an id holds one of the words as a word of its own (*test-01*, not *contest*), or one of the signs."""
    id_ = nw.col(CUSTOMER_ID).str.to_lowercase()
    wanted = [each.strip().lower() for each in policies.test_accounts if each.strip()]
    found: nw.Expr = nw.lit(False)
    words = [each for each in wanted if each.isalpha()]
    if words:  # a digit may follow: test1
        found = id_.str.contains(f"(?:^|[^{_LETTER}])(?:{'|'.join(words)})(?:[^{_LETTER}]|$)")
    for each in (each for each in wanted if not each.isalpha() and each.isalnum()):
        found = found | id_.str.contains(f"(?:^|[^0-9{_LETTER}]){each}(?:[^0-9{_LETTER}]|$)")
    for each in (each for each in wanted if not each.isalnum()):
        found = found | id_.str.contains(each, literal=True)
    return found.fill_null(False)
