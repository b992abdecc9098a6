"""One word, one meaning: the columns, dimensions and families that cross the border of a room.

``docs/glossary.md`` is written from :data:`MEANINGS`, so a name and its meaning cannot drift apart.
"""

from typing import Final, Literal, get_args

# the transaction log, as accepted
CUSTOMER_ID: Final = "customer_id"
ORDERED_AT: Final = "ordered_at"
AMOUNT: Final = "amount"
ORDER_ID: Final = "order_id"
PRODUCT_ID: Final = "product_id"
CATEGORY: Final = "category"
QUANTITY: Final = "quantity"
UNIT_COST: Final = "unit_cost"
DISCOUNT: Final = "discount"
CHANNEL: Final = "channel"
CURRENCY: Final = "currency"
REFUND_OF: Final = "refund_of"

# the other tables of the customer record
ACQUIRED_AT: Final = "acquired_at"
ACQUISITION_CHANNEL: Final = "acquisition_channel"
BIRTH_DATE: Final = "birth_date"
REGION: Final = "region"
EMAIL_CONSENT: Final = "email_consent"
NAME: Final = "name"
BRAND: Final = "brand"
PRICE: Final = "price"
OLD_ID: Final = "old_id"
NEW_ID: Final = "new_id"
RATE: Final = "rate"
KIND: Final = "kind"
COST_ID: Final = "cost_id"
CAMPAIGN_ID: Final = "campaign_id"
AMOUNT_LOW: Final = "amount_low"
AMOUNT_HIGH: Final = "amount_high"
POOL: Final = "pool"
TAX: Final = "tax"
SHARE: Final = "share"
SEGMENT: Final = "segment"
INTERACTION_ID: Final = "interaction_id"
HAPPENED_AT: Final = "happened_at"
HANDLING_MINUTES: Final = "handling_minutes"
RESOLVED_AT: Final = "resolved_at"
PLAY: Final = "play"
STARTS_AT: Final = "starts_at"
ENDS_AT: Final = "ends_at"
FIXED_COST: Final = "fixed_cost"
COST_PER_CONTACT: Final = "cost_per_contact"
BUDGET: Final = "budget"
REPORTED_SPEND: Final = "reported_spend"
ARM: Final = "arm"
ASSIGNED_AT: Final = "assigned_at"
GIVEN_AT: Final = "given_at"
INSTRUMENT: Final = "instrument"
SCORE: Final = "score"
TOUCHPOINT: Final = "touchpoint"
THEME: Final = "theme"
COMMENT: Final = "comment"
ASKED_AT: Final = "asked_at"
SIDE: Final = "side"
ITEM: Final = "item"
TANGIBLE: Final = "tangible"
IMPORTANCE: Final = "importance"
REFERRER_ID: Final = "referrer_id"
REFERRED_ID: Final = "referred_id"
REFERRED_AT: Final = "referred_at"
STARTED_AT: Final = "started_at"
ENDED_AT: Final = "ended_at"
PLAN: Final = "plan"
BILLING_PERIOD: Final = "billing_period"

# spells under contract
SPELL: Final = "spell"
ACTIVE: Final = "active"
LEFT: Final = "left"
RENEWALS: Final = "renewals"
RENEWALS_DUE: Final = "renewals_due"
MONTHS: Final = "months"
COHORT: Final = "cohort"
TENURE_MONTHS: Final = "tenure_months"
RENEWALS_AHEAD: Final = "renewals_ahead"
WAIT: Final = "wait"
ENDS_WITHIN: Final = "ends_within"
RENEWAL_PROBABILITY: Final = "renewal_probability"
EXPECTED_RENEWALS: Final = "expected_renewals"

# the customer summary and its cells
FREQUENCY: Final = "frequency"
RECENCY: Final = "recency"
T: Final = "T"
MONETARY_VALUE: Final = "monetary_value"
N: Final = "n"
FIRST_DAY: Final = "first_purchase_day"
LAST_DAY: Final = "last_purchase_day"
PURCHASE_DAY: Final = "purchase_day"
FIRST_VALUE: Final = "first_value"
TOTAL_VALUE: Final = "total_value"
SPEND_BIN: Final = "spend_bin"
MEAN_LOG_VALUE: Final = "mean_log_value"
FREQUENCY_CAL: Final = "frequency_cal"
RECENCY_CAL: Final = "recency_cal"
T_CAL: Final = "T_cal"
FREQUENCY_HOLDOUT: Final = "frequency_holdout"
REVENUE_HOLDOUT: Final = "revenue_holdout"
LAST_PERIOD: Final = "last_period"
MONTH: Final = "month"
ORDERS: Final = "orders"
REVENUE: Final = "revenue"
NEW_CUSTOMERS: Final = "new_customers"
CONTRIBUTION: Final = "contribution"
COST_TO_SERVE: Final = "cost_to_serve"
COST_TO_KEEP: Final = "cost_to_keep"
PROFIT: Final = "profit"
ACQUISITION_COST: Final = "acquisition_cost"
ACTIVE_MONTHS: Final = "active_months"
REFERRALS: Final = "referrals"
PERIOD: Final = "period"
COHORT_AGE: Final = "cohort_age"

