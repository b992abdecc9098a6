"""Five members whose contracts can be followed by eye. The observation ends on June 30, 2024; prices are per month.

        paid monthly            at the end of    January  February  March  April  May  June
ann     10, from January 1 on                    10       10        10     10     10   10
ben     20, January 1 to March 15                20       20        -      -      -    -
cat     30, then 45 from April 1                 30       30        30     45     45   45
dan     120 a quarter (40), February to April    -        40        40     -      -    -
        back with 50 from June 10                                                      50
eve     600 a year (50), then 12 a month         50       50        50     50     12   12
                                         sum     110      150       130    105    67   117
"""

from datetime import date

import pandas as pd

START, END = date(2024, 1, 1), date(2024, 6, 30)

SUBSCRIPTIONS = pd.DataFrame(
    [
        ("ann", date(2024, 1, 1), None, "basic", 10.0, "month"),
        ("ben", date(2024, 1, 1), date(2024, 3, 15), "basic", 20.0, "month"),
        ("cat", date(2024, 1, 1), date(2024, 3, 31), "basic", 30.0, "month"),
        ("cat", date(2024, 4, 1), None, "plus", 45.0, "month"),
        ("dan", date(2024, 2, 1), date(2024, 4, 29), "plus", 120.0, "quarter"),
        ("dan", date(2024, 6, 10), None, "plus", 50.0, "month"),
        ("eve", date(2024, 1, 1), date(2024, 5, 15), "plus", 600.0, "year"),
        ("eve", date(2024, 5, 16), None, "basic", 12.0, "month"),
    ],
    columns=["customer_id", "started_at", "ended_at", "plan", "price", "billing_period"],
)
JANUARY = 2024 * 12
