"""``[voice]``: what customers say, what it is about, and which change is looked at."""

from datetime import date
from typing import Literal

from pydantic import Field

from clv_lib.settings.sections import Section

Passing = Literal["orders", "contacts", "everyone", "answers"]


class VoiceSection(Section):
    """How the page on what customers say reads their answers; what is not stated is derived and printed."""

    recent_days: int = Field(
        365, ge=30, le=3_650, description="days back that count as now: for the scores, the journey and the themes"
    )
    touchpoints: dict[str, Passing] = Field(
        default_factory=dict,
        description="who passes a touchpoint, as in { delivery = 'orders' }: orders, contacts, everyone or answers "
        "(those who answered); default: by the touchpoint's name",
    )
    change_on: date | None = Field(
        None, description="day of a change to be judged before and after; default: the most marked month"
    )
    change_days: int = Field(180, ge=14, le=720, description="days looked at on either side of it")
    call_back_days: int = Field(
        90, ge=1, le=720, description="days in which an unhappy answer still calls for a call back"
    )
    call_backs: int = Field(200, ge=1, le=10_000, description="most rows of the list of whom to call back")
