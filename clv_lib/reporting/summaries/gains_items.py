"""Items of the value survey, in words: what each adds or takes, and which ones to mend first."""

import pandas as pd

from clv_lib import names
from clv_lib.analysis.perceived_value import PerceivedValue
from clv_lib.reporting.elements import Figure, Paragraph, Table
from clv_lib.reporting.plots_gains import effects, importance_map
from clv_lib.reporting.summaries import rows_of
from clv_lib.reporting.summaries.gains_words import SIDES, certainty, item_name, points
from clv_lib.reporting.wording import count, number, say, say_count, share, words


def effects_figure(found: PerceivedValue) -> Figure:
    """What each item adds or takes."""
    table = found.items.table.sort_values("effect", ascending=False)
    best, worst = table.iloc[0], table.iloc[-1]
    data = pd.DataFrame(
        {
            "label": [item_name(item) for item in table[names.ITEM]],
            "effect": table["effect"],
            "low": table["effect_low"],
            "high": table["effect_high"],
        }
    )
    best_name, worst_name = item_name(best[names.ITEM]), item_name(worst[names.ITEM])
    return effects(
        data.reset_index(drop=True),
        title=say(
            "What adds most is {best}; what takes most is {worst}", best=best_name, worst=worst_name
        ),
        alt=say(
            "Bars to the right for {gains} benefits, to the left for {costs} costs. {best} adds {most} points, "
            "{worst} "
            "takes {least}.",
            gains=count((table[names.SIDE] == "benefit").sum()),
            costs=count((table[names.SIDE] == "cost").sum()),
            best=best_name,
            most=points(best["effect"]),
            worst=worst_name,
            least=points(-worst["effect"]),
        ),
        caption=say(
            "Score times share of importance, {n} respondents; the bars add up to the perceived value of {value} "
            "points. "
            "Lines: {mass} ranges of the mean.",
            n=count(found.respondents),
            value=points(found.value.mean),
            mass=share(found.value.mass),
        ),
        x=say("points added to perceived value"),
        y=say("item of the survey"),
        gained=say("gained"),
        given=say("given up"),
    )  # fmt: skip


def items(found: PerceivedValue) -> Table:
    """Every item: how it scores, what it weighs, what it adds, and what mending it would bring."""
    return Table(
        say(
            "Items, the most to gain first. Better than average: points above the mean of its side, a low cost being "
            "better; to gain: points of perceived value if it came up to that mean"
        ),
        (
            say("Item"), say("Side"), say("Kind"), say("Answers"), say("Score"), say("Share of importance"),
            say("Better than average"), say("Chance that it is worse"), say("To gain"), say("Low"), say("High"),
        ),
        [
            [
                item_name(row.item),
                SIDES.get(row.side, words(row.side)),
                say("tangible") if row.tangible else say("intangible"),
                count(row.n),
                number(row.score, 1),
                share(row.weight),
                points(row.gap),
                certainty(row.p_below),
                points(row.gain),
                points(row.gain_low),
                points(row.gain_high),
            ]
            for row in rows_of(found.items.table)
        ],
        bar=8,
    )  # fmt: skip


def mend(found: PerceivedValue) -> Paragraph:
    """What to mend first, and how sure that is."""
    worst = found.items.mend
    if worst.empty:
        return Paragraph(
            (say("No item both matters more than others and does worse: there is no obvious place to begin."),)
        )
    first = worst.iloc[0]
    sentences = [
        say(
            "Begin with {item}: it holds {weight} of the importance of its side and does {gap} points worse than the "
            "average there. The chance that it truly is worse is {sure}; coming up to the average would add "
            "{gain} points "
            "({low} to {high}) to perceived value.",
            item=item_name(first[names.ITEM]),
            weight=share(first["weight"]),
            gap=points(-first["gap"]),
            sure=certainty(first["p_below"]),
            gain=points(first["gain"]),
            low=points(first["gain_low"]),
            high=points(first["gain_high"]),
        )
    ]
    if len(worst) > 1:
        second = worst.iloc[1]
        sentences.append(
            say(
                "Next comes {item}, with {gain} points to gain.",
                item=item_name(second[names.ITEM]),
                gain=points(second["gain"]),
            )
        )
    if first["few"]:
        sentences.append(
            say_count("Only {n} customer answered it.", "Only {n} customers answered it.", n=int(first[names.N]))
        )
    return Paragraph(tuple(sentences))


def importance_figure(found: PerceivedValue) -> Figure:
    """Importance against performance."""
    table = found.items.table
    even = table.groupby(names.SIDE)[names.ITEM].transform("count")
    to_mend = set(found.items.mend.index)
    data = pd.DataFrame(
        {
            "label": [item_name(item) for item in table[names.ITEM]],
            **{name: table[name].fillna(table["gap"]) for name in ("gap", "gap_low", "gap_high")},
            "times_even": table["weight"] * even,
            "times_low": (table["weight_low"].fillna(table["weight"])) * even,
            "times_high": (table["weight_high"].fillna(table["weight"])) * even,
            "mend": [index in to_mend for index in table.index],
        }
    )
    if to_mend:
        worst = item_name(found.items.mend.iloc[0][names.ITEM])
        title = say("What matters and disappoints most is {item}", item=worst)
        alt = say(
            "Map of {n} items: importance upwards, performance to the right. {mend} of them matter more than "
            "others and "
            "do worse, {item} first.",
            n=count(len(table)),
            mend=count(len(to_mend)),
            item=worst,
        )
    else:
        title = say("Nothing that matters more than the rest does worse than the rest")
        alt = say(
            "Map of {n} items: importance upwards, performance to the right. None both matters more and does worse.",
            n=count(len(table)),
        )
    return importance_map(
        data,
        title=title,
        alt=alt,
        caption=say(
            "Upper left, in bold: matters and disappoints; names without room stand in the table. 1 is an even "
            "share of the importance of its side; 0 "
            "is the "
            "mean of its side. Lines: {mass} ranges.",
            mass=share(found.value.mass),
        ),
        x=say("points better than the mean of its side"),
        y=say("importance, as a multiple of an even share"),
    )
