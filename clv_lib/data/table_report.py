"""What became of every row of a CRM table: the report that stands beside the accepted rows."""

import difflib
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

from clv_lib.data.quality import Inferred, Issue, Place, Source, Tally
from clv_lib.data.record_reasons import RECORD_REASONS

_SHOWN: Final = 5  # places in one line


@dataclass(frozen=True)
class TableIssue(Issue):
    """Rows of a CRM table that share a reason.

    Attributes
    ----------
    column : str
        What the reason is about; '' for the row as a whole.
    words : tuple of str
        Words that the column may hold; the nearest is offered.
    """

    column: str = ""
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.rows:,} rows {self.phrase}" + (f": {self.where}" if self.where else "")

    @property
    def phrase(self) -> str:
        """What they do, after 'rows'."""
        return RECORD_REASONS[self.code][1].format(column=self.column.replace("+", " and "))

    @property
    def where(self) -> str:
        """Lines and values of the first."""
        shown = [self._place(place) for place in self.first[:_SHOWN] if place.line]
        return ", ".join(shown) + (", ..." if shown and self.rows > len(shown) else "")

    def _place(self, place: Place) -> str:
        if self.words and place.value:
            near = difflib.get_close_matches(place.value.lower(), self.words, n=1, cutoff=0.5)
            return f"{place} (did you mean {near[0]}?)" if near else f"{place} (known: {', '.join(self.words)})"
        return str(place)


@dataclass(frozen=True)
class TableReport:
    """Counts, money, days, and everything that was inferred or set aside.

    Attributes
    ----------
    table, currency : str
    sources : tuple of Source
        With the digest of every file.
    read, accepted, repaired, quarantined : Tally
        ``read`` is the sum of the other three; money is that of ``money_column`` and 0 without one.
    money_column, day_column : str or None
    first_day, last_day : date or None
        Of the rows that are used.
    customers : int
        Distinct customers among the rows that are used; 0 where the table names none.
    columns : dict
        Our name = the name in the source.
    unused : tuple of str
        Columns of the source that nothing is read from.
    missing : dict
        Our name = rows, of those used, without a value there; optional columns only.
    inferred, issues : tuple
    """

    table: str
    currency: str
    sources: tuple[Source, ...]
    read: Tally
    accepted: Tally
    repaired: Tally
    quarantined: Tally
    money_column: str | None
    day_column: str | None
    first_day: date | None
    last_day: date | None
    customers: int
    columns: dict[str, str]
    unused: tuple[str, ...]
    missing: dict[str, int]
    inferred: tuple[Inferred, ...]
    issues: tuple[TableIssue, ...]

    @property
    def used(self) -> Tally:
        """Accepted and repaired rows together."""
        return self.accepted + self.repaired

    def issue(self, code: str, column: str | None = None) -> TableIssue:
        """Rows with that reason, of one column or of all together; an issue of no rows where there are none."""
        found = [each for each in self.issues if each.code == code and column in (None, each.column)]
        kind = RECORD_REASONS[code][0]
        places = tuple(place for each in found for place in each.first)
        rows, money = sum(each.rows for each in found), sum((each.money for each in found), Decimal(0))
        return TableIssue(code, kind, rows, money, places, column=column or (found[0].column if found else ""))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: days in ISO form, money as text, so that no cent is lost."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)  # noqa: S101
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "TableReport":
        """Read back what :meth:`to_dict` wrote."""
        known = {field.name for field in fields(TableIssue)}
        read: dict[str, Any] = dict(plain)
        for name in ("read", "accepted", "repaired", "quarantined"):
            read[name] = Tally(plain[name]["rows"], Decimal(plain[name]["money"]))
        for name in ("first_day", "last_day"):
            read[name] = date.fromisoformat(plain[name]) if plain[name] else None
        read["sources"] = tuple(Source(**item) for item in plain["sources"])
        read["inferred"] = tuple(Inferred(**item) for item in plain["inferred"])
        read["unused"] = tuple(plain["unused"])
        read["issues"] = tuple(
            TableIssue(
                **{
                    key: value for key, value in item.items() if key in known and key not in ("money", "first", "words")
                },
                money=Decimal(item["money"]),
                first=tuple(Place(**place) for place in item["first"]),
                words=tuple(item["words"]),
            )
            for item in plain["issues"]
        )
        return cls(**read)

    def lines(self) -> list[str]:
        """The report in plain English, one line per fact, for a terminal."""
        names = ", ".join(source.name for source in self.sources[:3]) + (", ..." if len(self.sources) > 3 else "")
        money = f", {self.read.money:,.2f} {self.currency} in {self.money_column}" if self.money_column else ""
        lines = [
            f"{self.table} from {names}: {self.read.rows:,} rows{money}",
            f"  accepted {self.accepted.rows:,}, repaired {self.repaired.rows:,}, quarantined "
            f"{self.quarantined.rows:,} rows" + (f" ({self.quarantined.money:,.2f} {self.currency})" if money else ""),
        ]
        if self.first_day:
            lines.append(f"  {self.day_column} from {self.first_day} to {self.last_day}")
        lines += [f"  {fact}" for fact in self.inferred]
        lines += [f"  {issue.kind}: {issue}" for issue in self.issues]
        if self.unused:
            lines.append(f"  note: columns that nothing is read from: {', '.join(self.unused)}")
        lines += [f"  note: {rows:,} rows have no {name}" for name, rows in self.missing.items() if rows]
        return lines


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
