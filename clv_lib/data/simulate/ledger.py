"""The cost ledger: what the business truly causes month by month, and what the bookkeeper writes down."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.campaigns import Campaigns
from clv_lib.data.simulate.lives import Lives
from clv_lib.data.simulate.process import CHANNELS, PLAYS, PROCESS, REFERENCE_CUSTOMERS, REFERRAL
from clv_lib.data.simulate.sales import GUEST, SAMPLE, Sales, goods_of_orders, order_values
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Ints, Window

_NINETY = 1.6448536269514722  # standard deviations to either end of the middle 90 %
_OVERHEAD_GROWTH = 0.008  # a month
_OVERHEAD_POOLS = {"office": 0.65, "platform": 0.35}
_CORRECTION_MONTH, _CORRECTION_SHARE = 14 / 36, -0.04  # a landlord gives back what he charged twice
_FOUNDERS_PER_MONTH, _FOUNDERS_GUESS = 2_500_000, 0.30
_AMBASSADORS, _AMBASSADOR_FEE, _AMBASSADOR_MONTHS = 8, 150_000, 6
_AGENCY_SHORT = 0.94  # one agency reports less than the ledger holds
_AGENCY_CAMPAIGN = 7


@dataclass(frozen=True)
class Drivers:
    """What causes cost in each month; arrays with one entry per month.

    Orders and revenue are those of known customers, kept and net of refunds, in the month of the order; goods also
    hold those of guests. Customers are active in a month if they ordered in it or in the months before it that
    ``active_months_after_purchase`` counts.
    """

    orders: Ints
    revenue: Floats
    goods: Floats
    samples: Floats
    contacts: Ints
    minutes: Floats
    unhappy: Ints
    active: Ints
    newcomers: Ints
    referred: Ints


def drivers(life: Lives, sold: Sales, contacts: pd.DataFrame, *, window: Window) -> Drivers:
    """Count what happened."""
    orders, months = sold.orders, len(window.months)
    month = window.month_of(orders["at"].to_numpy())
    known = (sold.valid & (orders["person"] != GUEST)).to_numpy()
    value = order_values(sold.lines, len(orders)) - orders["refunded"].to_numpy()
    goods = goods_of_orders(sold)
    sample = (orders["source"] == SAMPLE).to_numpy()

    def summed(values: Floats, rows: Floats) -> Floats:
        return np.bincount(month[rows], weights=values[rows], minlength=months)

    served = contacts[contacts["kind"] != "response"]
    served_month = window.month_of(served["at"].to_numpy())
    won = window.month_of(life.people["arrived"].to_numpy())
    referral = [channel.name for channel in CHANNELS].index(REFERRAL)
    return Drivers(
        orders=np.bincount(month[known], minlength=months),
        revenue=summed(value, known),
        goods=summed(goods, sold.valid.to_numpy()),
        samples=summed(goods, sample),
        contacts=np.bincount(served_month, minlength=months),
        minutes=np.bincount(served_month, weights=served["minutes"], minlength=months),
        unhappy=np.bincount(served_month[served["unhappy"].to_numpy(dtype=bool)], minlength=months),
        active=_active(orders["person"].to_numpy()[known], month[known], months),
        newcomers=np.bincount(won, minlength=months),
        referred=np.bincount(won[(life.people["channel"] == referral).to_numpy()], minlength=months),
    )


def _active(person: Ints, month: Ints, months: int) -> Ints:
    bought = np.zeros((person.max() + 1 if len(person) else 1, months), dtype=bool)
    bought[person, month] = True
    active = bought.copy()
    for step in range(1, min(PROCESS.active_months_after_purchase, months - 1) + 1):
        active[:, step:] |= bought[:, :-step]
    return active.sum(axis=0)


def ledger(
    caused: Drivers, life: Lives, wave: Campaigns, sold: Sales, *, window: Window, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Book it.

    Returns
    -------
    lines : pandas.DataFrame
        ``month`` (number), ``kind, amount`` and, where they apply, ``channel, campaign, person, pool, low, high``.
    truth : pandas.DataFrame
        ``month, kind, expected`` of what has noise on it, before the noise.
    """
    rng = stream(seed, "ledger")
    scale = len(life.people) / REFERENCE_CUSTOMERS
    months = np.arange(len(window.months))
    service = PROCESS.service_per_minute * caused.minutes + PROCESS.service_per_contact * caused.contacts
    late = PROCESS.onboarding_delay_months
    welcomed = np.concatenate([np.zeros(late), caused.newcomers])[: len(months)]
    expected = {
        "service": service,
        "fulfilment": PROCESS.fulfilment_per_order * caused.orders,
        "payment": PROCESS.payment_share * caused.revenue,
        "retention": PROCESS.retention_per_active_month * caused.active,
        "onboarding": PROCESS.onboarding_per_customer * welcomed,
    }
    booked = {
        kind: amount * (1 + PROCESS.cost_noise * rng.normal(size=len(months))) for kind, amount in expected.items()
    }
    parts = [pd.DataFrame({"month": months, "kind": "goods", "amount": caused.goods})]
    parts += [pd.DataFrame({"month": months, "kind": k, "amount": booked[k]}) for k in list(expected)[:-1]]
    parts.append(
        pd.DataFrame({"month": months, "kind": "acquisition", "pool": "onboarding", "amount": booked["onboarding"]})
    )
    parts += [
        _channels(life, caused),
        _marketing(caused, scale, rng=rng),
        _campaigns(wave, scale, window=window),
        _ambassadors(life, scale, window=window, rng=rng),
        _overhead(len(months), scale, window=window, rng=rng),
        _intangible(caused, scale, rng=rng),
    ]
    lines = pd.concat(parts, ignore_index=True)
    for name in ("amount", "low", "high"):
        lines[name] = lines[name].round().astype("Int64")
    lines = lines[lines["amount"] != 0].sort_values("month", kind="stable", ignore_index=True)
    truth = [pd.DataFrame({"month": months, "kind": kind, "expected": amount}) for kind, amount in expected.items()]
    return lines, pd.concat(truth, ignore_index=True)


