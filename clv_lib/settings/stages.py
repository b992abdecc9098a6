"""``[stages]``: where a customer stands in its life with us; every number has a default that the data give.

A rule counts in the customer's own rhythm, not in days that are the same for everybody: thirty silent days are nothing
to somebody who buys every quarter, and a farewell to somebody who buys every week.
"""

from typing import Self

from pydantic import Field, model_validator

from clv_lib.settings.sections import Section


class StagesSection(Section):
    """Rules of the lifecycle stages; what is not stated is derived from the data and printed on the page."""

    acquisition_days: int | None = Field(
        None,
        ge=0,
        description="a customer who bought once is in acquisition so many days; default: the days in which half of "
        "those who came back made their second purchase",
    )
    regular_from: int = Field(3, ge=2, description="purchase days that make a regular: two gaps show a rhythm")
    loyal_from: int | None = Field(
        None,
        ge=2,
        description="purchase days without a lapse that make a loyal customer; default: what one regular in five has",
    )
    loyal_value: float | None = Field(
        None,
        gt=0,
        description="revenue that makes a regular loyal, in currency; default: what one regular in ten has brought",
    )
    at_risk_after: float | None = Field(
        None,
        gt=0,
        description="silence that puts a customer at risk, in times the own rhythm; default: the wait within which "
        "four in five of those who came back had done so",
    )
    dormant_after: float | None = Field(
        None,
        gt=0,
        description="silence that makes a customer dormant, in times the own rhythm; default: the wait within which "
        "nineteen in twenty of those who came back had done so",
    )
    least_silence_days: int = Field(
        14, ge=1, description="no shorter silence puts anybody at risk, and none shorter than twice that makes dormant"
    )
    settled_from: int = Field(
        3, ge=2, description="purchase days since coming back, that one included, that end being reactivated"
    )
    referral_days: int = Field(
        180, ge=1, description="days after bringing somebody in which an active customer is in the stage of referral"
    )
    rhythm_days: float | None = Field(
        None, gt=0, description="days between purchases of a customer of whom nothing is known; default: learnt"
    )
    rhythm_weight: float | None = Field(
        None,
        gt=0,
        description="how many own gaps count as much as the rhythm of all; default: learnt from how customers differ",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_risk_after and self.dormant_after and self.dormant_after < self.at_risk_after:
            raise ValueError("stages.dormant_after must not be less than stages.at_risk_after")
        return self
