"""How people live with the brand: what they think of it, how often they buy, what annoys them, when they leave."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.arrivals import arrivals
from clv_lib.data.simulate.fading import own_moments, own_weeks, with_fading
from clv_lib.data.simulate.plans import deliveries, sign_ups
from clv_lib.data.simulate.process import CHANNELS, PERSONAS, PROCESS, REFERRAL
from clv_lib.data.simulate.season import Season
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.troubles import in_bad_month, one_a_day, troubles
from clv_lib.data.simulate.window import Window
from clv_lib.periods import DAYS_PER_WEEK

FIRST, DELIVERY, SHOP, CAMPAIGN = range(4)  # where an order comes from; a later one gives way on a full day


@dataclass(frozen=True)
class Lives:
    """Everyone who ever bought, in order of arrival.

    Attributes
    ----------
    people : pandas.DataFrame
        One row per person: ``channel, arrived, referrer, persona, value, trouble, basket, rate, dropout`` (per week),
        ``first`` and ``ends`` (moments of the first order and of leaving), ``fades`` (moment from which the customer
        fades, infinite without), ``cause``.
    plans : pandas.DataFrame
        Subscriptions: ``person, plan, started, cancelled``.
    orders : pandas.DataFrame
        ``person, at, source, plan, ticket`` (whether there was one)``, ticket_at, unhappy``.
    spend : pandas.DataFrame
        See :class:`~clv_lib.data.simulate.arrivals.Arrivals`.
    referral_rate : float
        Customers brought per week of an active customer of perceived value 0.
    """

    people: pd.DataFrame
    plans: pd.DataFrame
    orders: pd.DataFrame
    spend: pd.DataFrame
    referral_rate: float


def lives(customers: int, *, season: Season, seed: int) -> Lives:
    """Let everyone live: those who come by themselves, whom they bring, and whom these bring."""
    coming = arrivals(customers, window=season.window, seed=seed)
    wanted = customers - len(coming.people)
    second = round(PROCESS.second_generation * wanted)
    people, plans, orders = _live(coming.people, season=season, seed=seed, generation=0)
    last, before, exposure = people, 0, 0.0
    for generation, count in enumerate((wanted - second, second), start=1):
        if not count or last.empty:
            continue
        referred, weight = _referrals(last, count, window=season.window, rng=stream(seed, "referrals", part=generation))
        referred["referrer"] += before
        exposure += weight
        new = _live(referred, season=season, seed=seed, generation=generation)
        before, last = len(people), new[0]
        people, plans, orders = (
            pd.concat([old, _moved(fresh, before)], ignore_index=True)
            for old, fresh in zip((people, plans, orders), new, strict=True)
        )
    people, plans, orders = _in_order_of_arrival(people, plans, orders)
    return Lives(people, plans, orders, coming.spend, wanted / exposure if exposure else 0.0)


def _live(
    coming: pd.DataFrame, *, season: Season, seed: int, generation: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    window = season.window
    people = _newcomers(coming, window=window, rng=stream(seed, "people", part=generation))
    people = with_fading(people, rng=stream(seed, "fading", part=generation))
    plans = sign_ups(people, window=window, rng=stream(seed, "subscriptions", part=generation))
    plans = _cancelled_early(plans, people, rng=stream(seed, "cancellations", part=generation))
    bought = _shop_orders(people, plans, season=season, rng=stream(seed, "purchases", part=generation))
    until = np.minimum(plans["cancelled"].to_numpy(), people["ends"].to_numpy()[plans["person"]])
    brought = deliveries(plans, until=until, window=window).assign(source=DELIVERY)
    orders = one_a_day(pd.concat([bought, brought], ignore_index=True).fillna({"plan": -1}), window=window)
    orders = troubles(orders, people, window=window, rng=stream(seed, "tickets", part=generation))
    people = _leave_in_anger(people, orders, rng=stream(seed, "anger", part=generation))
    ends = people["ends"].to_numpy()
    orders = orders[orders["at"].to_numpy() <= ends[orders["person"]]].reset_index(drop=True)
    plans = plans[plans["started"].to_numpy() < ends[plans["person"]]].reset_index(drop=True)
    plans["cancelled"] = np.minimum(plans["cancelled"], np.floor(ends[plans["person"]]))
    return people, plans, orders


def _newcomers(coming: pd.DataFrame, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    n = len(coming)
    persona = rng.choice(len(PERSONAS), n, p=[each.share for each in PERSONAS])
    value = np.array([each.perceived_value for each in PERSONAS])[persona] + rng.normal(0, 1, n)
    value = value + PROCESS.bad_cohort_value * in_bad_month(coming["arrived"].to_numpy(), window)
    delay = np.where(rng.random(n) < PROCESS.first_order_at_once, 0.0, rng.integers(1, 7, n))
    first = np.where(coming["arrived"] + delay < window.days, coming["arrived"] + delay, coming["arrived"])
    rate = np.array([each.rate for each in CHANNELS])[coming["channel"]]
    rate = rate * np.array([each.rate for each in PERSONAS])[persona]
    dropout = np.array([each.dropout for each in CHANNELS])[coming["channel"]]
    people = coming.assign(
        persona=persona,
        value=value,
        trouble=rng.normal(0, 1, n),
        basket=np.array([each.basket for each in PERSONAS])[persona]
        * rng.gamma(PROCESS.basket_shape, 1 / PROCESS.basket_shape, n),
        rate=rate * rng.gamma(PROCESS.r, 1 / PROCESS.alpha, n),
        dropout=dropout * rng.gamma(PROCESS.s, 1 / PROCESS.beta, n) * np.exp(PROCESS.value_on_dropout * value),
        first=first,
    )
    lifetime = rng.exponential(1, n) / people["dropout"]
    return people.assign(ends=first + lifetime * DAYS_PER_WEEK, cause="drifted away")


def _shop_orders(
    people: pd.DataFrame, plans: pd.DataFrame, *, season: Season, rng: np.random.Generator
) -> pd.DataFrame:
    """First orders, and repeat orders as a Poisson process on operational time."""
    everyone = people.index.to_numpy()
    begins = own_weeks(people, everyone, people["first"], season=season)
    lasts = own_weeks(people, everyone, people["ends"], season=season) - begins
    count = rng.poisson(people["rate"] * lasts)
    person = np.repeat(everyone, count)
    at = own_moments(people, person, begins[person] + lasts[person] * rng.random(len(person)), season=season)
    plan = pd.DataFrame({"person": person}).merge(plans, on="person", how="left")
    subscribed = (plan["started"].to_numpy() <= at) & (at <= plan["cancelled"].to_numpy())
    kept = ~subscribed | (rng.random(len(person)) < PROCESS.shop_while_subscribed)
    first = pd.DataFrame({"person": people.index, "at": people["first"], "source": FIRST})
    return pd.concat([first, pd.DataFrame({"person": person, "at": at, "source": SHOP})[kept]], ignore_index=True)


def _cancelled_early(plans: pd.DataFrame, people: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Some of those who fade cancel what still runs, at any moment of fading."""
    own = people.iloc[plans["person"].to_numpy()]
    until = np.minimum(own["ends"].to_numpy(), plans["cancelled"].to_numpy())
    since = np.minimum(np.maximum(own["fades"].to_numpy(), plans["started"].to_numpy() + 1), until)
    chance, share = rng.random(len(plans)), rng.random(len(plans))
    cancels = (since < until) & (chance < PROCESS.fading_cancels)
    return plans.assign(cancelled=np.where(cancels, np.floor(since + share * (until - since)), plans["cancelled"]))


