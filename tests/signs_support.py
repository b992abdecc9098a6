"""A record as it stood on the evening of a day, and the signs that follow from it: what a leak is held against."""

from collections.abc import Mapping
from datetime import date

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import collected
from clv_lib.data.signs import signs

DAYS = {
    "transactions": "ordered_at",
    "interactions": "happened_at",
    "feedback": "given_at",
    "subscriptions": "started_at",
    "campaign_members": "assigned_at",
}
TOLD_LATER = {"interactions": "resolved_at", "subscriptions": "ended_at"}


def frames(tables: Mapping[str, pd.DataFrame]) -> dict[str, nw.LazyFrame]:
    return {name: nw.from_native(table).lazy() for name, table in tables.items()}


def as_known_on(tables: Mapping[str, pd.DataFrame], cutoff: date) -> dict[str, pd.DataFrame]:
    """Rows of later days do not exist yet, and what earlier rows say of later days is not known yet."""
    end = pd.Timestamp(cutoff) + pd.Timedelta(days=1)
    found = dict(tables)
    for name, day in DAYS.items():
        if name in found:
            found[name] = found[name][found[name][day] < end]
    for name, day in TOLD_LATER.items():
        if name in found:
            found[name] = found[name].assign(**{day: found[name][day].mask(found[name][day] >= end)})
    return found


def signs_of(tables: Mapping[str, pd.DataFrame], cutoff: date, rhythm: float = 40.0) -> pd.DataFrame:
    table = collected(signs(frames(tables), cutoff=cutoff, rhythm=rhythm))
    return table.sort_values("customer_id", ignore_index=True)
