"""How long customers stay in a stage, with those who are still in it counted as long as they were seen.

The share that stays longer than t is the product over the days of leaving (Kaplan & Meier 1958); its interval is
Greenwood's on the scale of log(-log), and the median's interval are the days at which that band crosses one half.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.names import LIFECYCLE_STAGE, LIFECYCLE_STAGES, N
from clv_lib.periods import DAYS_PER_YEAR, MONTHS_PER_YEAR


def staying(lengths: pd.DataFrame, *, mass: float = INTERVAL) -> pd.DataFrame:
    """Share that stays longer than each length at which somebody left: ``days, share, low, high``.

    Parameters
    ----------
    lengths : DataFrame
        days, ended (1 or 0), n; of one stage.
    """
    table = lengths.pivot_table(index="days", columns="ended", values=N, aggfunc="sum", fill_value=0)
    left = table[1].to_numpy(float) if 1 in table else np.zeros(len(table))
    at_risk = table.sum(axis=1).to_numpy(float)[::-1].cumsum()[::-1]
    keep = left > 0
    d, n = left[keep], at_risk[keep]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.cumprod(1 - d / n)
        error = np.sqrt(np.cumsum(d / (n * (n - d)))) / np.abs(np.log(share))
        reach = norm.ppf((1 + mass) / 2) * error
        low, high = share ** np.exp(reach), share ** np.exp(-reach)
    ends = share <= 0
    low, high = np.where(ends, 0.0, low), np.where(ends, 0.0, high)
    return pd.DataFrame({"days": table.index.to_numpy()[keep], "share": share, "low": low, "high": high})


def durations(stays: pd.DataFrame, *, mass: float = INTERVAL) -> pd.DataFrame:
    """Median stay in months per stage with its interval; infinite where less than half have left.

    Parameters
    ----------
    stays : DataFrame
        From :func:`clv_lib.data.stages.stays`.

    Returns
    -------
    DataFrame
        lifecycle_stage, n, ended, median, low, high (months).
    """
    month = DAYS_PER_YEAR / MONTHS_PER_YEAR
    rows = []
    for stage in LIFECYCLE_STAGES:
        own = stays[stays[LIFECYCLE_STAGE] == stage]
        if own.empty:
            continue
        curve = staying(own, mass=mass)
        found = [_crossing(curve, name) / month for name in ("share", "low", "high")]
        rows.append((stage, int(own[N].sum()), int(own.loc[own["ended"] == 1, N].sum()), *found))
    return pd.DataFrame(rows, columns=[LIFECYCLE_STAGE, N, "ended", "median", "low", "high"])


def _crossing(curve: pd.DataFrame, column: str) -> float:
    below = curve.loc[curve[column] <= 0.5, "days"]
    return float(below.iloc[0]) if len(below) else float("inf")
