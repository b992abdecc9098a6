"""How each problem of a row, or between tables, would bend the result; in one sentence of plain words.

What is set aside or repaired is told with what it would have done; what is left, with what it does.
"""

from typing import Final

from clv_lib.reporting.wording import Sentence, say

_UNDATED = say("It belongs to no moment; used on a guess, its customer would look more or less active.")
_MISPLACED = say("Its values may stand under the wrong heading, so what it says is in no sum.")
_UNPAID = say("A purchase is missing, so its customer looks less active and less valuable.")
_TWICE = say("Counted twice, it would weigh double in every sum and make its customer look busier.")
_MAYBE_TWICE = say("If it is a copy, its customer looks more active and more valuable than is true.")
_WRONG_OWNER = say("A purchase may stand with the wrong customer or on the wrong day.")
_MACHINE = say("If it is a machine or a reseller, it pulls up the averages of all customers.")
_SPECIAL = say("It is in no comparison; if such rows are special, what is left is not typical.")
_FORESEEN = say("Used, it would tell the forecast what the forecast is meant to foresee.")
_TWO_IDS = say("Under two ids, one person would be two customers, each less active and less valuable.")
_RESPONSE = say("Counted, they would make campaigns look better than they are.")
_UNSHARED = say("Its costs are on no customer, so all customers look a little more profitable than they are.")
_NOTHING = say("It bends nothing.")

