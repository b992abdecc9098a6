"""What the page on segments reads of the notebooks before it, and what it leaves."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.cells_ahead import CellsAhead, customers_ahead, payments_ahead
from clv_lib.analysis.rfm import RfmBeside, rfm_beside, rfm_by_segment, with_rfm
from clv_lib.analysis.segment_base import RISKS, SegmentBase, segment_base
from clv_lib.analysis.segment_purchases import SegmentPurchases, segment_purchases
from clv_lib.analysis.segment_table import SegmentMoves, segment_moves, segment_table
from clv_lib.analysis.segments import Cuts, cut_points, segmented
from clv_lib.data.customers import Frame, collected
from clv_lib.data.engines import DuckDBEngine, write_parquet
from clv_lib.data.keeping import kept, write_customer_csv
from clv_lib.data.members import VALUE_KEYS
from clv_lib.data.past import PROFIT
from clv_lib.errors import CannotEstimateError
from clv_lib.models.contract_fit import groups_of
from clv_lib.models.posterior import load_posterior
from clv_lib.names import (
    ACTIVE,
    BAND,
    CHURN_RISK,
    CUSTOMER_ID,
    EMAIL_CONSENT,
    EVIDENCE,
    FREQUENCY,
    LAST_DAY,
    LIFECYCLE_STAGE,
    REACHABLE,
    RESIDUAL_CLV,
    RFM,
    RISK_TIER,
    SEGMENT,
    TOTAL_VALUE,
    VALUE_AT_RISK,
    VALUE_TIER,
    N,
)
from clv_lib.reporting.contracts import contract_terms, membership
from clv_lib.reporting.costs_record import UNIT_COSTS
from clv_lib.reporting.known import known_costs
from clv_lib.reporting.study import Study
from clv_lib.reporting.value_model import CELL_KEYS, value_model
from clv_lib.settings import SegmentsSection

SEGMENTED: Final = "customer_segments"
COLUMNS: Final = (
    CUSTOMER_ID, SEGMENT, VALUE_TIER, RISK_TIER, LIFECYCLE_STAGE, BAND, EVIDENCE, RESIDUAL_CLV, CHURN_RISK, RFM,
)  # fmt: skip
_FILES: Final = ("customers", "customer_values", "churn_risk", "lifecycle_stages", "customer_costs")
_TABLES: Final = ("customers", "transactions", "products")


@dataclass(frozen=True)
class Segmented:
    """Everybody in a segment, in DuckDB.

    Attributes
    ----------
    people : narwhals.LazyFrame
        The columns of :data:`COLUMNS`, ``value_at_risk`` and the interval of the risk, the three figures of RFM, and
        ``reachable``.
    cuts : Cuts
    opened : dict of narwhals.LazyFrame
        The files that the other notebooks have left, and ``record_<table>``; of one engine.
    consent_known : bool
        Whether the record says who may be written to.
    """

    people: Frame
    cuts: Cuts
    opened: dict[str, Frame]
    consent_known: bool

    @property
    def valued(self) -> bool:
        """Whether values are known."""
        return "customer_values" in self.opened

    @property
    def judged(self) -> bool:
        """Whether risks are known."""
        return "churn_risk" in self.opened

    @cached_property
    def n(self) -> int:
        """Customers."""
        return int(collected(self.people.select(nw.len().alias(N)))[N].iloc[0])


def segment_customers(study: Study) -> Segmented:
    """Bring together what is known of everybody, draw the lines, and put everybody in a segment.

    Raises
    ------
    CannotEstimateError
        No stages were found.
    """
    opened = _opened(study)
    if "lifecycle_stages" not in opened:
        raise CannotEstimateError(
            "Segments need the stage of every customer, but the page on the lifecycle could not tell it; its reason "
            "stands there."
        )
    known = opened["lifecycle_stages"].select(CUSTOMER_ID, LIFECYCLE_STAGE)
    known = _beside(known, opened.get("customer_values"), {RESIDUAL_CLV: RESIDUAL_CLV})
    risks = {name: name for name in (*RISKS, VALUE_AT_RISK)}
    known = _beside(known, opened.get("churn_risk"), risks)
    bought = with_rfm(opened["customers"].select(CUSTOMER_ID, LAST_DAY, FREQUENCY, TOTAL_VALUE))
    known = known.join(bought.select(CUSTOMER_ID, RFM, "r", "f", "m"), on=CUSTOMER_ID, how="left")
    record = opened.get("record_customers")
    consent = record is not None and EMAIL_CONSENT in record.collect_schema().names()
    known = _with_consent(known, record if consent else None)
    people = kept(known)
    cuts = cut_points(people, study.settings.segments)
    return Segmented(kept(segmented(people, cuts)), cuts, opened, consent)


def _opened(study: Study) -> dict[str, Frame]:
    connection = DuckDBEngine().connection
    names = [*_FILES, *(f"record_{table}" for table in _TABLES)]
    there = [name for name in names if study.folder.has(f"{name}.parquet")]
    return {name: nw.from_native(connection.read_parquet(str(study.folder.where(f"{name}.parquet")))) for name in there}


def _beside(known: Frame, other: Frame | None, columns: dict[str, str]) -> Frame:
    """Join some columns of numbers; missing where the other frame is, or has not got them."""
    there = set() if other is None else set(other.collect_schema().names())
    if other is not None:
        wanted = [nw.col(name).cast(nw.Float64) for name in columns if name in there]
        known = known.join(other.select(CUSTOMER_ID, *wanted), on=CUSTOMER_ID, how="left")
    missing = [name for name in columns if name not in there]
    return known.with_columns(*(nw.lit(None).cast(nw.Float64).alias(name) for name in missing)) if missing else known


def _with_consent(known: Frame, record: Frame | None) -> Frame:
    """Who may be written to: who said so; everybody where nobody was asked."""
    if record is None:
        return known.with_columns(nw.lit(value=True).alias(REACHABLE))
    said = record.select(CUSTOMER_ID, nw.col(EMAIL_CONSENT).cast(nw.Boolean).alias(REACHABLE)).unique(CUSTOMER_ID)
    joined = known.join(said, on=CUSTOMER_ID, how="left")
    return joined.with_columns(nw.col(REACHABLE).fill_null(value=False))


def base_of(study: Study, found: Segmented) -> SegmentBase | None:
    """Add up the posterior of every group; None where no model knows what customers are worth."""
    known = _under_contract(study, found) if study.settings.contractual else _buying(study, found)
    if not found.valued or known is None:
        return None
    return segment_base(
        _counted(found.people, known.customers, known.keys),
        collected(found.people.select(SEGMENT, LIFECYCLE_STAGE).unique()),
        known.cells,
        known.ahead,
        keys=known.keys,
        draws=study.draws,
        horizon_days=_horizon(study, found),
        seed=study.seed,
    )


@dataclass(frozen=True)
class _Cells:
    """Cells with what lies ahead of them, the columns that name one, and which customer is in which."""

    cells: pd.DataFrame
    ahead: Iterator[CellsAhead]
    keys: list[str]
    customers: Frame


def _counted(people: Frame, customers: Frame, keys: list[str]) -> pd.DataFrame:
    """Customers by group and cell; ``customers`` lives in the engine of the people, or is small and lent to it."""
    sums = [nw.col(name).cast(nw.Float64).fill_null(0.0).sum().alias(name) for name in (*RISKS, VALUE_AT_RISK)]
    joined = people.join(customers.select(CUSTOMER_ID, *keys), on=CUSTOMER_ID, how="left")
    counted = joined.with_columns(nw.col(REACHABLE).cast(nw.Int64)).group_by(SEGMENT, BAND, RESIDUAL_CLV, *keys)
    return collected(counted.agg(nw.len().alias(N), nw.col(REACHABLE).sum(), *sums))


def _buying(study: Study, found: Segmented) -> _Cells | None:
    """With the draws, costs and referrals that the page on value has used."""
    model = value_model(study)
    if model is None:
        return None
    cells = study.tables()["valuation_cells"]
    return _Cells(cells, customers_ahead(model, cells), list(CELL_KEYS), found.opened["customers"])


def _under_contract(study: Study, found: Segmented) -> _Cells | None:
    """With the draws and terms that the page on value has used; who has left is in no cell."""
    if not study.folder.has("contracts.nc"):
        return None
    members, posterior = membership(study), load_posterior(study.folder.where("contracts.nc"))
    ahead = payments_ahead(
        posterior.draws(study.draws, study.seed),
        members.cells,
        groups_of(posterior),
        contract_terms(study, known_costs(study)),
        family=posterior.family,
        annual_discount_rate=study.settings.economics.annual_discount_rate,
    )
    keys = list(dict.fromkeys([*members.by, *VALUE_KEYS]))
    own = members.frame.filter(nw.col(ACTIVE)).select(CUSTOMER_ID, *keys)
    return _Cells(members.cells, ahead, keys, _moved(own, found.people))


def _moved(frame: Frame, to: Frame) -> Frame:
    """The same rows where another frame lives: the two were opened in different DuckDBs."""
    with tempfile.TemporaryDirectory(prefix="clv-") as folder:
        path = Path(folder) / "moved.parquet"
        write_parquet(frame, path)
        name = str(path).replace("'", "''")
        native: Any = to.to_native()
        return kept(nw.from_native(native.query("made", f"SELECT * FROM read_parquet('{name}')")))  # noqa: S608 (own path)


def _horizon(study: Study, found: Segmented) -> int:
    """Days that the risk looks ahead; a year where there is none."""
    if not found.judged:
        return 365
    return int(collected(found.opened["churn_risk"].select("horizon_days").head(1))["horizon_days"].iloc[0])


@dataclass(frozen=True)
class SegmentView:
    """All that the page says of segments.

    Attributes
    ----------
    found : Segmented
    section : SegmentsSection
    contractual : bool
    horizon_days : int
        Of the risk.
    table : DataFrame
        From :func:`clv_lib.analysis.segment_table.segment_table`.
    measured : bool
        Whether the profit so far comes from a ledger.
    purchases : SegmentPurchases or None
        None without a log of purchases.
    moves : SegmentMoves or None
        None where no earlier run has segments.
    previous : date or None
        Last day that the earlier run knew.
    rfm : RfmBeside
    scores : DataFrame
        Per segment the mean of the three figures, and the commonest ``rfm``.
    """

    found: Segmented
    section: SegmentsSection
    contractual: bool
    horizon_days: int
    table: pd.DataFrame
    measured: bool
    purchases: SegmentPurchases | None
    moves: SegmentMoves | None
    previous: date | None
    rfm: RfmBeside
    scores: pd.DataFrame


def segment_view(study: Study, found: Segmented, base: SegmentBase | None) -> SegmentView:
    """Look at the segments from every side."""
    opened, people = found.opened, found.people
    costs = study.folder.read_json(UNIT_COSTS) if study.folder.has(f"{UNIT_COSTS}.json") else {}
    measured = costs.get("source", "assumed") != "assumed" and PROFIT in opened
    log = opened.get("record_transactions")
    moves, since = _moves(study, people)
    return SegmentView(
        found=found,
        section=study.settings.segments,
        contractual=study.settings.contractual,
        horizon_days=_horizon(study, found),
        table=segment_table(
            people,
            revenue=opened["customers"],
            profit=opened[PROFIT] if measured else None,
            margin=study.settings.economics.gross_margin,
            base=base,
        ),
        measured=measured,
        purchases=None
        if log is None
        else segment_purchases(people, log, opened.get("record_products"), window=study.log().window),
        moves=moves,
        previous=since,
        rfm=rfm_beside(people),
        scores=rfm_by_segment(people),
    )


def _moves(study: Study, people: Frame) -> tuple[SegmentMoves | None, date | None]:
    before = study.previous()
    if before is None or before.as_of is None or not before.has(f"{SEGMENTED}.parquet"):
        return None, None
    native: Any = people.to_native()
    path = str(before.where(f"{SEGMENTED}.parquet")).replace("'", "''")
    then = nw.from_native(native.query("made", f"SELECT * FROM read_parquet('{path}')"))  # noqa: S608 (own path)
    return segment_moves(people, then), before.as_of


def save_segments(study: Study, found: Segmented) -> None:
    """Leave everybody's segment for the strategy, the summary and the next run."""
    table = found.people.select(*COLUMNS)
    with study.folder.file(f"{SEGMENTED}.parquet") as path:
        write_parquet(table.sort(CUSTOMER_ID), path)
    with study.folder.file(f"{SEGMENTED}.csv") as path:
        write_customer_csv(table, path)
