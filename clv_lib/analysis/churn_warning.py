"""The warning as a whole: learn from earlier cut-offs, be tested at later ones, look ahead from the last day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from clv_lib.analysis.churn_contracts import BDW, ContractHistory, billing_days
from clv_lib.analysis.churn_history import CLOSED_FORM, CutOffs, History, cut_offs, default_horizon, sign_names
from clv_lib.analysis.churn_reasons import by_theme, reason_of, reasons_for_silence, strongest
from clv_lib.analysis.churn_tests import ChurnTest, test_warnings
from clv_lib.analysis.watch_list import Scored, scored
from clv_lib.data.customers import Frame
from clv_lib.errors import CannotEstimateError
from clv_lib.models.churn import MOST_ROWS, ChurnModel, fit_churn
from clv_lib.models.no_purchase import no_purchase
from clv_lib.models.posterior import Diagnostics, Posterior, diagnose
from clv_lib.names import CUSTOMER_ID, FREQUENCY, RECENCY, T
from clv_lib.periods import ObservationWindow
from clv_lib.settings import ChurnSection

MOST_TESTED: Final = 20_000  # rows of all tests together
MONTHS_BACK: Final = 5  # earlier risks that are shown beside today's


@dataclass(frozen=True)
class ChurnWarning:
    """What a company can know today of who will be silent.

    Attributes
    ----------
    history : History
    days : CutOffs
    horizon_is_stated : bool
        Whether the settings say how far ahead to look.
    model : ChurnModel or None
        None where the history is too short or too quiet to learn from: the closed form stands in.
    test : ChurnTest or None
    last_test : DataFrame or None
        The rows of the last test, whose outcome is known.
    purchases : Posterior
        Of the purchase model, on the whole log; None under contract.
    size, seed : int
        Posterior draws that are carried along.
    """

    history: History
    days: CutOffs
    horizon_is_stated: bool
    model: ChurnModel | None
    test: ChurnTest | None
    last_test: pd.DataFrame | None
    purchases: Posterior | None
    size: int
    seed: int

    @property
    def horizon(self) -> int:
        """Days ahead."""
        return self.days.horizon

    @property
    def checks(self) -> list[Diagnostics]:
        """Whether the sampler's draws may be used; empty without a model."""
        return [] if self.model is None else [diagnose(self.model.posterior)]

    @property
    def tables(self) -> list[str]:
        """Tables of the record beside the purchases that hold signs."""
        known = ("interactions", "campaign_members", "feedback", "subscriptions", "customers")
        return [name for name in known if name in self.history.record]

    @cached_property
    def _draws(self) -> dict[str, np.ndarray]:
        return {} if self.model is None else self.model.draws(self.size, self.seed)

    @cached_property
    def _parameters(self) -> Mapping[str, Any]:
        return self.history.parameters(self.days.last)

    def risk_of(self, rows: pd.DataFrame) -> np.ndarray:
        """Probability of silence, dims (draw, row): of the model, or of the purchase model alone."""
        if self.model is not None:
            return self.model.risk(rows, self._draws)
        if self.purchases is None:
            return np.repeat(rows[CLOSED_FORM].to_numpy(dtype=float)[None], self.size, axis=0)
        past = {name: rows[name].to_numpy(dtype=float) for name in (FREQUENCY, RECENCY, T)}
        draws = self.purchases.draws(self.size, self.seed)
        return no_purchase(self.history.family, draws, horizon=self.history.weeks, **past)

    def customers(self, values: pd.DataFrame | None) -> Scored:
        """Every customer today: signs, risk with its interval, and what silence would take.

        Parameters
        ----------
        values : DataFrame or None
            customer_id, residual_clv and its interval, where values are known.
        """
        table = self.history.at(self.days.last)
        table = table.assign(lost_share=self.history.lost_share(table, self._parameters))
        if values is not None:
            table = table.merge(values, on=CUSTOMER_ID, how="left").fillna(dict.fromkeys(values.columns[1:], 0.0))
        size = len(self.risk_of(table.head(1)))
        recent = (table["quiet_days"] <= self.horizon).to_numpy()
        found = scored(table, self.risk_of, size=size, seed=self.seed, recent=recent)
        rows = found.customers
        why: Any = (
            [("rhythm",)] * len(rows) if self.model is None else strongest(by_theme(self.model, rows, recent=recent))
        )
        return replace(found, customers=rows.assign(why=why, reason=reason_of(rows)))

    def past_risks(self, listed: pd.DataFrame) -> pd.DataFrame:
        """Risk of the listed customers at earlier month ends, by the same model, and today: one column per day."""
        ids = listed[CUSTOMER_ID].tolist()
        columns: dict[date, pd.Series] = {}
        for day in [*_month_ends(self.days.last, MONTHS_BACK), self.days.last]:
            rows = self.history.at(day, ids=ids) if ids else pd.DataFrame({CUSTOMER_ID: []})
            risk = self.risk_of(rows).mean(axis=0) if len(rows) else np.array([])
            columns[day] = pd.Series(risk, index=rows[CUSTOMER_ID])
        return pd.DataFrame(columns).reindex(ids)

    def reasons(self) -> pd.DataFrame | None:
        """What was known of those who fell silent after the last test; None without a test."""
        return None if self.last_test is None else reasons_for_silence(self.last_test, horizon=self.horizon)


