"""Days on which to write: birthdays and renewals against the calendar of the standard library, over leap years."""

import calendar
from datetime import date, timedelta

import narwhals as nw
import pandas as pd
import pytest

from clv_lib.data.anniversaries import with_birthdays, with_day_in_month, with_next_renewal
from clv_lib.data.engines import DuckDBEngine
from clv_lib.periods import months_after


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine() as engine:
        yield engine


def days_of(engine, frame: pd.DataFrame, made, *names: str) -> list[tuple[date, ...]]:
    """The days that ``made`` adds to a frame, the same from DuckDB and from pandas."""
    numbered = frame.assign(row=range(len(frame)))
    there = made(engine.lend(numbered)).select("row", *names).sort("row").collect("pandas").to_native()[list(names)]
    here = made(nw.from_native(numbered).lazy()).select(*names).collect().to_native()
    assert there.astype("int64").equals(here.astype("int64").reset_index(drop=True))
    return [tuple(date.fromordinal(int(day)) for day in row) for row in there.itertuples(index=False)]


def test_every_day_of_every_month_is_that_day_or_the_months_last(engine):
    """1896 to 2104 holds years divisible by 4, by 100 and by 400."""
    months = [(year, month) for year in range(1896, 2105) for month in range(1, 13)]
    rows = [(year * 12 + month - 1, day) for year, month in months for day in (1, 28, 29, 30, 31)]
    table = pd.DataFrame(rows, columns=["month", "day"])
    made = days_of(
        engine, table, lambda rows: with_day_in_month(rows, month=nw.col("month"), day=nw.col("day"), name="x"), "x"
    )
    wanted = [
        date(year, month, min(day, calendar.monthrange(year, month)[1]))
        for year, month in months
        for day in (1, 28, 29, 30, 31)
    ]
    assert [day for (day,) in made] == wanted


@pytest.mark.parametrize("first", [date(2023, 2, 28), date(2024, 2, 28), date(2024, 3, 1), date(2099, 12, 31)])
def test_a_birthday_is_the_first_one_that_comes_and_the_last_one_that_was(engine, first):
    """Day by day: the day whose month and day are those of birth, 28 February for the 29th."""
    births = [date(1996, 1, 1) + timedelta(days=k) for k in range(366)]  # a leap year: every birthday there is

    def is_birthday(day: date, born: date) -> bool:
        moved = (born.month, born.day) == (2, 29) and not calendar.isleap(day.year)
        return (day.month, day.day) == ((2, 28) if moved else (born.month, born.day))

    def wanted(born: date) -> tuple[date, date]:
        around = [first + timedelta(days=k) for k in range(-366, 367)]
        own = [day for day in around if is_birthday(day, born)]
        return max(day for day in own if day < first), min(day for day in own if day >= first)

    table = pd.DataFrame({"born": pd.Series(births).astype("datetime64[ns]")})
    made = days_of(
        engine,
        table,
        lambda rows: with_birthdays(rows, "born", first=first, before="was", following="comes"),
        "was",
        "comes",
    )
    assert made == [wanted(born) for born in births]


@pytest.mark.parametrize("after", [date(2024, 2, 28), date(2024, 2, 29), date(2025, 2, 28), date(2025, 12, 31)])
def test_a_renewal_is_the_first_anniversary_that_is_later(engine, after):
    starts = [after - timedelta(days=k) for k in (*range(0, 800), 1461, 1462)]
    lengths = {"month": 1, "quarter": 3, "year": 12}

    def wanted(start: date, billing: str) -> date:
        for k in range(1, 400):
            due = start + timedelta(days=7 * k) if billing == "week" else months_after(start, k * lengths[billing])
            if due > after:
                return due
        raise AssertionError((start, billing))

    rows = [(start, billing) for start in starts for billing in ("week", *lengths)]
    table = pd.DataFrame(rows, columns=["started_at", "billing_period"]).assign(row=range(len(rows)))
    made = with_next_renewal(engine.lend(table), after=after, name="day").sort("row").collect("pandas")["day"]
    assert [date.fromordinal(int(day)) for day in made] == [wanted(*row) for row in rows]
