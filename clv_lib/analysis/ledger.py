"""The cost ledger made ready: money in whole units, purposes told apart, and what does not agree said.

A line of the ledger is one amount of one kind in one month. Two things are split off before anything is shared out:

1. what a pool or channel books for welcoming new customers becomes the purpose ``onboarding``;
2. the part of a marketing line that wins new customers (``[costs.channels.NAME] acquisition_share``) becomes
   ``acquisition``; the rest stays ``marketing`` and speaks to those who are customers already.

Both keep every unit of money: the parts of a line add up to the line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected, money_units
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.errors import DataError
from clv_lib.names import (
    AMOUNT,
    AMOUNT_HIGH,
    AMOUNT_LOW,
    CAMPAIGN_ID,
    CHANNEL,
    CUSTOMER_ID,
    KIND,
    MONTH,
    POOL,
    REPORTED_SPEND,
    TAX,
)
from clv_lib.periods import month_number, month_number_of
from clv_lib.settings import CostsSection
from clv_lib.settings.costs import COST_KINDS

ONBOARDING: Final = "onboarding"
PURPOSES: Final = (*COST_KINDS, ONBOARDING)
UNITS: Final = "units"  # money in 1/10,000 of the currency, an integer
NUMBER: Final = "month_number"
ID: Final = "line_customer"  # customer that a line names; "" for none
_TEXT: Final = (CUSTOMER_ID, CHANNEL, CAMPAIGN_ID, POOL, TAX)


def ledger_lines(costs: Frame, *, settings: CostsSection, end: date) -> Frame:
    """Lines of the ledger up to the month of ``end``, with the purpose told apart.

    Parameters
    ----------
    costs : narwhals.LazyFrame
        The accepted table ``costs``: month, kind, amount; optional columns may be missing.
    settings : CostsSection
    end : date
        Nothing booked for a later month is read.

    Returns
    -------
    narwhals.LazyFrame
        ``month_number``, ``kind`` (with ``onboarding``), ``booked_kind``, ``line_customer``, ``channel``,
        ``campaign_id``, ``pool``, ``tax`` (empty text for none), ``units`` (1/10,000 of the currency),
        ``amount``, ``amount_low``, ``amount_high`` (currency; the range is null where the amount is no estimate).
    """
    there = costs.collect_schema().names()
    blank = nw.lit("")
    texts = {name: nw.col(name).fill_null(blank) if name in there else blank for name in _TEXT}
    nothing = nw.lit(None).cast(nw.Float64)
    ranges = {name: nw.col(name) if name in there else nothing for name in (AMOUNT_LOW, AMOUNT_HIGH)}
    lines = costs.filter(month_number(nw.col(MONTH)) <= month_number_of(end)).select(
        month_number(nw.col(MONTH)).alias(NUMBER),
        nw.col(KIND).alias("booked_kind"),
        money_units(nw.col(AMOUNT)).alias(UNITS),
        nw.col(AMOUNT).cast(nw.Float64),
        *(text.cast(nw.String).alias(ID if name == CUSTOMER_ID else name) for name, text in texts.items()),
        *(column.cast(nw.Float64).alias(name) for name, column in ranges.items()),
    )
    welcoming = nw.col(POOL).is_in(settings.onboarding) | nw.col(CHANNEL).is_in(settings.onboarding)
    lines = lines.with_columns(nw.when(welcoming).then(nw.lit(ONBOARDING)).otherwise(nw.col("booked_kind")).alias(KIND))
    return _with_acquisition_split_off(lines, settings)


def _with_acquisition_split_off(lines: Frame, settings: CostsSection) -> Frame:
    """Two lines for one of marketing whose channel also wins customers; the rest as they are."""
    shares = {name: channel.acquisition_share for name, channel in settings.channels.items()}
    shares = {name: share for name, share in shares.items() if share > 0}
    if not shares:
        return lines
    split = (nw.col(KIND) == "marketing") & nw.col(CHANNEL).is_in(list(shares))
    parts = []
    for name, share in shares.items():
        here = lines.filter((nw.col(KIND) == "marketing") & (nw.col(CHANNEL) == name))
        won = (nw.col(UNITS) * share).round(0).cast(nw.Int64)
        parts += [
            _scaled(here.with_columns(won.alias(UNITS), nw.lit("acquisition").alias(KIND)), share),
            _scaled(here.with_columns((nw.col(UNITS) - won).alias(UNITS)), 1 - share),
        ]
    return nw.concat([lines.filter(~split), *parts]).filter((nw.col(UNITS) != 0) | nw.col(AMOUNT_LOW).is_null())


def _scaled(lines: Frame, share: float) -> Frame:
    return lines.with_columns(
        (nw.col(UNITS) / MONEY_UNITS).alias(AMOUNT),
        (nw.col(AMOUNT_LOW) * share).alias(AMOUNT_LOW),
        (nw.col(AMOUNT_HIGH) * share).alias(AMOUNT_HIGH),
    )


@dataclass(frozen=True)
class Disagreements:
    """What in the ledger does not agree with the other tables; amounts in currency.

    Attributes
    ----------
    unknown_campaigns : DataFrame
        campaign_id, amount: booked on a campaign that is not in the table of campaigns.
    without_campaign : float or None
        Acquisition and marketing booked without a campaign, where there are campaigns; None without them.
    campaigns : DataFrame
        campaign_id, booked, reported, difference of the campaigns whose ledger and own report differ.
    tax : DataFrame
        tax ("incl", "excl" or "" for unmarked), amount, lines; more than one row means that amounts with and without
        tax were added.
    corrections : float
        Sum of the negative amounts.
    """

    unknown_campaigns: pd.DataFrame
    without_campaign: float | None
    campaigns: pd.DataFrame
    tax: pd.DataFrame
    corrections: float

    @property
    def mixed_tax(self) -> bool:
        """Whether amounts with tax and amounts without stand in one ledger."""
        return len(self.tax) > 1


def disagreements(lines: Frame, campaigns: Frame | None) -> Disagreements:
    """Compare the ledger with the campaigns, and its tax marks with each other.

    Parameters
    ----------
    lines : narwhals.LazyFrame
        From :func:`ledger_lines`.
    campaigns : narwhals.LazyFrame or None
        The accepted table ``campaigns``.
    """
    taxes = _sums(lines, TAX)
    negative = collected(lines.filter(nw.col(UNITS) < 0).select(nw.col(UNITS).sum()))[UNITS].iloc[0]
    unknown = pd.DataFrame({CAMPAIGN_ID: [], AMOUNT: []})
    differing = pd.DataFrame({CAMPAIGN_ID: [], "booked": [], "reported": [], "difference": []})
    without = None
    if campaigns is not None:
        booked = _sums(lines, CAMPAIGN_ID).set_index(CAMPAIGN_ID)[AMOUNT]
        spending = lines.filter(nw.col(KIND).is_in(["acquisition", "marketing"]))
        without = float(_sums(spending, CAMPAIGN_ID).set_index(CAMPAIGN_ID)[AMOUNT].get("", 0.0))
        known = _campaigns(campaigns)
        unknown = booked.drop([*known, ""], errors="ignore").reset_index()
        reported = pd.Series(known, dtype="float64").dropna()
        both = pd.DataFrame({"booked": booked.reindex(reported.index).fillna(0.0), "reported": reported})
        both["difference"] = both["booked"] - both["reported"]
        differing = both[both["difference"].round(4) != 0].rename_axis(CAMPAIGN_ID).reset_index()
    return Disagreements(unknown, without, differing, taxes, 0.0 if pd.isna(negative) else negative / MONEY_UNITS)


def _campaigns(campaigns: Frame) -> Mapping[str, float]:
    """Every campaign with the spend that it reports; NaN where it reports none."""
    named = campaigns.collect_schema().names()
    spend = nw.col(REPORTED_SPEND) if REPORTED_SPEND in named else nw.lit(None).cast(nw.Float64).alias(REPORTED_SPEND)
    found = collected(campaigns.select(nw.col(CAMPAIGN_ID), spend))
    return dict(zip(found[CAMPAIGN_ID], found[REPORTED_SPEND].astype("float64"), strict=True))


def _sums(lines: Frame, key: str) -> pd.DataFrame:
    """Amount and number of lines per value of a column, in the order of the values."""
    found = collected(lines.group_by(key).agg(nw.col(UNITS).sum(), nw.len().alias("lines")))
    found[AMOUNT] = found.pop(UNITS).astype("int64") / MONEY_UNITS
    return found.sort_values(key, ignore_index=True)


def monthly_spend(lines: Frame) -> pd.DataFrame:
    """The ledger by month, kind, kind as booked and channel: ``month_number, kind, booked_kind, channel, amount``."""
    keys = [NUMBER, KIND, "booked_kind", CHANNEL]
    found = collected(lines.group_by(*keys).agg(nw.col(UNITS).sum()))
    found[AMOUNT] = found.pop(UNITS).astype("int64") / MONEY_UNITS
    return found.sort_values(keys, ignore_index=True)


def estimated_lines(lines: Frame) -> pd.DataFrame:
    """Lines that are estimates with a range: ``month_number, kind, amount, amount_low, amount_high``.

    Raises
    ------
    DataError
        A range does not hold its own amount.
    """
    found = collected(
        lines.filter(~nw.col(AMOUNT_LOW).is_null() & ~nw.col(AMOUNT_HIGH).is_null()).select(
            NUMBER, KIND, AMOUNT, AMOUNT_LOW, AMOUNT_HIGH
        )
    )
    slack = 1 / MONEY_UNITS
    wrong = found[(found[AMOUNT] < found[AMOUNT_LOW] - slack) | (found[AMOUNT] > found[AMOUNT_HIGH] + slack)]
    if len(wrong):
        first = wrong.iloc[0]
        raise DataError(
            f"an estimated cost must lie inside its own range, but {len(wrong)} of {len(found)} do not (first: "
            f"{first[KIND]}, amount {first[AMOUNT]:g}, range {first[AMOUNT_LOW]:g} to {first[AMOUNT_HIGH]:g}). "
            "Usually amount_low and amount_high are swapped, or hold shares; correct the table costs."
        )
    return found.sort_values([NUMBER, KIND, AMOUNT], ignore_index=True)
