"""Where everyone is in their life with us, in words."""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.lifecycle import Lifecycle
from clv_lib.analysis.movement import Movement
from clv_lib.analysis.stage_projection import Projection
from clv_lib.analysis.watch_metrics import Watched
from clv_lib.data.quality import QualityReport
from clv_lib.data.stages import NEW
from clv_lib.names import (
    ACQUISITION,
    ACTIVATION,
    AT_RISK,
    DORMANT,
    LIFECYCLE_STAGE,
    LIFECYCLE_STAGES,
    LOYALTY,
    PREVIOUS_STAGE,
    REACTIVATED,
    REFERRAL,
    RETENTION,
    N,
)
from clv_lib.reporting import plots_lifecycle
from clv_lib.reporting.elements import Card, Cards, Element, Figure, Paragraph, Table, Tasks, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, say_count, share, words

STAGES: Final[dict[str, Sentence]] = {
    ACQUISITION: say("acquisition"),
    ACTIVATION: say("activation"),
    RETENTION: say("retention"),
    LOYALTY: say("loyalty"),
    REFERRAL: say("referral"),
    AT_RISK: say("at risk"),
    DORMANT: say("dormant"),
    REACTIVATED: say("reactivated"),
    NEW: say("not yet a customer"),
}
METRICS: Final[dict[str, Sentence]] = {
    "repeat_buying": say("repeat buying: buyers among those not dormant, per month"),
    "lapse": say("lapsing: from buying to at risk or dormant, per month"),
    "reactivation": say("reactivation: dormant customers who come back, per month"),
    "activation": say("activation: newcomers with a second purchase in time"),
    "referral": say("referrals per buying customer and month"),
}
NOTHING: Final = words("–")
_MASS: Final = share(INTERVAL)
BUSY: Final = (ACQUISITION, ACTIVATION, RETENTION, LOYALTY, REFERRAL, REACTIVATED)


