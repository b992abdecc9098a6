"""What has changed since the run before, and why, in words."""

from typing import Any, Final

import pandas as pd

from clv_lib.analysis import between_runs as groups
from clv_lib.names import SEGMENT
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.plots_costs import falling
from clv_lib.reporting.since import DataChange, SettingChange, Since
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.five import SHARE, by_how_much, labels, signed, writer
from clv_lib.reporting.summaries.lifecycle_words import STAGES
from clv_lib.reporting.summaries.retention_words import signed_money
from clv_lib.reporting.summaries.segments_words import segment_words
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, say, say_count, share, words

SETTINGS_SHOWN: Final = 5
DONE: Final[dict[str, Sentence]] = {
    groups.NEW: say("New customers"),
    groups.BOUGHT: say("Bought since"),
    groups.SILENT: say("Nothing bought since"),
    groups.JOINED: say("Members again"),
    groups.STAYED: say("Members who stayed"),
    groups.LEFT: say("Members who left"),
    groups.FORMER: say("Former members"),
    groups.GONE: say("No longer in the data"),
}


def first_report() -> Paragraph:
    """What there is to say when there is nothing to compare with."""
    return Paragraph(
        (
            say(
                "This is the first report on these data. From the next one on, this part says how the numbers above "
                "have moved, whether by more than their uncertainty, and why."
            ),
        )
    )


def what_changed(
    found: Since | None, figures: dict[str, KeyFigure], *, contractual: bool, currency: str
) -> tuple[Element, ...]:
    """The part of the summary on what changed."""
    if found is None:
        return (first_report(),)
    moved = _moved(found, contractual=contractual)
    why = Paragraph((*_data(found.data), *moved, *_settings(found.settings), *_method(found)))
    table = _table(found, figures, contractual=contractual)
    return (_verdict(found, figures, contractual=contractual), *table, why, *_waterfall(found.values, currency))


def _verdict(found: Since, figures: dict[str, KeyFigure], *, contractual: bool) -> Paragraph:
    """Which of the numbers have moved by more than chance would explain."""
    when = say(
        "Compared with the report of {made}, which knew the data up to {day}:",
        made=day(found.before.finished.date()),
        day=day(found.data.last_day_before or found.data.last_day),
    )
    if not found.changes:
        return Paragraph((when, say("none of the numbers was counted alike, so none is compared.")))
    named = labels(contractual=contractual)
    beyond = [name for name, each in found.changes.items() if each.beyond]
    if not beyond:
        return Paragraph((when, say("none of the numbers has moved by more than its uncertainty.")))
    parts = [
        say("{name} ({change})", name=named[name], change=by_how_much(found.changes[name], figures[name]))
        for name in beyond
    ]
    said = say_count(
        "{n} of {all} numbers has moved by more than its uncertainty: {which}.",
        "{n} of {all} numbers have moved by more than their uncertainty: {which}.",
        n=len(beyond),
        all=count(len(found.changes)),
        which=listed(parts),
    )
    return Paragraph((when, said))


def listed(parts: list[Sentence]) -> Sentence:
    """Some things in a row, with commas."""
    first, *rest = parts
    for each in rest:
        first = say("{first}, {next}", first=first, next=each)
    return first


def _table(found: Since, figures: dict[str, KeyFigure], *, contractual: bool) -> tuple[Table, ...]:
    if not found.changes:
        return ()
    named = labels(contractual=contractual)
    rows: list[list[Quantity | Sentence]] = []
    for name, change in found.changes.items():
        write = writer(figures[name])
        rows.append(
            [
                named[name],
                write(change.before),
                write(change.now),
                by_how_much(change, figures[name]),
                _limit(change.low, figures[name]),
                _limit(change.high, figures[name]),
                words("–")
                if change.beyond is None
                else say("beyond its uncertainty")
                if change.beyond
                else say("within its uncertainty"),
            ]
        )
    caption = say(
        "The numbers then and now, with the {mass} range of the change. The two reports are taken as independent; as "
        "they share most of their data, the ranges are rather too wide than too narrow",
        mass=share(next(iter(found.changes.values())).mass),
    )
    return (
        Table(
            caption,
            (say("Number"), say("Then"), say("Now"), say("Change"), say("From"), say("To"), say("The change is")),
            rows,
        ),
    )


def _limit(value: float | None, figure: KeyFigure) -> Quantity:
    if value is None:
        return words("–")
    return signed(100 * value) if figure.unit == SHARE else signed_money(value, figure.unit)


def _data(data: DataChange) -> tuple[Sentence, ...]:
    if data.last_day_before is None or data.rows_before is None or data.customers_before is None:
        return ()
    if data.same:
        return (say("The log has not grown: it ends on the same day and has as many rows and customers."),)
    sentences = [_days(data.last_day_before, data), _people(data.customers_before, data)]
    return tuple(sentences)


