"""Amounts and months as people write them: 'Rp 1.250.000,-', '(250000)', 'gratis', '17 Agustus 2023'.

A column is still read by one rule. Indonesian month names are put into English where the whole column uses them, so
that the date forms apply. Amounts with symbols are refused by default; with ``policies.amount_symbols = "parse"`` each
way of writing (with *Rp*, with *IDR*, without a symbol) is one column of its own with one rule, and every rule is
reported with its count. Symbols of another currency are never read: amounts of different currencies are never added.
"""

from typing import Any, Final

import narwhals as nw

from clv_lib.data.dialects import literal
from clv_lib.data.engines import Engine, dialect_of
from clv_lib.data.fetching import fetch
from clv_lib.data.parsing import TOLERATED_SHARE, infer_number_form, number_sql, present
from clv_lib.data.quality import Inferred
from clv_lib.names import AMOUNT, ORDERED_AT
from clv_lib.settings import TableSection

Frame = nw.LazyFrame[Any]
_SAMPLE: Final = 1000

_INDONESIAN: Final = {
    **{"januari": "January", "februari": "February", "pebruari": "February", "maret": "March", "mei": "May"},
    **{"juni": "June", "juli": "July", "agustus": "August", "oktober": "October", "nopember": "November"},
    **{"desember": "December", "agu": "Aug", "agt": "Aug", "ags": "Aug", "okt": "Oct", "nop": "Nov", "des": "Dec"},
}
_SHARED: Final = ("april", "september", "november", "jan", "feb", "mar", "apr", "jun", "jul", "sep", "nov")
_MONTHS: Final = _INDONESIAN | {word: word.capitalize() for word in _SHARED}

SYMBOLS: Final = {  # how amounts of a currency are marked, in small letters
    **{"IDR": ("rp",), "USD": ("$", "us$"), "SGD": ("s$", "$"), "MYR": ("rm",), "EUR": ("€",), "GBP": ("£",)},
    **{"JPY": ("¥",), "AUD": ("a$", "$"), "THB": ("฿",), "INR": ("₹", "rs"), "PHP": ("₱",), "VND": ("₫", "đ")},
}
FREE: Final = ("gratis", "free", "cuma-cuma", "percuma")
STRANGE: Final = {  # what an amount that cannot be read may hold, and what it means
    "brackets, which mean a negative amount,": r"^\(.*\)$",
    "a minus at the end, which means a negative amount,": r"\d ?-$",
    "a word for free": rf"^(?i:{'|'.join(FREE)})$",
    "a currency symbol": r"^-?\(? ?(?:[A-Za-z]{1,3}[.$]?|[$€£¥฿₹₱₫]) ?-?\d|\d ?(?:[A-Za-z]{1,3}|[$€£¥฿₹₱₫đ])$",
}


def strange_amounts(unread: Frame) -> str:
    """What the amounts that cannot be read hold, in a sentence for the refusal; '' where it is nothing that we know.

    Parameters
    ----------
    unread : narwhals.LazyFrame
        Rows whose amount cannot be read: ``source, line, shown``.
    """
    found = []
    for what, pattern in STRANGE.items():
        rows = unread.filter(nw.col("shown").str.contains(pattern))
        n = int(fetch(rows.select(nw.len().alias("n")))[0]["n"])
        if n:
            first = fetch(rows.select("source", "line", "shown").sort("source", "line").head(1))[0]
            found.append(f"{what} in {n:,} rows (line {first['line']} {first['shown']!r})")
    if not found:
        return ""
    return f" The amounts hold {'; '.join(found)}. policies.amount_symbols = 'parse' reads these, and counts them."


def plain_months(frame: Frame, engine: Engine, *, form: str | None, about: str) -> tuple[Frame, list[Inferred]]:
    """Put Indonesian month names into English, where all dates have a month name and some are Indonesian.

    With a stated ``form`` the owner has said how all dates are written, so the names are put into English wherever
    they stand.
    """
    dialect = dialect_of(engine)
    if form is not None and "%B" not in form and "%b" not in form:
        return frame, []
    value = present(dialect, ORDERED_AT)
    word = f"lower({dialect.extract(value, '^[0-9]{1,2}[ -]+([A-Za-z]{3,9})[ -]')})"
    if form is not None:
        word = f"lower({dialect.extract(value, '([A-Za-z]{3,9})')})"
    names = ", ".join(literal(each) for each in _INDONESIAN)
    shared = ", ".join(literal(each) for each in _MONTHS)
    tests = {
        "dates": f"CASE WHEN {value} IS NOT NULL THEN 1 END",
        "known": f"CASE WHEN {word} IN ({shared}) THEN 1 END",
        "theirs": f"CASE WHEN {word} IN ({names}) THEN 1 END",
    }
    if not _counts(frame.head(_SAMPLE), tests, engine)["known"]:
        return frame, []
    counts = _counts(frame, tests, engine)
    if not counts["theirs"] or (form is None and counts["known"] < (1 - TOLERATED_SHARE) * counts["dates"]):
        return frame, []
    before, after = (
        dialect.extract(value, each) for each in ("^([^A-Za-z]*)[A-Za-z]", "^[^A-Za-z]*[A-Za-z]{3,9}(.*)$")
    )
    english = " ".join(f"WHEN {word} = {literal(theirs)} THEN {literal(ours)}" for theirs, ours in _MONTHS.items())
    told = f"CASE WHEN {word} IN ({shared}) THEN concat({before}, CASE {english} END, {after}) ELSE {value} END"
    return _replaced(frame, ORDERED_AT, told, engine), [Inferred("month_names", about, "Indonesian", counts["theirs"])]


