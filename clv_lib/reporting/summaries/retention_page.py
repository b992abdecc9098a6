"""The first screen of the page on coming back, and what it leaves for the run."""

from clv_lib.analysis.bridge import NEW, RETURNING
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.retention import Audit
from clv_lib.data.quality import QualityReport
from clv_lib.names import N
from clv_lib.reporting.elements import Card, Cards, Paragraph, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.retention_change import FACTORS, WHAT
from clv_lib.reporting.summaries.retention_health import points
from clv_lib.reporting.summaries.retention_words import (
    EACH,
    MANY,
    period_label,
    signed_money,
    signed_share,
    stretch_label,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, say, say_count, share


def _back(found: Audit) -> dict[str, Quantity | Sentence]:
    back, low, high = found.second.within(found.second.horizon)
    return {
        "n": count(int(found.second.curve["watched"].iloc[0])),
        "days": count(found.second.horizon),
        "back": share(back),
        "low": share(low),
        "high": share(high),
        "mass": share(INTERVAL),
    }


def answer(found: Audit) -> Paragraph:
    """Whether they come back, and whether that is getting better."""
    values = _back(found)
    text = {
        "better": say("{back} of first-time buyers come back within {days} days, and it is getting better", **values),
        "worse": say("{back} of first-time buyers come back within {days} days, and it is getting worse", **values),
        "unclear": say(
            "{back} of first-time buyers come back within {days} days, and that is neither better nor worse than it "
            "was, beyond chance",
            **values,
        ),
        "unknown": say(
            "{back} of first-time buyers come back within {days} days; there are too few cohorts to say whether that "
            "is getting better",
            **values,
        ),
    }[found.cohort_trend.verdict]
    return Paragraph((text,), role="answer")


def key_cards(found: Audit, currency: str) -> Cards:
    """Coming back, buying again, the change and its reason, new customers' share."""
    second = found.second
    back, low, high = second.within(second.horizon)
    cards = [
        Card(
            say("Back within {days} days", days=count(second.horizon)),
            share(back, 1),
            _range(low, high),
            low,
            high,
            note=say("of {n} first-time buyers", n=count(int(second.curve["watched"].iloc[0]))),
        )
    ]
    returning = found.bridge.returning
    if len(returning):
        last = returning.iloc[-1]
        cards.append(
            Card(
                say("Bought again in {period}", period=period_label(found.periods, int(last["period"]))),
                share(float(last["rate"]), 1),
                _range(float(last["rate_low"]), float(last["rate_high"])),
                float(last["rate_low"]),
                float(last["rate_high"]),
                note=say("of {n} buyers of the {each} before", n=count(int(last[N])), each=EACH[found.periods.name]),
            )
        )
        fresh = found.bridge.new_share.iloc[-1]
        won = found.bridge.customers[NEW].iloc[-1] > 0  # a log that takes in nobody any more has no such share
        fresh_card = (
            Card(
                say("Revenue from new customers"),
                share(float(fresh["share"]), 1),
                _range(float(fresh["low"]), float(fresh["high"])),
                float(fresh["low"]),
                float(fresh["high"]),
                note=say("in {period}", period=period_label(found.periods, int(returning["period"].iloc[-1]))),
            ),
        )
        cards += fresh_card if won else ()
    if found.changed is not None and found.stretches is not None:
        parts = found.changed
        cards.append(
            Card(
                say("Change of {what}", what=WHAT[parts.of]),
                signed_money(parts.change, currency),
                say("{change} on the stretch before", change=signed_share(parts.after / parts.before - 1)),
                note=say(
                    "largest part: {factor}; {stretch}",
                    factor=FACTORS[parts.largest],
                    stretch=stretch_label(found.stretches[1]),
                ),
            )
        )
    return Cards(tuple(cards))


def _range(low: float, high: float) -> Sentence:
    return say("with {mass} certainty {low} to {high}", mass=share(INTERVAL), low=share(low, 1), high=share(high, 1))


def trust(found: Audit, quality: QualityReport) -> Trust:
    """How far to trust the page."""
    whole = len(found.periods.complete)
    each: dict[str, tuple[Sentence, bool]] = {
        "month": (say_count("{n} whole month", "{n} whole months", n=whole), whole < 2),
        "quarter": (say_count("{n} whole quarter", "{n} whole quarters", n=whole), whole < 2),
        "year": (say_count("{n} whole year", "{n} whole years", n=whole), whole < 2),
    }
    first = (
        (say("First cohort: most of it bought before the log begins"), True)
        if found.marked is not None
        else (say("First purchases look like first ones"), False)
    )
    return Trust((data_chip(quality), each[found.periods.name], first))


def basis(found: Audit) -> Paragraph:
    """How the calendar is cut, and which stretches are compared."""
    gap = found.median_gap
    text = [
        say(
            "Cohorts and periods are {periods}: of these the log has {whole} whole ones. Set {key} to cut it "
            "otherwise.",
            periods=MANY[found.periods.name],
            whole=count(len(found.periods.complete)),
            key=Quantity("retention.period", lambda language: "retention.period"),
        )
    ]
    if gap == gap:
        text.append(say("Half of those who return do so within {days} days of the purchase before.", days=count(gap)))
    if found.stretches is not None:
        before, after = (stretch_label(each) for each in found.stretches)
        text.append(say("The first two views compare {before} with {after}.", before=before, after=after))
    return Paragraph(tuple(text))


def meeting(found: Audit, currency: str) -> Paragraph:
    """The sentence to say aloud."""
    values = _back(found)
    verdict = found.cohort_trend.verdict
    if verdict == "unknown":
        first = say(
            "Of a hundred first-time buyers about {hundred} are back within {days} days ({low} to {high}).",
            hundred=count(100 * found.second.within(found.second.horizon)[0]),
            **values,
        )
    else:
        trends = {
            "better": say("that has risen"),
            "worse": say("that has fallen"),
            "unclear": say("whether that has changed the numbers cannot tell"),
        }
        first = say(
            "Of a hundred first-time buyers about {hundred} are back within {days} days ({low} to {high}), and "
            "{trend}: {from_} to {to} from the first cohort to the last.",
            hundred=count(100 * found.second.within(found.second.horizon)[0]),
            trend=trends[verdict],
            from_=points(found.cohort_trend.low),
            to=points(found.cohort_trend.high),
            **values,
        )
    if found.changed is None:
        return Paragraph((first,), role="meeting")
    parts = found.changed
    second = say(
        "{what} changed by {change}; the largest part of that is one thing, {factor}: {effect}.",
        what=WHAT_FIRST[parts.of],
        change=signed_money(parts.change, currency),
        factor=FACTORS[parts.largest],
        effect=signed_money(parts.largest_effect, currency),
    )
    return Paragraph((first, second), role="meeting")


WHAT_FIRST: dict[str, Sentence] = {"revenue": say("Revenue"), "contribution": say("Contribution")}


def key_figures(found: Audit, currency: str) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    back, low, high = found.second.within(found.second.horizon)
    figures = [
        KeyFigure("back_within_horizon", back, low, high, "share", INTERVAL, "expected"),
        KeyFigure("back_horizon", float(found.second.horizon), unit="days"),
        KeyFigure("repeat_trend_probability", found.cohort_trend.up, unit="probability"),
        KeyFigure("top_tenth_share", found.deciles.top_share, unit="share"),
    ]
    returning = found.bridge.returning
    if len(returning):
        last = returning.iloc[-1]
        figures.append(
            KeyFigure("bought_again", last["rate"], last["rate_low"], last["rate_high"], "share", INTERVAL, "expected")
        )
        fresh = found.bridge.new_share.iloc[-1]
        figures.append(
            KeyFigure(
                "new_customers_revenue_share",
                fresh["share"],
                fresh["low"],
                fresh["high"],
                "share",
                INTERVAL,
                "expected",
            )
        )
        figures.append(
            KeyFigure("returning_customers", float(found.bridge.customers[RETURNING].iloc[-1]), unit="customers")
        )
    if found.changed is not None:
        figures.append(KeyFigure("change_between_stretches", found.changed.change, unit=currency))
    return figures
