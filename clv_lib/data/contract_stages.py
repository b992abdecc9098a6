"""Where every member stands under contract: stages from spells and renewals, in stretches like those of purchases.

1. The first billing period is acquisition in its first quarter and activation until the first renewal.
2. Who has renewed is in retention, and from so many renewals on in loyalty; a second spell is reactivated until its
   first renewal; who has cancelled is dormant from the day after the last.
3. In the last twelfth before a renewal that fewer make than is usual, a member is at risk.

A renewal falls on the spell's first day plus whole billing periods of 7, 30.4, 91.3 or 365.25 days, rounded down.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept, lent_to
from clv_lib.data.stages import BUYS, DAY, FIRST, LAST, SINCE, TOP, UNTIL, WAY
from clv_lib.names import (
    ACQUISITION,
    ACTIVATION,
    AT_RISK,
    BILLING_PERIOD,
    CUSTOMER_ID,
    DORMANT,
    ENDED_AT,
    LIFECYCLE_STAGE,
    LOYALTY,
    REACTIVATED,
    RENEWALS,
    RENEWALS_DUE,
    RETENTION,
    SPELL,
    STARTED_AT,
    N,
)
from clv_lib.periods import DAYS_PER_WEEK, DAYS_PER_YEAR, day_number

PERIOD_DAYS: Final = {
    "week": float(DAYS_PER_WEEK),
    "month": DAYS_PER_YEAR / 12,
    "quarter": DAYS_PER_YEAR / 4,
    "year": DAYS_PER_YEAR,
}
STEP_MONTHS: Final = {"week": 1, "month": 1, "quarter": 3, "year": 12}
LOYAL_SHARE: Final = 0.50  # of those who ever renewed: as many renewals make loyal as half of them have reached
_BY_DAY: Final = {"order_by": DAY}


@dataclass(frozen=True)
class ContractRules:
    """Every number of the rules under contract.

    Attributes
    ----------
    billing : str
        The commonest billing period; ``step`` months is how far movements look.
    loyal_from : int
        Renewals.
    risky : tuple of int
        Renewals (1, 2, ...) that fewer make than is usual.
    usual : float
        Share of all renewals that fell due which were made.
    rates : DataFrame
        renewal, n (made), of (due).
    """

    billing: str
    step: int
    loyal_from: int
    risky: tuple[int, ...]
    usual: float
    rates: pd.DataFrame


def contract_rules(spells: Frame) -> ContractRules:
    """Learn the rules from spells (:func:`clv_lib.data.tenures.tenures`)."""
    cells = collected(spells.group_by(BILLING_PERIOD, RENEWALS, RENEWALS_DUE).agg(nw.len().alias(N)))
    billing = str(cells.groupby(BILLING_PERIOD)[N].sum().idxmax())
    rows = []
    for renewal in range(1, int(cells[RENEWALS_DUE].max()) + 1):
        faced = cells[(cells[RENEWALS_DUE] >= renewal) & (cells[RENEWALS] >= renewal - 1)]
        rows.append((renewal, int(faced.loc[faced[RENEWALS] >= renewal, N].sum()), int(faced[N].sum())))
    rates = pd.DataFrame(rows, columns=["renewal", "n", "of"]).astype("int64")
    usual = float(rates["n"].sum() / rates["of"].sum()) if rates["of"].sum() else 1.0
    below = rates[(rates["of"] > 0) & (rates["n"] < usual * rates["of"])]
    reached = rates[rates["n"] >= LOYAL_SHARE * rates["n"].max()]
    loyal = max(int(reached["renewal"].max()), 2) if len(reached) and rates["n"].max() else 2
    return ContractRules(billing, STEP_MONTHS[billing], loyal, tuple(int(k) for k in below["renewal"]), usual, rates)


def contract_stretches(spells: Frame, *, rules: ContractRules, end: date) -> Frame:
    """One row per member and stretch of days with one stage; columns as :func:`clv_lib.data.stages.stretches`."""
    last = end.toordinal()
    period = nw.lit(PERIOD_DAYS[rules.billing])
    for name, days in PERIOD_DAYS.items():
        period = nw.when(nw.col(BILLING_PERIOD) == name).then(nw.lit(days)).otherwise(period)
    numbers = lent_to(spells, pd.DataFrame({"k": range(int(_longest(spells)) + 2)}))
    each = spells.select(
        nw.col(CUSTOMER_ID),
        nw.col(SPELL),
        day_number(nw.col(STARTED_AT)).cast(nw.Int64).alias(FIRST),
        day_number(nw.col(ENDED_AT)).cast(nw.Int64).alias("ends"),
        period.alias("period"),
    )
    renewed = each.join(numbers, how="cross").with_columns(
        (nw.col(FIRST) + (nw.col("period") * nw.col("k")).floor().cast(nw.Int64)).alias(LAST),
        (nw.col(FIRST) + (nw.col("period") * (nw.col("k") + 1)).floor().cast(nw.Int64)).alias("next"),
    )
    quarter, twelfth = ((nw.col("period") / parts).floor().cast(nw.Int64) for parts in (4, 12))
    kinds = {
        "renewed": nw.col(LAST),
        "settling": nw.when(nw.col("k") == 0).then(nw.col(LAST) + quarter),
        "due": nw.col("next") - twelfth,
    }
    turns = [renewed.with_columns(day.alias(DAY), nw.lit(kind).alias("kind")) for kind, day in kinds.items()]
    under = nw.concat(turns).filter(
        ~nw.col(DAY).is_null() & (nw.col("ends").is_null() | (nw.col(DAY) <= nw.col("ends")))
    )
    over = renewed.filter((nw.col("ends") >= nw.col(LAST)) & (nw.col("ends") < nw.col("next"))).with_columns(
        (nw.col("ends") + 1).alias(DAY), nw.lit("over").alias("kind")
    )
    told = nw.concat([under, over]).filter(nw.col(DAY) <= last)
    return kept(_told(told.with_columns(_stage(rules).alias(LIFECYCLE_STAGE)), rules))


def _longest(spells: Frame) -> int:
    return int(collected(spells.select(nw.col(RENEWALS_DUE).max().alias("k")))["k"].iloc[0])


def _stage(rules: ContractRules) -> nw.Expr:
    """The rules, in their order: the first that holds counts, the last always holds."""
    kind, k = nw.col("kind"), nw.col("k")
    risky = (k + 1).is_in(list(rules.risky)) if rules.risky else nw.lit(False)
    conditions = [
        (DORMANT, kind == "over"),
        (AT_RISK, (kind == "due") & risky),
        (REACTIVATED, (nw.col(SPELL) > 1) & (k == 0)),
        (ACQUISITION, (k == 0) & (kind == "renewed")),
        (ACTIVATION, k == 0),
        (LOYALTY, k >= rules.loyal_from),
    ]
    stage = nw.lit(RETENTION)
    for name, holds in reversed(conditions):
        stage = nw.when(holds).then(nw.lit(name)).otherwise(stage)
    return stage


def _told(turns: Frame, rules: ContractRules) -> Frame:
    staged = turns.with_columns(
        nw.col(LIFECYCLE_STAGE).shift(1).over(CUSTOMER_ID, **_BY_DAY).alias("was"),
        nw.col(DAY).shift(-1).over(CUSTOMER_ID, **_BY_DAY).alias(UNTIL),
    )
    fresh = nw.col("was").is_null() | (nw.col("was") != nw.col(LIFECYCLE_STAGE))
    way = (nw.col("k") * TOP // rules.loyal_from).clip(upper_bound=TOP)
    return staged.with_columns(nw.when(fresh).then(nw.col(DAY)).otherwise(nw.lit(0)).alias(SINCE)).select(
        nw.col(CUSTOMER_ID),
        nw.col(DAY),
        nw.col(UNTIL),
        nw.col(LIFECYCLE_STAGE),
        nw.col(SINCE).cum_max().over(CUSTOMER_ID, **_BY_DAY),
        (nw.col("k") + 1).alias(BUYS),
        nw.col(FIRST),
        nw.col(LAST),
        way.cast(nw.Int64).alias(WAY),
    )
