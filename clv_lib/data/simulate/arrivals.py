"""Money is spent on channels, works over some months, and customers arrive."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.process import CHANNELS, PROCESS, REFERRAL, Channel
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Window

_GROWTH = (0.6, 1.3)  # of the monthly number of new customers, from the first month to the last
_SPEND_NOISE = 0.10  # budgets are not smooth


@dataclass(frozen=True)
class Arrivals:
    """Who comes on their own account, and what was spent for them.

    Attributes
    ----------
    people : pandas.DataFrame
        ``channel`` (its place in CHANNELS), ``arrived`` (moment of signing up), ``referrer`` (-1).
    spend : pandas.DataFrame
        ``channel`` (name), ``month`` (number) and ``amount`` in whole thousands of Rp.
    """

    people: pd.DataFrame
    spend: pd.DataFrame


def arrivals(customers: int, *, window: Window, seed: int) -> Arrivals:
    """Draw the arrivals of everyone who is not referred.

    The expected number of a channel's customers in a month is its acquisition spend at work in that month over its
    CAC; the budgets are such that the expectations add up to the wanted number, and the customers are drawn from them.
    """
    rng = stream(seed, "arrivals")
    own = [channel for channel in CHANNELS if channel.name != REFERRAL]
    total = customers - round(PROCESS.referred_share * customers)
    expected, spend = [], []
    for channel in own:
        money = _flighting(channel, window) * np.exp(rng.normal(0, _SPEND_NOISE, len(window.months)))
        at_work = working(money, channel.spread_months)
        scale = channel.share * total / at_work.sum()
        expected.append(at_work * scale)
        if channel.cac:
            amounts = np.round(money * scale * channel.cac / channel.acquisition_share / 1_000) * 1_000
            months = np.flatnonzero(amounts)
            spend.append(pd.DataFrame({"channel": channel.name, "month": months, "amount": amounts[months]}))
    weights = np.concatenate(expected)
    counts = rng.multinomial(total, weights / weights.sum())
    cells = np.repeat(np.arange(len(weights)), counts)
    month = cells % len(window.months)
    begins, ends = window.month_begins[month], window.month_begins[month + 1]
    people = pd.DataFrame(
        {
            "channel": cells // len(window.months),
            "arrived": begins + (ends - begins) * rng.random(total),
            "referrer": -1,
        }
    )
    return Arrivals(people, pd.concat(spend, ignore_index=True).astype({"amount": "int64"}))


def working(money: Floats, spread_months: int) -> Floats:
    """What is at work in each month: the mean of this month's and the months' before, nothing before the first."""
    return np.convolve(money, np.full(spread_months, 1 / spread_months))[: len(money)]


def _flighting(channel: Channel, window: Window) -> Floats:
    lengths = np.diff(window.month_begins)
    growth = np.linspace(*_GROWTH, len(lengths)) * lengths
    on = np.array([not channel.flights or month.month in channel.flights for month in window.months], dtype=float)
    on[0] = 0.0 if channel.flights else on[0]  # a new brand does not open with television
    return growth * on if on.any() else growth
