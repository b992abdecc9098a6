"""The plan against rules that need none, and what campaigns cost after their books are closed, in words."""

from typing import Final

from clv_lib.analysis.play_profit import ACCEPTANCE, BORROWED, CONTACT, DRIVEN_AWAY, GAIN, GIVEN
from clv_lib.analysis.rivals import EVERYONE, PLAN, RISKIEST, TOP, Rival, as_table
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots import bars_with_ranges
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.strategy import MASS, play_title
from clv_lib.reporting.wording import Sentence, count, money, say, share

RULES: Final = {
    PLAN: say("This plan"),
    TOP: say("Treat the top by CLV"),
    RISKIEST: say("Treat the riskiest"),
    EVERYONE: say("Treat everyone"),
}


_SAME: Final = 0.005  # part of what it earns by which a rule must differ from the plan to be told apart


def against_rules(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """What the same money would earn by the three rules."""
    if found is None or found.plan.empty_because:
        return ()
    table = as_table(found.rivals)
    others = sorted(found.rivals[1:], key=lambda each: each.profit.mean, reverse=True)
    chart = bars_with_ranges(
        table.assign(label=table["rule"].map(RULES), mean=table["profit"]),
        name="rivals",
        highlight=0,
        currency=currency,
        title=_title(others[0], currency),
        alt=say(
            "Four bars of expected profit: the plan {plan}, the best rule {best}, the worst {worst}.",
            plan=money(found.plan.expected.mean, currency),
            best=money(others[0].profit.mean, currency),
            worst=money(others[-1].profit.mean, currency),
        ),
        caption=say(
            "Expected profit with the money that the plan spends; lines hold {mass}. Each rule knows the same of the "
            "plays, takes the way of using them that earns it most, and is bound by no limit on losses.",
            mass=MASS,
        ),
        x=say("expected profit"),
        y=say("rule"),
    )
    shown = Table(
        say("The same money by each rule"),
        (say("Rule"), say("Treated"), say("Money"), say("Earns"), say("Low"), say("High"), say("Chance of a loss")),
        [
            [
                RULES[row.rule],
                count(row.customers),
                money(row.spent, currency),
                money(row.profit, currency),
                money(row.low, currency),
                money(row.high, currency),
                share(row.loss_chance),
            ]
            for row in rows_of(table)
        ],
    )
    return chart, shown


def _title(best: Rival, currency: str) -> Sentence:
    if abs(best.ahead.mean) < _SAME * abs(best.profit.mean):
        return say("The best of three simple rules would do the same here")
    if best.ahead.mean > 0:
        return say(
            "The plan is expected to earn {ahead} more than the best of three simple rules",
            ahead=money(best.ahead.mean, currency),
        )
    return say(
        "A simple rule would be expected to earn {behind} more, by risking more than the limits allow",
        behind=money(-best.ahead.mean, currency),
    )


def later(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """Discounts given to those who would have come anyway, orders brought forward, customers driven away."""
    if found is None:
        return ()
    costs = found.later
    said: list[Sentence] = [
        say(
            "A discount brings orders forward, and every contact tires. The settings believe that {borrowed} of the "
            "orders that a discount brings would have come later at full price, and that one more contact drives "
            "{fatigue} of the customers away for good.",
            borrowed=share(found.section.borrowed),
            fatigue=share(found.section.fatigue, 1),
        )
    ]
    if costs.of:
        said.append(
            say(
                "Of {of} cases in which a contact earns by the books of its campaign, {tempting} lose money once that "
                "is counted.",
                of=count(costs.of),
                tempting=count(costs.tempting),
            )
        )
    if costs.gap.mean > 0 and costs.promised.mean > 0:
        said.append(
            say(
                "A plan that overlooked it would promise {promised} and keep {kept}: {gap} less than one that does "
                "not, both with the same budget.",
                promised=money(costs.promised.mean, currency),
                kept=money(costs.kept.mean, currency),
                gap=money(costs.gap.mean, currency),
            )
        )
    if not len(costs.parts):
        return (Paragraph(tuple(said)),)
    return Paragraph(tuple(said)), _parts(found, currency)


def _parts(found: Strategy, currency: str) -> Table:
    def less(value: float) -> float:
        return -value if value else 0.0

    rows = [
        [
            play_title(found, str(row["play"])),
            money(row[GAIN], currency),
            money(less(row[GIVEN]), currency),
            money(less(row[CONTACT] + row[ACCEPTANCE] + row["fixed"]), currency),
            money(less(row[BORROWED]), currency),
            money(less(row[DRIVEN_AWAY]), currency),
            money(row["profit"], currency),
        ]
        for row in found.later.parts.to_dict("records")
    ]
    return Table(
        say("What the plays of the plan gain and cost, also after their campaigns; the parts add up"),
        (
            say("Play"),
            say("Gain at full price"),
            say("Discounts"),
            say("Contacts and offers"),
            say("Only brought forward"),
            say("Driven away"),
            say("Left"),
        ),
        rows,
    )
