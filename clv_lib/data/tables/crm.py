"""The other tables of the customer record, each with what its rows must hold.

Campaign responses are interactions of the kind :data:`RESPONSE` with a campaign, support tickets those of the kind
:data:`TICKET`.
"""

from typing import Final

import pandera.pandas as pa

from clv_lib.data.tables.contracts import EARLIEST_BIRTH, EARLIEST_DAY, Contract, needed, optional, schema
from clv_lib.data.tables.log import LOG
from clv_lib.names import (
    ACQUIRED_AT,
    ACQUISITION_CHANNEL,
    AMOUNT,
    AMOUNT_HIGH,
    AMOUNT_LOW,
    ARM,
    ASKED_AT,
    ASSIGNED_AT,
    BILLING_PERIOD,
    BIRTH_DATE,
    BRAND,
    BUDGET,
    CAMPAIGN_ID,
    CATEGORY,
    CHANNEL,
    COMMENT,
    COST_ID,
    COST_PER_CONTACT,
    CURRENCY,
    CUSTOMER_ID,
    EMAIL_CONSENT,
    ENDED_AT,
    ENDS_AT,
    FIXED_COST,
    GIVEN_AT,
    HANDLING_MINUTES,
    HAPPENED_AT,
    IMPORTANCE,
    INSTRUMENT,
    INTERACTION_ID,
    ITEM,
    KIND,
    MONTH,
    NAME,
    NEW_ID,
    OLD_ID,
    PLAN,
    PLAY,
    POOL,
    PRICE,
    PRODUCT_ID,
    RATE,
    REFERRED_AT,
    REFERRED_ID,
    REFERRER_ID,
    REGION,
    REPORTED_SPEND,
    RESOLVED_AT,
    SCORE,
    SEGMENT,
    SHARE,
    SIDE,
    STARTED_AT,
    STARTS_AT,
    TANGIBLE,
    TAX,
    THEME,
    TOUCHPOINT,
    UNIT_COST,
)

COST_KINDS: Final = (
    "acquisition",
    "marketing",
    "retention",
    "service",
    "goods",
    "fulfilment",
    "payment",
    "overhead",
    "intangible",
)
SCALES: Final = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}  # lowest and highest score of each instrument
TREATED, CONTROL = "treated", "control"
ARMS: Final = (TREATED, CONTROL)
SIDES: Final = ("benefit", "cost")
BILLING_PERIODS: Final = ("week", "month", "quarter", "year")
RESPONSE: Final = "response"
TICKET: Final = "ticket"

_SINCE = pa.Check.ge(EARLIEST_DAY)
_NOT_NEGATIVE = pa.Check.ge(0)

