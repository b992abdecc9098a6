"""The first screen of the page on value."""

from clv_lib.data.quality import QualityReport
from clv_lib.reporting.elements import Card, Cards, Paragraph, Trust
from clv_lib.reporting.findings import Findings
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.forecast import trust_chip
from clv_lib.reporting.summaries.terms import brings
from clv_lib.reporting.summaries.value import active_card, expected_range, realised_range
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, share
from clv_lib.settings import EconomicsSection


def answer(found: Findings, economics: EconomicsSection, currency: str) -> Paragraph:
    """The headline: what the customers will bring and who brings it."""
    places: dict[str, Quantity | Sentence] = {
        "customers": count(found.customers),
        "what": brings(found.basis),
        "value": money(found.total.mean, currency),
        "months": count(economics.horizon_months),
    }
    if not found.spread.customers_for_half:  # a total of nothing or less has no half
        return Paragraph(
            (
                say(
                    "Our {customers} customers are expected to bring {value} of {what} in the next {months} months: "
                    "as things stand, they cost more than they bring",
                    **places,
                ),
            ),
            role="answer",
        )
    return Paragraph(
        (
            say(
                "Our {customers} customers are expected to bring {value} of {what} in the next {months} months; "
                "half of it comes from {few} of them",
                **places,
                few=share(found.spread.share_for_half),
            ),
        ),
        role="answer",
    )


def key_cards(found: Findings, economics: EconomicsSection, currency: str) -> Cards:
    """The figures that a page on value opens with."""
    total, new = found.total, found.new
    months, what = count(economics.horizon_months), brings(found.basis)
    return Cards(
        (
            Card(
                say("Expected {what}, next {months} months", what=what, months=months),
                money(total.mean, currency),
                realised_range(total, currency),
                total.predictive_low,
                total.predictive_high,
                note=say("after the cost to serve and keep; the cost of winning customers is sunk")
                if found.basis.per_month is not None
                else None,
            ),
            active_card(found),
            Card(
                say("Worth of a customer who is still with us"),
                money(total.mean / found.active.mean if found.active.mean else float("nan"), currency),
                say("{what} in {months} months, on average", what=what, months=months),
            ),
            Card(
                say("Worth of a new customer"),
                money(new.clv.mean, currency),
                expected_range(new.clv, currency),
                new.clv.low,
                new.clv.high,
                note=say("first purchase included; the most to pay for winning one"),
            ),
        )
    )


def trust(found: Findings, quality: QualityReport, *, sound: bool) -> Trust:
    """How far to trust the figures: the data, the model, the rehearsal, and what was assumed."""
    model = say("Model: passed its checks") if sound else say("Model: did not pass its checks")
    test = (
        trust_chip(found.revenue_test)
        if found.revenue_test
        else (say("Forecast not tested: the log is too short"), True)
    )
    margin = {
        "measured": (say("Margin and costs are measured"), False),
        "goods_assumed": (say("Costs are measured, but not those of the goods"), True),
        "assumed": (say("Margin is assumed, not measured"), True),
    }[found.basis.source]
    return Trust((data_chip(quality), (model, not sound), test, margin))
