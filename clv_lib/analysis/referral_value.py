"""How many customers a customer brings, and what that is worth.

1. While active, customer i refers as a Poisson process of rate lambda_i per active month; the rates differ between
   customers as a Gamma distribution of mean ``rate`` and shape ``shape``. Many never refer and a few do often: a small
   shape. Integrated over lambda, k referrals in m months are negative binomial, with probability
   ``Gamma(shape + k) / (Gamma(shape) k!) * (shape / (shape + rate m))**shape * (rate m / (shape + rate m))**k`` [1]_.
2. Given rate and shape, a customer with k referrals in m active months is expected to bring
   ``(shape + k) / (shape / rate + m)`` per active month: own history, drawn towards the base while it is short.
3. Of those referred, a share buys (Beta posterior under a flat prior). A referral is worth that share of what a new
   customer is worth less the reward, less what the referral itself costs. Customers brought by the brought are not
   counted.

References
----------
.. [1] Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., sections 2.6 and 2.7: Poisson counts with exposure.
"""

from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.special import gammaln

from clv_lib.analysis.intervals import INTERVAL, Estimate, credible_interval, estimate
from clv_lib.analysis.referrals import ReferralCounts
from clv_lib.data.engines import Engine
from clv_lib.errors import CannotEstimateError, UsageError
from clv_lib.names import ACTIVE_MONTHS, CUSTOMER_ID, REFERRAL_VALUE_PER_MONTH, REFERRALS, REFERRER_ID, N

Frame = nw.LazyFrame[Any]
PRIOR_RATE: Final = (0.02, 1.5)  # median of referrals per active month, and spread of its logarithm: 0.002 to 0.24
PRIOR_SHAPE: Final = (0.5, 1.5)  # median of the shape, and spread of its logarithm
_GRID: Final = 101
_REACH: Final = 6.0  # standard deviations of the grid around the mode; its size follows the data


@dataclass(frozen=True)
class ReferralRates:
    """Posterior draws about referrals, all of dims (draw,).

    Attributes
    ----------
    rate : ndarray
        Mean referrals per customer and active month.
    shape : ndarray
        Of the Gamma distribution of rates over customers; small where few customers do most of the referring.
    conversion : ndarray
        Share of the referred who buy within the weeks that ``counts`` names.
    counts : ReferralCounts
    """

    rate: np.ndarray
    shape: np.ndarray
    conversion: np.ndarray
    counts: ReferralCounts

    @property
    def new_customers(self) -> np.ndarray:
        """New customers won per customer and active month."""
        return self.rate * self.conversion

    def weeks_to_buy(self, share: float = 0.5) -> float:
        """Weeks within which the given share of those who bought had done so; NaN when nobody has."""
        bought = self.counts.weeks[self.counts.weeks["week"] >= 0]
        if bought.empty:
            return float("nan")
        reached = bought[N].cumsum() >= share * bought[N].sum()
        return float(bought["week"].to_numpy()[np.argmax(reached.to_numpy())] + 1)


def referral_rates(
    counts: ReferralCounts,
    *,
    seed: int,
    draws: int = 4_000,
    prior_rate: tuple[float, float] = PRIOR_RATE,
    prior_shape: tuple[float, float] = PRIOR_SHAPE,
) -> ReferralRates:
    """Draw rate, shape and conversion.

    Parameters
    ----------
    counts : ReferralCounts
    seed : int
    draws : int
    prior_rate, prior_shape : tuple of float
        Median and standard deviation of the logarithm of their log-normal priors.

    Raises
    ------
    CannotEstimateError
        Nobody has bought, so nobody could have referred.
    """
    if not counts.customers:
        raise CannotEstimateError("Referrals per customer need customers who have bought, but there are {n}.", n=0)
    rng = np.random.default_rng(seed)
    rate, shape = _rate_and_shape(rng, counts.classes, draws, prior_rate, prior_shape)
    bought = int(counts.weeks.loc[counts.weeks["week"] >= 0, N].sum())
    over = int(counts.weeks[N].sum())
    return ReferralRates(rate, shape, rng.beta(1 + bought, 1 + over - bought, size=draws), counts)


def log_likelihood(rate: np.ndarray, shape: np.ndarray, classes: pd.DataFrame) -> np.ndarray:
    """Negative binomial log-likelihood of the classes, up to the term in k! that no parameter enters.

    Parameters
    ----------
    rate, shape : ndarray of any one shape
    classes : DataFrame
        referrals, active_months, n.
    """
    k, m, n = (classes[name].to_numpy(dtype=float) for name in (REFERRALS, ACTIVE_MONTHS, N))
    a, mu = shape[..., None], rate[..., None] * m
    # log1p keeps the Poisson limit, where the shape is large against the expected count
    each = gammaln(a + k) - gammaln(a) - k * np.log(a) - (a + k) * np.log1p(mu / a) + k * np.log(mu)
    return each @ n


