"""The notebooks of a run, and which of them need which: one table."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from clv_lib.errors import UsageError

DATA_SECTIONS: Final = ("dataset", "tables", "engine", "policies")
VALUE_SECTIONS: Final = (*DATA_SECTIONS, "economics", "costs", "model")
ALL_SECTIONS: Final = (
    *VALUE_SECTIONS, "retention", "churn", "stages", "segments", "plays", "strategy", "voice", "actions",
)  # fmt: skip
ASSUMPTIONS: Final = tuple(name for name in ALL_SECTIONS if name not in ("tables", "engine"))


@dataclass(frozen=True)
class Stage:
    """One notebook of a run.

    Attributes
    ----------
    notebook : str
        Name of the file without ``.ipynb``.
    needs : tuple of str
        Notebooks whose artifacts it reads.
    reads : tuple of str
        Sections of the settings that can change its result; a change elsewhere does not make it run again.
    """

    notebook: str
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ALL_SECTIONS


_LEARNT: Final = ("01_data_collection", "02_cost_accounting", "04_lifetime_value")
_PAGES: Final = (
    Stage("01_data_collection", reads=(*DATA_SECTIONS, "model")),
    Stage("02_cost_accounting", needs=("01_data_collection",), reads=VALUE_SECTIONS),
    Stage("04_lifetime_value", needs=("01_data_collection", "02_cost_accounting"), reads=VALUE_SECTIONS),
    Stage("03_retention", needs=_LEARNT, reads=(*VALUE_SECTIONS, "retention")),
    Stage("05_churn_warning", needs=_LEARNT, reads=(*VALUE_SECTIONS, "churn")),
    Stage("06_lifecycle_staging", needs=_LEARNT, reads=(*VALUE_SECTIONS, "stages")),
    Stage(
        "07_customer_voice",
        needs=(*_LEARNT, "05_churn_warning", "06_lifecycle_staging"),
        reads=(*VALUE_SECTIONS, "churn", "stages", "segments", "voice"),
    ),
    Stage("08_segment_strategy", needs=(*_LEARNT, "05_churn_warning", "06_lifecycle_staging")),
)
STAGES: Final = (
    *_PAGES,
    Stage("00_summary", needs=tuple(stage.notebook for stage in _PAGES)),
)  # runs last, reads first


def selected(stages: Sequence[Stage], only: Iterable[str] = ()) -> tuple[Stage, ...]:
    """The stages to run: all, or the named ones with everything that they need, in the table's order.

    Raises
    ------
    UsageError
        A name is not a notebook of the table.
    """
    known = {stage.notebook: stage for stage in stages}
    wanted: set[str] = set()
    waiting = [_known_name(name.removesuffix(".ipynb"), known) for name in only] or list(known)
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [need for need in known[name].needs if need not in wanted]
    return tuple(stage for stage in stages if stage.notebook in wanted)


def _known_name(name: str, known: Iterable[str]) -> str:
    known = list(known)
    if name in known:
        return name
    begins = [each for each in known if each.startswith(name)]
    if name and len(begins) == 1:
        return begins[0]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}."
    raise UsageError(f"--only must name a notebook, but there is no {name!r}; {hint}")
