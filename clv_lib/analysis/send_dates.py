"""On which day to write: an anchor in the customer's own calendar, and days before or after it as the play says.

All days are calendar days where the customer lives, and day numbers inside: neither a time zone nor a change of the
clocks can move them. The hour is set in the customer's own time zone when the list is written.

A message that hangs on a day must not come long after it, so each anchor has a last day: a birthday its own, a renewal
the day before it, a purchase or joining a few days of grace; a purchase that is expected, and no anchor at all, have
none but the end of the list. A customer who was contacted lately is written to once the rest is over, if in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import narwhals as nw

from clv_lib.analysis.suppression import LAST_CONTACT
from clv_lib.data.anniversaries import with_birthdays, with_next_renewal
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tenures import tenures
from clv_lib.names import (
    ACQUIRED_AT,
    ACTIVE,
    BILLING_PERIOD,
    BIRTH_DATE,
    CUSTOMER_ID,
    FIRST_DAY,
    FREQUENCY,
    LAST_DAY,
    SPELL,
    STARTED_AT,
)
from clv_lib.periods import day_number
from clv_lib.settings import Play

JOINED, EXPECTED, BIRTHDAY, LAST_BIRTHDAY, RENEWAL = (
    "joined", "expected", "birthday", "last_birthday", "renewal_day",
)  # fmt: skip
GAP: Final = "gap"
DUE, RAW = "due", "raw"
ANCHOR_DAYS: Final = {
    "joining": JOINED, "purchase": LAST_DAY, "expected_purchase": EXPECTED, "birthday": BIRTHDAY, "renewal": RENEWAL,
}  # fmt: skip
_UNKNOWN_RHYTHM: Final = 90.0  # days between purchases where nobody ever came back
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The days that a list covers.

    Attributes
    ----------
    as_of : date
        Last day that is known.
    days : int
        From the day after it.
    late_days : int
        By which a message after a purchase or after joining may come late.
    rest_days : int
        After a contact in which a customer is left alone.
    """

    as_of: date
    days: int
    late_days: int = 7
    rest_days: int = 14

    @property
    def first(self) -> date:
        """First day on which something can be sent."""
        return self.as_of + _DAY

    @property
    def last(self) -> date:
        """Last one."""
        return self.as_of + self.days * _DAY


def rhythm_of(summary: Frame) -> float:
    """Days between two purchase days of one customer, over all customers who came back."""
    span = nw.col(LAST_DAY) - nw.col(FIRST_DAY)
    row = collected(summary.select(span.sum().alias("span"), nw.col(FREQUENCY).sum().alias("n"))).iloc[0]
    return float(row["span"]) / float(row["n"]) if row["n"] else _UNKNOWN_RHYTHM


def with_anchors(people: Frame, tables: Mapping[str, Frame], calendar: Calendar) -> Frame:
    """Add the day of every anchor as a number, missing where it is not known.

    Parameters
    ----------
    people : narwhals.LazyFrame
        One row per customer.
    tables : mapping of str to narwhals.LazyFrame
        ``summary`` (of the purchases), ``customers`` and ``subscriptions``, those that there are.
    calendar : Calendar

    Returns
    -------
    narwhals.LazyFrame
        With ``last_purchase_day, first_purchase_day, frequency``; ``gap`` (days between purchases: the customer's own,
        leaning on that of all by the weight of one gap); ``joined, expected`` (last purchase plus gap), ``birthday``
        (from the first day on) and ``last_birthday`` (before it), ``renewal_day``.
    """
    summary, customers = tables["summary"], tables.get("customers")
    all_of = rhythm_of(summary)
    gap = (nw.col(LAST_DAY) - nw.col(FIRST_DAY) + all_of) / (nw.col(FREQUENCY) + 1)
    bought = summary.select(CUSTOMER_ID, FIRST_DAY, LAST_DAY, FREQUENCY, gap.alias(GAP))
    found = people.join(bought, on=CUSTOMER_ID, how="left")
    found = found.with_columns((nw.col(LAST_DAY) + nw.col(GAP).round(0)).cast(nw.Float64).alias(EXPECTED))
    there = set(customers.collect_schema().names()) if customers is not None else set()
    known = [name for name in (ACQUIRED_AT, BIRTH_DATE) if name in there]
    if customers is not None and known:
        found = found.join(customers.select(CUSTOMER_ID, *known).unique(CUSTOMER_ID), on=CUSTOMER_ID, how="left")
    for name in (ACQUIRED_AT, BIRTH_DATE):
        if name not in known:
            found = found.with_columns(nw.lit(None).cast(nw.Date).alias(name))
    acquired = day_number(nw.col(ACQUIRED_AT)).cast(nw.Float64)
    joined = nw.when(nw.col(ACQUIRED_AT).is_null()).then(nw.col(FIRST_DAY).cast(nw.Float64)).otherwise(acquired)
    found = found.with_columns(joined.alias(JOINED))
    found = with_birthdays(found, BIRTH_DATE, first=calendar.first, before=LAST_BIRTHDAY, following=BIRTHDAY)
    return _with_renewals(found, tables.get("subscriptions"), calendar)


