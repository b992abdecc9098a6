"""Who will cancel, in words: the page on warnings where customers are under contract."""

from typing import Final

from clv_lib.analysis.churn_tests import FORMULA, MODEL, TREES
from clv_lib.analysis.churn_warning import ChurnWarning
from clv_lib.names import ACQUISITION_CHANNEL, RENEWALS
from clv_lib.reporting.churn_record import Watch
from clv_lib.reporting.elements import Cards, Element, Paragraph, Table
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.churn_list import ROWS
from clv_lib.reporting.summaries.churn_shapes import leaving_card, promised_figure, shares_table, value_card
from clv_lib.reporting.wording import count, day, money, number, say, share, words

METHODS: Final = {MODEL: say("This warning"), FORMULA: say("Contract model alone"), TREES: say("Boosted trees")}


def horizon(found: ChurnWarning) -> Paragraph:
    """How far ahead the page looks, and from what it has learnt."""
    first = say(
        "Members are looked at one billing period ahead: {days} days, in which each of them comes to one renewal.",
        days=count(found.horizon),
    )
    if found.model is None:
        second = say(
            "There are too few cancellations, or too few renewals, to learn from signs: the contract model's "
            "own answer stands for everybody."
        )
    else:
        second = say(
            "The warning has learnt from {rows} looks at members on {days} earlier days; {part} of them "
            "cancelled within the period.",
            rows=count(found.model.rows),
            days=count(len(found.days.fitting)),
            part=share(found.model.events / found.model.rows, 1),
        )
    return Paragraph((first, second))


def tested(found: ChurnWarning) -> tuple[Element, ...]:
    """Whether it would have been right."""
    test = found.test
    if test is None:
        return (Paragraph((say("The record is too short for a test on days that the warning has not seen."),)),)
    figure = promised_figure(
        test,
        alt=say(
            "Ten points, one for each tenth of the predicted probability of cancelling, from {low} to {high}; they lie "
            "near the line on which promised and happened are the same.",
            low=share(test.tenths["predicted"].iloc[0], 1),
            high=share(test.tenths["predicted"].iloc[-1], 1),
        ),
        caption=say("Members of all tests by tenths of the predicted probability of cancelling."),
        x=say("predicted probability of cancelling"),
        y=say("share that cancelled"),
    )
    caption = say(
        "Members who cancelled within the period after each test day; ranges hold {mass}", mass=share(test.mass)
    )
    shares = shares_table(test, caption=caption, whom=say("Members"))
    rivals = Table(
        say("The same members, judged by each method"),
        (say("Method"), say("AUC"), say("Lift of the top tenth"), say("Calibration error")),
        [
            [METHODS[row.method], number(row.auc, 3), number(row.lift, 2), share(row.calibration_error, 1)]
            for row in rows_of(test.scores)
            if row.method in METHODS
        ],
    )
    held = say(
        "On {held} of {tests} test days the share that cancelled lay in its range. An AUC near one half means that the "
        "signs at hand do not tell members apart, however right the share of all is.",
        held=count(test.covered),
        tests=count(len(test.shares)),
    )
    return figure, Paragraph((held,)), shares, rivals


def answer(found: Watch, currency: str) -> Paragraph:
    """The headline."""
    places = {
        "leaving": count(found.scored.silent.mean),
        "members": count(found.scored.recent),
        "listed": count(len(found.listed)),
    }
    if len(found.listed):
        text = say(
            "Of {members} members, {leaving} will probably cancel at their next renewal; contacting {listed} "
            "of them before is expected to keep {gain}",
            gain=money(found.gain, currency),
            **places,
        )
    else:
        text = say(
            "Of {members} members, {leaving} will probably cancel at their next renewal; for none of them is a contact "
            "expected to be worth its cost",
            **places,
        )
    return Paragraph((text,), role="answer")


def key_cards(found: Watch, currency: str) -> Cards:
    """The figures that the page opens with."""
    silent, at_risk = found.scored.silent, found.scored.at_risk
    note = say("of {n} members, at their next renewal", n=count(found.scored.recent))
    cards = [leaving_card(silent, title=say("Members who will cancel"), note=note)]
    if at_risk is not None:
        note = say("probability of cancelling times the residual value, all members")
        cards.append(value_card(at_risk, currency, note=note))
    return Cards(tuple(cards))


def listed(found: Watch, currency: str) -> tuple[Element, ...]:
    """The first members of the watch list."""
    if found.scored.at_risk is None:
        text = say(
            "The notebook on value has no values to offer, so there is no watch list: only the risks are written."
        )
        return (Paragraph((text,)),)
    if not len(found.listed):
        return (Paragraph((say("For nobody is a contact expected to bring more than it costs."),)),)
    rows = found.listed.head(ROWS)
    table = Table(
        say(
            "The first {n} of {all} members to contact; the file holds them all",
            n=count(len(rows)),
            all=count(len(found.listed)),
        ),
        (
            say("Member"),
            say("Plan"),
            say("Renewals made"),
            say("Probability of cancelling"),
            say("Value at risk"),
            say("From"),
            say("To"),
            say("Act by"),
        ),
        [
            [
                words(row.customer_id),
                words(plan),
                count(renewals),
                share(row.churn_risk, 1),
                money(row.value_at_risk, currency),
                money(row.value_at_risk_low, currency),
                money(row.value_at_risk_high, currency),
                day(row.act_by),
            ]
            for row, plan, renewals in zip(rows_of(rows), rows[ACQUISITION_CHANNEL], rows[RENEWALS], strict=True)
        ],
    )
    text = say("Nobody under contract can leave before the next renewal, so the day to act by is the day before it.")
    return Paragraph((text,)), table


def meeting(found: Watch, currency: str) -> Paragraph:
    """One sentence to say aloud."""
    leaving, members = count(found.scored.silent.mean), count(found.scored.recent)
    cost = money(found.terms.cost, currency)
    if not len(found.listed):
        text = say(
            "About {leaving} of our {members} members will cancel at their next renewal, and no single one of them is "
            "worth a contact at {cost} each.",
            leaving=leaving,
            members=members,
            cost=cost,
        )
    else:
        text = say(
            "About {leaving} of our {members} members will cancel at their next renewal; a contact with the "
            "{listed} on the list, at {cost} each, is expected to leave us better off by {gain}.",
            leaving=leaving,
            members=members,
            listed=count(len(found.listed)),
            cost=cost,
            gain=money(found.gain, currency),
        )
    return Paragraph((text,), role="meeting")
