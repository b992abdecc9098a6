"""Where to read on: the pages of the report, each with the question that it answers."""

from typing import Final

from clv_lib.reporting.elements import Links
from clv_lib.reporting.wording import Sentence, say

PAGES: Final[dict[str, tuple[Sentence, Sentence]]] = {
    "01_data_collection": (say("Data"), say("What do we know, and can it be trusted?")),
    "02_cost_accounting": (say("Costs"), say("What does a customer cost, and what does a customer gain?")),
    "03_retention": (say("Retention"), say("Do they come back, and is that getting better?")),
    "04_lifetime_value": (say("Lifetime value"), say("What is each customer worth, and how sure are we?")),
    "05_churn_warning": (say("Churn warning"), say("Who is about to leave, why, and by when must we act?")),
    "06_lifecycle_staging": (say("Lifecycle"), say("Where is everyone in their life with us, and where next?")),
    "07_customer_voice": (say("Customer voice"), say("What do they tell us, and what is it worth to mend?")),
    "08_segment_strategy": (say("Strategy"), say("Whom do we treat how, and what will it earn?")),
}
MEMBER_QUESTIONS: Final[dict[str, Sentence]] = {
    "03_retention": say("Do they renew, and is that getting better?"),
    "05_churn_warning": say("Who is about to cancel, why, and by when must we act?"),
}


def links(notebooks: tuple[str, ...], *, contractual: bool) -> Links:
    """Links to those of the pages that are there.

    Parameters
    ----------
    notebooks : tuple of str
        Notebooks of the run whose pages lie beside this one.
    contractual : bool
    """
    found = []
    for notebook in (name for name in PAGES if name in notebooks):
        name, question = PAGES[notebook]
        if contractual:
            question = MEMBER_QUESTIONS.get(notebook, question)
        found.append((f"{notebook}.html", name, question))
    return Links(tuple(found))
