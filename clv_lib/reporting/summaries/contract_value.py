"""What members under contract are worth, in words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv_lib import names
from clv_lib.analysis.contract_backtest import PlanTest
from clv_lib.analysis.contract_value import ContractValues
from clv_lib.analysis.new_members import MemberOfChannel, NewMember, NewMemberDraws
from clv_lib.data.past import Past
from clv_lib.data.quality import QualityReport
from clv_lib.models.posterior import Posterior
from clv_lib.models.subscriptions import SIGNIFICANCE, ContractChoice
from clv_lib.reporting.contracts import ContractFindings, ContractRehearsal
from clv_lib.reporting.elements import Card, Cards, Element, Figure, Paragraph, Table, Trust
from clv_lib.reporting.known import Basis
from clv_lib.reporting.plots import observed_and_expected
from clv_lib.reporting.plots_contracts import staying
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.value import expected_range, realised_range
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, say_count, share, words
from clv_lib.settings import EconomicsSection

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


def plans(values: ContractValues, economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """Residual value by plan, and how it hangs on retention."""
    cells = values.cells
    rows = []
    for plan in values.expected.mean().sort_values(ascending=False).index:
        own, total = cells[cells[names.PLAN] == plan], values.of_plan(str(plan))
        n = own[names.N].to_numpy(float)
        elasticity = values.elasticity.get(str(plan))
        rows.append(
            [
                words(plan),
                count(n.sum()),
                share(float(n @ own[names.RENEWAL_PROBABILITY] / n.sum()), 1),
                number(float(n @ own[names.EXPECTED_RENEWALS] / n.sum()), 1),
                money(total.mean / n.sum(), currency),
                money(total.mean, currency),
                money(total.predictive_low or 0.0, currency),
                money(total.predictive_high or 0.0, currency),
                number(float("nan") if elasticity is None else elasticity.mean, 1),
            ]
        )
    table = Table(
        say(
            "Members today and what they are still worth over {months} months; low and high hold 90 % of what may come",
            months=count(economics.horizon_months),
        ),
        (
            *(say("Plan"), say("Members"), say("Make the next renewal"), say("Renewals ahead"), say("Per member")),
            *(say("All together"), say("Low"), say("High"), say("Elasticity")),
        ),
        rows,
        bar=5,
    )
    sentences = [
        say(
            "Elasticity of {e} at {plan}: if every retention rate to come were one percent higher (not one point), the "
            "value still to come would be about {e} percent higher.",
            e=number(each.mean, 1),
            plan=words(plan),
        )
        for plan, each in list(values.elasticity.items())[:1]
    ]
    return (table, *([Paragraph(tuple(sentences))] if sentences else []))


def basis(known: Basis, economics: EconomicsSection, currency: str) -> Paragraph:
    """What a payment leaves and what a month costs, and where that comes from."""
    opening = (
        say("Measured from the cost tables: {margin} of a payment is left.", margin=share(known.margin.mean, 1))
        if known.costs_are_measured
        else say("Assumed, not measured: {margin} of a payment is left.", margin=share(known.margin.mean))
    )
    months = (
        say("Serving and keeping a member costs {month} a month.", month=money(known.per_month.mean, currency))
        if known.per_month is not None
        else say("No table knows what serving a member costs beyond that, so nothing more is taken off.")
    )
    rate = say("Interest is {rate} a year.", rate=share(economics.annual_discount_rate))
    return Paragraph((opening, months, rate))


def past(found: Past, total: float, currency: str) -> Paragraph:
    """Past and future side by side, not added up silently."""
    return Paragraph(
        (
            say(
                "So far all members, those who left included, have brought {past}; {future} is expected from those who "
                "are still under contract. The two are different things and stand in columns of their own.",
                past=money(found.margin, currency),
                future=money(total, currency),
            ),
        )
    )


def new_members(drawn: Sequence[NewMemberDraws], economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """What a new member is worth, by plan."""
    if not drawn:
        return (Paragraph((say("No plan has members of its own to judge a new one by."),)),)
    found: list[NewMember] = [each.summary() for each in drawn]
    best = max(found, key=lambda each: each.clv.mean)
    text = say(
        "A new member of {plan} is expected to bring {clv} in {months} months, the first payment included; whoever "
        "pays more to win one does not get it back within that time.",
        plan=words(best.plan),
        clv=money(best.clv.mean, currency),
        months=count(economics.horizon_months),
    )
    table = Table(
        say("A new member by plan, before the cost of winning it; low and high are those of the average"),
        (
            *(say("Plan"), say("Price"), say("Paid every"), say("Renewals expected"), say("Worth")),
            *(say("Low"), say("High")),
        ),
        [
            [
                words(each.plan),
                money(each.price, currency),
                BILLING[each.billing_period],
                number(each.renewals, 1),
                money(each.clv.mean, currency),
                money(each.clv.low, currency),
                money(each.clv.high, currency),
            ]
            for each in found
        ],
        bar=4,
    )
    return (Paragraph((text,)), table)


def won(found: Sequence[MemberOfChannel], economics: EconomicsSection, currency: str) -> tuple[Element, ...]:
    """What is left of a new member after winning it; a sentence where nobody says what winning costs."""
    if not found:
        return (
            Paragraph(
                (
                    say(
                        "What winning a member costs is not known: no cost table and no setting says it, so the value "
                        "above is the most to pay and nothing is taken off it."
                    ),
                )
            ),
        )
    losing = [each for each in found if each.won.net.mean < 0]
    text = (
        say_count(
            "{n} pair of plan and channel costs more to win than it brings in {months} months.",
            "{n} pairs of plan and channel cost more to win than they bring in {months} months.",
            n=len(losing),
            months=count(economics.horizon_months),
        )
        if losing
        else say(
            "Every plan brings back what each channel asks for a member in {months} months, on average.",
            months=count(economics.horizon_months),
        )
    )
    table = Table(
        say(
            "A new member by plan and channel: value less the cost of winning one; low and high are those of the "
            "average. The most to pay is the cautious end of the value"
        ),
        (
            *(say("Plan"), say("Channel"), say("Cost of one"), say("Left after it"), say("Low"), say("High")),
            *(say("Pays back"), say("Most to pay")),
        ),
        [
            [
                words(each.plan),
                words(each.won.channel),
                money(each.won.cac.mean, currency),
                money(each.won.net.mean, currency),
                money(each.won.net.low, currency),
                money(each.won.net.high, currency),
                share(each.won.pays_back),
                money(each.won.most, currency),
            ]
            for each in found
        ],
    )
    return Paragraph((text,)), table


def best_members(top: pd.DataFrame, currency: str) -> Table:
    """The members with the most still to come."""
    return Table(
        say(
            "The {n} members with the most still to come; low and high hold 90 % of what one may bring",
            n=count(len(top)),
        ),
        (
            *(say("Customer"), say("Plan"), say("Renewals made"), say("Makes the next one")),
            *(say("Expected"), say("Low"), say("High")),
        ),
        [
            [
                words(row[names.CUSTOMER_ID]),
                words(row[names.PLAN]),
                count(row[names.RENEWALS]),
                share(row[names.RENEWAL_PROBABILITY], 1),
                money(row[names.RESIDUAL_CLV], currency),
                money(row[names.RESIDUAL_CLV_PREDICTIVE_LOW], currency),
                money(row[names.RESIDUAL_CLV_PREDICTIVE_HIGH], currency),
            ]
            for _, row in top.dropna(subset=[names.RENEWALS]).iterrows()
        ],
        bar=4,
    )


def answer(found: ContractFindings, economics: EconomicsSection, currency: str) -> Paragraph:
    """The headline."""
    return Paragraph(
        (
            say(
                "Our {members} members are expected to bring {value} in the next {months} months; {rate} of them will "
                "make their next renewal",
                members=count(found.members),
                value=money(found.total.mean, currency),
                months=count(economics.horizon_months),
                rate=share(found.next_renewal),
            ),
        ),
        role="answer",
    )


def key_cards(found: ContractFindings, economics: EconomicsSection, currency: str) -> Cards:
    """The figures that the page opens with."""
    total, months = found.total, count(economics.horizon_months)
    cards = [
        Card(
            say("Expected from our members, next {months} months", months=months),
            money(total.mean, currency),
            realised_range(total, currency),
            total.predictive_low,
            total.predictive_high,
            note=say("what payments leave; the cost of winning members is sunk"),
        ),
        members_card(found),
        Card(
            say("Worth of a member who is here"),
            money(total.mean / found.members if found.members else float("nan"), currency),
            say("on average, in {months} months", months=months),
        ),
    ]
    best = max(found.new, key=lambda each: each.clv.mean, default=None)
    if best is not None:
        cards.append(
            Card(
                say("Worth of a new member of {plan}", plan=words(best.plan)),
                money(best.clv.mean, currency),
                expected_range(best.clv, currency),
                best.clv.low,
                best.clv.high,
                note=say("first payment included; the most to pay for winning one"),
            )
        )
    return Cards(tuple(cards))


def members_card(found: ContractFindings) -> Card:
    """How many are under contract."""
    return Card(
        say("Members under contract"),
        count(found.members),
        say("of {ever} who ever were; known, not estimated", ever=count(found.ever)),
    )


def trust(found: ContractFindings, quality: QualityReport, known: Basis, *, sound: bool) -> Trust:
    """How far to trust the figures."""
    model = say("Model: passed its checks") if sound else say("Model: did not pass its checks")
    test = (
        (say("Renewals forecast: {missed}", missed=missed(found.missed_by)), abs(found.missed_by) > MISS)
        if found.test is not None
        else (say("Forecast not tested: the past is too short"), True)
    )
    margin = (
        (say("Margin and costs are measured"), False)
        if known.costs_are_measured
        else (say("Margin is assumed, not measured"), True)
    )
    return Trust((data_chip(quality), (model, not sound), test, margin))
