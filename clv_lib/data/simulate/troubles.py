"""Tickets that follow orders, and the unhappy month in which the brand outgrew its warehouse."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate.fading import is_fading
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.window import Flags, Floats, Window

_BAD_MONTH = 8 / 36  # month 8 of 36, counted from 0


def bad_month(window: Window) -> int:
    """Number of the unhappy launch month."""
    return window.fraction(_BAD_MONTH)


def in_bad_month(moments: Floats, window: Window) -> Flags:
    """Whether each moment lies in the unhappy month."""
    return window.month_of(moments) == bad_month(window)


def one_a_day(orders: pd.DataFrame, *, window: Window) -> pd.DataFrame:
    """Move the lesser of two orders of one person on one day to the next day; past the close it is dropped."""
    while True:
        orders = orders.assign(day=np.floor(orders["at"])).sort_values(
            ["person", "day", "source", "at"], ignore_index=True
        )
        again = orders.duplicated(["person", "day"])
        if not again.any():
            return orders.drop(columns="day")
        orders = orders.assign(at=orders["at"] + again)
        orders = orders[orders["at"] < window.days]


def troubles(orders: pd.DataFrame, people: pd.DataFrame, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    """Add ``ticket`` (whether the order led to one), ``ticket_at`` and ``unhappy`` (whether it ended badly)."""
    person = orders["person"].to_numpy()
    bad = in_bad_month(orders["at"].to_numpy(), window)
    fading = is_fading(people, person, orders["at"].to_numpy())
    spread = PROCESS.trouble_on_tickets
    tilt = np.exp(spread * people["trouble"].to_numpy()[person] - spread**2 / 2)  # mean 1
    chance = PROCESS.ticket_rate * tilt * np.where(bad, PROCESS.bad_month_tickets, 1.0)
    chance = chance * np.where(fading, PROCESS.fading_tickets, 1.0)
    odds = (
        PROCESS.unhappy_odds
        + PROCESS.value_on_unhappy * (people["value"].to_numpy()[person] + PROCESS.fading_value * fading)
        + PROCESS.bad_month_unhappy * bad
    )
    ticket = rng.random(len(orders)) < np.minimum(chance, 0.9)
    unhappy = rng.random(len(orders)) < 1 / (1 + np.exp(-odds))
    wait = rng.uniform(0.5, 6, len(orders))
    return orders.assign(ticket=ticket, ticket_at=orders["at"] + wait, unhappy=ticket & unhappy)
