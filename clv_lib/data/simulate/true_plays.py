"""What the plays of the rounds truly do, and to whom. Whoever plans with them does not know it.

The truth is drawn anew for every world, so that no rule can be made to fit it. A quarter of the plays do nothing at all,
as one in four of the demo. The log change that the others make is normal with the mean and the spread of
:data:`STRENGTH`, somewhat below the demo's (0.37, 0.79 and 0.20), so that one in six drives orders away; groups of customers
differ. A play that moves baskets does a third of that, and one that keeps customers a quarter. A discount is a cost whatever
the play does, and so is the weariness of every contact (:mod:`~clv_lib.data.simulate.treatment`): what does nothing harms.
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
IDLE: Final = 1 / 4  # of the plays do nothing
STRENGTH: Final = (0.2, 0.2)  # log change of the purchase rate: mean and standard deviation
GROUP_SD: Final = 0.1
SHARE: Final = {"rate": 1.0, "stay": 0.25, "basket": 1 / 3}


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
    idle = rng.random() < IDLE
    mean, spread = STRENGTH
    change = SHARE[play.moves] * (rng.normal(mean, spread) + GROUP_SD * rng.standard_normal(len(GROUPS)))
    change = np.where(idle, 0.0, change)
    effect = np.maximum(-np.expm1(-change), 0.0) if play.moves == "stay" else np.expm1(change)
    return {name: float(each) for name, each in zip(GROUPS, effect, strict=True)}
