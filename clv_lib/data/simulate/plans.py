"""Subscriptions: who takes one, which deliveries it brings, when it ends."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate.process import PERSONAS, PROCESS
from clv_lib.data.simulate.window import Floats, Window
from clv_lib.periods import DAYS_PER_WEEK

MONTHS = {"hemat": 1, "lengkap": 1, "kuartal": 3}  # months between deliveries
PLANS = tuple(MONTHS)
SHARES = (0.50, 0.35, 0.15)
BILLING = {1: "month", 3: "quarter"}
_LAST_DAY_OF_DELIVERY = 28  # exists in every month


def sign_ups(people: pd.DataFrame, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the subscriptions.

    Returns
    -------
    pandas.DataFrame
        ``person, plan`` (its place in PLANS)``, started, cancelled`` in whole days; at most one per person.
    """
    wanted = rng.random(len(people)) < np.array([persona.subscribes for persona in PERSONAS])[people["persona"]]
    wait = rng.exponential(PROCESS.weeks_to_subscription * DAYS_PER_WEEK, len(people))
    lasts = rng.exponential(PROCESS.weeks_of_subscription * DAYS_PER_WEEK, len(people))
    plan = rng.choice(len(PLANS), len(people), p=SHARES)
    started = np.floor(people["first"] + 1 + wait)
    cancelled = started + np.floor(1 + lasts * np.exp(PROCESS.value_on_subscription * people["value"]))
    begun = wanted & (started < np.minimum(people["ends"], window.days))
    return pd.DataFrame({"person": people.index, "plan": plan, "started": started, "cancelled": cancelled})[
        begun
    ].reset_index(drop=True)


def deliveries(plans: pd.DataFrame, *, until: Floats, window: Window) -> pd.DataFrame:
    """Orders that the subscriptions bring: ``person, at, plan``.

    Parameters
    ----------
    plans : pandas.DataFrame
        From :func:`sign_ups`.
    until : array
        Moment after which each subscription delivers nothing more.
    window : Window
        Deliveries after its close are left out.
    """
    months = len(window.months) + 1
    step = np.array(list(MONTHS.values()))[plans["plan"]]
    each = np.repeat(np.arange(len(plans)), -(-months // step))
    turn = np.arange(len(each)) - np.repeat(np.cumsum(-(-months // step)) - -(-months // step), -(-months // step))
    started = window.dates(plans["started"]).to_numpy().astype("datetime64[D]")
    month = started.astype("datetime64[M]")
    day = np.minimum((started - month).astype(np.int64), _LAST_DAY_OF_DELIVERY - 1)
    due = (month[each] + (turn * step[each])).astype("datetime64[D]") + day[each]
    at = (due - np.datetime64(window.start)).astype(np.float64) + 0.25  # parcels are packed in the morning
    at = np.where(turn == 0, plans["started"].to_numpy()[each] + 0.25, at)
    kept = at < np.minimum(until, window.days)[each]
    return pd.DataFrame({"person": plans["person"].to_numpy()[each], "at": at, "plan": plans["plan"].to_numpy()[each]})[
        kept
    ].reset_index(drop=True)
