"""Treated or control: settled by customer, play and campaign alone, so that anybody can work it out again.

The hash is as good as a coin: it knows nothing of the customer but the id, a run on another machine or in another order
tosses the same, and another campaign tosses anew, so that nobody is left out for ever.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from scipy import stats

from clv_lib.data.tables.crm import CONTROL, TREATED

_STEPS: Final = 2**64


def campaign_id(play: str, as_of: date) -> str:
    """Of a play in the list of a day: the same whenever that list is drawn up again."""
    return f"{as_of.isoformat()}-{play}"


def toss(customer_id: str, play: str, campaign: str) -> float:
    """A number from 0 up to 1, even over customers, that depends on the three alone."""
    # a byte that no text holds stands between them, so that no two triples read alike
    text = b"\xff".join(each.encode("utf-8") for each in (customer_id, play, campaign))
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") / _STEPS


def arms(customer_ids: Sequence[str], play: str, campaign: str, *, control_share: float) -> np.ndarray:
    """``treated`` or ``control`` for each customer.

    Parameters
    ----------
    customer_ids : sequence of str
    play, campaign : str
    control_share : float
        Share that is left out, to measure.

    Returns
    -------
    numpy.ndarray, dims (customer,)
        Of str.
    """
    left_out = np.array([toss(each, play, campaign) < control_share for each in customer_ids], dtype=bool)
    return np.where(left_out, CONTROL, TREATED)


def binomial_range(customers: int, share: float, *, mass: float) -> tuple[int, int]:
    """How many of some customers a fair coin leaves out, in ``mass`` of all cases."""
    tail = (1 - mass) / 2
    return int(stats.binom.ppf(tail, customers, share)), int(stats.binom.ppf(1 - tail, customers, share))
