"""Rows of a judged table counted by everything that was done to them, and where the first of each kind stand."""

from decimal import Decimal
from typing import Any, Final

import narwhals as nw

from clv_lib.data.column_names import ROUNDED, UNITS, Frame, money_of, text_of, trim_of
from clv_lib.data.fetching import fetch
from clv_lib.data.judging import merged_of, state_of
from clv_lib.data.quality import Place, Source, Tally, money
from clv_lib.data.record_reasons import RECORD_REASONS, split_reason
from clv_lib.data.table_report import TableIssue
from clv_lib.data.tables import Contract

_PLACES: Final = 10  # of each kind of fault, in the report
LONGEST_VALUE: Final = 120  # letters of a value in a report; the quarantine has it whole


class Account:
    """Rows of a judged table counted by everything that was done to them, in one query."""

    def __init__(
        self, classified: Frame, columns: dict[str, str], sources: tuple[Source, ...], contract: Contract
    ) -> None:
        self.classified, self.columns, self.sources, self.contract = classified, columns, sources, contract
        there = set(classified.collect_schema().names())
        self.money = money_of(contract, columns)
        self.states = [state_of(name) for name in columns if name not in contract.required]
        flags = [each for name in columns for each in (trim_of(name), merged_of(name))]
        self.flags = [each for each in (*flags, ROUNDED) if each in there]
        units = nw.col(UNITS) if UNITS in there else nw.lit(0).cast(nw.Int64)
        self.groups = fetch(
            classified.with_columns(units.fill_null(0).alias("money"))
            .group_by("reason", "copy", *self.states, *self.flags)
            .agg(nw.len().alias("rows"), nw.col("money").sum())
        )

    def tally(self, *groups: dict[str, Any]) -> Tally:
        """Rows and money of some groups."""
        return Tally(sum(int(each["rows"]) for each in groups), money(sum(int(each["money"]) for each in groups)))

    def repaired(self, group: dict[str, Any]) -> bool:
        """Whether something was done to the values of a group."""
        return any(group[each] is not None for each in self.states) or any(group[each] for each in self.flags)

    def tallies(self) -> dict[str, Tally]:
        """Read, accepted, repaired and quarantined; the first is the sum of the others."""
        used = [each for each in self.groups if not each["reason"]]
        return {
            "read": self.tally(*self.groups),
            "accepted": self.tally(*(each for each in used if not self.repaired(each))),
            "repaired": self.tally(*(each for each in used if self.repaired(each))),
            "quarantined": self.tally(*(each for each in self.groups if each["reason"])),
        }

    def issues(self, blank_lines: int) -> list[TableIssue]:
        """Every reason and repair with its count, money and first places, faults first."""
        found = []
        for reason in {each["reason"] for each in self.groups if each["reason"]}:
            groups = [each for each in self.groups if each["reason"] == reason]
            found.append(self._issue(*split_reason(reason), groups, nw.col("reason") == reason))
        used = nw.col("reason") == ""
        for state in self.states:
            column = state.removeprefix(state_of(""))
            for code in {each[state] for each in self.groups if not each["reason"] and each[state]}:
                groups = [each for each in self.groups if not each["reason"] and each[state] == code]
                said = "not_yet" if code == "not_yet" else "emptied"
                found.append(self._issue(said, column, groups, used & (nw.col(state) == code)))
        for flag in self.flags:
            kind, _, column = flag.partition(":")
            code = {"trim": "trimmed_id", "merged": "merged_id"}.get(kind, "rounded_amount")
            groups = [each for each in self.groups if not each["reason"] and each[flag]]
            if groups:
                found.append(self._issue(code, column or (self.money or ""), groups, used & nw.col(flag)))
        groups = [each for each in self.groups if not each["reason"] and each["copy"]]
        if groups:
            found.append(self._issue("possible_duplicate", "", groups, used & nw.col("copy")))
        if blank_lines:
            found.append(TableIssue("blank_line", "note", blank_lines, Decimal(0)))
        order = list(RECORD_REASONS)
        names = ["", *self.columns]
        return sorted(
            found, key=lambda each: (order.index(each.code), names.index(each.column) if each.column in names else 0)
        )

    def _issue(self, code: str, column: str, groups: list[dict[str, Any]], rows: nw.Expr) -> TableIssue:
        total = self.tally(*groups)
        places = self._places(rows, column)
        words = self.contract.choices(column) if code in ("unknown_word", "emptied") else ()
        return TableIssue(code, RECORD_REASONS[code][0], total.rows, total.money, places, column=column, words=words)

    def _places(self, rows: nw.Expr, column: str) -> tuple[Place, ...]:
        """Where the first stand, with the text of the column at fault; of a ticket with its id."""
        there = set(self.classified.collect_schema().names())
        names = [each for each in column.split("+") if each in there]
        shown = [text_of(each) if text_of(each) in there else each for each in names]
        shown += [key for key, *more in self.contract.keys if not more and key in there and key not in names]
        found = fetch(
            self.classified.filter(rows)
            .select("source", "line", *(nw.col(each).cast(nw.String) for each in shown))
            .sort("source", "line")
            .head(_PLACES)
        )
        return tuple(
            Place(self.sources[row["source"]].name, int(row["line"]), shown_value([row[each] for each in shown]))
            for row in found
        )


def shown_value(values: list[str | None]) -> str:
    """Values of a row as a report shows them: joined, and no longer than a line."""
    text = " | ".join(each for each in values if each)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."
