"""What customers are worth, in words."""

import pandas as pd

from clv_lib import names
from clv_lib.analysis.assumptions import STRAINED_AT, SpendIndependence
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.new_customers import NewCustomerValue
from clv_lib.reporting.elements import Card, Figure, Paragraph, Table
from clv_lib.reporting.findings import Findings
from clv_lib.reporting.known import Basis
from clv_lib.reporting.plots import iso_value as iso_value_plot
from clv_lib.reporting.plots import shares_by_group
from clv_lib.reporting.summaries import cell_of, rows_of
from clv_lib.reporting.summaries.terms import brings, or_nan
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
        low=money(or_nan(estimate.predictive_low), currency),
        high=money(or_nan(estimate.predictive_high), currency),
    )


def expected_range(estimate: Estimate, currency: str) -> Sentence:
    """The credible interval of an expected amount."""
    return say(
        "on average, with {mass} certainty {low} to {high}",
        mass=share(estimate.mass),
        low=money(estimate.low, currency),
        high=money(estimate.high, currency),
    )


def active_card(found: Findings) -> Card:
    """How many are still here."""
    active = found.active
    return Card(
        say("Customers still with us"),
        count(active.mean),
        say(
            "{mass} certain: {low} to {high} of {all}",
            mass=share(active.mass),
            low=count(or_nan(active.predictive_low)),
            high=count(or_nan(active.predictive_high)),
            all=count(found.customers),
        ),
        active.predictive_low,
        active.predictive_high,
        note=say("BG/NBD takes every one-time buyer for still here") if found.family == "bg_nbd" else None,
    )


def tiers(table: pd.DataFrame, currency: str, basis: Basis, economics: EconomicsSection) -> Table:
    """Value tiers, most valuable first."""
    return Table(
        say(
            "Customers ranked by expected {what} in the next {months} months; means per customer",
            what=brings(basis),
            months=count(economics.horizon_months),
        ),
        (
            say("Tier"),
            say("Customers"),
            say("Expected {what}", what=brings(basis)),
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


def tenths_figure(tenths: pd.DataFrame, top: float, customers: int, basis: Basis) -> Figure:
    """How unevenly the expected value is spread. ``tenths``: tenth, share_of_value; ``top``: share of the first."""
    what = brings(basis)
    rest = float(tenths["share_of_value"].iloc[5:].sum())
    data = pd.DataFrame({"label": [str(tenth) for tenth in tenths["tenth"]], "share": tenths["share_of_value"]})
    return shares_by_group(
        data,
        name="concentration",
        title=say("A tenth of the customers holds {top} of the expected {what}", top=share(top), what=what),
        alt=say(
            "Bars: share of expected {what} by tenth of customers. The most valuable tenth holds {top}, the lower five "
            "tenths together {rest}.",
            what=what,
            top=share(top),
            rest=share(rest),
        ),
        caption=say(
            "{n} customers in ten groups of equal size, ranked by expected {what}. Where some bring less than nothing, "
            "the others hold more than all.",
            n=count(customers),
            what=what,
        )
        if (tenths["share_of_value"] < 0).any()
        else say(
            "{n} customers in ten groups of equal size, ranked by expected {what}.", n=count(customers), what=what
        ),
        x=say("tenth of customers, most valuable first"),
        y=say("share of expected {what}", what=what),
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


def new_customer(new: NewCustomerValue, basis: Basis, economics: EconomicsSection, currency: str) -> Paragraph:
    """What may be paid for a new customer."""
    sentences = [
        say(
            "A customer who has just bought for the first time is expected to bring {clv} of {what} in {months} months "
            "({mass} certain that the average lies between {low} and {high}); the first purchase leaves {first}, and "
            "{repeat} more purchases follow on average.",
            clv=money(new.clv.mean, currency),
            what=brings(basis),
            months=count(economics.horizon_months),
            mass=share(new.clv.mass),
            low=money(new.clv.low, currency),
            high=money(new.clv.high, currency),
            first=money(new.first_purchase, currency),
            repeat=number(new.repeat_purchases.mean, 1),
        )
    ]
    if basis.is_profit:
        sentences.append(
            say(
                "Purchases leave {contribution}, serving and keeping the customer costs {cost}, and the newcomers whom "
                "it brings are worth {brought}.",
                contribution=money(new.contribution, currency),
                cost=money(new.service_cost, currency),
                brought=money(new.referral_value, currency),
            )
        )
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


def best_customers(top: pd.DataFrame, basis: Basis, currency: str) -> Table:
    """The most valuable customers by name. ``top``: customer_id, frequency, p_alive, residual_clv and its interval."""
    low, high = names.RESIDUAL_CLV_PREDICTIVE_LOW, names.RESIDUAL_CLV_PREDICTIVE_HIGH
    return Table(
        say(
            "The {n} customers with the highest expected {what}; the range holds 90 % of what one of them may bring",
            n=count(len(top)),
            what=brings(basis),
        ),
        (
            say("Customer"),
            say("Repeat purchases"),
            say("Still with us"),
            say("Expected {what}", what=brings(basis)),
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
