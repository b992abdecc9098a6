r"""Who will be silent: a Bayesian discrete-time hazard on early signs, with effects by group and by period.

1. At each cut-off, a customer with signs :math:`x` buys nothing in the next h days with probability :math:`p`.
2. :math:`\mathrm{logit}\,p = \theta + c\,\ell(x, t_x, T) + x^\top \beta + u_{\text{group}} + v_{\text{period}}`.
3. :math:`\ell` is the log odds of the purchase model's own answer, so :math:`c = 1, \theta = \beta = 0` is that answer.
4. Each sign counts for little unless the data say otherwise: :math:`\beta_j \sim \mathrm{Normal}(0, \tau)`, with
   :math:`\tau` learned, on signs of mean 0 and standard deviation 1.
5. Groups (acquisition channels) differ by :math:`u \sim \mathrm{Normal}(0, \sigma_u)`, periods (season, campaigns,
   luck of a quarter) by :math:`v \sim \mathrm{Normal}(0, \sigma_v)`. The next period has a :math:`v` of its own.

Cut-offs lie a horizon apart, so that a customer's rows cover different days and their likelihoods multiply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit

from clv_lib.errors import CannotEstimateError
from clv_lib.models.posterior import Posterior

FEWEST_EVENTS: Final = 50  # of either kind: fewer, and the priors speak
TARGET_ACCEPT: Final = 0.98  # scales of few effects have narrow necks; steps are cheap here
MOST_ROWS: Final = 10_000
FAMILY: Final = "churn"
_PARAMETERS: Final = ("intercept", "closed_form", "beta", "tau", "group", "group_scale", "period_scale")
_LIMIT: Final = 8.0  # of the closed form's log odds: beyond it certainty is rounding
_BLOCK: Final = 2_048  # customers at a time, so that draws times customers stay small


@dataclass(frozen=True)
class Scale:
    """How signs become numbers around 0: what the fitting data say about their middle and their spread."""

    names: tuple[str, ...]
    mean: np.ndarray
    spread: np.ndarray
    groups: tuple[str, ...]

    def standardised(self, table: pd.DataFrame) -> np.ndarray:
        """Signs of mean 0 and standard deviation 1, dims (row, sign); a spread is cut at 5 deviations."""
        raw = table[list(self.names)].to_numpy(dtype=float)
        return np.clip((raw - self.mean) / self.spread, -5.0, 5.0)

    def group_of(self, values: pd.Series) -> np.ndarray:
        """Number of each row's group; one past the last for a group that was never seen."""
        known = {name: number for number, name in enumerate(self.groups)}
        return values.map(known).fillna(len(self.groups)).to_numpy(dtype=np.int64)


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Log odds, cut where certainty is rounding."""
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.clip(np.log(p) - np.log1p(-p), -_LIMIT, _LIMIT)


@dataclass(frozen=True)
class ChurnModel:
    """A fitted hazard model.

    Attributes
    ----------
    posterior : Posterior
    scale : Scale
    rows, events : int
        Customer-periods that it was fitted to, and how many of them were silent.
    """

    posterior: Posterior
    scale: Scale
    rows: int
    events: int

    def draws(self, size: int, seed: int) -> dict[str, np.ndarray]:
        """Some posterior draws of every parameter, first axis draw, and a period of its own for each draw."""
        tree = self.posterior.tree["posterior"].to_dataset()
        flat = {name: tree[name].stack(sample=("chain", "draw")).transpose("sample", ...) for name in _PARAMETERS}
        values = {name: np.asarray(each.to_numpy()) for name, each in flat.items()}
        rng = np.random.default_rng(seed)
        total = len(values["intercept"])
        taken = np.sort(rng.choice(total, size=min(size, total), replace=False))
        found = {name: each[taken] for name, each in values.items()}
        found["period"] = found["period_scale"] * rng.standard_normal(len(taken))
        unseen = found["group_scale"] * rng.standard_normal(len(taken))
        known = found["group"] * (len(self.scale.groups) > 1)  # what a lone group has of its own is the intercept
        found["group"] = np.column_stack([known, unseen])
        return found

    def risk(self, table: pd.DataFrame, draws: Mapping[str, np.ndarray]) -> np.ndarray:
        """Probability of silence, dims (draw, row).

        Parameters
        ----------
        table : DataFrame
            The signs, ``acquisition_channel`` and ``closed_form`` (probability) of every row.
        draws : mapping
            From :meth:`draws`.
        """
        signs, group = self.scale.standardised(table), self.scale.group_of(table["acquisition_channel"])
        answer = log_odds(table["closed_form"].to_numpy(dtype=float))
        fixed = (draws["intercept"] + draws["period"])[:, None] + draws["closed_form"][:, None] * answer
        return np.asarray(expit(fixed + draws["beta"] @ signs.T + draws["group"][:, group]))

    def summaries(
        self, table: pd.DataFrame, draws: Mapping[str, np.ndarray], *, mass: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Mean and interval of every row's risk, and draws of their sum; block by block."""
        parts, total = [], np.zeros(len(draws["intercept"]))
        tail = (1 - mass) / 2
        for begin in range(0, len(table), _BLOCK):
            risk = self.risk(table.iloc[begin : begin + _BLOCK], draws)
            parts.append(np.vstack([risk.mean(axis=0), *np.quantile(risk, [tail, 1 - tail], axis=0)]))
            total += risk.sum(axis=1)
        mean, low, high = np.hstack(parts) if parts else np.zeros((3, 0))
        return mean, low, high, total

    def contributions(self, table: pd.DataFrame, average: np.ndarray) -> pd.DataFrame:
        """Log odds that each sign adds for each row, against the mean of the rows that ``average`` marks."""
        tree = self.posterior.tree["posterior"].to_dataset()
        beta = tree["beta"].mean(("chain", "draw")).to_numpy()
        signs = self.scale.standardised(table)
        found = pd.DataFrame(
            (signs - signs[average].mean(axis=0)) * beta, columns=list(self.scale.names), index=table.index
        )
        answer = log_odds(table["closed_form"].to_numpy(dtype=float))
        found["closed_form"] = float(tree["closed_form"].mean()) * (answer - answer[average].mean())
        return found


