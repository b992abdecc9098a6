"""``[plays.NAME]``: what can be done for a customer, what it costs, and what it is believed to do."""

from typing import Literal

from pydantic import Field

from clv_lib.names import LifecycleStage
from clv_lib.settings.sections import Section

Anchor = Literal["today", "joining", "purchase", "expected_purchase", "birthday", "renewal"]
Moves = Literal["rate", "stay", "basket"]
Means = Literal["email", "whatsapp", "app", "phone", "post"]
Needs = Literal["products", "birth_date", "feedback", "referrals", "subscriptions", "interactions"]


class Play(Section):
    """One thing that can be done; a play of the library may be changed key by key, a new one needs ``moves``."""

    enabled: bool = Field(True, description="whether it may be chosen")
    title: str = Field("", description="its name on the pages; a play of the library has one in every language")
    offer: str = Field("", description="what the customer is offered, in a few words, for the action list")
    stages: tuple[LifecycleStage, ...] = Field((), description="stages that it suits; empty: all")
    segments: tuple[str, ...] = Field((), description="segments that it suits; empty: all")
    needs: tuple[Needs, ...] = Field((), description="what must be known of customers for it to make sense")
    channel: Means = Field("email", description="how the customer is reached")
    anchor: Anchor = Field("today", description="the day from which the timing counts")
    days: int = Field(0, ge=-365, le=365, description="days after the anchor on which it is sent; negative: before")
    cost_per_contact: float | None = Field(
        None, ge=0, description="in currency; default: the mean of its campaigns, else as for [churn]"
    )
    cost_per_acceptance: float = Field(0.0, ge=0, description="of every customer who takes it up, in currency")
    acceptance: float = Field(0.1, ge=0, le=1, description="share of those reached who take it up")
    discount: float = Field(
        0.0, ge=0, lt=1, description="taken off every order while it works, whoever would have come"
    )
    fixed_cost: float = Field(
        0.0, ge=0, description="of doing it at all, in currency; default: the mean of its campaigns, else 0"
    )
    moves: Moves = Field("rate", description="purchase rate while it works, chance of staying, or value of an order")
    effect: float = Field(
        0.0, gt=-1, description="believed relative change of the rate or basket, or part of the leaving it keeps"
    )
    effect_sd: float = Field(0.1, gt=0, description="how unsure that is, as a standard deviation of the log change")
    effect_days: int = Field(28, ge=1, le=365, description="how long it works")
    campaigns: tuple[str, ...] = Field((), description="plays of past campaigns that are evidence; default: its name")
    reason: str = Field("", description="why this is believed, in a sentence")
