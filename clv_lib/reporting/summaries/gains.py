"""What customers gain and give up, in words: the balance, who answered, and what asking would tell."""

from typing import Final

from clv_lib import names
from clv_lib.analysis.perceived_value import PerceivedValue, Response
from clv_lib.analysis.sample_size import SampleSize, sample_size
from clv_lib.analysis.value_answers import BENEFITS, COSTS, INTANGIBLE_PART, TANGIBLE_PART
from clv_lib.reporting.elements import Card, Cards, Paragraph, Table
from clv_lib.reporting.summaries import Summary, cell_of
from clv_lib.reporting.summaries.gains_words import SIDES, between, item_name, points
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, number, say, say_count, share, words

LEAST_SHARE: Final = 0.2  # fewer answers than this call for care: those who stay silent may think otherwise
PRECISION_POINTS: Final = 0.3  # points either way that a survey should reach
ASSUMED_SD: Final = 2.0  # points; perceived values of people on a scale of ten rarely spread more
PRECISION_SHARE: Final = 0.05
ASSUMED_RESPONSE: Final = 0.2  # of the customers asked


def answer(found: PerceivedValue) -> Paragraph:
    """The second half of the page's answer: whether customers gain more than they give up."""
    value = found.value
    if value.low > 0:
        text = say("Customers gain more than they give up: {value} points on balance.", value=points(value.mean))
    elif value.high < 0:
        text = say("Customers give up more than they gain: {value} points on balance.", value=points(value.mean))
    else:
        text = say(
            "Customers gain about as much as they give up: {value} points on balance, which may as well be nothing.",
            value=points(value.mean),
        )
    return Paragraph((text,), role="lead")


def key_cards(found: PerceivedValue, answered: Response) -> Cards:
    """Four figures on perceived value."""
    first = found.items.table.iloc[0]
    return Cards(
        (
            Card(
                say("Perceived value"),
                points(found.value.mean),
                between(found.value),
                found.value.low,
                found.value.high,
                note=say("points of the survey's scale: benefits less costs"),
            ),
            Card(
                say("See more benefit than cost"),
                share(found.positive),
                say_count("of {n} respondent", "of {n} respondents", n=found.respondents),
            ),
            Card(
                say("Most to gain: {item}", item=item_name(first[names.ITEM])),
                points(first["gain"]),
                say("points, if it came up to the average of its side"),
                first["gain_low"],
                first["gain_high"],
            ),
            Card(
                say("Customers who answered"),
                share(answered.share, 1),
                say("{n} of {all}", n=count(answered.respondents), all=count(answered.customers)),
            ),
        )
    )  # fmt: skip


def parts(found: PerceivedValue) -> Summary:
    """Benefits, costs and their balance; what can be counted and what cannot."""
    labels = (
        (say("Benefits"), found.parts[BENEFITS]),
        (say("Costs"), found.parts[COSTS]),
        (say("Perceived value: benefits less costs"), found.value),
        (say("of it tangible: counted in money or time"), found.parts[TANGIBLE_PART]),
        (say("of it intangible"), found.parts[INTANGIBLE_PART]),
    )
    table = Table(
        say(
            "Means of {n} respondents in points of the survey's scale; ranges hold {mass} of what the mean of "
            "all who "
            "would answer may be",
            n=count(found.respondents),
            mass=share(found.value.mass),
        ),
        (say("Part"), say("Points"), say("Low"), say("High")),
        [[label, *(points(end) for end in (each.mean, each.low, each.high))] for label, each in labels],
    )
    text = [
        say(
            "On average customers score what they gain at {benefits} and what they give up at {costs}, each item "
            "weighed "
            "by how much it matters to them. {positive} of them see more benefit than cost.",
            benefits=points(found.parts[BENEFITS].mean),
            costs=points(found.parts[COSTS].mean),
            positive=share(found.positive),
        ),
        say(
            "The answers are from {first} to {last}; of a customer who was asked more than once the latest count.",
            first=day(found.first_day),
            last=day(found.last_day),
        ),
    ]
    if found.incomplete:
        text.append(
            say_count(
                "{n} customer answered on one side only and is left out.",
                "{n} customers answered on one side only and are left out.",
                n=found.incomplete,
            )
        )
    return Summary(table, (Paragraph(tuple(text)), *_scales(found)))


