"""Before they drift away, most customers fade: they buy less often and less, and think less of the brand."""

from typing import Any

import numpy as np
import pandas as pd

from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.season import Season
from clv_lib.data.simulate.window import Flags, Floats
from clv_lib.periods import DAYS_PER_WEEK

_SLOW = PROCESS.fading_rate


def with_fading(people: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Add ``fades``, the moment from which a customer fades: not before the first order, infinite for those who do not.

    Looking back from the end of an exponential lifetime keeps it one: who leaves when is not touched.
    """
    shape = PROCESS.fading_shape
    lasts = rng.gamma(shape, PROCESS.fading_weeks / shape, len(people)) * DAYS_PER_WEEK
    begins = np.maximum(people["ends"] - lasts, people["first"])
    return people.assign(fades=begins.where(rng.random(len(people)) < PROCESS.fades, np.inf))


def is_fading(people: pd.DataFrame, person: Any, at: Any) -> Flags:
    """Whether each of these persons was fading at these moments."""
    return np.asarray(at >= people["fades"].to_numpy()[person], dtype=bool)


def own_weeks(people: pd.DataFrame, person: Any, at: Any, *, season: Season) -> Floats:
    """Operational weeks from the start to each moment, on a clock that runs slower while the person fades."""
    turn = season.weeks(people["fades"].to_numpy()[person])
    weeks = season.weeks(at)
    return np.minimum(weeks, turn) + _SLOW * np.maximum(weeks - turn, 0)


def own_moments(people: pd.DataFrame, person: Any, weeks: Any, *, season: Season) -> Floats:
    """Moments at which so many weeks have passed on the person's own clock."""
    turn = season.weeks(people["fades"].to_numpy()[person])
    return season.moments(np.minimum(weeks, turn) + np.maximum(weeks - turn, 0) / _SLOW)


def kept_of_rate(dropout: Floats) -> Floats:
    """Part of the orders ahead that fading leaves to a customer who is still there, given the dropout rate alone.

    At any moment before the end, the end is within the fading time F with chance ``1 - exp(-dropout F)``, whatever has
    passed; the mean over the Gamma of F is closed.
    """
    scale = PROCESS.fading_weeks / PROCESS.fading_shape
    near = PROCESS.fades * (1 - (1 + dropout * scale) ** -PROCESS.fading_shape)
    return 1 - (1 - _SLOW) * near
