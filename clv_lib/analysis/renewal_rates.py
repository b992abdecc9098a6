"""Retention and churn by tenure: of those who came to a renewal, how many took it, with the interval of a share.

Under contract a customer who leaves says so, hence these are rates that were observed. Their product is survival. A
rate that rises with tenure need not mean that customers grow loyal: those who were likely to leave have left.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_lib.analysis.shares import with_interval
from clv_lib.data.customers import Frame
from clv_lib.data.tenures import tenure_counts
from clv_lib.names import ACTIVE, LEFT, RENEWALS, N

RENEWAL = "renewal"  # 1 is the first
KEPT = "kept"
SURVIVAL = "survival"


def renewal_rates(spells: Frame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Retention rate at every renewal, by group.

    Parameters
    ----------
    spells : narwhals.LazyFrame
        From :func:`~clv_lib.data.tenures.tenures`.
    by : sequence of str
        ``plan``, ``cohort``; none for all together.

    Returns
    -------
    DataFrame
        The columns of ``by``, renewal (1, 2, ...), n (came to it, and what they did is known), left, kept, rate with
        rate_low and rate_high (retention), churn with churn_low and churn_high, survival (product of the rates).
    """
    counts = tenure_counts(spells, by=list(by))
    found_keys = counts[list(by)].drop_duplicates().itertuples(index=False) if by else ()
    keys = [dict(zip(by, key, strict=True)) for key in found_keys]
    if not keys:
        return _one(counts)
    found = [_one(counts[(counts[list(by)] == pd.Series(key)).all(axis=1)]).assign(**key) for key in keys]
    table = pd.concat(found, ignore_index=True)
    return table[[*by, *(name for name in table.columns if name not in by)]]


def _one(counts: pd.DataFrame) -> pd.DataFrame:
    """Rates of one group, from who left at each renewal and who is still here after it."""
    by_renewal = counts.groupby(RENEWALS)[[LEFT, ACTIVE]].sum()
    last = int(by_renewal.index.max()) if len(by_renewal) else 0
    table = by_renewal.reindex(range(last + 1), fill_value=0)
    came = (table[LEFT] + table[ACTIVE])[::-1].cumsum()[::-1]  # to this renewal or a later one
    found = pd.DataFrame({RENEWAL: table.index, N: came, LEFT: table[LEFT]}).iloc[1:]
    found[KEPT] = found[N] - found[LEFT]
    found = with_interval(found.reset_index(drop=True), part=KEPT, whole=N)
    found["churn"], found["churn_low"], found["churn_high"] = (
        1 - found["rate"],
        1 - found["rate_high"],
        1 - found["rate_low"],
    )
    found[SURVIVAL] = np.cumprod(found["rate"].to_numpy(dtype=float)) if len(found) else []
    return found
