"""What is held of whom and from when, and how customers buy, in words."""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.purchase_profile import PurchaseProfile
from clv_lib.names import MONTH, N
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots_coverage import gap_bars, heat_matrix, share_bars
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, month, number, say, say_count, share, words

PURCHASES: Final = say("purchases")
PAYMENTS: Final = say("payments")  # what the same table is called where customers are under contract
SOURCES: Final = {
    "customers": say("customer file"),
    "products": say("products"),
    "merges": say("merged ids"),
    "fx_rates": say("exchange rates"),
    "costs": say("cost ledger"),
    "allocations": say("cost shares"),
    "interactions": say("contacts"),
    "campaigns": say("campaigns"),
    "campaign_members": say("campaign members"),
    "feedback": say("feedback"),
    "value_survey": say("value survey"),
    "referrals": say("referrals"),
    "subscriptions": say("subscriptions"),
}
STEADY: Final = 10  # rows a month; with so many expected, none at all happens by chance once in 20,000 months
REFERRED: Final = say("came by referral")
REFERRERS: Final = say("brought others")


def source_name(table: str, *, log: Sentence = PURCHASES) -> Sentence | Quantity:
    """A table of the record as people call it; ``log`` is the name of the transactions."""
    return log if table == "transactions" else SOURCES.get(table, words(table))


def matrix_figure(matrix: pd.DataFrame, *, log: Sentence = PURCHASES) -> Figure:
    """Rows per source and month. ``matrix``: table, month, rows."""
    wide = matrix.pivot_table(index="table", columns=MONTH, values="rows", sort=False)
    wide = wide.reindex(columns=sorted(wide.columns))
    gaps = _empty_months(wide)
    first, last = (pd.Timestamp(wide.columns[end]).date() for end in (0, -1))
    if gaps:
        table, months = gaps[0]
        title = say_count(
            "The source {source} is silent for {n} month in the midst of its time",
            "The source {source} is silent for {n} months in the midst of its time",
            n=months,
            source=source_name(table, log=log),
        )
    else:
        title = say_count(
            "{n} source, without a silent month between its first and its last row",
            "{n} sources, none with a silent month between its first and its last row",
            n=len(wide),
        )
    return heat_matrix(
        wide,
        labels=[source_name(table, log=log) for table in wide.index],
        title=title,
        alt=say(
            "Matrix of {n} sources by month from {first} to {last}, with the number of rows in each cell and a "
            "dash where "
            "there are none; sources with silent months in between: {gaps}.",
            n=count(len(wide)),
            first=month(first),
            last=month(last),
            gaps=count(len(gaps)),
        ),
        caption=say(
            "Rows by the month of their day, accepted rows only; months are drawn together where they are many. "
            "A dash is "
            "nothing at all. The shade compares the cells of one row. The first and the last month may be cut."
        ),
        x=say("month in which the cell begins"),
        y=say("source"),
    )


def _empty_months(wide: pd.DataFrame) -> list[tuple[str, int]]:
    """Sources with silent months between their first and their last row, and how many; the most first.

    A month counts as silent where the nearest months with rows, before and after it, hold :data:`STEADY` on average:
    fewer may be absent by chance. A source that is there in less than half of its months (a survey, campaigns) has no
    rhythm that could break.
    """
    found = []
    for table, row in wide.iterrows():
        rows = row.to_numpy(dtype=float)
        there = np.flatnonzero(rows)
        span = np.arange(there[0], there[-1] + 1) if len(there) else there
        if len(span) >= 2 * len(there):
            continue
        after = np.searchsorted(there, span[rows[span] == 0])
        silent = int(np.sum((rows[there[after - 1]] + rows[there[after]]) / 2 >= STEADY)) if len(after) else 0
        if silent:
            found.append((str(table), silent))
    return sorted(found, key=lambda each: -each[1])


def sizes(table: pd.DataFrame, *, log: Sentence = PURCHASES) -> Table:
    """Every table of the record. ``table``: table, rows, undated, outside, first, last."""
    return Table(
        say("What is held: accepted rows by source"),
        (say("Source"), say("Rows"), say("From"), say("To"), say("Without a day"), say("Outside the observation")),
        [
            [
                source_name(row.table, log=log),
                count(row.rows),
                _day(row.first),
                _day(row.last),
                count(row.undated if row.undated < row.rows else float("nan")),
                count(row.outside),
            ]
            for row in rows_of(table)
        ],
    )


def _day(value: object) -> Quantity:
    return count(float("nan")) if pd.isna(value) else day(pd.Timestamp(value).date())  # type: ignore[call-overload, arg-type]


