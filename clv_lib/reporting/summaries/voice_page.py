"""The first screen and the last words of the page on customers' voice."""

from clv_lib.analysis.answers import HAPPY, UNHAPPY
from clv_lib.analysis.friction import Journey
from clv_lib.analysis.intervals import Estimate
from clv_lib.analysis.unhappiness import Stake, Unhappiness
from clv_lib.data.quality import QualityReport
from clv_lib.errors import CannotEstimateError
from clv_lib.names import INSTRUMENT, RESIDUAL_CLV, N
from clv_lib.reporting.elements import Card, Cards, Element, Paragraph, Trust
from clv_lib.reporting.summaries import rows_of, voice_missing
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.summaries.voice_journey import point_name
from clv_lib.reporting.summaries.voice_words import CARDS, MASS, MOODS_OF, Values, score
from clv_lib.reporting.voice_record import CallBacks, Scores, Voice
from clv_lib.reporting.wording import Quantity, Sentence, count, money, number, say, share, words

LEAST_SHARE = 0.1  # of the customers; fewer answers than this call for care
LEAST_ANSWERS = 100


def answer(
    found: Scores | CannotEstimateError, way: Journey | CannotEstimateError, currency: str
) -> tuple[Element, ...]:
    """The headline: how happy they are, and where it hurts most."""
    if isinstance(found, CannotEstimateError):
        return (voice_missing.answer(),)
    main = found.main
    names = MOODS_OF[main[INSTRUMENT]]
    values: Values = {
        "happy": names[HAPPY],
        "unhappy": names[UNHAPPY],
        "content": share(main[HAPPY] / main[N]),
        "discontent": share(main[UNHAPPY] / main[N]),
    }
    if isinstance(way, CannotEstimateError) or not len(way.points):
        text = say("Of those who answered {content} are {happy} and {discontent} {unhappy}", **values)
        return (Paragraph((text,), role="answer"),)
    worst = next(rows_of(way.points))
    values["point"] = words(worst.touchpoint)
    if way.valued:
        text = say(
            "Of those who answered {content} are {happy} and {discontent} {unhappy}; it hurts most at {point}, where "
            "customers worth {value} of profit to come are unhappy",
            value=money(worst.friction, currency),
            **values,
        )
    else:
        text = say(
            "Of those who answered {content} are {happy} and {discontent} {unhappy}; it hurts most at {point}, where "
            "{n} customers were unhappy in {days} days",
            n=count(worst.unhappy_passing),
            days=count(way.days),
            **values,
        )
    return (Paragraph((text,), role="answer"),)


def key_cards(
    voice: Voice,
    found: Scores | CannotEstimateError,
    way: Journey | CannotEstimateError,
    cost: Unhappiness | CannotEstimateError,
    hanging: Stake | None,
    listed: CallBacks | CannotEstimateError,
) -> tuple[Element, ...]:
    """The scores, what goes with unhappiness, and how many to call back."""
    if isinstance(found, CannotEstimateError):
        return voice_missing.key_cards(voice)
    currency = voice.study.currency
    main = found.main
    name = str(main[INSTRUMENT])
    cards = [
        Card(
            CARDS[name],
            score(name, main["score"]),
            _between(score(name, main["low"]), score(name, main["high"])),
            float(main["low"]),
            float(main["high"]),
            note=say("{n} customers in the last {days} days", n=count(main[N]), days=count(found.days)),
        )
    ]
    worth_knowing = hanging is not None and hanging.value is not None and hanging.value.low > 0
    if not worth_knowing and not isinstance(way, CannotEstimateError) and len(way.points):
        worst = next(rows_of(way.points))
        cards.append(
            Card(
                say("Unhappy with {point}", point=point_name(worst)),
                share(worst.share),
                _between(share(worst.share_low), share(worst.share_high)),
                float(worst.share_low),
                float(worst.share_high),
                note=say("{n} customers pass it", n=count(worst.passing)),
            )
        )
    if not isinstance(cost, CannotEstimateError):
        cards.append(_gap_card(cost))
    if worth_knowing and hanging is not None and hanging.value is not None:
        cards.append(_stake_card(hanging.value, currency))
    if not isinstance(listed, CannotEstimateError):
        worth = float(listed.listed[RESIDUAL_CLV].sum()) if RESIDUAL_CLV in listed.listed else float("nan")
        told = (
            say("{value} of profit to come", value=money(worth, currency))
            if worth == worth
            else say("unhappy in the last {days} days", days=count(listed.days))
        )
        cards.append(
            Card(say("To call back"), count(listed.unhappy), told, note=say("last answer unhappy and not old"))
        )
    return (Cards(tuple(cards)),)


