"""What the notebook on costs leaves for those that follow: the costs that a forecast subtracts, as draws."""

from typing import Final

import numpy as np
import pandas as pd

from clv_lib.analysis.referral_value import ReferralRates
from clv_lib.analysis.unit_costs import UnitCosts, from_record, to_record
from clv_lib.analysis.waterfall import Waterfall
from clv_lib.analysis.whale import Whale
from clv_lib.analysis.winning import WinningCosts
from clv_lib.names import CHANNEL, CONTRIBUTION, NEW_CUSTOMERS, PROFIT
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure
from clv_lib.settings import CostsSection

UNIT_COSTS: Final = "unit_costs"
ACQUISITION: Final = "acquisition_costs"  # channel, spend, new_customers: a row per channel of the ledger
REFERRALS: Final = "referral_rates"  # new_customers (per active month), cost (of one of them): a row per draw


def save_unit_costs(folder: RunFolder, found: UnitCosts) -> None:
    """Leave the draws in ``unit_costs.parquet`` and what they stand on in ``unit_costs.json``."""
    draws, record = to_record(found)
    folder.write_table(UNIT_COSTS, draws)
    folder.write_json(UNIT_COSTS, record)


def load_unit_costs(folder: RunFolder) -> UnitCosts:
    """Read what :func:`save_unit_costs` has left."""
    return from_record(folder.read_table(UNIT_COSTS), folder.read_json(UNIT_COSTS))


def save_acquisition_costs(folder: RunFolder, winning: WinningCosts) -> None:
    """Leave what the ledger knows about winning customers: spend and customers by channel, if it knows any."""
    if winning.source != "measured":
        return
    found = {str(name): cost for name, cost in winning.channels().items() if name}
    table = pd.DataFrame(
        {
            CHANNEL: list(found),
            "spend": [cost.spend for cost in found.values()],
            NEW_CUSTOMERS: [cost.customers for cost in found.values()],
        }
    )
    folder.write_table(ACQUISITION, table)


def save_referral_rates(
    folder: RunFolder, rates: ReferralRates | None, winning: WinningCosts, settings: CostsSection, *, seed: int
) -> None:
    """Leave how many new customers an active month brings, and what one of them costs.

    The cost of a referral is what the ledger's channel of referrals has cost per customer won; without one it is 0, and
    the reward, if there is any, is in the other costs.
    """
    if rates is None:
        return
    draws = rates.new_customers
    cost = winning.channels().get(settings.referral_channel)
    known = cost is not None and cost.customers > 0
    each = cost.draws(np.random.default_rng(seed), len(draws)) if cost is not None and known else np.zeros(len(draws))
    folder.write_table(REFERRALS, pd.DataFrame({NEW_CUSTOMERS: draws, "cost": each}))


def cost_figures(
    falls: Waterfall, whale: Whale, hooks: UnitCosts, winning: WinningCosts, currency: str
) -> list[KeyFigure]:
    """The figures that a run is remembered by."""
    margin, month = hooks.estimates()["margin_rate"], hooks.estimates()["per_active_month"]
    figures = [
        KeyFigure("contribution_to_date", falls.amount(CONTRIBUTION), unit=currency),
        KeyFigure("margin_rate", margin.mean, margin.low, margin.high, "share", margin.mass, "expected"),
    ]
    if hooks.source != "assumed":
        figures += [
            KeyFigure("customer_profit_to_date", falls.amount(PROFIT), *falls.range(PROFIT), currency, 0.9, "expected"),
            KeyFigure("customers_at_a_loss", float(whale.losing), unit="customers"),
            KeyFigure("cost_per_active_month", month.mean, month.low, month.high, currency, month.mass, "expected"),
        ]
    cost = winning.blended()
    if cost is not None:
        figures.append(KeyFigure("blended_cac", cost.cac, cost.low, cost.high, currency, cost.mass, "expected"))
    return figures
