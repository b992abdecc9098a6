"""One split: forecast the holdout from the calibration period alone, and say how wrong it was.

Forecasts stand beside three that need no model, on the same customers. Every score counts customers, not cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.families import Draws
from clv_lib.analysis.intervals import Estimate, estimate, predictive_interval, residuals_of_cells
from clv_lib.analysis.projection import CELLS_PER_BATCH, Batch, project
from clv_lib.analysis.scores import (
    ACTUAL,
    FORECAST,
    LAST_CLASS,
    means_by_frequency,
    means_by_tenth,
    missed_by,
    scores_by_method,
)
from clv_lib.analysis.weighted import weighted_mean
from clv_lib.errors import CannotEstimateError
from clv_lib.names import PurchaseFamily

MASSES: Final = (0.8, 0.9)
HISTORY: Final = {  # calibration column -> what the forecast calls it
    names.FREQUENCY_CAL: names.FREQUENCY,
    names.RECENCY_CAL: names.RECENCY,
    names.T_CAL: names.T,
    names.SPEND_BIN: names.SPEND_BIN,
}


@dataclass(frozen=True)
class TotalForecast:
    """A total of the holdout: what was forecast, what came.

    Attributes
    ----------
    forecast : Estimate
        With the 90 % predictive interval of the realised total.
    actual : float
    missed_by : float
        (forecast - actual) / actual; NaN when nothing came. Positive: too much was forecast.
    """

    forecast: Estimate
    actual: float
    missed_by: float


@dataclass(frozen=True)
class Backtest:
    """Scores of one holdout.

    Attributes
    ----------
    family : PurchaseFamily
    holdout_weeks : float
    customers : int
        Customers of the calibration period; those who came later are not in it.
    scores : DataFrame, index method (the family, same_rate, zero, last_period)
        mae, rmse (purchases per customer), bias (mean forecast minus mean actual), correlation, rank_correlation, gini
        (share of the possible concentration that the ranking finds), total, missed_by. NaN where a method cannot rank.
    by_frequency : DataFrame
        frequency ("0" .. "6", "7+" in the calibration), customers, actual, forecast (means per customer), and
        predictive_low, predictive_high: the 90 % predictive interval of the class's actual mean.
    tenths : DataFrame
        tenth (1 has the highest forecasts), customers, forecast, actual (means per customer).
    coverage : DataFrame
        what ("customer", "purchases", "revenue"), mass (0.8, 0.9), claimed, covered: the share of customers inside
        their interval beside the probability that the intervals claim to hold, which is above the mass because
        purchases are whole numbers; for the two totals covered is 1 or 0, and low, high, actual are given.
    purchases, revenue : TotalForecast
        Totals of the holdout; revenue in currency.
    cells : DataFrame
        The backtest cells with the column forecast (purchases per customer).
    """

    family: PurchaseFamily
    holdout_weeks: float
    customers: int
    scores: pd.DataFrame
    by_frequency: pd.DataFrame
    tenths: pd.DataFrame
    coverage: pd.DataFrame
    purchases: TotalForecast
    revenue: TotalForecast
    cells: pd.DataFrame


def backtest(
    purchase_draws: Draws,
    spend_draws: Draws,
    cells: pd.DataFrame,
    *,
    family: PurchaseFamily,
    holdout_weeks: float,
    seed: int,
    batch: int = CELLS_PER_BATCH,
) -> Backtest:
    """Forecast the holdout and score it.

    Parameters
    ----------
    purchase_draws, spend_draws : mapping of str to ndarray, dims (draw, 1)
        Draws of posteriors fitted on the calibration period only, paired draw by draw.
    cells : DataFrame
        Backtest cells: frequency_cal, recency_cal, T_cal (weeks), spend_bin, monetary_value (currency, calibration),
        frequency_holdout and last_period (purchase days), revenue_holdout (currency, sum over the cell), n.
    family : PurchaseFamily
    holdout_weeks : float
        Length of the holdout, weeks.
    seed : int
        Of the simulated outcomes.
    batch : int
        Histories worked on at a time; bounds the memory.

    Raises
    ------
    CannotEstimateError
        When there are no customers to score, or some posterior draw leaves the mean spend undefined.
    """
    if not len(cells) or not cells[names.N].sum():
        raise CannotEstimateError(
            "A backtest needs customers who bought before the calibration ended, but there are none. "
            "Move dataset.calibration_end to a later day."
        )
    histories, position = _histories(cells)
    forward = _look_forward(
        purchase_draws, spend_draws, histories, family=family, horizon=holdout_weeks, seed=seed, batch=batch
    )
    scored = cells.assign(**{FORECAST: forward.expected[position]})
    actual, n = (scored[name].to_numpy(dtype=float) for name in (names.FREQUENCY_HOLDOUT, names.N))
    purchases = _total(forward.totals["purchases"], forward.totals["purchases_realised"], float(actual @ n))
    revenue_came = float(scored[names.REVENUE_HOLDOUT].sum())
    revenue = _total(forward.totals["revenue"], forward.totals["revenue_realised"], revenue_came)
    return Backtest(
        family=family,
        holdout_weeks=holdout_weeks,
        customers=int(n.sum()),
        scores=scores_by_method(scored, family, holdout_weeks),
        by_frequency=means_by_frequency(scored, forward.class_totals),
        tenths=means_by_tenth(scored),
        coverage=_coverage(forward, position, actual, n, revenue_came),
        purchases=purchases,
        revenue=revenue,
        cells=scored,
    )


@dataclass(frozen=True)
class _Forward:
    """Forecasts per history, and totals per draw."""

    expected: np.ndarray  # (history,)
    bounds: Mapping[float, tuple[np.ndarray, np.ndarray, np.ndarray]]  # mass -> low, high, probability claimed
    totals: Mapping[str, np.ndarray]  # (draw,)
    class_totals: np.ndarray  # (draw, class): simulated purchases by calibration frequency


def _histories(cells: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Distinct calibration histories with their customers and mean spend, and the history of each cell."""
    weighted = cells.assign(spent=cells[names.MONETARY_VALUE].fillna(0.0) * cells[names.N])
    grouped = weighted.groupby(list(HISTORY))
    histories = grouped[[names.N, "spent"]].sum().reset_index().rename(columns=HISTORY)
    histories[names.MONETARY_VALUE] = histories.pop("spent") / histories[names.N]
    return histories, grouped.ngroup().to_numpy()


