"""What the notebook on value has found, in the form that the summary reads it."""

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from clv_lib.analysis.attention import QuietRegulars, quiet_regulars
from clv_lib.analysis.backtest import TotalForecast
from clv_lib.analysis.concentration import Concentration
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.new_customers import NewCustomerValue
from clv_lib.analysis.rehearsal import NoRehearsal, Rehearsal
from clv_lib.analysis.valuation import CustomerValues
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure

RECORD: Final = "findings"
TENTHS: Final = "value_by_tenth"


@dataclass(frozen=True)
class Spread:
    """The numbers of a :class:`~clv_lib.analysis.concentration.Concentration`, without its table."""

    gini: float
    share_of_top_tenth: float
    customers_for_half: int
    share_for_half: float


@dataclass(frozen=True)
class Findings:
    """Figures on value that more than one page shows.

    Attributes
    ----------
    family : str
        Purchase model.
    customers : int
    active, total : Estimate
        Customers still active; residual CLV over the horizon, in currency.
    spread : Spread
    quiet : QuietRegulars
    new : NewCustomerValue
    revenue_test : TotalForecast or None
        Revenue of the rehearsal; None where the log is too short for one.
    """

    family: str
    customers: int
    active: Estimate
    total: Estimate
    spread: Spread
    quiet: QuietRegulars
    new: NewCustomerValue
    revenue_test: TotalForecast | None

    def save(self, folder: RunFolder) -> None:
        """Leave the findings in the run folder."""
        folder.write_json(RECORD, _ADAPTER.dump_python(self, mode="json"))

    @classmethod
    def load(cls, folder: RunFolder) -> "Findings":
        """Read what the notebook on value has left."""
        return _ADAPTER.validate_python(folder.read_json(RECORD))

    def key_figures(self, currency: str) -> list[KeyFigure]:
        """The figures that a run is remembered by."""
        figures = [
            _realised("expected_contribution", self.total, currency),
            _realised("active_customers", self.active, "customers"),
            KeyFigure(
                "new_customer_clv",
                self.new.clv.mean,
                self.new.clv.low,
                self.new.clv.high,
                currency,
                self.new.clv.mass,
                "expected",
            ),
            KeyFigure("share_of_top_tenth", self.spread.share_of_top_tenth, unit="share"),
        ]
        if self.revenue_test is not None:
            figures.append(KeyFigure("test_forecast_missed_by", self.revenue_test.missed_by, unit="share"))
        return figures


_ADAPTER: Final = TypeAdapter(Findings)


def _realised(name: str, estimate: Estimate, unit: str) -> KeyFigure:
    return KeyFigure(
        name, estimate.mean, estimate.predictive_low, estimate.predictive_high, unit, estimate.mass, "realised"
    )


def findings_of(
    family: str,
    values: CustomerValues,
    spread: Concentration,
    new: NewCustomerValue,
    rehearsal: Rehearsal | NoRehearsal,
) -> Findings:
    """Gather what the notebook on value has computed."""
    return Findings(
        family=family,
        customers=values.customers,
        active=values.active,
        total=values.total,
        spread=spread_of(spread),
        quiet=quiet_regulars(values.cells),
        new=new,
        revenue_test=rehearsal.backtest.revenue if isinstance(rehearsal, Rehearsal) else None,
    )


def spread_of(found: Concentration) -> Spread:
    """The numbers of a concentration, without its table."""
    return Spread(found.gini, found.share_of_top_tenth, found.customers_for_half, found.share_for_half)
