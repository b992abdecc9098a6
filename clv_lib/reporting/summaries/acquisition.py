"""What winning customers costs, when it is paid back, and what the next one may cost, in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from clv_lib.analysis.acquisition import DEFINITIONS, AcquisitionCost
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.winning import FULL, WinningCosts
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots import bars_with_ranges
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share, words
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
            "mean": [known[name].cac for name in order],
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
        bars_with_ranges(
            data,
            name="acquisition",
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
