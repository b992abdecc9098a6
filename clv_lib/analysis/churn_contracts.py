"""Members under contract as they stood at earlier cut-offs, and whether they cancelled within a billing period.

The closed form is that of the contract models: who has made k renewals does not make the next one with probability
``1 - S(k + 1) / S(k)``, with the most probable parameters of the member's plan given what was known at the cut-off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.churn_history import ALIVE, CLOSED_FORM, CUTOFF, History
from clv_lib.data.customers import Frame, collected
from clv_lib.data.tenures import tenure_counts, tenures
from clv_lib.models.subscriptions import (
    CONTRACTS,
    FEWEST_CANCELLATIONS,
    FEWEST_MEMBERS,
    most_probable,
    require_members,
    survival,
)
from clv_lib.names import (
    ACQUISITION_CHANNEL,
    ACTIVE,
    BILLING_PERIOD,
    CUSTOMER_ID,
    LEFT,
    PLAN,
    RENEWALS,
    STARTED_AT,
    N,
)

BDW: Final = "bdw"  # duration dependence costs one parameter and is often there
_DAYS: Final = {"week": 7, "month": 30, "quarter": 91, "year": 365}
_STEPS: Final = {
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}
_ALL: Final = ""  # parameters of every plan together, for plans with too few members


def billing_days(subscriptions: Frame) -> int:
    """Days of the commonest billing period; a month where the table does not say."""
    if BILLING_PERIOD not in subscriptions.collect_schema().names():
        return _DAYS["month"]
    counts = collected(subscriptions.group_by(BILLING_PERIOD).agg(nw.len().alias(N))).dropna()
    if counts.empty:
        return _DAYS["month"]
    return _DAYS[str(counts.sort_values(N)[BILLING_PERIOD].iloc[-1])]


@dataclass(frozen=True)
class ContractHistory(History):
    """Members under contract at any day; ``silent`` stands for "cancelled within the horizon"."""

    def parameters(self, cutoff: date) -> Mapping[str, Any]:
        """Most probable parameters by plan, given what was known at the cut-off."""
        counts = tenure_counts(tenures(self.record["subscriptions"], end=cutoff), by=(PLAN,))
        together = counts.groupby("renewals", as_index=False)[[LEFT, ACTIVE]].sum()
        require_members(together)
        names = CONTRACTS[self.family].parameters
        groups = {
            str(plan): own
            for plan, own in counts.groupby(PLAN)
            if own[[LEFT, ACTIVE]].to_numpy().sum() >= FEWEST_MEMBERS and own[LEFT].sum() >= FEWEST_CANCELLATIONS
        }
        if set(groups) != set(counts[PLAN].astype("str")):
            groups[_ALL] = together
        found = {plan: most_probable(own, family=self.family) for plan, own in groups.items()}
        return {plan: tuple(own[name] for name in names) for plan, own in found.items()}

    def frame(self, cutoff: date) -> Frame:
        """The signs of every member who was under contract on the evening of the cut-off; the plan is the group."""
        spells = tenures(self.record["subscriptions"], end=cutoff).filter(nw.col(ACTIVE))
        members = spells.select(
            CUSTOMER_ID,
            nw.col(PLAN).cast(nw.String).fill_null("unknown").alias("plan now"),
            nw.col(RENEWALS).cast(nw.Int64),
            STARTED_AT,
            BILLING_PERIOD,
        )
        found = super().frame(cutoff).join(members, on=CUSTOMER_ID, how="inner")
        return found.drop(ACQUISITION_CHANNEL).rename({"plan now": ACQUISITION_CHANNEL})

    def with_answer(self, table: pd.DataFrame, cutoff: date, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Add the closed form's probability of cancelling at the next renewal, and the day of it."""
        chance = np.zeros(len(table))
        made = table[RENEWALS].to_numpy(dtype=float)
        for plan in table[ACQUISITION_CHANNEL].unique():
            own = (table[ACQUISITION_CHANNEL] == plan).to_numpy()
            theta = parameters[str(plan) if str(plan) in parameters else _ALL]
            chance[own] = 1 - survival(self.family, theta, renewals=1, made=made[own])
        following = [
            pd.Timestamp(start) + (int(k) + 1) * _STEPS[str(billing)]
            for start, k, billing in zip(table[STARTED_AT], made, table[BILLING_PERIOD], strict=True)
        ]
        known = table.drop(columns=[STARTED_AT, BILLING_PERIOD])
        answers: dict[str, Any] = {CLOSED_FORM: chance, ALIVE: 1.0, CUTOFF: cutoff, "quiet_days": 0}
        return known.assign(next_renewal=pd.Series(following, index=table.index), **answers)

    def lost_share(self, table: pd.DataFrame, parameters: Mapping[str, Any]) -> np.ndarray:
        """All of it: who cancels pays nothing more."""
        return np.ones(len(table))

    def _buyers(self, cutoff: date) -> Frame:
        later = date.fromordinal(cutoff.toordinal() + self.horizon)
        still = tenures(self.record["subscriptions"], end=later).filter(nw.col(ACTIVE))
        return still.select(CUSTOMER_ID).unique().with_columns(nw.lit(1).alias("buys"))
