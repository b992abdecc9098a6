"""What respondents did after the survey, in words; always as an association, never as a cause."""

from typing import Final

import pandas as pd

from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.value_and_purchases import NextPurchases
from clv_lib.reporting.elements import Figure, Paragraph, Table
from clv_lib.reporting.plots_gains import shares_with_ranges
from clv_lib.reporting.summaries import Summary, rows_of
from clv_lib.reporting.wording import Sentence, count, money, number, say, say_count, share

THIRDS: Final = {
    "low": say("least value"),
    "middle": say("middle"),
    "high": say("most value"),
}
SURE: Final = 0.95


def summary(found: NextPurchases, currency: str) -> Summary:
    """Thirds of respondents beside what they bought."""
    table = Table(
        say(
            "Respondents in thirds by perceived value, and what they bought in the {weeks} weeks after the survey; "
            "ranges hold {mass} of what the share may be. Spend per customer, over as many weeks before and after",
            weeks=count(found.weeks),
            mass=share(found.odds.mass),
        ),
        (
            say("Third"), say("Respondents"), say("Value from"), say("Value to"), say("Bought again"), say("Low"),
            say("High"), say("Spent before"), say("Spent after"),
        ),
        [
            [
                THIRDS[row.third],
                count(row.n),
                number(row.value_low, 1),
                number(row.value_high, 1),
                share(row.share),
                share(row.low),
                share(row.high),
                money(row.spend_before, currency),
                money(row.spend_after, currency),
            ]
            for row in rows_of(found.thirds)
        ],
    )  # fmt: skip
    return Summary(table, (Paragraph(tuple(_in_words(found, currency))),))


def _in_words(found: NextPurchases, currency: str) -> list[Sentence]:
    top, bottom = found.thirds.iloc[-1], found.thirds.iloc[0]
    sentences = [
        say(
            "Of the respondents who saw the most value {high} bought again within {weeks} weeks, of those who "
            "saw the "
            "least {low}: a difference of {difference} percentage points ({from_} to {to}).",
            high=share(top["share"]),
            low=share(bottom["share"]),
            weeks=count(found.weeks),
            difference=number(100 * found.high_less_low.mean),
            from_=number(100 * found.high_less_low.low),
            to=number(100 * found.high_less_low.high),
        ),
        say(
            "One more point of perceived value goes with odds of buying again {odds} times as high ({low} to "
            "{high}); "
            "among customers with as many purchases in the weeks before, {alike} times ({alike_low} to "
            "{alike_high}).",
            odds=number(found.odds.mean, 2),
            low=number(found.odds.low, 2),
            high=number(found.odds.high, 2),
            alike=number(found.odds_alike.mean, 2),
            alike_low=number(found.odds_alike.low, 2),
            alike_high=number(found.odds_alike.high, 2),
        ),
        say(
            "This is what goes together, not what causes what: nobody was given more value by lot. To know what an "
            "improvement brings, make it for some customers drawn at random and compare."
        ),
    ]
    if found.spend_change is not None:
        sentences.append(_change(found.spend_change, currency))
    if found.too_recent:
        sentences.append(
            say_count(
                "{n} respondent was asked too recently for the weeks after to be over.",
                "{n} respondents were asked too recently for the weeks after to be over.",
                n=found.too_recent,
            )
        )
    return sentences


def _change(change: Estimate, currency: str) -> Sentence:
    values = {name: money(getattr(change, name), currency) for name in ("low", "high")}
    if change.mean < 0:
        return say(
            "Those who were customers all that time spent {change} less each after the survey than before "
            "(change: {low} to {high}).",
            change=money(-change.mean, currency),
            **values,
        )
    return say(
        "Those who were customers all that time spent {change} more each after the survey than before (change: {low} "
        "to {high}).",
        change=money(change.mean, currency),
        **values,
    )


def thirds_figure(found: NextPurchases) -> Figure:
    """Share who bought again, by third."""
    table = found.thirds
    top, bottom = table.iloc[-1], table.iloc[0]
    ends = {"high": share(top["share"]), "low": share(bottom["share"]), "weeks": count(found.weeks)}
    if found.p_higher >= SURE:
        title = say("Who sees more value buys again more often: {high} against {low} within {weeks} weeks", **ends)
    elif found.p_higher <= 1 - SURE:
        title = say("Who sees more value buys again less often: {high} against {low} within {weeks} weeks", **ends)
    else:
        title = say(
            "Whether seeing more value goes with buying again cannot be told yet: {high} against {low} within "
            "{weeks} weeks",
            **ends,
        )
    return shares_with_ranges(
        pd.DataFrame(
            {
                "label": [THIRDS[third] for third in table["third"]],
                "share": table["share"],
                "low": table["low"],
                "high": table["high"],
            }
        ),
        name="bought-again",
        title=title,
        alt=say(
            "Bars: share who bought again within {weeks} weeks, {low} of those who see the least value and {high} of "
            "those who see the most.",
            **ends,
        ),
        caption=say(
            "{n} respondents whose {weeks} weeks after the survey are over; {mass} ranges. Goes together with, not "
            "caused by.",
            n=count(found.respondents),
            weeks=count(found.weeks),
            mass=share(found.odds.mass),
        ),
        x=say("respondents by perceived value"),
        y=say("share who bought again"),
    )
