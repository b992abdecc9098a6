"""What one contact earns: a play on the customers of a group, part by part and draw by draw.

A play moves one of three things. With w the orders expected while it works, o the revenue of one, m the margin, and u
the relative change that the play brings about:

- purchase *rate*: the gain is ``w o m u``, orders that would not have been placed;
- *basket*: the same, since every order is larger by u;
- chance to *stay*: the gain is ``risk * at_stake * u``, with u the part of the leaving that the play keeps.

Two costs come later than the campaign's own books and are counted all the same. A discount brings orders forward: of
the extra orders it brings, a part is *borrowed* from the weeks after. And every contact tires: a share of the customers
is *driven away* for good, with all the profit that they had still to bring.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.settings import Play, StrategySection

GAIN: Final = "gain"  # margin of what would not have come, at full price
BORROWED: Final = "borrowed"  # of that, what would have come later
GIVEN: Final = "given"  # discounts, also on what would have come anyway
CONTACT: Final = "contact"
ACCEPTANCE: Final = "acceptance"  # rewards and gifts to those who take the offer up
DRIVEN_AWAY: Final = "driven_away"  # profit to come of those whom one more contact drives away
PARTS: Final = (GAIN, BORROWED, GIVEN, CONTACT, ACCEPTANCE, DRIVEN_AWAY)
LATER: Final = (BORROWED, DRIVEN_AWAY)  # what the books of the campaign do not show
SPENT: Final = (GIVEN, CONTACT, ACCEPTANCE)  # what the budget pays


@dataclass(frozen=True)
class ContactProfit:
    """What one contact earns and costs.

    Attributes
    ----------
    parts : dict of str to numpy.ndarray, shape (group, draw)
        Each of :data:`PARTS`, in currency; all but the gain are costs, written as positive amounts.
    """

    parts: dict[str, np.ndarray]

    @property
    def profit(self) -> np.ndarray:
        """Gain less every cost, shape (group, draw)."""
        return self.parts[GAIN] - sum(self.parts[name] for name in PARTS if name != GAIN)

    @property
    def spend(self) -> np.ndarray:
        """Money that the budget is expected to pay for one contact, shape (group,)."""
        return np.asarray(sum(self.parts[name] for name in SPENT)).mean(axis=1)


def contact_profit(
    base: SegmentBase,
    play: Play,
    effect: np.ndarray,
    *,
    section: StrategySection,
) -> ContactProfit:
    """Profit of one contact with a customer of each group.

    Parameters
    ----------
    base : SegmentBase
    play : Play
    effect : numpy.ndarray, shape (group, draw)
        Relative change of what the play moves.
    section : StrategySection
        Its ``fatigue`` and ``borrowed``.
    """
    orders = _orders(base, play)
    revenue = orders * base.order_value
    stays = play.moves == "stay"
    gain = base.risk * base.at_stake * effect if stays else revenue * base.margin * effect
    borrowed = section.borrowed * np.maximum(gain, 0.0) if play.discount > 0 and not stays else np.zeros_like(gain)
    discounted = revenue if stays else revenue * (1 + effect)
    flat = np.ones_like(gain)
    return ContactProfit(
        {
            GAIN: gain,
            BORROWED: borrowed,
            GIVEN: play.discount * discounted,
            CONTACT: (play.cost_per_contact or 0.0) * flat,
            ACCEPTANCE: play.acceptance * play.cost_per_acceptance * flat,
            DRIVEN_AWAY: section.fatigue * np.maximum(base.value, 0.0),
        }
    )


def _orders(base: SegmentBase, play: Play) -> np.ndarray:
    """Orders expected while the play works; under contract the one renewal of those who would stay."""
    if under_contract(base):
        return 1.0 - base.risk
    return base.purchases_per_day * play.effect_days


def under_contract(base: SegmentBase) -> bool:
    """Whether nobody buys between renewals, so that there is no purchase rate to move."""
    return not base.purchases_per_day.any()
