"""Members as the valuation sees them: what they pay, how many renewals they made, when the next ones fall due."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.tenures import UNKNOWN
from clv_lib.names import (
    ACTIVE,
    BILLING_PERIOD,
    COHORT,
    CUSTOMER_ID,
    ENDED_AT,
    ENDS_WITHIN,
    MONTHS,
    PRICE,
    RENEWALS,
    RENEWALS_AHEAD,
    RENEWALS_DUE,
    SPELL,
    STARTED_AT,
    TENURE_MONTHS,
    TOTAL_VALUE,
    WAIT,
    N,
)
from clv_lib.periods import (
    DAYS_PER_YEAR,
    billing_periods_between,
    billing_periods_per_year,
    day_number,
    months_after,
    periods_since,
)

WAIT_STEPS: Final = 12  # of a billing period: what is paid within such a step is discounted alike
PRICE_DIGITS: Final = 2
NEAR: Final = {"week": 1, "month": 3, "quarter": 4, "year": 5}  # days; months are of different lengths
VALUE_KEYS: Final = (PRICE, RENEWALS, RENEWALS_AHEAD, WAIT)


def members(
    spells: Frame,
    *,
    end: date,
    horizon_months: int,
    by: Sequence[str],
    attributes: Frame | None = None,
    payments: Frame | None = None,
) -> Frame:
    """Every customer's latest spell, with the group it belongs to and the renewals that lie ahead.

    Parameters
    ----------
    spells : narwhals.LazyFrame
        From :func:`~clv_lib.data.tenures.tenures`.
    end : date
    horizon_months : int
    by : sequence of str
        As for :func:`~clv_lib.data.tenures.tenure_counts`.
    attributes : narwhals.LazyFrame, optional
        One row per customer.
    payments : narwhals.LazyFrame, optional
        ``customer_id, total_value``: where the table of subscriptions has no price, what the customer paid on average
        for a period stands in.

    Returns
    -------
    narwhals.LazyFrame
        The columns of the spells and of ``by``; ``renewals_ahead`` (that fall due within the horizon) and ``wait``
        (until the next one, in billing periods, in steps of a twelfth).
    """
    latest = nw.col(SPELL).max().over(CUSTOMER_ID)
    frame = spells.filter(nw.col(SPELL) == latest).with_columns(
        nw.col(STARTED_AT).dt.year().cast(nw.String).alias(COHORT),
        nw.lit(end).cast(nw.Date).alias("as_of"),
        nw.lit(months_after(end, horizon_months)).cast(nw.Date).alias("horizon_end"),
    )
    if attributes is not None:
        frame = frame.join(attributes, on=CUSTOMER_ID, how="left")
    start, billing = nw.col(STARTED_AT), nw.col(BILLING_PERIOD)
    if payments is not None:
        paid = payments.select(CUSTOMER_ID, nw.col(TOTAL_VALUE).cast(nw.Float64).alias("paid"))
        frame = frame.join(paid, on=CUSTOMER_ID, how="left")
        frame = frame.with_columns(nw.col(PRICE).fill_null(nw.col("paid") / (nw.col(RENEWALS) + 1)).alias(PRICE))
    gone = periods_since(start, nw.col("as_of"), billing) - nw.col(RENEWALS_DUE)
    wait = ((1 - nw.min_horizontal(nw.max_horizontal(gone, nw.lit(0.0)), nw.lit(1.0))) * WAIT_STEPS).round(0)
    keys = [nw.col(name).cast(nw.String).fill_null(UNKNOWN).alias(name) for name in by]
    return frame.with_columns(
        *keys,
        nw.col(PRICE).fill_null(0.0).round(PRICE_DIGITS),
        nw.col(MONTHS).alias(TENURE_MONTHS),
        (billing_periods_between(start, nw.col("horizon_end"), billing) - nw.col(RENEWALS_DUE)).alias(RENEWALS_AHEAD),
        (wait / WAIT_STEPS).alias(WAIT),
    )


def member_cells(found: Frame, *, by: Sequence[str], within: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Active members who share group, price, renewals and what lies ahead, counted: ``n``.

    ``within`` is what :func:`ends_within` found, by billing period; it becomes the column of that name.
    """
    keys = list(dict.fromkeys([*by, *VALUE_KEYS]))
    counted = collected(found.filter(nw.col(ACTIVE)).group_by(*keys).agg(nw.len().alias(N)))
    return _ending(counted.astype({N: "int64"}).sort_values(keys, ignore_index=True), within)


def _ending(cells: pd.DataFrame, within: Mapping[str, float] | None) -> pd.DataFrame:
    if within is None:
        return cells
    return cells.assign(**{ENDS_WITHIN: cells[BILLING_PERIOD].astype(str).map(within).fillna(0.0)})


def ends_within(spells: Frame) -> dict[str, float]:
    """Share of the cancellations that came in the middle of a billing period, by billing period.

    A last day within :data:`NEAR` days of an anniversary, or on it, is taken for an end with the period; of ends that
    are spread evenly so many fall there by themselves, and the share is raised by as much.
    """
    left = spells.filter(~nw.col(ACTIVE))
    since = periods_since(nw.col(STARTED_AT), nw.col(ENDED_AT), nw.col(BILLING_PERIOD)).alias("since")
    cells = collected(left.select(BILLING_PERIOD, since).group_by(BILLING_PERIOD, "since").agg(nw.len().alias(N)))
    found = {}
    for billing, own in cells.groupby(BILLING_PERIOD):
        near = NEAR[str(billing)] * billing_periods_per_year(str(billing)) / DAYS_PER_YEAR
        apart = (own["since"] - own["since"].round()).abs()
        middle = float(own.loc[apart > near, N].sum() / own[N].sum())
        found[str(billing)] = min(middle / (1 - 2 * near), 1.0)
    return found


def starting_cells(found: Frame, *, by: Sequence[str], within: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Active members who share group, first day of the spell, renewals, and whether they were members before: ``n``.

    ``started`` is a day number, ``again`` 1 where the spell is not the first; ``within`` as for :func:`member_cells`.
    """
    rows = found.filter(nw.col(ACTIVE)).select(
        *by,
        day_number(nw.col(STARTED_AT)).cast(nw.Int64).alias("started"),
        (nw.col(SPELL) > 1).cast(nw.Int64).alias("again"),
        RENEWALS,
    )
    keys = [*by, "started", "again", RENEWALS]
    counted = collected(rows.group_by(*keys).agg(nw.len().alias(N)))
    return _ending(counted.astype({N: "int64", RENEWALS: "int64"}).sort_values(keys, ignore_index=True), within)
