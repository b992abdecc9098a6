"""The tables as the company would export them, in our column names and with what is missing missing."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate.accounts import Accounts
from clv_lib.data.simulate.assortment import PLAN_PRODUCT, PLAN_UNITS, PRODUCTS, prices, unit_costs
from clv_lib.data.simulate.campaigns import Campaigns
from clv_lib.data.simulate.ledger import campaign_costs
from clv_lib.data.simulate.lives import Lives
from clv_lib.data.simulate.plans import BILLING, MONTHS, PLANS
from clv_lib.data.simulate.process import CHANNELS, ORGANIC, PERSONAS, PLAYS, PROCESS
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.survey import ITEMS
from clv_lib.data.simulate.window import Window

_UNRECORDED_REFERRALS = 0.04
_BUDGET_STEP, _BUDGET_ROOM = 100_000, 1.1


def campaign_ids(numbers: pd.Series | np.ndarray | pd.Index) -> pd.Series:
    """``CMP01`` for campaign 0; missing where the number is missing or negative."""
    return pd.Series(
        [f"CMP{int(each) + 1:02d}" if pd.notna(each) and each >= 0 else None for each in numbers], dtype="str"
    )


def customers(life: Lives, profiles: pd.DataFrame, known_as: Accounts, *, window: Window, seed: int) -> pd.DataFrame:
    """One row per account; second accounts have a form of their own, filled in by the same person."""
    person = np.concatenate([np.arange(known_as.people), known_as.second["person"]]).astype(np.int64)
    number = np.concatenate([np.arange(known_as.people) + 1, known_as.second["number"]]).astype(np.int64)
    since = np.concatenate([life.people["arrived"], known_as.second["since"]])
    first = np.arange(len(person)) < known_as.people
    gaps = {
        "acquisition_channel": PROCESS.missing_channel,
        "birth_date": PROCESS.missing_birth,
        "region": PROCESS.missing_region,
        "persona": PROCESS.missing_persona,
    }
    channel = np.array([each.name for each in CHANNELS], dtype=object)[life.people["channel"].to_numpy()[person]]
    persona = np.array([each.name for each in PERSONAS], dtype=object)[life.people["persona"].to_numpy()[person]]
    form = profiles.iloc[person].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "customer_id": known_as.written(number),
            "name": form["name"],
            "acquired_at": window.dates(since),
            "acquisition_channel": pd.Series(np.where(first, channel, ORGANIC), dtype="str"),
            "birth_date": form["birth_date"],
            "region": form["region"],
            "email_consent": form["consent"],
            "persona": pd.Series(persona, dtype="str"),
        }
    )
    for part, (name, share) in enumerate(gaps.items()):
        table[name] = table[name].mask(stream(seed, "missing", part=part).random(len(table)) < share)
    return table


def merges(known_as: Accounts) -> pd.DataFrame:
    """Second accounts and what stands for them."""
    second = known_as.second
    return pd.DataFrame(
        {
            "old_id": known_as.written(second["number"].to_numpy()),
            "new_id": known_as.written(second["replaces"].to_numpy()),
        }
    )


def products(window: Window) -> pd.DataFrame:
    """The price list on the last day."""
    return pd.DataFrame(
        {
            "product_id": [each.product_id for each in PRODUCTS],
            "name": [each.name for each in PRODUCTS],
            "category": [each.category for each in PRODUCTS],
            "unit_cost": unit_costs(window)[:, -1].astype("int64"),
            "price": prices(window)[:, -1].astype("int64"),
        }
    )


def costs(lines: pd.DataFrame, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """The ledger, every entry with an id."""
    person = lines["person"].fillna(-1).to_numpy(dtype=np.int64)
    ids = known_as.ids(np.maximum(person, 0))
    return pd.DataFrame(
        {
            "cost_id": pd.Series([f"K{k + 1:05d}" for k in range(len(lines))], dtype="str"),
            "month": window.month_dates(lines["month"]),
            "kind": lines["kind"].astype("str"),
            "amount": lines["amount"],
            "channel": lines["channel"].astype("str"),
            "campaign_id": campaign_ids(lines["campaign"]),
            "customer_id": ids.mask(person < 0),
            "pool": lines["pool"].astype("str"),
            "amount_low": lines["low"],
            "amount_high": lines["high"],
        }
    )


def interactions(contacts: pd.DataFrame, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """Every contact; those that took time under the account of the day, answers to campaigns under the first."""
    person = contacts["person"].to_numpy()
    answer = (contacts["kind"] == "response").to_numpy()
    ids = known_as.ids(person, contacts["at"].to_numpy()).where(~answer, known_as.ids(person))
    return pd.DataFrame(
        {
            "interaction_id": pd.Series([f"I{k + 1:06d}" for k in range(len(contacts))], dtype="str"),
            "customer_id": ids,
            "happened_at": window.minutes(contacts["at"]),
            "channel": contacts["channel"].astype("str"),
            "kind": contacts["kind"].astype("str"),
            "campaign_id": campaign_ids(contacts["campaign"]),
            "handling_minutes": contacts["minutes"],
            "resolved_at": window.minutes(contacts["resolved"]),
        }
    )


def campaigns(wave: Campaigns, scale: float, *, window: Window) -> pd.DataFrame:
    """What was planned and what the agencies say they have spent."""
    money = campaign_costs(wave, scale)
    plays = [PLAYS[str(play)] for play in wave.schedule["play"]]
    starts = window.dates(wave.schedule["starts"])
    budget = np.ceil(money["spent"] * _BUDGET_ROOM / _BUDGET_STEP) * _BUDGET_STEP
    return pd.DataFrame(
        {
            "campaign_id": campaign_ids(wave.schedule.index),
            "name": pd.Series(
                [f"{play.title} {start.year}" for play, start in zip(plays, starts, strict=True)], dtype="str"
            ),
            "play": wave.schedule["play"].astype("str"),
            "starts_at": starts,
            "ends_at": window.dates(wave.schedule["ends"].to_numpy(dtype=float) - 1),
            "fixed_cost": money["fixed"].astype("int64"),
            "cost_per_contact": money["per_contact"].astype("int64"),
            "budget": budget.astype("int64"),
            "reported_spend": money["reported"].astype("int64"),
        }
    )


def members(wave: Campaigns, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """Who was in which arm; assigned on the day before the start."""
    starts = wave.schedule["starts"].to_numpy(dtype=float)[wave.members["campaign"]]
    return pd.DataFrame(
        {
            "campaign_id": campaign_ids(wave.members["campaign"]),
            "customer_id": known_as.ids(wave.members["person"].to_numpy()),
            "arm": pd.Series(np.where(wave.members["treated"], "treated", "control"), dtype="str"),
            "assigned_at": window.dates(starts - 1),
        }
    )


def feedback(answers: pd.DataFrame, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """Answers with the account of the day."""
    return pd.DataFrame(
        {
            "customer_id": known_as.ids(answers["person"].to_numpy(), answers["at"].to_numpy()),
            "given_at": window.dates(answers["at"]),
            "instrument": answers["instrument"].astype("str"),
            "score": answers["score"],
            "touchpoint": answers["touchpoint"].astype("str"),
            "theme": answers["theme"],
            "comment": answers["comment"],
        }
    )


def value_survey(answers: pd.DataFrame, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """One row per person and question."""
    item = answers["item"].to_numpy()
    return pd.DataFrame(
        {
            "customer_id": known_as.ids(answers["person"].to_numpy()),
            "asked_at": window.dates(answers["at"]),
            "side": pd.Series(np.array([each.side for each in ITEMS], dtype=object)[item], dtype="str"),
            "item": pd.Series(np.array([each.name for each in ITEMS], dtype=object)[item], dtype="str"),
            "tangible": np.array([each.tangible for each in ITEMS])[item],
            "score": answers["score"],
            "importance": answers["importance"],
        }
    )


def referrals(life: Lives, known_as: Accounts, *, window: Window, seed: int) -> pd.DataFrame:
    """Who brought whom; a few forgot to enter the code."""
    referred = np.flatnonzero(life.people["referrer"].to_numpy() >= 0)
    recorded = stream(seed, "referral codes").random(len(referred)) >= _UNRECORDED_REFERRALS
    referred = referred[recorded]
    return pd.DataFrame(
        {
            "referrer_id": known_as.ids(life.people["referrer"].to_numpy()[referred]),
            "referred_id": known_as.ids(referred),
            "referred_at": window.dates(life.people["arrived"].to_numpy()[referred]),
        }
    )


def subscriptions(life: Lives, known_as: Accounts, *, window: Window) -> pd.DataFrame:
    """Contracts, with the price of one billing period as agreed at the start."""
    plan = np.array(PLANS, dtype=object)[life.plans["plan"]]
    started, cancelled = life.plans["started"].to_numpy(), life.plans["cancelled"].to_numpy()
    product = np.array([PLAN_PRODUCT[name] for name in plan], dtype=np.int64)
    units = np.array([PLAN_UNITS[name] for name in plan], dtype=np.int64)
    full = prices(window)[product, window.month_of(started)] * units
    return pd.DataFrame(
        {
            "customer_id": known_as.ids(life.plans["person"].to_numpy()),
            "started_at": window.dates(started),
            "ended_at": window.dates(np.where(cancelled < window.days, cancelled, np.nan)),
            "plan": pd.Series(plan, dtype="str"),
            "price": (full - np.round(full * PROCESS.subscription_discount / 100) * 100).astype("int64"),
            "billing_period": pd.Series([BILLING[MONTHS[name]] for name in plan], dtype="str"),
        }
    )