def fit_churn(
    table: pd.DataFrame,
    *,
    signs: Sequence[str],
    draws: int = 1_000,
    tune: int = 800,
    chains: int = 4,
    seed: int = 8451,
    cores: int | None = None,
) -> ChurnModel:
    """Fit the hazard.

    Parameters
    ----------
    table : DataFrame
        One row per customer and cut-off: the signs, ``acquisition_channel``, ``closed_form`` (the purchase model's own
        probability), ``cutoff`` (any label of the period) and ``silent`` (whether nothing was bought).
    signs : sequence of str
        Columns that may tell; those that never vary are left out.

    Raises
    ------
    CannotEstimateError
        Too few customer-periods with or without a purchase.
    """
    events = int(table["silent"].sum())
    if min(events, len(table) - events) < FEWEST_EVENTS:
        raise CannotEstimateError(
            "A model of silence needs at least {least} cases each of customers who fell silent and who went on, but "
            "there are {silent} and {others}. The purchase model's own answer stands in.",
            least=FEWEST_EVENTS,
            silent=events,
            others=len(table) - events,
        )
    spread = table[list(signs)].std().to_numpy(dtype=float)
    names = tuple(name for name, width in zip(signs, spread, strict=True) if width > 1e-9)
    kept = table[list(names)]
    scale = Scale(
        names,
        kept.mean().to_numpy(dtype=float),
        kept.std().to_numpy(dtype=float),
        tuple(sorted(table["acquisition_channel"].unique())),
    )
    period = pd.Categorical(table["cutoff"])
    parts = [
        np.ones((len(table), 1)),
        log_odds(table["closed_form"].to_numpy(dtype=float))[:, None],
        scale.standardised(table),
    ]
    sizes = (len(names), len(scale.groups), len(period.categories))
    silent = table["silent"].to_numpy(dtype=float)
    data = _whitened(np.hstack(parts), silent)
    data |= {"group_of": scale.group_of(table["acquisition_channel"]), "period_of": period.codes.astype(np.int64)}
    left = silent - expit(data["offset"])
    several = len(scale.groups) > 1  # what all share is the intercept
    data["several"] = np.asarray(float(several))
    for name in ("group", "period"):
        known = 0.0 if name == "group" and not several else _centred(data[f"{name}_of"], left, data["offset"])
        data[f"{name}_centred"] = np.asarray(known)
    tree = _sampled(data, sizes, draws=draws, tune=tune, chains=chains, seed=seed, cores=cores)
    return ChurnModel(Posterior(FAMILY, tree, customers=len(table)), scale, len(table), events)


