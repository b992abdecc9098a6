"""Open the engine that the settings name, and say in a sentence why it cannot be reached."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from clv_lib.data.engines import DuckDBEngine, Engine, IbisEngine, SparkEngine, missing_extra
from clv_lib.errors import SettingsError
from clv_lib.settings import EngineSection


@contextmanager
def open_engine(section: EngineSection) -> Iterator[Engine]:
    """Open the engine of the settings for the length of a ``with`` block.

    Parameters
    ----------
    section : EngineSection
        ``kind`` and, for a server, the name of the environment variable that holds its address.

    Raises
    ------
    SettingsError
        An extra is not installed, the environment variable is not set, or the server cannot be reached. The address
        itself is never repeated, since it may carry a password.
    """
    engine = start_engine(section)
    try:
        yield engine
    finally:
        engine.close()


def start_engine(section: EngineSection) -> Engine:
    """Open the engine of the settings; the caller closes it (notebooks keep it open). Errors as :func:`open_engine`."""
    return {"duckdb": _start_duckdb, "spark": _start_spark, "ibis": _start_ibis}[section.kind](section)


def _start_duckdb(section: EngineSection) -> Engine:
    return DuckDBEngine()


def _start_spark(section: EngineSection) -> Engine:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SettingsError(missing_extra("spark", "pyspark")) from None
    running = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("clv").config("spark.sql.session.timeZone", "UTC")
    if section.url_env:
        address = _address(section.url_env)
        builder = builder.remote(address) if address.startswith("sc://") else builder.master(address)
    elif running is None:
        # one machine: the 200 partitions of a cluster would only cost time
        partitions = str(2 * (os.cpu_count() or 1))
        builder = builder.master("local[*]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.sql.shuffle.partitions", partitions)
    session = _reached("Spark", section, builder.getOrCreate)
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return SparkEngine(session, owned=running is None)


def _start_ibis(section: EngineSection) -> Engine:
    try:
        import ibis
    except ImportError:
        raise SettingsError(missing_extra("sql", "ibis-framework")) from None
    if not section.url_env:
        raise SettingsError(
            "engine.kind = 'ibis' must say where the database is, but engine.url_env is not set. Name the environment "
            'variable that holds the address there, as in url_env = "CLV_DATABASE"; never the address itself.'
        )
    address = _address(section.url_env)
    return IbisEngine(_reached("the database", section, lambda: ibis.connect(address)))


def _address(variable: str) -> str:
    address = os.environ.get(variable, "").strip()
    if not address:
        raise SettingsError(
            f"engine.url_env names the environment variable {variable}, but it is not set. Set it to the address of "
            "the engine before starting, or choose engine.kind = 'duckdb'."
        )
    return address


def _reached(what: str, section: EngineSection, connect: Callable[[], Any]) -> Any:
    try:
        return connect()
    except Exception as error:  # every driver has its own
        source = f"the address in {section.url_env}" if section.url_env else "a local session"
        # the driver's sentence may repeat the address, and with it a password
        raise SettingsError(
            f"{what} must be reachable through {source}, but connecting failed ({type(error).__name__}). "
            "Check the address, the driver of that database, and that the server runs."
        ) from None
