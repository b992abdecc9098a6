"""The watch of one run: what 04 has left goes in, what 06 and the company read comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from clv_lib.analysis.churn_warning import ChurnWarning
from clv_lib.analysis.save_rate import save_rate_draws
from clv_lib.analysis.watch_list import (
    RISK_COLUMNS,
    VALUE_COLUMNS,
    Scored,
    Terms,
    watch_list,
    with_act_by,
    with_renewal,
)
from clv_lib.data.customers import Frame, collected
from clv_lib.data.formulas import FORMULA_STARTS
from clv_lib.names import ACT_BY, COST_PER_CONTACT, CUSTOMER_ID, EXPECTED_GAIN, TOTAL_VALUE
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.study import Study

RISKS: Final = "churn_risk"
LIST: Final = "watch_list"
_VALUES: Final = (CUSTOMER_ID, "residual_clv", "residual_clv_low", "residual_clv_high")
_PART_OF_A_PURCHASE: Final = 0.02  # what a contact is taken to cost where nobody says


@dataclass(frozen=True)
class Watch:
    """Everybody's risk, whom to contact, and on which terms.

    Attributes
    ----------
    warning : ChurnWarning
    scored : Scored
    terms : Terms
    cost_is : {"stated", "measured", "assumed"}
        Where the cost of a contact comes from.
    listed : DataFrame
        The watch list, best first; empty where values are not known.
    past : DataFrame
        Risk of the listed at earlier month ends and today.
    """

    warning: ChurnWarning
    scored: Scored
    terms: Terms
    cost_is: str
    listed: pd.DataFrame
    past: pd.DataFrame

    @property
    def gain(self) -> float:
        """Expected gain of contacting everyone on the list today, in currency."""
        return float(self.listed["expected_gain"].sum()) if len(self.listed) else 0.0

    @property
    def unexplained(self) -> int:
        """Customers on the list whom no sign but their silence gives away."""
        return int((self.listed["reason"] == "no_sign").sum()) if len(self.listed) else 0


def watch(study: Study, warning: ChurnWarning, record: Mapping[str, Frame]) -> Watch:
    """Score every customer and draw up the list."""
    known = study.folder.has("customer_values.parquet")
    values = study.folder.read_table("customer_values", columns=list(_VALUES)) if known else None
    scored = warning.customers(values)
    terms, cost_is = _terms(study, warning, record)
    rows = scored.customers
    if values is None:
        return Watch(warning, scored, terms, cost_is, rows.head(0), pd.DataFrame())
    if "next_renewal" in rows:  # under contract nobody can leave before the next renewal
        rows = with_renewal(rows, terms)
    else:
        rows = with_act_by(rows, terms, horizon=warning.horizon, today=warning.days.last)
    scored = Scored(rows, scored.silent, scored.at_risk, scored.recent)
    listed = watch_list(rows, terms)
    return Watch(warning, scored, terms, cost_is, listed, warning.past_risks(listed))


def _terms(study: Study, warning: ChurnWarning, record: Mapping[str, Frame]) -> tuple[Terms, str]:
    section = study.settings.churn
    rate, members = save_rate_draws(
        record, section.save_rate, horizon=warning.horizon, end=warning.days.last, size=4_000, seed=study.seed
    )
    cost, cost_is = contact_cost(study, record)
    most = section.contacts
    if section.contact_budget is not None and cost > 0:
        most = min(most, int(section.contact_budget / cost))
    return Terms(cost, rate, most, members), cost_is


def contact_cost(study: Study, record: Mapping[str, Frame]) -> tuple[float, str]:
    """What a contact costs, in currency, and where that is from: stated, measured or assumed."""
    stated = study.settings.churn.contact_cost
    if stated is not None:
        return stated, "stated"
    campaigns = record.get("campaigns")
    if campaigns is not None and COST_PER_CONTACT in campaigns.collect_schema().names():
        mean = collected(campaigns.select(COST_PER_CONTACT))[COST_PER_CONTACT].mean()
        if mean == mean and mean > 0:
            return float(mean), "measured"
    table = study.folder.read_table("customers", columns=["frequency", TOTAL_VALUE])
    return _PART_OF_A_PURCHASE * float(table[TOTAL_VALUE].sum() / (table["frequency"] + 1).sum()), "assumed"


def save_watch(study: Study, found: Watch) -> None:
    """Write everybody's risk, and the list as a spreadsheet takes it."""
    rows = found.scored.customers
    columns = [CUSTOMER_ID, *RISK_COLUMNS, *(name for name in VALUE_COLUMNS if name in rows)]
    columns += [name for name in (ACT_BY, EXPECTED_GAIN) if name in rows]
    table = rows[columns].assign(horizon_days=found.warning.horizon, why=_joined(rows["why"]), reason=rows["reason"])
    if "act_by" in table:
        table["act_by"] = pd.to_datetime(table["act_by"])
    study.folder.write_table(RISKS, table)
    study.folder.write_csv(RISKS, _inert(table))
    listed = found.listed
    if len(listed):
        kept = table.set_index(CUSTOMER_ID).loc[listed[CUSTOMER_ID]].reset_index()
        kept.insert(0, "rank", range(1, len(kept) + 1))
        study.folder.write_csv(LIST, _inert(kept))
    else:
        study.folder.write_csv(LIST, table.head(0))


def _joined(why: pd.Series) -> list[str]:
    return [", ".join(each) for each in why]


def _inert(table: pd.DataFrame) -> pd.DataFrame:
    """Ids that a spreadsheet would run get an apostrophe in front."""
    risky = table[CUSTOMER_ID].str.slice(0, 1).isin(list(FORMULA_STARTS))
    return table.assign(**{CUSTOMER_ID: table[CUSTOMER_ID].where(~risky, "'" + table[CUSTOMER_ID])})


def churn_figures(found: Watch, currency: str) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    silent, at_risk, test = found.scored.silent, found.scored.at_risk, found.warning.test
    figures = [
        KeyFigure(
            "recent_buyers_falling_silent", silent.mean, silent.predictive_low, silent.predictive_high, "customers",
            silent.mass, "realised",
        )
    ]  # fmt: skip
    if at_risk is not None:
        figures.append(
            KeyFigure("value_at_risk", at_risk.mean, at_risk.low, at_risk.high, currency, at_risk.mass, "expected")
        )
        figures.append(KeyFigure("customers_to_contact", float(len(found.listed)), unit="customers"))
    if test is not None:
        figures.append(KeyFigure("warning_calibration_error", test.of("model", "calibration_error"), unit="share"))
    return figures
