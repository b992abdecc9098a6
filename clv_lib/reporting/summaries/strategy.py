"""What plays earn in segments, and the plan, in words."""

from typing import Final

import pandas as pd

from clv_lib.analysis.budgeting import LEAST_TESTED, Plan
from clv_lib.analysis.intervals import INTERVAL
from clv_lib.analysis.strategy import PRIOR
from clv_lib.analysis.tail_risk import WORST
from clv_lib.names import PLAY, SEGMENT, SEGMENTS
from clv_lib.reporting.elements import Element, Paragraph, Table
from clv_lib.reporting.plots_strategy import earnings
from clv_lib.reporting.strategy_record import Strategy
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.play_words import CHANNELS, title_of
from clv_lib.reporting.summaries.segments_words import segment_words
from clv_lib.reporting.wording import Quantity, Sentence, count, money, say, say_count, share, words

MASS: Final = share(INTERVAL)
SOURCES: Final = {"measured": say("campaigns"), PRIOR: say("belief")}
NO_VALUES: Final = say(
    "The notebook on value has no values to offer, so nobody knows what a play would earn, and there is no plan."
)
EMPTY: Final[dict[str, Sentence]] = {
    "nobody": say("Nobody may be written to, so nobody is treated."),
    "no_plays": say("No play suits any of the customers who may be written to, so nobody is treated."),
    "unprofitable": say(
        "No play is expected to earn more than it costs with any group of customers: nobody is treated."
    ),
    "unsure": say(
        "Some plays are expected to earn, but each of them loses money more often than the settings allow: nobody is "
        "treated."
    ),
    "no_budget": say("The budget is nothing, so nobody is treated."),
    "small_budget": say("The budget is too small for even the cheapest play that is worthwhile: nobody is treated."),
    "no_contacts": say("The settings allow no contacts through any channel of a worthwhile play: nobody is treated."),
    "fixed_costs": say(
        "No play reaches enough customers to earn what it costs to be done at all, or to be learned from: nobody is "
        "treated."
    ),
    "downside": say("Every plan could lose more than the settings allow in the worst outcomes: nobody is treated."),
}


def why_nobody(plan: Plan) -> Sentence:
    """Why the plan is empty."""
    return EMPTY[plan.empty_because]


def play_title(found: Strategy, name: str) -> Sentence | Quantity:
    """Name of a play on the pages."""
    return title_of(found.plays[name])


def earns(found: Strategy | None, currency: str, *, contractual: bool = False) -> tuple[Element, ...]:
    """What one contact of each play is expected to earn in each segment."""
    if found is None:
        return (Paragraph((NO_VALUES,)),)
    if not len(found.options.table):
        return (Paragraph((EMPTY[found.plan.empty_because or "no_plays"],)),)
    table = _by_segment(found)
    names = segment_words(contractual=contractual)
    segments = [each for each in SEGMENTS if each in set(table[SEGMENT])]
    plays = list(table.groupby(PLAY)["mean"].max().sort_values(ascending=False).index)
    best = table.sort_values("mean", ascending=False).iloc[0]
    # bands apart, as the plan sees them: a segment that does not pay may hold a band that does
    every = found.options.table
    figure = earnings(
        table.assign(
            play=table[PLAY].map({name: number for number, name in enumerate(plays)}),
            segment=table[SEGMENT].map({name: number for number, name in enumerate(segments)}),
        ),
        plays=[play_title(found, name) for name in plays],
        segments=[names[name] for name in segments],
        currency=currency,
        title=say(
            "In {some} of {all} cases a contact is expected to earn more than it costs",
            some=count((every["mean"] > 0).sum()),
            all=count(len(every)),
        ),
        alt=say(
            "Dots by play and segment. The largest gain is {play} for {segment}: {profit} per contact.",
            play=play_title(found, str(best[PLAY])),
            segment=names[str(best[SEGMENT])],
            profit=money(best["mean"], currency),
        ),
        caption=say(
            "Green: a contact is expected to earn, filled where it loses money with a chance of at most {chance}. "
            "Brown: it is expected to lose. The larger the dot, the more; the largest is {most} per contact. No dot: "
            "the play does not suit the segment.",
            chance=share(found.section.loss_chance),
            most=money(float(table["mean"].abs().max()), currency),
        ),
        x=say("segment"),
        y=say("play, best first"),
    )
    return figure, _best_table(found, table, segments, names, currency)


