"""Segments: who is treated alike, from what a customer is worth, the risk of losing it, and its stage.

The lines are drawn by profit, not by heads: of all customers who are not dormant, those of high value bring together
half of the profit to come, those of low value the last tenth of it, and a quarter of it stands at high risk, unless
the settings say otherwise. The rules are in :data:`RULES`; they look at one customer at a time, so that nobody changes
segment because others did, as long as the lines stay where they are.
"""

from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.data.customers import Frame, collected
from clv_lib.names import (
    BAND,
    CHURN_RISK,
    DORMANT,
    EVIDENCE,
    EVIDENCE_OF_STAGE,
    HIGH,
    LIFECYCLE_STAGE,
    LOW,
    MIDDLE,
    RESIDUAL_CLV,
    RISK_TIER,
    SEGMENT,
    VALUE_TIER,
    N,
)
from clv_lib.settings import SegmentsSection

BANDS: Final = 4
FEWEST_IN_BAND: Final = 20  # fewer tell nothing of their own
_RISK_STEPS: Final = 10_000  # risks are compared to a hundredth of a percent
_DIGITS: Final = 2  # of a line: who is at it is not known better, and it stays where it is from run to run


@dataclass(frozen=True)
class Cuts:
    """The lines between customers, and which of them the settings state.

    Attributes
    ----------
    high_value, low_value : float or None
        Profit to come from which a value is high, and below which it is low, in currency; None without values, and
        infinite where nobody brings any.
    high_risk : float or None
        From which a risk is high; None without risks.
    stated : frozenset of str
        Those that come from the settings.
    """

    high_value: float | None
    low_value: float | None
    high_risk: float | None
    stated: frozenset[str] = frozenset()


def cut_points(people: Frame, section: SegmentsSection) -> Cuts:
    """Draw the lines: as stated, else where the shares of profit say, rounded down to two digits.

    Parameters
    ----------
    people : narwhals.LazyFrame
        customer_id, lifecycle_stage, residual_clv and churn_risk, the last two missing where nobody knows.
    section : SegmentsSection
    """
    here = people.filter(nw.col(LIFECYCLE_STAGE) != DORMANT)
    values = _counted(here, nw.col(RESIDUAL_CLV).cast(nw.Float64))
    high = low = risk = None
    if len(values):
        high = section.high_value or _line(values, section.high_share)
        low = _line(values, 1 - section.low_share) if section.low_value is None else section.low_value
        low = min(low, high)
    risks = _counted(here, (nw.col(CHURN_RISK).cast(nw.Float64) * _RISK_STEPS).floor() / _RISK_STEPS)
    if len(risks):
        risk = section.high_risk or _line(risks, section.risk_share)
    stated = {name for name in ("high_value", "low_value", "high_risk") if getattr(section, name) is not None}
    return Cuts(high, low, risk, frozenset(stated))


def _counted(here: Frame, by: nw.Expr) -> pd.DataFrame:
    """What the customers bring by some figure, highest figure first: few rows, whatever the number of customers."""
    value = nw.col(RESIDUAL_CLV).cast(nw.Float64)
    brings = nw.when(value > 0).then(value).otherwise(nw.lit(0.0)).alias("profit")
    rows = here.with_columns(by.alias("figure"), brings).filter(~nw.col("figure").is_null())
    found = collected(rows.group_by("figure").agg(nw.col("profit").sum(), nw.len().alias(N)))
    return found.sort_values("figure", ascending=False, ignore_index=True)


def _line(counted: pd.DataFrame, part: float) -> float:
    """The figure down to which customers together bring ``part`` of the profit."""
    profit = counted["profit"].cumsum().to_numpy(float)
    if profit[-1] <= 0:
        return float("inf")
    at = int(np.searchsorted(profit, part * profit[-1] * (1 - 1e-12)))
    return rounded_down(float(counted["figure"].iloc[min(at, len(counted) - 1)]))


def rounded_down(value: float) -> float:
    """To two significant digits."""
    if value <= 0 or not isfinite(value):
        return value
    step = floor(log10(value)) - _DIGITS + 1
    return float(f"{floor(value / 10.0**step + 1e-9)}e{step}")


def segmented(people: Frame, cuts: Cuts) -> Frame:
    """Put every customer in one segment: adds value_tier, risk_tier, evidence, segment and band.

    A customer without a value, where others have one, brings nothing that is known and counts as low; where nobody has
    one the tier is missing and the stage alone decides. Without a risk, who is quiet counts as being at high risk.

    Parameters
    ----------
    people : narwhals.LazyFrame
        As for :func:`cut_points`.
    cuts : Cuts
    """
    evidence = _chosen(nw.col(LIFECYCLE_STAGE), EVIDENCE_OF_STAGE).alias(EVIDENCE)
    tiered = people.with_columns(evidence).with_columns(_value_tier(cuts), _risk_tier(cuts))
    return with_bands(tiered.with_columns(segment_of().alias(SEGMENT)))