def _gap_card(cost: Unhappiness) -> Card:
    names, gap = MOODS_OF[cost.instrument], cost.gone.difference
    note = (
        say("percentage points more cancelled in {days} days; an association", days=count(cost.horizon))
        if cost.contractual
        else say("percentage points more bought nothing in {days} days; an association", days=count(cost.horizon))
    )
    return Card(
        say("Leaving: {unhappy} against {happy}", unhappy=names[UNHAPPY], happy=names[HAPPY]),
        number(100 * gap.mean),
        _between(number(100 * gap.low), number(100 * gap.high)),
        100 * gap.low,
        100 * gap.high,
        note=note,
    )


def _stake_card(worth: Estimate, currency: str) -> Card:
    return Card(
        say("At most to be kept"),
        money(worth.mean, currency),
        _between(money(worth.low, currency), money(worth.high, currency)),
        worth.low,
        worth.high,
        note=say("if all that goes with unhappiness came from it"),
    )


def _between(low: Quantity, high: Quantity) -> Sentence:
    return say("with {mass} certainty {low} to {high}", mass=MASS, low=low, high=high)


def trust(voice: Voice, found: Scores | CannotEstimateError, quality: QualityReport) -> tuple[Element, ...]:
    """How far to trust the page."""
    if isinstance(found, CannotEstimateError):
        return (voice_missing.trust(),)
    main = found.main
    part = main[N] / voice.customers if voice.customers else float("nan")
    checks = [data_chip(quality)]
    checks.append((say("{n} customers answered lately", n=count(main[N])), int(main[N]) < LEAST_ANSWERS))
    checks.append((say("They are {part} of all who bought", part=share(part)), not part >= LEAST_SHARE))
    return (Trust(tuple(checks)),)


def meeting(
    voice: Voice,
    way: Journey | CannotEstimateError,
    cost: Unhappiness | CannotEstimateError,
    hanging: Stake | None,
    listed: CallBacks | CannotEstimateError,
) -> Paragraph:
    """The sentence to take into the meeting."""
    if not voice.asked:
        return voice_missing.meeting(voice)
    told: list[Sentence] = []
    if not isinstance(way, CannotEstimateError) and len(way.points):
        worst = next(rows_of(way.points))
        told.append(
            say(
                "Mend {point} first: {share} of those asked about it are unhappy, and {n} customers passed it in "
                "{days} days.",
                point=words(worst.touchpoint),
                share=share(worst.share),
                n=count(worst.passing),
                days=count(way.days),
            )
        )
    if not isinstance(cost, CannotEstimateError) and cost.gone.difference.low > 0 and hanging is not None:
        told.append(_hanging(cost, hanging, voice.study.currency))
    if not isinstance(listed, CannotEstimateError) and listed.unhappy:
        told.append(
            say(
                "{n} unhappy customers wait for a call; the list begins with the most valuable.",
                n=count(listed.unhappy),
            )
        )
    if not told:
        told.append(say("What customers say gives no cause for a change that the data could name."))
    return Paragraph(tuple(told), role="meeting")


def _hanging(cost: Unhappiness, hanging: Stake, currency: str) -> Sentence:
    values: Values = {"n": count(hanging.leavers.mean), "days": count(cost.horizon)}
    if hanging.value is None:
        return say(
            "Unhappy customers leave more often than happy ones of the same stage: if that is more than a coincidence, "
            "up to {n} customers in {days} days hang on it.",
            **values,
        )
    return say(
        "Unhappy customers leave more often than happy ones of the same stage: if that is more than a coincidence, up "
        "to {n} customers in {days} days and {value} of profit to come hang on it.",
        value=money(hanging.value.mean, currency),
        **values,
    )
