"""Whom to contact, why, and by when, in words; and what is known of those who fell silent."""

from typing import Final

from clv_lib.analysis.churn_reasons import NO_SIGN
from clv_lib.analysis.churn_warning import ChurnWarning
from clv_lib.reporting.churn_record import Watch
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_churn import SHOWN, risks_over_time
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.wording import Sentence, count, day, money, say, say_count, share, words

ROWS: Final = 15  # of the list on the page; the file holds it whole
WHY: Final = {
    "rhythm": say("purchase rhythm"),
    "basket": say("baskets"),
    "price": say("prices and discounts"),
    "service": say("complaints and contacts"),
    "campaigns": say("answers to campaigns"),
    "scores": say("scores given"),
    "plan": say("subscription"),
}
REASONS: Final = {
    "plan_ended": say("cancelled the subscription"),
    "open_complaint": say("a complaint was still open"),
    "complaint": say("had complained"),
    "low_score": say("had given a low score"),
    "price_rise": say("paid more for the same products"),
    "stopped_answering": say("answered fewer campaigns than before"),
    "slower": say("had bought less often than before"),
    NO_SIGN: say("no sign at all"),
}
_NONE: Final = say("nothing stands out")


def why_of(themes: tuple[str, ...]) -> Sentence:
    """The strongest signs of one customer."""
    if not themes:
        return _NONE
    if len(themes) == 1:
        return WHY[themes[0]]
    return say("{first}; {second}", first=WHY[themes[0]], second=WHY[themes[1]])


def terms(found: Watch, currency: str) -> Paragraph:
    """What a contact costs and does, and where that is known from."""
    cost = {"cost": money(found.terms.cost, currency)}
    said = {
        "stated": say("A contact costs {cost}, as the settings say.", **cost),
        "measured": say("A contact costs {cost}, the mean of the campaigns so far.", **cost),
        "assumed": say("Nobody says what a contact costs; {cost} is taken, a fiftieth of a mean purchase.", **cost),
    }[found.cost_is]
    rate = {"rate": share(found.terms.rate, 1)}
    if found.terms.learned_from:
        kept = say(
            "It keeps {rate} of those who would fall silent: so say {members} members of campaigns with a "
            "control group, together with the belief of the settings.",
            members=count(found.terms.learned_from),
            **rate,
        )
    else:
        kept = say(
            "It is taken to keep {rate} of those who would fall silent: that is the belief of the settings, "
            "and a campaign with a control group would replace it.",
            **rate,
        )
    return Paragraph((said, kept))


def listed(found: Watch, currency: str) -> tuple[Element, ...]:
    """The first customers of the watch list."""
    if found.scored.at_risk is None:
        text = say(
            "The notebook on value has no values to offer, so there is no watch list: only the risks are written."
        )
        return (Paragraph((text,)),)
    if not len(found.listed):
        return (Paragraph((say("For nobody is a contact expected to bring more than it costs."),)),)
    table = Table(
        say(
            "The first {n} of {all} customers to contact; value at risk with its {mass} range; the file holds them all",
            n=count(min(ROWS, len(found.listed))),
            all=count(len(found.listed)),
            mass=share(found.scored.at_risk.mass),
        ),
        (
            say("Customer"),
            say("Silent for days"),
            say("Probability of silence"),
            say("Value at risk"),
            say("From"),
            say("To"),
            say("What moves it most"),
            say("Act by"),
        ),
        [
            [
                words(row.customer_id),
                count(row.quiet_days),
                share(row.churn_risk),
                money(row.value_at_risk, currency),
                money(row.value_at_risk_low, currency),
                money(row.value_at_risk_high, currency),
                why_of(row.why),
                day(row.act_by),
            ]
            for row in rows_of(found.listed.head(ROWS))
        ],
    )
    text = say(
        "Customers are listed by what a contact today is expected to gain, and as long as it gains anything. "
        "After the day in the last column, waiting costs more in expected loss than the contact itself.",
    )
    return Paragraph((text,)), table


def over_time(found: Watch) -> tuple[Element, ...]:
    """Risk of the first customers of the list from month to month."""
    past = found.past
    if past.empty:
        return ()
    shown = past.head(SHOWN)
    rising = int((shown.iloc[:, -1] > shown.iloc[:, 0]).sum())
    seen = int(shown.iloc[:, 0].notna().sum())
    return (
        risks_over_time(
            past,
            title=say(
                "Of the first {n} on the list, the risk of {rising} has risen over these months",
                n=count(seen),
                rising=count(rising),
            ),
            alt=say(
                "A small line for each of the first {n} customers: the probability of silence at the end of each month "
                "and today, by the same model.",
                n=count(len(shown)),
            ),
            caption=say(
                "Probability of buying nothing in the next {days} days, as it stood at the end of each month; "
                "the height of a row is from nought to certain. Customers who came later begin later.",
                days=count(found.warning.horizon),
            ),
            x=say("end of the month"),
            y=say("probability of silence, one row per customer"),
        ),
    )


def unexplained(found: Watch) -> tuple[Element, ...]:
    """Who goes quiet without a reason that a table would hold."""
    if not len(found.listed) or not found.warning.tables:  # where nothing was asked, nothing can be missing
        return ()
    text = say_count(
        "{n} customer on the list gives no sign beside the silence itself: no complaint, no low score, no "
        "cancelled plan. The reason would have to be asked for.",
        "{n} customers on the list give no sign beside the silence itself: no complaint, no low score, no "
        "cancelled plan. The reason would have to be asked for.",
        n=found.unexplained,
    )
    return (Paragraph((text,)),)


def reasons(found: ChurnWarning) -> tuple[Element, ...]:
    """What the tables knew of the customers who fell silent after the last test day."""
    table = found.reasons()
    if table is None or not table["silent"].sum():
        return (Paragraph((say("There is no earlier day whose end is known, so nothing can be said of reasons."),)),)
    rows = table[table["silent"] > 0].sort_values("silent", ascending=False, kind="stable")
    without = float(table.loc[table["reason"] == NO_SIGN, "share"].iloc[0])
    text = say(
        "Of the customers who had bought within {days} days before {when} and then fell silent, {part} had "
        "given no sign in any table.",
        days=count(found.horizon),
        when=day(found.days.tests[-1]),
        part=share(without),
    )
    shown = Table(
        say("What was known on the last test day; the plainest sign counts, and each customer once"),
        (say("Sign"), say("Fell silent"), say("Part of the silent"), say("Part of those who went on")),
        [
            [REASONS[row.reason], count(row.silent), share(row.share), share(row.share_of_others)]
            for row in rows_of(rows)
        ],
    )
    note = say("A sign that is as common among those who went on explains nothing by itself.")
    return Paragraph((text,)), shown, Paragraph((note,), role="note")
