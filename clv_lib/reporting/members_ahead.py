"""What the page on stages asks the contract model of the page on value: worth by stage, and the months to come."""

from typing import Any

import narwhals as nw
import pandas as pd

from clv_lib.analysis.contract_audit import audit_contracts
from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.contract_projection import project_members
from clv_lib.analysis.contract_watch import contract_metrics
from clv_lib.analysis.group_value import GroupValues
from clv_lib.analysis.member_groups import value_of_member_groups
from clv_lib.analysis.stage_projection import Projection
from clv_lib.analysis.watch_metrics import Watched
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.data.members import ends_within, member_cells, members, starting_cells
from clv_lib.data.signs_crm import open_tickets
from clv_lib.data.tenures import tenures
from clv_lib.models.contract_fit import groups_of
from clv_lib.models.posterior import Posterior, load_posterior
from clv_lib.names import (
    ACQUISITION_CHANNEL,
    CUSTOMER_ID,
    DORMANT,
    GROUP,
    LIFECYCLE_STAGE,
    LIFECYCLE_STAGES,
    TOTAL_VALUE,
    N,
)
from clv_lib.reporting.contracts import contract_terms
from clv_lib.reporting.known import known_costs
from clv_lib.reporting.study import RECORD_PREFIX, Study

CONTRACTS_FILE = "contracts.nc"


def beside(study: Study, frame: Frame, name: str) -> Frame | None:
    """A file of the run folder, opened where the frame lives; None where it is not there."""
    if not study.folder.has(f"{name}.parquet"):
        return None
    native: Any = frame.to_native()
    path = str(study.folder.where(f"{name}.parquet")).replace("'", "''")
    return nw.from_native(native.query("made", f"SELECT * FROM read_parquet('{path}')"))  # noqa: S608 (own path)


def _posterior(study: Study) -> Posterior | None:
    return load_posterior(study.folder.where(CONTRACTS_FILE)) if study.folder.has(CONTRACTS_FILE) else None


def _spells(study: Study, now: Frame) -> Frame | None:
    subscriptions = beside(study, now, f"{RECORD_PREFIX}subscriptions")
    return None if subscriptions is None else kept(tenures(subscriptions, end=study.log().window.end))


def _members(study: Study, now: Frame, spells: Frame, by: list[str]) -> Frame:
    customers = beside(study, now, f"{RECORD_PREFIX}customers")
    attributes = customers.select(CUSTOMER_ID, ACQUISITION_CHANNEL) if ACQUISITION_CHANNEL in by and customers else None
    summary = beside(study, now, "customers")
    end = study.log().window.end
    return members(
        spells,
        end=end,
        horizon_months=study.settings.economics.horizon_months,
        by=by,
        attributes=attributes,
        payments=summary.select(CUSTOMER_ID, TOTAL_VALUE) if summary is not None else None,
    )


def worth_of_members(study: Study, now: Frame) -> GroupValues | None:
    """Value of the members of each stage, draw by draw; None where no contract model knows.

    Parameters
    ----------
    study : Study
    now : narwhals.LazyFrame
        customer_id, lifecycle_stage.
    """
    posterior = _posterior(study)
    if posterior is None:
        return None
    groups = groups_of(posterior)
    by = [name for name in groups.columns if name != GROUP]
    spells = _spells(study, now)
    if spells is None:
        return None
    found = _members(study, now, spells, by)
    staged = found.join(now.select(CUSTOMER_ID, LIFECYCLE_STAGE), on=CUSTOMER_ID, how="inner")
    cells = member_cells(staged, by=[LIFECYCLE_STAGE, *by], within=ends_within(spells))
    return value_of_member_groups(
        posterior.draws(study.draws, study.seed),
        cells,
        groups,
        contract_terms(study, known_costs(study)),
        LIFECYCLE_STAGES,
        by=LIFECYCLE_STAGE,
        family=posterior.family,
        annual_discount_rate=study.settings.economics.annual_discount_rate,
        seed=study.seed,
    )


def project_contracts(study: Study, found: ContractLifecycle) -> Projection | None:
    """Members per stage in the months to come; None where no contract model knows."""
    posterior = _posterior(study)
    if posterior is None:
        return None
    groups = groups_of(posterior)
    by = [name for name in groups.columns if name != GROUP]
    spells = _spells(study, found.now)
    if spells is None:
        return None
    frame = _members(study, found.now, spells, by)
    dormant = collected(found.now.filter(nw.col(LIFECYCLE_STAGE) == DORMANT).select(nw.len().alias(N)))[N].iloc[0]
    return project_members(
        posterior.draws(study.draws, study.seed),
        starting_cells(frame, by=by, within=ends_within(spells)),
        groups,
        found.month_by_month,
        found.rules,
        family=posterior.family,
        dormant=int(dormant),
        end=study.log().window.end,
        seed=study.seed,
    )


def watched_contracts(study: Study, record: dict[str, Frame]) -> tuple[Watched, ...]:
    """Renewals, churn and revenue kept, as the page on retention counts them."""
    audit = audit_contracts(record, study.settings, study.log().window, seed=study.seed)
    return contract_metrics(record, audit, seed=study.seed)


def open_complaints(record: dict[str, Frame], now: Frame) -> pd.DataFrame | None:
    """Members of each stage with a complaint that nobody has settled; None without a table that tells.

    Returns
    -------
    DataFrame
        lifecycle_stage, n.
    """
    tickets = open_tickets(record.get("interactions"))
    if tickets is None:
        return None
    joined = now.select(CUSTOMER_ID, LIFECYCLE_STAGE).join(tickets, on=CUSTOMER_ID, how="inner")
    counted = collected(joined.group_by(LIFECYCLE_STAGE).agg(nw.len().alias(N))).set_index(LIFECYCLE_STAGE)[N]
    found = counted.reindex(list(LIFECYCLE_STAGES), fill_value=0).astype("int64")
    return found.rename_axis(LIFECYCLE_STAGE).reset_index()
