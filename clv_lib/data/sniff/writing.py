"""The text of ``dataset.toml``: what was found, why, and what is asked."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from clv_lib.data.sniff.company import Guess
from clv_lib.data.sniff.constants import Constant, constants
from clv_lib.data.sniff.contents import TABLES
from clv_lib.data.sniff.formats import Formats
from clv_lib.data.sniff.likeness import plain
from clv_lib.data.sniff.recognition import Recognised
from clv_lib.data.sniff.values import OPEN_VALUES, translated
from clv_lib.names import AMOUNT, QUANTITY

_MOST_LISTED = 20


def quoted(text: str) -> str:
    """A text as a TOML string; JSON's escapes are TOML's, but for the delete mark."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str) -> str:
    """A text that can stand in one line behind ``#``."""
    return "".join(mark if mark.isprintable() else " " for mark in re.sub(r"\s+", " ", text)).strip()


def guessed(key: str, guess: Guess) -> str:
    """A key with its value, and the reason or the question behind it."""
    value = quoted(guess.value) if isinstance(guess.value, str) else f"{guess.value:g}"
    return _aligned([(f"{key} = {value}", ("ASK: " if guess.asked else "") + guess.why)])[0]


def table_lines(one: Recognised, written: Formats, extra: Iterable[str] = ()) -> list[str]:
    """One ``[tables.<name>]`` with everything below it."""
    stated = constants(one)
    options, questions = _options(one, written)
    vocabulary, strangers = _vocabulary(one)
    asked = [*one.questions, *one.export.doubts, *written.questions, *questions, *strangers, *extra]
    section = f"tables.{one.table}"
    columns = [(f"{key} = {quoted(name)}", why) for key, name, why in _columns(one)]
    lines = [
        f"[{section}]  # {comment(one.export.size)}",
        *(f"# ASK: {comment(question)}" for question in asked),
        *_aligned([(f"path = {quoted(one.export.path)}", ""), *options]),
        "",
        f"[{section}.columns]  # our name = the name in the file",
        *_aligned(columns),
        *_not_used(one),
    ]
    if stated:
        lines += ["", f"[{section}.constants]  # the same in every row"]
        lines += _aligned([_constant(ours, constant) for ours, constant in stated.items()])
    if vocabulary:
        lines += ["", f"[{section}.values]  # their word = ours", *vocabulary]
    return lines


def attributes(one: Recognised) -> dict[str, str]:
    """Further columns of the customers: our name = theirs; those whose words come again, so that they make groups."""
    if one.table != "customers":
        return {}
    used = {match.theirs for match in one.fit.matches.values()}
    taken = set(TABLES["customers"].required) | set(TABLES["customers"].optional)
    found: dict[str, str] = {}
    for theirs, column in one.export.columns.items():
        ours = plain(theirs).replace(" ", "_")
        if theirs not in used and ours and ours not in taken and ours not in found and _groups(column.distinct, one):
            found[ours] = theirs
    return found


def _groups(distinct: int, one: Recognised) -> bool:
    return 1 < distinct <= min(50, max(2, len(one.export.frame) // 2))


def _columns(one: Recognised) -> list[tuple[str, str, str]]:
    mapped = [(match.ours, match.theirs, match.why) for match in one.fit.matches.values()]
    return mapped + [(ours, theirs, "an attribute of the customers") for ours, theirs in attributes(one).items()]


def _options(one: Recognised, written: Formats) -> tuple[list[tuple[str, str]], list[str]]:
    export, found, questions = one.export, list[tuple[str, str]](), list[str]()
    if export.sheet:
        found.append((f"sheet = {quoted(export.sheet)}", "the workbook has several"))
    if export.encoding:
        found.append((f"encoding = {quoted(export.encoding)}", "the file is not UTF-8"))
    if export.delimiter and export.delimiter != ",":
        found.append(
            (f"delimiter = {quoted(export.delimiter)}", f"it divides the header into {len(export.frame.columns)} names")
        )
    if written.date_format:
        why = f"fits {written.fits['date_format']:,} dates"
        if written.borrowed:
            why = "ASK: is it that of the other tables? It fits, but the dates here have another reading too"
        found.append((f"date_format = {quoted(written.date_format)}", why))
    if written.numbers:
        found.append((f"decimal = {quoted(written.numbers.decimal)}", f"fits {written.fits['numbers']:,} numbers"))
        if written.numbers.thousands:
            found.append((f"thousands = {quoted(written.numbers.thousands)}", ""))
    amount = one.fit.matches.get(AMOUNT)
    if one.table == "transactions" and amount and QUANTITY in one.fit.matches:
        name = plain(amount.theirs)
        if re.search(r"\b(unit|satuan)\b", name) or name in ("price", "harga"):
            questions.append(
                f"is {amount.theirs!r} the price of one? An amount is price times quantity; let the export say it"
            )
    return found, questions


def _vocabulary(one: Recognised) -> tuple[list[str], list[str]]:
    lines, questions = [], []
    for ours, match in one.fit.matches.items():
        found = translated(one.table, ours, one.export.columns[match.theirs].values)
        if found is None:
            continue
        if found.known:
            pairs = ", ".join(f"{quoted(theirs)} = {quoted(word)}" for theirs, word in found.known.items())
            lines.append(f"{ours} = {{ {pairs} }}")
        if found.unknown and (one.table, ours) not in OPEN_VALUES:
            shown = ", ".join(map(repr, found.unknown[:_MOST_LISTED]))
            questions.append(f"which {ours} is meant by {shown}? Say it in tables.{one.table}.values")
    return lines, questions


def _constant(ours: str, constant: Constant) -> tuple[str, str]:
    value = quoted(constant.value) if isinstance(constant.value, str) else json.dumps(constant.value)
    return f"{ours} = {value}", ("ASK: " if constant.asked else "") + constant.why


def _not_used(one: Recognised) -> list[str]:
    used = {match.theirs for match in one.fit.matches.values()} | set(attributes(one).values())
    rest = [str(name) for name in one.export.frame.columns if name and name not in used]
    if not rest:
        return []
    more = f" and {len(rest) - _MOST_LISTED} more" if len(rest) > _MOST_LISTED else ""
    return [f"# not used: {comment(', '.join(rest[:_MOST_LISTED]))}{more}"]


def _aligned(lines: list[tuple[str, str]]) -> list[str]:
    """Comments one below the other, where the lines are not too different in length."""
    width = max((len(line) for line, why in lines if why and len(line) < 60), default=0)
    return [f"{line:{width}}  # {comment(why)}" if why else line for line, why in lines]


def slug(path: Path) -> str:
    """Short name of a dataset, from the name of its folder or file."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", path.name.split(".")[0]).strip("-._").lower() or "dataset"
