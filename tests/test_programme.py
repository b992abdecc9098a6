"""The division of a budget: the best there is on instances that can be counted out, and within every limit on all."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_lib.analysis.programme import Limits, allocate, profit_of, risk_of, spend_of
from clv_lib.analysis.tail_risk import WORST, mean_of_the_worst
from tests.strategy_support import random_options


def keeps(options, limits, chosen, *, rounding=1e-9) -> bool:
    """Every limit, in its own words."""
    table = options.table
    fixed = sum(options.fixed[play] for play in {p for p, n in zip(table["play"], chosen, strict=True) if n > 0})
    spend = sum(n * c for n, c in zip(chosen, table["spend"], strict=True)) + fixed
    if spend > limits.budget + rounding or sum(chosen) > limits.most:
        return False
    for channel, cap in limits.contacts.items():
        if sum(n for n, c in zip(chosen, table["channel"], strict=True) if c == channel) > cap:
            return False
    for group, most in enumerate(options.groups["most"]):
        if sum(n for n, g in zip(chosen, table["group"], strict=True) if g == group) > limits.plays_per_customer * most:
            return False
    if any(n < 0 or n > top or n != round(n) for n, top in zip(chosen, table["customers"], strict=True)):
        return False
    return worst_mean(np.array(chosen) @ options.draws - fixed) <= limits.downside + 1e-5


def worst_mean(profit: np.ndarray) -> float:
    """The mean of the worst twentieth, as Rockafellar and Uryasev define it: the least of a convex function."""
    losses = -np.asarray(profit)
    return min(t + np.maximum(losses - t, 0).mean() / WORST for t in losses)


def brute_force(options, limits) -> float:
    best = 0.0
    for chosen in product(*[range(top + 1) for top in options.table["customers"]]):
        if keeps(options, limits, chosen):
            best = max(best, float(profit_of(options, np.array(chosen, dtype=float)).mean()))
    return best


def limits_at_random(rng: np.random.Generator) -> Limits:
    return Limits(
        budget=float(rng.choice([np.inf, rng.integers(2, 30)])),
        downside=float(rng.choice([np.inf, 0.0, rng.uniform(0, 12)])),
        contacts={"phone": int(rng.integers(0, 4))} if rng.random() < 0.5 else {},
        plays_per_customer=int(rng.integers(1, 3)),
        most=float(rng.choice([np.inf, rng.integers(1, 7)])),
    )


def test_the_division_is_the_best_of_all_that_can_be_counted_out():
    """80 instances with fixed costs, caps and a limit on losses. With gap 0 the best is found, to the solver's 1e-6."""
    bound = {"budget": 0, "downside": 0, "nothing": 0}
    for seed in range(80):
        rng = np.random.default_rng(seed)
        options, limits = random_options(rng), limits_at_random(rng)
        chosen = allocate(options, limits, gap=0.0)
        best = brute_force(options, limits)
        assert keeps(options, limits, chosen), f"seed {seed}"
        assert profit_of(options, chosen).mean() == pytest.approx(best, abs=1e-5), f"seed {seed}"
        free = allocate(options, Limits(), gap=0.0)
        bound["nothing"] += best == 0
        bound["budget"] += spend_of(options, free) > limits.budget
        bound["downside"] += risk_of(options, free) > limits.downside
    assert min(bound.values()) >= 15, "the limits must matter, or the test proves nothing"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), groups=st.integers(1, 8), plays=st.integers(1, 6))
def test_every_limit_is_kept_whatever_the_instance(seed, groups, plays):
    rng = np.random.default_rng(seed)
    options = random_options(rng, groups=groups, plays=plays, most=60)
    limits = Limits(
        budget=float(rng.uniform(0, 400)),
        downside=float(rng.uniform(0, 60)),
        contacts={"phone": int(rng.integers(0, 40)), "email": int(rng.integers(0, 40))},
        plays_per_customer=int(rng.integers(1, 4)),
        most=float(rng.integers(0, 100)),
    )
    assert keeps(options, limits, allocate(options, limits))


def test_an_answer_is_within_a_thousandth_of_the_best():
    """On instances too large to count out: against the programme solved to the end."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        options = random_options(rng, groups=6, plays=4, most=80)
        limits = Limits(budget=300.0, downside=40.0, contacts={"phone": 60})
        found, best = (profit_of(options, allocate(options, limits, gap=gap)).mean() for gap in (1e-3, 0.0))
        assert best * (1 - 1e-3) - 1e-5 <= found <= best + 1e-5


@pytest.mark.parametrize("draws", [20, 37, 100, 400])
def test_the_mean_of_the_worst_is_the_conditional_value_at_risk(draws):
    """Against the definition as a minimum, also where a twentieth of the draws is no whole number."""
    profit = np.random.default_rng(draws).normal(1, 3, draws)
    assert mean_of_the_worst(profit) == pytest.approx(worst_mean(profit), rel=1e-12)
    if draws % 20 == 0:
        assert mean_of_the_worst(profit) == pytest.approx(-np.sort(profit)[: draws // 20].mean(), rel=1e-12)
