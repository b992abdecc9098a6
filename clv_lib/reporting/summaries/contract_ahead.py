"""What the page on stages says of members in the months to come, of what is getting worse, and of open complaints."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.stage_projection import Projection
from clv_lib.analysis.watch_metrics import Watched
from clv_lib.names import DORMANT, LIFECYCLE_STAGE, LIFECYCLE_STAGES, N
from clv_lib.reporting import plots_lifecycle
from clv_lib.reporting.elements import Card, Element, Paragraph, Table
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.lifecycle_ahead import sizes_ahead
from clv_lib.reporting.summaries.lifecycle_words import MASS, METRICS, NOTHING, STAGES
from clv_lib.reporting.wording import Quantity, Sentence, count, say, say_count, share

_UNDER_CONTRACT = [place for place, stage in enumerate(LIFECYCLE_STAGES) if stage != DORMANT]


def projection(ahead: Projection | None, found: ContractLifecycle) -> tuple[Element, ...]:
    """The months to come, by the renewals that fall due in them."""
    if ahead is None:
        return (
            Paragraph((say("There is no contract model to look ahead with: the page on lifetime value says why."),)),
        )
    months = int(ahead.table["ahead"].max())
    now = {stage: float(ahead.at(stage, 0)["mean"]) for stage in LIFECYCLE_STAGES}
    today = sum(now.values()) - now[DORMANT]
    then, low, high = under_contract(ahead)
    values: dict[str, Quantity | Sentence] = {
        "now": count(today),
        "then": count(then),
        "low": count(low),
        "high": count(high),
        "months": count(months),
        "mass": MASS,
    }
    chart = plots_lifecycle.projection(
        ahead.table,
        found.monthly,
        labels=STAGES,
        title=say("If things go on as they do, {now} members become {then} in {months} months", **values),
        alt=say("A small chart per stage; members under contract go from {now} to {then}, {low} to {high}.", **values),
        caption=say(
            "Dark line: seen. Line and band: expected, and {mass} of what may come. Renewals fall on known days, and "
            "nobody leaves between them; uncertain are who makes them, and who signs.",
            mass=MASS,
        ),
        x=say("months from now"),
        y=say("members"),
    )
    used = [stage for stage in LIFECYCLE_STAGES if now[stage] or ahead.at(stage, months)["high"]]
    title = say("Members by stage now and in {months} months", months=count(months))
    return chart, sizes_ahead(ahead, now, used, title)


def under_contract(ahead: Projection) -> tuple[float, float, float]:
    """Members under contract at the end: mean, and the interval of what may come."""
    last = ahead.draws[:, -1, _UNDER_CONTRACT].sum(axis=1)
    low, high = np.quantile(last, [0.05, 0.95], method="inverted_cdf")
    return float(last.mean()), float(low), float(high)


def card(ahead: Projection | None) -> tuple[Card, ...]:
    """Members in twelve months, for the first screen."""
    if ahead is None:
        return ()
    mean, low, high = under_contract(ahead)
    between = say("with {mass} certainty {low} to {high}", mass=MASS, low=count(low), high=count(high))
    months = count(ahead.draws.shape[1])
    return (Card(say("Under contract in {months} months", months=months), count(mean), between, low, high),)


def figures(ahead: Projection | None) -> list[KeyFigure]:
    """What a run is remembered by."""
    if ahead is None:
        return []
    mean, low, high = under_contract(ahead)
    name = f"members_in_{ahead.draws.shape[1]}_months"
    return [KeyFigure(name, mean, low, high, "customers", ahead.mass, "realised")]


def watched(metrics: Sequence[Watched], months: int) -> tuple[Element, ...]:
    """Metrics, and which got worse beyond chance.

    Parameters
    ----------
    metrics : sequence of Watched
    months : int
        That one of their periods lasts.
    """
    worse = sum(each.worse for each in metrics)
    span = {
        1: say("The last three months are set against the twelve before."),
        3: say("The last quarter is set against the four before."),
        12: say("The last year is set against the four before."),
    }[months]
    text = [
        say_count("{n} metric got worse beyond chance.", "{n} metrics got worse beyond chance.", n=worse)
        if worse
        else say("No metric got worse beyond chance."),
        span,
        say(
            "A rate that rises need not mean that members grow loyal: those who were likely to leave leave first, and "
            "the page on retention compares like with like."
        ),
    ]
    rows: list[list[Quantity | Sentence]] = [
        [
            METRICS[each.name],
            _share(each.recent[0]),
            say("{low} to {high}", low=_share(each.recent[1]), high=_share(each.recent[2]))
            if np.isfinite(each.recent[0])
            else NOTHING,
            _share(each.before[0]),
            share(each.p_worse) if np.isfinite(each.p_worse) else NOTHING,
            _verdict(each),
        ]
        for each in metrics
    ]
    head = (
        say("Metric"),
        say("Lately"),
        say("{mass} interval", mass=MASS),
        say("Before"),
        say("Got worse with probability"),
        say("Verdict"),
    )
    return Paragraph(tuple(text)), Table(say("What to watch"), head, rows)


def _share(value: float) -> Quantity | Sentence:
    return share(value, 1) if np.isfinite(value) else NOTHING


def _verdict(metric: Watched) -> Sentence:
    if not np.isfinite(metric.p_worse):
        return say("too few periods")
    return say("worse") if metric.worse else say("within chance")


def complaints(table: pd.DataFrame | None, sizes: pd.DataFrame) -> Paragraph | Table:
    """Members with a complaint that nobody has settled, by stage."""
    if table is None:
        return Paragraph((say("No table tells of complaints and when they were settled, so open ones are not known."),))
    if not table[N].sum():
        return Paragraph((say("No complaint is open."),))
    of = sizes.set_index(LIFECYCLE_STAGE)[N]
    rows: list[list[Quantity | Sentence]] = [
        [STAGES[row.lifecycle_stage], count(row.n), share(row.n / of[row.lifecycle_stage], 1)]
        for row in rows_of(table[table[N] > 0])
    ]
    head = (say("Stage"), say("Members with an open complaint"), say("Share of the stage"))
    return Table(say("Complaints that nobody has settled, by stage"), head, rows, bar=1)
