"""Where everyone is in their life with us, in words."""

import numpy as np
import pandas as pd

from clv_lib.analysis.contract_lifecycle import ContractLifecycle
from clv_lib.analysis.lifecycle import Lifecycle
from clv_lib.analysis.movement import Movement
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
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.lifecycle_words import MASS, NOTHING, STAGES
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, share


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


def stage_table(table: pd.DataFrame) -> Table:
    """Size and chance of being here per stage."""
    total = table[N].sum()
    rows: list[list[Quantity | Sentence]] = [
        [
            STAGES[row.lifecycle_stage],
            count(row.n),
            share(row.n / total if total else float("nan")),
            _still_here(row),
        ]
        for row in rows_of(table)
    ]
    caption = say(
        "Customers by stage today. Still here: how many the purchase model expects, with the {mass} range of luck",
        mass=MASS,
    )
    return Table(caption, (say("Stage"), say("Customers"), say("Share"), say("Still here")), rows, bar=1)


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
    members = isinstance(found, ContractLifecycle)
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
        title=say("Most members are in one stage: {stage}, {part}", **values)
        if members
        else say("Most customers are in one stage: {stage}, {part}", **values),
        alt=say("Stacked areas by month; at the end the largest is {stage} with {n}, {part}.", **values),
        caption=say("Members at the end of each complete month, by what was known on that day.")
        if members
        else say("Customers at the end of each complete month, by what was known on that day."),
        x=say("month"),
        y=say("members") if members else say("customers"),
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
        (say("From"), say("Lost, customer-months"), say("Of"), say("Chance"), say("{mass} interval", mass=MASS)),
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
            NOTHING if np.isinf(row.low) else say("{low} to {high}", low=_months(row.low), high=_months(row.high)),
        ]
        for row in rows_of(table)
    ]
    caption = say("Months until half have left the stage; who is still in it counts as long as it was seen")
    head = (say("Stage"), say("Stays"), say("Still running"), say("Months"), say("{mass} interval", mass=MASS))
    return Table(caption, head, rows)


def _months(value: float) -> Quantity | Sentence:
    return number(value, 1) if np.isfinite(value) else say("not reached")
