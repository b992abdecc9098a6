"""A log of eight customers whose cohorts, bridge and factors can be worked out by eye.

The observation runs from January 1 to April 10, 2024, so that April is seen in part only.

            January      February      March        April
    ana     10 + 10      20            30                         returns every month
    bo      40                                                    never again
    cy      5                          15                         back after a gap
    di                   12            8            7
    ed                   50 + 50                                  twice in one month, and gone
    flo                                9
    gus                                21           4
    hal                                             100           won in the month that is not over

    buyers  3            3             5            3
    sum     65           132           83           111
"""

from datetime import date

import pandas as pd

START, END = date(2024, 1, 1), date(2024, 4, 10)
CUSTOMERS, PURCHASE_DAYS, REVENUE = 8, 16, 391.0

LOG = pd.DataFrame(
    [
        ("ana", date(2024, 1, 5), 10.0),
        ("ana", date(2024, 1, 20), 10.0),
        ("ana", date(2024, 2, 3), 20.0),
        ("ana", date(2024, 3, 9), 30.0),
        ("bo", date(2024, 1, 8), 40.0),
        ("cy", date(2024, 1, 31), 5.0),
        ("cy", date(2024, 3, 1), 15.0),
        ("di", date(2024, 2, 2), 12.0),
        ("di", date(2024, 3, 4), 8.0),
        ("di", date(2024, 4, 2), 7.0),
        ("ed", date(2024, 2, 10), 50.0),
        ("ed", date(2024, 2, 24), 30.0),
        ("ed", date(2024, 2, 24), 20.0),
        ("flo", date(2024, 3, 3), 9.0),
        ("gus", date(2024, 3, 15), 21.0),
        ("gus", date(2024, 4, 1), 4.0),
        ("hal", date(2024, 4, 5), 100.0),
    ],
    columns=["customer_id", "ordered_at", "amount"],
)

JANUARY = 2024 * 12  # number of the month
FEBRUARY, MARCH, APRIL = JANUARY + 1, JANUARY + 2, JANUARY + 3
