"""How far to trust the summary: what every page behind it says of itself, in a sentence each."""

from clv_lib.reporting.elements import Element, Paragraph
from clv_lib.reporting.headlines import figures_of, is_trial, plan_table
from clv_lib.reporting.study import VALUE_NOTEBOOK, Study
from clv_lib.reporting.summaries.page_links import PAGES
from clv_lib.reporting.wording import Sentence, count, number, say, share, words


def of_the_others(study: Study) -> tuple[Element, ...]:
    """What the warning, the plan and the pages that ended early say; nothing where there is nothing to say."""
    sentences = (*_warning(study), *_plan(study), *_ended_early(study), *_quick(study))
    return (Paragraph(sentences),) if sentences else ()


def _warning(study: Study) -> tuple[Sentence, ...]:
    error = figures_of(study).get("warning_calibration_error")
    if error is None or error.value is None:
        return ()
    points = number(100 * error.value, 1)
    if study.settings.contractual:
        return (
            say(
                "The warning of cancellations was tried on days that it had not seen: promised and happened differ by "
                "{points} points on average.",
                points=points,
            ),
        )
    return (
        say(
            "The warning of silence was tried on days that it had not seen: promised and happened differ by {points} "
            "points on average.",
            points=points,
        ),
    )


def _plan(study: Study) -> tuple[Sentence, ...]:
    """How much of the plan stands on campaigns with a control group."""
    plan = plan_table(study)
    if plan.empty:
        return ()
    part = float(plan.loc[plan["source"] == "measured", "customers"].sum() / plan["customers"].sum())
    if is_trial(plan):
        return (
            say(
                "What the plan expects of its plays is belief, not measurement: no campaign with a control group has "
                "tried one of them yet."
            ),
        )
    return (
        say(
            "{part} of the customers in the plan get a play whose effect was measured against a control group; for the "
            "others the belief of the settings stands.",
            part=share(part),
        ),
    )


def _ended_early(study: Study) -> tuple[Sentence, ...]:
    """Pages that could not answer their question; why the values are missing is said above already."""
    ended = {name: each for name, each in study.folder.outcomes().items() if name != VALUE_NOTEBOOK}
    return tuple(
        say("The page “{page}” has no answer: {why}.", page=PAGES[name][0], why=words(each["sentence"], 300))
        for name, each in ended.items()
        if name in PAGES
    )


def _quick(study: Study) -> tuple[Sentence, ...]:
    if study.profile == "full":
        return ()
    return (
        say(
            "This is a quick look: {draws} draws stand behind each figure, half as many as in a full report, and the "
            "ends of the ranges are rougher by that.",
            draws=count(study.draws),
        ),
    )
