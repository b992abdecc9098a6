"""Small simulated shops, each with one property that a test is about."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd


def simulated_log(*, customers: int, seed: int, days: int = 540, mean_spend: float = 40.0) -> pd.DataFrame:
    """Purchases of customers with BG/NBD lives and Gamma-Gamma spend: columns customer, day (date), paid."""
    rng = np.random.default_rng(seed)
    start = date(2023, 1, 1)
    rows = []
    for number in range(customers):
        born = int(rng.integers(0, 180))
        rate, leave, level = rng.gamma(0.8) / 25, rng.beta(0.9, 3.0), mean_spend * 2.5 / rng.gamma(3.5)
        when = float(born)
        while when < days:
            rows.append(
                (f"c{number:04d}", start + timedelta(days=int(when)), round(float(level * rng.gamma(4) / 4) + 0.01, 2))
            )
            if when > born and rng.random() < leave:
                break
            when += rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer", "day", "paid"])


def write_shop(folder: Path, log: pd.DataFrame, *, name: str, currency: str = "USD", extra: str = "") -> Path:
    """Write a log and its ``dataset.toml``; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    log.to_csv(folder / "orders.csv", index=False)
    (folder / "dataset.toml").write_text(
        f'[dataset]\nname = "{name}"\ntitle = "{name}"\ncurrency = "{currency}"\n\n'
        '[tables.transactions]\npath = "orders.csv"\n'
        'columns = { customer_id = "customer", ordered_at = "day", amount = "paid" }\n' + extra,
        encoding="utf-8",
    )
    return folder
