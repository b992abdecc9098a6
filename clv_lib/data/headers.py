"""Which column of a source is which of ours: delimiter, header line and mapping, checked before any row is read."""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from clv_lib.data.records import records
from clv_lib.data.survey import Survey, opened, spoken
from clv_lib.data.tables import LOG, Contract
from clv_lib.errors import DataError, SettingsError
from clv_lib.settings import TableSection

DELIMITERS: Final = (",", ";", "\t", "|")
SEARCHED_LINES: Final = 20  # a header further down is not one


def mapping(section: TableSection, contract: Contract = LOG) -> dict[str, str]:
    """Our name = the name in the source, for the required columns and those that are mapped.

    Columns that the settings fill with a constant are not looked for.

    Raises
    ------
    SettingsError
        A key of ``columns``, ``constants`` or ``values`` is not a column we know, or a column is both mapped and
        constant.
    """
    for key, named in (("columns", section.columns), ("constants", section.constants), ("values", section.values)):
        for ours in named:
            allowed = {*contract.known, *(section.columns if key != "columns" else ())}
            if ours not in allowed and not contract.open:
                near = difflib.get_close_matches(ours, contract.known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(contract.known)}"
                verb = {"columns": "maps", "constants": "fills", "values": "translates"}[key]
                raise SettingsError(
                    f"tables.{contract.name}.{key} {verb} {ours}, which is not a column we know; {hint}"
                )
    if both := [ours for ours in section.columns if ours in section.constants]:
        raise SettingsError(
            f"tables.{contract.name} must say one thing about {both[0]}, but it stands in columns and in constants. "
            "Remove one of them."
        )
    required = {name: name for name in contract.required if name not in section.constants}
    return required | {ours: theirs.strip() for ours, theirs in section.columns.items()}


def adopted(
    columns: dict[str, str], contract: Contract, section: TableSection, sources: Iterable[Sequence[str]]
) -> dict[str, str]:
    """Columns with those that every source calls by our own name.

    Of the transactions only what is mapped is read: each further column of a long log costs time.
    """
    if contract is LOG:
        return columns
    everywhere = set.intersection(*(set(names) for names in sources))
    free = everywhere - set(columns.values())
    more = [name for name in contract.known if name in free and name not in columns and name not in section.constants]
    return columns | {name: name for name in more}


def trimmed(names: Sequence[str]) -> list[str]:
    """Header names without the spaces and marks around them."""
    return [name.strip().strip("\ufeff").strip() for name in names]


def read_header(
    found: Survey, wanted: Sequence[str], *, stated: str | None, table: str = "transactions"
) -> tuple[int, list[str], str]:
    """Line number of the header, its names, and the delimiter under which it holds most of the wanted names.

    Raises
    ------
    DataError
        The file has no text at all.
    """
    with opened(found) as text:
        top = list(islice(text, SEARCHED_LINES))
    best: tuple[tuple[int, int], int, list[str], str] | None = None
    for delimiter in [stated] if stated else DELIMITERS:
        header = next((one for one in records(top, delimiter=delimiter) if one.fault != "blank_line"), None)
        if header is None:
            continue
        names = trimmed(header.fields)
        score = (len(set(wanted) & set(names)), len(names))
        if best is None or score > best[0]:
            best = (score, header.line, names, delimiter)
    if best is None:
        raise DataError(f"{found.name} must hold {spoken(table)}, but it has only blank lines. Export it again.")
    return best[1:]


def check_columns(names: Sequence[str], wanted: dict[str, str], *, source: str, table: str = "transactions") -> None:
    """Refuse a source whose columns cannot be told apart, or that lacks one we need.

    Raises
    ------
    DataError
        Names every missing column with the nearest that exists, or the names that occur twice.
    """
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        places = {name: " and ".join(str(k + 1) for k, each in enumerate(names) if each == name) for name in twice}
        listed = "; ".join(f"{name!r} in columns {where}" for name, where in places.items())
        raise DataError(
            f"{source} must name each column once (spaces around a name do not count), but it has {listed}. "
            "Rename one of them in the export, so that there is no doubt which one is meant."
        )
    missing = {ours: theirs for ours, theirs in wanted.items() if theirs not in names}
    if missing:
        faults = "; ".join(f"{theirs!r} for {ours}{_nearest(theirs, names)}" for ours, theirs in missing.items())
        raise DataError(
            f"{source} must have the mapped columns, but lacks {faults}. The columns found are: "
            f"{', '.join(name or '(no name)' for name in names)}. Correct tables.{table}.columns (ours = theirs)."
        )


def _nearest(name: str, names: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""
