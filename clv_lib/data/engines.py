"""Open the engine that holds the large tables, and speak its dialect where Narwhals has no word for it.

Three kinds: DuckDB inside the process (the default), a Spark session, or any database that Ibis can reach. Each hands
out Narwhals lazy frames, so that everything after the door is written once.
"""

import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from clv_lib.data.dialects import DUCKDB, SPARK, Dialect
from clv_lib.errors import DataError

MEMORY_LIMIT: Final = "2GB"  # beyond it DuckDB spills to a scratch folder, removed on closing
_TYPED: Final = (
    "columns must have types already where engine.kind is {kind!r}, but one of them is text. "
    "Give the table's columns their types in the database, or read the data through DuckDB or Spark."
)


class Engine(Protocol):
    """What a room needs of an engine."""

    kind: str
    dialect: Dialect | None  # None: text cannot be parsed here, so columns must already have types

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a table of the engine by its name."""

    def lend(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Bring a small pandas frame into the engine, to be joined there."""

    def keep(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """Compute a frame once and hold the result in the engine under a name."""

    def project(self, frame: nw.LazyFrame[Any], columns: list[str]) -> nw.LazyFrame[Any]:
        """Select columns written in the SQL of the dialect."""

    def drop(self, name: str) -> None:
        """Forget what was kept or loaded under a name."""

    def close(self) -> None:
        """Release everything that the engine holds."""

    def __enter__(self) -> "Engine": ...

    def __exit__(self, *fault: object) -> None: ...


def dialect_of(engine: Engine) -> Dialect:
    """Dialect in which text is parsed in the engine.

    Raises
    ------
    DataError
        The engine speaks none: its tables must have types already.
    """
    if engine.dialect is None:
        raise DataError(_TYPED.format(kind=engine.kind))
    return engine.dialect


class _Closing(ABC):
    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()


class DuckDBEngine(_Closing):
    """DuckDB in this process: bounded memory, UTC, and never an extension from the network."""

    kind = "duckdb"
    dialect: Dialect | None = DUCKDB

    def __init__(self) -> None:
        self._scratch = tempfile.mkdtemp(prefix="clv-")
        self.connection = duckdb.connect(
            config={
                "memory_limit": MEMORY_LIMIT,
                "threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
                "temp_directory": self._scratch,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        self.connection.execute("SET TimeZone = 'UTC'")
        # in a notebook without ipywidgets the bar is off, and even switching it off is refused
        if self.connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
            self.connection.execute("SET enable_progress_bar = false")

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a table or view of this connection."""
        return nw.from_native(self.connection.table(name))

    def lend(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Bring a small pandas frame into the engine."""
        return nw.from_native(self.connection.from_arrow(pa.Table.from_pandas(frame, preserve_index=False)))

    def keep(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """Compute a frame once into a table of the connection."""
        self.drop(name)
        frame.to_native().create(name)
        return self.table(name)

    def project(self, frame: nw.LazyFrame[Any], columns: list[str]) -> nw.LazyFrame[Any]:
        """Select columns written in DuckDB's SQL."""
        return nw.from_native(frame.to_native().project(", ".join(columns)))

    def drop(self, name: str) -> None:
        """Drop a table, if there is one of that name."""
        self.connection.execute(f'DROP TABLE IF EXISTS "{name}"')

    def close(self) -> None:
        """Close the connection and remove the scratch folder."""
        self.connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


class SparkEngine(_Closing):
    """A Spark session: the running one, the one at the address, or a local one."""

    kind = "spark"
    dialect: Dialect | None = SPARK

    def __init__(self, session: Any, *, owned: bool) -> None:
        self.session, self._owned = session, owned

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a table of the catalog."""
        return nw.from_native(opened(name, lambda: self.session.table(name)))

    def lend(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Bring a small pandas frame into the session."""
        return nw.from_native(self.session.createDataFrame(pa.Table.from_pandas(frame, preserve_index=False)))

    def keep(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """Compute a frame once and forget how: every use of a cached plan would plan its whole history again.

        Nor can it be computed a second time, in which rows that tie might be told apart in another way.
        """
        return nw.from_native(frame.to_native().localCheckpoint(eager=True))

    def project(self, frame: nw.LazyFrame[Any], columns: list[str]) -> nw.LazyFrame[Any]:
        """Select columns written in Spark's SQL."""
        return nw.from_native(frame.to_native().selectExpr(*columns))

    def drop(self, name: str) -> None:
        """Nothing to forget: nothing was loaded under a name."""

    def close(self) -> None:
        """Drop what was cached; stop the session only if it was started here."""
        self.session.catalog.clearCache()
        if self._owned:
            self.session.stop()


class IbisEngine(_Closing):
    """A database behind Ibis; its tables must have types already."""

    kind = "ibis"
    dialect: Dialect | None = None

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._kept: list[Any] = []

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Open a table of the database; ``schema.table`` is understood."""
        *schema, table = name.split(".")
        database = ".".join(schema) or None
        return nw.from_native(opened(name, lambda: self.connection.table(table, database=database)))

    def lend(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Bring a small pandas frame into the database, as a temporary table."""
        import ibis

        name = ibis.util.gen_name("clv")
        arrow = pa.Table.from_pandas(frame, preserve_index=False)
        return nw.from_native(self.connection.create_table(name, arrow, temp=True))

    def keep(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """Cache a frame in a temporary table of the database."""
        cached = frame.to_native().cache()
        self._kept.append(cached)
        return nw.from_native(cached)

    def project(self, frame: nw.LazyFrame[Any], columns: list[str]) -> nw.LazyFrame[Any]:
        """Refuse: every database behind Ibis has its own SQL, and no dialect is spoken here."""
        raise DataError(_TYPED.format(kind=self.kind))

    def drop(self, name: str) -> None:
        """Nothing to forget: nothing was loaded under a name."""

    def close(self) -> None:
        """Drop what was cached and disconnect."""
        for cached in self._kept:
            cached.release()
        self.connection.disconnect()


def opened(name: str, opening: Callable[[], Any]) -> Any:
    """Open a table, or say in a sentence that there is none of that name."""
    try:
        return opening()
    except Exception as error:
        raise DataError(
            f"the table {name!r} must exist in the engine, but opening it failed ({type(error).__name__}). "
            "Check the path of that table in dataset.toml and the rights of the account."
        ) from None


def missing_extra(extra: str, package: str) -> str:
    """That an engine needs a package which is not installed, and how to get it."""
    return (
        f"engine.kind needs the package {package}, which is not installed. Install the extra with "
        f"pip install 'clv-lib[{extra}]', or choose engine.kind = 'duckdb'."
    )


def write_parquet(frame: nw.LazyFrame[Any], path: Path) -> None:
    """Write a lazy frame to one Parquet file without collecting it; a reader sees the old file or the whole new one.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Spark writes a folder of parts; they are put together into one file, so that it can be hashed and handed on.
    path : Path
        Where it goes; the folder must exist.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    parts = partial.with_suffix(".parts")
    try:
        frame.sink_parquet(str(partial))
        if partial.is_dir():
            partial.rename(parts)
            with DuckDBEngine() as engine:
                engine.connection.read_parquet(str(parts / "*.parquet")).write_parquet(str(partial))
        partial.replace(path)
    finally:
        shutil.rmtree(parts, ignore_errors=True)
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)
