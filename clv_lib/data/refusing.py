"""When a log is refused as a whole, and in which words."""

import narwhals as nw

from clv_lib.data import currencies
from clv_lib.data.customers import Frame
from clv_lib.data.parsing import TOLERATED_SHARE
from clv_lib.data.quality import Issue, Tally
from clv_lib.data.reasons import REASONS, UNREADABLE
from clv_lib.data.sources import Loaded
from clv_lib.data.spellings import strange_amounts
from clv_lib.errors import DataError
from clv_lib.names import AMOUNT, CURRENCY, ORDERED_AT
from clv_lib.settings import PoliciesSection, Settings


def refuse_currencies(classified: Frame, settings: Settings, loaded: Loaded, *, rated: bool) -> None:
    """Refuse a log in several currencies without a rate for each."""
    if CURRENCY not in loaded.columns:
        return
    unread = [code for code, (kind, _) in REASONS.items() if kind == "fault"] + ["after_as_of"]
    currencies.refuse_unrated(
        classified.filter(~nw.col("reason").is_in(unread)),
        base=settings.dataset.currency,
        rated=rated,
        column=loaded.columns[CURRENCY],
        source=loaded.sources[0].name,
    )


def refuse_unreadable(
    issues: list[Issue], read: Tally, loaded: Loaded, classified: Frame, *, policies: PoliciesSection
) -> None:
    """Stop when too much cannot be read, or nothing is left; every kind of fault is named at once."""
    unreadable = [issue for issue in issues if issue.code in UNREADABLE]
    count = sum(issue.rows for issue in unreadable)
    left = read.rows - sum(issue.rows for issue in issues if issue.kind in ("fault", "policy"))
    tolerated = count <= TOLERATED_SHARE * read.rows or policies.unreadable == "set_aside"
    if tolerated and left:
        return
    names = ", ".join(source.name for source in loaded.sources[:3]) + (", ..." if len(loaded.sources) > 3 else "")
    faults = "\n".join(f"  - {_sentence(issue, loaded)}" for issue in (unreadable or issues))
    if not tolerated:
        parsed = policies.amount_symbols == "parse" or all(issue.code != "bad_amount" for issue in unreadable)
        hint = "" if parsed else strange_amounts(classified.filter(nw.col("reason") == "bad_amount"))
        raise DataError(
            f"{names} must be readable in all but {TOLERATED_SHARE:.0%} of its rows, but {count:,} of "
            f"{read.rows:,} ({count / read.rows:.1%}) are not:\n{faults}\n"
            "Usually the export is damaged, or written differently than assumed; correct these lines, or state "
            "date_format, decimal and thousands in [tables.transactions]; or let them be left out and reported, with "
            f"policies.unreadable = 'set_aside'.{hint}"
        )
    raise DataError(
        f"{names} must leave transactions to work with, but all {read.rows:,} rows were set aside:\n{faults}\n"
        "Check dataset.as_of, the mapped columns and [policies]."
    )


def _sentence(issue: Issue, loaded: Loaded) -> str:
    ours = {"date": ORDERED_AT, "amount": AMOUNT}.get(issue.code.rpartition("_")[2])
    column = f"column {loaded.columns[ours]!r}: " if ours else ""
    several = len(loaded.sources) > 1
    where = ", ".join(f"{place.source} {place}" if several else str(place) for place in issue.first if place.line)
    more = ", ..." if issue.rows > len(issue.first) else ""
    return f"{column}{issue.rows:,} rows {REASONS[issue.code][1]}" + (f" ({where}{more})" if where else "")
