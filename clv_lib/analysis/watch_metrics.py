"""Rates to watch month by month, and which of them got worse beyond chance.

A rate of the last three months is compared with the twelve before. Each is Beta (or Gamma, for events per customer)
given its counts; where the earlier months scatter more than luck allows, all counts weigh as much less (their number
over the ratio of Pearson's chi-squared to its degrees of freedom). With m metrics looked at, a metric is called worse
when the probability exceeds ``1 - 0.05 / m``: one false alarm in twenty pages, not one in twenty lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.data.stages import NEW, NUMBER
from clv_lib.names import AT_RISK, DORMANT, LIFECYCLE_STAGE, PREVIOUS_STAGE, N

RECENT: Final = 3  # months
BEFORE: Final = 12
FEWEST_BEFORE: Final = 3
ALARM: Final = 0.05  # over all metrics together
DRAWS: Final = 4_000

Unit = Literal["share", "money"]
WORSE_IF_HIGHER: Final = frozenset({"lapse", "churn"})
SILENT: Final = (AT_RISK, DORMANT)


@dataclass(frozen=True)
class Watched:
    """One metric.

    Attributes
    ----------
    name : str
    monthly : DataFrame
        month_number, n, of.
    recent, before : tuple of float
        Mean, low, high (90 %) of the last three months and of the twelve before.
    p_worse : float
        Probability that it got worse; NaN where the months are too few.
    worse : bool
        Beyond chance, with all metrics looked at.
    unit : {"share", "money"}
        Of the metric: events per customer, or currency per customer.
    """

    name: str
    monthly: pd.DataFrame
    recent: tuple[float, float, float]
    before: tuple[float, float, float]
    p_worse: float
    worse: bool = False
    unit: Unit = "share"


def watched_metrics(
    monthly: dict[str, pd.DataFrame],
    *,
    seed: int,
    value: Watched | None = None,
    more: Sequence[Watched] = (),
    recent: int = RECENT,
    before: int = BEFORE,
) -> tuple[Watched, ...]:
    """Compare recent months with those before.

    Parameters
    ----------
    monthly : dict of DataFrame
        By metric: month_number, n (events), of (customers who might have).
    value : Watched, optional
        The value of customers, told first; see :mod:`clv_lib.analysis.value_watch`.
    more : sequence of Watched
        Metrics that are compared already, told last.
    recent, before : int
        Months, or whatever the tables count in, that are compared.
    """
    rngs = (np.random.default_rng(seed + k) for k in range(len(monthly)))
    found = [_one(*each, rng, recent, before) for each, rng in zip(monthly.items(), rngs, strict=True)]
    found = [*([value] if value is not None else []), *found, *more]
    limit = 1 - ALARM / max(len(found), 1)
    return tuple(replace(each, worse=bool(each.p_worse > limit)) for each in found)


def compared(months: int, recent: int, before: int) -> tuple[slice, slice]:
    """Places of the recent months and of those before."""
    border = max(months - recent, 0)
    return slice(border, months), slice(max(border - before, 0), border)


def _one(name: str, table: pd.DataFrame, rng: np.random.Generator, fresh: int, past: int) -> Watched:
    table = table[table["of"] > 0].sort_values(NUMBER, ignore_index=True)
    recent, before = (table.iloc[part] for part in compared(len(table), fresh, past))
    spread = _spread(before)
    now, then = (_draws(rng, each, spread, rate=name == "referral") for each in (recent, before))
    known = len(before) >= FEWEST_BEFORE and len(recent) == fresh
    higher = float((now > then).mean())
    p = (higher if name in WORSE_IF_HIGHER else 1 - higher) if known else float("nan")
    return Watched(name, table, _told(recent, now), _told(before, then), p)


def _draws(rng: np.random.Generator, months: pd.DataFrame, spread: float, *, rate: bool) -> np.ndarray:
    n, of = months["n"].sum() / spread, months["of"].sum() / spread
    if rate:
        return rng.gamma(n + 0.5, 1 / max(of, 1e-9), DRAWS)
    return rng.beta(n + 0.5, of - n + 0.5, DRAWS)


def _spread(months: pd.DataFrame) -> float:
    n, of = months["n"].to_numpy(float), months["of"].to_numpy(float)
    if len(n) < FEWEST_BEFORE or n.sum() == 0:
        return 1.0
    p = n.sum() / of.sum()
    variance = of * p * max(1 - p, 1e-9)
    return max(1.0, float(((n - of * p) ** 2 / variance).sum() / (len(n) - 1)))


def _told(months: pd.DataFrame, draws: np.ndarray) -> tuple[float, float, float]:
    if months.empty:
        return (float("nan"),) * 3
    low, high = np.quantile(draws, [0.05, 0.95])
    return float(months["n"].sum() / months["of"].sum()), float(low), float(high)


def rates_of_buying(cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Repeat buying, lapsing and coming back, by month.

    Parameters
    ----------
    cells : DataFrame
        From :func:`clv_lib.data.stages.buying_cells`. Who was new in a month is in none of them.
    """
    known = cells[cells[PREVIOUS_STAGE] != NEW]
    here = known[(known[PREVIOUS_STAGE] != DORMANT) & (known["had_bought"] == 1)]
    busy = known[~known[PREVIOUS_STAGE].isin(SILENT)]
    asleep = known[known[PREVIOUS_STAGE] == DORMANT]
    return {
        "repeat_buying": _share(here, here["bought"] == 1),
        "lapse": _share(busy, busy[LIFECYCLE_STAGE].isin(SILENT)),
        "reactivation": _share(asleep, asleep["bought"] == 1),
    }


def busy_customers(cells: pd.DataFrame) -> pd.Series:
    """Customers neither silent nor new at the end of the month before, by month."""
    busy = cells[~cells[PREVIOUS_STAGE].isin([*SILENT, NEW])]
    return busy.groupby(NUMBER)[N].sum()


def _share(cells: pd.DataFrame, happened: pd.Series) -> pd.DataFrame:
    counted = pd.DataFrame({NUMBER: cells[NUMBER], "n": cells[N].where(happened, 0), "of": cells[N]})
    return counted.groupby(NUMBER, as_index=False).sum()
