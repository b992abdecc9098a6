"""How the last round did, in words: what to keep, what to stop, what to try, and what it cost to have guessed."""

from typing import Final

from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.regret import AGAIN, KEEP, STOP, LastRound
from clv_lib.reporting.elements import Element, Paragraph, Table, Tasks
from clv_lib.reporting.loop_record import LookBack
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.play_words import GROUPS, title_of
from clv_lib.reporting.wording import Sentence, count, day, money, number, round_money, say, say_count, share

MASS: Final = share(INTERVAL)
VERDICTS: Final = {
    KEEP: say("keep"),
    STOP: say("stop"),
    AGAIN: say("measure again"),
}


def judged(found: LookBack, currency: str) -> tuple[Element, ...]:
    """What the last campaign of each play earned, and whether it goes on."""
    if found.round is None:
        return (Paragraph((_nothing(found),)),)
    rows = [
        (
            title_of(found.plays[row.play]),
            day(row.starts_at),
            count(row.treated),
            number(row.did_treated, 2),
            count(row.control),
            number(row.did_control, 2),
            money(row.mean, currency),
            money(row.low, currency),
            money(row.high, currency),
            share(row.loss_chance),
            VERDICTS[row.verdict],
        )
        for row in rows_of(found.round.plays)
    ]
    table = Table(
        say(
            "The last campaign of each play that had a control group: purchase days of a member while it worked, and "
            "what a contact earned, with its {mass} range",
            mass=MASS,
        ),
        (
            say("Play"),
            say("Began"),
            say("Treated"),
            say("They did"),
            say("Control"),
            say("They did anyway"),
            say("Profit of a contact"),
            say("From"),
            say("To"),
            say("Chance of a loss"),
            say("Verdict"),
        ),
        rows,
    )
    text = say(
        "The profit counts what is known after all campaigns of a play, the discount that buyers got who would have "
        "come anyway, orders that only came earlier, and customers whom a contact drives away."
    )
    return (Paragraph(_counted(found.round)), table, Paragraph((text,), role="note"))


def _nothing(found: LookBack) -> Sentence:
    if not found.valued:
        return say("The last round cannot be judged, because nobody knows what customers are worth.")
    return say(
        "There is no last round to judge: no campaign had a control group. Put the planned campaigns and their members "
        "into the tables of campaigns once they have run, and the next run will say here what to keep and what to stop."
    )


def _counted(told: LastRound) -> tuple[Sentence, ...]:
    verdicts = told.plays["verdict"]
    return (
        say_count(
            "Of {n} play that was measured, {keep} should be kept, {stop} stopped, and {again} measured again, since "
            "nobody can say yet.",
            "Of {n} plays that were measured, {keep} should be kept, {stop} stopped, and {again} measured again, since "
            "nobody can say yet.",
            n=len(verdicts),
            keep=count((verdicts == KEEP).sum()),
            stop=count((verdicts == STOP).sum()),
            again=count((verdicts == AGAIN).sum()),
        ),
    )


def regret(found: LookBack, currency: str) -> tuple[Element, ...]:
    """What the round lost against the best plan that is known afterwards."""
    told = found.round
    if told is None:
        return ()
    sentences = (
        say(
            "The last campaigns together earned {earned} ({low} to {high}).",
            earned=round_money(told.earned.mean, currency),
            low=round_money(told.earned.low, currency),
            high=round_money(told.earned.high, currency),
        ),
        say(
            "With what is known now, the same customers and no more money would have earned {best}: it cost {regret} "
            "({low} to {high}) to have guessed.",
            best=round_money(told.best.mean, currency),
            regret=round_money(told.regret.mean, currency),
            low=round_money(told.regret.low, currency),
            high=round_money(told.regret.high, currency),
        ),
    )
    rows = [
        (GROUPS[row.evidence], title_of(found.plays[row.play]), count(row.treated), count(row.best))
        for row in rows_of(told.moves)
    ]
    table = Table(
        say("Whom the last campaigns treated, and whom the best plan known now would have treated with the same plays"),
        (say("Customers"), say("Play"), say("Were treated"), say("Should have been treated")),
        rows,
    )
    return (Paragraph(sentences), table)


def to_try(found: LookBack, currency: str) -> tuple[Element, ...]:
    """Plays that nobody has measured and that are worth a test."""
    if not len(found.trials):
        return (Paragraph((say("No play that has not been measured is worth a test now."),)),)
    tasks = tuple(
        (
            say("Try {play} on {customers}", play=title_of(found.plays[row.play]), customers=GROUPS[row.evidence]),
            say(
                "Believed to earn {profit} a contact, with a chance of {loss} to lose money. Knowing it would be worth "
                "{knowing}, and the test is expected to cost {cost}.",
                profit=money(row.mean, currency),
                loss=share(row.loss_chance),
                knowing=round_money(row.knowing, currency),
                cost=round_money(row.cost, currency),
            ),
        )
        for row in rows_of(found.trials)
    )
    return (Tasks(tasks),)


def meeting(found: LookBack, currency: str) -> tuple[Sentence, ...]:
    """One sentence for the meeting, to stand with those of the page; none without a round."""
    told = found.round
    if told is None:
        return ()
    return (
        say(
            "The last campaigns earned {earned}, and {regret} more would have been possible with what is known now.",
            earned=round_money(told.earned.mean, currency),
            regret=round_money(told.regret.mean, currency),
        ),
    )
