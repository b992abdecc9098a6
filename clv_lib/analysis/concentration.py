"""How unevenly value is spread over customers: tenths, Gini, and a few named tiers.

These are about *expected* values. What customers will really bring is spread more unevenly still: luck comes on top.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.weighted import cut_by_rank, gini

TENTHS: Final = tuple([0.1] * 10)
TIERS: Final = {"top": 0.1, "high": 0.2, "middle": 0.3, "low": 0.4}  # share of all customers, most valuable first


@dataclass(frozen=True)
class Concentration:
    """Who holds the value.

    Attributes
    ----------
    tenths : DataFrame
        tenth (1 holds the most valuable customers), customers, value (currency), share_of_value.
    gini : float
        0 when all customers are worth the same, near 1 when one is worth everything, above 1 where many are worth less
        than nothing; NaN when the total is not positive.
    share_of_top_tenth : float
        Share of the total value held by the most valuable tenth of customers; above 1 where the others together are
        worth less than nothing.
    customers_for_half : int
        Fewest customers who hold half of the total value; 0 when the total is not positive.
    share_for_half : float
        The same as a share of all customers.
    """

    tenths: pd.DataFrame
    gini: float
    share_of_top_tenth: float
    customers_for_half: int
    share_for_half: float


def concentration(cells: pd.DataFrame, *, value: str = names.RESIDUAL_CLV) -> Concentration:
    """Spread of expected value over customers.

    Parameters
    ----------
    cells : DataFrame
        ``value`` (currency per customer) and n.
    value : str
        Column to rank and add up.
    """
    ranked = cells.sort_values(value, ascending=False, kind="stable")
    n, each = ranked[names.N].to_numpy(dtype=float), ranked[value].to_numpy(dtype=float)
    members = cut_by_rank(n, TENTHS)
    tenths = pd.DataFrame({"tenth": range(1, 11), "customers": members.sum(axis=1), "value": members @ each})
    tenths["share_of_value"] = _share(tenths["value"].to_numpy())
    needed = _customers_for(0.5, n, each)
    return Concentration(
        tenths=tenths,
        gini=gini(each, n),
        share_of_top_tenth=float(tenths["share_of_value"].iloc[0]),
        customers_for_half=needed,
        share_for_half=float(needed / n.sum()) if n.sum() else float("nan"),
    )


def value_tiers(
    cells: pd.DataFrame, *, tiers: Mapping[str, float] = TIERS, value: str = names.RESIDUAL_CLV
) -> pd.DataFrame:
    """Sort customers into tiers of fixed size, most valuable first.

    Parameters
    ----------
    cells : DataFrame
        n, ``value`` (currency per customer), p_alive, expected_purchases.
    tiers : mapping of str to float
        Name and share of all customers; the shares add up to 1.
    value : str
        Column to rank by.

    Returns
    -------
    DataFrame
        tier, customers, share_of_customers, value, share_of_value, mean_value, lowest_value (currency per customer),
        p_alive, expected_purchases (means per customer). Customers may be fractions where a border divides a cell.
    """
    ranked = cells.sort_values(value, ascending=False, kind="stable")
    each = ranked[value].to_numpy(dtype=float)
    members = cut_by_rank(ranked[names.N].to_numpy(dtype=float), list(tiers.values()))
    size = members.sum(axis=1)
    worth = members @ each
    lowest = [float(each[row > 0].min()) if np.any(row > 0) else float("nan") for row in members]
    return pd.DataFrame(
        {
            "tier": list(tiers),
            "customers": size,
            "share_of_customers": _share(size),
            "value": worth,
            "share_of_value": _share(worth),
            "mean_value": worth / size,
            "lowest_value": lowest,
            names.P_ALIVE: members @ ranked[names.P_ALIVE].to_numpy() / size,
            names.EXPECTED_PURCHASES: members @ ranked[names.EXPECTED_PURCHASES].to_numpy() / size,
        }
    )


def _customers_for(share: float, n: np.ndarray, each: np.ndarray) -> int:
    """Fewest customers, taken from the top, who hold the share of the total; 0 when the total is not positive."""
    cumulative = np.cumsum(n * each)
    if not len(each) or cumulative[-1] <= 0:
        return 0
    goal = share * cumulative[-1]
    cell = int(np.argmax(cumulative >= goal))
    still = goal - (cumulative[cell] - n[cell] * each[cell])
    return int(np.sum(n[:cell]) + np.ceil(still / each[cell] - 1e-9))


def _share(amounts: Sequence[float] | np.ndarray) -> np.ndarray:
    amounts = np.asarray(amounts, dtype=float)
    total = amounts.sum()
    return amounts / total if total > 0 else np.full(len(amounts), np.nan)
