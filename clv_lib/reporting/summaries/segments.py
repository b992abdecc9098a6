"""Who the customers are whom we treat alike: lines, segments, what they are worth, what they buy, where they moved."""

from typing import Final

import numpy as np

from clv_lib.analysis.segments import Cuts
from clv_lib.names import SEGMENT, SEGMENTS, VALUE_AT_RISK, N
from clv_lib.reporting import plots_segments
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.segments_record import SegmentView
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.segments_words import MASS, NOTHING, explained, segment_words
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, number, say, share, words

NOTABLE: Final = 1.2  # times as much as others, before it is worth a word
Places = dict[str, Quantity | Sentence]
Cells = list[list[Quantity | Sentence]]


def lines(view: SegmentView, currency: str) -> tuple[Element, ...]:
    """What high value and high risk mean here, once for all pages, and who is in which segment."""
    cuts, found = view.found.cuts, view.found
    text = [*_value_lines(cuts, view, currency), *_risk_line(cuts, view)]
    if not found.valued:
        text.append(
            say(
                "What customers will bring cannot be estimated from this record, so nobody is called valuable here: "
                "the stage alone tells the segments apart. The page on value says what is missing."
            )
        )
    elif not found.judged:
        text.append(
            say("Nobody's risk is known here, so only customers who are silent already count as being at risk.")
        )
    who = explained(contractual=view.contractual, valued=found.valued)
    names = segment_words(contractual=view.contractual)
    rows: Cells = [[names[segment], who[segment]] for segment in SEGMENTS if segment in who]
    caption = say("The segments; every customer is in exactly one")
    return Paragraph(tuple(text)), Table(caption, (say("Segment"), say("Who is in it")), rows)


def _value_lines(cuts: Cuts, view: SegmentView, currency: str) -> list[Sentence]:
    if cuts.high_value is None or cuts.low_value is None:
        return []
    section = view.section
    high, low = money(cuts.high_value, currency), money(cuts.low_value, currency)
    if not np.isfinite(cuts.high_value):
        return [say("No customer who is not dormant brings anything, so nobody is of high value.")]
    text = [
        say("As the settings say, a customer is of high value from {high} of profit to come.", high=high)
        if "high_value" in cuts.stated
        else say(
            "A customer is of high value from {high} of profit to come: those customers together bring about {part} "
            "of what all who are not dormant will bring.",
            high=high,
            part=share(section.high_share),
        ),
        say("As the settings say, below {low} it is of low value.", low=low)
        if "low_value" in cuts.stated
        else say(
            "Below {low} it is of low value: those customers together bring about the last {part}.",
            low=low,
            part=share(section.low_share),
        ),
    ]
    if cuts.stated.isdisjoint({"high_value", "low_value"}):
        text.append(say("Both lines are rounded down, so that they stay where they are from run to run."))
    return text


def _risk_line(cuts: Cuts, view: SegmentView) -> list[Sentence]:
    if cuts.high_risk is None:
        return []
    risk, days = share(cuts.high_risk, 1), count(view.horizon_days)
    if "high_risk" in cuts.stated:
        if view.contractual:
            return [
                say(
                    "As the settings say, the risk of cancelling in {days} days is high from {risk}.",
                    risk=risk,
                    days=days,
                )
            ]
        return [say("As the settings say, the risk of {days} silent days is high from {risk}.", risk=risk, days=days)]
    values = {"risk": risk, "days": days, "part": share(view.section.risk_share)}
    if view.contractual:
        return [
            say(
                "The risk of cancelling in {days} days is high from {risk}: on the members above it {part} of the "
                "profit to come depends.",
                **values,
            )
        ]
    return [
        say(
            "The risk of {days} silent days is high from {risk}: on the customers above it {part} of the profit to "
            "come depends.",
            **values,
        )
    ]


def sizes(view: SegmentView, currency: str) -> tuple[Element, ...]:
    """How many, worth what, earned what, at which risk."""
    table, names = view.table[view.table[N] > 0], segment_words(contractual=view.contractual)
    valued, profit = view.found.valued, table["value"].sum()
    rows: Cells = [
        [
            names[row.segment],
            count(row.n),
            money(row.value, currency) if valued else NOTHING,
            money(row.low, currency) if np.isfinite(row.low) else NOTHING,
            money(row.high, currency) if np.isfinite(row.high) else NOTHING,
            money(row.value / row.n, currency) if valued else NOTHING,
            money(row.profit, currency),
        ]
        for row in rows_of(table)
    ]
    head = (
        say("Segment"), say("Customers"), say("Profit to come"), say("From"), say("To"), say("Of one customer"),
        say("Profit so far"),
    )  # fmt: skip
    measured = (
        say("Profit so far is from the ledger, before the cost of winning customers.")
        if view.measured
        else say("Profit so far is revenue times the stated margin.")
    )
    caption = say(
        "Segments today. Profit to come: residual CLV of all customers of the segment, with its {mass} range, and of "
        "one on average. {measured}",
        mass=MASS,
        measured=measured,
    )
    empty = [names[segment] for segment in view.table.loc[view.table[N] == 0, SEGMENT] if segment in _possible(view)]
    note = [Paragraph((say("Nobody is in these segments today: {names}.", names=_listed(empty)),))] if empty else []
    shown = [_bars(view)] if valued and profit > 0 else []
    return *shown, Table(caption, head, rows, bar=1), *note, _at_risk(view, currency)


