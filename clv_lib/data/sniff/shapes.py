"""What the values of a column look like, and which shape of column they could be."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import pandas as pd

from clv_lib.data.parsing import MISSING_WORDS

Shape = Literal[
    "id", "key", "serial", "day", "month", "money", "number", "score", "share", "flag", "word", "text", "code", "closed"
]
CERTAIN, DOUBTFUL, IMPOSSIBLE = 1.0, 0.5, 0.0

_LOOKED_AT: Final = 2_000  # values, taken evenly
_MOST: Final = 0.9  # of the values; the others are the faults that every export has
_DAY: Final = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]+(?:\d{4}|\d{2})"
    r"|[A-Za-z]{3,9} \d{1,2},? \d{4}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:\D.*)?"
)
_MONTH: Final = r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/]\d{4}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])"
_FIRST: Final = r"(?:\d{4}[-/.]\d{1,2}[-/.]0?1|0?1[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{4}|\d{6}01)(?:\D.*)?"
_NUMBER: Final = r"[^\d]{0,5}\d[\d., '\u00a0\u202f]*(?:[eE][+-]?\d{1,2})?\D{0,3}"
_SMALL: Final = r"[+-]?\d{1,3}(?:[.,]\d+)?"
_FLAGS: Final = ("true", "false", "t", "f", "yes", "no", "y", "n", "1", "0", "ya", "tidak", "benar", "salah")


@dataclass(frozen=True)
class Column:
    """The values of one column, without those that only say that there is none."""

    values: pd.Series

    @classmethod
    def of(cls, values: pd.Series) -> "Column":
        """Take the present values of a column of texts."""
        texts = values.dropna().astype("str").str.replace(r"[\u00a0\u202f]", " ", regex=True).str.strip()
        return cls(texts[~texts.str.lower().isin(MISSING_WORDS)])

    @cached_property
    def some(self) -> pd.Series:
        """A few of the values, from the whole length of the column."""
        return self.values.iloc[:: max(1, len(self.values) // _LOOKED_AT)]

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return int(self.values.nunique())

    @cached_property
    def small(self) -> pd.Series:
        """The values that are small numbers, as numbers."""
        small = self.some[self.some.str.fullmatch(_SMALL)]
        return small.str.replace(",", ".").astype("float64")

    def share_of(self, pattern: str) -> float:
        """Share of the values that are of a form."""
        return float(self.some.str.fullmatch(pattern).mean()) if len(self.some) else 0.0

    @cached_property
    def days(self) -> float:
        """Share of the values that look like a day."""
        return self.share_of(_DAY)

    @cached_property
    def numbers(self) -> float:
        """Share of the values that look like a number, perhaps with a currency's sign."""
        return self.share_of(_NUMBER) if self.days < _MOST or self.share_of(r"\d{8}") > _MOST else 0.0

    def could_be(self, shape: Shape) -> float:
        """How well the values agree with a shape: 1, a half where they are doubtful, or 0."""
        if not len(self.values):
            return DOUBTFUL if shape in ("word", "text", "number", "day", "flag", "id") else IMPOSSIBLE
        return _FITS[shape](self)

    def within(self, low: float, high: float) -> float:
        """Share of the values that are numbers between two bounds."""
        return float(self.small.between(low, high).sum() / len(self.some)) if len(self.some) else 0.0


def _day(column: Column) -> float:
    return CERTAIN if column.days > _MOST else IMPOSSIBLE


def _month(column: Column) -> float:
    if column.share_of(_MONTH) > _MOST or column.share_of(_FIRST) > _MOST:
        return CERTAIN
    return DOUBTFUL if column.days > _MOST else IMPOSSIBLE  # days of posting; their months can be taken


def _number(column: Column) -> float:
    return CERTAIN if column.numbers > _MOST else IMPOSSIBLE


def _money(column: Column) -> float:
    """Amounts differ; whole numbers up to ten look like a score or a count."""
    if column.numbers <= _MOST:
        return IMPOSSIBLE
    return DOUBTFUL if column.within(0, 10) > _MOST and column.share_of(r"\d+") > _MOST else CERTAIN


def _id(column: Column) -> float:
    if column.days > _MOST and column.share_of(r"\d{8}") < _MOST:
        return IMPOSSIBLE
    return DOUBTFUL if column.share_of(r"-?\d+[.,]\d{1,2}") > _MOST or column.share_of(r".{65,}") else CERTAIN


def _key(column: Column) -> float:
    return _id(column) if column.distinct >= _MOST * len(column.values) else IMPOSSIBLE


def _serial(column: Column) -> float:
    """Numbers of documents: a document has some lines, not a hundred."""
    return _id(column) if column.distinct > 0.01 * len(column.values) else IMPOSSIBLE


def _word(column: Column) -> float:
    """A few words that come again."""
    if column.days > _MOST:
        return IMPOSSIBLE
    return CERTAIN if column.distinct <= max(10, 0.2 * len(column.values)) else DOUBTFUL


def _closed(column: Column) -> float:
    return DOUBTFUL if column.distinct <= 40 and column.days <= _MOST else IMPOSSIBLE


_FITS: Final = {
    "id": _id,
    "key": _key,
    "serial": _serial,
    "day": _day,
    "month": _month,
    "money": _money,
    "number": _number,
    "score": lambda column: (
        CERTAIN if column.within(0, 10) > 0.7 else IMPOSSIBLE
    ),  # every survey holds a few that are not
    "share": lambda column: (
        CERTAIN if column.within(0, 1) > _MOST else DOUBTFUL if column.within(0, 100) > _MOST else 0
    ),
    "flag": lambda column: (
        CERTAIN if column.some.str.lower().isin(_FLAGS).mean() > _MOST else 0.5 * (column.distinct < 4)
    ),
    "word": _word,
    "text": lambda column: CERTAIN,
    "code": lambda column: CERTAIN if column.share_of(r"[A-Za-z]{3}") > 0.7 else IMPOSSIBLE,
    "closed": _closed,
}
