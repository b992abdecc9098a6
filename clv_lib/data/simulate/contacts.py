"""Tickets, calls and chats, the time they take, and answers to campaigns."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate.campaigns import Campaigns
from clv_lib.data.simulate.fading import is_fading
from clv_lib.data.simulate.lives import Lives
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Window
from clv_lib.periods import DAYS_PER_WEEK

_SHAPE = 2.2
_MINUTES = {"ticket": 13.0, "call": 7.0, "chat": 4.5}
_UNHAPPY_MINUTES = 1.7
_HOURS, _UNHAPPY_HOURS = 14.0, 52.0
_WAKES, _SLEEPS = 7.5, 21.5  # hours
_CHATS_FROM = 1 / 3  # share of the window after which there is a chat
_TICKET_CHANNELS = {"email": 0.40, "whatsapp": 0.38, "phone": 0.12, "instagram": 0.10}
_RESPONSE_CHANNELS = {"email": 0.6, "whatsapp": 0.4}


def contacts(life: Lives, wave: Campaigns, orders: pd.DataFrame, *, window: Window, seed: int) -> pd.DataFrame:
    """Every interaction in order of time: ``person, at, kind, channel, campaign, minutes, resolved, unhappy``.

    ``campaign`` is -1 and ``minutes`` and ``resolved`` are NaN where they do not apply; what is resolved after the
    close is still open, and some unhappy tickets are never closed.
    """
    told = orders[orders["ticket"] & (orders["ticket_at"] < window.days)]
    tickets = _handled(
        pd.DataFrame(
            {
                "person": told["person"].to_numpy(),
                "at": _awake(told["ticket_at"].to_numpy()),
                "kind": "ticket",
                "unhappy": told["unhappy"].to_numpy(),
            }
        ),
        rng=stream(seed, "ticket handling"),
    )
    fading = is_fading(life.people, tickets["person"].to_numpy(), tickets["at"].to_numpy())
    share = np.where(fading, PROCESS.unresolved_when_fading, PROCESS.unresolved) * tickets["unhappy"].to_numpy()
    tickets["resolved"] = tickets["resolved"].mask(stream(seed, "open tickets").random(len(tickets)) < share)
    opened = window.month_begins[window.fraction(_CHATS_FROM)]
    rng = stream(seed, "calls and chats")
    calls = _handled(_small_talk("call", PROCESS.calls_per_week, life, since=0.0, window=window, rng=rng), rng=rng)
    chats = _handled(_small_talk("chat", PROCESS.chats_per_week, life, since=opened, window=window, rng=rng), rng=rng)
    answers = wave.responses.assign(kind="response", unhappy=False, minutes=np.nan, resolved=np.nan)
    answers["at"] = _awake(answers["at"].to_numpy())
    answers["channel"] = _drawn(_RESPONSE_CHANNELS, len(answers), stream(seed, "response channels"))
    found = pd.concat([tickets, calls, chats, answers], ignore_index=True).fillna({"campaign": -1})
    found.loc[found["resolved"] >= window.days, "resolved"] = np.nan
    return found.sort_values(["at", "person", "kind"], ignore_index=True)


def _small_talk(
    kind: str, per_week: float, life: Lives, *, since: float, window: Window, rng: np.random.Generator
) -> pd.DataFrame:
    """Questions at any time between the first order and leaving."""
    begins = np.maximum(life.people["first"].to_numpy(), since)
    lasts = np.maximum(np.minimum(life.people["ends"].to_numpy(), window.days) - begins, 0)
    count = rng.poisson(per_week * lasts / DAYS_PER_WEEK)
    person = np.repeat(np.arange(len(count)), count)
    at = begins[person] + lasts[person] * rng.random(len(person))
    return pd.DataFrame({"person": person, "at": _awake(at), "kind": kind, "unhappy": False})


def _handled(talks: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    n = len(talks)
    unhappy = talks["unhappy"].to_numpy(dtype=bool)
    mean = talks["kind"].map(_MINUTES).to_numpy(dtype=float) * np.where(unhappy, _UNHAPPY_MINUTES, 1.0)
    minutes = np.maximum(np.round(mean * rng.gamma(_SHAPE, 1 / _SHAPE, n), 1), 0.5)
    ticket = (talks["kind"] == "ticket").to_numpy()
    wait = rng.exponential(1, n) * np.where(unhappy, _UNHAPPY_HOURS, _HOURS) / 24
    channel: Floats = np.where(
        ticket, _drawn(_TICKET_CHANNELS, n, rng), np.where(talks["kind"] == "call", "phone", "app")
    )
    return talks.assign(
        minutes=minutes,
        resolved=talks["at"].to_numpy() + minutes / 1440 + np.where(ticket, wait, 0.0),
        channel=channel,
    )


def _awake(at: Floats) -> Floats:
    """The same day, at an hour at which people write."""
    day = np.floor(at)
    return day + (_WAKES + (_SLEEPS - _WAKES) * (at - day)) / 24


def _drawn(shares: dict[str, float], count: int, rng: np.random.Generator) -> np.ndarray:
    return np.array(list(shares), dtype=object)[rng.choice(len(shares), count, p=list(shares.values()))]