def _whitened(design: np.ndarray, silent: np.ndarray) -> dict[str, np.ndarray]:
    """Coordinates in which the common coefficients are nearly independent with variance 1: few steps do.

    They are those of a normal approximation at the mode for usual scales. A change of coordinates alone: the
    posterior stays what the model says.
    """
    usual = np.repeat([1.5, 0.5, 0.2], [1, 1, design.shape[1] - 2])
    middle = np.zeros(len(usual))
    middle[1] = 1.0
    theta = middle.copy()
    for _ in range(50):
        share = expit(design @ theta)
        precision = (design * (share * (1 - share))[:, None]).T @ design + np.diag(usual**-2.0)
        step = np.linalg.solve(precision, design.T @ (silent - share) - (theta - middle) / usual**2)
        if np.abs(step).max() < 1e-8:
            break
        here = _log_density(theta, design, silent, middle, usual)
        while (
            _log_density(theta + step, design, silent, middle, usual) < here
        ):  # far from the mode a whole step overshoots
            step = step / 2
        theta = theta + step
    root = np.linalg.cholesky(np.linalg.inv(precision))
    return {
        "turned": np.ascontiguousarray(design @ root),
        "offset": design @ theta,
        "silent": silent,
        "root": root,
        "centre": theta,
    }


def _log_density(
    theta: np.ndarray, design: np.ndarray, silent: np.ndarray, middle: np.ndarray, usual: np.ndarray
) -> float:
    """Log posterior density of the common coefficients for usual scales, but for a constant."""
    eta = design @ theta
    return float(silent @ eta - np.logaddexp(0.0, eta).sum() - (((theta - middle) / usual) ** 2).sum() / 2)


def _centred(of: np.ndarray, left: np.ndarray, logit: np.ndarray) -> float:
    """How much the data, and not the prior, say about effects: 0 for nothing, 1 for everything.

    Well known effects are best sampled as they are, unknown ones as multiples of their scale, and those between with a
    power of it (Papaspiliopoulos, Roberts & Skoeld 2007, Statistical Science 22(1)). Coordinates only.
    """
    known = np.bincount(of, expit(logit) * expit(-logit)) + 1e-9
    raw = np.bincount(of, left) / known
    between = max(float(np.mean(raw**2 - 1 / known)), 1e-4)
    return between / (between + float(np.mean(1 / known)))


def _sampled(data: Mapping[str, np.ndarray], sizes: tuple[int, int, int], **how: Any) -> xr.DataTree:
    from clv_lib.models.fitting import nuts

    return nuts(_compiled(*sizes).with_data(**data), target_accept=TARGET_ACCEPT, **how)


@lru_cache(maxsize=4)
def _compiled(signs: int, groups: int, periods: int) -> Any:
    """Compile once per shape: fits to other rows only change the data."""
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    size = 2 + signs
    with pm.Model() as model:
        turned = pm.Data("turned", np.zeros((2, size)))
        offset, silent = pm.Data("offset", np.zeros(2)), pm.Data("silent", np.zeros(2))
        root, centre = pm.Data("root", np.eye(size)), pm.Data("centre", np.zeros(size))
        group_of = pm.Data("group_of", np.zeros(2, dtype=np.int64))
        period_of = pm.Data("period_of", np.zeros(2, dtype=np.int64))
        group_centred, period_centred = pm.Data("group_centred", 0.5), pm.Data("period_centred", 0.5)
        several = pm.Data("several", 1.0)
        z = pm.Flat("z", shape=size, initval=np.zeros(size))
        theta = centre + pt.dot(root, z)
        # nothing at 0: where the signs say nothing, a scale that may vanish makes a funnel that no step size fits
        tau = pm.Gamma("tau", 2.0, 10.0)
        group_scale, period_scale = pm.Gamma("group_scale", 2.0, 10.0), pm.Gamma("period_scale", 2.0, 10.0)
        intercept = pm.Deterministic("intercept", theta[0])
        closed_form = pm.Deterministic("closed_form", theta[1])
        beta = pm.Deterministic("beta", theta[2:])
        group_raw = pm.Normal("group_raw", 0.0, group_scale**group_centred, shape=groups)
        group = pm.Deterministic("group", group_raw * group_scale ** (1 - group_centred))
        period_raw = pm.Normal("period_raw", 0.0, period_scale**period_centred, shape=periods)
        period = period_raw * period_scale ** (1 - period_centred)
        priors = [
            pm.logp(pm.Normal.dist(0.0, 1.5), intercept),
            pm.logp(pm.Normal.dist(1.0, 0.5), closed_form),
            pm.logp(pm.Normal.dist(0.0, tau), beta).sum(),
        ]
        eta = offset + pt.dot(turned, z) + several * group[group_of] + period[period_of]
        pm.Potential("log_density", sum(priors) + (silent * eta - pt.softplus(eta)).sum())
    return nutpie.compile_pymc_model(model)
