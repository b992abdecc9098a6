"""What the plays of the rounds truly do: to whom, and at what price. Whoever plans with them does not know it.

Where the demo has a play, its number is taken over (``process.PLAYS``): cross-selling adds 22 % to the orders of whoever
gets it, win-back 120 % to those of the silent, and loyalty points add nothing and give 15 % away. The others fill the
gaps between: plays that work in one group alone, plays that only cost, and one that works as the textbooks say.
"""

from dataclasses import dataclass
from typing import Final, Literal

NEW, REGULAR, QUIET = "new", "regular", "quiet"
GROUPS: Final = (NEW, REGULAR, QUIET)
NEW_ORDERS: Final = 2  # with so many orders or fewer a customer is new
QUIET_DAYS: Final = 60  # after so many days without an order a customer is quiet, however many there were


@dataclass(frozen=True)
class TruePlay:
    """One play as it is.

    Parameters
    ----------
    moves : {"rate", "stay"}
        What it changes: orders while it works, or whether those stay who would leave while it works.
    effect : dict of str to float
        Relative change of the purchase rate, or part of the leaving that it keeps, by group.
    cost : float
        Of one contact, in Rp.
    discount : float
        Taken off every shop order while it works.
    fixed_cost : float
        Of one round of it, in Rp.
    days : int
        How long it works.
    """

    moves: Literal["rate", "stay"]
    effect: dict[str, float]
    cost: float
    discount: float = 0.0
    fixed_cost: float = 0.0
    days: int = 28


def _by_group(new: float, regular: float, quiet: float) -> dict[str, float]:
    return {NEW: new, REGULAR: regular, QUIET: quiet}


TRUE_PLAYS: Final = {
    "welcome": TruePlay("rate", _by_group(0.18, 0.0, 0.0), 800),
    "second_purchase": TruePlay("rate", _by_group(0.35, 0.05, 0.20), 1_500, discount=0.10),
    "replenishment": TruePlay("rate", _by_group(0.05, 0.12, 0.10), 800),
    "cross_sell": TruePlay("rate", _by_group(0.22, 0.22, 0.22), 800),
    "loyalty": TruePlay("rate", _by_group(0.0, 0.0, 0.0), 1_000, discount=0.15),
    "win_back": TruePlay("rate", _by_group(0.30, 0.30, 1.20), 2_500, discount=0.20),
    "vip": TruePlay("rate", _by_group(0.0, 0.04, 0.0), 6_000),
    "priority_support": TruePlay("stay", _by_group(0.0, 0.0, 0.0), 4_000),
    "education": TruePlay("rate", _by_group(0.0, 0.0, 0.0), 500),
}
