"""What the columns of the tables are called where people read."""

from typing import Final

from clv_lib.reporting.wording import Quantity, Sentence, say, words

COLUMNS: Final = {
    "customer_id": say("customer"),
    "ordered_at": say("day of the purchase"),
    "order_id": say("order number"),
    "product_id": say("product"),
    "category": say("category"),
    "channel": say("channel"),
    "currency": say("currency"),
    "quantity": say("quantity"),
    "unit_cost": say("cost of a piece"),
    "discount": say("discount"),
    "refund_of": say("order that is refunded"),
    "amount": say("amount"),
    "acquired_at": say("day of acquisition"),
    "acquisition_channel": say("channel of acquisition"),
    "birth_date": say("date of birth"),
    "region": say("region"),
    "email_consent": say("consent to e-mail"),
    "name": say("name"),
    "brand": say("brand"),
    "price": say("price"),
    "old_id": say("old account"),
    "new_id": say("account in use"),
    "month": say("month"),
    "rate": say("exchange rate"),
    "kind": say("kind"),
    "cost_id": say("entry number"),
    "campaign_id": say("campaign"),
    "pool": say("cost pool"),
    "tax": say("tax"),
    "amount_low": say("lowest likely amount"),
    "amount_high": say("highest likely amount"),
    "segment": say("segment"),
    "share": say("share"),
    "happened_at": say("time of the contact"),
    "interaction_id": say("contact number"),
    "handling_minutes": say("minutes it took"),
    "resolved_at": say("time of the solution"),
    "play": say("play"),
    "starts_at": say("first day"),
    "ends_at": say("last day"),
    "fixed_cost": say("fixed cost"),
    "cost_per_contact": say("cost per contact"),
    "budget": say("budget"),
    "reported_spend": say("reported spend"),
    "arm": say("group (treated or control)"),
    "assigned_at": say("day of assignment"),
    "given_at": say("day of the answer"),
    "instrument": say("kind of question"),
    "score": say("score"),
    "touchpoint": say("touchpoint"),
    "theme": say("theme"),
    "comment": say("comment"),
    "side": say("side (benefit or cost)"),
    "item": say("item"),
    "tangible": say("tangible or not"),
    "importance": say("importance"),
    "asked_at": say("day of asking"),
    "referrer_id": say("customer who refers"),
    "referred_id": say("customer who is referred"),
    "referred_at": say("day of the referral"),
    "started_at": say("first day"),
    "ended_at": say("last day"),
    "plan": say("plan"),
    "billing_period": say("billing period"),
}


def column_name(column: str) -> Sentence | Quantity:
    """A column, or several joined by ``+``, as people call it; a company's own attributes keep their names."""
    first, _, rest = column.partition("+")
    named = COLUMNS.get(first, words(first))
    return say("{one} and {other}", one=named, other=column_name(rest)) if rest else named
