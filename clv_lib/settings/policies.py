"""``[policies]``: what to do with rows that are neither clean nor broken."""

from typing import Literal

from pydantic import Field

from clv_lib.settings.sections import Section

TEST_ACCOUNTS = ("test", "demo", "dummy", "internal", "@example.")


class PoliciesSection(Section):
    """Named choices for rows that are neither clean nor broken; each is reported in rows and in money."""

    zero_amounts: Literal["exclude", "keep"] = Field(
        "exclude", description="exclude: samples and replacements are not purchases; keep: count the day as a purchase"
    )
    refunds: Literal["match", "exclude"] = Field(
        "match",
        description="match: a negative amount is taken off its order, and a fully refunded order is no purchase; "
        "exclude: it is set aside and its sum reported, and the order stays as it was",
    )
    duplicates: Literal["drop", "keep"] = Field(
        "drop", description="rows equal in every column, order_id included; without an order_id they are only reported"
    )
    guests: Literal["exclude", "keep"] = Field(
        "exclude",
        description="rows without a customer, or with a placeholder such as guest or n/a; exclude: out of every "
        "customer model; keep: each of their orders is a customer of its own, never all of them one",
    )
    guest_ids: tuple[str, ...] = Field((), description="further placeholders, in any case, as in ['walk-in', '9999']")
    test_accounts: tuple[str, ...] = Field(
        TEST_ACCOUNTS,
        description="words that mark a customer id as a test account when they stand alone in it, in any case; one "
        "with a sign in it is looked for anywhere; [] for none",
    )
    bots: Literal["report", "exclude"] = Field(
        "report", description="customers with more orders on one day than bot_orders_per_day"
    )
    bot_orders_per_day: int = Field(50, ge=2, description="more orders of one customer on one day look automatic")
    conflicting_orders: Literal["report", "exclude"] = Field(
        "report", description="orders whose lines name different customers or days"
    )
    unreadable: Literal["refuse", "set_aside"] = Field(
        "refuse",
        description="refuse: more than 1 % of rows that cannot be read stop the run; set_aside: they are left out "
        "and reported, however many they are",
    )
    amount_symbols: Literal["refuse", "parse"] = Field(
        "refuse",
        description="amounts with currency symbols, accounting brackets, a trailing minus or a word for free; parse: "
        "each way of writing is read by one rule of its own, and counted",
    )
