"""How a contract is written down: a pandera schema, and for each column how its text is read (:data:`Reads`)."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pandera.pandas as pa

from clv_lib.names import MEANINGS

MONEY_UNITS: Final = 10_000  # money is added in ten-thousandths of the currency, as integers
EARLIEST_DAY: Final = date(1970, 1, 2)  # 1900-01-01 and 1970-01-01 are how systems write "no date"
EARLIEST_BIRTH: Final = date(1900, 1, 2)

Reads = Literal["id", "label", "text", "day", "moment", "month", "number", "whole", "flag", "choice"]
"""How a column is read.

id, label
    Text without the spaces around it; two spellings of one thing must not become two things.
text
    Free text, byte for byte; only an empty one is missing, since a person may be called NULL.
day, moment, month
    Calendar day, clock time, first day of a month; in the business's time zone.
number, whole
    A number; a whole one is never written with decimals or marks.
flag, choice
    Yes or no; one word of a closed list. In any case.
"""

_KINDS: Final[dict[Reads, str]] = {
    **{"id": "str", "label": "str", "text": "str", "choice": "str"},
    **{"day": "date", "month": "date", "moment": "timestamp", "number": "float64", "whole": "float64", "flag": "bool"},
}
_PANDAS: Final = {"timestamp": "datetime64[us]", "bool": "boolean"}


def column(
    name: str,
    kind: str,
    *checks: pa.Check,
    nullable: bool = False,
    required: bool = True,
    reads: Reads | None = None,
    choices: tuple[str, ...] = (),
) -> pa.Column:
    """Write down one column of a contract by its plain type."""
    return pa.Column(
        _PANDAS.get(kind, kind),
        list(checks),
        name=name,
        nullable=nullable,
        required=required,
        description=MEANINGS[name],
        # pandera turns the type into pandas' own; engines need the plain word
        metadata={"kind": kind, "reads": reads, "choices": choices},
        coerce=True,
    )


def needed(name: str, reads: Reads, *checks: pa.Check, choices: tuple[str, ...] = ()) -> pa.Column:
    """A column that every row must fill."""
    filled = [pa.Check.str_length(min_value=1)] if _KINDS[reads] == "str" else []
    return column(name, _KINDS[reads], *checks, *filled, reads=reads, choices=choices)


def optional(name: str, reads: Reads, *checks: pa.Check, choices: tuple[str, ...] = ()) -> pa.Column:
    """A column that may be absent, and whose values may be."""
    return column(name, _KINDS[reads], *checks, nullable=True, required=False, reads=reads, choices=choices)


def schema(name: str, *columns: pa.Column, key: list[str] | None = None) -> pa.DataFrameSchema:
    """Write down a table."""
    return pa.DataFrameSchema({each.name: each for each in columns}, name=name, unique=key, strict="filter")


def kind_of(column: pa.Column) -> str:
    """Plain type of a column: str, date, timestamp, float64, int64 or bool."""
    return str((column.metadata or {})["kind"])


def reads_of(column: pa.Column) -> Reads:
    """How its text is read; see :data:`Reads`."""
    return (column.metadata or {})["reads"]


def choices_of(column: pa.Column) -> tuple[str, ...]:
    """Words of a closed list; empty for other columns."""
    return tuple((column.metadata or {})["choices"])


@dataclass(frozen=True)
class Contract:
    """What a table of the customer record is, beside its columns.

    Attributes
    ----------
    schema : pandera.DataFrameSchema
    keys : tuple of tuple of str
        Columns that tell rows apart, the surest first; the first of which all columns are there is used.
    day : str, optional
        Nothing of which this lies after the observation is read.
    later : tuple of str
        Moments that may come after the observation; they have then not happened yet.
    money : tuple of str
        Amounts; the first that is there is added up in the report.
    customers : tuple of str
        Columns that hold ids of customers.
    survey : bool
        Its values are answers: a wrong one sets its row aside, however many there are, and does not make the file a
        damaged one.
    open : bool
        Further mapped columns are kept as free text under their own names.
    """

    schema: pa.DataFrameSchema
    keys: tuple[tuple[str, ...], ...] = ()
    day: str | None = None
    later: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    survey: bool = False
    open: bool = False

    @property
    def name(self) -> str:
        """As in ``tables.<name>``."""
        return str(self.schema.name)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(name for name, each in self.schema.columns.items() if each.required)

    @property
    def known(self) -> tuple[str, ...]:
        """All columns with a meaning."""
        return tuple(self.schema.columns)

    def reads(self, name: str) -> Reads:
        """How a column is read; attributes that we do not know are free text."""
        return reads_of(self.schema.columns[name]) if name in self.schema.columns else "text"

    def choices(self, name: str) -> tuple[str, ...]:
        """Words that a column may hold."""
        return choices_of(self.schema.columns[name]) if name in self.schema.columns else ()
