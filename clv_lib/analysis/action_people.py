"""Everybody with what the action list depends on, and how many of them each play can reach.

A plan that counts on customers who may not be written to, or for whom it is not the time, promises what the list cannot
keep; so it is made for those whom the list can reach.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.action_candidates import OK, STATUS, Rules, candidates, with_bases
from clv_lib.analysis.send_dates import Calendar, with_anchors
from clv_lib.analysis.suppression import consent_is_kept, with_consent, with_contacts, with_troubles
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.names import (
    BAND,
    CHURN_RISK,
    CUSTOMER_ID,
    LIFECYCLE_STAGE,
    PLAY,
    REGION,
    RESIDUAL_CLV,
    SEGMENT,
    N,
)
from clv_lib.settings import Play, Settings

LANGUAGE_SAID: Final = "language said"


def rules_of(tables: Mapping[str, Frame], settings: Settings, *, as_of: date) -> Rules:
    """What holds for every play of a list that begins on the day after ``as_of``."""
    known, stated = consent_is_kept(tables.get("customers")), settings.actions.unknown_consent
    calendar = Calendar(as_of, settings.actions.days, settings.actions.late_days, settings.strategy.rest_days)
    unknown = (not known) if stated is None else stated
    return Rules(calendar, settings.actions, settings.strategy, unknown_consent=unknown)


def reach(tables: Mapping[str, Frame], plays: Mapping[str, Play], *, settings: Settings, as_of: date) -> pd.DataFrame:
    """How many customers of each group and stage the list could give a day for each play, looked at by itself.

    Parameters
    ----------
    tables : mapping of str to narwhals.LazyFrame
        As for :func:`clv_lib.analysis.actions.draw_up`.
    plays : mapping of str to Play
    settings : Settings
    as_of : date
        Last day that is known.

    Returns
    -------
    pandas.DataFrame
        ``play, segment, band, lifecycle_stage, n``; groups that a play cannot reach have no row.
    """
    rules = rules_of(tables, settings, as_of=as_of)
    people = kept(people_of(tables, settings, rules.calendar))
    keys = (SEGMENT, BAND, LIFECYCLE_STAGE)
    parts = []
    for name, play in plays.items():
        able = candidates(people, name, play, None, rules).filter(nw.col(STATUS) == OK)
        parts.append(collected(able.group_by(*keys).agg(nw.len().alias(N))).assign(**{PLAY: name}))
    columns = [PLAY, *keys, N]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def people_of(tables: Mapping[str, Frame], settings: Settings, calendar: Calendar) -> Frame:
    """Everything about everybody that the list depends on, one row per customer."""
    wanted = (CUSTOMER_ID, SEGMENT, BAND, LIFECYCLE_STAGE, RESIDUAL_CLV, CHURN_RISK)
    people = with_bases(tables["segments"].select(*wanted), tables)
    people = with_consent(people, tables.get("customers"), settings.actions)
    people = with_troubles(people, tables, settings.actions, as_of=calendar.as_of)
    people = with_contacts(people, tables, as_of=calendar.as_of, days=settings.strategy.most_contacts_days)
    people = with_anchors(people, tables, calendar)
    customers = tables.get("customers")
    there = set(customers.collect_schema().names()) if customers is not None else set()
    for column, name in ((REGION, REGION), (settings.actions.language_column, LANGUAGE_SAID)):
        if customers is not None and column in there:
            own = customers.select(CUSTOMER_ID, nw.col(column).cast(nw.String).alias(name)).unique(CUSTOMER_ID)
            people = people.join(own, on=CUSTOMER_ID, how="left")
        else:
            people = people.with_columns(nw.lit(None).cast(nw.String).alias(name))
    return people
