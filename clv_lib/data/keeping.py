"""Hold the result of a lazy frame in the engine where it lives, or write it for people, without collecting it."""

import uuid
from pathlib import Path
from typing import cast

import duckdb
import narwhals as nw
import pandas as pd

from clv_lib.data.customers import Frame
from clv_lib.data.formulas import FORMULA_STARTS
from clv_lib.names import CUSTOMER_ID


def kept(frame: Frame) -> Frame:
    """Return the same rows, computed now and held by the engine that computed them.

    An :class:`~clv_lib.data.engines.Engine` keeps frames by name; this is for functions that are handed frames without
    their engine. DuckDB holds a table of the connection, Spark persists, Ibis caches, and what is in memory stays.
    """
    native = frame.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        name = f"kept_{uuid.uuid4().hex}"
        # by query() both times: it is the way to a relation's connection, and its result is cheap to go on from
        making = f'CREATE TABLE "{name}" AS SELECT * FROM made'  # noqa: S608 (our own name)
        made = cast(duckdb.DuckDBPyRelation, native.query("made", making))
        table = made.query("written", f'SELECT * FROM "{name}"')  # noqa: S608 (our own name)
        return nw.from_native(cast(duckdb.DuckDBPyRelation, table))
    for hold in ("persist", "cache"):
        if hasattr(native, hold):
            return nw.from_native(getattr(native, hold)()).lazy()
    return frame.collect().lazy()


def write_customer_csv(frame: Frame, path: Path) -> None:
    """Write one row per customer, ordered by id, from DuckDB; ids that a spreadsheet would run get an apostrophe."""
    id_ = nw.col(CUSTOMER_ID)
    risky = id_.str.slice(0, 1).is_in(FORMULA_STARTS)
    inert = nw.when(risky).then(nw.concat_str([nw.lit("'"), id_])).otherwise(id_).alias(CUSTOMER_ID)
    frame.with_columns(inert).sort(CUSTOMER_ID).to_native().write_csv(str(path), header=True)


def lent_to(frame: Frame, small: pd.DataFrame) -> Frame:
    """Bring a small pandas table of whole numbers to where a lazy frame lives, so that the two can be joined."""
    native = frame.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        rows = ", ".join(f"({', '.join(str(int(value)) for value in row)})" for row in small.itertuples(index=False))
        names = ", ".join(f'"{name}"' for name in small.columns)
        query = f"SELECT * FROM (VALUES {rows}) AS lent({names})"  # noqa: S608 (whole numbers and our own names)
        return nw.from_native(cast(duckdb.DuckDBPyRelation, native.query("made", query)))
    if hasattr(native, "sparkSession"):
        return nw.from_native(native.sparkSession.createDataFrame(small))
    return nw.from_native(small).lazy()
