"""The ledger against the campaigns, the pools and the calendar."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

import narwhals as nw

from clv_lib.data.checks import Check
from clv_lib.data.column_names import UNITS
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Place, money
from clv_lib.data.record_tables import Tables
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import AMOUNT, CAMPAIGN_ID, KIND, MONTH, POOL, REPORTED_SPEND, TAX

Frame = nw.LazyFrame[Any]
_CAMPAIGN_KINDS: Final = ("acquisition", "marketing", "retention")


def cost_checks(tables: Tables, first_day: date | None, last_day: date) -> Iterator[Check]:
    """The ledger against the campaigns, the pools and the calendar."""
    if "costs" not in tables:
        return
    costs = tables.used("costs")
    if tables.has("costs", CAMPAIGN_ID):
        if "campaigns" in tables:
            yield from unknown_campaigns(tables, "costs")
        without = costs.filter(nw.col(CAMPAIGN_ID).is_null() & nw.col(KIND).is_in(_CAMPAIGN_KINDS))
        yield from tables.check("without_campaign", "costs", without, KIND)
        if tables.has("campaigns", REPORTED_SPEND):
            yield from _spend(tables, costs)
    yield from tables.check("negative_cost", "costs", costs.filter(nw.col(AMOUNT) < 0), AMOUNT)
    if tables.has("costs", TAX):
        yield from _taxes(tables, costs)
    if first_day is not None:
        inside = (nw.col(MONTH) >= nw.lit(first_day.replace(day=1))) & (nw.col(MONTH) <= nw.lit(last_day))
        outside = costs.filter(~inside)
        yield from tables.check("outside_log", "costs", outside, MONTH, first=str(first_day), last=str(last_day))
    if tables.has("costs", POOL):
        yield from _pools(tables, costs)


def _spend(tables: Tables, costs: Frame) -> Iterator[Check]:
    """Each campaign whose own account of its spend is not that of the ledger."""
    booked = costs.filter(~nw.col(CAMPAIGN_ID).is_null()).group_by(CAMPAIGN_ID).agg(nw.col(UNITS).sum().alias("booked"))
    booked = booked.select(nw.col(CAMPAIGN_ID).alias("booked campaign"), "booked")
    said = tables.used("campaigns").filter(~nw.col(REPORTED_SPEND).is_null())
    both = said.join(booked, left_on=CAMPAIGN_ID, right_on="booked campaign", how="left")
    for row in fetch(both.select(CAMPAIGN_ID, REPORTED_SPEND, "booked", "source", "line").sort(CAMPAIGN_ID)):
        ledger = money(row["booked"] or 0)
        reported = Decimal(round(row[REPORTED_SPEND] * MONEY_UNITS)) / MONEY_UNITS
        if ledger != reported:
            place = Place(tables.tables["campaigns"].report.sources[row["source"]].name, int(row["line"]))
            values = {
                "campaign": row[CAMPAIGN_ID],
                "reported": float(reported),
                "difference": float(ledger - reported),
            }
            yield Check("spend_differs", "campaigns", "note", 1, ledger, (place,), values)


def _taxes(tables: Tables, costs: Frame) -> Iterator[Check]:
    mark = nw.col(TAX).str.to_lowercase().fill_null("unmarked").alias("mark")
    found = fetch(
        costs.select(mark, UNITS).group_by("mark").agg(nw.len().alias("rows"), nw.col(UNITS).sum()).sort("mark")
    )
    if len(found) > 1:
        marks = ", ".join(f"{row['mark']} {row['rows']:,} rows ({money(row[UNITS]):,.2f})" for row in found)
        rows, total = sum(int(row["rows"]) for row in found), sum(int(row[UNITS]) for row in found)
        yield Check("mixed_tax", "costs", "note", rows, money(total), values={"marks": marks})


def _pools(tables: Tables, costs: Frame) -> Iterator[Check]:
    shared = costs.filter(~nw.col(POOL).is_null())
    if "allocations" in tables:
        pools = tables.used("allocations").select(nw.col(POOL).alias("known pool")).unique()
        shared = shared.join(pools, left_on=POOL, right_on="known pool", how="anti")
    for pool in fetch(shared.select(POOL).unique().sort(POOL)):
        rows = shared.filter(nw.col(POOL) == pool[POOL])
        yield from tables.check("pool_without_shares", "costs", rows, POOL, pool=pool[POOL])


def unknown_campaigns(tables: Tables, name: str) -> Iterator[Check]:
    """Rows of a table that name a campaign which the campaigns do not list."""
    campaigns = tables.used("campaigns").select(nw.col(CAMPAIGN_ID).alias("known campaign"))
    named = tables.used(name).filter(~nw.col(CAMPAIGN_ID).is_null())
    unknown = named.join(campaigns, left_on=CAMPAIGN_ID, right_on="known campaign", how="anti")
    yield from tables.check("unknown_campaign", name, unknown, CAMPAIGN_ID)
