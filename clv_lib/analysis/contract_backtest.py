"""Would the contract model have foreseen who stayed? Fitted to the first renewals, held against the later ones.

Beside it stand curves that are often drawn through a survival chart: a straight line, a parabola, an exponential, and
the average retention rate taken for all time. They know nothing of why the rate changes, which shows beyond the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.models.subscriptions import CONTRACTS, parameters_of

RIVALS: Final = ("linear", "quadratic", "exponential", "constant")
FEWEST_AT_RISK: Final = 20  # members who must have come to a renewal for its rate to be shown


def survival_seen(counts: pd.DataFrame) -> pd.DataFrame:
    """Kaplan-Meier survival of counted members: ``renewals`` (0, 1, ...), ``at_risk``, ``left``, ``survival``.

    Renewals to which fewer than :data:`FEWEST_AT_RISK` members came are left out.
    """
    longest = int(counts[names.RENEWALS].max())
    t = counts[names.RENEWALS].to_numpy(int)
    left = np.bincount(t, counts[names.LEFT], minlength=longest + 1)
    still = np.bincount(t, counts[names.ACTIVE], minlength=longest + 1)
    came = (left + still).sum() - np.concatenate([[0], np.cumsum(left + still)[:-1]])  # still: came to t, made it
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.where(came > 0, 1 - left / came, np.nan)
    kept[0] = 1.0
    found = pd.DataFrame(
        {names.RENEWALS: np.arange(longest + 1), "at_risk": came, names.LEFT: left, "survival": np.cumprod(kept)}
    )
    return found[(found["at_risk"] >= FEWEST_AT_RISK) | (found[names.RENEWALS] == 0)]


def rival_curves(seen: pd.DataFrame, until: int) -> dict[str, np.ndarray]:
    """Naive forecasts of survival at 0, 1, ... ``until``, from the survival seen.

    Parameters
    ----------
    seen : DataFrame
        renewals (from 0), survival.
    until : int
    """
    t, s = seen[names.RENEWALS].to_numpy(float), seen["survival"].to_numpy(float)
    ahead = np.arange(until + 1.0)
    positive = s > 0
    rate = s[-1] ** (1 / t[-1]) if t[-1] > 0 and s[-1] > 0 else 1.0
    return {
        "linear": np.polyval(np.polyfit(t, s, 1), ahead),
        "quadratic": np.polyval(np.polyfit(t, s, min(2, len(t) - 1)), ahead),
        "exponential": np.exp(np.polyval(np.polyfit(t[positive], np.log(s[positive]), 1), ahead)),
        "constant": rate**ahead,
    }


@dataclass(frozen=True)
class PlanTest:
    """One plan's forecast of survival, beside what came.

    Attributes
    ----------
    plan : str
    fitted : int
        Last renewal that the model had seen.
    curve : DataFrame
        renewals, seen (survival by the end), expected, low, high, and one column per rival.
    """

    plan: str
    fitted: int
    curve: pd.DataFrame

    @property
    def last(self) -> pd.Series:
        """The last renewal that came."""
        return self.curve.dropna(subset=["seen"]).iloc[-1]

    def missed_by(self, name: str) -> float:
        """Forecast over outcome at the last renewal, less one."""
        return float(self.last[name] / self.last["seen"] - 1)


@dataclass(frozen=True)
class ContractTest:
    """The backtest: by plan, and the renewals of all members in the test period.

    Attributes
    ----------
    plans : tuple of PlanTest
    renewals : Estimate
        Renewals that those who were members at the cut were expected to make, with the predictive interval.
    constant : float
        The same by each plan's average retention rate.
    actual : int
    """

    plans: tuple[PlanTest, ...]
    renewals: Estimate
    constant: float
    actual: int

    @property
    def missed_by(self) -> float:
        """Forecast over outcome, less one."""
        return self.renewals.mean / self.actual - 1 if self.actual else float("nan")


def plan_tests(
    draws: Mapping[str, np.ndarray],
    before: pd.DataFrame,
    after: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    family: str,
) -> tuple[PlanTest, ...]:
    """Survival by plan, forecast from the first renewals.

    Parameters
    ----------
    draws : mapping of str to ndarray, dims (draw, group)
        Fitted to ``before``.
    before, after : DataFrame
        Counts as known at the cut and at the end, grouped alike.
    groups : DataFrame
    """
    keys = [name for name in groups.columns if name != names.GROUP]
    found = []
    for plan, later in after.groupby(names.PLAN):
        earlier = before[before[names.PLAN] == plan]
        seen, known = survival_seen(later), survival_seen(earlier)
        fitted, until = int(known[names.RENEWALS].max()), int(seen[names.RENEWALS].max())
        if earlier.empty or fitted < 2 or until <= fitted:
            continue
        sizes = earlier.groupby(keys)[[names.LEFT, names.ACTIVE]].sum().sum(axis=1).rename(names.N).reset_index()
        sizes = groups.reset_index().merge(sizes.astype(dict.fromkeys(keys, str)), on=keys, how="inner")
        share = sizes[names.N].to_numpy(float) / sizes[names.N].sum()
        theta = [value[:, sizes["index"].to_numpy()][:, :, None] for value in parameters_of(family, draws)]
        curves = np.exp(CONTRACTS[family].log_survival(*theta, renewals=np.arange(until + 1)))
        mixed = np.einsum("dgt,g->dt", curves, share)
        low, high = np.quantile(mixed, [0.05, 0.95], axis=0)
        curve = pd.DataFrame(
            {names.RENEWALS: np.arange(until + 1), "expected": mixed.mean(axis=0), "low": low, "high": high}
        )
        curve = curve.assign(**rival_curves(known, until))
        curve = curve.merge(seen[[names.RENEWALS, "survival"]].rename(columns={"survival": "seen"}), how="left")
        found.append(PlanTest(str(plan), fitted, curve))
    return tuple(found)


def forecast_renewals(
    draws: Mapping[str, np.ndarray],
    cells: pd.DataFrame,
    before: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    family: str,
    seed: int,
) -> tuple[Estimate, float, int]:
    """Renewals in the test period of those who were members at the cut: forecast, by a constant rate, and made.

    Parameters
    ----------
    cells : DataFrame
        Active members at the cut: the columns of the groups, renewals, renewals_ahead (in the test period), ``n``, and
        ``made`` (renewals that they did make in it, summed).
    """
    rng = np.random.default_rng(seed)
    keys = [name for name in groups.columns if name != names.GROUP]
    index = cells[keys].astype(str).merge(groups.reset_index(), on=keys, how="left")["index"].to_numpy()
    theta = parameters_of(family, draws)
    rates = {plan: _mean_rate(part) for plan, part in before.groupby(names.PLAN)}
    size, constant = len(theta[0]), 0.0
    expected, realised = np.zeros(size), np.zeros(size)
    for row in range(len(cells)):
        cell, own = cells.iloc[row], [value[:, [index[row]]] for value in theta]
        k, m, n = (int(cell[name]) for name in (names.RENEWALS, names.RENEWALS_AHEAD, names.N))
        logs = CONTRACTS[family].log_survival(*own, renewals=np.arange(k, k + m + 1))
        kept = np.exp(logs[:, 1:] - logs[:, [0]])
        expected += n * kept.sum(axis=1)
        here = np.full(size, n)
        for j in range(m):
            before_it = kept[:, j - 1] if j else np.ones(size)
            here = rng.binomial(here, np.clip(kept[:, j] / np.maximum(before_it, 1e-300), 0, 1))
            realised += here
        constant += n * float(np.sum(rates[cell[names.PLAN]] ** np.arange(1, m + 1)))
    return estimate(expected, realised), constant, int(cells["made"].sum())


def _mean_rate(counts: pd.DataFrame) -> float:
    """Renewals made over renewals come to."""
    t = counts[names.RENEWALS].to_numpy(float)
    left, still = counts[names.LEFT].to_numpy(float), counts[names.ACTIVE].to_numpy(float)
    made = float((t - 1) @ left + t @ still)
    return made / (made + left.sum()) if made else 0.0
