"""The plays that are built in, each with a sceptical belief about what it does and the reason for it.

Beliefs are small on purpose: what people do who were written to is mostly what they would have done anyway, published
effects are those of campaigns that were worth publishing, and a belief that is too small costs one modest test, while
one that is too large costs a year of campaigns. None of them knows the company: its own campaigns with a control group
replace them (:mod:`clv_lib.models.uplift`).

Titles, offers and reasons are messages: :func:`mark` lets the catalogue find them, the pages say them in any language.
"""

from typing import Any, Final

from clv_lib.settings import Play


def mark(message: str) -> str:
    """Return the message as it is; the catalogue of translations finds it by this call."""
    return message


_NEW: Final = ("acquisition", "activation")
_REGULAR: Final = ("retention", "loyalty", "referral", "reactivated")
_HERE: Final = ("acquisition", "activation", "retention", "loyalty", "referral", "reactivated")
_QUIET: Final = ("at_risk", "dormant")

PURCHASES: Final[dict[str, dict[str, Any]]] = {
    "welcome": {
        "title": mark("Welcome and onboarding"),
        "offer": mark("a welcome with tips for the first weeks"),
        "stages": ("acquisition",),
        "anchor": "joining",
        "days": 1,
        "effect": 0.08,
        "effect_sd": 0.15,
        "effect_days": 28,
        "reason": mark(
            "Whoever has just bought for the first time is attentive, but most second purchases come without a "
            "welcome; help with the first use brings some of them forward and saves a few."
        ),
    },
    "second_purchase": {
        "title": mark("Nudge to a second purchase"),
        "offer": mark("what others bought next"),
        "stages": _NEW,
        "anchor": "purchase",
        "days": 14,
        "effect": 0.08,
        "effect_sd": 0.15,
        "effect_days": 28,
        "reason": mark(
            "The step from the first to the second purchase is where most customers are lost, so there is much to "
            "win; but a nudge without a price reduction moves few who had not thought of it."
        ),
    },
    "replenishment": {
        "title": mark("Reminder to replenish"),
        "offer": mark("a reminder before the last purchase is used up"),
        "stages": ("activation", "retention", "loyalty", "referral", "reactivated"),
        "needs": ("products",),
        "anchor": "expected_purchase",
        "days": -3,
        "effect": 0.06,
        "effect_sd": 0.12,
        "effect_days": 21,
        "reason": mark(
            "A reminder at the right moment keeps a purchase from going elsewhere; most of those reminded would have "
            "come back by themselves, only later."
        ),
    },
    "cross_sell": {
        "title": mark("Something new to go with it"),
        "offer": mark("products that go with what was bought"),
        "stages": ("activation", "retention", "loyalty", "referral", "reactivated"),
        "needs": ("products",),
        "anchor": "purchase",
        "days": 10,
        "effect": 0.08,
        "effect_sd": 0.15,
        "effect_days": 21,
        "reason": mark(
            "Some customers do not know what else there is, and a fitting suggestion brings an order that would not "
            "have come; most suggestions fit only roughly."
        ),
    },
    "upsell": {
        "title": mark("Something better"),
        "offer": mark("the larger or better version of what was bought last"),
        "stages": ("retention", "loyalty", "referral"),
        "needs": ("products",),
        "anchor": "expected_purchase",
        "days": -3,
        "moves": "basket",
        "effect": 0.03,
        "effect_sd": 0.06,
        "effect_days": 56,
        "reason": mark(
            "Baskets are a habit: few customers trade up when asked, and those who do would often have done so "
            "by themselves."
        ),
    },
    "plan_upgrade": {
        "title": mark("A larger plan"),
        "offer": mark("the next larger plan, with what it would have saved so far"),
        "stages": _REGULAR,
        "needs": ("subscriptions",),
        "anchor": "renewal",
        "days": -30,
        "moves": "basket",
        "effect": 0.02,
        "effect_sd": 0.05,
        "effect_days": 180,
        "reason": mark(
            "A plan is changed rarely and on reflection; the offer reaches many for whom the present plan is "
            "the right one."
        ),
    },
    "loyalty": {
        "title": mark("Loyalty points"),
        "offer": mark("points worth a part of every order"),
        "stages": ("activation", "retention", "loyalty", "referral", "reactivated"),
        "discount": 0.05,
        "acceptance": 1.0,
        "effect": 0.04,
        "effect_sd": 0.12,
        "effect_days": 28,
        "reason": mark(
            "Points go mostly to those who would have bought anyway, and what is given back lowers the price of "
            "every one of their orders; studies of such schemes find small effects on how often members buy."
        ),
    },
    "vip_access": {
        "title": mark("Early access for the best customers"),
        "offer": mark("access to new products before everybody else"),
        "stages": ("loyalty", "referral"),
        "moves": "stay",
        "effect": 0.04,
        "effect_sd": 0.08,
        "effect_days": 90,
        "reason": mark(
            "Recognition costs little and does not lower prices, but the best customers are also those who leave "
            "least, so there is little leaving to prevent."
        ),
    },
    "priority_support": {
        "title": mark("Priority in service"),
        "offer": mark("an own contact, and answers first"),
        "stages": ("retention", "loyalty", "referral", "at_risk"),
        "needs": ("interactions",),
        "channel": "whatsapp",
        "moves": "stay",
        "effect": 0.04,
        "effect_sd": 0.08,
        "effect_days": 90,
        "reason": mark(
            "Slow answers drive customers away, but only those who have a question notice faster ones; the rest are "
            "told of something that they do not use."
        ),
    },
    "birthday": {
        "title": mark("Birthday greeting"),
        "offer": mark("a greeting and a small gift with the next order"),
        "stages": (*_HERE, "at_risk"),
        "needs": ("birth_date",),
        "anchor": "birthday",
        "days": -3,
        "discount": 0.05,
        "effect": 0.06,
        "effect_sd": 0.12,
        "effect_days": 14,
        "reason": mark(
            "A greeting on the day is read more than other mail; the purchase that follows is often one that was "
            "due anyway."
        ),
    },
    "after_sales": {
        "title": mark("Follow-up after a purchase"),
        "offer": mark("whether all is well with the last order, and help if not"),
        "stages": _HERE,
        "anchor": "purchase",
        "days": 7,
        "effect": 0.03,
        "effect_sd": 0.08,
        "effect_days": 28,
        "reason": mark(
            "Asking finds the few with a problem before they leave in silence; for all others nothing changes, so the "
            "mean effect is small."
        ),
    },
    "service_recovery": {
        "title": mark("Making good after a complaint"),
        "offer": mark("an apology, a solution and somebody to call"),
        "stages": (),
        "needs": ("interactions",),
        "channel": "phone",
        "moves": "stay",
        "effect": 0.10,
        "effect_sd": 0.15,
        "effect_days": 90,
        "reason": mark(
            "Whoever complained and is heard leaves less often than whoever is not; that they become more loyal than "
            "those who never complained is told often and shown seldom, so it is not counted."
        ),
    },
    "win_back": {
        "title": mark("Winning back"),
        "offer": mark("we miss you: a reduction on the next order"),
        "stages": _QUIET,
        "discount": 0.10,
        "effect": 0.50,
        "effect_sd": 0.50,
        "effect_days": 28,
        "reason": mark(
            "Silent customers buy so seldom that half as much again is still little; how many are merely late and how "
            "many are gone differs from shop to shop, so the belief is wide."
        ),
    },
    "renewal": {
        "title": mark("Renewal made easy"),
        "offer": mark("renewal in one step, before the plan ends"),
        "stages": (),
        "needs": ("subscriptions",),
        "anchor": "renewal",
        "days": -14,
        "moves": "stay",
        "effect": 0.06,
        "effect_sd": 0.10,
        "effect_days": 30,
        "reason": mark(
            "Some plans end by oversight, and an easy renewal keeps those; but a reminder also wakes customers who "
            "would have renewed without thinking, so the effect may even be negative."
        ),
    },
    "referral_reward": {
        "title": mark("Reward for a recommendation"),
        "offer": mark("a reward for every friend who becomes a customer"),
        "stages": ("retention", "loyalty", "referral"),
        "needs": ("referrals",),
        "moves": "stay",
        "effect": 0.01,
        "effect_sd": 0.04,
        "effect_days": 90,
        "reason": mark(
            "What the new customers are worth stands in the notebook on value and is not counted again here; whoever "
            "recommends may stay a little longer, and most would have recommended without a reward."
        ),
    },
    "review_request": {
        "title": mark("Request for a review"),
        "offer": mark("a request for an honest review of the last order"),
        "stages": _HERE,
        "anchor": "purchase",
        "days": 14,
        "effect": 0.01,
        "effect_sd": 0.04,
        "effect_days": 28,
        "reason": mark(
            "It is done for what others read in it; for the one who is asked it is a reminder of the shop and hardly "
            "more."
        ),
    },
    "education": {
        "title": mark("Knowledge instead of discounts"),
        "offer": mark("a guide to get more out of what was bought"),
        "stages": _HERE,
        "anchor": "purchase",
        "days": 21,
        "effect": 0.04,
        "effect_sd": 0.10,
        "effect_days": 28,
        "reason": mark(
            "It gives a reason to come back that does not cost a part of the price, but it is read by few, and those "
            "few were interested before."
        ),
    },
    "exclusive_content": {
        "title": mark("Content for customers only"),
        "offer": mark("stories, recipes or events that only customers get"),
        "stages": ("retention", "loyalty", "referral"),
        "effect": 0.03,
        "effect_sd": 0.08,
        "effect_days": 28,
        "reason": mark(
            "It keeps the shop in mind at little cost; its readers are those who are close to the shop anyway."
        ),
    },
    "seasonal": {
        "title": mark("Offer of the season"),
        "offer": mark("a reduction for the season"),
        "stages": (*_HERE, "at_risk"),
        "discount": 0.10,
        "effect": 0.15,
        "effect_sd": 0.25,
        "effect_days": 21,
        "reason": mark(
            "In the season people buy anyway, and comparing with other weeks takes the season for the offer; against "
            "a control group something usually remains."
        ),
    },
}  # customers who buy when they like