def _at_risk(view: SegmentView, currency: str) -> Table:
    """How likely they are lost, what hangs on it, and how many may be written to."""
    table, names = view.table[view.table[N] > 0], segment_words(contractual=view.contractual)
    known = view.found.valued and view.found.judged
    rows: Cells = []
    for row in rows_of(table):
        lost = float(getattr(row, VALUE_AT_RISK))
        part = lost / row.value if known and row.value > 0 else float("nan")
        rows.append(
            [
                names[row.segment],
                share(row.risk) if np.isfinite(row.risk) else NOTHING,
                money(lost, currency) if known else NOTHING,
                share(part) if np.isfinite(part) else NOTHING,
                count(row.reachable),
            ]
        )
    head = (
        say("Segment"), say("Mean risk"), say("Value at risk"), say("Part of the profit to come"),
        say("May be written to"),
    )  # fmt: skip
    days = count(view.horizon_days)
    caption = (
        say("Risk of cancelling within {days} days, and what it would take", days=days)
        if view.contractual
        else say("Risk of buying nothing for {days} days, and what such a silence would take", days=days)
    )
    return Table(caption, head, rows)


def _possible(view: SegmentView) -> dict[str, Sentence]:
    return explained(contractual=view.contractual, valued=view.found.valued)


def _listed(names: list[Sentence]) -> Sentence:
    found = names[0]
    for name in names[1:]:
        found = say("{first}, {second}", first=found, second=name)
    return found


def _bars(view: SegmentView) -> Figure:
    table, names = view.table[view.table[N] > 0], segment_words(contractual=view.contractual)
    shares = table.assign(heads=table[N] / table[N].sum(), profit=table["value"] / table["value"].sum())
    top = shares.sort_values("profit", ascending=False).iloc[0]
    most = shares.sort_values("heads", ascending=False).iloc[0]
    values: Places = {"name": names[str(top[SEGMENT])], "heads": share(top["heads"]), "profit": share(top["profit"])}
    return plots_segments.heads_and_profit(
        shares[["heads", "profit"]],
        labels=[names[str(segment)] for segment in shares[SEGMENT]],
        title=say("{name}: {heads} of the customers, {profit} of the profit to come", **values),
        alt=say(
            "Two bars per segment. {name} bring most: {profit} of the profit to come with {heads} of the customers; "
            "the largest segment, {largest}, has {its_heads} of the customers and brings {its_profit}.",
            largest=names[str(most[SEGMENT])],
            its_heads=share(most["heads"]),
            its_profit=share(most["profit"]),
            **values,
        ),
        caption=say("Share of all customers, and of the profit that all customers are expected to bring."),
        x=say("share of all"),
        y=say("segment"),
        heads=say("customers"),
        profit=say("profit to come"),
    )


def bought(view: SegmentView, currency: str) -> tuple[Element, ...]:
    """What each segment bought lately, and what it buys more of than others."""
    found, names = view.purchases, segment_words(contractual=view.contractual)
    if found is None or not found.table["days"].sum():
        return (Paragraph((say("Nothing was bought lately, so there is nothing to say about what they buy."),)),)
    heads = view.table.set_index(SEGMENT)[N]
    discounted = bool(found.table["discount"].notna().any())
    rows: Cells = []
    for row in rows_of(found.table[found.table["days"] > 0]):
        likes = [
            say("{item} ({times} times as much)", item=words(each.item, 30), times=number(each.lift, 1))
            for each in rows_of(found.favourites(row.segment))
            if each.lift >= 1.1
        ]
        asked = row.revenue + row.discount
        cells: list[Quantity | Sentence] = [
            names[row.segment],
            share(row.buyers / heads[row.segment]),
            number(row.days / heads[row.segment], 1),
            money(row.revenue / row.days, currency),
        ]
        if discounted:
            cells.append(share(row.discount / asked, 1) if np.isfinite(asked) and asked > 0 else NOTHING)
        if found.by:
            cells.append(_listed(likes) if likes else NOTHING)
        rows.append(cells)
    caption = (
        say(
            "Purchases of the last {days} days. More than others: share of the segment's revenue over the share of all "
            "customers' revenue",
            days=count(found.days),
        )
        if found.by
        else say(
            "Purchases of the last {days} days. The log does not say what was bought, so nothing is said about goods",
            days=count(found.days),
        )
    )
    head = (
        say("Segment"), say("Bought at all"), say("Purchase days per customer"), say("Value of a purchase day"),
        *((say("Discount"),) if discounted else ()), *((say("Buys more than others of"),) if found.by else ()),
    )  # fmt: skip
    return (Table(caption, head, rows),)


