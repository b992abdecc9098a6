"""Everything that the models read, from one log: small tables, whatever the size of the log."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from clv_lib.data import customer_cells, customers
from clv_lib.data.customers import Frame, Resolution, collected
from clv_lib.data.engines import DuckDBEngine, write_parquet
from clv_lib.data.formulas import FORMULA_STARTS
from clv_lib.data.past import Past, past_of, with_past
from clv_lib.data.quality import QualityReport
from clv_lib.names import (
    CUSTOMER_ID,
    FIRST_DAY,
    FIRST_VALUE,
    LIFETIME_VALUE,
    ORDERED_AT,
    PURCHASE_DAY,
    REALISED_MARGIN,
    RESIDUAL_CLV,
    REVENUE,
    TOTAL_VALUE,
    N,
)
from clv_lib.periods import ObservationWindow, observation_window
from clv_lib.settings import ModelSection, Settings


@dataclass(frozen=True)
class LogFacts:
    """What the notebooks after the first need to know of the log as a whole.

    Attributes
    ----------
    window : ObservationWindow
    resolution : {"day", "week"}
        Of recency and T.
    exact_spend : bool
        Whether every distinct mean spend kept its own cell.
    revenue_to_date : float
        Value of all purchases, in currency.
    mean_first_value : float
        Mean value of a customer's first purchase day, in currency.
    """

    window: ObservationWindow
    resolution: Resolution
    exact_spend: bool
    revenue_to_date: float
    mean_first_value: float


@dataclass(frozen=True)
class Handover:
    """What one log hands to the models.

    Attributes
    ----------
    facts : LogFacts
    summary : narwhals.LazyFrame
        One row per customer, in the engine.
    tables : dict of DataFrame
        ``cells``, ``spend_cells``, ``valuation_cells`` of the whole window; ``acquisitions`` and ``repeats`` by day;
        and, where there is a holdout, ``split_cells``, ``backtest_cells``, ``calibration_cells`` and
        ``calibration_spend_cells``.
    """

    facts: LogFacts
    summary: Frame
    tables: dict[str, pd.DataFrame]


def window_of(report: QualityReport, settings: Settings) -> ObservationWindow:
    """Days that the log covers: its first, the last one customers could be seen, and where the backtest splits."""
    return observation_window(report.first_day, report.as_of, calibration_end=settings.dataset.calibration_end)


def hand_over(transactions: Frame, *, window: ObservationWindow, model: ModelSection) -> Handover:
    """Make the cells of a log.

    Parameters
    ----------
    transactions : narwhals.LazyFrame
        Accepted rows.
    window : ObservationWindow
    model : ModelSection
        For the resolution asked for.
    """
    resolution = customers.choose_resolution(transactions, end=window.end, wanted=model.resolution)
    plain = customers.customer_summary(transactions, end=window.end, resolution=resolution)
    whole = collected(plain.select(nw.len().alias(N), nw.col(TOTAL_VALUE).sum(), nw.col(FIRST_VALUE).mean())).iloc[0]
    exact = customers.choose_exact_spend(int(whole[N]))
    summary = customers.customer_summary(transactions, end=window.end, resolution=resolution, exact_spend=exact)
    tables = {
        "cells": customer_cells.cells(summary),
        "spend_cells": customer_cells.spend_cells(summary),
        "valuation_cells": customer_cells.valuation_cells(summary),
        "acquisitions": _by_day(summary.select(FIRST_DAY), FIRST_DAY),
        "repeats": _repeats(transactions, window.end),
    }
    if window.calibration_end is not None:
        early = customers.customer_summary(
            transactions, end=window.calibration_end, resolution=resolution, exact_spend=exact
        )
        tables |= {
            "split_cells": customer_cells.split_cells(transactions, window=window, resolution=resolution),
            "backtest_cells": customer_cells.backtest_cells(
                transactions, window=window, resolution=resolution, exact_spend=exact
            ),
            "calibration_cells": customer_cells.cells(early),
            "calibration_spend_cells": customer_cells.spend_cells(early),
        }
    facts = LogFacts(window, resolution, exact, float(whole[TOTAL_VALUE]), float(whole[FIRST_VALUE]))
    return Handover(facts, summary, tables)


def by_month(transactions: Frame, *, end: date) -> pd.DataFrame:
    """Purchase days, revenue and buyers per calendar month: ``month, orders, revenue, customers``."""
    rows = customers.activity(transactions.filter(nw.col(ORDERED_AT) <= nw.lit(end)))
    found = rows.group_by("month").agg(nw.col("orders").sum(), nw.col(REVENUE).sum(), nw.len().alias("customers"))
    return collected(found).sort_values("month", ignore_index=True)


def _repeats(transactions: Frame, end: date) -> pd.DataFrame:
    """Repeat purchases per day: every customer-day but the customer's first."""
    days = customers.purchase_days(transactions).filter(nw.col(PURCHASE_DAY) <= end.toordinal())
    first = days.group_by(CUSTOMER_ID).agg(nw.col(PURCHASE_DAY).min().alias(FIRST_DAY))
    later = days.join(first, on=CUSTOMER_ID, how="inner").filter(nw.col(PURCHASE_DAY) > nw.col(FIRST_DAY))
    return _by_day(later.select(PURCHASE_DAY), PURCHASE_DAY)