CUSTOMERS: Final = Contract(
    schema(
        "customers",
        needed(CUSTOMER_ID, "id"),
        optional(ACQUIRED_AT, "day", _SINCE),
        optional(ACQUISITION_CHANNEL, "label"),
        optional(BIRTH_DATE, "day", pa.Check.ge(EARLIEST_BIRTH)),
        optional(REGION, "label"),
        optional(EMAIL_CONSENT, "flag"),
    ),
    keys=((CUSTOMER_ID,),),
    day=ACQUIRED_AT,
    customers=(CUSTOMER_ID,),
    open=True,
)
PRODUCTS: Final = Contract(
    schema(
        "products",
        needed(PRODUCT_ID, "id"),
        optional(NAME, "text"),
        optional(CATEGORY, "label"),
        optional(BRAND, "label"),
        optional(UNIT_COST, "number", _NOT_NEGATIVE),
        optional(PRICE, "number", _NOT_NEGATIVE),
    ),
    keys=((PRODUCT_ID,),),
    money=(PRICE, UNIT_COST),
)
MERGES: Final = Contract(schema("merges", needed(OLD_ID, "id"), needed(NEW_ID, "id")), keys=((OLD_ID,),))
FX_RATES: Final = Contract(
    schema(
        "fx_rates",
        needed(MONTH, "month", _SINCE),
        needed(CURRENCY, "label"),
        needed(RATE, "number", pa.Check.gt(0)),
    ),
    keys=((MONTH, CURRENCY),),
)
COSTS: Final = Contract(
    schema(
        "costs",
        needed(MONTH, "month", _SINCE),
        needed(KIND, "choice", choices=COST_KINDS),
        needed(AMOUNT, "number"),
        *(optional(name, "id") for name in (COST_ID, CAMPAIGN_ID, CUSTOMER_ID, POOL)),
        optional(CHANNEL, "label"),
        optional(TAX, "label"),
        optional(AMOUNT_LOW, "number"),
        optional(AMOUNT_HIGH, "number"),
    ),
    keys=((COST_ID,),),
    day=MONTH,
    money=(AMOUNT,),
    customers=(CUSTOMER_ID,),
)
ALLOCATIONS: Final = Contract(
    schema(
        "allocations",
        needed(POOL, "id"),
        needed(SEGMENT, "label"),
        needed(SHARE, "number", pa.Check.ge(0), pa.Check.le(1)),
    ),
    keys=((POOL, SEGMENT),),
)
INTERACTIONS: Final = Contract(
    schema(
        "interactions",
        needed(CUSTOMER_ID, "id"),
        needed(HAPPENED_AT, "moment", _SINCE),
        needed(CHANNEL, "label"),
        needed(KIND, "label"),
        optional(INTERACTION_ID, "id"),
        optional(CAMPAIGN_ID, "id"),
        optional(HANDLING_MINUTES, "number", _NOT_NEGATIVE),
        optional(RESOLVED_AT, "moment", _SINCE),
    ),
    keys=((INTERACTION_ID,),),
    day=HAPPENED_AT,
    later=(RESOLVED_AT,),
    customers=(CUSTOMER_ID,),
    survey=True,
)
CAMPAIGNS: Final = Contract(
    schema(
        "campaigns",
        needed(CAMPAIGN_ID, "id"),
        optional(NAME, "text"),
        optional(PLAY, "label"),
        optional(STARTS_AT, "day", _SINCE),
        optional(ENDS_AT, "day", _SINCE),
        *(optional(name, "number", _NOT_NEGATIVE) for name in (FIXED_COST, COST_PER_CONTACT, BUDGET, REPORTED_SPEND)),
    ),
    keys=((CAMPAIGN_ID,),),
    day=STARTS_AT,
    money=(REPORTED_SPEND, FIXED_COST, BUDGET),
)
CAMPAIGN_MEMBERS: Final = Contract(
    schema(
        "campaign_members",
        needed(CAMPAIGN_ID, "id"),
        needed(CUSTOMER_ID, "id"),
        needed(ARM, "choice", choices=ARMS),
        optional(ASSIGNED_AT, "day", _SINCE),
    ),
    keys=((CAMPAIGN_ID, CUSTOMER_ID),),
    day=ASSIGNED_AT,
    customers=(CUSTOMER_ID,),
    survey=True,
)
FEEDBACK: Final = Contract(
    schema(
        "feedback",
        needed(CUSTOMER_ID, "id"),
        needed(GIVEN_AT, "day", _SINCE),
        needed(INSTRUMENT, "choice", choices=tuple(SCALES)),
        needed(SCORE, "whole"),
        optional(TOUCHPOINT, "label"),
        optional(THEME, "label"),
        optional(COMMENT, "text"),
    ),
    day=GIVEN_AT,
    customers=(CUSTOMER_ID,),
    survey=True,
)
VALUE_SURVEY: Final = Contract(
    schema(
        "value_survey",
        needed(CUSTOMER_ID, "id"),
        needed(ASKED_AT, "day", _SINCE),
        needed(SIDE, "choice", choices=SIDES),
        needed(ITEM, "label"),
        needed(TANGIBLE, "flag"),
        needed(SCORE, "number"),
        needed(IMPORTANCE, "number", _NOT_NEGATIVE),
    ),
    day=ASKED_AT,
    customers=(CUSTOMER_ID,),
    survey=True,
)
REFERRALS: Final = Contract(
    schema(
        "referrals",
        needed(REFERRER_ID, "id"),
        needed(REFERRED_ID, "id"),
        needed(REFERRED_AT, "day", _SINCE),
    ),
    keys=((REFERRER_ID, REFERRED_ID, REFERRED_AT),),
    day=REFERRED_AT,
    customers=(REFERRER_ID, REFERRED_ID),
    survey=True,
)
SUBSCRIPTIONS: Final = Contract(
    schema(
        "subscriptions",
        needed(CUSTOMER_ID, "id"),
        needed(STARTED_AT, "day", _SINCE),
        optional(ENDED_AT, "day", _SINCE),
        optional(PLAN, "label"),
        optional(PRICE, "number", _NOT_NEGATIVE),
        optional(BILLING_PERIOD, "choice", choices=BILLING_PERIODS),
    ),
    day=STARTED_AT,
    later=(ENDED_AT,),
    money=(PRICE,),
    customers=(CUSTOMER_ID,),
)

CONTRACTS: Final[dict[str, Contract]] = {  # merges first: they say who is who in all that follows
    contract.name: contract
    for contract in (
        MERGES,
        FX_RATES,
        LOG,
        CUSTOMERS,
        PRODUCTS,
        COSTS,
        ALLOCATIONS,
        CAMPAIGNS,
        CAMPAIGN_MEMBERS,
        INTERACTIONS,
        FEEDBACK,
        VALUE_SURVEY,
        REFERRALS,
        SUBSCRIPTIONS,
    )
}
