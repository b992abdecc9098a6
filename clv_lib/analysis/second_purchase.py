r"""How long it takes a first-time buyer to buy again, counting those who have not come back yet for what they are.

The share who are back within t days is one minus the Kaplan-Meier product over the days on which somebody came back,
``S(t) = prod (1 - back_d / watched_d)``, where ``watched_d`` are those whose d-th day lies inside the observation and
who had not come back before. With Greenwood's variance V the curve is worth as much as ``S (1 - S) / V`` customers
watched to the end, and its interval is that of so many: where everybody was watched long enough, it is the plain Beta
interval.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.shares import probability_above, share_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.data.purchase_periods import CAME_BACK, WAIT
from clv_lib.names import COHORT, N

HORIZONS: Final = (30, 60, 90, 180, 365)  # days
LEAST_WATCHED: Final = 10  # first-time buyers watched to the end of a horizon, for their cohort to be compared


@dataclass(frozen=True)
class SecondPurchase:
    """When first-time buyers come back.

    Attributes
    ----------
    curve : DataFrame
        All cohorts together: day, back (share), low, high, watched (not back before that day, and still followed).
    cohorts : DataFrame
        cohort, n, watched (followed to the horizon or back before it), effective, back, low, high, above: share back
        within the horizon; missing where fewer than :data:`LEAST_WATCHED` could be watched so long. ``above`` is the
        probability that the share is higher than that of the cohort before.
    horizon : int
        Days.
    """

    curve: pd.DataFrame
    cohorts: pd.DataFrame
    horizon: int

    def within(self, day: int) -> tuple[float, float, float]:
        """Share of all first-time buyers who are back within so many days, with its interval."""
        row = self.curve[self.curve["day"] <= day].iloc[-1]
        return float(row["back"]), float(row["low"]), float(row["high"])

    @property
    def median_day(self) -> float:
        """Day by which half are back; NaN where fewer than half ever were."""
        there = self.curve[self.curve["back"] >= 0.5]
        return float(there["day"].iloc[0]) if len(there) else float("nan")


def choose_horizon(median_gap: float, days: int) -> int:
    """Days within which coming back is compared.

    The shortest that gives twice the usual gap, of those that a third of the observation holds.

    Parameters
    ----------
    median_gap : float
        Days between purchases.
    days : int
        Length of the observation.
    """
    fits = [horizon for horizon in HORIZONS if 3 * horizon <= days] or [HORIZONS[0]]
    return next((horizon for horizon in fits if horizon >= 2 * median_gap), fits[-1])


def second_purchase(waits: Frame, *, horizon: int, without: int | None = None) -> SecondPurchase:
    """Estimate the curve of all, and each cohort's share at the horizon.

    Parameters
    ----------
    waits : narwhals.LazyFrame
        From :func:`~clv_lib.data.purchase_periods.waits`.
    horizon : int
        Days.
    without : int, optional
        A cohort that the curve of all leaves out, since its first purchases are no first ones.
    """
    counts = collected(waits.group_by(COHORT, WAIT, CAME_BACK).agg(nw.len().alias(N))).astype("int64")
    whole = counts if without is None else counts[counts[COHORT] != without]
    rows = []
    for cohort in np.unique(counts[COHORT]):
        mine = counts[counts[COHORT] == cohort]
        curve = kaplan_meier(mine)
        n, watched = int(mine[N].sum()), int(mine.loc[(mine[WAIT] >= horizon) | (mine[CAME_BACK] == 1), N].sum())
        followed = int(mine.loc[mine[WAIT] >= horizon, N].sum())
        at = curve[curve["day"] <= horizon].iloc[-1]
        enough = watched >= LEAST_WATCHED and (followed > 0 or watched == n)
        shown = at[["effective", "back", "low", "high"]].tolist() if enough else [np.nan] * 4
        rows.append((int(cohort), n, watched, *shown))
    names = [COHORT, N, "watched", "effective", "back", "low", "high"]
    table = pd.DataFrame(rows, columns=names)
    among = table["effective"].where(table[COHORT] != without).to_numpy(dtype=float)
    table["above"] = probability_above(table["back"].to_numpy(dtype=float) * among, among)
    return SecondPurchase(kaplan_meier(whole), table, horizon)


def kaplan_meier(counts: pd.DataFrame) -> pd.DataFrame:
    """The curve of one group.

    Parameters
    ----------
    counts : DataFrame
        wait, came_back, n.

    Returns
    -------
    DataFrame
        day (0, and every day on which somebody came back or was lost from sight), back, low, high, effective, watched.
    """
    total = int(counts[N].sum())
    by_day = counts.pivot_table(index=WAIT, columns=CAME_BACK, values=N, aggfunc="sum", fill_value=0)
    by_day = by_day.reindex(columns=[0, 1], fill_value=0).sort_index()
    watched = total - by_day.sum(axis=1).cumsum().shift(1, fill_value=0)
    back = by_day[1]
    stay = (1 - back / watched).cumprod()
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = (back / (watched * (watched - back))).cumsum()
        effective = ((1 - stay) / (stay * greenwood)).to_numpy()
    # before anybody is back, and once everybody is, the variance says nothing: those still watched are what is known
    effective = np.where(np.isfinite(effective) & (effective > 0), effective, watched.to_numpy())
    found = pd.DataFrame(
        {"day": by_day.index, "back": 1 - stay.to_numpy(), "effective": effective, "watched": watched.to_numpy()}
    )
    start = pd.DataFrame({"day": [0], "back": [0.0], "effective": [float(total)], "watched": [total]})
    found = found if len(found) and found["day"].iloc[0] == 0 else pd.concat([start, found], ignore_index=True)
    low, high = share_interval(found["back"] * found["effective"], found["effective"])
    return found.assign(low=low, high=high)
