"""Who is left alone, and why: no consent, trouble that is not settled, a contact too many, a campaign still running.

One Narwhals expression per table; a table that is missing keeps nobody from being contacted, and the page says what was
looked at. Everything is judged as of the evening of ``as_of``: later rows do not exist yet.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import narwhals as nw

from clv_lib.data.customers import Frame
from clv_lib.data.responses import sends
from clv_lib.data.tables import TICKET
from clv_lib.data.tables.crm import SCALES, TREATED
from clv_lib.names import (
    CAMPAIGN_ID,
    CUSTOMER_ID,
    EMAIL_CONSENT,
    ENDS_AT,
    GIVEN_AT,
    HAPPENED_AT,
    INSTRUMENT,
    KIND,
    ORDERED_AT,
    RESOLVED_AT,
    SCORE,
)
from clv_lib.periods import day_number
from clv_lib.settings import ActionsSection

LOW_PART: Final = 0.5  # of the scale: six of ten is no praise, and at half of it nobody is content
BLOCKED, NO_CONSENT, UNKNOWN_CONSENT = "blocked", "no_consent", "unknown_consent"
OPEN_COMPLAINT, REFUNDED, LOW_SCORE = "open_complaint", "recent_refund", "low_score"
TROUBLES: Final = (OPEN_COMPLAINT, REFUNDED, LOW_SCORE)
CONSENTS: Final = ("yes", "no", "unknown")
LAST_CONTACT, CONTACTS, RUNNING = "last_contact", "contacts", "running"
_YES: Final = ("true", "t", "yes", "y", "1", "ya", "x")


def with_consent(people: Frame, customers: Frame | None, section: ActionsSection) -> Frame:
    """Add ``consent`` (yes, no or unknown) and ``blocked`` (1: never to be contacted)."""
    there = set(customers.collect_schema().names()) if customers is not None else set()
    wanted = []
    if EMAIL_CONSENT in there:
        said = nw.col(EMAIL_CONSENT).cast(nw.Boolean)
        wanted.append(nw.when(said).then(nw.lit("yes")).when(~said).then(nw.lit("no")).otherwise(nw.lit("unknown")))
    else:
        wanted.append(nw.lit("unknown"))
    if section.blocked_column in there:
        never = nw.col(section.blocked_column).cast(nw.String).str.to_lowercase().is_in(list(_YES))
        wanted.append(never.fill_null(value=False).cast(nw.Int64))
    else:
        wanted.append(nw.lit(0).cast(nw.Int64))
    names = ("consent", BLOCKED)
    if customers is None:
        return people.with_columns(*(each.alias(name) for each, name in zip(wanted, names, strict=True)))
    own = customers.select(CUSTOMER_ID, *(each.alias(name) for each, name in zip(wanted, names, strict=True)))
    joined = people.join(own.unique(CUSTOMER_ID), on=CUSTOMER_ID, how="left")
    return joined.with_columns(nw.col("consent").fill_null("unknown"), nw.col(BLOCKED).fill_null(0))


def consent_is_kept(customers: Frame | None) -> bool:
    """Whether the record says of anybody if they may be written to."""
    if customers is None or EMAIL_CONSENT not in customers.collect_schema().names():
        return False
    known = customers.select((~nw.col(EMAIL_CONSENT).is_null()).cast(nw.Int64).max().alias("known")).collect("pandas")
    return bool((known.to_native()["known"].fillna(0) > 0).any())


def with_troubles(people: Frame, tables: Mapping[str, Frame], section: ActionsSection, *, as_of: date) -> Frame:
    """Add ``open_complaint``, ``recent_refund`` and ``low_score``, each 0 or 1.

    Parameters
    ----------
    tables : mapping of str to narwhals.LazyFrame
        Of ``interactions``, ``refunds`` and ``feedback`` those that there are.
    """
    at = as_of.toordinal()
    found = {
        OPEN_COMPLAINT: _open_complaints(tables.get("interactions"), at=at, days=section.complaint_days),
        REFUNDED: _recent(tables.get("refunds"), ORDERED_AT, at=at, days=section.refund_days),
        LOW_SCORE: _low_scores(tables.get("feedback"), at=at, days=section.low_score_days),
    }
    for name, frame in found.items():
        if frame is None:
            people = people.with_columns(nw.lit(0).cast(nw.Int64).alias(name))
            continue
        ids = frame.select(CUSTOMER_ID).unique().with_columns(nw.lit(1).cast(nw.Int64).alias(name))
        people = people.join(ids, on=CUSTOMER_ID, how="left").with_columns(nw.col(name).fill_null(0))
    return people


def _day(column: str) -> nw.Expr:
    return day_number(nw.col(column).cast(nw.Date))


def _recent(rows: Frame | None, column: str, *, at: int, days: int) -> Frame | None:
    return None if rows is None else rows.filter((_day(column) <= at) & (_day(column) > at - days))


def _open_complaints(interactions: Frame | None, *, at: int, days: int) -> Frame | None:
    if interactions is None or RESOLVED_AT not in interactions.collect_schema().names():
        return None
    still = nw.col(RESOLVED_AT).is_null() | (_day(RESOLVED_AT) > at)
    tickets = interactions.filter((nw.col(KIND).str.to_lowercase() == TICKET) & still)
    return _recent(tickets, HAPPENED_AT, at=at, days=days)


def _low_scores(feedback: Frame | None, *, at: int, days: int) -> Frame | None:
    """Answers of the last days in the lower half of their scale."""
    if feedback is None:
        return None
    part = nw.lit(1.0)
    for name, (least, most) in SCALES.items():
        own = (nw.col(SCORE).cast(nw.Float64) - float(least)) / float(most - least)
        part = nw.when(nw.col(INSTRUMENT) == name).then(own).otherwise(part)
    recent = _recent(feedback, GIVEN_AT, at=at, days=days)
    return None if recent is None else recent.with_columns(part.alias("part")).filter(nw.col("part") <= LOW_PART)


def with_contacts(people: Frame, tables: Mapping[str, Frame], *, as_of: date, days: int) -> Frame:
    """Add what campaigns have asked of a customer so far.

    Parameters
    ----------
    tables : mapping of str to narwhals.LazyFrame
        ``campaign_members`` and ``campaigns``, if there are.
    as_of : date
    days : int
        In which contacts are counted.

    Returns
    -------
    narwhals.LazyFrame
        With ``last_contact`` (day number, missing without one), ``contacts`` (treatments of the last ``days``) and
        ``running`` (campaigns that the customer is a member of, in either arm, and that have not ended).
    """
    members, campaigns = tables.get("campaign_members"), tables.get("campaigns")
    nothing = (nw.lit(None).cast(nw.Float64), nw.lit(0).cast(nw.Int64), nw.lit(0).cast(nw.Int64))
    names = (LAST_CONTACT, CONTACTS, RUNNING)
    if members is None:
        return people.with_columns(*(each.alias(name) for each, name in zip(nothing, names, strict=True)))
    at = as_of.toordinal()
    sent = sends(members, campaigns).filter(nw.col("send day") <= at)
    ends: nw.Expr = nw.lit(None).cast(nw.Float64)
    if campaigns is not None and ENDS_AT in campaigns.collect_schema().names():
        sent = sent.join(campaigns.select(CAMPAIGN_ID, ENDS_AT), on=CAMPAIGN_ID, how="left")
        ends = _day(ENDS_AT).cast(nw.Float64)
    treated = nw.col("member arm") == TREATED
    late = treated & (nw.col("send day") > at - days)
    each = sent.with_columns(
        nw.when(treated).then(nw.col("send day").cast(nw.Float64)).alias(LAST_CONTACT),
        late.cast(nw.Int64).alias(CONTACTS),
        (ends > at).fill_null(value=False).cast(nw.Int64).alias(RUNNING),
    )
    sums = each.group_by(CUSTOMER_ID).agg(nw.col(LAST_CONTACT).max(), nw.col(CONTACTS).sum(), nw.col(RUNNING).sum())
    joined = people.join(sums, on=CUSTOMER_ID, how="left")
    return joined.with_columns(*(nw.col(name).cast(nw.Int64).fill_null(0) for name in (CONTACTS, RUNNING)))
