"""Whom to contact, by when, and what hangs on it.

Falling silent takes a part of a customer's value away: the share of P(alive) that is gone after a horizon of silence.
*Value at risk* is the probability of that silence times what it would take. A contact keeps a part of those who would
fall silent, the save rate, and so the expected gain of a contact today is save rate times value at risk, less its cost.

Waiting lets some slip away first. With the risk p spread evenly over the horizon h (constant hazard), waiting d days
loses ``save rate * value lost * (1 - (1 - p) ** (d / h))``; the act-by day is the last one on which that is not yet
more than a contact costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate

_NORMAL_TAIL: Final = 1.6448536269514722  # standard deviations to either end of the 90 % interval of a value
_BLOCK: Final = 2_048
RISK_COLUMNS: Final = ("churn_risk", "churn_risk_low", "churn_risk_high")
VALUE_COLUMNS: Final = ("value_at_risk", "value_at_risk_low", "value_at_risk_high")


@dataclass(frozen=True)
class Terms:
    """What a contact costs and does.

    Attributes
    ----------
    cost : float
        Of one contact, in currency.
    save_rate : ndarray, dims (draw,)
        Part of those who would fall silent whom a contact keeps.
    contacts : int
        How many there may be.
    learned_from : int
        Members of campaigns with a control group behind the rate; 0: the settings alone.
    """

    cost: float
    save_rate: np.ndarray
    contacts: int
    learned_from: int = 0

    @property
    def rate(self) -> float:
        """Mean save rate."""
        return float(self.save_rate.mean())


@dataclass(frozen=True)
class Scored:
    """Every customer with its risk, and all of them together.

    Attributes
    ----------
    customers : DataFrame
    silent : Estimate
        How many of the recent buyers will be silent.
    at_risk : Estimate or None
        Value at risk of all customers; None where values are not known.
    recent : int
        Customers who had bought within the horizon.
    """

    customers: pd.DataFrame
    silent: Estimate
    at_risk: Estimate | None
    recent: int


def days_to_act(value_lost: np.ndarray, risk: np.ndarray, *, horizon: int, save_rate: float, cost: float) -> np.ndarray:
    """Whole days that acting can wait; NaN where waiting a horizon costs no more than a contact.

    Parameters
    ----------
    value_lost : ndarray
        What silence would take, in currency.
    risk : ndarray
        Probability of silence within the horizon.
    horizon : int
        Days.
    """
    kept = save_rate * np.asarray(value_lost, dtype=float)
    risk = np.clip(np.asarray(risk, dtype=float), 1e-12, 1 - 1e-12)
    worth = kept * risk > cost
    part = np.where(worth, cost / np.where(worth, kept, 1.0), 0.0)
    return np.where(worth, np.floor(horizon * np.log1p(-part) / np.log1p(-risk) + 1e-9), np.nan)


def scored(
    table: pd.DataFrame,
    risk_of: Callable[[pd.DataFrame], np.ndarray],
    *,
    size: int,
    seed: int,
    recent: np.ndarray,
    mass: float = INTERVAL,
) -> Scored:
    """Risk and value at risk of every customer, with intervals, block by block.

    Parameters
    ----------
    table : DataFrame
        Signs, ``closed_form``, ``lost_share`` and, where values are known, ``residual_clv`` with its interval.
    risk_of : callable
        Probability of silence of some rows of the table, dims (draw, row).
    size : int
        Draws of ``risk_of``.
    seed : int
        The uncertainty of value is that of the parameters, so one draw moves every customer alike.
    recent : ndarray of bool, dims (row,)
        Customers whose silence would be news.
    """
    shift = np.random.default_rng(seed).standard_normal(size)[:, None]
    tail = (1 - mass) / 2
    parts = []
    silent, luck, total = np.zeros(size), np.zeros(size), np.zeros(size)
    for begin in range(0, len(table), _BLOCK):
        rows, news = table.iloc[begin : begin + _BLOCK], recent[begin : begin + _BLOCK]
        risk = risk_of(rows)
        silent += risk[:, news].sum(axis=1)
        luck += (risk * (1 - risk))[:, news].sum(axis=1)
        found = [risk.mean(axis=0), *np.quantile(risk, [tail, 1 - tail], axis=0)]
        if "residual_clv" in rows:
            mean, low, high = (rows[f"residual_clv{end}"].to_numpy(dtype=float) for end in ("", "_low", "_high"))
            value = np.maximum(mean + (high - low) / (2 * _NORMAL_TAIL) * shift, 0.0)
            at_risk = risk * value * rows["lost_share"].to_numpy(dtype=float)
            total += at_risk.sum(axis=1)
            found += [at_risk.mean(axis=0), *np.quantile(at_risk, [tail, 1 - tail], axis=0)]
        parts.append(np.vstack(found))
    columns = [*RISK_COLUMNS, *(VALUE_COLUMNS if "residual_clv" in table else ())]
    values = np.hstack(parts) if parts else np.zeros((len(columns), 0))
    came = silent + np.sqrt(luck) * np.random.default_rng(seed + 1).standard_normal(size)
    return Scored(
        table.assign(**dict(zip(columns, values, strict=True))),
        estimate(silent, came, mass=mass),
        estimate(total, mass=mass) if "residual_clv" in table else None,
        int(recent.sum()),
    )


def with_act_by(table: pd.DataFrame, terms: Terms, *, horizon: int, today: date) -> pd.DataFrame:
    """Add ``expected_gain`` of a contact today and ``act_by``, missing where a contact is not worth its cost."""
    lost = np.maximum(table["residual_clv"].to_numpy(dtype=float), 0.0) * table["lost_share"].to_numpy(dtype=float)
    risk = table["churn_risk"].to_numpy(dtype=float)
    wait = days_to_act(lost, risk, horizon=horizon, save_rate=terms.rate, cost=terms.cost)
    days = [None if np.isnan(each) else today + timedelta(days=int(each)) for each in wait]
    gain = terms.rate * table["value_at_risk"].to_numpy(dtype=float) - terms.cost
    return table.assign(expected_gain=gain, act_by=pd.Series(days, index=table.index, dtype=object))


def with_renewal(table: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Under contract waiting costs nothing until the day before the next renewal: that is the day to act by."""
    gain = terms.rate * table["value_at_risk"].to_numpy(dtype=float) - terms.cost
    days = [
        each.date() - timedelta(days=1) if worth else None
        for each, worth in zip(table["next_renewal"], gain > 0, strict=True)
    ]
    return table.assign(expected_gain=gain, act_by=pd.Series(days, index=table.index, dtype=object))


def watch_list(table: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """The customers whose contact is expected to gain most, as many as the budget allows; best first."""
    worth = table[table["act_by"].notna() & (table["expected_gain"] > 0)]
    order = worth.sort_values(["expected_gain", "customer_id"], ascending=[False, True])
    return order.head(terms.contacts).reset_index(drop=True)
