"""What to do now, in three sentences, by what each is worth: from the plan, the watch list, the customers' own voice.

Where those pages have nothing to offer, what the values themselves ask for stands in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from clv_lib.analysis.plays import plays_of
from clv_lib.names import PLAY, SEGMENT, TOUCHPOINT
from clv_lib.reporting.elements import Tasks
from clv_lib.reporting.headlines import figures_of, is_trial, plan_table
from clv_lib.reporting.since import RISKS
from clv_lib.reporting.study import Study
from clv_lib.reporting.summaries.changes import group_name
from clv_lib.reporting.summaries.play_words import title_of
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, say, say_count, share, words

TASKS: Final = 3
JOURNEY: Final = "voice_journey"  # named here again: where it is written, the models come along
ACTION_LIST: Final = "action_list.csv"


@dataclass(frozen=True)
class Task:
    """Something to do, why, and what it is expected to gain, in currency; 0 where nobody knows: it comes last."""

    worth: float
    what: Sentence
    why: Sentence


def three_tasks(study: Study, otherwise: Sequence[tuple[Sentence, Sentence]]) -> Tasks:
    """The three things to do first.

    Parameters
    ----------
    study : Study
    otherwise : sequence of (Sentence, Sentence)
        What the values ask for, most urgent first; fills the places that are left.
    """
    found = [task for task in (_plan(study), _watch(study), _losing_channel(study), _voice(study)) if task is not None]
    found.sort(key=lambda task: -task.worth)
    return Tasks((*((task.what, task.why) for task in found), *otherwise)[:TASKS])


def _plan(study: Study) -> Task | None:
    """The plan of the strategy, where there is one that treats anybody."""
    figures = figures_of(study)
    profit, spent = figures.get("strategy_profit"), figures.get("strategy_spent")
    plan = plan_table(study)
    if profit is None or not profit.value or plan.empty:
        return None
    currency = study.currency
    best = plan.iloc[int(plan["profit"].to_numpy().argmax())]
    cost = money(float(plan["cost"].sum()) if spent is None or spent.value is None else spent.value, currency)
    what = say_count(
        "Carry out the plan: {n} customer, for {cost}.",
        "Carry out the plan: {n} customers, for {cost}.",
        n=int(plan["customers"].sum()),
        cost=cost,
    )
    if is_trial(plan):
        trial = say_count(
            "Try the plan out on {n} customer, for {cost}.",
            "Try the plan out on {n} customers, for {cost}.",
            n=int(plan["customers"].sum()),
            cost=cost,
        )
        reason = say(
            "No play has been measured yet, so what it would earn is a belief; those left out will tell. Most of it is "
            "“{play}” for “{segment}”{list}.",
            play=_play(study, str(best[PLAY])),
            segment=group_name(str(best[SEGMENT]), contractual=study.settings.contractual),
            list=_in_the_list(study),
        )
        return Task(profit.value, trial, reason)
    why = say(
        "It is expected to earn {profit} beyond its cost ({mass} certain: {low} to {high}), most of it with “{play}” "
        "for “{segment}”{list}.",
        profit=money(profit.value, currency),
        mass=share(profit.mass or 0.0),
        low=money(_or_nan(profit.low), currency),
        high=money(_or_nan(profit.high), currency),
        play=_play(study, str(best[PLAY])),
        segment=group_name(str(best[SEGMENT]), contractual=study.settings.contractual),
        list=_in_the_list(study),
    )
    return Task(profit.value, what, why)


def _play(study: Study, name: str) -> Sentence | Quantity:
    """What a play is called: one of the library has a name in every language."""
    play = plays_of(study.settings).get(name)
    return words(name.replace("_", " ")) if play is None else title_of(play)


def _in_the_list(study: Study) -> Sentence | Quantity:
    if not study.folder.has(ACTION_LIST):
        return words("")
    return say("; who gets what and when is in {file}", file=words(ACTION_LIST))


def _watch(study: Study) -> Task | None:
    """The watch list: those whom waiting costs most."""
    figures = figures_of(study)
    n = int(figures["customers_to_contact"].value or 0) if "customers_to_contact" in figures else 0
    if not n or not study.folder.has(f"{RISKS}.parquet"):
        return None
    risks = study.folder.read_table(RISKS)
    if "expected_gain" not in risks:
        return None
    listed = risks.nlargest(n, "expected_gain")
    gain, stake = float(listed["expected_gain"].sum()), float(listed["value_at_risk"].sum())
    currency, first = study.currency, _first_day(listed)
    places: dict[str, Quantity | Sentence] = {"stake": money(stake, currency), "gain": money(gain, currency)}
    if first is None:
        what = say_count("Contact {n} customer of the watch list.", "Contact {n} customers of the watch list.", n=n)
    else:
        what = say_count(
            "Contact {n} customer of the watch list by {day}.",
            "Contact {n} customers of the watch list, the first of them by {day}.",
            n=n,
            day=day(first),
        )
    why = say(
        "{stake} of value is at risk with them; a contact with each is expected to gain {gain} after its cost. The "
        "names are in watch_list.csv.",
        **places,
    )
    return Task(gain, what, why)


def _first_day(listed: pd.DataFrame) -> Any:
    days = listed["act_by"].dropna() if "act_by" in listed else pd.Series(dtype="datetime64[ns]")
    return None if days.empty else days.min().date()


def _losing_channel(study: Study) -> Task | None:
    """The channel whose customers cost most beyond what they bring."""
    if not study.folder.has("value_by_channel.parquet"):
        return None
    table = study.folder.read_table("value_by_channel")
    if table.empty:
        return None
    lost = (-table["clv_net_of_cac"] * table["customers"].fillna(0.0)).to_numpy(dtype=float)
    worst = table.iloc[int(lost.argmax())]
    if not lost.max() > 0 or worst["clv_net_of_cac_high"] >= 0:  # only what is a loss even at the kind end
        return None
    currency = study.currency
    what = say("Stop winning customers through {channel} at its price.", channel=words(worst["channel"]))
    why = say(
        "One costs {cac} there and brings {value} in {months} months; the {n} won so far have lost {lost} in that way.",
        cac=money(float(worst["cac"]), currency),
        value=money(float(worst["cac"] + worst["clv_net_of_cac"]), currency),
        months=count(study.settings.economics.horizon_months),
        n=count(float(worst["customers"])),
        lost=money(float(lost.max()), currency),
    )
    return Task(float(lost.max()), what, why)


def _voice(study: Study) -> Task | None:
    """The point of the journey where it hurts most; what mending it would gain nobody knows before it is tried."""
    if not study.folder.has(f"{JOURNEY}.parquet"):
        return None
    table = study.folder.read_table(JOURNEY)
    points = table[~table["whole"].astype(bool) & (table["unhappy"] > 0)]
    if points.empty:
        return None
    worst = points.iloc[0]
    calls = figures_of(study).get("customers_to_call_back")
    places: dict[str, Quantity | Sentence] = {
        "point": words(worst[TOUCHPOINT]),
        "part": share(float(worst["share"])),
        "passing": count(float(worst["passing"])),
        "n": count(0 if calls is None or calls.value is None else calls.value),
    }
    what = (
        say("Mend “{point}” first, and call back the {n} customers whose last word was unhappy.", **places)
        if calls is not None and calls.value
        else say("Mend “{point}” first.", **places)
    )
    if "friction" in points and worst["friction"] == worst["friction"]:
        why = say(
            "{part} of those asked about it are unhappy; {passing} customers pass it, and {value} of value lies with "
            "the unhappy among them.",
            value=money(float(worst["friction"]), study.currency),
            **places,
        )
    else:
        why = say("{part} of those asked about it are unhappy, and {passing} customers pass it.", **places)
    return Task(0.0, what, why)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
