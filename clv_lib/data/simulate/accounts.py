"""Which account stands on a record: people forget that they have one, and open another."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_lib.data.simulate.lives import DELIVERY, Lives
from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Floats, Ints

_LEAST_ORDERS = 4
_CHAIN_EVERY = 10  # every tenth of them opens a third account
_WIDTH = 5


@dataclass(frozen=True)
class Accounts:
    """Accounts of all people.

    Attributes
    ----------
    people : int
        The first account of a person has the person's number, counted from 1.
    second : pandas.DataFrame
        Further accounts: ``person, since`` (moment from which it is used), ``number, replaces`` (number of the
        account that stands for it after the merge).
    """

    people: int
    second: pd.DataFrame

    def ids(self, person: Ints, at: Floats | None = None) -> pd.Series:
        """Customer id of each person, as of a moment where one is given; the first account without."""
        person = np.asarray(person, dtype=np.int64)
        number = person + 1
        if at is not None:
            second = (self.second[name].to_numpy() for name in ("person", "since", "number"))
            for who, since, account in zip(*second, strict=True):
                number[(person == who) & (at >= since)] = account
        return self.written(number)

    def written(self, number: Ints) -> pd.Series:
        """Numbers of accounts as ids."""
        width = max(_WIDTH, len(str(self.people + len(self.second))))
        return pd.Series([f"C{each:0{width}d}" for each in number], dtype="str")


def accounts(life: Lives, orders: pd.DataFrame, *, seed: int) -> Accounts:
    """Draw who opens a second account, from which order on."""
    rng = stream(seed, "accounts")
    people = len(life.people)
    own = orders[(orders["person"] >= 0) & (orders["source"] != DELIVERY)].sort_values(["person", "at"])
    size = own.groupby("person").size()
    able = size.index[(size >= _LEAST_ORDERS)].to_numpy()
    count = min(max(round(PROCESS.second_accounts * people), 1), len(able))
    rows: list[dict[str, float]] = []
    for turn, person in enumerate(np.sort(rng.choice(able, count, replace=False))):
        moments = own.loc[own["person"] == person, "at"].to_numpy()
        cut = int(rng.integers(1, len(moments) - 1))
        rows.append({"person": person, "since": moments[cut], "number": people + len(rows) + 1, "replaces": person + 1})
        if turn % _CHAIN_EVERY == 0:
            again = int(rng.integers(cut + 1, len(moments)))
            number = people + len(rows) + 1
            rows.append({"person": person, "since": moments[again], "number": number, "replaces": number - 1})
    second = pd.DataFrame(rows, columns=["person", "since", "number", "replaces"])
    return Accounts(
        people, second.astype({"person": "int64", "since": "float64", "number": "int64", "replaces": "int64"})
    )
