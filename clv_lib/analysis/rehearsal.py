"""The whole forecast rehearsed on the past: fit the first part of the log, forecast the rest, see what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from clv_lib.analysis.backtest import Backtest, backtest
from clv_lib.analysis.tracking import cumulative_tracking
from clv_lib.errors import CannotEstimateError
from clv_lib.names import PurchaseFamily
from clv_lib.periods import ObservationWindow
from clv_lib.settings import ModelSection

if TYPE_CHECKING:
    from clv_lib.models.posterior import Diagnostics


@dataclass(frozen=True)
class Rehearsal:
    """A forecast of the known past.

    Attributes
    ----------
    backtest : Backtest
        Scores on the holdout.
    tracking : DataFrame
        Repeat purchases week by week, see :func:`clv_lib.analysis.tracking.cumulative_tracking`.
    diagnostics : tuple of Diagnostics
        Of the purchase and the spend model fitted to the calibration period.
    """

    backtest: Backtest
    tracking: pd.DataFrame
    diagnostics: tuple["Diagnostics", ...]


@dataclass(frozen=True)
class NoRehearsal:
    """Why the past cannot be rehearsed: a message with places, and what stands in them."""

    message: str
    values: Mapping[str, float | str]
    diagnostics: tuple["Diagnostics", ...] = ()


def rehearse(
    tables: Mapping[str, pd.DataFrame],
    *,
    family: PurchaseFamily,
    window: ObservationWindow,
    model: ModelSection,
    draws: int,
) -> Rehearsal | NoRehearsal:
    """Fit the calibration period, forecast the holdout and score it.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``calibration_cells``, ``calibration_spend_cells``, ``backtest_cells``, ``acquisitions``, ``repeats``, as
        :func:`clv_lib.data.handover.hand_over` makes them.
    family : PurchaseFamily
    window : ObservationWindow
    model : ModelSection
    draws : int
        Posterior draws that are carried through the forecast.

    Returns
    -------
    Rehearsal or NoRehearsal
        The latter where the log is too short for a holdout, or its first part too poor for the models.
    """
    try:
        return _rehearse(tables, family=family, window=window, model=model, draws=draws)
    except CannotEstimateError as error:
        return NoRehearsal(error.message, error.values)


def _rehearse(
    tables: Mapping[str, pd.DataFrame],
    *,
    family: PurchaseFamily,
    window: ObservationWindow,
    model: ModelSection,
    draws: int,
) -> Rehearsal:
    from clv_lib.models.fitting import diagnose, fit_purchases, fit_spend  # PyMC takes seconds to load

    if window.calibration_end is None:
        raise CannotEstimateError(
            "The log covers {weeks} weeks, too few to set some aside and test a forecast on them.", weeks=window.weeks
        )
    purchases = fit_purchases(tables["calibration_cells"], family=family, settings=model)
    spend = fit_spend(tables["calibration_spend_cells"], settings=model)
    purchase_draws, spend_draws = purchases.draws(draws, model.seed), spend.draws(draws, model.seed)
    scored = backtest(
        purchase_draws,
        spend_draws,
        tables["backtest_cells"],
        family=family,
        holdout_weeks=window.holdout_weeks,
        seed=model.seed,
    )
    tracked = cumulative_tracking(
        purchase_draws,
        tables["acquisitions"],
        tables["repeats"],
        family=family,
        last_day=window.end.toordinal(),
        seed=model.seed,
        calibration_day=window.calibration_end.toordinal(),
    )
    return Rehearsal(scored, tracked, (diagnose(purchases), diagnose(spend)))
