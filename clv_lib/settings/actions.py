"""``[actions]``: who may be contacted, in which language and at which hour, and how far ahead the list reaches."""

from typing import Annotated

from pydantic import AfterValidator, Field

from clv_lib.settings.sections import Section, known_timezone

ZoneName = Annotated[str, AfterValidator(known_timezone)]


class RegionSection(Section):
    """``[actions.regions.NAME]``: what holds for customers of one region."""

    language: str | None = Field(
        None, pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="in which they are written to, as in 'id' or 'en-GB'"
    )
    timezone: ZoneName | None = Field(None, description="in which their clocks run; default: dataset.timezone")


class ActionsSection(Section):
    """Limits and habits of the action list."""

    days: int = Field(28, ge=1, le=365, description="days after as_of that the list reaches: until the next run")
    late_days: int = Field(
        7, ge=0, le=90, description="days by which a message after a purchase or after joining may come late"
    )
    send_hour: int = Field(9, ge=0, le=23, description="hour at which it is sent, by the customer's own clock")
    unknown_consent: bool | None = Field(
        None,
        description="whether customers of whom no table says if they may be written to are listed; default: only where "
        "it is known of nobody",
    )
    blocked_column: str = Field(
        "do_not_contact", description="attribute of customers that says who is never to be contacted, if there is one"
    )
    language_column: str = Field(
        "language", description="attribute of customers that says in which language they read, if there is one"
    )
    regions: dict[str, RegionSection] = Field(
        default_factory=dict,
        description="language and time zone by the customers' region, as in [actions.regions.NAME]",
    )
    complaint_days: int = Field(
        365, ge=1, le=3650, description="days after which a complaint that nobody has closed counts as forgotten"
    )
    refund_days: int = Field(30, ge=0, le=365, description="days after a refund in which a customer is left alone")
    low_score_days: int = Field(
        30, ge=0, le=365, description="days after a low score in which a customer is left alone"
    )
    despite_trouble: tuple[str, ...] = Field(
        ("service_recovery", "priority_support"),
        description="plays for customers with an open complaint, a recent refund or a recent low score all the same",
    )
    after_trouble: tuple[str, ...] = Field(("service_recovery",), description="plays that are for such customers alone")
    products: int = Field(3, ge=0, le=10, description="most products that are recommended to a customer")
    bought_days: int = Field(
        365, ge=1, le=3650, description="a product bought within so many days is recommended only if it is used up"
    )
    used_up: float = Field(
        0.3,
        gt=0,
        le=1,
        description="share of a product's buyers who bought it again from which it counts as used up, to be replaced",
    )
