"""The contract families, simplest first, and what follows from their survival: rates, remaining time, simulation.

``renewals`` counts the renewals that a member has made; the next one is still to come. Whether a member is under
contract is known, so every forecast of an existing member is conditional on being here: ``S(k + t) / S(k)``, never
``S(k + t)``, and nothing for those who left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chi2

from clv_lib.errors import CannotEstimateError
from clv_lib.models import bdw, sbg
from clv_lib.names import ACTIVE, LEFT, RENEWALS, ContractFamily

FEWEST_MEMBERS: Final = 50
# what is believed of logit phi, log kappa and log c before anything is seen: mean and deviation of a Normal
LEVEL: Final = {"phi": (-1.5, 1.5), "kappa": (np.log(3.0), 1.0), "c": (0.0, 0.35)}
FEWEST_CANCELLATIONS: Final = 10
SIGNIFICANCE: Final = 0.05  # of the likelihood ratio that a richer story must reach
TAIL: Final = 1e-9  # discount factor below which a payment no longer counts
MOST_PERIODS: Final = 20_000
_FARTHEST: Final = 12.0  # bound of each log: a likelihood without a maximum is followed no farther

Parameters = Sequence[Any]


@dataclass(frozen=True)
class Family:
    """A contract model: its name in the settings' manner, its parameters in the order of the closed forms."""

    name: ContractFamily
    title: str
    parameters: tuple[str, ...]
    log_survival: Callable[..., np.ndarray]
    log_leaving: Callable[..., np.ndarray]


def _family(name: ContractFamily, title: str, module: ModuleType) -> Family:
    return Family(name, title, module.PARAMETERS, module.log_survival, module.log_leaving)


CONTRACTS: Final[dict[str, Family]] = {
    family.name: family
    for family in (_family("sbg", "shifted-beta-geometric", sbg), _family("bdw", "beta-discrete-Weibull", bdw))
}


def survival(family: str, theta: Parameters, *, renewals: Any, made: Any = 0) -> np.ndarray:
    """Share of the members with ``made`` renewals that makes ``renewals`` more: ``S(made + renewals) / S(made)``."""
    log_s = CONTRACTS[family].log_survival
    made = np.asarray(made, float)
    return np.exp(log_s(*theta, renewals=made + renewals) - log_s(*theta, renewals=made))


def retention_rate(family: str, theta: Parameters, *, renewal: Any) -> np.ndarray:
    """Share of those who come to a renewal (1, 2, ...) that makes it, ``S(t) / S(t - 1)``."""
    return survival(family, theta, renewals=1, made=np.asarray(renewal) - 1)


def log_likelihood(family: str, theta: Parameters, counts: pd.DataFrame) -> float:
    """Log-likelihood of counts: ``sum left * log P(leaves at t) + active * log S(t)`` ([FH] equation 7)."""
    return _log_likelihood(family, theta, *(counts[name].to_numpy(float) for name in (RENEWALS, LEFT, ACTIVE)))


def _log_likelihood(family: str, theta: Parameters, t: np.ndarray, left: np.ndarray, active: np.ndarray) -> float:
    model, gone = CONTRACTS[family], left > 0
    ended = left[gone] @ model.log_leaving(*theta, renewal=t[gone])
    return float(ended + active @ model.log_survival(*theta, renewals=t))


def derl(
    family: str,
    theta: Parameters,
    *,
    discount_rate: float,
    made: Any = 0,
    active: bool = True,
    periods: int | None = None,
) -> np.ndarray:
    """Discounted expected residual lifetime of a member, in renewals, seen just before the next one.

    ``sum over j >= 1 of S(made + j) / S(made) / (1 + d) ** (j - 1)``: the next payment is not discounted (Fader &
    Hardie 2010, Marketing Science 29(1), equation 5, with ``made = n - 1``). Conditional on being under contract.

    Parameters
    ----------
    family : str
    theta : sequence
        Parameters, broadcast with ``made``.
    discount_rate : float
        Per billing period.
    made : array
        Renewals made.
    active : bool
        Whether the member is still under contract; one who left is worth 0.
    periods : int, optional
        Renewals counted; all without it.
    """
    theta = [np.asarray(value, float)[..., None] for value in theta]
    made = np.asarray(made, float)[..., None]
    if not active:
        return np.zeros(np.broadcast_shapes(made.shape, *(value.shape for value in theta))[:-1])
    j = np.arange(1, 1 + (periods_that_count(discount_rate) if periods is None else periods))
    kept = survival(family, theta, renewals=j, made=made)
    return kept @ (1 + discount_rate) ** -(j - 1.0)


