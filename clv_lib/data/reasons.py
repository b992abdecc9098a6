"""Why a row was repaired, set aside or noted, in words for a terminal; the pages make their own from the codes."""

from typing import Final, Literal

IssueKind = Literal["repair", "fault", "policy", "note"]

REASONS: Final[dict[str, tuple[IssueKind, str]]] = {
    "repeated_header": ("fault", "repeat the header inside the file"),
    "extra_field": ("fault", "have more fields than the header"),
    "missing_field": ("fault", "have fewer fields than the header"),
    "unclosed_quote": ("fault", "hold a quote that is not closed or not followed by a delimiter"),
    "missing_date": ("fault", "have no date"),
    "bad_date": ("fault", "have a date that cannot be read"),
    "implausible_date": ("fault", "have a placeholder for a date, before 1970-01-02"),
    "missing_amount": ("fault", "have no amount"),
    "bad_amount": ("fault", "have an amount that cannot be read"),
    "future_date": ("fault", "have a date later than today"),
    "after_as_of": ("policy", "are later than dataset.as_of and were not read"),
    "duplicate": ("policy", "are exact copies of an earlier row, order id included (policies.duplicates)"),
    "guest": ("policy", "name no customer: blank, or a placeholder such as guest or n/a (policies.guests)"),
    "test_account": ("policy", "belong to test accounts (policies.test_accounts)"),
    "bot": ("policy", "belong to customers with more orders on one day than people place (policies.bots)"),
    "excluded_conflict": ("policy", "belong to orders that name several customers or days and were excluded"),
    "refund": ("policy", "are refunds and were taken off their orders (policies.refunds)"),
    "refunded_order": ("policy", "were refunded in full and are no purchases (policies.refunds)"),
    "excess_refund": ("policy", "are refunds of more than was left of their order; the excess was set aside"),
    "unmatched_refund": ("policy", "are refunds whose order was not found, and were set aside"),
    "negative_amount": ("policy", "have a negative amount and were set aside as refunds (policies.refunds)"),
    "zero_amount": ("policy", "have an amount of zero and are not purchases (policies.zero_amounts)"),
    "trimmed_id": ("repair", "have a customer id with spaces around it, which were removed"),
    "rounded_amount": ("repair", "have an amount with more than four decimals, which was rounded"),
    "merged_id": ("repair", "have a merged customer id, which was replaced by the one in use (tables.merges)"),
    "guest_apart": (
        "repair",
        "name no customer; each of their orders was made a customer of its own (policies.guests)",
    ),
    "converted": ("repair", "are in another currency and were converted at the rate of their month (tables.fx_rates)"),
    "partly_refunded": ("repair", "had a refund taken off their amount (policies.refunds)"),
    "possible_duplicate": ("note", "equal an earlier row in every column; without an order id they were kept"),
    "kept_duplicate": ("note", "equal an earlier row in every column and were kept (policies.duplicates)"),
    "conflicting_order": ("note", "belong to orders that name several customers or days (policies.conflicting_orders)"),
    "suspected_bot": ("note", "belong to customers with more orders on one day than people place (policies.bots)"),
    "suspected_guest": ("note", "carry an id with so many rows that it may stand for many people (policies.guest_ids)"),
    "outlier": ("note", "belong to purchase days far more valuable than the rest"),
    "blank_line": ("note", "are blank lines and hold no row"),
}
REPAIRS: Final = tuple(code for code, (kind, _) in REASONS.items() if kind == "repair")  # flags of a row that is used

UNREADABLE: Final = frozenset(
    code for code, (kind, _) in REASONS.items() if kind == "fault" and code != "future_date"
)  # beyond a small share of these the whole file is refused

FINDINGS: Final[dict[str, str]] = {
    "gap": "no order from {first} to {last} ({days} days), where about {expected:.0f} were to be expected",
    "end_gap": "no order from {first} to {last} ({days} days), the end of the observation, where about "
    "{expected:.0f} were to be expected",
    "thin_last_day": "{orders} orders on the last day, {last}, where about {expected:.0f} were to be expected",
    "unit_change": "the median order value changes {ratio:.3g}-fold on {day}, from {before:,.2f} to {after:,.2f}",
    "left_censored": "{share:.0%} of all first purchases fall in the first {days} days, {ratio:.1f} times as many as "
    "later; old customers are taken for new ones",
    "import_month": "{new} new customers in {month}, where the months beside it have at most {beside}",
    "first_of_month": "{share:.0%} of the purchase days are the first of a month",
    "weekday_hole": "hardly any order on day {weekdays} of the week (Monday is 1)",
    "same_clock_time": "every time is {time}, although the column has a time zone; days may be shifted",
    "night_by_day": "the quiet hours are {first:02d} to {last:02d} o'clock; the times may be in another time zone",
    "days_moved": "{orders:,} orders ({share:.1%}) fall on another day in {zone} than in {clock}, the clocks' own zone",
}

BENDS: Final[dict[str, str]] = {
    "looks_like_leaving": "customers who bought then look as if they had stayed away or left",
    "looks_like_prices": "revenue and spend mix two units, and the change looks like a change of prices",
    "too_many_new": "old customers look new, so acquisition and first-year value are misread",
    "ends_early": "the last stretch looks quieter than it was, and customers less alive",
    "days_shifted": "orders fall on the wrong day, and those of one evening on two",
    "days_rounded": "the days between purchases are not those of the customers but of the calendar",
    "days_set_right": "the days are those of the business; read as they are, these orders would fall on the wrong one",
    "closed_days": "customers cannot buy on these days; in whole weeks it does not matter",
}
