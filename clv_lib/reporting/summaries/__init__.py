"""Results into words: every sentence that holds a number is made here, never typed in a notebook.

A function takes a result and returns elements of a page, whose sentences and quantities are said in any language later.
"""

from dataclasses import dataclass

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
