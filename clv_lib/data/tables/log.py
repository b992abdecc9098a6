"""The transactions: the one table that must be there."""

from typing import Final

import pandera.pandas as pa

from clv_lib.data.tables.contracts import EARLIEST_DAY, Contract, needed, optional, reads_of, schema
from clv_lib.names import (
    AMOUNT,
    CATEGORY,
    CHANNEL,
    CURRENCY,
    CUSTOMER_ID,
    DISCOUNT,
    ORDER_ID,
    ORDERED_AT,
    PRODUCT_ID,
    QUANTITY,
    REFUND_OF,
    UNIT_COST,
)

TRANSACTIONS: Final = schema(
    "transactions",
    needed(CUSTOMER_ID, "id"),
    needed(ORDERED_AT, "day", pa.Check.ge(EARLIEST_DAY)),
    needed(AMOUNT, "number", pa.Check.ge(0)),
    *(optional(name, "label") for name in (ORDER_ID, PRODUCT_ID, CATEGORY, CHANNEL, CURRENCY, REFUND_OF)),
    *(optional(name, "number") for name in (QUANTITY, UNIT_COST, DISCOUNT)),
)
LOG: Final = Contract(TRANSACTIONS, day=ORDERED_AT, money=(AMOUNT,), customers=(CUSTOMER_ID,))

REQUIRED: Final = LOG.required
OPTIONAL_TEXT: Final = tuple(
    name for name, column in TRANSACTIONS.columns.items() if not column.required and reads_of(column) == "label"
)
OPTIONAL_NUMBERS: Final = tuple(
    name for name, column in TRANSACTIONS.columns.items() if not column.required and reads_of(column) == "number"
)
