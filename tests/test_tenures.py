"""Spells under contract and their counts, against a table made by hand and against Python's own calendar."""

from datetime import date, timedelta

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from clv_lib.data.customers import Frame, collected
from clv_lib.data.engines import DuckDBEngine
from clv_lib.data.opening import open_engine
from clv_lib.data.tenures import tenure_counts, tenures
from clv_lib.periods import billing_periods_per_year, months_between
from clv_lib.settings import EngineSection

END = date(2024, 3, 31)
SUBSCRIPTIONS = [  # customer, first day, last day, plan, price, billing period
    ("007", "2024-01-31", None, "small", 10.0, "month"),  # February 29 and March 31 are its anniversaries
    ("ada", "2023-01-15", "2024-01-14", "small", 100.0, "year"),  # left at the first renewal
    ("ben", "2023-01-15", None, "small", 100.0, "year"),
    ("cy", "2023-11-01", "2023-12-31", "small", 10.0, "month"),  # left at the second renewal ...
    ("cy", "2024-01-01", "2024-01-31", "large", 20.0, "month"),  # ... no, went on in another plan
    ("cy", "2024-03-01", None, "small", 11.0, "month"),  # back after a month
    ("dee", "2024-03-10", "2024-03-20", "small", 10.0, "month"),  # the renewal it does not make is not due yet
    ("eve", "2024-01-10", "2024-06-01", "large", 20.0, "quarter"),  # the end is announced, not here yet
    ("fay", "2024-04-01", None, "large", 20.0, "month"),  # later than the last day
    ("gus", "2024-03-01", "2024-03-21", "small", 3.0, "week"),  # renewed on the 8th and the 15th
    ("hal", "2023-06-01", "2023-12-31", "small", 10.0, "month"),  # two at a time ...
    ("hal", "2023-07-01", "2023-08-31", "large", 20.0, "month"),  # ... and the longer one counts
    ("hal", "2024-01-01", "2024-02-29", "large", 20.0, "month"),
]
COLUMNS = ["customer_id", "started_at", "ended_at", "plan", "price", "billing_period"]
EXPECTED = [  # customer, spell, first day, last day, active, plan, price, billing, renewals, due, months
    ("007", 1, "2024-01-31", None, True, "small", 10.0, "month", 2, 2, 2),
    ("ada", 1, "2023-01-15", "2024-01-14", False, "small", 100.0, "year", 0, 1, 11),
    ("ben", 1, "2023-01-15", None, True, "small", 100.0, "year", 1, 1, 14),
    ("cy", 1, "2023-11-01", "2024-01-31", False, "large", 20.0, "month", 2, 4, 2),
    ("cy", 2, "2024-03-01", None, True, "small", 11.0, "month", 0, 0, 0),
    ("dee", 1, "2024-03-10", "2024-03-20", False, "small", 10.0, "month", 0, 0, 0),
    ("eve", 1, "2024-01-10", None, True, "large", 20.0, "quarter", 0, 0, 2),
    ("gus", 1, "2024-03-01", "2024-03-21", False, "small", 3.0, "week", 2, 4, 0),
    ("hal", 1, "2023-06-01", "2024-02-29", False, "large", 20.0, "month", 8, 9, 8),
]


def subscriptions() -> pd.DataFrame:
    frame = pd.DataFrame(SUBSCRIPTIONS, columns=COLUMNS)
    for name in ("started_at", "ended_at"):
        frame[name] = pd.to_datetime(frame[name]).dt.date
    return frame


def as_rows(spells: Frame) -> list[tuple]:
    found = spells.collect("pyarrow").to_native().to_pylist()
    plain = [tuple(str(v) if isinstance(v, date) else v for v in row.values()) for row in found]
    return sorted(plain, key=lambda row: row[:2])


def test_spells_equal_those_made_by_hand():
    with DuckDBEngine() as engine:
        assert as_rows(tenures(engine.lend(subscriptions()), end=END)) == EXPECTED


@pytest.mark.spark
def test_spark_gives_the_same_spells_and_counts():
    with DuckDBEngine() as duck, open_engine(EngineSection(kind="spark")) as spark:
        ours, theirs = (tenures(engine.lend(subscriptions()), end=END) for engine in (duck, spark))
        assert as_rows(theirs) == EXPECTED
        pd.testing.assert_frame_equal(tenure_counts(theirs), tenure_counts(ours), check_exact=True)


def test_the_order_of_the_rows_does_not_matter():
    with DuckDBEngine() as engine:
        assert as_rows(tenures(engine.lend(subscriptions().iloc[::-1]), end=END)) == EXPECTED


