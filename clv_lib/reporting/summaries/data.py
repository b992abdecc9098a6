"""What came in, what became of it, and what it is enough for, in words."""

from dataclasses import dataclass

import pandas as pd

from clv_lib import names
from clv_lib.data.quality import QualityReport
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Card, Cards, Figure, Paragraph, Table, Trust
from clv_lib.reporting.plots import bars_by_month, shares_by_group
from clv_lib.reporting.summaries import Summary
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, number, say, say_count, share

MOST_REPEATS_SHOWN = 7
LEAST_USED = 0.98  # fewer rows in use than this call for care

ISSUES: dict[str, Sentence] = {
    "repeated_header": say("repeats the header inside the file"),
    "extra_field": say("has more fields than the header"),
    "missing_field": say("has fewer fields than the header"),
    "unclosed_quote": say("holds a quote that is not closed"),
    "missing_date": say("has no date"),
    "bad_date": say("has a date that cannot be read"),
    "implausible_date": say("has a placeholder for a date"),
    "missing_amount": say("has no amount"),
    "bad_amount": say("has an amount that cannot be read"),
    "missing_customer": say("has no customer"),
    "future_date": say("has a date in the future"),
    "after_as_of": say("is later than the day of the report"),
    "duplicate": say("is an exact copy of an earlier row"),
    "guest": say("names no customer: it is blank, or a placeholder such as guest"),
    "test_account": say("belongs to a test account"),
    "bot": say("belongs to a customer who orders like a machine"),
    "excluded_conflict": say("belongs to an order that names several customers or days, and was excluded"),
    "refund": say("is a refund and was taken off its order"),
    "refunded_order": say("was refunded in full and is no purchase"),
    "excess_refund": say("refunds more than was left of its order; the excess was set aside"),
    "unmatched_refund": say("is a refund whose order was not found"),
    "negative_amount": say("is a refund: its amount is negative"),
    "zero_amount": say("has an amount of zero and is no purchase"),
    "trimmed_id": say("had spaces around the customer id"),
    "rounded_amount": say("had more than four decimals"),
    "merged_id": say("had the id of a merged account, which the id in use replaced"),
    "guest_apart": say("names no customer; its order was made a customer of its own"),
    "converted": say("was converted from another currency at the rate of its month"),
    "partly_refunded": say("had a refund taken off its amount"),
    "conflicting_order": say("belongs to an order that names several customers or days"),
    "suspected_bot": say("belongs to a customer with more orders on one day than people place"),
    "suspected_guest": say("carries an id with so many rows that it may stand for many people"),
    "outlier": say("belongs to a purchase day far more valuable than the rest"),
    "possible_duplicate": say("equals an earlier row; without an order id it was kept"),
    "kept_duplicate": say("equals an earlier row and was kept, as the settings say"),
    "blank_line": say("is a blank line"),
}


def answer(report: QualityReport) -> Paragraph:
    """The headline: how much of what came in can be used."""
    values = {
        "rows": count(report.used.rows),
        "customers": count(report.customers),
        "first": day(report.first_day),
        "last": day(report.last_day),
    }
    if not report.quarantined.rows:
        text = say(
            "We know {rows} order lines of {customers} customers from {first} to {last}, and every row can be used",
            **values,
        )
    else:
        text = say(
            "We know {rows} order lines of {customers} customers from {first} to "
            "{last}; {used} of the rows can be used",
            used=share(report.used.rows / report.read.rows, 1),
            **values,
        )
    return Paragraph((text,), role="answer")


def key_cards(report: QualityReport, window: ObservationWindow, frequencies: pd.DataFrame) -> Cards:
    """Four figures on the log. ``frequencies``: frequency, n."""
    total = int(frequencies[names.N].sum())
    back = int(frequencies.loc[frequencies[names.FREQUENCY] > 0, names.N].sum())
    return Cards(
        (
            Card(say("Customers"), count(report.customers), say("seen over {weeks} weeks", weeks=number(window.weeks))),
            Card(
                say("Revenue in the log"),
                money(float(report.used.money), report.currency),
                say("in {rows} order lines", rows=count(report.used.rows)),
            ),
            Card(
                say("Came back at least once"),
                share(back / total),
                say("{back} of {all} customers", back=count(back), all=count(total)),
            ),
            Card(
                say("Rows set aside"),
                count(report.quarantined.rows),
                say("worth {money}", money=money(float(report.quarantined.money), report.currency)),
            ),
        )
    )


def trust_chip(report: QualityReport) -> tuple[Sentence, bool]:
    """Data quality in one line, and whether it calls for care."""
    if not report.quarantined.rows:
        return say("Data: every row used"), False
    used = report.used.rows / report.read.rows
    return say("Data: {used} of rows used", used=share(used, 1)), used < LEAST_USED


def trust(report: QualityReport) -> Trust:
    """How far to trust the log."""
    guessed = len(report.inferred)
    reading = (
        say("Nothing had to be guessed")
        if not guessed
        else say_count("{n} thing was guessed", "{n} things were guessed", n=guessed)
    )
    return Trust((trust_chip(report), (reading, guessed > 0)))


