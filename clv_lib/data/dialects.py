"""How the two engines that read text spell the few functions Narwhals does not have."""

from collections.abc import Callable
from dataclasses import dataclass


def quoted(name: str) -> str:
    """Write a column's name for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text constant; the same in both dialects as long as it holds no backslash."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Dialect:
    """Spelling of one engine; every function takes and returns SQL text.

    Attributes
    ----------
    name : Callable
        A column's name, quoted.
    pattern : Callable
        A regular expression as a text constant.
    matches, extract : Callable
        ``(value, pattern)``: whether the value matches, and what the first group holds ('' without a match).
    stamp : Callable
        ``(value, strptime format)``: a timestamp, or null where the text is no day of the calendar; with a time zone
        where the format has one.
    instant_day : Callable
        ``(ISO timestamp with an offset, time zone)``: the day at which that instant falls there.
    zoned_day : Callable
        ``(timestamp with time zone, time zone)``: the same from a typed column.
    instant, zoned : Callable
        As ``instant_day`` and ``zoned_day``, but the whole clock time, without a zone.
    moved : Callable
        ``(timestamp without zone, where its clock hung, time zone)``: what the clock showed in the zone then.
    plus_seconds : Callable
        ``(timestamp, whole seconds)``: the later timestamp.
    fingerprint : Callable
        A number that equal rows share.
    """

    name: Callable[[str], str]
    pattern: Callable[[str], str]
    matches: Callable[[str, str], str]
    extract: Callable[[str, str], str]
    stamp: Callable[[str, str], str]
    instant_day: Callable[[str, str], str]
    zoned_day: Callable[[str, str], str]
    instant: Callable[[str, str], str]
    zoned: Callable[[str, str], str]
    moved: Callable[[str, str, str], str]
    plus_seconds: Callable[[str, str], str]
    fingerprint: Callable[[list[str]], str]


_SPARK_FORMATS = {
    **{"Y": "yyyy", "m": "M", "d": "d", "y": "yy", "b": "MMM", "B": "MMMM", "a": "E", "A": "EEEE"},
    **{"H": "H", "M": "m", "S": "s", "f": "SSSSSS", "I": "h", "p": "a", "z": "xx"},
}


def _spark_format(pattern: str) -> str:
    """Translate a strptime pattern; letters outside a directive are quoted."""
    out, steps = "", iter(pattern)
    compact = "%m%d" in pattern  # without separators Java needs fixed widths
    for step in steps:
        if step == "%":
            directive = next(steps, "")
            word = _SPARK_FORMATS.get(directive, "")
            out += word * 2 if compact and word in ("M", "d") else word
        else:
            out += f"'{step}'" if step.isalpha() else step
    return out


def _duckdb_instant(value: str, zone: str) -> str:
    return f"(TRY_CAST({value} AS TIMESTAMPTZ) AT TIME ZONE {literal(zone)})"


def _spark_instant(value: str, zone: str) -> str:
    return f"from_utc_timestamp(TRY_CAST({value} AS TIMESTAMP), {literal(zone)})"


DUCKDB = Dialect(
    name=quoted,
    pattern=literal,
    matches=lambda value, pattern: f"regexp_matches({value}, {literal(pattern)})",
    extract=lambda value, pattern: f"regexp_extract({value}, {literal(pattern)}, 1)",
    stamp=lambda value, form: f"try_strptime({value}, {literal(form)})",
    instant_day=lambda value, zone: f"CAST({_duckdb_instant(value, zone)} AS DATE)",
    zoned_day=lambda value, zone: f"CAST({value} AT TIME ZONE {literal(zone)} AS DATE)",
    instant=_duckdb_instant,
    zoned=lambda value, zone: f"({value} AT TIME ZONE {literal(zone)})",
    moved=lambda value, source, zone: (
        f"(CAST({value} AS TIMESTAMP) AT TIME ZONE {literal(source)} AT TIME ZONE {literal(zone)})"
    ),
    plus_seconds=lambda value, seconds: f"({value} + to_seconds({seconds}))",
    fingerprint=lambda columns: f"hash({', '.join(columns)})",
)

SPARK = Dialect(
    name=lambda name: "`" + name.replace("`", "``") + "`",
    pattern=lambda pattern: "r" + literal(pattern),
    matches=lambda value, pattern: f"regexp_like({value}, r{literal(pattern)})",
    extract=lambda value, pattern: f"regexp_extract({value}, r{literal(pattern)}, 1)",
    stamp=lambda value, form: f"try_to_timestamp({value}, {literal(_spark_format(form))})",
    instant_day=lambda value, zone: f"CAST({_spark_instant(value, zone)} AS DATE)",
    zoned_day=lambda value, zone: f"CAST(from_utc_timestamp({value}, {literal(zone)}) AS DATE)",
    instant=_spark_instant,
    zoned=lambda value, zone: f"from_utc_timestamp({value}, {literal(zone)})",
    moved=lambda value, source, zone: (
        f"from_utc_timestamp(to_utc_timestamp({value}, {literal(source)}), {literal(zone)})"
    ),
    plus_seconds=lambda value, seconds: f"({value} + make_dt_interval(0, 0, 0, {seconds}))",
    fingerprint=lambda columns: f"xxhash64({', '.join(columns)})",
)
