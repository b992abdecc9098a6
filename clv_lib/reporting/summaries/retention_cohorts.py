"""How one cohort develops, and how cohorts compare, in words."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from clv_lib.analysis.cohorts import CUSTOMERS, REVENUE_SO_FAR, SIZE
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.retention import Audit
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import COHORT_AGE, ORDERS
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots_retention import curve_with_band, triangle
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.retention_words import (
    EACH,
    HEAD,
    MANY,
    NOTHING,
    cohort_label,
    period_label,
    ranged,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, share


def one_cohort(found: Audit, currency: str) -> tuple[Element, ...]:
    """View three: the life of one cohort so far."""
    chosen = found.cohorts.typical(found.marked)
    life = found.cohorts.of(chosen) if chosen is not None else pd.DataFrame()
    if chosen is None or len(life) < 2:
        text = say("No cohort could be followed over two whole {periods} yet.", periods=MANY[found.periods.name])
        return (Paragraph((text,)),)
    return (_life_figure(found, chosen, life), _life_table(found, chosen, life, currency))


def _life_figure(found: Audit, chosen: int, life: pd.DataFrame) -> Figure:
    later = life[life[COHORT_AGE] > 0]
    first, last = later.iloc[0], later.iloc[-1]
    values: dict[str, Quantity | Sentence] = {
        "cohort": period_label(found.periods, chosen),
        "each": EACH[found.periods.name],
        "n": count(int(first[SIZE])),
        "early": share(float(first["rate"])),
        "late": share(float(last["rate"])),
        "age": count(int(last[COHORT_AGE])),
        "mass": share(INTERVAL),
    }
    data = later.rename(columns={COHORT_AGE: "at", "rate": "share", "rate_low": "low", "rate_high": "high"})
    same = len(later) == 1
    return curve_with_band(
        data,
        name="one-cohort",
        title=say("Of the {n} customers of {cohort}, {early} bought in the next {each}", **values)
        if same
        else say(
            "Of the {n} customers of {cohort}, {early} bought in the next {each}, and {late} {age} {periods} on",
            periods=MANY[found.periods.name],
            **values,
        ),
        alt=say(
            "A line of the share of the cohort that buys, by age, from {early} to {late}, with a band for its {mass} "
            "interval.",
            **values,
        ),
        caption=say(
            "Customers whose first purchase was in {cohort}, n = {n}; share of them who bought in each {each} after "
            "it, with {mass} interval (Beta posterior, uniform prior).",
            **values,
        ),
        x=say("{periods} after the first purchase", periods=MANY[found.periods.name]),
        y=say("share of the cohort that buys"),
    )


def _life_table(found: Audit, chosen: int, life: pd.DataFrame, currency: str) -> Table:
    life = life.assign(
        each=life[ORDERS] / life[CUSTOMERS].where(life[CUSTOMERS] > 0),
        value=life[UNITS] / MONEY_UNITS / life[ORDERS].where(life[ORDERS] > 0),
    )
    return Table(
        say(
            "The cohort of {cohort} by age; share, and revenue so far per customer won, with their {mass} intervals",
            cohort=period_label(found.periods, chosen),
            mass=share(INTERVAL),
        ),
        (
            HEAD[found.periods.name],
            say("Buyers"),
            say("Share of the cohort"),
            say("Purchase days each"),
            say("Value per purchase day"),
            say("Revenue so far, each"),
            say("Low"),
            say("High"),
        ),
        [
            [
                count(row.cohort_age),
                count(row.customers),
                ranged(row.rate, row.rate_low, row.rate_high) if row.cohort_age else NOTHING,
                number(row.each, 1),
                money(row.value, currency),
                *(
                    money(value, currency)
                    for value in (row.revenue_so_far, row.revenue_so_far_low, row.revenue_so_far_high)
                ),
            ]
            for row in rows_of(life)
        ],
    )


def compared(found: Audit, currency: str) -> tuple[Element, ...]:
    """View four: all cohorts beside each other."""
    rates = found.cohorts.triangle("rate").drop(columns=0, errors="ignore").dropna(how="all").dropna(axis=1, how="all")
    if rates.empty:
        return (Paragraph((say("No cohort has a whole {each} behind it yet.", each=EACH[found.periods.name]),)),)
    return (
        *_notes(found, currency),
        _rate_figure(found, rates),
        _rate_table(found, rates),
        _plain_table(found, CUSTOMERS, _customers_caption(found), count),
        _plain_table(found, REVENUE_SO_FAR, _revenue_caption(found), lambda value: money(value, currency)),
    )


def _notes(found: Audit, currency: str) -> tuple[Paragraph, ...]:
    """What is not in the triangles, and which cohort is no cohort."""
    each, periods = EACH[found.periods.name], found.periods
    sentences: list[Sentence] = []
    cells = found.cohorts.cells
    open_ = cells[~cells["complete"]]
    if len(open_):
        sentences.append(
            say(
                "The log ends inside {period}, so that {each} is in no rate below: its {customers} buyers and "
                "{revenue} are counted in the totals only.",
                period=period_label(periods, periods.seen.stop - 1),
                each=each,
                customers=count(int(open_[CUSTOMERS].sum())),
                revenue=money(float(open_[UNITS].sum()) / MONEY_UNITS, currency),
            )
        )
    if found.marked is not None:
        sentences.append(
            say(
                "* The first cohort is no cohort: most of these customers had bought before the log begins. It is "
                "shown, and left out of every trend. Some of the cohorts right after it will hold old customers, too."
            )
        )
    return (Paragraph(tuple(sentences), role="note"),) if sentences else ()


def _rate_figure(found: Audit, rates: pd.DataFrame) -> Figure:
    each = EACH[found.periods.name]
    first = rates[1].dropna()
    first = first[first.index != found.marked]
    shown = first if len(first) else rates[1].dropna()
    values: dict[str, Quantity | Sentence] = {
        "low": share(float(shown.min())),
        "high": share(float(shown.max())),
        "each": each,
        "worst": period_label(found.periods, int(shown.index.to_numpy()[shown.argmin()])),
        "best": period_label(found.periods, int(shown.index.to_numpy()[shown.argmax()])),
        "n": count(int(found.cohorts.sizes.sum())),
    }
    return triangle(
        rates,
        name="repeat-triangle",
        labels=[cohort_label(found.periods, int(number), found.marked) for number in rates.index],
        title=say(
            "In the {each} after the first purchase, {low} ({worst}) to {high} ({best}) of a cohort buy", **values
        ),
        alt=say(
            "A triangle of shaded cells, a row per cohort and a column per {each} of age; in the first column the "
            "share lies between {low} and {high}.",
            **values,
        ),
        caption=say(
            "{n} customers by {each} of their first purchase; percent of the cohort who bought at that age. Empty: not "
            "observed, or not to its end.",
            **values,
        ),
        x=say("{periods} after the first purchase", periods=MANY[found.periods.name]),
        y=say("cohort"),
    )


def _rate_table(found: Audit, rates: pd.DataFrame) -> Table:
    low, high = (found.cohorts.triangle(name) for name in ("rate_low", "rate_high"))

    ages = [int(age) for age in rates.columns.to_numpy()]

    def at(cohort: int, age: int) -> Quantity:
        ends: list[Any] = [table.at[cohort, age] for table in (rates, low, high)]
        return ranged(*ends)

    rows: list[list[Quantity | Sentence]] = [
        [
            cohort_label(found.periods, cohort, found.marked),
            count(int(found.cohorts.sizes[cohort])),
            *(at(cohort, age) for age in ages),
        ]
        for cohort in (int(each) for each in rates.index.to_numpy())
    ]
    return Table(
        say(
            "Repeat-buying rate: share of the cohort who bought at that age, with its {mass} interval (Beta posterior)",
            mass=share(INTERVAL),
        ),
        (say("Cohort"), say("n"), *(say("{age}", age=count(age)) for age in ages)),
        rows,
    )


def _customers_caption(found: Audit) -> Sentence:
    return say(
        "Customers of each cohort who bought, by age in {periods}; age 0 holds all that the cohort won",
        periods=MANY[found.periods.name],
    )


def _revenue_caption(found: Audit) -> Sentence:
    return say(
        "Revenue so far per customer won, by age in {periods}; intervals are in the file",
        periods=MANY[found.periods.name],
    )


def _plain_table(found: Audit, column: str, caption: Sentence, write: Callable[[float], Quantity]) -> Table:
    wide = found.cohorts.triangle(column).dropna(how="all").dropna(axis=1, how="all")
    rows: list[list[Quantity | Sentence]] = [
        [
            cohort_label(found.periods, cohort, found.marked),
            *(write(value) if pd.notna(value) else NOTHING for value in row),
        ]
        for cohort, row in zip((int(each) for each in wide.index.to_numpy()), wide.to_numpy(dtype=float), strict=True)
    ]
    return Table(
        caption, (say("Cohort"), *(say("{age}", age=count(int(age))) for age in wide.columns.to_numpy())), rows
    )
