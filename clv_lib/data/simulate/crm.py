"""The whole customer record, simulated: tables as a company exports them, and the truth behind them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from clv_lib.data.simulate import tables, truth
from clv_lib.data.simulate.accounts import accounts
from clv_lib.data.simulate.campaigns import campaigns
from clv_lib.data.simulate.contacts import contacts
from clv_lib.data.simulate.ledger import drivers, ledger
from clv_lib.data.simulate.lives import lives
from clv_lib.data.simulate.log import transactions
from clv_lib.data.simulate.process import REFERENCE_CUSTOMERS
from clv_lib.data.simulate.profiles import profiles
from clv_lib.data.simulate.sales import sales
from clv_lib.data.simulate.season import Season
from clv_lib.data.simulate.survey import value_survey
from clv_lib.data.simulate.voices import feedback
from clv_lib.data.simulate.window import Window
from clv_lib.errors import UsageError

START: Final = date(2022, 1, 1)
END: Final = date(2024, 12, 31)
FEWEST, MOST = 50, 1_000_000


@dataclass(frozen=True)
class Crm:
    """A simulated company.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        By the name of the table; days are midnights, moments have minutes, money is in whole Rp.
    truth : dict
        What ``truth.json`` holds.
    truth_customers : pandas.DataFrame
        One row per person: true rates, lifetime and what ended it.
    """

    tables: dict[str, pd.DataFrame]
    truth: dict[str, Any]
    truth_customers: pd.DataFrame


def simulate_crm(customers: int = REFERENCE_CUSTOMERS, *, seed: int, start: date = START, end: date = END) -> Crm:
    """Simulate the coffee brand.

    Parameters
    ----------
    customers : int
        People who ever order something between the two days; guests come on top.
    seed : int
        The same seed gives the same company, byte for byte.
    start, end : date
        First day of the brand, and last day of the record.

    Raises
    ------
    UsageError
        Too few or too many customers, a negative seed, or a window too short for a ledger.
    """
    if not FEWEST <= customers <= MOST:
        raise UsageError(
            f"a simulated company must have {FEWEST:,} to {MOST:,} customers, but {customers:,} were asked for. "
            "Fewer fill no campaign and no cohort; more do not fit into memory."
        )
    if seed < 0:
        raise UsageError(f"the seed must be 0 or above, but it is {seed}. Choose any other whole number.")
    season = Season(Window(start, end))
    window = season.window
    life = lives(customers, season=season, seed=seed)
    forms = profiles(customers, window=window, seed=seed)
    may_write = forms["consent"].fillna(False).to_numpy(dtype=bool)
    wave = campaigns(life, may_write, season=season, seed=seed)
    sold = sales(life, wave, season=season, seed=seed)
    spoken = contacts(life, wave, wave.orders, window=window, seed=seed)
    known_as = accounts(life, wave.orders, seed=seed)
    caused = drivers(life, sold, spoken, window=window)
    lines, expected = ledger(caused, life, wave, sold, window=window, seed=seed)
    asked = value_survey(life.people, may_write, window=window, seed=seed)
    said = feedback(sold, spoken, life.people, window=window, seed=seed)
    made = {
        "transactions": transactions(sold, known_as, window=window),
        "customers": tables.customers(life, forms, known_as, window=window, seed=seed),
        "products": tables.products(window),
        "merges": tables.merges(known_as),
        "costs": tables.costs(lines, known_as, window=window),
        "interactions": tables.interactions(spoken, known_as, window=window),
        "campaigns": tables.campaigns(wave, customers / REFERENCE_CUSTOMERS, window=window),
        "campaign_members": tables.members(wave, known_as, window=window),
        "feedback": tables.feedback(said, known_as, window=window),
        "value_survey": tables.value_survey(asked, known_as, window=window),
        "referrals": tables.referrals(life, known_as, window=window, seed=seed),
        "subscriptions": tables.subscriptions(life, known_as, window=window),
    }
    facts = truth.Facts(life, wave, sold, spoken, known_as, caused, expected, season=season, seed=seed)
    return Crm(made, truth.summary(facts, made), truth.people(facts))
