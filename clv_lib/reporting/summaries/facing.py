"""What the summary shows in every setting: the five numbers, what changed, what the other pages say of themselves."""

from dataclasses import dataclass

from clv_lib.analysis.intervals import Estimate
from clv_lib.reporting.elements import Cards, Element, Paragraph
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.headlines import AT_RISK, PLAN, figures_of, headlines, is_trial, plan_table
from clv_lib.reporting.since import RISKS, horizon_days, since
from clv_lib.reporting.study import Study
from clv_lib.reporting.summaries.changes import what_changed
from clv_lib.reporting.summaries.five import five_cards
from clv_lib.reporting.summaries.page_links import links
from clv_lib.reporting.summaries.trusting import of_the_others
from clv_lib.reporting.wording import Sentence, count, money, say


@dataclass(frozen=True)
class Facing:
    """The parts that do not depend on the setting.

    Attributes
    ----------
    figures : dict of str to KeyFigure
        The five numbers, for ``run.json`` and the next run.
    cards : Cards
    lead : tuple of Element
        What of the value is at risk, and what the plan would earn; empty where neither is known.
    changed, trust, links : tuple of Element
    """

    figures: dict[str, KeyFigure]
    cards: Cards
    lead: tuple[Element, ...]
    changed: tuple[Element, ...]
    trust: tuple[Element, ...]
    links: tuple[Element, ...]


def facing(study: Study, total: Estimate | None, *, plan: str = "") -> Facing:
    """Gather them.

    Parameters
    ----------
    study : Study
    total : Estimate or None
        Value of the customers with its predictive interval, where it is known.
    plan : str
        Under contract: that of the new member whose worth is shown.
    """
    contractual, economics = study.settings.contractual, study.settings.economics
    figures = headlines(study)
    compared = since(study, figures)
    cards = five_cards(
        figures,
        compared,
        contractual=contractual,
        horizon_months=economics.horizon_months,
        predicted=total,
        winning=figures_of(study).get("blended_cac"),
        plan=plan,
    )
    return Facing(
        figures=figures,
        cards=cards,
        lead=_lead(study, figures),
        changed=what_changed(compared, figures, contractual=contractual, currency=study.currency),
        trust=of_the_others(study),
        links=(links(tuple(study.folder.notebooks()), contractual=contractual),),
    )


def _lead(study: Study, figures: dict[str, KeyFigure]) -> tuple[Element, ...]:
    sentences: list[Sentence] = []
    risk, plan = figures.get(AT_RISK), figures.get(PLAN)
    days = horizon_days(study.folder) if study.folder.has(f"{RISKS}.parquet") else None
    if risk is not None and risk.value and days is not None:
        places = {"risk": money(risk.value, risk.unit), "days": count(days)}
        sentences.append(
            say("{risk} of value is at risk from members who may cancel in the next {days} days.", **places)
            if study.settings.contractual
            else say("{risk} of value is at risk from customers who may fall silent in the next {days} days.", **places)
        )
    if is_trial(plan_table(study)):
        sentences.append(say("No play has been measured yet: the plan tries some on few customers, to learn."))
    elif plan is not None and plan.value and plan.value > 0:
        sentences.append(say("The plan is expected to earn {profit}.", profit=money(plan.value, plan.unit)))
    return (Paragraph(tuple(sentences), role="lead"),) if sentences else ()
