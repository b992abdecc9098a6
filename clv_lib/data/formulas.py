"""What a spreadsheet takes for a formula: one list for everything that is written for people."""

from typing import Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width signs count, too
