"""Who renewed, what recurring revenue was kept, and how it moved, in words."""

from typing import Any

import pandas as pd

from clv_lib.analysis.bridge import LAPSED, NEW, REACTIVATED
from clv_lib.analysis.contract_audit import ContractAudit
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import COHORT, PERIOD, PLAN, N
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots_retention import moves, shares_with_intervals, triangle
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.retention_health import TREND, points
from clv_lib.reporting.summaries.retention_words import EACH, HEAD, MANY, NOTHING, period_label, ranged
from clv_lib.reporting.wording import Quantity, Sentence, count, money, round_money, say, share, words

SHOWN = 12  # periods in a table; all are in the file


def renewals(found: ContractAudit) -> tuple[Element, ...]:
    """Retention and churn at every renewal, all together and by plan."""
    table = found.renewals
    if table.empty:
        return (Paragraph((say("No contract has come to its first renewal yet."),)),)
    return (
        _renewal_figure(found),
        Paragraph(
            (
                say(
                    "That the rate rises from renewal to renewal need not mean that customers grow loyal: those who "
                    "were likely to leave have left, and those who stay were likely to stay all along."
                ),
            ),
            role="note",
        ),
        _renewal_table(say("All contracts"), table),
        *(_renewal_table(words(plan), mine) for plan, mine in _plans(found)),
    )


def _plans(found: ContractAudit) -> list[tuple[str, pd.DataFrame]]:
    """Each plan's rates; none where there is one plan, which is all contracts."""
    table = found.by_plan
    names = sorted(set(table[PLAN])) if len(table) else []
    return [(name, table[table[PLAN] == name]) for name in names] if len(names) > 1 else []


def _renewal_figure(found: ContractAudit) -> Figure:
    table = found.renewals
    first, last = table.iloc[0], table.iloc[-1]
    values: dict[str, Quantity | Sentence] = {
        "first": share(float(first["rate"])),
        "last": share(float(last["rate"])),
        "renewal": count(int(last["renewal"])),
        "left": share(float(last["survival"])),
        "n": count(int(first[N])),
        "mass": share(INTERVAL),
    }
    data = table.rename(columns={"rate": "share", "rate_low": "low", "rate_high": "high"})
    title = (
        say("{first} take the first renewal", **values)
        if len(table) == 1
        else say(
            "{first} take the first renewal and {last} of those still here renewal number {renewal}; {left} are left",
            **values,
        )
    )
    return shares_with_intervals(
        data,
        name="renewals",
        labels=[count(int(number)) for number in table["renewal"]],
        title=title,
        alt=say(
            "A point with its range per renewal, from {first} at the first to {last} at number {renewal}.", **values
        ),
        caption=say(
            "{n} spells under contract; of those who came to a renewal, the share who took it, with {mass} intervals "
            "(Beta posterior, uniform prior).",
            **values,
        ),
        x=say("renewal"),
        y=say("share who renew"),
    )


def _renewal_table(who: Quantity | Sentence, table: pd.DataFrame) -> Table:
    return Table(
        say("{who}: retention and churn rate by renewal, with {mass} intervals", who=who, mass=share(INTERVAL)),
        (say("Renewal"), say("Came to it"), say("Left"), say("Retention rate"), say("Churn rate"), say("Still here")),
        [
            [
                count(row.renewal),
                count(getattr(row, N)),
                count(row.left),
                ranged(row.rate, row.rate_low, row.rate_high, 1),
                ranged(row.churn, row.churn_low, row.churn_high, 1),
                share(row.survival, 1),
            ]
            for row in rows_of(table)
        ],
    )


def by_cohort(found: ContractAudit) -> tuple[Element, ...]:
    """Retention rates by year of joining and renewal."""
    table = found.by_cohort
    if table.empty:
        return (Paragraph((say("No contract has come to its first renewal yet."),)),)
    wide = table.pivot(index=COHORT, columns="renewal", values="rate")
    cells: dict[Any, Any] = {(row.cohort, row.renewal): row for row in rows_of(table)}
    years = [str(year) for year in wide.index]
    ages = [int(age) for age in wide.columns.to_numpy()]

    def cell(year: str, age: int) -> Quantity:
        row = cells.get((year, age))
        return NOTHING if row is None else ranged(row.rate, row.rate_low, row.rate_high)

    def joined(year: str) -> Quantity:
        row = cells.get((year, ages[0]))
        return NOTHING if row is None else count(row.n)

    listed = Table(
        say(
            "Retention rate by year of joining and renewal, with {mass} intervals; a dash: not observed",
            mass=share(INTERVAL),
        ),
        (say("Joined"), say("n"), *(say("{age}", age=count(age)) for age in ages)),
        [[words(year), joined(year), *(cell(year, age) for age in ages)] for year in years],
    )
    if len(years) == 1:
        only = say("All contracts began in {year}, so there are no cohorts to compare.", year=words(years[0]))
        return (Paragraph((only,)), listed)
    figure = triangle(
        wide,
        name="renewal-triangle",
        labels=[words(year) for year in years],
        title=say("Who took the first renewal, by year of joining: {verdict}", verdict=TREND[found.trend.verdict]),
        alt=say("A triangle of shaded cells, a row per year of joining and a column per renewal."),
        caption=say("Percent of those who came to the renewal. Empty: not observed."),
        x=say("renewal"),
        y=say("joined"),
    )
    return (figure, Paragraph((trend_words(found),)), listed)


