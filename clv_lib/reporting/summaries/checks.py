"""What the tables say about each other, in words, and how each disagreement would bend the result."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from clv_lib.data.checks import Check
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.summaries.columns import column_name
from clv_lib.reporting.summaries.coverage import source_name
from clv_lib.reporting.summaries.effects import CHECK_EFFECTS
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, say, say_count, share, words

MOST_OF_A_KIND: Final = 5  # one per campaign or pool would fill the page
TOLD_BY_THEIR_TABLE: Final = ("before_acquisition", "referred_twice")  # nothing is said beyond why rows were set aside

# {n} is the number of rows
CHECKS: Final[dict[str, Sentence]] = {
    "merge_chains": say_count(
        "{n} account was merged into another, {chains} over more than one step",
        "{n} accounts were merged into others, {chains} of them over more than one step",
        n=0,
    ),
    "merged_into_unknown": say_count(
        "{n} account was merged into one that no source knows",
        "{n} accounts were merged into one that no source knows",
        n=0,
    ),
    "unknown_customer": say_count(
        "{n} row names somebody whom neither purchases nor customer file know (under: {column})",
        "{n} rows name somebody whom neither purchases nor customer file know (under: {column})",
        n=0,
    ),
    "orders_before_acquisition": say_count(
        "{n} customer ({share}) has bought before the day of acquisition",
        "{n} customers ({share}) have bought before their day of acquisition",
        n=0,
    ),
    "customers_without_orders": say_count(
        "{n} customer ({share}) has never bought", "{n} customers ({share}) have never bought", n=0
    ),
    "before_acquisition": say_count(
        "{n} referral is by somebody who was not a customer yet",
        "{n} referrals are by somebody who was not a customer yet",
        n=0,
    ),
    "referred_twice": say_count(
        "{n} referral is of somebody who was referred before",
        "{n} referrals are of somebody who was referred before",
        n=0,
    ),
    "referred_was_customer": say_count(
        "{n} referral is of somebody who was a customer already",
        "{n} referrals are of somebody who was a customer already",
        n=0,
    ),
    "response_after_as_of": say_count(
        "{n} response came after the day of the report",
        "{n} responses came after the day of the report",
        n=0,
    ),
    "response_unknown_customer": say_count(
        "{n} response came from a customer whom nobody knows",
        "{n} responses came from customers whom nobody knows",
        n=0,
    ),
    "response_not_targeted": say_count(
        "{n} response came from a customer for whom the campaign was not meant",
        "{n} responses came from customers for whom the campaign was not meant",
        n=0,
    ),
    "response_control": say_count(
        "{n} response came from the control group", "{n} responses came from the control group", n=0
    ),
    "response_before_send": say_count(
        "{n} response came before the campaign was sent", "{n} responses came before the campaign was sent", n=0
    ),
    "response_after_window": say_count(
        "{n} response came more than {days} days after the campaign was sent",
        "{n} responses came more than {days} days after the campaign was sent",
        n=0,
    ),
    "response_duplicate": say_count(
        "{n} response repeats an earlier one of the same customer",
        "{n} responses repeat an earlier one of the same customer",
        n=0,
    ),
    "unknown_campaign": say_count(
        "{n} row names a campaign that is not among the campaigns",
        "{n} rows name a campaign that is not among the campaigns",
        n=0,
    ),
    "without_campaign": say_count(
        "{n} cost of winning, marketing or keeping ({money}) names no campaign",
        "{n} costs of winning, marketing or keeping ({money}) name no campaign",
        n=0,
    ),
    "negative_cost": say_count(
        "{n} cost is below zero ({money}) and is taken for a correction",
        "{n} costs are below zero ({money}) and are taken for corrections",
        n=0,
    ),
    "mixed_tax": say_count(
        "The {n} cost is not marked clearly as to tax",
        "The {n} costs are not all marked alike as to tax",
        n=0,
    ),
    "spend_differs": say("Campaign {campaign}: the ledger says {money}, the campaign itself {reported}"),
    "outside_log": say_count(
        "{n} cost ({money}) belongs to a month outside the purchases, which run from {first} to {last}",
        "{n} costs ({money}) belong to months outside the purchases, which run from {first} to {last}",
        n=0,
    ),
    "pool_not_whole": say("Cost pool {pool}: its shares add up to {sum}, not to the whole"),
    "pool_without_shares": say_count(
        "Cost pool {pool}: {n} cost ({money}), and no shares to divide it by",
        "Cost pool {pool}: {n} costs ({money}), and no shares to divide them by",
        n=0,
    ),
    "open_tickets": say_count("{n} ticket is still open", "{n} tickets are still open", n=0),
    "overlapping_subscriptions": say_count(
        "{n} subscription begins before an earlier one of its customer has ended",
        "{n} subscriptions begin before an earlier one of their customer has ended",
        n=0,
    ),
    "subscribed_before_acquisition": say_count(
        "{n} subscription begins before its customer signed up",
        "{n} subscriptions begin before their customers signed up",
        n=0,
    ),
    "repeated_answer": say_count(
        "{n} answer was given again later by the same customer, and the latest counts",
        "{n} answers were given again later by the same customer, and the latest counts",
        n=0,
    ),
    "unknown_product": say_count(
        "{n} order line ({share} of revenue) names a product that the list of products does not have",
        "{n} order lines ({share} of revenue) name {products} products that the list of products does not have",
        n=0,
    ),
}


def check_sentence(check: Check, currency: str) -> Sentence:
    """What a check has found."""
    template, n = CHECKS[check.code], check.rows
    values: dict[str, Any] = {**check.values, "money": float(check.money)}
    if check.code == "merge_chains":
        n, values["chains"] = int(check.values["merges"]), check.rows
    said = template.message + (template.plural or "")
    places = {name: _quantity(name, value, currency) for name, value in values.items() if f"{{{name}}}" in said}
    return Sentence(template.message, {"n": count(n), **places}, plural=template.plural, n=n)


def _quantity(name: str, value: Any, currency: str) -> Quantity | Sentence:
    if name in ("money", "reported"):
        return money(value, currency)
    if name in ("share", "sum"):
        return share(value, 1)
    if name in ("first", "last"):
        return day(date.fromisoformat(value))
    if name == "column":
        return column_name(value)
    return words(value) if isinstance(value, str) else count(value)


def _found(check: Check, currency: str) -> Sentence:
    return say("{found} ({source})", found=check_sentence(check, currency), source=source_name(check.table))


def cross_checks(checks: Sequence[Check], currency: str) -> tuple[Element, ...]:
    """Everything on which the tables disagree, each with its effect; long lists are cut, and the cut is said.

    Parameters
    ----------
    checks : sequence of Check
        Of the whole record.
    currency : str
    """
    told = [each for each in checks if each.code not in TOLD_BY_THEIR_TABLE]
    told = [each for each in told if each.code != "merge_chains" or each.values["merges"]]
    if not told:
        return (Paragraph((say("Nothing was found on which the sources disagree."),)),)
    seen: Counter[str] = Counter()
    shown = []
    for each in told:
        seen[each.code] += 1
        if seen[each.code] <= MOST_OF_A_KIND:
            shown.append(each)
    table = Table(
        say("What the sources say about each other, and how it would bend the result"),
        (say("Found"), say("Effect")),
        [[_found(each, currency), CHECK_EFFECTS[each.code]] for each in shown],
    )
    cut = len(told) - len(shown)
    if not cut:
        return (table,)
    more = say_count(
        "{n} more finding of a kind in this table is not listed.",
        "{n} more findings of the kinds in this table are not listed.",
        n=cut,
    )
    return table, Paragraph((more,), role="note")
