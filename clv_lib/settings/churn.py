"""``[churn]``: how far ahead a warning looks, and what acting on it may cost."""

from pydantic import Field

from clv_lib.settings.sections import Section


class SaveRate(Section):
    """``[churn.save_rate]``: belief about how many of those who would fall silent a contact keeps, as a Beta."""

    kept: float = Field(
        2.0, gt=0, description="pseudo-customers kept; with lost = 18 a tenth, in nine of ten cases 2 to 22 %"
    )
    lost: float = Field(18.0, gt=0, description="pseudo-customers lost all the same")
    plays: tuple[str, ...] = Field(
        ("win_back", "retention"), description="plays of campaigns whose control groups teach the rate"
    )


class ChurnSection(Section):
    """How far ahead a warning looks, whom it may name, and what a contact costs and does."""

    horizon_days: int | None = Field(
        None, ge=7, le=720, description="silent for so long counts as leaving; default: from the customers' own rhythm"
    )
    contacts: int = Field(100, ge=1, le=10_000, description="most customers on the watch list")
    contact_budget: float | None = Field(
        None, ge=0, description="money for contacts, in currency; with contact_cost it may shorten the list"
    )
    contact_cost: float | None = Field(
        None,
        ge=0,
        description="cost of one contact; default: the mean cost_per_contact of the campaigns, else a fiftieth of a "
        "mean purchase",
    )
    save_rate: SaveRate = SaveRate()
