"""When the cost of winning a customer has come back, and what may be paid for the next one, in words."""

from collections.abc import Mapping

import numpy as np

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.payback import FEWEST, MostToPay, Payback
from clv_lib.periods import month_of_number
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_costs import paying_back
from clv_lib.reporting.summaries.acquisition import NO_FIGURE, channel_name
from clv_lib.reporting.wording import Quantity, Sentence, count, money, month, number, say, say_count, share


def payback_table(found: Mapping[int, Payback], currency: str) -> Paragraph | Table:
    """Payback by quarter of being won."""
    if not found:
        text = say(
            "No quarter can be judged: that takes {fewest} customers won in it, a known cost of winning them, and a "
            "ledger that covers it.",
            fewest=count(FEWEST),
        )
        return Paragraph((text,))
    return Table(
        say(
            "Customers by the quarter in which they were won; paid back once that is likelier than not, with the "
            "probability that customers like these have paid back by the last month seen"
        ),
        (
            say("Won from"),
            say("New customers"),
            say("Cost of each"),
            say("Margin of each so far"),
            say("Months seen"),
            say("Paid back after"),
            say("Probability"),
        ),
        [
            [
                month(month_of_number(start)),
                count(each.customers),
                money(each.cost.cac, currency),
                money(float(each.curve["mean"].iloc[-1]), currency),
                count(each.age),
                _months(each),
                share(each.probability),
            ]
            for start, each in found.items()
        ],
    )


def _months(found: Payback) -> Sentence:
    if found.month is None:
        return say("not yet")
    return say_count("{n} month", "{n} months", n=found.month)


def payback_figure(found: Payback | None, currency: str) -> tuple[Element, ...]:
    """Margin per customer by age against the cost of winning one."""
    if found is None:
        return (Paragraph((say("Too few customers could be seen long enough to draw what they bring by age."),)),)
    last = found.curve.iloc[-1]
    known = bool(np.isfinite(found.cost.cac))
    values = {
        "months": count(found.age),
        "margin": money(float(last["mean"]), currency),
        "cost": money(found.cost.cac, currency),
        "chance": share(found.probability),
    }
    if not known:
        title = say("After {months} months a customer has brought {margin} of margin", **values)
        alt = say("A rising line: margin per customer by months since being won, {margin} after {months}.", **values)
    else:
        if found.month is None:
            title = say("After {months} months a customer has brought {margin} and not yet paid back {cost}", **values)
        else:
            title = say_count(
                "A customer pays back what winning it cost after {n} month",
                "A customer pays back what winning it cost after {n} months",
                n=found.month,
            )
        alt = say(
            "A line of margin per customer by months since being won, {margin} after {months}, and a level line at the "
            "cost of winning one, {cost}. The chance of having paid back by then is {chance}.",
            **values,
        )
    labels = {
        "x": say("months since the month of being won"),
        "y": say("margin per customer, added up"),
        "margin": say("margin so far"),
        "cost": say("cost of winning one"),
    }
    cost = (found.cost.cac, found.cost.low, found.cost.high) if known else None
    figure = paying_back(
        found.curve,
        cost=cost,
        currency=currency,
        title=title,
        alt=alt,
        caption=say(
            "{n} customers who could be seen that long; margin after goods, fulfilment, payment, service, keeping and "
            "marketing, before overhead. Bands hold {mass}.",
            n=count(found.customers),
            mass=share(INTERVAL),
        ),
        labels=labels,
    )
    return (figure,)


def most_to_pay(found: Mapping[str, MostToPay], months: int, currency: str) -> tuple[Element, ...]:
    """What the next customer of each channel may cost."""
    if not found:
        text = say(
            "No channel has {fewest} customers who could be seen for {months} months, so no limit can be given.",
            fewest=count(FEWEST),
            months=count(months),
        )
        return (Paragraph((text,)),)
    text = say(
        "The most to pay is what such a customer has brought within {months} months: margin already realised, not the "
        "forecast of the page on value, which looks further ahead. It is an average, and the next customer of "
        "a channel is often worth less than those it has brought so far.",
        months=count(months),
    )
    rows = [
        [
            say("All customers") if name == "*" else channel_name(name),
            money(each.value.mean, currency),
            money(each.surely, currency),
            NO_FIGURE if each.cost is None else money(each.cost.cac, currency),
            *_ratio(each),
        ]
        for name, each in found.items()
    ]
    table = Table(
        say(
            "The most that the next customer may cost, to break even on average and with {sure} certainty; value to "
            "cost with its {mass} interval",
            sure=share(0.95),
            mass=share(INTERVAL),
        ),
        (
            say("Channel"),
            say("At most, on average"),
            say("At most, to be sure"),
            say("Cost so far"),
            say("Value to cost"),
            say("Low"),
            say("High"),
        ),
        rows,
    )
    return (Paragraph((text,)), table)


def _ratio(found: MostToPay) -> list[Quantity]:
    if found.ratio is None:
        return [NO_FIGURE] * 3
    return [number(value, 1) for value in (found.ratio.mean, found.ratio.low, found.ratio.high)]
