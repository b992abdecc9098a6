"""Which export is which table: each table goes to the export that fits it best, surest first; the rest is said."""

from dataclasses import dataclass
from typing import Final

from clv_lib.data.sniff.columns import Fit, fit
from clv_lib.data.sniff.contents import TABLES
from clv_lib.data.sniff.layouts import Export

CLOSE: Final = 1.0  # points; within them two readings of one file are both likely
LEAST: Final = 1.5  # points below which a reading is no more than a coincidence


@dataclass(frozen=True)
class Recognised:
    """An export that was taken for a table, and what remains to be asked about it."""

    export: Export
    fit: Fit
    questions: tuple[str, ...]

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.fit.table


@dataclass(frozen=True)
class Recognition:
    """Every export, as one of the tables or with the reason why it is none.

    Attributes
    ----------
    tables : dict
        In the order in which they are written; ``transactions`` first, if it was found.
    unused : dict
        Name of the export = why, in words.
    """

    tables: dict[str, Recognised]
    unused: dict[str, str]


def recognised(found: list[Export]) -> Recognition:
    """Give each table the export that fits it best.

    An export is only taken for the table that it fits best: a second log of purchases does not become something else.
    Where no export has purchases by the names of its columns, the one whose values fit best is taken, and asked about.
    """
    readings = {export: _readings(export) for export in found}
    claims = [(fits[0], export, fits[1:]) for export, fits in readings.items() if fits]
    claims.sort(key=lambda claim: -claim[0].score)
    tables: dict[str, Recognised] = {}
    unused: dict[str, str] = {}
    rivals: dict[str, list[str]] = {}
    for best, export, others in claims:
        if best.table in tables:
            unused[export.name] = f"looks like {best.table} too; a table is one file, or files of one layout"
            rivals.setdefault(best.table, []).append(export.name)
        else:
            tables[best.table] = Recognised(export, best, _doubts(best, others))
    if "transactions" not in tables:
        _take_by_shape(readings, tables)
    taken = {one.export.name for one in tables.values()}
    for export in found:
        if export.name not in taken and export.name not in unused:
            unused[export.name] = _why_not(export)
    for table, names in rivals.items():
        one = tables[table]
        question = f"is {one.export.name} the right one? {_listed(names)} also looked like {table}"
        tables[table] = Recognised(one.export, one.fit, (question, *one.questions))
    return Recognition({name: tables[name] for name in TABLES if name in tables}, unused)


def _readings(export: Export) -> list[Fit]:
    """Every table that the export could be, best first."""
    fits = [fit(export, table) for table in TABLES]
    return sorted((one for one in fits if one.possible and one.score >= LEAST), key=lambda one: -one.score)


def _take_by_shape(readings: dict[Export, list[Fit]], tables: dict[str, Recognised]) -> None:
    """Take the export that is purchases by its values, and more so than it is anything else by its names."""
    best, most = None, 0.0
    for export, others in readings.items():
        found = fit(export, "transactions", by_shape=True)
        lead = found.score - (others[0].score if others else 0.0)
        if found.possible and lead > most:
            best, most = Recognised(export, found, _doubts(found, others)), lead
    if best:
        for table in [name for name, one in tables.items() if one.export is best.export]:
            del tables[table]
        tables["transactions"] = best


def _doubts(best: Fit, others: list[Fit]) -> tuple[str, ...]:
    close = [other.table for other in others if best.score - other.score < CLOSE]
    if not close:
        return best.doubts
    return (f"is this {best.table}? It could also be {_listed(close)}", *best.doubts)


def _why_not(export: Export) -> str:
    if not len(export.frame):
        return "it has no rows below its header"
    nearest = max((fit(export, table) for table in TABLES), key=lambda one: one.score - 2 * len(one.missing))
    lacking = f"the nearest is {nearest.table}, but {_lacking(nearest)}" if nearest.missing else "they say too little"
    return f"fits no table by its columns ({_columns(export)}); {lacking}"


def no_purchases(export: Export) -> str:
    """Why an export cannot be the transactions, in words."""
    return f"{_lacking(fit(export, 'transactions'))}. Its columns: {_columns(export)}"


def _lacking(found: Fit) -> str:
    return f"no column looks like {_listed(found.missing)}"


def _columns(export: Export) -> str:
    names = [str(name) or "(no name)" for name in export.frame.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _listed(words: list[str] | tuple[str, ...]) -> str:
    shown = [*words[:4], f"{len(words) - 4} more"] if len(words) > 5 else list(words)
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
