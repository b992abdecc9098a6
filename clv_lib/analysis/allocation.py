"""Put the ledger on the customers: every unit of money goes to one customer, or is shown as unallocated with a reason.

1. A line that names a customer is that customer's (``direct``).
2. A line whose pool stands in the table ``allocations`` is shared over segments by their shares; a pool whose shares do
   not add up to 1 is refused, whole.
3. Everything else of one month, kind, segment and channel is one *pot*, and a pot is shared over the customers in
   proportion to the counts of its driver in that month. A driver counts within the segment of the pot; new customers
   count within its channel, where that channel is one that wins customers.

Money is counted in whole ten-thousandths, and a pot is shared by the method of largest remainders: every customer gets
the part rounded down, and what is left goes, unit by unit, to the largest remainders (ties: by customer id). So what is
allocated and what is not add up to what was booked, exactly, on every engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw
import pandas as pd

from clv_lib.analysis.driver_counts import COUNT, driver_counts, lives
from clv_lib.analysis.ledger import ID, NUMBER, ONBOARDING, PURPOSES, UNITS, ledger_lines
from clv_lib.data.customers import Frame, collected
from clv_lib.data.keeping import kept
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import ACQUISITION_CHANNEL, CHANNEL, CUSTOMER_ID, KIND, POOL, SEGMENT, SHARE
from clv_lib.settings import CostsSection
from clv_lib.settings.costs import Driver

DRIVER: Final = "driver"
REASON: Final = "reason"
UNKNOWN_CUSTOMER: Final = "unknown_customer"  # the line names someone who never bought
BAD_SHARES: Final = "bad_shares"  # the pool's shares do not add up to 1
NO_TABLE: Final = "no_table"  # no table of the dataset counts any of the kind's drivers
NOBODY: Final = "nobody"  # nobody counts for the driver in that month
SHARES_MISS: Final = 1e-6  # shares may miss 1 by their rounding, not by a mistake
_POT: Final = (NUMBER, KIND, DRIVER, SEGMENT, CHANNEL)


@dataclass(frozen=True)
class Allocation:
    """The ledger on the customers.

    Attributes
    ----------
    charges : narwhals.LazyFrame
        ``customer_id, month_number, kind, driver, units``: what each customer bears of each kind in each month, in
        1/10,000 of the currency. In the engine.
    statement : DataFrame
        kind, driver, reason, booked, allocated (currency): per kind and driver what was allocated (reason ""), and per
        reason what was not (allocated 0). Booked less allocated is unallocated.
    booked_units, allocated_units, unallocated_units : int
        Sums over the ledger, in 1/10,000; the last two add up to the first.
    refused_pools : tuple of (str, float)
        Pools whose shares do not add up to 1, each with their sum.
    drivers : dict of str to str
        The driver that was used for each kind, "" where no table counts any.
    """

    charges: Frame
    statement: pd.DataFrame
    booked_units: int
    allocated_units: int
    unallocated_units: int
    refused_pools: tuple[tuple[str, float], ...]
    drivers: dict[str, str]

    @property
    def reconciled(self) -> bool:
        """Whether allocated and unallocated add up to booked, to the last unit."""
        return self.booked_units == self.allocated_units + self.unallocated_units


def allocate(record: Mapping[str, Frame], *, settings: CostsSection, end: date) -> Allocation:
    """Allocate the ledger of a record to its customers.

    Parameters
    ----------
    record : mapping of str to narwhals.LazyFrame
        Accepted tables of one engine: ``transactions`` and ``costs``; ``customers``, ``interactions`` and
        ``allocations`` where there are any.
    settings : CostsSection
    end : date
        Last day that is read; the ledger is read to the end of its month.
    """
    lines = kept(ledger_lines(record["costs"], settings=settings, end=end))
    people = kept(lives(record, settings=settings, end=end))
    counts = driver_counts(record, people, lines.select(NUMBER).unique(), settings=settings, end=end)
    return allocate_lines(lines, people, counts, record.get("allocations"), settings=settings)


def allocate_lines(
    lines: Frame, people: Frame, counts: Mapping[Driver, Frame], allocations: Frame | None, *, settings: CostsSection
) -> Allocation:
    """Allocate lines of a ledger by counts that are already there.

    Parameters
    ----------
    lines : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.ledger.ledger_lines`.
    people : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.driver_counts.lives`.
    counts : mapping of str to narwhals.LazyFrame
        From :func:`~clv_lib.analysis.driver_counts.driver_counts`.
    allocations : narwhals.LazyFrame or None
        Shares of pools over segments.
    settings : CostsSection
    """
    chosen = {kind: _driver_of(kind, counts, settings) for kind in PURPOSES}
    shares, refused = _shares(allocations)
    named = nw.col(ID) != ""
    refuse = nw.col(POOL).is_in([pool for pool, _ in refused])
    buyers = people.select(nw.col(CUSTOMER_ID).alias(ID))
    direct = lines.filter(named).join(buyers, on=ID, how="inner")
    unnamed = lines.filter(~named & ~refuse)
    pooled = nw.col(POOL).is_in(sorted(set(shares)))
    pots = [_pots(unnamed.filter(~pooled), people, chosen, segment=nw.lit(""))]
    lost = [
        _lost(lines.filter(named).join(buyers, on=ID, how="anti"), "direct", UNKNOWN_CUSTOMER),
        _lost(lines.filter(~named & refuse), "", BAD_SHARES),
    ]
    if shares and allocations is not None:
        over_segments = _over_segments(unnamed.filter(pooled), allocations)
        pots.append(_pots(over_segments, people, chosen, segment=nw.col(SEGMENT)))
    # a pot is one sum: corrections are taken off before anything is shared out
    filled = kept(nw.concat(pots).group_by(*_POT).agg(nw.col(UNITS).sum()).with_columns(nw.col(UNITS).cast(nw.Int64)))
    used = set(collected(filled.select(DRIVER).unique())[DRIVER]) - {""}
    charged = [
        direct.select(nw.col(ID).alias(CUSTOMER_ID), NUMBER, KIND, nw.lit("direct").alias(DRIVER), nw.col(UNITS))
    ]
    for driver in sorted(used):
        here = filled.filter(nw.col(DRIVER) == driver)
        weights = _scoped(counts[driver], people, by_channel=driver == "new_customers", by_segment=bool(shares))
        charged.append(
            largest_remainder(
                here.join(weights, on=[NUMBER, SEGMENT, CHANNEL], how="inner"), pot=_POT, to=CUSTOMER_ID
            ).select(CUSTOMER_ID, NUMBER, KIND, DRIVER, UNITS)
        )
        known = weights.select(NUMBER, SEGMENT, CHANNEL).unique()
        lost.append(_lost(here.join(known, on=[NUMBER, SEGMENT, CHANNEL], how="anti"), driver, NOBODY))
    lost.append(_lost(filled.filter(nw.col(DRIVER) == ""), "", NO_TABLE))
    charges = nw.concat(charged).group_by(CUSTOMER_ID, NUMBER, KIND, DRIVER).agg(nw.col(UNITS).sum())
    charges = kept(charges.with_columns(nw.col(UNITS).cast(nw.Int64)).filter(nw.col(UNITS) != 0))
    return _stated(lines, charges, nw.concat(lost), refused, chosen)


def largest_remainder(frame: Frame, *, pot: Sequence[str], to: str) -> Frame:
    """Share the whole ``units`` of each pot over its rows in proportion to ``count``, to the last unit.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        A row per pot and receiver: the columns of ``pot``, ``units`` (of the pot, the same on all its rows), ``to``,
        ``count`` (above 0).
    pot : sequence of str
        Columns that name a pot.
    to : str
        Column that names the receiver; decides between equal remainders.

    Returns
    -------
    narwhals.LazyFrame
        The same rows, ``units`` now being the receiver's part.

    Notes
    -----
    A part is computed in floating point, so in a pot beyond 2**53 units it may be off by a few units before the
    remainders are handed out; the number to hand out is an exact integer all the same, and with it the sum. Should it
    exceed the number of rows, or be negative, every row gets the same whole number first.
    """
    keys = list(pot)
    down, over, rest, rows = "part_down", "part_negated_remainder", "part_left", "part_rows"
    exact = nw.col(UNITS) * (nw.col(COUNT) / nw.col("part_total"))
    parts = (
        frame.with_columns(nw.col(COUNT).sum().over(*keys).alias("part_total"))
        .with_columns(exact.floor().cast(nw.Int64).alias(down), (exact.floor() - exact).alias(over))
        .with_columns(
            (nw.col(UNITS) - nw.col(down).sum().over(*keys).cast(nw.Int64)).alias(rest),
            nw.lit(1).cast(nw.Int64).alias(rows),
        )
        .with_columns(
            nw.col(rows).cum_sum().over(*keys, order_by=[over, to]).cast(nw.Int64).alias("part_rank"),
            nw.col(rows).sum().over(*keys).cast(nw.Int64).alias(rows),
        )
    )
    each = nw.col(rest) // nw.col(rows)  # 0, but for rounding in very large pots
    extra = (nw.col("part_rank") <= nw.col(rest) - each * nw.col(rows)).cast(nw.Int64)
    return parts.with_columns((nw.col(down) + each + extra).alias(UNITS))


def _driver_of(kind: str, counts: Mapping[Driver, Frame], settings: CostsSection) -> str:
    if kind == ONBOARDING:
        return "new_customers"
    wanted = settings.drivers_of(kind)  # type: ignore[arg-type]
    return next((driver for driver in wanted if driver in counts), "")


def _shares(allocations: Frame | None) -> tuple[set[str], tuple[tuple[str, float], ...]]:
    """Pools with shares that add up to 1, and the others with their sum."""
    if allocations is None:
        return set(), ()
    sums = collected(allocations.group_by(POOL).agg(nw.col(SHARE).sum())).set_index(POOL)[SHARE].sort_index()
    good = (sums - 1).abs() <= SHARES_MISS
    return set(sums.index[good]), tuple((str(pool), float(total)) for pool, total in sums[~good].items())


def _over_segments(lines: Frame, allocations: Frame) -> Frame:
    """Pooled lines as one line per segment."""
    pots = [NUMBER, KIND, CHANNEL, POOL]
    summed = lines.group_by(*pots).agg(nw.col(UNITS).sum()).with_columns(nw.col(UNITS).cast(nw.Int64))
    shares = allocations.filter(nw.col(SHARE) > 0).select(POOL, SEGMENT, nw.col(SHARE).alias(COUNT))
    return largest_remainder(summed.join(shares, on=POOL, how="inner"), pot=pots, to=SEGMENT)


def _pots(lines: Frame, people: Frame, chosen: Mapping[str, str], *, segment: nw.Expr) -> Frame:
    """Lines with the driver of their kind, and the channel where it decides who is charged."""
    driver = nw.lit("")
    for kind, name in chosen.items():
        driver = nw.when(nw.col(KIND) == kind).then(nw.lit(name)).otherwise(driver)
    winning = people.filter(nw.col(ACQUISITION_CHANNEL) != "").select(
        nw.col(ACQUISITION_CHANNEL).alias(CHANNEL), nw.col(ACQUISITION_CHANNEL).alias("winner")
    )
    marked = lines.with_columns(driver.alias(DRIVER), segment.alias(SEGMENT)).join(
        winning.unique(), on=CHANNEL, how="left"
    )
    by_channel = (nw.col(DRIVER) == "new_customers") & ~nw.col("winner").is_null()
    return marked.select(
        NUMBER,
        KIND,
        DRIVER,
        SEGMENT,
        nw.when(by_channel).then(nw.col(CHANNEL)).otherwise(nw.lit("")).alias(CHANNEL),
        UNITS,
    )


def _scoped(counts: Frame, people: Frame, *, by_channel: bool, by_segment: bool) -> Frame:
    """Counts of a driver for everybody, and again within each channel and segment where pots ask for them."""
    known = counts.join(people.select(CUSTOMER_ID, ACQUISITION_CHANNEL, SEGMENT), on=CUSTOMER_ID, how="inner")
    anyone = nw.lit("")
    scopes = []
    for segment in (False, True) if by_segment else (False,):
        for channel in (False, True) if by_channel else (False,):
            scope = known
            if segment:
                scope = scope.filter(nw.col(SEGMENT) != "")
            if channel:
                scope = scope.filter(nw.col(ACQUISITION_CHANNEL) != "")
            scopes.append(
                scope.select(
                    CUSTOMER_ID,
                    NUMBER,
                    (nw.col(SEGMENT) if segment else anyone).alias(SEGMENT),
                    (nw.col(ACQUISITION_CHANNEL) if channel else anyone).alias(CHANNEL),
                    COUNT,
                )
            )
    return nw.concat(scopes)


def _lost(lines: Frame, driver: str, reason: str) -> Frame:
    return lines.select(KIND, nw.lit(driver).alias(DRIVER), nw.lit(reason).alias(REASON), nw.col(UNITS))


def _stated(
    lines: Frame, charges: Frame, lost: Frame, refused: tuple[tuple[str, float], ...], chosen: dict[str, str]
) -> Allocation:
    """Count what was booked, allocated and lost, each on its own."""
    given = charges.select(KIND, DRIVER, nw.lit("").alias(REASON), UNITS)
    keys = [KIND, DRIVER, REASON]
    both = collected(nw.concat([given, lost]).group_by(*keys).agg(nw.col(UNITS).sum())).astype({UNITS: "int64"})
    both = both[both[UNITS] != 0].sort_values(keys, ignore_index=True)
    allocated = both[UNITS].where(both[REASON] == "", 0)
    booked = collected(lines.select(nw.col(UNITS).sum()))[UNITS].iloc[0]
    statement = both[keys].assign(booked=both[UNITS] / MONEY_UNITS, allocated=allocated / MONEY_UNITS)
    return Allocation(
        charges=charges,
        statement=statement,
        booked_units=0 if pd.isna(booked) else int(booked),
        allocated_units=int(allocated.sum()),
        unallocated_units=int(both[UNITS].sum() - allocated.sum()),
        refused_pools=refused,
        drivers={kind: driver for kind, driver in chosen.items() if driver},
    )
