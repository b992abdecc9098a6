"""``[retention]``: how the calendar is cut where customers are compared from one period to the next."""

from typing import Literal

from pydantic import Field

from clv_lib.settings.sections import Section


class RetentionSection(Section):
    """How the pages on coming back cut the calendar."""

    period: Literal["auto", "month", "quarter", "year"] = Field(
        "auto",
        description="length of a period and of a cohort; auto: the shortest of which the log has at most 18 and in "
        "which half of the returning customers return, as long as it has 8 of them",
    )
