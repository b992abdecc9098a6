"""A log of six customers that can be worked out by hand, and their summary.

Observation ends on 2024-03-01, a Friday; 2024 is a leap year.

ada    buys on Jan 1 (10.00) and never again
ben    buys on Jan 1 (20.00), Jan 8 (30.00) and, twice on one day, Jan 29 (15.00 + 25.00)
cleo   buys on Feb 1 (5.50) and on the last day, Mar 1 (6.50)
007    buys on Mar 1 only (99.00): an age of zero; and the id has leading zeros
eve    buys on Jan 15 (8.00), and gets a free sample on Jan 22 (0.00)
NULL   is a name: buys on Dec 31, 2023 (1.10) and Jan 3, 10 and 17 (2.20, 3.30, 4.40)
"""

from datetime import date

import pandas as pd

END = date(2024, 3, 1)

LOG = pd.DataFrame(
    [
        ("ada", date(2024, 1, 1), 10.00),
        ("ben", date(2024, 1, 1), 20.00),
        ("ben", date(2024, 1, 8), 30.00),
        ("ben", date(2024, 1, 29), 15.00),
        ("ben", date(2024, 1, 29), 25.00),
        ("cleo", date(2024, 2, 1), 5.50),
        ("cleo", date(2024, 3, 1), 6.50),
        ("007", date(2024, 3, 1), 99.00),
        ("eve", date(2024, 1, 15), 8.00),
        ("eve", date(2024, 1, 22), 0.00),
        ("NULL", date(2023, 12, 31), 1.10),
        ("NULL", date(2024, 1, 3), 2.20),
        ("NULL", date(2024, 1, 10), 3.30),
        ("NULL", date(2024, 1, 17), 4.40),
    ],
    columns=["customer_id", "ordered_at", "amount"],
)

# days of recency and age, not weeks, so that they can be counted on a calendar
SUMMARY = pd.DataFrame(
    [
        ("007", 0, 0, 0, None, 99.00, 99.00),
        ("NULL", 3, 17, 61, 3.30, 1.10, 11.00),
        ("ada", 0, 0, 60, None, 10.00, 10.00),
        ("ben", 2, 28, 60, 35.00, 20.00, 90.00),
        ("cleo", 1, 29, 29, 6.50, 5.50, 12.00),
        ("eve", 1, 7, 46, 0.00, 8.00, 8.00),
    ],
    columns=["customer_id", "frequency", "recency_days", "T_days", "monetary_value", "first_value", "total_value"],
)
