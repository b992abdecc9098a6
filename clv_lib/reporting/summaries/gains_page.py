"""The part of a page on what customers gain, put together from the tables that are there.

Where a table is missing, or holds too little, the sentence that says so stands in its place; nothing fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from clv_lib.analysis.perceived_value import PerceivedValue, attributes, perceived_value, response, value_by_group
from clv_lib.analysis.referral_value import ReferralRates, referral_rates
from clv_lib.analysis.referrals import count_referrals
from clv_lib.analysis.value_and_purchases import WEEKS, next_purchases
from clv_lib.data.customers import collected, customer_summary
from clv_lib.errors import CannotEstimateError
from clv_lib.names import CUSTOMER_ID, ORDERED_AT, N
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.elements import Element, Paragraph, Trust
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.summaries import gains, gains_groups, gains_items, referrals
from clv_lib.reporting.summaries import next_purchases as after
from clv_lib.reporting.wording import refusal_sentence, say

Record = Mapping[str, nw.LazyFrame[Any]]
MOST_DIVISIONS = 3  # attributes that the page divides customers by


@dataclass(frozen=True)
class GainsPage:
    """What each part of the page shows; a part without anything to show holds one sentence or nothing.

    Attributes
    ----------
    first_screen, balance, items, groups, afterwards, referrals : tuple of Element
    headline : tuple of Element
        The answer in one sentence, for the top of the page; nothing where nobody was asked.
    figures : tuple of KeyFigure
        For ``run.json``.
    value : PerceivedValue or None
    rates : ReferralRates or None
        For the page on value, which knows what a new customer is worth.
    """

    first_screen: tuple[Element, ...]
    balance: tuple[Element, ...]
    items: tuple[Element, ...]
    groups: tuple[Element, ...]
    afterwards: tuple[Element, ...]
    referrals: tuple[Element, ...]
    figures: tuple[KeyFigure, ...]
    value: PerceivedValue | None = None
    rates: ReferralRates | None = None
    headline: tuple[Element, ...] = ()


def gather(record: Record, *, window: ObservationWindow, currency: str, seed: int, weeks: int = WEEKS) -> GainsPage:
    """Summarise the value survey and the referrals of a customer record.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables by name, of one engine: transactions, and value_survey, customers, referrals where there are.
    window : ObservationWindow
    currency : str
    seed : int
    weeks : int
        How long respondents are watched after the survey.
    """
    log = record["transactions"]
    bought = log.filter(nw.col(ORDERED_AT) <= nw.lit(window.end)).select(CUSTOMER_ID).unique()
    customers = int(collected(bought.select(nw.len().alias(N)))[N].iloc[0])
    rates, referred = _referrals(record, window=window, seed=seed, customers=customers)
    figures = [*_referral_figures(rates)]
    nothing = GainsPage(gains.nobody_asked(customers), (), (), (), (), referred, tuple(figures), rates=rates)
    if "value_survey" not in record:
        return nothing
    survey = record["value_survey"]
    try:
        found = perceived_value(survey, end=window.end, seed=seed)
    except CannotEstimateError as error:
        return GainsPage((_refused(error),), (), (), (), (), referred, tuple(figures), rates=rates)
    answered = response(survey, customer_summary(log, end=window.end), end=window.end)
    value = found.value
    figures.append(KeyFigure("perceived_value", value.mean, value.low, value.high, "points", value.mass, "expected"))
    return GainsPage(
        first_screen=(
            gains.key_cards(found, answered),
            Trust((gains.trust_chip(answered),)),
            gains.meeting(found),
        ),
        balance=(*gains.parts(found).elements, gains.who_answered(answered, currency)),
        items=(
            gains_items.effects_figure(found),
            gains_items.mend(found),
            gains_items.importance_figure(found),
            gains_items.items(found),
        ),
        groups=_groups(record, window=window, seed=seed),
        afterwards=_afterwards(record, window=window, seed=seed, currency=currency, weeks=weeks),
        referrals=referred,
        figures=tuple(figures),
        value=found,
        rates=rates,
        headline=(gains.answer(found),),
    )


def _groups(record: Record, *, window: ObservationWindow, seed: int) -> tuple[Element, ...]:
    divisions = attributes(record["customers"])[:MOST_DIVISIONS] if "customers" in record else ()
    if not divisions:
        return (
            Paragraph(
                (say("Nothing is known about customers that would divide them into groups, as a channel or a region."),)
            ),
        )
    shown: list[Element] = []
    for by in divisions:
        found = value_by_group(record["value_survey"], record["customers"], by=by, end=window.end, seed=seed)
        shown += [gains_groups.groups_figure(found, by), *gains_groups.groups(found, by).elements]
    return tuple(shown)


def _afterwards(
    record: Record, *, window: ObservationWindow, seed: int, currency: str, weeks: int
) -> tuple[Element, ...]:
    try:
        found = next_purchases(record["value_survey"], record["transactions"], window=window, seed=seed, weeks=weeks)
    except CannotEstimateError as error:
        return (_refused(error),)
    return (after.thirds_figure(found), *after.summary(found, currency).elements)


def _referrals(
    record: Record, *, window: ObservationWindow, seed: int, customers: int
) -> tuple[ReferralRates | None, tuple[Element, ...]]:
    if "referrals" not in record:
        return None, (referrals.no_referrals(customers),)
    try:
        rates = referral_rates(count_referrals(record["referrals"], record["transactions"], window=window), seed=seed)
    except CannotEstimateError as error:
        return None, (_refused(error),)
    return rates, referrals.summary(rates).elements


def _referral_figures(rates: ReferralRates | None) -> list[KeyFigure]:
    if rates is None:
        return []
    won = referrals.won_per_hundred(rates)
    return [
        KeyFigure(
            "won_by_referral_per_100_active_months", won.mean, won.low, won.high, "customers", won.mass, "expected"
        )
    ]


def _refused(error: CannotEstimateError) -> Paragraph:
    return Paragraph((refusal_sentence(error.message, error.values),), role="note")
