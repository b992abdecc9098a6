"""What the notebook on costs leaves for those that follow: the costs that a forecast subtracts, as draws."""

from typing import Final

from clv_lib.analysis.unit_costs import UnitCosts, from_record, to_record
from clv_lib.analysis.waterfall import Waterfall
from clv_lib.analysis.whale import Whale
from clv_lib.analysis.winning import WinningCosts
from clv_lib.names import CONTRIBUTION, PROFIT
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure

UNIT_COSTS: Final = "unit_costs"


def save_unit_costs(folder: RunFolder, found: UnitCosts) -> None:
    """Leave the draws in ``unit_costs.parquet`` and what they stand on in ``unit_costs.json``."""
    draws, record = to_record(found)
    folder.write_table(UNIT_COSTS, draws)
    folder.write_json(UNIT_COSTS, record)


def load_unit_costs(folder: RunFolder) -> UnitCosts:
    """Read what :func:`save_unit_costs` has left."""
    return from_record(folder.read_table(UNIT_COSTS), folder.read_json(UNIT_COSTS))


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
