"""The contract of each table: columns, types, ranges, keys. One source for every check.

:data:`TRANSACTIONS` describes the accepted log and :data:`CONTRACTS` every table of the customer record, wherever they
live; :func:`breaches` compiles a contract into one query. The small frames that leave the room are checked by pandera
itself, on the way out.
"""

from clv_lib.data.tables.cells import BACKTEST_CELLS, CELLS, SPEND_CELLS, SPLIT_CELLS, VALUATION_CELLS
from clv_lib.data.tables.checking import breaches, broken, checked
from clv_lib.data.tables.contracts import EARLIEST_BIRTH, EARLIEST_DAY, MONEY_UNITS, Contract, Reads
from clv_lib.data.tables.crm import (
    ARMS,
    BILLING_PERIODS,
    CONTRACTS,
    CONTROL,
    COST_KINDS,
    RESPONSE,
    SCALES,
    SIDES,
    TICKET,
    TREATED,
)
from clv_lib.data.tables.log import LOG, OPTIONAL_NUMBERS, OPTIONAL_TEXT, REQUIRED, TRANSACTIONS

__all__ = [
    "ARMS",
    "BACKTEST_CELLS",
    "BILLING_PERIODS",
    "CELLS",
    "CONTRACTS",
    "CONTROL",
    "COST_KINDS",
    "EARLIEST_BIRTH",
    "EARLIEST_DAY",
    "LOG",
    "MONEY_UNITS",
    "OPTIONAL_NUMBERS",
    "OPTIONAL_TEXT",
    "REQUIRED",
    "RESPONSE",
    "SCALES",
    "SIDES",
    "SPEND_CELLS",
    "SPLIT_CELLS",
    "TICKET",
    "TRANSACTIONS",
    "TREATED",
    "VALUATION_CELLS",
    "Contract",
    "Reads",
    "breaches",
    "broken",
    "checked",
]
