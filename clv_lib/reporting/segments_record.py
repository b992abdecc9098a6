"""What the page on segments reads of the notebooks before it, and what it leaves."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.cells_ahead import CellsAhead, customers_ahead, payments_ahead
from clv_lib.analysis.economics import economics_from
from clv_lib.analysis.new_customers import new_customer_draws
from clv_lib.analysis.rfm import with_rfm
from clv_lib.analysis.segment_base import RISKS, SegmentBase, segment_base
from clv_lib.analysis.segments import Cuts, cut_points, segmented
from clv_lib.data.customers import Frame, collected
from clv_lib.data.engines import DuckDBEngine, write_parquet
from clv_lib.data.keeping import kept, write_customer_csv
from clv_lib.data.members import VALUE_KEYS
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
    RECENCY,
    RESIDUAL_CLV,
    RFM,
    RISK_TIER,
    SEGMENT,
    SPEND_BIN,
    TOTAL_VALUE,
    VALUE_AT_RISK,
    VALUE_TIER,
    N,
    T,
)
from clv_lib.reporting.contracts import contract_terms, membership
from clv_lib.reporting.known import known_costs
from clv_lib.reporting.study import Study

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
    """Bring together what is known of everybody, draw the lines, and put everybody in a segment."""
    opened = _opened(study)
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
    path = "contracts.nc" if study.settings.contractual else "purchases.nc"
    if not found.valued or not study.folder.has(path):
        return None
    cells, ahead, keys, customers = (
        _under_contract(study, found) if study.settings.contractual else _buying(study, found)
    )
    stages = collected(found.people.select(SEGMENT, LIFECYCLE_STAGE).unique())
    return segment_base(
        _counted(found.people, customers, keys),
        stages,
        cells,
        ahead,
        keys=keys,
        draws=study.draws,
        horizon_days=_horizon(study, found),
        seed=study.seed,
    )


def _counted(people: Frame, customers: Frame, keys: list[str]) -> pd.DataFrame:
    """Customers by group and cell; ``customers`` lives in the engine of the people, or is small and lent to it."""
    sums = [nw.col(name).cast(nw.Float64).fill_null(0.0).sum().alias(name) for name in (*RISKS, VALUE_AT_RISK)]
    joined = people.join(customers.select(CUSTOMER_ID, *keys), on=CUSTOMER_ID, how="left")
    counted = joined.with_columns(nw.col(REACHABLE).cast(nw.Int64)).group_by(SEGMENT, BAND, RESIDUAL_CLV, *keys)
    return collected(counted.agg(nw.len().alias(N), nw.col(REACHABLE).sum(), *sums))


def _buying(study: Study, found: Segmented) -> tuple[pd.DataFrame, Iterator[CellsAhead], list[str], Frame]:
    """With the draws, costs and referrals that the notebook on value has used."""
    purchases, spend = (load_posterior(study.folder.where(f"{name}.nc")) for name in ("purchases", "spend"))
    bought, spent = (each.draws(study.draws, study.seed) for each in (purchases, spend))
    known = known_costs(study)
    one: dict[str, Any] = {
        "family": purchases.family,
        "economics": economics_from(study.settings.economics),
        "unit_costs": known.unit_costs,
    }
    newcomer = new_customer_draws(bought, spent, first_value=study.log().mean_first_value, seed=study.seed, **one)
    cells = study.tables()["valuation_cells"]
    ahead = customers_ahead(bought, spent, cells, referrals=known.referrals(newcomer), **one)
    return cells, ahead, [FREQUENCY, RECENCY, T, SPEND_BIN], found.opened["customers"]


def _under_contract(study: Study, found: Segmented) -> tuple[pd.DataFrame, Iterator[CellsAhead], list[str], Frame]:
    """With the draws and terms that the notebook on value has used; who has left is in no cell."""
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
    return members.cells, ahead, keys, _moved(own, found.people)


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


def save_segments(study: Study, found: Segmented) -> None:
    """Leave everybody's segment for the strategy, the summary and the next run."""
    table = found.people.select(*COLUMNS)
    with study.folder.file(f"{SEGMENTED}.parquet") as path:
        write_parquet(table.sort(CUSTOMER_ID), path)
    with study.folder.file(f"{SEGMENTED}.csv") as path:
        write_customer_csv(table, path)
