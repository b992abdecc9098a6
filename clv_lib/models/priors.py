"""Priors: what we believe before seeing a customer, as data that the settings can override.

Defaults are proper and weak, and say what any shop would grant. Time is in weeks and money in multiples of the median
purchase, so the same priors serve a grocer and a furniture store, dollars and rupiah. LogNormal throughout for
positive parameters: unlike a half-flat or Pareto prior it keeps a proper posterior with light tails (on the log
scale) where the data are silent, as on drop-out when nobody leaves; unlike a Weibull(2, 10) it does not forbid a
shop whose customers come once a year.

This module does not import PyMC: a misspelt prior must be answered at once.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log
from typing import Any, Final

from scipy import stats

from clv_lib.errors import SettingsError


@dataclass(frozen=True)
class Prior:
    """A distribution by its PyMC name and arguments, as in ``{dist = 'Weibull', alpha = 2, beta = 1}``."""

    dist: str
    arguments: Mapping[str, float] = field(default_factory=dict)

    def frozen(self) -> Any:
        """Return the same distribution from scipy."""
        return DISTRIBUTIONS[self.dist].scipy(**self.arguments)

    def __str__(self) -> str:
        return f"{self.dist}({', '.join(f'{name}={value:.3g}' for name, value in self.arguments.items())})"


@dataclass(frozen=True)
class _Distribution:
    arguments: tuple[str, ...]
    scipy: Any
    on_unit_interval: bool = False


# proper, on the positive numbers or the unit interval: anything else cannot be the prior of these parameters
DISTRIBUTIONS: Final[dict[str, _Distribution]] = {
    "LogNormal": _Distribution(("mu", "sigma"), lambda mu, sigma: stats.lognorm(sigma, scale=exp(mu))),
    "Weibull": _Distribution(("alpha", "beta"), lambda alpha, beta: stats.weibull_min(alpha, scale=beta)),
    "Gamma": _Distribution(("alpha", "beta"), lambda alpha, beta: stats.gamma(alpha, scale=1 / beta)),
    "InverseGamma": _Distribution(("alpha", "beta"), lambda alpha, beta: stats.invgamma(alpha, scale=beta)),
    "HalfNormal": _Distribution(("sigma",), lambda sigma: stats.halfnorm(scale=sigma)),
    "HalfCauchy": _Distribution(("beta",), lambda beta: stats.halfcauchy(scale=beta)),
    "Exponential": _Distribution(("scale",), lambda scale: stats.expon(scale=scale)),
    "Beta": _Distribution(("alpha", "beta"), lambda alpha, beta: stats.beta(alpha, beta), on_unit_interval=True),
}

_BUYING = {
    "r": Prior("LogNormal", {"mu": log(0.5), "sigma": 1.0}),  # 90 % in (0.1, 2.6): mostly one-timers, to regulars
    "alpha": Prior("LogNormal", {"mu": log(10.0), "sigma": 1.5}),  # weeks; 90 % in (0.8, 118)
}
_LEAVING_AFTER_PURCHASE = {
    "phi_dropout": Prior("Beta", {"alpha": 1.0, "beta": 1.0}),  # a / (a + b): mean chance to leave after a purchase
    "kappa_dropout": Prior("LogNormal", {"mu": log(3.0), "sigma": 1.0}),  # a + b: how alike customers are in it
}
_LEAVING_ANY_TIME = {
    "s": Prior("LogNormal", {"mu": log(0.5), "sigma": 1.0}),
    "beta": Prior("LogNormal", {"mu": log(10.0), "sigma": 1.5}),  # weeks
}

DEFAULT_PRIORS: Final[dict[str, dict[str, Prior]]] = {
    "bg_nbd": _BUYING | _LEAVING_AFTER_PURCHASE,
    "mbg_nbd": _BUYING | _LEAVING_AFTER_PURCHASE,
    "pareto_nbd": _BUYING | _LEAVING_ANY_TIME,
    "gamma_gamma": {
        "p": Prior("LogNormal", {"mu": log(3.0), "sigma": 1.0}),  # 1 / p: squared variation of one customer's purchases
        # q <= 1 has 5 % of the mass: a mean spend that does not exist is unlikely, not forbidden, and must be seen
        "q": Prior("LogNormal", {"mu": log(3.5), "sigma": 0.75}),
        "v": Prior("LogNormal", {"mu": 0.0, "sigma": 1.0}),  # in medians of the mean purchase
    },
}
UNIT_INTERVAL: Final = frozenset({"phi_dropout"})


def priors_of(family: str, overrides: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None) -> dict[str, Prior]:
    """Priors of one family: the defaults, with those of the settings in their place.

    Parameters
    ----------
    family : str
        A purchase family or ``"gamma_gamma"``.
    overrides : mapping, optional
        ``settings.model.priors``: family, parameter, then ``dist`` and its arguments. All of it is checked.

    Raises
    ------
    SettingsError
        An unknown family, parameter, distribution or argument, with a suggestion; a value out of range.
    """
    checked = check_priors(overrides or {})
    return DEFAULT_PRIORS[family] | checked.get(family, {})


def check_priors(overrides: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Prior]]:
    """Turn ``[model.priors]`` into priors, or say in a sentence what is wrong with it."""
    result: dict[str, dict[str, Prior]] = {}
    for family, parameters in overrides.items():
        _require_known("model.priors", family, DEFAULT_PRIORS, "a family")
        for parameter, spec in parameters.items():
            where = f"model.priors.{family}"
            _require_known(where, parameter, DEFAULT_PRIORS[family], "a parameter")
            result.setdefault(family, {})[parameter] = _prior(f"{where}.{parameter}", spec, parameter in UNIT_INTERVAL)
    return result


def _prior(where: str, spec: Mapping[str, Any], on_unit_interval: bool) -> Prior:
    if "dist" not in spec:
        raise SettingsError(
            f"{where} must name its distribution, but has only {', '.join(spec) or 'nothing'}. "
            "Write, for example, { dist = 'LogNormal', mu = 0, sigma = 1 }."
        )
    dist = str(spec["dist"])
    choices = {name: d for name, d in DISTRIBUTIONS.items() if d.on_unit_interval == on_unit_interval}
    _require_known(where, dist, choices, f"a proper distribution on {'(0, 1)' if on_unit_interval else '(0, inf)'}")
    known = DISTRIBUTIONS[dist].arguments
    arguments = {name: value for name, value in spec.items() if name != "dist"}
    for name in arguments:
        _require_known(where, name, known, f"an argument of {dist}")
    missing = [name for name in known if name not in arguments]
    if missing:
        raise SettingsError(f"{where}: {dist} needs {' and '.join(known)}, but {' and '.join(missing)} is missing.")
    for name, value in arguments.items():
        number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
        if not number or (name != "mu" and value <= 0):
            raise SettingsError(
                f"{where}: {name} must be a {'' if name == 'mu' else 'positive '}number, but it is {value!r}."
            )
    return Prior(dist, {name: float(arguments[name]) for name in known})


def _require_known(where: str, name: str, known: Any, what: str) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}."
    raise SettingsError(f"{where}: {name!r} is not {what} we know; {hint}")
