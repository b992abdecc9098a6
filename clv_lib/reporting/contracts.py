"""What the notebook on members does, in steps that fit into a cell: read, rehearse, gather what was found."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from clv_lib.analysis.contract_backtest import ContractTest, forecast_renewals, plan_tests
from clv_lib.analysis.contract_value import ContractValues
from clv_lib.analysis.economics import economics_from
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.new_members import NewMember, NewMemberDraws
from clv_lib.analysis.terms import Terms, terms_of
from clv_lib.data.contract_handover import Membership, hand_over_contracts
from clv_lib.data.past import PROFIT
from clv_lib.errors import CannotEstimateError
from clv_lib.models.contract_fit import fit_contracts, groups_of
from clv_lib.models.posterior import Diagnostics, diagnose
from clv_lib.reporting.figures import KeyFigure
from clv_lib.reporting.known import KnownCosts, known_costs
from clv_lib.reporting.study import RECORD_PREFIX, Study

CONTRACT_FINDINGS: Final = "contract_findings"


def membership(study: Study) -> Membership:
    """Counts and cells of the members, from what the notebooks before have left."""
    files = {
        "subscriptions": f"{RECORD_PREFIX}subscriptions.parquet",
        "customers": f"{RECORD_PREFIX}customers.parquet",
        "summary": "customers.parquet",
    }
    if known_costs(study).unit_costs is not None:
        files["profit"] = f"{PROFIT}.parquet"
    paths = {name: study.folder.where(file) for name, file in files.items() if study.folder.has(file)}
    horizon = study.settings.economics.horizon_months
    return hand_over_contracts(paths, window=study.log().window, horizon_months=horizon)


def contract_terms(study: Study, known: KnownCosts) -> Terms:
    """What a unit of revenue leaves, a payment and a month cost: measured where a table knows, else as stated."""
    return terms_of(economics_from(study.settings.economics), study.draws, unit_costs=known.unit_costs)


@dataclass(frozen=True)
class ContractRehearsal:
    """The backtest and whether its fit may be trusted; both missing where the past is too short."""

    test: ContractTest | None = None
    diagnostics: tuple[Diagnostics, ...] = ()


def rehearse_contracts(study: Study, found: Membership, *, family: str) -> ContractRehearsal:
    """Fit to what was known at the end of the calibration period, and forecast who renewed since."""
    if found.before is None or found.at_cut is None or not len(found.at_cut):
        return ContractRehearsal()
    try:
        posterior = fit_contracts(found.before, by=found.by, family=family, settings=study.model)
    except CannotEstimateError:
        return ContractRehearsal()
    draws, groups = posterior.draws(study.draws, study.seed), groups_of(posterior)
    plans = plan_tests(draws, found.before, found.counts, groups, family=family)
    renewals, constant, actual = forecast_renewals(
        draws, found.at_cut, found.before, groups, family=family, seed=study.seed
    )
    return ContractRehearsal(ContractTest(plans, renewals, constant, actual), (diagnose(posterior),))


@dataclass(frozen=True)
class ContractFindings:
    """Figures on members that more than one page shows.

    Attributes
    ----------
    members, ever : int
        Under contract today, and ever.
    total : Estimate
        Residual value of all members over the horizon.
    next_renewal : float
        Mean probability of a member to make the next renewal.
    new : tuple of NewMember
    test : tuple of (Estimate, int) or None
        Renewals forecast and made in the test period.
    family : str
    """

    members: int
    ever: int
    total: Estimate
    next_renewal: float
    new: tuple[NewMember, ...]
    test: tuple[Estimate, int] | None
    family: str

    @property
    def missed_by(self) -> float:
        """Forecast of renewals over outcome, less one; NaN without a test."""
        return self.test[0].mean / self.test[1] - 1 if self.test and self.test[1] else float("nan")

    def key_figures(self, currency: str) -> list[KeyFigure]:
        """The figures that a run is remembered by."""
        total = self.total
        figures = [
            KeyFigure(
                "expected_value_of_members",
                total.mean,
                total.predictive_low,
                total.predictive_high,
                currency,
                total.mass,
                "realised",
            ),
            KeyFigure("members", self.members, unit="customers"),
            KeyFigure("next_renewal", self.next_renewal, unit="share"),
        ]
        best = max(self.new, key=lambda each: each.clv.mean, default=None)
        if best is not None:
            clv = best.clv
            figures.append(KeyFigure("new_member_clv", clv.mean, clv.low, clv.high, currency, clv.mass, "expected"))
        if self.test is not None:
            figures.append(KeyFigure("test_forecast_missed_by", self.missed_by, unit="share"))
        return figures

    def save(self, study: Study) -> None:
        """Leave the findings in the run folder."""
        study.folder.write_json(CONTRACT_FINDINGS, _ADAPTER.dump_python(self, mode="json"))

    @classmethod
    def load(cls, study: Study) -> "ContractFindings | None":
        """Read what the notebook on members has left; None where it left nothing."""
        if not study.folder.has(f"{CONTRACT_FINDINGS}.json"):
            return None
        return _ADAPTER.validate_python(study.folder.read_json(CONTRACT_FINDINGS))


def contract_findings(
    found: Membership, values: ContractValues, new: list[NewMemberDraws], rehearsal: ContractRehearsal, *, family: str
) -> ContractFindings:
    """Gather what the notebook on members has computed."""
    cells, test = values.cells, rehearsal.test
    next_renewal = np.average(cells["renewal_probability"], weights=cells["n"]) if len(cells) else float("nan")
    return ContractFindings(
        members=values.members,
        ever=int(found.sizes["n"].sum()),
        total=values.total,
        next_renewal=float(next_renewal),
        new=tuple(each.summary() for each in new),
        test=None if test is None else (test.renewals, test.actual),
        family=family,
    )


def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(ContractFindings)


_ADAPTER: Final = _adapter()
