"""The page on data where customers are under contract: members, renewals and cancellations, in words."""

from collections.abc import Mapping

import pandas as pd

from clv_lib.analysis.contract_base import ContractBase
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.quality import QualityReport
from clv_lib.data.table_report import TableReport
from clv_lib.names import RENEWALS
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Card, Cards, Figure, Paragraph, Table
from clv_lib.reporting.plots import shares_by_group
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.record import set_aside
from clv_lib.reporting.wording import count, day, money, number, say, say_count, share, words

Others = Mapping[str, TableReport]
MOST_RENEWALS_SHOWN = 12


def answer(report: QualityReport, others: Others, base: ContractBase) -> Paragraph:
    """The headline: how many members are known, how many are still there, and how much of it can be used."""
    read = report.read.rows + sum(each.read.rows for each in others.values())
    aside = set_aside(report, others.values())
    values = {
        "members": count(base.members),
        "active": count(base.active),
        "first": day(report.first_day),
        "last": day(report.last_day),
    }
    if not aside:
        text = say(
            "We know the contracts of {members} members, of whom {active} are still under contract, and their payments "
            "from {first} to {last}; every row can be used",
            **values,
        )
    else:
        text = say(
            "We know the contracts of {members} members, of whom {active} are still under contract, and their payments "
            "from {first} to {last}; {used} of the rows can be used",
            used=share(1 - aside / read, 1),
            **values,
        )
    return Paragraph((text,), role="answer")


def key_cards(report: QualityReport, others: Others, base: ContractBase, window: ObservationWindow) -> Cards:
    """Four figures on the members and what is known of them."""
    return Cards(
        (
            Card(say("Members"), count(base.members), say("seen over {weeks} weeks", weeks=number(window.weeks))),
            still_there(base),
            renewal_rate(base),
            Card(
                say("Payments"),
                money(float(report.used.money), report.currency),
                say("{rows} rows of every source were set aside", rows=count(set_aside(report, others.values()))),
            ),
        )
    )


def still_there(base: ContractBase) -> Card:
    """How many are under contract."""
    part = base.active / base.members if base.members else float("nan")
    return Card(
        say("Under contract today"),
        count(base.active),
        say("{part} of {members} members", part=share(part), members=count(base.members)),
    )


def renewal_rate(base: ContractBase) -> Card:
    """The share of due renewals that were made, with its interval and its n."""
    if not base.offered:
        return Card(say("Renewals made"), words("–"), say("no renewal has fallen due yet"))
    low, high = base.range_of_rate
    return Card(
        say("Renewals made"),
        share(base.made / base.offered, 1),
        say(
            "with {mass} certainty {low} to {high}",
            mass=share(INTERVAL),
            low=share(low, 1),
            high=share(high, 1),
        ),
        low,
        high,
        note=say("{made} of {offered} that fell due", made=count(base.made), offered=count(base.offered)),
    )


def staying_figure(base: ContractBase) -> Figure | Paragraph:
    """How many of those who join are still there after each renewal."""
    shown = base.renewals.head(MOST_RENEWALS_SHOWN)
    if shown.empty:
        return Paragraph((say("No renewal has fallen due yet, so nothing can be said of staying."),))
    first, last = shown.iloc[0], shown.iloc[-1]
    title = say_count(
        "Of those who join, {first} renew; {last} are still there after {n} renewal",
        "Of those who join, {first} renew at least once; {last} are still there after {n} renewals",
        n=int(last[RENEWALS]),
        first=share(first["staying"]),
        last=share(last["staying"]),
    )
    return shares_by_group(
        pd.DataFrame({"label": shown[RENEWALS].astype(int).astype(str), "share": shown["staying"]}),
        name="staying",
        title=title,
        alt=say(
            "Bars: share of members still under contract after each renewal. {first} are after the first, {last} after "
            "number {n}, the last one shown.",
            first=share(first["staying"]),
            last=share(last["staying"]),
            n=count(int(last[RENEWALS])),
        ),
        caption=say(
            "{members} members; the product of the renewal rates so far, each over those whose renewal fell due. "
            "{least} had the last one shown before them.",
            members=count(base.members),
            least=count(int(last["offered"])),
        ),
        x=say("renewals made"),
        y=say("share of members"),
    )


def renewals_table(base: ContractBase) -> Table:
    """Each renewal with its rate, interval and n."""
    return Table(
        say("Renewal by renewal; ranges hold 90 % and are those of the rate"),
        (say("Renewal"), say("Fell due for"), say("Made by"), say("Rate"), say("Low"), say("High"), say("Still there")),
        [
            [
                count(int(row.renewals)),
                count(int(row.offered)),
                count(int(row.made)),
                share(row.rate, 1),
                share(row.low, 1),
                share(row.high, 1),
                share(row.staying, 1),
            ]
            for row in rows_of(base.renewals.head(MOST_RENEWALS_SHOWN))
        ],
    )


def plans_table(base: ContractBase) -> Table:
    """Each plan with its members and its renewals; a member who came back after a gap counts once per spell."""
    return Table(
        say("Plan by plan; ranges hold 90 % and are those of the rate"),
        (say("Plan"), say("Members"), say("Still there"), say("Renewals due"), say("Rate"), say("Low"), say("High")),
        [
            [
                words(row.plan),
                count(int(row.members)),
                count(int(row.active)),
                count(int(row.offered)),
                share(row.rate, 1),
                share(row.low, 1),
                share(row.high, 1),
            ]
            for row in rows_of(base.plans)
        ],
    )


def recurring(base: ContractBase, currency: str) -> Paragraph:
    """What the running contracts bring in a year, and how many name no price."""
    sentences = [
        say("The contracts that run today bring {money} a year while they last.", money=money(base.recurring, currency))
    ]
    if base.without_price:
        sentences.append(
            say_count(
                "{n} of them names no price and is not in it.",
                "{n} of them name no price and are not in it.",
                n=base.without_price,
            )
        )
    return Paragraph(tuple(sentences))
