"""What both pages on warnings show in one shape: promised against happened, test days, and the cards of risk."""

from clv_lib.analysis.churn_tests import MODEL, ChurnTest
from clv_lib.analysis.intervals import Estimate
from clv_lib.reporting.elements import Card, Figure, Table
from clv_lib.reporting.plots_churn import promised
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.wording import Sentence, count, day, money, say, share


def promised_figure(test: ChurnTest, *, alt: Sentence, caption: Sentence, x: Sentence, y: Sentence) -> Figure:
    """How far promised and happened differ, in tenths of the predicted probability."""
    error = test.of(MODEL, "calibration_error")
    return promised(
        test.tenths,
        title=say("Promised and happened differ by {error} on average", error=share(error, 1)),
        alt=alt,
        caption=caption,
        x=x,
        y=y,
        exact=say("exactly as promised"),
    )


def shares_table(test: ChurnTest, *, caption: Sentence, whom: Sentence) -> Table:
    """What was expected after each test day, and what happened."""
    return Table(
        caption,
        (say("Test day"), whom, say("Expected"), say("From"), say("To"), say("Happened")),
        [
            [
                day(row.cutoff),
                count(row.customers),
                *(share(value, 1) for value in (row.expected, row.low, row.high, row.silent)),
            ]
            for row in rows_of(test.shares)
        ],
    )


def leaving_card(silent: Estimate, *, title: Sentence, note: Sentence) -> Card:
    """How many will leave, or fall silent, with the range of what may come."""
    low, high = silent.predictive_low or 0.0, silent.predictive_high or 0.0
    between = say("{mass} of futures: {low} to {high}", mass=share(silent.mass), low=count(low), high=count(high))
    return Card(title, count(silent.mean), between, low, high, note=note)


def value_card(at_risk: Estimate, currency: str, *, note: Sentence) -> Card:
    """Value at risk, with the interval of its mean."""
    return Card(
        say("Value at risk"),
        money(at_risk.mean, currency),
        say(
            "on average, with {mass} certainty {low} to {high}",
            mass=share(at_risk.mass),
            low=money(at_risk.low, currency),
            high=money(at_risk.high, currency),
        ),
        at_risk.low,
        at_risk.high,
        note=note,
    )
