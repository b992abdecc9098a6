"""What has become of the customers between two runs: whose value has changed, and who is in another group.

Both are exact sums over customers, so the parts add up to the whole.
"""

from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.names import ACTIVE, CUSTOMER_ID, FREQUENCY, LAST_DAY, RESIDUAL_CLV

NEW: Final = "new"  # not among the customers before
BOUGHT: Final = "bought"  # has bought since, or what is known of the past was corrected
SILENT: Final = "silent"  # nothing since
JOINED: Final = "joined"  # under contract now, and was not
STAYED: Final = "stayed"  # under contract then and now
LEFT: Final = "left"  # under contract then
FORMER: Final = "former"  # neither then nor now
GONE: Final = "gone"  # no longer among the customers, as after a merge of two accounts
GROUPS: Final = (NEW, JOINED, BOUGHT, STAYED, SILENT, LEFT, FORMER, GONE)
_THEN: Final = "_then"


def value_changes(now: Frame, before: Frame) -> pd.DataFrame:
    """Value of the customers then and now, by what they have done since.

    Parameters
    ----------
    now, before : narwhals.LazyFrame
        Values of all customers of each run, in the same engine. With a column ``active`` the customers are under
        contract.

    Returns
    -------
    DataFrame
        group, customers, before, now (residual CLV, currency): the groups that hold anybody, in the order of
        :data:`GROUPS`.
    """
    contractual = ACTIVE in now.collect_schema().names()
    traces = (ACTIVE,) if contractual else (FREQUENCY, LAST_DAY)
    both = _beside(now, before, (RESIDUAL_CLV, *traces))
    is_new, is_gone = nw.col(f"{RESIDUAL_CLV}{_THEN}").is_null(), nw.col(RESIDUAL_CLV).is_null()
    group = _by_contract() if contractual else _by_purchases()
    grouped = both.with_columns(
        nw.when(is_new).then(nw.lit(NEW)).when(is_gone).then(nw.lit(GONE)).otherwise(group).alias("group"),
        nw.col(RESIDUAL_CLV).fill_null(0.0),
        nw.col(f"{RESIDUAL_CLV}{_THEN}").fill_null(0.0),
    )
    found = collected(
        grouped.group_by("group").agg(
            nw.len().alias("customers"),
            nw.col(f"{RESIDUAL_CLV}{_THEN}").sum().alias("before"),
            nw.col(RESIDUAL_CLV).sum().alias("now"),
        )
    )
    order = found["group"].map({name: place for place, name in enumerate(GROUPS)})
    return found.iloc[order.argsort()].reset_index(drop=True)


def moves(now: Frame, before: Frame, column: str) -> pd.DataFrame:
    """Customers by the group that they were in and the one that they are in, most first.

    Parameters
    ----------
    now, before : narwhals.LazyFrame
        With ``customer_id`` and ``column``; only customers that both know are counted.
    column : str
        As ``segment`` or ``lifecycle_stage``.

    Returns
    -------
    DataFrame
        before, now, customers; also those who stayed where they were.
    """
    both = _beside(now, before, (column,)).filter(~nw.col(column).is_null() & ~nw.col(f"{column}{_THEN}").is_null())
    pairs = both.select(nw.col(f"{column}{_THEN}").alias("before"), nw.col(column).alias("now"))
    found = collected(pairs.group_by("before", "now").agg(nw.len().alias("customers")))
    return found.sort_values(["customers", "before", "now"], ascending=[False, True, True], ignore_index=True)


def _beside(now: Frame, before: Frame, columns: tuple[str, ...]) -> Frame:
    """Every customer of either run once, what is known of it then under names that end in ``_then``."""
    then = before.select(CUSTOMER_ID, *(nw.col(name).alias(f"{name}{_THEN}") for name in columns))
    return now.select(CUSTOMER_ID, *columns).join(then, on=CUSTOMER_ID, how="full", suffix=_THEN)


def _by_purchases() -> nw.Expr:
    same = (nw.col(FREQUENCY) == nw.col(f"{FREQUENCY}{_THEN}")) & (nw.col(LAST_DAY) == nw.col(f"{LAST_DAY}{_THEN}"))
    return nw.when(same).then(nw.lit(SILENT)).otherwise(nw.lit(BOUGHT))


def _by_contract() -> nw.Expr:
    now, then = nw.col(ACTIVE), nw.col(f"{ACTIVE}{_THEN}")
    return (
        nw.when(now & then)
        .then(nw.lit(STAYED))
        .when(now)
        .then(nw.lit(JOINED))
        .when(then)
        .then(nw.lit(LEFT))
        .otherwise(nw.lit(FORMER))
    )
