"""What winning customers costs, when it is paid back, and what the next one may cost, in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from clv_lib.analysis.acquisition import DEFINITIONS, AcquisitionCost
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.payback import FEWEST, MostToPay, Payback
from clv_lib.analysis.winning import FULL, WinningCosts
from clv_lib.periods import month_of_number
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots_costs import costs_by_name, paying_back
from clv_lib.reporting.wording import Quantity, Sentence, count, money, month, number, say, say_count, share, words
from clv_lib.settings import CostsSection

MOST_CHANNELS = 12
NO_FIGURE = words("–")
HEADS: dict[str, Sentence] = {
    "all": say("All sales and marketing"),
    "acquisition": say("Only acquisition"),
    "lagged": say("In the months it works"),
    "onboarded": say("With welcome"),
}


def channel_name(name: object) -> Quantity | Sentence:
    """A channel by its own name, or what stands for none."""
    return words(name) if name else say("no channel known")


def costs(found: WinningCosts, settings: CostsSection, currency: str) -> tuple[Element, ...]:
    """Cost of a new customer in four definitions, by channel, blended and paid."""
    if found.source == "none":
        text = say(
            "Neither the ledger nor the settings say what winning customers costs, so there is no figure for it here. "
            "State it in {section}, or book it.",
            section=words("[economics.cac]"),
        )
        return (Paragraph((text,), role="banner"),)
    if found.source == "assumed":
        rows = [[channel_name(name), money(cost.cac, currency)] for name, cost in found.channels().items()]
        caption = say("What the settings state that a new customer costs; the ledger holds no acquisition")
        return (Table(caption, (say("Channel"), say("Cost")), rows),)
    return (_sentence(found, currency), _table(found, currency), _lags(settings))


def _sentence(found: WinningCosts, currency: str) -> Paragraph:
    blended, paid = found.blended(), found.paid()
    text = [say("No customer was won in a month whose spend is known.")]
    if blended is not None and np.isfinite(blended.cac):
        text = [
            say(
                "A new customer costs {blended} when the money is spread over everybody who came (blended; {mass} "
                "certain that the same money wins one for {low} to {high} on average).",
                blended=money(blended.cac, currency),
                mass=share(INTERVAL),
                low=money(blended.low, currency),
                high=money(blended.high, currency),
            )
        ]
        if paid is not None and np.isfinite(paid.cac) and paid.customers < blended.customers:
            text.append(
                say(
                    "Over the customers of paid channels alone it is {paid}; the difference are those who came by "
                    "themselves.",
                    paid=money(paid.cac, currency),
                )
            )
    n, part, shared = found.unknown
    if 0 < part < 1:
        values = {"part": share(part, 1)}
        text.append(
            say_count(
                "Of {n} new customer no channel is known ({part}); it is counted with the channels in proportion.",
                "Of {n} new customers no channel is known ({part}); they are counted with the channels in proportion.",
                n=n,
                **values,
            )
            if shared
            else say_count(
                "Of {n} new customer no channel is known ({part}), too many to be counted with the channels.",
                "Of {n} new customers no channel is known ({part}), too many to be counted with the channels.",
                n=n,
                **values,
            )
        )
    return Paragraph(tuple(text))


def _table(found: WinningCosts, currency: str) -> Table:
    by_definition = {definition: found.channels(definition) for definition in DEFINITIONS}
    names = sorted(by_definition[FULL], key=lambda name: -by_definition[FULL][name].customers)
    rows: list[list[Quantity | Sentence]] = []
    for name in names:
        costs = {str(each): by_definition[each].get(name) for each in DEFINITIONS}
        rows.append([channel_name(name), *_figures(costs, currency)])
    rows.append([say("All (blended)"), *_figures({str(each): found.blended(each) for each in DEFINITIONS}, currency)])
    rows.append([say("Paid channels"), *_figures({str(each): found.paid(each) for each in DEFINITIONS}, currency)])
    return Table(
        say(
            "Cost of a new customer by four definitions; the last with its {mass} interval (Gamma posterior of a "
            "Poisson count of new customers)",
            mass=share(INTERVAL),
        ),
        (say("Channel"), say("New customers"), *(HEADS[each] for each in DEFINITIONS), say("Low"), say("High")),
        rows,
    )


def _figures(costs: Mapping[str, AcquisitionCost | None], currency: str) -> list[Quantity | Sentence]:
    full = costs[FULL]
    written = [NO_FIGURE if cost is None else money(cost.cac, currency) for cost in costs.values()]
    if full is None:
        return [NO_FIGURE, *written, NO_FIGURE, NO_FIGURE]
    return [count(full.customers), *written, money(full.low, currency), money(full.high, currency)]


def _lags(settings: CostsSection) -> Paragraph | Table:
    if not settings.channels:
        text = say(
            "No channel states when its money works, so all of it is taken to work in the month in which it is spent, "
            "and marketing lines are taken to speak to those who are customers already."
        )
        return Paragraph((text,), role="note")
    return Table(
        say("When the money of a channel works, as the settings state; a channel not listed works at once"),
        (say("Channel"), say("Of its marketing wins customers"), say("Spread over months"), say("Delay in months")),
        [
            [words(name), share(channel.acquisition_share), count(channel.spread_months), count(channel.delay_months)]
            for name, channel in settings.channels.items()
        ],
    )


def channels_figure(found: WinningCosts, currency: str) -> tuple[Figure, ...]:
    """Cost of a new customer by channel; nothing to draw without a measured one."""
    spending = {name for name, cost in found.channels("acquisition").items() if cost.spend > 0}
    known = {
        name: cost
        for name, cost in found.channels().items()
        if found.source == "measured" and np.isfinite(cost.cac) and name in spending
    }
    if not known:
        return ()
    order = sorted(known, key=lambda name: known[name].cac)[:MOST_CHANNELS]
    data = pd.DataFrame(
        {
            "label": [channel_name(name) for name in order],
            "cost": [known[name].cac for name in order],
            "low": [known[name].low for name in order],
            "high": [known[name].high for name in order],
        }
    )
    cheap, dear = order[0], order[-1]
    values = {
        "cheap": channel_name(cheap),
        "dear": channel_name(dear),
        "low": money(known[cheap].cac, currency),
        "high": money(known[dear].cac, currency),
    }
    if len(order) == 1:
        title = say("Through {cheap} a new customer costs {low}", **values)
    else:
        title = say("A new customer costs {low} through {cheap} and {high} through {dear}", **values)
    return (
        costs_by_name(
            data,
            currency=currency,
            highlight=0,
            title=title,
            alt=say(
                "Bars: cost of a new customer by channel, from {low} through {cheap} to {high} through {dear}, each "
                "with its range.",
                **values,
            ),
            caption=say(
                "Spend in the months it works, welcome included, over the customers the channel won; lines are {mass} "
                "intervals. Channels without spend are left out.",
                mass=share(INTERVAL),
            ),
            x=say("cost of a new customer"),
            y=say("channel"),
        ),
    )


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
