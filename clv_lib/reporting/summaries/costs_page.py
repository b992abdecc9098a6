"""The first screen of the page on costs, and the sentence for the meeting."""

from clv_lib.analysis.accounting import Books
from clv_lib.analysis.acquisition import AcquisitionCost
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.analysis.waterfall import Waterfall
from clv_lib.analysis.whale import Whale
from clv_lib.analysis.winning import WinningCosts
from clv_lib.data.quality import QualityReport
from clv_lib.names import PROFIT, REVENUE
from clv_lib.reporting.elements import Card, Cards, Paragraph, Trust
from clv_lib.reporting.summaries.costs import ALIKE, part_of
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.ledger import difference_rows, ledger_chip
from clv_lib.reporting.wording import Sentence, count, money, month, say, say_count, share


def answer(
    books: Books, falls: Waterfall, whale: Whale, currency: str, *, contract_months: int | None = None
) -> Paragraph:
    """The headline: what is left of revenue, and who takes it away; of members where there are contracts."""
    values = {
        "revenue": money(falls.amount(REVENUE), currency),
        "profit": money(falls.amount(PROFIT), currency),
        "customers": count(whale.customers),
    }
    if books.basis == "assumed" and contract_months is not None:
        text = say(
            "{customers} members have paid {revenue} under contract; at the assumed margin {profit} of it is left, and "
            "what they cost beyond the goods is not known",
            **values,
        )
    elif books.basis == "assumed":
        text = say(
            "{customers} customers have brought {revenue}; at the assumed margin {profit} of it is left, and what they "
            "cost beyond the goods is not known",
            **values,
        )
    elif whale.losing:
        text = say(
            "Of {revenue} revenue {profit} is left after every cost of serving and keeping customers; "
            "{losing} of {customers} customers cost more than they brought",
            losing=count(whale.losing),
            **values,
        )
    else:
        text = say(
            "Of {revenue} revenue {profit} is left after every cost of serving and keeping customers; none of "
            "{customers} customers cost more than they brought",
            **values,
        )
    return Paragraph((text,), role="answer")


def key_cards(
    books: Books, falls: Waterfall, whale: Whale, hooks: UnitCosts, winning: WinningCosts, currency: str
) -> Cards:
    """Three or four figures on costs; without a ledger, only what the log and the assumed margin say."""
    revenue, profit = falls.amount(REVENUE), falls.amount(PROFIT)
    of_revenue = say("{part} of revenue", part=share(part_of(profit, revenue)))
    cost = winning.blended()
    won = () if cost is None else (_winning_card(cost, winning.source == "measured", currency),)
    if books.basis == "assumed":
        first, last = (month(day) for day in books.days)
        each = part_of(profit, whale.customers)
        return Cards(
            (
                Card(say("Revenue"), money(revenue, currency), say("{first} to {last}", first=first, last=last)),
                Card(say("Left at the assumed margin"), money(profit, currency), of_revenue),
                Card(say("Left per customer"), money(each, currency), say("before any cost but the goods")),
                *won,
            )
        )
    low, high = falls.range(PROFIT)
    estimated = high - low > ALIKE * max(abs(profit), 1.0)
    ahead = hooks.estimates()["per_active_month"]
    loss = {"part": share(part_of(whale.losing, whale.customers)), "loss": money(abs(whale.loss), currency)}
    return Cards(
        (
            Card(
                say("Customer profit"),
                money(profit, currency),
                _between(low, high, currency) if estimated else of_revenue,
                low if estimated else None,
                high if estimated else None,
                note=say("before winning customers and intangible costs"),
            ),
            Card(say("Customers at a loss"), count(whale.losing), say("{part} of all; they cost {loss}", **loss)),
            Card(
                say("Serving and keeping, per month"),
                money(ahead.mean, currency),
                _between(ahead.low, ahead.high, currency),
                ahead.low,
                ahead.high,
                note=say("for each customer who is still with us"),
            ),
            *won,
        )
    )


def _winning_card(cost: AcquisitionCost, measured: bool, currency: str) -> Card:
    return Card(
        say("Winning a customer"),
        money(cost.cac, currency),
        _between(cost.low, cost.high, currency) if measured else say("as the settings state"),
        cost.low if measured else None,
        cost.high if measured else None,
        note=say("blended: over every new customer, welcome included") if measured else None,
    )


def _between(low: float, high: float, currency: str) -> Sentence:
    return say(
        "on average, with {mass} certainty {low} to {high}",
        mass=share(INTERVAL),
        low=money(low, currency),
        high=money(high, currency),
    )


def trust(books: Books, quality: QualityReport, currency: str) -> Trust:
    """How far to trust the page."""
    checks = [data_chip(quality), ledger_chip(books)]
    if books.disagreements is not None:
        n = len(difference_rows(books.disagreements, currency))
        none = say("Ledger agrees with the campaigns")
        some = say_count("{n} difference in the ledger", "{n} differences in the ledger", n=n)
        checks.append((some if n else none, n > 0))
    return Trust(tuple(checks))


def meeting(books: Books, falls: Waterfall, whale: Whale, currency: str) -> Paragraph:
    """The sentence to say aloud."""
    values = {
        "profit": money(falls.amount(PROFIT), currency),
        "revenue": money(falls.amount(REVENUE), currency),
        "losing": count(whale.losing),
        "customers": count(whale.customers),
        "loss": money(abs(whale.loss), currency),
    }
    if books.basis == "assumed":
        text = say(
            "We know what customers paid us, {revenue}, and not what they cost: {profit} is what an assumed margin "
            "leaves of it.",
            **values,
        )
    elif whale.losing:
        text = say(
            "Customers have left us {profit} of {revenue}, and {losing} of {customers} have cost more than they "
            "brought: {loss} together.",
            **values,
        )
    else:
        text = say(
            "Customers have left us {profit} of {revenue}, and none of {customers} has cost more than it brought.",
            **values,
        )
    return Paragraph((text,), role="meeting")
