"""Results into words: every sentence that holds a number is made here, never typed in a notebook.

A function takes a result and returns elements of a page, whose sentences and quantities are said in any language later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clv_lib.reporting.elements import Element, Paragraph, Table


@dataclass(frozen=True)
class Summary:
    """A result as a table and the sentences that say what it shows."""

    table: Table
    text: tuple[Paragraph, ...] = ()

    @property
    def elements(self) -> tuple[Element, ...]:
        """Text first: what it shows, then what it was read from."""
        return (*self.text, self.table)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows by name, as in ``row.tier``; the type of a cell is known to the caller alone."""
    return frame.itertuples(index=False)


def cell_of(frame: pd.DataFrame, row: Any, column: str) -> Any:
    """One value of a table, by its labels."""
    return frame.at[row, column]
