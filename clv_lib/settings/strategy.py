"""``[strategy]``: what may be spent on customers, what may be risked, and what customers may be asked to bear."""

from typing import Annotated

from pydantic import Field

from clv_lib.settings.plays import Means
from clv_lib.settings.sections import Section


class StrategySection(Section):
    """The limits within which plays are chosen; what is not stated is derived and printed."""

    budget: float | None = Field(
        None, ge=0, description="money for contacts and offers, in currency; default: what all worthwhile plays need"
    )
    contacts: dict[Means, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="most contacts per channel, as in { phone = 200 }; not named: no limit"
    )
    plays_per_customer: int = Field(1, ge=1, le=5, description="plays that one customer may be in at a time")
    rest_days: int = Field(14, ge=0, le=365, description="days after a contact in which a customer is left alone")
    most_contacts: int = Field(4, ge=1, le=100, description="contacts that a customer may get in most_contacts_days")
    most_contacts_days: int = Field(90, ge=1, le=365, description="the days in which they are counted")
    control_share: float = Field(0.2, ge=0, lt=1, description="share of those chosen who are left out, to measure")
    loss_chance: float = Field(
        0.2, gt=0, le=1, description="most chance of losing money that a play may have which campaigns have measured"
    )
    test_plays: int = Field(3, ge=0, description="plays that nobody has measured, and that are tried at a time")
    test_contacts: int = Field(300, ge=0, description="most customers treated with any one of them")
    downside: float | None = Field(
        None,
        ge=0,
        description="most that the worst twentieth of outcomes may lose in the mean, in currency; default: a "
        "hundredth of the profit that customers have still to bring",
    )
    fatigue: float = Field(
        0.002, ge=0, lt=1, description="share of customers whom one more contact drives away, over long"
    )
    borrowed: float = Field(
        0.25,
        ge=0,
        le=1,
        description="part of the orders that a discount brings which would have come later at full price",
    )
    round_months: int = Field(
        1, ge=1, le=12, description="months that a plan is for; what winning customers costs in them is set beside it"
    )
    winning_returns: float = Field(
        0.7,
        gt=0,
        lt=1,
        description="believed: 1 % more money for a channel wins so many % more customers, so that the next one is "
        "dearer",
    )
    winning_most: float = Field(
        2.0, ge=1, description="most that a channel may be given at a time, as a multiple of what it gets now"
    )
    actions: int = Field(20_000, ge=1, description="most rows of the action list")
