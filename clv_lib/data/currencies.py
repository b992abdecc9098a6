"""Amounts of several currencies become one, at the rate of their month, or are refused: they are never simply added."""

from typing import Any, Final

import narwhals as nw
import pandas as pd

from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.quality import Converted, money
from clv_lib.errors import DataError
from clv_lib.names import CURRENCY, DISCOUNT, MONTH, ORDERED_AT, RATE, UNIT_COST
from clv_lib.periods import MONTHS_PER_YEAR

Frame = nw.LazyFrame[Any]
GIVEN: Final = "currency_given"
_LINES: Final = 10  # in a sentence


def with_currencies(
    rows: Frame, rates: Frame | pd.DataFrame | None, *, base: str, columns: dict[str, str], engine: Engine
) -> Frame:
    """Convert the amounts of other currencies.

    Parameters
    ----------
    rows : narwhals.LazyFrame
        Typed rows.
    rates : LazyFrame or DataFrame, optional
        ``month`` (its first day), ``currency``, ``rate``: units of ``base`` for one unit of the currency.
    base : str
        The dataset's currency.

    Returns
    -------
    narwhals.LazyFrame
        With ``units`` in ``base``, ``given_units`` as they were, ``currency_given``, ``converted`` (whether a rate was
        applied) and ``no_rate`` (whether none could be: then ``units`` is 0).
    """
    if CURRENCY not in columns:
        return rows.with_columns(*(nw.lit(False).alias(name) for name in ("converted", "no_rate")))
    code = nw.col(CURRENCY).str.to_uppercase()
    rows = rows.with_columns(code.alias(GIVEN), (code != base).fill_null(True).alias("foreign"))
    names = [name for name in rows.collect_schema().names() if name != "foreign"]
    if rates is None:
        rows = rows.with_columns(nw.lit(None, nw.Float64).alias(RATE))
    else:
        table = engine.lend(_checked(rates))
        month = (nw.col(ORDERED_AT).dt.year() * MONTHS_PER_YEAR + nw.col(ORDERED_AT).dt.month()).cast(nw.Int64)
        rows = rows.with_columns(month.alias("month_number")).join(
            table, left_on=[GIVEN, "month_number"], right_on=["rate_currency", "rate_month"], how="left"
        )
    rated, units = ~nw.col(RATE).is_null(), nw.col("units")
    converted, lacking = nw.col("foreign") & rated, nw.col("foreign") & ~rated
    in_base = (units * nw.when(rated).then(nw.col(RATE)).otherwise(nw.lit(0.0))).round(0).cast(nw.Int64)
    costs = [
        nw.when(converted).then(nw.col(name) * nw.col(RATE)).otherwise(nw.col(name)).alias(name)
        for name in (UNIT_COST, DISCOUNT)
        if name in columns
    ]
    return rows.with_columns(
        converted.alias("converted"),
        lacking.alias("no_rate"),
        units.alias("given_units"),
        nw.when(nw.col("foreign")).then(in_base).otherwise(units).alias("units"),
        nw.when(converted).then(nw.lit(base)).otherwise(nw.col(GIVEN)).alias(CURRENCY),
        *costs,
    ).select(*names, "converted", "no_rate", "given_units")


def _checked(rates: Frame | pd.DataFrame) -> pd.DataFrame:
    """One positive rate for each currency and month, keyed by year * 12 + month."""
    if isinstance(rates, pd.DataFrame):
        frame = rates[[MONTH, CURRENCY, RATE]]
    else:
        frame = rates.select(MONTH, CURRENCY, RATE).collect("pandas").to_native()
    month = pd.to_datetime(frame[MONTH])
    table = pd.DataFrame(
        {
            "rate_currency": frame[CURRENCY].astype("str").str.strip().str.upper(),
            "rate_month": (month.dt.year * MONTHS_PER_YEAR + month.dt.month).astype("int64"),
            RATE: frame[RATE].astype("float64"),
        }
    ).drop_duplicates()
    bad = table[~(table[RATE] > 0) | table.duplicated(["rate_currency", "rate_month"], keep=False)]
    if len(bad):
        first = bad.iloc[0]
        raise DataError(
            f"fx_rates must have one positive rate for each currency and month, but {len(bad)} rows break this "
            f"(first: {first['rate_currency']} in {_month(int(first['rate_month']))}, rate {first[RATE]:g}). "
            "Usually a month was exported twice; keep the rate that is true."
        )
    return table


