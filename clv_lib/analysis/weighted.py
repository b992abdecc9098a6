"""Statistics over cells that equal those over the customers they stand for.

A cell is n customers alike, so every function here takes ``n`` and returns what it would return on the table with
one row per customer.
"""

from collections.abc import Sequence

import numpy as np


def weighted_mean(values: np.ndarray, n: np.ndarray) -> float:
    """Mean per customer; NaN without customers."""
    return float(np.sum(n * values) / np.sum(n)) if np.sum(n) > 0 else float("nan")


def mid_ranks(values: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Rank of each cell's customers among all, from 1; ties share the middle of their ranks."""
    _, position = np.unique(values, return_inverse=True)
    weight = np.bincount(position, weights=n)
    return (np.cumsum(weight) - (weight - 1) / 2)[position]


def correlation(left: np.ndarray, right: np.ndarray, n: np.ndarray) -> float:
    """Pearson correlation; NaN where one side does not vary."""
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    left, right = left - weighted_mean(left, n), right - weighted_mean(right, n)
    return float(np.sum(n * left * right) / np.sqrt(np.sum(n * left**2) * np.sum(n * right**2)))


def rank_correlation(left: np.ndarray, right: np.ndarray, n: np.ndarray) -> float:
    """Spearman correlation with shared ranks for ties; NaN where one side does not vary."""
    return correlation(mid_ranks(left, n), mid_ranks(right, n), n)


def concentration_index(values: np.ndarray, n: np.ndarray, *, by: np.ndarray) -> float:
    """How far ``values`` gather at those who rank high in ``by``: 2 cov(value, rank) / (customers * mean value).

    With ``by=values`` it is the Gini coefficient: 0 when all are alike, near 1 when one customer has everything.
    NaN where the values add up to nothing.
    """
    total, customers = np.sum(n * values), np.sum(n)
    if total <= 0:
        return float("nan")
    rank = mid_ranks(by, n)
    return float(2 * np.sum(n * values * (rank - (customers + 1) / 2)) / (customers * total))


def gini(values: np.ndarray, n: np.ndarray) -> float:
    """Gini coefficient of the values over customers; NaN where they add up to nothing."""
    return concentration_index(values, n, by=values)


def ranking_gini(actual: np.ndarray, n: np.ndarray, *, forecast: np.ndarray) -> float:
    """Share of the possible concentration that ranking by ``forecast`` finds: 1 is a perfect order, 0 none at all."""
    best = gini(actual, n)
    return concentration_index(actual, n, by=forecast) / best if best else float("nan")


def cut_by_rank(n: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Hand the customers of ordered cells to groups of given shares, from the first cell on.

    Parameters
    ----------
    n : ndarray, dims (cell,)
        Customers per cell, in the order of their rank.
    shares : sequence of float
        Size of each group as a share of all customers; they add up to 1.

    Returns
    -------
    ndarray, dims (group, cell)
        Customers of the cell who fall into the group. A cell on a border is divided, which is exact because its
        customers are alike; numbers may be fractions of a customer.
    """
    upper = np.cumsum(n, dtype=float)
    borders = np.concatenate([[0.0], np.cumsum(shares)])
    borders = borders / borders[-1] * (upper[-1] if len(upper) else 0.0)
    overlap = np.minimum(upper, borders[1:, None]) - np.maximum(upper - n, borders[:-1, None])
    return np.clip(overlap, 0.0, None)
