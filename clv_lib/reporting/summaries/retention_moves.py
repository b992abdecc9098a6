"""Who came, stayed, left and came back from one period to the next, in words."""

from clv_lib.analysis.bridge import LAPSED, NEW, REACTIVATED, RETURNING
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.retention import Audit
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import PERIOD
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots_retention import moves
from clv_lib.reporting.summaries.retention_change import PARTS
from clv_lib.reporting.summaries.retention_words import (
    EACH,
    HEAD,
    MANY,
    period_label,
    stretch_label,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, share

SHOWN_MOVES = 8  # periods of the bridge on the page; all are in the file


def shared_customers(found: Audit, currency: str) -> tuple[Element, ...]:
    """Who bought in both stretches, only in the first, only in the second."""
    if found.overlap is None or found.stretches is None:
        return ()
    before, after = (stretch_label(each) for each in found.stretches)
    back, low, high = found.overlap.back_again
    table = found.overlap.table
    text = say(
        "Of {n} customers who bought in {before}, {back} bought in {after} as well ({mass} interval {low} to {high}).",
        n=count(found.overlap.before),
        before=before,
        after=after,
        back=share(back, 1),
        mass=share(INTERVAL),
        low=share(low, 1),
        high=share(high, 1),
    )
    rows: list[list[Quantity | Sentence]] = [
        [PARTS[str(part)], count(row["customers"]), money(row["before"], currency), money(row["after"], currency)]
        for part, row in table.to_dict("index").items()
    ]
    together: list[Quantity | Sentence] = [
        say("Together"),
        count(int(table["customers"].sum())),
        money(float(table["before"].sum()), currency),
        money(float(table["after"].sum()), currency),
    ]
    columns = (say("Customers"), say("How many"), say("Revenue, first"), say("Revenue, second"))
    caption = say("Customers of {before} (first) and of {after} (second)", before=before, after=after)
    return (Paragraph((text,)), Table(caption, columns, [*rows, together], bar=1))


def bridge(found: Audit, currency: str) -> tuple[Element, ...]:
    """From the buyers of one period to those of the next, in customers and in money."""
    people = found.bridge.customers
    if people.empty:
        text = say(
            "The log does not cover two whole {periods}, so nobody can be told to have come or gone.",
            periods=MANY[found.periods.name],
        )
        return (Paragraph((text,)),)
    return (_moves_figure(found), _people_table(found), _money_table(found, currency))


def _moves_figure(found: Audit) -> Figure:
    people = found.bridge.customers
    last = people.iloc[-1]
    values: dict[str, Quantity | Sentence] = {
        "period": period_label(found.periods, int(people.index[-1])),
        "each": EACH[found.periods.name],
        "won": count(int(last[NEW] + last[REACTIVATED])),
        "lapsed": count(int(last[LAPSED])),
    }
    more = last[NEW] + last[REACTIVATED] > last[LAPSED]
    title = (
        say("In {period} {won} customers came or came back and {lapsed} lapsed: the base grew", **values)
        if more
        else say("In {period} {won} customers came or came back and {lapsed} lapsed: the base did not grow", **values)
    )
    return moves(
        people,
        name="bridge",
        ups=(
            (RETURNING, say("bought in the {each} before as well", each=values["each"])),
            (NEW, say("new")),
            (REACTIVATED, say("came back after a gap")),
        ),
        downs=((LAPSED, say("lapsed: bought in the {each} before only", each=values["each"])),),
        labels=[period_label(found.periods, int(number)) for number in people.index],
        write=count,
        title=title,
        alt=say(
            "Bars by {each}: above the line the buyers, those who returned, new ones and those back after a gap; below "
            "it those who bought in the {each} before and not in this one. In {period}: {won} came, {lapsed} lapsed.",
            **values,
        ),
        caption=say(
            "Whole {periods} only. Nobody told us goodbye: to lapse is not to buy for one {each}, and many return "
            "later.",
            periods=MANY[found.periods.name],
            each=values["each"],
        ),
        x=EACH[found.periods.name],
        y=say("customers"),
    )


def _people_table(found: Audit) -> Table:
    people = found.bridge.customers.iloc[::-1].head(SHOWN_MOVES)
    return Table(
        say("Customers: before + new + back after a gap - lapsed = now, to the last one"),
        (
            HEAD[found.periods.name],
            say("Before"),
            say("New"),
            say("Back after a gap"),
            say("Lapsed"),
            say("Now"),
            say("Of them returning"),
        ),
        [
            [
                period_label(found.periods, int(row[PERIOD])),
                *(count(int(row[name])) for name in ("before", NEW, REACTIVATED)),
                count(-int(row[LAPSED])),
                *(count(int(row[name])) for name in ("after", RETURNING)),
            ]
            for row in people.reset_index().to_dict("records")
        ],
    )


def _money_table(found: Audit, currency: str) -> Table:
    amounts = found.bridge.money.iloc[::-1].head(SHOWN_MOVES) / MONEY_UNITS
    return Table(
        say(
            "Revenue: before + from new customers + from those back after a gap + what returning customers spent "
            "more - what they spent less - what lapsed customers had spent = now, to the last ten-thousandth"
        ),
        (
            HEAD[found.periods.name],
            say("Before"),
            say("New"),
            say("Back after a gap"),
            say("Returning: more"),
            say("Returning: less"),
            say("Lapsed"),
            say("Now"),
        ),
        [
            [
                period_label(found.periods, int(row[PERIOD])),
                *(money(float(row[name]), currency) for name in ("before", NEW, REACTIVATED, "more")),
                *(money(-float(row[name]), currency) for name in ("less", LAPSED)),
                money(float(row["after"]), currency),
            ]
            for row in amounts.reset_index().to_dict("records")
        ],
    )
