"""How healthy the base is: revenue by cohort, time to the second purchase, new customers' share, and the trend."""

import pandas as pd

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.retention import Audit
from clv_lib.analysis.shares import Trend
from clv_lib.data.purchase_periods import UNITS
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import COHORT, PERIOD, N
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_retention import curve_with_band, shares_with_intervals, stacked_cohorts
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.retention_words import (
    EACH,
    HEAD,
    MANY,
    cohort_label,
    period_label,
    ranged,
)
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, share, words

MOST_STACKED = 6  # cohorts that can be told apart by shade
TREND: dict[str, Sentence] = {
    "better": say("It is getting better beyond chance"),
    "worse": say("It is getting worse beyond chance"),
    "unclear": say("No change that goes beyond chance"),
    "unknown": say("Too few of them to speak of a trend"),
}


def revenue_by_cohort(found: Audit, currency: str) -> tuple[Element, ...]:
    """The C3 chart: how much of each period's revenue comes from which cohort."""
    cells = found.cohorts.cells
    seen = cells[cells["complete"]]
    if seen.empty:
        return (Paragraph((say("No whole {each} has been observed yet.", each=EACH[found.periods.name]),)),)
    wide = seen.pivot_table(index=PERIOD, columns=COHORT, values=UNITS, aggfunc="sum", fill_value=0) / MONEY_UNITS
    groups = _groups(found, [int(number) for number in wide.columns])
    stacked = pd.DataFrame({name: wide[members].sum(axis=1) for name, (_, members) in groups.items()})
    last = stacked.iloc[-1]
    total = float(last.sum())
    newest = list(groups)[-1]
    values: dict[str, Quantity | Sentence] = {
        "period": period_label(found.periods, int(stacked.index[-1])),
        "total": money(total, currency),
        "old": share(float(last.drop(newest).sum()) / total if total else float("nan"), 1),
        "newest": _begin(found, groups[newest]),
        "each": EACH[found.periods.name],
    }
    figure = stacked_cohorts(
        stacked,
        labels=[period_label(found.periods, int(number)) for number in stacked.index],
        groups=[label for label, _ in groups.values()],
        currency=currency,
        title=say("{old} of the revenue of {period} came from customers won before {newest}", **values)
        if len(groups) > 1
        else say("All revenue of {period} came from one group of customers, {newest}", **values),
        alt=say(
            "Stacked bars of revenue by {each}, the oldest customers at the bottom; the last bar is {total}, {old} "
            "of it from customers won before {newest}.",
            **values,
        ),
        caption=say(
            "Revenue of whole {periods}, by when the customer first bought, darkest and lowest the oldest. A healthy "
            "base keeps its lower layers.",
            periods=MANY[found.periods.name],
        ),
        x=EACH[found.periods.name],
        y=say("revenue"),
    )
    return (figure,)


