"""What stands out in the accepted log as a whole, and how it would bend the results.

The models take a log for complete, and customers' behaviour for steady. Each check here asks whether the log itself
breaks that, on small tables by day: counts, first purchases, log value. A check speaks up only where chance, a trend or
a weekly rhythm are no explanation: the limits are argued beside each, and simulated clean logs raise nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Finding
from clv_lib.data.suspicions import VALUE
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.data.unit_change import unit_changes
from clv_lib.names import CUSTOMER_ID, FIRST_DAY, PURCHASE_DAY, N
from clv_lib.periods import DAYS_PER_WEEK

Frame = nw.LazyFrame[Any]
BY_CHANCE: Final = 1e-4  # a whole log shows such a thing by chance so rarely
_AROUND: Final = 8 * DAYS_PER_WEEK  # days on each side that say what was to be expected
_SHORTEST_GAP: Final = 3  # days; a holiday is no gap
_GAPS_SHOWN: Final = 3
_NO_FACTOR: Final = 1e6  # shape of a gamma factor that is always 1
_FIRST_WEEKS, _NEXT_WEEKS = 4, 8  # arrivals at the start against those just after it
_CENSORED_FACTOR, _CENSORED_SHARE = 3.0, 0.2
_IMPORT_FACTOR, _IMPORT_SHARE, _IMPORT_LEAST = 3.0, 0.1, 50
_FIRSTS_SHARE: Final = 0.15  # of purchase days on the first of a month; chance gives 3 %
_HOLE_SHARE: Final = 0.02  # of an average day of the week
_HOLE_EXPECTED: Final = 30


@dataclass(frozen=True)
class Daily:
    """A log by calendar day, without gaps in the calendar.

    Attributes
    ----------
    start : int
        Number of the first day (0001-01-01 is 1).
    buyers, fresh : ndarray
        Customers who bought on the day, and who bought for the first time.
    paid, log_sum, log_square : ndarray
        Customer-days of some value, the sum of their log values and of the squares.
    """

    start: int
    buyers: np.ndarray
    fresh: np.ndarray
    paid: np.ndarray
    log_sum: np.ndarray
    log_square: np.ndarray

    def day(self, position: int) -> date:
        """Calendar day at a position."""
        return date.fromordinal(self.start + position)

    @property
    def weekday(self) -> np.ndarray:
        """0 for Monday."""
        return (self.start + np.arange(len(self.buyers)) - 1) % DAYS_PER_WEEK

    def months(self) -> pd.PeriodIndex:
        """Calendar month of each day."""
        return pd.PeriodIndex(pd.period_range(self.day(0), periods=len(self.buyers), freq="D").asfreq("M"))


def by_day(days: Frame, *, first: date, end: date) -> Daily:
    """Count the customer-days of a log by calendar day, up to the end of the observation."""
    log = nw.when(nw.col(VALUE) > 0).then(nw.col(VALUE).clip(lower_bound=1).log()).otherwise(nw.lit(0.0))
    logs = days.with_columns(log.alias("log"), (nw.col(VALUE) > 0).cast(nw.Int64).alias("paid"))
    logs = logs.with_columns((nw.col("log") * nw.col("log")).alias("square"))
    table = fetch(
        logs.group_by(PURCHASE_DAY).agg(
            nw.len().alias(N), nw.col("paid").sum(), nw.col("log").sum(), nw.col("square").sum()
        )
    )
    arrivals = days.group_by(CUSTOMER_ID).agg(nw.col(PURCHASE_DAY).min().alias(FIRST_DAY))
    fresh = fetch(arrivals.group_by(FIRST_DAY).agg(nw.len().alias(N)))
    start, length = first.toordinal(), max(end.toordinal() - first.toordinal() + 1, 1)

    def dense(rows: list[dict[str, Any]], key: str, value: str) -> np.ndarray:
        out = np.zeros(length)
        for row in rows:
            if 0 <= row[key] - start < length:
                out[row[key] - start] = row[value]
        return out

    columns = [dense(table, PURCHASE_DAY, name) for name in (N, "paid", "log", "square")]
    return Daily(start, columns[0], dense(fresh, FIRST_DAY, N), *columns[1:])


def screen(days: Frame, *, first: date, end: date) -> tuple[Finding, ...]:
    """Everything that stands out.

    Parameters
    ----------
    days : narwhals.LazyFrame
        Customer-days of the accepted log (:func:`clv_lib.data.suspicions.customer_days`).
    first, end : date
        First day of the log, last day of the observation.
    """
    daily = by_day(days, first=first, end=end)
    found = [*gaps(daily), *thin_last_day(daily)]
    for change in unit_changes(daily.paid, daily.log_sum, daily.log_square):
        before, after = (_median(days, daily, *part) for part in (change.before, change.after))
        # between two orders any day will do; systems are changed at the beginning of a month
        days_between = [daily.day(k) for k in range(change.since, change.at + 1)]
        when = next((day for day in days_between if day.day == 1), days_between[-1])
        values: dict[str, float | int | str] = {
            "day": when.isoformat(),
            "before": before,
            "after": after,
            "ratio": after / before,
        }
        found.append(Finding("unit_change", "looks_like_prices", values))
    found += [*left_censoring(daily), *import_months(daily), *firsts_of_months(daily), *weekday_holes(daily)]
    return tuple(found)


def _median(days: Frame, daily: Daily, low: int, high: int) -> float:
    inside = (nw.col(PURCHASE_DAY) >= daily.start + low) & (nw.col(PURCHASE_DAY) < daily.start + high)
    return (
        float(fetch(days.filter(inside & (nw.col(VALUE) > 0)).select(nw.col(VALUE).median()))[0][VALUE]) / MONEY_UNITS
    )


def gaps(daily: Daily) -> list[Finding]:
    """Runs of days without an order that are too long for chance, holidays and weekly rhythm.

    What was to be expected is read off the eight weeks on either side, by day of the week. Weeks differ by more than
    chance, as if each had a gamma-distributed factor of shape k; an empty run then has probability
    (1 + expected / k)**-k.
    """
    found = []
    for low, high in _empty_runs(daily.buyers):
        if high - low < _SHORTEST_GAP:
            continue
        expected, beside = _expected(daily, low, high)
        weeks = np.array_split(beside, max(len(beside) // DAYS_PER_WEEK, 1))
        counts = np.array([daily.buyers[week].sum() for week in weeks])
        shape = _shape(counts, np.full(len(counts), counts.mean()))
        if shape * np.log1p(expected / shape) > np.log(len(daily.buyers) / BY_CHANCE):
            values: dict[str, float | int | str] = {
                "first": daily.day(low).isoformat(),
                "last": daily.day(high - 1).isoformat(),
                "days": high - low,
                "expected": expected,
            }
            at_end = high == len(daily.buyers)
            code, bends = ("end_gap", "ends_early") if at_end else ("gap", "looks_like_leaving")
            found.append(Finding(code, bends, values))
    return sorted(found, key=lambda each: -float(each.values["expected"]))[:_GAPS_SHOWN]


def _empty_runs(counts: np.ndarray) -> Iterator[tuple[int, int]]:
    empty = np.concatenate([[False], counts == 0, [False]])
    turns = np.flatnonzero(empty[1:] != empty[:-1])
    return zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True)


def _expected(daily: Daily, low: int, high: int) -> tuple[float, np.ndarray]:
    """Orders to be expected in a stretch, and the positions of the days beside it that say so."""
    beside = np.r_[max(low - _AROUND, 0) : low, high : min(high + _AROUND, len(daily.buyers))]
    if len(beside) < 2 * DAYS_PER_WEEK:
        return 0.0, beside
    return float(_by_weekday(daily, beside)[daily.weekday[low:high]].sum()), beside


def _by_weekday(daily: Daily, days: np.ndarray) -> np.ndarray:
    """Mean number of orders on each day of the week."""
    weekday = daily.weekday[days]
    return np.array([daily.buyers[days][weekday == day].mean() for day in range(DAYS_PER_WEEK)])


def _shape(counts: np.ndarray, means: np.ndarray) -> float:
    """Shape of the gamma factor by which counts differ beyond chance; huge where they do not."""
    beyond = ((counts - means) ** 2 - means).sum()
    return float(np.clip((means**2).sum() / beyond, 0.5, _NO_FACTOR)) if beyond > 0 else _NO_FACTOR


def thin_last_day(daily: Daily) -> list[Finding]:
    """A last day with far fewer orders than that day of the week usually has: the export was made before it ended."""
    last = len(daily.buyers) - 1
    if last < 2 * DAYS_PER_WEEK or not daily.buyers[last]:
        return []
    expected, beside = _expected(daily, last, last + 1)
    shape = _shape(daily.buyers[beside], _by_weekday(daily, beside)[daily.weekday[beside]])
    orders = int(daily.buyers[last])
    chance = stats.nbinom.cdf(orders, shape, shape / (shape + expected))
    if orders > expected / 2 or chance > BY_CHANCE:
        return []
    values: dict[str, float | int | str] = {"last": daily.day(last).isoformat(), "orders": orders, "expected": expected}
    return [Finding("thin_last_day", "ends_early", values)]


def left_censoring(daily: Daily) -> list[Finding]:
    """Far more first purchases in the first four weeks than in the eight after them: most of them are no first ones.

    A log that takes in customers only in its first weeks is a cohort that somebody chose, and raises nothing.
    """
    first, after = _FIRST_WEEKS * DAYS_PER_WEEK, (_FIRST_WEEKS + _NEXT_WEEKS) * DAYS_PER_WEEK
    if len(daily.fresh) < after or not daily.fresh[first:].sum():
        return []
    total, early = daily.fresh.sum(), daily.fresh[:first].sum()
    usual = daily.fresh[first:after].sum() * first / (after - first)
    enough = early > _CENSORED_FACTOR * usual + 5 * np.sqrt(usual + 4)
    if not enough or early < _CENSORED_SHARE * total:
        return []
    days = DAYS_PER_WEEK if daily.fresh[:DAYS_PER_WEEK].sum() > early / 2 else first
    found = daily.fresh[:days].sum()
    ratio = float(found / max(usual * days / first, 1.0))
    return [Finding("left_censored", "too_many_new", {"share": float(found / total), "days": days, "ratio": ratio})]


def import_months(daily: Daily) -> list[Finding]:
    """One month with far more new customers than the months beside it: accounts were migrated or imported."""
    fresh = pd.Series(daily.fresh, index=daily.months()).groupby(level=0).sum()
    found = []
    for k in range(1, len(fresh)):
        beside = fresh.iloc[[*range(max(k - 2, 0), k), *range(k + 1, min(k + 3, len(fresh)))]]
        if k == 1:  # the first month may hold the old customers, or be cut
            beside = fresh.iloc[[0, *range(2, min(4, len(fresh)))]]
        new, usual = fresh.iloc[k], beside.max()
        if new > _IMPORT_FACTOR * usual + 5 * np.sqrt(usual) and new > max(_IMPORT_SHARE * fresh.sum(), _IMPORT_LEAST):
            values: dict[str, float | int | str] = {"month": str(fresh.index[k]), "new": int(new), "beside": int(usual)}
            found.append(Finding("import_month", "too_many_new", values))
    return found


def firsts_of_months(daily: Daily) -> list[Finding]:
    """Purchase days gathered on the first of the month: dates were rounded, or are those of an invoice."""
    days_of_month = pd.period_range(daily.day(0), periods=len(daily.buyers), freq="D").day
    total, on_first = daily.buyers.sum(), daily.buyers[days_of_month == 1].sum()
    firsts = int((days_of_month == 1).sum())
    by_chance = stats.binom.sf(on_first - 1, int(total), firsts / len(daily.buyers))
    if firsts < 2 or on_first < _FIRSTS_SHARE * total or by_chance > BY_CHANCE:
        return []
    return [Finding("first_of_month", "days_rounded", {"share": float(on_first / total)})]


def weekday_holes(daily: Daily) -> list[Finding]:
    """Days of the week on which hardly anybody buys."""
    counts = np.array([daily.buyers[daily.weekday == day].sum() for day in range(DAYS_PER_WEEK)])
    usual = counts.sum() / DAYS_PER_WEEK
    empty = [str(day + 1) for day in range(DAYS_PER_WEEK) if counts[day] < _HOLE_SHARE * usual]
    if usual < _HOLE_EXPECTED or not empty or len(daily.buyers) < _AROUND:
        return []
    return [Finding("weekday_hole", "closed_days", {"weekdays": ", ".join(empty)})]