def refuse_unrated(readable: Frame, *, base: str, rated: bool, column: str, source: str) -> None:
    """Stop where an amount that counts is in another currency, or in none that is named, and has no rate.

    Parameters
    ----------
    readable : narwhals.LazyFrame
        Classified rows without a fault, up to the day of the report.
    base : str
        The dataset's currency.
    rated : bool
        Whether there is a table of rates.
    column, source : str
        Where the currency stands, for the sentence.

    Raises
    ------
    DataError
        Names currencies, months, counts and lines.
    """
    lacking = readable.filter("no_rate")
    if not fetch(lacking.select(nw.len().alias("n")))[0]["n"]:
        return
    if not rated:
        counts = fetch(readable.group_by(GIVEN).agg(nw.len().alias("n")))
        ranked = sorted(((row[GIVEN] or "blank", int(row["n"])) for row in counts), key=lambda one: (-one[1], one[0]))
        listed = ", ".join(f"{code} in {n:,} rows" for code, n in ranked)
        raise DataError(
            f"every amount must be in {base}, but column {column!r} of {source} has {listed}. Give the rates in "
            "[tables.fx_rates], convert the amounts before the export, or correct dataset.currency; amounts of "
            "different currencies are never added."
        )
    month = nw.col(ORDERED_AT).dt.year() * MONTHS_PER_YEAR + nw.col(ORDERED_AT).dt.month()
    dated = lacking.with_columns(month.cast(nw.Int64).alias("month_number"))
    faults = []
    for row in fetch(dated.group_by(GIVEN, "month_number").agg(nw.len().alias("n")).sort(GIVEN, "month_number")):
        if row[GIVEN]:
            here = (nw.col(GIVEN) == row[GIVEN]) & (nw.col("month_number") == row["month_number"])
            said = f"no rate for {row[GIVEN]} in {_month(row['month_number'])}: {row['n']:,} rows"
            faults.append(said + _lines(dated.filter(here), row["n"]))
    blank = dated.filter(nw.col(GIVEN).is_null())
    n = fetch(blank.select(nw.len().alias("n")))[0]["n"]
    if n:
        faults.append(f"no currency: {n:,} rows" + _lines(blank, n))
    listed = "\n".join(f"  - {fault}" for fault in faults)
    raise DataError(
        f"every amount in another currency than {base} must have a rate, but column {column!r} of {source} has\n"
        f"{listed}\nUsually a month is missing in fx_rates, or the shop left the currency out; add the rate, or the "
        "currency to these lines."
    )


def _lines(rows: Frame, n: int) -> str:
    found = [row["line"] for row in fetch(rows.select("source", "line").sort("source", "line").head(_LINES))]
    shown = ", ".join(f"line {line}" for line in found if line)
    return f" ({shown}{', ...' if n > len(found) else ''})" if shown else ""


def _month(number: int) -> str:
    return f"{(number - 1) // MONTHS_PER_YEAR}-{(number - 1) % MONTHS_PER_YEAR + 1:02d}"


def converted_totals(classified: Frame) -> tuple[Converted, ...]:
    """What was converted and used, by currency."""
    used = classified.filter(nw.col("converted") & (nw.col("reason") == ""))
    sums = used.group_by(GIVEN).agg(nw.len().alias("n"), nw.col("given_units").sum(), nw.col("units").sum()).sort(GIVEN)
    return tuple(
        Converted(row[GIVEN], int(row["n"]), money(row["given_units"]), money(row["units"])) for row in fetch(sums)
    )
