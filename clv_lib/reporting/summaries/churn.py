"""Whether the warning can be trusted, in words: what it looks at, and what it was right about."""

from typing import Final

from clv_lib.analysis.churn_tests import FORMULA, GONE, MODEL, RULE, RULE_DAYS, TREES, ChurnTest
from clv_lib.analysis.churn_warning import ChurnWarning
from clv_lib.data.quality import QualityReport
from clv_lib.reporting.churn_record import Watch
from clv_lib.reporting.elements import Card, Cards, Element, Paragraph, Table, Trust
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.churn_shapes import leaving_card, promised_figure, shares_table, value_card
from clv_lib.reporting.summaries.data import trust_chip as data_chip
from clv_lib.reporting.wording import Sentence, count, day, money, number, say, share

WELL_CALIBRATED: Final = 0.03
CLOSER: Final = 0.01  # by which a rival must promise closer to be named
METHODS: Final = {
    MODEL: say("This warning"),
    FORMULA: say("Purchase model alone"),
    GONE: say("P(alive) alone"),
    RULE: say("Silent for more than {days} days", days=count(RULE_DAYS)),
    TREES: say("Boosted trees"),
}
TABLES: Final = {
    "interactions": say("complaints and other contacts"),
    "campaign_members": say("campaigns sent and answered"),
    "feedback": say("scores given"),
    "subscriptions": say("subscriptions running and cancelled"),
    "customers": say("the channel that won the customer"),
}


def horizon(found: ChurnWarning) -> Paragraph:
    """How far ahead the page looks, and why so far."""
    days = count(found.horizon)
    if found.horizon_is_stated:
        text = say("As the settings say, a customer who buys nothing for {days} days counts as silent.", days=days)
    else:
        text = say(
            "A customer who buys nothing for {days} days counts as silent: four of five repeat purchases come "
            "sooner after the one before, or, where that would take longer, as long as the log leaves room to "
            "learn from. Without a contract nobody says goodbye, so silence is all that can be foreseen.",
            days=days,
        )
    return Paragraph((text,))


def signs_at_hand(found: ChurnWarning) -> tuple[Element, ...]:
    """Which signs the record holds, and which tables would hold more."""
    has = set(found.tables)
    rows = [[sign, say("in the record") if table in has else say("no such table")] for table, sign in TABLES.items()]
    table = Table(
        say("Signs beside the purchases; what is missing is left out and not guessed"),
        (say("Sign"), say("Where it comes from")),
        rows,
    )
    if found.model is None:
        text = say(
            "There are too few customers who fell silent, or too few days, to learn from signs. The purchase "
            "model's own answer stands for everybody, and no sign beside the purchases moves it."
        )
    else:
        text = say(
            "The warning has learnt from {rows} looks at customers on {days} earlier days. After {part} of "
            "them nothing was bought for {horizon} days.",
            rows=count(found.model.rows),
            days=count(len(found.days.fitting)),
            part=share(found.model.events / found.model.rows),
            horizon=count(found.horizon),
        )
    return Paragraph((text,)), table


def tested(found: ChurnWarning) -> tuple[Element, ...]:
    """Would it have been right? Calibration, coverage, and the rivals."""
    test = found.test
    if test is None:
        return (Paragraph((say("The log is too short for a test on days that the warning has not seen."),)),)
    figure = promised_figure(
        test,
        alt=say(
            "Ten points, one for each tenth of the predicted probability: the lowest was promised {low} and came to "
            "{low_came}, the highest was promised {high} and came to {high_came}.",
            low=share(test.tenths["predicted"].iloc[0]),
            low_came=share(test.tenths["happened"].iloc[0]),
            high=share(test.tenths["predicted"].iloc[-1]),
            high_came=share(test.tenths["happened"].iloc[-1]),
        ),
        caption=say(
            "Customers of all tests by tenths of the predicted probability of silence; each point is the mean "
            "of a tenth."
        ),
        x=say("predicted probability of silence"),
        y=say("share that was silent"),
    )
    return figure, *_shares(test), *_rivals(found, test)


def _shares(test: ChurnTest) -> tuple[Element, ...]:
    caption = say("Customers who were silent after each test day; ranges hold {mass}", mass=share(test.mass))
    text = say(
        "On {held} of {tests} test days the share that fell silent lay in its range.",
        held=count(test.covered),
        tests=count(len(test.shares)),
    )
    return Paragraph((text,)), shares_table(test, caption=caption, whom=say("Customers"))


