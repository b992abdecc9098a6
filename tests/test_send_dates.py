"""Days on which to write: birthdays and renewals against the calendar of the standard library, over leap years."""

import calendar
from datetime import date, timedelta

import narwhals as nw
import pandas as pd
import pytest

from clv_lib.data.anniversaries import day_in_month, next_birthday, with_next_renewal
from clv_lib.data.engines import DuckDBEngine
from clv_lib.periods import months_after


@pytest.fixture(scope="module")
def engine():
    with DuckDBEngine() as engine:
        yield engine


def found(engine, frame: pd.DataFrame, expression: nw.Expr) -> list[date]:
    """The days that the expression gives, the same from DuckDB and from pandas."""
    numbered = frame.assign(row=range(len(frame)))
    made = engine.lend(numbered).select("row", expression.alias("day")).sort("row").collect("pandas")["day"]
    again = nw.from_native(numbered).lazy().select(expression.alias("day")).collect()["day"]
    assert list(made) == list(again)
    return [date.fromordinal(int(day)) for day in made]


def test_every_day_of_every_month_is_that_day_or_the_months_last(engine):
    """1896 to 2104 holds years divisible by 4, by 100 and by 400."""
    months = [(year, month) for year in range(1896, 2105) for month in range(1, 13)]
    rows = [(year * 12 + month - 1, day) for year, month in months for day in (1, 28, 29, 30, 31)]
    table = pd.DataFrame(rows, columns=["month", "day"])
    days = found(engine, table, day_in_month(nw.col("month"), nw.col("day")))
    wanted = [
        date(year, month, min(day, calendar.monthrange(year, month)[1]))
        for year, month in months
        for day in (1, 28, 29, 30, 31)
    ]
    assert days == wanted


@pytest.mark.parametrize("first", [date(2023, 2, 28), date(2024, 2, 28), date(2024, 3, 1), date(2099, 12, 31)])
def test_a_birthday_is_the_first_one_that_comes(engine, first):
    """Day by day from the first on: the day whose month and day are those of birth, 28 February for the 29th."""
    births = [date(1996, 1, 1) + timedelta(days=k) for k in range(366)]  # a leap year: every birthday there is

    def wanted(born: date) -> date:
        for later in range(367):
            day = first + timedelta(days=later)
            leap = calendar.isleap(day.year)
            own = (2, 28) if (born.month, born.day) == (2, 29) and not leap else (born.month, born.day)
            if (day.month, day.day) == own:
                return day
        raise AssertionError(born)

    table = pd.DataFrame({"born": pd.Series(births).astype("datetime64[ns]")})
    days = found(engine, table, next_birthday(nw.col("born"), earliest=first.toordinal()))
    assert days == [wanted(born) for born in births]


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
