"""Who may be in a play, on which day, and what it is expected to gain; and of everybody else, why not.

The play's expected profit per contact is that of a mean customer of the group. Within the group it is shared out by
what the play moves: by expected revenue where it moves purchases, by value at risk where it keeps customers. So the
gains of the whole group add up to what the strategy expects of it, and the best of it are found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.send_dates import DUE, RAW, Calendar, with_due
from clv_lib.analysis.suppression import (
    BLOCKED,
    CONTACTS,
    NO_CONSENT,
    RUNNING,
    TROUBLES,
    UNKNOWN_CONSENT,
)
from clv_lib.data.customers import Frame
from clv_lib.names import (
    BAND,
    CHURN_RISK,
    CUSTOMER_ID,
    EXPECTED_PURCHASES,
    EXPECTED_SPEND,
    LIFECYCLE_STAGE,
    RESIDUAL_CLV,
    SEGMENT,
    VALUE_AT_RISK,
)
from clv_lib.settings import ActionsSection, Play, StrategySection

STATUS: Final = "status"
OK: Final = ""
STAGE, NO_TROUBLE, IN_CAMPAIGN, TOO_MANY = "stage", "no_trouble", "in_campaign", "too_many_contacts"
NO_DAY, RESTING, NOT_DUE, NO_GAIN = "no_day", "resting", "not_due", "no_gain"
OTHER_PLAY, NOT_BEST, LIST_FULL = "other_play", "not_best", "list_full"
REASONS: Final = (
    STAGE, BLOCKED, NO_CONSENT, UNKNOWN_CONSENT, *TROUBLES, NO_TROUBLE, IN_CAMPAIGN, TOO_MANY, NO_DAY, RESTING,
    NOT_DUE, NO_GAIN, OTHER_PLAY, NOT_BEST, LIST_FULL,
)  # fmt: skip
GAIN: Final = "gain"
_REVENUE, _AT_RISK = "revenue ahead", "value at risk"


def with_bases(people: Frame, tables: Mapping[str, Frame]) -> Frame:
    """Add what gains are shared out by: the customer's part of the mean of its group.

    Parameters
    ----------
    people : narwhals.LazyFrame
        ``customer_id, segment, band, residual_clv, churn_risk``.
    tables : mapping of str to narwhals.LazyFrame
        ``values`` and ``risks`` of every customer, if there are.
    """
    residual = nw.col(RESIDUAL_CLV).cast(nw.Float64).fill_null(0.0)
    value = nw.when(residual > 0).then(residual).otherwise(nw.lit(0.0))
    revenue, at_risk = value, nw.col(CHURN_RISK).cast(nw.Float64).fill_null(0.0) * value
    values, risks = tables.get("values"), tables.get("risks")
    if values is not None and {EXPECTED_PURCHASES, EXPECTED_SPEND} <= set(values.collect_schema().names()):
        ahead = (nw.col(EXPECTED_PURCHASES) * nw.col(EXPECTED_SPEND)).cast(nw.Float64).alias("ahead")
        people = people.join(values.select(CUSTOMER_ID, ahead), on=CUSTOMER_ID, how="left")
        revenue = nw.col("ahead").fill_null(0.0)
    if risks is not None and VALUE_AT_RISK in risks.collect_schema().names():
        stake = nw.col(VALUE_AT_RISK).cast(nw.Float64).alias("stake")
        people = people.join(risks.select(CUSTOMER_ID, stake), on=CUSTOMER_ID, how="left")
        at_risk = nw.col("stake").fill_null(0.0)
    people = people.with_columns(revenue.alias(_REVENUE), at_risk.alias(_AT_RISK))
    return people.with_columns(*(_part_of_group(name).alias(name) for name in (_REVENUE, _AT_RISK)))


def _part_of_group(name: str) -> nw.Expr:
    mean = nw.col(name).mean().over(SEGMENT, BAND)
    return nw.when(mean > 0).then(nw.col(name) / mean).otherwise(nw.lit(1.0))


@dataclass(frozen=True)
class Rules:
    """What holds for every play of a list.

    Attributes
    ----------
    calendar : Calendar
    section : ActionsSection
    strategy : StrategySection
    unknown_consent : bool
        Whether customers are listed of whom nobody knows if they may be written to.
    """

    calendar: Calendar
    section: ActionsSection
    strategy: StrategySection
    unknown_consent: bool


def candidates(people: Frame, name: str, play: Play, offers: pd.DataFrame | None, rules: Rules) -> Frame:
    """The customers of a play's groups with ``due``, ``gain`` and ``status``: empty, or the first that keeps them out.

    Parameters
    ----------
    people : narwhals.LazyFrame
        Everybody, with consent, troubles, contacts, anchors and bases.
    name : str
    play : Play
    offers : DataFrame, optional
        Without it every group is looked at, whatever a contact would earn.
        One row per group that the play is planned for: ``segment, band, profit`` (expected of a contact with a mean
        customer of the group, currency), ``contact`` (what one costs whoever gets it) and ``trial``: whether nobody has
        measured the play, so that it is tried on the group as a whole, also where single customers promise less than
        a contact costs.
    rules : Rules
    """
    profit, cost = nw.lit(None if offers is not None else 1.0).cast(nw.Float64), nw.lit(0.0).cast(nw.Float64)
    trial = nw.lit(int(offers is None)).cast(nw.Int64)
    for row in [] if offers is None else offers.to_dict("records"):
        here = (nw.col(SEGMENT) == str(row[SEGMENT])) & (nw.col(BAND) == int(row[BAND]))
        profit = nw.when(here).then(nw.lit(float(row["profit"]))).otherwise(profit)
        cost = nw.when(here).then(nw.lit(float(row["contact"]))).otherwise(cost)
        trial = nw.when(here).then(nw.lit(int(row["trial"]))).otherwise(trial)
    found = people.with_columns(profit.alias("profit"), cost.alias("contact"), trial.alias("trial")).filter(
        ~nw.col("profit").is_null()
    )
    part = nw.col(_AT_RISK if play.moves == "stay" else _REVENUE)
    gain = part * (nw.col("profit") + nw.col("contact")) - nw.col("contact")
    found = with_due(found, play, rules.calendar).with_columns(gain.alias(GAIN))
    status = nw.lit(OK)
    for reason, holds in reversed(list(_obstacles(name, play, rules).items())):
        status = nw.when(holds).then(nw.lit(reason)).otherwise(status)
    return found.with_columns(status.alias(STATUS))


def _obstacles(name: str, play: Play, rules: Rules) -> dict[str, nw.Expr]:
    """Every reason that may keep a customer out, in the order in which they are told."""
    section, strategy = rules.section, rules.strategy
    found: dict[str, nw.Expr] = {}
    if play.stages:
        found[STAGE] = ~nw.col(LIFECYCLE_STAGE).is_in(list(play.stages))
    found[BLOCKED] = nw.col(BLOCKED) > 0
    found[NO_CONSENT] = nw.col("consent") == "no"
    if not rules.unknown_consent:
        found[UNKNOWN_CONSENT] = nw.col("consent") == "unknown"
    if name not in section.despite_trouble:
        found |= {each: nw.col(each) > 0 for each in TROUBLES}
    if name in section.after_trouble:
        found[NO_TROUBLE] = sum((nw.col(each) for each in TROUBLES[1:]), nw.col(TROUBLES[0])) == 0
    found[IN_CAMPAIGN] = nw.col(RUNNING) >= strategy.plays_per_customer
    found[TOO_MANY] = nw.col(CONTACTS) >= strategy.most_contacts
    found[NO_DAY] = nw.col(RAW).is_null()
    found[RESTING] = nw.col(DUE).is_null() & nw.col("due_but_for_rest")
    found[NOT_DUE] = nw.col(DUE).is_null()
    found[NO_GAIN] = (nw.col(GAIN) <= 0) & (nw.col("trial") == 0)
    return found
