"""A simulated record read as a careful analyst would: merged accounts, net orders of known customers, months."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate import Crm


def account_in_use(crm: Crm, ids: pd.Series) -> pd.Series:
    """Follow the merges to their end."""
    stands = dict(crm.tables["merges"].to_numpy().tolist())
    found = ids.copy()
    while found.isin(stands.keys()).any():
        found = found.replace(stands)
    return found


def kept_orders(crm: Crm) -> pd.DataFrame:
    """Orders of known customers that were paid and not given back in full: customer_id, ordered_at, value, month."""
    log = crm.tables["transactions"]
    refunded = log[log["refund_of"].notna()].groupby("refund_of")["amount"].sum()
    sold = log[log["refund_of"].isna()]
    orders = sold.groupby("order_id").agg(
        customer_id=("customer_id", "first"), ordered_at=("ordered_at", "first"), value=("amount", "sum")
    )
    orders["value"] += refunded.reindex(orders.index).fillna(0)
    orders = orders[(orders["value"] > 0) & (orders["customer_id"] != "GUEST")]
    orders["customer_id"] = account_in_use(crm, orders["customer_id"])
    return orders.assign(month=orders["ordered_at"].dt.to_period("M"))


def months(crm: Crm) -> pd.PeriodIndex:
    return pd.period_range(crm.truth["start"], crm.truth["end"], freq="M")


def booked(crm: Crm, **where: str) -> np.ndarray:
    """Amounts of the ledger by month, of the lines where every named column holds the value."""
    costs = crm.tables["costs"]
    for column, value in where.items():
        costs = costs[costs[column] == value]
    return (
        costs.groupby(costs["month"].dt.to_period("M"))["amount"]
        .sum()
        .reindex(months(crm), fill_value=0)
        .to_numpy(float)
    )


def contacts(crm: Crm) -> pd.DataFrame:
    talks = crm.tables["interactions"]
    talks = talks[talks["kind"] != "response"]
    return talks.assign(month=talks["happened_at"].dt.to_period("M"))


def unit_costs(amounts: np.ndarray, *drivers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares on relative deviations: cost per unit of each driver, and standard errors."""
    x, y = np.column_stack(drivers) / amounts[:, None], np.ones(len(amounts))
    found, left, _, _ = np.linalg.lstsq(x, y, rcond=None)
    variance = left[0] / (len(y) - x.shape[1]) * np.linalg.inv(x.T @ x)
    return found, np.sqrt(np.diag(variance))
