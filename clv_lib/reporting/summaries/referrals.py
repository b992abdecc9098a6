"""Who brings new customers and what that is worth, in words."""

import numpy as np

from clv_lib import names
from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.referral_value import ReferralRates, ReferralValue
from clv_lib.reporting.elements import Paragraph, Table
from clv_lib.reporting.summaries import Summary, rows_of
from clv_lib.reporting.wording import Sentence, count, money, number, say, say_count, share

NEARLY_ALL = 0.9  # share who buy from which the table seems to know only successes
MOST_CLASSES = 5  # numbers of referrals that are told apart in the table; more are one row


def summary(rates: ReferralRates) -> Summary:
    """Who refers, how often, and what comes of it."""
    counts = rates.counts
    classes = counts.classes.assign(row=counts.classes[names.REFERRALS].clip(upper=MOST_CLASSES))
    classes["brought"] = classes[names.REFERRALS] * classes[names.N]
    rows = classes.groupby("row")[[names.N, "brought"]].sum().reset_index()
    total = max(int(rows["brought"].sum()), 1)
    table = Table(
        say("Customers by how many others they brought, and their part of all who were brought"),
        (say("Brought"), say("Customers"), say("Share of customers"), say("Share of referrals")),
        [
            [
                say("{n} or more", n=count(row.row)) if row.row == MOST_CLASSES else count(row.row),
                count(row.n),
                share(row.n / counts.customers, 1),
                share(row.brought / total),
            ]
            for row in rows_of(rows)
        ],
    )
    return Summary(table, (Paragraph(tuple(_in_words(rates))),))


def won_per_hundred(rates: ReferralRates) -> Estimate:
    """New customers that a hundred customers win in an active month."""
    return estimate(100 * rates.new_customers)


def _in_words(rates: ReferralRates) -> list[Sentence]:
    counts = rates.counts
    rate, won = estimate(100 * rates.rate), won_per_hundred(rates)
    bought = estimate(rates.conversion)
    sentences = [
        say(
            "{referrers} of {customers} customers have brought others, {share}; the most active tenth of them "
            "brought "
            "{part} of all who came that way.",
            referrers=count(counts.referrers),
            customers=count(counts.customers),
            share=share(counts.referrers / counts.customers, 1),
            part=share(counts.share_of_most_active()),
        ),
        say(
            "A hundred customers bring {rate} others in a month in which they are active ({low} to {high}); "
            "{bought} of "
            "those buy within {weeks} weeks ({bought_low} to {bought_high}), so a hundred active customers win "
            "{won} new "
            "ones a month ({won_low} to {won_high}).",
            rate=number(rate.mean, 2),
            low=number(rate.low, 2),
            high=number(rate.high, 2),
            bought=share(bought.mean),
            bought_low=share(bought.low),
            bought_high=share(bought.high),
            weeks=count(counts.conversion_weeks),
            won=number(won.mean, 2),
            won_low=number(won.low, 2),
            won_high=number(won.high, 2),
        ),
        say(
            "A customer counts as active for {months} months after the month of its last purchase.",
            months=count(counts.active_after),
        ),
    ]
    half = rates.weeks_to_buy()
    if np.isfinite(half):
        sentences.append(
            say_count(
                "Half of those who buy have done so within {n} week.",
                "Half of those who buy have done so within {n} weeks.",
                n=half,
            )
        )
    if bought.low > NEARLY_ALL:
        sentences.append(
            say(
                "Nearly everyone who was brought has bought. Usually that means a referral is recorded only once "
                "it has "
                "led to a purchase; those who were told and did not buy are then not in the table."
            )
        )
    return [*sentences, *_left_out(rates)]


def _left_out(rates: ReferralRates) -> list[Sentence]:
    counts = rates.counts
    if counts.referred == counts.counted:
        return []
    return [
        say(
            "Of {rows} rows {counted} count: {known} name someone who had bought before, {strangers} come from "
            "someone "
            "who had not, and {later} repeat a referral or come after another's.",
            rows=count(counts.referred),
            counted=count(counts.counted),
            known=count(counts.known_before),
            strangers=count(counts.unknown_referrer),
            later=count(counts.later_than_another),
        )
    ]


def worth(found: ReferralValue, *, currency: str, reward: float, cost_per_referral: float) -> Paragraph:
    """What a referral is worth, and an active month of a customer who may refer."""
    one, month = found.per_referral, found.per_active_month
    sentences = [
        say(
            "A referral is worth {one} ({low} to {high}), whether the one who was brought buys or not; the chance of "
            "referrals adds {month} ({month_low} to {month_high}) to every active month of a customer.",
            one=money(one.mean, currency),
            low=money(one.low, currency),
            high=money(one.high, currency),
            month=money(month.mean, currency),
            month_low=money(month.low, currency),
            month_high=money(month.high, currency),
        )
    ]
    if reward:
        sentences.append(
            say("A reward of {reward} for each one who buys is taken off.", reward=money(reward, currency))
        )
    if cost_per_referral:
        sentences.append(
            say("What the programme costs is taken off: {cost} a referral.", cost=money(cost_per_referral, currency))
        )
    if not reward and not cost_per_referral:
        sentences.append(say("No reward and no cost of the programme are taken off, because none are stated."))
    if one.low < 0 < one.high:
        sentences.append(say("Whether referrals pay cannot be told yet."))
    return Paragraph(tuple(sentences))


def no_referrals(customers: int) -> Paragraph:
    """What stands in place of referrals where there is no table."""
    return Paragraph(
        (
            say(
                "Who brought whom is not recorded: there is no table referrals. Customer values on the other pages "
                "therefore hold what {n} customers buy, and nothing for those they bring.",
                n=count(customers),
            ),
        )
    )
