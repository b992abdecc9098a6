"""When people act: whether the clock times of a table can be those of the business's own place."""

from dataclasses import dataclass
from typing import Final

from clv_lib.data.sniff.contents import TABLES
from clv_lib.data.sniff.recognition import Recognised

_FEWEST: Final = 200  # clock times; fewer say nothing
_WINDOW: Final = 6  # hours of the night
_NIGHT: Final = (0, 6)  # where its middle falls at home
_CALM: Final = 0.1  # share of the acts in the quietest six hours; above it, the clock never rests and tells nothing


@dataclass(frozen=True)
class Clock:
    """The clock of one table.

    Attributes
    ----------
    quiet : int
        Hour in the middle of the six with the fewest acts.
    universal : bool
        Whether the stamps say that they are UTC.
    offset : int or None
        Whole hours, where the stamps have one that is not zero.
    """

    quiet: int
    universal: bool
    offset: int | None

    @property
    def at_home(self) -> bool:
        """Whether the quiet hours are those of a night."""
        return _NIGHT[0] <= self.quiet <= _NIGHT[1]


def clock(one: Recognised) -> Clock | None:
    """Read the clock of a table's required day; None where it has no clock times, or they tell nothing."""
    ours = next((name for name, shape in TABLES[one.table].required.items() if shape == "day"), None)
    if ours is None:
        return None
    stamps = one.export.columns[one.fit.matches[ours].theirs].values
    parts = stamps.str.extract(r"[ T](\d{1,2}):(\d{2})\S*?\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$").dropna(subset=[0, 1])
    parts = parts[(parts[0].astype("int64") < 24) & ~((parts[0].astype("int64") == 0) & (parts[1] == "00"))]
    offset = parts[2].dropna()
    if len(parts) < _FEWEST and offset.empty:
        return None
    usual = str(offset.mode().iloc[0]) if len(offset) > 0.5 * len(parts) else ""
    hours = int(usual[:3]) if usual[:1] in ("+", "-") else 0
    counts = parts[0].astype("int64").value_counts().reindex(range(24), fill_value=0)
    nights = {start: sum(int(counts[(start + k) % 24]) for k in range(_WINDOW)) for start in range(24)}
    start = min(nights, key=lambda hour: nights[hour])
    if not hours and (len(parts) < _FEWEST or nights[start] > _CALM * len(parts)):
        return None
    return Clock((start + _WINDOW // 2) % 24, bool(usual) and not hours, hours or None)
