"""What the page on the lifecycle says of the months to come, and of what is getting worse."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from clv_lib.analysis.lifecycle import Lifecycle
from clv_lib.analysis.stage_projection import Projection
from clv_lib.analysis.value_watch import VALUE
from clv_lib.analysis.watch_metrics import Watched
from clv_lib.names import LIFECYCLE_STAGES, LifecycleStage
from clv_lib.reporting import plots_lifecycle
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.summaries.lifecycle_words import MASS, METRICS, NOTHING, STAGES
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share


def projection(ahead: Projection, found: Lifecycle) -> tuple[Element, ...]:
    """The months to come."""
    months = int(ahead.table["ahead"].max())
    monthly = found.monthly
    last = monthly.iloc[-1]
    grows = max(LIFECYCLE_STAGES, key=lambda stage: float(ahead.at(stage, months)["mean"]) - float(last[stage]))
    row = ahead.at(grows, months)
    values: dict[str, Quantity | Sentence] = {
        "stage": STAGES[grows],
        "now": count(last[grows]),
        "then": count(row["mean"]),
        "low": count(row["low"]),
        "high": count(row["high"]),
        "months": count(months),
    }
    chart = plots_lifecycle.projection(
        ahead.table,
        monthly,
        labels=STAGES,
        title=say("If things go on as they do, {stage} grows most: from {now} to {then} in {months} months", **values),
        alt=say("A small chart per stage; {stage} goes from {now} to {then}, {low} to {high}.", **values),
        caption=say(
            "Dark line: seen. Line and band: expected, and {mass} of what may come, month by month: uncertain chances, "
            "seasons, new customers and luck.",
            mass=MASS,
        ),
        x=say("months from now"),
        y=say("customers"),
    )
    table = sizes_ahead(
        ahead, last, LIFECYCLE_STAGES, say("Stage sizes now and in {months} months", months=count(months))
    )
    return chart, table


def sizes_ahead(ahead: Projection, now: Any, stages: Iterable[LifecycleStage], title: Sentence) -> Table:
    """How many are in each stage now (``now`` by stage) and at the end of the projection, with the range."""
    months = int(ahead.table["ahead"].max())
    rows: list[list[Quantity | Sentence]] = []
    for stage in stages:
        each = ahead.at(stage, months)
        interval = say("{low} to {high}", low=count(each["low"]), high=count(each["high"]))
        rows.append([STAGES[stage], count(now[stage]), count(each["mean"]), interval])
    head = (say("Stage"), say("Now"), say("Expected"), say("{mass} of futures", mass=MASS))
    return Table(title, head, rows)


def watched(metrics: tuple[Watched, ...], found: Lifecycle, currency: str) -> tuple[Element, ...]:
    """Metrics, and which got worse beyond chance."""
    worse = [each for each in metrics if each.worse]
    text = [
        say_count("{n} metric got worse beyond chance.", "{n} metrics got worse beyond chance.", n=len(worse))
        if worse
        else say("No metric got worse beyond chance."),
        say(
            "{n} metrics were looked at, so each must be more certain to raise an alarm: all together raise a false "
            "one in one page of twenty.",
            n=count(len(metrics)),
        ),
    ]
    if np.isfinite(found.activation_days):
        text.append(
            say(
                "In time means within {within} days; half of those who did so took {days} days or fewer.",
                within=count(found.within_days),
                days=count(found.activation_days),
            )
        )
    rows: list[list[Quantity | Sentence]] = [
        [
            METRICS[each.name],
            _rate(each, each.recent[0], currency),
            say(
                "{low} to {high}",
                low=_rate(each, each.recent[1], currency),
                high=_rate(each, each.recent[2], currency),
            ),
            _rate(each, each.before[0], currency),
            share(each.p_worse) if np.isfinite(each.p_worse) else NOTHING,
            say("worse") if each.worse else say("within chance"),
        ]
        for each in metrics
    ]
    head = (
        say("Metric"),
        say("Last three months"),
        say("{mass} interval", mass=MASS),
        say("Twelve before"),
        say("Got worse with probability"),
        say("Verdict"),
    )
    return (Paragraph(tuple(text)), *_value_by_month(metrics, currency), Table(say("What to watch"), head, rows))


def _rate(metric: Watched, value: float, currency: str) -> Quantity:
    return money(value, currency) if metric.unit == "money" else share(value, 1)


def _value_by_month(metrics: tuple[Watched, ...], currency: str) -> tuple[Element, ...]:
    """How the value of a customer went, and what it is; nothing where no model knows it."""
    known = [each for each in metrics if each.name == VALUE and np.isfinite(each.p_worse)]
    if not known:
        return ()
    (value,) = known
    return (
        Paragraph(
            (
                say(
                    "A customer who is still here was worth {now} in the last three months, after {then} in the twelve "
                    "before; it fell with a probability of {fell}.",
                    now=money(value.recent[0], currency),
                    then=money(value.before[0], currency),
                    fell=share(value.p_worse),
                ),
                say(
                    "It is made anew for each month's end from what was known on that day, with the model, the margin "
                    "and the costs of today: so it moves only with how customers buy and with who they are. The range "
                    "holds the uncertain model, and the luck of which customers there are."
                ),
            )
        ),
    )