def _rate_and_shape(
    rng: np.random.Generator,
    classes: pd.DataFrame,
    draws: int,
    prior_rate: tuple[float, float],
    prior_shape: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Draw from the posterior on a grid of the two logarithms that first finds where the posterior lies."""
    centre = np.array([np.log(prior_rate[0]), np.log(prior_shape[0])])
    spread = np.array([prior_rate[1], prior_shape[1]])
    middle, width = centre.copy(), spread.copy()
    for _ in range(4):  # each round looks closer: from the priors' width to the posterior's own
        axes = [middle[i] + width[i] * np.linspace(-_REACH, _REACH, _GRID) for i in range(2)]
        density = _density(axes, classes, centre, spread)
        marginals = [density.sum(axis=1), density.sum(axis=0)]
        middle = np.array([axes[i] @ marginals[i] for i in range(2)])
        steps = np.array([axis[1] - axis[0] for axis in axes])
        deviation = [((axes[i] - middle[i]) ** 2 @ marginals[i]) ** 0.5 for i in range(2)]
        width = np.maximum(np.minimum(deviation, width), steps / 2)
    chosen = rng.choice(density.size, size=draws, p=density.ravel())
    where = np.unravel_index(chosen, density.shape)
    # within a cell of the grid the density is taken as even
    logs = [axes[i][where[i]] + steps[i] * (rng.random(draws) - 0.5) for i in range(2)]
    return np.exp(logs[0]), np.exp(logs[1])


def _density(axes: list[np.ndarray], classes: pd.DataFrame, centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    rate, shape = np.meshgrid(*axes, indexing="ij")
    log = np.stack([log_likelihood(np.exp(r), np.exp(a), classes) for r, a in zip(rate, shape, strict=True)])
    log -= 0.5 * ((rate - centre[0]) / spread[0]) ** 2 + 0.5 * ((shape - centre[1]) / spread[1]) ** 2
    density = np.exp(log - log.max())
    return density / density.sum()


@dataclass(frozen=True)
class ReferralValue:
    """What referrals are worth, in currency.

    Attributes
    ----------
    per_referral : Estimate
        One referral, whether the referred one buys or not, net of its cost.
    per_active_month : Estimate
        One active month of an average customer.
    classes : DataFrame
        referrals, active_months, n; expected referrals per active month to come (referral_rate, _low, _high) and their
        value (referral_value, _low, _high), for customers of that history.
    """

    per_referral: Estimate
    per_active_month: Estimate
    classes: pd.DataFrame


def referral_value(
    rates: ReferralRates,
    *,
    new_customer_value: np.ndarray | float,
    reward: float = 0.0,
    cost_per_referral: float = 0.0,
    mass: float = INTERVAL,
) -> ReferralValue:
    """Value of referrals to come.

    Parameters
    ----------
    rates : ReferralRates
    new_customer_value : ndarray, dims (draw,), or float
        Worth of one new customer before the cost of winning it, in currency. Draws are paired with those of ``rates``;
        of the two, the fewer are used.
    reward : float
        Paid for each referred customer who buys, to either side.
    cost_per_referral : float
        Everything else that the programme costs, spread over the referrals.
    mass : float
    """
    worth = np.atleast_1d(np.asarray(new_customer_value, dtype=float))
    if worth.ndim != 1 or not np.isfinite(worth).all():
        raise UsageError("new_customer_value must be finite numbers of dims (draw,), one per posterior draw")
    size = len(rates.rate) if len(worth) == 1 else min(len(rates.rate), len(worth))
    rate, shape, conversion = (values[:size] for values in (rates.rate, rates.shape, rates.conversion))
    each = conversion * (worth[:size] - reward) - cost_per_referral
    return ReferralValue(
        per_referral=estimate(each, mass=mass),
        per_active_month=estimate(rate * each, mass=mass),
        classes=_by_class(rates.counts.classes, rate, shape, each, mass),
    )


def _by_class(
    classes: pd.DataFrame, rate: np.ndarray, shape: np.ndarray, each: np.ndarray, mass: float
) -> pd.DataFrame:
    """Own history drawn towards the base, class by class: never classes x draws at once."""
    rows = []
    for k, m in zip(classes[REFERRALS], classes[ACTIVE_MONTHS], strict=True):
        expected = (shape + k) / (shape / rate + m)
        row = []
        for draws in (expected, expected * each):
            low, high = credible_interval(draws, mass=mass)
            row += [draws.mean(), low, high]
        rows.append(row)
    columns = [f"{name}{end}" for name in ("referral_rate", REFERRAL_VALUE_PER_MONTH) for end in ("", "_low", "_high")]
    return pd.concat([classes.reset_index(drop=True), pd.DataFrame(rows, columns=columns, dtype=float)], axis=1)


def attach_referral_value(
    customers: Frame, links: Frame, months: Frame, value: ReferralValue, *, engine: Engine
) -> Frame:
    """Give every customer the referral value of its class, by joins in the engine.

    Parameters
    ----------
    customers : narwhals.LazyFrame
        One row per customer, with ``customer_id``.
    links : narwhals.LazyFrame
        Referrals that count, from :func:`~clv_lib.analysis.referrals.counted_referrals`.
    months : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.referrals.active_months`, as the counts were made of them.
    value : ReferralValue
    engine : Engine
        That holds the frames.

    Returns
    -------
    narwhals.LazyFrame
        ``customers`` with referrals, active_months, referral_rate and referral_value per active month to come.
    """
    own = links.group_by(REFERRER_ID).agg(nw.len().alias(REFERRALS))
    known = customers.join(months, on=CUSTOMER_ID, how="left").join(
        own, left_on=CUSTOMER_ID, right_on=REFERRER_ID, how="left"
    )
    keyed = known.with_columns(nw.col(REFERRALS).fill_null(0).cast(nw.Int64))
    table = engine.lend(value.classes.drop(columns=N))
    return keyed.join(table, on=[REFERRALS, ACTIVE_MONTHS], how="left")
