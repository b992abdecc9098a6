"""How long reading and summarising a large log takes, and how much memory: ``python benchmarks/ingest.py [rows]``.

The log is synthetic and seeded: 40 characters a row, one customer in ten rows, order ids, two years.
"""

import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from clv_lib.data.customer_cells import cells
from clv_lib.data.customers import customer_summary
from clv_lib.data.ingest import ingest
from clv_lib.data.opening import open_engine
from clv_lib.settings import DatasetSection, EngineSection, Settings, TableSection, TablesSection

COLUMNS = {"customer_id": "customer", "ordered_at": "day", "amount": "amount", "order_id": "order"}


def write_log(path: Path, rows: int) -> None:
    """Write a clean log of that many rows; the same rows every time."""
    connection = duckdb.connect()
    connection.execute(
        f"""COPY (SELECT printf('O%09d', i) AS "order", printf('C%08d', hash(i) % {max(rows // 10, 1)}) AS customer,
        DATE '2022-01-01' + CAST(hash(i + 1) % 730 AS INTEGER) AS day,
        round(5 + (hash(i + 2) % 20000) / 100, 2) AS amount FROM range({rows}) t(i)) TO '{path}' (HEADER)"""
    )
    connection.close()


def main(rows: int) -> None:
    """Print seconds for each step, and the peak memory of the process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        write_log(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
        settings = Settings(
            folder=Path(folder),
            dataset=DatasetSection(name="benchmark", currency="EUR", as_of=date(2023, 12, 31)),
            tables=TablesSection(transactions=TableSection(path=path.name, columns=COLUMNS)),
        )
        with open_engine(EngineSection()) as engine:
            start = time.perf_counter()
            ingested = ingest(settings, engine)
            read = time.perf_counter()
            found = cells(customer_summary(ingested.transactions, end=date(2023, 12, 31), resolution="week"))
            done = time.perf_counter()
        print(f"ingest {read - start:.1f} s, summary and {len(found):,} cells {done - read:.1f} s")
        print(f"{ingested.report.customers:,} customers, {ingested.report.used.rows:,} rows used")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
