"""Signs beside the purchases: complaints, answers to campaigns, scores, subscriptions, as they stood at a cut-off."""

from collections.abc import Mapping
from datetime import date
from functools import reduce
from typing import Final

import narwhals as nw

from clv_lib.data.customers import Frame
from clv_lib.data.responses import OUTCOME, VALID, judge_responses
from clv_lib.data.tables import RESPONSE, TICKET
from clv_lib.data.tables.crm import SCALES, TREATED
from clv_lib.names import (
    ARM,
    ASSIGNED_AT,
    CAMPAIGN_ID,
    CUSTOMER_ID,
    ENDED_AT,
    GIVEN_AT,
    HAPPENED_AT,
    INSTRUMENT,
    KIND,
    PLAN,
    RESOLVED_AT,
    SCORE,
    STARTED_AT,
    STARTS_AT,
)
from clv_lib.periods import day_number

INSTRUMENTS: Final = tuple(SCALES)


def _day(column: str) -> nw.Expr:
    return day_number(nw.col(column).cast(nw.Date))


def _flag(condition: nw.Expr) -> nw.Expr:
    return condition.fill_null(False).cast(nw.Float64)


def interaction_signs(interactions: Frame, *, at: int, days: int) -> Frame:
    """Complaints and other contacts of the last ``days``, and complaints that nobody had settled by the cut-off."""
    ticket = nw.col(KIND).str.to_lowercase() == TICKET
    answer = nw.col(KIND).str.to_lowercase() == RESPONSE
    seen = interactions.filter(_day(HAPPENED_AT) <= at)
    recent = _day(HAPPENED_AT) > at - days
    there = RESOLVED_AT in interactions.collect_schema().names()
    still_open = (nw.col(RESOLVED_AT).is_null() | (_day(RESOLVED_AT) > at)) if there else nw.lit(False)
    flags = {"complaints": ticket & recent, "contacts": ~ticket & ~answer & recent, "ever_complained": ticket}
    flags |= {"open_complaints": ticket & still_open} if there else {}
    counts = (
        seen.with_columns(*(_flag(test).alias(name) for name, test in flags.items()))
        .group_by(CUSTOMER_ID)
        .agg(*(nw.col(name).sum() for name in flags))
    )
    return counts.select(
        CUSTOMER_ID,
        *((1 + nw.col(name)).log().alias(name) for name in flags if name != "ever_complained"),
        (nw.col("ever_complained") > 0).cast(nw.Float64).alias("ever_complained"),
    )


def open_tickets(interactions: Frame | None) -> Frame | None:
    """Customers with a complaint that nobody has settled, once each; None where no table tells when one was."""
    if interactions is None or RESOLVED_AT not in interactions.collect_schema().names():
        return None
    tickets = interactions.filter((nw.col(KIND).str.to_lowercase() == TICKET) & nw.col(RESOLVED_AT).is_null())
    return tickets.select(CUSTOMER_ID).unique()


def campaign_signs(record: Mapping[str, Frame], *, cutoff: date, days: int) -> Frame | None:
    """Campaigns that were sent to the customer and answered: in the last ``days``, and against before.

    Answers are those of :mod:`~clv_lib.data.responses` that had come in by the cut-off.
    """
    at, members = cutoff.toordinal(), record["campaign_members"]
    campaigns = record.get("campaigns")
    there = members.collect_schema().names()
    starts = campaigns is not None and STARTS_AT in campaigns.collect_schema().names()
    if ASSIGNED_AT not in there and not starts:
        return None
    sent_day = _day(ASSIGNED_AT) if ASSIGNED_AT in there else nw.lit(None, nw.Float64)
    if starts and campaigns is not None:
        members = members.join(campaigns.select(CAMPAIGN_ID, STARTS_AT), on=CAMPAIGN_ID, how="left")
        sent_day = nw.when(sent_day.is_null()).then(_day(STARTS_AT)).otherwise(sent_day)
    sent = members.with_columns(sent_day.alias("sent day")).filter(
        (nw.col(ARM) == TREATED) & (nw.col("sent day") <= at)
    )
    sent = sent.select(CAMPAIGN_ID, CUSTOMER_ID, _flag(nw.col("sent day") > at - days).alias("late"))
    heard = record["interactions"].filter(_day(HAPPENED_AT) <= at)
    judged = judge_responses(heard, record["campaign_members"], campaigns=campaigns, last_day=cutoff)
    answers = judged.filter(nw.col(OUTCOME) == VALID).select(CAMPAIGN_ID, CUSTOMER_ID).unique()
    answers = answers.with_columns(nw.lit(1.0).alias("answer"))
    each = sent.join(answers, on=[CAMPAIGN_ID, CUSTOMER_ID], how="left").with_columns(
        nw.col("answer").fill_null(0.0), nw.lit(1.0).alias("one")
    )
    sums = (
        each.with_columns((nw.col("late") * nw.col("answer")).alias("late answer"))
        .group_by(CUSTOMER_ID)
        .agg(*(nw.col(name).sum() for name in ("one", "answer", "late", "late answer")))
    )
    early, early_answer = nw.col("one") - nw.col("late"), nw.col("answer") - nw.col("late answer")

    def part(some: nw.Expr, whole: nw.Expr) -> nw.Expr:
        return some / nw.when(whole > 0).then(whole).otherwise(nw.lit(1.0))

    known, both = nw.col("late") > 0, (nw.col("late") > 0) & (early > 0)
    lately = part(nw.col("late answer"), nw.col("late"))
    return sums.select(
        CUSTOMER_ID,
        known.cast(nw.Float64).alias("campaigns_known"),
        lately.alias("campaigns_answered"),
        nw.when(both).then(lately - part(early_answer, early)).otherwise(nw.lit(0.0)).alias("campaigns_change"),
    )


