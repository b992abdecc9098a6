"""Made-up groups, beliefs and options, small enough to count out by hand or by brute force."""

import numpy as np
import pandas as pd

from clv_lib.analysis.play_profit import PARTS
from clv_lib.analysis.segment_base import SegmentBase
from clv_lib.analysis.strategy import Options

DRAWS = 40


class Believed:
    """The same effect in every group, as told."""

    def __init__(self, effects: dict[str, np.ndarray], source: str = "prior") -> None:
        self.effects, self.told = effects, source

    def effect(self, play: str, group: str) -> np.ndarray:
        return self.effects[play]

    def source(self, play: str) -> str:
        return self.told


def base(seed: int = 0, *, groups: int = 3, draws: int = DRAWS, contract: bool = False) -> SegmentBase:
    rng = np.random.default_rng(seed)

    def around(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (groups, 1)) * np.exp(rng.normal(0, 0.05, (groups, draws)))

    value, risk = around(50, 400), np.minimum(around(0.1, 0.8), 0.95)
    table = pd.DataFrame(
        {
            "segment": [f"segment_{number // 2}" for number in range(groups)],
            "band": [1 + number % 2 for number in range(groups)],
            "evidence": [("new", "regular", "quiet")[number % 3] for number in range(groups)],
            "customers": 10 + np.arange(groups),
            "reachable": 8 + np.arange(groups),
            "stages": [(("activation", "retention", "dormant")[number % 3],) for number in range(groups)],
        }
    )
    return SegmentBase(
        groups=table,
        value=value,
        purchases_per_day=np.zeros((groups, draws)) if contract else around(0.01, 0.1),
        order_value=around(20, 90),
        margin=rng.uniform(0.3, 0.5, draws),
        risk=risk,
        at_stake=0.6 * value,
        horizon_days=60,
    )


def options_of(rows: list[dict], draws: np.ndarray, *, fixed: dict[str, float], most: dict[int, int]) -> Options:
    """Options from their bare numbers: ``group``, ``play``, ``channel``, ``customers``, ``spend``."""
    table = pd.DataFrame(rows).assign(
        segment=lambda t: "segment_" + t["group"].astype(str), band=1, evidence="regular", source="prior"
    )
    table = table.assign(
        mean=draws.mean(axis=1), low=draws.min(axis=1), high=draws.max(axis=1), loss_chance=(draws < 0).mean(axis=1),
        **dict.fromkeys(PARTS, 0.0),
    )  # fmt: skip
    groups = pd.DataFrame({"segment": [f"segment_{g}" for g in most], "band": 1, "most": list(most.values())})
    groups = groups.assign(value=100.0, risk=0.3, reachable=groups["most"], customers=groups["most"])
    return Options(table, draws, draws.copy(), groups, fixed)


def random_options(rng: np.random.Generator, *, groups: int = 2, plays: int = 2, most: int = 3, draws: int = 20):
    """A small instance with fixed costs, two channels and options that may lose money."""
    tops = {group: int(rng.integers(1, most + 1)) for group in range(groups)}
    rows = [
        {
            "group": group,
            "play": f"play_{play}",
            "channel": ("email", "phone")[play % 2],
            "customers": int(rng.integers(1, tops[group] + 1)),
            "spend": float(rng.integers(1, 6)),
        }
        for group in range(groups)
        for play in range(plays)
    ]
    level = rng.normal(2, 3, (len(rows), 1)) + rng.normal(0, 3, (1, draws)) * rng.uniform(0, 1, (len(rows), 1))
    profit = level + rng.normal(0, 2, (len(rows), draws))
    fixed = {f"play_{play}": float(rng.integers(0, 4)) for play in range(plays)}
    return options_of(rows, profit, fixed=fixed, most=tops)
