"""Whole customer lives, simulated from the stories of the models alone: no formula of ours is used.

A customer draws a rate, a way of leaving and a spend level; purchases follow one another at exponential gaps until
the customer leaves. What lies before T is the history that a model would see, what lies after it is the truth.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FAMILIES = ("bg_nbd", "mbg_nbd", "pareto_nbd")
PURCHASE = {  # lively enough for every class of customers to be large, in weeks
    "bg_nbd": {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 3.0},
    "mbg_nbd": {"r": 0.7, "alpha": 6.0, "a": 0.9, "b": 3.5},
    "pareto_nbd": {"r": 0.6, "alpha": 6.0, "s": 0.6, "beta": 12.0},
}
SPEND = {"p": 6.0, "q": 4.0, "v": 15.0}  # q > 2: amounts have a variance, so standard errors mean something


def constant_draws(parameters: dict[str, float], draws: int = 1) -> dict[str, np.ndarray]:
    """A posterior without parameter uncertainty."""
    return {name: np.full((draws, 1), value) for name, value in parameters.items()}


@dataclass(frozen=True)
class Lives:
    """Histories as valuation cells (one customer each), and what happened afterwards."""

    cells: pd.DataFrame
    alive: np.ndarray
    count: np.ndarray
    value: np.ndarray  # discounted revenue after T, each purchase at its own moment
    revenue: np.ndarray  # the same, not discounted
    discounted: np.ndarray  # purchases after T, each at its own moment
    weeks: np.ndarray  # alive between T and the horizon, not discounted


def simulate_lives(
    family: str,
    *,
    customers: int,
    age: float,
    horizon: float,
    discount_rate: float,
    seed: int,
    purchase: dict[str, float] | None = None,
) -> Lives:
    rng = np.random.default_rng(seed)
    purchase = purchase or PURCHASE[family]
    rate = rng.gamma(purchase["r"], 1 / purchase["alpha"], customers)
    level = rng.gamma(SPEND["q"], 1 / SPEND["v"], customers)
    end_of_life = np.full(customers, np.inf)
    leave = np.zeros(customers)
    if family == "pareto_nbd":
        end_of_life = rng.exponential(1 / rng.gamma(purchase["s"], 1 / purchase["beta"], customers))
    else:
        leave = rng.beta(purchase["a"], purchase["b"], customers)
    if family == "mbg_nbd":  # the first purchase may be the last
        end_of_life[rng.random(customers) < leave] = 0.0

    frequency, count = np.zeros(customers, int), np.zeros(customers, int)
    recency, past, value, revenue, discounted = np.zeros((5, customers))
    alive = end_of_life > age
    who, clock = np.arange(customers), np.zeros(customers)
    while len(who):
        clock = clock + rng.exponential(1 / rate[who])
        buys = (clock < end_of_life[who]) & (clock <= age + horizon)
        if family != "pareto_nbd":
            alive[who[~buys]] |= clock[~buys] > age  # still there when the clock ran out
        who, clock = who[buys], clock[buys]
        amount = rng.gamma(SPEND["p"], 1 / level[who])
        before = clock <= age
        early, late = who[before], who[~before]
        frequency[early] += 1
        recency[early] = clock[before]
        past[early] += amount[before]
        count[late] += 1
        revenue[late] += amount[~before]
        factor = np.exp(-discount_rate * (clock[~before] - age))
        value[late] += amount[~before] * factor
        discounted[late] += factor
        leaves = rng.random(len(who)) < leave[who]
        end_of_life[who[leaves]] = clock[leaves]
        alive[who[leaves]] = clock[leaves] > age
        who, clock = who[~leaves], clock[~leaves]
    if family == "mbg_nbd":
        alive &= end_of_life > age
    cells = pd.DataFrame(
        {
            "frequency": frequency,
            "recency": recency,
            "T": age,
            "spend_bin": np.where(frequency > 0, 0, -1),
            "monetary_value": np.where(frequency > 0, past / np.maximum(frequency, 1), np.nan),
            "n": 1,
        }
    )
    weeks = np.clip(end_of_life - age, 0.0, horizon)
    return Lives(cells, alive, count, value, revenue, discounted, weeks)
