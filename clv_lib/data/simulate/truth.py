"""What is true: the parameters, what they came to, and what an analysis of the tables must find."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from clv_lib.data.simulate.accounts import Accounts
from clv_lib.data.simulate.campaigns import Campaigns
from clv_lib.data.simulate.fading import kept_of_rate
from clv_lib.data.simulate.ledger import Drivers, campaign_costs
from clv_lib.data.simulate.lives import Lives
from clv_lib.data.simulate.log import GUEST_ID, incident, lost
from clv_lib.data.simulate.process import CHANNELS, PERSONAS, PLAYS, PROCESS, REFERENCE_CUSTOMERS, REFERRAL
from clv_lib.data.simulate.sales import GUEST, SAMPLE, Sales
from clv_lib.data.simulate.season import Season, feasts
from clv_lib.data.simulate.story import story
from clv_lib.data.simulate.survey import true_means
from clv_lib.data.simulate.tables import campaign_ids
from clv_lib.data.simulate.troubles import bad_month
from clv_lib.periods import DAYS_PER_WEEK, weeks_in_months

_HORIZON_MONTHS = 12
SCHEMA = 1


@dataclass(frozen=True)
class Facts:
    """Everything that was drawn."""

    life: Lives
    wave: Campaigns
    sold: Sales
    contacts: pd.DataFrame
    known_as: Accounts
    caused: Drivers
    expected: pd.DataFrame
    season: Season
    seed: int


def summary(facts: Facts, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Contents of ``truth.json``."""
    window = facts.season.window
    return {
        "schema": SCHEMA,
        "seed": facts.seed,
        "customers": len(facts.life.people),
        "start": str(window.start),
        "end": str(window.end),
        "currency": "IDR",
        "rows": {name: len(table) for name, table in tables.items()},
        "process": asdict(PROCESS),
        "personas": [asdict(persona) for persona in PERSONAS],
        "plays": [asdict(play) for play in PLAYS.values()],
        "channels": _channels(facts),
        "campaigns": _campaigns(facts),
        "referrals": {
            "customers": int((facts.life.people["referrer"] >= 0).sum()),
            "per_active_week_at_perceived_value_0": facts.life.referral_rate,
        },
        "cost_drivers": _cost_drivers(facts),
        "value_survey": true_means(facts.life.people),
        "seasonality": _seasonality(facts.season),
        "unhappy_month": str(window.months[bad_month(window)]),
        "incident": _incident(facts),
        "blemishes": _blemishes(facts, tables),
        "ahead": _ahead(facts),
        "result": story(facts.life, facts.sold, facts.contacts, facts.caused, tables["costs"], window=window),
    }


def people(facts: Facts) -> pd.DataFrame:
    """One row per person: what nobody in the company can see.

    ``rate`` and ``dropout`` are per week; ``lifetime_weeks`` runs from the first order to leaving, however far beyond
    the window; ``expected_orders_12m`` are the shop orders to come in the twelve months after the window if nothing
    but drifting away ended them, without season, campaigns and subscription, fading on the way; 0 for those who have
    left. ``fading_from`` is the day from which the customer faded or fades, empty for those who did not (yet).
    """
    lives, window = facts.life.people, facts.season.window
    gone = lives["ends"].to_numpy() < window.days
    dropout, rate = lives["dropout"].to_numpy(), lives["rate"].to_numpy()
    ahead = rate * kept_of_rate(dropout) * -np.expm1(-dropout * weeks_in_months(_HORIZON_MONTHS)) / dropout
    fades = lives["fades"].where(lives["fades"] < window.days)
    return pd.DataFrame(
        {
            "customer_id": facts.known_as.ids(lives.index.to_numpy()),
            "persona": np.array([each.name for each in PERSONAS], dtype=object)[lives["persona"]],
            "channel": np.array([each.name for each in CHANNELS], dtype=object)[lives["channel"]],
            "perceived_value": lives["value"],
            "rate": rate,
            "dropout": dropout,
            "basket": lives["basket"],
            "trouble": lives["trouble"],
            "lifetime_weeks": (lives["ends"] - lives["first"]) / DAYS_PER_WEEK,
            "fading_from": window.dates(fades),
            "left_at": window.dates(np.where(gone, lives["ends"], np.nan)),
            "cause": lives["cause"].where(gone).astype("str"),
            "expected_orders_12m": np.where(gone, 0.0, ahead),
        }
    )


def _ahead(facts: Facts) -> dict[str, Any]:
    """Who is still a customer when the window closes, and the shop orders to expect of them in twelve months."""
    everyone = people(facts)
    return {
        "active_customers": int(everyone["left_at"].isna().sum()),
        "expected_orders_12m": float(everyone["expected_orders_12m"].sum()),
    }


def _channels(facts: Facts) -> list[dict[str, Any]]:
    """Customers won, and the spend at work for them until the close; spend that works later is left out of ``cac``."""
    won = np.bincount(facts.life.people["channel"], minlength=len(CHANNELS))
    spent = facts.life.spend.groupby("channel")["amount"].sum()
    rows = []
    for channel, count in zip(CHANNELS, won, strict=True):
        total = float(channel.cac * count) if channel.name == REFERRAL else float(spent.get(channel.name, 0.0))
        rows.append({**asdict(channel), "customers": int(count), "spend": total})
    return rows


