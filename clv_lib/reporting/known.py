"""What the notebook on costs has left for the valuation; where it left nothing, the settings' assumptions stand in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from clv_lib.analysis.intervals import Estimate, estimate
from clv_lib.analysis.new_customers import NewCustomerDraws
from clv_lib.analysis.terms import ReferralGain
from clv_lib.analysis.unit_costs import Source, UnitCosts
from clv_lib.reporting.costs_record import ACQUISITION, REFERRALS, UNIT_COSTS, load_unit_costs
from clv_lib.reporting.study import Study

PER_ORDER: Final = frozenset({"fulfilment", "service"})  # kinds of cost that may hang on orders
PER_MONTH: Final = frozenset({"service", "retention", "marketing"})
JEFFREYS: Final = 0.5  # prior events of a Poisson count
CAC_DRAWS: Final = 4_000


@dataclass(frozen=True)
class Basis:
    """What a value stands on, in numbers that fit on a page; ``None`` where no table knows.

    Attributes
    ----------
    margin : Estimate
        Part of revenue that is left.
    source : {"measured", "goods_assumed", "assumed"}
        Where the costs come from; ``goods_assumed``: all but the goods, for which the margin of the settings stands.
    per_order, per_month : Estimate or None
        Cost of an order, and of serving and keeping a customer for a month.
    referrals : Estimate or None
        New customers whom a customer brings in a month.
    acquisition_is_measured : bool or None
        None where the cost of winning a customer is neither measured nor stated.
    """

    margin: Estimate
    source: Source
    per_order: Estimate | None
    per_month: Estimate | None
    referrals: Estimate | None
    acquisition_is_measured: bool | None

    @property
    def costs_are_measured(self) -> bool:
        """Whether a ledger knows costs, if not those of the goods."""
        return self.source != "assumed"

    @property
    def is_profit(self) -> bool:
        """Whether anything but purchases enters the value."""
        return self.per_month is not None or self.referrals is not None


@dataclass(frozen=True)
class KnownCosts:
    """Measured costs as draws, and stated ones.

    Attributes
    ----------
    unit_costs : UnitCosts or None
    referrals_per_month, cost_per_referral : ndarray or None, dims (draw,)
        New customers brought per month alive, and what winning one of them so costs.
    cac : mapping of str to ndarray of dims (draw,)
        Cost of winning a customer, by channel.
    cac_customers : mapping of str to float
        How many customers each was measured on; empty where it is stated.
    gross_margin : float
        As stated.
    """

    unit_costs: UnitCosts | None
    referrals_per_month: np.ndarray | None
    cost_per_referral: np.ndarray | None
    cac: Mapping[str, np.ndarray]
    cac_customers: Mapping[str, float]
    gross_margin: float

    def referrals(self, new: NewCustomerDraws) -> ReferralGain | None:
        """What existing customers bring by bringing such newcomers; None where no table knows."""
        if self.referrals_per_month is None or self.cost_per_referral is None:
            return None
        return new.referral_gain(per_active_month=self.referrals_per_month, cost=self.cost_per_referral)

    @property
    def basis(self) -> Basis:
        """The same in numbers that fit on a page."""
        costs = self.unit_costs
        stated = Estimate(self.gross_margin, self.gross_margin, self.gross_margin)
        referrals = self.referrals_per_month
        return Basis(
            margin=stated if costs is None else estimate(costs.margin_rate),
            source="assumed" if costs is None else costs.source,
            per_order=_known(costs, PER_ORDER, "per_order"),
            per_month=_known(costs, PER_MONTH, "per_active_month"),
            referrals=None if referrals is None else estimate(referrals),
            acquisition_is_measured=bool(self.cac_customers) if self.cac else None,
        )


def known_costs(study: Study) -> KnownCosts:
    """Read what is known about costs and referrals.

    Parameters
    ----------
    study : Study
        Its run folder may hold ``unit_costs``, ``acquisition_costs`` and ``referral_rates``; each may be missing.
    """
    economics = study.settings.economics
    per_month = cost = None
    if study.folder.has(f"{REFERRALS}.parquet"):
        table = study.folder.read_table(REFERRALS)
        per_month, cost = (table[name].to_numpy(dtype=float) for name in ("new_customers", "cost"))
    cac: dict[str, np.ndarray] = {name: np.array([stated]) for name, stated in economics.cac.items()}
    customers: dict[str, float] = {}
    if study.folder.has(f"{ACQUISITION}.parquet"):
        cac, customers = _measured_cac(study)
    return KnownCosts(_measured_unit_costs(study), per_month, cost, cac, customers, economics.gross_margin)


def _known(costs: UnitCosts | None, kinds: frozenset[str], name: str) -> Estimate | None:
    """A unit cost, where some of the kinds that may cause it were learnt and it is not simply nothing."""
    if costs is None or not kinds.intersection(costs.measured) or not getattr(costs, name).any():
        return None
    return estimate(getattr(costs, name))


def _measured_unit_costs(study: Study) -> UnitCosts | None:
    """Unit costs that the ledger knows; None without one, so that the margin of the settings counts."""
    if not study.folder.has(f"{UNIT_COSTS}.parquet") or not study.folder.has(f"{UNIT_COSTS}.json"):
        return None
    found = load_unit_costs(study.folder)
    return None if found.source == "assumed" else found


def _measured_cac(study: Study) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Draws of what each channel's money is expected to win: the customers it won are one Poisson count."""
    table = study.folder.read_table(ACQUISITION)
    table = table[(table["new_customers"] > 0) & (table["spend"] > 0) & (table["channel"] != "")]
    rng = np.random.default_rng(study.seed)
    channels = [str(name) for name in table["channel"]]
    spend, won = (table[name].to_numpy(dtype=float) for name in ("spend", "new_customers"))
    draws = {
        name: spent / rng.gamma(count + JEFFREYS, size=CAC_DRAWS)
        for name, spent, count in zip(channels, spend, won, strict=True)
    }
    return draws, dict(zip(channels, won.tolist(), strict=True))
