"""What may be paid for the next customer of each channel, beside what one has cost so far.

The value of a new customer is one for all channels: the models do not know where a customer came from. What differs is
the price. An average of the past says what customers have cost; the next one usually costs more, because the cheap ones
came first, so the most to pay is set against the cautious end of the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.analysis.intervals import INTERVAL, Estimate, estimate
from clv_lib.analysis.new_customers import NewCustomerDraws
from clv_lib.analysis.terms import even_rows


@dataclass(frozen=True)
class ChannelValue:
    """A new customer of one channel, in currency.

    Attributes
    ----------
    channel : str
    customers : float or None
        Whom the cost was measured on; None where it is stated.
    cac : Estimate
        Cost of winning one customer.
    net : Estimate
        ``clv_net_of_cac``: value over the horizon less that cost; negative where it does not come back.
    ratio : Estimate or None
        LTV : CAC, value over the horizon by the cost; None where customers cost nothing.
    pays_back : float
        Probability that the expected value exceeds the cost.
    most : float
        The most to pay for the next customer: the lower end of the credible interval of the value, or 0.
    """

    channel: str
    customers: float | None
    cac: Estimate
    net: Estimate
    ratio: Estimate | None
    pays_back: float
    most: float


def value_by_channel(
    new: NewCustomerDraws,
    cac: Mapping[str, float | np.ndarray],
    *,
    customers: Mapping[str, float] | None = None,
    mass: float = INTERVAL,
) -> tuple[ChannelValue, ...]:
    """Set the value of a new customer against what each channel asks for one.

    Parameters
    ----------
    new : NewCustomerDraws
    cac : mapping of str to float or ndarray of dims (draw,)
        Cost per customer by channel; draws are brought to the number of those of ``new``.
    customers : mapping of str to float, optional
        How many customers each cost was measured on.
    mass : float

    Returns
    -------
    tuple of ChannelValue
        Cheapest first.
    """
    value = new.value.total
    most = max(estimate(value, mass=mass).low, 0.0)
    found = []
    for channel, cost in cac.items():
        each = np.atleast_1d(np.asarray(cost, dtype=float))
        each = each[even_rows(len(each), len(value))]
        found.append(
            ChannelValue(
                channel=channel,
                customers=(customers or {}).get(channel),
                cac=estimate(each, mass=mass),
                net=estimate(value - each, (new.outcomes - each[:, None]).ravel(), mass=mass),
                ratio=estimate(value / each, mass=mass) if (each > 0).all() else None,
                pays_back=float(np.mean(value > each)),
                most=most,
            )
        )
    return tuple(sorted(found, key=lambda each: each.cac.mean))


def channel_table(found: tuple[ChannelValue, ...]) -> pd.DataFrame:
    """One row per channel: its name, customers, cac, clv_net_of_cac, ltv_cac (with _low and _high), pays_back, most."""
    unknown = Estimate(float("nan"), float("nan"), float("nan"))
    rows = []
    for each in found:
        row: dict[str, object] = {"channel": each.channel, "customers": each.customers}
        for name, value in (("cac", each.cac), ("clv_net_of_cac", each.net), ("ltv_cac", each.ratio or unknown)):
            row |= {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}
        rows.append({**row, "pays_back": each.pays_back, "most": each.most})
    return pd.DataFrame(rows)
