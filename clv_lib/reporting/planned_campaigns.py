"""The planned campaigns as rows of the company's own tables: appended as they are, the next run measures them.

Whoever is treated and whoever is left out have the same day, from which both are watched: the day of the message.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow.parquet as pq

from clv_lib.analysis.actions import SEND_ON
from clv_lib.names import (
    ARM,
    ASSIGNED_AT,
    CAMPAIGN_ID,
    COST_PER_CONTACT,
    CUSTOMER_ID,
    ENDS_AT,
    FIXED_COST,
    NAME,
    PLAY,
    STARTS_AT,
)
from clv_lib.reporting.spreadsheets import write_csv
from clv_lib.settings import Play, TableSection

CAMPAIGN_COLUMNS: Final = (CAMPAIGN_ID, NAME, PLAY, STARTS_AT, ENDS_AT, FIXED_COST, COST_PER_CONTACT)
MEMBER_COLUMNS: Final = (CAMPAIGN_ID, CUSTOMER_ID, ARM, ASSIGNED_AT)


def planned_campaigns(rows: pd.DataFrame, plays: Mapping[str, Play], titles: Mapping[str, str]) -> pd.DataFrame:
    """One row per campaign; it ends when the last message has had its time to work.

    Parameters
    ----------
    rows : DataFrame
        Of the action list.
    plays : mapping of str to Play
    titles : mapping of str to str
        Names for people.
    """
    lines = []
    for (campaign, name), own in rows.groupby([CAMPAIGN_ID, PLAY], sort=True):
        play = plays[str(name)]
        line: dict[str, Any] = {CAMPAIGN_ID: campaign, NAME: titles[str(name)], PLAY: name}
        line |= {STARTS_AT: own[SEND_ON].min(), ENDS_AT: own[SEND_ON].max() + timedelta(days=play.effect_days - 1)}
        line |= {FIXED_COST: play.fixed_cost, COST_PER_CONTACT: play.cost_per_contact or 0.0}
        lines.append(line)
    return pd.DataFrame(lines, columns=list(CAMPAIGN_COLUMNS))


def planned_members(rows: pd.DataFrame) -> pd.DataFrame:
    """Everybody on the list, in the arm and on the day that the list says."""
    found = rows.rename(columns={SEND_ON: ASSIGNED_AT})[list(MEMBER_COLUMNS)]
    return found.sort_values([CAMPAIGN_ID, CUSTOMER_ID], ignore_index=True)


def write_as_theirs(table: pd.DataFrame, path: Path, section: TableSection | None, kept: Path | None) -> None:
    """Write rows as the company's own file has them: its columns, words, dates and marks.

    Parameters
    ----------
    table : DataFrame
        In our names.
    path : Path
    section : TableSection, optional
        How the company's file is written; without one our own names and ISO dates are.
    kept : Path, optional
        The accepted rows of the company's table, for the columns that it has; ours that it lacks are added at the end.
    """
    there = pq.read_schema(kept).names if kept is not None else []
    known = [*there, *(name for name in table.columns if name not in there)]
    if section is not None:
        known = [name for name in known if name not in section.constants]
    found = table.reindex(columns=known)
    for name in known:
        found[name] = [_cell(value, name, section) for value in found[name]]
    theirs = {} if section is None else section.columns
    found = found.rename(columns={name: theirs.get(name, name) for name in known})
    write_csv(found.astype(object), path, delimiter=(section.delimiter if section else None) or ",")


def _cell(value: Any, name: str, section: TableSection | None) -> str:
    """A value as the company writes it; empty where it is missing."""
    if value is None or value != value:
        return ""
    if hasattr(value, "isoformat"):
        pattern = section.date_format if section else None
        return str(value.strftime(pattern)) if pattern else str(value.isoformat())
    if isinstance(value, int | float):
        mark = (section.decimal if section else None) or "."
        return f"{float(value):.2f}".rstrip("0").rstrip(".").replace(".", mark)
    words = {ours: word for word, ours in (section.values.get(name, {}) if section else {}).items()}
    return words.get(str(value), str(value))
