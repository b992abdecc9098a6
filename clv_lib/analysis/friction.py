"""The journey with its points of friction: how unhappy x how many pass x what they are worth.

1. A touchpoint is passed by the customers who ordered, who turned to the company, or by all who were active, within
   the days that count as now.
2. Of those who answered about it, u of n were unhappy: the share has the posterior Beta(1 + u, 1 + n - u).
3. Friction is that share times the value to come of all who pass. Draws of the share and of the value are multiplied
   one by one; the uncertainty of a customer's value is that of the model's parameters, so one draw moves all alike.

Step 3 takes those who answered for like those who did not; and the page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.answers import GIVEN_DAY, UNHAPPY, UNNAMED, latest, score_cells, since
from clv_lib.analysis.intervals import INTERVAL, credible_interval
from clv_lib.analysis.touchpoints import ANSWERED, CONTACTS, EVERYONE, ORDERS, passing_of
from clv_lib.analysis.voice_scores import measure, mood_counts
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import RESPONSE
from clv_lib.errors import CannotEstimateError
from clv_lib.names import (
    CUSTOMER_ID,
    HAPPENED_AT,
    INSTRUMENT,
    KIND,
    ORDERED_AT,
    RESIDUAL_CLV,
    RESIDUAL_CLV_HIGH,
    RESIDUAL_CLV_LOW,
    TOUCHPOINT,
    N,
)
from clv_lib.periods import day_number
from clv_lib.settings.voice import Passing

PASSING: Final = "passing"
PASSED_BY: Final = "passed_by"
VALUE_PASSING: Final = "value_passing"
DRAWS: Final = 4_000
_NORMAL_WIDTH: Final = 2 * 1.6448536269514722  # a 90 % interval in standard deviations
_SUMS: Final = (RESIDUAL_CLV, RESIDUAL_CLV_LOW, RESIDUAL_CLV_HIGH)


@dataclass(frozen=True)
class Journey:
    """The touchpoints, the one with the most friction first.

    Attributes
    ----------
    table : DataFrame
        touchpoint, instrument, n (answers), happy, neutral, unhappy, score, share, share_low, share_high (of the
        unhappy), passed_by (orders, contacts, everyone, answers), passing (customers), times (how often they passed;
        NaN where that is not counted), unhappy_passing, whole (the relationship as a whole, no point of the journey:
        last), and, where values are known, value_passing, friction, friction_low, friction_high, in currency.
    days : int
        How far back now reaches.
    unnamed : int
        Answers of these days without a touchpoint.
    mass : float
    """

    table: pd.DataFrame
    days: int
    unnamed: int
    mass: float = INTERVAL

    @property
    def points(self) -> pd.DataFrame:
        """The points of the journey, without the relationship as a whole."""
        return self.table[~self.table["whole"]].reset_index(drop=True)

    @property
    def valued(self) -> bool:
        """Whether values are known."""
        return VALUE_PASSING in self.table


def journey(
    given: Frame,
    record: Mapping[str, Frame],
    people: Frame,
    *,
    stated: Mapping[str, Passing],
    last_day: int,
    days: int,
    seed: int,
    draws: int = DRAWS,
    mass: float = INTERVAL,
) -> Journey:
    """Touchpoints by friction.

    Parameters
    ----------
    given : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.answers.answers`.
    record : mapping of str to narwhals.LazyFrame
        transactions, and interactions where there are any.
    people : narwhals.LazyFrame
        customer_id, and residual_clv with its interval where a model knows it; everybody who is a customer now.
    stated : mapping of str to str
        Who passes a touchpoint, as the settings say.
    last_day, days : int
        Day number of the end, and how many days up to it count.

    Raises
    ------
    CannotEstimateError
        No answer of these days says what it is about.
    """
    recent = since(given, last_day - days + 1)
    cells = score_cells(latest(recent, TOUCHPOINT), [TOUCHPOINT])
    unnamed = int(cells.loc[cells[TOUCHPOINT] == UNNAMED, N].sum())
    cells = cells[cells[TOUCHPOINT] != UNNAMED]
    if cells.empty:
        raise CannotEstimateError(
            "A journey needs answers that say what they are about, but none of the last {days} days does. Add the "
            "column touchpoint to the feedback.",
            days=days,
        )
    table = mood_counts(cells, [TOUCHPOINT, INSTRUMENT])
    table["score"] = [
        float(measure(name, happy / n, unhappy / n))
        for name, happy, unhappy, n in zip(table[INSTRUMENT], table["happy"], table[UNHAPPY], table[N], strict=True)
    ]
    table[PASSED_BY] = [passing_of(name, stated) for name in table[TOUCHPOINT]]
    passes = {name: _passing(name, record, people, recent, last_day=last_day, days=days) for name in _named(table)}
    table = table.join(pd.DataFrame([passes[key] for key in _keys(table)], index=table.index))
    table = _with_friction(table, seed=seed, draws=draws, mass=mass)
    order = "friction" if VALUE_PASSING in table else "unhappy_passing"
    whole = table[PASSED_BY] == EVERYONE
    keys = ["whole", order, TOUCHPOINT, INSTRUMENT]
    table = table.assign(whole=whole).sort_values(keys, ascending=[True, False, True, True], ignore_index=True)
    return Journey(table, days, unnamed, mass)


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    """What decides who passes: for those who answered alone, the touchpoint as well."""
    pairs = zip(table[PASSED_BY], table[TOUCHPOINT], strict=True)
    return [(passed, name if passed == ANSWERED else "") for passed, name in pairs]


def _named(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(_keys(table)))


def _passing(
    key: tuple[str, str], record: Mapping[str, Frame], people: Frame, recent: Frame, *, last_day: int, days: int
) -> dict[str, float]:
    """Customers who passed, how often, and the value that they hold."""
    passed, name = key
    within = _days_of(passed, name, record, recent)
    if passed == CONTACTS and within is None:
        within = recent.select(CUSTOMER_ID, nw.col(GIVEN_DAY).alias("day"))
    if within is None:  # under contract everybody who is a member passes
        who, times = people.select(CUSTOMER_ID), float("nan")
    else:
        near = within.filter((nw.col("day") > last_day - days) & (nw.col("day") <= last_day))
        counted = near.group_by(CUSTOMER_ID).agg(nw.len().alias("times"))
        who, times = counted, float(collected(counted.select(nw.col("times").sum()))["times"].fillna(0).iloc[0])
    values = [name for name in _SUMS if name in people.collect_schema().names()]
    both = who.select(CUSTOMER_ID).join(people.select(CUSTOMER_ID, *values), on=CUSTOMER_ID, how="inner")
    sums = collected(both.select(nw.len().alias(PASSING), *(nw.col(each).sum() for each in values))).iloc[0]
    return {"times": times if passed in (ORDERS, CONTACTS) else float("nan")} | {
        str(each): float(amount) if amount == amount and amount is not None else 0.0 for each, amount in sums.items()
    }


def _days_of(passed: str, name: str, record: Mapping[str, Frame], recent: Frame) -> Frame | None:
    """``customer_id, day``: a row each time that somebody passed; None where no table knows."""
    if passed == ANSWERED:
        return recent.filter(nw.col(TOUCHPOINT) == name).select(CUSTOMER_ID, nw.col(GIVEN_DAY).alias("day"))
    if passed == CONTACTS:
        if "interactions" not in record:
            return None
        told = record["interactions"].filter(nw.col(KIND).str.to_lowercase() != RESPONSE)
        return told.select(CUSTOMER_ID, day_number(nw.col(HAPPENED_AT).cast(nw.Date)).cast(nw.Int64).alias("day"))
    if "transactions" not in record:
        return None
    bought = record["transactions"].select(CUSTOMER_ID, day_number(nw.col(ORDERED_AT)).cast(nw.Int64).alias("day"))
    return bought.unique()


def _with_friction(table: pd.DataFrame, *, seed: int, draws: int, mass: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unhappy, n = table[UNHAPPY].to_numpy(dtype=float), table[N].to_numpy(dtype=float)
    share = rng.beta(1 + unhappy, 1 + n - unhappy, size=(draws, len(table)))
    low, high = credible_interval(share, mass=mass)
    table = table.assign(share=share.mean(axis=0), share_low=low, share_high=high)
    table["unhappy_passing"] = table["share"] * table[PASSING]
    if not set(_SUMS) <= set(table.columns):
        return table.drop(columns=[name for name in _SUMS if name in table])
    spread = (table[RESIDUAL_CLV_HIGH] - table[RESIDUAL_CLV_LOW]).to_numpy(dtype=float) / _NORMAL_WIDTH
    value = table[RESIDUAL_CLV].to_numpy(dtype=float) + spread * rng.standard_normal(draws)[:, None]
    friction = share * value
    low, high = credible_interval(friction, mass=mass)
    table = table.assign(friction=friction.mean(axis=0), friction_low=low, friction_high=high)
    return table.rename(columns={RESIDUAL_CLV: VALUE_PASSING}).drop(columns=[RESIDUAL_CLV_LOW, RESIDUAL_CLV_HIGH])
