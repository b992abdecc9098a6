"""The first screen of the page on segments, the sentence for the meeting, and the figures a run is remembered by."""

import numpy as np

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.quality import QualityReport
from clv_lib.names import HIGH_VALUE_AT_RISK, SEGMENT, SLIPPING, VALUE_AT_RISK, N
from clv_lib.reporting.elements import Card, Cards, Element, Paragraph, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.loop_record import LookBack
from clv_lib.reporting.segments_record import SegmentView
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.summaries import loop, strategy_page
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.segments_words import MASS, segment_words
from clv_lib.reporting.wording import Sentence, count, money, say, share


def first_screen(view: SegmentView, made: Strategy | None, currency: str) -> tuple[Element, ...]:
    """The plan; where there is none, because nobody knows what customers will bring, the segments."""
    if made is None:
        return answer(view, currency), key_cards(view, currency)
    return strategy_page.first_screen(made, currency)


def answer(view: SegmentView, currency: str) -> Paragraph:
    """The headline: which segment brings most, or is largest where nobody knows what they bring."""
    table, names = view.table, segment_words(contractual=view.contractual)
    if not view.found.valued or not table["value"].sum() > 0:
        top = table.sort_values(N).iloc[-1]
        text = say(
            "The largest segment is {name}, with {heads} of the customers; what they will bring is not known",
            name=names[str(top[SEGMENT])],
            heads=share(top[N] / table[N].sum()),
        )
        return Paragraph((text,), role="answer")
    top = table.sort_values("value").iloc[-1]
    text = say(
        "{name} are {heads} of the customers and bring {part} of the profit to come: {value}",
        name=names[str(top[SEGMENT])],
        heads=share(top[N] / table[N].sum()),
        part=share(top["value"] / table["value"].sum()),
        value=money(top["value"], currency),
    )
    return Paragraph((text,), role="answer")


def key_cards(view: SegmentView, currency: str) -> Cards:
    """The segments that matter most, with their ranges."""
    table, names = view.table.set_index(SEGMENT), segment_words(contractual=view.contractual)
    cards = []
    largest = table.sort_values("value" if view.found.valued else N, ascending=False).head(1)
    urgent = table.loc[[name for name in (SLIPPING, HIGH_VALUE_AT_RISK) if table[N][name] > 0]]
    for name, row in [*largest.iterrows(), *urgent.iterrows()]:
        people = say("{n} customers", n=count(row[N]))
        if not np.isfinite(row["value"]):
            cards.append(
                Card(names[str(name)], count(row[N]), say("{part} of all", part=share(row[N] / table[N].sum())))
            )
            continue
        within = (
            say(
                "on average, with {mass} certainty {low} to {high}",
                mass=MASS,
                low=money(row["low"], currency),
                high=money(row["high"], currency),
            )
            if np.isfinite(row["low"])
            else people
        )
        note = (
            say("{n} customers; {money} at risk", n=count(row[N]), money=money(row[VALUE_AT_RISK], currency))
            if view.found.judged
            else people
        )
        low, high = (float(row[end]) if np.isfinite(row[end]) else None for end in ("low", "high"))
        cards.append(Card(names[str(name)], money(row["value"], currency), within, low, high, note=note))
    return Cards(tuple(cards))


def trust(view: SegmentView, quality: QualityReport, made: Strategy | None) -> Trust:
    """How far to trust the page."""
    found = view.found
    checks = [data_chip(quality)]
    valued = say("Values: from the page on value") if found.valued else say("Values: not known")
    judged = say("Risks: from the page on warnings") if found.judged else say("Risks: not known")
    consent = say("Consent: in the record") if found.consent_known else say("Consent: not in the record")
    checks += [(valued, not found.valued), (judged, not found.judged), (consent, not found.consent_known)]
    return Trust((*checks, *(strategy_page.trust_chips(made) if made is not None else [])))


def meeting(view: SegmentView, made: Strategy | None, back: LookBack, currency: str) -> Paragraph:
    """What to say in the meeting: where the profit is, what the plan will earn, and how the last round did."""
    planned = strategy_page.meeting(made, currency, contractual=view.contractual)
    plan = () if planned is None else planned.sentences
    return Paragraph((*_where_it_is(view, currency), *plan, *loop.meeting(back, currency)), role="meeting")


def _where_it_is(view: SegmentView, currency: str) -> tuple[Sentence, ...]:
    table, names = view.table.set_index(SEGMENT), segment_words(contractual=view.contractual)
    if not view.found.valued or not table["value"].sum() > 0:
        text = say("We know where our {n} customers stand, but not yet what they will bring.", n=count(table[N].sum()))
        return (text,)
    best = str(table["value"].idxmax())
    risky = str(table[VALUE_AT_RISK].idxmax()) if view.found.judged and table[VALUE_AT_RISK].sum() > 0 else ""
    text = say(
        "{part} of all that our customers will bring comes from {name}, {n} of {all}.",
        part=share(table["value"][best] / table["value"].sum()),
        name=names[best],
        n=count(table[N][best]),
        all=count(table[N].sum()),
    )
    if not risky:
        return (text,)
    loss = say(
        "Most is at risk in {name}: {money} of {value}.",
        name=names[risky],
        money=money(table[VALUE_AT_RISK][risky], currency),
        value=money(table["value"][risky], currency),
    )
    return text, loss


def figures(view: SegmentView, currency: str) -> list[KeyFigure]:
    """The figures that a run is remembered by: the size of every segment, and what those of note bring."""
    table = view.table.set_index(SEGMENT)
    found = [KeyFigure(f"segment_{name}", float(table[N][name]), unit="customers") for name in table.index]
    for name in table.index[table[N] > 0]:
        value, low, high = (float(table[column][name]) for column in ("value", "low", "high"))
        if np.isfinite(low):
            found.append(KeyFigure(f"value_of_{name}", value, low, high, currency, INTERVAL, "expected"))
    if view.moves is not None:
        found.append(KeyFigure("customers_who_changed_segment", float(view.moves.moved), unit="customers"))
    return found
