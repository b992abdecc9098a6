"""Repeat purchases of a cohort week by week, expected beside actual.

References
----------
.. [1] Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2), figures 2 and 3.
"""

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.families import ClosedForms, Draws, closed_forms, in_order
from clv_lib.analysis.intervals import credible_interval, predictive_interval, residuals_of_cells
from clv_lib.names import PurchaseFamily
from clv_lib.periods import DAYS_PER_WEEK, days_to_weeks


def cumulative_tracking(
    draws: Draws,
    acquisitions: pd.DataFrame,
    repeats: pd.DataFrame,
    *,
    family: PurchaseFamily,
    last_day: int,
    seed: int,
    calibration_day: int | None = None,
) -> pd.DataFrame:
    """Weekly and cumulative repeat purchases of the customers acquired, week 1 beginning after the first acquisition.

    Expectations are unconditional: they know when each customer came and nothing of what the customer did since.

    Parameters
    ----------
    draws : mapping of str to ndarray, dims (draw, 1)
    acquisitions : DataFrame
        first_purchase_day (day number), n: customers who first bought that day.
    repeats : DataFrame
        purchase_day (day number), n: repeat purchases (customer-days) of the same customers on that day.
    family : PurchaseFamily
    last_day : int
        Day number of the last day of the observation; a week that it cuts is left out.
    seed : int
        Of the simulated outcomes.
    calibration_day : int, optional
        Day number of the last day of the fitting data.

    Returns
    -------
    DataFrame
        week (1, 2, ...), last_day (day number), in_calibration; per week actual, expected, expected_low, expected_high
        (90 % credible interval); and the same cumulative, with cumulative_predictive_low and _high: the 90 % predictive
        interval of the cumulative purchases up to that week (each week on its own, not the whole path).
    """
    forms = closed_forms(family)
    parameters = in_order(draws, forms.PARAMETERS)
    start = int(acquisitions[names.FIRST_DAY].min())
    ends = start + DAYS_PER_WEEK * np.arange(1, (last_day - start) // DAYS_PER_WEEK + 1)
    born, n = acquisitions[names.FIRST_DAY].to_numpy(), acquisitions[names.N].to_numpy(dtype=float)
    expected, realised = _cumulative(forms, parameters, born, n, ends, np.random.default_rng(seed))
    actual = np.array([repeats.loc[repeats[names.PURCHASE_DAY] <= end, names.N].sum() for end in ends], dtype=float)
    weekly = np.diff(expected, axis=1, prepend=0.0)
    (low, high), (below, above) = credible_interval(weekly), credible_interval(expected)
    predictive_low, predictive_high = predictive_interval(realised)
    return pd.DataFrame(
        {
            "week": np.arange(1, len(ends) + 1),
            "last_day": ends,
            "in_calibration": ends <= (last_day if calibration_day is None else calibration_day),
            "actual": np.diff(actual, prepend=0.0),
            "expected": weekly.mean(axis=0),
            "expected_low": low,
            "expected_high": high,
            "cumulative_actual": actual,
            "cumulative_expected": expected.mean(axis=0),
            "cumulative_expected_low": below,
            "cumulative_expected_high": above,
            "cumulative_predictive_low": predictive_low,
            "cumulative_predictive_high": predictive_high,
        }
    )


def _cumulative(
    forms: ClosedForms,
    parameters: tuple[np.ndarray, ...],
    born: np.ndarray,
    n: np.ndarray,
    ends: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return expected and simulated cumulative purchases, dims (draw, week).

    Customers differ only in their age at the end of the week, so expectations and simulations are made once per age
    in days. Within a week no two days of acquisition share an age, hence not a simulation either.
    """
    ages = np.arange(1, ends[-1] - born.min() + 1) if len(ends) else np.arange(0)
    weeks = days_to_weeks(ages)
    mean = forms.expected_purchases_new(*parameters, horizon=weeks)
    newborn = np.zeros(len(ages))
    count = forms.simulate_purchases(
        rng, *parameters, frequency=newborn, recency=newborn, T=newborn, horizon=weeks
    ).count
    expected, realised = np.zeros((2, len(parameters[0]), len(ends)))
    for week, end in enumerate(ends):
        here = born < end
        age = end - born[here] - 1
        expected[:, week] = mean[:, age] @ n[here]
        luck = residuals_of_cells(rng, count[:, age] - mean[:, age], n[here])
        realised[:, week] = expected[:, week] + luck.sum(axis=1)
    return expected, realised
