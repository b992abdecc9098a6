"""What became of every row: the report that stands beside the accepted transactions.

Rows and money are counted exactly, and both add up: in = accepted + repaired + quarantined. Nothing here is prose but
:meth:`QualityReport.lines`; the pages make their own sentences from the codes.
"""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from clv_lib.data.tables import MONEY_UNITS

IssueKind = Literal["repair", "fault", "policy", "note"]

REASONS: Final[dict[str, tuple[IssueKind, str]]] = {
    "repeated_header": ("fault", "repeat the header inside the file"),
    "extra_field": ("fault", "have more fields than the header"),
    "missing_field": ("fault", "have fewer fields than the header"),
    "unclosed_quote": ("fault", "hold a quote that is not closed or not followed by a delimiter"),
    "missing_date": ("fault", "have no date"),
    "bad_date": ("fault", "have a date that cannot be read"),
    "implausible_date": ("fault", "have a placeholder for a date, before 1970-01-02"),
    "missing_amount": ("fault", "have no amount"),
    "bad_amount": ("fault", "have an amount that cannot be read"),
    "missing_customer": ("fault", "have no customer"),
    "future_date": ("fault", "have a date later than today"),
    "after_as_of": ("policy", "are later than dataset.as_of and were not read"),
    "duplicate": ("policy", "are exact copies of an earlier row, order id included (policies.duplicates)"),
    "negative_amount": ("policy", "have a negative amount and were set aside as refunds (policies.refunds)"),
    "zero_amount": ("policy", "have an amount of zero and are not purchases (policies.zero_amounts)"),
    "trimmed_id": ("repair", "have a customer id with spaces around it, which were removed"),
    "rounded_amount": ("repair", "have an amount with more than four decimals, which was rounded"),
    "possible_duplicate": ("note", "equal an earlier row in every column; without an order id they were kept"),
    "kept_duplicate": ("note", "equal an earlier row in every column and were kept (policies.duplicates)"),
    "blank_line": ("note", "are blank lines and hold no row"),
}

UNREADABLE: Final = frozenset(
    code for code, (kind, _) in REASONS.items() if kind == "fault" and code not in ("missing_customer", "future_date")
)  # beyond a small share of these the whole file is refused


@dataclass(frozen=True)
class Source:
    """One file, or one table of the engine, as it was read.

    Attributes
    ----------
    name : str
        Path below the dataset's folder, or the table's name; never an address.
    rows : int
        Rows of data, well formed or not; headers and blank lines do not count.
    size, sha256 : int, str
        Bytes of the file and their digest; 0 and '' for a table.
    encoding, delimiter : str
        '' where neither applies.
    """

    name: str
    rows: int
    size: int = 0
    sha256: str = ""
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True)
class Inferred:
    """A fact that nobody stated: what it is, about which column or file, and how many values say so."""

    code: str
    about: str
    value: str
    evidence: int

    def __str__(self) -> str:
        """One line for a terminal."""
        shown = repr(self.value) if len(self.value) <= 2 else self.value
        return f"{self.code.replace('_', ' ')} {shown} of {self.about}, inferred from {self.evidence:,} values"


@dataclass(frozen=True)
class Place:
    """Where a row stands: the source, its line (from 1; a table without order has 0) and the value at fault."""

    source: str
    line: int
    value: str = ""

    def __str__(self) -> str:
        """``line 12 '2023-02-30'``."""
        return f"line {self.line}" + (f" {self.value!r}" if self.value else "")


@dataclass(frozen=True)
class Issue:
    """Rows that share a reason.

    Attributes
    ----------
    code : str
        A key of :data:`REASONS`.
    kind : {"repair", "fault", "policy", "note"}
        Repaired rows are used; faults and policies were quarantined; notes changed nothing.
    rows : int
    money : Decimal
        Sum of their amounts, in currency, where they could be read.
    first : tuple of Place
        The first ten.
    """

    code: str
    kind: IssueKind
    rows: int
    money: Decimal
    first: tuple[Place, ...] = ()

    def __str__(self) -> str:
        """One line for a terminal."""
        where = ", ".join(str(place) for place in self.first[:5] if place.line)
        more = ", ..." if self.rows > 5 else ""
        return f"{self.rows:,} rows {REASONS[self.code][1]}" + (f": {where}{more}" if where else "")


