"""The transaction log as exported: order lines, refunds, and the days that the export job missed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.accounts import Accounts
from clv_lib.data.simulate.sales import GUEST, Sales, goods_of_orders, order_values, product_column
from clv_lib.data.simulate.window import Floats, Window

GUEST_ID = "GUEST"
_MONTH, _FIRST_DAY, _DAYS = 19 / 36, 9, 4


@dataclass(frozen=True)
class Incident:
    """Days whose orders happened but never reached the export; moments of the first and past the last."""

    begins: float
    ends: float

    def holds(self, at: Floats) -> np.ndarray:
        """Whether each moment lies in the gap."""
        return (at >= self.begins) & (at < self.ends)


def incident(window: Window) -> Incident:
    """Four days in the month after the middle of the window."""
    begins = window.month_begins[window.fraction(_MONTH)] + _FIRST_DAY
    return Incident(float(begins), float(begins + _DAYS))


def transactions(sold: Sales, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """Order lines in order of day, with refunds as negative rows that name their order; the gap is a gap."""
    orders, lines = sold.orders, sold.lines
    number = lines["order"].to_numpy()
    ids = _customer_ids(orders, known_as)
    order_ids = pd.Series([f"O{k + 1:06d}" for k in range(len(orders))], dtype="str")
    sold_lines = pd.DataFrame(
        {
            "order_id": order_ids.iloc[number].reset_index(drop=True),
            "customer_id": ids.iloc[number].reset_index(drop=True),
            "at": orders["at"].to_numpy()[number],
            "product_id": pd.Series(product_column(lines, "product_id"), dtype="str"),
            "category": pd.Series(product_column(lines, "category"), dtype="str"),
            "quantity": lines["quantity"].astype("Int64"),
            "unit_cost": lines["unit_cost"].astype("Int64"),
            "discount": lines["discount"].astype("Int64"),
            "amount": lines["amount"].astype("int64"),
            "channel": lines["place"].astype("str"),
            "refund_of": pd.Series([None] * len(lines), dtype="str"),
        }
    )
    table = pd.concat([sold_lines, _refunds(sold, sold_lines, order_ids, ids)], ignore_index=True)
    table = table[~incident(window).holds(table["at"].to_numpy())]
    table = table.assign(day=np.floor(table["at"])).sort_values("day", kind="stable", ignore_index=True)
    table.insert(2, "ordered_at", window.dates(table["at"]))
    return table.drop(columns=["at", "day"])


def _refunds(sold: Sales, lines: pd.DataFrame, order_ids: pd.Series, ids: pd.Series) -> pd.DataFrame:
    """Cancelled orders line by line with their units; partial refunds as one amount."""
    orders, number = sold.orders, sold.lines["order"].to_numpy()
    back = lines[orders["cancelled"].to_numpy()[number]].copy()
    original = number[orders["cancelled"].to_numpy()[number]]
    back = back.assign(
        refund_of=back["order_id"],
        at=orders["refunded_at"].to_numpy()[original],
        quantity=-back["quantity"],
        discount=pd.array([None] * len(back), dtype="Int64"),
        amount=-back["amount"],
        original=original,
    )
    partly = np.flatnonzero(((orders["refunded"] > 0) & ~orders["cancelled"]).to_numpy())
    first_line = np.searchsorted(number, partly)
    amounts = pd.DataFrame(
        {
            "customer_id": ids.iloc[partly].reset_index(drop=True),
            "at": orders["refunded_at"].to_numpy()[partly],
            "amount": -orders["refunded"].to_numpy()[partly],
            "channel": lines["channel"].iloc[first_line].reset_index(drop=True),
            "refund_of": order_ids.iloc[partly].reset_index(drop=True),
            "original": partly,
        }
    )
    refunds = pd.concat([back, amounts], ignore_index=True).sort_values(
        ["at", "original"], kind="stable", ignore_index=True
    )
    turn = (refunds["original"] != refunds["original"].shift()).cumsum()
    refunds["order_id"] = pd.Series([f"R{k:06d}" for k in turn], dtype="str")
    return refunds.drop(columns="original")


def _customer_ids(orders: pd.DataFrame, known_as: Accounts) -> pd.Series:
    person = orders["person"].to_numpy()
    return known_as.ids(np.maximum(person, 0), orders["at"].to_numpy()).mask(person == GUEST, GUEST_ID)


def lost(sold: Sales, *, window: Window) -> dict[str, float]:
    """What the gap swallowed, in numbers of orders and in Rp.

    Returns
    -------
    dict
        ``orders, orders_of_known_customers, revenue`` (net of refunds) and ``goods`` (their cost), of kept orders;
        ``cancellations, cancelled_goods``: orders before the gap that look kept because their refund fell into it;
        ``refunds``: what was given back in the gap for orders before it.
    """
    orders, gap = sold.orders, incident(window)
    goods = goods_of_orders(sold)
    value = order_values(sold.lines, len(orders)) - orders["refunded"].to_numpy()
    inside = gap.holds(orders["at"].to_numpy())
    gone = inside & sold.valid.to_numpy()
    returned = ~inside & gap.holds(orders["refunded_at"].to_numpy())
    cancelled = returned & orders["cancelled"].to_numpy()
    return {
        "orders": int(gone.sum()),
        "orders_of_known_customers": int((gone & (orders["person"] != GUEST).to_numpy()).sum()),
        "revenue": float(value[gone].sum()),
        "goods": float(goods[gone].sum()),
        "cancellations": int(cancelled.sum()),
        "cancelled_goods": float(goods[cancelled].sum()),
        "refunds": float(orders["refunded"].to_numpy()[returned].sum()),
    }
