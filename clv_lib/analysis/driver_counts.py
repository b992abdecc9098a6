"""What costs are in proportion to: the drivers, counted per customer and month.

A customer is who has bought. Counts are whole numbers, so that they add up to the same sum on every engine: revenue in
1/10,000 of the currency, units and minutes in thousandths.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import narwhals as nw

from clv_lib.analysis.ledger import NUMBER
from clv_lib.data.customers import Frame, activity, money_units
from clv_lib.names import (
    ACQUIRED_AT,
    ACQUISITION_CHANNEL,
    CUSTOMER_ID,
    HANDLING_MINUTES,
    HAPPENED_AT,
    KIND,
    MONTH,
    ORDERED_AT,
    ORDERS,
    QUANTITY,
    REVENUE,
    SEGMENT,
)
from clv_lib.periods import month_number, month_number_of
from clv_lib.settings import CostsSection
from clv_lib.settings.costs import Driver

COUNT: Final = "count"
WON: Final = "won_month"  # number of the month in which the customer was won
FIRST: Final = "first_month"  # number of the month of the first purchase
_NEVER: Final = 10**6  # a month after every first purchase
THOUSANDTHS: Final = 1_000
PER_UNIT: Final[dict[str, int]] = {"units": THOUSANDTHS, "handling_minutes": THOUSANDTHS}  # steps of a count per unit


def lives(record: Mapping[str, Frame], *, settings: CostsSection, end: date) -> Frame:
    """One row per customer: when it was won and by whom.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        ``transactions`` and, where there is one, ``customers``.
    settings : CostsSection
        ``segment_attribute`` names the column of the customers that holds their segment.
    end : date
        Last day that is read.

    Returns
    -------
    narwhals.LazyFrame
        ``customer_id, first_month, won_month, acquisition_channel, segment``. A customer is won in the month of
        ``acquired_at`` where that is given and not later than the first purchase, else in the month of the first
        purchase. Text is empty where nothing is known.
    """
    bought = (
        record["transactions"]
        .filter(nw.col(ORDERED_AT) <= nw.lit(end))
        .group_by(CUSTOMER_ID)
        .agg(nw.col(ORDERED_AT).min().alias(FIRST))
        .with_columns(month_number(nw.col(FIRST)).alias(FIRST))
    )
    first, empty = nw.col(FIRST), nw.lit("")
    if "customers" not in record:
        return bought.with_columns(first.alias(WON), empty.alias(ACQUISITION_CHANNEL), empty.alias(SEGMENT))
    there = record["customers"].collect_schema().names()
    acquired = month_number(nw.col(ACQUIRED_AT)) if ACQUIRED_AT in there else nw.lit(_NEVER)
    channel = nw.col(ACQUISITION_CHANNEL) if ACQUISITION_CHANNEL in there else empty
    segment = nw.col(settings.segment_attribute).cast(nw.String) if settings.segment_attribute in there else empty
    known = record["customers"].select(
        nw.col(CUSTOMER_ID), acquired.alias(WON), channel.alias(ACQUISITION_CHANNEL), segment.alias(SEGMENT)
    )
    early = ~nw.col(WON).is_null() & (nw.col(WON) <= first)
    return bought.join(known, on=CUSTOMER_ID, how="left").select(
        CUSTOMER_ID,
        FIRST,
        nw.when(early).then(nw.col(WON)).otherwise(first).alias(WON),
        nw.col(ACQUISITION_CHANNEL).fill_null(empty),
        nw.col(SEGMENT).fill_null(empty),
    )


def driver_counts(
    record: Mapping[str, Frame], people: Frame, months: Frame, *, settings: CostsSection, end: date
) -> dict[Driver, Frame]:
    """Counts of every driver that the dataset has a table for.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        The accepted tables.
    people : narwhals.LazyFrame
        From :func:`lives`.
    months : narwhals.LazyFrame
        ``month_number`` of the months that matter, each once; only ``equal`` needs them.
    settings : CostsSection
    end : date
        Last day that is read.

    Returns
    -------
    dict of str to narwhals.LazyFrame
        Per driver ``customer_id, month_number, count``, counts above 0 only. ``active_months`` counts 1 in each month
        in which the last purchase lies at most ``active_months_after_purchase`` months back, from the month of the
        first purchase on; ``equal`` counts 1 from the month of the first purchase on.
    """
    log = record["transactions"].filter(nw.col(ORDERED_AT) <= nw.lit(end))
    bought = activity(log).with_columns(month_number(nw.col(MONTH)).alias(NUMBER))
    one = nw.lit(1).cast(nw.Int64)
    counts: dict[Driver, Frame] = {
        "orders": _counted(bought, nw.col(ORDERS)),
        "revenue": _counted(bought, money_units(nw.col(REVENUE))),
        "active_months": _active(bought, settings, end).with_columns(one.alias(COUNT)),
        "new_customers": people.select(CUSTOMER_ID, nw.col(WON).alias(NUMBER), one.alias(COUNT)),
        "equal": people.select(CUSTOMER_ID, FIRST)
        .join(months, how="cross")
        .filter(nw.col(NUMBER) >= nw.col(FIRST))
        .select(CUSTOMER_ID, NUMBER, one.alias(COUNT)),
    }
    if QUANTITY in log.collect_schema().names():
        lines = log.filter(~nw.col(QUANTITY).is_null()).with_columns(month_number(nw.col(ORDERED_AT)).alias(NUMBER))
        counts["units"] = _counted(lines, _thousandths(QUANTITY))
    if "interactions" in record:
        counts |= _contacts(record["interactions"], people, settings, end)
    return {driver: frame.filter(nw.col(COUNT) > 0) for driver, frame in counts.items()}


def _contacts(interactions: Frame, people: Frame, settings: CostsSection, end: date) -> dict[Driver, Frame]:
    """Contacts that took someone's time, and the time; of customers only."""
    when = nw.col(HAPPENED_AT)
    contacts = (
        interactions.filter(~nw.col(KIND).is_in(settings.not_contacts))
        .with_columns(month_number(when).alias(NUMBER))
        .filter(nw.col(NUMBER) <= month_number_of(end))
        .join(people.select(CUSTOMER_ID), on=CUSTOMER_ID, how="inner")
    )
    found: dict[Driver, Frame] = {"contacts": _counted(contacts, nw.lit(1).cast(nw.Int64))}
    if HANDLING_MINUTES in contacts.collect_schema().names():
        timed = contacts.filter(~nw.col(HANDLING_MINUTES).is_null())
        found["handling_minutes"] = _counted(timed, _thousandths(HANDLING_MINUTES))
    return found


def _thousandths(column: str) -> nw.Expr:
    return (nw.col(column) * THOUSANDTHS).round(0).cast(nw.Int64)


def _counted(rows: Frame, amount: nw.Expr) -> Frame:
    summed = rows.with_columns(amount.alias(COUNT)).group_by(CUSTOMER_ID, NUMBER).agg(nw.col(COUNT).sum())
    return summed.select(CUSTOMER_ID, NUMBER, nw.col(COUNT).cast(nw.Int64))


def _active(bought: Frame, settings: CostsSection, end: date) -> Frame:
    """Months from each purchase on, as far as one purchase keeps a customer active."""
    buying = bought.select(CUSTOMER_ID, NUMBER)
    later = [
        buying.with_columns((nw.col(NUMBER) + step).alias(NUMBER))
        for step in range(settings.active_months_after_purchase + 1)
    ]
    return nw.concat(later).filter(nw.col(NUMBER) <= month_number_of(end)).unique()
