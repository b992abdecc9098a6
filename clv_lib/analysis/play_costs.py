"""What a contact of each play costs, and what the play costs at all; each with where the figure comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from clv_lib.names import COST_PER_CONTACT, FIXED_COST, PLAY
from clv_lib.settings import Play

Source = Literal["stated", "measured", "churn", "campaigns", "assumed", "none"]
PART_OF_A_PURCHASE: Final = 0.02  # what a contact is taken to cost where nobody says


@dataclass(frozen=True)
class PlayCost:
    """Prices of one play, in currency.

    Attributes
    ----------
    contact : float
    contact_is : {"stated", "measured", "churn", "campaigns", "assumed"}
        The play's own setting, the mean of its campaigns, the setting of ``[churn]``, the mean of all campaigns, or a
        fiftieth of a mean purchase.
    fixed : float
    fixed_is : {"stated", "measured", "none"}
    """

    contact: float
    contact_is: Source
    fixed: float
    fixed_is: Source


def play_costs(
    plays: Mapping[str, Play], campaigns: pd.DataFrame | None, *, churn: float | None, mean_purchase: float
) -> dict[str, PlayCost]:
    """Find the prices of every play.

    Parameters
    ----------
    plays : mapping of str to Play
    campaigns : DataFrame, optional
        ``play``, and where they are known ``cost_per_contact`` and ``fixed_cost``: one row per past campaign.
    churn : float, optional
        ``contact_cost`` of ``[churn]``.
    mean_purchase : float
        Mean revenue of a purchase, in currency.
    """
    past = pd.DataFrame(columns=[PLAY]) if campaigns is None else campaigns
    of_all = _mean(past, COST_PER_CONTACT)
    found = {}
    for name, play in plays.items():
        own = past[past[PLAY].isin(play.campaigns or (name,))] if PLAY in past else past.head(0)
        contact, contact_is = _first(
            ("stated", play.cost_per_contact),
            ("measured", _mean(own, COST_PER_CONTACT)),
            ("churn", churn),
            ("campaigns", of_all),
            ("assumed", PART_OF_A_PURCHASE * mean_purchase),
        )
        fixed, fixed_is = _first(
            ("stated", play.fixed_cost or None), ("measured", _mean(own, FIXED_COST)), ("none", 0.0)
        )
        found[name] = PlayCost(contact, contact_is, fixed, fixed_is)
    return found


def priced(plays: Mapping[str, Play], costs: Mapping[str, PlayCost]) -> dict[str, Play]:
    """The plays with their prices filled in."""
    return {
        name: play.model_copy(update={"cost_per_contact": costs[name].contact, "fixed_cost": costs[name].fixed})
        for name, play in plays.items()
    }


def _first(*offers: tuple[Source, float | None]) -> tuple[float, Source]:
    return next((amount, source) for source, amount in offers if amount is not None)


def _mean(campaigns: pd.DataFrame, column: str) -> float | None:
    if column not in campaigns:
        return None
    known = campaigns[column].dropna()
    return float(known.mean()) if len(known) else None
