"""Words that several parts of the page on gains share: items, sides and groups of customers, points and ranges."""

from typing import Final

from clv_lib import names
from clv_lib.analysis.intervals import Estimate
from clv_lib.reporting.wording import Quantity, Sentence, number, say, share, words

ITEMS: Final = {
    "quality": say("quality"),
    "solution": say("solution"),
    "reputation": say("reputation"),
    "experience": say("experience"),
    "service": say("service"),
    "social": say("belonging"),
    "price": say("price"),
    "onboarding": say("getting started"),
    "access": say("access"),
    "maintenance": say("upkeep"),
    "renewal": say("renewal"),
    "time": say("time"),
    "effort": say("effort"),
    "bad experiences": say("bad experiences"),
    "risk": say("risk"),
}  # the items that most surveys ask for; any other is said in the survey's own words
SIDES: Final = {"benefit": say("benefit"), "cost": say("cost")}
ATTRIBUTES: Final = {
    names.ACQUISITION_CHANNEL: say("channel that won the customer"),
    names.REGION: say("region"),
    names.CHANNEL: say("channel"),
    names.PLAN: say("plan"),
    names.SEGMENT: say("segment"),
}


def item_name(item: str) -> Sentence | Quantity:
    """An item in the page's language where we know it, else as the survey calls it."""
    return ITEMS.get(str(item).strip().lower().replace("_", " "), words(item))


def attribute_name(attribute: str) -> Sentence | Quantity:
    """An attribute of the customers, in the page's language where we know it."""
    return ATTRIBUTES.get(attribute, words(attribute.replace("_", " ")))


def group_name(group: str) -> Sentence | Quantity:
    """A group as the data call it; customers without one are called so."""
    return words(group) if group else say("not known")


def points(value: float) -> Quantity:
    """Points of the survey's scale."""
    return number(value, 2)


def between(estimate: Estimate) -> Sentence:
    """Range of an expected value in points."""
    return say(
        "{mass} certain: {low} to {high}",
        mass=share(estimate.mass),
        low=points(estimate.low),
        high=points(estimate.high),
    )


def certainty(probability: float) -> Quantity | Sentence:
    """A probability as a share; never 0 % or 100 %, which nobody can know from a sample."""
    if probability > 0.995:
        return say("over {share}", share=share(0.99))
    return say("under {share}", share=share(0.01)) if probability < 0.005 else share(probability)
