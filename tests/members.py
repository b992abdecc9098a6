"""The published memberships: how many of 1,000 members were still there after each yearly renewal."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

SURVIVORS = {  # Fader & Hardie (2007), table 1, per 1,000
    "Regular": (631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173),
    "High End": (869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394),
}


def published(plan: str, renewals: int) -> pd.DataFrame:
    """Counts of one plan, seen up to a renewal."""
    there = [1000, *SURVIVORS[plan][:renewals]]
    still = np.zeros(renewals, int)
    still[-1] = there[-1]
    t = np.arange(1, renewals + 1)
    return pd.DataFrame({"plan": plan, "renewals": t, "left": -np.diff(there), "active": still})


def all_published(renewals: int) -> pd.DataFrame:
    """Counts of both plans."""
    return pd.concat([published(plan, renewals) for plan in SURVIVORS], ignore_index=True)


def counted(leaves_at: Iterable[int], seen: Iterable[int], **group: str) -> pd.DataFrame:
    """Counts of members who leave at a renewal, each seen up to one; pandas alone."""
    leaves, until = np.asarray(list(leaves_at)), np.asarray(list(seen))
    left = leaves <= until
    frame = pd.DataFrame({"renewals": np.where(left, leaves, until), "left": left, "active": ~left})
    return frame.groupby("renewals").sum().astype(int).reset_index().assign(**group)