# what the models and the valuation add
P_ALIVE: Final = "p_alive"
EXPECTED_PURCHASES: Final = "expected_purchases"
EXPECTED_SPEND: Final = "expected_spend"
RESIDUAL_CLV: Final = "residual_clv"
RESIDUAL_CLV_LOW: Final = "residual_clv_low"
RESIDUAL_CLV_HIGH: Final = "residual_clv_high"
RESIDUAL_CLV_PREDICTIVE_LOW: Final = "residual_clv_predictive_low"
RESIDUAL_CLV_PREDICTIVE_HIGH: Final = "residual_clv_predictive_high"
RESIDUAL_CLV_INFINITE: Final = "residual_clv_infinite"
CLV: Final = "clv"
REALISED_MARGIN: Final = "realised_margin"
RESIDUAL_CONTRIBUTION: Final = "residual_contribution"
RESIDUAL_SERVICE_COST: Final = "residual_service_cost"
REFERRAL_VALUE: Final = "referral_value"
REFERRAL_VALUE_PER_MONTH: Final = "referral_value_per_month"
REALISED_CONTRIBUTION: Final = "realised_contribution"
REALISED_SERVICE_COST: Final = "realised_service_cost"
LIFETIME_VALUE: Final = "lifetime_value"
ASSUMED_REVENUE: Final = "assumed_revenue"

# where a customer stands in its life with us
LIFECYCLE_STAGE: Final = "lifecycle_stage"
STAGE_SINCE: Final = "stage_since"
STAGE_PROBABILITY: Final = "stage_probability"
PREVIOUS_STAGE: Final = "previous_stage"

LifecycleStage = Literal[
    "acquisition", "activation", "retention", "loyalty", "referral", "at_risk", "dormant", "reactivated"
]
LIFECYCLE_STAGES: Final[tuple[LifecycleStage, ...]] = get_args(LifecycleStage)  # in the order of a life
ACQUISITION: Final = "acquisition"
ACTIVATION: Final = "activation"
RETENTION: Final = "retention"
LOYALTY: Final = "loyalty"
REFERRAL: Final = "referral"
AT_RISK: Final = "at_risk"
DORMANT: Final = "dormant"
REACTIVATED: Final = "reactivated"

# how customers are told apart for action
VALUE_TIER: Final = "value_tier"
RISK_TIER: Final = "risk_tier"
BAND: Final = "band"
EVIDENCE: Final = "evidence"
RFM: Final = "rfm"
REACHABLE: Final = "reachable"

ValueTier = Literal["high", "middle", "low"]
VALUE_TIERS: Final[tuple[ValueTier, ...]] = get_args(ValueTier)
HIGH: Final = "high"
MIDDLE: Final = "middle"
LOW: Final = "low"

EvidenceGroup = Literal["new", "regular", "quiet"]
EVIDENCE_GROUPS: Final[tuple[EvidenceGroup, ...]] = get_args(EvidenceGroup)
NEW: Final = "new"
REGULAR: Final = "regular"
QUIET: Final = "quiet"
EVIDENCE_OF_STAGE: Final[dict[str, EvidenceGroup]] = {
    ACQUISITION: "new",
    ACTIVATION: "new",
    RETENTION: "regular",
    LOYALTY: "regular",
    REFERRAL: "regular",
    REACTIVATED: "regular",
    AT_RISK: "quiet",
    DORMANT: "quiet",
}

