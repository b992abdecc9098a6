"""The rules of the lifecycle stages in numbers: what the settings state, and what the data say where they do not.

1. A customer's gaps between purchases are exponential at an own rate; rates are Gamma(weight, weight * rhythm).
2. After x gaps of t days together the rate is Gamma(weight + x, weight * rhythm + t), so the customer's rhythm, one
   over the mean rate, is ``(weight * rhythm + t) / (weight + x)``: the own mean gap, drawn towards that of all.
3. ``weight`` and ``rhythm`` maximise the likelihood of everybody's gaps with the rates integrated out,
   ``prod Gamma(w + x) / Gamma(w) * (w m)^w / (w m + t)^(w + x)``: empirical Bayes, two numbers from thousands of gaps.
4. How long is too long is read off the waits that ended: each over the rhythm that was known when it began.
"""

import math
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import gammaln

from clv_lib.data.customers import SPEND_BIN_WIDTH, Frame, collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CUSTOMER_ID, PURCHASE_DAY, N
from clv_lib.settings import StagesSection

AT_RISK_QUANTILE: Final = 0.80  # of the waits that ended
DORMANT_QUANTILE: Final = 0.95
LOYAL_QUANTILE: Final = 0.80  # of the purchase days of regulars
VALUE_QUANTILE: Final = 0.90  # of the revenue of regulars
FEWEST_GAPS: Final = 30  # fewer and the defaults below stand in for what the data would say
USUAL_RHYTHM: Final = 30.0  # days
USUAL_WEIGHT: Final = 1.0  # gaps
USUAL_WAITS: Final = (2.0, 4.0)  # rhythms: at risk, dormant
USUAL_LOYAL: Final = 10  # purchase days
BEFORE: Final = "gaps_before"
PAST: Final = "days_before"
GAP: Final = "gap"
_STEPS: Final = 10  # per rhythm: waits are counted in tenths, rounded up


@dataclass(frozen=True)
class StageRules:
    """Every number of the rules.

    Attributes
    ----------
    acquisition_days, least_silence_days, referral_days : int
        Days.
    regular_from, loyal_from, settled_from : int
        Purchase days.
    loyal_value : float
        Revenue, in currency; infinite where nobody is loyal by value.
    at_risk_after, dormant_after : float
        Times the own rhythm.
    rhythm_days, rhythm_weight : float
        Days between purchases of all, and how many own gaps count as much.
    derived : tuple of str
        Which of them the data gave.
    gaps : int
        How many gaps between purchases they were learnt from.
    """

    acquisition_days: int
    regular_from: int
    loyal_from: int
    loyal_value: float
    at_risk_after: float
    dormant_after: float
    least_silence_days: int
    settled_from: int
    referral_days: int
    rhythm_days: float
    rhythm_weight: float
    derived: tuple[str, ...] = ()
    gaps: int = 0

    @property
    def prior_days(self) -> float:
        """Days that the rhythm of all adds to a customer's own."""
        return self.rhythm_days * self.rhythm_weight


def stage_rules(section: StagesSection, days: Frame) -> StageRules:
    """Fill in what the settings leave open; derived numbers are rounded, so that what is printed is what is used.

    Parameters
    ----------
    section : StagesSection
    days : narwhals.LazyFrame
        From :func:`clv_lib.data.customers.purchase_days`, cut at the end of the observation.
    """
    gaps = gaps_of(days)
    seconds = _counts(gaps.filter(nw.col(BEFORE) == 0), GAP)
    count = int(collected(gaps.select(nw.len().alias(N)))[N].iloc[0])
    enough = count >= FEWEST_GAPS
    rhythm, weight = _rhythm(days) if enough else (USUAL_RHYTHM, USUAL_WEIGHT)
    rhythm, weight = section.rhythm_days or rhythm, section.rhythm_weight or weight
    waits = _waits(gaps, rhythm, weight)
    usual = [_quantile(waits, each) for each in (AT_RISK_QUANTILE, DORMANT_QUANTILE)] if enough else USUAL_WAITS
    at_risk, dormant = section.at_risk_after or usual[0], section.dormant_after or usual[1]
    buyers, values = _regulars(days, section.regular_from)
    loyal = max(round(_quantile(buyers, LOYAL_QUANTILE, USUAL_LOYAL)), section.regular_from)
    acquisition = section.acquisition_days
    return StageRules(
        acquisition_days=acquisition if acquisition is not None else round(_quantile(seconds, 0.5, rhythm)),
        regular_from=section.regular_from,
        loyal_from=section.loyal_from or loyal,
        loyal_value=section.loyal_value or _rounded(_quantile(values, VALUE_QUANTILE, math.inf)),
        at_risk_after=min(at_risk, dormant) if section.at_risk_after is None else at_risk,
        dormant_after=max(at_risk, dormant),
        least_silence_days=section.least_silence_days,
        settled_from=section.settled_from,
        referral_days=section.referral_days,
        rhythm_days=rhythm,
        rhythm_weight=weight,
        derived=tuple(name for name in type(section).model_fields if getattr(section, name) is None),
        gaps=count,
    )


