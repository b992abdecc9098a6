"""``[policies]``: what to do with rows that are neither clean nor broken."""

from typing import Literal

from pydantic import Field

from clv_lib.settings.sections import Section


class PoliciesSection(Section):
    """Named choices for rows that are neither clean nor broken."""

    zero_amounts: Literal["exclude", "keep"] = Field(
        "exclude", description="exclude: samples and replacements are not purchases; keep: count the day as a purchase"
    )
    refunds: Literal["exclude"] = Field(
        "exclude", description="a negative amount is never a purchase: it is set aside and its sum reported"
    )
    duplicates: Literal["drop", "keep"] = Field(
        "drop", description="rows equal in every column, order_id included; without an order_id they are only reported"
    )