def _by_segment(found: Strategy) -> pd.DataFrame:
    """One row per segment and play: mean profit of a contact over the customers who may get it, draw by draw."""
    table, rows = found.options.table, []
    for (segment, play), part in table.groupby([SEGMENT, PLAY], sort=False):
        weight = part["customers"].to_numpy(dtype=float)
        profit = weight @ found.options.draws[part.index] / weight.sum()
        chance = float((profit < 0).mean())
        low, high = pd.Series(profit).quantile([(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
        rows.append(
            {
                SEGMENT: segment,
                PLAY: play,
                "mean": float(profit.mean()),
                "low": low,
                "high": high,
                "loss_chance": chance,
                "spend": float(weight @ part["spend"].to_numpy(dtype=float) / weight.sum()),
                "source": part["source"].iloc[0],
                "sure": chance <= found.section.loss_chance,
            }
        )
    return pd.DataFrame(rows)


def _best_table(
    found: Strategy, table: pd.DataFrame, segments: list[str], names: dict[str, Sentence], currency: str
) -> Table:
    best = table.sort_values("mean", ascending=False).drop_duplicates(SEGMENT).set_index(SEGMENT)
    return Table(
        say(
            "The play that is expected to earn most in each segment: profit of one contact, with the {mass} range of "
            "what it may be on average",
            mass=MASS,
        ),
        (
            say("Segment"),
            say("Play"),
            say("Money for a contact"),
            say("Earns"),
            say("Low"),
            say("High"),
            say("Chance of a loss"),
            say("Known from"),
        ),
        [
            [
                names[segment],
                play_title(found, str(best[PLAY][segment])),
                money(best["spend"][segment], currency),
                money(best["mean"][segment], currency),
                money(best["low"][segment], currency),
                money(best["high"][segment], currency),
                share(best["loss_chance"][segment]),
                SOURCES[str(best["source"][segment])],
            ]
            for segment in segments
        ],
    )


def limits(found: Strategy | None, currency: str) -> tuple[Element, ...]:
    """What the plan may spend and risk, and where each limit comes from."""
    if found is None:
        return ()
    plan, section = found.plan, found.section
    stated, derived = say("settings"), say("derived: what all worthwhile plays need")
    rows: list[list[Quantity | Sentence]] = [
        [say("Budget"), money(plan.limits.budget, currency), stated if plan.budget_is == "stated" else derived],
        [
            say("Mean loss of the worst {part} of outcomes", part=share(WORST)),
            money(plan.limits.downside, currency),
            stated
            if plan.downside_is == "stated"
            else say("derived: a hundredth of the profit that customers have still to bring"),
        ],
        [say("Chance of a loss of a measured play"), share(section.loss_chance), stated],
        [say("Plays tried at a time that nobody has measured"), count(section.test_plays), stated],
        [say("Customers treated with each of them"), count(section.test_contacts), stated],
        [say("Plays per customer"), count(section.plays_per_customer), stated],
        [say("Chosen and left out, to measure"), share(section.control_share), stated],
        [say("Driven away by one more contact"), share(section.fatigue, 1), say("settings: believed")],
        [
            say("Of orders that a discount brings, only brought forward"),
            share(section.borrowed),
            say("settings: believed"),
        ],
    ]
    rows += [
        [say("Contacts by {channel}", channel=CHANNELS[name]), count(most), stated]
        for name, most in sorted(section.contacts.items())
    ]
    return (Table(say("The limits of the plan"), (say("Limit"), say("At most"), say("Where it comes from")), rows),)


def plan(found: Strategy | None, currency: str, *, contractual: bool = False) -> tuple[Element, ...]:
    """Whom to treat with what, what that costs and what it should earn."""
    if found is None:
        return ()
    made = found.plan
    if made.empty_because:
        return (Paragraph((why_nobody(made),), role="banner"),)
    return Paragraph(_said(found, currency)), _plan_table(found, currency, contractual), _play_table(found, currency)


def _said(found: Strategy, currency: str) -> tuple[Sentence, ...]:
    made = found.plan
    profit = made.expected
    said = [
        say_count(
            "The plan treats {n} customer and spends {spent}; on average it earns {profit} after that, with {mass} "
            "certainty {low} to {high}.",
            "The plan treats {n} customers and spends {spent}; on average it earns {profit} after that, with {mass} "
            "certainty {low} to {high}.",
            n=made.customers,
            spent=money(made.spent, currency),
            profit=money(profit.mean, currency),
            mass=MASS,
            low=money(profit.low, currency),
            high=money(profit.high, currency),
        ),
        say(
            "The chance that it loses money is {chance}, and the worst {part} of outcomes lose {worst} in the mean.",
            chance=share(made.loss_chance),
            part=share(WORST),
            worst=money(made.worst, currency),
        )
        if made.worst > 0
        else say(
            "The chance that it loses money is {chance}; even the worst {part} of outcomes earn {worst} in the mean.",
            chance=share(made.loss_chance),
            part=share(WORST),
            worst=money(-made.worst, currency),
        ),
    ]
    tried = made.plays[made.plays["source"] == PRIOR]
    if made.is_trial:
        said.append(
            say(
                "No play has been measured, so all of this is belief: the plan tries what is expected to earn, with "
                "few customers each, and the control groups will tell."
            )
        )
    elif len(tried):
        said.append(
            say_count(
                "{n} play in it has not been measured and is only tried: {customers} customers, {profit} expected.",
                "{n} plays in it have not been measured and are only tried: {customers} customers, {profit} expected.",
                n=len(tried),
                customers=count(tried["customers"].sum()),
                profit=money(tried["profit"].sum(), currency),
            )
        )
    if made.left_out:
        said.append(
            say(
                "Left out, because they would not earn what they cost at all, or would reach fewer than {least} "
                "customers: {plays}.",
                least=count(LEAST_TESTED),
                plays=_listed([play_title(found, name) for name in made.left_out]),
            )
        )
    said.append(
        say("The ranges are those of what is expected; the luck of single customers comes on top and evens out.")
    )
    return tuple(said)


def _listed(names: list[Sentence | Quantity]) -> Sentence | Quantity:
    found = names[0]
    for each in names[1:]:
        found = say("{first}; {second}", first=found, second=each)
    return found


def _plan_table(found: Strategy, currency: str, contractual: bool) -> Table:
    names = segment_words(contractual=contractual)
    rows = []
    for (segment, play), part in found.plan.table.groupby([SEGMENT, PLAY], sort=False):
        rows.append(
            [
                names[str(segment)],
                play_title(found, str(play)),
                CHANNELS[str(part["channel"].iloc[0])],
                count(part["customers"].sum()),
                count(part["control"].sum()),
                money(part["cost"].sum(), currency),
                money(part["profit"].sum(), currency),
                SOURCES[str(part["source"].iloc[0])],
            ]
        )
    return Table(
        say(
            "Whom to treat with what, before what a play costs to be done at all; those left out are chosen as well, "
            "and tell the next run what would have happened anyway"
        ),
        (
            say("Segment"),
            say("Play"),
            say("By"),
            say("Treat"),
            say("Leave out"),
            say("Money"),
            say("Earns"),
            say("Known from"),
        ),
        rows,
    )


def _play_table(found: Strategy, currency: str) -> Table:
    return Table(
        say("The plays of the plan after what each costs to be done at all; ranges hold {mass}", mass=MASS),
        (
            say("Play"),
            say("Treat"),
            say("To be done at all"),
            say("Money in all"),
            say("Earns"),
            say("Low"),
            say("High"),
            say("Chance of a loss"),
            say("Known from"),
        ),
        [
            [
                play_title(found, row.play),
                count(row.customers),
                money(row.fixed, currency) if row.fixed else words("–"),
                money(row.cost, currency),
                money(row.profit, currency),
                money(row.low, currency),
                money(row.high, currency),
                share(row.loss_chance),
                SOURCES[row.source],
            ]
            for row in rows_of(found.plan.plays)
        ],
    )
