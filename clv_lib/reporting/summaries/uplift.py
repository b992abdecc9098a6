"""What plays do, in words: what is believed of each and why, what campaigns measured, and which prove nothing."""

from typing import Final

import pandas as pd

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.plays import own_fields
from clv_lib.data.campaign_list import PROOF
from clv_lib.reporting.elements import Element, Paragraph, Table, Tasks
from clv_lib.reporting.plays_record import PlayBeliefs
from clv_lib.reporting.plots_uplift import before_and_now
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.play_words import CHANNELS, GROUPS, MOVES, NEEDS, reason_of, title_of
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, number, say, say_count, share, words
from clv_lib.settings import Settings

MASS: Final = share(INTERVAL)
_NOTHING: Final = words("–")
_SOURCES: Final = {"measured": say("campaigns"), "prior": say("belief")}
_COSTS: Final = {
    "stated": say("settings"),
    "measured": say("campaigns"),
    "assumed": say("as for the watch list"),
}
STATUS: Final = {
    PROOF: say("yes"),
    "observational": say("no: no control group"),
    "running": say("not yet: its days are not over"),
    "unbalanced": say("no: its arms differed before it began"),
    "no_play": say("no: nobody knows which play it was"),
}


def answer(found: PlayBeliefs) -> Paragraph:
    """How many plays there are, and how many of them have been measured."""
    used = _used(found)
    return Paragraph(
        (
            say_count("There is {n} play to choose from.", "There are {n} plays to choose from.", n=len(found.plays)),
            _measured_sentence(found, used),
        ),
        role="answer",
    )


def _measured_sentence(found: PlayBeliefs, used: pd.DataFrame) -> Sentence:
    if not len(used):
        return say(
            "None has been measured: there is no campaign with a control group, so every effect below is a belief, "
            "made small on purpose."
        )
    return say_count(
        "{n} of them has been measured, in {campaigns} campaigns with a control group and {members} members; the "
        "others are beliefs, made small on purpose.",
        "{n} of them have been measured, in {campaigns} campaigns with a control group and {members} members; the "
        "others are beliefs, made small on purpose.",
        n=len(found.uplift.members),
        campaigns=count(len(used)),
        members=count(float(used["members_treated"].sum() + used["members_control"].sum())),
    )


def beliefs(found: PlayBeliefs) -> tuple[Element, ...]:
    """Every play with its effect before and now."""
    rows = [
        (
            title_of(found.plays[row.play]),
            MOVES[row.moves],
            share(row.before),
            share(row.mean),
            share(row.low),
            share(row.high),
            share(row.positive),
            _SOURCES[row.source],
        )
        for row in rows_of(found.table)
    ]
    table = Table(
        say(
            "What each play is believed to do, now with its {mass} range: change of purchases or baskets while it "
            "works, or part of the leaving that it keeps",
            mass=MASS,
        ),
        (
            say("Play"),
            say("What it moves"),
            say("Before any campaign"),
            say("Now"),
            say("From"),
            say("To"),
            say("Chance that it does good"),
            say("Known from"),
        ),
        rows,
    )
    return (table, *_left_out(found))


def _left_out(found: PlayBeliefs) -> tuple[Element, ...]:
    if not found.out:
        return ()
    known = set(found.plays)
    lines = tuple(
        say("{play} is left out: it needs to be known {what}.", play=title_of(play), what=NEEDS[need])
        for name, play in found.out.items()
        if name not in known
        for need in play.needs[:1]
    )
    return (Paragraph(lines, role="note"),)


def reasons(found: PlayBeliefs) -> tuple[Element, ...]:
    """Why each effect is believed, as the library or the settings say."""
    tasks = tuple(
        (
            say(
                "{play}: {effect} at first",
                play=title_of(play),
                effect=share(play.effect),
            ),
            say("{reason}", reason=reason_of(play)) if play.reason else say("The settings give no reason."),
        )
        for play in found.plays.values()
    )
    return (Tasks(tasks),)


def terms(found: PlayBeliefs, settings: Settings) -> tuple[Element, ...]:
    """How each play is done and what it costs, and where each price is from."""
    rows = []
    for name, play in found.plays.items():
        own = len(own_fields(settings, name))
        source = found.costs.source(name, settings.plays.get(name, play.model_copy(update={"cost_per_contact": None})))
        cost = play.cost_per_contact
        rows.append(
            (
                title_of(play),
                CHANNELS[play.channel],
                count(play.effect_days),
                _NOTHING if cost is None else money(cost, settings.dataset.currency),
                _COSTS[source],
                money(play.fixed_cost, settings.dataset.currency),
                share(play.discount),
                say_count("{n} key of the settings", "{n} keys of the settings", n=own) if own else say("library"),
            )
        )
    table = Table(
        say("How each play is done and what it costs; a contact and a campaign cost what those of the play did so far"),
        (
            say("Play"),
            say("Channel"),
            say("Works for days"),
            say("Cost of a contact"),
            say("Known from"),
            say("Cost of doing it at all"),
            say("Discount"),
            say("As stated in"),
        ),
        rows,
    )
    return (table,)


