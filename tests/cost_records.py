"""A customer record small enough to allocate by hand, and engines to put it in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

import narwhals as nw
import pandas as pd
import pyarrow as pa

from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.opening import start_engine
from clv_lib.settings import EngineSection

END = date(2024, 3, 31)
JAN, FEB, MAR = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)

TRANSACTIONS = pd.DataFrame(
    [
        ("ada", date(2024, 1, 5), 100.0, 1.0),
        ("ben", date(2024, 1, 9), 50.0, 2.0),
        ("ben", date(2024, 1, 20), 50.0, 1.0),
        ("cleo", date(2024, 2, 3), 40.0, 4.0),
        ("ada", date(2024, 3, 7), 60.0, 1.0),
    ],
    columns=["customer_id", "ordered_at", "amount", "quantity"],
)
CUSTOMERS = pd.DataFrame(
    [
        ("ada", date(2023, 12, 28), "search", "A"),
        ("ben", date(2024, 1, 9), "friends", "B"),
        ("cleo", date(2024, 2, 1), "search", "B"),
        ("dora", date(2024, 2, 9), "search", "A"),  # signed up and never bought
    ],
    columns=["customer_id", "acquired_at", "acquisition_channel", "segment"],
)
INTERACTIONS = pd.DataFrame(
    [
        ("ada", datetime(2024, 1, 6, 9), "phone", "ticket", 30.0),
        ("ben", datetime(2024, 1, 7, 9), "mail", "ticket", 10.0),
        ("ben", datetime(2024, 1, 8, 9), "mail", "response", 0.0),
        ("dora", datetime(2024, 2, 8, 9), "mail", "ticket", 10.0),
    ],
    columns=["customer_id", "happened_at", "channel", "kind", "handling_minutes"],
)
COSTS = pd.DataFrame(
    [
        (JAN, "goods", 80.0, None, None, None),
        (JAN, "fulfilment", 10.0, None, None, None),
        (JAN, "fulfilment", -1.0, None, None, None),
        (JAN, "service", 20.0, None, None, None),
        (FEB, "acquisition", 30.0, "search", None, None),
        (FEB, "acquisition", 5.0, "agency", None, None),
        (FEB, "acquisition", 7.0, "friends", None, None),  # nobody came through friends in February
        (JAN, "service", 3.0, None, "ada", None),
        (JAN, "service", 4.0, None, "dora", None),  # never bought
        (MAR, "overhead", 1.0, None, None, "CS"),
        (MAR, "retention", 9.0, None, None, None),
    ],
    columns=["month", "kind", "amount", "channel", "customer_id", "pool"],
)
ALLOCATIONS = pd.DataFrame(
    [("CS", "A", 0.5), ("CS", "B", 0.3), ("CS", "C", 0.2), ("IT", "A", 0.6), ("IT", "B", 0.6)],
    columns=["pool", "segment", "share"],
)
RECORD = {"transactions": TRANSACTIONS, "customers": CUSTOMERS, "interactions": INTERACTIONS, "costs": COSTS}


def arrow(frame: pd.DataFrame) -> pa.Table:
    """A table with text as text, days as days and moments as moments, whatever is missing."""
    fields = []
    for name, column in frame.items():
        given = column.dropna()
        first = given.iloc[0] if len(given) else ""
        if isinstance(first, datetime):
            kind = pa.timestamp("us")
        elif isinstance(first, date):
            kind = pa.date32()
        else:
            kind = pa.string() if isinstance(first, str) else pa.float64()
        fields.append((name, kind))
    return pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)


def in_memory(record: Mapping[str, pd.DataFrame]) -> dict[str, nw.LazyFrame]:
    """The record as pandas frames behind Narwhals."""
    kinds = {pa.date32(): pd.ArrowDtype(pa.date32()), pa.timestamp("us"): pd.ArrowDtype(pa.timestamp("us"))}
    kinds[pa.string()] = pd.StringDtype("pyarrow")
    return {
        name: nw.from_native(arrow(frame).to_pandas(types_mapper=kinds.get)).lazy() for name, frame in record.items()
    }


@contextmanager
def in_engine(record: Mapping[str, pd.DataFrame], kind: str) -> Iterator[dict[str, nw.LazyFrame]]:
    """The record in an engine: pandas, duckdb or spark."""
    if kind == "pandas":
        yield in_memory(record)
        return
    engine = start_engine(EngineSection(kind=kind))
    try:
        if isinstance(engine, DuckDBEngine):
            yield {name: nw.from_native(engine.connection.from_arrow(arrow(frame))) for name, frame in record.items()}
        else:
            yield {name: nw.from_native(engine.session.createDataFrame(arrow(frame))) for name, frame in record.items()}
    finally:
        engine.close()