def _campaigns(facts: Facts) -> list[dict[str, Any]]:
    scale = len(facts.life.people) / REFERENCE_CUSTOMERS
    money = campaign_costs(facts.wave, scale)
    rows = []
    for number, each in enumerate(facts.wave.schedule.itertuples()):
        own = facts.wave.members[facts.wave.members["campaign"] == number]
        play = PLAYS[str(each.play)]
        rows.append(
            {
                "campaign_id": campaign_ids(np.array([number])).iloc[0],
                "play": play.name,
                "starts_at": str(facts.season.window.day(float(each.starts))),  # type: ignore[arg-type]
                "ends_at": str(facts.season.window.day(float(each.ends) - 1)),  # type: ignore[arg-type]
                "members": len(own),
                "treated": int(own["treated"].sum()),
                "treated_share": play.treated_share if number else 1.0,
                "uplift": play.uplift,
                "baseline_orders_per_member": float(own["baseline"].mean()),
                "extra_orders_per_treated": float(own["extra"].mean()),
                "discount": play.discount,
                "spent": float(money["spent"].iloc[number]),
                "reported_spend": float(money["reported"].iloc[number]),
            }
        )
    return rows


def _cost_drivers(facts: Facts) -> dict[str, Any]:
    """Rate, driver, and what the driver came to; the ledger holds it with the noise of ``process.cost_noise``."""
    caused = facts.caused
    rates = {
        "service": {"per_handling_minute": PROCESS.service_per_minute, "per_contact": PROCESS.service_per_contact},
        "fulfilment": {"per_order": PROCESS.fulfilment_per_order},
        "payment": {"share_of_revenue": PROCESS.payment_share},
        "retention": {"per_active_month": PROCESS.retention_per_active_month},
        "onboarding": {"per_new_customer": PROCESS.onboarding_per_customer},
        "goods": {"share_of_unit_cost": 1.0},
    }
    counts = {
        "handling_minutes": caused.minutes,
        "contacts": caused.contacts,
        "orders": caused.orders,
        "revenue": caused.revenue,
        "active_months": caused.active,
        "new_customers": caused.newcomers,
        "goods": caused.goods,
        "unhappy_tickets": caused.unhappy,
    }
    return {
        "rates": rates,
        "months": [str(month) for month in facts.season.window.months],
        "drivers": {name: [float(each) for each in count] for name, count in counts.items()},
        "expected": {
            str(kind): [float(each) for each in own["expected"]]
            for kind, own in facts.expected.groupby("kind", sort=False)
        },
    }


def _seasonality(season: Season) -> dict[str, Any]:
    window = season.window
    month = window.month_of(np.arange(window.days) + 0.5)
    mean = np.bincount(month, weights=season.daily) / np.bincount(month)
    return {
        "monthly_factor": {f"{day:%Y-%m}": float(each) for day, each in zip(window.months, mean, strict=True)},
        "feasts": [str(day) for day in feasts(window)],
    }


def _incident(facts: Facts) -> dict[str, Any]:
    window = facts.season.window
    gap = incident(window)
    return {
        "kind": "gap in the log",
        "first_day": str(window.day(gap.begins)),
        "last_day": str(window.day(gap.ends - 1)),
        "lost": lost(facts.sold, window=window),
        "what_happened": "The shop sold as usual, but the export job failed for these days. Transactions and refunds "
        "of them are missing; contacts, answers and the ledger are complete.",
    }


def _blemishes(facts: Facts, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Counts of what an export has that a model must not see; of the transactions as they were exported."""
    log, form = tables["transactions"], tables["customers"]
    orders = facts.sold.orders
    partly = (orders["refunded"] > 0) & ~orders["cancelled"]
    refunds = log["refund_of"].notna()
    named = set(log.loc[~refunds, "order_id"])
    return {
        "orders": int(log.loc[~refunds, "order_id"].nunique()),
        "guest_rows": int((log["customer_id"] == GUEST_ID).sum()),
        "guest_orders": int(log.loc[log["customer_id"] == GUEST_ID, "order_id"].nunique()),
        "zero_rows": int((log["amount"] == 0).sum()),
        "refund_rows": int(refunds.sum()),
        "refund_rows_of_orders_in_the_gap": sum(order not in named for order in log.loc[refunds, "refund_of"]),
        "refund_amount": float(log.loc[refunds, "amount"].sum()),
        "cancelled_orders": int(orders["cancelled"].sum()),
        "partly_refunded_orders": int(partly.sum()),
        "second_accounts": len(facts.known_as.second),
        "customers_without_transaction": len(set(form["customer_id"]) - set(log["customer_id"])),
        "samples": int((orders["source"] == SAMPLE).sum()),
        "guests_booked": int((orders["person"] == GUEST).sum()),
        "missing": {
            name: int(form[name].isna().sum())
            for name in ("acquisition_channel", "birth_date", "region", "email_consent", "persona")
        },
    }
