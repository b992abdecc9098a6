"""Customers who are expected to cost more than they bring, and why: they stay, and buy too seldom."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib import names


@dataclass(frozen=True)
class Losses:
    """Customers with a negative residual CLV, together.

    Attributes
    ----------
    customers : int
    value : float
        Their residual CLV, in currency; negative, or 0 without such customers.
    contribution, service_cost, referral_value : float
        What their purchases leave, what serving them costs, and what the newcomers are worth whom they bring.
    one_time : int
        Those of them who never came back.
    share : float
        Of all customers.
    """

    customers: int
    value: float
    contribution: float
    service_cost: float
    referral_value: float
    one_time: int
    share: float


def losses(cells: pd.DataFrame) -> Losses:
    """Find the customers who are worth less than nothing.

    Parameters
    ----------
    cells : DataFrame
        frequency, n, residual_clv, residual_contribution, residual_service_cost, referral_value (currency per
        customer).
    """
    below = cells[cells[names.RESIDUAL_CLV] < 0]
    n = below[names.N].to_numpy(dtype=float)
    value, contribution, cost, brought = (
        float(n @ below[name].to_numpy(dtype=float))
        for name in (
            names.RESIDUAL_CLV,
            names.RESIDUAL_CONTRIBUTION,
            names.RESIDUAL_SERVICE_COST,
            names.REFERRAL_VALUE,
        )
    )
    everybody = float(np.sum(cells[names.N]))
    return Losses(
        customers=int(n.sum()),
        value=value,
        contribution=contribution,
        service_cost=cost,
        referral_value=brought,
        one_time=int(n[below[names.FREQUENCY].to_numpy() == 0].sum()),
        share=float(n.sum() / everybody) if everybody else float("nan"),
    )