def _channels(life: Lives, caused: Drivers) -> pd.DataFrame:
    kinds = {channel.name: channel.kind for channel in CHANNELS}
    spend = life.spend.assign(kind=life.spend["channel"].map(kinds))
    reward = next(channel.cac for channel in CHANNELS if channel.name == REFERRAL)
    rewards = pd.DataFrame(
        {
            "month": np.arange(len(caused.referred)),
            "kind": "acquisition",
            "channel": REFERRAL,
            "amount": reward * caused.referred,
        }
    )
    return pd.concat([spend, rewards], ignore_index=True)


def _marketing(caused: Drivers, scale: float, *, rng: np.random.Generator) -> pd.DataFrame:
    n = len(caused.orders)
    steady = {"content": PROCESS.brand_per_month, "retargeting": PROCESS.retargeting_per_month}
    lines = [
        pd.DataFrame(
            {
                "month": np.arange(n),
                "kind": "marketing",
                "channel": channel,
                "amount": np.round(amount * scale * np.exp(0.08 * rng.normal(size=n)), -3),
            }
        )
        for channel, amount in steady.items()
    ]
    given = pd.DataFrame({"month": np.arange(n), "kind": "marketing", "channel": "samples", "amount": caused.samples})
    return pd.concat([*lines, given], ignore_index=True)


def campaign_costs(wave: Campaigns, scale: float) -> pd.DataFrame:
    """Per campaign ``fixed, per_contact, treated, spent, reported`` in Rp."""
    plays = [PLAYS[str(play)] for play in wave.schedule["play"]]
    treated = wave.members[wave.members["treated"]].groupby("campaign").size().reindex(range(len(plays)), fill_value=0)
    fixed = np.array([round(play.fixed_cost * scale, -3) for play in plays])
    per_contact = np.array([play.cost_per_contact for play in plays])
    spent = fixed + per_contact * treated.to_numpy()
    reported = np.where(np.arange(len(plays)) == _AGENCY_CAMPAIGN, np.round(spent * _AGENCY_SHORT), spent)
    return pd.DataFrame(
        {"fixed": fixed, "per_contact": per_contact, "treated": treated, "spent": spent, "reported": reported}
    )


def _campaigns(wave: Campaigns, scale: float, *, window: Window) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": window.month_of(wave.schedule["starts"].to_numpy(dtype=float)),
            "kind": "marketing",
            "campaign": wave.schedule.index,
            "amount": campaign_costs(wave, scale)["spent"],
        }
    )


def _ambassadors(life: Lives, scale: float, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    """A few customers are paid for being seen with our coffee: direct costs of theirs."""
    count = max(round(_AMBASSADORS * scale), 1)
    person = np.sort(rng.choice(len(life.people), count, replace=False))
    first = window.month_of(life.people["first"].to_numpy()[person]) + 1
    last = window.month_of(np.minimum(life.people["ends"].to_numpy()[person], window.days - 0.5))
    rows = pd.DataFrame(
        {
            "month": (first[:, None] + np.arange(_AMBASSADOR_MONTHS)).ravel(),
            "person": np.repeat(person, _AMBASSADOR_MONTHS),
            "last": np.repeat(last, _AMBASSADOR_MONTHS),
        }
    )
    return rows[rows["month"] <= rows["last"]].drop(columns="last").assign(kind="marketing", amount=_AMBASSADOR_FEE)


def _overhead(months: int, scale: float, *, window: Window, rng: np.random.Generator) -> pd.DataFrame:
    level = PROCESS.overhead_per_month * scale * (1 + _OVERHEAD_GROWTH) ** np.arange(months)
    lines = [
        pd.DataFrame(
            {
                "month": np.arange(months),
                "kind": "overhead",
                "pool": pool,
                "amount": np.round(level * share * np.exp(0.03 * rng.normal(size=months)), -3),
            }
        )
        for pool, share in _OVERHEAD_POOLS.items()
    ]
    month = window.fraction(_CORRECTION_MONTH)
    credit = round(level[month] * _CORRECTION_SHARE, -3)
    lines.append(pd.DataFrame({"month": [month], "kind": "overhead", "pool": "office", "amount": [credit]}))
    return pd.concat(lines, ignore_index=True)


def _intangible(caused: Drivers, scale: float, *, rng: np.random.Generator) -> pd.DataFrame:
    """What has no invoice is guessed, with a range that holds the truth nine times in ten."""
    n = len(caused.unhappy)
    true = {
        "reputation": (PROCESS.reputation_per_unhappy_ticket * caused.unhappy, PROCESS.estimate_noise),
        "founders_time": (np.full(n, _FOUNDERS_PER_MONTH * scale), _FOUNDERS_GUESS),
    }
    lines = []
    for pool, (amount, noise) in true.items():
        guess = np.round(amount * np.exp(noise * rng.normal(size=n)), -3)
        spread = np.exp(_NINETY * noise)
        lines.append(
            pd.DataFrame(
                {
                    "month": np.arange(n),
                    "kind": "intangible",
                    "pool": pool,
                    "amount": guess,
                    "low": np.round(guess / spread, -3),
                    "high": np.round(guess * spread, -3),
                }
            )
        )
    return pd.concat(lines, ignore_index=True)
