"""What customers answer when asked in passing: NPS, CSAT, CES, and a sentence in their own words."""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib.data.simulate.comments import COMMENTS, TOUCHPOINT_THEMES
from clv_lib.data.simulate.fading import is_fading
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.sales import GUEST, Sales
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Window

NPS, CSAT, CES = "nps", "csat", "ces"
SCALES: Final = {NPS: (0, 10), CSAT: (1, 5), CES: (1, 7)}
_LEVEL: Final = {NPS: 8.0, CSAT: 4.1, CES: 5.5}  # mean before rounding, at perceived value 0
_PULL: Final = {NPS: 1.10, CSAT: 0.30, CES: 0.35}  # per point of perceived value
_UNHAPPY: Final = {NPS: -2.0, CSAT: -1.7, CES: -1.6}
_NOISE: Final = {NPS: 1.4, CSAT: 0.7, CES: 1.0}
_AFTER_ORDER, _AFTER_TICKET = 0.07, 0.34  # shares that answer
_CES_AFTER_ORDER, _CES_AFTER_TICKET = 0.02, 0.16
_COMMENTS, _ENGLISH, _NO_THEME = 0.38, 0.22, 0.15
_NEUTRAL_FROM, _GOOD_FROM = 0.6, 0.8  # position on the scale


def feedback(sold: Sales, contacts: pd.DataFrame, people: pd.DataFrame, *, window: Window, seed: int) -> pd.DataFrame:
    """Answers in order of time: ``person, at, instrument, score, touchpoint, theme, comment``."""
    orders = sold.orders[sold.valid & (sold.orders["person"] != GUEST)]
    tickets = contacts[(contacts["kind"] == "ticket") & contacts["resolved"].notna()]
    rng = stream(seed, "feedback")
    asked = [
        _asked(NPS, orders.assign(moment=orders["at"] + 7), _AFTER_ORDER, ("relationship",), rng),
        _asked(CES, orders.assign(moment=orders["at"] + 0.01), _CES_AFTER_ORDER, ("checkout", "delivery"), rng),
        _asked(CSAT, tickets.assign(moment=tickets["resolved"] + 0.2), _AFTER_TICKET, ("support",), rng),
        _asked(CES, tickets.assign(moment=tickets["resolved"] + 0.3), _CES_AFTER_TICKET, ("support",), rng),
    ]
    answers = pd.concat(asked, ignore_index=True)
    answers = answers[answers["at"] < window.days].sort_values(["at", "person", "instrument"], ignore_index=True)
    words = answers["instrument"]
    fading = is_fading(people, answers["person"].to_numpy(), answers["at"].to_numpy())
    value = people["value"].to_numpy()[answers["person"]] + PROCESS.fading_value * fading
    mean = words.map(_LEVEL) + words.map(_PULL) * value + words.map(_UNHAPPY) * answers["unhappy"]
    low, high = (words.map({name: scale[k] for name, scale in SCALES.items()}).to_numpy() for k in (0, 1))
    raw = mean.to_numpy(dtype=float) + words.map(_NOISE).to_numpy(dtype=float) * rng.normal(size=len(answers))
    answers["score"] = np.clip(np.round(raw), low, high).astype("int64")
    return _with_comments(answers, (answers["score"].to_numpy() - low) / (high - low), rng=stream(seed, "comments"))


def _asked(
    instrument: str, moments: pd.DataFrame, share: float, touchpoints: tuple[str, ...], rng: np.random.Generator
) -> pd.DataFrame:
    answers = rng.random(len(moments)) < share
    touchpoint = np.array(touchpoints, dtype=object)[rng.integers(0, len(touchpoints), len(moments))]
    return pd.DataFrame(
        {
            "person": moments["person"].to_numpy(),
            "at": moments["moment"].to_numpy(),
            "instrument": instrument,
            "touchpoint": touchpoint,
            "unhappy": moments["unhappy"].to_numpy(dtype=bool),
        }
    )[answers]


def _with_comments(answers: pd.DataFrame, position: Floats, *, rng: np.random.Generator) -> pd.DataFrame:
    """A sentence that fits the touchpoint and the score, in Indonesian or English."""
    n = len(answers)
    mood = np.where(position >= _GOOD_FROM, "good", np.where(position >= _NEUTRAL_FROM, "fair", "bad"))
    language = np.where(rng.random(n) < _ENGLISH, "en", "id")
    pick, choice, spoken = rng.random(n), rng.random(n), rng.random(n) < _COMMENTS
    filed = rng.random(n) >= _NO_THEME
    themes = [
        TOUCHPOINT_THEMES[touchpoint][int(p * len(TOUCHPOINT_THEMES[touchpoint]))]
        for touchpoint, p in zip(answers["touchpoint"], pick, strict=True)
    ]
    sentences = [
        COMMENTS[theme, str(each_mood), str(tongue)]
        for theme, each_mood, tongue in zip(themes, mood, language, strict=True)
    ]
    comment = [each[int(c * len(each))] for each, c in zip(sentences, choice, strict=True)]
    return answers.assign(
        theme=pd.Series(themes, dtype="str").where(spoken & filed),
        comment=pd.Series(comment, dtype="str").where(spoken),
    ).drop(columns="unhappy")
