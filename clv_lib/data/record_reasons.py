"""Why a row of a CRM table was repaired, set aside or noted; in words for a terminal, the pages make their own.

A reason is a code and the column it is about, written ``code:column``.
"""

from typing import Final

from clv_lib.data.quality import REASONS, IssueKind

STRUCTURE: Final = ("repeated_header", "extra_field", "missing_field", "unclosed_quote")

RECORD_REASONS: Final[dict[str, tuple[IssueKind, str]]] = {
    **{code: REASONS[code] for code in STRUCTURE},
    "missing_value": ("fault", "have no {column}"),
    "unreadable": ("fault", "have a {column} that cannot be read"),
    "implausible_day": ("fault", "have a placeholder for a date in {column}"),
    "out_of_range": ("fault", "have a {column} out of its range"),
    "unknown_word": ("fault", "have a {column} that is none of its words"),
    "off_scale": ("fault", "have a {column} that is not on the scale of their instrument"),
    "resolved_before_opened": ("fault", "were resolved before they were opened"),
    "ended_before_started": ("fault", "ended before they started"),
    "amount_outside_range": ("fault", "have an amount outside the range that is given for it"),
    "self_referral": ("fault", "name one customer as both referrer and referred"),
    "conflicting_key": ("fault", "share their {column} with a row that says otherwise"),
    "before_acquisition": ("fault", "are referrals by somebody who was not a customer yet"),
    "after_as_of": ("policy", "are later than the end of the observation and were not read"),
    "merged_customer": ("policy", "describe an account that was merged into another, whose own row is used"),
    "self_merge": ("policy", "merge an id with itself, which changes nothing"),
    "duplicate": ("policy", "say the same as an earlier row with their {column}"),
    "referred_twice": ("policy", "refer somebody who was referred before; the first referral counts"),
    "pool_not_whole": ("policy", "belong to a pool whose shares do not add up to 1; it is not shared out"),
    "trimmed_id": ("repair", "have spaces around their {column}, which were removed"),
    "rounded_amount": ("repair", "have an amount with more than four decimals, which was rounded"),
    "merged_id": ("repair", "have a {column} that was merged and stands now under its new id"),
    "emptied": ("repair", "have a {column} that cannot be meant; it counts as missing"),
    "not_yet": ("repair", "have a {column} after the end of the observation; it has not happened yet"),
    "possible_duplicate": ("note", "equal an earlier row in every column; without a key they were kept"),
    "blank_line": REASONS["blank_line"],
}

# beyond a small share of these the file is refused; a row that contradicts itself can be read, and is only set aside
DAMAGE: Final = frozenset(
    (
        *STRUCTURE,
        "missing_value",
        "unreadable",
        "implausible_day",
        "out_of_range",
        "unknown_word",
        "conflicting_key",
    )
)


def split_reason(reason: str) -> tuple[str, str]:
    """Code and column of a reason; the column is '' where the reason is about the row as a whole."""
    code, _, column = reason.partition(":")
    return code, column
