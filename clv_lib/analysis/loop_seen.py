"""What a company that plays rounds knows on the evening before one: the suite's own reading of its log, and no more.

The same functions as on the pages: cells, purchase and spend model, residual CLV, risk of silence, stages, segments.
Only the sampler is left out (:func:`~clv_lib.models.quick.quick_draws`), so that many rounds can be played.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.cells_ahead import CellsAhead, customers_ahead
from clv_lib.analysis.economics import Economics
from clv_lib.analysis.families import Draws
from clv_lib.analysis.group_value import ValueModel
from clv_lib.analysis.segment_base import SegmentBase, segment_base
from clv_lib.analysis.segments import cut_points, segmented
from clv_lib.data.customer_cells import cells as cells_of
from clv_lib.data.customer_cells import spend_cells as spend_cells_of
from clv_lib.data.customer_cells import valuation_cells as valuation_cells_of
from clv_lib.data.customers import collected, customer_summary, purchase_days
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.keeping import kept
from clv_lib.data.month_stages import stages_on
from clv_lib.data.stage_rules import stage_rules
from clv_lib.data.stages import stretches
from clv_lib.models.no_purchase import alive_after_silence, no_purchase
from clv_lib.models.priors import priors_of
from clv_lib.models.quick import quick_draws
from clv_lib.names import (
    BAND,
    CHURN_RISK,
    CUSTOMER_ID,
    FREQUENCY,
    LIFECYCLE_STAGE,
    REACHABLE,
    RECENCY,
    RESIDUAL_CLV,
    SEGMENT,
    SPEND_BIN,
    VALUE_AT_RISK,
    N,
    PurchaseFamily,
    T,
)
from clv_lib.periods import days_to_weeks
from clv_lib.settings import SegmentsSection, StagesSection

FAMILY: Final[PurchaseFamily] = "pareto_nbd"
RISK_DAYS: Final = 56
KEYS: Final = (FREQUENCY, RECENCY, T, SPEND_BIN)
_RISKS: Final = (CHURN_RISK, f"{CHURN_RISK}_low", f"{CHURN_RISK}_high")


@dataclass(frozen=True)
class Seen:
    """Everyone who has bought, as the company sees them.

    Attributes
    ----------
    people : pandas.DataFrame
        One row per customer: ``customer_id, segment, band, evidence, lifecycle_stage, residual_clv, churn_risk,
        reachable``.
    base : SegmentBase
    """

    people: pd.DataFrame
    base: SegmentBase


def fit(transactions: pd.DataFrame, *, end: date, economics: Economics, draws: int, seed: int) -> ValueModel:
    """Fit the models to a log up to its last day; half a year of rounds later their parameters are still right."""
    with DuckDBEngine() as engine:
        summary = kept(customer_summary(engine.lend(transactions), end=end, resolution="week"))
        cells, amounts = cells_of(summary), spend_cells_of(summary)
    return ValueModel(
        quick_draws(cells, family=FAMILY, priors=priors_of(FAMILY), size=draws, seed=seed),
        quick_draws(amounts, family="gamma_gamma", priors=priors_of("gamma_gamma"), size=draws, seed=seed + 1),
        FAMILY,
        economics,
    )


def look(
    transactions: pd.DataFrame,
    reachable: set[str],
    model: ValueModel,
    *,
    end: date,
    seed: int,
    section: SegmentsSection | None = None,
) -> Seen:
    """Read a log up to its last day.

    Parameters
    ----------
    transactions : pandas.DataFrame
        customer_id, ordered_at, amount.
    reachable : set of str
        Customers who may be written to.
    model : ValueModel
    end : date
        Last day of the log.
    seed : int
    section : SegmentsSection, optional
    """
    with DuckDBEngine() as engine:
        log = kept(engine.lend(transactions))
        summary = kept(customer_summary(log, end=end, resolution="week"))
        cells = valuation_cells_of(summary)
        ahead = list(customers_ahead(model, cells))
        valued = _valued(cells, model.purchase_draws, ahead)
        rules = stage_rules(StagesSection(), kept(purchase_days(log)))
        stages = stages_on(stretches(log, rules=rules, end=end), end).select(CUSTOMER_ID, LIFECYCLE_STAGE)
        own = collected(summary.select(CUSTOMER_ID, *KEYS).join(stages, on=CUSTOMER_ID, how="inner"))
        own = own.merge(valued, on=list(KEYS), how="left")
        own[REACHABLE] = own[CUSTOMER_ID].isin(reachable)
        frame = kept(engine.lend(own))
        people = collected(segmented(frame, cut_points(frame, section or SegmentsSection())))
    people = people.sort_values(CUSTOMER_ID, ignore_index=True)
    base = segment_base(
        _counted(people),
        people[[SEGMENT, LIFECYCLE_STAGE]].drop_duplicates(),
        cells,
        ahead,
        keys=KEYS,
        draws=model.draws,
        horizon_days=RISK_DAYS,
        seed=seed + 2,
    )
    return Seen(people, replace(base, groups=_with_stages(base.groups, people)))


def _valued(cells: pd.DataFrame, purchases: Draws, ahead: list[CellsAhead]) -> pd.DataFrame:
    """Value, risk of silence and value at risk of one customer of each cell."""
    of_cell = np.empty(len(cells))
    for part in ahead:
        of_cell[part.rows] = part.value.mean(axis=0)
    past = {name: cells[name].to_numpy(float) for name in (FREQUENCY, RECENCY, T)}
    weeks = float(days_to_weeks(np.array(float(RISK_DAYS))))
    risk = no_purchase(FAMILY, purchases, horizon=weeks, **past)
    left = alive_after_silence(FAMILY, {k: v.mean() for k, v in purchases.items()}, horizon=weeks, **past)
    found = [risk.mean(axis=0), *np.quantile(risk, [0.05, 0.95], axis=0)]
    return cells[list(KEYS)].assign(
        **{RESIDUAL_CLV: of_cell},
        **dict(zip(_RISKS, found, strict=True)),
        **{VALUE_AT_RISK: found[0] * np.maximum(of_cell, 0.0) * (1 - left)},
    )


def _counted(people: pd.DataFrame) -> pd.DataFrame:
    grouped = people.assign(**{N: 1}).groupby([SEGMENT, BAND, *KEYS], as_index=False)
    sums = {name: (name, "sum") for name in (N, REACHABLE, *_RISKS, VALUE_AT_RISK)}
    return grouped.agg(**{RESIDUAL_CLV: (RESIDUAL_CLV, "first")}, **sums)


def _with_stages(groups: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Add ``by_stage``: how many of the reachable are in each stage, so that a play goes to its own stages alone."""
    counted = people[people[REACHABLE].to_numpy(dtype=bool)].groupby([SEGMENT, BAND, LIFECYCLE_STAGE]).size()
    by_group: dict[tuple[str, int], dict[str, int]] = {}
    for row in counted.reset_index(name=N).to_dict("records"):
        by_group.setdefault((row[SEGMENT], row[BAND]), {})[str(row[LIFECYCLE_STAGE])] = int(row[N])
    found = [by_group.get(key, {}) for key in zip(groups[SEGMENT], groups[BAND], strict=True)]
    return groups.assign(by_stage=pd.Series(found, index=groups.index, dtype=object))
