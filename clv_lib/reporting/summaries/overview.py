"""The summary page: what the other pages have found, on one screen and a little more."""

from typing import Any

from clv_lib.reporting.elements import Cards, Paragraph
from clv_lib.reporting.findings import TENTHS, Findings
from clv_lib.reporting.headlines import PLAN, figures_of
from clv_lib.reporting.study import REFUSAL, VALUE_NOTEBOOK, Study
from clv_lib.reporting.summaries import advice, data, forecast, terms, value, value_page
from clv_lib.reporting.summaries.facing import facing
from clv_lib.reporting.summaries.forecast import FAMILY_TITLES
from clv_lib.reporting.summaries.parts import Overview
from clv_lib.reporting.summaries.todo import three_tasks
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, refusal_sentence, say, share


def gather(study: Study) -> Overview:
    """Read what the other notebooks have left and say it.

    Where the lifetime values could not be estimated, the page says why and shows what the log alone can tell. Where
    customers are under contract, it speaks of the contracts.
    """
    if study.settings.contractual:
        from clv_lib.reporting.summaries.contract_overview import contract_overview

        return contract_overview(study)
    refused = study.folder.has(f"{REFUSAL}.json")
    return _without_values(study, study.folder.read_json(REFUSAL)) if refused else _with_values(study)


def _with_values(study: Study) -> Overview:
    economics, currency = study.settings.economics, study.currency
    found, quality = Findings.load(study.folder), study.quality()
    sound = study.folder.diagnostics()[VALUE_NOTEBOOK]["trusted"]
    front = facing(study, found.total)
    return Overview(
        first_screen=(
            value_page.answer(found, economics, currency),
            *front.lead,
            front.cards if PLAN in front.figures else Cards((*front.cards.cards, value.active_card(found))),
            value_page.trust(found, quality, sound=sound),
        ),
        tasks=(three_tasks(study, _asked_for(study, found)),),
        value=(
            value.tenths_figure(
                study.folder.read_table(TENTHS), found.spread.share_of_top_tenth, found.customers, found.basis
            ),
            value.tiers(study.folder.read_table("value_tiers"), currency, found.basis, economics),
            advice.meeting(found, economics, currency),
        ),
        trust=(
            Paragraph(_trust_in_words(study, found, quality_used=quality.used.rows / quality.read.rows)),
            *front.trust,
        ),
        limits=(terms.costs_limit(found.basis),),
        changed=front.changed,
        links=front.links,
        figures=tuple(front.figures.values()),
    )


def _asked_for(study: Study, found: Findings) -> tuple[tuple[Sentence, Sentence], ...]:
    """What the values ask for; asking the quiet is left to the watch list where there is one."""
    asked = advice.asked_for(found, study.settings.economics, study.currency)
    listed = figures_of(study).get("customers_to_contact")
    kept = [name for name in asked if name != "ask" or listed is None or not listed.value]
    return tuple(asked[name] for name in kept)


def _trust_in_words(study: Study, found: Findings, *, quality_used: float) -> tuple[Sentence, ...]:
    chosen = study.settings.model.purchase == "auto"
    family = FAMILY_TITLES[found.family]
    sentences = [
        say("Every row could be used.")
        if quality_used == 1
        else say("{used} of the rows could be used.", used=share(quality_used, 1)),
        say("The purchases are described by {family}, chosen on a test against the past.", family=family)
        if chosen
        else say("The purchases are described by {family}, as the settings ask.", family=family),
    ]
    test = found.revenue_test
    if test is not None:
        sentences.append(
            say(
                "The same method, given only the first part of the log, forecast {forecast} of "
                "revenue for the rest; {actual} came: {missed}.",
                forecast=money(test.forecast.mean, study.currency),
                actual=money(test.actual, study.currency),
                missed=forecast.missed(test),
            )
        )
    sentences.append(_costs_in_words(study, found))
    return tuple(sentences)


def _costs_in_words(study: Study, found: Findings) -> Sentence:
    economics, basis = study.settings.economics, found.basis
    if not basis.costs_are_measured:
        return say(
            "Assumed, not measured: a margin of {margin} and {rate} interest a year. With a "
            "margin a tenth lower, every value is a tenth lower.",
            margin=share(economics.gross_margin),
            rate=share(economics.annual_discount_rate),
        )
    places: dict[str, Quantity] = {
        "margin": share(basis.margin.mean, 1),
        "order": money(0.0 if basis.per_order is None else basis.per_order.mean, study.currency),
        "month": money(0.0 if basis.per_month is None else basis.per_month.mean, study.currency),
        "rate": share(economics.annual_discount_rate),
    }
    if basis.source == "goods_assumed":
        return say(
            "Measured from the cost tables: an order costs {order}, and a month of serving and keeping a customer "
            "{month}. Assumed: the margin on the goods, so that {margin} of revenue is left before that, and {rate} "
            "interest a year.",
            **places,
        )
    return say(
        "Measured from the cost tables: {margin} of revenue is left, an order costs {order} beyond that, and a month "
        "of serving and keeping a customer {month}. Assumed: {rate} interest a year.",
        **places,
    )


def _without_values(study: Study, refusal: dict[str, Any]) -> Overview:
    reason = refusal_sentence(refusal["message"], refusal["values"])
    quality, log, cells = study.quality(), study.log(), study.tables()["cells"]
    why = Paragraph((say("What a customer is worth cannot be said from these data. {why}", why=reason),), role="banner")
    front = facing(study, None)
    return Overview(
        first_screen=(data.answer(quality), data.key_cards(quality, log.window, cells), data.trust(quality), why),
        tasks=(
            Paragraph(
                (
                    say(
                        "Collect a longer log: {weeks} weeks and {customers} customers are here, "
                        "and what is missing is said above.",
                        weeks=number(log.window.weeks),
                        customers=count(quality.customers),
                    ),
                )
            ),
        ),
        value=(data.repeats_figure(cells),),
        trust=(data.verdict_table(data.verdicts(cells, log.window)), *front.trust),
        changed=front.changed,
        links=front.links,
        figures=tuple(front.figures.values()),
    )
