"""Where every customer stands on every day, as Narwhals expressions: the same on pandas, DuckDB and Spark.

1. A purchase changes what is known of a customer: how many, since when, the rhythm, the run without a lapse, the
   return.
2. Between purchases a stage changes on days that are known in advance: the end of acquisition, the day on which the
   silence grows too long for the rhythm, and once more; and with a referral, which counts for a while.
3. So a customer's life is a row of *stretches*, each with one stage. The rules are a list of which the first that holds
   counts, and the last always holds: exactly one stage, on every day from the first on.

Nothing in a stretch comes from a later day. What happens at a month's end is a join of the stretches with a calendar.
"""

from datetime import date
from typing import Any, Final

import narwhals as nw

from clv_lib.data.customers import Frame, purchase_days
from clv_lib.data.keeping import kept
from clv_lib.data.stage_rules import StageRules, rhythm_of
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import (
    ACQUIRED_AT,
    ACQUISITION,
    ACTIVATION,
    AT_RISK,
    CUSTOMER_ID,
    DORMANT,
    LIFECYCLE_STAGE,
    LOYALTY,
    PURCHASE_DAY,
    REACTIVATED,
    REFERRAL,
    REFERRED_AT,
    REFERRER_ID,
    RETENTION,
)
from clv_lib.periods import day_number

DAY: Final = "day"  # first day of a stretch
UNTIL: Final = "until"  # first day after it; null while it lasts
SINCE: Final = "since"  # first day of the unbroken stay in the stage
BUYS: Final = "purchases"  # purchase days so far
FIRST: Final = "first"  # day number of the first purchase, or of the registration before it
LAST: Final = "last"  # day number of the last purchase, or of the registration
RHYTHM: Final = "rhythm"  # days, as known on the last purchase day
QUIET: Final = "quiet_days"  # silence up to which nothing is wrong
GONE: Final = "gone_days"  # silence up to which the customer is only at risk
RUN: Final = "run"  # purchase days without a lapse
BACK: Final = "since_return"  # purchase days since coming back from being dormant; 0 if that never happened
WORTH: Final = "worth"  # revenue so far, in money units
BROUGHT: Final = "referred_on"  # day of the last referral
MONTH_END: Final = "month_end"  # day number
NUMBER: Final = "month_number"
WAY: Final = "way"
LEVEL: Final = "level"
PREVIOUS_LEVEL: Final = "previous_level"
TOP: Final = 12  # levels; older stays are alike
BOUGHT_BEFORE: Final = "previous_purchases"
STAYS: Final = "stays"
NEW: Final = "new"  # previous stage of who was not yet a customer
_EVENT: Final = "event"
_BY_DAY: Final = {"order_by": DAY}


def stretches(
    transactions: Frame,
    *,
    rules: StageRules,
    end: date,
    customers: Frame | None = None,
    referrals: Frame | None = None,
) -> Frame:
    """One row per customer and stretch of days in which nothing that the rules see changes.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
        Accepted rows: customer_id, ordered_at, amount.
    rules : StageRules
    end : date
        Last day of the observation; later rows are left out.
    customers : narwhals.LazyFrame, optional
        customer_id, and acquired_at where it is known: who signed up before buying is in acquisition from that day on.
    referrals : narwhals.LazyFrame, optional
        referrer_id, referred_at. Without it nobody is in the stage of referral.

    Returns
    -------
    narwhals.LazyFrame
        customer_id, day, until (null for the last), lifecycle_stage, since, purchases, first, last, way (how
        near the customer is to being loyal, 0 to :data:`TOP`). Days are numbers.
    """
    last = end.toordinal()
    known = kept(_events(_moments(transactions, customers).filter(nw.col(DAY) <= last), rules))
    turns = _turns(known, rules)
    brought = _referral_days(referrals, rules)
    if brought is not None:
        own = known.select(CUSTOMER_ID).unique()
        turns = nw.concat([turns, brought.join(own, on=CUSTOMER_ID, how="inner")]).unique()
    turns = turns.filter(nw.col(DAY) <= last)
    return _told(_with_what_was_known(turns, known, referrals), rules)