@dataclass(frozen=True)
class Tally:
    """Rows, and the sum of their amounts in currency."""

    rows: int
    money: Decimal

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.rows + other.rows, self.money + other.money)


@dataclass(frozen=True)
class QualityReport:
    """Can these transactions be trusted? Counts, money, days, and everything that was inferred or set aside.

    Attributes
    ----------
    table, currency : str
    sources : tuple of Source
    read, accepted, repaired, quarantined : Tally
        ``read`` is the sum of the other three; the accepted rows needed no repair.
    customers : int
        Distinct customers among the rows that are used.
    first_day, last_day, as_of : date
        Of the rows that are used, and the last day of the observation.
    columns : dict
        Our name = the name in the source.
    missing : dict
        Our name = rows, of those used, without a value there; optional columns only.
    inferred, issues : tuple
    fingerprint : str
        SHA-256 over the digests of the sources, the columns and the row counts.
    """

    table: str
    currency: str
    sources: tuple[Source, ...]
    read: Tally
    accepted: Tally
    repaired: Tally
    quarantined: Tally
    customers: int
    first_day: date
    last_day: date
    as_of: date
    columns: dict[str, str]
    missing: dict[str, int]
    inferred: tuple[Inferred, ...]
    issues: tuple[Issue, ...]
    fingerprint: str

    @property
    def used(self) -> Tally:
        """Accepted and repaired rows together."""
        return self.accepted + self.repaired

    def issue(self, code: str) -> Issue:
        """Rows with that reason; an issue of no rows where there are none."""
        found = [issue for issue in self.issues if issue.code == code]
        return found[0] if found else Issue(code, REASONS[code][0], 0, Decimal(0))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: days in ISO form, money as text, so that no cent is lost."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)  # noqa: S101
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "QualityReport":
        """Read back what :meth:`to_dict` wrote."""
        tallies = {
            name: Tally(plain[name]["rows"], Decimal(plain[name]["money"]))
            for name in ("read", "accepted", "repaired", "quarantined")
        }
        issues = tuple(
            Issue(
                item["code"],
                item["kind"],
                item["rows"],
                Decimal(item["money"]),
                tuple(Place(**place) for place in item["first"]),
            )
            for item in plain["issues"]
        )
        days = {name: date.fromisoformat(plain[name]) for name in ("first_day", "last_day", "as_of")}
        return cls(
            **{
                **plain,
                **tallies,
                **days,
                "sources": tuple(Source(**item) for item in plain["sources"]),
                "inferred": tuple(Inferred(**item) for item in plain["inferred"]),
                "issues": issues,
            }
        )

    def lines(self) -> list[str]:
        """The report in plain English, one line per fact, for a terminal."""
        names = ", ".join(source.name for source in self.sources[:3]) + (", ..." if len(self.sources) > 3 else "")
        lines = [
            f"{names}: {self.read.rows:,} rows, {self.read.money:,.2f} {self.currency}",
            f"  accepted {self.accepted.rows:,}, repaired {self.repaired.rows:,}, quarantined "
            f"{self.quarantined.rows:,} rows ({self.quarantined.money:,.2f} {self.currency})",
            f"  {self.customers:,} customers from {self.first_day} to {self.last_day}, seen until {self.as_of}",
        ]
        lines += [f"  {fact}" for fact in self.inferred]
        lines += [f"  {issue.kind}: {issue}" for issue in self.issues]
        lines += [f"  note: {rows:,} rows have no {name}" for name, rows in self.missing.items() if rows]
        return lines


def money(units: int) -> Decimal:
    """Ten-thousandths as currency, exactly."""
    return Decimal(int(units)) / MONEY_UNITS


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
