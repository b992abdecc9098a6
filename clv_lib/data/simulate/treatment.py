"""What a round of plays does to a company: what is to be expected of it, and what happens.

A contact has five consequences. It costs. It may bring orders, or keep who would leave. A discount is also given to
those who would have ordered anyway. Of the orders that a discount brings, some would have come later at full price. And
a contact drives away a few for good, the more, the more often they were contacted lately.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.data.simulate.fading import is_fading, kept_of_rate, own_moments, own_weeks, with_fading
from clv_lib.data.simulate.lives import CAMPAIGN, DELIVERY, SHOP
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.rounds import MARGIN, ORDER_VALUE, Company, order_values
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.true_plays import TruePlay
from clv_lib.data.simulate.window import Flags, Floats, Ints
from clv_lib.periods import DAYS_PER_WEEK
from clv_lib.settings import Play

FATIGUE: Final = (
    0.002  # chance that a contact ends the relationship, for the first in FATIGUE_DAYS; twice for the second
)
FATIGUE_DAYS: Final = 90
BORROWED: Final = 0.25  # part of the orders that a discount brings which would have come later
PARTS: Final = ("gain", "kept", "given_away", "borrowed", "driven_away", "cost")


def expected(company: Company, number: int, true: TruePlay) -> pd.DataFrame:
    """What treating each person in a round would bring on average, given when they will leave, in Rp.

    Returns
    -------
    pandas.DataFrame
        One row per person: ``gain`` (from what it adds to orders), ``kept`` (from those who stay because of it), and
        what is to be subtracted: ``given_away``, ``borrowed``, ``driven_away`` and ``cost``; and ``profit``.
    """
    starts, play = company.world.calendar.begins(number), true.play
    base, value = _without(company, starts, play), _value(company, starts)
    effect = effect_on(company, starts, true)
    extra = effect * base if play.moves != "stay" else np.zeros(len(base))
    kept = effect * _leaving(company, starts, play) * _if_kept(company) if play.moves == "stay" else 0.0 * base
    later = company.remaining(starts + play.effect_days, shop=True)["orders"].to_numpy() > 0
    borrows = BORROWED if _brings_forward(play) else 0.0
    parts = {
        "gain": extra * value * (MARGIN - play.discount),
        "kept": kept,
        "given_away": base * value * play.discount,
        "borrowed": borrows * np.maximum(extra, 0.0) * later * value * MARGIN,
        "driven_away": tiredness(company, number) * company.remaining(starts)["value"].to_numpy() * MARGIN,
        "cost": np.full(len(base), true.cost),
    }
    table = pd.DataFrame(parts, index=company.people.index)
    lost = table[["given_away", "borrowed", "driven_away", "cost"]].sum(axis=1)
    return table.assign(profit=table["gain"] + table["kept"] - lost)


def effect_on(company: Company, starts: float, true: TruePlay) -> Floats:
    """True effect of a play on every person; 0 on who has not ordered yet."""
    return np.array([true.effect.get(name, 0.0) for name in company.group(starts)])


def tiredness(company: Company, number: int) -> Floats:
    """Chance that one more contact in this round ends the relationship."""
    recent = -(-FATIGUE_DAYS // company.world.calendar.length)
    before = company.contacts[:, max(number - recent, 0) : number].sum(axis=1)
    return FATIGUE * (1.0 + before)


def treat(company: Company, number: int, members: pd.DataFrame, plays: Mapping[str, TruePlay]) -> pd.DataFrame:
    """Run a round, change the company, and say what was to be expected of it.

    Parameters
    ----------
    members : pandas.DataFrame
        ``person, play, treated``; who is in the control arm is left alone.

    Returns
    -------
    pandas.DataFrame
        One row per play: ``members, treated``, the parts of :func:`expected` and ``profit``, summed over the treated
        and less the fixed cost.
    """
    starts, tired = company.world.calendar.begins(number), tiredness(company, number)
    rows, planned = [], []
    for name, own in members.groupby("play", sort=True):
        true = plays[str(name)]
        treated = own.loc[own["treated"], "person"].to_numpy()
        told = expected(company, number, true).iloc[treated].sum()
        fixed = true.play.fixed_cost if len(treated) else 0.0
        told["cost"] += fixed
        told["profit"] -= fixed
        rows.append({"play": name, "members": len(own), "treated": len(treated), **told})
        planned.append((true.play, treated, effect_on(company, starts, true)))
    for play, treated, effect in planned:
        act = _keep if play.moves == "stay" else _sell
        act(company, number, play, treated, effect)
    for _, treated, _ in planned:
        _drive_away(company, number, treated, tired, starts)
        np.add.at(company.contacts[:, number], treated, 1)
    arms = members[["person", "play", "treated"]].assign(round=number)
    company.members = pd.concat([company.members, arms], ignore_index=True)
    return pd.DataFrame(rows, columns=["play", "members", "treated", *PARTS, "profit"])


def _brings_forward(play: Play) -> bool:
    return play.discount > 0 and play.moves == "rate"


def _without(company: Company, starts: float, play: Play) -> Floats:
    """Expected shop orders of every person while a play works, without it."""
    people, everyone = company.people, company.people.index.to_numpy()
    until = np.clip(people["ends"].to_numpy(), starts, starts + play.effect_days)
    season = company.world.season
    begins = np.maximum(people["first"].to_numpy(), starts)
    weeks = own_weeks(people, everyone, until, season=season) - own_weeks(people, everyone, begins, season=season)
    return _pace(company, starts) * np.maximum(weeks, 0.0)


def _pace(company: Company, at: float) -> Floats:
    share = np.where(company.world.subscribed(at), PROCESS.shop_while_subscribed, 1.0)
    return company.people["rate"].to_numpy() * share


def _value(company: Company, at: float) -> Floats:
    everyone = company.people.index.to_numpy()
    fading = is_fading(company.people, everyone, np.full(len(everyone), at))
    return ORDER_VALUE * company.people["basket"].to_numpy() * np.where(fading, PROCESS.fading_basket, 1.0)


def _leaving(company: Company, starts: float, play: Play) -> Flags:
    ends = company.people["ends"].to_numpy()
    return (ends > starts) & (ends < starts + play.effect_days)


def _if_kept(company: Company) -> Floats:
    """Profit to come of a person who was about to leave and stays, until the close, without season."""
    people = company.people
    dropout = people["dropout"].to_numpy()
    weeks = np.maximum(company.world.calendar.closes - people["ends"].to_numpy(), 0.0) / DAYS_PER_WEEK
    orders = people["rate"].to_numpy() * kept_of_rate(dropout) * -np.expm1(-dropout * weeks) / dropout
    return orders * ORDER_VALUE * people["basket"].to_numpy() * MARGIN


def _sell(company: Company, number: int, play: Play, treated: Ints, effect: Floats) -> None:
    """Add the orders that the play brings or takes away, or make them larger, and take its discount off all of them."""
    starts = company.world.calendar.begins(number)
    rng = stream(company.world.seed, f"orders by {play.title}", part=number)
    orders = company.orders
    inside = (orders["at"] >= starts) & (orders["at"] < starts + play.effect_days) & orders["person"].isin(treated)
    own = inside & (orders["source"] != DELIVERY)
    share = effect[orders["person"].to_numpy()]
    if play.moves == "basket":
        company.orders = orders.assign(value=orders["value"].where(~own, orders["value"] * (1 + share)))
    else:
        never = own & (rng.random(len(orders)) < -share)
        added = _added(company, starts, play, treated, effect, rng=rng)
        if _brings_forward(play):
            orders = _without_borrowed(company, orders, added, after=starts + play.effect_days, rng=rng)
        company.orders = pd.concat([orders[~never.reindex(orders.index)], added], ignore_index=True)
    orders = company.orders
    inside = (orders["at"] >= starts) & (orders["at"] < starts + play.effect_days) & orders["person"].isin(treated)
    own = inside & (orders["source"] != DELIVERY)
    company.orders = orders.assign(discount=orders["discount"].mask(own, play.discount))


def _added(
    company: Company, starts: float, play: Play, treated: Ints, effect: Floats, *, rng: np.random.Generator
) -> pd.DataFrame:
    world, people = company.world, company.people
    count = rng.poisson(np.maximum(effect, 0.0) * _without(company, starts, play))[treated]
    person = np.repeat(treated, count)
    until = np.clip(people["ends"].to_numpy()[person], starts, starts + play.effect_days)
    begins = np.maximum(people["first"].to_numpy()[person], starts)
    opens = own_weeks(people, person, begins, season=world.season)
    lasts = own_weeks(people, person, until, season=world.season) - opens
    at = own_moments(people, person, opens + lasts * rng.random(len(person)), season=world.season)
    added = pd.DataFrame({"person": person, "at": at, "source": CAMPAIGN})
    return added.assign(value=order_values(people, people["fades"].to_numpy(), added, rng=rng), discount=0.0)


def _without_borrowed(
    company: Company, orders: pd.DataFrame, added: pd.DataFrame, *, after: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Take away the next shop orders of those who have only ordered earlier."""
    early = added["person"].to_numpy()[rng.random(len(added)) < BORROWED]
    borrowed = np.bincount(early, minlength=len(company.people))
    later = orders[(orders["at"] >= after) & (orders["source"] != DELIVERY)].sort_values("at")
    turn = later.groupby("person").cumcount()
    return orders.drop(later.index[turn.to_numpy() < borrowed[later["person"].to_numpy()]])


