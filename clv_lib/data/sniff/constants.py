"""Columns that a table must have and an export lacks, because every row of it would say the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from clv_lib.data.sniff.layouts import Export
from clv_lib.data.sniff.likeness import closest, plain
from clv_lib.data.sniff.recognition import Recognised
from clv_lib.data.sniff.values import VALUES
from clv_lib.names import ARM, CAMPAIGN_ID, CHANNEL, IMPORTANCE, INSTRUMENT, KIND, SCORE, TANGIBLE

_CHANNELS: Final = {
    "email": ("email", "e mail", "surel", "mail"),
    "whatsapp": ("whatsapp", "wa"),
    "phone": ("phone", "telephone", "call", "telepon", "telpon"),
    "chat": ("chat", "obrolan"),
    "store": ("store", "shop", "toko", "gerai"),
    "web": ("web", "website", "online", "situs"),
    "coupon": ("coupon", "kupon", "voucher"),
}


@dataclass(frozen=True)
class Constant:
    """One value for every row, why, and whether the owner should be asked."""

    value: str | float | bool
    why: str
    asked: bool = True


def constants(one: Recognised) -> dict[str, Constant]:
    """A constant for each required column that is missing."""
    return {ours: _GUESSES[one.table, ours](one) for ours in one.fit.missing if (one.table, ours) in _GUESSES}


def _instrument(one: Recognised) -> Constant:
    told = _told(one.export, {ours: (ours, *words) for ours, words in VALUES["feedback", INSTRUMENT].items()})
    if told:
        return Constant(told[0], f"{told[1]!r} says so", asked=False)
    scores = one.export.columns[one.fit.matches[SCORE].theirs]
    low, high = (float(scores.small.quantile(q)) for q in (0.02, 0.98))
    for name, least, most in (("csat", 1, 5), ("ces", 1, 7)):
        if scores.within(least, most) > 0.97 and high > most - 2:
            return Constant(name, f"the scores run from {low:g} to {high:g}, as those of {name} do")
    return Constant("nps", f"the scores run from {low:g} to {high:g}; those of nps run from 0 to 10")


def _kind_of_interaction(one: Recognised) -> Constant:
    told = _told(one.export, {ours: (ours, *words) for ours, words in VALUES["interactions", KIND].items()})
    if told:
        return Constant(told[0], f"{told[1]!r} says so", asked=False)
    if CAMPAIGN_ID in one.fit.matches:
        return Constant("response", "each row names a campaign")
    return Constant("contact", "nothing says what kind of contact; 'ticket' and 'response' have a meaning of their own")


def _channel(one: Recognised) -> Constant:
    told = _told(one.export, _CHANNELS)
    if told:
        return Constant(told[0], f"{told[1]!r} says so")
    return Constant("unknown", "nothing says by which channel")


def _kind_of_cost(one: Recognised) -> Constant:
    told = _told(one.export, {ours: (ours, *words) for ours, words in VALUES["costs", KIND].items()})
    if told:
        return Constant(told[0], f"{told[1]!r} says so")
    if CAMPAIGN_ID in one.fit.matches:
        return Constant("marketing", "the rows name campaigns, and no column says the kind of cost")
    return Constant("overhead", "no column says the kind of cost")


def _told(export: Export, words: dict[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """What the names of the sheet, the file and its columns say, and which of them says it."""
    names = [name for name in (*export.called, *export.columns) if name]
    ranked = [(closest(name, each)[0], ours, name) for name in names for ours, each in words.items()]
    best, ours, name = max(ranked, key=lambda one: one[0], default=(0.0, "", ""))
    return (ours, plain(name)) if best >= 0.5 else None


_GUESSES: Final[dict[tuple[str, str], Callable[[Recognised], Constant]]] = {
    ("feedback", INSTRUMENT): _instrument,
    ("interactions", KIND): _kind_of_interaction,
    ("interactions", CHANNEL): _channel,
    ("costs", KIND): _kind_of_cost,
    ("campaign_members", ARM): lambda one: Constant("treated", "there is no column for a control group"),
    ("value_survey", TANGIBLE): lambda one: Constant(True, "no column says it"),
    ("value_survey", IMPORTANCE): lambda one: Constant(1.0, "no column says it, so all items weigh the same"),
}
