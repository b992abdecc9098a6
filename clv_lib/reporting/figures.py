"""What a notebook hands to ``run.json``: its key figures, and whether its model is to be trusted."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Final, Literal

HEADLINE_VALUE: Final = "headline_value"  # the main figure of a run, in every setting


@dataclass(frozen=True)
class KeyFigure:
    """One number that a run is remembered by.

    Attributes
    ----------
    name : str
        Stable name, the same in every run, so that runs can be compared.
    value, low, high : float or None
        The figure and its interval in ``unit``; None where the data cannot tell.
    unit : str
        Currency code, "customers", "share", "purchases" …
    mass : float or None
        Probability that the interval holds.
    interval : {"expected", "realised", ""}
        Of the expected value (parameter uncertainty) or of what will happen (predictive).
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    mass: float | None = None
    interval: Literal["expected", "realised", ""] = ""

    def record(self) -> dict[str, Any]:
        """The figure as JSON can hold it: no NaN and no infinity."""
        return {name: _finite(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class DiagnosticsRecord:
    """Whether a notebook's model passed its checks, and why not."""

    trusted: bool
    reasons: tuple[str, ...] = ()
    values: tuple[tuple[str, float | None], ...] = ()

    def record(self) -> dict[str, Any]:
        """The record as JSON can hold it."""
        values = {name: _finite(value) for name, value in self.values}
        return {"trusted": self.trusted, "reasons": list(self.reasons), "values": values}


def _finite(value: Any) -> Any:
    if isinstance(value, str) or value is None:
        return value
    number = value.item() if hasattr(value, "item") else value
    return number if isfinite(number) else None
