"""What past campaigns say about plays: members counted by arm, by evidence group and by what they did afterwards.

1. A campaign is evidence if its members were put into a treated and a control arm. Without a control group there is
   nothing to compare with: who was chosen, and when, differs from who was not. Such campaigns are listed apart.
2. What counts is what members do in the days in which the play is taken to work, from the first day of the campaign,
   or, if they were assigned later, from the day after that.
3. Groups are those of the stage on the day before, by what was known on it: nothing that the campaign changed is in it.
4. Left out of both arms: members who are in both, those whose days are not over, and, where customers buy when they
   like, those with a subscription, whose deliveries come whatever they are sent.
5. If the arms already differed before the campaign more than a coin makes them differ, they were not drawn by one; such
   a campaign is not evidence either.

Every step runs in the engine; what leaves it are counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.campaign_list import LIST_COLUMNS, PROOF, campaign_list, codes_of, play_codes
from clv_lib.data.customers import Frame, collected
from clv_lib.data.deeds import days_of_purchase, deeds, still_members
from clv_lib.data.tables.crm import TREATED
from clv_lib.names import (
    ARM,
    ASSIGNED_AT,
    CAMPAIGN_ID,
    CUSTOMER_ID,
    EVIDENCE_GROUPS,
    EVIDENCE_OF_STAGE,
    LIFECYCLE_STAGE,
    ORDERS,
    PLAY,
    STARTS_AT,
    N,
)
from clv_lib.periods import day_number
from clv_lib.settings import Play

TREATMENT: Final = "treated"  # 1 or 0
BEFORE_DAYS: Final = 90
FARTHEST_Z: Final = 3.29  # 1 in 1,000 by a coin: of a dozen campaigns, one in eighty datasets is set aside for nothing
LOG_UNITS: Final = 1_000_000  # logarithms are added as integers, so that any order of rows gives the same sum
COUNT_COLUMNS: Final = (CAMPAIGN_ID, PLAY, "group", TREATMENT, ORDERS, N)
SPEND_COLUMNS: Final = (CAMPAIGN_ID, PLAY, "group", TREATMENT, N, "total", "squares")
_CODE, _BEGIN, _UNTIL = "code", "begin", "until"


@dataclass(frozen=True)
class Experiments:
    """Evidence as counts.

    Attributes
    ----------
    campaigns : pandas.DataFrame
        One row per campaign: ``campaign_id, name, of_play`` (as the company calls it), ``play`` (of the library, or
        missing), ``starts_at``, ``status`` (why it is or is not evidence), per arm ``members_*, buyers_*, orders_*,
        revenue_*, discount_*`` (of the members whose days are over), ``left_out``, ``z`` (difference of the arms
        before the campaign in standard errors).
    counts : pandas.DataFrame
        Members of campaigns that are evidence, counted: ``campaign_id, play, group, treated`` (1 or 0), ``orders``
        (purchase days of each of them; under contract 1 for who is still a member and 0 for who left), ``n``.
    spend : pandas.DataFrame
        Buyers among them: ``campaign_id, play, group, treated, n``, and ``total`` and ``squares``, the sums of their
        mean log value of a purchase day, in currency, before discounts where those are known, and of its square.
    contractual : bool
    """

    campaigns: pd.DataFrame
    counts: pd.DataFrame
    spend: pd.DataFrame
    contractual: bool = False


def no_experiments(*, contractual: bool = False) -> Experiments:
    """Where no table of campaigns is."""
    listed, counts, spend = (
        pd.DataFrame(columns=list(names)) for names in (LIST_COLUMNS, COUNT_COLUMNS, SPEND_COLUMNS)
    )
    return Experiments(listed, counts, spend, contractual)


def experiments(
    record: Mapping[str, Frame], plays: Mapping[str, Play], stretches: Frame, *, end: date, contractual: bool = False
) -> Experiments:
    """Count what members of campaigns did.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        transactions, or subscriptions under contract; campaigns and campaign_members.
    plays : mapping of str to Play
        Their ``campaigns`` and ``effect_days`` are used.
    stretches : narwhals.LazyFrame
        From :func:`clv_lib.data.stages.stretches` or :func:`clv_lib.data.contract_stages.contract_stretches`.
    end : date
        Last day of the observation.
    contractual : bool
    """
    codes = play_codes(record, plays)
    if not codes:
        return no_experiments(contractual=contractual)
    names = list(plays)
    own = _members(record, codes, plays)
    own = own.with_columns((nw.col(_UNTIL) <= end.toordinal() + 1).cast(nw.Int64).alias("over"))
    if contractual:
        own = still_members(own, record["subscriptions"], on=nw.col(_BEGIN) - 1, name="member")
        own = own.with_columns(nw.col("member").alias("counts"))
        done = still_members(own, record["subscriptions"], on=nw.col(_UNTIL), name=ORDERS)
        done = done.with_columns(*(nw.lit(0).cast(nw.Int64).alias(each) for each in _MONEY))
    else:
        if "subscriptions" in record:
            own = still_members(own, record["subscriptions"], on=nw.col(_BEGIN) - 1, name="member")
        else:
            own = own.with_columns(nw.lit(0).cast(nw.Int64).alias("member"))
        own = own.with_columns((1 - nw.col("member")).alias("counts"))
        done = deeds(own, days_of_purchase(record["transactions"]), before_days=BEFORE_DAYS, log_units=LOG_UNITS)
    done = _in_groups(done, stretches)
    per_arm = _per_arm(done)
    listed = campaign_list(record, codes, names, per_arm, farthest=FARTHEST_Z)
    used = listed.loc[listed["status"] == PROOF, [CAMPAIGN_ID, PLAY]]
    counts, spend = _histogram(done), _spend(done)
    return Experiments(listed, _only(counts, used, COUNT_COLUMNS), _only(spend, used, SPEND_COLUMNS), contractual)


_MONEY: Final = ("value", "reduction", "before", "valued", "log_value")


def _members(record: Mapping[str, Frame], codes: Mapping[str, int], plays: Mapping[str, Play]) -> Frame:
    """One row per campaign and member: arm, the days that count, and whether they are in one arm alone."""
    length = {code: play.effect_days for code, play in enumerate(plays.values())}
    campaigns, members = record["campaigns"], record["campaign_members"]
    there = campaigns.collect_schema().names()
    starts = day_number(nw.col(STARTS_AT)).cast(nw.Int64) if STARTS_AT in there else nw.lit(None).cast(nw.Int64)
    days: nw.Expr = nw.lit(None).cast(nw.Int64)
    for code, each in length.items():
        days = nw.when(nw.col(_CODE) == code).then(nw.lit(each)).otherwise(days)
    known = campaigns.select(nw.col(CAMPAIGN_ID), codes_of(codes).alias(_CODE), starts.alias("starts"))
    assigned = nw.lit(None).cast(nw.Int64)
    if ASSIGNED_AT in members.collect_schema().names():
        assigned = day_number(nw.col(ASSIGNED_AT)).cast(nw.Int64)
    own = members.select(
        nw.col(CAMPAIGN_ID),
        nw.col(CUSTOMER_ID),
        (nw.col(ARM) == TREATED).cast(nw.Int64).alias(TREATMENT),
        assigned.alias("assigned"),
    ).join(known.with_columns(days.cast(nw.Int64).alias("days")), on=CAMPAIGN_ID, how="inner")
    later = nw.col("starts").is_null() | (nw.col("assigned") > nw.col("starts"))
    begin = nw.when(later.fill_null(False)).then(nw.col("assigned") + 1).otherwise(nw.col("starts"))
    own = own.with_columns(begin.alias(_BEGIN)).filter(~nw.col(_BEGIN).is_null())
    one = own.group_by(CAMPAIGN_ID, CUSTOMER_ID).agg(
        nw.col(TREATMENT).min(),
        nw.col(TREATMENT).max().alias("most"),
        nw.col(_BEGIN).min(),
        nw.col(_CODE).max(),
        nw.col("days").max(),
    )
    return one.with_columns(
        (nw.col(TREATMENT) == nw.col("most")).cast(nw.Int64).alias("one_arm"),
        # of a play that nobody knows: what is seen in four weeks is listed, and no more
        (nw.col(_BEGIN) + nw.col("days").fill_null(28)).alias(_UNTIL),
    )


def _in_groups(done: Frame, stretches: Frame) -> Frame:
    """Give each member the evidence group of the stage on the day before; who was not there yet is new."""
    spans = stretches.select(
        nw.col(CUSTOMER_ID), nw.col("day"), nw.col("until").alias("stretch_until"), nw.col(LIFECYCLE_STAGE)
    )
    eve = nw.col(_BEGIN) - 1
    found = (
        done.select(CAMPAIGN_ID, CUSTOMER_ID, _BEGIN)
        .join(spans, on=CUSTOMER_ID, how="inner")
        .filter((nw.col("day") <= eve) & (nw.col("stretch_until").is_null() | (nw.col("stretch_until") > eve)))
    )
    number: nw.Expr = nw.lit(0)
    for code, group in enumerate(EVIDENCE_GROUPS):
        stages = [stage for stage, its in EVIDENCE_OF_STAGE.items() if its == group]
        number = nw.when(nw.col(LIFECYCLE_STAGE).is_in(stages)).then(nw.lit(code)).otherwise(number)
    found = found.select(CAMPAIGN_ID, CUSTOMER_ID, number.cast(nw.Int64).alias("stage_group"))
    return done.join(found, on=[CAMPAIGN_ID, CUSTOMER_ID], how="left").with_columns(
        nw.col("stage_group").fill_null(0),
        (nw.col("one_arm") * nw.col("over") * nw.col("counts")).alias("in"),
    )


def _per_arm(done: Frame) -> pd.DataFrame:
    """Totals per campaign and arm, of those who count."""
    inside = nw.col("in")
    table = collected(
        done.with_columns(
            (nw.col(ORDERS) > 0).cast(nw.Int64).alias("buys"), (nw.col("before") * nw.col("before")).alias("squared")
        )
        .with_columns(
            *(
                (nw.col(each) * inside).alias(each)
                for each in (ORDERS, "buys", "value", "reduction", "before", "squared")
            )
        )
        .group_by(CAMPAIGN_ID, TREATMENT)
        .agg(
            nw.len().alias("all"),
            nw.col("in").sum().alias("members"),
            nw.col("over").sum(),
            nw.col("buys").sum().alias("buyers"),
            nw.col(ORDERS).sum().alias("orders"),
            nw.col("value").sum(),
            nw.col("reduction").sum(),
            nw.col("before").sum(),
            nw.col("squared").sum(),
        )
    )
    return table.sort_values([CAMPAIGN_ID, TREATMENT], ignore_index=True)


def _histogram(done: Frame) -> pd.DataFrame:
    keys = [CAMPAIGN_ID, "stage_group", TREATMENT, ORDERS]
    found = collected(done.filter(nw.col("in") == 1).group_by(*keys).agg(nw.len().alias(N)))
    return found.sort_values(keys, ignore_index=True)


def _spend(done: Frame) -> pd.DataFrame:
    keys = [CAMPAIGN_ID, "stage_group", TREATMENT]
    mean = nw.col("log_value").cast(nw.Float64) / nw.col("valued").cast(nw.Float64) / LOG_UNITS
    buyers = done.filter((nw.col("in") == 1) & (nw.col("valued") > 0)).with_columns(mean.alias("mean"))
    units = [("total", nw.col("mean")), ("squares", nw.col("mean") * nw.col("mean"))]
    found = collected(
        buyers.with_columns(*((each * LOG_UNITS).round(0).cast(nw.Int64).alias(name) for name, each in units))
        .group_by(*keys)
        .agg(nw.len().alias(N), nw.col("total").sum(), nw.col("squares").sum())
    )
    found = found.astype({"total": "float64", "squares": "float64"})
    found[["total", "squares"]] /= LOG_UNITS
    return found.sort_values(keys, ignore_index=True)


def _only(table: pd.DataFrame, used: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows of campaigns that are evidence, with the play's name and the group's."""
    found = table.merge(used, on=CAMPAIGN_ID, how="inner")
    found = found.assign(group=np.array(EVIDENCE_GROUPS, dtype=object)[found["stage_group"].to_numpy(dtype=int)])
    whole = [name for name in (TREATMENT, ORDERS, N) if name in columns]
    return found[list(columns)].astype(dict.fromkeys(whole, "int64"))
