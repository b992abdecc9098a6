"""Small results of an engine, as plain Python."""

from typing import Any

import narwhals as nw


def fetch(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """Fetch the rows of a small lazy frame."""
    return frame.collect("pyarrow").to_native().to_pylist()
