"""Made-up customers and posteriors for the tests of segments."""

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.economics import Economics
from clv_lib.analysis.group_value import ValueModel
from clv_lib.analysis.unit_costs import UnitCosts
from clv_lib.names import LIFECYCLE_STAGES
from clv_lib.settings import SegmentsSection

SECTION = SegmentsSection()


def lazy(frame: pd.DataFrame) -> nw.LazyFrame:
    return nw.from_native(frame).lazy()


def collected(frame: nw.LazyFrame) -> pd.DataFrame:
    return frame.collect("pandas").to_native()


def people(n: int = 400, seed: int = 7) -> pd.DataFrame:
    """Customers of every stage; those of late stages are worth more and risk less."""
    rng = np.random.default_rng(seed)
    stage = rng.choice(LIFECYCLE_STAGES, size=n)
    value = rng.lognormal(3.0, 1.2, n) * np.where(stage == "dormant", 0.1, 1.0)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "lifecycle_stage": stage,
            "residual_clv": value.round(4),
            "churn_risk": rng.beta(2, 3, n).round(6),
            "value_at_risk": 0.0,
            "reachable": rng.random(n) < 0.7,
        }
    )


def value_model(draws: int = 30, seed: int = 3) -> ValueModel:
    """A posterior of BG/NBD and Gamma-Gamma with a little spread, and costs per order and month."""
    rng = np.random.default_rng(seed)

    def around(value: float) -> np.ndarray:
        return (value * np.exp(0.05 * rng.standard_normal(draws)))[:, None]

    purchases = {"r": around(0.9), "alpha": around(6.0), "a": around(0.8), "b": around(2.5)}
    spend = {"p": around(6.0), "q": around(4.0), "v": around(15.0)}
    costs = UnitCosts(0.6 + 0.02 * rng.standard_normal(draws), np.full(draws, 2.0), np.full(draws, 0.3))
    return ValueModel(purchases, spend, "bg_nbd", Economics(0.4, 0.002, 104.0), costs)


def valuation_cells(n: int = 60, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 9, n)
    age = rng.integers(20, 80, n).astype(float)
    cells = pd.DataFrame(
        {
            "frequency": x,
            "recency": np.where(x > 0, (age * rng.uniform(0.2, 1.0, n)).round(1), 0.0),
            "T": age,
            "spend_bin": np.where(x > 0, np.arange(n), -1),
            "monetary_value": np.where(x > 0, rng.lognormal(3.2, 0.5, n).round(2), np.nan),
            "n": rng.integers(1, 6, n),
        }
    )
    return cells.drop_duplicates(["frequency", "recency", "T", "spend_bin"], ignore_index=True)
