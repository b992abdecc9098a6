"""CDNOW by plain pandas, apart from the library, and small helpers for the tests of the models."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

CDNOW = Path(__file__).parents[1] / "data" / "cdnow"
CALIBRATION_END = pd.Timestamp("1997-09-30")
LAST_DAY = pd.Timestamp("1998-06-30")

# the published estimates on the 1/10 sample, 39 weeks
BG = (0.2425967, 4.413659, 0.7929869, 2.426164)
PARETO = (0.5533, 10.578, 0.6063, 11.67)
GG = (6.25, 3.74, 15.44)


@lru_cache
def purchase_days(sample: bool = True) -> pd.DataFrame:
    """One row per customer and day: id, date, dollars, all days of the log."""
    log = pd.read_csv(CDNOW / "transactions.csv", dtype={"id": str}, parse_dates=["date"], date_format="%Y%m%d")
    if sample:
        customers = pd.read_csv(CDNOW / "customers.csv", dtype={"id": str})
        log = log[log["id"].isin(customers.loc[customers["in_sample"] == 1, "id"])]
    return log.groupby(["id", "date"], as_index=False)["dollars"].sum()


@lru_cache
def summary(sample: bool = True, end: pd.Timestamp = CALIBRATION_END) -> pd.DataFrame:
    """Frequency, recency, T (weeks as days / 7) and mean repeat value per customer, in the order of the ids."""
    days = purchase_days(sample)
    days = days[days["date"] <= end]
    first = days.groupby("id")["date"].transform("min")
    repeats = days[days["date"] > first]
    table = days.groupby("id")["date"].agg(["min", "max", "size"])
    return pd.DataFrame(
        {
            "frequency": table["size"] - 1,
            "recency": (table["max"] - table["min"]).dt.days / 7,
            "T": (end - table["min"]).dt.days / 7,
            "monetary_value": repeats.groupby("id")["dollars"].mean().reindex(table.index),
        }
    )


def as_cells(customers: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Distinct rows with their counts; by default of the purchase triple."""
    keys = list(columns) or ["frequency", "recency", "T"]
    return customers.groupby(keys, as_index=False).size().rename(columns={"size": "n"})


def spend_cells(customers: pd.DataFrame) -> pd.DataFrame:
    """Repeat customers with a positive mean value, by distinct (frequency, value)."""
    cells = as_cells(customers[customers["monetary_value"] > 0], "frequency", "monetary_value")
    return cells.assign(mean_log_value=np.log(cells["monetary_value"]))


@lru_cache
def split_cells(sample: bool = True) -> pd.DataFrame:
    """Calibration triple and whole triple of the customers born in the calibration period, with counts."""
    before = summary(sample)[["frequency", "recency", "T"]].add_suffix("_cal")
    whole = summary(sample, LAST_DAY)[["frequency", "recency", "T"]]
    return as_cells(before.join(whole), *before.columns, *whole.columns)


def history_columns(customers: pd.DataFrame) -> dict[str, np.ndarray]:
    """Frequency, recency and T as keyword arguments."""
    return {name: customers[name].to_numpy() for name in ("frequency", "recency", "T")}
