"""Where nobody was asked: what to ask, whom, and how many answers would tell how much."""

from typing import Final

from clv_lib.analysis.sample_size import SampleSize, sample_size
from clv_lib.reporting.elements import Card, Cards, Element, Paragraph, Table, Tasks, Trust
from clv_lib.reporting.summaries.voice_words import MASS
from clv_lib.reporting.voice_record import Voice
from clv_lib.reporting.wording import count, number, say, say_count, share, words

PRECISION: Final = 10.0  # points of NPS either way
LARGEST_SD: Final = 100.0  # of one answer: half promoters, half detractors
ASSUMED_RESPONSE: Final = 0.2


def needed(voice: Voice) -> SampleSize | None:
    """The survey that would be large enough; None without customers to ask."""
    if voice.customers < 1:
        return None
    return sample_size(PRECISION, sd=LARGEST_SD, population=voice.customers, response_rate=ASSUMED_RESPONSE)


def answer() -> Paragraph:
    """The headline where there is nothing to tell."""
    text = say("Nobody has asked the customers yet: this page says whom to ask, what, and how many answers it takes")
    return Paragraph((text,), role="answer")


def key_cards(voice: Voice) -> tuple[Element, ...]:
    """How many to ask."""
    plan = needed(voice)
    if plan is None:
        return ()
    cards = [
        Card(
            say("Customers to hear"),
            count(voice.customers),
            say("who bought in the last {days} days", days=count(voice.settings.recent_days)),
        ),
        Card(
            say("Answers needed"),
            count(plan.answers),
            say(
                "for an NPS good to {points} points either way, with {mass} certainty",
                points=number(plan.half_width),
                mass=MASS,
            ),
        ),
        Card(
            say("Customers to ask"),
            count(plan.asked),
            say("if {part} of them answer", part=share(plan.response_rate)),
            note=None if plan.feasible else say("all of them, and still fewer answers than needed"),
        ),
    ]
    return (Cards(tuple(cards)),)


def collect(voice: Voice) -> tuple[Element, ...]:
    """What a table of feedback has to hold, and what each column would tell."""
    if voice.asked:
        return ()
    table = Table(
        say("The table of feedback, a row per answer; what each column would tell on this page"),
        (say("Column"), say("Holds"), say("Tells")),
        [
            [words("customer_id"), say("who answered, as in the orders"), say("what hangs on the answer")],
            [words("given_at"), say("day of the answer"), say("whether it gets better, and before and after a change")],
            [
                words("instrument, score"),
                say("nps from 0 to 10, csat from 1 to 5, or ces from 1 to 7"),
                say("promoters and detractors, satisfaction, ease"),
            ],
            [
                words("touchpoint"),
                say("what was asked about, as in checkout, delivery or support"),
                say("where the journey hurts"),
            ],
            [words("comment, theme"), say("one open question, and its subject where somebody files it"), say("why")],
        ],
    )
    tasks = Tasks(
        (
            (
                say("Ask one question after an order and one after a contact."),
                say("Two answers of one kind at a time tell more than a long survey that few finish."),
            ),
            (
                say("Ask a fixed share of all, drawn by chance."),
                say("Whoever asks only those who look content measures the asking."),
            ),
            (
                say("Keep the customer's id with the answer."),
                say("Without it no answer can be laid beside value, stage or what came after."),
            ),
        )
    )
    return (*_complaints(voice), table, tasks)


def _complaints(voice: Voice) -> tuple[Element, ...]:
    """Contacts are a voice, too, where they are known."""
    if "interactions" not in voice.record:
        return ()
    contacts = voice.contacts()
    text = say_count(
        "Customers speak without being asked, too: {n} contact with the company stands in the table of interactions. "
        "The page on churn reads it as a sign.",
        "Customers speak without being asked, too: {n} contacts with the company stand in the table of interactions. "
        "The page on churn reads them as signs.",
        n=contacts,
    )
    return (Paragraph((text,)),)


def trust() -> Trust:
    """How far to trust the page: there is nothing to trust yet."""
    return Trust(((say("No table of feedback: nothing is told about what customers think"), True),))


def meeting(voice: Voice) -> Paragraph:
    """The sentence to take into the meeting."""
    plan = needed(voice)
    if plan is None:
        return Paragraph((say("We do not know what our customers think, because nobody asks them."),), role="meeting")
    text = say(
        "We do not know what our customers think, because nobody asks them; asking {asked} of them one question would "
        "tell us.",
        asked=count(plan.asked),
    )
    return Paragraph((text,), role="meeting")