def rows(report: QualityReport) -> Summary:
    """Rows and money in, accepted, repaired, set aside; they add up."""
    table = Table(
        say("Every row and every amount is in exactly one line below the first; the three add up to it"),
        (say("Fate"), say("Rows"), say("Amount")),
        [
            [label, count(tally.rows), money(float(tally.money), report.currency)]
            for label, tally in (
                (say("Read"), report.read),
                (say("Accepted"), report.accepted),
                (say("Repaired"), report.repaired),
                (say("Set aside"), report.quarantined),
            )
        ],
    )
    sources = len(report.sources)
    text = say_count(
        "{rows} rows came from {n} file: {accepted} could be used as they are, {repaired} "
        "after a repair, and {aside} were set aside.",
        "{rows} rows came from {n} files: {accepted} could be used as they are, {repaired} "
        "after a repair, and {aside} were set aside.",
        n=sources,
        rows=count(report.read.rows),
        accepted=count(report.accepted.rows),
        repaired=count(report.repaired.rows),
        aside=count(report.quarantined.rows),
    )
    return Summary(table, (Paragraph((text,)),))


def months_figure(months: pd.DataFrame, currency: str) -> Figure:
    """Revenue month by month. ``months``: month, revenue, orders, customers."""
    best, last = months.nlargest(1, "revenue").iloc[0], months.iloc[-1]
    return bars_by_month(
        months.rename(columns={"revenue": "value"}),
        name="months",
        currency=currency,
        title=say(
            "Revenue was highest in {best}, at {high}, and stood at {last} in the last month",
            best=_month(best["month"]),
            high=money(best["revenue"], currency),
            last=money(last["revenue"], currency),
        ),
        alt=say(
            "Bars of revenue by month, from {first} to {final}. The highest is {high} in {best}, the last {last}.",
            first=_month(months["month"].iloc[0]),
            final=_month(last["month"]),
            high=money(best["revenue"], currency),
            best=_month(best["month"]),
            last=money(last["revenue"], currency),
        ),
        caption=say(
            "Revenue of all accepted rows; {n} months. The first and the last month may be cut.", n=count(len(months))
        ),
        x=say("month"),
        y=say("revenue per month"),
    )


def _month(value: object) -> Quantity:
    from clv_lib.reporting.wording import month

    return month(pd.Timestamp(value).date())  # type: ignore[arg-type]


def repeats_figure(frequencies: pd.DataFrame) -> Figure:
    """How often customers came back. ``frequencies``: frequency, n."""
    capped = frequencies.assign(group=frequencies[names.FREQUENCY].clip(upper=MOST_REPEATS_SHOWN))
    groups = capped.groupby("group")[names.N].sum().reindex(range(MOST_REPEATS_SHOWN + 1), fill_value=0)
    total = int(groups.sum())
    labels = [str(group) for group in groups.index[:-1]] + [f"{MOST_REPEATS_SHOWN}+"]
    data = pd.DataFrame({"label": labels, "share": groups.to_numpy() / total})
    return shares_by_group(
        data,
        name="repeats",
        title=say("{once} of the customers bought on one day only", once=share(data["share"].iloc[0])),
        alt=say(
            "Bars: share of customers by number of repeat purchase days. {once} never came "
            "back, {few} came back once, {many} seven "
            "times or more.",
            once=share(data["share"].iloc[0]),
            few=share(data["share"].iloc[1]),
            many=share(data["share"].iloc[-1]),
        ),
        caption=say("{n} customers; purchases of one customer on one day count as one.", n=count(total)),
        x=say("repeat purchase days"),
        y=say("share of customers"),
    )


@dataclass(frozen=True)
class Verdict:
    """Whether the data are enough for a question, and why not where they are not."""

    question: Sentence
    enough: bool
    reason: Sentence


def verdicts(frequencies: pd.DataFrame, window: ObservationWindow, *, least_customers: int = 50) -> tuple[Verdict, ...]:
    """Which of the suite's questions this log can answer.

    Parameters
    ----------
    frequencies : DataFrame
        frequency, n.
    window : ObservationWindow
    least_customers : int
        Fewer cannot tell a population from its members.
    """
    total = int(frequencies[names.N].sum())
    back = int(frequencies.loc[frequencies[names.FREQUENCY] > 0, names.N].sum())
    purchases = say("{back} of {all} customers came back", back=count(back), all=count(total))
    needed = say(
        "{all} customers, of whom {back} came back; {least} are needed",
        all=count(total),
        back=count(back),
        least=count(least_customers),
    )
    value = total >= least_customers and back > 0
    split = window.calibration_end is not None
    holdout = (
        say("{weeks} weeks are left to test on", weeks=number(window.holdout_weeks))
        if split
        else say("{weeks} weeks are too short to set some aside", weeks=number(window.weeks, 1))
    )
    costs = say("no cost table: the page on value assumes a margin, and says so")
    return (
        Verdict(say("What happened so far?"), True, say("the log itself answers it")),
        Verdict(say("What is each customer worth?"), value, purchases if value else needed),
        Verdict(say("How wrong would last period's forecast have been?"), value and split, holdout),
        Verdict(say("What does a customer cost?"), False, costs),
    )


def verdict_table(found: tuple[Verdict, ...]) -> Table:
    """Verdicts as a table."""
    return Table(
        say("What these data are enough for"),
        (say("Question"), say("Enough?"), say("Why")),
        [[verdict.question, say("yes") if verdict.enough else say("no"), verdict.reason] for verdict in found],
    )