def _rivals(found: ChurnWarning, test: ChurnTest) -> tuple[Element, ...]:
    table = Table(
        say("The same customers, judged by each method"),
        (
            say("Method"),
            say("AUC"),
            say("AUC among recent buyers"),
            say("Lift of the top tenth of them"),
            say("Calibration error"),
        ),
        [
            [
                METHODS[row.method],
                number(row.auc, 3),
                number(row.auc_recent, 3),
                number(row.lift_recent, 2),
                share(row.calibration_error, 1),
            ]
            for row in rows_of(test.scores)
        ],
    )
    explained = say(
        "AUC is the chance that of two customers the one who fell silent was the one more feared; one half is "
        "guessing. Lift says how many times as often the tenth that was feared most fell silent as all did. Recent "
        "buyers had bought within {days} days before the test day: long gone customers are easy to tell.",
        days=count(found.horizon),
    )
    return table, Paragraph((explained,)), Paragraph((_against_trees(test), *_closer(test)))


def _against_trees(test: ChurnTest) -> Sentence:
    ours, theirs = test.of(MODEL, "auc_recent"), test.of(TREES, "auc_recent")
    values = {"ours": number(ours, 3), "theirs": number(theirs, 3), "gap": number(abs(theirs - ours), 3)}
    if theirs > ours:
        return say(
            "Among recent buyers boosted trees order customers better, by {gap} of AUC ({theirs} against "
            "{ours}). They say neither how sure they are nor why, so the warning stays with the model.",
            **values,
        )
    return say(
        "Among recent buyers boosted trees on the same signs do not order customers better: {theirs} against {ours}.",
        **values,
    )


def _closer(test: ChurnTest) -> tuple[Sentence, ...]:
    """That a simpler method promised closer to what happened, where one did by more than a point."""
    ours = test.of(MODEL, "calibration_error")
    rivals = {name: test.of(name, "calibration_error") for name in (FORMULA, TREES)}
    best = min(rivals, key=lambda name: rivals[name])
    if not rivals[best] < ours - CLOSER:
        return ()
    return (
        say(
            "What this warning promised was farther from what happened than what the method “{method}” said: {ours} "
            "against {theirs}. The order of the list does not hang on that, the number of those who fall silent does.",
            method=METHODS[best],
            ours=share(ours, 1),
            theirs=share(rivals[best], 1),
        ),
    )


def answer(found: Watch, currency: str) -> Paragraph:
    """The headline."""
    silent, horizon_days = found.scored.silent, count(found.warning.horizon)
    places = {
        "silent": count(silent.mean),
        "recent": count(found.scored.recent),
        "days": horizon_days,
        "listed": count(len(found.listed)),
    }
    if len(found.listed):
        text = say(
            "Of {recent} customers who bought in the last {days} days, {silent} will probably buy nothing in the next "
            "{days}; contacting {listed} customers now is expected to keep {gain}",
            gain=money(found.gain, currency),
            **places,
        )
    else:
        text = say(
            "Of {recent} customers who bought in the last {days} days, {silent} will probably buy nothing in the next "
            "{days}; for none of them is a contact expected to be worth its cost",
            **places,
        )
    return Paragraph((text,), role="answer")


def key_cards(found: Watch, currency: str) -> Cards:
    """The figures that the page opens with."""
    silent, at_risk = found.scored.silent, found.scored.at_risk
    recent, days = count(found.scored.recent), count(found.warning.horizon)
    note = say("of {n} who bought in the last {days} days", n=recent, days=days)
    cards = [leaving_card(silent, title=say("Recent buyers falling silent"), note=note)]
    if at_risk is not None:
        note = say("probability of silence times what it would take, all customers")
        cards.append(value_card(at_risk, currency, note=note))
        cards.append(
            Card(
                say("Worth contacting now"),
                count(len(found.listed)),
                say("at {cost} per contact", cost=money(found.terms.cost, currency)),
                note=say("of at most {n} that the settings allow", n=count(found.terms.contacts)),
            )
        )
    return Cards(tuple(cards))


def trust(found: Watch, quality: QualityReport, *, sound: bool) -> Trust:
    """How far to trust the page."""
    checks = [data_chip(quality), (say("Model checks passed") if sound else say("Model checks failed"), not sound)]
    test = found.warning.test
    if test is None:
        checks.append((say("Warning not tested: the log is too short"), True))
    else:
        error = test.of(MODEL, "calibration_error")
        text = say("Promised and happened differ by {error}", error=share(error, 1))
        checks.append((text, error > WELL_CALIBRATED))
    return Trust(tuple(checks))


def meeting(found: Watch, currency: str) -> Paragraph:
    """One sentence to say aloud."""
    if not len(found.listed):
        text = say(
            "{silent} of our {recent} recent buyers will probably be silent for the next {days} days, and no "
            "single one of them is worth a contact at {cost} each.",
            silent=count(found.scored.silent.mean),
            recent=count(found.scored.recent),
            days=count(found.warning.horizon),
            cost=money(found.terms.cost, currency),
        )
    else:
        text = say(
            "If we contact the {listed} customers on the list, at {cost} each, we expect to be better off by "
            "{gain}; the first of them should hear from us by {act_by}.",
            listed=count(len(found.listed)),
            cost=money(found.terms.cost, currency),
            gain=money(found.gain, currency),
            act_by=day(min(found.listed["act_by"])),
        )
    return Paragraph((text,), role="meeting")
