"""What the notebook on value has found, in the form that the summary reads it."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from pydantic import TypeAdapter

from clv_lib.analysis.attention import QuietRegulars, quiet_regulars
from clv_lib.analysis.backtest import TotalForecast
from clv_lib.analysis.channels import ChannelValue
from clv_lib.analysis.concentration import Concentration
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.lifetime import LifetimeValue
from clv_lib.analysis.losses import Losses, losses
from clv_lib.analysis.new_customers import NewCustomerValue
from clv_lib.analysis.rehearsal import NoRehearsal, Rehearsal
from clv_lib.analysis.valuation import CustomerValues
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.known import Basis

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
    basis : Basis
        Which margin, costs and gains are measured.
    active, total : Estimate
        Customers still active; residual CLV over the horizon, in currency.
    lifetime : LifetimeValue
        Past, future and their sum, by component.
    losses : Losses
        Customers who are worth less than nothing.
    channels : tuple of ChannelValue
        What each channel asks for a customer; empty where that is not known.
    spread : Spread
    quiet : QuietRegulars
    new : NewCustomerValue
    revenue_test : TotalForecast or None
        Revenue of the rehearsal; None where the log is too short for one.
    """

    family: str
    customers: int
    basis: Basis
    active: Estimate
    total: Estimate
    lifetime: LifetimeValue
    losses: Losses
    channels: tuple[ChannelValue, ...]
    spread: Spread
    quiet: QuietRegulars
    new: NewCustomerValue
    revenue_test: TotalForecast | None

    def save(self, folder: RunFolder) -> None:
        """Leave the findings in the run folder."""
        folder.write_json(RECORD, _writable(_ADAPTER.dump_python(self, mode="json")))

    @classmethod
    def load(cls, folder: RunFolder) -> "Findings":
        """Read what the notebook on value has left."""
        return _ADAPTER.validate_python(folder.read_json(RECORD))

    def key_figures(self, currency: str) -> list[KeyFigure]:
        """The figures that a run is remembered by."""
        figures = [
            _realised("expected_contribution", self.lifetime.future.contribution, currency),
            *([_realised("expected_profit", self.total, currency)] if self.basis.is_profit else []),
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


def _writable(value: Any) -> Any:
    """JSON has no NaN, as of the spread of a total below nothing; the word for it is read back as the number."""
    if isinstance(value, dict):
        return {name: _writable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _realised(name: str, estimate: Estimate, unit: str) -> KeyFigure:
    return KeyFigure(
        name, estimate.mean, estimate.predictive_low, estimate.predictive_high, unit, estimate.mass, "realised"
    )


def findings_of(
    family: str,
    values: CustomerValues,
    earned: LifetimeValue,
    spread: Concentration,
    new: NewCustomerValue,
    rehearsal: Rehearsal | NoRehearsal,
    *,
    basis: Basis,
    channels: tuple[ChannelValue, ...] = (),
) -> Findings:
    """Gather what the notebook on value has computed."""
    return Findings(
        family=family,
        customers=values.customers,
        basis=basis,
        active=values.active,
        total=values.total,
        lifetime=earned,
        losses=losses(values.cells),
        channels=channels,
        spread=spread_of(spread),
        quiet=quiet_regulars(values.cells),
        new=new,
        revenue_test=rehearsal.backtest.revenue if isinstance(rehearsal, Rehearsal) else None,
    )


def spread_of(found: Concentration) -> Spread:
    """The numbers of a concentration, without its table."""
    return Spread(found.gini, found.share_of_top_tenth, found.customers_for_half, found.share_for_half)
