"""The sections of ``dataset.toml`` that say who the data are about, where they live, and how they are modelled."""

import difflib
from datetime import date
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PriorSpec = dict[str, str | float | int]


def known_timezone(name: str) -> str:
    """Return the name if the IANA database has it."""
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"is not a time zone of the IANA database{f'; did you mean {near[0]}' if near else ''}")
    return name


class Section(BaseModel):
    """A section: frozen, and without room for a key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class DatasetSection(Section):
    """Who the data are about and which days they cover."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="short name; also the folder below reports/")
    title: str = Field("", description="name for people, as it stands on the pages; the short name when empty")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of every amount")
    timezone: Annotated[str, AfterValidator(known_timezone)] = Field("UTC", description="where a day begins")
    setting: Literal["noncontractual", "contractual"] = Field(
        "noncontractual",
        description="noncontractual: customers buy when they like and leave without telling; contractual: they buy "
        "under a contract, and the table of subscriptions knows the day that ends it",
    )
    as_of: date | None = Field(None, description="last day that is read; default: the last day of the log")
    calibration_end: date | None = Field(None, description="last day of the backtest's fitting data; default: 2/3")


class EngineSection(Section):
    """Where large tables live while they are worked on."""

    kind: Literal["duckdb", "spark", "ibis"] = "duckdb"
    url_env: str | None = Field(None, description="name of the environment variable that holds the address")


class EconomicsSection(Section):
    """Assumptions about money, used where no table says better."""

    gross_margin: float = Field(0.3, gt=0, le=1, description="contribution as a share of revenue")
    annual_discount_rate: float = Field(0.1, ge=0, lt=1, description="effective rate per year")
    horizon_months: int = Field(12, ge=1, le=120, description="how far ahead value is counted")
    cac: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="[economics.cac] channel = cost of winning one customer; used where the ledger has no such costs",
    )


class ModelSection(Section):
    """How the purchase and spend models are chosen and fitted."""

    purchase: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd"] = "auto"
    resolution: Literal["auto", "day", "week"] = "auto"
    draws: int = Field(1000, ge=100, description="posterior draws per chain")
    tune: int = Field(1000, ge=100)
    chains: int = Field(4, ge=2, le=16)
    seed: int = Field(8451, ge=0)
    priors: dict[str, dict[str, PriorSpec]] = Field(
        default_factory=dict,
        description="[model.priors.bg_nbd] r = {dist = 'Weibull', alpha = 2, beta = 1}; each stands for the default",
    )


class ReportSection(Section):
    """How a run is published."""

    languages: tuple[Literal["en", "id"], ...] = Field(("en", "id"), min_length=1)
    deadline_minutes: float = Field(60, gt=0, description="a run that takes longer is stopped with exit code 124")