CHAMPIONS: Final = "champions"
LOYAL_CORE: Final = "loyal_core"
SLIPPING: Final = "slipping"
SMALL_REGULARS: Final = "small_regulars"
RETURNED: Final = "returned"
PROMISING: Final = "promising"
NEWCOMERS: Final = "newcomers"
HIGH_VALUE_AT_RISK: Final = "high_value_at_risk"
OVERDUE: Final = "overdue"
DORMANT_VALUABLE: Final = "dormant_valuable"
DORMANT_SEGMENT: Final = "dormant"
EVIDENCE_OF_SEGMENT: Final[dict[str, EvidenceGroup]] = {  # in the order in which pages name them
    CHAMPIONS: "regular",
    LOYAL_CORE: "regular",
    SLIPPING: "regular",
    SMALL_REGULARS: "regular",
    RETURNED: "regular",
    PROMISING: "new",
    NEWCOMERS: "new",
    HIGH_VALUE_AT_RISK: "quiet",
    OVERDUE: "quiet",
    DORMANT_VALUABLE: "quiet",
    DORMANT_SEGMENT: "quiet",
}
SEGMENTS: Final[tuple[str, ...]] = tuple(EVIDENCE_OF_SEGMENT)

# what the warning adds
CHURN_RISK: Final = "churn_risk"
VALUE_AT_RISK: Final = "value_at_risk"
EXPECTED_GAIN: Final = "expected_gain"
ACT_BY: Final = "act_by"

# dimensions of labelled arrays, in this order
CHAIN: Final = "chain"
DRAW: Final = "draw"
CELL: Final = "cell"
GROUP: Final = "group"

PurchaseFamily = Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
PURCHASE_FAMILIES: Final[tuple[PurchaseFamily, ...]] = get_args(PurchaseFamily)  # simplest first
ContractFamily = Literal["sbg", "bdw"]
CONTRACT_FAMILIES: Final[tuple[ContractFamily, ...]] = get_args(ContractFamily)  # simplest first