def _days(before: Any, data: DataChange) -> Sentence:
    rows = data.rows - (data.rows_before or 0)
    places = {"day": day(data.last_day), "before": day(before)}
    days = (data.last_day - before).days
    if rows < 0:
        return say("The log now ends on {day} (then: {before}) and has {rows} rows less.", rows=count(-rows), **places)
    if days == 0:
        return say("The log ends on the same day and has {rows} rows more.", rows=count(rows))
    return say("The log now ends on {day} (then: {before}) and has {rows} rows more.", rows=count(rows), **places)


def _people(before: int, data: DataChange) -> Sentence:
    by = data.customers - before
    if by == 0:
        return say("The number of customers is the same, {n}.", n=count(data.customers))
    if by > 0:
        return say_count("{n} customer more is known.", "{n} customers more are known.", n=by)
    return say_count("{n} customer less is known.", "{n} customers less are known.", n=-by)


def _moved(found: Since, *, contractual: bool) -> tuple[Sentence, ...]:
    if found.moved is None or found.moved.empty:
        return ()
    elsewhere = found.moved[found.moved["before"] != found.moved["now"]]
    places = {"all": count(int(found.moved["customers"].sum()))}
    by_segment = found.moved_by == SEGMENT
    if elsewhere.empty:
        return (
            say("All {all} customers that both reports know are in the segment that they were in.", **places)
            if by_segment
            else say("All {all} customers that both reports know are in the stage that they were in.", **places),
        )
    largest = next(rows_of(elsewhere))
    places |= {"n": count(int(elsewhere["customers"].sum())), "most": count(int(largest.customers))}
    called = {"from_": str(largest.before), "to": str(largest.now)}
    names = {place: group_name(group, contractual=contractual) for place, group in called.items()}
    return (
        say(
            "{n} of {all} customers that both reports know are in another segment now; the largest move, of {most}, is "
            "from “{from_}” to “{to}”.",
            **places,
            **names,
        )
        if by_segment
        else say(
            "{n} of {all} customers that both reports know are in another stage now; the largest move, of {most}, is "
            "from “{from_}” to “{to}”.",
            **places,
            **names,
        ),
    )


def group_name(group: str, *, contractual: bool) -> Sentence | Quantity:
    """What a segment or a stage is called."""
    return segment_words(contractual=contractual).get(group) or STAGES.get(group) or words(group)


def _settings(changed: tuple[SettingChange, ...]) -> tuple[Sentence, ...]:
    if not changed:
        return ()
    parts = [
        say("{key} from {before} to {now}", key=words(each.key), before=_value(each.before), now=_value(each.now))
        for each in changed[:SETTINGS_SHOWN]
    ]
    rest = len(changed) - len(parts)
    said = say("Settings that are not what they were: {which}.", which=listed(parts))
    more = say_count("{n} more setting has changed.", "{n} more settings have changed.", n=rest)
    return (said, more) if rest else (said,)


def _value(value: Any) -> Quantity | Sentence:
    return say("not stated") if value is None else words(value)


def _method(found: Since) -> tuple[Sentence, ...]:
    if found.method:
        return (say("The program itself has changed since, so part of a change may come from a better method."),)
    if not found.settings and not found.data.same:
        return (say("Settings and method are what they were, so it is the data that make the difference."),)
    return ()


def _waterfall(values: pd.DataFrame | None, currency: str) -> tuple[Figure, ...]:
    """Whose value makes the difference."""
    if values is None or values.empty:
        return ()
    moved = values.assign(amount=values["now"] - values["before"])
    moved = moved[moved["amount"].abs() > 0]
    then, now = float(values["before"].sum()), float(values["now"].sum())
    if moved.empty:
        return ()
    largest = moved.iloc[int(moved["amount"].abs().to_numpy().argmax())]
    steps = pd.DataFrame({"amount": [then, *moved["amount"], now], "total": [True, *[False] * len(moved), True]})
    steps = steps.assign(low=steps["amount"], high=steps["amount"])
    which, amount = DONE[str(largest["group"])], signed_money(float(largest["amount"]), currency)
    parts = [
        say("{which} {amount}", which=DONE[str(row.group)], amount=signed_money(row.amount, currency))
        for row in rows_of(moved)
    ]
    return (
        falling(
            steps,
            labels=[
                say("Value then"),
                *(say("{which} ({n})", which=DONE[str(row.group)], n=count(row.customers)) for row in rows_of(moved)),
                say("Value now"),
            ],
            currency=currency,
            title=say(
                "Whose value made the difference: the largest part is “{which}”, {amount}", which=which, amount=amount
            ),
            alt=say(
                "Bars from the value then, {then}, to the value now, {now}: {parts}.",
                then=money(then, currency),
                now=money(now, currency),
                parts=listed(parts),
            ),
            caption=say(
                "Expected value of all customers then and now, by what they have done since; number of customers in "
                "brackets. The parts add up exactly. Whoever buys nothing loses value by that alone."
            ),
            x=say("expected value"),
            y=say("what the customers have done since"),
        ),
    )
