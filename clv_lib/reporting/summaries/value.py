"""What customers are worth, in words."""

import pandas as pd

from clv_lib import names
from clv_lib.analysis.assumptions import STRAINED_AT, SpendIndependence
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.new_customers import NewCustomerValue
from clv_lib.analysis.valuation import LifetimeValue
from clv_lib.data.quality import QualityReport
from clv_lib.reporting.elements import Card, Cards, Figure, Paragraph, Table, Tasks, Trust
from clv_lib.reporting.findings import Findings
from clv_lib.reporting.plots import iso_value as iso_value_plot
from clv_lib.reporting.plots import shares_by_group
from clv_lib.reporting.summaries import Summary, cell_of, rows_of
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.forecast import missed_its_range, trust_chip
from clv_lib.reporting.wording import Sentence, count, money, number, say, share, words
from clv_lib.settings import EconomicsSection

TIER_NAMES = {
    "top": say("Top tenth"),
    "high": say("Next fifth"),
    "middle": say("Next three tenths"),
    "low": say("Remaining two fifths"),
}


def realised_range(estimate: Estimate, currency: str) -> Sentence:
    """The predictive interval of an amount, in words that tell it from the other one."""
    return say(
        "{mass} of futures: {low} to {high}",
        mass=share(estimate.mass),
        low=money(_or_nan(estimate.predictive_low), currency),
        high=money(_or_nan(estimate.predictive_high), currency),
    )


