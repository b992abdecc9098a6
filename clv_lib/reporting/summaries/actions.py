"""The action list on the page: what it holds, its first rows, who was left out and why, how it will be measured."""

from typing import Final

from clv_lib.analysis.arms import binomial_range
from clv_lib.data.tables.crm import TREATED
from clv_lib.names import ARM, CUSTOMER_ID, EXPECTED_GAIN, PLAY
from clv_lib.reporting.action_list import Actions
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.action_words import CONSENT, LANGUAGE_FROM, LEFT_OUT
from clv_lib.reporting.summaries.play_words import CHANNELS, title_of
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, say, say_count, share, words

ROWS: Final = 12  # of the list on the page; the files hold it whole
LOOKED_AT: Final = {
    "customers": say("the customers' own record"),
    "interactions": say("complaints"),
    "refunds": say("refunds"),
    "feedback": say("scores"),
    "campaign_members": say("earlier campaigns"),
}
NOTHING: Final = words("–")


def overview(actions: Actions, currency: str) -> tuple[Element, ...]:
    """How many actions there are, from when to when, and what they should earn; or that there are none."""
    found = actions.found
    if found.rows.empty:
        return (Paragraph((_why_empty(actions),)),)
    treated, left = _arms(actions)
    sentences = [
        say_count(
            "The list holds {n} action from {first} to {last}, expected to gain {gain} more than they cost.",
            "The list holds {n} actions from {first} to {last}, expected to gain {gain} more than they cost.",
            n=treated,
            first=day(found.rows["send_on"].min()),
            last=day(found.rows["send_on"].max()),
            gain=money(actions.gain, currency),
        ),
        say_count(
            "{n} more who was chosen is left out on purpose: without somebody to compare with, the next run could not "
            "tell what the plays did.",
            "{n} more who were chosen are left out on purpose: without somebody to compare with, the next run could "
            "not tell what the plays did.",
            n=left,
        ),
    ]
    return Paragraph(tuple(sentences)), Paragraph(tuple(_permissions(actions))), _by_play(actions, currency)


def _why_empty(actions: Actions) -> Sentence:
    planned = actions.found.planned
    if planned.empty:
        return say("The list is empty: the plan treats nobody, so there is nothing to do.")
    return say(
        "The list is empty: the plan would treat {n} customers, but none of them may be contacted in the days that the "
        "list covers. The reasons are below.",
        n=count(planned["customers"].sum()),
    )


def _arms(actions: Actions) -> tuple[int, int]:
    treated = int((actions.listed[ARM] == TREATED).sum())
    return treated, len(actions.listed) - treated


def _permissions(actions: Actions) -> list[Sentence]:
    """Consent and language: whether they are known, and what was done where they are not."""
    found, listed = actions.found, actions.listed
    if not found.consent_known and found.unknown_listed:
        text = say(
            "No table says who may be written to, so the list names customers whose consent is unknown: make sure of "
            "it before anything is sent."
        )
    elif not found.consent_known:
        text = say("No table says who may be written to, and the settings leave out whoever has not been asked.")
    elif found.unknown_listed:
        text = say(
            "Everybody on the list may be written to, or has not been asked: {n} of unknown consent.",
            n=count((listed["consent"] == "unknown").sum()),
        )
    else:
        text = say("Everybody on the list has agreed to be written to.")
    origins = listed["language_from"].value_counts()
    parts = [
        say("In which language {n} are written to is known from {origin}.", n=count(origins[key]), origin=origin)
        for key, origin in LANGUAGE_FROM.items()
        if key in origins and key != "report"
    ]
    if "report" in origins:
        parts.append(
            say(
                "The language of {n} is the first of the report, as nothing is known of them.",
                n=count(origins["report"]),
            )
        )
    return [text, *parts]


