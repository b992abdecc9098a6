"""The true numbers of the process, all of them; ``truth.json`` repeats them word for word."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Channel:
    """A way in which customers are won.

    Parameters
    ----------
    share : float
        Part of the customers who were not referred.
    cac : float
        Spend that wins one customer, in Rp; what is not acquisition is not counted.
    kind : str
        Under which the ledger books the spend; empty without spend.
    acquisition_share : float
        Part of the spend that wins customers.
    spread_months : int
        Months over which a month's spend works, evenly, its own included.
    flights : tuple of int
        Calendar months in which money is spent; empty for all.
    rate, dropout : float
        Purchase rate and dropout rate of its customers against those of all.
    """

    name: str
    share: float
    cac: float = 0
    kind: str = ""
    acquisition_share: float = 1.0
    spread_months: int = 1
    flights: tuple[int, ...] = ()
    rate: float = 1.0
    dropout: float = 1.0


@dataclass(frozen=True)
class Persona:
    """A kind of customer: how often, how much, and what they think of us."""

    name: str
    share: float
    rate: float
    basket: float
    perceived_value: float
    subscribes: float


@dataclass(frozen=True)
class Play:
    """A kind of campaign; ``uplift`` is what it adds to the purchase rate of the treated: 0.4 is 40 % more orders."""

    name: str
    title: str
    uplift: float
    discount: float
    fixed_cost: float
    cost_per_contact: float
    days: int
    treated_share: float
    idle_from: int
    idle_to: int


REFERRAL: Final = "referral"
ORGANIC: Final = "organic"

CHANNELS: Final = (
    Channel(ORGANIC, 0.22, rate=1.05, dropout=0.90),
    Channel("social_ads", 0.28, 78_000, "acquisition", rate=0.95, dropout=1.10),
    Channel("search_ads", 0.18, 105_000, "acquisition", rate=1.10, dropout=0.95),
    Channel("marketplace", 0.15, 42_000, "acquisition", rate=0.85, dropout=1.25),
    Channel("tv", 0.08, 460_000, "marketing", 0.8, 4, (2, 3, 4, 9, 10), rate=0.60, dropout=2.20),
    Channel("out_of_home", 0.09, 150_000, "marketing", 0.8, 3, (3, 4, 5, 6, 8, 9, 11, 12)),
    Channel(REFERRAL, 0.0, 50_000, "acquisition", rate=1.15, dropout=0.75),
)
PERSONAS: Final = (
    Persona("connoisseur", 0.30, 1.05, 1.10, 0.35, 0.24),
    Persona("home", 0.50, 0.90, 0.85, 0.00, 0.11),
    Persona("office", 0.20, 1.20, 1.30, -0.30, 0.20),
)
PLAYS: Final = {
    play.name: play
    for play in (
        Play("seasonal", "Ramadan", 0.45, 0.10, 2_500_000, 1_500, 21, 0.70, 0, 200),
        Play("win_back", "Kami rindu", 1.20, 0.20, 900_000, 2_500, 28, 0.60, 90, 400),
        Play("cross_sell", "Coba yang baru", 0.22, 0.00, 800_000, 800, 21, 0.60, 0, 150),
        Play("loyalty", "Terima kasih", 0.00, 0.15, 1_200_000, 1_000, 14, 0.65, 0, 120),
    )
}
PLAN: Final = (  # play and month of the window, in 36ths; seasonal ones follow the feast
    ("cross_sell", 6),
    ("loyalty", 10),
    ("win_back", 12),
    ("cross_sell", 17),
    ("loyalty", 22),
    ("win_back", 24),
    ("cross_sell", 29),
    ("win_back", 31),
    ("loyalty", 34),
)


@dataclass(frozen=True)
class Process:
    """Every other number; times in weeks, money in Rp."""

    # who comes
    referred_share: float = 0.13
    second_generation: float = 0.1  # of the referred, brought by a referred customer
    first_order_at_once: float = 0.75  # the others order one to six days after signing up
    # how they buy: Pareto/NBD
    r: float = 1.1
    alpha: float = 7.0
    s: float = 1.2
    beta: float = 72.0
    # what makes them leave
    value_on_dropout: float = -0.35  # per point of perceived value, on the log of the dropout rate
    ticket_rate: float = 0.12  # tickets per order
    trouble_on_tickets: float = 0.5  # per standard deviation of a customer's own inclination, on the log
    bad_month_tickets: float = 2.5  # times as many tickets in the unhappy month
    bad_cohort_value: float = -1.2  # points of perceived value, for customers won in it
    unhappy_odds: float = -0.8  # log odds that a ticket ends unhappily, at perceived value 0
    value_on_unhappy: float = -0.5
    bad_month_unhappy: float = 1.2
    unhappy_leaves: float = 0.22  # chance that an unhappy ticket ends the relationship
    # how they drift away: from fading on, until they leave
    fades: float = 0.8  # share of customers who fade before they drift away; the others stop overnight
    fading_shape: float = 4.0  # of the weeks of fading, Gamma; a life that is shorter fades from its first order
    fading_weeks: float = 12.0  # mean
    fading_rate: float = 0.6  # part of the purchase rate that remains
    fading_basket: float = 0.6  # part of the basket size that remains
    fading_tickets: float = 1.8  # times as many tickets per order
    fading_value: float = -1.0  # points of perceived value, as tickets and scores see it
    fading_answers: float = 0.4  # part of the answers to campaigns that remains
    fading_cancels: float = 0.5  # chance that a running subscription is cancelled meanwhile
    unresolved: float = 0.05  # share of unhappy tickets that are never closed
    unresolved_when_fading: float = 0.35
    # other contacts
    calls_per_week: float = 0.010
    chats_per_week: float = 0.020  # from the second third of the window on
    value_on_referring: float = 0.5  # per point, on the log of the referral rate
    # subscriptions
    weeks_to_subscription: float = 8.0
    weeks_of_subscription: float = 44.0
    value_on_subscription: float = 0.3
    shop_while_subscribed: float = 0.5  # part of the shop orders that remain
    # baskets
    basket_shape: float = 4.0
    lines: float = 0.55
    units: float = 0.24
    inflation_per_half_year: float = 0.025
    cost_inflation_per_half_year: float = 0.030
    bean_shock: float = 0.06  # on costs, from three quarters of the window on
    marketplace_discount: float = 0.05
    subscription_discount: float = 0.08
    # costs
    service_per_minute: float = 1_150
    service_per_contact: float = 2_800
    fulfilment_per_order: float = 16_500
    payment_share: float = 0.021
    retention_per_active_month: float = 2_600
    active_months_after_purchase: int = 6
    onboarding_per_customer: float = 14_000
    onboarding_delay_months: int = 1
    reputation_per_unhappy_ticket: float = 22_000
    cost_noise: float = 0.02  # standard deviation of a month's cost, as a share
    estimate_noise: float = 0.25  # of an intangible cost, on the log
    overhead_per_month: float = 13_000_000  # at 3,000 customers
    brand_per_month: float = 1_800_000
    retargeting_per_month: float = 900_000
    # blemishes
    cancelled: float = 0.012
    partly_refunded: float = 0.004
    partly_refunded_when_unhappy: float = 0.15
    samples: float = 0.008
    guests: float = 0.015
    second_accounts: float = 0.01
    missing_channel: float = 0.06
    missing_birth: float = 0.03
    missing_region: float = 0.015
    missing_consent: float = 0.01
    missing_persona: float = 0.12
    consent: float = 0.78


PROCESS: Final = Process()
REFERENCE_CUSTOMERS: Final = 3_000  # fixed costs are stated for so many
