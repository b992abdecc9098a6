"""How stages and what is watched are called."""

from typing import Final

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.data.stages import NEW
from clv_lib.names import (
    ACQUISITION,
    ACTIVATION,
    AT_RISK,
    DORMANT,
    LOYALTY,
    REACTIVATED,
    REFERRAL,
    RETENTION,
)
from clv_lib.reporting.wording import Sentence, say, share, words

STAGES: Final[dict[str, Sentence]] = {
    ACQUISITION: say("acquisition"),
    ACTIVATION: say("activation"),
    RETENTION: say("retention"),
    LOYALTY: say("loyalty"),
    REFERRAL: say("referral"),
    AT_RISK: say("at risk"),
    DORMANT: say("dormant"),
    REACTIVATED: say("reactivated"),
    NEW: say("not yet a customer"),
}


METRICS: Final[dict[str, Sentence]] = {
    "customer_value": say("value to come per customer still here (CLTV)"),
    "repeat_buying": say("repeat buying: buyers among those not dormant, per month"),
    "lapse": say("lapsing: from buying to at risk or dormant, per month"),
    "reactivation": say("reactivation: dormant customers who come back, per month"),
    "activation": say("activation: newcomers with a second purchase in time"),
    "referral": say("referrals per buying customer and month"),
    "renewal": say("renewal rate: renewals made of those that fell due"),
    "churn": say("churn: members who had left at the end of those at the start"),
    "gross_retention": say("gross revenue retention: what was kept of the recurring revenue"),
    "net_retention": say("net revenue retention: the same, with what the same members pay more"),
}


NOTHING: Final = words("–")


MASS: Final = share(INTERVAL)


BUSY: Final = (ACQUISITION, ACTIVATION, RETENTION, LOYALTY, REFERRAL, REACTIVATED)
