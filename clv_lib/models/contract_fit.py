"""Posterior of the contract models, on counts: groups share what they have in common.

Every group of members (a plan, a channel that won them, a year in which they began) has an own chance of leaving at the
first renewal and an own spread of it between members. Each is the overall level plus one effect per attribute; how much
the values of an attribute differ is learnt from the data, so that small groups lean on the others (partial pooling):

    logit phi = level + sum of effects,   log kappa = level + sum of effects,   c common to all members of a plan

with phi = gamma / (gamma + delta), the mean chance of leaving at the first renewal, and kappa = gamma + delta. The
shifted-beta-geometric of pymc-marketing knows cohorts and covariates too, but takes a row per customer, and has no
duration dependence; the likelihood of counts is the same as that of the rows they count.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from clv_lib.models.fitting import sample
from clv_lib.models.posterior import Posterior
from clv_lib.models.subscriptions import CONTRACTS, LEVEL, parameters_of, require_members
from clv_lib.names import ACTIVE, GROUP, LEFT, PLAN, RENEWALS
from clv_lib.settings import ModelSection

SPREAD: Final = (np.log(0.4), 0.5)  # of the effects of one attribute; LogNormal keeps away from a funnel's neck
FEW_VALUES: Final = 4  # of an attribute: how much fewer of them differ cannot be learnt, so a wide spread is stated
STATED_SPREAD: Final = 0.7
LEAST_DRAWS: Final = 1000  # per chain, and of tuning: kappa and c trade off, and a draw takes a millisecond
TARGET_ACCEPT: Final = 0.95  # as for purchases: with stated spreads no divergence was seen
PRIOR_WORLDS: Final = 400


def group_table(counts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Groups in the order of the model: the columns of ``by``, and ``group``, a label of all of them."""
    groups = counts[list(by)].drop_duplicates().sort_values(list(by), ignore_index=True)
    return groups.assign(**{GROUP: groups.astype(str).agg(" | ".join, axis=1) if by else ["all"]})


def contract_model(counts: pd.DataFrame, *, by: Sequence[str], family: str) -> pm.Model:
    """PyMC model of counts.

    Parameters
    ----------
    counts : DataFrame
        From :func:`~clv_lib.data.tenures.tenure_counts`, grouped by ``by``.
    by : sequence of str
        Attributes of a group; one with a single value has no effect.
    family : {"sbg", "bdw"}
    """
    groups = group_table(counts, by)
    index = counts[list(by)].merge(groups.reset_index(), on=list(by), how="left")["index"].to_numpy()
    t, left, active = (counts[name].to_numpy(float) for name in (RENEWALS, LEFT, ACTIVE))
    with pm.Model(coords={GROUP: groups[GROUP].tolist()}) as model:
        phi = pm.Deterministic("phi", pm.math.invlogit(_linear("phi", groups, by)), dims=GROUP)
        kappa = pm.Deterministic("kappa", pm.math.exp(_linear("kappa", groups, by)), dims=GROUP)
        shape, scale = phi * kappa, (1 - phi) * kappa
        names = CONTRACTS[family].parameters
        pm.Deterministic(names[0], shape, dims=GROUP)
        pm.Deterministic(names[1], scale, dims=GROUP)
        power: Any = 1.0
        if family == "bdw":
            plan = [PLAN] if PLAN in by else []
            c = pm.Deterministic("c", pm.math.exp(_linear("c", groups, plan)), dims=GROUP)
            power = c[index]
        a, b = shape[index], scale[index]
        gone, here = left > 0, active > 0
        potential = 0.0
        if here.any():
            potential = potential + pt.sum(active[here] * _log_survival(a, b, power, t, here))
        if gone.any():
            before = _log_survival(a, b, power, np.maximum(t - 1, 0), gone)
            made = _log_survival(a, b, power, t, gone) - before
            potential = potential + pt.sum(left[gone] * (before + pt.log(-pt.expm1(made))))
        pm.Potential("log_likelihood", potential)
    return model


def fit_contracts(
    counts: pd.DataFrame,
    *,
    by: Sequence[str],
    family: str,
    settings: ModelSection | None = None,
    cores: int | None = None,
    **sampling: int,
) -> Posterior:
    """Posterior of a contract family given counts of members.

    Parameters
    ----------
    counts, by, family
        As for :func:`contract_model`.
    settings : ModelSection, optional
        Draws, tune (:data:`LEAST_DRAWS` at least), chains and seed; ``sampling`` stands for its values.

    Returns
    -------
    Posterior
        Parameters of dims (chain, draw, group); the columns of ``by`` are coordinates of the groups.

    Raises
    ------
    CannotEstimateError
        Too few members or too few cancellations.
    """
    require_members(counts)
    settings = settings or ModelSection()
    wanted = {name: getattr(settings, name) for name in ("draws", "tune", "chains", "seed")}
    wanted |= {name: max(wanted[name], LEAST_DRAWS) for name in ("draws", "tune")}
    wanted |= sampling
    model = contract_model(counts, by=by, family=family)
    found = sample(model, family=family, cores=cores, target_accept=TARGET_ACCEPT, **wanted)
    groups = group_table(counts, by)
    data = found.tree["posterior"].to_dataset()
    attributes = {f"{GROUP}_{name}": (GROUP, groups[name].astype(str).tolist()) for name in by}
    tree = xr.DataTree.from_dict(
        {"posterior": data.assign_coords(attributes), "sample_stats": found.tree["sample_stats"].to_dataset()}
    )
    return Posterior(family, tree, customers=int(counts[[LEFT, ACTIVE]].to_numpy().sum()))


