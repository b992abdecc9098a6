"""Past and future by component, and who is worth less than nothing."""

from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.lifetime import LifetimeValue
from clv_lib.analysis.losses import Losses
from clv_lib.reporting.elements import Paragraph, Table
from clv_lib.reporting.known import Basis
from clv_lib.reporting.summaries import Summary
from clv_lib.reporting.summaries.terms import NAN, brings, or_nan
from clv_lib.reporting.wording import Sentence, count, money, say, say_count, share
from clv_lib.settings import EconomicsSection


def past_future(
    result: LifetimeValue, infinite: Estimate | None, basis: Basis, economics: EconomicsSection, currency: str
) -> Summary:
    """Past, future and their sum, taken apart: what purchases left, what serving cost, what referrals bring."""
    months = count(economics.horizon_months)
    past, future = result.past, result.future
    serving = past.service_cost if past.measured else NAN
    keeping, brought = _minus(_if(basis.per_month, future.service_cost)), _if(basis.referrals, future.referral_value)
    total = (*_realised(future.total), result.sum.mean)
    rows: list[tuple[Sentence, float, tuple[float, ...]]] = [
        (say("Contribution of purchases"), past.contribution, _beside(past.contribution, future.contribution)),
        (say("Cost to serve and keep"), -serving, _beside(-serving, keeping)),
        (say("Brought by referrals"), NAN, _beside(NAN, brought)),
        (say("Together"), past.margin, total),
    ]
    if infinite is not None:
        rows.append((say("Together, without end"), NAN, (infinite.mean, infinite.low, infinite.high, NAN)))
    if past.acquisition_cost is not None:
        rows.append((say("Paid once to win them; sunk"), -past.acquisition_cost, (NAN, NAN, NAN, NAN)))
    text = say(
        "These customers have brought {past} of {what} so far and are expected to bring {future} more in the next "
        "{months} months. The two are never added silently: the first is a fact as far as its costs are measured, the "
        "second a forecast.",
        past=money(past.margin, currency),
        what=brings(basis),
        future=money(future.total.mean, currency),
        months=months,
    )
    table = Table(
        say(
            "All customers, at {rate} interest a year from now on. Ranges hold {mass} of futures; without end, {mass} "
            "of what the average may be. A dash: no table knows it, or it is not counted",
            rate=share(economics.annual_discount_rate),
            mass=share(future.total.mass),
        ),
        (say("Part"), say("So far"), say("Next {n} months", n=months), say("Low"), say("High"), say("Past and future")),
        [[name, money(first, currency), *(money(each, currency) for each in rest)] for name, first, rest in rows],
    )
    return Summary(table, (Paragraph((text,)), *_referral_note(basis)))


def _referral_note(basis: Basis) -> tuple[Paragraph, ...]:
    if basis.referrals is None:
        return ()
    return (
        Paragraph(
            (
                say(
                    "Whom customers have brought so far are customers themselves, and counted as such; only newcomers "
                    "yet to come are worth something to those who will bring them."
                ),
            ),
            role="note",
        ),
    )


def _if(known: object | None, value: Estimate) -> Estimate:
    return value if known is not None else Estimate(NAN, NAN, NAN, NAN, NAN)


def _minus(cost: Estimate) -> Estimate:
    low, high = or_nan(cost.predictive_low), or_nan(cost.predictive_high)
    return Estimate(-cost.mean, -cost.high, -cost.low, -high, -low, cost.mass)


def _realised(value: Estimate) -> tuple[float, float, float]:
    return value.mean, or_nan(value.predictive_low), or_nan(value.predictive_high)


def _beside(past: float, future: Estimate) -> tuple[float, ...]:
    return (*_realised(future), past + future.mean)


def losses(found: Losses, basis: Basis, family: str, economics: EconomicsSection, currency: str) -> Paragraph:
    """How many customers are worth less than nothing, and why."""
    months = count(economics.horizon_months)
    if not found.customers:
        if basis.per_month is None:
            return Paragraph(
                (
                    say(
                        "No value here is negative: without a cost table nothing is charged for time, so a customer "
                        "who no longer buys is worth nothing at the least."
                    ),
                ),
                role="note",
            )
        return Paragraph((say("No customer is expected to cost more than it brings."),))
    sentences = [
        say_count(
            "{n} customer ({share}) is expected to cost more than it brings in the next {months} months.",
            "{n} customers ({share}) are expected to cost more than they bring in the next {months} months.",
            n=found.customers,
            share=share(found.share),
            months=months,
        ),
        _why(found, basis, currency),
        say(
            "{some} of them have bought on one day only. They are worth less than nothing because they may still be "
            "here and cost {month} a month whether they buy or not, and buy too seldom for that.",
            some=share(found.one_time / found.customers),
            month=money(NAN if basis.per_month is None else basis.per_month.mean, currency),
        ),
        say("That speaks for serving them more cheaply, not for turning them away: the cost is an average."),
    ]
    if family == "bg_nbd" and found.one_time:
        sentences.append(
            say(
                "BG/NBD takes every one-time buyer for still here and charges each of them for every month; of them, "
                "fewer may be a loss than it says."
            )
        )
    return Paragraph(tuple(sentences))


def _why(found: Losses, basis: Basis, currency: str) -> Sentence:
    contribution, cost = money(found.contribution, currency), money(found.service_cost, currency)
    if basis.referrals is None:
        return say(
            "Their purchases are expected to leave {contribution}, and serving and keeping them to cost {cost}: "
            "{value} together.",
            contribution=contribution,
            cost=cost,
            value=money(found.value, currency),
        )
    return say(
        "Their purchases are expected to leave {contribution}, the newcomers whom they bring {brought}, and serving "
        "and keeping them to cost {cost}: {value} together.",
        contribution=contribution,
        brought=money(found.referral_value, currency),
        cost=cost,
        value=money(found.value, currency),
    )
