"""The summary page where customers are under contract: what the contracts themselves tell."""

from clv_lib.analysis.contract_base import ContractBase, contract_base
from clv_lib.reporting.contracts import ContractFindings
from clv_lib.reporting.elements import Cards, Element, Paragraph
from clv_lib.reporting.headlines import PLAN
from clv_lib.reporting.known import known_costs
from clv_lib.reporting.study import REFUSAL, Study
from clv_lib.reporting.summaries import contract_data, contract_value_page, data
from clv_lib.reporting.summaries.facing import Facing, facing
from clv_lib.reporting.summaries.parts import Overview
from clv_lib.reporting.summaries.todo import three_tasks
from clv_lib.reporting.wording import Sentence, count, money, refusal_sentence, say, share, words

VALUE_NOTEBOOK = "04_lifetime_value"


def contract_overview(study: Study) -> Overview:
    """Members, renewals and where most members are lost, from what the data notebook has left."""
    log = study.log()
    base = contract_base(study.record()["subscriptions"], window=log.window)
    found = ContractFindings.load(study)
    best = None if found is None else max(found.new, key=lambda each: each.clv.mean, default=None)
    front = facing(study, None if found is None else found.total, plan="" if best is None else best.plan)
    return Overview(
        first_screen=_without_values(study, base) if found is None else _with_values(study, found, front),
        tasks=(three_tasks(study, _tasks(base)),),
        value=(contract_data.staying_figure(base), contract_data.plans_table(base)),
        trust=(contract_data.renewals_table(base), *front.trust),
        changed=front.changed,
        links=front.links,
        figures=tuple(front.figures.values()),
        limits=(
            Paragraph(
                (
                    say(
                        "Nor whether a member whose contract runs makes any use of it, and what would have kept those "
                        "who cancelled."
                    ),
                )
            ),
        ),
    )


def _with_values(study: Study, found: ContractFindings, front: Facing) -> tuple[Element, ...]:
    """What the members are worth, where the notebook on value could say it."""
    economics, currency, costs = study.settings.economics, study.currency, known_costs(study).basis
    sound = bool(study.folder.diagnostics()[VALUE_NOTEBOOK]["trusted"])
    return (
        contract_value_page.answer(found, economics, currency),
        *front.lead,
        front.cards if PLAN in front.figures else Cards((*front.cards.cards, contract_value_page.members_card(found))),
        contract_value_page.trust(found, study.quality(), costs, sound=sound),
    )


def _without_values(study: Study, base: ContractBase) -> tuple[Element, ...]:
    quality = study.quality()
    return (
        *_why(study),
        _answer(base, study.currency),
        contract_data.key_cards(quality, study.record_report().tables, base, study.log().window),
        data.trust(quality),
    )


def _why(study: Study) -> tuple[Paragraph, ...]:
    """Why the page on value could not say what members are worth, in its own words; nothing where it did not run."""
    if not study.folder.has(f"{REFUSAL}.json"):
        return ()
    refusal = study.folder.read_json(REFUSAL)
    reason = refusal_sentence(refusal["message"], refusal["values"])
    text = say("What a member is worth cannot be said from these data. {why}", why=reason)
    return (Paragraph((text,), role="banner"),)


def _answer(base: ContractBase, currency: str) -> Paragraph:
    text = say(
        "{active} of {members} members are under contract; they bring {money} a year while they stay",
        active=count(base.active),
        members=count(base.members),
        money=money(base.recurring, currency),
    )
    return Paragraph((text,), role="answer")


def _tasks(base: ContractBase) -> tuple[tuple[Sentence, Sentence], ...]:
    """Where to look first: the renewal and the plan at which most members are lost."""
    due = base.renewals[base.renewals["offered"] > base.renewals["made"]]
    if due.empty:
        return (
            (
                say("Leave the renewals as they are."),
                say("No member has cancelled yet, so there is nothing to mend in the renewals."),
            ),
        )
    lost = (due["offered"] - due["made"]).to_numpy()
    worst, share_lost = due.iloc[int(lost.argmax())], lost.max() / lost.sum()
    first = (
        say("Look at renewal {renewal} first.", renewal=count(int(worst["renewals"]))),
        say(
            "{lost} members left there, {part} of all who left at a renewal.",
            lost=count(int(lost.max())),
            part=share(share_lost),
        ),
    )
    plans = base.plans[base.plans["offered"] > 0].sort_values("rate")
    if len(plans) < 2 or plans["high"].iloc[0] >= plans["low"].iloc[-1]:  # their ranges meet
        return (first,)
    lowest, highest = plans.iloc[0], plans.iloc[-1]
    second = (
        say("Ask what members of {low} miss.", low=words(lowest["plan"])),
        say(
            "They make {rate} of the renewals that fall due, those of {high} {other}.",
            rate=share(lowest["rate"], 1),
            high=words(highest["plan"]),
            other=share(highest["rate"], 1),
        ),
    )
    return (first, second)
