"""A made-up shop whose customers say what they think: orders, contacts and answers, small enough for plain pandas."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.data.handover import LogFacts
from clv_lib.periods import ObservationWindow
from clv_lib.reporting.artifacts import RunFolder
from clv_lib.reporting.study import _LOG_FACTS, LOG, Study
from clv_lib.settings import DatasetSection, Settings, TableSection, TablesSection, VoiceSection

START, END = date(2023, 1, 1), date(2024, 6, 30)
WINDOW = ObservationWindow(START, END)
SMALL = pd.DataFrame(
    [
        ("a", date(2024, 5, 1), "nps", 3, "relationship", "price", "too expensive"),
        ("a", date(2024, 6, 1), "nps", 9, "relationship", None, None),
        ("b", date(2024, 6, 2), "nps", 8, "relationship", None, None),
        ("b", date(2024, 6, 3), "csat", 2, "support", "service", "nobody answered"),
        ("c", date(2024, 6, 4), "nps", 6, "relationship", None, None),
        ("c", date(2024, 7, 4), "nps", 10, "relationship", None, "after the end"),
        ("d", date(2024, 4, 4), "ces", 7, "checkout", None, None),
    ],
    columns=["customer_id", "given_at", "instrument", "score", "touchpoint", "theme", "comment"],
)
COMMENTS = {
    ("delivery", True): ("Pengiriman cepat, kurir ramah", "Courier was fast, delivery early", "Paket dikirim cepat"),
    ("delivery", False): ("Paket terlambat, kurir hilang", "Delivery was late again", "Pengiriman telat seminggu"),
    ("price", True): ("Harga murah sekali", "Good price, cheap", "Promo harga hemat"),
    ("price", False): ("Harga terlalu mahal", "Price is too expensive", "Mahal, tidak ada diskon"),
}


def lazy(frame: pd.DataFrame) -> nw.LazyFrame[Any]:
    """The table in pandas, days as pandas holds them."""
    days = [name for name in frame if isinstance(frame[name].dropna().head(1).squeeze(), date)]
    return nw.from_native(frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})).lazy()


def shop(seed: int = 3, customers: int = 240, *, leaves: float = 0.5) -> dict[str, pd.DataFrame]:
    """Orders every 25 days or so until the customer leaves; the unhappy of an answer leave at once, by ``leaves``."""
    rng = np.random.default_rng(seed)
    orders, told, talks = [], [], []
    for number in range(customers):
        who = f"c{number:03d}"
        day = START + timedelta(days=int(rng.integers(0, 300)))
        while day <= END:
            orders.append((who, day, float(rng.integers(20, 90))))
            if rng.random() < 0.25:
                happy = rng.random() < 0.6
                theme = "delivery" if rng.random() < 0.5 else "price"
                texts = COMMENTS[theme, happy]
                told.append(
                    (
                        who, day + timedelta(days=2), "nps", int(rng.integers(9, 11) if happy else rng.integers(0, 7)),
                        theme if theme == "delivery" else "relationship", theme if rng.random() < 0.7 else None,
                        texts[int(rng.integers(0, len(texts)))] if rng.random() < 0.8 else None,
                    )
                )  # fmt: skip
                if not happy and rng.random() < 0.3:
                    talks.append((who, pd.Timestamp(day) + pd.Timedelta(days=3, hours=9), "phone", "ticket"))
                if not happy and rng.random() < leaves:
                    break
            if rng.random() < 0.03:
                break
            day += timedelta(days=int(rng.integers(15, 36)))
    answers = pd.DataFrame(told, columns=list(SMALL.columns))
    return {
        "transactions": pd.DataFrame(orders, columns=["customer_id", "ordered_at", "amount"]),
        "feedback": answers[answers["given_at"] <= END].reset_index(drop=True),
        "interactions": pd.DataFrame(talks, columns=["customer_id", "happened_at", "channel", "kind"]),
        "customers": pd.DataFrame(
            {
                "customer_id": [f"c{k:03d}" for k in range(customers)],
                "acquisition_channel": [("ads", "friends", "walk_in")[k % 3] for k in range(customers)],
                "email_consent": [k % 4 > 0 for k in range(customers)],
            }
        ),
    }


def left_behind(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What the notebooks before would have left about these customers, made up."""
    log = tables["transactions"].assign(ordered_at=pd.to_datetime(tables["transactions"]["ordered_at"]))
    by = log.groupby("customer_id")
    total, last = by["amount"].sum(), by["ordered_at"].max()
    quiet = (pd.Timestamp(END) - last).dt.days.to_numpy()
    who, worth = list(total.index), total.to_numpy(float) * np.exp(-quiet / 60)
    stage = np.where(quiet < 40, "loyalty", np.where(quiet < 90, "at_risk", "dormant"))
    return {
        "customers": pd.DataFrame({"customer_id": who, "total_value": total.to_numpy(float)}),
        "customer_values": pd.DataFrame(
            {
                "customer_id": who,
                "residual_clv": worth,
                "residual_clv_low": 0.8 * worth,
                "residual_clv_high": 1.2 * worth,
            }
        ),
        "lifecycle_stages": pd.DataFrame({"customer_id": who, "lifecycle_stage": stage}),
        "churn_risk": pd.DataFrame({"customer_id": who, "churn_risk": 1 - np.exp(-quiet / 30), "horizon_days": 45}),
    }


def study_of(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    left: Mapping[str, pd.DataFrame] | None = None,
    voice: VoiceSection | None = None,
    contractual: bool = False,
) -> Study:
    """A notebook's study over these tables, as if the notebooks before it had run."""
    named = {name: TableSection(path=f"{name}.csv") for name in tables}
    settings = Settings(
        folder=folder,
        dataset=DatasetSection(
            name="shop", currency="USD", setting="contractual" if contractual else "noncontractual", as_of=END
        ),
        tables=TablesSection(**{"transactions": TableSection(path="t.csv"), **named}),
        voice=voice or VoiceSection(),
    )
    before = RunFolder(folder, "01_data_collection")
    for name, table in tables.items():
        before.write_table(f"record_{name}", table)
    for name, table in (left_behind(tables) if left is None else left).items():
        before.write_table(name, table)
    facts = LogFacts(WINDOW, "day", exact_spend=True, revenue_to_date=0.0, mean_first_value=0.0)
    before.write_json(LOG, _LOG_FACTS.dump_python(facts, mode="json"))
    return Study("07_customer_voice", settings, RunFolder(folder, "07_customer_voice"), ("en", "id"), "quick")
