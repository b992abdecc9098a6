"""``[segments]``: where the lines between customers are drawn that are treated differently."""

from typing import Self

from pydantic import Field, model_validator

from clv_lib.settings.sections import Section


class SegmentsSection(Section):
    """Who is of high value and who is at risk, once for all pages; what is not stated is derived and printed."""

    high_value: float | None = Field(
        None,
        gt=0,
        description="profit to come from which a customer is of high value, in currency; default: the customers who "
        "together bring high_share of it, of all who are not dormant",
    )
    low_value: float | None = Field(
        None,
        ge=0,
        description="profit to come below which a customer is of low value, in currency; default: those who together "
        "bring the last low_share of it, of all who are not dormant",
    )
    high_share: float = Field(0.5, gt=0, lt=1, description="share of the profit to come that the most valuable bring")
    low_share: float = Field(0.1, gt=0, lt=1, description="share of the profit to come that the least valuable bring")
    high_risk: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="chance of falling silent or cancelling from which a customer is at high risk; default: those at "
        "the highest risk who together bring risk_share of the profit to come, of all who are not dormant",
    )
    risk_share: float = Field(0.25, gt=0, lt=1, description="share of the profit to come that stands at high risk")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high_value is not None and self.low_value is not None and self.low_value >= self.high_value:
            raise ValueError("segments.low_value must be less than segments.high_value")
        if self.high_share + self.low_share >= 1:
            raise ValueError("segments.high_share and segments.low_share must add up to less than 1")
        return self
