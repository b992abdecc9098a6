"""The campaigns themselves: which play each was one of, what it cost, and whether it is evidence and why."""

import re
from collections.abc import Mapping
from typing import Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.customers import Frame, collected
from clv_lib.data.tables import MONEY_UNITS
from clv_lib.names import CAMPAIGN_ID, COST_PER_CONTACT, FIXED_COST, NAME, PLAY, STARTS_AT
from clv_lib.settings import Play

ARM_FIGURES: Final = ("members", "buyers", "orders", "revenue", "discount")
LIST_COLUMNS: Final = (
    CAMPAIGN_ID,
    NAME,
    "of_play",
    PLAY,
    STARTS_AT,
    "status",
    *(f"{figure}_{arm}" for figure in ARM_FIGURES for arm in ("treated", "control")),
    "left_out",
    "z",
)
PROOF: Final = "used"  # status of a campaign that is evidence
_OF_PLAY: Final = "of_play"


def play_codes(record: Mapping[str, Frame], plays: Mapping[str, Play]) -> dict[str, int]:
    """Which play, by number, each name stands for that the table of campaigns uses; -1 for a play nobody knows.

    Empty where there are no campaigns with members and plays.
    """
    if not {"campaigns", "campaign_members"} <= record.keys():
        return {}
    if PLAY not in record["campaigns"].collect_schema().names():
        return {}
    used = collected(record["campaigns"].select(PLAY).unique())[PLAY].dropna()
    meant = {
        _plain(alias): code
        for code, (name, play) in reversed(list(enumerate(plays.items())))
        for alias in (play.campaigns or (name,))
    }
    return {str(each): meant.get(_plain(str(each)), -1) for each in sorted(used)}


def codes_of(codes: Mapping[str, int]) -> nw.Expr:
    """Number of the play of a row of the table of campaigns; -1 where nobody knows it."""
    code: nw.Expr = nw.lit(-1)
    for number in sorted(set(codes.values()) - {-1}):
        names = [name for name, each in codes.items() if each == number]
        code = nw.when(nw.col(PLAY).is_in(names)).then(nw.lit(number)).otherwise(code)
    return code.cast(nw.Int64)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower())


def campaign_costs(record: Mapping[str, Frame], plays: Mapping[str, Play]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean cost of a contact and mean fixed cost of the campaigns of each play that say so, in currency."""
    codes = play_codes(record, plays)
    found: list[dict[str, float]] = []
    for column in (COST_PER_CONTACT, FIXED_COST):
        if not codes or column not in record["campaigns"].collect_schema().names():
            found.append({})
            continue
        table = collected(record["campaigns"].select(PLAY, column)).dropna()
        number = table[PLAY].map(codes)
        means = table[number >= 0].groupby(number[number >= 0])[column].mean()
        found.append({list(plays)[int(code)]: float(value) for code, value in means.items()})  # type: ignore[call-overload]
    return found[0], found[1]


def campaign_list(
    record: Mapping[str, Frame], codes: Mapping[str, int], names: list[str], per_arm: pd.DataFrame, *, farthest: float
) -> pd.DataFrame:
    """One row per campaign that has members, with why it is evidence or is not."""
    campaigns = record["campaigns"]
    there = campaigns.collect_schema().names()
    wanted = [each for each in (CAMPAIGN_ID, NAME, PLAY, STARTS_AT) if each in there]
    table = collected(campaigns.select(*wanted)).drop_duplicates(CAMPAIGN_ID).rename(columns={PLAY: _OF_PLAY})
    for column in (NAME, STARTS_AT):
        if column not in table:
            table[column] = None
    code = table[_OF_PLAY].map(lambda each: codes.get(str(each), -1))
    table[PLAY] = [names[each] if each >= 0 else None for each in code]
    arms = {arm: per_arm[per_arm["treated"] == number] for arm, number in (("treated", 1), ("control", 0))}
    for arm, part in arms.items():
        part = part.rename(columns={"value": "revenue", "reduction": "discount"})
        part = part.set_index(CAMPAIGN_ID).add_suffix(f"_{arm}")
        table = table.merge(part, left_on=CAMPAIGN_ID, right_index=True, how="left")
    numbers = [each for each in table.columns if each.endswith(("_treated", "_control"))]
    table[numbers] = table[numbers].fillna(0).astype("float64")
    table = table[table["all_treated"] + table["all_control"] > 0]
    for arm in arms:
        table[[f"revenue_{arm}", f"discount_{arm}"]] /= MONEY_UNITS
    taken = table["members_treated"] + table["members_control"]
    table["left_out"] = table["all_treated"] + table["all_control"] - taken
    table["z"] = _difference_before(table)
    table["status"] = np.select(
        [
            table[PLAY].isna(),
            (table["all_treated"] == 0) | (table["all_control"] == 0),
            (table["members_treated"] == 0) | (table["members_control"] == 0),
            table["z"].abs() > farthest,
        ],
        ["no_play", "observational", "running", "unbalanced"],
        PROOF,
    )
    return table[list(LIST_COLUMNS)].sort_values([STARTS_AT, CAMPAIGN_ID], ignore_index=True)


def _difference_before(table: pd.DataFrame) -> np.ndarray:
    """Difference of mean purchase days before the campaign, treated less control, in standard errors; 0 if unknown."""
    means, errors = [], []
    for arm in ("treated", "control"):
        n = table[f"members_{arm}"].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = table[f"before_{arm}"].to_numpy() / n
            errors.append((table[f"squared_{arm}"].to_numpy() / n - mean**2) / n)
        means.append(mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (means[0] - means[1]) / np.sqrt(errors[0] + errors[1])
    return np.where(np.isfinite(z), z, 0.0)
