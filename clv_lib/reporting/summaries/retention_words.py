"""Words that every view of the page on coming back uses: periods, stretches, shares with their range."""

from math import isfinite

from clv_lib.periods import Periods, Stretch
from clv_lib.reporting.wording import (
    UNKNOWN,
    Language,
    Quantity,
    Sentence,
    count,
    money,
    month,
    say,
    share,
    words,
)

NOTHING = words(UNKNOWN)

EACH: dict[str, Sentence] = {"month": say("month"), "quarter": say("quarter"), "year": say("year")}
HEAD: dict[str, Sentence] = {"month": say("Month"), "quarter": say("Quarter"), "year": say("Year")}
MANY: dict[str, Sentence] = {"month": say("months"), "quarter": say("quarters"), "year": say("years")}


def period_label(periods: Periods, number: int) -> Quantity | Sentence:
    """A month, quarter or year as it is called."""
    start = periods.start(number)
    if periods.name == "month":
        return month(start)
    if periods.name == "year":
        return words(str(start.year))
    return say("Q{quarter} {year}", quarter=count((start.month + 2) // 3), year=words(str(start.year)))


def cohort_label(periods: Periods, number: int, marked: int | None = None) -> Quantity | Sentence:
    """A cohort; one whose first purchases are no first ones is marked with a star."""
    label = period_label(periods, number)
    return say("{cohort} *", cohort=label) if number == marked else label


def stretch_label(stretch: Stretch) -> Sentence:
    """From which month to which."""
    first, last = (month(day) for day in stretch.days)
    return say("{first} to {last}", first=first, last=last) if stretch.months > 1 else say("{first}", first=first)


def ranged(rate: float, low: float, high: float, digits: int = 0) -> Quantity:
    """A share with its interval in one cell, as in 61 % (53–67)."""
    if not isfinite(rate):
        return NOTHING

    def write(language: Language) -> str:
        ends = (share(end, digits).text(language).removesuffix("\u00a0%") for end in (low, high))
        return f"{share(rate, digits).text(language)} ({'–'.join(ends)})"

    return Quantity(rate, write)


def signed_share(value: float, digits: int = 1) -> Quantity:
    """A change in percent, with its sign."""
    if not isfinite(value):
        return NOTHING
    plus = "+" if value > 0 else ""
    return Quantity(value, lambda language: f"{plus}{share(value, digits).text(language)}")


def signed_money(value: float, currency: str) -> Quantity:
    """A change in money, with its sign."""
    plus = "+" if value > 0 else ""
    return Quantity(value, lambda language: f"{plus}{money(value, currency).text(language)}")
