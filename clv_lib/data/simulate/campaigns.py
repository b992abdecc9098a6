"""Campaigns: whom the rule selects, who is treated by the toss of a coin, and what that truly adds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.fading import is_fading, own_moments, own_weeks
from clv_lib.data.simulate.lives import CAMPAIGN, Lives
from clv_lib.data.simulate.process import PLAN, PLAYS, PROCESS, Play
from clv_lib.data.simulate.season import Season, feasts
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.troubles import one_a_day, troubles
from clv_lib.data.simulate.window import Flags, Ints, Window

_PLAN_LENGTH = 36
_FIRST_DAY = 8  # of the planned month, counted from 0
_BEFORE_FEAST = 30
_RESPONSE_OF_BUYERS, _RESPONSE_OF_OTHERS = 0.55, 0.07


@dataclass(frozen=True)
class Campaigns:
    """What was sent, to whom, and what came back.

    Attributes
    ----------
    schedule : pandas.DataFrame
        ``play, starts, ends`` (moments of the first midnight and of the close), in order of time.
    members : pandas.DataFrame
        ``campaign`` (row of the schedule), ``person, treated``, ``baseline`` (expected shop orders in the window
        without treatment) and ``extra`` (expected orders that the treatment adds, to whoever gets it).
    orders : pandas.DataFrame
        All orders, those that campaigns added included.
    responses : pandas.DataFrame
        ``campaign, person, at``.
    """

    schedule: pd.DataFrame
    members: pd.DataFrame
    orders: pd.DataFrame
    responses: pd.DataFrame


def schedule(window: Window) -> pd.DataFrame:
    """Campaigns that end inside the window and do not overlap."""
    planned = [(play, window.month_begins[window.fraction(month / _PLAN_LENGTH)] + _FIRST_DAY) for play, month in PLAN]
    planned += [("seasonal", float(window.position(day) - _BEFORE_FEAST)) for day in feasts(window)]
    rows: list[dict[str, object]] = []
    close = 30.0  # nobody to write to before
    for play, starts in sorted(planned, key=lambda each: each[1]):
        ends = starts + PLAYS[play].days
        if starts >= close and ends <= window.days:
            rows.append({"play": play, "starts": starts, "ends": ends})
            close = ends
    return pd.DataFrame(rows, columns=["play", "starts", "ends"])


def campaigns(life: Lives, consent: Flags, *, season: Season, seed: int) -> Campaigns:
    """Run the campaigns one after the other; the first had no control group."""
    plan = schedule(season.window)
    orders, members, responses = life.orders, [_NOBODY], [_NOTHING]
    for number, (name, starts, ends) in enumerate(zip(plan["play"], plan["starts"], plan["ends"], strict=True)):
        rng = stream(seed, "campaigns", part=number)
        play = PLAYS[name]
        chosen = _chosen(orders, consent, play, starts)
        people = life.people.iloc[chosen]
        closes = np.clip(people["ends"].to_numpy(), starts, ends)
        opens = own_weeks(life.people, chosen, np.full(len(chosen), starts), season=season)
        lasts = own_weeks(life.people, chosen, closes, season=season) - opens
        baseline = people["rate"].to_numpy() * lasts
        treated = rng.random(len(chosen)) < (play.treated_share if number else 1.0)
        count = np.where(treated, rng.poisson(play.uplift * baseline), 0)
        place = np.repeat(np.arange(len(chosen)), count)
        weeks = opens[place] + lasts[place] * rng.random(len(place))
        at = own_moments(life.people, chosen[place], weeks, season=season)
        added = pd.DataFrame({"person": chosen[place], "at": at, "source": CAMPAIGN, "plan": -1.0})
        added = troubles(added, life.people, window=season.window, rng=rng)
        orders = one_a_day(pd.concat([orders, added], ignore_index=True), window=season.window)
        group = {"campaign": number, "person": chosen, "treated": treated, "baseline": baseline}
        members.append(pd.DataFrame(group).assign(extra=play.uplift * baseline))
        responses.append(_responses(number, chosen[treated], orders, life.people, starts=starts, ends=ends, rng=rng))
    return Campaigns(
        plan,
        pd.concat(members, ignore_index=True),
        orders.sort_values(["at", "person"], ignore_index=True),
        pd.concat(responses, ignore_index=True),
    )


_NOTHING = pd.DataFrame({"campaign": [], "person": [], "at": []}).astype({"campaign": "int64", "person": "int64"})
_NOBODY = pd.DataFrame({"campaign": [], "person": [], "treated": [], "baseline": [], "extra": []}).astype(
    {"campaign": "int64", "person": "int64", "treated": "bool"}
)


def _chosen(orders: pd.DataFrame, consent: Flags, play: Play, starts: float) -> Ints:
    """Who may be written to and has last ordered as long ago as the rule of the play wants."""
    last = orders[orders["at"] < starts].groupby("person")["at"].max()
    idle = (starts - last).to_numpy()
    return last.index.to_numpy()[consent[last.index] & (idle >= play.idle_from) & (idle < play.idle_to)]


def _responses(
    number: int,
    treated: Ints,
    orders: pd.DataFrame,
    people: pd.DataFrame,
    *,
    starts: float,
    ends: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """A click shortly before the first order of the window, or without any."""
    inside = orders[(orders["at"] >= starts) & (orders["at"] < ends)]
    first = inside.groupby("person")["at"].min().reindex(treated)
    buys = first.notna().to_numpy()
    fading = is_fading(people, treated, np.full(len(treated), starts))
    chance = np.where(buys, _RESPONSE_OF_BUYERS, _RESPONSE_OF_OTHERS) * np.where(fading, PROCESS.fading_answers, 1.0)
    answers = rng.random(len(treated)) < chance
    somewhere = starts + (ends - starts) * rng.random(len(treated))
    before = np.maximum(starts, first.to_numpy() - rng.uniform(0.005, 0.2, len(treated)))
    at = np.where(buys, before, somewhere)
    return pd.DataFrame({"campaign": number, "person": treated, "at": at})[answers]