def _look_forward(
    purchase_draws: Draws,
    spend_draws: Draws,
    histories: pd.DataFrame,
    *,
    family: PurchaseFamily,
    horizon: float,
    seed: int,
    batch: int,
) -> _Forward:
    rng = np.random.default_rng(seed)
    expected = np.empty(len(histories))
    bounds = {mass: (np.empty(len(histories)), np.empty(len(histories)), np.empty(len(histories))) for mass in MASSES}
    totals: dict[str, np.ndarray | float] = {}
    in_class = np.eye(LAST_CLASS + 1)[np.minimum(histories[names.FREQUENCY].to_numpy(dtype=int), LAST_CLASS)]
    for part in project(
        purchase_draws,
        spend_draws,
        histories,
        family=family,
        horizon=horizon,
        discount_rate=0.0,
        rng=rng,
        batch=batch,
    ):
        expected[part.rows] = part.purchases.mean(axis=0)
        for mass, (low, high, claimed) in bounds.items():
            low[part.rows], high[part.rows] = ends = predictive_interval(part.count, mass=mass)
            claimed[part.rows] = np.mean((part.count >= ends[0]) & (part.count <= ends[1]), axis=0)
        for name, values in _sums(part, rng, in_class[part.rows]).items():
            totals[name] = totals.get(name, 0.0) + values
    by_draw = {name: np.maximum(values, 0.0) for name, values in totals.items()}  # as in value_customers
    return _Forward(expected, bounds, by_draw, by_draw.pop("classes"))


def _sums(part: Batch, rng: np.random.Generator, in_class: np.ndarray) -> dict[str, np.ndarray]:
    """Totals of the batch per draw, expected and with the luck of the customers."""
    revenue = part.purchases * part.spend
    bought = part.purchases * part.n + residuals_of_cells(rng, part.count - part.purchases, part.n)
    earned = revenue * part.n + residuals_of_cells(rng, part.revenue - revenue, part.n)
    return {
        "purchases": part.purchases @ part.n,
        "purchases_realised": bought.sum(axis=1),
        "revenue": revenue @ part.n,
        "revenue_realised": earned.sum(axis=1),
        "classes": bought @ in_class,
    }


def _total(expected: np.ndarray, realised: np.ndarray, actual: float) -> TotalForecast:
    forecast = estimate(expected, realised)
    return TotalForecast(forecast, actual, missed_by(forecast.mean, actual))


def _coverage(
    forward: _Forward, position: np.ndarray, actual: np.ndarray, n: np.ndarray, revenue: float
) -> pd.DataFrame:
    """Compare what the intervals claimed with what they held."""
    rows: list[dict[str, object]] = []
    for mass, (low, high, claimed) in forward.bounds.items():
        inside = (actual >= low[position]) & (actual <= high[position])
        held, claim = weighted_mean(inside.astype(float), n), weighted_mean(claimed[position], n)
        rows.append({"what": "customer", "mass": mass, "claimed": claim, "covered": held})
    for what, came in (("purchases", float(actual @ n)), ("revenue", revenue)):
        for mass in MASSES:
            ends = predictive_interval(forward.totals[what + "_realised"], mass=mass)
            found = {"low": float(ends[0]), "high": float(ends[1]), ACTUAL: came}
            rows.append(
                {"what": what, "mass": mass, "claimed": mass, "covered": float(ends[0] <= came <= ends[1]), **found}
            )
    return pd.DataFrame(rows)
