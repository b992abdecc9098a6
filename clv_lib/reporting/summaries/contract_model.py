"""Which contract model fits, what it would have foreseen, and its parameters, in words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.contract_backtest import PlanTest
from clv_lib.models.posterior import Posterior
from clv_lib.models.subscriptions import SIGNIFICANCE, ContractChoice
from clv_lib.reporting.contracts import ContractRehearsal
from clv_lib.reporting.elements import Element, Figure, Paragraph, Table
from clv_lib.reporting.plots import observed_and_expected
from clv_lib.reporting.plots_contracts import staying
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.wording import Quantity, Sentence, count, number, say, share, words

FAMILIES = {"sbg": say("shifted-beta-geometric"), "bdw": say("beta-discrete-Weibull")}
BILLING = {"week": say("week"), "month": say("month"), "quarter": say("quarter"), "year": say("year")}
MEANINGS = {
    "alpha": say("how often members leave, and how different they are in it"),
    "beta": say("the same for staying"),
    "gamma": say("how often members leave at the first renewal, and how different they are in it"),
    "delta": say("the same for staying"),
    "c": say("above 1 a member grows readier to leave with time, below 1 more loyal"),
}
MISS = 0.1  # a forecast farther off calls for care


def choice(found: ContractChoice) -> tuple[Element, ...]:
    """Which story of leaving, and why."""
    places = {"ratio": number(found.ratio, 2), "p": number(found.p_value, 3), "limit": number(SIGNIFICANCE, 2)}
    reason = (
        say(
            "The beta-discrete-Weibull is used: one more parameter per plan fits so much better (likelihood ratio "
            "{ratio}, p = {p}, below {limit}) that the readiness of a member to leave does change with tenure.",
            **places,
        )
        if found.family == "bdw"
        else say(
            "The shifted-beta-geometric is used: letting the readiness to leave change with tenure fits hardly better "
            "(likelihood ratio {ratio}, p = {p}, not below {limit}), and the simpler story wins a tie.",
            **places,
        )
    )
    table = Table(
        say("The two stories by plan, each at its most likely parameters"),
        (say("Plan"), say("Members"), say("Likelihood ratio"), say("p"), say("Duration dependence c")),
        [
            [
                words(row.plan),
                count(row.members),
                number(row.ratio, 2),
                number(row.p_value, 3),
                number(row.c, 2),
            ]
            for row in rows_of(found.table)
        ],
    )
    return (Paragraph((reason,)), *([table] if len(found.table) else []))


def rehearsal(found: ContractRehearsal) -> tuple[Element, ...]:
    """Whether the same method would have foreseen who renewed."""
    if found.test is None:
        return (Paragraph((say("The past is too short for a rehearsal: too few renewals came before the cut."),)),)
    test = found.test
    text = say(
        "Those who were members at the cut were expected to make {expected} renewals since ({low} to {high} with 90 % "
        "certainty); they made {actual}: {missed}. With the average retention rate of the first part for all time it "
        "would have been {constant}.",
        expected=count(test.renewals.mean),
        low=count(test.renewals.predictive_low or 0),
        high=count(test.renewals.predictive_high or 0),
        actual=count(test.actual),
        missed=missed(test.missed_by),
        constant=count(test.constant),
    )
    return (Paragraph((text,)), *(_staying_figure(plan) for plan in test.plans), *_rivals(test.plans))


def missed(by: float) -> Sentence:
    """How far a forecast was off."""
    if not np.isfinite(by):
        return say("nothing to compare with")
    if by >= 0:
        return say("the forecast was {by} too high", by=share(abs(by), 1))
    return say("the forecast was {by} too low", by=share(abs(by), 1))


def _staying_figure(plan: PlanTest) -> Figure:
    last, places = plan.last, {"plan": words(plan.plan)}
    return staying(
        plan.curve,
        name="staying-" + "".join(letter for letter in plan.plan.lower() if letter.isalnum()),
        fitted=plan.fitted,
        title=say(
            "{plan}: {expected} were expected to be there after renewal {t}, {seen} were",
            expected=share(last["expected"], 1),
            seen=share(last["seen"], 1),
            t=count(last["renewals"]),
            **places,
        ),
        alt=say(
            "Bars: share of {plan} members still there after each renewal. Line: forecast from the first {fitted} "
            "renewals, {expected} after renewal {t}; {seen} were still there.",
            expected=share(last["expected"], 1),
            seen=share(last["seen"], 1),
            fitted=count(plan.fitted),
            t=count(last["renewals"]),
            **places,
        ),
        caption=say(
            "Share of all who joined; the band holds 90 % of the forecast's own uncertainty. Only renewals that fell "
            "due are counted."
        ),
        labels={
            "x": say("renewals"),
            "y": say("share of members still there"),
            "seen": say("seen"),
            "expected": say("forecast"),
            "linear": say("straight line"),
            "exponential": say("exponential"),
            "split": say("forecast from here"),
        },
    )


def _rivals(plans: Sequence[PlanTest]) -> tuple[Table, ...]:
    if not plans:
        return ()
    columns = ("expected", "linear", "quadratic", "exponential", "constant")
    return (
        Table(
            say("How far each curve missed the share still there at the last renewal; above zero it promised too much"),
            (
                *(say("Plan"), say("Fitted to renewals"), say("Still there"), say("Our model"), say("Straight line")),
                *(say("Parabola"), say("Exponential"), say("Constant rate")),
            ),
            [
                [
                    words(plan.plan),
                    count(plan.fitted),
                    share(plan.last["seen"], 1),
                    *(share(plan.missed_by(name), 1) for name in columns),
                ]
                for plan in plans
            ],
        ),
    )


def parameters(posterior: Posterior, groups: pd.DataFrame) -> Table:
    """Posterior of the parameters by group."""
    rows: list[list[Quantity | Sentence]] = []
    for number_, label in enumerate(_labels(groups)):
        for name, draws in posterior.draws().items():
            own = draws[:, number_]
            low, high = np.quantile(own, [0.05, 0.95])
            rows.append([label, words(name), MEANINGS[name], *(number(v, 3) for v in (own.mean(), low, high))])
    return Table(
        say("Parameters by group: mean and 90 % interval; time in billing periods"),
        (say("Group"), say("Parameter"), say("Meaning"), say("Mean"), say("Low"), say("High")),
        rows[:60],
    )


def _labels(groups: pd.DataFrame) -> list[Sentence]:
    """Who a group is: its plan, how often it is paid, and what else tells groups apart."""
    others = [name for name in groups.columns if name not in (names.GROUP, names.PLAN, names.BILLING_PERIOD)]
    found = []
    for _, row in groups.iterrows():
        every = BILLING.get(str(row.get(names.BILLING_PERIOD)), words("–"))
        label = say("{plan}, paid every {period}", plan=words(row.get(names.PLAN, "–")), period=every)
        for name in others:
            label = say("{group}, {part}", group=label, part=words(row[name]))
        found.append(label)
    return found


def predictive_check(check: pd.DataFrame, believed: pd.DataFrame) -> tuple[Element, ...]:
    """Worlds simulated from the posterior beside the data, and what the priors alone would have said."""
    data = check.assign(label=check[names.RENEWALS].astype(int).astype(str), expected=check["median"])
    inside = int(((check["observed"] >= check["low"]) & (check["observed"] <= check["high"])).sum())
    first = believed.iloc[0]
    chart = observed_and_expected(
        data,
        name="predictive-renewals",
        title=say(
            "At {inside} of {all} renewals the share that cancelled lies where the model expects it",
            inside=count(inside),
            all=count(len(check)),
        ),
        alt=say(
            "Bars of observed and points of simulated cancellation rates by renewal; at the first one {seen} "
            "cancelled, the model says {model}.",
            seen=share(check["observed"].iloc[0], 1),
            model=share(check["median"].iloc[0], 1),
        ),
        caption=say("Share of those who came to a renewal and did not make it; ranges hold 90 % of simulated worlds."),
        x=say("renewal"),
        y=say("churn rate"),
        observed=say("observed"),
        expected=say("simulated, with its 90 % range"),
        write=share,
    )
    prior = say(
        "Before seeing the data, the model would have expected anything from {low} to {high} to cancel at the first "
        "renewal; {seen} did. The priors leave the answer to the data.",
        low=share(first["low"]),
        high=share(first["high"]),
        seen=share(first["observed"]),
    )
    return (chart, Paragraph((prior,), role="note"))
