"""Past, future and their sum, each taken apart: what purchases left, what serving cost, what referrals bring."""

from dataclasses import dataclass

from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.valuation import CustomerValues
from clv_lib.data.past import Past


@dataclass(frozen=True)
class Future:
    """What existing customers will bring over the horizon, in currency.

    Attributes
    ----------
    contribution, service_cost, referral_value, total : Estimate
        The first less the second plus the third is the total. Their ranges do not add up.
    """

    contribution: Estimate
    service_cost: Estimate
    referral_value: Estimate
    total: Estimate


@dataclass(frozen=True)
class LifetimeValue:
    """Past, future and their sum: three figures, never silently added.

    Attributes
    ----------
    past : Past
        What these customers have left so far, a fact or, without cost tables, revenue times the stated margin; no
        interval.
    future : Future
        Over the horizon.
    sum : Estimate
        Both together; past money is not compounded. What winning the customers has cost is in neither.
    """

    past: Past
    future: Future
    sum: Estimate


def past_and_future(values: CustomerValues, past: Past) -> LifetimeValue:
    """Set what the customers have brought beside what they will bring.

    Parameters
    ----------
    values : CustomerValues
    past : Past
        Of the same customers, up to the end of the observation.
    """
    future = Future(values.contribution, values.service_cost, values.referral_value, values.total)
    return LifetimeValue(past=past, future=future, sum=values.total.minus(-past.margin))