def del_new(family: str, theta: Parameters, *, discount_rate: float, periods: int | None = None) -> np.ndarray:
    """Discounted expected lifetime of a new member, in payments: the first one is made at once and counts."""
    return 1 + derl(family, theta, discount_rate=discount_rate, periods=periods) / (1 + discount_rate)


def value_elasticity(
    family: str, theta: Parameters, *, discount_rate: float, made: Any = 0, periods: int | None = None
) -> np.ndarray:
    """By how many percent the residual value rises when every retention rate to come is one percent higher.

    A payment after j renewals is worth ``r_1 ... r_j``, so its own elasticity is j; that of the value is their mean,
    weighted with what each payment contributes to it.
    """
    theta = [np.asarray(value, float)[..., None] for value in theta]
    j = np.arange(1, 1 + (periods_that_count(discount_rate) if periods is None else periods))
    weights = survival(family, theta, renewals=j, made=np.asarray(made, float)[..., None])
    weights = weights * (1 + discount_rate) ** -(j - 1.0)
    return np.asarray((weights @ j) / weights.sum(axis=-1))


def simulate_lifetimes(
    rng: np.random.Generator, family: str, theta: Parameters, size: int, *, longest: int
) -> np.ndarray:
    """Renewal (1, 2, ...) at which each of new members leaves; ``longest + 1`` stands for later. By the story."""
    shape, scale = theta[0], theta[1]
    leaving = rng.beta(shape, scale, size)
    power = theta[2] if len(theta) > 2 else 1.0
    t = np.arange(1, longest + 1) ** power
    made = rng.random(size)[:, None] < (1 - leaving[:, None]) ** t
    return 1 + made.sum(axis=1)


def require_members(counts: pd.DataFrame) -> None:
    """Refuse counts that cannot tell staying from leaving.

    Raises
    ------
    CannotEstimateError
        Too few members, or too few who came to a renewal and did not make it.
    """
    members, left = int(counts[[LEFT, ACTIVE]].to_numpy().sum()), int(counts[LEFT].sum())
    if members < FEWEST_MEMBERS:
        raise CannotEstimateError(
            "A contract model needs at least {least} members, but the subscriptions hold {found}. "
            "Usually the table is an extract; load all of it.",
            least=FEWEST_MEMBERS,
            found=members,
        )
    if left < FEWEST_CANCELLATIONS:
        raise CannotEstimateError(
            "A contract model needs at least {least} cancellations at a renewal that has fallen due, but the "
            "subscriptions hold {found}. Usually the table lists only those who are still members, or no renewal has "
            "come yet; load the ended subscriptions as well, or wait.",
            least=FEWEST_CANCELLATIONS,
            found=left,
        )


def most_likely(counts: pd.DataFrame, *, family: str) -> tuple[dict[str, float], float]:
    """Maximum-likelihood parameters of one group, and the log-likelihood there (the mode under flat priors)."""
    names = CONTRACTS[family].parameters
    arrays = [counts[name].to_numpy(float) for name in (RENEWALS, LEFT, ACTIVE)]

    def minus(logs: Any) -> Any:
        with np.errstate(invalid="ignore", divide="ignore"):  # far out a share is rounded to nothing
            value = _log_likelihood(family, np.exp(logs), *arrays)
        return -value if np.isfinite(value) else 1e12

    bounds = [(-_FARTHEST, _FARTHEST)] * 2 + [(-3.0, 2.0)] * (len(names) - 2)
    starts = [np.array([0.0, 1.0, 0.0]), np.array([-1.0, 0.0, 0.3]), np.array([1.5, 3.0, -0.2])]
    found = [minimize(minus, start[: len(names)], method="L-BFGS-B", bounds=bounds) for start in starts]
    near = min(found, key=lambda each: each.fun)
    # differences as gradients stop early on the ridge between the parameters; a simplex walks to its end
    options: dict[str, Any] = {"maxiter": 5000, "maxfev": 5000, "xatol": 1e-9, "fatol": 1e-9}
    best = minimize(minus, near.x, method="Nelder-Mead", bounds=bounds, options=options)  # type: ignore[call-overload]
    return dict(zip(names, np.exp(best.x).tolist(), strict=True)), -float(best.fun)


