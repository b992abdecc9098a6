"""A made-up company of a few hundred customers with everything that may keep one of them off the action list."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.actions import ActionList, draw_up
from clv_lib.analysis.play_library import library
from clv_lib.data.engines import DuckDBEngine, Engine
from clv_lib.settings import (
    ActionsSection,
    DatasetSection,
    Play,
    Settings,
    StrategySection,
    TableSection,
    TablesSection,
)

AS_OF = date(2024, 2, 20)  # the days after it hold a 29 February
STAGES = ("activation", "retention", "loyalty", "at_risk")
SEGMENTS = ("promising", "loyal_core", "champions", "overdue")


def settings_of(*, actions: Mapping[str, Any] | None = None, strategy: Mapping[str, Any] | None = None) -> Settings:
    return Settings(
        folder=Path(),
        dataset=DatasetSection(name="shop", currency="IDR", timezone="Asia/Jakarta", as_of=AS_OF),
        tables=TablesSection(transactions=TableSection(path="orders.csv")),
        actions=ActionsSection(**(actions or {})),
        strategy=StrategySection(**(strategy or {})),
    )


def days_before(rng: np.random.Generator, n: int, most: int) -> list[pd.Timestamp]:
    return [pd.Timestamp(AS_OF - timedelta(days=int(k))) for k in rng.integers(0, most, n)]


def company(seed: int = 1, customers: int = 400) -> dict[str, pd.DataFrame]:
    """Tables of a record, and what the notebooks before have left, at random."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"c{k:04d}" for k in range(customers)])
    place = rng.integers(0, len(SEGMENTS), customers)
    last = AS_OF.toordinal() - rng.integers(0, 120, customers)
    frequency = rng.integers(0, 9, customers)
    value = np.round(rng.gamma(2, 200_000, customers), 2)

    def some(n: int) -> np.ndarray:
        return rng.choice(ids, n)

    born = [pd.Timestamp(1980, 1, 1) + pd.Timedelta(days=int(k)) for k in rng.integers(0, 9_000, customers)]
    born[:20] = [pd.Timestamp(1996, 2, 29)] * 20
    return {
        "segments": pd.DataFrame(
            {
                "customer_id": ids,
                "segment": np.array(SEGMENTS)[place],
                "band": rng.integers(1, 3, customers),
                "lifecycle_stage": np.array(STAGES)[place],
                "residual_clv": value,
                "churn_risk": rng.uniform(0.05, 0.9, customers).round(4),
            }
        ),
        "summary": pd.DataFrame(
            {
                "customer_id": ids,
                "frequency": frequency,
                "first_purchase_day": last - frequency * rng.integers(10, 60, customers),
                "last_purchase_day": last,
            }
        ),
        "customers": pd.DataFrame(
            {
                "customer_id": ids,
                "acquired_at": days_before(rng, customers, 200),
                "birth_date": born,
                "region": rng.choice(["Bali", "Papua", "Elsewhere"], customers),
                "email_consent": pd.array(rng.choice([True, True, True, False, None], customers), dtype="boolean"),
                "do_not_contact": rng.choice(["", "", "", "", "", "yes"], customers),
                "language": rng.choice(["", "", "en", "id-ID"], customers),
            }
        ),
        "interactions": pd.DataFrame(
            {
                "customer_id": some(80),
                "happened_at": days_before(rng, 80, 500),
                "kind": rng.choice(["ticket", "Ticket", "response", "call"], 80),
                "resolved_at": rng.choice([pd.NaT, pd.Timestamp(AS_OF), pd.Timestamp(2024, 3, 3)], 80),
            }
        ),
        "refunds": pd.DataFrame({"customer_id": some(30), "ordered_at": days_before(rng, 30, 90), "amount": 5.0}),
        "feedback": pd.DataFrame(
            {
                "customer_id": some(60),
                "given_at": days_before(rng, 60, 90),
                "instrument": rng.choice(["nps", "csat", "ces"], 60),
                "score": rng.integers(1, 6, 60),
            }
        ),
        "campaigns": pd.DataFrame(
            {
                "campaign_id": ["m1", "m2", "m3", "m4", "m5"],
                "play": "loyalty",
                "starts_at": [pd.Timestamp(AS_OF - timedelta(days=k)) for k in (300, 60, 30, 20, 5)],
                "ends_at": [pd.Timestamp(AS_OF + timedelta(days=k)) for k in (-280, -40, -10, 0, 10)],
            }
        ),
        "campaign_members": pd.DataFrame(
            {
                "campaign_id": rng.choice(["m1", "m2", "m3", "m4", "m5"], 300, p=[0.2, 0.3, 0.25, 0.2, 0.05]),
                "customer_id": some(300),
                "arm": rng.choice(["treated", "treated", "control"], 300),
            }
        ).drop_duplicates(["campaign_id", "customer_id"]),
        "subscriptions": pd.DataFrame(
            {
                "customer_id": ids[:120],
                "started_at": days_before(rng, 120, 800),
                "ended_at": [pd.NaT] * 120,
                "plan": "basic",
                "price": 50.0,
                "billing_period": rng.choice(["month", "quarter", "year", "week"], 120),
            }
        ),
    }


def opened(tables: Mapping[str, pd.DataFrame], engine: Engine) -> dict[str, nw.LazyFrame]:
    return {name: engine.lend(table) for name, table in tables.items()}


def plan_for(plays: Mapping[str, Play], *, customers: int = 8) -> pd.DataFrame:
    """Every play for every group of the company, each with a profit of its own."""
    rows = [
        (segment, band, name, customers, 900.0 + 13 * number + band, 40.0)
        for number, name in enumerate(plays)
        for segment in SEGMENTS
        for band in (1, 2)
    ]
    return pd.DataFrame(rows, columns=["segment", "band", "play", "customers", "profit", "contact"])


def some_plays(*names: str) -> dict[str, Play]:
    every = library()
    return {name: every[name] for name in names}


def drawn(
    tables: Mapping[str, pd.DataFrame], plays: Mapping[str, Play], settings: Settings, planned: pd.DataFrame | None = None
) -> ActionList:
    """Draw up a list in a DuckDB of its own."""
    plan = plan_for(plays) if planned is None else planned
    with DuckDBEngine() as engine:
        return draw_up(opened(tables, engine), plan, plays, settings=settings, as_of=AS_OF)
