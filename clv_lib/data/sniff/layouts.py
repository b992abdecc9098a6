"""Files of one layout are one export: a log that was cut into months is one table."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, takewhile
from pathlib import Path
from typing import Final

import pandas as pd

from clv_lib.data.sniff.samples import SAMPLE_ROWS, Sample
from clv_lib.data.sniff.shapes import Column

_FEWEST: Final = 5  # rows; that fewer are the same may be chance


@dataclass(frozen=True, eq=False)
class Export:
    """What is read as one table.

    Attributes
    ----------
    path : str
        File or pattern, relative to the folder of ``dataset.toml``, as it stands in there.
    samples : tuple of Sample
        One of each file.
    """

    path: str
    samples: tuple[Sample, ...]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Rows of all files, as many from each."""
        share = max(1, SAMPLE_ROWS // len(self.samples))
        return pd.concat([sample.frame.head(share) for sample in self.samples], ignore_index=True)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns that have a name."""
        return {str(name): Column.of(self.frame[name]) for name in self.frame.columns if str(name)}

    @property
    def sheet(self) -> str | None:
        """Sheet of the workbook, if it has several."""
        return self.samples[0].sheet

    @property
    def typed(self) -> frozenset[str]:
        """Columns that are dates or numbers in the source already."""
        return frozenset.intersection(*(sample.typed for sample in self.samples))

    @property
    def called(self) -> tuple[str, ...]:
        """Names that may tell what is in it: of the sheet, the file and its folder."""
        stem = Path(self.path).name.split(".")[0]
        bare = "".join(mark if not mark.isdigit() else " " for mark in stem)
        folder = Path(self.path).parent.name
        return tuple(name for name in (self.sheet or "", bare, folder) if name) or ("",)

    @property
    def name(self) -> str:
        """As it is called in sentences."""
        return f"{self.path}, sheet {self.sheet}" if self.sheet else self.path

    @property
    def encoding(self) -> str | None:
        """The encoding that must be stated, if any."""
        return next((sample.encoding for sample in self.samples if sample.encoding), None)

    @property
    def delimiter(self) -> str | None:
        """What divides the fields, if it is text."""
        return self.samples[0].delimiter

    @property
    def complete(self) -> bool:
        """Whether every row was seen."""
        return len(self.frame) == sum(len(sample.frame) for sample in self.samples if sample.complete)

    @property
    def size(self) -> str:
        """How many rows were seen, in words."""
        rows = sum(len(sample.frame) for sample in self.samples)
        more = "" if all(sample.complete for sample in self.samples) else " or more"
        files = f" in {len(self.samples)} files" if len(self.samples) > 1 else ""
        return f"{rows:,} rows{more}{files}"

    @property
    def doubts(self) -> list[str]:
        """What the owner should look at, each doubt once."""
        found = list(dict.fromkeys(doubt for sample in self.samples for doubt in sample.doubts))
        if len({sample.encoding for sample in self.samples}) > 1:
            found.append(f"the files are not all written in one encoding; is {self.encoding} right for each?")
        return found


def exports(samples: Sequence[Sample], folder: Path) -> list[Export]:
    """Put the samples with the same columns together where a pattern matches just their files.

    Parameters
    ----------
    samples : sequence of Sample
    folder : Path
        Where ``dataset.toml`` will lie.
    """
    groups: dict[tuple[object, ...], list[Sample]] = {}
    for sample in samples:
        layout = (sample.path.parent, "".join(sample.path.suffixes[-2:]), sample.sheet, sample.delimiter)
        groups.setdefault((*layout, *sorted(map(str, sample.frame.columns))), []).append(sample)
    found: list[Export] = []
    for group in groups.values():
        inner = group[0].path.parent != folder
        parts = len(group) > 1 and not _copies(group)
        pattern = _pattern([sample.path for sample in group], inner=inner) if parts else ""
        if pattern:
            found.append(Export(_relative(group[0].path.parent, folder) + pattern, tuple(group)))
        else:
            found += [Export(_relative(one.path.parent, folder) + one.path.name, (one,)) for one in group]
    return found


def _relative(parent: Path, folder: Path) -> str:
    inner = parent.relative_to(folder).as_posix()
    return "" if inner == "." else f"{inner}/"


def _pattern(paths: Sequence[Path], *, inner: bool) -> str:
    """Pattern for the files: their common beginning and ending; '' when it would match others too."""
    names = sorted(path.name for path in paths)
    head = _beginning(names)
    tail = _beginning([name[len(head) :][::-1] for name in names])[::-1]
    suffix = tail[tail.find(".") :] if "." in tail else tail
    if not head.strip("._- ") and not inner:
        return ""
    for start, end in ((re.sub(r"\d[\d._ -]*$", "", head), suffix), (head, tail)):  # next year's files too
        pattern = f"{glob.escape(start)}*{glob.escape(end)}"
        if sorted(path.name for path in paths[0].parent.glob(pattern) if path.is_file()) == names:
            return pattern
    return ""


def _beginning(names: Sequence[str]) -> str:
    return "".join(letters[0] for letters in takewhile(lambda each: len(set(each)) == 1, zip(*names, strict=False)))


def _copies(group: Sequence[Sample]) -> bool:
    """Whether most rows of some file stand in another one too: then they are versions, not parts."""
    keys = [frozenset(pd.util.hash_pandas_object(sample.frame, index=False)) for sample in group]
    shared = ((len(one & other), min(len(one), len(other))) for one, other in combinations(keys[:12], 2))
    return any(common > 0.5 * least for common, least in shared if least >= _FEWEST)