def _chosen(column: nw.Expr, words: dict[str, names.EvidenceGroup]) -> nw.Expr:
    found = nw.lit(None).cast(nw.String)
    for key, word in words.items():
        found = nw.when(column == key).then(nw.lit(word)).otherwise(found)
    return found


def _value_tier(cuts: Cuts) -> nw.Expr:
    if cuts.high_value is None or cuts.low_value is None:
        return nw.lit(None).cast(nw.String).alias(VALUE_TIER)
    value = nw.col(RESIDUAL_CLV).cast(nw.Float64).fill_null(0.0)
    # the numbers as columns of the same type: infinity has no literal on every engine
    lower = nw.when(value >= nw.lit(min(cuts.low_value, 1e300))).then(nw.lit(MIDDLE)).otherwise(nw.lit(LOW))
    return nw.when(value >= nw.lit(min(cuts.high_value, 1e300))).then(nw.lit(HIGH)).otherwise(lower).alias(VALUE_TIER)


def _risk_tier(cuts: Cuts) -> nw.Expr:
    quiet = nw.when(nw.col(EVIDENCE) == names.QUIET).then(nw.lit(HIGH)).otherwise(nw.lit(LOW))
    if cuts.high_risk is None:
        return quiet.alias(RISK_TIER)
    risk = nw.col(CHURN_RISK).cast(nw.Float64)
    known = nw.when(risk >= nw.lit(cuts.high_risk)).then(nw.lit(HIGH)).otherwise(nw.lit(LOW))
    return nw.when(risk.is_null()).then(quiet).otherwise(known).alias(RISK_TIER)


def segment_of() -> nw.Expr:
    """The segment of a customer, from evidence, stage and tiers: the rules in their order, the first that holds."""
    stage, evidence = nw.col(LIFECYCLE_STAGE), nw.col(EVIDENCE)
    value = nw.col(VALUE_TIER).fill_null("")
    high, low, some = value == HIGH, value == LOW, (value == HIGH) | (value == MIDDLE)
    risky = nw.col(RISK_TIER) == HIGH
    rules = (
        (names.DORMANT_VALUABLE, (stage == DORMANT) & some),
        (names.DORMANT_SEGMENT, stage == DORMANT),
        (names.HIGH_VALUE_AT_RISK, (evidence == names.QUIET) & high),
        (names.OVERDUE, evidence == names.QUIET),
        (names.PROMISING, (evidence == names.NEW) & some),
        (names.NEWCOMERS, evidence == names.NEW),
        (names.CHAMPIONS, high & ~risky),
        (names.SLIPPING, high),
        (names.RETURNED, stage == names.REACTIVATED),
        (names.SMALL_REGULARS, low),
        (names.SLIPPING, risky),
        (names.LOYAL_CORE, nw.lit(value=True)),
    )
    found = nw.lit(None).cast(nw.String)
    for name, holds in reversed(rules):
        found = nw.when(holds).then(nw.lit(name)).otherwise(found)
    return found


def with_bands(frame: Frame) -> Frame:
    """Cut every segment into at most four bands by value that bring about the same; equal values stay together."""
    value = nw.col(RESIDUAL_CLV).cast(nw.Float64)
    counted = collected(
        frame.filter(~value.is_null()).group_by(SEGMENT, RESIDUAL_CLV).agg(nw.len().alias(N))
    ).sort_values(RESIDUAL_CLV, ascending=False)
    band = nw.lit(1).cast(nw.Int64)
    for segment, own in counted.groupby(SEGMENT):
        for line in band_lines(own[RESIDUAL_CLV].to_numpy(float), own[N].to_numpy(int)):
            below = (nw.col(SEGMENT) == str(segment)) & (value.fill_null(line - 1.0) < nw.lit(line))
            band = band + nw.when(below).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
    return frame.with_columns(band.alias(BAND))


def band_lines(values: np.ndarray, n: np.ndarray) -> list[float]:
    """Values that end a band, the highest first.

    Parameters
    ----------
    values, n : ndarray, dims (value,)
        Distinct values, the highest first, and their customers.
    """
    profit, heads = np.cumsum(np.maximum(values, 0.0) * n), np.cumsum(n)
    lines: list[float] = []
    before = 0
    for k in range(1, BANDS):
        enough = (
            (profit >= profit[-1] * k / BANDS) & (heads >= before + FEWEST_IN_BAND) if len(n) else np.zeros(0, bool)
        )
        if profit[-1] <= 0 or not enough.any():
            break
        at = int(np.argmax(enough))
        if heads[-1] - heads[at] < FEWEST_IN_BAND:
            break
        lines.append(float(values[at]))
        before = int(heads[at])
    return lines
