"""The survival curve of the contract model beside the one that was seen."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.contract_flow import by_group, log_survival
from clv_lib.analysis.intervals import credible_interval
from clv_lib.analysis.renewal_rates import RENEWAL, SURVIVAL

BEYOND: Final = 0.5  # of the renewals that were seen, so many are shown beyond


def expected_survival(
    draws: Mapping[str, np.ndarray],
    sizes: pd.DataFrame,
    groups: pd.DataFrame,
    renewals: pd.DataFrame,
    *,
    family: str,
) -> pd.DataFrame:
    """Share still there after each renewal, of all who ever signed.

    Parameters
    ----------
    draws : mapping of str to ndarray, dims (draw, group)
    sizes : DataFrame
        One row per group: its columns and ``n``, all members ever.
    groups : DataFrame
        From :func:`~clv_lib.models.contract_fit.groups_of`.
    renewals : DataFrame
        From :func:`~clv_lib.analysis.renewal_rates.renewal_rates`: what was seen.
    family : {"sbg", "bdw"}

    Returns
    -------
    DataFrame
        renewals (0, 1, ...), seen (NaN beyond the last that fell due), expected, low, high.
    """
    seen = int(renewals[RENEWAL].max())
    last = seen + max(int(np.ceil(BEYOND * seen)), 1)
    total = 0.0
    for theta, rows in by_group(draws, sizes, groups, family):
        total = total + sizes[names.N].to_numpy(float)[rows].sum() * np.exp(log_survival(family, theta, last))
    here = np.asarray(total) / sizes[names.N].sum()
    low, high = credible_interval(here)
    curve = pd.DataFrame({names.RENEWALS: range(last + 1), "expected": here.mean(axis=0), "low": low, "high": high})
    observed = renewals.set_index(RENEWAL)[SURVIVAL].reindex(curve[names.RENEWALS]).to_numpy()
    return curve.assign(seen=np.where(curve[names.RENEWALS] == 0, 1.0, observed))