def plain_amounts(
    frame: Frame, engine: Engine, section: TableSection, *, currency: str, about: str
) -> tuple[Frame, list[Inferred]]:
    """Put amounts with symbols, brackets and words into plain numbers; those that are none of these stay as they are.

    Raises
    ------
    DataError
        The amounts of one way of writing can be read as different numbers.
    """
    dialect = dialect_of(engine)
    raw = present(dialect, AMOUNT)
    symbols = [currency.lower(), *SYMBOLS.get(currency, ())]
    marks = "|".join(_escaped(each) for each in sorted(symbols, key=len, reverse=True))
    free = f"lower({raw}) IN ({', '.join(literal(each) for each in FREE)})"
    brackets = dialect.matches(raw, r"^\(.*\)$")
    inner = f"trim(CASE WHEN {brackets} THEN {dialect.extract(raw, r'^\((.*)\)$')} ELSE {raw} END)"
    texts = engine.project(frame, ["*", f"{inner} AS inner_text", f"{free} AS is_free", f"{brackets} AS in_brackets"])
    small = "lower(inner_text)"
    at_end = dialect.matches(small, r"[0-9] ?-$")
    in_front = dialect.matches(small, rf"^(?:(?:{marks})[.]? ?)?[-−]")
    prefix = dialect.extract(small, rf"^[-−]? ?({marks})[.]? ?[-−]?[0-9.,]")
    suffix = dialect.extract(small, rf"[0-9] ?({marks})$")
    core = dialect.extract(
        small, rf"^[-−]? ?(?:(?:{marks})[.]? ?)?[-−]? ?([0-9][0-9 .,']*?)(?:[.,]-+| ?-)?(?: ?(?:{marks}))?$"
    )
    style = f"CASE WHEN {prefix} <> '' THEN {prefix} WHEN {suffix} <> '' THEN {suffix} ELSE '' END"
    texts = engine.project(
        texts,
        [
            "*",
            f"nullif(trim({core}), '') AS core_text",
            f"{style} AS symbol",
            f"({at_end}) AS minus_at_end",
            f"({at_end} OR {in_front} OR in_brackets) AS is_negative",
            f"({dialect.matches(small, '[.,]-+$')}) AS without_cents",
        ],
    )
    read = "core_text IS NOT NULL AND NOT is_free"
    tests = {
        "free": "CASE WHEN is_free THEN 1 END",
        "brackets": f"CASE WHEN {read} AND in_brackets THEN 1 END",
        "minus at the end": f"CASE WHEN {read} AND minus_at_end THEN 1 END",
        "no cents": f"CASE WHEN {read} AND without_cents THEN 1 END",
        **{each: f"CASE WHEN {read} AND symbol = {literal(each)} THEN 1 END" for each in symbols},
    }
    counts = {what: n for what, n in _counts(texts, tests, engine).items() if n}
    if not counts:
        return frame, []
    facts = [Inferred("amount_spelling", about, what, n) for what, n in counts.items()]
    cases = []
    for each in ["", *(symbol for symbol in symbols if symbol in counts)]:
        rows = texts.filter((nw.col("symbol") == each) & ~nw.col("core_text").is_null())
        said = f"the amounts {f'with {each!r}' if each else 'without a symbol'} in {about}"
        form, fact = infer_number_form(
            engine, rows, "core_text", about=said, decimal=section.decimal, thousands=section.thousands
        )
        facts += [fact] if fact else []
        cases.append(f"WHEN symbol = {literal(each)} THEN {number_sql(dialect, 'core_text', form)}")
    number = f"CAST(CASE {' '.join(cases)} END AS STRING)"
    decimal = section.decimal or ("," if section.thousands == "." else ".")
    plain = f"replace({number}, '.', {literal(decimal)})"
    sign = "CASE WHEN is_negative THEN '-' ELSE '' END"
    told = f"CASE WHEN is_free THEN '0' WHEN {number} IS NOT NULL THEN concat({sign}, {plain}) ELSE {raw} END"
    done = _replaced(texts, AMOUNT, told, engine)
    return done.select(frame.collect_schema().names()), facts


def _replaced(frame: Frame, column: str, sql: str, engine: Engine) -> Frame:
    name = dialect_of(engine).name
    others = [name(each) for each in frame.collect_schema().names() if each != column]
    return engine.project(frame, [*others, f"{sql} AS {name(column)}"])


def _counts(frame: Frame, tests: dict[str, str], engine: Engine) -> dict[str, int]:
    """How many rows pass each test, in one query."""
    keys = {f"t{k}": what for k, what in enumerate(tests)}
    marked = engine.project(frame, [f"{sql} AS {key}" for key, sql in zip(keys, tests.values(), strict=True)])
    row = fetch(marked.select(*(nw.col(key).count() for key in keys)))[0]
    return {what: int(row[key]) for key, what in keys.items()}


def _escaped(mark: str) -> str:
    return "".join(f"[{each}]" if each in ".$" else each for each in mark)