def _by_play(actions: Actions, currency: str) -> Table:
    """Actions per play and channel."""
    listed = actions.listed
    rows = []
    for name, own in listed.groupby(PLAY, sort=False):
        play = actions.plays[str(name)]
        treated = own[own[ARM] == TREATED]
        rows.append(
            [
                title_of(play),
                CHANNELS[play.channel],
                count(len(treated)),
                count(len(own) - len(treated)),
                day(own["send_on"].min()),
                day(own["send_on"].max()),
                money(treated[EXPECTED_GAIN].sum(), currency),
            ]
        )
    return Table(
        say("Actions by play and channel, best play first"),
        (
            say("Play"),
            say("Channel"),
            say("To contact"),
            say("Left out to measure"),
            say("First day"),
            say("Last day"),
            say("Expected gain"),
        ),
        rows,
    )


def preview(actions: Actions, currency: str) -> tuple[Element, ...]:
    """The first actions that are due, as the files have them."""
    listed = actions.listed[actions.listed[ARM] == TREATED]
    if listed.empty:
        return ()
    first = listed.sort_values(["send_on", EXPECTED_GAIN, CUSTOMER_ID], ascending=[True, False, True]).head(ROWS)
    table = Table(
        say(
            "The first {n} of {all} actions by day; the files hold them all",
            n=count(len(first)),
            all=count(len(listed)),
        ),
        (
            say("Customer"),
            say("Play"),
            say("Channel"),
            say("Send on"),
            say("Why"),
            say("Products"),
            say("Consent"),
            say("Expected gain"),
        ),
        [
            [
                words(row.customer_id),
                title_of(actions.plays[row.play]),
                CHANNELS[row.channel],
                day(row.send_on),
                actions.reasons[(row.customer_id, row.play)],
                _products(actions, row.product_ids),
                CONSENT[row.consent],
                money(row.expected_gain, currency),
            ]
            for row in rows_of(first)
        ],
    )
    return (table,)


def left_out(actions: Actions) -> tuple[Element, ...]:
    """Who of the planned groups is not on the list, and why."""
    found = actions.found
    if found.planned.empty:
        return ()
    counted = found.left_out.groupby("reason")["customers"].sum()
    looked = [LOOKED_AT[name] for name in found.looked_at]
    text = [
        say(
            "The plan treats {planned} customers; {treated} of them could be given a day.",
            planned=count(found.planned["customers"].sum()),
            treated=count(found.planned[TREATED].sum()),
        ),
        say(
            "The others of its groups are counted below, once for every play that is planned for their group, by the "
            "first reason that keeps them out."
        ),
    ]
    if looked:
        text.append(say("Looked at were: {tables}.", tables=_enumerated(looked)))
    rows = [[LEFT_OUT[name], count(counted[name])] for name in LEFT_OUT if name in counted and counted[name] > 0]
    if not rows:
        return (Paragraph(tuple(text[:1])),)
    table = Table(
        say("Why customers of the planned groups are not on the list"), (say("Reason"), say("Customers")), rows
    )
    return Paragraph(tuple(text)), table


def _enumerated(parts: list[Sentence]) -> Sentence:
    found = parts[0]
    for part in parts[1:]:
        found = say("{first}, {second}", first=found, second=part)
    return found


def measured_by(actions: Actions, control_share: float) -> tuple[Element, ...]:
    """Whether the coin fell as it should, and what to do so that the next run measures the plays."""
    if actions.found.rows.empty:
        return ()
    treated, left = _arms(actions)
    low, high = binomial_range(treated + left, control_share, mass=0.99)
    coin = say(
        "Of the {all} customers chosen {left} are left out, {part}; a coin that falls so in {wanted} of cases leaves "
        "out between {low} and {high} in 99 lists of 100.",
        all=count(treated + left),
        left=count(left),
        part=share(left / (treated + left), 1),
        wanted=share(control_share),
        low=count(low),
        high=count(high),
    )
    todo = say(
        "Once the messages are sent, add the rows of campaigns_planned.csv and campaign_members_planned.csv, as they "
        "are, to your tables of campaigns and members: the next run then measures every play against those left out."
    )
    return (Paragraph((coin, todo)),)


def _products(actions: Actions, ids: tuple[str, ...]) -> Quantity:
    return words("; ".join(actions.product_names.get(each, each) for each in ids)) if ids else NOTHING
