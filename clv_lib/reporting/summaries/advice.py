"""What the figures ask for: things to do, and a sentence for the meeting."""

from clv_lib.reporting.elements import Paragraph, Tasks
from clv_lib.reporting.findings import Findings
from clv_lib.reporting.summaries.forecast import missed_its_range
from clv_lib.reporting.summaries.terms import brings, or_nan
from clv_lib.reporting.wording import Sentence, count, money, say, say_count, share, words
from clv_lib.settings import EconomicsSection


def value_tasks(found: Findings, economics: EconomicsSection, currency: str) -> Tasks:
    """Everything that the values ask for: keep, ask, pay, and serve more cheaply."""
    asked = asked_for(found, economics, currency)
    return Tasks(tuple(asked.values()))


def asked_for(found: Findings, economics: EconomicsSection, currency: str) -> dict[str, tuple[Sentence, Sentence]]:
    """What the values ask for, most urgent first, each with its reason: ``keep``, ``ask``, ``pay``, ``serve``."""
    spread, quiet = found.spread, found.quiet
    months, what = count(economics.horizon_months), brings(found.basis)
    tasks: dict[str, tuple[Sentence, Sentence]] = {}
    if spread.customers_for_half:
        tasks["keep"] = (
            say("Look after the {n} customers who hold half of the value.", n=count(spread.customers_for_half)),
            say(
                "Each is expected to bring {each} of {what} in {months} months; "
                "their names are in customer_values.csv.",
                each=money(found.total.mean / 2 / max(spread.customers_for_half, 1), currency),
                what=what,
                months=months,
            ),
        )
    if quiet.customers and quiet.at_stake > 0:
        tasks["ask"] = (
            say("Ask the {n} regulars who have gone quiet whether they are coming back.", n=count(quiet.customers)),
            say(
                "They bought on {least} days or more after the first and may be here or "
                "gone; {stake} of {what} hangs on it.",
                least=count(quiet.least_frequency),
                stake=money(quiet.at_stake, currency),
                what=what,
            ),
        )
    tasks["pay"] = _price_of_the_next(found, economics, currency)
    if found.losses.customers:
        tasks["serve"] = (
            say_count(
                "Serve {n} customer more cheaply.", "Serve {n} customers more cheaply.", n=found.losses.customers
            ),
            say(
                "They are expected to leave {contribution} and to cost {cost} in {months} months: they may still "
                "be here, and buy too seldom for what a month costs.",
                contribution=money(found.losses.contribution, currency),
                cost=money(found.losses.service_cost, currency),
                months=months,
            ),
        )
    return tasks


def _price_of_the_next(found: Findings, economics: EconomicsSection, currency: str) -> tuple[Sentence, Sentence]:
    """The last task: what not to exceed for the next customer, beside what the dearest channel asks."""
    months, low = count(economics.horizon_months), found.new.clv.low
    if low <= 0:
        return (
            say("Pay nothing for a new customer as things stand."),
            say("At the cautious end, one costs more to serve than it brings in {months} months.", months=months),
        )
    task = say("Pay less than {clv} for a new customer.", clv=money(low, currency))
    if not found.channels:
        return (
            task,
            say(
                "That is the cautious end of what one brings in {months} months, first purchase "
                "included; what winning one costs is not in these data.",
                months=months,
            ),
        )
    dearest = found.channels[-1]
    return (
        task,
        say(
            "That is the cautious end of what one brings in {months} months, first purchase included; the dearest "
            "channel, {channel}, asks {cost} on average.",
            months=months,
            channel=words(dearest.channel),
            cost=money(dearest.cac.mean, currency),
        ),
    )


def meeting(found: Findings, economics: EconomicsSection, currency: str) -> Paragraph:
    """The sentence to take into the meeting."""
    return Paragraph(
        (
            say(
                "In the next {months} months our customers will most likely bring between {low} and {high} of {what}.",
                months=count(economics.horizon_months),
                low=money(or_nan(found.total.predictive_low), currency),
                high=money(or_nan(found.total.predictive_high), currency),
                what=brings(found.basis),
            ),
            *(
                [say("{n} of them hold half of it.", n=count(found.spread.customers_for_half))]
                if found.spread.customers_for_half
                else []
            ),
            *warning_of_test(found),
        ),
        role="meeting",
    )


def warning_of_test(found: Findings) -> tuple[Sentence, ...]:
    """What the rehearsal means for the forecast, where it missed by more than its range allowed."""
    test = found.revenue_test
    if test is None or not missed_its_range(test):
        return ()
    size = share(abs(test.missed_by))
    if test.missed_by < 0:
        return (
            say(
                "Last time the same method came out {size} too low, more than its range "
                "allowed: expect rather more than this, and "
                "take the range as too narrow.",
                size=size,
            ),
        )
    return (
        say(
            "Last time the same method came out {size} too high, more than its range "
            "allowed: expect rather less than this, and "
            "take the range as too narrow.",
            size=size,
        ),
    )
