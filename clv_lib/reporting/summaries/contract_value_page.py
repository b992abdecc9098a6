"""The first screen of the page on the value of members."""

from clv_lib.data.quality import QualityReport
from clv_lib.reporting.contracts import ContractFindings
from clv_lib.reporting.elements import Card, Cards, Paragraph, Trust
from clv_lib.reporting.known import Basis
from clv_lib.reporting.summaries.contract_model import MISS, missed
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.value import expected_range, realised_range
from clv_lib.reporting.wording import count, money, say, share, words
from clv_lib.settings import EconomicsSection


def answer(found: ContractFindings, economics: EconomicsSection, currency: str) -> Paragraph:
    """The headline."""
    return Paragraph(
        (
            say(
                "Our {members} members are expected to bring {value} in the next {months} months; {rate} of them will "
                "make their next renewal",
                members=count(found.members),
                value=money(found.total.mean, currency),
                months=count(economics.horizon_months),
                rate=share(found.next_renewal),
            ),
        ),
        role="answer",
    )


def key_cards(found: ContractFindings, economics: EconomicsSection, currency: str) -> Cards:
    """The figures that the page opens with."""
    total, months = found.total, count(economics.horizon_months)
    cards = [
        Card(
            say("Expected from our members, next {months} months", months=months),
            money(total.mean, currency),
            realised_range(total, currency),
            total.predictive_low,
            total.predictive_high,
            note=say("what payments leave; the cost of winning members is sunk"),
        ),
        members_card(found),
        Card(
            say("Worth of a member who is here"),
            money(total.mean / found.members if found.members else float("nan"), currency),
            say("on average, in {months} months", months=months),
        ),
    ]
    best = max(found.new, key=lambda each: each.clv.mean, default=None)
    if best is not None:
        cards.append(
            Card(
                say("Worth of a new member of {plan}", plan=words(best.plan)),
                money(best.clv.mean, currency),
                expected_range(best.clv, currency),
                best.clv.low,
                best.clv.high,
                note=say("first payment included; the most to pay for winning one"),
            )
        )
    return Cards(tuple(cards))


def members_card(found: ContractFindings) -> Card:
    """How many are under contract."""
    return Card(
        say("Members under contract"),
        count(found.members),
        say("of {ever} who ever were; known, not estimated", ever=count(found.ever)),
    )


def trust(found: ContractFindings, quality: QualityReport, known: Basis, *, sound: bool) -> Trust:
    """How far to trust the figures."""
    model = say("Model: passed its checks") if sound else say("Model: did not pass its checks")
    test = (
        (say("Renewals forecast: {missed}", missed=missed(found.missed_by)), abs(found.missed_by) > MISS)
        if found.test is not None
        else (say("Forecast not tested: the past is too short"), True)
    )
    margin = (
        (say("Margin and costs are measured"), False)
        if known.costs_are_measured
        else (say("Margin is assumed, not measured"), True)
    )
    return Trust((data_chip(quality), (model, not sound), test, margin))