LOG_EFFECTS: Final[dict[str, Sentence]] = {
    "repeated_header": _NOTHING,
    "extra_field": _MISPLACED,
    "missing_field": _MISPLACED,
    "unclosed_quote": _MISPLACED,
    "missing_date": _UNDATED,
    "bad_date": _UNDATED,
    "implausible_date": say("Taken for real, it would make its customer decades old."),
    "missing_amount": _UNPAID,
    "bad_amount": _UNPAID,
    "future_date": say("Used, it would make the log seem to end later, and everybody else less active."),
    "after_as_of": _FORESEEN,
    "duplicate": _TWICE,
    "guest": say("It belongs to no customer, so all customers together look less valuable than the business is."),
    "test_account": say("Purchases that nobody made would pass for those of a customer."),
    "bot": say("One buyer like a machine would pull up the averages of all customers."),
    "excluded_conflict": _WRONG_OWNER,
    "refund": say("Counted by itself, a return would be a purchase."),
    "refunded_order": say("A purchase that was undone would make its customer look active and more valuable."),
    "excess_refund": say("Money went out that no order accounts for, so revenue may be too high by it."),
    "unmatched_refund": say("Some order still counts that was undone, so revenue may be too high by it."),
    "negative_amount": say("Refunds are taken off no order, so revenue is too high by them."),
    "zero_amount": say("Counted, it would make its customer look more active, and purchases smaller."),
    "trimmed_id": say("Left as it was, one customer would be taken for two."),
    "rounded_amount": _NOTHING,
    "merged_id": _TWO_IDS,
    "guest_apart": say("Each such order is a customer who never comes back, so loyalty looks lower than it is."),
    "converted": say("Without a rate, amounts of two currencies would be added up as if they were one."),
    "partly_refunded": say("Revenue would be too high by what was paid back."),
    "possible_duplicate": _MAYBE_TWICE,
    "kept_duplicate": _MAYBE_TWICE,
    "conflicting_order": _WRONG_OWNER,
    "suspected_bot": _MACHINE,
    "suspected_guest": say("If the id stands for many people, they look like one very busy customer."),
    "outlier": say("A few such days can carry an average, which is then less certain than it looks."),
    "blank_line": _NOTHING,
}
RECORD_EFFECTS: Final[dict[str, Sentence]] = {
    "repeated_header": _NOTHING,
    "extra_field": _MISPLACED,
    "missing_field": _MISPLACED,
    "unclosed_quote": _MISPLACED,
    "missing_value": _SPECIAL,
    "unreadable": _SPECIAL,
    "implausible_day": say("Taken for real, it would date things decades back."),
    "out_of_range": say("Taken for real, something impossible would move the averages."),
    "unknown_word": say("It belongs to no group, and is in no comparison of groups."),
    "off_scale": say("Taken for real, a score of another scale would move the average."),
    "resolved_before_opened": say("A time below zero would make the service look quicker than it is."),
    "ended_before_started": say("A time below zero would make what lasts look shorter than it is."),
    "amount_outside_range": say("Amount and range contradict each other; its costs are in no sum until they agree."),
    "self_referral": say("Customers would seem to bring others who brought only themselves."),
    "conflicting_key": say("Nobody can tell which row is right, so what these rows say is in no sum."),
    "before_acquisition": say("Credit for new customers would go to somebody who was none yet."),
    "after_as_of": _FORESEEN,
    "merged_customer": say("Kept, one person would be described as two customers."),
    "self_merge": _NOTHING,
    "duplicate": say("Counted twice, it would weigh double in every sum."),
    "referred_twice": say("Two customers would get the credit for one new customer."),
    "pool_not_whole": _UNSHARED,
    "trimmed_id": say("Left as it was, one thing would be taken for two."),
    "rounded_amount": _NOTHING,
    "merged_id": _TWO_IDS,
    "emptied": say("The rest of the row counts; comparisons by this value leave it out."),
    "not_yet": say("Known beforehand, it would tell the forecast what the forecast is meant to foresee."),
    "possible_duplicate": say("If it is a copy, it weighs double in every sum."),
    "blank_line": _NOTHING,
}
CHECK_EFFECTS: Final[dict[str, Sentence]] = {
    "merge_chains": _TWO_IDS,
    "merged_into_unknown": say("What they did belongs to somebody of whom nothing else is known."),
    "unknown_customer": say("They count for nobody: customers are missing, or ids are written in two ways."),
    "orders_before_acquisition": say("What it cost to win them is set against the wrong month."),
    "customers_without_orders": say("They are in no model of purchases, so the values are those of buyers alone."),
    "before_acquisition": RECORD_EFFECTS["before_acquisition"],
    "referred_twice": RECORD_EFFECTS["referred_twice"],
    "referred_was_customer": say("Counted as new, they make referrals look more valuable than they are."),
    "response_after_as_of": _FORESEEN,
    "response_unknown_customer": _RESPONSE,
    "response_not_targeted": _RESPONSE,
    "response_control": say("Those who were to be left alone were reached, so the campaign's effect looks too small."),
    "response_before_send": _RESPONSE,
    "response_after_window": _RESPONSE,
    "response_duplicate": _RESPONSE,
    "unknown_campaign": say("They belong to no campaign, so what campaigns cost or bring is incomplete."),
    "without_campaign": say("They count in the whole and for no campaign, so campaigns look cheaper than they are."),
    "negative_cost": say("If the sign is a mistake, costs look too low by twice that amount."),
    "mixed_tax": say("Amounts with tax and without are added up, so costs look higher or lower than they are."),
    "spend_differs": say("What the campaign brings per unit of money depends on which of the two is right."),
    "outside_log": say("No purchases stand against them, so they say nothing about what a purchase costs."),
    "pool_not_whole": _UNSHARED,
    "pool_without_shares": say(
        "It is shared out by what drives such costs; whoever causes more of it than that looks too profitable."
    ),
    "open_tickets": say("Slow ones are still missing, so the service looks quicker than it is."),
    "overlapping_subscriptions": say("If one contract was written twice, subscribers and their fees look too many."),
    "subscribed_before_acquisition": say(
        "One of the two days is wrong: renewals count from the subscription, the cost of winning from the sign-up."
    ),
    "repeated_answer": say("All counted, customers who answer often would weigh more than others."),
    "unknown_product": say("What they are and what they cost is not known from the list of products."),
}