def known_figure(known: pd.DataFrame, customers: int) -> tuple[Element, ...]:
    """Share of the customers of whom each source knows something. ``known``: from ``customers_with``."""
    known = known[(known["customers"] > 0) | (known["strangers"] > 0)].reset_index(drop=True)
    if known.empty:
        return (Paragraph((say("Only purchases are known: no other source names a customer."),)),)
    labels = [_known_label(row.table, row.column) for row in rows_of(known)]
    best, worst = int(known["share"].to_numpy().argmax()), int(known["share"].to_numpy().argmin())
    drawn = share_bars(
        pd.DataFrame({"label": pd.Series(labels, dtype=object), "share": known["share"]}),
        name="known",
        title=say(
            "Best known from: {best} ({most} of the customers who bought); least from: {worst} ({least})",
            most=share(known["share"].iloc[best]),
            best=labels[best],
            least=share(known["share"].iloc[worst]),
            worst=labels[worst],
        ),
        alt=say(
            "Bars: share of customers known to each of {n} sources, from {least} to {most}.",
            n=count(len(known)),
            least=share(known["share"].min()),
            most=share(known["share"].max()),
        ),
        caption=say("Share of the {n} customers who bought, by source that names them.", n=count(customers)),
        x=say("share of customers"),
        y=say("source"),
    )
    strangers = known[known["strangers"] > 0]
    if strangers.empty:
        return (drawn,)
    most = strangers.nlargest(1, "strangers").iloc[0]
    text = say_count(
        "The source {source} names {n} customer who has never bought; such rows count for nobody's value.",
        "The source {source} names {n} customers who have never bought; such rows count for nobody's value.",
        n=int(most["strangers"]),
        source=source_name(str(most["table"])),
    )
    return drawn, Paragraph((text,))


def _known_label(table: str, column: str) -> Sentence | Quantity:
    if table == "referrals":
        return REFERRED if column == "referred_id" else REFERRERS
    return source_name(table)


def profile(found: PurchaseProfile, currency: str) -> tuple[Element, ...]:
    """How often, how far apart and for how much customers buy."""
    low, middle, high = (found.baskets[q] for q in (0.1, 0.5, 0.9))
    once = found.orders.loc[found.orders["orders"] == 1, N].sum() / max(found.customers, 1)
    sentences = [
        say(
            "Half of the purchases are worth {middle} or less, a tenth {low} or less and a tenth {high} or more.",
            middle=money(middle, currency),
            low=money(low, currency),
            high=money(high, currency),
        ),
        say("{once} of the customers have bought on one day only.", once=share(once)),
    ]
    if found.free_days:
        sentences.append(
            say_count(
                "{n} purchase day was free and is not among the values.",
                "{n} purchase days were free and are not among the values.",
                n=found.free_days,
            )
        )
    returns = int(found.gaps[N].sum())
    if not returns:
        return (Paragraph(tuple(sentences)),)
    parts = found.gaps.assign(share=found.gaps[N] / returns)
    within = float(parts.loc[parts["upto"] <= 30, "share"].sum())
    return (
        gap_bars(
            parts,
            title=say(
                "Who comes back does so after {median} days at the median, {within} within 30",
                median=number(found.median_gap),
                within=share(within),
            ),
            alt=say(
                "Bars: share of returns by days since the purchase before. Median {median} days; {within} come "
                "within 30 "
                "days, {late} after more than {year}.",
                median=number(found.median_gap),
                within=share(within),
                late=share(float(parts["share"].iloc[-1])),
                year=number(float(parts["upto"].iloc[-2])),
            ),
            caption=say(
                "{n} returns, each counted from the same customer's purchase before. Customers who have not come "
                "back yet "
                "are not in it, so the time that customers really take is longer.",
                n=count(returns),
            ),
            x=say("days since the purchase before"),
            y=say("share of returns"),
        ),
        Paragraph(tuple(sentences)),
    )


def channels(table: pd.DataFrame | None, currency: str) -> tuple[Element, ...]:
    """What each channel of purchase brings. ``table``: from ``channel_behaviour``."""
    if table is None:
        return (Paragraph((say("The purchases name no channel, so channels cannot be compared."),)),)
    total = max(float(table["revenue"].sum()), 1e-9)
    first = table.iloc[0]
    shown = Table(
        say(
            "Channels of purchase. Came back: of the customers whose first purchase was there, those with a "
            "later purchase "
            "through any channel; who began last has had the least time"
        ),
        (
            say("Channel"), say("Purchases"), say("Revenue"), say("Share"), say("Per purchase"), say("Customers"),
            say("Began there"), say("Came back"),
        ),
        [
            [
                words(row.channel) if row.channel else say("not known"),
                count(row.orders),
                money(row.revenue, currency),
                share(row.revenue / total),
                money(row.revenue / row.orders, currency),
                count(row.customers),
                count(row.first_customers),
                share(row.came_back / row.first_customers if row.first_customers else float("nan")),
            ]
            for row in rows_of(table)
        ],
        bar=2,
    )  # fmt: skip
    name = words(first["channel"]) if first["channel"] else say("not known")
    text = say_count(
        "All purchases go through {n} channel, {first}.",
        "Purchases go through {n} channels; {first} brings {part} of the revenue.",
        n=len(table),
        first=name,
        part=share(float(first["revenue"]) / total),
    )
    return Paragraph((text,)), shown