def test_a_table_without_the_optional_columns_has_one_endless_spell_each():
    bare = subscriptions()[["customer_id", "started_at"]]
    with DuckDBEngine() as engine:
        found = collected(tenures(engine.lend(bare), end=END)).set_index("customer_id")
    assert found["active"].all()
    assert found.loc["hal", "renewals"] == found.loc["hal", "months"] == 9
    assert found["plan"].isna().all()


def test_counts_say_who_left_at_which_renewal_and_who_is_still_there():
    with DuckDBEngine() as engine:
        spells = tenures(engine.lend(subscriptions()), end=END)
        found = tenure_counts(spells)
        capped = tenure_counts(spells, until=2)
    assert found.to_numpy().tolist() == [
        ["large", 0, 0, 1],  # eve
        ["large", 3, 1, 0],  # cy, first spell
        ["large", 9, 1, 0],  # hal
        ["small", 0, 0, 2],  # cy again, and dee, whose first renewal nobody of that age has decided on
        ["small", 1, 1, 1],  # ada left, ben renewed
        ["small", 2, 0, 1],  # 007
        ["small", 3, 1, 0],  # gus
    ]
    assert capped.to_numpy().tolist()[1:2] == [["large", 2, 0, 2]]  # cy and hal had both made the second renewal
    assert capped[["left", "active"]].to_numpy().sum() == found[["left", "active"]].to_numpy().sum() == len(EXPECTED)


def test_groups_come_from_the_customers_table_and_a_missing_value_is_a_group():
    people = pd.DataFrame({"customer_id": ["ada", "ben"], "acquisition_channel": ["web", None]})
    with DuckDBEngine() as engine:
        spells = tenures(engine.lend(subscriptions()), end=END)
        found = tenure_counts(spells, by=["acquisition_channel", "cohort"], attributes=engine.lend(people))
    totals = found.groupby(["acquisition_channel", "cohort"])[["left", "active"]].sum().sum(axis=1).to_dict()
    assert totals == {("unknown", "2023"): 3, ("unknown", "2024"): 5, ("web", "2023"): 1}


def test_renewals_not_due_yet_do_not_bend_the_churn_rate():
    """A third of the members cancels every month, on any day of it; it is a third when seen in mid-month too."""
    rng = np.random.default_rng(5)
    n = 30_000
    started = rng.integers(0, 400, n)
    months = rng.geometric(1 / 3, n)  # leaves in this month of the contract
    day = started + np.floor(30.4375 * (months - rng.random(n)))
    origin = date(2023, 1, 1)
    rows = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(n)],
            "started_at": [origin + timedelta(days=int(d)) for d in started],
            "ended_at": [origin + timedelta(days=int(d)) if d < 420 else None for d in day],
        }
    )
    with DuckDBEngine() as engine:
        found = tenure_counts(tenures(engine.lend(rows), end=origin + timedelta(days=420)), by=[])
    first = found.set_index("renewals")
    at_risk = n - first.loc[0, "active"]
    share = first.loc[1, "left"] / at_risk
    assert abs(share - 1 / 3) < 4 * np.sqrt(2 / 9 / at_risk) + 0.01  # 30.4375 days are a month only on average


def test_months_equal_those_counted_day_by_day():
    def anniversary(start: date, k: int) -> date:
        number = start.year * 12 + start.month - 1 + k
        year, month = number // 12, number % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        return date(year, month, min(start.day, last))

    starts = [date(2023, 1, 31), date(2024, 2, 29), date(2023, 8, 30), date(1999, 12, 1)]
    pairs = [(start, start + timedelta(days=k)) for start in starts for k in range(800)]
    frame = nw.from_native(pd.DataFrame(pairs, columns=["a", "b"]).astype("datetime64[ns]"))
    found = frame.select(
        months_between(nw.col("a"), nw.col("b")).alias("by"),
        months_between(nw.col("a"), nw.col("b"), strictly=True).alias("before"),
    ).to_native()
    assert found["by"].tolist() == [sum(anniversary(a, k) <= b for k in range(1, 40)) for a, b in pairs]
    expected = [sum(anniversary(a, k) < b for k in range(1, 40)) for a, b in pairs]
    assert found["before"].clip(lower=0).tolist() == expected


def test_a_year_has_as_many_billing_periods_as_it_should():
    assert [billing_periods_per_year(name) for name in ("month", "quarter", "year")] == [12, 4, 1]
    assert billing_periods_per_year("week") == pytest.approx(52.18, abs=0.005)
