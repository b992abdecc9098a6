"""Was the warning right? At later cut-offs, on the same customers, beside its rivals.

*Calibration error* is the expected calibration error over tenths of the predicted risk: the mean, over customers, of
the distance between what a tenth was promised and what it did. *Lift* is how many times as often the tenth that is
named first fell silent as all did; where a rule cannot order customers, every order of them is as likely.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clv_lib.analysis.churn_history import ALIVE, CLOSED_FORM, CUTOFF, SILENT
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.models.churn import ChurnModel

TENTHS: Final = 10
RULE_DAYS: Final = 90
MODEL, FORMULA, GONE, RULE, TREES = "model", "formula", "p_alive", "rule", "trees"
METHODS: Final = (MODEL, FORMULA, GONE, RULE, TREES)


@dataclass(frozen=True)
class ChurnTest:
    """What the tests came to.

    Attributes
    ----------
    scores : DataFrame
        method, customers, auc, lift, calibration_error over all tests; and auc_recent, lift_recent: among the customers
        who had bought within the horizon, whom a rule on silence can hardly tell apart.
    shares : DataFrame
        cutoff, customers, silent (share that happened), expected, low, high.
    tenths : DataFrame
        predicted, happened, customers per tenth of the model's risk.
    mass : float
    """

    scores: pd.DataFrame
    shares: pd.DataFrame
    tenths: pd.DataFrame
    mass: float = INTERVAL

    def of(self, method: str, column: str) -> float:
        """One score."""
        return float(self.scores.loc[self.scores["method"] == method, column].iloc[0])

    @property
    def covered(self) -> int:
        """Tests whose interval holds the share that happened."""
        shares = self.shares
        return int(((shares["low"] <= shares["silent"]) & (shares["silent"] <= shares["high"])).sum())


def test_warnings(
    model: ChurnModel,
    fitted: pd.DataFrame,
    tests: pd.DataFrame,
    draws: Mapping[str, np.ndarray],
    *,
    horizon: int,
    seed: int,
    mass: float = INTERVAL,
) -> ChurnTest:
    """Score the model and its rivals on rows that neither has seen.

    Parameters
    ----------
    model : ChurnModel
        Fitted to ``fitted``.
    fitted, tests : DataFrame
        From :class:`~clv_lib.analysis.churn_history.History`.
    draws : mapping
        Of the model's parameters.
    horizon : int
        Days.
    seed : int
        Of the trees and of the luck of the customers.
    """
    rng = np.random.default_rng(seed)
    tests = tests.assign(**{MODEL: np.nan})
    shares = []
    for cutoff, rows in tests.groupby(CUTOFF, sort=True):
        mean, _, _, total = model.summaries(rows, draws, mass=mass)
        tests.loc[rows.index, MODEL] = mean
        spread = np.sqrt((mean * (1 - mean)).sum())  # the luck of the customers, beside that of the period
        came = (total + spread * rng.standard_normal(len(total))) / len(rows)
        low, high = np.quantile(came, [(1 - mass) / 2, (1 + mass) / 2])
        shares.append((cutoff, len(rows), rows[SILENT].mean(), mean.mean(), low, high))
    rivals: dict[str, Any] = {
        FORMULA: tests[CLOSED_FORM],
        GONE: 1 - tests[ALIVE],
        RULE: (tests["quiet_days"] > RULE_DAYS).astype(float),
        TREES: _trees(fitted, tests, model.scale.names, seed),
    }
    tests = tests.assign(**rivals)
    silent = tests[SILENT].to_numpy(dtype=float)
    recent = (tests["quiet_days"] <= horizon).to_numpy()
    found = []
    for method in METHODS:
        score = tests[method].to_numpy(dtype=float)
        error = np.nan if method in (RULE, GONE) else calibration_error(score, silent)
        near = (auc(score[recent], silent[recent]), lift(score[recent], silent[recent]))
        found.append((method, len(tests), auc(score, silent), lift(score, silent), error, *near))
    return ChurnTest(
        pd.DataFrame(
            found, columns=["method", "customers", "auc", "lift", "calibration_error", "auc_recent", "lift_recent"]
        ),
        pd.DataFrame(shares, columns=[CUTOFF, "customers", "silent", "expected", "low", "high"]),
        by_tenth(tests[MODEL].to_numpy(dtype=float), silent),
        mass,
    )


test_warnings.__test__ = False  # type: ignore[attr-defined]  # not one of pytest's


def _trees(fitted: pd.DataFrame, tests: pd.DataFrame, names: tuple[str, ...], seed: int) -> np.ndarray:
    """Gradient-boosted trees on the same features, with the same rows to learn from."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    groups = sorted(fitted["acquisition_channel"].unique())

    def features(table: pd.DataFrame) -> np.ndarray:
        own = pd.Categorical(table["acquisition_channel"], categories=groups).codes
        return np.column_stack([table[[*names, CLOSED_FORM]].to_numpy(dtype=float), own])

    trees = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=40, random_state=seed % 2**31
    )
    return np.asarray(trees.fit(features(fitted), fitted[SILENT]).predict_proba(features(tests))[:, 1])


def by_tenth(risk: np.ndarray, silent: np.ndarray) -> pd.DataFrame:
    """What each tenth of the risk was promised, and what it did."""
    order = np.argsort(risk, kind="stable")
    tenth = np.empty(len(risk), dtype=np.int64)
    tenth[order] = np.arange(len(risk)) * TENTHS // max(len(risk), 1)
    table = pd.DataFrame({"tenth": tenth, "predicted": risk, "happened": silent, "customers": 1})
    means = table.groupby("tenth").agg(
        predicted=("predicted", "mean"), happened=("happened", "mean"), customers=("customers", "sum")
    )
    return means.reset_index(drop=True)


def calibration_error(risk: np.ndarray, silent: np.ndarray) -> float:
    """Expected calibration error over tenths."""
    tenths = by_tenth(risk, silent)
    return float(np.average((tenths["predicted"] - tenths["happened"]).abs(), weights=tenths["customers"]))


def auc(score: np.ndarray, silent: np.ndarray) -> float:
    """Probability that a customer who fell silent has the higher score, ties counting half; NaN without both kinds."""
    ranks = pd.Series(score).rank().to_numpy()
    ones = float(silent.sum())
    zeros = len(silent) - ones
    if not ones or not zeros:
        return float("nan")
    return float((ranks[silent > 0].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def lift(score: np.ndarray, silent: np.ndarray) -> float:
    """How many times as often the tenth with the highest score fell silent as all did; ties are shared out."""
    size, base = max(len(score) // TENTHS, 1), float(np.mean(silent))
    if not base:
        return float("nan")
    found, left = 0.0, float(size)
    blocks = pd.DataFrame({"score": score, "silent": silent}).groupby("score")["silent"].agg(["sum", "count"])
    for total, count in blocks.iloc[::-1].itertuples(index=False):
        taken = min(left, count)
        found, left = found + total * taken / count, left - taken
        if left <= 0:
            break
    return found / size / base
