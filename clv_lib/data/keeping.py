"""Compute a lazy frame once and go on from the result, in the engine where it lives."""

import uuid
from typing import cast

import duckdb
import narwhals as nw

from clv_lib.data.customers import Frame


def kept(frame: Frame) -> Frame:
    """Return the same rows, computed now and held by the engine that computed them.

    An :class:`~clv_lib.data.engines.Engine` keeps frames by name; this is for functions that are handed frames without
    their engine. DuckDB holds a table of the connection, Spark persists, Ibis caches, and what is in memory stays.
    """
    native = frame.to_native()
    if isinstance(native, duckdb.DuckDBPyRelation):
        name = f"kept_{uuid.uuid4().hex}"
        native.create(name)
        table = cast(duckdb.DuckDBPyRelation, native.query("made", f'SELECT * FROM "{name}"'))  # noqa: S608 (our name)
        return nw.from_native(table)
    for hold in ("persist", "cache"):
        if hasattr(native, hold):
            return nw.from_native(getattr(native, hold)()).lazy()
    return frame.collect().lazy()
