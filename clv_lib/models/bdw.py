"""Beta-discrete-Weibull: how long members stay under contract, when a member's own readiness to leave may change.

1. A member has an own probability of leaving at the first renewal; between members it is Beta(gamma, delta).
2. With tenure the readiness of one and the same member to leave falls (c < 1), stays (c = 1) or rises (c > 1): the
   share that makes t renewals is ``(1 - theta) ** (t ** c)``, discrete Weibull.

With c = 1 it is the shifted-beta-geometric. After Fader & Hardie (2018), "How to Project Customer Retention with
Duration Dependence", and Fader, Hardie, Liu, Davin & Steenburgh (2018), J. Interactive Marketing 43, 1-16 [F].
"""

from typing import Final

import numpy as np
from scipy.special import betaln

PARAMETERS: Final = ("gamma", "delta", "c")


def log_survival(gamma: np.ndarray, delta: np.ndarray, c: np.ndarray, *, renewals: np.ndarray) -> np.ndarray:
    """Log of the share that makes that many renewals, ``B(gamma, delta + t ** c) / B(gamma, delta)`` ([F] 6)."""
    return betaln(gamma, delta + np.asarray(renewals, float) ** c) - betaln(gamma, delta)


def log_leaving(gamma: np.ndarray, delta: np.ndarray, c: np.ndarray, *, renewal: np.ndarray) -> np.ndarray:
    """Log of the share that leaves at a renewal (1, 2, ...), ``S(t - 1) - S(t)``."""
    t = np.asarray(renewal, float)
    before = log_survival(gamma, delta, c, renewals=t - 1)
    made = log_survival(gamma, delta, c, renewals=t) - before
    return before + np.log(-np.expm1(made))
