"""Orders become order lines: products, units, prices, discounts, the place of purchase."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate.assortment import HAMPERS, PLAN_PRODUCT, PLAN_UNITS, PRODUCTS, prices, unit_costs
from clv_lib.data.simulate.campaigns import Campaigns
from clv_lib.data.simulate.fading import is_fading
from clv_lib.data.simulate.lives import DELIVERY
from clv_lib.data.simulate.plans import PLANS
from clv_lib.data.simulate.process import CHANNELS, PERSONAS, PLAYS, PROCESS
from clv_lib.data.simulate.season import BEFORE_FEAST, feasts
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Window

PLACES = ("web", "app", "whatsapp", "marketplace", "pop_up")
_PLACE_OF_SHOPPERS = (0.46, 0.36, 0.13, 0.05)
_PLACE_OF_MARKETPLACE = (0.10, 0.08, 0.02, 0.80)
_TASTE = 0.35  # pull of a big basket towards dear products, on the log
_PERSONA_CATEGORY = {  # log of how much more a persona wants a category
    "connoisseur": {"beans": 0.3, "ready": -0.9, "equipment": 0.4},
    "home": {},
    "office": {"beans": 0.2, "ready": 0.3, "equipment": -0.8},
}
_HAMPERS_SEASON = 3.0
_MOST_LINES = 5


def baskets(orders: pd.DataFrame, people: pd.DataFrame, wave: Campaigns, *, window: Window, seed: int) -> pd.DataFrame:
    """Fill every order.

    Parameters
    ----------
    orders : pandas.DataFrame
        ``person`` (-1 for guests)``, at, source, plan``; the index numbers the orders.
    people : pandas.DataFrame
        See :class:`~clv_lib.data.simulate.lives.Lives`.
    wave : Campaigns
        Treated customers get the discount of the play on what they order in its window.

    Returns
    -------
    pandas.DataFrame
        ``order, product, quantity, price, unit_cost, discount, amount`` per line, and ``place`` of purchase.
    """
    rng = stream(seed, "baskets")
    delivery = (orders["source"] == DELIVERY).to_numpy()
    guest = (orders["person"] < 0).to_numpy()
    person = np.maximum(orders["person"].to_numpy(), 0)
    size = people["basket"].to_numpy()[person]
    size = np.where(is_fading(people, person, orders["at"].to_numpy()), PROCESS.fading_basket * size, size)
    size = np.where(guest, 0.7, size)
    lines = np.where(delivery, 1, 1 + np.minimum(rng.poisson(PROCESS.lines * size), _MOST_LINES - 1))
    wish = _wishes(orders["at"].to_numpy(), people["persona"].to_numpy()[person], size, window=window)
    ranked = np.argsort(-(wish + rng.gumbel(size=wish.shape)), axis=1, kind="stable")
    order = np.repeat(np.arange(len(orders)), lines)
    turn = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines)
    product = ranked[order, turn]
    several = np.array([each.several for each in PRODUCTS])[product]
    quantity = 1 + np.where(several, rng.poisson(PROCESS.units * size[order]), 0)
    plan = np.maximum(orders["plan"].to_numpy(), 0).astype(int)[order]
    product = np.where(delivery[order], np.array([PLAN_PRODUCT[name] for name in PLANS])[plan], product)
    quantity = np.where(delivery[order], np.array([PLAN_UNITS[name] for name in PLANS])[plan], quantity)
    place = _places(orders, people, guest=guest, rng=rng)
    month = window.month_of(orders["at"].to_numpy())[order]
    price = prices(window)[product, month]
    reduction = np.maximum(np.where(delivery, PROCESS.subscription_discount, 0.0), _campaign_discount(orders, wave))
    reduction = np.maximum(reduction, np.where(place == PLACES.index("marketplace"), PROCESS.marketplace_discount, 0.0))
    discount = np.round(price * quantity * reduction[order] / 100) * 100
    return pd.DataFrame(
        {
            "order": orders.index.to_numpy()[order],
            "product": product,
            "quantity": quantity,
            "price": price.astype("int64"),
            "unit_cost": unit_costs(window)[product, month].astype("int64"),
            "discount": discount.astype("int64"),
            "amount": (price * quantity - discount).astype("int64"),
            "place": np.array(PLACES, dtype=object)[place[order]],
        }
    )


def _wishes(at: Floats, persona: Floats, size: Floats, *, window: Window) -> Floats:
    """Log weight of every product for every order."""
    weight = np.array([each.weight for each in PRODUCTS])
    base = np.log(np.where(weight > 0, weight, 1.0)) + np.where(weight > 0, 0.0, -np.inf)
    price = np.log(np.array([each.price for each in PRODUCTS], dtype=float))
    taste = np.array(
        [[_PERSONA_CATEGORY[each.name].get(product.category, 0.0) for product in PRODUCTS] for each in PERSONAS]
    )
    wish = base + taste[persona] + _TASTE * (size - 1)[:, None] * (price - price.mean())
    near = np.zeros(len(at), dtype=bool)
    for day in feasts(window):
        near |= (at >= window.position(day) - BEFORE_FEAST) & (at < window.position(day))
    wish[near, HAMPERS] += _HAMPERS_SEASON
    return wish


def _campaign_discount(orders: pd.DataFrame, wave: Campaigns) -> Floats:
    reduction = np.zeros(len(orders))
    for number, each in enumerate(wave.schedule.itertuples()):
        members = wave.members[(wave.members["campaign"] == number) & wave.members["treated"]]
        inside = (orders["at"] >= each.starts) & (orders["at"] < each.ends) & orders["person"].isin(members["person"])
        reduction[inside.to_numpy()] = PLAYS[str(each.play)].discount
    return reduction


def _places(orders: pd.DataFrame, people: pd.DataFrame, *, guest: Floats, rng: np.random.Generator) -> Floats:
    channel = np.array([each.name for each in CHANNELS])[people["channel"]]
    person = np.maximum(orders["person"].to_numpy(), 0)
    draw = rng.random(len(orders))
    ordinary = np.searchsorted(np.cumsum(_PLACE_OF_SHOPPERS)[:-1], draw, side="right")
    through = np.searchsorted(np.cumsum(_PLACE_OF_MARKETPLACE)[:-1], draw, side="right")
    place = np.where(channel[person] == "marketplace", through, ordinary)
    place = np.where(orders["source"] == DELIVERY, PLACES.index("app"), place)
    return np.where(guest, PLACES.index("pop_up"), place)
