"""Records of a delimited file that is not clean: every line is accounted for, and knows its number.

A record may run over several lines inside quotes. Where that leads nowhere (wrong number of fields, text after the
closing quote, end of file), the quote was stray: its line alone is at fault, and reading goes on at the next line.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

LONGEST_RECORD: Final = 100  # physical lines; a quote still open after them is taken for a stray one


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its first line (from 1), the number of lines it takes, and its fields or what is wrong with it."""

    line: int
    span: int
    fields: list[str]
    fault: str = ""


class _Tape:
    """Lines that can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines, self._back = iter(lines), deque[str]()
        self.number, self.taken = 0, list[str]()

    def __iter__(self) -> "_Tape":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= LONGEST_RECORD:
            raise csv.Error("a quote is not closed")
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line

    def keep_first(self) -> None:
        """Put all but the first line of the record back."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]


def records(lines: Iterable[str], *, delimiter: str, width: int | None = None) -> Iterator[Record]:
    """Split lines into records.

    Parameters
    ----------
    lines : iterable of str
        Physical lines, with their line ends.
    delimiter : str
        One character.
    width : int, optional
        Number of fields a record must have; any number without it.

    Yields
    ------
    Record
        In order, blank lines included: those have no fields and the fault ``blank_line``.
    """
    tape = _Tape(lines)
    reader = csv.reader(tape, delimiter=delimiter, strict=True)
    while True:
        tape.taken.clear()
        start, fault = tape.number + 1, ""
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields, fault = [], "unclosed_quote"
            reader = csv.reader(tape, delimiter=delimiter, strict=True)
        if not fault and not any(field.strip() for field in fields) and len(fields) <= 1:
            fault, fields = "blank_line", []
        elif not fault and width is not None and len(fields) != width:
            fault = "extra_field" if len(fields) > width else "missing_field"
            if len(tape.taken) > 1:
                fault = "unclosed_quote"
        if fault and len(tape.taken) > 1:
            fields = []
            tape.keep_first()
        yield Record(start, len(tape.taken), fields, fault)


def record_text(lines: Iterable[str], wanted: Iterator[tuple[int, int]]) -> Iterator[str]:
    """Text of records as it stands in the file, for ``(line, span)`` in ascending order."""
    numbered = enumerate(lines, start=1)
    for first, span in wanted:
        text = ""
        for number, line in numbered:
            if number >= first:
                text += line
            if number >= first + span - 1:
                break
        yield text.rstrip("\r\n")
