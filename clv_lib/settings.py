"""``dataset.toml`` read into one frozen, validated object.

Every key has a meaning, a unit and a default here; an unknown key is an error with a suggestion, because a
misspelt assumption would otherwise be silently replaced by the default.
"""

import difflib
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from clv_lib.errors import SettingsError

SETTINGS_FILE = "dataset.toml"
PriorSpec = dict[str, str | float | int]


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"is not a time zone of the IANA database{f'; did you mean {near[0]}' if near else ''}")
    return name


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class DatasetSection(_Section):
    """Who the data are about and which days they cover."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="short name; also the folder below reports/")
    title: str = Field("", description="name for people, as it stands on the pages; the short name when empty")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of every amount")
    timezone: Annotated[str, AfterValidator(_known_timezone)] = Field("UTC", description="where a day begins")
    setting: Literal["noncontractual"] = Field(
        "noncontractual", description="customers leave without telling; contracts are not modelled yet"
    )
    as_of: date | None = Field(None, description="last day that is read; default: the last day of the log")
    calibration_end: date | None = Field(None, description="last day of the backtest's fitting data; default: 2/3")


class TableSection(_Section):
    """Where one table is and how its text is written; what is not stated is sniffed and reported."""

    path: str = Field(min_length=1, description="file or glob below the dataset's folder, or a table of the engine")
    columns: dict[str, str] = Field(default_factory=dict, description="our name = the name in the file")
    date_format: str | None = Field(None, description="strptime pattern of the dates, as in '%Y%m%d'")
    delimiter: str | None = Field(None, min_length=1, max_length=4)
    encoding: str | None = Field(None, description="'utf-8', 'utf-16' or 'latin-1'; others by their IANA name")
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None


class TablesSection(_Section):
    """The tables of the customer record."""

    transactions: TableSection


class EngineSection(_Section):
    """Where large tables live while they are worked on."""

    kind: Literal["duckdb", "spark", "ibis"] = "duckdb"
    url_env: str | None = Field(None, description="name of the environment variable that holds the address")


class PoliciesSection(_Section):
    """Named choices for rows that are neither clean nor broken."""

    zero_amounts: Literal["exclude", "keep"] = Field(
        "exclude", description="exclude: samples and replacements are not purchases; keep: count the day as a purchase"
    )
    refunds: Literal["exclude"] = Field(
        "exclude", description="a negative amount is never a purchase: it is set aside and its sum reported"
    )
    duplicates: Literal["drop", "keep"] = Field(
        "drop", description="rows equal in every column, order_id included; without an order_id they are only reported"
    )


class EconomicsSection(_Section):
    """Assumptions about money, used where no table says better."""

    gross_margin: float = Field(0.3, gt=0, le=1, description="contribution as a share of revenue")
    annual_discount_rate: float = Field(0.1, ge=0, lt=1, description="effective rate per year")
    horizon_months: int = Field(12, ge=1, le=120, description="how far ahead value is counted")


class ModelSection(_Section):
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


class ReportSection(_Section):
    """How a run is published."""

    languages: tuple[Literal["en", "id"], ...] = Field(("en", "id"), min_length=1)
    deadline_minutes: float = Field(60, gt=0, description="a run that takes longer is stopped with exit code 124")


class Settings(_Section):
    """Everything the suite is told about one dataset.

    Attributes
    ----------
    folder : Path
        Where ``dataset.toml`` lies; the paths of tables are relative to it.
    """

    folder: Path
    dataset: DatasetSection
    tables: TablesSection
    engine: EngineSection = EngineSection()
    policies: PoliciesSection = PoliciesSection()
    economics: EconomicsSection = EconomicsSection()
    model: ModelSection = ModelSection()
    report: ReportSection = ReportSection()

    @property
    def title(self) -> str:
        """The dataset's name for people."""
        return self.dataset.title or self.dataset.name

    def replacing(self, **sections: Any) -> Self:
        """Return a copy with whole sections replaced."""
        return self.model_copy(update=sections)


def load_settings(dataset: Path, *, overrides: Iterable[str] = (), as_of: str | date | None = None) -> Settings:
    """Read and check ``dataset.toml``.

    Parameters
    ----------
    dataset : Path
        The dataset's folder, or its ``dataset.toml``.
    overrides : iterable of str
        ``section.key=value`` with a TOML value, as in ``economics.gross_margin=0.4``; bare words are text.
    as_of : date or ISO text, optional
        Stands for ``dataset.as_of``.

    Raises
    ------
    SettingsError
        Names the file and every fault in it: unknown keys with a suggestion, wrong types, values out of range.
    """
    path = dataset / SETTINGS_FILE if dataset.is_dir() else dataset
    if not path.is_file():
        raise SettingsError(
            f"a dataset must have a {SETTINGS_FILE}, but there is none at {path}. "
            "Check the path, or let 'clv init FILE' write one from an export."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} must be TOML in UTF-8, but reading it failed: {error}. Correct that line."
        ) from error
    if as_of is not None:
        overrides = [*overrides, f"dataset.as_of={as_of}"]
    for override in overrides:
        _apply_override(raw, override)
    try:
        return Settings.model_validate({**raw, "folder": path.parent})
    except ValidationError as error:
        faults = "\n".join(f"  - {_explain(fault, text)}" for fault in error.errors())
        raise SettingsError(
            f"{path} must be valid settings, but it has {error.error_count()} fault(s):\n{faults}"
        ) from None


def _apply_override(raw: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    steps = key.strip().split(".")
    if not separator or len(steps) < 2:
        raise SettingsError(
            f"an override must read section.key=value, but {override!r} does not. "
            "Write, for example, --set economics.gross_margin=0.4."
        )
    target = raw
    for step in steps[:-1]:
        target = target.setdefault(step, {})
        if not isinstance(target, dict):
            raise SettingsError(f"the override {override!r} goes below {step}, which is a value and not a section")
    target[steps[-1]] = _toml_value(value.strip())


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(fault: Any, text: str) -> str:
    """One fault in words, with the line where its key stands."""
    steps = [step for step in fault["loc"] if isinstance(step, str)]
    key = ".".join(steps)
    where = _line_of(steps, text)
    place = f"line {where}: {key}" if where else key
    if fault["type"] == "extra_forbidden":
        known = _known_keys(steps[:-1])
        near = difflib.get_close_matches(steps[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"{place} is not a key we know; {hint}"
    if fault["type"] == "missing":
        return f"{key} is required and missing"
    message = fault["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{place} = {fault['input']!r}: {message}"


def _known_keys(steps: list[str]) -> list[str]:
    section: type[BaseModel] = Settings
    for step in steps:
        annotation = section.model_fields[step].annotation if step in section.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        section = annotation
    return [name for name in section.model_fields if name != "folder"]


def _line_of(steps: list[str], text: str) -> int | None:
    """First line that assigns the key, or opens its table, within the right section (1-based)."""
    section: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]").split("#")[0].strip(" []").split(".")
            if section == steps:
                return number
        elif [*section, line.split("=")[0].strip()] == steps:
            return number
    return None