def feedback_signs(feedback: Frame, *, at: int) -> Frame:
    """Per instrument: the last score as a part of its scale, and how far it lies above the mean of those before it."""
    day = nw.col("day")
    asked = feedback.with_columns(_day(GIVEN_AT).alias("day")).filter(day <= at)
    low = {name: scale[0] for name, scale in SCALES.items()}
    parts = [
        (asked.filter(nw.col(INSTRUMENT) == name), name, float(low[name]), float(SCALES[name][1] - low[name]))
        for name in INSTRUMENTS
    ]
    found = []
    for rows, name, least, width in parts:
        each = rows.select(CUSTOMER_ID, day, ((nw.col(SCORE).cast(nw.Float64) - least) / width).alias("score"))
        each = each.with_columns(day.max().over(CUSTOMER_ID).alias("last"))
        is_last = (day == nw.col("last")).cast(nw.Float64)
        sums = (
            each.with_columns(
                is_last.alias("n last"), (is_last * nw.col("score")).alias("sum last"), nw.lit(1.0).alias("n")
            )
            .group_by(CUSTOMER_ID)
            .agg(*(nw.col(column).sum() for column in ("n", "n last", "score", "sum last")))
        )
        before = nw.col("n") - nw.col("n last")
        last = nw.col("sum last") / nw.col("n last")
        mean = (nw.col("score") - nw.col("sum last")) / nw.when(before > 0).then(before).otherwise(nw.lit(1.0))
        own = sums.select(
            CUSTOMER_ID,
            nw.lit(1.0).alias(f"{name}_known"),
            last.alias(f"{name}_score"),
            nw.when(before > 0).then(last - mean).otherwise(nw.lit(0.0)).alias(f"{name}_change"),
        )
        found.append(own)
    return reduce(_outer, found)


def _outer(left: Frame, right: Frame) -> Frame:
    """All customers of either, by way of their union: every engine names the key of an outer join in its own way."""
    everyone = nw.concat([left.select(CUSTOMER_ID), right.select(CUSTOMER_ID)]).unique()
    return everyone.join(left, on=CUSTOMER_ID, how="left").join(right, on=CUSTOMER_ID, how="left")


def subscription_signs(subscriptions: Frame, *, at: int, days: int) -> Frame:
    """Whether a subscription was running, had been cancelled lately or ever, and whether the plan had changed."""
    began = subscriptions.filter(_day(STARTED_AT) <= at)
    there = subscriptions.collect_schema().names()
    ended = (_day(ENDED_AT) <= at).fill_null(False) if ENDED_AT in there else nw.lit(False)
    lately = (ended & (_day(ENDED_AT) > at - days)) if ENDED_AT in there else nw.lit(False)
    flags = {"plan_running": ~ended, "plan_ended": ended, "plan_ended_lately": lately}
    plan = nw.col(PLAN).cast(nw.String).fill_null("") if PLAN in there else nw.lit("")
    counted = (
        began.with_columns(*(_flag(test).alias(name) for name, test in flags.items()), plan.alias("plan text"))
        .group_by(CUSTOMER_ID)
        .agg(*(nw.col(name).max() for name in flags), nw.col("plan text").n_unique().alias("plans"))
    )
    running = nw.col("plan_running")
    return counted.select(
        CUSTOMER_ID,
        running,
        ((1 - running) * nw.col("plan_ended")).alias("plan_ended"),
        ((1 - running) * nw.col("plan_ended_lately")).alias("plan_ended_lately"),
        (nw.col("plans") > 1).cast(nw.Float64).alias("plan_changed"),
    )
