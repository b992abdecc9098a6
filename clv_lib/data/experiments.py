"""What past campaigns say about plays: members counted by arm, by evidence group and by what they did afterwards.

1. A campaign is evidence if its members were put into a treated and a control arm. Without a control group there is
   nothing to compare with: who was chosen, and when, differs from who was not. Such campaigns are listed apart.
2. What counts is what members do in the days in which the play is taken to work, from the first day of the campaign,
   or, if they were assigned later, from the day after that.
3. Groups are those of the stage on the day before, by what was known on it: nothing that the campaign changed is in it.
4. Left out of both arms: members who are in both, those whose days are not over, and, where customers buy when they
   like, those with a subscription, whose deliveries come whatever they are sent.
5. If the arms already differed before the campaign more than a coin makes them differ, they were not drawn by one; such
   a campaign is not evidence either.

Every step runs in the engine; what leaves it are counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customers import Frame, collected, money_units
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.data.tables.crm import TREATED
from clv_lib.names import (
    AMOUNT,
    ARM,
    ASSIGNED_AT,
    CAMPAIGN_ID,
    COST_PER_CONTACT,
    CUSTOMER_ID,
    DISCOUNT,
    ENDED_AT,
    ENDS_AT,
    FIXED_COST,
    LIFECYCLE_STAGE,
    NAME,
    ORDERED_AT,
    ORDERS,
    PLAY,
    STARTED_AT,
    STARTS_AT,
    N,
)
from clv_lib.periods import day_number
from clv_lib.settings import Play
