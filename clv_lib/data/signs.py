"""The early signs that a customer record holds at a cut-off: what was known on that evening, and nothing later.

A row that came later does not exist, and what an earlier row says of later days (a ticket's solution, a subscription's
end) is not known yet. One Narwhals expression per table; a customer's signs do not depend on who else is in the record.
What was never asked or never happened is a sign of its own (``…_known``), beside a value of 0, and never guessed.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import narwhals as nw

from clv_lib.data.customers import Frame, collected, purchase_days
from clv_lib.data.signs_crm import campaign_signs, feedback_signs, interaction_signs, subscription_signs
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import (
    ACQUISITION_CHANNEL,
    AMOUNT,
    CUSTOMER_ID,
    DISCOUNT,
    FIRST_DAY,
    FREQUENCY,
    LAST_DAY,
    ORDERED_AT,
    PRODUCT_ID,
    PURCHASE_DAY,
    QUANTITY,
    RECENCY,
    T,
)
from clv_lib.periods import day_number, days_to_weeks

RECENT_DAYS: Final = 90  # a quarter: long enough for a few purchases, short enough to be news
UNKNOWN: Final = ""  # of an attribute
KEYS: Final = (CUSTOMER_ID, FREQUENCY, RECENCY, T, LAST_DAY, ACQUISITION_CHANNEL)
_VALUE: Final = "value"  # of a purchase day, as purchase_days gives it
_STEADY: Final = 1.0  # purchases at the common rhythm that a customer's own is shrunk by


def rhythm_of(transactions: Frame, *, cutoff: date) -> float:
    """Days between two purchase days of one customer, over all customers who came back by the cut-off."""
    days = purchase_days(transactions).filter(nw.col(PURCHASE_DAY) <= cutoff.toordinal())
    each = days.group_by(CUSTOMER_ID).agg(
        nw.len().alias("n"), nw.col(PURCHASE_DAY).min().alias("first"), nw.col(PURCHASE_DAY).max().alias("last")
    )
    row = collected(each.select((nw.col("n") - 1).sum().alias("n"), (nw.col("last") - nw.col("first")).sum())).iloc[0]
    return float(row["last"]) / float(row["n"]) if row["n"] else float(RECENT_DAYS)


def signs(record: Mapping[str, Frame], *, cutoff: date, rhythm: float) -> Frame:
    """One row per customer who had bought by the cut-off, with everything that could be seen on its evening.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        The accepted tables; only ``transactions`` must be there, and the signs of a missing table are left out.
    cutoff : date
    rhythm : float
        Usual days between two purchases, from :func:`rhythm_of`.

    Returns
    -------
    narwhals.LazyFrame
        ``customer_id, frequency, recency, T`` (weeks)``, last_purchase_day, acquisition_channel`` (empty where it is
        not known), and the signs of the tables at hand, all numbers.
    """
    log, at = record["transactions"], cutoff.toordinal()
    found = _purchases(log, at=at, rhythm=rhythm)
    parts = [_discounts(log, at=at), _prices(log, at=at)]
    if "interactions" in record:
        parts.append(interaction_signs(record["interactions"], at=at, days=RECENT_DAYS))
    if "campaign_members" in record and "interactions" in record:
        parts.append(campaign_signs(record, cutoff=cutoff, days=2 * RECENT_DAYS))
    if "feedback" in record:
        parts.append(feedback_signs(record["feedback"], at=at))
    if "subscriptions" in record:
        parts.append(subscription_signs(record["subscriptions"], at=at, days=RECENT_DAYS))
    names: list[str] = []
    for part in parts:
        if part is not None:
            names += [name for name in part.collect_schema().names() if name != CUSTOMER_ID]
            found = found.join(part, on=CUSTOMER_ID, how="left")
    if names:
        found = found.with_columns(*(nw.col(name).cast(nw.Float64).fill_null(0.0) for name in names))
    return _with_channel(found, record.get("customers"))


def _with_channel(found: Frame, customers: Frame | None) -> Frame:
    if customers is None or ACQUISITION_CHANNEL not in customers.collect_schema().names():
        return found.with_columns(nw.lit(UNKNOWN).alias(ACQUISITION_CHANNEL))
    form = customers.select(CUSTOMER_ID, nw.col(ACQUISITION_CHANNEL).cast(nw.String))
    return found.join(form, on=CUSTOMER_ID, how="left").with_columns(nw.col(ACQUISITION_CHANNEL).fill_null(UNKNOWN))


def _purchases(log: Frame, *, at: int, rhythm: float) -> Frame:
    """Rhythm and baskets: silence and pace against the customer's own past, baskets lately against before."""
    day, value = nw.col(PURCHASE_DAY), nw.col(_VALUE).clip(lower_bound=0)
    late = day > at - RECENT_DAYS
    counted = (
        purchase_days(log)
        .filter(day <= at)
        .with_columns(late.cast(nw.Int64).alias("late"), nw.when(late).then(value).otherwise(0).alias("late value"))
        .group_by(CUSTOMER_ID)
        .agg(
            nw.len().alias("n"),
            day.min().alias(FIRST_DAY),
            day.max().alias(LAST_DAY),
            nw.col("late").sum(),
            nw.col("late value").sum(),
            nw.col(_VALUE).sum(),
        )
        .with_columns(*(nw.col(name).cast(nw.Float64) for name in ("n", "late", "late value", _VALUE)))
    )
    x, age, span = nw.col("n") - 1, at - nw.col(FIRST_DAY), nw.col(LAST_DAY) - nw.col(FIRST_DAY)
    born_late = (nw.col(FIRST_DAY) > at - RECENT_DAYS).cast(nw.Float64)
    before = nw.col("n") - nw.col("late")
    own_gap = (span + _STEADY * rhythm) / (x + _STEADY)
    earlier_days = (age - RECENT_DAYS).clip(lower_bound=0)
    earlier_rate = ((before - 1).clip(lower_bound=0) + _STEADY) / (earlier_days + _STEADY * rhythm)
    expected = earlier_rate * age.clip(upper_bound=RECENT_DAYS)
    both = (nw.col("late") > 0) & (before > 0)
    earlier_value = nw.col(_VALUE) - nw.col("late value")
    lately = (nw.col("late value") + MONEY_UNITS) / nw.when(both).then(nw.col("late")).otherwise(nw.lit(1.0))
    formerly = (earlier_value.clip(lower_bound=0) + MONEY_UNITS) / nw.when(both).then(before).otherwise(nw.lit(1.0))
    return counted.select(
        CUSTOMER_ID,
        x.cast(nw.Int64).alias(FREQUENCY),
        days_to_weeks(span).cast(nw.Float64).alias(RECENCY),
        days_to_weeks(age).cast(nw.Float64).alias(T),
        nw.col(LAST_DAY).cast(nw.Int64),
        (1 + (at - nw.col(LAST_DAY)) / own_gap).log().alias("silence"),
        ((nw.col("late") - born_late + 1) / (expected + 1)).log().alias("pace"),
        (1 + x).log().alias("purchases"),
        (1 + days_to_weeks(age)).log().alias("tenure"),
        (x == 0).cast(nw.Float64).alias("bought_once"),
        (((nw.col(_VALUE).clip(lower_bound=0) + MONEY_UNITS) / nw.col("n")).log()).alias("basket"),
        nw.when(both).then((lately / formerly).log()).otherwise(nw.lit(0.0)).alias("basket_change"),
        both.cast(nw.Float64).alias("basket_change_known"),
    )


