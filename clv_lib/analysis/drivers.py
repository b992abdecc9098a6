"""What one unit of a driver costs, learnt from the ledger: monthly amounts against monthly driver totals.

1. A kind of cost is caused by one driver, or by a few together (``[costs] causes``): every order needs a parcel, every
   contact some handling and every minute of it some pay. There is no constant: what would be paid without any driver is
   overhead, and booked as such.
2. A month's amount is off by a share of its size (prices, bookkeeping, months of unequal length), so amounts and
   drivers are divided by the size to be expected before they are compared.
3. A driver cannot save money, so no unit cost is below nothing.

The model is a normal linear regression with its conjugate prior, whose posterior is known in closed form; draws are
exact and independent, without a sampler. The prior is weakly informative and scaled to the data: each unit cost could
alone explain ten times the ledger, and one month's worth of evidence says that months are off by a twentieth. Unit
costs below nothing are cut off by drawing again, which is exactly the posterior under the truncated prior. Where the
data want one below nothing all but surely (corrections larger than the costs), nothing is cut off, and the result says
so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.optimize import nnls

from clv_lib.analysis.driver_counts import COUNT, PER_UNIT
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.ledger import NUMBER
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.errors import CannotEstimateError
from clv_lib.settings.costs import Driver

FEWEST_MONTHS: Final = 3
PRIOR_WIDTH: Final = 10.0  # prior standard deviation of a unit cost, in multiples of what would explain everything
PRIOR_MONTHS: Final = 1.0  # months of evidence in the prior of the scatter
PRIOR_SCATTER: Final = 0.05  # of a month's amount, as a share
SMALLEST_SIZE: Final = 0.1  # of the mean month: smaller months would count as if they were known to the penny
FEWEST_KEPT: Final = 1e-3  # of the draws; below it the data contradict the rule that no driver saves money


@dataclass(frozen=True)
class UnitCostFit:
    """Posterior of what one unit of each driver of a kind costs.

    Attributes
    ----------
    kind : str
    drivers : tuple of str
    draws : ndarray, dims (draw, driver)
        Currency per unit of the driver; of revenue, a share.
    scatter : float
        Posterior median of how far a month is off, as a share of its amount.
    months : int
        That were compared.
    saves_money : bool
        The data want a unit cost below nothing, so none was cut off.
    """

    kind: str
    drivers: tuple[str, ...]
    draws: np.ndarray
    scatter: float
    months: int
    saves_money: bool

    def estimate(self, driver: str) -> Estimate:
        """Cost per unit of a driver, with its credible interval."""
        return estimate(self.draws[:, self.drivers.index(driver)])


def monthly_totals(counts: Mapping[Driver, Frame]) -> pd.DataFrame:
    """Driver totals by month, in their own units: index month_number, a column per driver.

    Parameters
    ----------
    counts : mapping of str to narwhals.LazyFrame
        From :func:`~clv_lib.analysis.driver_counts.driver_counts`.
    """
    columns = {}
    for driver, frame in counts.items():
        found = collected(frame.group_by(NUMBER).agg(nw.col(COUNT).sum())).set_index(NUMBER)[COUNT]
        per_unit = MONEY_UNITS if driver == "revenue" else PER_UNIT.get(driver, 1)
        columns[driver] = found.astype("float64") / per_unit
    return pd.DataFrame(columns).fillna(0.0).sort_index()


def fit_unit_costs(
    kind: str, amounts: pd.Series, totals: pd.DataFrame, drivers: Sequence[str], *, size: int, rng: np.random.Generator
) -> UnitCostFit:
    """Estimate what one unit of each driver costs.

    Parameters
    ----------
    kind : str
        Kind of cost, for the result and for messages.
    amounts : Series
        Booked amount by month_number, in currency; months without a line count as 0.
    totals : DataFrame
        Driver totals by month_number, for the months to compare.
    drivers : sequence of str
        Columns of ``totals`` that cause the cost.
    size : int
        Draws.
    rng : numpy.random.Generator

    Raises
    ------
    CannotEstimateError
        Fewer than three months have any of the drivers.
    """
    x = totals.loc[:, list(drivers)].to_numpy(dtype="float64")
    y = amounts.reindex(totals.index).fillna(0.0).to_numpy(dtype="float64")
    seen = (x > 0).any(axis=1)
    if seen.sum() < FEWEST_MONTHS:
        raise CannotEstimateError(
            "What {kind} costs per unit cannot be learnt from {months} months; {least} are needed.",
            kind=kind,
            months=float(seen.sum()),
            least=float(FEWEST_MONTHS),
        )
    x, y = x[seen], y[seen]
    unit = np.where(x.mean(axis=0) > 0, x.mean(axis=0), 1.0)  # so that every driver averages 1
    money = np.abs(y).mean() or 1.0
    beta, variance, saves = _posterior_draws(x / unit, y / money, size=size, rng=rng)
    return UnitCostFit(kind, tuple(drivers), beta * money / unit, float(np.sqrt(np.median(variance))), len(y), saves)


def _posterior_draws(
    x: np.ndarray, y: np.ndarray, *, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Draws of unit costs (draw, driver) and of the squared relative scatter (draw,); whether nothing was cut off."""
    expected = x @ nnls(x, y)[0]
    month = np.maximum(expected, SMALLEST_SIZE * max(expected.mean(), SMALLEST_SIZE))
    x, y = x / month[:, None], y / month
    shape = (PRIOR_MONTHS + len(y)) / 2
    # normal-inverse-gamma: beta | s2 ~ N(0, s2 V0), s2 ~ IG; V0 undoes s2, so that the prior's width is in money
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    scatter = (PRIOR_MONTHS * PRIOR_SCATTER**2 + residual @ residual) / (PRIOR_MONTHS + len(y))
    precision = x.T @ x + np.eye(x.shape[1]) * scatter / PRIOR_WIDTH**2
    covariance = np.linalg.inv(precision)
    mean = covariance @ (x.T @ y)
    rate = (PRIOR_MONTHS * PRIOR_SCATTER**2 + y @ y - mean @ precision @ mean) / 2
    root = np.linalg.cholesky(covariance)
    betas: list[np.ndarray] = []
    variances: list[np.ndarray] = []
    tried = found = 0
    while found < size:
        variance = rate / rng.gamma(shape, size=2 * size)
        beta = mean + np.sqrt(variance)[:, None] * (rng.standard_normal((2 * size, len(mean))) @ root.T)
        good = (beta >= 0).all(axis=1)
        tried, found = tried + len(good), found + int(good.sum())
        if tried > 20 / FEWEST_KEPT and found < tried * FEWEST_KEPT:
            return beta[:size], variance[:size], True
        betas.append(beta[good])
        variances.append(variance[good])
    return np.concatenate(betas)[:size], np.concatenate(variances)[:size], False