MEANINGS: Final[dict[str, str]] = {
    CUSTOMER_ID: "who bought; text, always, so that leading zeros survive",
    ORDERED_AT: "calendar day of the purchase, in the business's own time zone",
    AMOUNT: "value of the order line, in `currency`; revenue, not profit",
    ORDER_ID: "the order that the line belongs to",
    PRODUCT_ID: "what was bought",
    CATEGORY: "group of products",
    QUANTITY: "units on the line",
    UNIT_COST: "cost of one unit, in `currency`",
    DISCOUNT: "price reduction already taken off `amount`, in `currency`",
    CHANNEL: "where the purchase was made",
    CURRENCY: "ISO 4217 code of `amount`",
    REFUND_OF: "order that a negative amount gives money back for",
    ACQUIRED_AT: "day on which the customer was won: sign-up or first order, as the company counts it",
    ACQUISITION_CHANNEL: "channel that won the customer",
    BIRTH_DATE: "day of birth",
    REGION: "where the customer lives, in the company's own division",
    EMAIL_CONSENT: "whether the customer may be written to",
    NAME: "name for people, of a product or a campaign",
    BRAND: "brand of a product",
    PRICE: "list price of a product, or price of a subscription per billing period, in `currency`",
    OLD_ID: "customer id that is no longer used",
    NEW_ID: "customer id that stands for it",
    RATE: "units of the dataset's currency for one unit of `currency`, in that month",
    KIND: "of a cost: acquisition, marketing, retention, service, goods, fulfilment, payment, overhead "
    "or intangible; of an interaction: what happened, as in ticket or response",
    COST_ID: "entry of the ledger",
    CAMPAIGN_ID: "campaign that a cost, an interaction or a member belongs to",
    AMOUNT_LOW: "lower end of a 90 % range of a cost that is estimated, in `currency`",
    AMOUNT_HIGH: "upper end of that range",
    POOL: "costs that are shared out together by stated shares",
    TAX: "whether the amount includes tax: incl or excl",
    SHARE: "part of a pool that a segment bears, 0 to 1",
    SEGMENT: "group of customers who are treated alike; of the rules: champions, loyal_core, slipping, small_regulars, "
    "returned, promising, newcomers, high_value_at_risk, overdue, dormant_valuable or dormant",
    INTERACTION_ID: "ticket, call or message",
    HAPPENED_AT: "moment of the interaction, in the business's own time zone",
    HANDLING_MINUTES: "working time that the interaction took",
    RESOLVED_AT: "moment at which it was settled; missing while it is open",
    PLAY: "kind of action that a campaign is one of, as in win-back",
    STARTS_AT: "first day of a campaign",
    ENDS_AT: "last day of a campaign",
    FIXED_COST: "cost of a campaign whatever its size, in `currency`",
    COST_PER_CONTACT: "cost of reaching one customer, in `currency`",
    BUDGET: "what a campaign was allowed to spend, in `currency`",
    REPORTED_SPEND: "what the campaign itself says it has spent, in `currency`",
    ARM: "treated or control",
    ASSIGNED_AT: "day on which the customer was put into the arm",
    GIVEN_AT: "day of the answer",
    INSTRUMENT: "nps (0 to 10), csat (1 to 5) or ces (1 to 7)",
    SCORE: "answer on the instrument's own scale",
    TOUCHPOINT: "what the answer is about",
    THEME: "subject that a comment was filed under",
    COMMENT: "what the customer wrote",
    ASKED_AT: "day of the value survey",
    SIDE: "benefit or cost, as the customer sees it",
    ITEM: "what was rated, as in quality, service, price or effort",
    TANGIBLE: "whether the item can be counted in money or time",
    IMPORTANCE: "how much the item counts for the customer, on the survey's scale",
    REFERRER_ID: "customer who brought another",
    REFERRED_ID: "customer who was brought",
    REFERRED_AT: "day of the referral",
    STARTED_AT: "first day of a subscription",
    ENDED_AT: "last day of a subscription; missing while it runs",
    PLAN: "plan of a subscription",
    BILLING_PERIOD: "how often a subscription is paid: week, month, quarter or year",
    SPELL: "unbroken time under contract of one customer, counted from 1; a change of plan goes on with it",
    ACTIVE: "under contract at the end of the observation: known, not estimated",
    LEFT: "members who did not make this renewal, having made all before it",
    RENEWALS: "renewals made: anniversaries of the spell's first day by `billing_period`, in calendar months",
    RENEWALS_DUE: "renewals that have fallen due since the spell began, whether or not the member was still there",
    MONTHS: "complete calendar months under contract",
    COHORT: "period in which a customer's time with us began",
    TENURE_MONTHS: "complete calendar months of the latest spell under contract",
    RENEWALS_AHEAD: "renewals that fall due within the horizon, if the member stays",
    ENDS_WITHIN: "share of the cancellations that came in the middle of a billing period and not at its end",
    WAIT: "time until the next renewal, as a part of the billing period",
    RENEWAL_PROBABILITY: "probability that a member makes the next renewal; of those who left there is none",
    EXPECTED_RENEWALS: "renewals that a member is expected to make within the horizon",
    FREQUENCY: "x: number of repeat purchase days; the first purchase is not counted, so a one-time buyer has 0",
    RECENCY: "t_x: weeks from the first to the last purchase; 0 for a one-time buyer. Not the time since the last one",
    T: "age of the customer: weeks from the first purchase to the end of the observation",
    MONETARY_VALUE: "m_x: mean value of the repeat purchase days, in `currency`; missing for one-time buyers",
    N: "how many customers a cell stands for",
    FIRST_DAY: "day number of the first purchase (days since 0001-01-01, which is day 1)",
    LAST_DAY: "day number of the last purchase",
    PURCHASE_DAY: "day number of a purchase occasion; one customer buys at most once a day",
    FIRST_VALUE: "value of the first purchase day, in `currency`",
    TOTAL_VALUE: "value of all purchase days, in `currency`",
    SPEND_BIN: "step of log `monetary_value`; customers on the same step share a cell; -1 without repeat purchase",
    MEAN_LOG_VALUE: "mean of log `monetary_value` inside a cell",
    FREQUENCY_CAL: "`frequency` as it stood at the end of the calibration period",
    RECENCY_CAL: "`recency` as it stood at the end of the calibration period",
    T_CAL: "`T` at the end of the calibration period",
    FREQUENCY_HOLDOUT: "purchase days after the calibration period",
    REVENUE_HOLDOUT: "value of the purchase days after the calibration period, in `currency`",
    LAST_PERIOD: "repeat purchase days in the last stretch of the calibration period, as long as the holdout",
    MONTH: "first day of a calendar month",
    ORDERS: "purchase days of one customer in one month",
    REVENUE: "value of the purchase days of one customer in one month, in `currency`",
    NEW_CUSTOMERS: "customers won in a month: by `acquired_at`, or by the first purchase",
    CONTRIBUTION: "revenue less goods, fulfilment and payment of one customer, in `currency`; past",
    COST_TO_SERVE: "service that a customer took, in `currency`; past",
    COST_TO_KEEP: "retention and marketing to a customer one has already, in `currency`; past",
    PROFIT: "contribution less the costs to serve and to keep and the overhead of one customer, in `currency`; past, "
    "before acquisition and before intangible costs",
    ACQUISITION_COST: "a customer's part of what winning and welcoming the customers of its month has cost; sunk",
    ACTIVE_MONTHS: "calendar months in which the customer's last purchase lay at most six months back (or as stated)",
    REFERRALS: "customers whom this customer was the first to bring and who had not bought before",
    PERIOD: "number of a calendar period: of its first month since the year 0, divided by the months that it lasts",
    COHORT_AGE: "periods between the cohort and the period; what lies after the last complete period is missing, not 0",
    P_ALIVE: "P(alive): probability that the customer is still active at the end of the observation; never observed",
    EXPECTED_PURCHASES: "expected purchase days over the stated horizon",
    EXPECTED_SPEND: "expected value of one future purchase day, in `currency`",
    RESIDUAL_CLV: "E(RLV): discounted value still to come from an existing customer: `residual_contribution` less "
    "`residual_service_cost` plus `referral_value`; may be negative; acquisition cost is sunk and never in it",
    RESIDUAL_CLV_LOW: "lower end of the 90 % credible interval of `residual_clv`: how uncertain the expected value is",
    RESIDUAL_CLV_HIGH: "upper end of the 90 % credible interval of `residual_clv`",
    RESIDUAL_CLV_PREDICTIVE_LOW: "lower end of the 90 % predictive interval: what one such customer will really bring",
    RESIDUAL_CLV_PREDICTIVE_HIGH: "upper end of the 90 % predictive interval of what one such customer will bring",
    RESIDUAL_CLV_INFINITE: "`residual_clv` without end of the horizon; missing without discounting",
    CLV: "E(CLV): discounted value of a new customer over the horizon, first purchase included, before CAC",
    REALISED_MARGIN: "already earned from the customer: `realised_contribution` less `realised_service_cost`; never "
    "added to a forecast silently",
    RESIDUAL_CONTRIBUTION: "discounted contribution of the purchases still to come, after the costs they cause",
    RESIDUAL_SERVICE_COST: "discounted cost of serving and keeping the customer while alive; 0 where no table knows it",
    REFERRAL_VALUE_PER_MONTH: "expected worth of the customers brought per active month to come, net of their cost",
    REFERRAL_VALUE: "discounted net value of the new customers whom the customer will bring; 0 where it is not known",
    REALISED_CONTRIBUTION: "what the purchases so far have left: measured, or revenue times the stated margin",
    REALISED_SERVICE_COST: "what serving and keeping the customer has cost so far; 0 where no table knows it",
    LIFETIME_VALUE: "`realised_margin` plus `residual_clv`: past and future together, without acquisition cost",
    CHURN_RISK: "probability of no purchase in the next horizon of days; with a 90 % interval in `_low` and `_high`",
    VALUE_AT_RISK: "`churn_risk` times the part of `residual_clv` that such a silence would take, in `currency`",
    EXPECTED_GAIN: "what a contact today is expected to keep of `value_at_risk`, less its cost, in `currency`",
    ACT_BY: "last day on which waiting costs no more than a contact; missing where no contact is worth its cost",
    ASSUMED_REVENUE: "part of the customer's revenue whose costs are not known: the stated margin was applied to it",
    LIFECYCLE_STAGE: "where the customer stands in its life with us: acquisition, activation, retention, loyalty, "
    "referral, at_risk, dormant or reactivated; exactly one on every day from the first on",
    STAGE_SINCE: "first day of the unbroken stay in `lifecycle_stage`",
    STAGE_PROBABILITY: "probability that the customer is still here, whatever the stage is called: P(alive) from the "
    "purchase model, or what the contract says; missing where no model gives one",
    VALUE_TIER: "high, middle or low: `residual_clv` against two lines, see `[segments]`; missing without values",
    RISK_TIER: "high or low: `churn_risk` against the cut point of `[segments]`; without a risk, high of who is quiet",
    BAND: "part of a segment by `residual_clv`; 1 holds the most valuable, and the bands bring about the same value",
    EVIDENCE: "new, regular or quiet: the group in which past campaigns are compared; one for every stage and segment",
    RFM: "three figures from 1 to 5, as in 545: last purchase, purchase days and revenue against all other customers",
    REACHABLE: "whether the customer may be written to, or nobody has recorded otherwise",
    PREVIOUS_STAGE: "`lifecycle_stage` at the end of the month before; `new` for who was not yet a customer",
}
