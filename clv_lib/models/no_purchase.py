"""The probability that a customer buys nothing in the next h weeks, in closed form, for every purchase family.

A likelihood of ``(x, t_x, T)`` is the density of the purchases up to ``t_x`` and of none from there to ``T``. So

    P(no purchase in (T, T + h] | x, t_x, T) = L(x, t_x, T + h) / L(x, t_x, T)

whatever the family: those who have left buy nothing, and those who are here may be silent. Time is in weeks.
"""

from collections.abc import Mapping

import numpy as np

from clv_lib.models.clock import Array, Numbers, floats
from clv_lib.models.purchases import FAMILIES


def no_purchase(
    family: str,
    parameters: Mapping[str, Numbers],
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
    horizon: Numbers,
) -> Array:
    """P(no purchase in the next ``horizon`` weeks | x, t_x, T).

    Parameters
    ----------
    family : str
        A purchase family.
    parameters : mapping of str to array_like
        Its parameters, as dims (draw, 1) for one row per draw.
    frequency, recency, T : array_like
        Of the customers or cells.
    horizon : array_like
        Weeks, 0 or more.
    """
    forms = FAMILIES[family]
    values = [np.asarray(parameters[name], dtype=float) for name in forms.parameters]
    frequency, recency, T, horizon = floats(frequency, recency, T, horizon)
    now = forms.log_likelihood(*values, frequency=frequency, recency=recency, T=T)
    later = forms.log_likelihood(*values, frequency=frequency, recency=recency, T=T + horizon)
    return np.exp(np.minimum(later - now, 0.0))


def alive_after_silence(
    family: str,
    parameters: Mapping[str, Numbers],
    *,
    frequency: Numbers,
    recency: Numbers,
    T: Numbers,
    horizon: Numbers,
) -> Array:
    """P(alive) at ``T + horizon`` of a customer who bought nothing meanwhile, as a share of P(alive) at T."""
    forms = FAMILIES[family]
    values = [np.asarray(parameters[name], dtype=float) for name in forms.parameters]
    frequency, recency, T, horizon = floats(frequency, recency, T, horizon)
    now = forms.p_alive(*values, frequency=frequency, recency=recency, T=T)
    later = forms.p_alive(*values, frequency=frequency, recency=recency, T=T + horizon)
    return np.minimum(np.divide(later, now, out=np.zeros_like(later), where=now > 0), 1.0)