def measurements(found: PlayBeliefs) -> tuple[Element, ...]:
    """What campaigns with a control group showed, play by play and group by group."""
    if not len(found.measured):
        text = say(
            "Nothing has been measured yet. A campaign measures a play if a coin leaves some of the chosen out and the "
            "table of members says who: arm treated or control."
        )
        return (Paragraph((text,)),)
    rows = [
        (
            title_of(found.plays[row.play]),
            GROUPS[row.evidence],
            count(row.treated),
            number(row.did_treated, 2) if _buys(found, row.play) else share(row.did_treated, 1),
            count(row.control),
            number(row.did_control, 2) if _buys(found, row.play) else share(row.did_control, 1),
            share(row.mean),
            share(row.low),
            share(row.high),
        )
        for row in rows_of(found.measured)
    ]
    table = Table(
        say(
            "What the treated and the control group did while the play worked, and what is believed now with its "
            "{mass} range: purchase days per member, or the share that left",
            mass=MASS,
        ),
        (
            say("Play"),
            say("Customers"),
            say("Treated"),
            say("They did"),
            say("Control"),
            say("They did anyway"),
            say("Effect"),
            say("From"),
            say("To"),
        ),
        rows,
    )
    text = say(
        "The effect is nearer to the belief than the bare comparison, the more so the fewer members there are, and "
        "groups of customers lean on each other: both keep luck from passing as an effect."
    )
    figure = before_and_now(
        found.table[found.table["source"] == "measured"],
        {name: title_of(play) for name, play in found.plays.items()},
        title=_figure_title(found),
        alt=_figure_title(found),
        caption=say(
            "Effect over all groups with its {mass} range: believed before any campaign (pale), and now (dark). Left "
            "of the line a play does harm.",
            mass=MASS,
        ),
        x=say("Change of what the play moves"),
        y=say("Play"),
    )
    return (figure, Paragraph((text,)), table)


def _figure_title(found: PlayBeliefs) -> Sentence:
    table = found.table[found.table["source"] == "measured"]
    clear = table[table["low"] > 0]
    if not len(clear):
        return say("Of no measured play is it certain that it does any good")
    best = clear.sort_values("mean").iloc[-1]
    return say_count(
        "{n} measured play surely does some good; most of all {play}, {effect}",
        "{n} measured plays surely do some good; most of all {play}, {effect}",
        n=len(clear),
        play=title_of(found.plays[str(best["play"])]),
        effect=share(float(best["mean"])),
    )


def campaigns(found: PlayBeliefs) -> tuple[Element, ...]:
    """Every past campaign, and whether it is evidence; why those without a control group are not."""
    listed = found.campaigns.campaigns
    if not len(listed):
        return (
            Paragraph((say("There is no table of campaigns and their members, so there is nothing to learn from."),)),
        )
    rows = [
        (
            words(row.name if isinstance(row.name, str) else row.campaign_id),
            title_of(found.plays[row.play]) if row.play in found.plays else words(row.of_play),
            _NOTHING if pd.isna(row.starts_at) else day(pd.Timestamp(row.starts_at).date()),
            count(row.members_treated),
            _per(row.orders_treated, row.members_treated),
            count(row.members_control),
            _per(row.orders_control, row.members_control),
            STATUS[row.status],
        )
        for row in rows_of(listed)
    ]
    table = Table(
        say("Past campaigns: members, purchase days per member while the play worked, and whether they are evidence"),
        (
            say("Campaign"),
            say("Play"),
            say("From"),
            say("Treated"),
            say("Per member"),
            say("Control"),
            say("Per member"),
            say("Evidence"),
        ),
        rows,
    )
    return (table, *_why_not(listed))


def _why_not(listed: pd.DataFrame) -> tuple[Element, ...]:
    said = []
    alone = int((listed["status"] == "observational").sum())
    if alone:
        said.append(
            say_count(
                "{n} campaign had no control group. It is shown, and not used: who was chosen, and when, differs from "
                "who was not, and what they did after it they might have done without it.",
                "{n} campaigns had no control group. They are shown, and not used: who was chosen, and when, differs "
                "from who was not, and what they did afterwards they might have done without.",
                n=alone,
            )
        )
    uneven = int((listed["status"] == "unbalanced").sum())
    if uneven:
        said.append(
            say_count(
                "In {n} campaign the arms bought differently before it began, more than chance explains: they were not "
                "drawn by a coin, and the comparison is not used.",
                "In {n} campaigns the arms bought differently before they began, more than chance explains: they were "
                "not drawn by a coin, and the comparisons are not used.",
                n=uneven,
            )
        )
    left = float(listed["left_out"].sum())
    if left:
        said.append(
            say(
                "{n} members do not count: they were in both arms, their days are not over, or a subscription delivers "
                "to them whatever they are sent.",
                n=count(left),
            )
        )
    return (Paragraph(tuple(said), role="note"),) if said else ()


def limits() -> Paragraph:
    """What the measured effects cannot tell."""
    return Paragraph(
        (
            say(
                "An effect is that of the campaigns that were run: another text, another season or another discount is "
                "another play, and the next campaign may do less."
            ),
            say(
                "What customers buy less after a campaign, because they bought more in it, is not measured here; the "
                "strategy counts it by a setting."
            ),
        ),
        role="note",
    )


def _used(found: PlayBeliefs) -> pd.DataFrame:
    listed = found.campaigns.campaigns
    return listed[(listed["status"] == PROOF) & listed["play"].isin(list(found.plays))]


def _buys(found: PlayBeliefs, play: str) -> bool:
    return found.plays[play].moves != "stay"


def _per(orders: float, members: float) -> Quantity:
    return number(orders / members, 2) if members else _NOTHING
