"""The value survey: what customers gain and give up, as they see it, and how much each thing counts for them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from clv_lib.data.simulate.process import PERSONAS
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Flags, Floats, Window

SCORES, IMPORTANCES = (1, 10), (1, 5)
BENEFIT, COST = "benefit", "cost"
_PULL: Final = {BENEFIT: 0.8, COST: -0.6}  # of a point of perceived value on a score
_STYLE, _NOISE, _IMPORTANCE_NOISE = 0.4, 1.2, 0.8  # standard deviations: of a person, of an answer, of a weight
_WAVES: Final = (22 / 36, 34 / 36)  # shares of the window
_WAVE_DAYS = 21
_ANSWERS = 0.14  # share of those asked in a wave


@dataclass(frozen=True)
class Item:
    """One question; mean score and importance per persona, in the order of PERSONAS, at perceived value 0."""

    side: str
    name: str
    tangible: bool
    score: tuple[float, float, float]
    importance: tuple[float, float, float]


ITEMS: Final = (
    Item(BENEFIT, "quality", True, (8.4, 7.7, 7.2), (4.7, 4.1, 3.7)),
    Item(BENEFIT, "solution", True, (7.2, 7.4, 7.8), (3.4, 3.7, 4.4)),
    Item(BENEFIT, "reputation", False, (7.5, 6.8, 6.5), (3.3, 2.8, 2.7)),
    Item(BENEFIT, "experience", False, (7.8, 7.2, 6.4), (4.1, 3.4, 2.6)),
    Item(BENEFIT, "service", True, (7.2, 7.2, 6.8), (3.2, 3.3, 4.0)),
    Item(BENEFIT, "social", False, (6.8, 5.8, 5.2), (3.0, 2.4, 2.0)),
    Item(COST, "price", True, (6.0, 6.9, 6.2), (3.5, 4.3, 4.0)),
    Item(COST, "onboarding", True, (2.8, 3.2, 4.0), (2.0, 2.2, 2.9)),
    Item(COST, "access", True, (3.5, 3.9, 3.4), (2.6, 2.9, 2.7)),
    Item(COST, "maintenance", True, (3.0, 3.2, 3.7), (2.2, 2.3, 2.9)),
    Item(COST, "renewal", True, (3.1, 3.6, 4.1), (2.3, 2.6, 3.1)),
    Item(COST, "time", True, (3.9, 4.3, 4.8), (2.8, 3.2, 3.9)),
    Item(COST, "effort", False, (3.3, 3.8, 4.5), (2.7, 3.1, 3.8)),
    Item(COST, "bad_experiences", False, (3.7, 3.9, 4.3), (3.6, 3.4, 3.8)),
    Item(COST, "risk", False, (3.0, 3.4, 3.3), (2.5, 2.8, 3.0)),
)


def value_survey(people: pd.DataFrame, consent: Flags, *, window: Window, seed: int) -> pd.DataFrame:
    """Answers of two waves: ``person, at, item`` (its place in ITEMS)``, score, importance``.

    Who is asked, and who answers, does not depend on what they think.
    """
    waves = []
    for number, share in enumerate(_WAVES):
        rng = stream(seed, "value survey", part=number)
        opens = window.month_begins[window.fraction(share)] + 4
        asked = consent & (people["first"].to_numpy() < opens)
        persons = np.flatnonzero(asked & (rng.random(len(people)) < _ANSWERS))
        at = np.minimum(opens + _WAVE_DAYS * rng.random(len(persons)), window.days - 0.001)
        style = _STYLE * rng.normal(size=(len(persons), 1))
        noise = rng.normal(size=(2, len(persons), len(ITEMS)))
        score, importance = _levels(people.iloc[persons])
        score = _reported(score + style + _NOISE * noise[0], SCORES)
        importance = _reported(importance + _IMPORTANCE_NOISE * noise[1], IMPORTANCES)
        waves.append(
            pd.DataFrame(
                {
                    "person": np.repeat(persons, len(ITEMS)),
                    "at": np.repeat(at, len(ITEMS)),
                    "item": np.tile(np.arange(len(ITEMS)), len(persons)),
                    "score": score.ravel(),
                    "importance": importance.ravel(),
                }
            )
        )
    return pd.concat(waves, ignore_index=True).sort_values(["at", "person", "item"], ignore_index=True)


def true_means(people: pd.DataFrame) -> list[dict[str, object]]:
    """Expected answers of all customers of each persona, as reported: rounded, and kept inside the scale."""
    score, importance = _levels(people)
    expected = _expected(score, np.hypot(_STYLE, _NOISE), SCORES), _expected(importance, _IMPORTANCE_NOISE, IMPORTANCES)
    rows: list[dict[str, object]] = []
    for number, persona in enumerate(PERSONAS):
        own = (people["persona"] == number).to_numpy()
        if own.any():
            rows += [
                {
                    "persona": persona.name,
                    "side": item.side,
                    "item": item.name,
                    "tangible": item.tangible,
                    "score": float(expected[0][own, k].mean()),
                    "importance": float(expected[1][own, k].mean()),
                }
                for k, item in enumerate(ITEMS)
            ]
    return rows


def _levels(people: pd.DataFrame) -> tuple[Floats, Floats]:
    """Mean score and importance of each person (row) for each item (column), before noise and rounding."""
    persona = people["persona"].to_numpy()
    pull = np.array([_PULL[item.side] for item in ITEMS])
    score = np.array([item.score for item in ITEMS]).T[persona] + pull * people["value"].to_numpy()[:, None]
    return score, np.array([item.importance for item in ITEMS]).T[persona]


def _reported(raw: Floats, scale: tuple[int, int]) -> Floats:
    return np.clip(np.round(raw), *scale).astype("int64")


def _expected(level: Floats, noise: float, scale: tuple[int, int]) -> Floats:
    """Mean of ``clip(round(level + noise))``: the lowest point plus the chance to pass each step."""
    steps = np.arange(scale[0], scale[1]) + 0.5
    return scale[0] + sum(ndtr((level - step) / noise) for step in steps)
