"""A value survey small enough to check by eye, and one drawn from a stated process."""

from datetime import date

import numpy as np
import pandas as pd

COLUMNS = ["customer_id", "asked_at", "side", "item", "tangible", "score", "importance"]
ASKED = date(2024, 3, 1)
END = date(2024, 6, 30)

# benefits a: (8*3 + 6*1) / 4 = 7.5; costs (4*1 + 6*1) / 2 = 5; value 2.5
# benefits b: (9*1 + 3*2) / 3 = 5; costs 7; value -2
# c: quality 10 = 10, costs (2*4 + 7*1) / 5 = 3; value 7
SMALL = pd.DataFrame(
    [
        ("a", ASKED, "benefit", "quality", True, 8.0, 3.0),
        ("a", ASKED, "benefit", "service", False, 6.0, 1.0),
        ("a", ASKED, "cost", "price", True, 4.0, 1.0),
        ("a", ASKED, "cost", "effort", False, 6.0, 1.0),
        ("b", ASKED, "benefit", "quality", True, 9.0, 1.0),
        ("b", ASKED, "benefit", "service", False, 3.0, 2.0),
        ("b", ASKED, "cost", "price", True, 7.0, 5.0),
        ("c", ASKED, "benefit", "quality", True, 10.0, 2.0),
        ("c", ASKED, "cost", "price", True, 2.0, 4.0),
        ("c", ASKED, "cost", "effort", False, 7.0, 1.0),
    ],
    columns=COLUMNS,
)
ITEMS = {
    "benefit": [("quality", True), ("service", False), ("social", False)],
    "cost": [("price", True), ("effort", False)],
}


def drawn_survey(rng: np.random.Generator, mean_value: np.ndarray, spread: float = 1.0) -> pd.DataFrame:
    """One respondent c0000, c0001, ... per entry of ``mean_value``, who sees that value plus noise on one score."""
    n = len(mean_value)
    level = 5 + mean_value + rng.normal(0, spread, n)
    frames = [
        pd.DataFrame(
            {
                "customer_id": [f"c{i:04d}" for i in range(n)],
                "asked_at": ASKED,
                "side": side,
                "item": item,
                "tangible": tangible,
                "score": level if side == "benefit" else 5.0,
                "importance": rng.integers(1, 6, n).astype(float),
            }
        )
        for side, items in ITEMS.items()
        for item, tangible in items
    ]
    return pd.concat(frames, ignore_index=True)