def gaps_of(days: Frame) -> Frame:
    """A row per purchase day but the first: ``customer_id, before, past, gap``.

    ``before`` gaps of ``past`` days together were known when the wait of ``gap`` days began.
    """
    by_day = {"order_by": PURCHASE_DAY}
    return (
        days.select(CUSTOMER_ID, PURCHASE_DAY, nw.lit(1).cast(nw.Int64).alias("one"))
        .with_columns(
            (nw.col("one").cum_sum().over(CUSTOMER_ID, **by_day) - 2).alias(BEFORE),
            nw.col(PURCHASE_DAY).shift(1).over(CUSTOMER_ID, **by_day).alias("last"),
            nw.col(PURCHASE_DAY).min().over(CUSTOMER_ID).alias("first"),
        )
        .filter(nw.col(BEFORE) >= 0)
        .select(
            CUSTOMER_ID,
            BEFORE,
            (nw.col("last") - nw.col("first")).alias(PAST),
            (nw.col(PURCHASE_DAY) - nw.col("last")).alias(GAP),
        )
    )


def rhythm_of(gaps: nw.Expr, past: nw.Expr, *, rhythm: float, weight: float) -> nw.Expr:
    """The own mean gap in days, drawn towards that of all."""
    return (past + rhythm * weight) / (gaps + weight)


def _rhythm(days: Frame) -> tuple[float, float]:
    """Rhythm of all in days, and its weight in gaps, by maximum likelihood of everybody's gaps."""
    each = days.group_by(CUSTOMER_ID).agg(
        nw.len().alias(N), nw.col(PURCHASE_DAY).min().alias("first"), nw.col(PURCHASE_DAY).max().alias("last")
    )
    seen = each.filter(nw.col(N) > 1).select(
        (nw.col(N).cast(nw.Int64) - 1).alias(BEFORE), (nw.col("last") - nw.col("first")).alias(PAST)
    )
    cells = collected(seen.group_by(BEFORE, PAST).agg(nw.len().alias(N))).sort_values([BEFORE, PAST])
    x, t, n = (cells[name].to_numpy(dtype=float) for name in (BEFORE, PAST, N))

    def loss(theta: np.ndarray) -> float:
        w, m = np.exp(theta)
        own = gammaln(w + x) - gammaln(w) + w * np.log(w * m) - (w + x) * np.log(w * m + t)
        return -float(n @ own) / float(n.sum())

    start = np.log([USUAL_WEIGHT, float(n @ t) / float(n @ x)])
    bounds = [(math.log(0.05), math.log(1_000.0)), (math.log(0.5), math.log(5_000.0))]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    weight, rhythm = np.exp(found.x)
    return round(float(rhythm), 1), round(float(weight), 2)


def _waits(gaps: Frame, rhythm: float, weight: float) -> pd.DataFrame:
    """Waits that ended, in steps of a tenth of the rhythm known when they began, with counts."""
    known = rhythm_of(nw.col(BEFORE), nw.col(PAST), rhythm=rhythm, weight=weight)
    step = (nw.col(GAP) / known * _STEPS).ceil().cast(nw.Int64)
    found = _counts(gaps.with_columns(step.alias("steps")), "steps")
    return found.assign(value=found["value"] / _STEPS)


def _regulars(days: Frame, regular_from: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchase days and revenue of the regulars, each as values with counts."""
    each = days.group_by(CUSTOMER_ID).agg(nw.len().alias(BEFORE), nw.col("value").sum())
    regulars = each.filter(nw.col(BEFORE) >= regular_from)
    paying = regulars.filter(nw.col("value") > 0)
    step = (nw.col("value").cast(nw.Float64).log() / SPEND_BIN_WIDTH).floor().cast(nw.Int64).alias("step")
    values = _counts(paying.with_columns(step), "step")
    return _counts(regulars, BEFORE), values.assign(value=np.exp(values["value"] * SPEND_BIN_WIDTH) / MONEY_UNITS)


def _counts(frame: Frame, column: str) -> pd.DataFrame:
    found = collected(frame.group_by(column).agg(nw.len().alias(N))).rename(columns={column: "value"})
    return found.astype("float64").sort_values("value", ignore_index=True)


def _quantile(counts: pd.DataFrame, level: float, otherwise: float = math.nan) -> float:
    """Smallest value that so large a share does not exceed."""
    if counts.empty:
        return otherwise
    share = counts[N].cumsum() / counts[N].sum()
    return float(counts["value"].to_numpy()[int(np.searchsorted(share.to_numpy(), level - 1e-12))])


def _rounded(value: float) -> float:
    """To three digits, as people would state it."""
    return float(f"{value:.3g}")
