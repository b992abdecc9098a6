"""What the tests of the page on coming back share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import narwhals as nw
import pandas as pd
import pyarrow as pa

from clv_lib.data.opening import open_engine
from clv_lib.data.purchase_periods import purchase_months, purchase_periods
from clv_lib.periods import ObservationWindow, periods_of
from clv_lib.settings import EngineSection
from tests.eight_customers import END, LOG, START

WINDOW = ObservationWindow(START, END)
MONTHS = periods_of(WINDOW, "month")


@contextmanager
def lent(log: pd.DataFrame = LOG, kind: str = "duckdb") -> Iterator[nw.LazyFrame]:
    """The log in an engine, or in memory."""
    if kind == "pandas":
        dates = log["ordered_at"].astype(pd.ArrowDtype(pa.date32()))
        yield nw.from_native(log.assign(ordered_at=dates)).lazy()
        return
    with open_engine(EngineSection(kind=kind)) as engine:
        yield engine.lend(log)


def activity_of(log: nw.LazyFrame, *, end: date = END, length: int = 1) -> nw.LazyFrame:
    """Purchases by customer and period."""
    return purchase_periods(purchase_months(log, end=end), length=length)
