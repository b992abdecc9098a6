"""The tables of a record side by side, and who is known in them: what every check across tables starts from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from clv_lib.data.accounting import shown_value
from clv_lib.data.checks import CHECKS, Check
from clv_lib.data.column_names import UNITS
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Place, Source, money
from clv_lib.data.reading import RecordTable
from clv_lib.names import ACQUIRED_AT, CUSTOMER_ID, ORDERED_AT

if TYPE_CHECKING:
    from clv_lib.data.ingest import Ingested

Frame = nw.LazyFrame[Any]
WHO: Final = "who"
_PLACES: Final = 10


@dataclass(frozen=True)
class Tables:
    """The tables as far as they are accepted, and the log they belong to."""

    tables: dict[str, RecordTable]
    log: "Ingested | None"
    engine: Engine

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def used(self, name: str) -> Frame:
        """Rows of a table that are used, with source and line."""
        return self.tables[name].classified.filter(nw.col("reason") == "")

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table is there and has these columns."""
        return table in self.tables and set(columns) <= set(self.tables[table].report.columns)

    @cached_property
    def known(self) -> Frame | None:
        """``customer_id`` of everybody whom the orders or the customers name; None where neither table is there."""
        parts = [self.log.transactions.select(CUSTOMER_ID)] if self.log else []
        parts += [self.used("customers").select(CUSTOMER_ID)] if "customers" in self else []
        if not parts:
            return None
        people = parts[0] if len(parts) == 1 else nw.concat(parts)
        return self.engine.keep(people.unique(), "known_customers")

    @cached_property
    def since(self) -> Frame | None:
        """``who, since``: first day on which somebody was a customer, by sign-up or by order; None where unknown."""
        parts = []
        if self.has("customers", ACQUIRED_AT):
            people = self.used("customers").select(CUSTOMER_ID, nw.col(ACQUIRED_AT).alias("since"))
            parts.append(people.filter(~nw.col("since").is_null()))
        if self.log:
            parts.append(self.log.transactions.group_by(CUSTOMER_ID).agg(nw.col(ORDERED_AT).min().alias("since")))
        if not parts:
            return None
        days = parts[0] if len(parts) == 1 else nw.concat(parts)
        first = days.group_by(CUSTOMER_ID).agg(nw.col("since").min())
        return self.engine.keep(first.select(nw.col(CUSTOMER_ID).alias(WHO), "since"), "customers_since")

    def check(self, code: str, table: str, rows: Frame, *shown: str, **values: Any) -> Iterator[Check]:
        """Count rows and say where the first stand; nothing where there are none."""
        there = set(rows.collect_schema().names())
        units = [nw.col(UNITS).fill_null(0).sum().alias("money")] if UNITS in there else []
        count = fetch(rows.select(nw.len().alias("rows"), *units))[0]
        if count["rows"]:
            sources = self.tables[table].report.sources
            total = money(count.get("money") or 0)
            first = places(rows, sources, *shown)
            yield Check(code, table, CHECKS[code][0], int(count["rows"]), total, first, values)


def places(rows: Frame, sources: tuple[Source, ...], *shown: str) -> tuple[Place, ...]:
    """Where the first rows stand, with the values of some columns."""
    columns = [nw.col(each).cast(nw.String) for each in shown]
    found = fetch(rows.select("source", "line", *columns).sort("source", "line").head(_PLACES))
    return tuple(
        Place(sources[row["source"]].name, int(row["line"]), shown_value([row[each] for each in shown]))
        for row in found
    )
