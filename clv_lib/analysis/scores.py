"""How good a forecast was: errors, ranking, and means by class of customers; every score counts customers, not cells.

References
----------
.. [1] Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2), 275-284.
"""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.intervals import predictive_interval
from clv_lib.analysis.weighted import correlation, cut_by_rank, rank_correlation, ranking_gini, weighted_mean

LAST_CLASS: Final = 7  # calibration frequencies from here on are one class, as in [1]_ figure 4
FORECAST: Final = "forecast"
ACTUAL: Final = "actual"


def missed_by(forecast: float, actual: float) -> float:
    """Signed relative error, positive where too much was forecast; NaN when nothing came."""
    return (forecast - actual) / actual if actual else float("nan")


def scores_by_method(cells: pd.DataFrame, family: str, holdout_weeks: float) -> pd.DataFrame:
    """Score the forecast and its three baselines on the same customers; columns as in ``Backtest.scores``."""
    age = cells[names.T_CAL].to_numpy(dtype=float)
    methods = {
        family: cells[FORECAST].to_numpy(),
        "same_rate": holdout_weeks
        * np.divide(cells[names.FREQUENCY_CAL], age, out=np.zeros(len(cells)), where=age > 0),
        "zero": np.zeros(len(cells)),
        "last_period": cells[names.LAST_PERIOD].to_numpy(dtype=float),
    }
    actual, n = (cells[name].to_numpy(dtype=float) for name in (names.FREQUENCY_HOLDOUT, names.N))
    rows = {
        method: {
            "mae": weighted_mean(np.abs(forecast - actual), n),
            "rmse": weighted_mean((forecast - actual) ** 2, n) ** 0.5,
            "bias": weighted_mean(forecast - actual, n),
            "correlation": correlation(forecast, actual, n),
            "rank_correlation": rank_correlation(forecast, actual, n),
            "gini": ranking_gini(actual, n, forecast=forecast),
            "total": float(forecast @ n),
            "missed_by": missed_by(float(forecast @ n), float(actual @ n)),
        }
        for method, forecast in methods.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def means_by_frequency(cells: pd.DataFrame, class_totals: np.ndarray) -> pd.DataFrame:
    """Actual and forecast purchases by calibration frequency ([1]_ figure 4), with the interval of the class's mean."""
    group = np.minimum(cells[names.FREQUENCY_CAL].to_numpy(dtype=int), LAST_CLASS)
    customers = np.bincount(group, weights=cells[names.N], minlength=LAST_CLASS + 1)
    low, high = predictive_interval(class_totals)
    sums = {
        name: np.bincount(group, weights=cells[names.N] * cells[column], minlength=LAST_CLASS + 1)
        for name, column in ((ACTUAL, names.FREQUENCY_HOLDOUT), (FORECAST, FORECAST))
    }
    table = pd.DataFrame({**sums, "predictive_low": low, "predictive_high": high}).div(customers, axis=0)
    table.insert(0, names.FREQUENCY, [str(x) for x in range(LAST_CLASS)] + [f"{LAST_CLASS}+"])
    table.insert(1, "customers", customers.astype(int))
    return table[table["customers"] > 0].reset_index(drop=True)


def means_by_tenth(cells: pd.DataFrame) -> pd.DataFrame:
    """Forecast and actual means in tenths of customers by forecast; customers with one forecast are not told apart."""
    weighted = pd.DataFrame(
        {
            FORECAST: cells[FORECAST],
            names.N: cells[names.N],
            ACTUAL: cells[names.N] * cells[names.FREQUENCY_HOLDOUT],
        }
    )
    ties = weighted.groupby(FORECAST).sum().sort_index(ascending=False)
    members = cut_by_rank(ties[names.N].to_numpy(dtype=float), [0.1] * 10)
    size = members.sum(axis=1)
    return pd.DataFrame(
        {
            "tenth": range(1, 11),
            "customers": size,
            FORECAST: members @ ties.index.to_numpy() / size,
            ACTUAL: members @ (ties[ACTUAL] / ties[names.N]).to_numpy() / size,
        }
    )
