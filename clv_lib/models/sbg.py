"""Shifted-beta-geometric: how long members stay under contract.

1. At each renewal a member cancels with an own probability, which never changes.
2. The probabilities differ between members: Beta(alpha, beta). Those with a high one leave early, so the retention
   rate of a cohort rises with its tenure although nobody becomes more loyal.

After Fader & Hardie (2007), "How to Project Customer Retention", J. Interactive Marketing 21(1), 76-90 [FH].
"""

from typing import Final

import numpy as np
from scipy.special import betaln

PARAMETERS: Final = ("alpha", "beta")


def log_survival(alpha: np.ndarray, beta: np.ndarray, *, renewals: np.ndarray) -> np.ndarray:
    """Log of the share that makes that many renewals, ``B(alpha, beta + t) / B(alpha, beta)`` ([FH] equation 6)."""
    return betaln(alpha, beta + renewals) - betaln(alpha, beta)


def log_leaving(alpha: np.ndarray, beta: np.ndarray, *, renewal: np.ndarray) -> np.ndarray:
    """Log of the share that leaves at a renewal (from 1), ``B(alpha + 1, beta + t - 1) / B(alpha, beta)`` ([FH] 5)."""
    return betaln(alpha + 1, beta + np.asarray(renewal) - 1) - betaln(alpha, beta)
