"""What stands out in the log as a whole, in words: what it is, and how it would bend the results."""

from datetime import date

import pandas as pd

from clv_lib.data.quality import Finding, QualityReport
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, month, number, say, share, words

FINDINGS: dict[str, Sentence] = {
    "gap": say("No order from {first} to {last}, where about {expected} were to be expected"),
    "end_gap": say("No order from {first} to {last}, the end of the observation, where about {expected} were expected"),
    "thin_last_day": say("Only {orders} orders on the last day, {last}, where about {expected} were to be expected"),
    "unit_change": say("The median order changes from {before} to {after} on {day}: the unit of the amounts changed"),
    "left_censored": say("{share} of all first purchases fall in the first {days} days: many are not first ones"),
    "import_month": say("{new} new customers in {month}, where the months beside it have at most {beside}"),
    "first_of_month": say("{share} of the purchase days are the first of a month"),
    "weekday_hole": say("Hardly any order on these days of the week, Monday being 1: {weekdays}"),
    "same_clock_time": say("Every order has the clock time {time}, although the times have a time zone"),
    "night_by_day": say("The quiet hours are those from {first} to {last} o'clock, by day"),
    "days_moved": say("{orders} orders ({share}) fall on another day in {zone} than in {clock}, where the clocks hung"),
}
BENDS: dict[str, Sentence] = {
    "looks_like_leaving": say("Customers who bought in that time look as if they had stayed away or left."),
    "looks_like_prices": say("Sums mix two units, and the change looks like a change of prices."),
    "too_many_new": say("Old customers look new, so acquisition and the first year's value are misread."),
    "ends_early": say("The last stretch looks quieter than it was, and customers less alive."),
    "days_shifted": say("Orders fall on the wrong day, and those of one evening may fall on two."),
    "days_set_right": say("The days are those of the business; as written, these orders would fall on the wrong one."),
    "days_rounded": say("The days between purchases are those of the calendar, not of the customers."),
    "closed_days": say("Customers cannot buy on these days; counted in whole weeks it makes no difference."),
}


def findings(report: QualityReport) -> Paragraph | Table:
    """Everything that stands out in the accepted log, with what it would do to the results."""
    if not report.findings:
        return Paragraph(
            (say("The log as a whole shows no gap, no change of unit and no sign that it was cut or imported."),)
        )
    return Table(
        say("What stands out in the log as a whole, and how it would bend the results"),
        (say("Found"), say("Effect")),
        [[found_sentence(each, report.currency), BENDS[each.bends]] for each in report.findings],
    )


def standing_out(report: QualityReport) -> tuple[Element, ...]:
    """The findings, and what became of other currencies and of customers who returned everything, if there are any."""
    further = (converted(report), fully_refunded(report))
    return (findings(report), *(each for each in further if each is not None))


def found_sentence(finding: Finding, currency: str) -> Sentence:
    """What was found."""
    values = {name: _quantity(name, value, currency) for name, value in finding.values.items()}
    message = FINDINGS[finding.code].message
    return Sentence(message, {name: each for name, each in values.items() if f"{{{name}}}" in message})


def _quantity(name: str, value: float | int | str, currency: str) -> Quantity:
    if name == "month":
        return month(pd.Period(str(value), "M").start_time.date())
    if name == "day" or (name in ("first", "last") and isinstance(value, str)):
        return day(date.fromisoformat(str(value)))
    if isinstance(value, str):
        return words(value)
    if name in ("before", "after"):
        return money(value, currency)
    if name == "share":
        return share(value)
    return number(value, 1) if name == "ratio" else count(value)


def fully_refunded(report: QualityReport) -> Paragraph | None:
    """How many customers have no purchase left, if any."""
    if not report.fully_refunded:
        return None
    text = say(
        "Customers who returned everything they bought, and are in no customer model: {n}.",
        n=count(report.fully_refunded),
    )
    return Paragraph((text,))


def converted(report: QualityReport) -> Table | None:
    """Amounts that were in another currency, if any."""
    if not report.converted:
        return None
    return Table(
        say("Amounts in other currencies, converted at the rate of their month"),
        (say("Currency"), say("Rows"), say("Amount in it"), say("Converted")),
        [
            [
                words(each.currency),
                count(each.rows),
                money(float(each.amount), each.currency),
                money(float(each.money), report.currency),
            ]
            for each in report.converted
        ],
    )