def most_probable(counts: pd.DataFrame, *, family: str) -> dict[str, float]:
    """Parameters of one group at the mode of the posterior under the priors of the model.

    After one or two renewals the most likely ones lie at an edge and foresee that nobody leaves, or everybody.
    """
    names = CONTRACTS[family].parameters
    arrays = [counts[name].to_numpy(float) for name in (RENEWALS, LEFT, ACTIVE)]
    mean, deviation = np.array(list(LEVEL.values())[: len(names)]).T

    def theta(x: np.ndarray) -> list[float]:
        phi, kappa = expit(x[0]), np.exp(x[1])
        return [phi * kappa, (1 - phi) * kappa, *np.exp(x[2:])]

    def minus(x: Any) -> float:
        return float((((x - mean) / deviation) ** 2).sum() / 2 - _log_likelihood(family, theta(x), *arrays))

    bounds = list(zip(mean - 6 * deviation, mean + 6 * deviation, strict=True))
    best = minimize(minus, mean, method="L-BFGS-B", bounds=bounds)
    return dict(zip(names, map(float, theta(best.x)), strict=True))


@dataclass(frozen=True)
class ContractChoice:
    """The chosen family and the evidence.

    Attributes
    ----------
    family : {"sbg", "bdw"}
    table : DataFrame
        One row per group: its columns, members, log_likelihood_sbg, log_likelihood_bdw, ratio (twice the difference),
        p_value (of one more parameter), c (duration dependence at its most likely).
    ratio : float
        Sum of the ratios.
    p_value : float
        Of the sum, with one more parameter per group.
    """

    family: ContractFamily
    table: pd.DataFrame
    ratio: float
    p_value: float


def choose_contract_family(counts: pd.DataFrame, *, by: Sequence[str]) -> ContractChoice:
    """Take the simpler family unless the likelihood ratio of all groups together speaks against it.

    The shifted-beta-geometric is the beta-discrete-Weibull with c = 1, so twice the gain in log-likelihood is
    chi-square with one degree of freedom per group if nobody's readiness to leave changes with tenure.

    Parameters
    ----------
    counts : DataFrame
        From :func:`~clv_lib.data.tenures.tenure_counts`.
    by : sequence of str
        Groups to compare in; groups without a cancellation are left out.
    """
    rows = []
    for key, group in counts.groupby(list(by)) if by else [((), counts)]:
        if group[LEFT].sum() == 0 or group[RENEWALS].max() < 2:
            continue
        _, plain = most_likely(group, family="sbg")
        rich_parameters, rich = most_likely(group, family="bdw")
        ratio = max(2 * (rich - plain), 0.0)
        row: dict[str, Any] = dict(zip(by, key, strict=True)) if by else {}
        row |= {"members": int(group[[LEFT, ACTIVE]].to_numpy().sum()), "log_likelihood_sbg": plain}
        row |= {"log_likelihood_bdw": rich, "ratio": ratio, "p_value": float(chi2.sf(ratio, 1))}
        rows.append(row | {"c": rich_parameters["c"]})
    table = pd.DataFrame(rows)
    ratio = float(table["ratio"].sum()) if len(table) else 0.0
    p_value = float(chi2.sf(ratio, max(len(table), 1)))
    return ContractChoice("bdw" if len(table) and p_value < SIGNIFICANCE else "sbg", table, ratio, p_value)


def parameters_of(family: str, draws: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Draws in the order of the closed forms."""
    return [draws[name] for name in CONTRACTS[family].parameters]


def periods_that_count(discount_rate: float) -> int:
    """Renewals after which a payment is worth next to nothing today."""
    if discount_rate <= 0:
        raise ValueError("without discounting the residual lifetime need not exist; state the number of periods")
    return int(min(np.ceil(-np.log(TAIL) / np.log1p(discount_rate)), MOST_PERIODS))