def _leave_in_anger(people: pd.DataFrame, orders: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    chance = rng.random(len(orders))
    last_straw = orders[orders["unhappy"] & (chance < PROCESS.unhappy_leaves)]
    angry = last_straw.groupby("person")["ticket_at"].min().reindex(people.index)
    leaves = angry < people["ends"]
    ends = people["ends"].where(~leaves, angry)
    return people.assign(
        ends=ends,
        fades=people["fades"].where(people["fades"] < ends, np.inf),
        cause=people["cause"].where(~leaves, "unhappy ticket"),
    )


def _referrals(
    people: pd.DataFrame, count: int, *, window: Window, rng: np.random.Generator
) -> tuple[pd.DataFrame, float]:
    """Whom these people bring; given their number, the moments of a Poisson process are independent draws."""
    lasts = np.minimum(people["ends"], window.days) - people["first"]
    weight = np.exp(PROCESS.value_on_referring * people["value"]) * lasts / DAYS_PER_WEEK
    referrer = rng.choice(people.index.to_numpy(), count, p=weight / weight.sum())
    arrived = people["first"].to_numpy()[referrer] + lasts.to_numpy()[referrer] * rng.random(count)
    channel = [each.name for each in CHANNELS].index(REFERRAL)
    return pd.DataFrame({"channel": channel, "arrived": arrived, "referrer": referrer}), float(weight.sum())


def _moved(frame: pd.DataFrame, by: int) -> pd.DataFrame:
    return frame.assign(person=frame["person"] + by) if "person" in frame else frame


def _in_order_of_arrival(
    people: pd.DataFrame, plans: pd.DataFrame, orders: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    order = np.argsort(people["arrived"].to_numpy(), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    people = people.iloc[order].reset_index(drop=True)
    known = people["referrer"].to_numpy()
    people["referrer"] = np.where(known >= 0, place[np.maximum(known, 0)], -1)
    plans = plans.assign(person=place[plans["person"]]).sort_values(["started", "person"], ignore_index=True)
    orders = orders.assign(person=place[orders["person"]]).sort_values(["at", "person"], ignore_index=True)
    return people, plans, orders