def _moments(transactions: Frame, customers: Frame | None) -> Frame:
    """Purchase days, and the day of signing up where it came before: ``customer_id, day, worth, bought``."""
    bought = purchase_days(transactions).select(
        nw.col(CUSTOMER_ID),
        nw.col(PURCHASE_DAY).alias(DAY),
        nw.col("value").cast(nw.Int64).alias(WORTH),
        nw.lit(1).cast(nw.Int64).alias("bought"),
    )
    if customers is None or ACQUIRED_AT not in customers.collect_schema().names():
        return bought
    first = bought.group_by(CUSTOMER_ID).agg(nw.col(DAY).min().alias(FIRST))
    signed = (
        customers.filter(~nw.col(ACQUIRED_AT).is_null())
        .select(nw.col(CUSTOMER_ID), day_number(nw.col(ACQUIRED_AT)).cast(nw.Int64).alias(DAY))
        .group_by(CUSTOMER_ID)
        .agg(nw.col(DAY).min())
        .join(first, on=CUSTOMER_ID, how="left")
        .filter(nw.col(FIRST).is_null() | (nw.col(DAY) < nw.col(FIRST)))
        .select(
            nw.col(CUSTOMER_ID),
            nw.col(DAY),
            nw.lit(0).cast(nw.Int64).alias(WORTH),
            nw.lit(0).cast(nw.Int64).alias("bought"),
        )
    )
    return nw.concat([bought, signed])


def _events(moments: Frame, rules: StageRules) -> Frame:
    """What is known of a customer from each moment on, until the next."""
    bought = nw.col("bought") == 1
    rhythm = rhythm_of(
        (nw.col(BUYS) - 1).clip(lower_bound=0),
        nw.col(DAY) - nw.col(FIRST),
        rhythm=rules.rhythm_days,
        weight=rules.rhythm_weight,
    )
    least = rules.least_silence_days
    known = (
        moments.with_columns(
            nw.col("bought").cum_sum().over(CUSTOMER_ID, **_BY_DAY).alias(BUYS),
            nw.col(WORTH).cum_sum().over(CUSTOMER_ID, **_BY_DAY),
            nw.when(bought).then(nw.col(DAY)).alias("buying_day"),
            nw.col(DAY).shift(1).over(CUSTOMER_ID, **_BY_DAY).alias("before"),
            nw.col(DAY).shift(-1).over(CUSTOMER_ID, **_BY_DAY).alias("next"),
        )
        .with_columns(nw.col("buying_day").min().over(CUSTOMER_ID).alias(FIRST))
        .with_columns(nw.when(bought).then(nw.col(FIRST)).otherwise(nw.col(DAY)).alias(FIRST))
        .with_columns(rhythm.alias(RHYTHM))
        .with_columns(
            (nw.col(RHYTHM) * rules.at_risk_after).floor().cast(nw.Int64).clip(lower_bound=least).alias(QUIET),
            (nw.col(RHYTHM) * rules.dormant_after).floor().cast(nw.Int64).clip(lower_bound=2 * least).alias(GONE),
        )
    )
    waited = nw.col(DAY) - nw.col("before")
    again = nw.col(BUYS) > 1
    lapsed = again & (waited > nw.col(QUIET).shift(1).over(CUSTOMER_ID, **_BY_DAY))
    returned = again & (waited > nw.col(GONE).shift(1).over(CUSTOMER_ID, **_BY_DAY))
    marked = known.with_columns(
        nw.when(lapsed).then(nw.col(BUYS)).otherwise(nw.lit(1)).cast(nw.Int64).alias("lapsed_at"),
        nw.when(returned).then(nw.col(BUYS)).otherwise(nw.lit(0)).cast(nw.Int64).alias("back_at"),
    ).with_columns(
        nw.col("lapsed_at").cum_max().over(CUSTOMER_ID, **_BY_DAY),
        nw.col("back_at").cum_max().over(CUSTOMER_ID, **_BY_DAY),
    )
    since_return = nw.when(nw.col("back_at") > 0).then(nw.col(BUYS) - nw.col("back_at") + 1).otherwise(nw.lit(0))
    return marked.select(
        nw.col(CUSTOMER_ID),
        nw.col(DAY),
        nw.col("next"),
        nw.col(BUYS),
        nw.col(FIRST),
        nw.col(QUIET),
        nw.col(GONE),
        (nw.col(BUYS) - nw.col("lapsed_at") + 1).alias(RUN),
        since_return.cast(nw.Int64).alias(BACK),
        nw.col(WORTH),
    )


def _turns(known: Frame, rules: StageRules) -> Frame:
    """Days on which a stage may change of itself or by a purchase: ``customer_id, day``."""
    over = nw.when(nw.col(BUYS) == 1).then(nw.col(DAY) + rules.acquisition_days + 1)
    days = [nw.col(DAY), over, nw.col(DAY) + nw.col(QUIET) + 1, nw.col(DAY) + nw.col(GONE) + 1]
    each = [known.select(nw.col(CUSTOMER_ID), day.alias(DAY), nw.col("next")) for day in days]
    within = nw.col("next").is_null() | (nw.col(DAY) < nw.col("next"))
    return nw.concat(each).filter(~nw.col(DAY).is_null() & within).select(CUSTOMER_ID, DAY).unique()


