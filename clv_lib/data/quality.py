"""What became of every row: the report that stands beside the accepted transactions.

Rows and money are counted exactly, and both add up: in = accepted + repaired + quarantined. Nothing here is prose but
:meth:`QualityReport.lines`; the pages make their own sentences from the codes.
"""

from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from clv_lib.data.reasons import BENDS, FINDINGS, REASONS, UNREADABLE, IssueKind
from clv_lib.data.tables import MONEY_UNITS


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
        Sum of their amounts as they were read, in the dataset's currency, where they could be read.
    first : tuple of Place
        The first ten.
    booked : Decimal, optional
        What they count for once refunds are taken off their orders: a matched refund for nothing, an order refunded in
        part for what is left of it. The same as ``money`` where no refund is involved.
    """

    code: str
    kind: IssueKind
    rows: int
    money: Decimal
    first: tuple[Place, ...] = ()
    booked: Decimal | None = None

    @property
    def counted(self) -> Decimal:
        """Money in the account: the set-aside issues add up to ``quarantined``."""
        return self.money if self.booked is None else self.booked

    def __str__(self) -> str:
        """One line for a terminal."""
        where = ", ".join(str(place) for place in self.first[:5] if place.line)
        more = ", ..." if self.rows > 5 else ""
        money = f" (amount {self.money:,.2f})" if self.kind == "policy" else ""
        return f"{self.rows:,} rows{money} {REASONS[self.code][1]}" + (f": {where}{more}" if where else "")


@dataclass(frozen=True)
class Finding:
    """Something about the log as a whole that would bend the results, whatever its rows say.

    Attributes
    ----------
    code : str
        A key of :data:`~clv_lib.data.reasons.FINDINGS`: what was found.
    bends : str
        A key of :data:`~clv_lib.data.reasons.BENDS`: what it does to the results.
    values : dict
        What the sentence says: numbers, and days in ISO form.
    """

    code: str
    bends: str
    values: dict[str, float | int | str]

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{FINDINGS[self.code].format(**self.values)}; {BENDS[self.bends]}"


@dataclass(frozen=True)
class Converted:
    """Rows of one foreign currency: how many were used, and what they come to in it and in the dataset's currency."""

    currency: str
    rows: int
    amount: Decimal
    money: Decimal


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
    policies : dict
        The policies that were applied: name = choice.
    findings : tuple of Finding
        What stands out in the accepted log as a whole.
    converted : tuple of Converted
        Amounts that were in another currency.
    fully_refunded : int
        Customers of whom no purchase is left once refunds are taken off.
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
    policies: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    converted: tuple[Converted, ...] = ()
    fully_refunded: int = 0

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
                None if item.get("booked") is None else Decimal(item["booked"]),
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
                "findings": tuple(Finding(**item) for item in plain.get("findings", ())),
                "converted": tuple(
                    Converted(item["currency"], item["rows"], Decimal(item["amount"]), Decimal(item["money"]))
                    for item in plain.get("converted", ())
                ),
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
        lines += [
            f"  {each.currency}: {each.rows:,} rows of {each.amount:,.2f} are {each.money:,.2f} {self.currency}"
            for each in self.converted
        ]
        if self.fully_refunded:
            lines.append(f"  note: {self.fully_refunded:,} customers had everything refunded and have no purchase left")
        lines += [f"  finding: {finding}" for finding in self.findings]
        lines += [f"  note: {rows:,} rows have no {name}" for name, rows in self.missing.items() if rows]
        return lines


__all__ = ["REASONS", "UNREADABLE"]  # read from here by other rooms, too


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
