"""Net promoter score: the share of promoters (9, 10) less that of detractors (0 to 6), with how many said so.

1. Of several answers by one customer, the latest counts; the others are counted, and said.
2. The shares of promoters, passives and detractors have a Dirichlet posterior under a uniform prior; the interval is
   that of the score under it, from draws.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.errors import CannotEstimateError
from clv_lib.names import CUSTOMER_ID, GIVEN_AT, INSTRUMENT, SCORE

Frame = nw.LazyFrame[Any]
PROMOTER: Final = 9  # and above
PASSIVE: Final = 7  # and above, below a promoter
MASS: Final = 0.9
_DRAWS: Final = 20_000  # the ends of the interval are then good to a tenth of a point


@dataclass(frozen=True)
class NetPromoterScore:
    """A net promoter score and what it stands on.

    Attributes
    ----------
    score, low, high : float
        From -100 to 100; the ends of the 90 % interval of the score of all customers like these.
    n : int
        Answers that count.
    promoters, passives, detractors : int
    repeats : int
        Earlier answers of customers who answered again; they do not count.
    """

    score: float
    low: float
    high: float
    n: int
    promoters: int
    passives: int
    detractors: int
    repeats: int


def net_promoter_score(
    feedback: Frame | pd.DataFrame,
    *,
    known: Frame | pd.DataFrame | None = None,
    repeats: Literal["latest", "all"] = "latest",
    seed: int = 0,
) -> NetPromoterScore:
    """Net promoter score of the accepted answers.

    Parameters
    ----------
    feedback : LazyFrame or DataFrame
        ``customer_id, given_at, instrument, score`` as accepted: whole scores on the scale of their instrument. Answers
        to other instruments than ``nps`` are left out.
    known : LazyFrame or DataFrame, optional
        ``customer_id`` of those whose answers count; everybody's without it.
    repeats : {"latest", "all"}
        Which answers of one customer count.
    seed : int
        Of the draws for the interval.

    Raises
    ------
    CannotEstimateError
        There is no answer.
    """
    rows = _lazy(feedback).filter(nw.col(INSTRUMENT) == "nps")
    if known is not None:
        rows = rows.join(_lazy(known).select(CUSTOMER_ID).unique(), on=CUSTOMER_ID, how="semi")
    order = [GIVEN_AT, *(mark for mark in ("source", "line") if mark in rows.collect_schema().names()), SCORE]
    later = nw.col(SCORE).cum_count(reverse=True).over(CUSTOMER_ID, order_by=order)
    rows = rows.with_columns((later == 1).alias("latest"))
    grouped = rows.group_by(SCORE, "latest").agg(nw.len().alias("n")).collect("pandas").to_native()
    kept = grouped[grouped["latest"]] if repeats == "latest" else grouped
    counts = _groups(kept)
    n = int(counts.sum())
    if n == 0:
        raise CannotEstimateError("A net promoter score needs answers, but there are none.")
    shares = np.random.default_rng(seed).dirichlet(counts + 1, size=_DRAWS)
    low, high = np.quantile(100 * (shares[:, 0] - shares[:, 2]), [(1 - MASS) / 2, (1 + MASS) / 2])
    promoters, passives, detractors = (int(count) for count in counts)
    return NetPromoterScore(
        score=100 * (promoters - detractors) / n,
        low=float(low),
        high=float(high),
        n=n,
        promoters=promoters,
        passives=passives,
        detractors=detractors,
        repeats=int(grouped["n"].sum()) - n,
    )


def _groups(counted: pd.DataFrame) -> np.ndarray:
    """Promoters, passives and detractors among scores with their counts."""
    score, n = counted[SCORE].astype("float64"), counted["n"].astype("int64")
    promoters, passives = score >= PROMOTER, (score >= PASSIVE) & (score < PROMOTER)
    return np.array([n[promoters].sum(), n[passives].sum(), n[score < PASSIVE].sum()])


def _lazy(frame: Frame | pd.DataFrame) -> Frame:
    return nw.from_native(frame).lazy() if isinstance(frame, pd.DataFrame) else frame