def groups_of(posterior: Posterior) -> pd.DataFrame:
    """The groups of a fitted contract model, with their attributes, in the order of its draws."""
    data = posterior.tree["posterior"].to_dataset()
    prefix = f"{GROUP}_"
    columns = {str(name)[len(prefix) :]: data[name].to_numpy() for name in data.coords if str(name).startswith(prefix)}
    return pd.DataFrame({**columns, GROUP: data[GROUP].to_numpy()})


def check_contracts(
    draws: Mapping[str, np.ndarray], counts: pd.DataFrame, groups: pd.DataFrame, *, family: str, seed: int
) -> pd.DataFrame:
    """Simulate the members anew, from new to where they stand, and compare who leaves at which renewal.

    Returns
    -------
    DataFrame
        renewals (1, 2, ...), observed, low, median, high: share of those who came to the renewal that left.
    """
    rng = np.random.default_rng(seed)
    theta = parameters_of(family, draws)
    keys = [name for name in groups.columns if name != GROUP]
    rows = counts.merge(groups.reset_index(), on=keys, how="left") if keys else counts.assign(index=0)
    longest = int(rows.loc[rows[LEFT] > 0, RENEWALS].max())
    came, gone = np.zeros(longest + 1), np.zeros(longest + 1)
    came_again, gone_again = np.zeros((len(theta[0]), longest + 1)), np.zeros((len(theta[0]), longest + 1))
    for number in range(len(groups)):
        part = rows[rows["index"] == number]
        own = [value[:, number : number + 1] for value in theta]
        risk, left, censored = _at_risk(part, longest)
        came, gone = came + risk, gone + left
        here = np.full(len(theta[0]), int(part[[LEFT, ACTIVE]].to_numpy().sum()))
        here = here - int(censored[0])
        for t in range(1, longest + 1):
            logs = [CONTRACTS[family].log_survival(*own, renewals=np.array([k])) for k in (t - 1, t)]
            chance = -np.expm1(logs[1] - logs[0])[:, 0]
            leaving = rng.binomial(here, np.clip(chance, 0, 1))
            came_again[:, t] += here
            gone_again[:, t] += leaving
            # of those still here, as many stop being seen as in the data, in proportion
            share = censored[t] / max(risk[t] - left[t], 1)
            here = rng.binomial(here - leaving, 1 - min(share, 1.0))
    shown = np.arange(1, longest + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        again = np.where(came_again > 0, gone_again / came_again, np.nan)[:, shown]
        seen = np.where(came > 0, gone / came, np.nan)[shown]
    low, middle, high = np.nanquantile(again, [0.05, 0.5, 0.95], axis=0)
    return pd.DataFrame({RENEWALS: shown, "observed": seen, "low": low, "median": middle, "high": high})


def prior_contracts(counts: pd.DataFrame, *, by: Sequence[str], family: str, seed: int) -> dict[str, np.ndarray]:
    """Parameters drawn from the priors alone, of the same shape as those of the posterior."""
    names = CONTRACTS[family].parameters
    model = contract_model(counts, by=by, family=family)
    found = pm.draw([model[name] for name in names], draws=PRIOR_WORLDS, random_seed=seed)
    return {name: np.asarray(value).reshape(PRIOR_WORLDS, -1) for name, value in zip(names, found, strict=True)}


def _at_risk(part: pd.DataFrame, longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who came to each renewal, who left at it, and who was seen no further after making it."""
    t = np.minimum(part[RENEWALS].to_numpy(int), longest)
    left = np.bincount(t, part[LEFT], minlength=longest + 1)
    censored = np.bincount(t, part[ACTIVE], minlength=longest + 1)
    total = left.sum() + censored.sum()
    gone_before = np.concatenate([[0.0], np.cumsum(left + censored)[:-1]])
    return total - gone_before, left, censored


def _log_survival(a: Any, b: Any, power: Any, t: np.ndarray, rows: np.ndarray) -> Any:
    reach = t[rows] ** (power[rows] if not isinstance(power, float) else power)
    a, b = a[rows], b[rows]
    ratio = pt.gammaln(b + reach) + pt.gammaln(a + b) - pt.gammaln(a + b + reach) - pt.gammaln(b)
    return pt.switch(np.asarray(t[rows] == 0), 0.0, ratio)


def _linear(name: str, groups: pd.DataFrame, by: Sequence[str]) -> Any:
    """Level plus one effect per attribute that has more than one value, non-centred."""
    mean, sd = LEVEL[name]
    total: Any = pm.Normal(f"{name}_level", mean, sd)
    value = pt.zeros(len(groups)) + total
    for attribute in by:
        codes, levels = pd.factorize(groups[attribute].astype(str), sort=True)
        if len(levels) > 1:
            few = len(levels) < FEW_VALUES
            spread = STATED_SPREAD if few else pm.LogNormal(f"{name}_spread_{attribute}", *SPREAD)
            step = pm.ZeroSumNormal(f"{name}_effect_{attribute}", 1.0, shape=len(levels))
            value = value + spread * step[codes]
    return value
