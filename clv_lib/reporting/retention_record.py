"""What the page on coming back reads from the one on value, and the tables that it leaves."""

import pandas as pd

from clv_lib.analysis.alive_by_cohort import alive_by_cohort, cohort_cells
from clv_lib.analysis.contract_audit import ContractAudit
from clv_lib.analysis.families import closed_forms
from clv_lib.analysis.retention import Audit
from clv_lib.data.customers import Frame
from clv_lib.data.handover import opened_record
from clv_lib.data.purchase_periods import UNITS, purchase_months, purchase_periods
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import COHORT, PERIOD
from clv_lib.reporting.study import RECORD_PREFIX, Study

PURCHASES = "purchases.nc"
CONTRACTS = "contracts.nc"


def alive_shares(study: Study, found: Audit) -> pd.DataFrame | None:
    """Share of each cohort that is still here; None where the page on value has refused or left no purchase model."""
    from clv_lib.models.posterior import load_posterior

    paths = {"customers": "customers.parquet", "transactions": f"{RECORD_PREFIX}transactions.parquet"}
    if not study.folder.has(PURCHASES):
        return None
    opened: dict[str, Frame] = opened_record({name: study.folder.where(file) for name, file in paths.items()})
    months = purchase_months(opened["transactions"], end=found.window.end)
    cells = cohort_cells(opened["customers"], purchase_periods(months, length=found.periods.months))
    posterior = load_posterior(study.folder.where(PURCHASES))
    closed_forms(posterior.family)  # type: ignore[arg-type]  # says so where the file names no family of ours
    return alive_by_cohort(cells, posterior.draws(study.draws, study.seed), family=posterior.family)  # type: ignore[arg-type]


def survival_of_contracts(study: Study, found: ContractAudit) -> pd.DataFrame | None:
    """Share still there after each renewal: seen, and by the model of the page on value; None where it left none.

    Returns
    -------
    DataFrame
        renewals (0, 1, ...), seen (NaN beyond the last that fell due), expected, low, high: members of all groups by
        their number, draw by draw.
    """
    from clv_lib.analysis.model_survival import expected_survival
    from clv_lib.models.contract_fit import groups_of
    from clv_lib.models.posterior import load_posterior
    from clv_lib.reporting.contracts import membership

    if not study.folder.has(CONTRACTS) or found.renewals.empty:
        return None
    posterior = load_posterior(study.folder.where(CONTRACTS))
    return expected_survival(
        posterior.draws(study.draws, study.seed),
        membership(study).sizes,
        groups_of(posterior),
        found.renewals,
        family=posterior.family,
    )


def save_audit(study: Study, found: Audit) -> None:
    """Leave the tables: cohorts by age, the bridge, tenths, the change and its factors, second purchases by cohort."""
    periods = found.periods

    def dated(table: pd.DataFrame) -> pd.DataFrame:
        days = {name: [periods.start(number) for number in table[name]] for name in (COHORT, PERIOD) if name in table}
        return table.assign(**days)

    cells = found.cohorts.cells.assign(revenue=lambda table: table[UNITS] / MONEY_UNITS).drop(columns=UNITS)
    people = found.bridge.customers.add_prefix("customers_")
    money = (found.bridge.money / MONEY_UNITS).add_prefix("revenue_")
    tables = {
        "cohorts": dated(cells),
        "period_bridge": dated(people.join(money).reset_index()),
        "customer_tenths": found.deciles.table,
        "second_purchases": dated(found.second.cohorts),
    }
    if found.changed is not None:
        tables["change_factors"] = found.changed.table
    for name, table in tables.items():
        study.folder.write_table(name, table)
        study.folder.write_csv(name, table)


def save_contract_audit(study: Study, found: ContractAudit) -> None:
    """Leave the tables: renewals together, by plan and by year of joining, and recurring revenue by period."""
    periods = found.periods
    people = found.revenue.bridge.customers.add_prefix("customers_")
    money = (found.revenue.bridge.money / MONEY_UNITS).add_prefix("monthly_")
    moved = people.join(money).reset_index().merge(found.revenue.kept.drop(columns="n"), on=PERIOD)
    tables = {
        "renewals": found.renewals,
        "renewals_by_plan": found.by_plan,
        "renewals_by_cohort": found.by_cohort,
        "recurring_revenue": moved.assign(**{PERIOD: [periods.start(number) for number in moved[PERIOD]]}),
    }
    for name, table in tables.items():
        study.folder.write_table(name, table)
        study.folder.write_csv(name, table)
