"""How customers differ in one stretch of time, and what changed from the one before, in words."""

from clv_lib.analysis.deciles import DECILE
from clv_lib.analysis.decomposition import Decomposition
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.overlap import BACK, BOTH, ONLY_FIRST
from clv_lib.analysis.overlap import NEW as NEW_IN_SECOND
from clv_lib.analysis.retention import Audit
from clv_lib.names import PROFIT, REVENUE
from clv_lib.periods import MONTHS_PER_YEAR
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots import shares_by_group
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.retention_words import (
    NOTHING,
    signed_money,
    signed_share,
    stretch_label,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, say_count, share

BY: dict[str, Sentence] = {PROFIT: say("customer profit"), REVENUE: say("revenue")}
FACTORS: dict[str, Sentence] = {
    "customers": say("Customers who bought"),
    "orders_per_customer": say("Purchase days per customer"),
    "value_per_order": say("Value per purchase day"),
    "margin": say("Contribution margin"),
}
PARTS: dict[str, Sentence] = {
    BOTH: say("Bought in both"),
    ONLY_FIRST: say("Only in the first"),
    NEW_IN_SECOND: say("New in the second"),
    BACK: say("Back in the second, after a gap"),
}
COSTS: dict[str, Sentence] = {
    "measured": say(
        "Profit is after every cost of the ledger but those of winning customers, as the page on costs has it."
    ),
    "goods_assumed": say("Profit is after the costs of the ledger; for goods the margin of the settings stands in."),
    "assumed": say("No cost ledger covers these months, so customers are ranked by revenue, and no margin is in it."),
}


def deciles(found: Audit, currency: str) -> tuple[Element, ...]:
    """View one: customers of the latest stretch, in tenths."""
    return (Paragraph((COSTS[found.costs],)), _decile_figure(found, currency), _decile_table(found, currency))


def _decile_figure(found: Audit, currency: str) -> Figure:
    table = found.deciles
    values: dict[str, Quantity | Sentence] = {
        "what": BY[table.by],
        "total": money(table.total, currency),
        "top": share(table.top_share),
        "n": count(table.customers),
    }
    losing = int((table.table["share"] < 0).sum())
    title = say("The best tenth of customers brings {top} of {what}", **values)
    if losing:
        title = say_count(
            "The best tenth of customers brings {top} of {what}; {n} tenth costs more than it brings",
            "The best tenth of customers brings {top} of {what}; {n} tenths cost more than they bring",
            n=losing,
            top=values["top"],
            what=values["what"],
        )
    data = table.table[[DECILE, "share"]].assign(label=table.table[DECILE].astype(str))
    return shares_by_group(
        data,
        name="deciles",
        title=title,
        alt=say("Ten bars, the best tenth of customers first, falling from {top} of {what}.", **values),
        caption=say(
            "{n} customers who bought in {stretch}, ranked by {what}: {total} in all. Counted, not estimated.",
            stretch=stretch_label(found.latest),
            **values,
        ),
        x=say("tenth of the customers, best first"),
        y=say("share of {what}", what=BY[table.by]),
    )


def _decile_table(found: Audit, currency: str) -> Table:
    tenths = found.deciles
    profit = (say("Profit"),) if tenths.by == PROFIT else ()
    return Table(
        say(
            "Customers of {stretch} in tenths by {what}, best first",
            stretch=stretch_label(found.latest),
            what=BY[tenths.by],
        ),
        (
            say("Tenth"),
            say("Customers"),
            say("Share"),
            *profit,
            say("Revenue"),
            say("Purchase days each"),
            say("Value per purchase day"),
        ),
        [
            [
                count(row.decile),
                count(row.customers),
                share(row.share, 1),
                *([money(row.profit, currency)] if profit else []),
                money(row.revenue, currency),
                number(row.orders_per_customer, 1),
                money(row.value_per_order, currency),
            ]
            for row in rows_of(tenths.table)
        ],
        bar=2,
    )


def changed(found: Audit, currency: str) -> tuple[Element, ...]:
    """View two: what the change between two stretches is made of."""
    if found.stretches is None:
        return (Paragraph((say("The log does not cover two whole months, so there is nothing to compare."),)),)
    if found.changed is None:
        return (Paragraph((say("One of the two stretches has no revenue, so there is no ratio to compare."),)),)
    before, after = (stretch_label(each) for each in found.stretches)
    parts = found.changed
    together: list[Quantity | Sentence] = [
        TOTAL[parts.of],
        money(parts.before, currency),
        money(parts.after, currency),
        signed_share(parts.after / parts.before - 1),
        NOTHING,
        NOTHING,
        signed_money(parts.change, currency),
    ]
    factors: list[list[Quantity | Sentence]] = [
        [
            FACTORS[row.factor],
            _written(row.factor, row.before, currency),
            _written(row.factor, row.after, currency),
            *(signed_share(value) for value in (row.change, row.change_low, row.change_high)),
            signed_money(row.effect, currency),
        ]
        for row in rows_of(parts.table)
    ]
    table = Table(
        say(
            "{before} and {after}: each factor with its change and {mass} interval; the effects add up to the change "
            "of {what} exactly (logarithmic mean Divisia index)",
            before=before,
            after=after,
            mass=share(INTERVAL),
            what=WHAT[parts.of],
        ),
        (say("Factor"), say("First"), say("Second"), say("Change"), say("Low"), say("High"), say("Effect")),
        [*factors, together],
    )
    return (Paragraph(_change_sentences(found, parts, currency)), table, *_season_note(found))


WHAT: dict[str, Sentence] = {"revenue": say("revenue"), "contribution": say("contribution")}
TOTAL: dict[str, Sentence] = {"revenue": say("Revenue"), "contribution": say("Contribution")}


def _written(factor: str, value: float, currency: str) -> Quantity:
    if factor == "customers":
        return count(value)
    if factor == "value_per_order":
        return money(value, currency)
    return share(value, 1) if factor == "margin" else number(value, 2)


def _change_sentences(found: Audit, parts: Decomposition, currency: str) -> tuple[Sentence, ...]:
    values: dict[str, Quantity | Sentence] = {
        "what": TOTAL[parts.of],
        "before": money(parts.before, currency),
        "after": money(parts.after, currency),
        "change": signed_money(parts.change, currency),
        "factor": FACTORS[parts.largest],
        "effect": signed_money(parts.largest_effect, currency),
    }
    first = say("{what} went from {before} to {after}: {change}.", **values)
    second = say("The largest part of it is that of one factor, {factor}: {effect}.", **values)
    unsure = [
        FACTORS[row.factor] for row in rows_of(parts.table) if row.change_low <= 0 <= row.change_high and row.change
    ]
    third = tuple(
        say("{factor}: the change may be chance, its interval holds none at all.", factor=name) for name in unsure
    )
    return (first, second, *third)


def _season_note(found: Audit) -> tuple[Paragraph, ...]:
    if found.stretches is None or found.stretches[1].months == MONTHS_PER_YEAR:
        return ()
    text = say(
        "The log is too short for two whole years, so the two stretches lie in different seasons: part of the change "
        "may be the season."
    )
    return (Paragraph((text,), role="note"),)
