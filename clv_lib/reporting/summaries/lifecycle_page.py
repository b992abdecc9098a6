"""The first screen and the last words of the page on the lifecycle."""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.lifecycle import Lifecycle
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
    PREVIOUS_STAGE,
    REACTIVATED,
    REFERRAL,
    RETENTION,
    N,
)
from clv_lib.reporting.elements import Card, Cards, Paragraph, Tasks, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.lifecycle_words import BUSY, MASS, STAGES
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, share


def answer(table: pd.DataFrame, moves: Movement) -> Paragraph:
    """The headline: how many buy, how many are silent, and where most are lost."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    busy = float(sizes[list(BUSY)].sum())
    text = say(
        "Of {all} customers {busy} are buying in their own rhythm, {risk} have been silent for too long, and {dormant} "
        "are dormant",
        all=count(sizes.sum()),
        busy=count(busy),
        risk=count(sizes[AT_RISK]),
        dormant=count(sizes[DORMANT]),
    )
    return Paragraph((text,), role="answer")


def key_cards(table: pd.DataFrame, moves: Movement, ahead: Projection, currency: str) -> Cards:
    """Buying now and in twelve months, value in each, and the largest leak."""
    by_stage = table.set_index(LIFECYCLE_STAGE)
    sizes, value = by_stage[N], by_stage["value"]
    busy = float(sizes[list(BUSY)].sum())
    part = say("{part} of all customers", part=share(busy / sizes.sum()))
    futures = ahead.draws[:, -1, [LIFECYCLE_STAGES.index(each) for each in BUSY]].sum(axis=1)
    low, high = np.quantile(futures, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    cards = [
        Card(say("Buying in their rhythm"), count(busy), part),
        Card(
            say("The same in {months} months", months=count(ahead.draws.shape[1])),
            count(futures.mean()),
            _between(count(low), count(high)),
            float(low),
            float(high),
        ),
    ]
    worst = moves.leaks.head(1)
    if not worst.empty:
        row = worst.iloc[0]
        cards.append(
            Card(
                say("Largest leak: {stage}", stage=STAGES[str(row[PREVIOUS_STAGE])]),
                share(row["mean"], 1),
                _between(share(row["low"], 1), share(row["high"], 1)),
                float(row["low"]),
                float(row["high"]),
                note=say("go silent in a month"),
            )
        )
    if value.notna().any():
        lost = float(value[[AT_RISK]].sum())
        cards.append(
            Card(
                say("Value at risk"),
                money(lost, currency),
                say("{part} of all value to come", part=share(lost / value.sum() if value.sum() else float("nan"))),
                note=say("of customers silent for too long"),
            )
        )
    return Cards(tuple(cards))


def _between(low: Quantity, high: Quantity) -> Sentence:
    return say("with {mass} certainty {low} to {high}", mass=MASS, low=low, high=high)


def trust(found: Lifecycle, quality: QualityReport, modelled: bool) -> Trust:
    """How far to trust the page."""
    checks = [data_chip(quality)]
    gaps = found.rules.gaps
    checks.append((say("Rhythm learnt from {n} gaps", n=count(gaps)), gaps < 100))
    known = say("Probability of being here: from the purchase model")
    checks.append((known if modelled else say("No model of being here"), not modelled))
    if not found.referrals_known:
        checks.append((say("No table of referrals: that stage is empty"), True))
    return Trust(tuple(checks))


def advice(table: pd.DataFrame, moves: Movement, found: Lifecycle, currency: str) -> Tasks:
    """What to do in each stage that holds anybody, with the number that says why."""
    by_stage = table.set_index(LIFECYCLE_STAGE)
    leaks = moves.leaks.set_index(PREVIOUS_STAGE)
    tasks = []
    for stage in LIFECYCLE_STAGES:
        n = float(by_stage[N][stage])
        if not n:
            continue
        lost = float(leaks["mean"].get(stage, float("nan")))
        value = float(by_stage["value"][stage])
        back = moves.chance(DORMANT, REACTIVATED)
        values = {
            "n": count(n),
            "lost": share(lost),
            "value": money(value, currency),
            "within": count(found.within_days),
            "back": share(back["mean"], 1),
            "low": share(back["low"], 1),
            "high": share(back["high"], 1),
        }
        tasks.append((ADVICE[stage], _reason(stage, values, known=bool(np.isfinite(value)))))
    return Tasks(tuple(tasks))


ADVICE: Final[dict[str, Sentence]] = {
    ACQUISITION: say("Acquisition: welcome them, and make the second purchase easy."),
    ACTIVATION: say("Activation: give a reason for the next purchase before the rhythm breaks."),
    RETENTION: say("Retention: do not disturb what works; widen what they buy."),
    LOYALTY: say("Loyalty: thank them without a discount, and ask them to bring somebody."),
    REFERRAL: say("Referral: thank them, and make bringing the next one easy."),
    AT_RISK: say("At risk: write now, in the order of value."),
    DORMANT: say("Dormant: one cheap attempt to win back, tested against a control group, and no more."),
    REACTIVATED: say("Reactivated: find out why they left, and see to the purchases that make them settle."),
}


def _reason(stage: str, values: dict[str, Quantity], *, known: bool) -> Sentence:
    if stage in (ACQUISITION, ACTIVATION):
        return say(
            "{n} customers; {lost} of this stage go silent in a month, and a second purchase is due within {within} "
            "days.",
            **{name: values[name] for name in ("n", "lost", "within")},
        )
    if stage == DORMANT:
        return say(
            "{n} customers; in a month {back} come back by themselves ({low} to {high}).",
            **{name: values[name] for name in ("n", "back", "low", "high")},
        )
    if stage == AT_RISK:
        if known:
            return say("{n} customers, and {value} still to come hangs on them.", n=values["n"], value=values["value"])
        return say("{n} customers.", n=values["n"])
    return say("{n} customers; {lost} of this stage go silent in a month.", n=values["n"], lost=values["lost"])


def meeting(table: pd.DataFrame, moves: Movement, ahead: Projection) -> Paragraph:
    """The sentence to take into the meeting."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    months = int(ahead.table["ahead"].max())
    row = ahead.at(DORMANT, months)
    text = [
        say(
            "{dormant} of our {all} customers are dormant; if nothing changes it will be {low} to {high} in {months} "
            "months.",
            dormant=count(sizes[DORMANT]),
            all=count(sizes.sum()),
            low=count(row["low"]),
            high=count(row["high"]),
            months=count(months),
        )
    ]
    worst = moves.leaks.head(1)
    if not worst.empty:
        one = worst.iloc[0]
        text.append(
            say(
                "Most are lost from {stage}, where {lost} go silent every month.",
                stage=STAGES[str(one[PREVIOUS_STAGE])],
                lost=share(one["mean"]),
            )
        )
    return Paragraph(tuple(text), role="meeting")


def figures(table: pd.DataFrame, moves: Movement, ahead: Projection) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    found = [KeyFigure(f"customers_{stage}", float(sizes[stage]), unit="customers") for stage in LIFECYCLE_STAGES]
    months = int(ahead.table["ahead"].max())
    for stage in (RETENTION, LOYALTY, DORMANT):
        row = ahead.at(stage, months)
        mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
        found.append(
            KeyFigure(f"customers_{stage}_in_{months}_months", mean, low, high, "customers", INTERVAL, "realised")
        )
    for leak in rows_of(moves.leaks.head(1)):
        found.append(KeyFigure("largest_leak", leak.mean, leak.low, leak.high, "share", INTERVAL, "expected"))
    return found
