"""The five numbers of the summary, the same in every run and every setting, so that runs can be compared."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, Estimate
from clv_lib.reporting.figures import HEADLINE_VALUE, KeyFigure
from clv_lib.reporting.findings import RECORD, Findings
from clv_lib.reporting.study import REFUSAL, Study

VALUE: Final = HEADLINE_VALUE  # what the customers of today are expected to bring
NEWCOMER: Final = "headline_newcomer"  # what the next one is
REPEAT: Final = "headline_repeat"  # share who bought again; under contract, who stayed
AT_RISK: Final = "headline_at_risk"  # value that silence or leaving would take
PLAN: Final = "headline_plan"  # what the strategy's plan is expected to earn
HEADLINES: Final = (VALUE, NEWCOMER, REPEAT, AT_RISK, PLAN)
PLAN_TABLE: Final = "strategy_plan"
_TAKEN: Final = {
    REPEAT: "bought_again",
    AT_RISK: "value_at_risk",
    PLAN: "strategy_profit",
}  # as other notebooks leave them


def headlines(study: Study) -> dict[str, KeyFigure]:
    """The five numbers by name, as far as the other notebooks have left them; each with the interval of its mean."""
    known = figures_of(study)
    found = {name: renamed(known[source], name) for name, source in _TAKEN.items() if source in known}
    if "churn_rate" in known:
        found[REPEAT] = _kept(known["churn_rate"])
    found |= _values(study)
    return {name: found[name] for name in HEADLINES if name in found and found[name].value is not None}


def figures_of(study: Study) -> dict[str, KeyFigure]:
    """Key figures of this run's notebooks, by name."""
    return {each["name"]: KeyFigure(**each) for figures in study.folder.key_figures().values() for each in figures}


def plan_table(study: Study) -> pd.DataFrame:
    """The rows of the strategy's plan that treat anybody; none where there is no plan."""
    if not study.folder.has(f"{PLAN_TABLE}.parquet"):
        return pd.DataFrame(columns=["segment", "play", "customers", "cost", "profit", "source"])
    plan = study.folder.read_table(PLAN_TABLE)
    return plan[plan["customers"] > 0]


def is_trial(plan: pd.DataFrame) -> bool:
    """Whether a plan treats somebody, and only with plays that nobody has measured."""
    return len(plan) > 0 and not (plan["source"] == "measured").any()


def estimate_of(figure: KeyFigure) -> Estimate:
    """A figure with its interval; NaN where there is none."""
    unknown = float("nan")
    mean, low, high = (unknown if each is None else each for each in (figure.value, figure.low, figure.high))
    return Estimate(mean, low, high, mass=INTERVAL if figure.mass is None else figure.mass)


def renamed(figure: KeyFigure, name: str) -> KeyFigure:
    """The same figure under another name."""
    return KeyFigure(name, figure.value, figure.low, figure.high, figure.unit, figure.mass, figure.interval)


def _values(study: Study) -> Mapping[str, KeyFigure]:
    if study.settings.contractual:
        from clv_lib.reporting.contracts import ContractFindings  # late: it brings the models along

        members = ContractFindings.load(study)
        if members is None:
            return {}
        best = max(members.new, key=lambda each: each.clv.mean, default=None)
        return _named(study, members.total, None if best is None else best.clv)
    if study.folder.has(f"{REFUSAL}.json") or not study.folder.has(f"{RECORD}.json"):
        return {}
    found = Findings.load(study.folder)
    return _named(study, found.total, found.new.clv)


def _named(study: Study, total: Estimate, new: Estimate | None) -> dict[str, KeyFigure]:
    pairs = {VALUE: total, **({} if new is None else {NEWCOMER: new})}
    return {
        name: KeyFigure(name, each.mean, each.low, each.high, study.currency, each.mass, "expected")
        for name, each in pairs.items()
    }


def _kept(churn: KeyFigure) -> KeyFigure:
    value, low, high = (None if each is None else 1 - each for each in (churn.value, churn.high, churn.low))
    return KeyFigure(REPEAT, value, low, high, churn.unit, churn.mass, churn.interval)