def _by_day(frame: nw.LazyFrame[Any], day: str) -> pd.DataFrame:
    return collected(frame.group_by(day).agg(nw.len().alias(N))).sort_values(day, ignore_index=True)


@dataclass(frozen=True)
class ValuedCustomers:
    """Every customer with the value of its cell, in DuckDB.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        The customer summary, the results of the valuation, and what the customer has brought so far: see
        :func:`clv_lib.data.past.with_past`.
    """

    frame: Frame

    def past(self) -> Past:
        """Add up what all customers have brought so far."""
        return past_of(self.frame)

    def most_valuable(self, count: int) -> pd.DataFrame:
        """Fetch the customers with the highest residual CLV, best first."""
        return collected(self.frame.sort(RESIDUAL_CLV, CUSTOMER_ID, descending=[True, False]).head(count))

    def write_parquet(self, path: Path) -> None:
        """Write all customers as Parquet, ids as they are."""
        write_parquet(self.frame.sort(CUSTOMER_ID), path)

    def write_csv(self, path: Path) -> None:
        """Write all customers as CSV; ids that a spreadsheet would run get an apostrophe in front."""
        id_ = nw.col(CUSTOMER_ID)
        risky = id_.str.slice(0, 1).is_in(FORMULA_STARTS)
        inert = nw.when(risky).then(nw.concat_str([nw.lit("'"), id_])).otherwise(id_).alias(CUSTOMER_ID)
        self.frame.with_columns(inert).sort(CUSTOMER_ID).to_native().write_csv(str(path), header=True)


def valued_customers(
    path: Path, values: pd.DataFrame, *, gross_margin: float, profit: Path | None = None
) -> ValuedCustomers:
    """Give every customer the value of its cell, and what it has already brought.

    Parameters
    ----------
    path : Path
        Customer summary in Parquet, as the data notebook has left it.
    values : DataFrame
        Results per valuation cell.
    gross_margin : float
        Contribution as a share of revenue, where it is not measured.
    profit : Path, optional
        Measured contribution and costs per customer in Parquet, as the notebook on costs has left them.
    """
    engine = DuckDBEngine()
    summary: Frame = nw.from_native(engine.connection.read_parquet(str(path)))
    measured: Frame | None = None if profit is None else nw.from_native(engine.connection.read_parquet(str(profit)))
    valued = with_past(customers.attach(summary, values, engine=engine), measured, gross_margin=gross_margin)
    both = (nw.col(REALISED_MARGIN) + nw.col(RESIDUAL_CLV)).alias(LIFETIME_VALUE)
    return ValuedCustomers(valued.with_columns(both))


def opened_record(paths: dict[str, Path]) -> dict[str, Frame]:
    """Open tables of the customer record, left as Parquet, in one DuckDB; by name.

    They live as long as the frames do.
    """
    engine = DuckDBEngine()
    return {name: nw.from_native(engine.connection.read_parquet(str(path))) for name, path in paths.items()}
