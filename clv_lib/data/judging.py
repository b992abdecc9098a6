"""Which rows of a CRM table are used: every row gets the first reason against it, or none.

A value that cannot be meant sets its row aside where the column is required; in an optional column it is emptied and
the row is used, as repaired. Nothing is dropped without a code.
"""

from datetime import date
from typing import Any, Final

import narwhals as nw

from clv_lib.data.column_names import ROUNDED, UNITS, text_of, trim_of
from clv_lib.data.engines import Engine
from clv_lib.data.fetching import fetch
from clv_lib.data.loaded import MARKS, Loaded
from clv_lib.data.tables import CONTRACTS, SCALES, Contract, broken
from clv_lib.names import (
    AMOUNT,
    AMOUNT_HIGH,
    AMOUNT_LOW,
    CUSTOMER_ID,
    ENDED_AT,
    ENDS_AT,
    HAPPENED_AT,
    INSTRUMENT,
    NEW_ID,
    OLD_ID,
    REFERRED_ID,
    REFERRER_ID,
    RESOLVED_AT,
    SCORE,
    STARTED_AT,
    STARTS_AT,
)

Frame = nw.LazyFrame[Any]
PARSED: Final = ("day", "moment", "month", "number", "whole", "flag", "choice")  # their text is kept to be shown


def state_of(name: str) -> str:
    """Column that says what is wrong with a value, or null."""
    return f"state:{name}"


def merged_of(name: str) -> str:
    """Column that says whether an id was replaced by the one it was merged into."""
    return f"merged:{name}"


def judge(rows: Frame, loaded: Loaded, *, last_day: date, merges: Frame | None, engine: Engine) -> Frame:
    """Give every row its ``reason`` ('' for those that are used) and empty what cannot be meant.

    Parameters
    ----------
    rows : narwhals.LazyFrame
        As :func:`~clv_lib.data.columns.read_columns` gives them.
    loaded : Loaded
    last_day : date
        Of the observation; what is later is not read.
    merges : narwhals.LazyFrame, optional
        ``old_id``, ``new_id`` with chains followed to their end.
    engine : Engine

    Returns
    -------
    narwhals.LazyFrame
        The rows kept in the engine: ``source, line, span, reason, copy``, the columns, and what was done to each.
    """
    contract, names = CONTRACTS[loaded.table], list(loaded.columns)
    rows = rows.with_columns(*(_state(contract, name, last_day).alias(state_of(name)) for name in names))
    reason = nw.col("fault")
    for name in names:
        if name in contract.required:
            state = nw.col(state_of(name))
            reason = nw.when(~reason.is_null()).then(reason).otherwise(_labelled(state, name))
    rows = rows.with_columns(reason.alias("reason"))
    for name in names:
        if name not in contract.required:
            rows = rows.with_columns(nw.when(nw.col(state_of(name)).is_null()).then(nw.col(name)).alias(name))
    rows = _merged(rows, contract, names, merges)
    for code, column, test in _rules(contract, names, last_day):
        against = nw.when(test).then(nw.lit(f"{code}:{column}"))
        rows = rows.with_columns(
            nw.when(~nw.col("reason").is_null()).then(nw.col("reason")).otherwise(against).alias("reason")
        )
    rows = rows.select(*_kept(contract, names, rows))
    first = engine.keep(rows, f"read_{loaded.table}")
    return engine.keep(_without_copies(first, contract, names), f"judged_{loaded.table}")


def _kept(contract: Contract, names: list[str], rows: Frame) -> list[str]:
    out = [*MARKS, "reason"]
    for name in names:
        out += [name, state_of(name)]
        out += [text_of(name)] if contract.reads(name) in PARSED else []
    there = set(rows.collect_schema().names())
    return (
        out
        + [each for name in names for each in (trim_of(name), merged_of(name)) if each in there]
        + [each for each in (UNITS, ROUNDED) if each in there]
    )


def _state(contract: Contract, name: str, last_day: date) -> nw.Expr:
    """What is wrong with a value: a code, or null."""
    value, text, reads = nw.col(name), nw.col(text_of(name)), contract.reads(name)
    tests: dict[str, nw.Expr] = {}
    if name in contract.required:
        tests["missing_value"] = text.is_null()
    if reads in PARSED:
        code = "unknown_word" if reads == "choice" else "unreadable"
        tests[code] = value.is_null() & ~text.is_null()
    column = contract.schema.columns.get(name)
    for check in column.checks if column is not None else []:
        if check.name != "str_length":
            code = "implausible_day" if reads in ("day", "moment", "month") else "out_of_range"
            tests[code] = tests[code] | broken(value, check) if code in tests else broken(value, check)
    if name in contract.later:
        tests["not_yet"] = value.cast(nw.Date) > nw.lit(last_day)
    found: nw.Expr = nw.lit(None, nw.String)
    for code, test in reversed(tests.items()):
        found = nw.when(test.fill_null(False)).then(nw.lit(code)).otherwise(found)
    return found


def _labelled(state: nw.Expr, name: str) -> nw.Expr:
    return nw.when(~state.is_null()).then(nw.concat_str([state, nw.lit(f":{name}")]))


