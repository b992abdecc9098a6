"""Customers as they stood at earlier cut-offs, and whether they were silent afterwards: what a hazard learns from.

Fitting cut-offs lie a horizon apart, counted back from the first test, so that no outcome that the model has seen lies
inside a test. At every cut-off the purchase model is fitted to what was known then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customer_cells import cells
from clv_lib.data.customers import Frame, collected, customer_summary, purchase_days
from clv_lib.data.signs import KEYS, rhythm_of, signs
from clv_lib.models.no_purchase import alive_after_silence, no_purchase
from clv_lib.models.priors import priors_of
from clv_lib.models.quick import quick_fit
from clv_lib.names import CUSTOMER_ID, FREQUENCY, LAST_DAY, PURCHASE_DAY, RECENCY, RENEWALS, T
from clv_lib.periods import ObservationWindow, days_to_weeks

TESTS: Final = 4
SHORTEST_HORIZON, LONGEST_HORIZON = 30, 360
_MONTH: Final = 30  # days; horizons are whole months
_OLDEST_SHARE: Final = 0.08  # of the window before the first fitting cut-off: nothing can be seen on the first day
_USUAL: Final = 0.8  # part of the gaps between purchases that a horizon covers
CONTRACT: Final = (RENEWALS, "next_renewal")  # of a member under contract: no signs
CLOSED_FORM, SILENT, CUTOFF, ALIVE = "closed_form", "silent", "cutoff", "p_alive"


@dataclass(frozen=True)
class CutOffs:
    """When customers are looked at.

    Attributes
    ----------
    horizon : int
        Days that follow each.
    fitting, tests : tuple of date
        In order of time; empty where the log is too short.
    last : date
        End of the observation, whose outcome nobody knows yet.
    """

    horizon: int
    fitting: tuple[date, ...]
    tests: tuple[date, ...]
    last: date


def default_horizon(transactions: Frame, *, window: ObservationWindow) -> int:
    """Days within which four of five repeat purchases have followed the one before, in whole months.

    At least one month, and at most an eighth of the window, so that there is a past to learn from.
    """
    day = nw.col(PURCHASE_DAY)
    days = purchase_days(transactions).filter(day <= window.end.toordinal())
    before = day.shift(1).over(CUSTOMER_ID, order_by=PURCHASE_DAY)
    gaps = days.with_columns((day - before).alias("gap")).filter(~nw.col("gap").is_null())
    counts = collected(gaps.group_by("gap").agg(nw.len().alias("n"))).sort_values("gap", ignore_index=True)
    if counts.empty:
        return SHORTEST_HORIZON
    below = counts["n"].cumsum() / counts["n"].sum()
    usual = int(counts["gap"][below.searchsorted(_USUAL)])
    months = -(-usual // _MONTH)
    longest = min(LONGEST_HORIZON, (window.end - window.start).days // 8 // _MONTH * _MONTH)
    return max(SHORTEST_HORIZON, min(months * _MONTH, longest))


def cut_offs(window: ObservationWindow, horizon: int) -> CutOffs:
    """Four tests, a third of the horizon apart, the last one a horizon before the end; before them, what is fitted."""
    step = max(horizon // 3, 1)
    newest = window.end - timedelta(days=horizon)
    tests = tuple(newest - timedelta(days=step * (TESTS - 1 - k)) for k in range(TESTS))
    oldest = window.start + timedelta(days=max(round((window.end - window.start).days * _OLDEST_SHARE), horizon // 2))
    fitting = _back(tests[0] - timedelta(days=horizon), oldest, horizon)
    return CutOffs(horizon, fitting, tests if fitting else (), window.end)


def _back(newest: date, oldest: date, step: int) -> tuple[date, ...]:
    count = max((newest - oldest).days // step + 1, 0)
    return tuple(newest - timedelta(days=step * (count - 1 - k)) for k in range(count))


@dataclass(frozen=True)
class History:
    """The record of one company, looked at from any day.

    Attributes
    ----------
    record : mapping of str to narwhals.LazyFrame
    family : str
        Purchase family of the closed form.
    horizon : int
        Days ahead.
    end : date
        End of the observation.
    """

    record: Mapping[str, Frame]
    family: str
    horizon: int
    end: date

    def parameters(self, cutoff: date) -> Mapping[str, Any]:
        """Most probable parameters of the purchase model, given the purchases up to the cut-off."""
        summary = customer_summary(self.record["transactions"], end=cutoff)
        return quick_fit(cells(summary), family=self.family, priors=priors_of(self.family))

    def frame(self, cutoff: date) -> Frame:
        """The signs of every customer of the cut-off, in the engine."""
        rhythm = rhythm_of(self.record["transactions"], cutoff=cutoff)
        return signs(self.record, cutoff=cutoff, rhythm=rhythm)

    def at(self, cutoff: date, *, most: int | None = None, ids: Sequence[str] | None = None) -> pd.DataFrame:
        """Signs, the purchase model's answer and, where the horizon is over, whether the customer was silent.

        Parameters
        ----------
        cutoff : date
        most : int, optional
            Customers to look at: every k-th by id, where there are more.
        ids : sequence of str, optional
            The customers to look at, where they are a handful.
        """
        found = self.frame(cutoff)
        if ids is not None:
            found = found.filter(nw.col(CUSTOMER_ID).is_in(list(ids)))
        if most is not None:
            count = int(collected(found.select(nw.len().alias("n")))["n"].iloc[0])
            found = _every(found, -(-count // most))
        if cutoff + timedelta(days=self.horizon) <= self.end:
            found = found.join(self._buyers(cutoff), on=CUSTOMER_ID, how="left")
            found = found.with_columns(nw.col("buys").is_null().cast(nw.Int64).alias(SILENT)).drop("buys")
        table = collected(found).sort_values(CUSTOMER_ID, ignore_index=True)
        return self.with_answer(table, cutoff, self.parameters(cutoff))

    def with_answer(self, table: pd.DataFrame, cutoff: date, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Add the closed form's probability of silence, and P(alive)."""
        from clv_lib.models.purchases import FAMILIES

        past = {name: table[name].to_numpy(dtype=float) for name in (FREQUENCY, RECENCY, T)}
        forms = FAMILIES[self.family]
        alive = forms.p_alive(*(parameters[name] for name in forms.parameters), **past)
        answer = no_purchase(self.family, parameters, horizon=self.weeks, **past)
        quiet = cutoff.toordinal() - table[LAST_DAY]
        return table.assign(**{CLOSED_FORM: answer, ALIVE: alive, CUTOFF: cutoff, "quiet_days": quiet})

    def lost_share(self, table: pd.DataFrame, parameters: Mapping[str, Any]) -> np.ndarray:
        """Part of each customer's value that a horizon of silence would take."""
        past = {name: table[name].to_numpy(dtype=float) for name in (FREQUENCY, RECENCY, T)}
        return 1 - alive_after_silence(self.family, parameters, horizon=self.weeks, **past)

    @property
    def weeks(self) -> float:
        """The horizon in weeks."""
        return float(days_to_weeks(np.array(float(self.horizon))))

    def stacked(self, days: tuple[date, ...], *, most_rows: int) -> pd.DataFrame:
        """Several cut-offs below each other, with no more rows than asked for."""
        each = max(most_rows // max(len(days), 1), 1)
        return pd.concat([self.at(day, most=each) for day in days], ignore_index=True)

    def _buyers(self, cutoff: date) -> Frame:
        day, first = nw.col(PURCHASE_DAY), cutoff.toordinal()
        bought = purchase_days(self.record["transactions"]).filter((day > first) & (day <= first + self.horizon))
        return bought.select(CUSTOMER_ID).unique().with_columns(nw.lit(1).alias("buys"))


def sign_names(table: pd.DataFrame) -> list[str]:
    """Columns of a table that are signs."""
    others = {*KEYS, CLOSED_FORM, ALIVE, CUTOFF, SILENT, "quiet_days", *CONTRACT}
    return [name for name in table.columns if name not in others]


def _every(frame: Frame, step: int) -> Frame:
    if step <= 1:
        return frame
    one = nw.lit(1).cast(nw.Int64).alias("one")
    ranked = frame.with_columns(one).with_columns(nw.col("one").cum_sum().over(order_by=CUSTOMER_ID).alias("rank"))
    return ranked.filter(nw.col("rank") - nw.col("rank") // step * step == 0).drop("one", "rank")