def _groups(found: Audit, numbers: list[int]) -> dict[str, tuple[Quantity | Sentence, list[int]]]:
    """Cohorts as they are where they are few, else by the year in which they were won, oldest years together."""
    if len(numbers) <= MOST_STACKED:
        return {str(each): (cohort_label(found.periods, each, found.marked), [each]) for each in numbers}
    years: dict[int, list[int]] = {}
    for each in numbers:
        years.setdefault(found.periods.start(each).year, []).append(each)
    if len(years) >= 3:
        return {str(year): (words(str(year)), members) for year, members in years.items()}
    alone = numbers[:1] if numbers[0] == found.marked else []  # no cohort, and so in no group with one
    rest = numbers[len(alone) :]
    size = -(-len(rest) // (MOST_STACKED - len(alone)))
    groups = [rest[start : start + size] for start in range(0, len(rest), size)]
    return {str(group[0]): (_span(found, group), group) for group in ([alone] if alone else []) + groups}


def _begin(found: Audit, group: tuple[Quantity | Sentence, list[int]]) -> Quantity | Sentence:
    """When the first of a group were won, as far as its name tells."""
    label, members = group
    return label if isinstance(label, Quantity) and label.is_text else period_label(found.periods, members[0])


def _span(found: Audit, group: list[int]) -> Quantity | Sentence:
    first, last = (cohort_label(found.periods, each, found.marked) for each in (group[0], group[-1]))
    return first if len(group) == 1 else say("{first} to {last}", first=first, last=last)


def second_purchase(found: Audit) -> tuple[Element, ...]:
    """How long a second purchase takes, all together and by cohort."""
    second = found.second
    back, low, high = second.within(second.horizon)
    curve = second.curve[second.curve["day"] <= max(4 * second.horizon, 30)]
    values: dict[str, Quantity | Sentence] = {
        "back": share(back),
        "days": count(second.horizon),
        "low": share(low),
        "high": share(high),
        "n": count(int(second.curve["watched"].iloc[0])),
        "mass": share(INTERVAL),
        "median": number(second.median_day),
    }
    half = second.median_day == second.median_day
    figure = curve_with_band(
        curve.rename(columns={"day": "at", "back": "share"}),
        name="second-purchase",
        title=say("{back} of first-time buyers are back within {days} days; half are after {median} days", **values)
        if half
        else say("{back} of first-time buyers are back within {days} days; fewer than half ever were", **values),
        alt=say(
            "A line that climbs from nothing to {back} after {days} days, with a band from {low} to {high} there.",
            **values,
        ),
        caption=say(
            "{n} first-time buyers; who has not been watched long enough is counted as far as watched "
            "(Kaplan-Meier), band {mass} interval. The vertical line is at {days} days.",
            **values,
        ),
        x=say("days since the first purchase"),
        y=say("share who have bought again"),
        mark=float(second.horizon),
        steps=True,
    )
    return (figure, *_by_cohort(found))


def _by_cohort(found: Audit) -> tuple[Element, ...]:
    table = found.second.cohorts
    if not table["back"].notna().any():
        return ()
    days = count(found.second.horizon)
    labels = [cohort_label(found.periods, int(number), found.marked) for number in table[COHORT]]
    line = _line(found.cohort_trend)
    figure = shares_with_intervals(
        table.rename(columns={"back": "share"}).assign(in_trend=table[COHORT] != found.marked),
        name="back-by-cohort",
        labels=labels,
        title=say("Back within {days} days, cohort by cohort: {verdict}", days=days, verdict=_said(found.cohort_trend)),
        alt=say("A point with its range per cohort; {verdict}", verdict=trend_sentence(found.cohort_trend)),
        caption=say(
            "Share of first-time buyers who are back within {days} days, {mass} intervals. A cohort too young to be "
            "watched for so long has no point; the dashed line is the trend.",
            days=days,
            mass=share(INTERVAL),
        ),
        x=say("cohort"),
        y=say("share back within {days} days", days=days),
        line=line,
    )
    rows: list[list[Quantity | Sentence]] = [
        [label, count(row.n), count(row.watched), ranged(row.back, row.low, row.high), share(row.above)]
        for label, row in zip(labels, rows_of(table), strict=True)
    ]
    listed = Table(
        say(
            "Back within {days} days by cohort, with {mass} intervals and the probability that it is more than in the "
            "cohort before",
            days=days,
            mass=share(INTERVAL),
        ),
        (say("Cohort"), say("n"), say("Watched long enough"), say("Back"), say("Higher than before")),
        rows,
    )
    return (figure, Paragraph((trend_sentence(found.cohort_trend),)), listed)


def _line(found: Trend) -> tuple[float, float] | None:
    return (found.first, found.last) if found.verdict != "unknown" else None


def _said(found: Trend) -> Sentence:
    return {
        "better": say("rising beyond chance"),
        "worse": say("falling beyond chance"),
        "unclear": say("no change beyond chance"),
        "unknown": say("too few to tell"),
    }[found.verdict]


def trend_sentence(found: Trend) -> Sentence:
    """What the trend is, how probable, and how large it may be."""
    if found.verdict == "unknown":
        return say("There are {n} of them, too few for a trend.", n=count(found.points))
    return say(
        "{verdict}: the line goes from {first} to {last}, a change of {low} to {high} ({mass} interval); the "
        "probability that it rises is {up}.",
        verdict=TREND[found.verdict],
        first=share(found.first, 1),
        last=share(found.last, 1),
        low=points(found.low),
        high=points(found.high),
        mass=share(INTERVAL),
        up=share(found.up),
    )


def points(change: float) -> Sentence:
    """A difference of two shares, in points of a percent."""
    sign = "+" if change > 0 else ""
    value = number(100 * change, 1)
    return say("{n} points", n=Quantity(round(100 * change, 6), lambda language: f"{sign}{value.text(language)}"))


def next_period(found: Audit) -> tuple[Element, ...]:
    """Whether buyers of one period buy in the next, and how much of the revenue is new customers'."""
    table = found.bridge.returning
    if table.empty:
        return ()
    each = EACH[found.periods.name]
    labels = [period_label(found.periods, int(number)) for number in table[PERIOD]]
    fresh = found.bridge.new_share.reindex(table[PERIOD])
    figure = shares_with_intervals(
        table.rename(columns={"rate": "share", "rate_low": "low", "rate_high": "high"}),
        name="bought-again",
        labels=labels,
        title=say("Buyers of one {each} who buy in the next: {verdict}", each=each, verdict=_said(found.period_trend)),
        alt=say("A point with its range per {each}; {verdict}", each=each, verdict=trend_sentence(found.period_trend)),
        caption=say(
            "Of those who bought in the {each} before, the share who bought in this one; {mass} intervals (Beta "
            "posterior). The mix of new and old customers moves it too: cohorts above compare like with like.",
            each=each,
            mass=share(INTERVAL),
        ),
        x=each,
        y=say("share who bought again"),
        line=_line(found.period_trend),
    )
    listed = Table(
        say(
            "By {each}: buyers of the one before who bought again, the probability that this is a larger share than "
            "before, and revenue from first-time buyers; {mass} intervals",
            each=each,
            mass=share(INTERVAL),
        ),
        (
            HEAD[found.periods.name],
            say("Buyers before"),
            say("Bought again"),
            say("Higher than before"),
            say("Buyers now"),
            say("Revenue from new customers"),
        ),
        [
            [
                label,
                count(getattr(row, N)),
                ranged(row.rate, row.rate_low, row.rate_high),
                share(row.above),
                count(new[N]),
                ranged(new["share"], new["low"], new["high"]),
            ]
            for label, row, (_, new) in zip(labels, rows_of(table), fresh.iterrows(), strict=True)
        ],
    )
    return (figure, Paragraph((trend_sentence(found.period_trend),)), listed)


def still_here(found: Audit, alive: pd.DataFrame | None) -> tuple[Element, ...]:
    """The model's share of each cohort that is still with us, and why no churn rate stands here."""
    why = say(
        "No churn rate is printed: these customers have no contract, nobody says goodbye, and a customer who has not "
        "bought for a while may simply not have needed anything. What can be counted is who bought again; whether the "
        "others are gone is never observed, and a model can only say how probable it is."
    )
    if alive is None:
        missing = say("The page on lifetime value has left no model here, so nothing is said of who is still here.")
        return (Paragraph((why,)), Paragraph((missing,), role="note"))
    everybody = alive[alive[COHORT].isna()].iloc[0]
    rows: list[list[Quantity | Sentence]] = [
        [
            cohort_label(found.periods, int(row.cohort), found.marked) if pd.notna(row.cohort) else say("All"),
            count(row.n),
            ranged(row.alive, row.low, row.high, 1),
            count(row.alive * row.n),
        ]
        for row in rows_of(alive)
    ]
    table = Table(
        say(
            "Still here by cohort, P(alive): {all} of {n} customers, {mass} interval {low} to {high}. Intervals are "
            "of the model's parameters",
            all=share(float(everybody["alive"])),
            n=count(everybody[N]),
            mass=share(INTERVAL),
            low=share(float(everybody["low"]), 1),
            high=share(float(everybody["high"]), 1),
        ),
        (say("Cohort"), say("n"), say("Still here"), say("Customers")),
        rows,
    )
    return (Paragraph((why,)), table)
