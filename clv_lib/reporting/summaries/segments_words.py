"""How segments are called, and who is in them."""

from typing import Final

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.names import (
    CHAMPIONS,
    DORMANT_SEGMENT,
    DORMANT_VALUABLE,
    HIGH_VALUE_AT_RISK,
    LOYAL_CORE,
    NEWCOMERS,
    OVERDUE,
    PROMISING,
    RETURNED,
    SLIPPING,
    SMALL_REGULARS,
)
from clv_lib.reporting.wording import Sentence, say, share, words

SEGMENTS: Final[dict[str, Sentence]] = {
    CHAMPIONS: say("Champions"),
    LOYAL_CORE: say("Loyal core"),
    SLIPPING: say("Slipping"),
    SMALL_REGULARS: say("Small regulars"),
    RETURNED: say("Returned"),
    PROMISING: say("Promising"),
    NEWCOMERS: say("Newcomers"),
    HIGH_VALUE_AT_RISK: say("High value at risk"),
    OVERDUE: say("Overdue"),
    DORMANT_VALUABLE: say("Dormant, still valuable"),
    DORMANT_SEGMENT: say("Dormant"),
}
MEMBERS: Final[dict[str, Sentence]] = {
    OVERDUE: say("Before a hard renewal"),
    DORMANT_SEGMENT: say("Former members"),
}
EXPLAINED: Final[dict[str, Sentence]] = {
    CHAMPIONS: say("Buy in their rhythm, of high value and at low risk."),
    LOYAL_CORE: say("Buy in their rhythm, of middle value and at low risk."),
    SLIPPING: say("Still in their rhythm and of high or middle value, but at high risk of falling silent."),
    SMALL_REGULARS: say("Buy in their rhythm, and little is to come."),
    RETURNED: say("Had been dormant, came back, and have not settled yet; not of high value."),
    PROMISING: say("New, and already of high or middle value."),
    NEWCOMERS: say("New, and of low value so far."),
    HIGH_VALUE_AT_RISK: say("Of high value, and silent for longer than is usual for them."),
    OVERDUE: say("Not of high value, and silent for longer than is usual for them."),
    DORMANT_VALUABLE: say("Dormant, yet the model expects enough of them coming back for a high or middle value."),
    DORMANT_SEGMENT: say("Dormant, and little is to come."),
}
MEMBERS_EXPLAINED: Final[dict[str, Sentence]] = {
    CHAMPIONS: say("Have renewed, of high value and at low risk."),
    LOYAL_CORE: say("Have renewed, of middle value and at low risk."),
    SLIPPING: say("Have renewed and are of high or middle value, but at high risk of cancelling."),
    SMALL_REGULARS: say("Have renewed, and little is to come."),
    RETURNED: say("Had cancelled and joined again, and have not renewed since; not of high value."),
    HIGH_VALUE_AT_RISK: say("Of high value, and soon due for a renewal that fewer make than is usual."),
    OVERDUE: say("Not of high value, and soon due for a renewal that fewer make than is usual."),
    DORMANT_VALUABLE: say("Have cancelled, yet something is still to come."),
    DORMANT_SEGMENT: say("Have cancelled; nothing is to come of them."),
}
STAGES_ALONE: Final[dict[str, Sentence]] = {
    LOYAL_CORE: say("Buy in their rhythm."),
    RETURNED: say("Had been dormant, came back, and have not settled yet."),
    NEWCOMERS: say("New."),
    OVERDUE: say("Silent for longer than is usual for them."),
    DORMANT_SEGMENT: say("Dormant."),
}
NOTHING: Final = words("–")
MASS: Final = share(INTERVAL)


def segment_words(*, contractual: bool) -> dict[str, Sentence]:
    """How the segments are called on the pages of a dataset."""
    return {**SEGMENTS, **MEMBERS} if contractual else dict(SEGMENTS)


def explained(*, contractual: bool, valued: bool) -> dict[str, Sentence]:
    """Who is in each segment; without values only those that can be told from the stage alone."""
    if not valued:
        return dict(STAGES_ALONE)
    return {**EXPLAINED, **MEMBERS_EXPLAINED} if contractual else dict(EXPLAINED)
