"""How plays are called: what comes from the library is said in every language, what comes from settings as it is."""

from typing import Final

from clv_lib.analysis.play_library import MEMBERS, PURCHASES
from clv_lib.reporting.wording import Quantity, Sentence, say, words
from clv_lib.settings import Play

_SAID: Final = frozenset(
    str(fields[key])
    for plays in (PURCHASES, MEMBERS)
    for fields in plays.values()
    for key in ("title", "offer", "reason")
    if key in fields
)
_LONGEST: Final = 300  # characters of a reason of the company's own
CHANNELS: Final = {
    "email": say("e-mail"),
    "whatsapp": say("WhatsApp"),
    "app": say("app"),
    "phone": say("phone"),
    "post": say("post"),
}
MOVES: Final = {
    "rate": say("how often they buy"),
    "stay": say("whether they stay"),
    "basket": say("how much they buy at a time"),
}
GROUPS: Final = {
    "new": say("new customers"),
    "regular": say("regular customers"),
    "quiet": say("quiet customers"),
}
NEEDS: Final = {
    "products": say("which products were bought"),
    "birth_date": say("dates of birth"),
    "feedback": say("answers to surveys"),
    "referrals": say("who brought whom"),
    "subscriptions": say("subscriptions"),
    "interactions": say("contacts and complaints"),
}


def title_of(play: Play) -> Sentence | Quantity:
    """Name of a play on the pages."""
    return _said(play.title)


def offer_of(play: Play) -> Sentence | Quantity:
    """What the customer is offered."""
    return _said(play.offer)


def reason_of(play: Play) -> Sentence | Quantity:
    """Why the effect is believed."""
    return _said(play.reason)


def _said(text: str) -> Sentence | Quantity:
    return Sentence(text) if text in _SAID else words(text, _LONGEST)