def _referral_days(referrals: Frame | None, rules: StageRules) -> Frame | None:
    """Days on which a referral begins or ceases to count."""
    if referrals is None:
        return None
    day = day_number(nw.col(REFERRED_AT)).cast(nw.Int64)
    begins, ceases = (
        referrals.select(nw.col(REFERRER_ID).alias(CUSTOMER_ID), (day + shift).alias(DAY))
        for shift in (0, rules.referral_days)
    )
    return nw.concat([begins, ceases]).unique()


def _with_what_was_known(turns: Frame, known: Frame, referrals: Frame | None) -> Frame:
    """Give each turn the state of the last purchase up to it, and the day of the last referral up to it."""
    marks = known.select(nw.col(CUSTOMER_ID), nw.col(DAY), nw.col(DAY).alias(_EVENT))
    dated = turns.join(marks, on=[CUSTOMER_ID, DAY], how="left")
    if referrals is None:
        dated = dated.with_columns(nw.lit(None).cast(nw.Int64).alias(BROUGHT))
    else:
        day = day_number(nw.col(REFERRED_AT)).cast(nw.Int64)
        brought = referrals.select(nw.col(REFERRER_ID).alias(CUSTOMER_ID), day.alias(DAY)).unique()
        brought = brought.with_columns(nw.col(DAY).alias(BROUGHT))
        dated = dated.join(brought, on=[CUSTOMER_ID, DAY], how="left")
    dated = dated.with_columns(
        nw.col(_EVENT).fill_null(0).cum_max().over(CUSTOMER_ID, **_BY_DAY).alias(LAST),
        nw.col(BROUGHT).fill_null(0).cum_max().over(CUSTOMER_ID, **_BY_DAY),
    )
    state = known.drop("next").rename({DAY: LAST})
    return dated.filter(nw.col(LAST) > 0).drop(_EVENT).join(state, on=[CUSTOMER_ID, LAST], how="inner")


def stage_on(day: nw.Expr, rules: StageRules) -> nw.Expr:
    """The rules, in their order: the first that holds counts, the last always holds."""
    silence = day - nw.col(LAST)
    recently = (nw.col(BROUGHT) > 0) & (day - nw.col(BROUGHT) < rules.referral_days)
    once, regular = nw.col(BUYS) == 1, nw.col(BUYS) >= rules.regular_from
    steady = regular & (nw.col(RUN) >= rules.loyal_from)
    conditions: list[tuple[str, Any]] = [
        (DORMANT, silence > nw.col(GONE)),
        (AT_RISK, silence > nw.col(QUIET)),
        (ACQUISITION, nw.col(BUYS) == 0),
        (REFERRAL, recently),
        (REACTIVATED, (nw.col(BACK) > 0) & (nw.col(BACK) < rules.settled_from)),
        (ACQUISITION, once & (silence <= rules.acquisition_days)),
        (LOYALTY, steady),
        (ACTIVATION, ~regular),
    ]
    if rules.loyal_value < float("inf"):
        rich = regular & (nw.col(WORTH) >= round(rules.loyal_value * MONEY_UNITS))
        conditions.insert(-1, (LOYALTY, rich))
    stage = nw.lit(RETENTION)
    for name, holds in reversed(conditions):
        stage = nw.when(holds).then(nw.lit(name)).otherwise(stage)
    return stage


def _told(known: Frame, rules: StageRules) -> Frame:
    """Name the stage of each stretch, when it ends, and since when the customer is in it."""
    staged = known.with_columns(stage_on(nw.col(DAY), rules).alias(LIFECYCLE_STAGE)).with_columns(
        nw.col(LIFECYCLE_STAGE).shift(1).over(CUSTOMER_ID, **_BY_DAY).alias("was"),
        nw.col(DAY).shift(-1).over(CUSTOMER_ID, **_BY_DAY).alias(UNTIL),
    )
    fresh = nw.col("was").is_null() | (nw.col("was") != nw.col(LIFECYCLE_STAGE))
    return staged.with_columns(
        nw.when(fresh).then(nw.col(DAY)).otherwise(nw.lit(0)).alias(SINCE),
    ).select(
        nw.col(CUSTOMER_ID),
        nw.col(DAY),
        nw.col(UNTIL),
        nw.col(LIFECYCLE_STAGE),
        nw.col(SINCE).cum_max().over(CUSTOMER_ID, **_BY_DAY),
        nw.col(BUYS),
        nw.col(FIRST),
        nw.col(LAST),
        _way(rules).alias(WAY),
    )


def _way(rules: StageRules) -> nw.Expr:
    """How near a customer is to being loyal, by purchases or by revenue, in whole levels."""
    run = nw.col(RUN) * TOP // rules.loyal_from
    if rules.loyal_value == float("inf"):
        return run.clip(upper_bound=TOP)
    worth = nw.col(WORTH) * TOP // round(rules.loyal_value * MONEY_UNITS)
    return nw.when(worth > run).then(worth).otherwise(run).clip(upper_bound=TOP)
