"""Which column of an export is which column of a table: by its name, by its values, or one word for all rows.

Each pair of a name of theirs and a column of ours has a strength between 0 and 1: the share of the name that a word of
the vocabulary covers (:func:`clv_lib.data.sniff.likeness.likeness`), times how well the values have the shape that the
column needs (:mod:`clv_lib.data.sniff.shapes`). The strongest pairs are taken first.
"""

from dataclasses import dataclass, field
from typing import Final

from clv_lib.data.sniff.contents import TABLES, Words
from clv_lib.data.sniff.layouts import Export
from clv_lib.data.sniff.likeness import closest
from clv_lib.data.sniff.shapes import CERTAIN, Shape
from clv_lib.data.sniff.values import translated
from clv_lib.data.sniff.vocabulary import COLUMNS, GENERIC, GENERIC_WEIGHT

WEAKEST: Final = 0.3  # a name of which less is understood says nothing
BY_VALUES: Final = 0.8  # a column whose every word is known, whatever its name
UNNAMED: Final = 0.1  # only the shape fits


@dataclass(frozen=True)
class Match:
    """A column of theirs for one of ours, how strongly, and why in words."""

    ours: str
    theirs: str
    strength: float
    why: str


@dataclass(frozen=True)
class Fit:
    """How an export would be read as one table.

    Attributes
    ----------
    table : str
    matches : dict
        Our name = the match.
    missing : tuple of str
        Required columns for which there is none.
    score : float
        2 points for each required column and 1 for each optional one, times the strength of its match; 2 for the name
        of the file; one off for each required column that only a constant can stand for.
    """

    table: str
    matches: dict[str, Match]
    missing: tuple[str, ...]
    score: float
    doubts: tuple[str, ...] = field(default=())

    @property
    def possible(self) -> bool:
        """Whether nothing is missing that a constant could not stand for."""
        return set(self.missing) <= set(TABLES[self.table].constants)


def fit(export: Export, table: str, *, by_shape: bool = False) -> Fit:
    """Read an export as a table.

    Parameters
    ----------
    export : Export
    table : str
        Name of the table.
    by_shape : bool
        Whether a required column without a telling name may be any column whose values have its shape.
    """
    words = TABLES[table]
    pairs = sorted(_pairs(export, table, words, by_shape=by_shape), key=lambda match: -match.strength)
    matches: dict[str, Match] = {}
    taken: set[str] = set()
    for pair in pairs:
        if pair.ours not in matches and pair.theirs not in taken:
            matches[pair.ours] = pair
            taken.add(pair.theirs)
    missing = tuple(ours for ours in words.required if ours not in matches)
    points = sum(match.strength * (2 if ours in words.required else 1) for ours, match in matches.items())
    called, _ = max(closest(name, words.called) for name in export.called)
    score = points + 2 * called - len(missing)
    ordered = {ours: matches[ours] for ours in (*words.required, *words.optional) if ours in matches}
    return Fit(table, ordered, missing, score, tuple(_rivals(export, words, ordered, taken)))


def _pairs(export: Export, table: str, words: Words, *, by_shape: bool) -> list[Match]:
    found = []
    for ours, shape in {**words.required, **words.optional}.items():
        for theirs, column in export.columns.items():
            strength, why = _named(ours, theirs, shape if ours in words.required else None)
            known = translated(table, ours, column.values) if shape == "closed" else None
            if known and known.share >= BY_VALUES > strength:
                found.append(Match(ours, theirs, BY_VALUES * known.share, "its words say so"))
            elif strength >= WEAKEST:
                fits = CERTAIN if known and known.share >= BY_VALUES else column.could_be(shape)
                found.append(Match(ours, theirs, strength * fits, why))
            elif by_shape and ours in words.required:
                found.append(
                    Match(ours, theirs, UNNAMED * column.could_be(shape), "its values fit, though not its name")
                )
    return [match for match in found if match.strength]


def _named(ours: str, theirs: str, required: Shape | None) -> tuple[float, str]:
    specific, word = closest(theirs, (*COLUMNS[ours], ours.replace("_", " ")))
    generic, general = closest(theirs, GENERIC.get(required, ())) if required else (0.0, "")
    if specific >= GENERIC_WEIGHT * generic:
        return specific, f"its name says so ({word!r})"
    return GENERIC_WEIGHT * generic, f"its name ({general!r}) and its values fit"


def _rivals(export: Export, words: Words, matches: dict[str, Match], taken: set[str]) -> list[str]:
    """Questions about required columns that are weakly matched while another column would fit too."""
    found = []
    for ours, shape in words.required.items():
        match = matches.get(ours)
        if match is None or match.strength > GENERIC_WEIGHT:
            continue
        others = [
            theirs
            for theirs, column in export.columns.items()
            if theirs not in taken and column.could_be(shape) == CERTAIN
        ]
        if match.strength <= UNNAMED or (others and shape in ("day", "money", "month", "score")):
            rest = f" Other columns of that shape: {', '.join(map(repr, others[:5]))}" if others else ""
            found.append(f"is {match.theirs!r} really {ours}?{rest}")
    return found
