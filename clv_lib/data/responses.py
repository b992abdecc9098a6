"""Which responses to a campaign count: those of treated customers, after the send and within the window, once each.

Every response gets one outcome, the first that applies in the order of :data:`OUTCOMES`; 'valid' when none does.
"""

from datetime import date
from typing import Any, Final

import narwhals as nw

from clv_lib.data.tables import CONTROL, RESPONSE
from clv_lib.names import ARM, ASSIGNED_AT, CAMPAIGN_ID, CUSTOMER_ID, HAPPENED_AT, KIND, STARTS_AT
from clv_lib.periods import day_number

Frame = nw.LazyFrame[Any]
RESPONSE_WINDOW_DAYS: Final = 30  # after the send; later purchases have other causes
VALID: Final = "valid"
OUTCOMES: Final[dict[str, str]] = {
    "after_as_of": "came after the end of the observation",
    "unknown_customer": "came from customers that no other table knows",
    "not_targeted": "came from customers that the campaign was not meant for",
    "control": "came from the control group",
    "before_send": "came before the campaign was sent",
    "after_window": "came later than the response window",
    "duplicate": "repeat an earlier response of the same customer",
}
OUTCOME: Final = "outcome"


def judge_responses(
    interactions: Frame,
    members: Frame,
    *,
    campaigns: Frame | None = None,
    known: Frame | None = None,
    last_day: date | None = None,
    window_days: int = RESPONSE_WINDOW_DAYS,
) -> Frame:
    """Give every response its ``outcome``.

    Parameters
    ----------
    interactions : narwhals.LazyFrame
        Those of the kind "response" with a campaign are looked at; all columns are kept.
    members : narwhals.LazyFrame
        ``campaign_id, customer_id, arm`` and, where known, ``assigned_at``: the day of the send.
    campaigns : narwhals.LazyFrame, optional
        ``campaign_id, starts_at``: the day of the send where the members do not say.
    known : narwhals.LazyFrame, optional
        ``customer_id`` of everybody who is known; without it nobody is called unknown.
    last_day : date, optional
        Of the observation.
    window_days : int
        Last day after the send on which a response counts.
    """
    kept = interactions.collect_schema().names()
    responses = interactions.filter((nw.col(KIND).str.to_lowercase() == RESPONSE) & ~nw.col(CAMPAIGN_ID).is_null())
    sent = sends(members, campaigns)
    rows = responses.join(sent, on=[CAMPAIGN_ID, CUSTOMER_ID], how="left")
    if known is None:
        rows = rows.with_columns(nw.lit(True).alias("is known"))
    else:
        people = known.select(CUSTOMER_ID).unique().with_columns(nw.lit(True).alias("is known"))
        rows = rows.join(people, on=CUSTOMER_ID, how="left")
    day = nw.col("response day")
    rows = rows.with_columns(day_number(nw.col(HAPPENED_AT).cast(nw.Date)).alias("response day"))
    since = day - nw.col("send day")
    tests = {
        "after_as_of": (day > last_day.toordinal()) if last_day else nw.lit(False),
        "unknown_customer": nw.col("is known").is_null(),
        "not_targeted": nw.col("member arm").is_null(),
        "control": nw.col("member arm") == CONTROL,
        "before_send": (since < 0).fill_null(False),
        "after_window": (since > window_days).fill_null(False),
    }
    found: nw.Expr = nw.lit(VALID)
    for code, test in reversed(tests.items()):
        found = nw.when(test).then(nw.lit(code)).otherwise(found)
    rows = rows.with_columns(found.alias(OUTCOME))
    order = [HAPPENED_AT, *(mark for mark in ("source", "line") if mark in kept)]
    earlier = nw.col(HAPPENED_AT).cum_count().over(CAMPAIGN_ID, CUSTOMER_ID, OUTCOME, order_by=order)
    again = (nw.col(OUTCOME) == VALID) & (earlier > 1)
    rows = rows.with_columns(nw.when(again).then(nw.lit("duplicate")).otherwise(nw.col(OUTCOME)).alias(OUTCOME))
    return rows.select(*kept, OUTCOME)


def sends(members: Frame, campaigns: Frame | None) -> Frame:
    """One row per campaign and member: the arm, and the day of the send as a number."""
    there = set(members.collect_schema().names())
    send: nw.Expr = nw.lit(None, nw.Float64)
    if campaigns is not None and STARTS_AT in campaigns.collect_schema().names():
        starts = campaigns.select(CAMPAIGN_ID, day_number(nw.col(STARTS_AT)).cast(nw.Float64).alias("start day"))
        members, send = members.join(starts, on=CAMPAIGN_ID, how="left"), nw.col("start day")
    if ASSIGNED_AT in there:
        assigned = nw.col(ASSIGNED_AT)
        send = nw.when(~assigned.is_null()).then(day_number(assigned).cast(nw.Float64)).otherwise(send)
    return members.select(CAMPAIGN_ID, CUSTOMER_ID, nw.col(ARM).alias("member arm"), send.alias("send day"))
