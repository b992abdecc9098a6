"""What to do now, in three sentences, by what each is worth: from the plan, the watch list, the customers' own voice.

Where those pages have nothing to offer, what the values themselves ask for stands in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from clv_lib.analysis.plays import library
from clv_lib.names import PLAY, SEGMENT
from clv_lib.reporting.churn_record import RISKS
from clv_lib.reporting.elements import Tasks
from clv_lib.reporting.headlines import figures_of
from clv_lib.reporting.study import Study
from clv_lib.reporting.summaries.changes import group_name
from clv_lib.reporting.wording import Quantity, Sentence, count, day, money, say, say_count, share, words

TASKS: Final = 3
PLAN_TABLE: Final = "strategy_plan"
ACTION_LIST: Final = "action_list.csv"


@dataclass(frozen=True)
class Task:
    """Something to do, why, and what it is expected to be worth, in currency."""

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
    found = [task for task in (_plan(study), _watch(study), _losing_channel(study)) if task is not None]
    found.sort(key=lambda task: -task.worth)
    return Tasks((*((task.what, task.why) for task in found), *otherwise)[:TASKS])


def _plan(study: Study) -> Task | None:
    """The plan of the strategy, where there is one that treats anybody."""
    figures = figures_of(study)
    profit = figures.get("plan_profit")
    if profit is None or not profit.value or not study.folder.has(f"{PLAN_TABLE}.parquet"):
        return None
    plan = study.folder.read_table(PLAN_TABLE)
    plan = plan[plan["customers"] > 0]
    if plan.empty:
        return None
    currency = study.currency
    best = plan.iloc[int(plan["profit"].to_numpy().argmax())]
    cost = money(float(plan["cost"].sum()), currency)
    what = say_count(
        "Carry out the plan: {n} customer, for {cost}.",
        "Carry out the plan: {n} customers, for {cost}.",
        n=int(plan["customers"].sum()),
        cost=cost,
    )
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
    built_in = library().get(name)
    own = study.settings.plays.get(name)
    if own is not None and own.title:
        return words(own.title)
    return words(name.replace("_", " ")) if built_in is None else Sentence(built_in.title)


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


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
