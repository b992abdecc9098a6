"""The terms on which customers are kept: what a purchase leaves, what a month costs, what a referral brings.

Where the cost tables speak, the terms are draws from what they say; where they are silent, the stated margin stands in
and a month costs nothing beyond it. Either way a term has one number per posterior draw, so that it is multiplied draw
by draw like everything else. The cost of winning a customer is no term: it is sunk before the first of these counts.
"""

from dataclasses import dataclass

import numpy as np

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.errors import UsageError


@dataclass(frozen=True)
class ReferralGain:
    """What customers bring by bringing others; the newcomers' own referrals are left out.

    Attributes
    ----------
    per_active_month : ndarray, dims (draw,)
        New customers whom one customer brings in one month alive.
    newcomer : ndarray, dims (draw,)
        Expected value of one of them, net of what it costs to win them so; in currency, at the day they arrive.
    outcomes : ndarray, dims (draw, simulation), optional
        The same for single newcomers, with their luck; ``newcomer`` where it is missing.
    """

    per_active_month: np.ndarray
    newcomer: np.ndarray
    outcomes: np.ndarray | None = None


@dataclass(frozen=True)
class Terms:
    """Unit values and costs per draw, dims (draw, 1), in currency.

    Attributes
    ----------
    margin_rate, per_order, per_active_month : ndarray
        As in :class:`~clv_lib.analysis.unit_costs.UnitCosts`.
    referrals : ndarray
        New customers brought per month alive.
    newcomer : ndarray
        Net value of one of them.
    outcomes : ndarray, dims (draw, simulation)
        Net values of single newcomers.
    """

    margin_rate: np.ndarray
    per_order: np.ndarray
    per_active_month: np.ndarray
    referrals: np.ndarray
    newcomer: np.ndarray
    outcomes: np.ndarray

    @property
    def count_time(self) -> bool:
        """Whether it matters how long customers stay, apart from how often they buy."""
        return bool(self.per_active_month.any() or self.referrals.any())


def terms_of(
    economics: Economics, draws: int, *, unit_costs: UnitCosts | None = None, referrals: ReferralGain | None = None
) -> Terms:
    """Bring the terms to the number of posterior draws.

    Costs and purchases are estimated apart from each other, so any pairing of their draws is right. A different number
    of draws is thinned or repeated evenly.

    Parameters
    ----------
    economics : Economics
        Its margin counts where there are no unit costs.
    draws : int
    unit_costs : UnitCosts, optional
    referrals : ReferralGain, optional

    Raises
    ------
    UsageError
        When a term is empty, not finite or of another shape than (draw,).
    """
    nothing = np.zeros(1)
    gain = referrals or ReferralGain(nothing, nothing)
    costs = {"margin_rate": np.full(1, economics.gross_margin), "per_order": nothing, "per_active_month": nothing}
    if unit_costs is not None:
        costs = {name: getattr(unit_costs, name) for name in costs}
    newcomer = _spread("newcomer", gain.newcomer, draws)
    return Terms(
        **{name: _spread(name, values, draws) for name, values in costs.items()},
        referrals=_spread("referrals per active month", gain.per_active_month, draws),
        newcomer=newcomer,
        outcomes=newcomer
        if gain.outcomes is None
        else np.asarray(gain.outcomes, float)[even_rows(len(gain.outcomes), draws)],
    )


def even_rows(there: int, wanted: int) -> np.ndarray:
    """Which of the draws that are there stand for the wanted number of draws: thinned or repeated evenly."""
    return np.arange(wanted) * there // wanted


def _spread(name: str, values: np.ndarray, draws: int) -> np.ndarray:
    """One number per draw, dims (draw, 1)."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        bad = int(np.sum(~np.isfinite(values)))
        raise UsageError(
            f"{name} must hold one finite number per draw, but it has the shape {values.shape} and {bad} numbers that "
            "are not finite. Usually a unit cost was divided by a driver that nobody used."
        )
    return values[even_rows(len(values), draws)][:, None]
