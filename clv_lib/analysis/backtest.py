"""One split: forecast the holdout from the calibration period alone, and say how wrong it was.

Forecasts stand beside three that need no model, on the same customers. Every score counts customers, not cells.

References
----------
.. [1] Fader, Hardie & Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2), 275-284.
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
from clv_lib.analysis.weighted import correlation, cut_by_rank, rank_correlation, ranking_gini, weighted_mean
from clv_lib.errors import CannotEstimateError
from clv_lib.names import PurchaseFamily

MASSES: Final = (0.8, 0.9)
LAST_CLASS: Final = 7  # calibration frequencies from here on are one class, as in the paper's figure 4
FORECAST: Final = "forecast"
ACTUAL: Final = "actual"
HISTORY: Final = {  # calibration column -> what the forecast calls it
    "frequency_cal": names.FREQUENCY,
    "recency_cal": names.RECENCY,
    "T_cal": names.T,
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
            "a backtest needs customers who bought before the calibration ended, but there are none. "
            "Move dataset.calibration_end to a later day."
        )
    histories, position = _histories(cells)
    forward = _look_forward(
        purchase_draws, spend_draws, histories, family=family, horizon=holdout_weeks, seed=seed, batch=batch
    )
    scored = cells.assign(**{FORECAST: forward.expected[position]})
    actual, n = (scored[name].to_numpy(dtype=float) for name in ("frequency_holdout", names.N))
    purchases = _total(forward.totals["purchases"], forward.totals["purchases_realised"], float(actual @ n))
    revenue_came = float(scored["revenue_holdout"].sum())
    revenue = _total(forward.totals["revenue"], forward.totals["revenue_realised"], revenue_came)
    return Backtest(
        family=family,
        holdout_weeks=holdout_weeks,
        customers=int(n.sum()),
        scores=_scores(scored, family, holdout_weeks),
        by_frequency=_by_frequency(scored, forward.class_totals),
        tenths=_tenths(scored),
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
    return TotalForecast(forecast, actual, _missed_by(forecast.mean, actual))


def _missed_by(forecast: float, actual: float) -> float:
    return (forecast - actual) / actual if actual else float("nan")


def _scores(cells: pd.DataFrame, family: str, holdout_weeks: float) -> pd.DataFrame:
    """One row per method, on the same customers."""
    age = cells["T_cal"].to_numpy(dtype=float)
    methods = {
        family: cells[FORECAST].to_numpy(),
        "same_rate": holdout_weeks * np.divide(cells["frequency_cal"], age, out=np.zeros(len(cells)), where=age > 0),
        "zero": np.zeros(len(cells)),
        "last_period": cells["last_period"].to_numpy(dtype=float),
    }
    actual, n = (cells[name].to_numpy(dtype=float) for name in ("frequency_holdout", names.N))
    rows = {
        method: {
            "mae": weighted_mean(np.abs(forecast - actual), n),
            "rmse": weighted_mean((forecast - actual) ** 2, n) ** 0.5,
            "bias": weighted_mean(forecast - actual, n),
            "correlation": correlation(forecast, actual, n),
            "rank_correlation": rank_correlation(forecast, actual, n),
            "gini": ranking_gini(actual, n, forecast=forecast),
            "total": float(forecast @ n),
            "missed_by": _missed_by(float(forecast @ n), float(actual @ n)),
        }
        for method, forecast in methods.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def _by_frequency(cells: pd.DataFrame, class_totals: np.ndarray) -> pd.DataFrame:
    """Actual and forecast purchases by calibration frequency ([1]_ figure 4)."""
    group = np.minimum(cells["frequency_cal"].to_numpy(dtype=int), LAST_CLASS)
    customers = np.bincount(group, weights=cells[names.N], minlength=LAST_CLASS + 1)
    low, high = predictive_interval(class_totals)
    sums = {
        name: np.bincount(group, weights=cells[names.N] * cells[column], minlength=LAST_CLASS + 1)
        for name, column in ((ACTUAL, "frequency_holdout"), (FORECAST, FORECAST))
    }
    table = pd.DataFrame({**sums, "predictive_low": low, "predictive_high": high}).div(customers, axis=0)
    table.insert(0, names.FREQUENCY, [str(x) for x in range(LAST_CLASS)] + [f"{LAST_CLASS}+"])
    table.insert(1, "customers", customers.astype(int))
    return table[table["customers"] > 0].reset_index(drop=True)


def _tenths(cells: pd.DataFrame) -> pd.DataFrame:
    """Forecast and actual means in tenths of customers by forecast; customers with one forecast are not told apart."""
    weighted = pd.DataFrame(
        {
            FORECAST: cells[FORECAST],
            names.N: cells[names.N],
            ACTUAL: cells[names.N] * cells["frequency_holdout"],
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


def _coverage(
    forward: _Forward, position: np.ndarray, actual: np.ndarray, n: np.ndarray, revenue: float
) -> pd.DataFrame:
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