def _rules(contract: Contract, names: list[str], last_day: date) -> list[tuple[str, str, nw.Expr]]:
    """What one row can break by itself: code, column, test."""
    col = nw.col
    rules = {
        "merges": [("self_merge", NEW_ID, [OLD_ID, NEW_ID], lambda: col(OLD_ID) == col(NEW_ID))],
        "referrals": [
            ("self_referral", REFERRED_ID, [REFERRER_ID, REFERRED_ID], lambda: col(REFERRER_ID) == col(REFERRED_ID))
        ],
        "interactions": [
            ("resolved_before_opened", RESOLVED_AT, [RESOLVED_AT], lambda: col(RESOLVED_AT) < col(HAPPENED_AT))
        ],
        "subscriptions": [("ended_before_started", ENDED_AT, [ENDED_AT], lambda: col(ENDED_AT) < col(STARTED_AT))],
        "campaigns": [("ended_before_started", ENDS_AT, [STARTS_AT, ENDS_AT], lambda: col(ENDS_AT) < col(STARTS_AT))],
        "feedback": [("off_scale", SCORE, [SCORE], _off_scale)],
        "costs": [
            ("amount_outside_range", AMOUNT_LOW, [AMOUNT_LOW], lambda: col(AMOUNT_LOW) > col(AMOUNT)),
            ("amount_outside_range", AMOUNT_HIGH, [AMOUNT_HIGH], lambda: col(AMOUNT_HIGH) < col(AMOUNT)),
        ],
    }
    found = []
    if contract.day in names:
        late = (col(contract.day).cast(nw.Date) > nw.lit(last_day)).fill_null(False)
        found.append(("after_as_of", contract.day, late))
    found += [
        (code, column, test().fill_null(False))
        for code, column, needs, test in rules.get(contract.name, [])
        if set(needs) <= set(names)
    ]
    return found


def _off_scale() -> nw.Expr:
    score, off = nw.col(SCORE), nw.col(SCORE) % 1 != 0
    for instrument, (low, high) in SCALES.items():
        off = off | ((nw.col(INSTRUMENT) == instrument) & ((score < low) | (score > high)))
    return off


def _merged(rows: Frame, contract: Contract, names: list[str], merges: Frame | None) -> Frame:
    """Replace ids that were merged by the one that stands for them; of two rows of one customer, its own is used."""
    if merges is None:
        return rows
    for name in (each for each in contract.customers if each in names):
        old, new = f"old:{name}", f"new:{name}"
        pairs = merges.select(nw.col(OLD_ID).alias(old), nw.col(NEW_ID).alias(new))
        rows = rows.join(pairs, left_on=name, right_on=old, how="left")
        replaced = ~nw.col(new).is_null()
        rows = rows.with_columns(
            replaced.alias(merged_of(name)), nw.when(replaced).then(nw.col(new)).otherwise(nw.col(name)).alias(name)
        )
    if contract.name != "customers" or CUSTOMER_ID not in names:
        return rows
    moved, open_ = nw.col(merged_of(CUSTOMER_ID)), nw.col("reason").is_null()
    rows = rows.with_columns(open_.alias("open"))
    place = nw.col("line").cum_count().over(CUSTOMER_ID, "open", order_by=[merged_of(CUSTOMER_ID), "source", "line"])
    aside = nw.when(moved & nw.col("open") & (place > 1)).then(nw.lit(f"merged_customer:{CUSTOMER_ID}"))
    return rows.with_columns(nw.when(open_).then(aside).otherwise(nw.col("reason")).alias("reason"))


def _without_copies(rows: Frame, contract: Contract, names: list[str]) -> Frame:
    """Set copies aside and conflicts of a key apart; without a key, copies are only marked."""
    key = next((key for key in contract.keys if set(key) <= set(names)), None)
    by = list(key) if key else ["row_key"]
    filled = nw.col("reason").is_null()
    for name in by:
        filled = filled & ~nw.col(name).is_null()
    rows = rows.with_columns(filled.alias("open"))
    among = nw.concat_str([nw.col(name).cast(nw.String) for name in by], separator="\x1f").alias("among")
    counts = rows.filter(nw.col("open")).select(among)
    count = fetch(counts.select(nw.col("among").n_unique().alias("different"), nw.len().alias("rows")))[0]
    none: nw.Expr = nw.lit(False)
    if not count["rows"] or count["different"] == count["rows"]:
        return rows.with_columns(none.alias("copy"), nw.col("reason").fill_null("").alias("reason")).drop("open")
    said = nw.concat_str([nw.col(name).cast(nw.String).fill_null("\x00") for name in names], separator="\x1f")
    rows = rows.with_columns(said.alias("said"))
    over = (*by, "open")
    rows = rows.with_columns(
        (nw.col("line").cum_count().over(*over, order_by=["source", "line"]) > 1).alias("again"),
        (nw.col("said").min().over(*over) != nw.col("said").max().over(*over)).alias("differ"),
    )
    again = nw.col("open") & nw.col("again")
    reason: nw.Expr = nw.lit(None, nw.String)
    if key:
        label = "+".join(key)
        copied = nw.when(again).then(nw.lit(f"duplicate:{label}"))
        conflict = nw.col("open") & nw.col("differ")
        reason = nw.when(conflict).then(nw.lit(f"conflicting_key:{label}")).otherwise(copied)
    reason = nw.when(nw.col("reason").is_null()).then(reason).otherwise(nw.col("reason")).fill_null("")
    marked = rows.with_columns(reason.alias("reason"), (again if not key else none).alias("copy"))
    return marked.drop("open", "said", "again", "differ")