def _scales(found: PerceivedValue) -> tuple[Paragraph, ...]:
    """A word of care where the two sides were not scored alike."""
    if found.one_scale:
        return ()
    (a, high), (b, other) = ((side, top) for side, (_, top) in found.scale.items())
    return (
        Paragraph(
            (
                say(
                    "The highest score is {high} on the side {a} and {other} on the side {b}. If the two sides "
                    "were not "
                    "asked on one scale, their difference means nothing; ask both on the same.",
                    high=number(high), a=SIDES.get(a, words(a)), other=number(other), b=SIDES.get(b, words(b)),
                ),
            ),
            role="banner",
        ),
    )  # fmt: skip


def who_answered(found: Response, currency: str) -> Paragraph:
    """How those who answered differ from those who did not."""
    by = found.table.set_index("answered")
    sentences = [
        say(
            "{n} of {all} customers answered, {share}.",
            n=count(found.respondents),
            all=count(found.customers),
            share=share(found.share, 1),
        )
    ]
    if len(by) == 2:
        sentences.append(
            say(
                "They came back {frequency} times on average and spent {spent}; the others came back {others} "
                "times and "
                "spent {less}.",
                frequency=number(cell_of(by, True, names.FREQUENCY), 1),
                spent=money(cell_of(by, True, names.TOTAL_VALUE), currency),
                others=number(cell_of(by, False, names.FREQUENCY), 1),
                less=money(cell_of(by, False, names.TOTAL_VALUE), currency),
            )
        )
        ratio = found.ratio(names.FREQUENCY)
        if ratio > 1.2 or ratio < 1 / 1.2:
            sentences.append(
                say(
                    "The answers therefore speak for those who buy more often than the rest; what silent "
                    "customers think "
                    "may differ, and the ranges on this page do not hold that."
                )
                if ratio > 1
                else say(
                    "The answers therefore speak for those who buy less often than the rest; what silent "
                    "customers think "
                    "may differ, and the ranges on this page do not hold that."
                )
            )
    return Paragraph(tuple(sentences))


def trust_chip(answered: Response) -> tuple[Sentence, bool]:
    """Share of answers in one line, and whether it calls for care."""
    return say("Survey: {share} of customers answered", share=share(answered.share, 1)), answered.share < LEAST_SHARE


def meeting(found: PerceivedValue) -> Paragraph:
    """The sentence for the meeting."""
    first = found.items.table.iloc[0]
    return Paragraph(
        (
            say(
                "Our customers see {value} points of value on balance, benefits less costs; the most to gain is "
                "in {item}: "
                "bringing it up to the average would add {gain} points.",
                value=points(found.value.mean),
                item=item_name(first[names.ITEM]),
                gain=points(first["gain"]),
            ),
        ),
        role="meeting",
    )


def nobody_asked(
    customers: int,
    *,
    precision: float = PRECISION_POINTS,
    sd: float = ASSUMED_SD,
    response_rate: float = ASSUMED_RESPONSE,
) -> tuple[Paragraph, Table]:
    """What stands in place of the survey where there is none: what asking would tell, and how many to ask."""
    mean = sample_size(precision, sd=sd, population=customers, response_rate=response_rate)
    part = sample_size(PRECISION_SHARE, sd=0.5, population=customers, response_rate=response_rate)
    text = (
        say(
            "Nobody has been asked what they gain and give up: there is no table value_survey. The rest of this page "
            "does not need it."
        ),
        say(
            "{answers} answers would tell perceived value to within {points} points either way, taking {sd} "
            "points for "
            "how much customers differ. With {rate} of those asked answering, that means asking {asked} of {all} "
            "customers.",
            answers=count(mean.answers),
            points=number(precision, 1),
            sd=number(sd, 1),
            rate=share(response_rate),
            asked=count(mean.asked),
            all=count(customers),
        ),
    )

    def row(label: Sentence, size: SampleSize, reach: Quantity) -> list[Quantity | Sentence]:
        enough = say("yes") if size.feasible else say("no: ask everyone, and remind them")
        return [label, reach, count(size.answers), count(size.asked), enough]

    table = Table(
        say("Answers needed, for ranges that hold {mass}", mass=share(mean.mass)),
        (say("To know"), say("Within, either way"), say("Answers"), say("Customers to ask"), say("Enough customers?")),
        [
            row(say("perceived value, in points"), mean, number(precision, 1)),
            row(say("share who see more benefit than cost"), part, share(PRECISION_SHARE)),
        ],
    )
    return Paragraph(text), table
