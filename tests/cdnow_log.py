"""The CDNOW log as cells, by plain pandas: independent of the library's own path from log to cells."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parents[1] / "data" / "cdnow"
CALIBRATION_END = date(1997, 9, 30).toordinal()
LAST_DAY = date(1998, 6, 30).toordinal()
SPEND_STEP = 0.05  # of log mean spend


def purchase_days(*, sample: bool) -> pd.DataFrame:
    """One row per customer and day: customer_id, day (day number), amount, repeat (not the first)."""
    log = pd.read_csv(FOLDER / "transactions.csv", dtype={"id": str, "date": str})
    if sample:
        who = pd.read_csv(FOLDER / "customers.csv", dtype={"id": str})
        log = log[log["id"].isin(who.loc[who["in_sample"] == 1, "id"])]
    days = pd.to_datetime(log["date"], format="%Y%m%d").map(pd.Timestamp.toordinal)
    table = log.assign(day=days).groupby(["id", "day"], as_index=False)["dollars"].sum()
    table.columns = ["customer_id", "day", "amount"]
    return table.assign(repeat=table["day"] > table.groupby("customer_id")["day"].transform("min"))


def summary(log: pd.DataFrame, *, end: int) -> pd.DataFrame:
    """Customer summary at the end of a day, with spend bins."""
    seen = log[log["day"] <= end]
    by = seen.groupby("customer_id")
    repeats = seen[seen["repeat"]].groupby("customer_id")["amount"]
    table = pd.DataFrame({"first": by["day"].min(), "last": by["day"].max(), "frequency": by.size() - 1})
    table["recency"], table["T"] = (table["last"] - table["first"]) / 7, (end - table["first"]) / 7
    table["monetary_value"] = repeats.mean().reindex(table.index)
    valued = table["monetary_value"] > 0
    step = np.floor(np.log(table["monetary_value"].where(valued)) / SPEND_STEP)
    table["spend_bin"] = (step - step.min()).where(valued, -1).astype(int)
    return table


def valuation_cells(log: pd.DataFrame, *, end: int) -> pd.DataFrame:
    cells = summary(log, end=end).groupby(["frequency", "recency", "T", "spend_bin"], as_index=False)
    return cells.agg(monetary_value=("monetary_value", "mean"), n=("first", "size"))


def backtest_cells(log: pd.DataFrame, *, end: int = CALIBRATION_END, last: int = LAST_DAY) -> pd.DataFrame:
    table = summary(log, end=end)
    holdout = log[(log["day"] > end) & (log["day"] <= last)].groupby("customer_id")["amount"]
    before = log[(log["day"] <= end) & (log["day"] > end - (last - end)) & log["repeat"]].groupby("customer_id").size()
    table["frequency_holdout"] = holdout.size().reindex(table.index, fill_value=0)
    table["revenue_holdout"] = holdout.sum().reindex(table.index, fill_value=0.0)
    table["last_period"] = before.reindex(table.index, fill_value=0)
    table = table.rename(columns={"frequency": "frequency_cal", "recency": "recency_cal", "T": "T_cal"})
    history = ["frequency_cal", "recency_cal", "T_cal", "spend_bin"]
    table["monetary_value"] = table.groupby(history)["monetary_value"].transform("mean")
    by = table.groupby([*history, "monetary_value", "frequency_holdout", "last_period"], as_index=False, dropna=False)
    return by.agg(revenue_holdout=("revenue_holdout", "sum"), n=("first", "size"))
