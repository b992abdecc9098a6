"""What it costs to win a customer, in four definitions that answer four questions.

1. ``all``: all sales and marketing of a month over the customers won in it. What a sceptic computes from the accounts.
2. ``acquisition``: only what is spent to win customers; what speaks to those we have is left out.
3. ``lagged``: the same, each channel's money counted in the months in which it works (spread and delay).
4. ``onboarded``: the third, and what it cost to welcome the customers of that month.

*Blended* figures divide by every customer won, *paid* ones by those whom a channel with spend has won; the first
flatters as long as customers also come by themselves.

A month whose lagged spend reaches back before the ledger, or whose onboarding lies ahead of it, has no figure rather
than a wrong one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from clv_lib.analysis.driver_counts import WON
from clv_lib.analysis.intervals import INTERVAL, Estimate
from clv_lib.analysis.ledger import NUMBER, ONBOARDING
from clv_lib.data.customers import Frame, collected
from clv_lib.names import ACQUISITION_CHANNEL, AMOUNT, CHANNEL, KIND, NEW_CUSTOMERS
from clv_lib.settings import CostsSection

Definition = Literal["all", "acquisition", "lagged", "onboarded"]
DEFINITIONS: Final[tuple[Definition, ...]] = ("all", "acquisition", "lagged", "onboarded")
SALES_AND_MARKETING: Final = ("acquisition", "marketing", "retention")  # kinds, as booked
JEFFREYS: Final = 0.5  # prior events of a Poisson rate


def new_customers(people: Frame) -> pd.DataFrame:
    """Customers won by month and channel: ``month_number, channel, new_customers``.

    Parameters
    ----------
    people : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.driver_counts.lives`.
    """
    keys = [WON, ACQUISITION_CHANNEL]
    found = collected(people.group_by(*keys).agg(nw.len().alias(NEW_CUSTOMERS))).sort_values(keys, ignore_index=True)
    return found.rename(columns={WON: NUMBER, ACQUISITION_CHANNEL: CHANNEL}).astype({NEW_CUSTOMERS: "float64"})


def acquisition_spend(
    spend: pd.DataFrame, won: pd.DataFrame, *, months: Sequence[int], settings: CostsSection
) -> pd.DataFrame:
    """Money spent on winning customers beside the customers won, by month and channel.

    Parameters
    ----------
    spend : DataFrame
        From :func:`~clv_lib.analysis.ledger.monthly_spend`, amounts in currency.
    won : DataFrame
        From :func:`new_customers`.
    months : sequence of int
        Months of the ledger, without a gap; what is not in ``spend`` was not spent.
    settings : CostsSection
        Spread and delay of each channel, and the delay of onboarding.

    Returns
    -------
    DataFrame
        month_number, channel ("" where none is known), new_customers, and the spend by each definition in currency;
        NaN where the ledger does not reach. Onboarding is shared over the channels by the customers they won. Few
        customers without a known channel are counted with the channels in proportion, month by month.
    """
    index = pd.RangeIndex(months[0], months[-1] + 1, name=NUMBER)
    wanted = spend["booked_kind"].isin(SALES_AND_MARKETING) & (spend[KIND] != ONBOARDING)
    names = sorted({"", *spend.loc[wanted, CHANNEL], *won[CHANNEL]})
    everything = _wide(spend[wanted], AMOUNT, index, names)
    acquiring = _wide(spend[spend[KIND] == "acquisition"], AMOUNT, index, names)
    lagged = acquiring.apply(lambda column: _acting(column, settings, str(column.name)))
    arrived = _shared(_wide(won, NEW_CUSTOMERS, index, names), limit=settings.unknown_channel_limit)
    welcoming = _wide(spend[spend[KIND] == ONBOARDING].assign(**{CHANNEL: ""}), AMOUNT, index, [""])[""]
    welcoming = welcoming.shift(-settings.onboarding_delay_months)  # what is booked later belongs to who came now
    part = arrived.div(arrived.sum(axis=1).where(lambda total: total > 0), axis=0)
    part[""] = part[""].fillna(1.0)  # nobody came: the money stays without a channel
    tables = {
        NEW_CUSTOMERS: arrived,
        "all": everything,
        "acquisition": acquiring,
        "lagged": lagged,
        "onboarded": lagged + part.fillna(0.0).mul(welcoming, axis=0),
    }
    stacked = {name: table.stack(future_stack=True) for name, table in tables.items()}
    return pd.DataFrame(stacked).rename_axis([NUMBER, CHANNEL]).reset_index()


def _wide(long: pd.DataFrame, value: str, index: pd.Index, names: list[str]) -> pd.DataFrame:
    """A row per month and a column per channel; nothing booked is 0."""
    wide = long.pivot_table(index=NUMBER, columns=CHANNEL, values=value, aggfunc="sum")
    return wide.reindex(index=index, columns=pd.Index(names, name=CHANNEL)).fillna(0.0).astype("float64")


def _shared(arrived: pd.DataFrame, *, limit: float) -> pd.DataFrame:
    """Customers without a known channel, if they are few, counted with the channels of their month in proportion."""
    unknown, everybody = arrived[""], arrived.sum(axis=1)
    known = everybody - unknown
    if not 0 < unknown.sum() <= limit * everybody.sum():
        return arrived
    factor = (everybody / known.where(known > 0)).fillna(1.0)
    scaled = arrived.mul(factor, axis=0)
    scaled[""] = unknown.where(known <= 0, 0.0)
    return scaled


def _acting(booked: pd.Series, settings: CostsSection, channel: str) -> pd.Series:
    """Spend in the months in which it works; NaN while earlier spend that we do not know still works."""
    stated = settings.channel(channel)
    return booked.shift(stated.delay_months).rolling(stated.spread_months).mean()


@dataclass(frozen=True)
class AcquisitionCost:
    """Cost of one new customer by one definition.

    Attributes
    ----------
    spend : float
        Currency, over the months for which the definition has a figure.
    customers : float
        Won in those months.
    cac : float
        Spend per customer; NaN where nobody was won.
    low, high : float
        90 % interval: what the same money is expected to win is uncertain, since few or many came by luck.
    """

    spend: float
    customers: float
    cac: float
    low: float
    high: float
    mass: float = INTERVAL

    @property
    def estimate(self) -> Estimate:
        """The figure as an estimate of the expected cost."""
        return Estimate(self.cac, self.low, self.high, mass=self.mass)

    def draws(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Posterior draws of the expected cost; dims (draw,)."""
        return self.spend / rng.gamma(self.customers + JEFFREYS, size=size)


def acquisition_cost(spend: float, customers: float, *, mass: float = INTERVAL) -> AcquisitionCost:
    """Cost per new customer with its interval.

    The spend is known; the customers it won are one Poisson count. With Jeffreys' prior the number to be expected from
    the same spend is Gamma(customers + 1/2, 1), and the cost is the spend over it.

    Parameters
    ----------
    spend : float
        Currency.
    customers : float
        Won by it, in customers.
    """
    tail = (1 - mass) / 2
    ends = [1 - tail, tail] if spend >= 0 else [tail, 1 - tail]  # after corrections a spend may be below nothing
    many, few = (float(end) for end in np.asarray(stats.gamma.ppf(ends, customers + JEFFREYS)))
    cac = spend / customers if customers > 0 else float("nan")
    low, high = (spend / many, spend / few) if customers > 0 else (float("nan"), float("nan"))
    return AcquisitionCost(float(spend), float(customers), float(cac), float(low), float(high), mass)


def costs_by(table: pd.DataFrame, key: str | None, *, definition: Definition) -> dict[object, AcquisitionCost]:
    """Cost per new customer of each group, or of all ("").

    Parameters
    ----------
    table : DataFrame
        From :func:`acquisition_spend`, with any further column to group by.
    key : str or None
        ``channel``, ``month_number`` or a column of the caller's; None for all together (blended).
    definition : {"all", "acquisition", "lagged", "onboarded"}
    """
    known = table[table[definition].notna()] if key == CHANNEL else _whole_months(table, definition)
    groups: Iterable[tuple[object, pd.DataFrame]] = known.groupby(key) if key else [("", known)]
    return {
        name: acquisition_cost(float(group[definition].sum()), float(group[NEW_CUSTOMERS].sum()))
        for name, group in groups
    }


def _whole_months(table: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    """Months in which the spend of every channel is known."""
    return table[table[definition].notna().groupby(table[NUMBER]).transform("all")]


def blended_cost(table: pd.DataFrame, *, definition: Definition) -> AcquisitionCost:
    """All spend over every customer won."""
    return costs_by(table, None, definition=definition)[""]


def paid_cost(table: pd.DataFrame, *, definition: Definition) -> AcquisitionCost:
    """All spend over the customers of the channels that money was spent on."""
    known = _whole_months(table, definition)
    paying = known.groupby(CHANNEL)["acquisition"].sum()
    paid = known[CHANNEL].isin([name for name, amount in paying.items() if name and amount > 0])
    return acquisition_cost(float(known[definition].sum()), float(known.loc[paid, NEW_CUSTOMERS].sum()))


def assumed_costs(cac: Mapping[str, float]) -> dict[object, AcquisitionCost]:
    """Costs that the settings state (``[economics.cac]``), without an interval."""
    return {name: AcquisitionCost(float("nan"), float("nan"), cost, cost, cost) for name, cost in cac.items()}