def _discounts(log: Frame, *, at: int) -> Frame | None:
    """Price reductions as a share of the list price: lately, and against before."""
    if DISCOUNT not in log.collect_schema().names():
        return None
    day, off = day_number(nw.col(ORDERED_AT)), nw.col(DISCOUNT).cast(nw.Float64).fill_null(0.0)
    full = nw.col(AMOUNT).cast(nw.Float64) + off
    sold = log.filter((day <= at) & (nw.col(AMOUNT) > 0)).with_columns(
        (day > at - RECENT_DAYS).cast(nw.Float64).alias("late"), off.alias("off"), full.alias("full")
    )
    late = nw.col("late")
    sums = (
        sold.with_columns((late * nw.col("off")).alias("late off"), (late * nw.col("full")).alias("late full"))
        .group_by(CUSTOMER_ID)
        .agg(*(nw.col(name).sum() for name in ("off", "full", "late off", "late full")))
    )
    early_off, early_full = nw.col("off") - nw.col("late off"), nw.col("full") - nw.col("late full")
    both = (nw.col("late full") > 0) & (early_full > 0)

    def part(some: nw.Expr, whole: nw.Expr) -> nw.Expr:
        return some / nw.when(whole > 0).then(whole).otherwise(nw.lit(1.0))

    change = part(nw.col("late off"), nw.col("late full")) - part(early_off, early_full)
    return sums.select(
        CUSTOMER_ID,
        part(nw.col("off"), nw.col("full")).alias("discount"),
        nw.when(both).then(change).otherwise(nw.lit(0.0)).alias("discount_change"),
    )


def _prices(log: Frame, *, at: int) -> Frame | None:
    """What the customer paid per unit of the same products, lately against before."""
    if not {PRODUCT_ID, QUANTITY} <= set(log.collect_schema().names()):
        return None
    day, units = day_number(nw.col(ORDERED_AT)), nw.col(QUANTITY).cast(nw.Float64)
    sold = log.filter((day <= at) & (nw.col(AMOUNT) > 0) & (nw.col(QUANTITY) > 0) & ~nw.col(PRODUCT_ID).is_null())
    late = (day > at - RECENT_DAYS).cast(nw.Float64)
    paid = nw.col(AMOUNT).cast(nw.Float64)
    each = (
        sold.with_columns(
            (late * paid).alias("late paid"),
            (late * units).alias("late units"),
            ((1 - late) * paid).alias("early paid"),
            ((1 - late) * units).alias("early units"),
        )
        .group_by(CUSTOMER_ID, PRODUCT_ID)
        .agg(*(nw.col(name).sum() for name in ("late paid", "late units", "early paid", "early units")))
        .filter((nw.col("late units") > 0) & (nw.col("early units") > 0))
    )
    now, then = nw.col("late paid") / nw.col("late units"), nw.col("early paid") / nw.col("early units")
    return (
        each.with_columns((now / then).log().alias("price_change"), nw.lit(1.0).alias("price_change_known"))
        .group_by(CUSTOMER_ID)
        .agg(nw.col("price_change").mean(), nw.col("price_change_known").max())
    )
