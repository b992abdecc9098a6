"""Where every member is in its life with us under contract, in words."""

from typing import Final

import pandas as pd

from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.movement import Movement
from clv_lib.analysis.stage_projection import Projection
from clv_lib.data.quality import QualityReport
from clv_lib.names import (
    ACQUISITION,
    ACTIVATION,
    AT_RISK,
    DORMANT,
    LIFECYCLE_STAGE,
    LIFECYCLE_STAGES,
    LOYALTY,
    REACTIVATED,
    RETENTION,
    N,
)
from clv_lib.reporting.elements import Card, Cards, Paragraph, Table, Tasks, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries import contract_ahead, rows_of
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.lifecycle_words import STAGES
from clv_lib.reporting.wording import Quantity, Sentence, count, say, share

STEPS: Final = {1: say("a month"), 3: say("three months"), 12: say("a year")}
_MASS: Final = share(INTERVAL)


def answer(found: ContractLifecycle, table: pd.DataFrame) -> Paragraph:
    """The headline: how many are members, how many of them are at risk, and how many have cancelled."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    text = say(
        "Of {all} members {active} are under contract, {risk} of them before a renewal that fewer make than is usual; "
        "{dormant} have cancelled",
        all=count(sizes.sum()),
        active=count(sizes.sum() - sizes[DORMANT]),
        risk=count(sizes[AT_RISK]),
        dormant=count(sizes[DORMANT]),
    )
    return Paragraph((text,), role="answer")


def key_cards(found: ContractLifecycle, table: pd.DataFrame, moves: Movement, ahead: Projection | None) -> Cards:
    """Members, loyal members, and the chance to cancel."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    active = sizes.sum() - sizes[DORMANT]
    cards = [
        Card(
            say("Under contract"), count(active), say("{part} of all who ever were", part=share(active / sizes.sum()))
        ),
        *contract_ahead.card(ahead),
        Card(say("Loyal"), count(sizes[LOYALTY]), say("at least {n} renewals", n=count(found.rules.loyal_from))),
    ]
    lost = moves.chance(RETENTION, DORMANT)
    if lost["of"]:
        cards.append(
            Card(
                say("From retention to cancelled, in {span}", span=STEPS[found.rules.step]),
                share(lost["mean"], 1),
                say(
                    "with {mass} certainty {low} to {high}",
                    mass=_MASS,
                    low=share(lost["low"], 1),
                    high=share(lost["high"], 1),
                ),
                float(lost["low"]),
                float(lost["high"]),
            )
        )
    return Cards(tuple(cards))


def trust(found: ContractLifecycle, quality: QualityReport) -> Trust:
    """How far to trust the page."""
    due = int(found.rules.rates["of"].sum())
    return Trust((data_chip(quality), (say("Stages from {n} renewals that fell due", n=count(due)), due < 100)))


def rules(found: ContractLifecycle) -> tuple[Paragraph, Table]:
    """The rules in their order, with their numbers."""
    r = found.rules
    text = say(
        "Of all renewals that fell due {usual} were made. Movements are told from the end of one billing period to the "
        "next, over {span}: in less nobody could move.",
        usual=share(r.usual, 1),
        span=STEPS[r.step],
    )
    usual = share(r.usual)
    rows: list[list[Quantity | Sentence]] = [
        [STAGES[DORMANT], say("has cancelled, from the day after the last")],
        [
            STAGES[AT_RISK],
            say("faces a renewal soon (the last twelfth of the period) that fewer than {usual} make", usual=usual),
        ],
        [STAGES[REACTIVATED], say("has signed again after a gap, until the first renewal")],
        [STAGES[ACQUISITION], say("is in the first quarter of the first period")],
        [STAGES[ACTIVATION], say("is in the first period, before the first renewal")],
        [STAGES[LOYALTY], say("has renewed {n} times or more", n=count(r.loyal_from))],
        [STAGES[RETENTION], say("everybody else: has renewed")],
    ]
    head = (say("Stage"), say("A member who"))
    return Paragraph((text,)), Table(say("The rules, in their order: the first that holds counts"), head, rows)


def stage_table(table: pd.DataFrame) -> Table:
    """How many members are in each stage."""
    total = table[N].sum()
    rows: list[list[Quantity | Sentence]] = [
        [STAGES[row.lifecycle_stage], count(row.n), share(row.n / total if total else float("nan"))]
        for row in rows_of(table)
    ]
    return Table(say("Members by stage today"), (say("Stage"), say("Members"), say("Share")), rows, bar=1)


def movements(found: ContractLifecycle, moves: Movement) -> Table:
    """Every movement that happened, with its chance."""
    seen = moves.chances[(moves.chances[N] > 0)]
    rows: list[list[Quantity | Sentence]] = [
        [
            STAGES[str(row.previous_stage)],
            STAGES[str(row.lifecycle_stage)],
            count(row.n),
            count(row.of),
            share(row.mean, 1),
            say("{low} to {high}", low=share(row.low, 1), high=share(row.high, 1)),
        ]
        for row in rows_of(seen)
    ]
    caption = say(
        "Where members are {span} later; the last {n} steps together",
        span=STEPS[found.rules.step],
        n=count(moves.months),
    )
    head = (say("From"), say("To"), say("Members"), say("Of"), say("Chance"), say("{mass} interval", mass=_MASS))
    return Table(caption, head, rows)


def advice(table: pd.DataFrame) -> Tasks:
    """What to do in each stage that holds anybody."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    held = [stage for stage in LIFECYCLE_STAGES if sizes[stage] and stage in ADVICE]
    return Tasks(tuple((ADVICE[stage], say("{n} members.", n=count(sizes[stage]))) for stage in held))


ADVICE: Final[dict[str, Sentence]] = {
    ACQUISITION: say("Acquisition: help them use what they pay for."),
    ACTIVATION: say("Activation: show what the membership has brought before the first renewal falls due."),
    RETENTION: say("Retention: renew silently, and do not ask without need."),
    LOYALTY: say("Loyalty: thank them without a discount, and ask them to bring somebody."),
    AT_RISK: say("At risk: talk to them before the renewal, not after the cancellation."),
    DORMANT: say("Dormant: ask why they left, and invite them once."),
    REACTIVATED: say("Reactivated: find out what was missing, and see to the first renewal."),
}


def meeting(found: ContractLifecycle, table: pd.DataFrame) -> Paragraph:
    """The sentence to take into the meeting."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    text = say(
        "{active} members are under contract and {risk} of them face a renewal that fewer make than is usual; {loyal} "
        "are loyal.",
        active=count(sizes.sum() - sizes[DORMANT]),
        risk=count(sizes[AT_RISK]),
        loyal=count(sizes[LOYALTY]),
    )
    return Paragraph((text,), role="meeting")


def figures(table: pd.DataFrame, ahead: Projection | None) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    return [KeyFigure(f"members_{stage}", float(sizes[stage]), unit="customers") for stage in LIFECYCLE_STAGES] + (
        contract_ahead.figures(ahead)
    )
