"""What is each customer worth, and how sure are we? The names that a notebook imports.

They are looked up when first used, so that the command line does not wait for the models.
"""

from importlib import import_module
from typing import Any

_ROOMS = {
    "by_month": "data.handover",
    "hand_over": "data.handover",
    "window_of": "data.handover",
    "start_engine": "data.engines",
    "write_parquet": "data.engines",
    "write_customer_csv": "data.keeping",
    "choose_family": "models.choice",
    "diagnose": "models.fitting",
    "require_estimable": "models.purchases",
    "fit_purchases": "models.fitting",
    "fit_spend": "models.fitting",
    "keep_books": "analysis.accounting",
    "whale_curve": "analysis.whale",
    "winning_costs": "analysis.winning",
    "payback_by_cohort": "analysis.winning",
    "payback_of_all": "analysis.winning",
    "margin_after": "analysis.payback",
    "most_to_pay": "analysis.payback",
    "concentration": "analysis.concentration",
    "value_tiers": "analysis.concentration",
    "economics_from": "analysis.economics",
    "iso_value_grid": "analysis.iso_value",
    "past_and_future": "analysis.lifetime",
    "losses": "analysis.losses",
    "channel_table": "analysis.channels",
    "value_by_channel": "analysis.channels",
    "rehearse": "analysis.rehearsal",
    "spend_independence": "analysis.assumptions",
    "value_customers": "analysis.valuation",
    "new_customer_draws": "analysis.new_customers",
    "summarise_new_customer": "analysis.new_customers",
    "known_costs": "reporting.known",
    "cost_figures": "reporting.costs_record",
    "read_everything": "data.record",
    "save_acquisition_costs": "reporting.costs_record",
    "save_referral_rates": "reporting.costs_record",
    "save_unit_costs": "reporting.costs_record",
    "audit_customers": "analysis.retention",
    "audit_contracts": "analysis.contract_audit",
    "save_contract_audit": "reporting.retention_record",
    "alive_shares": "reporting.retention_record",
    "save_audit": "reporting.retention_record",
    "learn_to_warn": "analysis.churn_warning",
    "learn_to_warn_of_cancellation": "analysis.churn_warning",
    "load_posterior": "models.posterior",
    "watch": "reporting.churn_record",
    "save_watch": "reporting.churn_record",
    "churn_figures": "reporting.churn_record",
    "findings_of": "reporting.findings",
    "open_study": "reporting.study",
    "life_stages": "analysis.lifecycle",
    "contract_life_stages": "analysis.contract_lifecycle",
    "movement": "analysis.movement",
    "durations": "analysis.stage_durations",
    "project_stages": "analysis.stage_projection",
    "watched_metrics": "analysis.watch_metrics",
    "StageSizes": "reporting.lifecycle_record",
    "value_by_month": "reporting.lifecycle_record",
    "save_stages": "reporting.lifecycle_record",
    "membership": "reporting.contracts",
    "rehearse_contracts": "reporting.contracts",
    "contract_findings": "reporting.contracts",
    "contract_terms": "reporting.contracts",
    "require_members": "models.subscriptions",
    "choose_contract_family": "models.subscriptions",
    "fit_contracts": "models.contract_fit",
    "groups_of": "models.contract_fit",
    "check_contracts": "models.contract_fit",
    "prior_contracts": "models.contract_fit",
    "value_members": "analysis.contract_value",
    "value_new_members": "analysis.contract_value",
}
__all__ = sorted(_ROOMS)


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'clv_lib' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"clv_lib.{_ROOMS[name]}"), name)
