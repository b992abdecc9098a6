"""What to watch under contract, period by period: renewals made, churn, and how much of the revenue was kept.

Periods are as long as the usual billing period, or longer: in a month in which no renewal falls due nobody can leave.
Shares of renewals and of members are Beta given their counts, as without a contract; the parts of revenue that were
kept are ratios of sums with a standard error, normal, the earlier periods scattering more than that where they do.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.contract_audit import ContractAudit
from clv_lib.analysis.watch_metrics import FEWEST_BEFORE, Watched, compared, watched_metrics
from clv_lib.data.customers import Frame
from clv_lib.data.renewals_due import renewals_by_month
from clv_lib.data.tenures import tenures
from clv_lib.names import PERIOD

NUMBER: Final = "month_number"  # of the shared tables; here the number of a period
COMPARED: Final = {1: (3, 12), 3: (1, 4), 12: (1, 4)}  # periods set against how many before, by their months
_REACH: Final = 1.645  # standard errors to either end of a 90 % interval
_DRAWS: Final = 4_000
_LEAST: Final = 1e-6  # of a standard error


def contract_metrics(record: Mapping[str, Frame], audit: ContractAudit, *, seed: int) -> tuple[Watched, ...]:
    """Renewal rate, churn, gross and net retention of revenue.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        subscriptions.
    audit : ContractAudit
        The page on retention has it, too; its periods are those of the metrics.
    seed : int
    """
    recent, before = COMPARED[audit.periods.months]
    months = renewals_by_month(tenures(record["subscriptions"], end=audit.window.end))
    shares = {
        "renewal": _by_period(months, audit.periods.months, list(audit.periods.complete)),
        "churn": _churn(audit.revenue.churn),
    }
    money = [
        _kept(name, audit.revenue.kept, recent, before, np.random.default_rng(seed + k))
        for k, name in enumerate(("gross", "net"), start=10)
    ]
    return watched_metrics(shares, seed=seed, more=money, recent=recent, before=before)


def _by_period(months: pd.DataFrame, length: int, complete: list[int]) -> pd.DataFrame:
    table = months.assign(**{NUMBER: months[NUMBER] // length}).groupby(NUMBER, as_index=False)[["n", "of"]].sum()
    return table[table[NUMBER].isin(complete)].reset_index(drop=True)


def _churn(churn: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({NUMBER: churn[PERIOD], "n": churn["lapsed"], "of": churn["n"]})


def _kept(name: str, table: pd.DataFrame, recent: int, before: int, rng: np.random.Generator) -> Watched:
    """One part of revenue kept, compared as the shares are."""
    own = table[table[name].notna()].reset_index(drop=True)
    rate, n = own[name].to_numpy(float), own["n"].to_numpy(float)
    reach = np.maximum(rate - own[f"{name}_low"].to_numpy(float), own[f"{name}_high"].to_numpy(float) - rate)
    error = np.maximum(reach / _REACH, _LEAST)
    monthly = pd.DataFrame({NUMBER: own[PERIOD], "n": rate * n, "of": n, "rate": rate})
    now, then = compared(len(own), recent, before)
    spread = _spread(rate[then], error[then])
    latest, earlier = (_normal(rng, rate[part], error[part] * spread, n[part]) for part in (now, then))
    known = len(rate[then]) >= FEWEST_BEFORE and len(rate[now]) == recent
    p_worse = float((latest < earlier).mean()) if known else float("nan")
    return Watched(f"{name}_retention", monthly, _told(latest), _told(earlier), p_worse)


def _spread(rate: np.ndarray, error: np.ndarray) -> float:
    """How many times farther apart the periods are than their errors say; 1 at the least."""
    if len(rate) < FEWEST_BEFORE:
        return 1.0
    weight = error**-2
    mean = (weight * rate).sum() / weight.sum()
    return max(1.0, float(np.sqrt((weight * (rate - mean) ** 2).sum() / (len(rate) - 1))))


def _normal(rng: np.random.Generator, rate: np.ndarray, error: np.ndarray, n: np.ndarray) -> np.ndarray:
    if not len(rate):
        return np.full(1, np.nan)
    weight = n / n.sum()
    return weight @ rate + np.sqrt((weight**2 * error**2).sum()) * rng.standard_normal(_DRAWS)


def _told(draws: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(draws, [0.05, 0.95])
    return float(draws.mean()), float(max(low, 0.0)), float(high)
