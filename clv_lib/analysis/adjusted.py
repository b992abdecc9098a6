"""Groups compared as if they were alike in everything else that is known: from counts and moments of cells.

A cell is a combination of group and of what is held equal (stage, tenure). Every level gets a term, none interacts.

- A share: logit P = a + group + stage + tenure, Bayesian (:mod:`~clv_lib.analysis.logistic`). The adjusted share of a
  group is the mean over all people of what they would have as members of that group.
- A mean: y = a + group + stage + tenure by least squares, with the variance that does not ask the scatter to be the
  same everywhere [1]_: V = (X'X)^-1 (sum x x' e^2) (X'X)^-1 N / (N - k). The sum of e^2 in a cell is
  ``scatter + n (mean - fit)^2``, so cells give exactly what rows would. Draws are Student's t around the estimate.

Neither is an effect: who is unhappy may differ in what no table holds.

References
----------
.. [1] White (1980), Econometrica 48(4), 817-838; MacKinnon & White (1985), Journal of Econometrics 29(3), 305-325:
   their HC1.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from clv_lib.analysis.logistic import logistic_draws
from clv_lib.data.after_answers import SQUARE
from clv_lib.names import N

DRAWS: Final = 4_000


def adjusted_shares(
    cells: pd.DataFrame, *, outcome: str, group: str, levels: Sequence[str], within: Sequence[str], seed: int,
    draws: int = DRAWS,
) -> np.ndarray:  # fmt: skip
    """Share of every group with the outcome, all groups standing in the same mix of ``within``; dims (draw, level).

    Parameters
    ----------
    cells : DataFrame
        ``group``, ``within``, n, ``outcome`` (how many).
    levels : sequence of str
        Groups, in the order of the result; the first is the base.
    """
    design = _design(cells, group=group, levels=levels, within=within)
    n = cells[N].to_numpy(dtype=float)
    beta = logistic_draws(design, successes=cells[outcome].to_numpy(dtype=float), trials=n, seed=seed, draws=draws)
    return np.column_stack([expit(beta @ _as_if(design, k, len(levels)).T) @ n / n.sum() for k in range(len(levels))])


def adjusted_means(
    cells: pd.DataFrame, *, outcome: str, group: str, levels: Sequence[str], within: Sequence[str], seed: int,
    draws: int = DRAWS,
) -> np.ndarray:  # fmt: skip
    """Mean outcome of every group in the same mix of ``within``; dims (draw, level).

    Parameters
    ----------
    cells : DataFrame
        ``group``, ``within``, n, ``outcome`` (sum) and ``<outcome>_square`` (sum of squares).
    """
    design = _design(cells, group=group, levels=levels, within=within)
    n = cells[N].to_numpy(dtype=float)
    middle, spread, free = least_squares(
        design, n, total=cells[outcome].to_numpy(dtype=float), square=cells[f"{outcome}{SQUARE}"].to_numpy(dtype=float)
    )
    rng = np.random.default_rng(seed)
    tails = np.sqrt(free / rng.chisquare(free, size=draws))[:, None]
    beta = middle + tails * rng.multivariate_normal(np.zeros(len(middle)), spread, size=draws, method="eigh")
    return np.column_stack([beta @ (n @ _as_if(design, k, len(levels)) / n.sum()) for k in range(len(levels))])


def least_squares(
    design: np.ndarray, n: np.ndarray, *, total: np.ndarray, square: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, their heteroscedasticity-consistent variance (HC1), and the degrees of freedom.

    Parameters
    ----------
    design : ndarray, dims (cell, term)
    n, total, square : ndarray, dims (cell,)
        People of the cell, sum of their outcomes, and sum of squares.
    """
    inverse = np.linalg.pinv(design.T @ (n[:, None] * design), hermitian=True)
    beta = inverse @ (design.T @ total)
    fit, mean = design @ beta, total / n
    rest = np.maximum(square - n * mean**2, 0.0) + n * (mean - fit) ** 2
    rank = np.linalg.matrix_rank(design)
    free = float(max(n.sum() - rank, 1.0))
    meat = design.T @ (rest[:, None] * design)
    return beta, inverse @ meat @ inverse * n.sum() / free, free


def _design(cells: pd.DataFrame, *, group: str, levels: Sequence[str], within: Sequence[str]) -> np.ndarray:
    """1, a column per group but the first, and a column per level of ``within`` but its commonest."""
    columns: list[np.ndarray] = [np.ones(len(cells))]
    columns += [(cells[group] == level).to_numpy(dtype=float) for level in levels[1:]]
    for name in within:
        sizes = cells.groupby(name)[N].sum().sort_values(ascending=False, kind="stable")
        columns += [(cells[name] == level).to_numpy(dtype=float) for level in sizes.index[1:]]
    return np.column_stack(columns)


def _as_if(design: np.ndarray, level: int, levels: int) -> np.ndarray:
    """The same people, all in one group."""
    moved = design.copy()
    moved[:, 1:levels] = 0.0
    if level:
        moved[:, level] = 1.0
    return moved
