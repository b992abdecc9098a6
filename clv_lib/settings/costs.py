"""``[costs]``: which driver puts a cost on which customer, and when the money for winning customers works.

A driver is what a cost is in proportion to, counted month by month. Each kind of cost has a list of drivers; the
first for which the dataset has a table counts. A ledger line that names a customer goes to that customer whatever its
kind, and a line whose ``pool`` stands in the table ``allocations`` is first shared over segments.
"""

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field

from clv_lib.settings.sections import Section

Driver = Literal[
    "direct",
    "orders",
    "units",
    "revenue",
    "contacts",
    "handling_minutes",
    "active_months",
    "new_customers",
    "equal",
]
CostKind = Literal[
    "acquisition",
    "marketing",
    "retention",
    "service",
    "goods",
    "fulfilment",
    "payment",
    "overhead",
    "intangible",
]
DRIVERS: Final[tuple[Driver, ...]] = get_args(Driver)
COST_KINDS: Final[tuple[CostKind, ...]] = get_args(CostKind)

DEFAULT_DRIVERS: Final[dict[CostKind, tuple[Driver, ...]]] = {
    "acquisition": ("new_customers",),  # won this month, by the line's channel where that channel wins customers
    "marketing": ("active_months",),  # speaks to whoever is a customer
    "retention": ("active_months",),  # paid per month of keeping a customer
    "service": ("handling_minutes", "contacts", "orders"),  # working time first
    "goods": ("revenue",),
    "fulfilment": ("orders",),  # a parcel per purchase day
    "payment": ("revenue",),  # fees are a share of what is paid
    "overhead": ("active_months",),
    "intangible": ("active_months",),
}

DEFAULT_CAUSES: Final[dict[CostKind, tuple[Driver, ...]]] = {
    "retention": ("active_months",),
    "service": ("handling_minutes", "contacts"),
    "goods": ("revenue",),
    "fulfilment": ("orders",),
    "payment": ("revenue",),
}


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Drivers = Annotated[tuple[Driver, ...], BeforeValidator(_one_or_many), Field(min_length=1)]


class ChannelCosts(Section):
    """``[costs.channels.NAME]``: how the money spent on one channel of the ledger wins customers."""

    acquisition_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="part of the channel's marketing lines that wins new customers; acquisition lines count whole",
    )
    spread_months: int = Field(1, ge=1, le=36, description="months over which a month's spend acts, evenly")
    delay_months: int = Field(0, ge=0, le=36, description="months from the spend to the first customer won by it")


class CostsSection(Section):
    """How costs are put on customers; every choice has a default and is printed on the page."""

    drivers: dict[CostKind, Drivers] = Field(
        default_factory=dict,
        description="kind = driver, or drivers in order of preference; kinds not named keep their default",
    )
    causes: dict[CostKind, Drivers] = Field(
        default_factory=dict,
        description="kind = drivers that together make its monthly amount; what one unit of each costs is estimated",
    )
    active_months_after_purchase: int = Field(
        6,
        ge=0,
        le=120,
        description="a customer is active in a month if the last purchase lies at most so many months back",
    )
    not_contacts: tuple[str, ...] = Field(
        ("response", "sent", "open", "click"),
        description="kinds of interactions that take nobody's time, and so are no contacts to be served",
    )
    segment_attribute: str = Field(
        "segment", description="column of the customers table that the segments of the allocations are values of"
    )
    channels: dict[str, ChannelCosts] = Field(
        default_factory=dict, description="[costs.channels.NAME], by the ledger's name of the channel"
    )
    unknown_channel_limit: float = Field(
        0.2,
        ge=0,
        le=1,
        description="customers without a known channel are counted with the channels in proportion, up to this part of "
        "all; where they are more, not knowing is a group of its own (as where only paid channels are recorded)",
    )
    referral_channel: str = Field(
        "referral", description="channel of the ledger whose cost per new customer is that of a referral"
    )
    onboarding: tuple[str, ...] = Field(
        ("onboarding",), description="pools or channels of the ledger that hold the cost of welcoming new customers"
    )
    onboarding_delay_months: int = Field(
        0, ge=0, le=36, description="months from the arrival of a customer to the ledger's month of onboarding"
    )

    def causes_of(self, kind: CostKind) -> tuple[Driver, ...]:
        """Drivers that a kind's monthly amount is explained by; none where it is not explained."""
        return self.causes.get(kind, DEFAULT_CAUSES.get(kind, ()))

    def drivers_of(self, kind: CostKind) -> tuple[Driver, ...]:
        """Drivers of a kind of cost, the preferred one first."""
        return self.drivers.get(kind, DEFAULT_DRIVERS[kind])

    def channel(self, name: str) -> ChannelCosts:
        """What is stated about a channel; a channel of which nothing is stated acts at once."""
        return self.channels.get(name, ChannelCosts())
