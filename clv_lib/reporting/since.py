"""What has changed since the run before: the five numbers, the customers, the settings and the method."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from clv_lib.analysis.between_runs import moves, value_changes
from clv_lib.analysis.difference import Change, change
from clv_lib.data.handover import opened_record
from clv_lib.names import LIFECYCLE_STAGE, SEGMENT
from clv_lib.reporting.fingerprints import library_digest
from clv_lib.reporting.headlines import AT_RISK, HEADLINES, NEWCOMER, REPEAT, VALUE, estimate_of
from clv_lib.reporting.previous import PreviousRun
from clv_lib.reporting.stages import ASSUMPTIONS
from clv_lib.reporting.study import Study

_GROUPINGS: Final = {SEGMENT: "customer_segments", LIFECYCLE_STAGE: "lifecycle_stages"}  # the finer one first
_OF_THE_DATA: Final = ("dataset.as_of", "dataset.calibration_end", "dataset.name", "dataset.title")
_SPANS: Final = {VALUE: "economics.horizon_months", NEWCOMER: "economics.horizon_months"}


@dataclass(frozen=True)
class SettingChange:
    """One key of the settings that is not what it was; None: not stated."""

    key: str
    before: Any
    now: Any


@dataclass(frozen=True)
class DataChange:
    """What the two runs knew: last day, rows of the log and customers; None where the earlier one does not say."""

    last_day: date
    rows: int
    customers: int
    last_day_before: date | None
    rows_before: int | None
    customers_before: int | None

    @property
    def same(self) -> bool:
        """Whether the log ends on the same day and has as many rows and customers."""
        before = (self.last_day_before, self.rows_before, self.customers_before)
        return before == (self.last_day, self.rows, self.customers)


@dataclass(frozen=True)
class Since:
    """The run beside the one before.

    Attributes
    ----------
    before : PreviousRun
    data : DataChange
    changes : dict of str to Change
        Headlines that both runs have, counted alike.
    unlike : tuple of str
        Headlines that both have, but over another span or in another currency.
    values : DataFrame or None
        See :func:`clv_lib.analysis.between_runs.value_changes`; None where either run has no values, or values over
        another span.
    moved : DataFrame or None
        See :func:`clv_lib.analysis.between_runs.moves`.
    moved_by : str
        What ``moved`` counts: ``segment`` or ``lifecycle_stage``.
    settings : tuple of SettingChange
    method : bool
        Whether the library is not what it was.
    """

    before: PreviousRun
    data: DataChange
    changes: Mapping[str, Change]
    unlike: tuple[str, ...]
    values: pd.DataFrame | None
    moved: pd.DataFrame | None
    moved_by: str
    settings: tuple[SettingChange, ...]
    method: bool


def since(study: Study, figures: Mapping[str, Any]) -> Since | None:
    """Compare this run with the one before; None in a first run.

    Parameters
    ----------
    study : Study
    figures : mapping of str to KeyFigure
        From :func:`clv_lib.reporting.headlines.headlines`.
    """
    before = study.previous()
    if before is None:
        return None
    settings = changed_settings(study, before)
    then, keys = before.figures(), {each.key for each in settings}
    shared = [name for name in HEADLINES if name in figures and name in then and then[name].value is not None]
    alike = [name for name in shared if figures[name].unit == then[name].unit and _same_span(name, study, before, keys)]
    moved_by = next((name for name, file in _GROUPINGS.items() if _both(study, before, file)), "")
    return Since(
        before=before,
        data=_data(study, before),
        changes={name: change(estimate_of(figures[name]), estimate_of(then[name])) for name in alike},
        unlike=tuple(name for name in shared if name not in alike),
        values=_values(study, before) if VALUE in alike else None,
        moved=_moved(study, before, moved_by) if moved_by else None,
        moved_by=moved_by,
        settings=settings,
        method=not same_method(before),
    )


def changed_settings(study: Study, before: PreviousRun) -> tuple[SettingChange, ...]:
    """Settings on which the numbers stand, and which are not what they were; none where the earlier run kept none."""
    kept = before.record.get("settings")
    if not isinstance(kept, dict):
        return ()
    then = flat(kept)
    now = flat(study.settings.model_dump(mode="json", include=set(ASSUMPTIONS)))
    keys = [*then, *now] if same_method(before) else [key for key in then if key in now]  # another method, other keys
    changed = [key for key in dict.fromkeys(keys) if key not in _OF_THE_DATA and then.get(key) != now.get(key)]
    return tuple(SettingChange(key, then.get(key), now.get(key)) for key in changed)


def same_method(before: PreviousRun) -> bool:
    """Whether the library is what it was."""
    return bool(before.record.get("library") == library_digest())


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one mapping: ``section.key`` to value."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        key = f"{prefix}{name}"
        found |= flat(value, f"{key}.") if isinstance(value, dict) else {key: value}
    return found


def _same_span(name: str, study: Study, before: PreviousRun, changed: set[str]) -> bool:
    if name == REPEAT:
        return not any(key.startswith("retention.") for key in changed)
    if name == AT_RISK:
        return _both(study, before, "churn_risk") and _horizon(study.folder) == _horizon(before)
    return _SPANS.get(name) not in changed


def _horizon(place: Any) -> int:
    return int(place.read_table("churn_risk", ["horizon_days"])["horizon_days"].max())


def _both(study: Study, before: PreviousRun, name: str) -> bool:
    return study.folder.has(f"{name}.parquet") and before.has(f"{name}.parquet")


def _opened(study: Study, before: PreviousRun, name: str) -> tuple[Any, Any]:
    file = f"{name}.parquet"
    both = opened_record({"now": study.folder.where(file), "before": before.where(file)})
    return both["now"], both["before"]


def _values(study: Study, before: PreviousRun) -> pd.DataFrame | None:
    if not _both(study, before, "customer_values"):
        return None
    return value_changes(*_opened(study, before, "customer_values"))


def _moved(study: Study, before: PreviousRun, column: str) -> pd.DataFrame:
    return moves(*_opened(study, before, _GROUPINGS[column]), column)


def _data(study: Study, before: PreviousRun) -> DataChange:
    (known,) = study.folder.data().values()
    last = date.fromisoformat(str(known["last_day"]))
    return DataChange(last, known["rows"], known["customers"], before.as_of, before.rows, before.customers)
