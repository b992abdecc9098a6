"""Names of the columns that stand beside each column while it is read, and the kinds that are read alike."""

from typing import Any, Final

import narwhals as nw

from clv_lib.data.tables import Contract

Frame = nw.LazyFrame[Any]
YES: Final = ("true", "yes", "ya", "y", "1", "1.0")
NO: Final = ("false", "no", "tidak", "n", "f", "0", "0.0")
UNITS: Final = "units"  # the table's money in ten-thousandths
ROUNDED: Final = "rounded_amount"
OTHER_DAY: Final = "other_day"  # of a log whose clocks hung elsewhere: the day there was another one
LARGEST: Final = 9e14  # units are 64-bit integers
DAYS: Final = ("day", "moment", "month")
NUMBERS: Final = ("number", "whole")


def text_of(name: str) -> str:
    """Column that holds the text of a column, or null where there is no value."""
    return f"text:{name}"


def trim_of(name: str) -> str:
    """Column that says whether spaces were taken off."""
    return f"trim:{name}"


def money_of(contract: Contract, columns: dict[str, str]) -> str | None:
    """The amount that is added up, among the columns that are there."""
    return next((name for name in contract.money if name in columns), None)