def _keep(company: Company, number: int, play: Play, treated: Ints, effect: Floats) -> None:
    """Give some of those who would leave while the play works another life, and the orders of it."""
    world, people = company.world, company.people
    rng = stream(world.seed, f"kept by {play.title}", part=number)
    luck, lasts = rng.random(len(people)), rng.exponential(1.0, len(people))
    stays = _leaving(company, world.calendar.begins(number), play) & (luck < effect)
    stays &= np.isin(people.index.to_numpy(), treated)
    turned = people["ends"].to_numpy()
    ends = turned + lasts / people["dropout"].to_numpy() * DAYS_PER_WEEK
    again = with_fading(people.assign(first=turned, ends=ends), rng=rng)
    company.people = people.assign(
        ends=np.where(stays, ends, turned), fades=np.where(stays, again["fades"], people["fades"])
    )
    who = np.flatnonzero(stays)
    begins = own_weeks(company.people, who, turned[who], season=world.season)
    weeks = own_weeks(company.people, who, ends[who], season=world.season) - begins
    count = rng.poisson(people["rate"].to_numpy()[who] * weeks)
    place = np.repeat(np.arange(len(who)), count)
    at = own_moments(
        company.people, who[place], begins[place] + weeks[place] * rng.random(len(place)), season=world.season
    )
    added = pd.DataFrame({"person": who[place], "at": at, "source": SHOP})
    added["value"] = order_values(people, company.people["fades"].to_numpy(), added, rng=rng)
    company.orders = pd.concat([company.orders, added.assign(discount=0.0)], ignore_index=True)


def _drive_away(company: Company, number: int, treated: Ints, tired: Floats, starts: float) -> None:
    """Some who are contacted leave at once, and all their later orders with them."""
    luck = stream(company.world.seed, "tired", part=number).random(len(company.people))
    ends = company.people["ends"].to_numpy()
    gone = (luck < tired) & np.isin(company.people.index.to_numpy(), treated) & (ends > starts)
    company.people = company.people.assign(ends=np.where(gone, float(starts), ends))
    orders = company.orders
    never = gone[orders["person"].to_numpy()] & (orders["at"].to_numpy() >= starts)
    company.orders = orders[~never].reset_index(drop=True)
