"""What the plays of the rounds truly do, and to whom. Whoever plans with them does not know it.

The truth is drawn anew for every world, so that no rule can be made to fit it. A third of the plays do nothing at all,
as the demo's loyalty points do. Of the others, the log change is normal around what the play is believed to do, as wide
as that belief, and groups of customers differ by a tenth. A discount is a cost whatever the play does, and so is the
weariness of every contact (:mod:`~clv_lib.data.simulate.treatment`): a play without effect does harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from clv_lib.data.simulate.streams import stream
from clv_lib.settings import Play

NEW, REGULAR, QUIET = "new", "regular", "quiet"
GROUPS: Final = (NEW, REGULAR, QUIET)
NEW_ORDERS: Final = 2  # with so many orders or fewer a customer is new
QUIET_DAYS: Final = 60  # after so many days without an order a customer is quiet, however many there were
IDLE: Final = 1 / 3  # of the plays do nothing
GROUP_SD: Final = 0.1


@dataclass(frozen=True)
class TruePlay:
    """One play as it is.

    Attributes
    ----------
    play : Play
        Its price, its discount, how long it works, and what it moves.
    effect : mapping of str to float
        Relative change of the purchase rate or basket, or part of the leaving that it keeps, by group.
    """

    play: Play
    effect: Mapping[str, float]

    @property
    def cost(self) -> float:
        """Of one contact, in Rp."""
        return self.play.cost_per_contact or 0.0


def true_plays(plays: Mapping[str, Play], *, seed: int) -> dict[str, TruePlay]:
    """Draw what every play truly does; that of one play does not depend on which others there are."""
    return {name: TruePlay(play, _effects(play, stream(seed, f"truth of {name}"))) for name, play in plays.items()}


def _effects(play: Play, rng: np.random.Generator) -> dict[str, float]:
    stays = play.moves == "stay"
    idle = rng.random() < IDLE
    middle = -np.log1p(-play.effect) if stays else np.log1p(play.effect)
    change = middle + play.effect_sd * rng.standard_normal() + GROUP_SD * rng.standard_normal(len(GROUPS))
    change = np.where(idle, 0.0, change)
    effect = np.maximum(-np.expm1(-change), 0.0) if stays else np.expm1(change)
    return {name: float(each) for name, each in zip(GROUPS, effect, strict=True)}
