"""The clock in the dates: does the night fall by day, or every order on the same minute? Then days may be wrong."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.column_names import OTHER_DAY
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Finding
from clv_lib.data.sources import Loaded
from clv_lib.names import ORDERED_AT
from clv_lib.settings import Settings

Frame = nw.LazyFrame[Any]
_SAMPLE: Final = 50_000  # rows; enough to see at which hours people sleep
_LEAST: Final = 500  # rows with a clock time; fewer show no night
_QUIET_HOURS: Final = 6
_QUIET_SHARE: Final = 0.06  # of the orders at most, for a night; a quarter of the day would be their share by chance
_BY_DAY: Final = range(
    7, 21
)  # a night whose middle lies here is no night: shops that sleep till ten do not close at four
_SAME: Final = 0.99  # of the times


def screen_clock(loaded: Loaded, settings: Settings, engine: Engine) -> list[Finding]:
    """Look at the hours of the first rows.

    Parameters
    ----------
    loaded : Loaded
        Raw rows: the day alone survives the reading.
    settings : Settings
        For the time zone of the business.
    engine : Engine
        Text is taken apart in its SQL.
    """
    times = _times(loaded.frame.head(_SAMPLE), engine)
    if times.empty:
        return []
    stated = settings.tables.transactions.timezone
    if stated is not None:  # times without an offset are of the clocks' own zone
        times = times.assign(offset=times["offset"].fillna(_minutes_east(stated)))
    return hours_in_doubt(times, zone=settings.dataset.timezone)


def days_moved(used: Frame, settings: Settings, *, order: str) -> list[Finding]:
    """How many orders fall on another day because the clocks hung in another zone than the business.

    Parameters
    ----------
    used : narwhals.LazyFrame
        Rows in use, with ``other_day`` where the settings state the zone of the clocks.
    settings : Settings
    order : str
        Column whose values tell orders apart.
    """
    if OTHER_DAY not in used.collect_schema().names():
        return []
    moved = nw.col(OTHER_DAY).cast(nw.Int64).max().alias("moved")
    orders = used.filter(~nw.col(order).is_null()).group_by(order).agg(moved)
    (found,) = fetch(orders.select(nw.len().alias("orders"), nw.col("moved").sum()))
    count, all_orders = int(found["moved"] or 0), int(found["orders"])
    values: dict[str, float | int | str] = {
        "orders": count,
        "share": count / all_orders if all_orders else 0.0,
        "clock": str(settings.tables.transactions.timezone),
        "zone": settings.dataset.timezone,
    }
    return [Finding("days_moved", "days_set_right", values)] if count else []


def _times(frame: Frame, engine: Engine) -> pd.DataFrame:
    """Distinct ``hour, minute, offset`` with ``n``; the offset is minutes east of UTC, or missing."""
    kind = frame.collect_schema()[ORDERED_AT]
    if isinstance(kind, nw.Datetime):
        when = nw.col(ORDERED_AT)
        parts = frame.filter(~when.is_null()).select(when.dt.hour().alias("hour"), when.dt.minute().alias("minute"))
        found = _grouped(parts, "hour", "minute")
        return found.assign(offset=0.0 if kind.time_zone else np.nan)
    if kind != nw.String or engine.dialect is None:
        return pd.DataFrame()
    dialect = engine.dialect
    text = f"CAST({dialect.name(ORDERED_AT)} AS STRING)"
    clock = {
        "hour": dialect.extract(text, r"[0-9][ T]+([0-9]{1,2}):[0-9]{2}"),
        "minute": dialect.extract(text, r"[0-9][ T]+[0-9]{1,2}:([0-9]{2})"),
        "half": f"lower({dialect.extract(text, '([AaPp])[Mm] *$')})",
        "zone": dialect.extract(text, r":[0-9]{2}(?:[.][0-9]+)? ?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)$"),
    }
    parts = engine.project(frame, [f"{sql} AS {dialect.name(name)}" for name, sql in clock.items()])
    found = _grouped(parts.filter(nw.col("hour") != ""), *clock)
    if found.empty:
        return found
    hour = found["hour"].astype("int64") % 24
    afternoon = np.where(found["half"] == "p", hour % 12 + 12, np.where(found["half"] == "a", hour % 12, hour))
    return pd.DataFrame(
        {
            "hour": afternoon,
            "minute": found["minute"].astype("int64"),
            "offset": [_minutes(zone) for zone in found["zone"]],
            "n": found["n"],
        }
    )


def _grouped(parts: Frame, *keys: str) -> pd.DataFrame:
    rows = fetch(parts.group_by(*keys).agg(nw.len().alias("n")))
    return pd.DataFrame(rows, columns=[*keys, "n"])


def _minutes(zone: str) -> float:
    if not zone:
        return np.nan
    digits = zone[1:].replace(":", "").ljust(4, "0")
    east = 0 if zone[0] not in "+-" else int(digits[:2]) * 60 + int(digits[2:])
    return float(-east if zone.startswith("-") else east)


def _minutes_east(zone: str) -> float:
    """Offset of a zone in mid-January; an hour of summer time does not hide a night."""
    moment = datetime(2024, 1, 15, tzinfo=ZoneInfo(zone)).utcoffset()
    return 0.0 if moment is None else moment.total_seconds() / 60


def hours_in_doubt(times: pd.DataFrame, *, zone: str) -> list[Finding]:
    """Findings on clock times.

    Parameters
    ----------
    times : DataFrame
        ``hour, minute, offset`` (minutes east of UTC, or missing) and ``n``.
    zone : str
        The business's own: times with an offset are moved there, by its offset in mid-January.
    """
    total = int(times["n"].sum())
    shift = (_minutes_east(zone) - times["offset"]).fillna(0)
    local = (times["hour"] * 60 + times["minute"] + shift) % (24 * 60)
    most = times["n"].groupby(local).sum()
    time = int(most.index[int(most.to_numpy().argmax())])
    if most.max() >= _SAME * total:
        if total < 2 or times["offset"].isna().all() or time == 0:
            return []  # dates only, written as midnight
        return [Finding("same_clock_time", "days_shifted", {"time": f"{time // 60:02d}:{time % 60:02d}"})]
    if total < _LEAST:
        return []
    hours = times["n"].groupby((local // 60).astype("int64")).sum().reindex(range(24), fill_value=0).to_numpy()
    windows = np.array([np.roll(hours, -start)[:_QUIET_HOURS].sum() for start in range(24)])
    start = int(windows.argmin())
    middle = (start + _QUIET_HOURS // 2) % 24
    if windows[start] > _QUIET_SHARE * total or middle not in _BY_DAY:
        return []
    night = hours[[22, 23, 0, 1]].sum() / total
    values: dict[str, float | int | str] = {"first": start, "last": (start + _QUIET_HOURS) % 24, "share": float(night)}
    return [Finding("night_by_day", "days_shifted", values)]