def answer(table: pd.DataFrame, moves: Movement) -> Paragraph:
    """The headline: how many buy, how many are silent, and where most are lost."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    busy = float(sizes[list(BUSY)].sum())
    text = say(
        "Of {all} customers {busy} are buying in their own rhythm, {risk} have been silent for too long, and {dormant} "
        "are dormant",
        all=count(sizes.sum()),
        busy=count(busy),
        risk=count(sizes[AT_RISK]),
        dormant=count(sizes[DORMANT]),
    )
    return Paragraph((text,), role="answer")


def key_cards(table: pd.DataFrame, moves: Movement, ahead: Projection, currency: str) -> Cards:
    """Buying now and in twelve months, value in each, and the largest leak."""
    by_stage = table.set_index(LIFECYCLE_STAGE)
    sizes, value = by_stage[N], by_stage["value"]
    busy = float(sizes[list(BUSY)].sum())
    part = say("{part} of all customers", part=share(busy / sizes.sum()))
    futures = ahead.draws[:, -1, [LIFECYCLE_STAGES.index(each) for each in BUSY]].sum(axis=1)
    low, high = np.quantile(futures, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    cards = [
        Card(say("Buying in their rhythm"), count(busy), part),
        Card(
            say("The same in {months} months", months=count(ahead.draws.shape[1])),
            count(futures.mean()),
            _between(count(low), count(high)),
            float(low),
            float(high),
        ),
    ]
    worst = moves.leaks.head(1)
    if not worst.empty:
        row = worst.iloc[0]
        cards.append(
            Card(
                say("Largest leak: {stage}", stage=STAGES[str(row[PREVIOUS_STAGE])]),
                share(row["mean"], 1),
                _between(share(row["low"], 1), share(row["high"], 1)),
                float(row["low"]),
                float(row["high"]),
                note=say("go silent in a month"),
            )
        )
    if value.notna().any():
        lost = float(value[[AT_RISK]].sum())
        cards.append(
            Card(
                say("Value at risk"),
                money(lost, currency),
                say("{part} of all value to come", part=share(lost / value.sum() if value.sum() else float("nan"))),
                note=say("of customers silent for too long"),
            )
        )
    return Cards(tuple(cards))


def _between(low: Quantity, high: Quantity) -> Sentence:
    return say("with {mass} certainty {low} to {high}", mass=_MASS, low=low, high=high)


def trust(found: Lifecycle, quality: QualityReport, modelled: bool) -> Trust:
    """How far to trust the page."""
    checks = [data_chip(quality)]
    gaps = found.rules.gaps
    checks.append((say("Rhythm learnt from {n} gaps", n=count(gaps)), gaps < 100))
    known = say("Probability of being here: from the purchase model")
    checks.append((known if modelled else say("No model of being here"), not modelled))
    if not found.referrals_known:
        checks.append((say("No table of referrals: that stage is empty"), True))
    return Trust(tuple(checks))


def rules(found: Lifecycle, currency: str) -> tuple[Element, ...]:
    """The rules in their order, with their numbers, and what the probability beside a stage is."""
    r = found.rules
    text = say(
        "A customer of whom nothing is known is taken to buy every {days} days; {weight} own gaps count as much as "
        "that. Both were learnt from {gaps} gaps between purchases, unless the settings state them.",
        days=number(r.rhythm_days, 1),
        weight=number(r.rhythm_weight, 1),
        gaps=count(r.gaps),
    )
    example = say(
        "So after one purchase {quiet} silent days put a customer at risk and {gone} make it dormant; for a customer "
        "who has come back weekly ten times it is {quick} and {quickly} days.",
        quiet=count(_limit(found, 0, 0)[0]),
        gone=count(_limit(found, 0, 0)[1]),
        quick=count(_limit(found, 10, 70)[0]),
        quickly=count(_limit(found, 10, 70)[1]),
    )
    value = (
        say("a regular with {n} purchase days without a lapse", n=count(r.loyal_from))
        if r.loyal_value == float("inf")
        else say(
            "a regular with {n} purchase days without a lapse, or {value} of revenue",
            n=count(r.loyal_from),
            value=money(r.loyal_value, currency),
        )
    )
    rows: list[list[Quantity | Sentence]] = [
        [STAGES[DORMANT], say("silent longer than {x} times the own rhythm", x=number(r.dormant_after, 1))],
        [STAGES[AT_RISK], say("silent longer than {x} times the own rhythm", x=number(r.at_risk_after, 1))],
        [
            STAGES[REFERRAL],
            say("brought somebody in the last {days} days", days=count(r.referral_days))
            if found.referrals_known
            else say("cannot be told: there is no table of referrals"),
        ],
        [
            STAGES[REACTIVATED],
            say("came back after being dormant, and has bought on fewer than {n} days since", n=count(r.settled_from)),
        ],
        [
            STAGES[ACQUISITION],
            say("signed up only, or bought once, at most {days} days ago", days=count(r.acquisition_days)),
        ],
        [STAGES[LOYALTY], value],
        [STAGES[ACTIVATION], say("has bought on fewer than {n} days", n=count(r.regular_from))],
        [STAGES[RETENTION], say("everybody else: regulars in their own rhythm")],
    ]
    caption = say("The rules, in their order: the first that holds counts")
    order = Table(caption, (say("Stage"), say("A customer who")), rows)
    return (Paragraph((text, example)), order)


def _limit(found: Lifecycle, gaps: int, past: float) -> tuple[float, float]:
    r = found.rules
    rhythm = (past + r.prior_days) / (gaps + r.rhythm_weight)
    least = r.least_silence_days
    return max(rhythm * r.at_risk_after // 1, least), max(rhythm * r.dormant_after // 1, 2 * least)


def stage_table(table: pd.DataFrame, *, measured: bool, currency: str) -> Table:
    """Size, chance of being here, value and profit per stage."""
    total = table[N].sum()
    rows: list[list[Quantity | Sentence]] = [
        [
            STAGES[row.lifecycle_stage],
            count(row.n),
            share(row.n / total if total else float("nan")),
            _still_here(row),
            money(row.value, currency) if np.isfinite(row.value) else NOTHING,
            money(row.profit, currency),
        ]
        for row in rows_of(table)
    ]
    caption = (
        say(
            "Customers by stage today. Still here: how many the purchase model expects, with the {mass} range of luck; "
            "value: residual CLV; profit: from the ledger, so far",
            mass=_MASS,
        )
        if measured
        else say(
            "Customers by stage today. Still here: how many the purchase model expects, with the {mass} range of luck; "
            "value: residual CLV; profit: revenue so far times the stated margin",
            mass=_MASS,
        )
    )
    head = (say("Stage"), say("Customers"), say("Share"), say("Still here"), say("Value to come"), say("Profit so far"))
    return Table(caption, head, rows, bar=1)


def _still_here(row: object) -> Quantity | Sentence:
    here, variance, n = (float(getattr(row, name)) for name in ("here", "variance", "n"))
    if not np.isfinite(here) or not n:
        return NOTHING
    reach = 1.645 * np.sqrt(variance)
    return say(
        "{here} ({low} to {high})",
        here=count(here),
        low=count(max(here - reach, 0)),
        high=count(min(here + reach, n)),
    )


def sizes(found: Lifecycle | ContractLifecycle) -> Figure:
    """How the base is made up, month by month."""
    monthly = found.monthly
    last = monthly.iloc[-1]
    largest = str(last.idxmax())
    values: dict[str, Quantity | Sentence] = {
        "stage": STAGES[largest],
        "n": count(last[largest]),
        "part": share(last[largest] / last.sum()),
    }
    return plots_lifecycle.sizes(
        monthly,
        labels=STAGES,
        title=say("Most customers are in one stage: {stage}, {part}", **values),
        alt=say("Stacked areas by month; at the end the largest is {stage} with {n} customers, {part}.", **values),
        caption=say("Customers at the end of each complete month, by what was known on that day."),
        x=say("month"),
        y=say("customers"),
    )


def movements(moves: Movement) -> tuple[Element, ...]:
    """The matrix as shades, and where most customers are lost."""
    rows = list(LIFECYCLE_STAGES)
    shown = moves.chances.pivot_table(index=PREVIOUS_STAGE, columns=LIFECYCLE_STAGE, values="mean").loc[rows, rows]
    seen = moves.counts.loc[rows].sum(axis=1) > 0
    chances = shown.to_numpy(float, copy=True)
    chances[~seen.to_numpy()] = np.nan
    stay = moves.chance(RETENTION, RETENTION)
    values = {"stay": share(stay["mean"]), "low": share(stay["low"]), "high": share(stay["high"])}
    chart = plots_lifecycle.movements(
        chances,
        rows=[STAGES[each] for each in rows],
        columns=[STAGES[each] for each in rows],
        title=say("Of the customers in retention {stay} are there a month later", **values),
        alt=say(
            "Table of chances to be in each stage a month later; retention to retention is {stay}, {low} to {high}.",
            **values,
        ),
        caption=say(
            "Read along a row: where those in that stage are a month later. The last {months} months together; chances "
            "below one in two hundred are left out.",
            months=count(moves.months),
        ),
        x=say("stage a month later"),
        y=say("stage now"),
    )
    leaks = moves.leaks
    table = Table(
        say("Where customers are lost: into being at risk or dormant, per month"),
        (say("From"), say("Lost, customer-months"), say("Of"), say("Chance"), say("{mass} interval", mass=_MASS)),
        [
            [
                STAGES[str(row.previous_stage)],
                count(row.n),
                count(row.of),
                share(row.mean, 1),
                say("{low} to {high}", low=share(row.low, 1), high=share(row.high, 1)),
            ]
            for row in rows_of(leaks)
        ],
        bar=1,
    )
    return (chart, table) if len(leaks) else (chart,)


def durations(table: pd.DataFrame) -> Table:
    """How long a stay lasts."""
    rows: list[list[Quantity | Sentence]] = [
        [
            STAGES[row.lifecycle_stage],
            count(row.n),
            share(1 - row.ended / row.n),
            _months(row.median),
            say("{low} to {high}", low=_months(row.low), high=_months(row.high)),
        ]
        for row in rows_of(table)
    ]
    caption = say("Months until half have left the stage; who is still in it counts as long as it was seen")
    head = (say("Stage"), say("Stays"), say("Still running"), say("Months"), say("{mass} interval", mass=_MASS))
    return Table(caption, head, rows)


def _months(value: float) -> Quantity | Sentence:
    return number(value, 1) if np.isfinite(value) else say("not reached")


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
            mass=_MASS,
        ),
        x=say("months from now"),
        y=say("customers"),
    )
    rows: list[list[Quantity | Sentence]] = []
    for stage in LIFECYCLE_STAGES:
        each = ahead.at(stage, months)
        interval = say("{low} to {high}", low=count(each["low"]), high=count(each["high"]))
        rows.append([STAGES[stage], count(last[stage]), count(each["mean"]), interval])
    table = Table(
        say("Stage sizes now and in {months} months", months=count(months)),
        (say("Stage"), say("Now"), say("Expected"), say("{mass} of futures", mass=_MASS)),
        rows,
    )
    return chart, table


def watched(metrics: tuple[Watched, ...], found: Lifecycle) -> tuple[Element, ...]:
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
            _rate(each.recent[0]),
            say("{low} to {high}", low=_rate(each.recent[1]), high=_rate(each.recent[2])),
            _rate(each.before[0]),
            share(each.p_worse) if np.isfinite(each.p_worse) else NOTHING,
            say("worse") if each.worse else say("within chance"),
        ]
        for each in metrics
    ]
    head = (
        say("Metric"),
        say("Last three months"),
        say("{mass} interval", mass=_MASS),
        say("Twelve before"),
        say("Got worse with probability"),
        say("Verdict"),
    )
    return (Paragraph(tuple(text)), Table(say("What to watch"), head, rows))


def _rate(value: float) -> Quantity:
    return share(value, 1)


def advice(table: pd.DataFrame, moves: Movement, found: Lifecycle, currency: str) -> Tasks:
    """What to do in each stage that holds anybody, with the number that says why."""
    by_stage = table.set_index(LIFECYCLE_STAGE)
    leaks = moves.leaks.set_index(PREVIOUS_STAGE)
    tasks = []
    for stage in LIFECYCLE_STAGES:
        n = float(by_stage[N][stage])
        if not n:
            continue
        lost = float(leaks["mean"].get(stage, float("nan")))
        value = float(by_stage["value"][stage])
        back = moves.chance(DORMANT, REACTIVATED)
        values = {
            "n": count(n),
            "lost": share(lost),
            "value": money(value, currency),
            "within": count(found.within_days),
            "back": share(back["mean"], 1),
            "low": share(back["low"], 1),
            "high": share(back["high"], 1),
        }
        tasks.append((ADVICE[stage], _reason(stage, values, known=bool(np.isfinite(value)))))
    return Tasks(tuple(tasks))


ADVICE: Final[dict[str, Sentence]] = {
    ACQUISITION: say("Acquisition: welcome them, and make the second purchase easy."),
    ACTIVATION: say("Activation: give a reason for the next purchase before the rhythm breaks."),
    RETENTION: say("Retention: do not disturb what works; widen what they buy."),
    LOYALTY: say("Loyalty: thank them without a discount, and ask them to bring somebody."),
    REFERRAL: say("Referral: thank them, and make bringing the next one easy."),
    AT_RISK: say("At risk: write now, in the order of value."),
    DORMANT: say("Dormant: one cheap attempt to win back, tested against a control group, and no more."),
    REACTIVATED: say("Reactivated: find out why they left, and see to the purchases that make them settle."),
}


def _reason(stage: str, values: dict[str, Quantity], *, known: bool) -> Sentence:
    if stage in (ACQUISITION, ACTIVATION):
        return say(
            "{n} customers; {lost} of this stage go silent in a month, and a second purchase is due within {within} "
            "days.",
            **{name: values[name] for name in ("n", "lost", "within")},
        )
    if stage == DORMANT:
        return say(
            "{n} customers; in a month {back} come back by themselves ({low} to {high}).",
            **{name: values[name] for name in ("n", "back", "low", "high")},
        )
    if stage == AT_RISK:
        if known:
            return say("{n} customers, and {value} still to come hangs on them.", n=values["n"], value=values["value"])
        return say("{n} customers.", n=values["n"])
    return say("{n} customers; {lost} of this stage go silent in a month.", n=values["n"], lost=values["lost"])


def meeting(table: pd.DataFrame, moves: Movement, ahead: Projection) -> Paragraph:
    """The sentence to take into the meeting."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    months = int(ahead.table["ahead"].max())
    row = ahead.at(DORMANT, months)
    text = [
        say(
            "{dormant} of our {all} customers are dormant; if nothing changes it will be {low} to {high} in {months} "
            "months.",
            dormant=count(sizes[DORMANT]),
            all=count(sizes.sum()),
            low=count(row["low"]),
            high=count(row["high"]),
            months=count(months),
        )
    ]
    worst = moves.leaks.head(1)
    if not worst.empty:
        one = worst.iloc[0]
        text.append(
            say(
                "Most are lost from {stage}, where {lost} go silent every month.",
                stage=STAGES[str(one[PREVIOUS_STAGE])],
                lost=share(one["mean"]),
            )
        )
    return Paragraph(tuple(text), role="meeting")


def figures(table: pd.DataFrame, moves: Movement, ahead: Projection) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    sizes = table.set_index(LIFECYCLE_STAGE)[N]
    found = [KeyFigure(f"customers_{stage}", float(sizes[stage]), unit="customers") for stage in LIFECYCLE_STAGES]
    months = int(ahead.table["ahead"].max())
    for stage in (RETENTION, LOYALTY, DORMANT):
        row = ahead.at(stage, months)
        mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
        found.append(
            KeyFigure(f"customers_{stage}_in_{months}_months", mean, low, high, "customers", INTERVAL, "realised")
        )
    for leak in rows_of(moves.leaks.head(1)):
        found.append(KeyFigure("largest_leak", leak.mean, leak.low, leak.high, "share", INTERVAL, "expected"))
    return found
