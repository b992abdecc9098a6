"""Perceived value by groups of customers, in words."""

from typing import Final

import pandas as pd

from clv_lib import names
from clv_lib.analysis.group_means import GroupMeans
from clv_lib.reporting.elements import Figure, Paragraph, Table
from clv_lib.reporting.plots_gains import group_intervals
from clv_lib.reporting.summaries import Summary, rows_of
from clv_lib.reporting.summaries.gains_words import attribute_name, certainty, group_name, points
from clv_lib.reporting.wording import Sentence, count, say, say_count, share, words

SURE: Final = 0.95  # chance from which a chart's title says that two groups differ


def groups(found: GroupMeans, attribute: str) -> Summary:
    """Perceived value by an attribute of the customers."""
    table = Table(
        say(
            "Perceived value by {attribute}, in points. As answered, and after small groups are drawn towards "
            "the whole; "
            "ranges hold {mass} of what a group's mean may be",
            attribute=attribute_name(attribute),
            mass=share(found.whole.mass),
        ),
        (
            say("Group"), say("Answers"), say("Benefits"), say("Costs"), say("As answered"), say("Perceived value"),
            say("Low"), say("High"), say("Above the mean of all"), say("Mind"),
        ),
        [
            [
                group_name(row.group),
                count(row.n),
                points(row.benefits),
                points(row.costs),
                points(row.raw),
                points(row.mean),
                points(row.low),
                points(row.high),
                certainty(row.p_above),
                say_count("only {n} answer", "only {n} answers", n=row.n) if row.few else words(""),
            ]
            for row in rows_of(found.table.rename(columns={attribute: "group"}))
        ],
    )  # fmt: skip
    return Summary(table, (Paragraph(tuple(_groups_in_words(found, attribute))),))


def _groups_in_words(found: GroupMeans, attribute: str) -> list[Sentence]:
    ends = _ends(found, attribute)
    if ends is None:
        return [say("All who answered are in one group, so there is nothing to compare.")]
    best, worst = (found.table.iloc[row] for row in ends)
    difference = found.draws[:, ends[0]] - found.draws[:, ends[1]]
    sure = float((difference > 0).mean())
    sentences = [
        say(
            "Customers of {best} see the most value and those of {worst} the least, {difference} points apart. The "
            "chance that the first truly see more than the second is {sure}.",
            best=group_name(best[attribute]),
            worst=group_name(worst[attribute]),
            difference=points(float(difference.mean())),
            sure=certainty(sure),
        )
    ]
    few = int(found.table["few"].sum())
    if few:
        sentences.append(
            say_count(
                "{n} group has fewer than {least} answers; its value leans on that of all customers.",
                "{n} groups have fewer than {least} answers; their values lean on that of all customers.",
                n=few,
                least=count(found.least),
            )
        )
    return sentences


def _ends(found: GroupMeans, attribute: str) -> tuple[int, int] | None:
    """Rows of the highest and the lowest group that has a name; None where fewer than two have one."""
    named = [row for row, group in enumerate(found.table[attribute]) if group]
    return (named[0], named[-1]) if len(named) > 1 else None


def groups_figure(found: GroupMeans, attribute: str) -> Figure:
    """Groups with their ranges."""
    table = found.table
    ends = _ends(found, attribute) or (0, len(table) - 1)
    best, worst = (table.iloc[row] for row in ends)
    told_apart = float((found.draws[:, ends[0]] > found.draws[:, ends[1]]).mean()) >= SURE
    named = {"best": group_name(best[attribute]), "worst": group_name(worst[attribute])}
    title = (
        say("Customers of {best} see more value than those of {worst}", **named)
        if told_apart
        else say("By {attribute}, perceived value cannot be told apart", attribute=attribute_name(attribute))
    )
    return group_intervals(
        table.assign(label=pd.Series([group_name(group) for group in table[attribute]], dtype=object)),
        name=f"value-by-{''.join(c if c.isalnum() else '-' for c in attribute)}",
        whole=found.whole.mean,
        title=title,
        alt=say(
            "{n} groups with ranges, from {high} points for {best} to {low} for {worst}; all respondents are at "
            "{whole}.",
            n=count(len(table)),
            high=points(best["mean"]),
            low=points(worst["mean"]),
            whole=points(found.whole.mean),
            **named,
        ),
        caption=say(
            "Perceived value by {attribute}, {n} respondents; {mass} ranges of the group's mean, pale and hollow "
            "with "
            "fewer than {least} answers. Broken line: all respondents.",
            attribute=attribute_name(attribute),
            n=count(int(table[names.N].sum())),
            mass=share(found.whole.mass),
            least=count(found.least),
        ),
        x=say("perceived value, points"),
        y=say("by {attribute}", attribute=attribute_name(attribute)),
    )