def _with_renewals(people: Frame, subscriptions: Frame | None, calendar: Calendar) -> Frame:
    if subscriptions is None:
        return people.with_columns(nw.lit(None).cast(nw.Float64).alias(RENEWAL))
    running = tenures(subscriptions, end=calendar.as_of).filter(nw.col(ACTIVE))
    latest = running.filter(nw.col(SPELL) == nw.col(SPELL).max().over(CUSTOMER_ID))
    due = with_next_renewal(latest.select(CUSTOMER_ID, STARTED_AT, BILLING_PERIOD), after=calendar.first, name=RENEWAL)
    own = due.select(CUSTOMER_ID, nw.col(RENEWAL).cast(nw.Float64))
    return people.join(own, on=CUSTOMER_ID, how="left")


def with_due(people: Frame, play: Play, calendar: Calendar) -> Frame:
    """Add ``raw``, the day that the play asks for, ``last_chance``, and ``due``, the day on which it can be sent.

    All are day numbers; ``raw`` is missing where the anchor is not known, and ``due`` too where it cannot be in time.
    """
    first, last = calendar.first.toordinal(), calendar.last.toordinal()
    raw, latest = _asked(play, calendar)
    people = people.with_columns(raw.cast(nw.Float64).alias(RAW))
    people = people.with_columns(latest.cast(nw.Float64).alias("latest"))
    rested = nw.max_horizontal(nw.col(LAST_CONTACT).fill_null(0.0) + (calendar.rest_days + 1), nw.lit(float(first)))
    people = people.with_columns(
        nw.max_horizontal(nw.col(RAW), nw.lit(float(first))).alias("unrested"),
        nw.max_horizontal(nw.col(RAW), rested).alias("soonest"),
        nw.min_horizontal(nw.col("latest"), nw.lit(float(last))).alias("last_chance"),
    )
    known = ~nw.col(RAW).is_null()
    in_time = known & (nw.col("soonest") <= nw.col("last_chance"))
    return people.with_columns(
        nw.when(in_time).then(nw.col("soonest")).alias(DUE),
        (known & (nw.col("unrested") <= nw.col("last_chance"))).alias("due_but_for_rest"),
    )


def _asked(play: Play, calendar: Calendar) -> tuple[nw.Expr, nw.Expr]:
    """The day that the play asks for, and the last one on which it still makes sense."""
    first, end = calendar.first.toordinal(), nw.lit(float(calendar.last.toordinal()))
    if play.anchor == "today":
        return nw.lit(float(first + max(play.days, 0))), end
    if play.anchor == "birthday":
        # what follows a birthday may still follow the last one; what leads up to it waits for the next
        was = nw.col(LAST_BIRTHDAY) + play.days
        comes = nw.col(BIRTHDAY) + play.days
        if play.days <= 0:
            return comes, nw.col(BIRTHDAY)
        asked = nw.when(was + calendar.late_days >= first).then(was).otherwise(comes)
        return asked, asked + calendar.late_days
    anchor = nw.col(ANCHOR_DAYS[play.anchor]).cast(nw.Float64)
    asked = anchor + play.days
    if play.anchor == "renewal":
        return asked, anchor - 1 if play.days < 0 else asked + calendar.late_days
    if play.anchor == "expected_purchase":
        return asked, end
    return asked, asked + calendar.late_days
