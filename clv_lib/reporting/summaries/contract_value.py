"""What members under contract are worth, in words."""

from collections.abc import Sequence

import pandas as pd

from clv_lib import names
from clv_lib.analysis.contract_value import ContractValues
from clv_lib.analysis.new_members import MemberOfChannel, NewMember, NewMemberDraws
from clv_lib.data.past import Past
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.known import Basis
from clv_lib.reporting.summaries.contract_model import BILLING
from clv_lib.reporting.wording import count, money, number, say, say_count, share, words
from clv_lib.settings import EconomicsSection


def plans(values: ContractValues, economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """Residual value by plan, and how it hangs on retention."""
    cells = values.cells
    rows = []
    for plan in values.expected.mean().sort_values(ascending=False).index:
        own, total = cells[cells[names.PLAN] == plan], values.of_plan(str(plan))
        n = own[names.N].to_numpy(float)
        elasticity = values.elasticity.get(str(plan))
        rows.append(
            [
                words(plan),
                count(n.sum()),
                share(float(n @ own[names.RENEWAL_PROBABILITY] / n.sum()), 1),
                number(float(n @ own[names.EXPECTED_RENEWALS] / n.sum()), 1),
                money(total.mean / n.sum(), currency),
                money(total.mean, currency),
                money(total.predictive_low or 0.0, currency),
                money(total.predictive_high or 0.0, currency),
                number(float("nan") if elasticity is None else elasticity.mean, 1),
            ]
        )
    table = Table(
        say(
            "Members today and what they are still worth over {months} months; low and high hold 90 % of what may come",
            months=count(economics.horizon_months),
        ),
        (
            *(say("Plan"), say("Members"), say("Make the next renewal"), say("Renewals ahead"), say("Per member")),
            *(say("All together"), say("Low"), say("High"), say("Elasticity")),
        ),
        rows,
        bar=5,
    )
    sentences = [
        say(
            "Elasticity of {e} at {plan}: if every retention rate to come were one percent higher (not one point), the "
            "value still to come would be about {e} percent higher.",
            e=number(each.mean, 1),
            plan=words(plan),
        )
        for plan, each in list(values.elasticity.items())[:1]
    ]
    return (table, *([Paragraph(tuple(sentences))] if sentences else []))


def basis(known: Basis, economics: EconomicsSection, currency: str) -> Paragraph:
    """What a payment leaves and what a month costs, and where that comes from."""
    opening = (
        say("Measured from the cost tables: {margin} of a payment is left.", margin=share(known.margin.mean, 1))
        if known.costs_are_measured
        else say("Assumed, not measured: {margin} of a payment is left.", margin=share(known.margin.mean))
    )
    months = (
        say("Serving and keeping a member costs {month} a month.", month=money(known.per_month.mean, currency))
        if known.per_month is not None
        else say("No table knows what serving a member costs beyond that, so nothing more is taken off.")
    )
    rate = say("Interest is {rate} a year.", rate=share(economics.annual_discount_rate))
    return Paragraph((opening, months, rate))


def past(found: Past, total: float, currency: str) -> Paragraph:
    """Past and future side by side, not added up silently."""
    return Paragraph(
        (
            say(
                "So far all members, those who left included, have brought {past}; {future} is expected from those who "
                "are still under contract. The two are different things and stand in columns of their own.",
                past=money(found.margin, currency),
                future=money(total, currency),
            ),
        )
    )


def new_members(drawn: Sequence[NewMemberDraws], economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """What a new member is worth, by plan."""
    if not drawn:
        return (Paragraph((say("No plan has members of its own to judge a new one by."),)),)
    found: list[NewMember] = [each.summary() for each in drawn]
    best = max(found, key=lambda each: each.clv.mean)
    text = say(
        "A new member of {plan} is expected to bring {clv} in {months} months, the first payment included; whoever "
        "pays more to win one does not get it back within that time.",
        plan=words(best.plan),
        clv=money(best.clv.mean, currency),
        months=count(economics.horizon_months),
    )
    table = Table(
        say("A new member by plan, before the cost of winning it; low and high are those of the average"),
        (
            *(say("Plan"), say("Price"), say("Paid every"), say("Renewals expected"), say("Worth")),
            *(say("Low"), say("High")),
        ),
        [
            [
                words(each.plan),
                money(each.price, currency),
                BILLING[each.billing_period],
                number(each.renewals, 1),
                money(each.clv.mean, currency),
                money(each.clv.low, currency),
                money(each.clv.high, currency),
            ]
            for each in found
        ],
        bar=4,
    )
    return (Paragraph((text,)), table)


def won(found: Sequence[MemberOfChannel], economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """What is left of a new member after winning it; a sentence where nobody says what winning costs."""
    if not found:
        return (
            Paragraph(
                (
                    say(
                        "What winning a member costs is not known: no cost table and no setting says it, so the value "
                        "above is the most to pay and nothing is taken off it."
                    ),
                )
            ),
        )
    losing = [each for each in found if each.won.net.mean < 0]
    text = (
        say_count(
            "{n} pair of plan and channel costs more to win than it brings in {months} months.",
            "{n} pairs of plan and channel cost more to win than they bring in {months} months.",
            n=len(losing),
            months=count(economics.horizon_months),
        )
        if losing
        else say(
            "Every plan brings back what each channel asks for a member in {months} months, on average.",
            months=count(economics.horizon_months),
        )
    )
    table = Table(
        say(
            "A new member by plan and channel: value less the cost of winning one; low and high are those of the "
            "average. The most to pay is the cautious end of the value"
        ),
        (
            *(say("Plan"), say("Channel"), say("Cost of one"), say("Left after it"), say("Low"), say("High")),
            *(say("Pays back"), say("Most to pay")),
        ),
        [
            [
                words(each.plan),
                words(each.won.channel),
                money(each.won.cac.mean, currency),
                money(each.won.net.mean, currency),
                money(each.won.net.low, currency),
                money(each.won.net.high, currency),
                share(each.won.pays_back),
                money(each.won.most, currency),
            ]
            for each in found
        ],
    )
    return Paragraph((text,)), table


def best_members(top: pd.DataFrame, currency: str) -> Table:
    """The members with the most still to come."""
    return Table(
        say(
            "The {n} members with the most still to come; low and high hold 90 % of what one may bring",
            n=count(len(top)),
        ),
        (
            *(say("Customer"), say("Plan"), say("Renewals made"), say("Makes the next one")),
            *(say("Expected"), say("Low"), say("High")),
        ),
        [
            [
                words(row[names.CUSTOMER_ID]),
                words(row[names.PLAN]),
                count(row[names.RENEWALS]),
                share(row[names.RENEWAL_PROBABILITY], 1),
                money(row[names.RESIDUAL_CLV], currency),
                money(row[names.RESIDUAL_CLV_PREDICTIVE_LOW], currency),
                money(row[names.RESIDUAL_CLV_PREDICTIVE_HIGH], currency),
            ]
            for _, row in top.dropna(subset=[names.RENEWALS]).iterrows()
        ],
        bar=4,
    )
