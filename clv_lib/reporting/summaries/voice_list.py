"""Whom to call back, in words."""

from math import isfinite

from clv_lib.analysis.call_back import SPOKEN
from clv_lib.errors import CannotEstimateError
from clv_lib.names import CHURN_RISK, RESIDUAL_CLV, TOTAL_VALUE
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.voice_words import QUESTIONS, on, wanting
from clv_lib.reporting.voice_record import CallBacks
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share, words

ROWS = 15  # of the list on the page; the file holds it whole


def call_backs(found: CallBacks | CannotEstimateError, currency: str) -> tuple[Element, ...]:
    """The first customers of the list."""
    if isinstance(found, CannotEstimateError):
        return wanting(found, "calls")
    if not len(found.listed):
        text = say("Nobody's last answer of the last {days} days was unhappy.", days=count(found.days))
        return (Paragraph((text,)),)
    told = [
        say_count(
            "The last answer of {n} customer within {days} days was unhappy, and nothing happier has come since.",
            "The last answer of {n} customers within {days} days was unhappy, and nothing happier has come since.",
            n=found.unhappy,
            days=count(found.days),
        )
    ]
    if RESIDUAL_CLV in found.listed:
        told.append(
            say(
                "They are listed by the profit that is still to come from them: {value} for all on the list.",
                value=money(float(found.listed[RESIDUAL_CLV].sum()), currency),
            )
        )
    elif TOTAL_VALUE in found.listed:
        told.append(say("They are listed by what they have spent so far, for no model knows what is to come."))
    if SPOKEN in found.listed:
        told.append(
            say_count(
                "With {n} of them somebody has been in touch since; they are marked and not left out.",
                "With {n} of them somebody has been in touch since; they are marked and not left out.",
                n=int(found.listed[SPOKEN].sum()),
            )
        )
    return Paragraph(tuple(told)), _table(found, currency)


def _table(found: CallBacks, currency: str) -> Table:
    listed = found.listed.head(ROWS)
    value = next((name for name in (RESIDUAL_CLV, TOTAL_VALUE) if name in listed), None)
    columns: list[Sentence] = [say("Customer"), say("Day"), say("Question"), say("Score"), say("About")]
    if value is not None:
        columns.append(say("Profit to come") if value == RESIDUAL_CLV else say("Spent so far"))
    if CHURN_RISK in listed:
        columns.append(say("Risk of leaving"))
    if SPOKEN in listed:
        columns.append(say("In touch since"))
    rows = []
    for row in rows_of(listed):
        cells: list[Quantity | Sentence] = [
            words(row.customer_id),
            on(row.given_day),
            QUESTIONS[row.instrument],
            count(row.score),
            words(", ".join(each for each in (row.touchpoint, row.theme) if each) or "–"),
        ]
        if value is not None:
            cells.append(money(_number(getattr(row, value)), currency))
        if CHURN_RISK in listed:
            cells.append(share(_number(row.churn_risk)))
        if SPOKEN in listed:
            cells.append(say("yes") if getattr(row, SPOKEN) else say("no"))
        rows.append(cells)
    caption = say(
        "The first {n} of {all} customers to call back; the file holds the list with what they wrote",
        n=count(len(listed)),
        all=count(len(found.listed)),
    )
    return Table(caption, tuple(columns), rows)


def _number(value: object) -> float:
    """A number, or NaN for what is missing in any spelling."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
    return number if isfinite(number) else float("nan")