def moved(view: SegmentView) -> tuple[Element, ...]:
    """Who changed segment since the run before."""
    moves, names = view.moves, segment_words(contractual=view.contractual)
    if moves is None or view.previous is None:
        return (
            Paragraph(
                (say("There is no earlier run with segments to compare with; the next one will show who moved."),)
            ),
        )
    text = say(
        "Since the run of {before}, {moved} of {known} customers who were known then changed segment ({part}), and "
        "{new} are new.",
        before=day(view.previous),
        moved=count(moves.moved),
        known=count(moves.known),
        part=share(moves.moved / moves.known if moves.known else float("nan"), 1),
        new=count(moves.new),
    )
    if not moves.moved and not moves.new:
        return (Paragraph((text,)),)
    table = moves.table()
    shown = table[(table["before"] > 0) | (table["now"] > 0)]
    rows: Cells = [
        [names[row.segment], *(count(each) for each in (row.before, row.came, row.left, row.new, row.gone, row.now))]
        for row in rows_of(shown)
    ]
    head = (
        say("Segment"), say("Before"), say("Came from others"), say("Left to others"), say("New customers"),
        say("Not there any more"), say("Now"),
    )  # fmt: skip
    return Paragraph((text, *_largest_flow(view))), Table(say("Movement since the run before"), head, rows)


def _largest_flow(view: SegmentView) -> list[Sentence]:
    assert view.moves is not None  # noqa: S101 (asked by who knows)
    flows, names = view.moves.flows, segment_words(contractual=view.contractual)
    changed = flows[(flows["before"] != "") & (flows[SEGMENT] != "") & (flows["before"] != flows[SEGMENT])]
    if changed.empty:
        return []
    top = changed.sort_values(N, ascending=False).iloc[0]
    if top["before"] not in names:  # of an older set of segments
        return []
    return [
        say(
            "The largest group went from {before} to {after}: {n} customers.",
            before=names[str(top["before"])],
            after=names[str(top[SEGMENT])],
            n=count(top[N]),
        )
    ]


def beside_rfm(view: SegmentView, currency: str) -> tuple[Element, ...]:
    """Recency, frequency and money in fifths, and what a choice by them misses."""
    beside = view.rfm
    grid = np.full((5, 5), np.nan)
    for row in rows_of(beside.grid):
        grid[5 - int(row.r), int(row.f) - 1] = row.value
    if not np.isfinite(grid).any():
        return (Paragraph((say("Without values there is nothing to set the figures of RFM against."),)),)
    values = {"value": share(beside.by_value), "rfm": share(beside.by_rfm), "n": count(beside.taken)}
    chart = plots_segments.rfm_grid(
        grid,
        currency=currency,
        title=say("{n} customers chosen by value bring {value} of the profit to come, as many by RFM {rfm}", **values),
        alt=say(
            "Table of five by five: mean profit to come by recency and frequency; where both are 5 it is {best}.",
            best=money(grid[0, 4], currency),
        ),
        caption=say(
            "Mean profit to come of a customer. 5 are the fifth who bought last, or most often; customers who are "
            "alike get the same figure. By RFM: highest sum of the three figures first."
        ),
        x=say("frequency: purchase days so far"),
        y=say("recency: last purchase"),
    )
    return (chart, _rfm_table(view))


def _rfm_table(view: SegmentView) -> Table:
    names = segment_words(contractual=view.contractual)
    rows: Cells = [
        [names[row.segment], *(number(each, 1) for each in (row.r, row.f, row.m)), words(row.commonest)]
        for row in rows_of(view.scores)
    ]
    head = (
        say("Segment"), say("Recency"), say("Frequency"), say("Money"), say("Commonest figures"),
    )  # fmt: skip
    return Table(say("The segments in the figures of RFM: mean of each, from 1 to 5"), head, rows)
