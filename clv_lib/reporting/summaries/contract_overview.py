"""The summary page where customers are under contract: what the contracts themselves tell."""

from clv_lib.analysis.contract_base import ContractBase, contract_base
from clv_lib.reporting.elements import Element, Paragraph
from clv_lib.reporting.study import Study
from clv_lib.reporting.summaries import contract_data, data
from clv_lib.reporting.summaries.parts import Overview
from clv_lib.reporting.wording import count, money, say, share, words


def contract_overview(study: Study) -> Overview:
    """Members, renewals and where most members are lost, from what the data notebook has left."""
    log, quality = study.log(), study.quality()
    base = contract_base(study.record()["subscriptions"], window=log.window)
    return Overview(
        first_screen=(
            _answer(base, study.currency),
            contract_data.key_cards(quality, study.record_report().tables, base, log.window),
            data.trust(quality),
        ),
        tasks=_tasks(base),
        value=(contract_data.staying_figure(base), contract_data.plans_table(base)),
        trust=(contract_data.renewals_table(base),),
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


def _answer(base: ContractBase, currency: str) -> Paragraph:
    text = say(
        "{active} of {members} members are under contract; they bring {money} a year while they stay",
        active=count(base.active),
        members=count(base.members),
        money=money(base.recurring, currency),
    )
    return Paragraph((text,), role="answer")


def _tasks(base: ContractBase) -> tuple[Element, ...]:
    """Where to look first: the renewal and the plan at which most members are lost."""
    due = base.renewals[base.renewals["offered"] > base.renewals["made"]]
    if due.empty:
        return (Paragraph((say("No member has cancelled yet, so there is nothing to mend in the renewals."),)),)
    lost = (due["offered"] - due["made"]).to_numpy()
    worst, share_lost = due.iloc[int(lost.argmax())], lost.max() / lost.sum()
    sentences = [
        say(
            "Look at renewal {renewal} first: {lost} members left there, {part} of all who left at a renewal.",
            renewal=count(int(worst["renewals"])),
            lost=count(int(lost.max())),
            part=share(share_lost),
        )
    ]
    plans = base.plans[base.plans["offered"] > 0].sort_values("rate")
    if len(plans) > 1 and plans["high"].iloc[0] < plans["low"].iloc[-1]:  # their ranges do not meet
        lowest, highest = plans.iloc[0], plans.iloc[-1]
        sentences.append(
            say(
                "Ask what members of {low} miss: they make {rate} of the renewals that fall due, those of {high} "
                "{other}.",
                low=words(lowest["plan"]),
                rate=share(lowest["rate"], 1),
                high=words(highest["plan"]),
                other=share(highest["rate"], 1),
            )
        )
    return (Paragraph(tuple(sentences)),)
