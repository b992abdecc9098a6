"""Which purchase family: the one that foresaw the holdout best, unless a simpler one did as well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from clv_lib.models.priors import priors_of
from clv_lib.models.purchases import FAMILIES, PurchaseFamily
from clv_lib.models.quick import quick_fit
from clv_lib.names import PURCHASE_FAMILIES

TIE_STANDARD_ERRORS: Final = 2.0

Reason = Literal["stated", "clear", "tie", "no_holdout"]


@dataclass(frozen=True)
class FamilyChoice:
    """The chosen family and the evidence.

    Attributes
    ----------
    family : str
        To be fitted to the whole log.
    table : DataFrame
        One row per family, simplest first: family, log_score (of the holdout histories, summed over customers),
        difference (to the best score, 0 or negative), standard_error (of the difference), expected_purchases
        and actual_purchases (of the holdout), rmse (per customer). Empty when nothing was compared.
    reason : str
        ``"clear"``: the best score, beyond two standard errors of every simpler family; ``"tie"``: a simpler family
        within two standard errors of the best; ``"stated"`` by the settings; ``"no_holdout"`` to compare on.
    """

    family: str
    table: pd.DataFrame
    reason: Reason


def choose_family(
    split_cells: pd.DataFrame | None,
    *,
    stated: str = "auto",
    priors: Mapping[str, Mapping[str, Mapping[str, object]]] | None = None,
) -> FamilyChoice:
    """Compare the families on the holdout, each at its most probable parameters given the calibration period.

    The score is the log density of each customer's holdout history given the calibration history: the difference
    between the log-likelihoods of the whole and of the calibration history. It is proper: in expectation nothing
    scores better than the truth. Families are compared customer by customer.

    Parameters
    ----------
    split_cells : DataFrame or None
        frequency_cal, recency_cal, T_cal, frequency, recency, T, n; customers of the calibration period.
        None or empty without a holdout: the simplest family is taken.
    stated : str
        ``settings.model.purchase``; anything but ``"auto"`` is taken as it is.
    priors : mapping, optional
        ``settings.model.priors``.

    Raises
    ------
    CannotEstimateError
        The calibration period cannot identify a purchase model.
    """
    if stated != "auto":
        return FamilyChoice(stated, pd.DataFrame(), "stated")
    if split_cells is None or split_cells.empty:
        return FamilyChoice(PURCHASE_FAMILIES[0], pd.DataFrame(), "no_holdout")
    calibration = _calibration(split_cells)
    fitted = {name: quick_fit(calibration, family=name, priors=priors_of(name, priors)) for name in PURCHASE_FAMILIES}
    scores = {name: holdout_score(FAMILIES[name], parameters, split_cells) for name, parameters in fitted.items()}
    n = split_cells["n"].to_numpy(float)
    best = max(PURCHASE_FAMILIES, key=lambda name: float(n @ scores[name]))
    rows = []
    for name, parameters in fitted.items():
        lost = scores[name] - scores[best]
        rows.append(
            {
                "family": name,
                "log_score": float(n @ scores[name]),
                "difference": float(n @ lost),
                "standard_error": _standard_error_of_sum(lost, n),
                **_forecast(FAMILIES[name], parameters, split_cells),
            }
        )
    table = pd.DataFrame(rows)
    # simplest first, so the first one within reach of the best is the answer
    tied = table["difference"] + TIE_STANDARD_ERRORS * table["standard_error"] >= 0
    family = str(table.loc[tied, "family"].iloc[0])
    return FamilyChoice(family, table, "clear" if family == best else "tie")


def holdout_score(family: PurchaseFamily, parameters: Mapping[str, float], split_cells: pd.DataFrame) -> np.ndarray:
    """Log predictive density of the holdout history of one customer of each cell."""
    whole = {name: split_cells[name].to_numpy(float) for name in ("frequency", "recency", "T")}
    before = {name: split_cells[f"{name}_cal"].to_numpy(float) for name in ("frequency", "recency", "T")}
    theta = [parameters[name] for name in family.parameters]
    return np.asarray(family.log_likelihood(*theta, **whole) - family.log_likelihood(*theta, **before))


def _calibration(split_cells: pd.DataFrame) -> pd.DataFrame:
    columns = {"frequency_cal": "frequency", "recency_cal": "recency", "T_cal": "T"}
    return split_cells.groupby(list(columns))["n"].sum().reset_index().rename(columns=columns)


def _forecast(
    family: PurchaseFamily, parameters: Mapping[str, float], split_cells: pd.DataFrame
) -> dict[str, float | int]:
    before = {name: split_cells[f"{name}_cal"].to_numpy(float) for name in ("frequency", "recency", "T")}
    ahead = split_cells["T"].to_numpy(float) - before["T"]
    expected = family.expected_purchases(*(parameters[name] for name in family.parameters), **before, horizon=ahead)
    actual = split_cells["frequency"].to_numpy(float) - before["frequency"]
    n = split_cells["n"].to_numpy(float)
    return {
        "expected_purchases": float(n @ expected),
        "actual_purchases": int(n @ actual),
        "rmse": float(np.sqrt(n @ (expected - actual) ** 2 / n.sum())),
    }


def _standard_error_of_sum(values: np.ndarray, n: np.ndarray) -> float:
    """Standard error of the sum over customers of values that are equal within a cell."""
    customers = n.sum()
    variance = n @ (values - n @ values / customers) ** 2 / max(customers - 1, 1)
    return float(np.sqrt(customers * variance))
