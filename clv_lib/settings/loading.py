"""Read ``dataset.toml``, apply overrides, and say every fault of it with its line."""

import difflib
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Final, Self, TypeGuard, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator

from clv_lib.errors import SettingsError
from clv_lib.settings.actions import ActionsSection
from clv_lib.settings.churn import ChurnSection
from clv_lib.settings.costs import CostsSection
from clv_lib.settings.plays import Play
from clv_lib.settings.policies import PoliciesSection
from clv_lib.settings.retention import RetentionSection
from clv_lib.settings.sections import (
    DatasetSection,
    EconomicsSection,
    EngineSection,
    ModelSection,
    ReportSection,
    Section,
)
from clv_lib.settings.segments import SegmentsSection
from clv_lib.settings.stages import StagesSection
from clv_lib.settings.strategy import StrategySection
from clv_lib.settings.tables import TablesSection
from clv_lib.settings.voice import VoiceSection

SETTINGS_FILE: Final = "dataset.toml"


class Settings(Section):
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
    costs: CostsSection = CostsSection()
    model: ModelSection = ModelSection()
    retention: RetentionSection = RetentionSection()
    churn: ChurnSection = ChurnSection()
    stages: StagesSection = StagesSection()
    segments: SegmentsSection = SegmentsSection()
    plays: dict[str, Play] = Field(default_factory=dict)
    strategy: StrategySection = StrategySection()
    voice: VoiceSection = VoiceSection()
    actions: ActionsSection = ActionsSection()
    report: ReportSection = ReportSection()

    @model_validator(mode="after")
    def _contracts_are_given(self) -> Self:
        if self.contractual and self.tables.subscriptions is None:
            raise ValueError(
                "dataset.setting is 'contractual', so the contracts must be given, but there is no "
                "[tables.subscriptions]. Name their file there, with customer_id, started_at and ended_at; or, if "
                "customers buy without a contract and leave without telling, set dataset.setting to 'noncontractual'"
            )
        return self

    @property
    def title(self) -> str:
        """The dataset's name for people."""
        return self.dataset.title or self.dataset.name

    @property
    def contractual(self) -> bool:
        """Whether customers buy under a contract whose end the company knows."""
        return self.dataset.setting == "contractual"

    @property
    def contract_months(self) -> int | None:
        """Months after a payment in which a member is counted as a customer; none without contracts."""
        return self.costs.active_months_after_purchase if self.contractual else None

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
    if not steps:  # about several sections at once
        return str(fault["msg"]).removeprefix("Value error, ")
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
    entry: type[BaseModel] | None = None
    for step in steps:
        if entry is not None:  # below a section of sections, where each key is a name of the company's own
            section, entry = entry, None
            continue
        annotation = section.model_fields[step].annotation if step in section.model_fields else None
        if get_origin(annotation) is dict:
            entry = next((kind for kind in get_args(annotation) if _is_section(kind)), None)
            continue
        kinds = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
        below = [kind for kind in kinds if _is_section(kind)]
        if not below:
            return []
        section = below[0]
    return [name for name in section.model_fields if name != "folder"]


def _is_section(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


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