def trend_words(found: ContractAudit) -> Sentence:
    """Whether first renewals are getting more frequent, like compared with like."""
    if found.trend.verdict == "unknown":
        return say(
            "Whether it is getting better takes at least four years of joining that came to a first renewal; there are "
            "{n}.",
            n=count(found.trend.points),
        )
    return say(
        "First renewals: {verdict}, from {first} to {last}, a change of {low} to {high} ({mass} interval).",
        verdict=TREND[found.trend.verdict],
        first=share(found.trend.first, 1),
        last=share(found.trend.last, 1),
        low=points(found.trend.low),
        high=points(found.trend.high),
        mass=share(INTERVAL),
    )


def revenue_bridge(found: ContractAudit, currency: str) -> tuple[Element, ...]:
    """How monthly recurring revenue moved from one period's end to the next."""
    amounts = found.revenue.bridge.money / MONEY_UNITS
    if amounts.empty:
        text = say("Recurring revenue is compared between the ends of two {periods}, and there are not two yet.",
                   periods=MANY[found.periods.name])  # fmt: skip
        return (Paragraph((text,)),)
    last = amounts.iloc[-1]
    values: dict[str, Quantity | Sentence] = {
        "period": period_label(found.periods, int(amounts.index.to_numpy()[-1])),
        "before": money(float(last["before"]), currency),
        "after": money(float(last["after"]), currency),
        "lost": money(float(last["less"] + last[LAPSED]), currency),
        "won": money(float(last[NEW] + last[REACTIVATED] + last["more"]), currency),
        "each": EACH[found.periods.name],
    }
    figure = moves(
        amounts,
        name="mrr",
        ups=((NEW, say("new")), ("more", say("expansion")), (REACTIVATED, say("reactivated"))),
        downs=((LAPSED, say("churned")), ("less", say("contraction"))),
        labels=[period_label(found.periods, int(number)) for number in amounts.index.to_numpy()],
        write=lambda value: round_money(value, currency),
        title=say("In {period} {won} a month was won and {lost} a month was lost", **values),
        alt=say(
            "Bars by {each}: above the line what was won, below it what was lost. In {period} recurring revenue went "
            "from {before} to {after} a month.",
            **values,
        ),
        caption=say("Recurring revenue per month, between the ends of {periods}.", periods=MANY[found.periods.name]),
        x=EACH[found.periods.name],
        y=say("recurring revenue a month"),
    )
    names = (("before", 1), (NEW, 1), ("more", 1), ("less", -1), (LAPSED, -1), (REACTIVATED, 1), ("after", 1))
    table = Table(
        say(
            "Recurring revenue per month: start + new + expansion - contraction - churned + reactivated = end, to "
            "the last ten-thousandth"
        ),
        (
            HEAD[found.periods.name],
            say("Start"),
            say("New"),
            say("Expansion"),
            say("Contraction"),
            say("Churned"),
            say("Reactivated"),
            say("End"),
        ),
        [
            [
                period_label(found.periods, int(row[PERIOD])),
                *(money(sign * float(row[name]), currency) for name, sign in names),
            ]
            for row in amounts.iloc[::-1].head(SHOWN).reset_index().to_dict("records")
        ],
    )
    return (figure, table)


def kept_revenue(found: ContractAudit) -> tuple[Element, ...]:
    """Gross and net revenue retention and the churn rate, period by period."""
    table = found.revenue.kept
    if table.empty:
        return ()
    last = table.iloc[-1]
    both = table.merge(found.revenue.churn.drop(columns=N), on=PERIOD)
    figure = shares_with_intervals(
        table.rename(columns={"gross": "share", "gross_low": "low", "gross_high": "high"}),
        name="gross-retention",
        labels=[period_label(found.periods, int(number)) for number in table[PERIOD]],
        title=say(
            "In {period} {gross} of the recurring revenue at the start was kept, before anything was added",
            period=period_label(found.periods, int(last[PERIOD])),
            gross=share(float(last["gross"]), 1),
        ),
        alt=say("A point with its range per {each}: gross revenue retention.", each=EACH[found.periods.name]),
        caption=say(
            "Gross revenue retention with {mass} intervals. It rises by itself as a base grows old, since those who "
            "were likely to leave have left.",
            mass=share(INTERVAL),
        ),
        x=EACH[found.periods.name],
        y=say("share of recurring revenue kept"),
    )

    rows: list[list[Quantity | Sentence]] = [
        [
            period_label(found.periods, row.period),
            count(row.n),
            count(row.lapsed),
            ranged(row.rate, row.rate_low, row.rate_high, 1),
            ranged(row.gross, row.gross_low, row.gross_high, 1),
            ranged(row.net, row.net_low, row.net_high, 1),
        ]
        for row in rows_of(both.iloc[::-1].head(SHOWN))
    ]

    listed = Table(
        say("Churn rate of customers, gross and net revenue retention, with {mass} intervals", mass=share(INTERVAL)),
        (
            HEAD[found.periods.name],
            say("At the start"),
            say("Left"),
            say("Churn rate"),
            say("Gross retention"),
            say("Net retention"),
        ),
        rows,
    )
    return (figure, listed)