def learn_to_warn(
    record: Mapping[str, Frame],
    purchases: Posterior,
    *,
    window: ObservationWindow,
    section: ChurnSection,
    size: int,
    seed: int,
    draws: int = 1_000,
    tune: int = 800,
    most_rows: int = MOST_ROWS,
) -> ChurnWarning:
    """Fit the hazard to earlier cut-offs and test it at later ones.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables.
    purchases : Posterior
        The fitted purchase model; its family gives the closed form.
    window : ObservationWindow
    section : ChurnSection
    size, seed : int
        Posterior draws to carry, and the seed of everything random.
    draws, tune : int
        Of the sampler, per chain.
    most_rows : int
        Customer-periods to learn from, taken at random where there are more.
    """
    stated = section.horizon_days
    horizon = stated or default_horizon(record["transactions"], window=window)
    history = History(record, purchases.family, horizon, window.end)
    days = cut_offs(window, horizon)
    quiet = ChurnWarning(history, days, stated is not None, None, None, None, purchases, size, seed)
    return _learnt(quiet, most_rows, draws=draws, tune=tune)


def learn_to_warn_of_cancellation(
    record: Mapping[str, Frame],
    *,
    window: ObservationWindow,
    section: ChurnSection,
    size: int,
    seed: int,
    draws: int = 1_000,
    tune: int = 800,
    most_rows: int = MOST_ROWS,
) -> ChurnWarning:
    """The same for members under contract: the horizon is a billing period, and the question is who cancels in it."""
    stated = section.horizon_days
    horizon = stated or billing_days(record["subscriptions"])
    history = ContractHistory(record, BDW, horizon, window.end)
    days = cut_offs(window, horizon)
    quiet = ChurnWarning(history, days, stated is not None, None, None, None, None, size, seed)
    return _learnt(quiet, most_rows, draws=draws, tune=tune)


def _learnt(quiet: ChurnWarning, most_rows: int, **sampling: int) -> ChurnWarning:
    """Fit and test, where the history is long enough."""
    history, days, size, seed = quiet.history, quiet.days, quiet.size, quiet.seed
    try:
        fitted = history.stacked(days.fitting, most_rows=most_rows) if days.fitting else None
        if fitted is None:
            return quiet
        model = fit_churn(fitted, signs=sign_names(fitted), seed=seed, **sampling)
    except CannotEstimateError:
        return quiet
    each = MOST_TESTED // len(days.tests)
    tests = [history.at(day, most=each) for day in days.tests]
    stacked = pd.concat(tests, ignore_index=True)
    test = test_warnings(model, fitted, stacked, model.draws(size, seed), horizon=history.horizon, seed=seed)
    return replace(quiet, model=model, test=test, last_test=tests[-1])


def _month_ends(last: date, count: int) -> list[date]:
    """The last days of the months before, in order of time."""
    found, day = [], last
    for _ in range(count):
        day = day.replace(day=1) - timedelta(days=1)
        found.append(day)
    return found[::-1]
