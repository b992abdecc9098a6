"""CSV that a spreadsheet shows and never executes.

A cell of text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to Excel and
LibreOffice, and a customer's id comes from outside. Such a cell gets an apostrophe in front; numbers stay numbers.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clv_lib.data.formulas import FORMULA_STARTS

if TYPE_CHECKING:
    import pandas as pd


def inert(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def write_csv(frame: "pd.DataFrame", path: Path, *, delimiter: str = ",") -> None:
    """Write a frame as UTF-8 CSV whose text cells and column names are inert in a spreadsheet.

    Parameters
    ----------
    frame : pandas.DataFrame
        The index is not written. Columns of numbers, booleans and dates are written as they are.
    path : Path
        The file; it is replaced.
    delimiter : str
        One character between fields.
    """
    import pandas as pd

    safe = frame.copy(deep=False)
    for position, dtype in enumerate(frame.dtypes):
        if not _holds_text(dtype, pd):
            continue
        column = frame.iloc[:, position].astype(object)
        harmless = column.map(lambda cell: inert(cell) if isinstance(cell, str) else cell)
        safe.isetitem(position, harmless.array)
    safe.columns = pd.Index([inert(str(name)) for name in frame.columns])
    safe.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", sep=delimiter)


def _holds_text(dtype: Any, pd: Any) -> bool:
    types = pd.api.types
    return not (types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype) or types.is_datetime64_any_dtype(dtype))
