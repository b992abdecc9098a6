"""What the business came to: whether it earns money, on whom, and which channel pays."""

from typing import Any

import numpy as np
import pandas as pd

from clv_lib.data.simulate.ledger import Drivers
from clv_lib.data.simulate.lives import Lives
from clv_lib.data.simulate.process import CHANNELS, PROCESS
from clv_lib.data.simulate.sales import GUEST, Sales, goods_of_orders, order_values
from clv_lib.data.simulate.window import Floats, Window
from clv_lib.periods import DAYS_PER_YEAR


def story(
    life: Lives, sold: Sales, contacts: pd.DataFrame, caused: Drivers, costs: pd.DataFrame, *, window: Window
) -> dict[str, Any]:
    """Profit of the whole window as booked, and contribution per customer by the true rates.

    Contribution is what remains of net revenue after goods, parcels, fees, service and the monthly cost of keeping a
    customer; money spent to win the customer is not in it, nor are marketing, overhead and guesses.
    """
    order_total = len(sold.orders)
    net = order_values(sold.lines, order_total) - sold.orders["refunded"].to_numpy()
    revenue = float(net[sold.valid.to_numpy()].sum())
    by_kind = costs.groupby("kind", sort=True)["amount"].sum()
    paid = float(by_kind.drop("intangible", errors="ignore").sum())
    whole = _contribution(life, sold, contacts, window=window, days=np.inf)
    first_year = _contribution(life, sold, contacts, window=window, days=DAYS_PER_YEAR)
    seen = life.people["first"].to_numpy() <= window.days - DAYS_PER_YEAR
    channels = {}
    for number, channel in enumerate(CHANNELS):
        own = (life.people["channel"] == number).to_numpy()
        channels[channel.name] = {
            "cac": channel.cac,
            "contribution_first_year": float(first_year[own & seen].mean()) if (own & seen).any() else None,
            "contribution_so_far": float(whole[own].mean()) if own.any() else None,
        }
    return {
        "revenue": revenue,
        "costs": {str(kind): float(amount) for kind, amount in by_kind.items()},
        "profit_before_intangible": revenue - paid,
        "orders_per_customer": float(caused.orders.sum() / len(life.people)),
        "revenue_per_order": float(caused.revenue.sum() / max(caused.orders.sum(), 1)),
        "gross_margin": 1 - float(caused.goods.sum()) / revenue,
        "share_of_customers_below_zero": float((whole < 0).mean()),
        "share_below_zero_with_acquisition": float(
            (whole < np.array([channel.cac for channel in CHANNELS])[life.people["channel"]]).mean()
        ),
        "channels": channels,
    }


def _contribution(life: Lives, sold: Sales, contacts: pd.DataFrame, *, window: Window, days: float) -> Floats:
    """Per person, within so many days of the first order, in Rp."""
    n = len(life.people)
    first = life.people["first"].to_numpy()
    orders = sold.orders
    person = orders["person"].to_numpy()
    at = orders["at"].to_numpy()
    own = (sold.valid & (person != GUEST)).to_numpy()
    own = own & (at < first[np.maximum(person, 0)] + days)
    goods = goods_of_orders(sold)
    net = order_values(sold.lines, len(orders)) - orders["refunded"].to_numpy()
    earned = net * (1 - PROCESS.payment_share) - goods - PROCESS.fulfilment_per_order
    total = np.bincount(person[own], weights=earned[own], minlength=n)
    served = contacts[contacts["kind"] != "response"]
    served = served[served["at"].to_numpy() < first[served["person"]] + days]
    effort = PROCESS.service_per_minute * served["minutes"] + PROCESS.service_per_contact
    total -= np.bincount(served["person"], weights=effort, minlength=n)
    return total - PROCESS.retention_per_active_month * _active_months(person[own], at[own], n, first + days, window)


def _active_months(person: np.ndarray, at: Floats, n: int, until: Floats, window: Window) -> Floats:
    months = len(window.months)
    bought = np.zeros((n, months), dtype=bool)
    bought[person, window.month_of(at)] = True
    active = bought.copy()
    for step in range(1, min(PROCESS.active_months_after_purchase, months - 1) + 1):
        active[:, step:] |= bought[:, :-step]
    last = window.month_of(np.minimum(until, window.days - 0.5))
    return (active & (np.arange(months) <= last[:, None])).sum(axis=1).astype(float)
