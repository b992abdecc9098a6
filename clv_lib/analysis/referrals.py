"""Who brings new customers, how often, and how soon they buy.

1. A referral counts when the referrer had bought before, the referred one had not, and nobody else was first with it.
2. Whether a customer is still there is never seen, so referrals are counted per *active month*: a calendar month in
   which the last purchase lies at most a stated number of months back. Costs to keep are counted per the same month.

References
----------
.. [1] Schmitt, Skiera & Van den Bulte (2011), "Referral Programs and Customer Value", J. Marketing 75(1), 46-59.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.weighted import cut_by_rank, gini
from clv_lib.data.customers import activity, collected, purchase_days
from clv_lib.names import (
    ACTIVE_MONTHS,
    CUSTOMER_ID,
    FIRST_DAY,
    MONTH,
    ORDERED_AT,
    PURCHASE_DAY,
    REFERRALS,
    REFERRED_AT,
    REFERRED_ID,
    REFERRER_ID,
    N,
)
from clv_lib.periods import DAYS_PER_WEEK, MONTHS_PER_YEAR, ObservationWindow, day_number

Frame = nw.LazyFrame[Any]
CONVERSION_WEEKS: Final = 13
ACTIVE_AFTER: Final = 6  # months after its last purchase for which a customer counts as active
_WEEK: Final = "week"


@dataclass(frozen=True)
class ReferralCounts:
    """Referrals as small tables.

    Attributes
    ----------
    classes : DataFrame
        referrals, active_months, n: customers who share both.
    weeks : DataFrame
        week (0 = within the first seven days), n: referred customers whose ``conversion_weeks`` are over, by the week
        of their first purchase after the referral; -1 for those who did not buy within them.
    referred, counted : int
        Rows of the table, and referrals that count.
    known_before, unknown_referrer, later_than_another : int
        Referred customers who had bought before; referrers without a purchase before the referral (or who refer
        themselves); and referrals of a customer whom another had referred earlier.
    too_recent : int
        Referrals whose ``conversion_weeks`` are not over.
    conversion_weeks, active_after : int
    """

    classes: pd.DataFrame
    weeks: pd.DataFrame
    referred: int
    counted: int
    known_before: int
    unknown_referrer: int
    later_than_another: int
    too_recent: int
    conversion_weeks: int
    active_after: int

    @property
    def customers(self) -> int:
        """Customers who could have referred."""
        return int(self.classes[N].sum())

    @property
    def referrers(self) -> int:
        """Customers with at least one referral that counts."""
        return int(self.classes.loc[self.classes[REFERRALS] > 0, N].sum())

    def share_of_most_active(self, share: float = 0.1) -> float:
        """Part of all referrals that come from the given share of the referrers, the most active first."""
        ranked = self.classes[self.classes[REFERRALS] > 0].sort_values(REFERRALS, ascending=False)
        if ranked.empty:
            return float("nan")
        n, each = ranked[N].to_numpy(dtype=float), ranked[REFERRALS].to_numpy(dtype=float)
        return float(cut_by_rank(n, [share, 1 - share])[0] @ each / (n @ each))

    @property
    def gini(self) -> float:
        """How unevenly referrals are spread over all customers: 0 alike, near 1 all from one."""
        return gini(self.classes[REFERRALS].to_numpy(dtype=float), self.classes[N].to_numpy(dtype=float))


def count_referrals(
    referrals: Frame,
    transactions: Frame,
    *,
    window: ObservationWindow,
    conversion_weeks: int = CONVERSION_WEEKS,
    active_after: int = ACTIVE_AFTER,
) -> ReferralCounts:
    """Count referrals by customer class, and first purchases of the referred by week; all of it in the engine.

    Parameters
    ----------
    referrals, transactions : narwhals.LazyFrame
        Accepted tables of one engine.
    window : ObservationWindow
        Nothing after its end is read.
    conversion_weeks : int
        A referred customer who first buys within them, the day of the referral included, is won.
    active_after : int
        Months after the month of the last purchase in which a customer still counts as active.
    """
    log = transactions.filter(nw.col(ORDERED_AT) <= nw.lit(window.end))
    links, facts = _links(referrals, log, last=window.end.toordinal())
    counted = links.filter(nw.col("counts") == 1)
    per_referrer = counted.group_by(REFERRER_ID).agg(nw.len().alias(REFERRALS))
    classes = (
        active_months(transactions, end=window.end, after=active_after)
        .join(per_referrer, left_on=CUSTOMER_ID, right_on=REFERRER_ID, how="left")
        .with_columns(nw.col(REFERRALS).fill_null(0).cast(nw.Int64))
        .group_by(REFERRALS, ACTIVE_MONTHS)
        .agg(nw.len().alias(N))
    )
    over = counted.filter(nw.col("referred_day") + conversion_weeks * DAYS_PER_WEEK <= window.end.toordinal())
    week = (nw.col("bought_day") - nw.col("referred_day")) // DAYS_PER_WEEK
    weeks = (
        over.with_columns(week.fill_null(-1).cast(nw.Int64).alias(_WEEK))
        .with_columns(nw.when(nw.col(_WEEK) >= conversion_weeks).then(nw.lit(-1)).otherwise(nw.col(_WEEK)).alias(_WEEK))
        .group_by(_WEEK)
        .agg(nw.len().alias(N))
    )
    table = collected(weeks).astype("int64").sort_values(_WEEK, ignore_index=True)
    return ReferralCounts(
        classes=collected(classes).astype("int64").sort_values([REFERRALS, ACTIVE_MONTHS], ignore_index=True),
        weeks=table,
        too_recent=facts["counted"] - int(table[N].sum()),
        conversion_weeks=conversion_weeks,
        active_after=active_after,
        **facts,
    )


def active_months(transactions: Frame, *, end: date, after: int = ACTIVE_AFTER) -> Frame:
    """Calendar months, up to that of ``end``, in which a customer's last purchase lay at most ``after`` months back.

    Returns
    -------
    narwhals.LazyFrame
        customer_id, active_months (at least 1).
    """
    months = activity(transactions.filter(nw.col(ORDERED_AT) <= nw.lit(end)))
    number = (nw.col(MONTH).dt.year().cast(nw.Int64) * MONTHS_PER_YEAR + nw.col(MONTH).dt.month()).alias("number")
    rows = months.select(CUSTOMER_ID, number)
    following = nw.col("number").shift(-1).over(CUSTOMER_ID, order_by="number")
    reach = following.fill_null(end.year * MONTHS_PER_YEAR + end.month + 1) - nw.col("number")
    lasting = nw.when(nw.col("reach") > after + 1).then(nw.lit(after + 1)).otherwise(nw.col("reach"))
    return (
        rows.with_columns(reach.alias("reach"))
        .with_columns(lasting.alias(ACTIVE_MONTHS))
        .group_by(CUSTOMER_ID)
        .agg(nw.col(ACTIVE_MONTHS).sum())
        .with_columns(nw.col(ACTIVE_MONTHS).cast(nw.Int64))
    )


def counted_referrals(referrals: Frame, transactions: Frame, *, window: ObservationWindow) -> Frame:
    """Referrals that count, one row each, in the engine: referrer_id, referred_id, referred_day, bought_day."""
    log = transactions.filter(nw.col(ORDERED_AT) <= nw.lit(window.end))
    links, _ = _links(referrals, log, last=window.end.toordinal())
    return links.filter(nw.col("counts") == 1).select(REFERRER_ID, REFERRED_ID, "referred_day", "bought_day")


def _links(referrals: Frame, log: Frame, *, last: int) -> tuple[Frame, dict[str, int]]:
    """Every referral with why it counts or not, and how many of each."""
    first = purchase_days(log).group_by(CUSTOMER_ID).agg(nw.col(PURCHASE_DAY).min().alias(FIRST_DAY))
    day, never = nw.col("referred_day"), last + 1
    each = (
        referrals.select(REFERRER_ID, REFERRED_ID, day_number(nw.col(REFERRED_AT)).cast(nw.Int64).alias("referred_day"))
        .filter(day <= last)
        .group_by(REFERRER_ID, REFERRED_ID, "referred_day")
        .agg(nw.len().alias("rows"))
        .join(first.rename({FIRST_DAY: "referrer_day"}), left_on=REFERRER_ID, right_on=CUSTOMER_ID, how="left")
        .join(first.rename({FIRST_DAY: "bought_day"}), left_on=REFERRED_ID, right_on=CUSTOMER_ID, how="left")
    )
    stranger = (nw.col("referrer_day").fill_null(never) > day) | (nw.col(REFERRER_ID) == nw.col(REFERRED_ID))
    known = ~stranger & (nw.col("bought_day").fill_null(never) < day)
    # the earliest counts; on one day, the referrer whose id sorts first
    valid = ~stranger & ~known
    ranked = each.with_columns(nw.when(valid).then(day).alias("day")).with_columns(
        nw.col("day").min().over(REFERRED_ID).alias("earliest")
    )
    candidate = nw.when(nw.col("day") == nw.col("earliest")).then(nw.col(REFERRER_ID)).alias("candidate")
    ranked = ranked.with_columns(candidate).with_columns(nw.col("candidate").min().over(REFERRED_ID).alias("winner"))
    counts = (nw.col("candidate") == nw.col("winner")).fill_null(False)
    flags = {"unknown_referrer": stranger, "known_before": known, "later": valid & ~counts, "counts": counts}
    links = ranked.with_columns(*(flag.cast(nw.Int64).alias(name) for name, flag in flags.items()))
    sums = links.select(*(nw.col(name).sum().cast(nw.Int64) for name in ("rows", *flags)))
    found = {name: int(value) if value == value else 0 for name, value in collected(sums).iloc[0].items()}
    copies = found["rows"] - sum(found[name] for name in flags)
    return links, {
        "referred": found["rows"],
        "counted": found["counts"],
        "known_before": found["known_before"],
        "unknown_referrer": found["unknown_referrer"],
        "later_than_another": found["later"] + copies,
    }
