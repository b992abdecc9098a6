"""What nobody stated and was read off the files: facts of all sources, alike ones together."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from clv_lib.data.quality import Inferred
from clv_lib.reporting.elements import Paragraph, Table
from clv_lib.reporting.wording import Quantity, Sentence, count, say, say_count, words

FACTS: Final = {
    "delimiter": say("the character between fields"),
    "encoding": say("the encoding of the text"),
    "date_format": say("how dates are written"),
    "month_names": say("the language of the months"),
    "decimal": say("the decimal mark"),
    "thousands": say("the thousands mark"),
    "number_format": say("how numbers are written"),
    "amount_spelling": say("what stands beside amounts"),
    "column": say("which column is meant"),
    "time_zone": say("the time zone"),
}
# of these a second reading would have been refused, so there is nothing to be afraid of
READ_OFF: Final = ("delimiter", "encoding", "date_format", "month_names", "number_format", "amount_spelling")
_NAMED: Final = 3  # columns of one line
_EXAMPLE: Final = date(2024, 12, 31)


def doubtful(facts: Iterable[Inferred]) -> bool:
    """Whether any fact could have been guessed wrongly without anybody noticing."""
    return any(fact.code not in READ_OFF for fact in facts)


def inferred(facts: Iterable[Inferred]) -> Paragraph | Table:
    """Facts that nobody stated, those that say the same of several columns in one line."""
    groups: dict[tuple[str, str], list[Inferred]] = {}
    for fact in facts:
        groups.setdefault((fact.code, fact.value), []).append(fact)
    if not groups:
        return Paragraph((say("Nothing about the files had to be guessed: the settings state how they are written."),))
    return Table(
        say("What the settings do not state was read off the files; state it in dataset.toml if it is wrong"),
        (say("About"), say("Guess"), say("Read off"), say("Values")),
        [
            [
                FACTS.get(code, words(code)),
                _value(alike[0]),
                _read_off(alike),
                count(sum(fact.evidence for fact in alike)),
            ]
            for (code, _), alike in groups.items()
        ],
    )


def _value(fact: Inferred) -> Quantity | Sentence:
    """A form is shown by an example rather than by its pattern."""
    if fact.code == "date_format" and fact.value.startswith("%"):
        return say("as in {example}", example=words(_EXAMPLE.strftime(fact.value)))
    marks = re.fullmatch(r"decimal '(?P<decimal>.)'(, thousands ['\"](?P<thousands>.)['\"])?", fact.value)
    if fact.code == "number_format" and marks:
        example = f"1{marks['thousands'] or ''}234{marks['decimal']}5"
        return say("as in {example}", example=words(example))
    return {"\t": say("a tab"), " ": say("a space")}.get(fact.value) or words(fact.value)


def _read_off(alike: list[Inferred]) -> Quantity | Sentence:
    listed = _about(alike[0].about)
    for fact in alike[1:_NAMED]:
        listed = say("{one}, {other}", one=listed, other=_about(fact.about))
    more = len(alike) - _NAMED
    return say_count("{listed} and {n} more", "{listed} and {n} more", n=more, listed=listed) if more > 0 else listed


def _about(text: str) -> Quantity | Sentence:
    """What a fact is about; a column is said in the page's language, with its own name."""
    found = re.fullmatch(r"column '(?P<column>.*)' of (?P<file>.*)", text, flags=re.S)
    if not found:
        return words(text)
    return say("column {column} of {file}", **{name: words(part) for name, part in found.groupdict().items()})