MEMBERS: Final[dict[str, dict[str, Any]]] = {
    "welcome": {
        "moves": "stay",
        "effect": 0.08,
        "effect_sd": 0.12,
        "effect_days": 90,
        "stages": _NEW,
        "reason": mark(
            "Members who do not learn to use what they pay for leave at the first renewal; a welcome reaches some of "
            "them in time, and most would have found their way."
        ),
    },
    "plan_upgrade": {},
    "vip_access": {},
    "priority_support": {},
    "service_recovery": {},
    "renewal": {},
    "referral_reward": {},
    "birthday": {
        "moves": "stay",
        "discount": 0.0,
        "effect": 0.02,
        "effect_sd": 0.05,
        "effect_days": 90,
        "offer": mark("a greeting and a small gift"),
        "reason": mark("A greeting is kind and is remembered, but nobody keeps a contract for it alone."),
    },
    "after_sales": {
        "moves": "stay",
        "anchor": "joining",
        "days": 30,
        "effect": 0.04,
        "effect_sd": 0.08,
        "effect_days": 90,
        "offer": mark("whether all is well with the membership, and help if not"),
        "reason": mark(
            "Asking finds the few with a problem before they cancel; for all others nothing changes, so the mean "
            "effect is small."
        ),
    },
    "education": {
        "moves": "stay",
        "anchor": "today",
        "days": 0,
        "effect": 0.03,
        "effect_sd": 0.08,
        "effect_days": 90,
        "offer": mark("a guide to get more out of the membership"),
        "reason": mark(
            "Whoever uses a membership keeps it; but a guide is read most by those who use it already, so cause and "
            "sign are easily confused."
        ),
    },
    "exclusive_content": {
        "moves": "stay",
        "effect": 0.03,
        "effect_sd": 0.08,
        "effect_days": 90,
    },
}  # under contract: what changes; a play that is not here only moves purchases and is left out


def library(*, contractual: bool = False) -> dict[str, Play]:
    """Every built-in play by name, in the order of a customer's life.

    Parameters
    ----------
    contractual : bool
        Under contract nobody buys when they like: plays that only move purchases are left out, and of the others those
        that keep customers are believed to act on leaving.
    """
    if not contractual:
        return {name: Play(**fields) for name, fields in PURCHASES.items()}
    return {name: Play(**{**PURCHASES[name], **changes}) for name, changes in MEMBERS.items()}
