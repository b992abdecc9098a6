"""Two plans of a membership with yearly renewals: how many stay is published, everything else is made up.

``python -m clv_lib.data.simulate.memberships data/memberships`` writes the three tables, the same bytes each time.

1. **How many are left** after each of twelve renewals is the published survival of two segments of customers, in
   members of 1,000 (:data:`SURVIVORS`). No chance is involved: each plan has exactly these survivors.
2. **Who leaves** is drawn: the published lifetimes are dealt out to the members in a random order, so that leaving has
   nothing to do with the day of joining.
3. **When they joined** is spread evenly over 2013, from 2 January to 30 December, so that on 31 December 2025 everybody
   has faced the twelfth renewal and nobody the thirteenth.
4. **What they pay** is one price per plan (:data:`PRICES`), on the day of joining and on the day of each renewal; the
   last day of a membership is the day before the renewal that was not taken.
"""

import sys
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.writing import csv_text
from clv_lib.names import (
    ACQUIRED_AT,
    AMOUNT,
    BILLING_PERIOD,
    CUSTOMER_ID,
    ENDED_AT,
    ORDER_ID,
    ORDERED_AT,
    PLAN,
    PRICE,
    STARTED_AT,
)

MEMBERS: Final = 1000  # of each plan
SURVIVORS: Final = {  # members left after renewal 1, 2, ... 12
    "Regular": (631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173),
    "High End": (869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394),
}
RENEWALS: Final = 12
PRICES: Final = {"Regular": 100, "High End": 250}  # US dollars a year; made up
FIRST_DAY: Final = date(2013, 1, 2)
DAYS_OF_JOINING: Final = 363
AS_OF: Final = date(2025, 12, 31)
SEED: Final = 1000


def memberships() -> dict[str, pd.DataFrame]:
    """The tables of the membership, by name.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``customers``, ``subscriptions`` and ``transactions``; days are midnights, money is in whole US dollars.
    """
    members = _members()
    ids, started = members[CUSTOMER_ID], members["started"]
    ended = _anniversary(started, members["renewals"] + 1) - pd.Timedelta(days=1)
    return {
        "customers": pd.DataFrame({CUSTOMER_ID: ids, ACQUIRED_AT: started}),
        "subscriptions": pd.DataFrame(
            {
                CUSTOMER_ID: ids,
                STARTED_AT: started,
                ENDED_AT: ended.where(members["renewals"] < RENEWALS),
                PLAN: members[PLAN],
                PRICE: members[PRICE],
                BILLING_PERIOD: "year",
            }
        ),
        "transactions": _payments(members),
    }


def _members() -> pd.DataFrame:
    """One row per member in the order of joining: ``customer_id, started, plan, price, renewals``."""
    day = np.arange(MEMBERS) * DAYS_OF_JOINING // MEMBERS
    plans = [
        pd.DataFrame(
            {
                "started": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(day, unit="D"),
                PLAN: plan,
                PRICE: PRICES[plan],
                "renewals": stream(SEED, "memberships", part=part).permutation(_renewals(survivors)),
            }
        )
        for part, (plan, survivors) in enumerate(SURVIVORS.items())
    ]
    members = pd.concat(plans).sort_values("started", kind="stable", ignore_index=True)
    members.insert(0, CUSTOMER_ID, [f"M{number:04d}" for number in range(1, len(members) + 1)])
    return members


def _renewals(survivors: tuple[int, ...]) -> np.ndarray:
    """How often each member of a plan renews: as many reach each renewal as survive it."""
    left = np.array([MEMBERS, *survivors])
    leave = np.append(left[:-1] - left[1:], left[-1])  # before renewal 1, 2, ... 12, and not at all
    return np.repeat(np.arange(RENEWALS + 1), leave)


def _payments(members: pd.DataFrame) -> pd.DataFrame:
    """One row per year paid for: on the day of joining and on the day of each renewal."""
    paid = members.loc[members.index.repeat(members["renewals"] + 1)]
    year = paid.groupby(CUSTOMER_ID).cumcount()
    payments = pd.DataFrame(
        {
            ORDER_ID: paid[CUSTOMER_ID] + "-" + (year + 1).astype(str).str.zfill(2),
            CUSTOMER_ID: paid[CUSTOMER_ID],
            ORDERED_AT: _anniversary(paid["started"], year),
            AMOUNT: paid[PRICE],
        }
    )
    return payments.sort_values([ORDERED_AT, CUSTOMER_ID], ignore_index=True)


def _anniversary(days: pd.Series, years: pd.Series) -> pd.Series:
    """The same day so many years later; nobody joins on 29 February."""
    return pd.to_datetime({"year": days.dt.year + years, "month": days.dt.month, "day": days.dt.day})


def write_memberships(folder: Path) -> list[Path]:
    """Write one CSV per table into a folder; the files written are returned."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in memberships().items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_bytes(csv_text(table).encode())
    return paths


if __name__ == "__main__":
    print("\n".join(map(str, write_memberships(Path(sys.argv[1])))))
