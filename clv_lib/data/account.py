"""The account of every row: how many were used, repaired and set aside, for which reasons, and what they come to.

Two sums of money are kept. ``units`` is what the rows said, ``booked`` what they count for once refunds are taken off
their orders; taking off moves money and changes no sum, so *read* (units) is the sum of *accepted*, *repaired* and
*quarantined* (booked), to the ten-thousandth. A test of that sum is a test of every step before it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import narwhals as nw

from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Issue, Place, Source, Tally, money
from clv_lib.data.reasons import REASONS, REPAIRS
from clv_lib.data.sources import Loaded
from clv_lib.names import CUSTOMER_ID, ORDER_ID

Frame = nw.LazyFrame[Any]
_PLACES: Final = 10  # of each kind of fault, in the report
_ABOUT_IDS: Final = ("guest", "test_account", "bot", "merged_id", "suspected_bot", "suspected_guest")


def account(classified: Frame, loaded: Loaded) -> tuple[list[Issue], dict[str, Tally]]:
    """Count rows and money by reason and repair, and look up where the first ones stand."""
    groups = fetch(
        classified.with_columns(nw.col("units").fill_null(0), nw.col("booked").fill_null(0))
        .group_by("reason", "copy", *REPAIRS)
        .agg(nw.len().alias("rows"), nw.col("units").sum(), nw.col("booked").sum())
    )

    def tally(*, keep: Callable[..., Any], sum_of: str = "booked") -> Tally:
        kept = [group for group in groups if keep(group)]
        return Tally(sum(int(group["rows"]) for group in kept), money(sum(int(group[sum_of]) for group in kept)))

    tallies = {
        "read": tally(keep=lambda group: True, sum_of="units"),
        "accepted": tally(keep=lambda group: not group["reason"] and not any(group[name] for name in REPAIRS)),
        "repaired": tally(keep=lambda group: not group["reason"] and any(group[name] for name in REPAIRS)),
        "quarantined": tally(keep=lambda group: group["reason"]),
    }
    used = nw.col("reason") == ""
    tests: dict[str, tuple[nw.Expr, Callable[..., bool]]] = {}
    for code, (kind, _) in REASONS.items():
        if kind in ("fault", "policy"):
            tests[code] = (nw.col("reason") == code, lambda group, code=code: group["reason"] == code)
    for code in REPAIRS:
        tests[code] = (used & nw.col(code), lambda group, code=code: not group["reason"] and group[code])
    copies = "kept_duplicate" if ORDER_ID in loaded.columns else "possible_duplicate"
    tests[copies] = (used & nw.col("copy"), lambda group: not group["reason"] and bool(group["copy"]))
    issues = []
    for code, (rows, keep) in tests.items():
        total = tally(keep=keep)
        if total.rows:
            said = tally(keep=keep, sum_of="units").money
            issues.append(issue(code, total, said, classified.filter(rows), loaded.sources))
    if loaded.blank_lines:
        issues.append(Issue("blank_line", "note", loaded.blank_lines, money(0)))
    return issues, tallies


def issue(code: str, counted: Tally, said: Any, rows: Frame, sources: tuple[Source, ...]) -> Issue:
    """An issue with the places of its first rows; for reasons that are about an id, the id stands beside the line."""
    shown = CUSTOMER_ID if code in _ABOUT_IDS else "shown"
    found = fetch(rows.select("source", "line", shown).sort("source", "line").head(_PLACES))
    places = tuple(Place(sources[row["source"]].name, int(row["line"]), row[shown] or "") for row in found)
    booked = None if counted.money == said else counted.money
    return Issue(code, REASONS[code][0], counted.rows, said, places, booked)


def noted(code: str, rows: Frame, sources: tuple[Source, ...]) -> Issue:
    """An issue of rows that are used and stay as they are."""
    (total,) = fetch(rows.select(nw.len().alias("rows"), nw.col("units").sum(), nw.col("booked").sum()))
    counted = Tally(int(total["rows"]), money(total["booked"] or 0))
    return issue(code, counted, money(total["units"] or 0), rows, sources)


def marked(classified: Frame, suspects: Frame, reason: str, *, on: str) -> Frame:
    """Give the rows in use, and the refunds, of the suspects a reason for not being used."""
    names = classified.collect_schema().names()
    flagged = suspects.with_columns(nw.lit(True).alias("suspected"))
    rows = classified.join(flagged, left_on=on, right_on="suspect", how="left")
    hit = nw.col("suspected").fill_null(False) & nw.col("reason").is_in(["", "negative_amount"])
    return rows.with_columns(nw.when(hit).then(nw.lit(reason)).otherwise(nw.col("reason")).alias("reason")).select(
        names
    )


def in_file_order(issues: Sequence[Issue]) -> list[Issue]:
    """Issues in the order of the reasons."""
    order = list(REASONS)
    return sorted(issues, key=lambda each: order.index(each.code))