def expected_range(estimate: Estimate, currency: str) -> Sentence:
    """The credible interval of an expected amount."""
    return say(
        "on average, with {mass} certainty {low} to {high}",
        mass=share(estimate.mass),
        low=money(estimate.low, currency),
        high=money(estimate.high, currency),
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def answer(found: Findings, economics: EconomicsSection, currency: str) -> Paragraph:
    """The headline: what the customers will bring and who brings it."""
    return Paragraph(
        (
            say(
                "Our {customers} customers are expected to bring {value} of contribution in the next {months} months; "
                "half of it comes from {few} of them",
                customers=count(found.customers),
                value=money(found.total.mean, currency),
                months=count(economics.horizon_months),
                few=share(found.spread.share_for_half),
            ),
        ),
        role="answer",
    )


def key_cards(found: Findings, economics: EconomicsSection, currency: str) -> Cards:
    """The figures that a page on value opens with."""
    total, active, new = found.total, found.active, found.new
    months = count(economics.horizon_months)
    return Cards(
        (
            Card(
                say("Contribution expected, next {months} months", months=months),
                money(total.mean, currency),
                realised_range(total, currency),
                total.predictive_low,
                total.predictive_high,
            ),
            Card(
                say("Customers still with us"),
                count(active.mean),
                say(
                    "{mass} certain: {low} to {high} of {all}",
                    mass=share(active.mass),
                    low=count(_or_nan(active.predictive_low)),
                    high=count(_or_nan(active.predictive_high)),
                    all=count(found.customers),
                ),
                active.predictive_low,
                active.predictive_high,
                note=say("BG/NBD takes every one-time buyer for still here") if found.family == "bg_nbd" else None,
            ),
            Card(
                say("Worth of a customer who is still with us"),
                money(total.mean / active.mean if active.mean else float("nan"), currency),
                say("contribution in {months} months, on average", months=months),
            ),
            Card(
                say("Worth of a new customer"),
                money(new.clv.mean, currency),
                expected_range(new.clv, currency),
                new.clv.low,
                new.clv.high,
                note=say("first purchase included; the most to pay for winning one"),
            ),
        )
    )


def past_future(
    result: LifetimeValue, infinite: Estimate | None, economics: EconomicsSection, currency: str
) -> Summary:
    """Past, future and their sum: three figures side by side."""
    months = count(economics.horizon_months)
    rows: list[tuple[Sentence, float, float, float]] = [
        (say("Earned so far"), result.past, float("nan"), float("nan")),
        (say("Still to come, next {months} months", months=months), result.future.mean, *_predictive(result.future)),
        (say("Both together"), result.sum.mean, *_predictive(result.sum)),
    ]
    if infinite is not None:
        rows.append((say("Still to come, without end"), infinite.mean, infinite.low, infinite.high))
    text = say(
        "These customers have brought {past} of contribution so far and are "
        "expected to bring {future} more in the next "
        "{months} months. The two are never added silently: the first is a fact, the second a forecast.",
        past=money(result.past, currency),
        future=money(result.future.mean, currency),
        months=months,
    )
    table = Table(
        say(
            "Contribution of all customers, at a margin of {margin} and {rate} interest a "
            "year. Ranges hold {mass} of futures; "
            "without end, {mass} of what the average may be.",
            margin=share(economics.gross_margin),
            rate=share(economics.annual_discount_rate),
            mass=share(result.future.mass),
        ),
        (say("Contribution"), say("Amount"), say("Low"), say("High")),
        [[name, *(money(value, currency) for value in values)] for name, *values in rows],
    )
    return Summary(table, (Paragraph((text,)),))


def _predictive(estimate: Estimate) -> tuple[float, float]:
    return _or_nan(estimate.predictive_low), _or_nan(estimate.predictive_high)


def tiers(table: pd.DataFrame, currency: str, economics: EconomicsSection) -> Table:
    """Value tiers, most valuable first."""
    return Table(
        say(
            "Customers ranked by expected contribution in the next {months} months; means per customer",
            months=count(economics.horizon_months),
        ),
        (
            say("Tier"),
            say("Customers"),
            say("Expected contribution"),
            say("Share"),
            say("Per customer"),
            say("Still with us"),
            say("Purchases ahead"),
        ),
        [
            [
                TIER_NAMES[row.tier],
                count(row.customers),
                money(row.value, currency),
                share(row.share_of_value),
                money(row.mean_value, currency),
                share(row.p_alive),
                number(row.expected_purchases, 1),
            ]
            for row in rows_of(table)
        ],
        bar=2,
    )


def tenths_figure(tenths: pd.DataFrame, top: float, customers: int) -> Figure:
    """How unevenly the expected value is spread. ``tenths``: tenth, share_of_value; ``top``: share of the first."""
    rest = float(tenths["share_of_value"].iloc[5:].sum())
    data = pd.DataFrame({"label": [str(tenth) for tenth in tenths["tenth"]], "share": tenths["share_of_value"]})
    return shares_by_group(
        data,
        name="concentration",
        title=say("A tenth of the customers holds {top} of the expected contribution", top=share(top)),
        alt=say(
            "Bars: share of expected contribution by tenth of customers. The most "
            "valuable tenth holds {top}, the lower five "
            "tenths together {rest}.",
            top=share(top),
            rest=share(rest),
        ),
        caption=say("{n} customers in ten groups of equal size, ranked by expected contribution.", n=count(customers)),
        x=say("tenth of customers, most valuable first"),
        y=say("share of expected contribution"),
    )


def iso_value(data: pd.DataFrame, *, currency: str) -> Figure:
    """Which pasts are worth the same.

    Parameters
    ----------
    data : DataFrame
        frequency, recency (weeks), value (currency) for customers of one age T (weeks).
    """
    weeks = float(data[names.T].iloc[0])
    most = int(data[names.FREQUENCY].max())
    late = data[data[names.FREQUENCY] == most]
    early, recent = (
        cell_of(late, late[names.RECENCY].idxmin(), "value"),
        cell_of(late, late[names.RECENCY].idxmax(), "value"),
    )
    return iso_value_plot(
        data,
        currency=currency,
        title=say("Many purchases are worth little once they lie far back"),
        alt=say(
            "Lines of equal value over the number of repeat purchases and the week of the "
            "last one. With {most} repeat purchases "
            "a customer is worth {recent} if the last one was recent and {early} if it lies far back.",
            most=count(most),
            recent=money(recent, currency),
            early=money(early, currency),
        ),
        caption=say(
            "Contribution still to come, without end, of customers who first bought "
            "{weeks} weeks ago. On one line all pasts are "
            "worth the same.",
            weeks=count(weeks),
        ),
        x=say("week of the last purchase, counted from the first"),
        y=say("repeat purchases"),
    )


def new_customer(new: NewCustomerValue, economics: EconomicsSection, currency: str) -> Paragraph:
    """What may be paid for a new customer."""
    sentences = [
        say(
            "A customer who has just bought for the first time is expected to bring "
            "{clv} of contribution in {months} months "
            "({mass} certain that the average lies between {low} and {high}); {first} of "
            "it comes with the first purchase, and "
            "{repeat} more purchases follow on average.",
            clv=money(new.clv.mean, currency),
            months=count(economics.horizon_months),
            mass=share(new.clv.mass),
            low=money(new.clv.low, currency),
            high=money(new.clv.high, currency),
            first=money(new.first_purchase, currency),
            repeat=number(new.repeat_purchases.mean, 1),
        )
    ]
    if new.clv_infinite is None:
        sentences.append(say("Whoever pays more to win a customer does not get it back within that time."))
    else:
        sentences.append(
            say(
                "Whoever pays more to win a customer does not get it back within that time; "
                "whoever pays more than {value}, the "
                "worth without end, never does.",
                value=money(new.clv_infinite.mean, currency),
            )
        )
    return Paragraph(tuple(sentences))


def independence(result: SpendIndependence) -> Paragraph:
    """Whether purchases and spend may be multiplied."""
    values = {
        "plain": number(result.correlation, 2),
        "ranks": number(result.rank_correlation, 2),
        "n": count(result.customers),
    }
    if result.strained:
        return Paragraph(
            (
                say(
                    "Among {n} repeat customers, spend per purchase moves with the number of "
                    "purchases (correlation {plain}, by rank "
                    "{ranks}; above {limit} the product of the two models is strained). "
                    "Read the values as approximate.",
                    limit=number(STRAINED_AT, 1),
                    **values,
                ),
            ),
            role="banner",
        )
    return Paragraph(
        (
            say(
                "Among {n} repeat customers, how often someone buys says little about how "
                "much is spent each time (correlation "
                "{plain}, by rank {ranks}), so the two models may be multiplied.",
                **values,
            ),
        )
    )


def best_customers(top: pd.DataFrame, currency: str) -> Table:
    """The most valuable customers by name. ``top``: customer_id, frequency, p_alive, residual_clv and its interval."""
    low, high = names.RESIDUAL_CLV_PREDICTIVE_LOW, names.RESIDUAL_CLV_PREDICTIVE_HIGH
    return Table(
        say(
            "The {n} customers with the highest expected contribution; the range holds "
            "90 % of what one of them may bring",
            n=count(len(top)),
        ),
        (
            say("Customer"),
            say("Repeat purchases"),
            say("Still with us"),
            say("Expected contribution"),
            say("Low"),
            say("High"),
        ),
        [
            [
                words(row[names.CUSTOMER_ID]),
                count(row[names.FREQUENCY]),
                share(row[names.P_ALIVE]),
                money(row[names.RESIDUAL_CLV], currency),
                money(row[low], currency),
                money(row[high], currency),
            ]
            for _, row in top.iterrows()
        ],
        bar=3,
    )


def three_tasks(found: Findings, economics: EconomicsSection, currency: str) -> Tasks:
    """What the figures ask for now: keep, ask, and what to pay for the next customer."""
    spread, quiet, new = found.spread, found.quiet, found.new
    months = count(economics.horizon_months)
    tasks = [
        (
            say("Look after the {n} customers who hold half of the value.", n=count(spread.customers_for_half)),
            say(
                "Each is expected to bring {each} of contribution in {months} months; "
                "their names are in customer_values.csv.",
                each=money(found.total.mean / 2 / max(spread.customers_for_half, 1), currency),
                months=months,
            ),
        )
    ]
    if quiet.customers:
        tasks.append(
            (
                say("Ask the {n} regulars who have gone quiet whether they are coming back.", n=count(quiet.customers)),
                say(
                    "They bought on {least} days or more after the first and may be here or "
                    "gone; {stake} of contribution hangs on it.",
                    least=count(quiet.least_frequency),
                    stake=money(quiet.at_stake, currency),
                ),
            )
        )
    tasks.append(
        (
            say("Pay less than {clv} for a new customer.", clv=money(new.clv.low, currency)),
            say(
                "That is the cautious end of what one brings in {months} months, first purchase "
                "included; what customers cost is not in "
                "this log.",
                months=months,
            ),
        )
    )
    return Tasks(tuple(tasks))


def meeting(found: Findings, economics: EconomicsSection, currency: str) -> Paragraph:
    """The sentence to take into the meeting."""
    return Paragraph(
        (
            say(
                "In the next {months} months our customers will most likely bring between {low} "
                "and {high} of contribution; {n} of them hold "
                "half of it.",
                months=count(economics.horizon_months),
                low=money(_or_nan(found.total.predictive_low), currency),
                high=money(_or_nan(found.total.predictive_high), currency),
                n=count(found.spread.customers_for_half),
            ),
            *warning_of_test(found),
        ),
        role="meeting",
    )


def warning_of_test(found: Findings) -> tuple[Sentence, ...]:
    """What the rehearsal means for the forecast, where it missed by more than its range allowed."""
    test = found.revenue_test
    if test is None or not missed_its_range(test):
        return ()
    size = share(abs(test.missed_by))
    if test.missed_by < 0:
        return (
            say(
                "Last time the same method came out {size} too low, more than its range "
                "allowed: expect rather more than this, and "
                "take the range as too narrow.",
                size=size,
            ),
        )
    return (
        say(
            "Last time the same method came out {size} too high, more than its range "
            "allowed: expect rather less than this, and "
            "take the range as too narrow.",
            size=size,
        ),
    )


def trust(found: Findings, quality: QualityReport, *, sound: bool) -> Trust:
    """How far to trust the figures: the data, the model, the rehearsal, and what was assumed."""
    model = say("Model: passed its checks") if sound else say("Model: did not pass its checks")
    test = (
        trust_chip(found.revenue_test)
        if found.revenue_test
        else (say("Forecast not tested: the log is too short"), True)
    )
    return Trust((data_chip(quality), (model, not sound), test, (say("Margin is assumed, not measured"), True)))
