"""What the values stand on: which costs are measured, which assumed, and what a channel asks for a customer."""

from typing import Final

from clv_lib.analysis.channels import ChannelValue
from clv_lib.data.past import Past
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.known import Basis
from clv_lib.reporting.summaries import Summary
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, say_count, share, words
from clv_lib.settings import EconomicsSection

NAN: Final = float("nan")


def brings(basis: Basis) -> Sentence:
    """What customers bring, in one word: contribution, or profit where costs of time or referrals are in it."""
    return say("profit") if basis.is_profit else say("contribution")


def or_nan(value: float | None) -> float:
    """The number, or NaN, which is written as a dash."""
    return NAN if value is None else value


def basis_table(basis: Basis, past: Past, currency: str) -> Table:
    """Which margin, cost and gain is measured, and which assumption stands in for the others."""
    measured = say("measured: cost tables")
    within = (
        say("not in the cost tables: counted as none")
        if basis.costs_are_measured
        else say("no cost table: taken to be within the margin")
    )
    unknown = words("–")
    rows: list[list[Quantity | Sentence]] = [
        [
            say("Left of revenue"),
            share(basis.margin.mean, 1 if basis.costs_are_measured else 0),
            _margin_source(basis),
        ],
        [
            say("Cost of an order, beyond that"),
            unknown if basis.per_order is None else money(basis.per_order.mean, currency),
            within if basis.per_order is None else measured,
        ],
        [
            say("Cost to serve and keep a customer, per month"),
            unknown if basis.per_month is None else money(basis.per_month.mean, currency),
            within if basis.per_month is None else measured,
        ],
        [
            say("New customers brought by a customer, per month"),
            unknown if basis.referrals is None else number(basis.referrals.mean, 3),
            say("no referral table: counted as none") if basis.referrals is None else say("measured: referral table"),
        ],
        [
            say("Earned so far"),
            money(past.margin, currency),
            _past_source(past),
        ],
        [say("Cost of winning a customer"), unknown, _acquisition_source(basis)],
    ]
    return Table(
        say("What the values stand on: measured where a table knows, assumed elsewhere"),
        (say("Term"), say("Amount"), say("Where it comes from")),
        rows,
    )


def _margin_source(basis: Basis) -> Sentence:
    if basis.source == "measured":
        return say("measured: cost tables")
    if basis.source == "goods_assumed":
        return say("goods: the margin of the settings, as no cost table holds them; the rest measured")
    return say("no cost table: the margin of the settings")


def _past_source(past: Past) -> Sentence:
    if not past.measured:
        return say("no cost table: revenue times the margin of the settings")
    if past.share_assumed > 0:
        return say(
            "measured before overhead; for {rest} of revenue, outside the months of the cost tables, the margin of the "
            "settings",
            rest=share(past.share_assumed, 1),
        )
    return say("measured before overhead, for every customer")


def _acquisition_source(basis: Basis) -> Sentence:
    if basis.acquisition_is_measured is None:
        return say("no cost table: not known, and in no value of an existing customer")
    if basis.acquisition_is_measured:
        return say("measured by channel, see below; in no value of an existing customer")
    return say("stated by channel in the settings, see below; in no value of an existing customer")


def channels(found: tuple[ChannelValue, ...], economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """What each channel asks for a customer beside what a customer is worth; nothing where no cost is known."""
    if not found:
        return ()
    best, worst = found[0], found[-1]
    table = Table(
        say(
            "A new customer by channel, over {months} months: value less the cost of winning, and value by that cost, "
            "with ranges of what the average may be. The most to pay is the cautious end of the value",
            months=count(economics.horizon_months),
        ),
        (
            say("Channel"),
            say("Customers won"),
            say("Cost of one"),
            say("Left after it"),
            say("Low"),
            say("High"),
            say("Value by cost"),
            say("Pays back"),
            say("Most to pay"),
        ),
        [_channel_row(each, currency) for each in found],
    )
    sentences = [
        say(
            "The cheapest channel, {cheap}, asks {low} for a customer, the dearest, {dear}, {high}.",
            cheap=words(best.channel),
            low=money(best.cac.mean, currency),
            dear=words(worst.channel),
            high=money(worst.cac.mean, currency),
        ),
    ]
    if len(found) == 1:
        sentences = [
            say(
                "{channel} asks {cost} for a customer.",
                channel=words(best.channel),
                cost=money(best.cac.mean, currency),
            )
        ]
    losing = [each for each in found if each.net.mean < 0]
    if losing:
        sentences.append(
            say_count(
                "{n} channel costs more than its customers bring in that time.",
                "{n} channels cost more than their customers bring in that time.",
                n=len(losing),
            )
        )
    sentences.append(
        say(
            "These are averages of the past. The next customer of a channel usually costs more than the last ones did, "
            "so hold the price of the next one against the most to pay, not the average."
        )
    )
    return Summary(table, (Paragraph(tuple(sentences)),)).elements


def _channel_row(each: ChannelValue, currency: str) -> list[Quantity | Sentence]:
    return [
        words(each.channel),
        count(NAN if each.customers is None else each.customers),
        money(each.cac.mean, currency),
        money(each.net.mean, currency),
        money(each.net.low, currency),
        money(each.net.high, currency),
        number(NAN if each.ratio is None else each.ratio.mean, 1),
        share(each.pays_back),
        money(each.most, currency),
    ]


def costs_limit(basis: Basis) -> Paragraph:
    """What the values leave out of the costs."""
    if basis.costs_are_measured:
        return Paragraph(
            (
                say(
                    "Costs are measured on average: what an order and a month cost is one number for all customers, "
                    "and taken to stay what it was. What winning a customer has cost is sunk and in no value of an "
                    "existing customer."
                ),
            )
        )
    return Paragraph(
        (
            say(
                "No cost table: contribution is revenue times one margin for all customers, and what it costs to "
                "serve, keep and win them is not known beyond it."
            ),
        )
    )
