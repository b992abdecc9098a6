"""Everything that the contract models read, from the tables that the data notebook has left: counts and cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.handover import ValuedCustomers
from clv_lib.data.members import VALUE_KEYS, ends_within, member_cells, members
from clv_lib.data.past import with_past
from clv_lib.data.tenures import tenure_counts, tenures
from clv_lib.errors import CannotEstimateError
from clv_lib.names import (
    ACQUISITION_CHANNEL,
    ACTIVE,
    BILLING_PERIOD,
    COHORT,
    CUSTOMER_ID,
    ENDS_WITHIN,
    LIFETIME_VALUE,
    P_ALIVE,
    PLAN,
    PRICE,
    REALISED_MARGIN,
    RENEWALS,
    RENEWALS_AHEAD,
    RENEWALS_DUE,
    RESIDUAL_CLV,
    SPELL,
    STARTED_AT,
    TENURE_MONTHS,
    TOTAL_VALUE,
    N,
)
from clv_lib.periods import ObservationWindow

ALWAYS: Final = (BILLING_PERIOD, PLAN)  # a renewal of one is not one of the other
MOST_VALUES: Final = 30  # of an attribute; one with more tells members apart and does not group them
_ZERO_FOR_THOSE_WHO_LEFT: Final = "residual", "expected_renewals"


@dataclass(frozen=True)
class Membership:
    """Members in counts and cells.

    Attributes
    ----------
    by : tuple of str
        Attributes that make a group.
    counts : DataFrame
        Members who left at each renewal and members still here, by group, as known at the end.
    before : DataFrame or None
        The same as known at the end of the calibration period; ``None`` without one.
    at_cut : DataFrame or None
        Members at that day: groups, renewals, renewals_ahead (until the end), ``n`` and ``made`` in between.
    cells : DataFrame
        Active members by group, price, renewals and what lies ahead.
    sizes : DataFrame
        By group: mean ``price`` and ``n``, all members ever.
    frame : narwhals.LazyFrame
        One row per customer: the latest spell.
    engine : DuckDBEngine
    summary : narwhals.LazyFrame
        customer_id, total_value of everybody who paid.
    profit : narwhals.LazyFrame or None
    """

    by: tuple[str, ...]
    counts: pd.DataFrame
    before: pd.DataFrame | None
    at_cut: pd.DataFrame | None
    cells: pd.DataFrame
    sizes: pd.DataFrame
    frame: Frame
    engine: DuckDBEngine
    summary: Frame
    profit: Frame | None

    def customers(self, values: pd.DataFrame, *, gross_margin: float) -> ValuedCustomers:
        """Give every customer the value of its cell; who left, or never was a member, has none to come."""
        keys = list(dict.fromkeys([*self.by, *VALUE_KEYS]))
        fresh = [str(name) for name in values.columns if name not in (*keys, N, ENDS_WITHIN)]
        shown = [ACTIVE, PLAN, BILLING_PERIOD, PRICE, STARTED_AT, "ended_at", RENEWALS, TENURE_MONTHS]
        known = self.frame.select(CUSTOMER_ID, *dict.fromkeys([*shown, *keys]))
        valued = known.join(self.engine.lend(values[[*keys, *fresh]]), on=keys, how="left").with_columns(
            *(nw.when(nw.col(ACTIVE)).then(nw.col(name)).alias(name) for name in fresh)
        )
        paid = with_past(self._everybody(), self.profit, gross_margin=gross_margin)
        # a date of nobody would have no type on some engines, so the joins come last
        found = paid.join(valued.select(CUSTOMER_ID, *shown, *fresh), on=CUSTOMER_ID, how="left")
        nothing = [name for name in fresh if name.startswith(_ZERO_FOR_THOSE_WHO_LEFT)]
        found = found.with_columns(
            nw.col(ACTIVE).fill_null(False), *(nw.col(name).fill_null(0.0) for name in nothing)
        ).with_columns(nw.col(ACTIVE).cast(nw.Int64).cast(nw.Float64).alias(P_ALIVE))
        return ValuedCustomers(
            found.with_columns((nw.col(REALISED_MARGIN) + nw.col(RESIDUAL_CLV)).alias(LIFETIME_VALUE))
        )

    def _everybody(self) -> Frame:
        ids = nw.concat([self.summary.select(CUSTOMER_ID), self.frame.select(CUSTOMER_ID)]).unique(CUSTOMER_ID)
        return ids.join(self.summary.select(CUSTOMER_ID, TOTAL_VALUE), on=CUSTOMER_ID, how="left").with_columns(
            nw.col(TOTAL_VALUE).cast(nw.Float64).fill_null(0.0)
        )


def hand_over_contracts(paths: Mapping[str, Path], *, window: ObservationWindow, horizon_months: int) -> Membership:
    """Make the counts and cells of the members.

    Parameters
    ----------
    paths : mapping of str to Path
        Parquet files of ``subscriptions``, ``summary`` and, where there are, ``customers`` and ``profit``.
    window : ObservationWindow
    horizon_months : int

    Raises
    ------
    CannotEstimateError
        There is no table of subscriptions.
    """
    if "subscriptions" not in paths:
        raise CannotEstimateError(
            "A contract model needs the table of subscriptions, but the record does not hold it. Name its file under "
            "[tables.subscriptions], or set the dataset's setting to noncontractual."
        )
    engine = DuckDBEngine()
    opened: dict[str, Frame] = {
        name: nw.from_native(engine.connection.read_parquet(str(path))) for name, path in paths.items()
    }
    attributes = _attributes(opened.get("customers"))
    spells = engine.keep(tenures(opened["subscriptions"], end=window.end), "spells")
    by = _groups(spells, attributes)
    summary = opened["summary"].select(CUSTOMER_ID, TOTAL_VALUE)
    found = members(
        spells, end=window.end, horizon_months=horizon_months, by=by, attributes=attributes, payments=summary
    )
    frame = engine.keep(found, "members")
    sizes = collected(frame.group_by(*by).agg(nw.col(PRICE).mean(), nw.len().alias(N)))
    before = at_cut = None
    if window.calibration_end is not None:
        early = engine.keep(tenures(opened["subscriptions"], end=window.calibration_end), "early")
        before = tenure_counts(early, by=by, attributes=attributes)
        at_cut = _at_cut(early, spells, by, attributes)
    return Membership(
        by=by,
        counts=tenure_counts(spells, by=by, attributes=attributes),
        before=before,
        at_cut=at_cut,
        cells=member_cells(frame, by=by, within=ends_within(spells)),
        sizes=sizes.sort_values(list(by), ignore_index=True),
        frame=frame,
        engine=engine,
        summary=summary,
        profit=opened.get("profit"),
    )


def _attributes(customers: Frame | None) -> Frame | None:
    if customers is None or ACQUISITION_CHANNEL not in customers.collect_schema().names():
        return None
    return customers.select(CUSTOMER_ID, ACQUISITION_CHANNEL).unique(CUSTOMER_ID)


def _groups(spells: Frame, attributes: Frame | None) -> tuple[str, ...]:
    """Billing period and plan always; channel and year of joining where they tell groups apart."""
    frame = spells.with_columns(nw.col(STARTED_AT).dt.year().cast(nw.String).alias(COHORT))
    wanted = [COHORT]
    if attributes is not None:
        frame, wanted = frame.join(attributes, on=CUSTOMER_ID, how="left"), [ACQUISITION_CHANNEL, COHORT]
    row = collected(frame.select(*(nw.col(name).n_unique() for name in wanted))).iloc[0]
    return (*ALWAYS, *(name for name in wanted if 1 < row[name] <= MOST_VALUES))


def _at_cut(early: Frame, late: Frame, by: tuple[str, ...], attributes: Frame | None) -> pd.DataFrame:
    """Members at the cut, with the renewals that fell due for them until the end, and those they made."""
    later = late.select(
        CUSTOMER_ID, SPELL, nw.col(RENEWALS).alias("made_by_end"), nw.col(RENEWALS_DUE).alias("due_by_end")
    )
    both = early.filter(nw.col(ACTIVE)).join(later, on=[CUSTOMER_ID, SPELL], how="inner")
    both = both.with_columns(nw.col(STARTED_AT).dt.year().cast(nw.String).alias(COHORT))
    if attributes is not None:
        both = both.join(attributes, on=CUSTOMER_ID, how="left")
    keys = [nw.col(name).cast(nw.String).fill_null("unknown").alias(name) for name in by]
    rows = both.select(
        *keys,
        RENEWALS,
        (nw.col("due_by_end") - nw.col(RENEWALS)).alias(RENEWALS_AHEAD),
        (nw.col("made_by_end") - nw.col(RENEWALS)).alias("made"),
    )
    found = collected(rows.group_by(*by, RENEWALS, RENEWALS_AHEAD).agg(nw.len().alias(N), nw.col("made").sum()))
    return found.sort_values([*by, RENEWALS, RENEWALS_AHEAD], ignore_index=True)
