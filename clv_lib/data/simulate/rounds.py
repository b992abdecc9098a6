"""A company that plays rounds: the demo's customers, and what each contact truly changes for them.

Everyone lives as in :mod:`~clv_lib.data.simulate.lives`, without any campaign, until a year after the last round: that
is the world in which nothing is done. A :class:`Company` starts in it and is changed by what it does, round by round.
Two companies that decide alike from the same world see the same luck.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.data.simulate.lives import DELIVERY, Lives, lives
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.profiles import profiles
from clv_lib.data.simulate.season import Season
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.true_plays import NEW, NEW_ORDERS, QUIET, QUIET_DAYS, REGULAR
from clv_lib.data.simulate.window import Flags, Floats, Ints, Window

START: Final = date(2022, 1, 1)
ORDER_VALUE: Final = 175_000  # Rp, of a basket of size 1
MARGIN: Final = 0.45  # of the value of an order: after goods, parcels and fees


@dataclass(frozen=True)
class Calendar:
    """Days of the history, of each round, and of the year in which the consequences are counted."""

    history: int = 730
    rounds: int = 6
    length: int = 28
    ahead: int = 365

    def begins(self, number: int) -> int:
        """Moment at which a round begins, counted from 0; that after the last is the end of the rounds."""
        return self.history + number * self.length

    @property
    def closes(self) -> int:
        """Moment from which nothing counts."""
        return self.begins(self.rounds) + self.ahead

    def day(self, moment: int) -> date:
        """Calendar day of a moment."""
        return START + timedelta(days=moment)


@dataclass(frozen=True)
class World:
    """Everyone's life without any play.

    Attributes
    ----------
    life : Lives
    orders : pandas.DataFrame
        ``person, at, source, value`` (Rp, at full price), all of them, however late.
    consent : numpy.ndarray of bool, dims (person,)
        Who may be written to.
    """

    life: Lives
    orders: pd.DataFrame
    consent: Flags
    season: Season
    calendar: Calendar
    seed: int

    @property
    def people(self) -> pd.DataFrame:
        """See :class:`~clv_lib.data.simulate.lives.Lives`."""
        return self.life.people

    def subscribed(self, at: float) -> Flags:
        """Who has a running subscription: half of their shop orders fall away."""
        plans = self.life.plans
        running = plans[(plans["started"] <= at) & (at <= plans["cancelled"])]
        return np.isin(np.arange(len(self.people)), running["person"])

    @cached_property
    def ids(self) -> np.ndarray:
        """Numbers on the customer cards."""
        return np.array([f"P{number:06d}" for number in range(len(self.people))], dtype=object)


def world(customers: int, *, seed: int, calendar: Calendar | None = None) -> World:
    """Let ``customers`` people live, from the first day of the brand to the year after the last round."""
    calendar = calendar or Calendar()
    season = Season(Window(START, calendar.day(calendar.closes - 1)))
    life = lives(customers, season=season, seed=seed)
    orders = life.orders[["person", "at", "source"]].reset_index(drop=True)
    value = order_values(life.people, life.people["fades"].to_numpy(), orders, rng=stream(seed, "order values"))
    consent = profiles(customers, window=season.window, seed=seed)["consent"].fillna(False).to_numpy(dtype=bool)
    return World(life, orders.assign(value=value), consent, season, calendar, seed)


def order_values(people: pd.DataFrame, fades: Floats, orders: pd.DataFrame, *, rng: np.random.Generator) -> Floats:
    """What each order is worth at full price: the person's basket, smaller while fading, times chance of mean 1."""
    person = orders["person"].to_numpy()
    fading = np.where(orders["at"].to_numpy() >= fades[person], PROCESS.fading_basket, 1.0)
    luck = rng.gamma(PROCESS.basket_shape, 1 / PROCESS.basket_shape, len(orders))
    return np.round(ORDER_VALUE * people["basket"].to_numpy()[person] * fading * luck)


class Company:
    """The world as one company has changed it.

    Attributes
    ----------
    people : pandas.DataFrame
        As of the world, with the moments of fading and leaving as they are now.
    orders : pandas.DataFrame
        ``person, at, source, value`` (at full price) and ``discount`` (share taken off).
    contacts : numpy.ndarray, shape (person, round)
        Who was contacted how often.
    members : pandas.DataFrame
        ``round, person, play, treated``: every arm so far.
    """

    def __init__(self, origin: World) -> None:
        self.world = origin
        self.people = origin.people.copy()
        self.orders = origin.orders.assign(discount=0.0)
        self.contacts = np.zeros((len(self.people), origin.calendar.rounds), dtype=np.int64)
        self.members = pd.DataFrame({"round": [], "person": [], "play": [], "treated": []}).astype(
            {"round": "int64", "person": "int64", "play": "str", "treated": "bool"}
        )

    def seen(self, moment: float) -> pd.DataFrame:
        """Orders before a moment."""
        return self.orders[self.orders["at"] < moment]

    def group(self, moment: float) -> np.ndarray:
        """Group of every person, as the true effects distinguish them; empty for who has not ordered yet."""
        known = self.seen(moment).groupby("person")["at"].agg(["size", "max"]).reindex(self.people.index)
        idle = moment - known["max"].to_numpy()
        few = known["size"].to_numpy() <= NEW_ORDERS
        found = np.where(idle >= QUIET_DAYS, QUIET, np.where(few, NEW, REGULAR))
        return np.where(known["size"].isna(), "", found)

    def reachable(self, moment: float) -> Ints:
        """Customers who have ordered and may be written to; nobody knows who has left."""
        known = np.unique(self.seen(moment)["person"])
        return known[self.world.consent[known]]

    def remaining(self, moment: float, *, shop: bool = False) -> pd.DataFrame:
        """Orders that each person has still to make, and their ``value`` at full price; ``shop``: no deliveries."""
        later = self.orders[(self.orders["at"] >= moment) & (self.orders["at"] < self.world.calendar.closes)]
        later = later[later["source"] != DELIVERY] if shop else later
        found = later.groupby("person")["value"].agg(["size", "sum"]).reindex(self.people.index, fill_value=0)
        return found.rename(columns={"size": "orders", "sum": "value"})

    def profit(self) -> float:
        """What the orders from the first round to the close have left, before the cost of contacts, in Rp."""
        calendar = self.world.calendar
        counted = self.orders[(self.orders["at"] >= calendar.begins(0)) & (self.orders["at"] < calendar.closes)]
        return float((counted["value"] * (MARGIN - counted["discount"])).sum())

    def transactions(self, moment: float) -> pd.DataFrame:
        """The log as the company sees it before a moment: ``customer_id, ordered_at, amount, discount``."""
        seen = self.seen(moment).sort_values(["at", "person"], ignore_index=True)
        return pd.DataFrame(
            {
                "customer_id": pd.Series(self.world.ids[seen["person"]], dtype="str"),
                "ordered_at": self.world.season.window.dates(seen["at"]),
                "amount": np.round(seen["value"] * (1 - seen["discount"])),
                "discount": np.round(seen["value"] * seen["discount"]),
            }
        )
