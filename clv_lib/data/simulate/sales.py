"""What the shop system books: orders of customers and guests, free samples, cancellations and refunds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.assortment import PRODUCTS, prices, unit_costs
from clv_lib.data.simulate.baskets import baskets
from clv_lib.data.simulate.campaigns import Campaigns
from clv_lib.data.simulate.lives import SHOP, Lives
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.season import Season
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Window

GUEST = -1  # the person of an order without one
SAMPLE = 9  # the source of a parcel that nobody ordered
_SAMPLE_PRODUCTS = (8, 10)
_REFUND_DAYS = (0.3, 9.0)
_REFUND_SHARE = (0.2, 0.6)


@dataclass(frozen=True)
class Sales:
    """Everything booked, before anything is lost.

    Attributes
    ----------
    orders : pandas.DataFrame
        In order of time: ``person, at, source, plan, ticket, ticket_at, unhappy, cancelled, refunded`` (Rp given back)
        and ``refunded_at``; the index numbers the orders.
    lines : pandas.DataFrame
        See :func:`~clv_lib.data.simulate.baskets.baskets`; those of samples have the amount 0.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame

    @property
    def valid(self) -> pd.Series:
        """Orders that customers and guests paid for and kept."""
        return (self.orders["source"] != SAMPLE) & ~self.orders["cancelled"]


def sales(life: Lives, wave: Campaigns, *, season: Season, seed: int) -> Sales:
    """Book the orders, and draw guests, samples and refunds."""
    window = season.window
    guests = _guests(len(wave.orders), season=season, rng=stream(seed, "guests"))
    orders = pd.concat([wave.orders, guests], ignore_index=True).sort_values(["at", "person"], ignore_index=True)
    samples = _samples(orders, life.people, window=window, rng=stream(seed, "samples"))
    lines = baskets(orders, life.people, wave, window=window, seed=seed)
    gifts = _sample_lines(samples, first=len(orders), window=window)
    orders = pd.concat([orders, samples[orders.columns]], ignore_index=True)
    lines = pd.concat([lines, gifts], ignore_index=True)
    orders, lines = _in_order_of_time(orders, lines)
    orders = _refunds(orders, lines, window=window, rng=stream(seed, "refunds"))
    return Sales(orders, lines)


def _blank(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(plan=-1.0, ticket=False, ticket_at=np.nan, unhappy=False)


def _guests(orders: int, *, season: Season, rng: np.random.Generator) -> pd.DataFrame:
    count = round(PROCESS.guests * orders)
    at = season.moments(season.weeks(season.window.days) * rng.random(count))
    return _blank(pd.DataFrame({"person": GUEST, "at": at, "source": SHOP}))


def _samples(orders: pd.DataFrame, people: pd.DataFrame, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    known = orders[orders["person"] != GUEST]
    after = known.iloc[np.sort(rng.choice(len(known), round(PROCESS.samples * len(known)), replace=False))]
    at = after["at"].to_numpy() + rng.uniform(2, 20, len(after))
    sent = pd.DataFrame(
        {
            "person": after["person"].to_numpy(),
            "at": at,
            "source": SAMPLE,
            "product": rng.choice(_SAMPLE_PRODUCTS, len(after)),
        }
    )
    return _blank(sent[at < np.minimum(people["ends"].to_numpy()[sent["person"]], window.days)])


def _sample_lines(samples: pd.DataFrame, *, first: int, window: Window) -> pd.DataFrame:
    month = window.month_of(samples["at"].to_numpy())
    product = samples["product"].to_numpy()
    price = prices(window)[product, month].astype("int64")
    return pd.DataFrame(
        {
            "order": first + np.arange(len(samples)),
            "product": product,
            "quantity": 1,
            "price": price,
            "unit_cost": unit_costs(window)[product, month].astype("int64"),
            "discount": price,
            "amount": 0,
            "place": "web",
        }
    )


def _in_order_of_time(orders: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = np.argsort(orders["at"].to_numpy(), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    lines = lines.assign(order=place[lines["order"]]).sort_values("order", kind="stable", ignore_index=True)
    return orders.iloc[order].reset_index(drop=True), lines


def _refunds(orders: pd.DataFrame, lines: pd.DataFrame, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    """Cancelled orders never leave the warehouse; unhappy ones are often made good in part."""
    n = len(orders)
    ordinary = (orders["source"] != SAMPLE) & (orders["person"] != GUEST)
    chance = np.where(orders["unhappy"], PROCESS.partly_refunded_when_unhappy, PROCESS.partly_refunded)
    at = orders["at"].to_numpy() + rng.uniform(*_REFUND_DAYS, n)
    in_time = ordinary & (at < window.days)
    cancelled = in_time & (rng.random(n) < PROCESS.cancelled) & ~orders["ticket"]
    partly = in_time & ~cancelled & (rng.random(n) < chance)
    value = order_values(lines, n)
    share = rng.uniform(*_REFUND_SHARE, n)
    back = np.where(cancelled, value, np.where(partly, np.round(value * share / 1_000) * 1_000, 0.0))
    return orders.assign(
        cancelled=cancelled,
        refunded=back.astype("int64"),
        refunded_at=np.where(cancelled | partly, at, np.nan),
    )


def order_values(lines: pd.DataFrame, orders: int) -> Floats:
    """Sum of the amounts of every order, in Rp."""
    return np.bincount(lines["order"], weights=lines["amount"], minlength=orders)


def goods_of_orders(sold: Sales) -> Floats:
    """Cost of the goods of every order, in Rp."""
    cost = sold.lines["quantity"] * sold.lines["unit_cost"]
    return np.bincount(sold.lines["order"], weights=cost, minlength=len(sold.orders))


def product_column(lines: pd.DataFrame, column: str) -> np.ndarray:
    """An attribute of the product of every line."""
    return np.array([getattr(product, column) for product in PRODUCTS], dtype=object)[lines["product"]]
